/* SPDX-License-Identifier: MIT */
/*
 * client-endings HOW [ROUNDS]: threads that make contexts, or load code, use them and end them by
 * one function, so that a handle that one thread gave back is another's at once. Prints the kernels
 * that ran on each device, and 0 bytes are left on all of them.
 *
 *     destroy, detach, attached, green   contexts of each thread's own, on all devices
 *     reset, release                     the primary context of a device for each thread
 *     module, library                    code in one context
 *
 * What fails (SIM_FAIL) is done again.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "../sim/standins/include/sim_driver.h"
#include "../clients/check.h"

enum { DEVICES = 3, THREADS = 6, BYTES = 1000 };

/* Which no other client needs. */
int cuCtxCreate_v2(void **context, unsigned flags, int device);
int cuCtxDestroy_v2(void *context);
int cuCtxAttach(void **context, unsigned flags);
int cuCtxDetach(void *context);
int cuCtxPushCurrent_v2(void *context);
int cuCtxPopCurrent_v2(void **context);
int cuDeviceGetDevResource(int device, void *resource, int type);
int cuDevResourceGenerateDesc(void **description, void *resource, unsigned n);
int cuGreenCtxCreate(void **green, void *description, int device, unsigned flags);
int cuGreenCtxDestroy(void *green);
int cuCtxFromGreenCtx(void **context, void *green);
int cuDevicePrimaryCtxReset_v2(int device);
int cuDevicePrimaryCtxRelease_v2(int device);

static int rounds = 100;
static unsigned ran[DEVICES];
static void *shared;

/* Of a thread, for one round. */
struct round {
	int device;
	void *context, *green;
};

static void make_plain(struct round *r)
{
	CHECK(cuCtxCreate_v2(&r->context, 0, r->device));
}

static void make_attached(struct round *r)
{
	void *same = NULL;

	make_plain(r);
	CHECK(cuCtxAttach(&same, 0));
	CHECK_TRUE(same == r->context);
	CHECK(cuCtxDetach(r->context)); /* does not end it */
}

static void make_green(struct round *r)
{
	unsigned char resource[256] = { 0 };
	void *description = NULL;

	CHECK(cuDeviceGetDevResource(r->device, resource, 1));
	CHECK(cuDevResourceGenerateDesc(&description, resource, 1));
	CHECK(cuGreenCtxCreate(&r->green, description, r->device, 1));
	CHECK(cuCtxFromGreenCtx(&r->context, r->green));
	CHECK(cuCtxPushCurrent_v2(r->context));
}

static void make_primary(struct round *r)
{
	CHECK(cuDevicePrimaryCtxRetain(&r->context, r->device));
	CHECK(cuCtxPushCurrent_v2(r->context));
}

static int destroy(struct round *r)
{
	return cuCtxDestroy_v2(r->context);
}

static int detach(struct round *r)
{
	return cuCtxDetach(r->context);
}

static int destroy_green(struct round *r)
{
	return cuGreenCtxDestroy(r->green);
}

static int reset(struct round *r)
{
	return cuDevicePrimaryCtxReset_v2(r->device);
}

static int release(struct round *r)
{
	return cuDevicePrimaryCtxRelease_v2(r->device);
}

static const struct way {
	const char *name;
	void (*make)(struct round *r);
	int (*end)(struct round *r);
	int threads;
} ways[] = {
	{ "destroy", make_plain, destroy, THREADS },
	{ "detach", make_plain, detach, THREADS },
	{ "attached", make_attached, detach, THREADS },
	{ "green", make_green, destroy_green, THREADS },
	{ "reset", make_primary, reset, DEVICES },
	{ "release", make_primary, release, DEVICES },
};
static const struct way *way;
static bool of_library;

static void launch(void *kernel, int device)
{
	CHECK(cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	__atomic_fetch_add(&ran[device], 1, __ATOMIC_RELAXED);
}

/* Memory and module end with the context. */
static void use(int device)
{
	void *module = NULL, *kernel = NULL;
	uint64_t memory = 0;

	CHECK(cuMemAlloc_v2(&memory, BYTES));
	CHECK(cuModuleLoadData(&module, "sim:ended"));
	CHECK(cuModuleGetFunction(&kernel, module, "ended"));
	launch(kernel, device);
	CHECK(cuCtxSynchronize());
}

static void *make_and_end(void *number)
{
	int me = (int)(size_t)number;

	for (int i = 0; i < rounds; i++) {
		/* One device's primary context is one thread's; of others they take turns. */
		struct round r = { .device = (way->threads == DEVICES ? me : me + i) % DEVICES };
		void *popped = NULL;

		way->make(&r);
		use(r.device);
		if (way->make != make_plain && way->make != make_attached)
			CHECK(cuCtxPopCurrent_v2(&popped));
		while (way->end(&r)) {
			CHECK(cuCtxPushCurrent_v2(r.context)); /* it is there still */
			use(r.device);
			CHECK(cuCtxPopCurrent_v2(&popped));
		}
	}
	return NULL;
}

static void *load_and_unload(void *number)
{
	static const char *const names[] = { "code_a", "code_b", "code_c", "code_d", "code_e",
		"code_f" };
	const char *name = names[(size_t)number];
	char code[16];

	snprintf(code, sizeof(code), "sim:%s", name);
	CHECK(cuCtxSetCurrent(shared));
	for (int i = 0; i < rounds; i++) {
		void *owner = NULL, *kernel = NULL;

		if (of_library) {
			CHECK(cuLibraryLoadData(&owner, code, NULL, NULL, 0, NULL, NULL, 0));
			CHECK(cuLibraryGetKernel(&kernel, owner, name));
		} else {
			CHECK(cuModuleLoadData(&owner, code));
			CHECK(cuModuleGetFunction(&kernel, owner, name));
		}
		launch(kernel, 0);
		while (of_library ? cuLibraryUnload(owner) : cuModuleUnload(owner))
			launch(kernel, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	void *(*body)(void *) = make_and_end;
	pthread_t threads[THREADS];
	int n = THREADS;

	if (argc < 2)
		return 2;
	if (argc > 2)
		rounds = atoi(argv[2]);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, argv[1]))
			way = &ways[i];
	CHECK(cuInit(0));
	if (way) {
		n = way->threads;
	} else {
		body = load_and_unload;
		of_library = !strcmp(argv[1], "library");
		CHECK(cuDevicePrimaryCtxRetain(&shared, 0));
	}
	for (int i = 0; i < n; i++)
		CHECK(pthread_create(&threads[i], NULL, body, (void *)(size_t)i));
	for (int i = 0; i < n; i++)
		CHECK(pthread_join(threads[i], NULL));
	printf("%u %u %u\n", ran[0], ran[1], ran[2]);
	return 0;
}

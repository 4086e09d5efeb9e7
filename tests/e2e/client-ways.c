/* SPDX-License-Identifier: MIT */
/*
 * client-ways WAY [...]: ways to a launch that pass by what is usually looked at.
 *
 *     dlsym       dlsym itself, as dlsym gives it, from libc's own handle and from RTLD_DEFAULT
 *     dlvsym      the same with a version
 *     code        dlsym called from code that is of no object, as a just-in-time compiler's is
 *     many N      after N copies of a library, ./copy-I.so, were loaded
 *     address     no launch: what dladdr says of a function that dlsym gave
 *     memory      no launch: how much memory the driver says there is
 *     closed      no launch: a thread opens and closes the driver, while another one looks for what
 *                 is the driver's where it is not
 *     hole FILE   no launch: the driver is closed, and FILE comes to its place in another namespace
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/first_version.h"
#include "../clients/kernels.h"

typedef void *look_up(void *handle, const char *name);

static void *driver;

static int call(look_up *look, const char *name, void *a, const void *b, const void *c)
{
	int (*function)(void *, const void *, const void *) =
		(int (*)(void *, const void *, const void *))look(driver, name);

	CHECK_TRUE(function);
	return function(a, b, c);
}

static void *begin(look_up *look)
{
	void *context, *module, *function;

	driver = dlopen("libcuda.so.1", RTLD_NOW);
	CHECK_TRUE(driver);
	CHECK(call(look, "cuInit", NULL, NULL, NULL));
	CHECK(call(look, "cuDevicePrimaryCtxRetain", &context, NULL, NULL));
	CHECK(call(look, "cuCtxSetCurrent", context, NULL, NULL));
	CHECK(call(look, "cuModuleLoadData", &module, KERNELS_NOOP, NULL));
	CHECK(call(look, "cuModuleGetFunction", &function, module, "sim_noop"));
	return function;
}

static void launch(look_up *look)
{
	void *function = begin(look);
	int (*go)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
		void *, void **, void **) =
		(int (*)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
			unsigned, void *, void **, void **))look(driver, "cuLaunchKernel");

	CHECK(go(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(call(look, "cuCtxSynchronize", NULL, NULL, NULL));
}

/* The one of libc's libraries that has dlsym: libdl before glibc 2.34. */
static void *open_libc(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW);

	return dlsym(libc, "dlsym") ? libc : dlopen("libdl.so.2", RTLD_NOW);
}

static void by_dlsym(char **arguments)
{
	void *libc = open_libc();
	look_up *own = (look_up *)dlsym(libc, "dlsym");

	(void)arguments;
	launch(own);
	launch((look_up *)dlsym(RTLD_DEFAULT, "dlsym"));
	launch((look_up *)own(libc, "dlsym"));
}

static void by_dlvsym(char **arguments)
{
	void *libc = open_libc();

	(void)arguments;
	launch((look_up *)dlvsym(libc, "dlsym", FIRST_VERSION));
}

#if defined(__x86_64__)
enum { CODE_ADDRESS = 6 };
static const unsigned char code[] = { 0x48, 0x83, 0xec, 0x08, /* sub $8, %rsp */
	0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,                   /* movabs $dlsym, %rax */
	0xff, 0xd0,                                           /* call *%rax */
	0x48, 0x83, 0xc4, 0x08, 0xc3 };                       /* add $8, %rsp; ret */
#elif defined(__aarch64__)
enum { CODE_ADDRESS = 24 };
static const unsigned code[] = { 0xa9bf7bfd, /* stp x29, x30, [sp, #-16]! */
	0x580000a9,                          /* ldr x9, what is 20 bytes on */
	0xd63f0120,                          /* blr x9 */
	0xa8c17bfd, 0xd65f03c0,              /* ldp x29, x30, [sp], #16; ret */
	0xd503201f, 0, 0 };                  /* nop; dlsym */
#endif

/* A call of dlsym, whose return address is in a mapping without a file. */
static void *code_look_up(void *handle, const char *name)
{
	static unsigned char *map;
	look_up *address = dlsym;

	if (!map) {
		map = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK_TRUE(map != MAP_FAILED);
		memcpy(map, code, sizeof(code));
		memcpy(map + CODE_ADDRESS, &address, sizeof(address));
		__builtin___clear_cache((char *)map, (char *)map + sizeof(code) + sizeof(address));
	}
	return ((look_up *)map)(handle, name);
}

static void by_code(char **arguments)
{
	(void)arguments;
	launch(code_look_up);
}

/* The test has put the copies into the current folder. */
static void by_many(char **arguments)
{
	int n = atoi(arguments[0]);
	char name[64];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "./copy-%d.so", i);
		CHECK_TRUE(dlopen(name, RTLD_NOW));
	}
	launch(dlsym);
}

/* "/.../libcuda.so.1(cuInit+0x0) [0x7f...]", twice: from memory, and as a signal handler does it.
 */
static void print_trace(void *const addresses[2])
{
	char **names = backtrace_symbols(addresses, 2), *file = strrchr(names[1], '/');

	printf("%.*s\n", (int)strcspn(file, ")"), file);
	free(names);
	fflush(stdout);
	backtrace_symbols_fd(addresses + 1, 1, STDERR_FILENO);
}

static void ask_address(char **arguments)
{
	Dl_info info = { 0 };
	void *library = dlopen("libcuda.so.1", RTLD_NOW), *extra = NULL;
	void *function = dlsym(library, "cuInit");
	const char *file;

	(void)arguments;
	CHECK_TRUE(dladdr(function, &info));
	file = strrchr(info.dli_fname, '/');
	printf("%s %s\n", file ? file + 1 : info.dli_fname, info.dli_sname);
	CHECK_TRUE(dladdr1(function, &info, &extra, RTLD_DL_SYMENT));
	printf("%s %d\n", info.dli_sname, extra != NULL);
	print_trace((void *[]){ (void *)(uintptr_t)print_trace, function });
}

static void ask_memory(char **arguments)
{
	size_t available, total = 0;

	(void)arguments;
	begin(dlsym);
	CHECK(call(dlsym, "cuMemGetInfo_v2", &available, &total, NULL));
	printf("%zu MiB\n", total >> 20);
}

enum { CYCLES = 300 };

static void *open_and_close(void *stop)
{
	for (int i = 0; i < CYCLES; i++) {
		void *library = dlopen("libcuda.so.1", RTLD_NOW);

		CHECK_TRUE(library && dlsym(library, "cuInit"));
		CHECK(dlclose(library));
	}
	__atomic_store_n((bool *)stop, true, __ATOMIC_RELEASE);
	return NULL;
}

static void look_beside(char **arguments)
{
	void *other = dlopen("libm.so.6", RTLD_NOW);
	bool stop = false;
	pthread_t thread;

	(void)arguments;
	open_and_close(&stop);
	CHECK_TRUE(!dlsym(other, "cuLaunchKernel"));
	stop = false;
	CHECK_TRUE(!pthread_create(&thread, NULL, open_and_close, &stop));
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		CHECK_TRUE(!dlsym(other, "cuLaunchKernel"));
	CHECK_TRUE(!pthread_join(thread, NULL));
}

static void look_into_hole(char **arguments)
{
	void *library = dlopen("libcuda.so.1", RTLD_NOW), *other;
	int (*open_there)(void);

	CHECK_TRUE(library && dlsym(library, "cuInit"));
	CHECK(dlclose(library));
	other = dlmopen(LM_ID_NEWLM, arguments[0], RTLD_NOW);
	CHECK_TRUE(other);
	open_there = (int (*)(void))(uintptr_t)dlsym(other, "open");
	CHECK_TRUE(open_there);
	printf("%d\n", open_there());
}

static const struct {
	const char *name;
	void (*go)(char **arguments);
} ways[] = {
	{ "dlsym", by_dlsym },
	{ "dlvsym", by_dlvsym },
	{ "code", by_code },
	{ "many", by_many },
	{ "address", ask_address },
	{ "memory", ask_memory },
	{ "closed", look_beside },
	{ "hole", look_into_hole },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		ways[i].go(argv + 2);
		puts("done");
		return 0;
	}
	fprintf(stderr, "usage: client-ways WAY\n");
	return 2;
}

/* SPDX-License-Identifier: MIT */
/* Initialisation, devices, contexts. */
#include "check_driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(before_init)
{
	cu_pointer address;
	int value;

	FAILS(CU_ERROR_NOT_INITIALIZED, cuDeviceGetCount(&value));
	FAILS(CU_ERROR_NOT_INITIALIZED, cuMemAlloc_v2(&address, 4));
	FAILS(CU_ERROR_NOT_INITIALIZED, cuTexRefDestroy(NULL));
	OK(cuDriverGetVersion(&value));
	ck_assert_int_eq(value, 13050);
}
END_TEST

START_TEST(init_fails)
{
	int count;

	setenv("SIM_INIT", "803", 1);
	FAILS(CU_ERROR_SYSTEM_DRIVER_MISMATCH, cuInit(0));
	FAILS(CU_ERROR_NOT_INITIALIZED, cuDeviceGetCount(&count));
}
END_TEST

struct visible {
	const char *value;
	int count;     /* 0: cuInit finds no device */
	int physical0; /* of device 0 */
};

static const struct visible visible[] = {
	{ NULL, 3, 0 },
	{ "", 0, 0 },
	{ "-1", 0, 0 },
	{ "7", 0, 0 },
	{ "x", 0, 0 },
	{ "NoDevFiles", 0, 0 },
	{ "2", 1, 2 },
	{ "2,0", 2, 2 },
	{ "1,-1,0", 1, 1 },
	{ "1,1", 1, 1 },
	{ "1x", 0, 0 },
	{ "GPU-67707573-7079-2073-696d-756c61746501", 1, 1 },
	{ "GPU-67707573", 0, 0 }, /* the beginning of more than one */
	{ "GPU-ffff", 0, 0 },
};

START_TEST(visible_devices)
{
	const struct visible *row = &visible[_i];
	struct cu_uuid uuid;
	char name[64];
	int count;

	setenv("SIM_DEVICES", "3", 1);
	if (row->value)
		setenv("CUDA_VISIBLE_DEVICES", row->value, 1);
	if (!row->count) {
		FAILS(CU_ERROR_NO_DEVICE, cuInit(0));
		return;
	}
	OK(cuInit(0));
	OK(cuDeviceGetCount(&count));
	ck_assert_int_eq(count, row->count);
	OK(cuDeviceGetUuid_v2(&uuid, 0));
	ck_assert_int_eq(uuid.bytes[15], row->physical0);
	OK(cuDeviceGetName(name, sizeof(name), 0));
	ck_assert_int_eq(name[strlen(name) - 1], '0' + row->physical0);
	FAILS(CU_ERROR_INVALID_DEVICE, cuDeviceGetName(name, sizeof(name), count));
}
END_TEST

START_TEST(forked_child)
{
	int count, status;
	pid_t child;

	start();
	child = fork();
	if (!child) {
		cu_pointer address;

		_exit(cuDeviceGetCount(&count) == CU_ERROR_NOT_INITIALIZED &&
					cuInit(0) == CU_ERROR_NOT_INITIALIZED &&
					cuMemAlloc_v2(&address, 4) == CU_ERROR_NOT_INITIALIZED
				? 7
				: 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	OK(cuDeviceGetCount(&count));
}
END_TEST

START_TEST(child_of_an_idle_process)
{
	pid_t child;
	int version, status;

	OK(cuDriverGetVersion(&version));
	child = fork();
	if (!child)
		_exit(cuInit(0) == CU_OK ? 7 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

START_TEST(current_context)
{
	void *one, *two, *now;
	cu_pointer address;
	int device;

	setenv("SIM_DEVICES", "2", 1);
	OK(cuInit(0));
	FAILS(CU_ERROR_INVALID_CONTEXT, cuMemAlloc_v2(&address, 4));
	FAILS(CU_ERROR_INVALID_CONTEXT, cuCtxGetDevice(&device));
	OK(cuCtxCreate_v2(&one, 0, 0));
	OK(cuCtxCreate_v2(&two, 0, 1));
	OK(cuCtxGetDevice(&device));
	ck_assert_int_eq(device, 1);
	OK(cuCtxPopCurrent_v2(&now));
	ck_assert_ptr_eq(now, two);
	OK(cuCtxGetDevice(&device));
	ck_assert_int_eq(device, 0);
	OK(cuCtxDestroy_v2(one));
	OK(cuCtxGetCurrent(&now));
	ck_assert_ptr_null(now);
	OK(cuCtxPushCurrent_v2(two));
	OK(cuMemAlloc_v2(&address, 4));
	FAILS(CU_ERROR_INVALID_CONTEXT, cuCtxSetCurrent(one));
	OK(cuCtxDestroy_v2(two));
	FAILS(CU_ERROR_INVALID_CONTEXT, cuCtxDestroy_v2(two));
}
END_TEST

START_TEST(context_frees_its_memory)
{
	size_t available, total;
	cu_pointer address;
	void *context;

	use_ledger();
	OK(cuInit(0));
	OK(cuCtxCreate_v2(&context, 0, 0));
	OK(cuMemAlloc_v2(&address, 1 << 20));
	ck_assert_uint_eq(total_of("live_bytes"), 1 << 20);
	OK(cuCtxDestroy_v2(context));
	ck_assert_uint_eq(total_of("live_bytes"), 0);
	ck_assert_uint_eq(total_of("frees"), 0); /* no call freed it */
	OK(cuCtxCreate_v2(&context, 0, 0));
	OK(cuMemGetInfo_v2(&available, &total));
	ck_assert_uint_eq(available, total);
}
END_TEST

static int is_active(void)
{
	int active = -1;

	OK(cuDevicePrimaryCtxGetState(0, NULL, &active));
	return active;
}

START_TEST(green_context_keeps_the_primary_one)
{
	void *primary, *green, *context, *of_stream, *green_of_stream, *stream;

	OK(cuInit(0));
	OK(cuGreenCtxCreate(&green, &green, 0, 0)); /* any description */
	ck_assert_int_eq(is_active(), 1);
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuCtxFromGreenCtx(&context, green));
	ck_assert_ptr_ne(context, primary);
	OK(cuGreenCtxStreamCreate(&stream, green, 1, 0));
	OK(cuCtxSetCurrent(primary));
	OK(cuStreamGetCtx_v2(stream, &of_stream, &green_of_stream));
	ck_assert_ptr_eq(of_stream, primary);
	ck_assert_ptr_eq(green_of_stream, green);
	OK(cuDevicePrimaryCtxRelease_v2(0));
	ck_assert_int_eq(is_active(), 1);
	OK(cuGreenCtxDestroy(green));
	ck_assert_int_eq(is_active(), 0);
}
END_TEST

START_TEST(green_context_and_reset)
{
	void *primary, *green;

	OK(cuInit(0));
	OK(cuGreenCtxCreate(&green, &green, 0, 1));
	OK(cuDevicePrimaryCtxReset_v2(0));
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuGreenCtxDestroy(green)); /* what it kept was another one */
	ck_assert_int_eq(is_active(), 1);
}
END_TEST

START_TEST(events_of_contexts)
{
	void *green, *context, *primary, *event, *stream, *other;

	start();
	OK(cuCtxGetCurrent(&primary));
	OK(cuGreenCtxCreate(&green, &green, 0, 1));
	OK(cuCtxFromGreenCtx(&context, green));
	OK(cuEventCreate(&event, 0));
	OK(cuCtxRecordEvent(primary, event));
	FAILS(CU_ERROR_INVALID_HANDLE, cuCtxRecordEvent(context, event));
	OK(cuGreenCtxRecordEvent(green, event));
	OK(cuCtxWaitEvent(context, event));
	OK(cuEventQuery(event));
	OK(cuGreenCtxStreamCreate(&stream, green, 1, 0));
	OK(cuCtxCreate_v2(&other, 0, 0));
	OK(cuStreamBeginCapture_v2(stream, CU_CAPTURE_RELAXED));
	FAILS(CU_ERROR_INVALID_HANDLE, cuGreenCtxRecordEvent(green, primary));
	FAILS(CU_ERROR_CAPTURE_UNSUPPORTED, cuCtxRecordEvent(primary, event));
	FAILS(CU_ERROR_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &green));
	OK(cuCtxRecordEvent(primary, event));
}
END_TEST

START_TEST(injected_failures)
{
	cu_pointer address;
	const char *name;

	use_ledger();
	setenv("SIM_FAIL", "cuMemAlloc_v2@2=2,cuCtxSynchronize@*=719", 1);
	start();
	OK(cuMemAlloc_v2(&address, 4));
	FAILS(CU_ERROR_OUT_OF_MEMORY, cuMemAlloc_v2(&address, 4));
	OK(cuMemAlloc_v2(&address, 4));
	FAILS(CU_ERROR_LAUNCH_FAILED, cuCtxSynchronize());
	FAILS(CU_ERROR_LAUNCH_FAILED, cuCtxSynchronize());
	ck_assert_uint_eq(calls_of("cuMemAlloc_v2"), 3);
	ck_assert_uint_eq(errors_of("cuMemAlloc_v2"), 1);
	ck_assert_uint_eq(errors_of("cuCtxSynchronize"), 2);
	ck_assert_uint_eq(total_of("allocations"), 2);
	OK(cuGetErrorName(719, &name));
	ck_assert_str_eq(name, "CUDA_ERROR_LAUNCH_FAILED");
}
END_TEST

TCase *tests_of_devices(void)
{
	TCase *tests = tcase_create("devices");

	tcase_add_test(tests, before_init);
	tcase_add_test(tests, init_fails);
	tcase_add_loop_test(tests, visible_devices, 0, sizeof(visible) / sizeof(visible[0]));
	tcase_add_test(tests, forked_child);
	tcase_add_test(tests, child_of_an_idle_process);
	tcase_add_test(tests, current_context);
	tcase_add_test(tests, context_frees_its_memory);
	tcase_add_test(tests, green_context_keeps_the_primary_one);
	tcase_add_test(tests, green_context_and_reset);
	tcase_add_test(tests, events_of_contexts);
	tcase_add_test(tests, injected_failures);
	return tests;
}

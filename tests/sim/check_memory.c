/* SPDX-License-Identifier: MIT */
/* Memory and copies. */
#include "check_driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(allocations)
{
	cu_pointer first, second, start_of;
	size_t bytes, available, total;

	use_ledger();
	setenv("SIM_MEMORY", "1000", 1);
	start();
	OK(cuMemAlloc_v2(&first, 600));
	FAILS(CU_ERROR_OUT_OF_MEMORY, cuMemAlloc_v2(&second, 500));
	OK(cuMemAlloc_v2(&second, 400));
	OK(cuMemGetInfo_v2(&available, &total));
	ck_assert_uint_eq(available, 0);
	ck_assert_uint_eq(total, 1000);
	OK(cuMemGetInfo_v2(NULL, &total));
	OK(cuMemGetAddressRange_v2(&start_of, &bytes, first + 599));
	ck_assert_uint_eq(start_of, first);
	ck_assert_uint_eq(bytes, 600);
	OK(cuMemFree_v2(first));
	FAILS(CU_ERROR_INVALID_VALUE, cuMemFree_v2(first));
	FAILS(CU_ERROR_INVALID_VALUE, cuMemFree_v2(second + 1));
	FAILS(CU_ERROR_INVALID_VALUE, cuMemAlloc_v2(&first, 0));
	OK(cuMemFree_v2(0));
	ck_assert_uint_eq(total_of("allocations"), 2);
	ck_assert_uint_eq(total_of("frees"), 1);
	ck_assert_uint_eq(total_of("allocated_bytes"), 1000);
	ck_assert_uint_eq(total_of("live_bytes"), 400);
	ck_assert_uint_eq(total_of("device0.peak_bytes"), 1000);
	ck_assert_uint_eq(errors_of("cuMemFree_v2"), 2);
}
END_TEST

START_TEST(kinds_of_memory)
{
	struct cu_array_3d description = { 10, 4, 0, CU_FORMAT_FLOAT, 2, 0 };
	cu_pointer pitched, managed, async;
	unsigned type;
	size_t pitch;
	void *array, *host;

	use_ledger();
	start();
	OK(cuMemAllocPitch_v2(&pitched, &pitch, 100, 3, 4));
	ck_assert_uint_eq(pitch, 512);
	OK(cuMemAllocManaged(&managed, 64, 1));
	OK(cuMemAllocAsync(&async, 32, NULL));
	OK(cuArray3DCreate_v2(&array, &description));
	ck_assert_uint_eq(total_of("live_bytes"), 3 * 512 + 64 + 32 + 10 * 4 * 4 * 2);
	OK(cuMemHostAlloc(&host, 100, 0));
	OK(cuPointerGetAttribute(&type, CU_POINTER_MEMORY_TYPE, (uintptr_t)host));
	ck_assert_uint_eq(type, CU_MEMORY_HOST);
	OK(cuPointerGetAttribute(&type, CU_POINTER_IS_MANAGED, managed + 1));
	ck_assert_uint_eq(type, 1);
	FAILS(CU_ERROR_INVALID_VALUE,
		cuPointerGetAttribute(&type, CU_POINTER_MEMORY_TYPE, (uintptr_t)&type));
	OK(cuMemFreeHost(host));
	OK(cuArrayDestroy(array));
	OK(cuMemFreeAsync(async, NULL));
	OK(cuMemFree_v2(managed));
	OK(cuMemFree_v2(pitched));
	ck_assert_uint_eq(total_of("live_bytes"), 0);
	ck_assert_uint_eq(total_of("allocations"), 4);
	ck_assert_uint_eq(total_of("frees"), 4);
	ck_assert_uint_eq(total_of("host_allocations"), 1);
}
END_TEST

START_TEST(pieces)
{
	struct cu_allocation_properties properties = { .type = CU_ALLOCATION_PINNED,
		.location = { CU_LOCATION_DEVICE, 0 } };
	struct cu_access access = { { CU_LOCATION_DEVICE, 0 }, 3 };
	const size_t piece = 2 << 20;
	cu_pointer range;
	void *handles[2];
	char byte = 5;

	use_ledger();
	start();
	OK(cuMemAddressReserve(&range, 2 * piece, 0, 0, 0));
	for (int i = 0; i < 2; i++) {
		OK(cuMemCreate(&handles[i], piece, &properties, 0));
		OK(cuMemMap(range + (size_t)i * piece, piece, 0, handles[i], 0));
		OK(cuMemRelease(handles[i]));
	}
	ck_assert_uint_eq(total_of("live_bytes"), 2 * piece); /* released, but mapped */
	OK(cuMemSetAccess(range, 2 * piece, &access, 1));
	OK(cuMemsetD32_v2(range, 7, 2 * piece / 4)); /* over both */
	OK(cuMemcpyDtoH_v2(&byte, range + piece, 1));
	ck_assert_int_eq(byte, 7);
	FAILS(CU_ERROR_INVALID_VALUE, cuMemAddressFree(range, 2 * piece));
	OK(cuMemUnmap(range, 2 * piece));
	ck_assert_uint_eq(total_of("live_bytes"), 0);
	ck_assert_uint_eq(total_of("frees"), 2);
	FAILS(CU_ERROR_INVALID_VALUE, cuMemRelease(handles[0]));
	OK(cuMemAddressFree(range, 2 * piece));
}
END_TEST

START_TEST(imported_pieces)
{
	struct cu_allocation_properties properties = { .type = CU_ALLOCATION_PINNED,
		.handle_types = 1,
		.location = { CU_LOCATION_DEVICE, 0 } };
	struct cu_access access = { { CU_LOCATION_DEVICE, 0 }, 3 };
	const size_t piece = 2 << 20;
	cu_pointer one, two;
	void *made, *imported;
	char byte = 0;
	int file;

	use_ledger();
	start();
	OK(cuMemCreate(&made, piece, &properties, 0));
	OK(cuMemExportToShareableHandle(&file, made, 1, 0));
	OK(cuMemImportFromShareableHandle(&imported, (void *)(intptr_t)file, 1));
	ck_assert_int_eq(close(file), 0);
	OK(cuMemAddressReserve(&one, piece, 0, 0, 0));
	OK(cuMemAddressReserve(&two, piece, 0, 0, 0));
	OK(cuMemMap(one, piece, 0, made, 0));
	OK(cuMemMap(two, piece, 0, imported, 0));
	OK(cuMemSetAccess(one, piece, &access, 1));
	OK(cuMemSetAccess(two, piece, &access, 1));
	OK(cuMemcpyHtoD_v2(one, "x", 1));
	OK(cuMemcpyDtoH_v2(&byte, two, 1));
	ck_assert_int_eq(byte, 'x'); /* the same memory */
	ck_assert_uint_eq(total_of("live_bytes"), piece);
	OK(cuMemRelease(imported));
	OK(cuMemUnmap(two, piece));
	ck_assert_uint_eq(total_of("frees"), 0);
}
END_TEST

START_TEST(lines)
{
	char text[16] = "once more";
	cu_pointer one, two;
	void *context;

	use_ledger();
	start();
	OK(cuCtxGetCurrent(&context));
	OK(cuMemAlloc_v2(&one, 16));
	OK(cuMemAlloc_v2(&two, 16));
	OK(cuMemcpyHtoD_v2(one, text, 10));
	OK(cuMemcpyDtoD_v2(two, one, 10));
	OK(cuMemcpyPeer(two + 5, context, one, context, 4));
	OK(cuMemcpy((uintptr_t)text, two, 10));
	ck_assert_str_eq(text, "once once");
	OK(cuMemcpyDtoH_v2(text, one, 10));
	ck_assert_str_eq(text, "once more");
	FAILS(CU_ERROR_INVALID_VALUE, cuMemcpyHtoD_v2(one, text, 17));
	FAILS(CU_ERROR_INVALID_VALUE, cuMemcpyDtoH_v2(text, one + 15, 2));
	ck_assert_uint_eq(total_of("copies.host_to_device.bytes"), 10);
	ck_assert_uint_eq(total_of("copies.device_to_device.bytes"), 10);
	ck_assert_uint_eq(total_of("copies.peer.bytes"), 4);
	ck_assert_uint_eq(total_of("copies.unified.bytes"), 10);
	ck_assert_uint_eq(total_of("copies.device_to_host.calls"), 1);
}
END_TEST

START_TEST(planes_and_blocks)
{
	struct cu_array_3d description = { 4, 3, 2, CU_FORMAT_UINT8, 1, 0 };
	struct cu_copy_2d plane = { .width = 3, .height = 2 };
	struct cu_copy_3d block = { .width = 4, .height = 3, .depth = 2 };
	char from[24], to[24] = { 0 };
	cu_pointer device;
	void *array;

	use_ledger();
	start();
	for (int i = 0; i < 24; i++)
		from[i] = (char)('a' + i);
	OK(cuMemAlloc_v2(&device, 24));
	OK(cuMemsetD2D8_v2(device, 6, '-', 6, 4));
	plane.from.memory_type = CU_MEMORY_HOST;
	plane.from.host = from;
	plane.from.pitch = 6;
	plane.from.x = 1;
	plane.to.memory_type = CU_MEMORY_DEVICE;
	plane.to.device = device;
	plane.to.pitch = 6;
	plane.to.y = 1;
	OK(cuMemcpy2D_v2(&plane));
	OK(cuMemcpyDtoH_v2(to, device, 24));
	ck_assert_int_eq(memcmp(to, "------bcd---hij---------", 24), 0);

	OK(cuArray3DCreate_v2(&array, &description));
	OK(cuMemcpyHtoA_v2(array, 0, from, 24));
	block.from.memory_type = CU_MEMORY_ARRAY;
	block.from.array = array;
	block.to.memory_type = CU_MEMORY_HOST;
	block.to.host = to;
	OK(cuMemcpy3D_v2(&block));
	ck_assert_int_eq(memcmp(to, from, 24), 0);
	block.from.z = 1;
	FAILS(CU_ERROR_INVALID_VALUE, cuMemcpy3D_v2(&block));
	ck_assert_uint_eq(total_of("copies.host_to_device.bytes"), 6 + 24);
	ck_assert_uint_eq(total_of("copies.device_to_host.bytes"), 24 + 24);
	ck_assert_uint_eq(total_of("copies.memset.bytes"), 24);
}
END_TEST

START_TEST(batches)
{
	struct cu_copy_attributes attributes = { .source_order = 1 };
	char from[] = "abcdef", to[4] = "";
	cu_pointer device, targets[2], sources[2];
	size_t sizes[] = { 2, 1 }, first = 0;
	void *stream;

	use_ledger();
	start();
	OK(cuStreamCreate(&stream, 0));
	OK(cuMemAlloc_v2(&device, 8));
	targets[0] = device;
	targets[1] = device + 2;
	sources[0] = (uintptr_t)&from[3];
	sources[1] = (uintptr_t)&from[0];
	OK(cuMemcpyBatchAsync_v2(targets, sources, sizes, 2, &attributes, &first, 1, stream));
	OK(cuMemcpyDtoH_v2(to, device, 3));
	ck_assert_str_eq(to, "dea");
	ck_assert_uint_eq(total_of("copies.unified.calls"), 1);
	ck_assert_uint_eq(total_of("copies.unified.bytes"), 3);
}
END_TEST

START_TEST(other_process)
{
	struct cu_ipc_handle handle;
	char text[8] = "parent";
	cu_pointer address;
	int to_child[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(to_child), 0);
	child = fork(); /* before cuInit, so that the child may use the driver */
	if (!child) {
		if (read(to_child[0], &handle, sizeof(handle)) != sizeof(handle))
			_exit(1);
		start();
		if (cuIpcOpenMemHandle_v2(&address, handle, 1) ||
			cuMemcpyDtoH_v2(text, address, 8) || strcmp(text, "shared"))
			_exit(2);
		_exit(cuMemcpyHtoD_v2(address, "child", 6) ? 3 : 0);
	}
	use_ledger();
	start();
	OK(cuMemAlloc_v2(&address, 8));
	OK(cuMemcpyHtoD_v2(address, "shared", 7));
	OK(cuIpcGetMemHandle(&handle, address));
	ck_assert_int_eq(write(to_child[1], &handle, sizeof(handle)), sizeof(handle));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	OK(cuMemcpyDtoH_v2(text, address, 8));
	ck_assert_str_eq(text, "child");
	ck_assert_uint_eq(total_of("allocations"), 1);
}
END_TEST

TCase *tests_of_memory(void)
{
	TCase *tests = tcase_create("memory");

	tcase_add_test(tests, allocations);
	tcase_add_test(tests, kinds_of_memory);
	tcase_add_test(tests, pieces);
	tcase_add_test(tests, imported_pieces);
	tcase_add_test(tests, lines);
	tcase_add_test(tests, planes_and_blocks);
	tcase_add_test(tests, batches);
	tcase_add_test(tests, other_process);
	return tests;
}

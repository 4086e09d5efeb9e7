/* SPDX-License-Identifier: MIT */
/* Modules, kernels, launches, faults. */
#include "check_driver.h"

#include <elf.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char ptx[] =
	"// a comment with .entry nothing(\n"
	".version 7.0\n"
	".target sm_75\n"
	".address_size 64\n"
	".visible .global .align 4 .b8 table[40];\n"
	".global .f32 one;\n"
	".visible .entry sim_add(.param .u64 out, .param .u64 a,\n"
	"\t.param .u64 b, .param .u32 n)\n"
	"{\n\tld.global.f32 %f1, [%rd1];\n\tret;\n}\n"
	".entry other_thing(\n\t.param .u8 flag,\n\t.param .align 8 .b8 pair[16],\n"
	"\t.param .u64 .ptr .global .align 4 where\n)\n.maxntid 128, 1, 1\n{ ret; }\n"
	".entry no_params { ret; }\n";

START_TEST(reading_ptx)
{
	static const size_t offsets[] = { 0, 8, 24 }, sizes[] = { 1, 16, 8 };
	void *module, *function, *missing;
	size_t offset, size;
	cu_pointer address;
	const char *name;

	use_ledger();
	start();
	OK(cuModuleLoadData(&module, ptx));
	OK(cuModuleGetFunction(&function, module, "other_thing"));
	OK(cuFuncGetName(&name, function));
	ck_assert_str_eq(name, "other_thing");
	for (size_t i = 0; i < 3; i++) {
		OK(cuFuncGetParamInfo(function, i, &offset, &size));
		ck_assert_uint_eq(offset, offsets[i]);
		ck_assert_uint_eq(size, sizes[i]);
	}
	FAILS(CU_ERROR_INVALID_VALUE, cuFuncGetParamInfo(function, 3, &offset, &size));
	OK(cuModuleGetFunction(&function, module, "no_params"));
	FAILS(CU_ERROR_NOT_FOUND, cuModuleGetFunction(&missing, module, "nothing"));
	OK(cuModuleGetGlobal_v2(&address, &size, module, "table"));
	ck_assert_uint_eq(size, 40);
	OK(cuMemsetD32_v2(address, 1, 10));
	OK(cuModuleGetGlobal_v2(&address, &size, module, "one"));
	ck_assert_uint_eq(size, 4);
	ck_assert_uint_eq(total_of("allocations"), 0);
}
END_TEST

struct bad_image {
	const char *image;
	int status;
};

static const struct bad_image bad_images[] = {
	{ "", CU_ERROR_INVALID_IMAGE },
	{ "\177ELF", CU_ERROR_INVALID_IMAGE },
	{ "hello", CU_ERROR_INVALID_IMAGE },
	{ ".version 99.0\n.target sm_90\n", CU_ERROR_UNSUPPORTED_PTX_VERSION },
	{ ".version 7.0\n.entry a() { ret;", CU_ERROR_INVALID_PTX },
	{ ".version 7.0\n.entry () { ret; }", CU_ERROR_INVALID_PTX },
};

START_TEST(bad_images_are_refused)
{
	void *module;

	start();
	FAILS(bad_images[_i].status, cuModuleLoadData(&module, bad_images[_i].image));
}
END_TEST

START_TEST(handles_come_back)
{
	void *module, *function, *again_module, *again;
	const char *name;

	start();
	OK(cuModuleLoadData(&module, "sim:first"));
	OK(cuModuleGetFunction(&function, module, "first"));
	OK(cuModuleUnload(module));
	FAILS(CU_ERROR_INVALID_HANDLE, launch(function, NULL, NULL));
	OK(cuModuleLoadData(&again_module, "sim:second"));
	OK(cuModuleGetFunction(&again, again_module, "second"));
	ck_assert_ptr_eq(module, again_module);
	ck_assert_ptr_eq(function, again);
	OK(cuFuncGetName(&name, again));
	ck_assert_str_eq(name, "second");
}
END_TEST

/* A cubin of two kernels, as an ELF file has them. */
static size_t make_cubin(char *out)
{
	static const char names[] = "\0.text.alpha\0.text.beta\0.names";
	Elf64_Ehdr header = { .e_ident = ELFMAG "\2\1\1",
		.e_machine = 190,
		.e_shoff = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 4,
		.e_shstrndx = 3 };
	Elf64_Shdr sections[4] = { { 0 }, { .sh_name = 1 }, { .sh_name = 13 }, { .sh_name = 24 } };

	sections[3].sh_offset = sizeof(header) + sizeof(sections);
	memcpy(out, &header, sizeof(header));
	memcpy(out + sizeof(header), sections, sizeof(sections));
	memcpy(out + sections[3].sh_offset, names, sizeof(names));
	return sections[3].sh_offset + sizeof(names);
}

/* A fat binary with one part, as nvcc's are laid out. */
static size_t make_fat(
	char *out, int kind, uint64_t flags, const void *data, size_t bytes, size_t full_bytes)
{
	struct {
		uint32_t magic;
		uint16_t version, header_bytes;
		uint64_t bytes;
		uint16_t kind, part_version;
		uint32_t part_header_bytes;
		uint64_t part_bytes;
		uint32_t packed_bytes, options, device[4];
		uint64_t flags, reserved, full_bytes;
	} fat = { 0xba55ed50, 1, 16, 64 + bytes, (uint16_t)kind, 0x101, 64, bytes, (uint32_t)bytes,
		0, { 0 }, flags, 0, full_bytes };

	_Static_assert(sizeof(fat) == 16 + 64, "as it lies in files");
	memcpy(out, &fat, sizeof(fat));
	memcpy(out + sizeof(fat), data, bytes);
	return sizeof(fat) + bytes;
}

static void *has(const char *image, const char *name)
{
	void *module, *function = NULL;

	OK(cuModuleLoadData(&module, image));
	return cuModuleGetFunction(&function, module, name) ? NULL : function;
}

START_TEST(cubins_and_fat_binaries)
{
	/* 32 bytes as they are, 7 of them again, and 11 more. */
	static const char lz4[] = "\xf3\x11.version 7.0\n.entry alpha() { }\n\x13\x00"
				  "\xb0"
				  "beta() { }\n";
	char cubin[1024], fat[2048], path[] = "/tmp/check-sim-XXXXXX";
	size_t bytes = make_cubin(cubin);
	int file = mkstemp(path);
	void *module, *function;

	start();
	ck_assert_ptr_nonnull(has(cubin, "beta"));
	ck_assert_ptr_null(has(cubin, "gamma"));
	ck_assert_int_eq(write(file, cubin, bytes), (int)bytes);
	OK(cuModuleLoad(&module, path));
	OK(cuModuleGetFunction(&function, module, "alpha"));
	unlink(path);
	make_fat(fat, 2, 0x11, cubin, bytes, 0);
	ck_assert_ptr_nonnull(has(fat, "alpha"));
	ck_assert_ptr_null(has(fat, "gamma"));
	make_fat(fat, 1, 0x11, ptx, sizeof(ptx), 0);
	ck_assert_ptr_nonnull(has(fat, "no_params"));
	make_fat(fat, 1, 0x2011, lz4, sizeof(lz4) - 1, 50);
	ck_assert_ptr_nonnull(has(fat, "beta"));
	ck_assert_ptr_null(has(fat, "gamma"));
	make_fat(fat, 1, 0x8011, "?", 1, 50); /* packed otherwise: it has whatever is asked for */
	ck_assert_ptr_nonnull(has(fat, "gamma"));
}
END_TEST

START_TEST(linking)
{
	enum { CUBIN, PTX, OBJECT = 3 };
	char cubin[1024];
	size_t bytes = make_cubin(cubin);
	void *linker, *image;

	start();
	OK(cuLinkCreate_v2(0, NULL, NULL, &linker));
	OK(cuLinkAddData_v2(linker, PTX, ptx, sizeof(ptx) - 1, "a", 0, NULL, NULL));
	OK(cuLinkAddData_v2(linker, CUBIN, cubin, bytes, "b", 0, NULL, NULL));
	OK(cuLinkAddData_v2(linker, OBJECT, cubin, bytes, NULL, 0, NULL, NULL));
	FAILS(CU_ERROR_INVALID_IMAGE,
		cuLinkAddData_v2(linker, PTX, "hello", 5, NULL, 0, NULL, NULL));
	FAILS(CU_ERROR_FILE_NOT_FOUND, cuLinkAddFile_v2(linker, CUBIN, "/nowhere", 0, NULL, NULL));
	OK(cuLinkComplete(linker, &image, &bytes));
	FAILS(CU_ERROR_INVALID_HANDLE,
		cuLinkAddData_v2(linker, CUBIN, cubin, sizeof(cubin), NULL, 0, NULL, NULL));
	ck_assert_uint_eq(bytes, strlen(image) + 1);
	ck_assert_ptr_nonnull(has(image, "beta"));
	ck_assert_ptr_nonnull(has(image, "other_thing"));
	OK(cuLinkDestroy(linker));
	FAILS(CU_ERROR_INVALID_HANDLE, cuLinkDestroy(linker));
}
END_TEST

START_TEST(textures)
{
	unsigned char resource[144] = { 2, 9 }, sampling[104] = { 0 }, told[144];
	uint64_t object;

	start();
	FAILS(CU_ERROR_INVALID_VALUE, cuTexObjectCreate(&object, resource, NULL, NULL));
	OK(cuTexObjectCreate(&object, resource, sampling, NULL));
	OK(cuTexObjectGetResourceDesc(told, object));
	ck_assert_mem_eq(told, resource, sizeof(told));
	OK(cuTexObjectDestroy(object));
	FAILS(CU_ERROR_INVALID_VALUE, cuTexObjectDestroy(object));
}
END_TEST

static const float a[] = { 1, 2, 3 }, b[] = { 10, 20, 30 };

START_TEST(three_ways_to_pass_parameters)
{
	cu_pointer out, x, y;
	int n = 3;
	float result[3];
	char packed[28];
	size_t size = sizeof(packed);
	void *params[] = { &out, &x, &y, &n };
	void *extra[] = { CU_EXTRA_BUFFER, packed, CU_EXTRA_SIZE, &size, CU_EXTRA_END };
	void *function;

	start();
	function = function_of(ptx, "sim_add");
	x = floats_on_device(a, 3);
	y = floats_on_device(b, 3);
	for (int way = 0; way < 3; way++) {
		out = floats_on_device(NULL, 3);
		memcpy(packed, &out, 8);
		memcpy(packed + 8, &x, 8);
		memcpy(packed + 16, &y, 8);
		memcpy(packed + 24, &n, 4);
		if (way == 0) {
			OK(launch(function, NULL, params));
		} else if (way == 1) {
			OK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, extra));
		} else {
			OK(cuFuncSetBlockShape(function, 3, 1, 1));
			OK(cuParamSetv(function, 0, packed, 24));
			OK(cuParamSeti(function, 24, 3));
			OK(cuParamSetSize(function, 28));
			OK(cuLaunchGrid(function, 1, 1));
		}
		OK(cuMemcpyDtoH_v2(result, out, sizeof(result)));
		ck_assert_float_eq(result[2], 33);
	}
	FAILS(CU_ERROR_INVALID_VALUE,
		cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, params, extra));
	FAILS(CU_ERROR_INVALID_VALUE, launch(function, NULL, NULL));
	FAILS(CU_ERROR_INVALID_VALUE,
		cuLaunchKernel(function, 0, 1, 1, 1, 1, 1, 0, NULL, params, NULL));
	FAILS(CU_ERROR_INVALID_VALUE,
		cuLaunchKernel(function, 1, 1, 1, 1025, 1, 1, 0, NULL, params, NULL));
}
END_TEST

/* Gradient descent on y = 2 x0 - x1 with the kernels of the examples. */
START_TEST(training)
{
	static const float x[] = { 1, 0, 1, 2, 0, 1, 1, 1 }, y[] = { 2, -1, 1, 3 }; /* by column */
	static const char names[] =
		"sim:gpuspy_example_gradient,gpuspy_example_step,gpuspy_example_loss";
	int rows = 4, columns = 2;
	cu_pointer on_x, on_y, weights, gradient, loss;
	float rate = 0.2f, weight[2] = { 0, 0 }, first, last, g[2];
	void *gradient_params[] = { &gradient, &on_x, &on_y, &weights, &rows, &columns };
	void *loss_params[] = { &loss, &on_x, &on_y, &weights, &rows, &columns };
	void *step_params[] = { &weights, &gradient, &rate, &columns };

	start();
	on_x = floats_on_device(x, 8);
	on_y = floats_on_device(y, 4);
	weights = floats_on_device(weight, 2);
	gradient = floats_on_device(NULL, 2);
	loss = floats_on_device(NULL, 1);
	OK(launch(function_of(names, "gpuspy_example_loss"), NULL, loss_params));
	OK(cuMemcpyDtoH_v2(&first, loss, 4));
	ck_assert_float_eq_tol(first, (4 + 1 + 1 + 9) / 4.0f, 1e-5);
	OK(launch(function_of(names, "gpuspy_example_gradient"), NULL, gradient_params));
	OK(cuMemcpyDtoH_v2(g, gradient, 8));
	ck_assert_float_eq_tol(g[0], 2 / 4.0f * (-2 - 1 - 6), 1e-5);
	ck_assert_float_eq_tol(g[1], 2 / 4.0f * (1 - 1 - 3), 1e-5);
	for (int i = 0; i < 200; i++) {
		OK(launch(function_of(names, "gpuspy_example_gradient"), NULL, gradient_params));
		OK(launch(function_of(names, "gpuspy_example_step"), NULL, step_params));
	}
	OK(cuMemcpyDtoH_v2(weight, weights, 8));
	ck_assert_float_eq_tol(weight[0], 2, 1e-3);
	ck_assert_float_eq_tol(weight[1], -1, 1e-3);
	OK(launch(function_of(names, "gpuspy_example_loss"), NULL, loss_params));
	OK(cuMemcpyDtoH_v2(&last, loss, 4));
	ck_assert_float_lt(last, 1e-5);
}
END_TEST

START_TEST(libraries_and_other_launches)
{
	struct cu_launch_config config = { { 1, 1, 1 }, { 1, 1, 1 }, 0, NULL, NULL, 0 };
	void *library, *kernel, *function;

	use_ledger();
	start();
	OK(cuLibraryLoadData(&library, "sim:sim_noop", NULL, NULL, 0, NULL, NULL, 0));
	OK(cuLibraryGetKernel(&kernel, library, "sim_noop"));
	OK(cuKernelGetFunction(&function, kernel));
	OK(launch(kernel, NULL, NULL));
	OK(launch(function, NULL, NULL));
	OK(cuLaunchKernelEx(&config, function, NULL, NULL));
	OK(cuLaunchKernel_ptsz(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	ck_assert_uint_eq(total_of("launches"), 4);
	ck_assert_uint_eq(total_of("kernel.sim_noop"), 4);
	ck_assert_uint_eq(calls_of("cuLaunchKernel_ptsz"), 1);
	OK(cuLibraryUnload(library));
	FAILS(CU_ERROR_INVALID_HANDLE, launch(kernel, NULL, NULL));
	FAILS(CU_ERROR_INVALID_HANDLE, launch(function, NULL, NULL));
}
END_TEST

START_TEST(faults_stick)
{
	void *context;
	cu_pointer address;
	float *host = NULL;
	int n = 1;
	void *params[] = { &host, &host, &host, &n };

	use_ledger();
	start();
	OK(launch(function_of("sim:sim_fault", "sim_fault"), NULL, NULL));
	FAILS(CU_ERROR_ILLEGAL_ADDRESS, cuCtxSynchronize());
	FAILS(CU_ERROR_ILLEGAL_ADDRESS, cuMemAlloc_v2(&address, 4));
	OK(cuDevicePrimaryCtxReset_v2(0));
	FAILS(CU_ERROR_CONTEXT_IS_DESTROYED, cuMemAlloc_v2(&address, 4));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuCtxSynchronize());
	/* A pointer that is not the device's faults too. */
	OK(launch(function_of("sim:sim_add", "sim_add"), NULL, params));
	FAILS(CU_ERROR_ILLEGAL_ADDRESS, cuCtxSynchronize());
	ck_assert_uint_eq(total_of("launches"), 2);
	ck_assert_uint_eq(total_of("faults"), 2);
	ck_assert_uint_eq(total_of("syncs"), 1);
}
END_TEST

START_TEST(not_ready)
{
	void *stream, *event;

	use_ledger();
	setenv("SIM_NOT_READY", "2", 1);
	start();
	OK(cuStreamCreate(&stream, 0));
	OK(cuEventCreate(&event, 0));
	OK(cuStreamQuery(stream));
	OK(launch(function_of("sim:sim_noop", "sim_noop"), stream, NULL));
	OK(cuEventRecord(event, stream));
	for (int i = 0; i < 2; i++) {
		FAILS(CU_ERROR_NOT_READY, cuStreamQuery(stream));
		FAILS(CU_ERROR_NOT_READY, cuEventQuery(event));
	}
	OK(cuStreamQuery(stream));
	OK(cuEventQuery(event));
	ck_assert_uint_eq(calls_of("cuStreamQuery"), 4);
	ck_assert_uint_eq(errors_of("cuStreamQuery"), 0);
	OK(launch(function_of("sim:sim_noop", "sim_noop"), stream, NULL));
	OK(cuStreamSynchronize(stream));
	OK(cuStreamQuery(stream));
}
END_TEST

static jmp_buf away;
static int depth;

static void call_again(void *data)
{
	if (++depth < 100)
		OK(cuLaunchHostFunc(NULL, call_again, data));
}

static void jump_away(void *data)
{
	(void)data;
	longjmp(away, 1);
}

START_TEST(callbacks)
{
	use_ledger();
	start();
	OK(cuLaunchHostFunc(NULL, call_again, NULL));
	ck_assert_int_eq(depth, 100);
	if (!setjmp(away)) {
		cuLaunchHostFunc(NULL, jump_away, NULL);
		ck_abort_msg("it came back");
	}
	OK(cuCtxSynchronize());
	ck_assert_uint_eq(calls_of("cuLaunchHostFunc"), 101);
	ck_assert_uint_eq(errors_of("cuLaunchHostFunc"), 0);
}
END_TEST

TCase *tests_of_code(void)
{
	TCase *tests = tcase_create("code");

	tcase_add_test(tests, reading_ptx);
	tcase_add_loop_test(
		tests, bad_images_are_refused, 0, sizeof(bad_images) / sizeof(bad_images[0]));
	tcase_add_test(tests, cubins_and_fat_binaries);
	tcase_add_test(tests, linking);
	tcase_add_test(tests, textures);
	tcase_add_test(tests, handles_come_back);
	tcase_add_test(tests, three_ways_to_pass_parameters);
	tcase_add_test(tests, training);
	tcase_add_test(tests, libraries_and_other_launches);
	tcase_add_test(tests, faults_stick);
	tcase_add_test(tests, not_ready);
	tcase_add_test(tests, callbacks);
	return tests;
}

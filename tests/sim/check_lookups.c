/* SPDX-License-Identifier: MIT */
/* cuGetProcAddress. SIM_LOOKUPS names a list of what the real runtime asks for. */
#include "check_driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expected {
	const char *name;
	int version;
	uint64_t flags;
	const char *symbol; /* NULL: not found */
	int result;
};

static const struct expected table[] = {
	{ "cuMemAlloc", 2000, 0, "cuMemAlloc", 0 },
	{ "cuMemAlloc", 3010, 0, "cuMemAlloc", 0 },
	{ "cuMemAlloc", 3020, 0, "cuMemAlloc_v2", 0 },
	{ "cuMemAlloc", 13000, 0, "cuMemAlloc_v2", 0 },
	{ "cuMemAlloc", 13000, 2, "cuMemAlloc_v2", 0 },
	{ "cuMemAlloc_v2", 13000, 0, NULL, 1 }, /* base names only */
	{ "cuMemcpyHtoD", 3020, 0, "cuMemcpyHtoD_v2", 0 },
	{ "cuMemcpyHtoD", 3020, 2, "cuMemcpyHtoD_v2", 0 },
	{ "cuMemcpyHtoD", 7000, 1, "cuMemcpyHtoD_v2", 0 },
	{ "cuMemcpyHtoD", 7000, 2, "cuMemcpyHtoD_v2_ptds", 0 },
	{ "cuStreamQuery", 6050, 2, "cuStreamQuery", 0 },
	{ "cuStreamQuery", 7000, 2, "cuStreamQuery_ptsz", 0 },
	{ "cuStreamGetCaptureInfo", 9000, 0, NULL, 2 },
	{ "cuStreamGetCaptureInfo", 10010, 0, "cuStreamGetCaptureInfo", 0 },
	{ "cuStreamGetCaptureInfo", 12000, 2, "cuStreamGetCaptureInfo_v2_ptsz", 0 },
	{ "cuStreamGetCaptureInfo", 12030, 0, "cuStreamGetCaptureInfo_v3", 0 },
	{ "cuGetProcAddress", 11030, 0, "cuGetProcAddress", 0 },
	{ "cuGetProcAddress", 12000, 0, "cuGetProcAddress_v2", 0 },
	{ "cuCtxCreate", 13000, 0, "cuCtxCreate_v4", 0 },
	{ "cuLaunchKernelEx", 11050, 0, NULL, 2 },
	{ "cuNoSuchThing", 12000, 0, NULL, 1 },
	{ "cuMem", 12000, 0, NULL, 1 },
	{ "cuMemAlloc", 99000, 0, "cuMemAlloc_v2", 0 }, /* newer than the driver */
	{ "cuLaunchHostFunc", 13000, 0, "cuLaunchHostFunc", 0 },
	{ "cuLaunchHostFunc", 13010, 2, "cuLaunchHostFunc_v2_ptsz", 0 },
	{ "cuGraphAddNode", 13040, 0, "cuGraphAddNode_v3", 0 },
	{ "cuStreamBeginRecaptureToGraph", 13020, 0, NULL, 2 },
	{ "cuSubgridCreate", 13030, 0, "cuSubgridCreate", 0 }, /* no header has it */
	{ "", 0, 0, NULL, 1 },
};

START_TEST(version_and_flags)
{
	const struct expected *row = &table[_i];
	void *found = &found, *again = &again;
	int result = -1, status;

	status = cuGetProcAddress_v2(row->name, &found, row->version, row->flags, &result);
	ck_assert_int_eq(result, row->result);
	ck_assert_int_eq(status, CU_OK);
	ck_assert_ptr_eq(found, row->symbol ? dlsym(RTLD_DEFAULT, row->symbol) : NULL);
	OK(cuGetProcAddress_v2(row->name, &again, row->version, row->flags, NULL));
	ck_assert_ptr_eq(found, again);
	/* The older form fails instead, and leaves the pointer alone. */
	again = &again;
	status = cuGetProcAddress(row->name, &again, row->version, row->flags);
	ck_assert_int_eq(status, row->symbol ? CU_OK : CU_ERROR_NOT_FOUND);
	ck_assert_ptr_eq(again, row->symbol ? found : (void *)&again);
}
END_TEST

START_TEST(bad_arguments)
{
	void *found;

	FAILS(CU_ERROR_INVALID_VALUE, cuGetProcAddress_v2(NULL, &found, 12000, 0, NULL));
	FAILS(CU_ERROR_INVALID_VALUE, cuGetProcAddress_v2("cuInit", NULL, 12000, 0, NULL));
	FAILS(CU_ERROR_INVALID_VALUE, cuGetProcAddress_v2("cuInit", &found, 12000, 9, NULL));
	OK(cuGetProcAddress_v2("cuInit", &found, 12000, 0, NULL));
}
END_TEST

START_TEST(unknown_as_set)
{
	void *found = &found;
	int result;

	setenv("SIM_PROC_UNKNOWN", "500", 1);
	FAILS(CU_ERROR_NOT_FOUND, cuGetProcAddress_v2("cuNoSuchThing", &found, 12000, 0, &result));
	ck_assert_ptr_null(found);
	ck_assert_int_eq(result, 1);
}
END_TEST

START_TEST(older_driver)
{
	void *found;
	int result;

	setenv("SIM_VERSION", "11040", 1);
	OK(cuGetProcAddress_v2("cuInit", &found, 12000, 0, &result));
	ck_assert_ptr_nonnull(found);
	OK(cuGetProcAddress_v2("cuLibraryLoadData", &found, 12000, 0, &result));
	ck_assert_ptr_null(found);
	ck_assert_int_eq(result, 1);
}
END_TEST

START_TEST(private_addresses)
{
	int (*init)(unsigned), count;
	void *found;

	use_ledger();
	setenv("SIM_PROC_PRIVATE", "1", 1);
	OK(cuGetProcAddress_v2("cuInit", &found, 2000, 0, NULL));
	ck_assert_ptr_ne(found, dlsym(RTLD_DEFAULT, "cuInit"));
	memcpy(&init, &found, sizeof(init));
	OK(init(0));
	OK(cuDeviceGetCount(&count));
	ck_assert_uint_eq(calls_of("cuInit"), 1);
}
END_TEST

START_TEST(what_the_runtime_asks)
{
	static const struct {
		const char *list;
		int count;
	} runtimes[] = { { "SIM_LOOKUPS", 440 }, { "SIM_LOOKUPS_13_5", 481 } };
	FILE *list = fopen(getenv(runtimes[_i].list), "re");
	char line[256];
	int count = 0;

	ck_assert_ptr_nonnull(list);
	while (fgets(line, sizeof(line), list)) {
		char *name = line, *version = strchr(line, '\t'), *flags;
		void *found = NULL;
		int result = -1;

		if (*line == '#')
			continue;
		ck_assert_ptr_nonnull(version);
		*version++ = '\0';
		flags = strchr(version, '\t');
		ck_assert_ptr_nonnull(flags);
		count++;
		if (!*name)
			continue;
		ck_assert_msg(cuGetProcAddress_v2(name, &found, atoi(version),
				      strtoull(flags, NULL, 10), &result) == CU_OK,
			"%s, version %d", name, atoi(version));
		ck_assert_int_eq(result, CU_LOOKUP_FOUND);
		ck_assert_ptr_nonnull(found);
	}
	fclose(list);
	ck_assert_int_eq(count, runtimes[_i].count);
}
END_TEST

START_TEST(unsupported_is_counted)
{
	use_ledger();
	OK(cuInit(0));
	FAILS(CU_ERROR_NOT_SUPPORTED, cuTexRefDestroy(NULL));
	ck_assert_uint_eq(calls_of("cuTexRefDestroy"), 1);
	ck_assert_uint_eq(errors_of("cuTexRefDestroy"), 1);
}
END_TEST

TCase *tests_of_lookups(void)
{
	TCase *tests = tcase_create("look-ups");

	tcase_add_loop_test(tests, version_and_flags, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_test(tests, bad_arguments);
	tcase_add_test(tests, unknown_as_set);
	tcase_add_test(tests, older_driver);
	tcase_add_test(tests, private_addresses);
	tcase_add_loop_test(tests, what_the_runtime_asks, 0, 2);
	tcase_add_test(tests, unsupported_is_counted);
	return tests;
}

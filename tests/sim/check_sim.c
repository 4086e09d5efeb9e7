/* SPDX-License-Identifier: MIT */
/* Tests of the simulated driver itself: it is what other tests measure gpuspy against. */
#include "check_driver.h"
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char ledger_path[64];

static void remove_ledger(void)
{
	unlink(ledger_path);
}

void use_ledger(void)
{
	int file;

	snprintf(ledger_path, sizeof(ledger_path), "/tmp/check-sim-XXXXXX");
	file = mkstemp(ledger_path);
	ck_assert_int_ge(file, 0);
	close(file);
	setenv("SIM_LEDGER", ledger_path, 1);
	atexit(remove_ledger);
}

static const struct ledger_entry *entry_of(const char *library, const char *symbol)
{
	static const struct ledger_entry *table;

	if (!table)
		table = ledger_read(ledger_path);
	for (size_t i = 0; table && i < LEDGER_ENTRIES; i++)
		if (table[i].key && !strcmp(table[i].library, library) &&
			!strcmp(table[i].symbol, symbol))
			return &table[i];
	return NULL;
}

uint64_t calls_of(const char *symbol)
{
	const struct ledger_entry *entry = entry_of("libcuda.so.1", symbol);

	return entry ? entry->calls : 0;
}

uint64_t errors_of(const char *symbol)
{
	const struct ledger_entry *entry = entry_of("libcuda.so.1", symbol);

	return entry ? entry->errors : 0;
}

uint64_t total_of(const char *key)
{
	const struct ledger_entry *entry = entry_of("total", key);

	return entry ? entry->calls : 0;
}

void start(void)
{
	void *context;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
}

void *function_of(const char *image, const char *name)
{
	void *module, *function;

	OK(cuModuleLoadData(&module, image));
	OK(cuModuleGetFunction(&function, module, name));
	return function;
}

int launch(void *function, void *stream, void **params)
{
	return cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, params, NULL);
}

cu_pointer floats_on_device(const float *values, size_t count)
{
	cu_pointer address;

	OK(cuMemAlloc_v2(&address, count * sizeof(float)));
	if (values)
		OK(cuMemcpyHtoD_v2(address, values, count * sizeof(float)));
	return address;
}

int main(void)
{
	Suite *suite = suite_create("simulated driver");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tests_of_lookups());
	suite_add_tcase(suite, tests_of_devices());
	suite_add_tcase(suite, tests_of_memory());
	suite_add_tcase(suite, tests_of_code());
	suite_add_tcase(suite, tests_of_graphs());
	suite_add_tcase(suite, tests_of_ledger());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

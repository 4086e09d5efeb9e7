/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../../preload/cuda/functions.h"
#include "../unit/harness.h"

static const struct {
	const char *name;
	enum function_kind kind;
} functions[] = {
	{ "cuArray3DCreate", OLD }, /* the first */
	{ "cuArray3DCreate_v2", OBSERVED },
	{ "cuMemcpy", OBSERVED },
	{ "cuMemcpyWithAttributesAsync", OBSERVED },
	{ "cuGraphExecExternalSemaphoresSignalNodeSetParams", GRAPH },
	{ "cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags", QUESTION }, /* the longest */
	{ "cuSubgridCreate", UNDECLARED },
	{ "cuWaitExternalSemaphoresAsync", SHARED }, /* the last */
	{ "cuWaitExternalSemaphoresAsync_v2", FUNCTION_UNKNOWN },
	{ "cuWaitExternalSemaphoresAsyn", FUNCTION_UNKNOWN },
	{ "cuMem", FUNCTION_UNKNOWN },
	{ "cu", FUNCTION_UNKNOWN },
	{ "", FUNCTION_UNKNOWN },
	{ "zzz", FUNCTION_UNKNOWN },
};

START_TEST(functions_are_known_by_their_names)
{
	const char *name = functions[_i].name;

	ck_assert_msg(
		function_kind(name, (unsigned)strlen(name)) == functions[_i].kind, "%s", name);
}
END_TEST

START_TEST(a_name_may_go_on)
{
	char longer[300];

	ck_assert(function_kind("cuMemFree_v2_ptsz", 12) == OBSERVED);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert(function_kind(longer, sizeof(longer) - 1) == FUNCTION_UNKNOWN);
}
END_TEST

START_TEST(some_words_stand_for_work)
{
	static const char *const work[] = { "cuLaunchSomething", "cuFabricCopy2", "cuFabricCpy2",
		"cuMemcpyBy", "cuBufferSet", "cuBufferset", "cuStreamRecapture", "cuStreamCapture2",
		"cuGraphRun", "cuTileAlloc" };

	for (unsigned i = 0; i < sizeof(work) / sizeof(work[0]); i++)
		ck_assert_msg(function_may_work(work[i]), "%s", work[i]);
	ck_assert(!function_may_work("cuDeviceGetColour"));
	ck_assert(!function_may_work("cuTensorMapEncode"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("functions");
	TCase *tcase = tcase_create("functions");

	tcase_add_loop_test(tcase, functions_are_known_by_their_names, 0,
		sizeof(functions) / sizeof(functions[0]));
	ADD(tcase, a_name_may_go_on);
	ADD(tcase, some_words_stand_for_work);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

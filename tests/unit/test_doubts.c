/* SPDX-License-Identifier: MIT */
/* What keeps a NO from being said: each gap, and each thing that a second witness can see. */
#include <string.h>

#include "harness.h"
#include "report/gaps.h"
#include "report/text.h"
#include "report/verdict.h"

static struct function_figures functions[2];
static struct library_figures libraries[1];
static struct process_snapshot processes[2];

static struct session_snapshot nothing(void)
{
	struct session_snapshot s = { .name = "1-2" };

	memset(functions, 0, sizeof(functions));
	memset(libraries, 0, sizeof(libraries));
	memset(processes, 0, sizeof(processes));
	s.figures.driver.device_count = -1;
	s.figures.functions = functions;
	s.figures.libraries = libraries;
	return s;
}

static struct session_snapshot idle(void)
{
	struct session_snapshot s = nothing();

	s.figures.driver.init_calls = 1;
	s.figures.driver.init_ok = true;
	s.figures.driver.device_count = 1;
	s.figures.driver.path = "/usr/lib/libcuda.so.1";
	return s;
}

static struct session_snapshot missing(void)
{
	struct session_snapshot s = nothing();

	libraries[0] = (struct library_figures){ .name = "libcuda.so.1", .asked = 1 };
	s.figures.n_libraries = 1;
	s.figures.driver.nvidia_code = true;
	return s;
}

static struct session_snapshot worked(void)
{
	struct session_snapshot s = idle();

	s.figures.totals.kernels = s.figures.totals.launches = s.figures.totals.confirmed = 7;
	return s;
}

static struct judgement judge(const struct session_snapshot *session)
{
	struct judgement j;

	verdict_judge(&j, session);
	return j;
}

START_TEST(each_gap_has_words)
{
	const struct gap_kind *kind = &gap_kinds[_i];

	ck_assert_ptr_nonnull(kind->code);
	ck_assert_ptr_nonnull(kind->before);
	if (kind->reason && _i != GAP_GRAPHS)
		ck_assert_ptr_nonnull(kind->advice);
	for (int i = 0; i < GAPS; i++)
		ck_assert(i == _i || strcmp(gap_kinds[i].code, kind->code) != 0);
}
END_TEST

/* What is counted agrees with its number, in every gap that has one. */
START_TEST(each_gap_of_one_and_of_two)
{
	char of_one[512], of_two[512];
	struct text one = text_in(of_one, sizeof(of_one)), two = text_in(of_two, sizeof(of_two));

	if (!gap_kinds[_i].after)
		return;
	gap_put(&one, (enum gap)_i, 1);
	gap_put(&two, (enum gap)_i, 2);
	ck_assert_ptr_null(strpbrk(of_one, "{|}"));
	ck_assert_ptr_null(strpbrk(of_two, "{|}"));
	ck_assert_ptr_nonnull(strstr(of_one, "1 "));
	ck_assert_msg(
		strcmp(strstr(of_one, "1 ") + 1, strstr(of_two, "2 ") + 1) != 0, "%s", of_one);
}
END_TEST

/* Of every NO, and of nothing else. */
START_TEST(each_gap_in_each_verdict)
{
	struct session_snapshot (*const nos[])(void) = { nothing, idle, missing };
	const char *reason = gap_kinds[_i].reason;
	struct session_snapshot s;
	struct judgement j;

	for (size_t i = 0; i < sizeof(nos) / sizeof(*nos); i++) {
		s = nos[i]();
		ck_assert_str_eq(judge(&s).headline, "NO");
		s.figures.gaps[_i] = 3;
		j = judge(&s);
		ck_assert_str_eq(j.headline, reason ? "UNKNOWN" : "NO");
		ck_assert_int_eq(verdict_is_no(j.verdict), !reason);
		if (!reason)
			continue;
		ck_assert_str_eq(j.code, "unknown");
		ck_assert_str_eq(j.reason, reason);
		ck_assert_uint_gt(strlen(j.summary), 10);
		ck_assert_uint_gt(strlen(j.evidence), 10);
	}
	s = worked();
	s.figures.gaps[_i] = 3;
	j = judge(&s);
	ck_assert_str_eq(j.headline, "YES");
	ck_assert_int_eq(j.at_least, reason && strcmp(reason, "no-witness") != 0);
	ck_assert_int_eq(!strncmp(j.summary, "at least 7 kernels", 18), j.at_least);
}
END_TEST

START_TEST(what_readers_find)
{
	struct session_snapshot s = idle();

	s.unreadable = 1;
	ck_assert_str_eq(judge(&s).reason, "no-record");
	s = nothing();
	s.other_version = 2;
	ck_assert_str_eq(judge(&s).reason, "no-record");
	s = nothing();
	s.unrecorded = 1;
	ck_assert_str_eq(judge(&s).reason, "no-record");
}
END_TEST

START_TEST(what_keeps_from_the_gpu_is_told_beside)
{
	struct session_snapshot s = missing();
	struct judgement j;

	s.unreadable = 1;
	j = judge(&s);
	ck_assert_str_eq(j.headline, "UNKNOWN");
	ck_assert_uint_eq(j.n_also, 1);
	ck_assert_str_eq(j.also[0].reason, "driver-missing");
}
END_TEST

static const struct sight {
	struct segment_witness seen;
	const char *with_nothing, *when_idle; /* reasons; NULL: it stays a NO */
} sights[] = {
	{ { .looked = LOOKED_AT_KERNEL }, NULL, NULL },
	{ { .drivers = 1 }, "seen-otherwise", NULL },
	{ { .drivers = 2, .drivers_hidden = 1 }, "seen-otherwise", "seen-otherwise" },
	{ { .files = FILE_CONTROL }, "seen-otherwise", NULL },
	{ { .files = FILE_CONTROL | FILE_DEVICE, .interfaces = INTERFACE_NVML }, NULL, NULL },
	{ { .files = FILE_DEVICE, .interfaces = INTERFACE_GRAPHICS }, NULL, NULL },
	{ { .files = FILE_UVM, .interfaces = INTERFACE_NVML }, "seen-otherwise", NULL },
	{ { .files = FILE_SIMULATED }, "seen-otherwise", NULL },
	{ { .files = FILE_WSL }, "seen-otherwise", NULL },
	{ { .contexts = 1 }, "seen-otherwise", "seen-otherwise" },
	{ { .files = FILE_KFD }, "other-api", "other-api" },
	{ { .interfaces = INTERFACE_OPENCL }, "other-api", "other-api" },
	{ { .interfaces = INTERFACE_VULKAN }, NULL, NULL },
	{ { .interfaces = INTERFACE_VULKAN_ICD | INTERFACE_GRAPHICS }, NULL, NULL },
	{ { .interfaces = INTERFACE_VULKAN | INTERFACE_VULKAN_ICD }, "other-api", "other-api" },
	{ { .interfaces = INTERFACE_OPTIX }, "other-api", "other-api" },
	{ { .interfaces = INTERFACE_VIDEO }, "other-api", "other-api" },
};

static void check(const struct session_snapshot *s, const char *reason)
{
	struct judgement j = judge(s);

	ck_assert_str_eq(j.headline, reason ? "UNKNOWN" : "NO");
	if (reason)
		ck_assert_str_eq(j.reason, reason);
}

START_TEST(each_sight)
{
	const struct sight *sight = &sights[_i];
	struct session_snapshot s = nothing();

	s.figures.witness = sight->seen;
	check(&s, sight->with_nothing);
	s = idle();
	s.figures.witness = sight->seen;
	check(&s, sight->when_idle);
	s = worked();
	s.figures.witness = sight->seen;
	ck_assert_str_eq(judge(&s).headline, "YES");
}
END_TEST

START_TEST(a_context_that_was_seen_made)
{
	struct session_snapshot s = idle();

	functions[0] = (struct function_figures){ .layer = LAYER_DRIVER,
		.library = "libcuda.so.1",
		.name = "cuDevicePrimaryCtxRetain",
		.calls = 1 };
	s.figures.n_functions = 1;
	s.figures.witness.contexts = 1;
	check(&s, NULL);
}
END_TEST

/* What the parent has open, its forked child has too. */
START_TEST(each_process_for_itself)
{
	struct session_snapshot s = idle();

	processes[0].pid = 10;
	processes[0].figures = s.figures;
	processes[1].pid = 11;
	processes[1].figures.witness.files = FILE_UVM;
	processes[1].forked = true;
	s.processes = processes;
	s.n_processes = 2;
	check(&s, NULL);
	processes[1].forked = false;
	check(&s, "seen-otherwise");
	ck_assert_ptr_nonnull(strstr(judge(&s).evidence, "(process 11)"));
}
END_TEST

START_TEST(thin)
{
	struct session_snapshot s = worked();

	processes[0] = (struct process_snapshot){ .pid = 10,
		.state = PROCESS_EXITED,
		.started_ns = 1,
		.ended_ns = 59000000000ull,
		.figures = s.figures };
	s.processes = processes;
	s.n_processes = 1;
	ck_assert(!judge(&s).thin);
	processes[0].ended_ns = 71000000000ull;
	ck_assert(judge(&s).thin);
	ck_assert_ptr_nonnull(strstr(judge(&s).summary, "barely: 7 kernels"));
	/* A gap may hide more: "barely" is then no more than what was seen. */
	s.unrecorded = 1;
	ck_assert(judge(&s).at_least);
	ck_assert_ptr_nonnull(
		strstr(judge(&s).summary, "barely, as far as was seen: at least 7 kernels"));
	s.figures.totals.kernels = 100;
	ck_assert(!judge(&s).thin);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doubts");
	TCase *tcase = tcase_create("doubts");

	tcase_add_loop_test(tcase, each_gap_of_one_and_of_two, 0, GAPS);
	tcase_add_loop_test(tcase, each_gap_has_words, 0, GAPS);
	tcase_add_loop_test(tcase, each_gap_in_each_verdict, 0, GAPS);
	tcase_add_loop_test(tcase, each_sight, 0, sizeof(sights) / sizeof(*sights));
	ADD(tcase, what_readers_find);
	ADD(tcase, what_keeps_from_the_gpu_is_told_beside);
	ADD(tcase, a_context_that_was_seen_made);
	ADD(tcase, each_process_for_itself);
	ADD(tcase, thin);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "report/errors.h"
#include "report/text.h"
#include "synthetic.h"

static struct arena arena;
static char buffer[TEXT_REPORT_MAX];

static const char *escaped(const char *raw, size_t columns)
{
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_escaped(&text, raw, columns);
	return buffer;
}

START_TEST(escapes)
{
	ck_assert_str_eq(escaped("plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", 99),
		"plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
	ck_assert_str_eq(escaped("a\nb\tc\x1b[31m\x7f", 99), "a\\nb\\tc\\x1b[31m\\x7f");
	ck_assert_str_eq(escaped("\xc2\x9b", 99), "\\xc2\\x9b"); /* C1: CSI */
	ck_assert_str_eq(
		escaped("\xe2\x80\xae", 99), "\\xe2\\x80\\xae"); /* right-to-left override */
	ck_assert_str_eq(escaped("\xff\xc3(", 99), "\\xff\\xc3(");
	ck_assert_str_eq(escaped("\xc0\xaf", 99), "\\xc0\\xaf");          /* overlong */
	ck_assert_str_eq(escaped("\xed\xa0\x80", 99), "\\xed\\xa0\\x80"); /* surrogate */
	ck_assert_str_eq(escaped("\xf4\x90\x80\x80", 99), "\\xf4\\x90\\x80\\x80");
	ck_assert_str_eq(escaped("\xe2\x82", 99), "\\xe2\\x82"); /* cut off */
}
END_TEST

START_TEST(cutting)
{
	ck_assert_str_eq(escaped("abcdef", 6), "abcdef");
	ck_assert_str_eq(escaped("abcdef", 5), "abcde...");
	ck_assert_str_eq(escaped("\xc3\xa4\xc3\xa4\xc3\xa4", 2), "\xc3\xa4\xc3\xa4...");
}
END_TEST

START_TEST(nothing_comes_after_what_did_not_fit)
{
	struct text text = text_in(buffer, 8);

	text_put(&text, "abcde");
	text_put(&text, "xyz");
	ck_assert(text.full);
	text_put(&text, "f");
	ck_assert_str_eq(buffer, "abcde");
}
END_TEST

static const char *count(uint64_t value)
{
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_count(&text, value);
	return buffer;
}

static const char *bytes(uint64_t value)
{
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_bytes(&text, value);
	return buffer;
}

static const char *seconds(double value)
{
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_seconds(&text, value);
	return buffer;
}

START_TEST(numbers)
{
	ck_assert_str_eq(count(0), "0");
	ck_assert_str_eq(count(999), "999");
	ck_assert_str_eq(count(1000), "1,000");
	ck_assert_str_eq(count(1234567), "1,234,567");
	ck_assert_str_eq(count(UINT64_MAX), "18,446,744,073,709,551,615");
	ck_assert_str_eq(bytes(0), "0 B");
	ck_assert_str_eq(bytes(1023), "1023 B");
	ck_assert_str_eq(bytes(1024), "1.0 KiB");
	ck_assert_str_eq(bytes(1536), "1.5 KiB");
	ck_assert_str_eq(bytes(3435973837u), "3.2 GiB");
	ck_assert_str_eq(bytes(34 << 20), "34 MiB");
	ck_assert_str_eq(bytes((1ull << 30) - 1), "1.0 GiB");
	ck_assert_str_eq(bytes((10ull << 30) - 1), "10 GiB");
	ck_assert_str_eq(bytes(149260599296u), "139 GiB");
	ck_assert_str_eq(bytes(UINT64_MAX), "16 EiB");
	ck_assert_str_eq(seconds(0), "0.0 s");
	ck_assert_str_eq(seconds(34.21), "34.2 s");
	ck_assert_str_eq(seconds(119.96), "2 min 0 s");
	ck_assert_str_eq(seconds(725), "12 min 5 s");
	ck_assert_str_eq(seconds(11520), "3 h 12 min");
	ck_assert_str_eq(seconds(-1), "?");
	ck_assert_str_eq(seconds(0.0 / 0.0), "?");
}
END_TEST

START_TEST(names_of_statuses)
{
	char unknown[ERROR_NAME_MAX];

	ck_assert_str_eq(error_name(LAYER_DRIVER, 700, unknown), "CUDA_ERROR_ILLEGAL_ADDRESS");
	ck_assert_str_eq(error_name(LAYER_RUNTIME, 35, unknown), "cudaErrorInsufficientDriver");
	ck_assert_str_eq(error_name(LAYER_CUDNN, 1, unknown), "CUDNN_STATUS_NOT_INITIALIZED");
	ck_assert_str_eq(error_name(LAYER_CUDNN, 1001, unknown), "CUDNN_STATUS_NOT_INITIALIZED");
	ck_assert_str_eq(error_name(LAYER_CUBLAS, 13, unknown), "CUBLAS_STATUS_EXECUTION_FAILED");
	ck_assert_str_eq(error_name(LAYER_NCCL, 2, unknown), "ncclSystemError");
	ck_assert_str_eq(error_name(LAYER_DRIVER, -7, unknown), "code -7");
	ck_assert_str_eq(error_name(LAYERS, 1, unknown), "code 1");
}
END_TEST

static const char *version(enum segment_layer layer, uint32_t value)
{
	struct text text = text_in(buffer, sizeof(buffer));

	layer_version(&text, layer, value);
	return buffer;
}

START_TEST(versions)
{
	ck_assert_str_eq(version(LAYER_DRIVER, 12020), "12.2");
	ck_assert_str_eq(version(LAYER_CUDNN, 91900), "9.19.0");
	ck_assert_str_eq(version(LAYER_CUDNN, 8907), "8.9.7");
	ck_assert_str_eq(version(LAYER_CUBLAS, 130100), "13.1.0");
	ck_assert_str_eq(version(LAYER_CUDNN, 0), "");
}
END_TEST

static const char *command(const char *line)
{
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_command(&text, line, 40);
	return buffer;
}

START_TEST(commands)
{
	ck_assert_str_eq(
		command("/usr/lib/R/bin/exec/R --no-echo --no-restore --file=/a/train.R --args 5"),
		"R train.R 5");
	ck_assert_str_eq(command("/usr/bin/python3 fit.py --fold 1"), "python3 fit.py --fold 1");
	ck_assert_str_eq(command("/bin/"), "/bin/");
	ck_assert_str_eq(command(""), "");
	ck_assert_str_eq(command("a \x1b"
				 "b"),
		"a \\x1b"
		"b");
	ck_assert_uint_eq(strlen(command("./x 0123456789012345678901234567890123456789")), 43);
}
END_TEST

static const char *report(struct synthetic *s, size_t size, unsigned processes)
{
	struct process_snapshot list[2] = { 0 };
	struct session_snapshot session = { .name = "1-2", .processes = list };
	struct judgement judgement;
	size_t length;

	ck_assert_int_eq(snapshot_read(&list[0], &arena, synthetic_source(s)), 0);
	list[1] = list[0];
	session.n_processes = processes;
	ck_assert_int_eq(snapshot_add_up(&session, &arena), 0);
	verdict_judge(&judgement, &session);
	length = text_report(buffer, size, &session, &judgement);
	ck_assert_uint_eq(length, strlen(buffer));
	return buffer;
}

START_TEST(the_whole_report)
{
	struct synthetic s = synthetic_training(4242, 99, 0);

	ck_assert_str_eq(report(&s, sizeof(buffer), 1),
		"gpuspy: GPU work: YES  12,345 kernels ran on NVIDIA H200 and finished  (R "
		"train.R, pid "
		"4242, 34.2 s)\n"
		"  device 0  NVIDIA H200   12,345 kernels   peak memory 3.2 GiB of 150 GiB\n"
		"  copies    to device 1.2 GiB in 5,432   back 34 MiB in 210\n"
		"  graphs    3 graph launches ran 345 of the kernels, 5 launches recorded\n"
		"  calls     driver 12,040 calls (CUDA 13.0)   runtime 9,000 calls\n"
		"            cuDNN 4,210 calls (libcudnn.so.9, version 9.19.0)   cuBLAS 3,300 "
		"calls\n"
		"  kernels   ampere_sgemm_128x64_nn 4,100   relu_fwd 2,050   "
		"\xc3\xa4 \\x1b[31mred\\n\\xff 7\n"
		"  errors    cuMemAlloc_v2 2 (CUDA_ERROR_OUT_OF_MEMORY)\n");
	synthetic_free(&s);
}
END_TEST

START_TEST(a_simulated_driver_is_said_first)
{
	struct synthetic s = synthetic_training(4242, 99, 0);

	s.header->simulated = 1;
	ck_assert_ptr_nonnull(strstr(report(&s, sizeof(buffer), 1),
		"gpuspy: GPU work: YES  SIMULATED  12,345 kernels ran"));
	synthetic_free(&s);
}
END_TEST

START_TEST(a_no_is_short)
{
	struct synthetic s = synthetic_new(4242, 99, 0);
	unsigned lines = 0;

	s.header->state = STATE_EXITED;
	report(&s, sizeof(buffer), 1);
	for (const char *at = buffer; *at; at++)
		lines += *at == '\n';
	ck_assert_uint_ge(lines, 2);
	ck_assert_uint_le(lines, 4);
	ck_assert_int_eq(strncmp(buffer, "gpuspy: GPU work: NO  ", 22), 0);
	synthetic_free(&s);
}
END_TEST

START_TEST(a_silent_end_is_said)
{
	struct synthetic s = synthetic_training(4242, 99, 0);

	s.header->state = STATE_RUNNING; /* and there is no such process */
	s.header->ended_ns = 0;
	report(&s, sizeof(buffer), 1);
	ck_assert_ptr_nonnull(strstr(buffer, "\n  ended     without a word"));
	ck_assert_ptr_nonnull(strstr(buffer, "(R train.R, pid 4242)\n"));
	synthetic_free(&s);
}
END_TEST

START_TEST(everything_missed_is_said)
{
	struct synthetic s = synthetic_training(4242, 99, 0);
	unsigned notes = 0;

	ck_assert_ptr_null(strstr(report(&s, sizeof(buffer), 1), "note"));
	for (unsigned i = 0; i < GAPS; i++)
		s.header->gaps[i] = 4096 + i;
	report(&s, sizeof(buffer), 1);
	for (const char *at = buffer; (at = strstr(at, "\n  note ")); at++)
		notes++;
	ck_assert_uint_eq(notes, GAPS);
	ck_assert_ptr_nonnull(strstr(buffer, "not to be read from outside: 4,105 bytes"));
	synthetic_free(&s);
}
END_TEST

START_TEST(several_processes)
{
	struct synthetic s = synthetic_training(4242, 99, 0);

	ck_assert_ptr_nonnull(strstr(report(&s, sizeof(buffer), 2),
		"\n  processes 4242 R train.R: 12,345 kernels   4242 R train.R: 12,345 kernels\n"));
	synthetic_free(&s);
}
END_TEST

START_TEST(a_small_buffer_ends_at_a_line)
{
	struct synthetic s = synthetic_training(4242, 99, 0);
	char whole[TEXT_REPORT_MAX];

	strcpy(whole, report(&s, sizeof(buffer), 1));
	for (size_t size = 1; size < strlen(whole) + 2; size += 13) {
		size_t length = strlen(report(&s, size, 1));

		ck_assert_uint_lt(length, size);
		ck_assert_int_eq(strncmp(buffer, whole, length), 0);
		ck_assert(length == 0 || buffer[length - 1] == '\n');
	}
	synthetic_free(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");

	ADD(tcase, escapes);
	ADD(tcase, cutting);
	ADD(tcase, nothing_comes_after_what_did_not_fit);
	ADD(tcase, numbers);
	ADD(tcase, names_of_statuses);
	ADD(tcase, versions);
	ADD(tcase, commands);
	ADD(tcase, the_whole_report);
	ADD(tcase, a_simulated_driver_is_said_first);
	ADD(tcase, a_no_is_short);
	ADD(tcase, a_silent_end_is_said);
	ADD(tcase, everything_missed_is_said);
	ADD(tcase, several_processes);
	ADD(tcase, a_small_buffer_ends_at_a_line);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "report/text.h"
#include "segment/own_file.h"
#include "segment/paths.h"
#include "segment/summed.h"
#include "synthetic.h"

static struct arena arena;
static struct session_snapshot out;
static char base[64], folder[80];
static int directory;

/* What the writer asks of a process that has a segment. */
bool own_file_size_allowed(uint64_t size)
{
	return size != 0;
}

static void set_up(void)
{
	snprintf(folder, sizeof(folder), "%s/7-8", new_folder(base));
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	directory = open(folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(directory, 0);
}

static void tear_down(void)
{
	close(directory);
	remove_folder(base);
}

/* Four processes, of two GPUs that both have the number 0, the last two with something missing. */
static struct synthetic make(pid_t pid)
{
	struct synthetic s = synthetic_training(pid, 30, 0);

	s.header->started_ns += (uint64_t)pid;
	s.header->monotonic.started_ns = (uint64_t)pid * 1000000000u;
	s.header->monotonic.ended_ns = s.header->monotonic.started_ns + 2500000000u;
	s.header->monotonic.first_kernel_ns = s.header->monotonic.started_ns + 70;
	memset(s.devices[0].uuid, pid % 2, 16);
	s.header->gaps[GAP_NAMES] = (uint64_t)pid;
	s.header->fault_status = pid == 12 ? 700 : 0;
	s.header->fault_name = synthetic_string(&s, "cuCtxSynchronize");
	s.header->visible_set = 2;
	if (pid > 12)
		synthetic_library(&s, "libnvrtc.so.13", false, "no such file")->asker =
			synthetic_string(&s, "/usr/lib/libwho.so");
	return s;
}

static void put(pid_t pid)
{
	struct synthetic s = make(pid);

	synthetic_write(&s, folder);
	synthetic_free(&s);
}

static void read_it(void)
{
	ck_assert_int_eq(snapshot_read_session(&out, &arena, folder, NULL), 0);
}

/* Those processes go, and their sum is there. */
static void sum_up(struct summed *sum, pid_t first, pid_t last)
{
	struct process_snapshot *all = arena_take(&arena, 8 * sizeof(*all));
	unsigned n = 0;
	char name[64];

	for (pid_t pid = first; pid <= last; pid++, n++) {
		snprintf(name, sizeof(name), "%d-30-0.seg", (int)pid);
		ck_assert_int_eq(snapshot_read_process(&all[n], &arena, directory, name, 1), 0);
		ck_assert_int_eq(unlinkat(directory, name, 0), 0);
	}
	ck_assert_int_eq(summed_read(sum, &arena, directory), 0);
	ck_assert_int_eq(summed_add(sum, &arena, all, n), 0);
	sum->n_last = 0;
	ck_assert_int_eq(summed_write(sum, &arena, directory), 0);
}

static void same_text(const char *a, const char *b)
{
	ck_assert_int_eq(a != NULL, b != NULL);
	if (a)
		ck_assert_str_eq(a, b);
}

static void same_lists(const struct figures *a, const struct figures *b)
{
	ck_assert_uint_eq(a->n_functions, b->n_functions);
	for (unsigned i = 0; i < a->n_functions; i++) {
		same_text(a->functions[i].name, b->functions[i].name);
		same_text(a->functions[i].library, b->functions[i].library);
		ck_assert_uint_eq(a->functions[i].layer, b->functions[i].layer);
		ck_assert_uint_eq(a->functions[i].calls, b->functions[i].calls);
		ck_assert_uint_eq(a->functions[i].errors, b->functions[i].errors);
		ck_assert_int_eq(a->functions[i].last_error, b->functions[i].last_error);
	}
	ck_assert_uint_eq(a->n_kernels, b->n_kernels);
	for (unsigned i = 0; i < a->n_kernels; i++) {
		same_text(a->kernels[i].name, b->kernels[i].name);
		ck_assert_uint_eq(a->kernels[i].launches, b->kernels[i].launches);
	}
	ck_assert_uint_eq(a->n_devices, b->n_devices);
	for (unsigned i = 0; i < a->n_devices; i++) {
		same_text(a->devices[i].name, b->devices[i].name);
		ck_assert_mem_eq(a->devices[i].uuid, b->devices[i].uuid, 16);
		ck_assert_uint_eq(a->devices[i].kernels, b->devices[i].kernels);
		ck_assert_mem_eq(
			&a->devices[i].memory, &b->devices[i].memory, sizeof(a->devices[i].memory));
	}
	ck_assert_uint_eq(a->n_libraries, b->n_libraries);
	for (unsigned i = 0; i < a->n_libraries; i++) {
		same_text(a->libraries[i].name, b->libraries[i].name);
		same_text(a->libraries[i].path, b->libraries[i].path);
		same_text(a->libraries[i].error, b->libraries[i].error);
		same_text(a->libraries[i].asker, b->libraries[i].asker);
		same_text(a->libraries[i].asker_path, b->libraries[i].asker_path);
		ck_assert_uint_eq(a->libraries[i].asked, b->libraries[i].asked);
		ck_assert_uint_eq(a->libraries[i].version, b->libraries[i].version);
	}
}

static void same_figures(const struct figures *a, const struct figures *b)
{
	same_lists(a, b);
	ck_assert_mem_eq(&a->totals, &b->totals, offsetof(struct totals, peak_at_least));
	ck_assert_mem_eq(a->totals.copies, b->totals.copies, sizeof(a->totals.copies));
	ck_assert_mem_eq(&a->totals.host, &b->totals.host, sizeof(a->totals.host));
	ck_assert_int_eq(a->totals.peak_at_least, b->totals.peak_at_least);
	ck_assert_mem_eq(a->gaps, b->gaps, sizeof(a->gaps));
	ck_assert_int_eq(a->driver.init_ok, b->driver.init_ok);
	ck_assert_int_eq(a->driver.device_count, b->driver.device_count);
	ck_assert_int_eq(a->driver.fault_status, b->driver.fault_status);
	same_text(a->driver.fault_name, b->driver.fault_name);
	same_text(a->driver.path, b->driver.path);
	same_text(a->driver.visible, b->driver.visible);
	ck_assert_int_eq(a->driver.visible_by_program, b->driver.visible_by_program);
	ck_assert_uint_eq(a->driver.version, b->driver.version);
	ck_assert_int_eq(a->driver.nvidia_code, b->driver.nvidia_code);
}

START_TEST(a_sum_says_the_same_as_the_processes)
{
	struct session_snapshot before;
	struct summed sum;

	for (pid_t pid = 10; pid <= 14; pid++)
		put(pid);
	read_it();
	before = out;
	ck_assert_uint_eq(before.n_processes, 5);
	sum_up(&sum, 11, 12);
	read_it();
	same_figures(&before.figures, &out.figures);
	ck_assert_uint_eq(out.n_processes, 3);
	sum_up(&sum, 13, 14);
	read_it();
	same_figures(&before.figures, &out.figures);
	ck_assert_uint_eq(out.n_processes, 1);
	ck_assert_uint_eq(out.unreadable, 0);
	ck_assert_uint_eq(out.summed->processes, 4);
	ck_assert_uint_eq(out.summed->workers, 4);
	ck_assert_uint_eq(out.summed->generation, 2);
	/* 10 to 12.5 s, and so on, each a second after the one before. */
	ck_assert(snapshot_session_seconds(&before) == 6.5);
	ck_assert(snapshot_session_seconds(&out) == 6.5);
	ck_assert(snapshot_first_kernel(&out) == snapshot_first_kernel(&before));
}
END_TEST

START_TEST(what_came_last_is_not_counted_twice)
{
	const struct summed_segment last = { 30, 11, 0 };
	struct summed sum;

	put(10);
	put(11);
	sum_up(&sum, 11, 11);
	sum.last = &last;
	sum.n_last = 1;
	ck_assert_int_eq(summed_write(&sum, &arena, directory), 0);
	put(11); /* whoever added it up was killed before it went */
	read_it();
	ck_assert_uint_eq(out.n_processes, 1);
	ck_assert_uint_eq(out.figures.totals.kernels, 2 * 12345);
	ck_assert_uint_eq(out.unreadable, 0);
}
END_TEST

enum { ROUNDS = 300 };

static uint64_t made; /* processes whose segment is there, or in the sum */

static void end_one(pid_t pid)
{
	struct synthetic s = make(pid);
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/%d-30-0.seg", base, (int)pid);
	snprintf(to, sizeof(to), "%s/%d-30-0.seg", folder, (int)pid);
	synthetic_write(&s, base);
	synthetic_free(&s);
	ck_assert_int_eq(rename(from, to), 0);
	__atomic_fetch_add(&made, 1, __ATOMIC_RELEASE);
}

static void add_one(pid_t pid)
{
	struct summed_segment last = { 30, pid, 0 };
	struct arena scratch = { NULL };
	struct process_snapshot one;
	struct summed sum;
	char name[64];

	snprintf(name, sizeof(name), "%d-30-0.seg", (int)pid);
	ck_assert_int_eq(snapshot_read_process(&one, &scratch, directory, name, 1), 0);
	ck_assert_int_eq(summed_read(&sum, &scratch, directory), 0);
	ck_assert_int_eq(summed_add(&sum, &scratch, &one, 1), 0);
	sum.last = &last;
	sum.n_last = 1;
	ck_assert_int_eq(summed_write(&sum, &scratch, directory), 0);
	ck_assert_int_eq(unlinkat(directory, name, 0), 0);
	arena_free(&scratch);
}

static void *end_and_add(void *nothing)
{
	for (pid_t pid = 100; pid < 100 + ROUNDS; pid++) {
		end_one(pid);
		add_one(pid);
	}
	return nothing;
}

START_TEST(what_is_read_meanwhile_has_all)
{
	uint64_t before = 0, until;
	pthread_t thread;

	made = 0;
	ck_assert_int_eq(pthread_create(&thread, NULL, end_and_add, NULL), 0);
	do {
		struct arena scratch = { NULL };

		before = __atomic_load_n(&made, __ATOMIC_ACQUIRE);
		ck_assert_int_eq(snapshot_read_session(&out, &scratch, folder, NULL), 0);
		until = __atomic_load_n(&made, __ATOMIC_ACQUIRE) + 1;
		/* Or it says that it could not read all. */
		if (!out.unreadable)
			ck_assert_msg(out.figures.totals.kernels >= before * 12345 &&
					      out.figures.totals.kernels <= until * 12345,
				"%llu of %llu",
				(unsigned long long)out.figures.totals.kernels / 12345,
				(unsigned long long)before);
		arena_free(&scratch);
	} while (before < ROUNDS);
	pthread_join(thread, NULL);
}
END_TEST

static void cut(off_t size)
{
	int fd = openat(directory, SUMMED_FILE, O_RDWR);

	ck_assert_int_eq(ftruncate(fd, size), 0);
	close(fd);
}

START_TEST(what_is_no_sum_is_said_to_be_unreadable)
{
	const char *const files[] = { "fifo", "link", "short", "empty" };
	struct summed sum;
	struct stat st;

	put(10);
	put(11);
	sum_up(&sum, 11, 11);
	ck_assert_int_eq(fstatat(directory, SUMMED_FILE, &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (i == 0) {
			ck_assert_int_eq(renameat(directory, SUMMED_FILE, directory, "kept"), 0);
			ck_assert_int_eq(mkfifoat(directory, SUMMED_FILE, 0600), 0);
		} else if (i == 1) {
			ck_assert_int_eq(symlinkat("kept", directory, SUMMED_FILE), 0);
		} else {
			ck_assert_int_eq(renameat(directory, "kept", directory, SUMMED_FILE), 0);
			cut(i == 2 ? st.st_size - 1 : 0);
		}
		read_it();
		ck_assert_msg(out.unreadable == 1, "%s", files[i]);
		ck_assert_uint_eq(out.figures.totals.kernels, 12345);
		if (i < 2)
			ck_assert_int_eq(unlinkat(directory, SUMMED_FILE, 0), 0);
		else
			ck_assert_int_eq(renameat(directory, SUMMED_FILE, directory, "kept"), 0);
	}
}
END_TEST

static void damage(char *bytes, size_t size)
{
	static const uint64_t special[] = { 0, 1, 2, 255, INT32_MAX, UINT32_MAX, UINT64_MAX,
		1 << 20 };

	for (unsigned n = (unsigned)(synthetic_random() % 8) + 1; n; n--) {
		size_t width = (size_t)1 << synthetic_random() % 4;
		size_t at = synthetic_random() % (size / width) * width;
		uint64_t value = synthetic_random() % 2 ? synthetic_random()
							: special[synthetic_random() % 8];

		memcpy(bytes + at, &value, width);
	}
}

/* The reader, the verdict and the report come back, whatever the bytes are. */
START_TEST(damage_is_survived)
{
	char *bytes = malloc(1 << 16), *report = malloc(TEXT_REPORT_MAX);
	struct judgement judgement;
	struct summed sum;
	time_t end = time(NULL) + 2;
	ssize_t size;
	int fd;

	synthetic_seed();
	put(10);
	put(11);
	put(12);
	sum_up(&sum, 11, 12);
	fd = openat(directory, SUMMED_FILE, O_RDWR);
	size = pread(fd, bytes, 1 << 16, 0);
	ck_assert_int_gt(size, 1000);
	for (unsigned tries = 0, good = 0; time(NULL) < end || good < 10; tries++) {
		struct arena scratch = { NULL };
		char *damaged = arena_take(&scratch, (size_t)size);

		ck_assert_uint_lt(tries, 10000000);
		memcpy(damaged, bytes, (size_t)size);
		damage(damaged, (size_t)size);
		ck_assert_int_eq(pwrite(fd, damaged, (size_t)size, 0), size);
		ck_assert_int_eq(snapshot_read_session(&out, &scratch, folder, NULL), 0);
		ck_assert_uint_eq(out.n_processes, 1);
		ck_assert(out.summed || out.unreadable || out.other_version);
		good += out.summed != NULL;
		ck_assert_uint_le(out.figures.totals.confirmed, out.figures.totals.kernels);
		verdict_judge(&judgement, &out);
		ck_assert_uint_lt(
			text_report(report, TEXT_REPORT_MAX, &out, &judgement), TEXT_REPORT_MAX);
		arena_free(&scratch);
	}
	close(fd);
	free(bytes);
	free(report);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summed");
	TCase *tcase = tcase_create("sums");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	ADD(tcase, a_sum_says_the_same_as_the_processes);
	ADD(tcase, what_came_last_is_not_counted_twice);
	ADD(tcase, what_is_no_sum_is_said_to_be_unreadable);
	ADD(tcase, what_is_read_meanwhile_has_all);
	ADD(tcase, damage_is_survived);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "segment/paths.h"
#include "synthetic.h"

static struct arena arena;
static struct session_snapshot out;
static char base[64], folder[80];

static void set_up(void)
{
	snprintf(folder, sizeof(folder), "%s/7-8", new_folder(base));
	ck_assert_int_eq(mkdir(folder, 0700), 0);
}

static void tear_down(void)
{
	remove_folder(base);
}

static void put(struct synthetic s)
{
	synthetic_write(&s, folder);
	synthetic_free(&s);
}

static int read_it(void)
{
	errno = 0;
	return snapshot_read_session(&out, &arena, folder, NULL);
}

START_TEST(processes_are_added_up)
{
	struct synthetic second = synthetic_training(20, 30, 0);

	second.header->started_ns--; /* the older one */
	second.header->memory.peak_bytes = 7;
	second.devices[0].memory.peak_bytes = 9ull << 30;
	put(second);
	put(synthetic_training(10, 30, 0));
	ck_assert_int_eq(read_it(), 0);
	ck_assert_str_eq(out.name, "7-8");
	ck_assert_uint_eq(out.n_processes, 2);
	ck_assert_uint_eq(out.unreadable, 0);
	ck_assert_int_eq(out.processes[0].pid, 20);
	ck_assert_uint_eq(out.figures.totals.kernels, 2 * 12345);
	ck_assert_uint_eq(out.figures.totals.confirmed, 2 * 12345);
	ck_assert_uint_eq(out.figures.totals.calls[LAYER_CUDNN], 2 * 4210);
	ck_assert_uint_eq(out.figures.n_functions, 5);
	ck_assert_uint_eq(out.figures.n_kernels, 3);
	ck_assert_uint_eq(out.figures.kernels[0].launches, 8200);
	ck_assert_uint_eq(out.figures.n_libraries, 3);
	ck_assert_uint_eq(out.figures.libraries[0].asked, 2);
	ck_assert_uint_eq(out.figures.n_devices, 1);
	ck_assert_uint_eq(out.figures.devices[0].kernels, 2 * 12345);
	ck_assert_uint_eq(out.figures.devices[0].memory.peak_bytes, 9ull << 30);
	ck_assert_uint_eq(out.figures.devices[0].memory.live_bytes, 2 << 20);
	ck_assert_uint_eq(out.figures.totals.memory.peak_bytes, 3435973837u);
	ck_assert_uint_eq(out.figures.totals.memory.allocations, 76);
}
END_TEST

static struct synthetic running(pid_t pid)
{
	struct synthetic s = synthetic_training(pid, paths_start_ticks(pid), 0);

	s.header->state = STATE_RUNNING;
	return s;
}

static void put_memory(struct synthetic s, uint64_t bytes)
{
	s.header->memory.live_bytes = s.header->memory.peak_bytes = bytes;
	put(s);
}

/* The end of a process frees what it had: there was never more than the higher peak. */
START_TEST(what_processes_had_at_their_end_was_not_there_together)
{
	put_memory(synthetic_training(10, 30, 0), 100);
	put_memory(synthetic_training(20, 30, 0), 70);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.figures.totals.memory.live_bytes, 170);
	ck_assert_uint_eq(out.figures.totals.memory.peak_bytes, 100);
	ck_assert_uint_eq(out.figures.devices[0].memory.peak_bytes, 3435973837u);
	ck_assert(out.figures.totals.peak_at_least);
}
END_TEST

/*
 * When each had its peak is not known: at least the higher one, and at least what is live in all
 * that run.
 */
START_TEST(peaks_of_processes_are_a_minimum)
{
	put_memory(running(getpid()), 100);
	put_memory(running(getppid()), 70);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.figures.totals.memory.live_bytes, 170);
	ck_assert_uint_eq(out.figures.totals.memory.peak_bytes, 170);
	ck_assert(out.figures.totals.peak_at_least);
	ck_assert(out.figures.devices[0].peak_at_least);
	ck_assert(!out.processes[0].figures.totals.peak_at_least);
}
END_TEST

START_TEST(images_are_one_process)
{
	struct synthetic first = synthetic_training(10, 30, 0);
	struct synthetic last = synthetic_training(10, 30, 1);

	first.header->state = STATE_RUNNING; /* left by exec */
	first.header->started_ns -= 1000;
	first.header->forked = 1;
	last.header->exit_status = 3;
	put(first);
	put(last);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.n_processes, 1);
	ck_assert_uint_eq(out.processes[0].images, 2);
	ck_assert_int_eq(out.processes[0].state, PROCESS_EXITED);
	ck_assert_int_eq(out.processes[0].exit_status, 3);
	ck_assert(out.processes[0].forked);
	ck_assert_uint_eq(out.processes[0].started_ns, 1700000000000000000u - 1000);
	ck_assert_uint_eq(out.figures.totals.kernels, 2 * 12345);
	/* exec gave the first image's memory back */
	ck_assert_uint_eq(out.figures.totals.memory.live_bytes, 1 << 20);
	ck_assert_uint_eq(out.figures.devices[0].memory.live_bytes, 1 << 20);
	ck_assert(!out.figures.totals.peak_at_least);
}
END_TEST

START_TEST(a_pid_used_again_is_another_process)
{
	put(synthetic_training(10, 30, 0));
	put(synthetic_training(10, 31, 0));
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.n_processes, 2);
}
END_TEST

START_TEST(devices_are_told_apart_by_uuid)
{
	struct synthetic one = synthetic_new(10, 30, 0), two = synthetic_new(11, 30, 0);
	struct synthetic three = synthetic_new(12, 30, 0);

	/* Each process sees its own device as number 0. */
	synthetic_device(&one, 0, "NVIDIA H200", 1);
	synthetic_context(&one, 0, 5, 0);
	synthetic_device(&two, 0, "NVIDIA H200", 2);
	synthetic_context(&two, 0, 6, 0);
	synthetic_device(&three, 1, "NVIDIA H200", 1);
	synthetic_context(&three, 1, 7, 0);
	put(one);
	put(two);
	put(three);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.figures.n_devices, 2);
	ck_assert_uint_eq(out.figures.devices[0].kernels, 12);
	ck_assert_uint_eq(out.figures.devices[1].kernels, 6);
}
END_TEST

START_TEST(driver_facts_of_who_got_furthest)
{
	struct synthetic idle = synthetic_new(10, 30, 0), failed = synthetic_new(11, 30, 0);
	struct synthetic worked = synthetic_training(12, 30, 0), fault = synthetic_new(13, 30, 0);

	failed.header->init_calls = 1;
	failed.header->init_status = 100;
	failed.header->device_count = 0;
	failed.header->runtime_error = 100;
	fault.header->fault_status = 700;
	fault.header->fault_name = synthetic_string(&fault, "cuCtxSynchronize");
	put(idle);
	put(failed);
	ck_assert_int_eq(read_it(), 0);
	ck_assert(!out.figures.driver.init_ok);
	ck_assert_int_eq(out.figures.driver.init_status, 100);
	ck_assert_int_eq(out.figures.driver.device_count, 0);
	put(worked);
	put(fault);
	ck_assert_int_eq(read_it(), 0);
	ck_assert(out.figures.driver.init_ok);
	ck_assert_int_eq(out.figures.driver.init_status, 0);
	ck_assert_int_eq(out.figures.driver.device_count, 1);
	ck_assert_int_eq(out.figures.driver.runtime_error, 100);
	ck_assert_int_eq(out.figures.driver.fault_status, 700);
	ck_assert_str_eq(out.figures.driver.fault_name, "cuCtxSynchronize");
	ck_assert_str_eq(out.figures.driver.path, "/usr/lib/libcuda.so.1");
}
END_TEST

START_TEST(a_library_that_one_process_found_is_loaded)
{
	struct synthetic one = synthetic_new(10, 30, 0), two = synthetic_new(11, 30, 0);

	synthetic_library(&one, "libcudnn.so.9", false, "not here");
	synthetic_library(&two, "libcudnn.so.9", true, NULL)->version = 91900;
	put(one);
	put(two);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.figures.n_libraries, 1);
	ck_assert(out.figures.libraries[0].loaded);
	ck_assert_uint_eq(out.figures.libraries[0].version, 91900);
	ck_assert_str_eq(out.figures.libraries[0].error, "not here");
}
END_TEST

START_TEST(what_cannot_be_read_is_counted)
{
	char path[128];
	int fd;

	put(synthetic_training(10, 30, 0));
	snprintf(path, sizeof(path), "%s/1-2-3.seg", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	snprintf(path, sizeof(path), "%s/1-2-4.seg", folder);
	ck_assert_int_eq(symlink("10-30-0.seg", path), 0);
	snprintf(path, sizeof(path), "%s/owner", folder); /* no segment, and no matter */
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.n_processes, 1);
	ck_assert_uint_eq(out.unreadable, 2);
	ck_assert_uint_eq(out.figures.totals.kernels, 12345);
}
END_TEST

START_TEST(self_stands_for_its_file)
{
	struct synthetic own = synthetic_training(10, 30, 1);
	struct process_snapshot self;

	put(synthetic_training(10, 30, 0)); /* an image before */
	put(synthetic_training(10, 30, 1)); /* an older state of this one */
	ck_assert_int_eq(snapshot_read(&self, &arena, synthetic_source(&own)), 0);
	self.figures.totals.kernels = 1;
	ck_assert_int_eq(snapshot_read_session(&out, &arena, folder, &self), 0);
	ck_assert_uint_eq(out.n_processes, 1);
	ck_assert_uint_eq(out.figures.totals.kernels, 12346);
	/* Without a folder it stands for itself. */
	ck_assert_int_eq(snapshot_read_session(&out, &arena, "/nonexistent/7-8", &self), 0);
	ck_assert_uint_eq(out.figures.totals.kernels, 1);
	synthetic_free(&own);
}
END_TEST

START_TEST(folders_that_are_none)
{
	char link[128];

	snprintf(link, sizeof(link), "%s/link", base);
	ck_assert_int_eq(symlink(folder, link), 0);
	ck_assert_int_eq(snapshot_read_session(&out, &arena, link, NULL), -1);
	ck_assert_int_eq(snapshot_read_session(&out, &arena, "/nonexistent", NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(snapshot_read_session(&out, &arena, "/proc/self/stat", NULL), -1);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(out.n_processes, 0);
	ck_assert_int_eq(out.figures.driver.device_count, -1);
}
END_TEST

START_TEST(seconds)
{
	struct session_snapshot session = { .taken_ns = 5000000000u };
	struct process_snapshot process = { .started_ns = 1000000000u };

	process.state = PROCESS_RUNNING;
	ck_assert_double_eq(snapshot_seconds(&session, &process), 4.0);
	process.state = PROCESS_ENDED;
	ck_assert_double_lt(snapshot_seconds(&session, &process), 0);
	process.ended_ns = 3000000000u;
	ck_assert_double_eq(snapshot_seconds(&session, &process), 2.0);
	process.ended_ns = 1; /* the clock was set back */
	ck_assert_double_lt(snapshot_seconds(&session, &process), 0);
	process.monotonic = (struct segment_times){ 7000000000u, 9000000000u, 0 };
	ck_assert_double_eq(snapshot_seconds(&session, &process), 2.0);
	session.taken_monotonic_ns = 8000000000u;
	process.monotonic.ended_ns = process.ended_ns = 0;
	process.state = PROCESS_RUNNING;
	ck_assert_double_eq(snapshot_seconds(&session, &process), 1.0);
}
END_TEST

START_TEST(times_of_a_session)
{
	struct process_snapshot processes[] = {
		{ .state = PROCESS_ENDED, .monotonic = { 1000000000u, 0, 0 } },
		{ .state = PROCESS_EXITED, .monotonic = { 2000000000u, 9000000000u, 7000000000u } },
		{ .state = PROCESS_RUNNING, .monotonic = { 3000000000u, 0, 5500000000u } },
	};
	struct session_snapshot session = {
		.processes = processes, .n_processes = 3, .taken_monotonic_ns = 9500000000u
	};

	ck_assert_double_eq(snapshot_session_seconds(&session), 7.5);
	ck_assert_double_eq(snapshot_first_kernel(&session), 4.5);
	/* One after the other, with nothing between; then one that ran while the first did. */
	processes[2].monotonic.started_ns = 9250000000u;
	ck_assert_double_eq(snapshot_session_seconds(&session), 7.25);
	processes[2].monotonic.started_ns = 1500000000u;
	ck_assert_double_eq(snapshot_session_seconds(&session), 8.0);
	session.n_processes = 1;
	ck_assert_double_lt(snapshot_session_seconds(&session), 0);
	ck_assert_double_lt(snapshot_first_kernel(&session), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *tcase = tcase_create("session");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	ADD(tcase, processes_are_added_up);
	ADD(tcase, peaks_of_processes_are_a_minimum);
	ADD(tcase, what_processes_had_at_their_end_was_not_there_together);
	ADD(tcase, images_are_one_process);
	ADD(tcase, a_pid_used_again_is_another_process);
	ADD(tcase, devices_are_told_apart_by_uuid);
	ADD(tcase, driver_facts_of_who_got_furthest);
	ADD(tcase, a_library_that_one_process_found_is_loaded);
	ADD(tcase, what_cannot_be_read_is_counted);
	ADD(tcase, self_stands_for_its_file);
	ADD(tcase, folders_that_are_none);
	ADD(tcase, seconds);
	ADD(tcase, times_of_a_session);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

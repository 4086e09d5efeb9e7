/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "synthetic.h"

static struct arena arena;
static struct process_snapshot out;

static int read_it(struct synthetic *s)
{
	errno = 0;
	return snapshot_read(&out, &arena, synthetic_source(s));
}

START_TEST(a_good_segment)
{
	struct synthetic s = synthetic_training(4242, 99, 0);
	const struct figures *f = &out.figures;

	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_int_eq(out.pid, 4242);
	ck_assert_int_eq(out.state, PROCESS_EXITED);
	ck_assert_int_eq(out.exit_status, 0);
	ck_assert_uint_eq(f->totals.launches, 12000);
	ck_assert_uint_eq(f->totals.captured_launches, 5);
	ck_assert_uint_eq(f->totals.graph_launches, 3);
	ck_assert_uint_eq(f->totals.graph_kernels, 345);
	ck_assert_uint_eq(f->totals.kernels, 12345);
	ck_assert_uint_eq(f->totals.confirmed, 12345);
	ck_assert_uint_eq(f->totals.errors, 2);
	ck_assert_uint_eq(f->totals.calls[LAYER_DRIVER], 12040);
	ck_assert_uint_eq(f->totals.calls[LAYER_CUBLAS], 3300);
	ck_assert_uint_eq(f->totals.copies[0].bytes, 1288490189);
	ck_assert_uint_eq(f->totals.copies[1].calls, 210);
	ck_assert_uint_eq(f->n_devices, 1);
	ck_assert_uint_eq(f->devices[0].kernels, 12345);
	ck_assert_str_eq(f->devices[0].name, "NVIDIA H200");
	ck_assert_uint_eq(f->n_kernels, 3);
	ck_assert_str_eq(f->kernels[0].name, "ampere_sgemm_128x64_nn");
	ck_assert_uint_eq(f->kernels[0].launches, 4100);
	ck_assert_uint_eq(f->n_functions, 5);
	ck_assert_str_eq(f->functions[0].name, "cuLaunchKernel");
	ck_assert_int_eq(f->functions[1].last_error, 2);
	ck_assert_uint_eq(f->n_libraries, 3);
	ck_assert_ptr_null(f->driver.visible);
	synthetic_free(&s);
}
END_TEST

START_TEST(functions_without_calls_are_left_out)
{
	struct synthetic s = synthetic_new(1, 2, 0);
	uint32_t own;

	synthetic_function(&s, LAYER_DRIVER, "libcuda.so.1", "cuInit", 0, 0, 0);
	own = synthetic_function(&s, LAYER_DRIVER, "libcuda.so.1", "cuDeviceGet", 0, 0, 0);
	s.rows[own].own_calls = 3;
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_eq(out.figures.n_functions, 1);
	ck_assert_uint_eq(out.figures.functions[0].own_calls, 3);
	ck_assert_uint_eq(out.figures.totals.calls[LAYER_DRIVER], 0);
	synthetic_free(&s);
}
END_TEST

START_TEST(rows_of_one_name_are_one_function)
{
	struct synthetic s = synthetic_new(1, 2, 0);

	synthetic_function(&s, LAYER_CUDNN, "libcudnn.so.9", "cudnnCreate", 3, 1, 1001);
	synthetic_function(&s, LAYER_CUDNN, "libcudnn.so.8", "cudnnCreate", 5, 0, 0);
	synthetic_function(&s, LAYER_CUDNN, "libcudnn.so.9", "cudnnCreate", 4, 0, 0);
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_eq(out.figures.n_functions, 2);
	ck_assert_str_eq(out.figures.functions[0].library, "libcudnn.so.8");
	ck_assert_uint_eq(out.figures.functions[1].calls, 7);
	ck_assert_int_eq(out.figures.functions[1].last_error, 1001);
	synthetic_free(&s);
}
END_TEST

START_TEST(confirmed_is_never_more_than_launched)
{
	struct synthetic s = synthetic_new(1, 2, 0);
	uint32_t row = synthetic_context(&s, 0, 10, 99);

	s.rows[row].abandoned = 5;
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_eq(out.figures.totals.confirmed, 10);
	ck_assert_uint_eq(out.figures.totals.abandoned, 0);
	synthetic_free(&s);
}
END_TEST

START_TEST(an_empty_variable_is_not_an_unset_one)
{
	struct synthetic s = synthetic_new(1, 2, 0);

	s.header->visible_set = 1;
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_str_eq(out.figures.driver.visible, "");
	s.header->visible_set = 0;
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_ptr_null(out.figures.driver.visible);
	synthetic_free(&s);
}
END_TEST

START_TEST(other_versions_and_layouts_are_refused)
{
	struct synthetic s = synthetic_training(1, 2, 0);
	struct segment_header good = *s.header;
	static const size_t fields[] = {
		offsetof(struct segment_header, magic),
		offsetof(struct segment_header, version),
		offsetof(struct segment_header, header_size),
		offsetof(struct segment_header, device_size),
		offsetof(struct segment_header, library_size),
		offsetof(struct segment_header, row_size),
		offsetof(struct segment_header, slot_size),
		offsetof(struct segment_header, devices_offset),
		offsetof(struct segment_header, libraries_offset),
		offsetof(struct segment_header, rows_offset),
		offsetof(struct segment_header, strings_offset),
		offsetof(struct segment_header, blocks_offset),
		offsetof(struct segment_header, block_stride),
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		*s.header = good;
		s.bytes[fields[i]] ^= 1;
		ck_assert_int_eq(read_it(&s), -1);
		ck_assert_int_eq(errno,
			fields[i] == offsetof(struct segment_header, version) ? EPROTO : EINVAL);
	}
	*s.header = good;
	s.header->pid = 0;
	ck_assert_int_eq(read_it(&s), -1);
	*s.header = good;
	ck_assert_int_eq(read_it(&s), 0);
	synthetic_free(&s);
}
END_TEST

START_TEST(wild_counts_are_clamped)
{
	struct synthetic s = synthetic_training(1, 2, 0);

	s.header->devices = s.header->libraries = s.header->rows = s.header->strings_size =
		s.header->blocks = s.header->block_slots = UINT32_MAX;
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_eq(out.figures.totals.kernels, 12345);
	ck_assert_uint_eq(out.figures.n_devices, 1);
	synthetic_free(&s);
}
END_TEST

START_TEST(wild_rows_do_no_harm)
{
	struct synthetic s = synthetic_new(1, 2, 0);
	struct segment_row row = { .kind = 255, .layer = 255, .device = 999 };
	uint32_t string;

	synthetic_row(&s, row, 1, 1);
	row.kind = ROW_FUNCTION;
	synthetic_row(&s, row, 1, 1); /* no such layer */
	row.layer = LAYER_DRIVER;
	row.name = UINT32_MAX;
	row.library = SEGMENT_STRINGS_SIZE - 1;
	synthetic_row(&s, row, 2, 1);
	row.kind = ROW_LAUNCHES;
	synthetic_row(&s, row, 3, 0);
	row.kind = ROW_KERNEL;
	row.device = -32768;
	synthetic_row(&s, row, 4, 0);
	/* A string without an end, and one in the last byte. */
	string = s.header->strings_size;
	memset(s.strings + string, 'x', 5000);
	s.header->strings_size += 5000;
	row.name = string;
	synthetic_row(&s, row, 5, 0);
	row.name = s.header->strings_size - 1;
	synthetic_row(&s, row, 6, 0);
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_eq(out.figures.n_functions, 1);
	ck_assert_str_eq(out.figures.functions[0].name, "?");
	ck_assert_str_eq(out.figures.functions[0].library, "?");
	ck_assert_uint_eq(out.figures.totals.calls[LAYER_DRIVER], 2);
	ck_assert_uint_eq(out.figures.totals.kernels, 3);
	ck_assert_uint_eq(out.figures.n_devices, 0);
	ck_assert_uint_eq(out.figures.n_kernels, 1);
	ck_assert_str_eq(out.figures.kernels[0].name, "?");
	ck_assert_int_eq(out.figures.kernels[0].device, -1);
	ck_assert_uint_eq(out.figures.kernels[0].launches, 15);
	synthetic_free(&s);
}
END_TEST

START_TEST(device_names_need_no_end)
{
	struct synthetic s = synthetic_new(1, 2, 0);
	struct segment_device *device = synthetic_device(&s, 31, "x", 0);

	memset(device->name, 'y', sizeof(device->name));
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_eq(out.figures.n_devices, 1);
	ck_assert_int_eq(out.figures.devices[0].ordinal, 31);
	ck_assert_uint_eq(strlen(out.figures.devices[0].name), sizeof(device->name) - 1);
	ck_assert_ptr_null(out.figures.devices[0].uuid);
	synthetic_free(&s);
}
END_TEST

START_TEST(parts_that_are_cut_off)
{
	struct synthetic s = synthetic_training(1, 2, 0);
	size_t whole = s.size;

	s.size = SEGMENT_BLOCKS_OFFSET + SEGMENT_BLOCK_STRIDE; /* one block is there */
	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_uint_gt(out.figures.totals.launches, 0);
	ck_assert_uint_lt(out.figures.totals.launches, 12000);
	s.size = 100;
	ck_assert_int_eq(read_it(&s), -1);
	ck_assert_int_eq(errno, EIO);
	s.size = whole;
	synthetic_free(&s);
}
END_TEST

START_TEST(running_and_gone)
{
	struct synthetic s = synthetic_new(getpid(), 1, 0);

	ck_assert_int_eq(read_it(&s), 0);
	ck_assert_int_eq(out.state, PROCESS_ENDED); /* our pid, another's start */
	synthetic_free(&s);
}
END_TEST

static int read_named(const char *folder, const char *name)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY), status;

	errno = 0;
	status = snapshot_read_file(&out, &arena, directory, name);
	close(directory);
	return status;
}

START_TEST(files)
{
	struct synthetic s = synthetic_training(7, 8, 0);
	char folder[64], path[128], other[128];

	new_folder(folder);
	synthetic_write(&s, folder);
	ck_assert_int_eq(read_named(folder, "7-8-0.seg"), 0);
	ck_assert_uint_eq(out.figures.totals.kernels, 12345);
	ck_assert_int_eq(read_named(folder, "7-8-1.seg"), -1);
	ck_assert_int_eq(errno, ENOENT);
	snprintf(path, sizeof(path), "%s/7-8-0.seg", folder);

	snprintf(other, sizeof(other), "%s/7-8-1.seg", folder);
	ck_assert_int_eq(symlink(path, other), 0);
	ck_assert_int_eq(read_named(folder, "7-8-1.seg"), -1);
	ck_assert_int_eq(errno, ELOOP);
	unlink(other);

	ck_assert_int_eq(mkfifo(other, 0600), 0); /* must not wait for a writer */
	ck_assert_int_eq(read_named(folder, "7-8-1.seg"), -1);
	ck_assert_int_eq(errno, EINVAL);
	unlink(other);

	ck_assert_int_eq(rename(path, other), 0); /* not what its name says */
	ck_assert_int_eq(read_named(folder, "7-8-1.seg"), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(rename(other, path), 0);

	ck_assert_int_eq(truncate(path, SEGMENT_BLOCKS_OFFSET - 1), 0);
	ck_assert_int_eq(read_named(folder, "7-8-0.seg"), -1);
	ck_assert_int_eq(truncate(path, 1ll << 40), 0);
	ck_assert_int_eq(read_named(folder, "7-8-0.seg"), -1);
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(read_named(folder, "7-8-0.seg"), -1);
	remove_folder(folder);
	synthetic_free(&s);
}
END_TEST

/* Only root can make a file that is somebody else's. */
START_TEST(a_file_of_somebody_else)
{
	struct synthetic s = synthetic_training(7, 8, 0);
	char folder[64], path[128];

	new_folder(folder);
	synthetic_write(&s, folder);
	snprintf(path, sizeof(path), "%s/7-8-0.seg", folder);
	ck_assert_int_eq(chmod(path, 0644), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(folder, 0755), 0);
		ck_assert_int_eq(read_named(folder, "7-8-0.seg"), 0);
		ck_assert_int_eq(seteuid(65534), 0);
		ck_assert_int_eq(read_named(folder, "7-8-0.seg"), -1);
		ck_assert_int_eq(errno, EPERM);
		ck_assert_int_eq(seteuid(0), 0);
	}
	remove_folder(folder);
	synthetic_free(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reader");
	TCase *tcase = tcase_create("reader");

	ADD(tcase, a_good_segment);
	ADD(tcase, functions_without_calls_are_left_out);
	ADD(tcase, rows_of_one_name_are_one_function);
	ADD(tcase, confirmed_is_never_more_than_launched);
	ADD(tcase, an_empty_variable_is_not_an_unset_one);
	ADD(tcase, other_versions_and_layouts_are_refused);
	ADD(tcase, wild_counts_are_clamped);
	ADD(tcase, wild_rows_do_no_harm);
	ADD(tcase, device_names_need_no_end);
	ADD(tcase, parts_that_are_cut_off);
	ADD(tcase, running_and_gone);
	ADD(tcase, files);
	ADD(tcase, a_file_of_somebody_else);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

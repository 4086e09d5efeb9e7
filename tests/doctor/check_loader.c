/* SPDX-License-Identifier: MIT */
/* What is told from files: ld.so.cache, libraries on disk, device files, frameworks. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "ground/path.h"
#include "loader/file.h"
#include "loader/frameworks.h"
#include "loader/nearby.h"
#include "loader/search.h"
#include "loader/symbols.h"
#include "session/access.h"
#include "segment/layout.h"

static char root[64];

static void make_root(void)
{
	snprintf(root, sizeof(root), "/tmp/gpuspy-loader-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* Makes ROOT/PATH with its folders; the text NULL: a folder. */
static void make(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(full, 0755);
		*slash = '/';
	}
	if (!text) {
		ck_assert_int_eq(mkdir(full, 0755), 0);
		return;
	}
	file = fopen(full, "we");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(nothing_there)
{
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN);
}
END_TEST

START_TEST(container_without_files)
{
	make("/proc/driver/nvidia/version", "NVRM version: 550\n");
	make("/.dockerenv", "");
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN | ACCESS_DRIVER | ACCESS_CONTAINER);
}
END_TEST

START_TEST(all_there)
{
	make("/proc/driver/nvidia/version", "NVRM version: 550\n");
	make("/dev/nvidiactl", "");
	make("/dev/nvidia-uvm", "");
	ck_assert_uint_eq(access_look(root),
		ACCESS_KNOWN | ACCESS_DRIVER | ACCESS_CONTROL | ACCESS_CONTROL_OPENS);
	make("/dev/nvidia3", "");
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN | ACCESS_DRIVER | ACCESS_CONTROL |
						     ACCESS_CONTROL_OPENS | ACCESS_DEVICE |
						     ACCESS_DEVICE_OPENS);
}
END_TEST

/* A folder does not open for writing, not even for root. */
START_TEST(files_that_do_not_open)
{
	make("/dev/nvidiactl", NULL);
	make("/dev/nvidia0", NULL);
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN | ACCESS_CONTROL | ACCESS_DEVICE);
}
END_TEST

START_TEST(mig)
{
	make("/proc/driver/nvidia/capabilities/gpu0/mig", NULL);
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN | ACCESS_MIG_EMPTY);
	make("/proc/driver/nvidia/capabilities/gpu1/x", "");
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN);
	make("/proc/driver/nvidia/capabilities/gpu1/mig/gi5/access", "");
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN);
}
END_TEST

START_TEST(wsl)
{
	make("/dev/dxg", "");
	ck_assert_uint_eq(access_look(root), ACCESS_KNOWN | ACCESS_OTHER);
}
END_TEST

static const char *fake(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAKES"), name);
	return path;
}

static bool needs(const struct loader_file *file, const char *name)
{
	for (unsigned i = 0; i < file->n_needed; i++)
		if (!strcmp(file->needed[i], name))
			return true;
	return false;
}

START_TEST(libraries_on_disk)
{
	static struct loader_file file;

	ck_assert_int_eq(loader_file_read(&file, fake("libneeds-cudnn.so")), 0);
	ck_assert_str_eq(file.soname, "libneeds-cudnn.so");
	ck_assert(needs(&file, "libcudnn.so.8"));
	ck_assert_int_eq(loader_file_read(&file, fake("libneeds-part.so")), 0);
	ck_assert(needs(&file, "libneeds-cudnn.so"));
	ck_assert(!needs(&file, "libcudnn.so.8"));
	ck_assert_ptr_nonnull(strstr(file.runpath, "$ORIGIN"));
	ck_assert_int_eq(loader_file_read(&file, "/etc/passwd"), -1);
	ck_assert_int_eq(loader_file_read(&file, "/nonexistent"), -1);
	ck_assert_int_eq(loader_file_read(&file, "/tmp"), -1);
}
END_TEST

struct wanted {
	const char *name;
	bool found;
};

static bool is_wanted(const char *name, const char *version, void *data)
{
	struct wanted *wanted = data;

	(void)version;
	wanted->found |= !strcmp(name, wanted->name);
	return true;
}

/* Cut short at every length, and with every byte of its head changed: no crash. */
START_TEST(broken_libraries)
{
	struct wanted wanted = { "x", false };
	struct loader_symbols symbols;
	static struct loader_file file;
	static char bytes[8192];
	char path[128];
	size_t size;
	FILE *from = fopen(fake("libneeds-cudnn.so"), "re");

	ck_assert_ptr_nonnull(from);
	size = fread(bytes, 1, sizeof(bytes), from);
	fclose(from);
	snprintf(path, sizeof(path), "%s/broken", root);
	for (size_t i = 0; i < size; i += i < 512 ? 1 : 97) {
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		char kept = bytes[i];

		bytes[i] = (char)0xff;
		ck_assert_int_eq(write(fd, bytes, i % 3 ? size : i), (ssize_t)(i % 3 ? size : i));
		bytes[i] = kept;
		close(fd);
		loader_file_read(&file, path);
		loader_file_has_gpu_code(path);
		loader_symbols_open(&symbols, path);
		loader_symbols_wanted(&symbols, is_wanted, &wanted);
		loader_versions_wanted(&symbols, is_wanted, &wanted);
		loader_symbols_define(&symbols, "needs_cudnn", "V");
		loader_symbols_close(&symbols);
	}
}
END_TEST

START_TEST(gpu_code)
{
	ck_assert_int_eq(loader_file_has_gpu_code(fake("libwith-gpu-code.so")), 1);
	ck_assert_int_eq(loader_file_has_gpu_code(fake("libwithout-gpu-code.so")), 0);
	ck_assert_int_eq(loader_file_has_gpu_code("/etc/passwd"), -1);
}
END_TEST

static void link_to(const char *path, const char *name)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	ck_assert_int_eq(symlink(fake(name), full), 0);
}

static enum segment_build build(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return framework_build(full);
}

START_TEST(frameworks)
{
	ck_assert_str_eq(framework_name("/a/libtorch_cpu.so"), "torch");
	ck_assert_str_eq(framework_name("libtensorflow_framework.so.2"), "TensorFlow");
	ck_assert_ptr_null(framework_name("/a/libtorch_cpu_helper.so"));
	ck_assert_ptr_null(framework_name("/a/libc.so.6"));
	make("/torch/libtorch_cpu.so", "");
	ck_assert_int_eq(build("/torch/libtorch_cpu.so"), BUILD_CPU);
	make("/torch/libtorch_cuda.so", "");
	ck_assert_int_eq(build("/torch/libtorch_cpu.so"), BUILD_GPU);
	make("/tf/libtensorflow_framework.so.2", "");
	ck_assert_int_eq(build("/tf/libtensorflow_framework.so.2"), BUILD_UNKNOWN);
	link_to("/tf/libtensorflow_cc.so.2", "libwith-gpu-code.so");
	ck_assert_int_eq(build("/tf/libtensorflow_framework.so.2"), BUILD_GPU);
	make("/jaxlib/_jax.so", "");
	ck_assert_int_eq(build("/jaxlib/_jax.so"), BUILD_CPU);
	make("/jax_plugins/xla_cuda12/x", "");
	ck_assert_int_eq(build("/jaxlib/_jax.so"), BUILD_GPU);
}
END_TEST

/* This machine's own: ldconfig -p is the other reader of it. */
START_TEST(this_cache)
{
	struct loader_cache cache;
	const char *name, *path;
	bool libc = false;

	loader_cache_open(&cache, "/etc/ld.so.cache");
	for (unsigned i = 0; i < cache.count; i++) {
		ck_assert(loader_cache_entry(&cache, i, &name, &path));
		ck_assert_int_eq(*path, '/');
		libc |= !strcmp(name, "libc.so.6");
	}
	ck_assert(libc || !cache.map);
	loader_cache_close(&cache);
}
END_TEST

START_TEST(broken_caches)
{
	static const char head[] = "glibc-ld.so.cache1.1\377\377\377\377";
	struct loader_cache cache;
	char path[128];

	make("/empty", "");
	make("/text", "glibc-ld.so.cache1.1");
	make("/count", head);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", root,
			i == 0   ? "empty"
			: i == 1 ? "text"
				 : "count");
		loader_cache_open(&cache, path);
		ck_assert_uint_eq(cache.count, 0);
		loader_cache_close(&cache);
	}
}
END_TEST

static bool collect(const char *path, enum loader_way way, void *data)
{
	(void)way;
	strcat(data, path_file(path));
	strcat(data, " ");
	return true;
}

START_TEST(searching)
{
	static struct loader_search search;
	struct loader_asker asker = { .runpath = "/nowhere:$ORIGIN/deep:${ORIGIN}" };
	char folder[128], own[128], all[1024] = "";

	make("/usr/lib/libcudnn.so.9", "");
	make("/usr/lib/libcudnn_ops.so.9", "");
	make("/mine/libcudnn.so.8", "");
	make("/own/deep/libthing.so", "");
	snprintf(folder, sizeof(folder), "%s/mine", root);
	snprintf(own, sizeof(own), "%s/own/x.so", root);
	loader_search_begin(&search, root, folder);
	ck_assert_int_eq(loader_search_find(&search, NULL, "libcudnn.so.8"), WAY_VARIABLE);
	ck_assert_int_eq(loader_search_find(&search, NULL, "libcudnn.so.9"), WAY_DEFAULT);
	ck_assert_int_eq(loader_search_find(&search, NULL, "libthing.so"), WAY_NONE);
	asker.path = own;
	ck_assert_int_eq(loader_search_find(&search, &asker, "libthing.so"), WAY_RUNPATH);
	ck_assert_ptr_nonnull(strstr(search.path, "/own/deep/libthing.so"));
	loader_search_versions(&search, NULL, "libcudnn", collect, all);
	ck_assert_str_eq(all, "libcudnn.so.8 libcudnn.so.9 ");
	loader_search_end(&search);
}
END_TEST

/* ld.so(8): an RPATH comes before LD_LIBRARY_PATH, and counts for what is brought too, unless there
   is a RUNPATH; that comes after, and counts for its owner alone. */
START_TEST(order_of_search)
{
	static struct loader_search search;
	char rpath[128], runpath[128], variable[128];
	struct loader_asker program = { .path = "/x/program" };
	struct loader_asker asker = { .path = "/x/lib.so", .by = &program };

	make("/rpath/lib1.so", "");
	make("/runpath/lib1.so", "");
	make("/variable/lib1.so", "");
	snprintf(rpath, sizeof(rpath), "%s/rpath", root);
	snprintf(runpath, sizeof(runpath), "%s/runpath", root);
	snprintf(variable, sizeof(variable), "%s/variable", root);
	loader_search_begin(&search, root, variable);
	program.rpath = rpath;
	ck_assert_int_eq(loader_search_find(&search, &asker, "lib1.so"), WAY_RPATH);
	asker.runpath = runpath;
	ck_assert_int_eq(loader_search_find(&search, &asker, "lib1.so"), WAY_VARIABLE);
	search.library_path = NULL;
	ck_assert_int_eq(loader_search_find(&search, &asker, "lib1.so"), WAY_RUNPATH);
	asker.runpath = NULL;
	program.runpath = runpath; /* its RPATH counts no more */
	ck_assert_int_eq(loader_search_find(&search, &asker, "lib1.so"), WAY_NONE);
	loader_search_end(&search);
}
END_TEST

START_TEST(nearby)
{
	static struct loader_nearby near;
	char asker[256];

	unsetenv("CUDA_HOME");
	unsetenv("CUDA_PATH");
	unsetenv("CUDNN_HOME");
	make("/venv/lib/python3.11/site-packages/nvidia/cudnn/lib/libcudnn.so.9", "");
	make("/venv/lib/python3.11/site-packages/tensorrt_libs/libnvinfer.so.10", "");
	make("/venv/pyvenv.cfg", "");
	make("/R/x86_64-library/4.4/torch/DESCRIPTION", "");
	make("/R/x86_64-library/4.4/cuda12.8/lib/libcublas.so.12", "");
	make("/usr/local/cuda-12.4/lib64/libcufft.so.11", "");
	near.root = root;
	near.asker = asker;
	snprintf(asker, sizeof(asker), "%s/venv/lib/python3.11/site-packages/tf/x.so", root);
	ck_assert(loader_nearby(&near, "libcudnn.so.9"));
	ck_assert_ptr_nonnull(strstr(near.path, "/nvidia/cudnn/lib/libcudnn.so.9"));
	ck_assert(!loader_nearby(&near, "libcudnn.so.8"));
	ck_assert(loader_nearby_version(&near, "libcudnn.so.8"));
	ck_assert(!loader_nearby(&near, "libcublas.so.12"));
	ck_assert(loader_nearby(&near, "libcufft.so.11"));
	snprintf(asker, sizeof(asker), "%s/venv/bin/python", root);
	ck_assert(loader_nearby(&near, "libcudnn.so.9"));
	ck_assert(loader_nearby(&near, "libnvinfer.so.10"));
	snprintf(asker, sizeof(asker), "%s/R/x86_64-library/4.4/torch/lib/libtorch.so", root);
	ck_assert(loader_nearby(&near, "libcublas.so.12"));
	ck_assert(!loader_nearby(&near, "libcudnn.so.9"));
	near.asker = NULL;
	ck_assert(!loader_nearby(&near, "libcudnn.so.9"));
}
END_TEST

/* What libneeds-cudnn.so wants of others and offers, as `nm -D` says. */
START_TEST(symbols)
{
	static struct loader_symbols of;
	struct wanted wanted = { "cudnnCreate", false };

	loader_symbols_open(&of, fake("libneeds-cudnn.so"));
	ck_assert_ptr_nonnull(of.map);
	ck_assert(loader_symbols_define(&of, "needs_cudnn", NULL));
	ck_assert(!loader_symbols_define(&of, "cudnnCreate", NULL));
	ck_assert(!loader_symbols_define(&of, "", NULL));
	loader_symbols_wanted(&of, is_wanted, &wanted);
	ck_assert(wanted.found);
	loader_symbols_close(&of);
	loader_symbols_open(&of, "/nonexistent");
	ck_assert_ptr_null(of.map);
	ck_assert(!loader_symbols_define(&of, "x", NULL));
	loader_symbols_close(&of);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loader");
	TCase *tcase = tcase_create("loader");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, make_root, remove_root);
	ADD(tcase, nothing_there);
	ADD(tcase, container_without_files);
	ADD(tcase, all_there);
	ADD(tcase, files_that_do_not_open);
	ADD(tcase, mig);
	ADD(tcase, wsl);
	ADD(tcase, libraries_on_disk);
	ADD(tcase, broken_libraries);
	ADD(tcase, gpu_code);
	ADD(tcase, frameworks);
	ADD(tcase, this_cache);
	ADD(tcase, broken_caches);
	ADD(tcase, searching);
	ADD(tcase, order_of_search);
	ADD(tcase, nearby);
	ADD(tcase, symbols);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

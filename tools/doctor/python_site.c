/* SPDX-License-Identifier: MIT */
/*
 * The frameworks in one site-packages: their builds, and whether their own loader finds what they
 * need, by their RUNPATH and the variables.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "ground/path.h"
#include "lack.h"
#include "loader/frameworks.h"
#include "loader/symbols.h"
#include "loader/why.h"
#include "report/missing.h"
#include "report/sentences.h"

static const struct package {
	const char *pattern;  /* of its library, in site-packages */
	const char *asks;     /* the library that loads NVIDIA's, in site-packages; NULL: none */
	const char *metadata; /* of PyPI's package that names cuDNN's version; NULL: none */
	bool linked;          /* it needs NVIDIA's libraries, rather than to open them later */
	bool opens_wheels;    /* its Python part opens the wheels' libraries first */
	bool opens;           /* all that its wheel requires, by name, at its start */
	const char *release;  /* an entry in site-packages that tells its CUDA: "...cuda12..." */
	const char *runs_on;  /* the stem of what it opens in that version first; NULL: none */
	const char *shim; /* a libcudnn that it brings, and that opens cuDNN's parts; NULL: none */
} packages[] = {
	{ "tensorflow/libtensorflow_framework.so.2", "tensorflow/libtensorflow_cc.so.2",
		"tensorflow", false, false, true },
	{ "torch/lib/libtorch_cpu.so", "torch/lib/libtorch_cuda.so", NULL, true, true },
	{ "jaxlib/libjax_common.so", "jaxlib/libjax_common.so", "jax_cuda1[23]_plugin", false, true,
		false, "jax_plugins/xla_cuda[0-9]*", "libcudart" },
	{ "jaxlib/_jax.so", "jaxlib/_jax.so", "jax_cuda1[23]_plugin", false, true, false,
		"jax_plugins/xla_cuda[0-9]*", "libcudart" },
	{ "jaxlib/xla_extension.so", "jaxlib/xla_extension.so", "jax_cuda1[23]_plugin", false, true,
		false, "jax_plugins/xla_cuda[0-9]*", "libcudart" },
	{ "cupy/_core/core*.so", NULL, NULL, false, true, false, "cupy_cuda[0-9]*.dist-info",
		"libnvrtc" },
	{ "xgboost/lib/libxgboost.so", NULL, NULL, false, false },
	{ "onnxruntime/capi/onnxruntime_pybind11_state*.so",
		"onnxruntime/capi/libonnxruntime_providers_cuda.so", NULL, true, false },
	{ "lightgbm/lib/lib_lightgbm.so", NULL, NULL, false, false },
	{ "ctranslate2.libs/libctranslate2*.so*", NULL, NULL, false, false, false, NULL, NULL,
		"ctranslate2.libs/libcudnn-*.so*" },
	{ "catboost/_catboost*.so", NULL, NULL, false, false },
	{ "_catboost*.so", NULL, NULL, false, false },
	{ "thinc/backends/numpy_ops*.so", NULL, NULL, false, false },
	{ "llama_cpp/lib/libggml-base.so", NULL, NULL, false, false },
	{ "*.libs/libggml-base*.so*", NULL, NULL, false, false },
	{ "paddle/base/libpaddle.so", NULL, NULL, false, false },
	{ "dgl/libdgl.so", NULL, NULL, false, false },
	{ "faiss/libfaiss.so", NULL, NULL, false, false },
	{ "faiss*.libs/libfaiss-*.so", "faiss/_swigfaiss.so", NULL, true, false },
	{ "gpt4all/llmodel_DO_NOT_MODIFY/build/libllmodel.so",
		"gpt4all/llmodel_DO_NOT_MODIFY/build/libllamamodel-mainline-cuda.so", NULL, true,
		true },
	{ "_dlib_pybind11*.so", NULL, NULL, false, false },
	{ "cv2/cv2*.so", NULL, NULL, false, false },
};

/* The first match, "" for none. */
static bool first_match(const char *site, const char *pattern, char path[PATH_MAX])
{
	glob_t found;

	snprintf(path, PATH_MAX, "%s/%s", site, pattern);
	if (glob(path, 0, NULL, &found)) {
		*path = 0;
		return false;
	}
	snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
	globfree(&found);
	return true;
}

/* What a framework opens by name at its start, and the wheels that bring it. */
static const struct part {
	const char *wheel, *library;
} parts[] = { { "cuda-runtime", "libcudart" }, { "cublas", "libcublas" }, { "cudnn", "libcudnn" },
	{ "cufft", "libcufft" }, { "cusolver", "libcusolver" }, { "cusparse", "libcusparse" } };

enum { PARTS = sizeof(parts) / sizeof(*parts), PART_CUDNN = 2 };

/* Of "Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0; ...": 12, and 9 for that part; 0: nothing. */
struct wanted {
	int cuda, major[PARTS];
};

static void read_requirement(struct wanted *wanted, const char *line)
{
	const char *name = strstr(line, "nvidia-"), *least;

	for (size_t i = 0; name && i < PARTS; i++) {
		const char *rest = after_start(name + strlen("nvidia-"), parts[i].wheel);

		if (!rest || strcspn(rest, "-<>=~;( ") != 0)
			continue;
		if (after_start(rest, "-cu"))
			wanted->cuda = atoi(rest + strlen("-cu"));
		least = strstr(rest, ">=");
		if (!least)
			least = strstr(rest, "==");
		wanted->major[i] = least ? atoi(least + 2) : 0;
	}
}

static bool find_metadata(const char *site, const struct package *package, char path[PATH_MAX])
{
	char pattern[128];

	if (!package->metadata)
		return false;
	snprintf(pattern, sizeof(pattern), "%s-*.dist-info/METADATA", package->metadata);
	return first_match(site, pattern, path);
}

static struct wanted read_wanted(const char *site, const struct package *package)
{
	char path[PATH_MAX], line[512];
	struct wanted wanted = { 0 };
	FILE *file = find_metadata(site, package, path) ? fopen(path, "re") : NULL;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "Requires-Dist:", 14))
			read_requirement(&wanted, line);
	if (file)
		fclose(file);
	return wanted;
}

/* cuDNN, which is opened by name: in the version wanted, or else in any that is there. */
static void look_for_cudnn(struct doctor *doctor, const char *site, const struct package *package,
	const char *asker, struct lack *lack)
{
	const int major = read_wanted(site, package).major[PART_CUDNN];
	char path[PATH_MAX], name[256];

	memset(lack, 0, sizeof(*lack));
	if (major)
		snprintf(name, sizeof(name), "libcudnn.so.%d", major);
	else if (first_match(site, "nvidia/cudnn/lib/libcudnn.so.*", path))
		snprintf(name, sizeof(name), "%s", path_file(path));
	else if (!library_found(doctor, "libcudnn", name))
		snprintf(name, sizeof(name), "libcudnn.so.9");
	lack_of(doctor, name, asker, lack);
}

/* The CUDA that a framework is built for, by the name of what it is installed with; 0: unknown. */
static int release_of(const char *site, const struct package *package)
{
	char path[PATH_MAX];
	const char *cuda;

	if (!package->release || !first_match(site, package->release, path))
		return 0;
	cuda = strstr(path_file(path), "cuda");
	return cuda ? atoi(cuda + strlen("cuda")) : 0;
}

/* The runtime of JAX's plugin, the compiler of CuPy: in the version that it is built for. */
static bool look_for_release(struct doctor *doctor, const char *site, const struct package *package,
	const char *asker, struct lack *lack)
{
	const int release = release_of(site, package);
	char name[64];

	if (!release)
		return false;
	snprintf(name, sizeof(name), "%s.so.%d", package->runs_on, release);
	lack_of(doctor, name, asker, lack);
	return lack->missing && !(!lack->broken && *lack->path && strstr(lack->path, "/nvidia/"));
}

/* What is to be done is as in the report of a run. */
static void add_broken(struct doctor *doctor, const char *told, const struct framework *framework,
	const struct lack *lack)
{
	struct library_figures library = {
		.name = lack->name, .path = lack->path, .error = lack->words, .asked = 1
	};
	const struct session_snapshot session = { .name = "doctor",
		.figures = { .libraries = &library, .n_libraries = 1 } };
	char fix[PATH_MAX];
	struct text text = text_in(fix, sizeof(fix));

	advise_library(&text, &session);
	doctor_add(doctor, LEVEL_PROBLEM, "python", fix,
		"%s: GPU build, but %s is there and cannot be loaded (%s): %s", framework->name,
		lack->name, told, doctor_shown(doctor, lack->words));
	doctor_reason(doctor, "library-missing");
}

static void add_lack(struct doctor *doctor, const char *told, const struct framework *framework,
	const struct lack *lack)
{
	const char *path = doctor_shown(doctor, lack->path);
	char fix[PATH_MAX + 64] = "";

	if (lack->broken) {
		add_broken(doctor, told, framework, lack);
		return;
	}
	if (!*lack->path) {
		snprintf(fix, sizeof(fix), "%s",
			framework->wheels ? framework->wheels
					  : "pip install NVIDIA's wheel that has it");
		doctor_add(doctor, LEVEL_PROBLEM, "python", fix,
			"%s: GPU build, but there is no %s for it: %s (%s)", framework->name,
			strstr(lack->name, "cudnn") ? "cuDNN" : lack->name,
			doctor_shown(doctor, lack->words), told);
		doctor_reason(doctor, "library-missing");
		return;
	}
	snprintf(fix, sizeof(fix), "LD_LIBRARY_PATH=%.*s:$LD_LIBRARY_PATH",
		(int)(path_file(path) - path - 1), path);
	doctor_add(doctor, LEVEL_PROBLEM, "python", fix,
		"%s: GPU build, but it does not look where %s lies: %s (%s)", framework->name,
		lack->name, path, told);
	doctor_reason(doctor, "library-missing");
}

/*
 * What TensorFlow opens by name, each in the version that its wheel wants. Who opens it, and by
 * whose RUNPATH the loader so looks, has been one of its two libraries and the other: 2.21 has
 * cuSOLVER's folder in the RUNPATH of the wrong one.
 */
static bool check_opened(struct doctor *doctor, const char *site, const struct package *package,
	const struct framework *framework, const char *told)
{
	static const char opens[] = "_ZN3tsl8internal9DsoLoader20GetCusolverDsoHandleEv";
	const struct wanted wanted = read_wanted(site, package);
	struct loader_symbols symbols;
	char asker[PATH_MAX], name[64];
	struct lack lack;
	bool all = true;

	if (!first_match(site, package->pattern, asker))
		return true;
	loader_symbols_open(&symbols, asker);
	if (!loader_symbols_define(&symbols, opens, NULL))
		first_match(site, package->asks, asker);
	loader_symbols_close(&symbols);
	for (size_t i = 0; i < PARTS; i++) {
		if (!wanted.major[i] || i == PART_CUDNN)
			continue;
		snprintf(name, sizeof(name), "%s.so.%d", parts[i].library, wanted.major[i]);
		lack_of(doctor, name, asker, &lack);
		if (lack.missing)
			add_lack(doctor, told, framework, &lack);
		all &= !lack.missing;
	}
	look_for_cudnn(doctor, site, package, asker, &lack);
	if (lack.missing)
		add_lack(doctor, told, framework, &lack);
	return all && !lack.missing;
}

/* A framework that opens the wheels' libraries finds those. */
static bool lacks_library(struct doctor *doctor, const char *site, const struct package *package,
	const char *asker, struct lack *lack)
{
	if (package->linked)
		lack_of(doctor, asker, NULL, lack);
	else
		look_for_cudnn(doctor, site, package, asker, lack);
	return lack->missing && !(package->opens_wheels && !lack->broken && *lack->path &&
					strstr(lack->path, "/nvidia/"));
}

/* Those of the wheels' that need others of them: an older one may come first. */
static bool look_for_broken(
	struct doctor *doctor, const char *site, const struct package *package, struct lack *lack)
{
	static const char *const patterns[] = { "nvidia/cusparse/lib/libcusparse.so.*",
		"nvidia/cusolver/lib/libcusolver.so.*" };
	char path[PATH_MAX];

	for (size_t i = 0; package->release && i < sizeof(patterns) / sizeof(*patterns); i++) {
		if (!first_match(site, patterns[i], path))
			continue;
		lack_of(doctor, path, NULL, lack);
		if (lack->broken)
			return true;
	}
	return false;
}

/* libcudnn-74a4c495.so.9.1.0 opens libcudnn_ops.so.9 and others; before 9 they were two each. */
static bool look_for_parts(
	struct doctor *doctor, const char *site, const struct package *package, struct lack *lack)
{
	char shim[PATH_MAX], name[64];
	const char *version;
	int major;

	if (!package->shim || !first_match(site, package->shim, shim))
		return false;
	version = strstr(path_file(shim), ".so.");
	major = version ? atoi(version + strlen(".so.")) : 0;
	snprintf(name, sizeof(name), "libcudnn_ops%s.so.%d", major < 9 ? "_infer" : "", major);
	lack_of(doctor, name, shim, lack);
	return lack->missing;
}

/* Does it find what it needs? */
static bool check_needs(struct doctor *doctor, const char *site, const struct package *package,
	const struct framework *framework, const char *told)
{
	char asker[PATH_MAX];
	struct lack lack;

	if (package->asks && !first_match(site, package->asks, asker))
		return true;
	if (package->opens)
		return check_opened(doctor, site, package, framework, told);
	if ((!package->asks || !lacks_library(doctor, site, package, asker, &lack)) &&
		!look_for_parts(doctor, site, package, &lack) &&
		!look_for_broken(doctor, site, package, &lack) &&
		!look_for_release(doctor, site, package, package->asks ? asker : NULL, &lack))
		return true;
	add_lack(doctor, told, framework, &lack);
	return false;
}

static bool is_outdated(struct doctor *doctor, const char *site, const struct package *package,
	const struct framework *framework, const char *told)
{
	char asker[PATH_MAX];
	int major = 0;

	if (package->asks && first_match(site, package->asks, asker))
		major = runtime_needed(asker);
	if (!major)
		major = read_wanted(site, package).cuda;
	if (!major)
		major = release_of(site, package);
	return outdated_finding(doctor, "python", framework->name, major, told);
}

/* Both are told: each comes to light when the other is gone. */
static bool fits(struct doctor *doctor, const char *site, const struct package *package,
	const struct framework *framework, const char *told)
{
	const bool outdated = is_outdated(doctor, site, package, framework, told);
	char metadata[PATH_MAX];

	if (find_metadata(site, package, metadata))
		python_wheel_findings(doctor, site, metadata, framework->name, told);
	return check_needs(doctor, site, package, framework, told) && !outdated;
}

/* False: it is not there. */
static bool add_package(struct doctor *doctor, const char *kind, const char *site,
	const struct package *package, const char *before)
{
	char path[PATH_MAX], told[PATH_MAX + 64];
	const struct framework *framework;
	const char *build;

	if (!first_match(site, package->pattern, path))
		return false;
	framework = framework_of(path);
	build = framework_found(doctor, path);
	if (!build || !framework || !strcmp(before, framework->name))
		return false;
	snprintf(told, sizeof(told), "%s: %s", kind, doctor_shown(doctor, site));
	if (!strcmp(build, "CPU build")) {
		doctor_add(doctor, LEVEL_NOTE, "python", framework->python,
			"%s: CPU build, it never uses a GPU: it %s (%s)", framework->name,
			framework->cpu, told);
		doctor_reason(doctor, "cpu-build");
	} else if (strcmp(build, "GPU build") || fits(doctor, site, package, framework, told)) {
		doctor_add(doctor, LEVEL_OK, "python", NULL, "%s: %s (%s)", framework->name, build,
			told);
	}
	return true;
}

/* The first library of each framework tells: JAX's have changed their names. */
void python_site_findings(struct doctor *doctor, const char *kind, const char *site)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++) {
		char path[PATH_MAX];

		if (!add_package(doctor, kind, site, &packages[i], before))
			continue;
		if (first_match(site, packages[i].pattern, path) && framework_name(path))
			before = framework_name(path);
	}
}

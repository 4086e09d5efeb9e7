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
#include "loader/frameworks.h"
#include "loader/symbols.h"
#include "loader/why.h"

static const struct package {
	const char *pattern;  /* of its library, in site-packages */
	const char *asks;     /* the library that loads NVIDIA's, in site-packages; NULL: none */
	const char *metadata; /* of PyPI's package that names cuDNN's version; NULL: none */
	bool linked;          /* it needs NVIDIA's libraries, rather than to open them later */
	bool opens_wheels;    /* its Python part opens the wheels' libraries first */
	bool opens;           /* all that its wheel requires, by name, at its start */
} packages[] = {
	{ "tensorflow/libtensorflow_framework.so.2", "tensorflow/libtensorflow_cc.so.2",
		"tensorflow", false, false, true },
	{ "torch/lib/libtorch_cpu.so", "torch/lib/libtorch_cuda.so", NULL, true, true },
	{ "jaxlib/libjax_common.so", "jaxlib/libjax_common.so", "jax_cuda1[23]_plugin", false,
		true },
	{ "jaxlib/_jax.so", "jaxlib/_jax.so", "jax_cuda1[23]_plugin", false, true },
	{ "jaxlib/xla_extension.so", "jaxlib/xla_extension.so", "jax_cuda1[23]_plugin", false,
		true },
	{ "xgboost/lib/libxgboost.so", NULL, NULL, false, false },
	{ "onnxruntime/capi/onnxruntime_pybind11_state*.so",
		"onnxruntime/capi/libonnxruntime_providers_cuda.so", NULL, true, false },
	{ "lightgbm/lib/lib_lightgbm.so", NULL, NULL, false, false },
	{ "ctranslate2.libs/libctranslate2*.so*", NULL, NULL, false, false },
	{ "catboost/_catboost*.so", NULL, NULL, false, false },
	{ "_catboost*.so", NULL, NULL, false, false },
	{ "thinc/backends/numpy_ops*.so", NULL, NULL, false, false },
	{ "llama_cpp/lib/libggml-base.so", NULL, NULL, false, false },
	{ "paddle/base/libpaddle.so", NULL, NULL, false, false },
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

static struct wanted read_wanted(const char *site, const struct package *package)
{
	char path[PATH_MAX], pattern[128], line[512];
	struct wanted wanted = { 0 };
	FILE *file = NULL;

	if (!package->metadata)
		return wanted;
	snprintf(pattern, sizeof(pattern), "%s-*.dist-info/METADATA", package->metadata);
	if (first_match(site, pattern, path))
		file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "Requires-Dist:", 14))
			read_requirement(&wanted, line);
	if (file)
		fclose(file);
	return wanted;
}

/* What is told of a framework's needs: the first that is missing, and where it lies. */
struct lack {
	char name[128], path[PATH_MAX], words[512];
	bool missing;
};

/* The driver's own library is told of elsewhere. */
static bool is_nvidias(const char *name)
{
	return strncmp(name, "libcuda.so", 10) != 0 &&
	       (!strncmp(name, "libcu", 5) || !strncmp(name, "libnv", 5) ||
		       !strncmp(name, "libnccl", 7));
}

static void note_lack(const struct why *why, void *data)
{
	struct lack *lack = data;

	if (!is_nvidias(why->name))
		return;
	if (why->kind == WHY_NEARBY && !*lack->path && !strcmp(why->name, lack->name))
		snprintf(lack->path, sizeof(lack->path), "%s", why->path);
	if ((why->kind != WHY_MISSING && why->kind != WHY_BROKEN) || lack->missing)
		return;
	lack->missing = true;
	snprintf(lack->name, sizeof(lack->name), "%s", why->name);
	snprintf(lack->words, sizeof(lack->words), "%s", why->words);
}

static void look_for(struct doctor *doctor, const char *name, const char *asker, struct lack *lack)
{
	struct why_question question = {
		.root = doctor->root,
		.library_path = doctor->search.library_path,
		.program = doctor->program,
		.name = name,
		.asker = asker,
		.tell = note_lack,
		.data = lack,
	};

	memset(lack, 0, sizeof(*lack));
	loader_why(&question);
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
	look_for(doctor, name, asker, lack);
}

/* The runtime for which JAX's plugin is built, which its parts open first. */
static bool look_for_cudart(
	struct doctor *doctor, const char *site, const char *asker, struct lack *lack)
{
	char path[PATH_MAX], name[64];

	if (!first_match(site, "jax_plugins/xla_cuda[0-9]*", path))
		return false;
	snprintf(name, sizeof(name), "libcudart.so.%d", atoi(path_file(path) + strlen("xla_cuda")));
	look_for(doctor, name, asker, lack);
	return lack->missing && !(*lack->path && strstr(lack->path, "/nvidia/"));
}

static void add_lack(struct doctor *doctor, const char *told, const struct framework *framework,
	const struct lack *lack)
{
	const char *path = doctor_shown(doctor, lack->path);
	char fix[PATH_MAX + 64] = "";

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
		look_for(doctor, name, asker, &lack);
		if (lack.missing)
			add_lack(doctor, told, framework, &lack);
		all &= !lack.missing;
	}
	look_for_cudnn(doctor, site, package, asker, &lack);
	if (lack.missing)
		add_lack(doctor, told, framework, &lack);
	return all && !lack.missing;
}

/* Does it find what it needs? A framework that opens the wheels' libraries finds those. */
static bool check_needs(struct doctor *doctor, const char *site, const struct package *package,
	const struct framework *framework, const char *told)
{
	char asker[PATH_MAX];
	struct lack lack;

	if (!package->asks || !first_match(site, package->asks, asker))
		return true;
	if (package->opens)
		return check_opened(doctor, site, package, framework, told);
	if (package->linked)
		look_for(doctor, asker, NULL, &lack);
	else
		look_for_cudnn(doctor, site, package, asker, &lack);
	if (!lack.missing ||
		(package->opens_wheels && *lack.path && strstr(lack.path, "/nvidia/"))) {
		if (strcmp(framework->name, "JAX") != 0 ||
			!look_for_cudart(doctor, site, asker, &lack))
			return true;
	}
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
	return outdated_finding(doctor, "python", framework->name, major, told);
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
	} else if (strcmp(build, "GPU build") ||
		   (check_needs(doctor, site, package, framework, told) &&
			   !is_outdated(doctor, site, package, framework, told))) {
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

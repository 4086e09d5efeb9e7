#include "frameworks.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"
#include "file.h"
#include "search.h"

/*
 * Library names: as they are in the wheels of PyPI and in the R packages (torch 2, TensorFlow 2.16,
 * jaxlib 0.4 to 0.7, xgboost 1.7 and 2, onnxruntime 1.20).
 */
static const struct framework {
	const char *library, *name;
	/* Beside it, one of: a file that only builds with GPU code have, a file of which the code
	   for GPUs tells, and a folder where an entry that begins so does. */
	const char *sibling, *code, *folder, *entry;
} frameworks[] = {
	{ "libtorch_cpu.so", "torch", "libtorch_cuda.so", NULL, NULL, NULL },
	{ "libtensorflow_framework.so", "TensorFlow", NULL, "libtensorflow_cc.so.2", NULL, NULL },
	{ "libjax_common.so", "JAX", NULL, NULL, "../jax_plugins", "xla_cuda" },
	{ "_jax.so", "JAX", NULL, NULL, "../jax_plugins", "xla_cuda" },
	{ "xla_extension.so", "JAX", NULL, NULL, "../jax_plugins", "xla_cuda" },
	{ "libxgboost.so", "XGBoost", NULL, "libxgboost.so", NULL, NULL },
	{ "xgboost.so", "XGBoost", NULL, "xgboost.so", NULL, NULL },
	{ "libonnxruntime.so", "ONNX Runtime", "libonnxruntime_providers_cuda.so", NULL, NULL,
		NULL },
	{ "libggml-base.so", "ggml", "libggml-cuda.so", NULL, NULL, NULL },
};

static const struct framework *find(const char *path)
{
	const char *name = path_file(path);

	for (size_t i = 0; i < sizeof(frameworks) / sizeof(*frameworks); i++) {
		size_t length = strlen(frameworks[i].library);

		if (!strncmp(name, frameworks[i].library, length) &&
			(!name[length] || name[length] == '.'))
			return &frameworks[i];
	}
	return NULL;
}

const char *framework_name(const char *path)
{
	const struct framework *framework = find(path);

	return framework ? framework->name : NULL;
}

static bool beside(char to[PATH_MAX], const char *path, const char *name)
{
	int folder = (int)(path_file(path) - path);
	int n = snprintf(to, PATH_MAX, "%.*s%s", folder, path, name);

	return n > 0 && n < PATH_MAX;
}

static bool has_entry(const char *path, const char *prefix)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (folder && !found && (entry = readdir(folder)))
		found = !strncmp(entry->d_name, prefix, strlen(prefix));
	if (folder)
		closedir(folder);
	return found;
}

enum segment_build framework_build(const char *path)
{
	const struct framework *framework = find(path);
	char other[PATH_MAX];
	int code;

	if (!framework)
		return BUILD_UNKNOWN;
	if (framework->sibling && beside(other, path, framework->sibling))
		return access(other, F_OK) == 0 ? BUILD_GPU : BUILD_CPU;
	if (framework->folder && beside(other, path, framework->folder))
		return has_entry(other, framework->entry) ? BUILD_GPU : BUILD_CPU;
	if (!framework->code || !beside(other, path, framework->code))
		return BUILD_UNKNOWN;
	code = loader_file_has_gpu_code(other);
	return code < 0 ? BUILD_UNKNOWN : code ? BUILD_GPU : BUILD_CPU;
}

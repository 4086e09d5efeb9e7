/* SPDX-License-Identifier: MIT */
#include "frameworks.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/number.h"
#include "../ground/path.h"
#include "file.h"
#include "folder.h"
#include "search.h"

#define WITHOUT_CODE "is installed without code for GPUs"

/*
 * What is first counts, where several are loaded. Library names: as they are in the wheels of PyPI
 * and in the R packages (torch 2, TensorFlow 2.16, jaxlib 0.4 to 0.7, xgboost 1.7 to 3,
 * onnxruntime 1.20, lightgbm 4, ctranslate2 4, catboost 1.2, thinc 8, llama-cpp-python 0.3).
 */
static const struct framework frameworks[] = {
	/* It loads torch, which may have GPU code where it has none. */
	{ .library = "libdgl",
		.in = "dgl/",
		.name = "DGL",
		.use = "graph.to(\"cuda\"), and the model's .to(\"cuda\")",
		.cpu = WITHOUT_CODE " (PyPI's has none)",
		.python = "pip install --force-reinstall dgl -f the page of data.dgl.ai/wheels for "
			  "your torch and CUDA (see dgl.ai/pages/start.html)",
		.code = "" },
	{ .library = "libtorch_cpu",
		.name = "torch",
		.use = "move the model and its data to the GPU: R torch $to(device = \"cuda\"), "
		       "Python .to(\"cuda\")",
		.wheels = "pip install --force-reinstall torch, with what it requires",
		.cpu = WITHOUT_CODE,
		.python = "pip install torch --force-reinstall --index-url "
			  "https://download.pytorch.org/whl/cu128 (or the CUDA of your driver)",
		.r = "Sys.setenv(CUDA = \"12.8\"); torch::install_torch(reinstall = TRUE) (luz "
		     "and tabnet run on it too)",
		.siblings = "libtorch_cuda.so:libtorch_hip.so" },
	{ .library = "libtensorflow_framework",
		.name = "TensorFlow",
		.wheels = "pip install \"tensorflow[and-cuda]\"",
		.cpu = WITHOUT_CODE,
		.python = "pip uninstall tensorflow-cpu; pip install \"tensorflow[and-cuda]\"",
		.r = "start R anew, keras3::use_backend(\"tensorflow\", gpu = TRUE) before all "
		     "else",
		.code = "libtensorflow_cc.so.2" },
	{ .library = "libjax_common",
		.name = "JAX",
		.itself = true,
		.wheels = "pip install \"jax[cuda12]\"",
		.cpu = WITHOUT_CODE,
		.python = "pip install \"jax[cuda12]\"",
		.r = "reticulate::py_require(\"jax[cuda12]\")",
		.folder = "../jax_plugins",
		.entry = "xla_cuda" },
	{ .library = "_jax",
		.in = "jaxlib/",
		.name = "JAX",
		.itself = true,
		.wheels = "pip install \"jax[cuda12]\"",
		.cpu = WITHOUT_CODE,
		.python = "pip install \"jax[cuda12]\"",
		.r = "reticulate::py_require(\"jax[cuda12]\")",
		.folder = "../jax_plugins",
		.entry = "xla_cuda" },
	{ .library = "xla_extension",
		.name = "JAX",
		.itself = true,
		.wheels = "pip install \"jax[cuda12]\"",
		.cpu = WITHOUT_CODE,
		.python = "pip install \"jax[cuda12]\"",
		.r = "reticulate::py_require(\"jax[cuda12]\")",
		.folder = "../jax_plugins",
		.entry = "xla_cuda" },
	{ .library = "libxgboost",
		.name = "XGBoost",
		.use = "device = \"cuda\" in its parameters",
		.wheels = "pip install nvidia-nccl-cu12",
		.cpu = WITHOUT_CODE,
		.python = "pip uninstall xgboost-cpu xgboost; pip install -U pip; pip install "
			  "xgboost (its wheel for manylinux2014 has none, that for "
			  "manylinux_2_28 has: it needs glibc 2.28)",
		.code = "" },
	{ .library = "xgboost",
		.in = "xgboost/libs/",
		.name = "XGBoost",
		.use = "device = \"cuda\" in its parameters",
		.cpu = WITHOUT_CODE " (CRAN's has none)",
		.r = "install the file xgboost_r_gpu_linux_*.tar.gz of XGBoost's releases on "
		     "GitHub: R CMD INSTALL",
		.code = "" },
	{ .library = "libxgboost4j_gpu", .name = "H2O's XGBoost", .cpu = WITHOUT_CODE, .code = "" },
	{ .library = "libxgboost4j_omp",
		.name = "H2O's XGBoost",
		.cpu = "runs on the CPU: H2O found no GPU, or was told to use none",
		.python = "H2OXGBoostEstimator(backend = \"gpu\") says what is wrong",
		.r = "h2o.xgboost(backend = \"gpu\") says what is wrong",
		.never = true },
	{ .library = "libxgboost4j_minimal",
		.name = "H2O's XGBoost",
		.cpu = "runs on the CPU: H2O found no GPU, or was told to use none",
		.python = "H2OXGBoostEstimator(backend = \"gpu\") says what is wrong",
		.r = "h2o.xgboost(backend = \"gpu\") says what is wrong",
		.never = true },
	{ .library = "onnxruntime_pybind11_state",
		.name = "ONNX Runtime",
		.use = "providers=[\"CUDAExecutionProvider\"] for each session",
		.wheels = "pip install -U \"onnxruntime-gpu[cuda,cudnn]\", and "
			  "onnxruntime.preload_dlls() before the first session",
		.cpu = "is installed without code for GPUs (package onnxruntime; installed beside "
		       "onnxruntime-gpu it overwrites that one's files)",
		.python = "pip uninstall onnxruntime onnxruntime-gpu; pip install onnxruntime-gpu",
		.siblings = "libonnxruntime_providers_cuda.so",
		.packages = "onnxruntime:onnxruntime_gpu" },
	{ .library = "libonnxruntime",
		.name = "ONNX Runtime",
		.use = "providers=[\"CUDAExecutionProvider\"] for each session",
		.cpu = WITHOUT_CODE,
		.python = "pip uninstall onnxruntime onnxruntime-gpu; pip install onnxruntime-gpu",
		.siblings = "libonnxruntime_providers_cuda.so" },
	{ .library = "lib_lightgbm",
		.name = "LightGBM",
		.use = "device_type = \"cuda\" in its parameters",
		.cpu = "is installed without its CUDA learner (its device_type \"gpu\" is OpenCL)",
		.python = "pip install --no-binary lightgbm --config-settings="
			  "cmake.define.USE_CUDA=ON lightgbm; then device_type = \"cuda\"",
		.code = "" },
	{ .library = "lightgbm",
		.in = "lightgbm/libs/",
		.name = "LightGBM",
		.use = "device_type = \"cuda\" in its parameters",
		.cpu = "is installed without its CUDA learner (its device_type \"gpu\" is OpenCL)",
		.r = "build it from its sources: Rscript build_r.R --use-cuda; then device_type = "
		     "\"cuda\"",
		.code = "" },
	{ .library = "libctranslate2",
		.name = "CTranslate2",
		.use = "device=\"cuda\" for each model",
		.wheels = "pip install -U ctranslate2 nvidia-cublas-cu12 nvidia-cudnn-cu12, and "
			  "their folders in LD_LIBRARY_PATH",
		.cpu = "is installed without code for GPUs (faster-whisper runs on it)",
		.python = "pip install --force-reinstall ctranslate2 (the wheel for x86-64 Linux "
			  "has it), or build it with -DWITH_CUDA=ON",
		.code = "" },
	{ .library = "_catboost",
		.name = "CatBoost",
		.use = "task_type=\"GPU\"",
		.cpu = WITHOUT_CODE,
		.python = "pip install --force-reinstall catboost (the wheel for x86-64 Linux has "
			  "it); then task_type=\"GPU\"",
		.code = "" },
	{ .library = "libcatboostr",
		.name = "CatBoost",
		.use = "task_type=\"GPU\"",
		.cpu = WITHOUT_CODE,
		.r = "install the package of CatBoost's releases on GitHub for Linux; then "
		     "task_type = \"GPU\"",
		.code = "" },
	{ .library = "numpy_ops",
		.in = "thinc/backends/",
		.name = "spaCy (thinc)",
		.cpu = "runs on the CPU: there is no cupy for it",
		.python = "pip install cupy-cuda12x; then spacy.require_gpu()",
		.folder = "../..",
		.entry = "cupy" },
	{ .library = "libggml-base",
		.in = "llama_cpp/lib/",
		.name = "llama.cpp (ggml)",
		.use = "n_gpu_layers=-1",
		.cpu = WITHOUT_CODE,
		.python = "CMAKE_ARGS=-DGGML_CUDA=on pip install --force-reinstall --no-cache-dir "
			  "llama-cpp-python",
		.siblings = "libggml-cuda.so" },
	{ .library = "libggml-base",
		.in = "pywhispercpp.libs/",
		.name = "whisper.cpp (ggml)",
		.cpu = WITHOUT_CODE,
		.python = "GGML_CUDA=1 pip install --force-reinstall --no-cache-dir --no-binary "
			  "pywhispercpp pywhispercpp",
		.siblings = "libggml-cuda.so" },
	{ .library = "libggml-base",
		.name = "ggml (llama.cpp, whisper.cpp)",
		.cpu = WITHOUT_CODE,
		.python = "build the package that it came with anew, with CUDA "
			  "(CMAKE_ARGS=-DGGML_CUDA=on)",
		.siblings = "libggml-cuda.so" },
	{ .library = "libllmodel",
		.name = "GPT4All",
		.use = "device=\"cuda\" for each model",
		.wheels = "pip install \"gpt4all[cuda]\"",
		.cpu = WITHOUT_CODE,
		.python = "pip install --force-reinstall \"gpt4all[cuda]\"",
		.siblings = "libllamamodel-mainline-cuda.so" },
	{ .library = "libfaiss",
		.name = "Faiss",
		.use = "faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)",
		.cpu = "is installed without code for GPUs (package faiss-cpu; installed beside "
		       "faiss-gpu it is the one that is loaded)",
		.python = "pip uninstall faiss-cpu faiss-gpu-cu12; pip install faiss-gpu-cu12",
		.code = "" },
	{ .library = "libpaddle",
		.name = "PaddlePaddle",
		.use = "paddle.set_device(\"gpu\")",
		.cpu = WITHOUT_CODE,
		.python = "pip uninstall paddlepaddle paddlepaddle-gpu; pip install "
			  "paddlepaddle-gpu (one overwrites the other's files)",
		.code = "" },
	{ .library = "core",
		.in = "cupy/_core/",
		.name = "CuPy",
		.wheels = "pip install \"cupy-cuda12x[ctk]\", or the cupy-cudaNNx of the CUDA that "
			  "is there",
		/* It compiles its kernels; cuTENSOR, NCCL and others it tries, and goes on without.
		 */
		.musts = "libnvrtc:libcudart:libcublas",
		.cpu = WITHOUT_CODE,
		.folder = "../../cupy_backends/cuda",
		.entry = "api" },
	{ .library = "_extras",
		.in = "numba/cuda/cudadrv/",
		.name = "Numba",
		.wheels = "pip install \"numba-cuda[cu12]\", or set CUDA_HOME to a toolkit",
		.musts = "libnvvm",
		.cpu = WITHOUT_CODE },
	{ .library = "_dlib_pybind11",
		.name = "dlib",
		.cpu = WITHOUT_CODE,
		.python = "install the toolkit and cuDNN; pip uninstall dlib dlib-bin; pip install "
			  "--no-cache-dir --no-binary dlib dlib (face_recognition runs on it)",
		.code = "" },
	/* Many read their images with it, and compute with something else. */
	{ .library = "cv2",
		.in = "cv2/",
		.name = "OpenCV",
		.cpu = WITHOUT_CODE " (PyPI's opencv-python has none)",
		.python = "build it: pip install --no-binary opencv-contrib-python "
			  "opencv-contrib-python with CMAKE_ARGS=\"-DWITH_CUDA=ON "
			  "-DOPENCV_DNN_CUDA=ON\" and ENABLE_CONTRIB=1",
		.code = "" },
};

/* The library's name at the end of the path, then ".so", or ".cpython-..." or "-HASH.so". */
static bool is_library(const char *path, const char *name, const struct framework *framework)
{
	const char *rest = after_start(name, framework->library);
	size_t folders;

	if (!rest)
		return false;
	if (*rest == '-')
		rest += 1 + strspn(rest + 1, "0123456789abcdef");
	if ((*rest && *rest != '.') || (*rest && !strstr(rest, ".so")))
		return false;
	folders = framework->in ? strlen(framework->in) : 0;
	return (size_t)(name - path) >= folders &&
	       (!folders || !strncmp(name - folders, framework->in, folders));
}

const struct framework *framework_of(const char *path)
{
	const char *name = path ? path_file(path) : NULL;

	for (size_t i = 0; name && i < sizeof(frameworks) / sizeof(*frameworks); i++)
		if (is_library(path, name, &frameworks[i]))
			return &frameworks[i];
	return NULL;
}

const char *framework_name(const char *path)
{
	const struct framework *framework = framework_of(path);

	return framework ? framework->name : NULL;
}

bool framework_must_have(const struct framework *framework, const char *library)
{
	const char *name = path_file(library), *must = framework->musts;

	while (must && *must) {
		size_t length = strcspn(must, ":");

		if (!strncmp(name, must, length))
			return true;
		must += length + (must[length] != 0);
	}
	return false;
}

static bool beside(char to[PATH_MAX], const char *path, const char *name, int length)
{
	int folder = (int)(path_file(path) - path);
	int n = *name ? snprintf(to, PATH_MAX, "%.*s%.*s", folder, path, length, name)
		      : snprintf(to, PATH_MAX, "%s", path);

	return n > 0 && n < PATH_MAX;
}

static bool has_entry(const char *path, const char *prefix)
{
	struct loader_folder folder;
	const char *entry = NULL;

	if (!loader_folder_open(&folder, path))
		return false;
	while ((entry = loader_folder_next(&folder)))
		if (!strncmp(entry, prefix, strlen(prefix)))
			break;
	loader_folder_close(&folder);
	return entry != NULL;
}

/* Repaired wheels give hashes to their libraries: libggml-cuda-7d3e8f01.so.0.13. */
static bool has_hashed(const char *path, const char *name, int length)
{
	char folder[PATH_MAX], begins[64];
	const char *so = memmem(name, (size_t)length, ".so", 3);

	if (!so || so - name >= (int)sizeof(begins) - 1 || !beside(folder, path, ".", 1))
		return false;
	snprintf(begins, sizeof(begins), "%.*s-", (int)(so - name), name);
	return has_entry(folder, begins);
}

/* Distributions give versions to what wheels have without: libtorch_cuda.so.1.13. */
static bool has_sibling(const char *path, const char *names, char other[PATH_MAX])
{
	const char *so = strstr(path_file(path), ".so"), *version = so ? so + 3 : "";

	while (*names) {
		int length = (int)strcspn(names, ":");
		size_t used;

		if (!beside(other, path, names, length))
			return false;
		used = strlen(other);
		if (access(other, F_OK) == 0 ||
			(snprintf(other + used, PATH_MAX - used, "%s", version) > 0 &&
				access(other, F_OK) == 0) ||
			has_hashed(path, names, length))
			return true;
		names += length;
		names += *names != 0;
	}
	return false;
}

/* Lines of a file, each cut to what the text holds; without malloc. */
struct lines {
	int fd;
	size_t at, size;
	char buffer[1024], text[512];
};

static int next_byte(struct lines *lines)
{
	if (lines->at == lines->size) {
		ssize_t n = read(lines->fd, lines->buffer, sizeof(lines->buffer));

		lines->at = 0;
		lines->size = n > 0 ? (size_t)n : 0;
		if (n <= 0)
			return -1;
	}
	return (unsigned char)lines->buffer[lines->at++];
}

static bool next_line(struct lines *lines)
{
	size_t length = 0;
	int byte;

	while ((byte = next_byte(lines)) >= 0 && byte != '\n')
		if (length < sizeof(lines->text) - 1)
			lines->text[length++] = (char)byte;
	lines->text[length] = 0;
	return length || byte >= 0;
}

/* The size that a package's RECORD ("path,sha256=...,size") has for a file; -1: none. */
static long long recorded_size(const char *record, const char *own)
{
	struct lines lines = { .fd = open(record, O_RDONLY | O_CLOEXEC) };
	size_t length = strlen(own);
	long long size = -1;
	const char *end;

	if (lines.fd < 0)
		return -1;
	while (size < 0 && next_line(&lines))
		if (!strncmp(lines.text, own, length) && lines.text[length] == ',')
			size = (long long)number_read(strrchr(lines.text, ',') + 1, 10, &end);
	close(lines.fd);
	return size;
}

/* PACKAGE-VERSION.dist-info/RECORD in site-packages. */
static bool find_record(char record[PATH_MAX], const char *package, size_t length)
{
	struct loader_folder folder;
	size_t used = strlen(record);
	const char *entry = NULL;

	if (!loader_folder_open(&folder, record))
		return false;
	while ((entry = loader_folder_next(&folder)))
		if (!strncmp(entry, package, length) && entry[length] == '-' &&
			strstr(entry, ".dist-info"))
			break;
	if (entry)
		snprintf(record + used, PATH_MAX - used, "/%s/RECORD", entry);
	loader_folder_close(&folder);
	return entry != NULL;
}

/* Is the file that of the package for CPUs, though the other is, or was, there too? */
static bool is_of_cpu_package(const char *path, const char *packages)
{
	size_t length = strcspn(packages, ":");
	const char *site = strstr(path, "-packages/");
	char record[PATH_MAX];
	struct stat status;

	if (!site || stat(path, &status))
		return false;
	site += strlen("-packages");
	snprintf(record, sizeof(record), "%.*s", (int)(site - path), path);
	return find_record(record, packages, length) &&
	       recorded_size(record, site + 1) == (long long)status.st_size;
}

enum segment_build framework_build(const char *path)
{
	const struct framework *framework = framework_of(path);
	char other[PATH_MAX];
	int code;

	if (!framework)
		return BUILD_UNKNOWN;
	if (framework->never ||
		(framework->packages && is_of_cpu_package(path, framework->packages)))
		return BUILD_CPU;
	if (framework->siblings)
		return has_sibling(path, framework->siblings, other) ? BUILD_GPU : BUILD_CPU;
	if (framework->folder && beside(other, path, framework->folder, INT_MAX))
		return has_entry(other, framework->entry) ? BUILD_GPU : BUILD_CPU;
	if (!framework->code || !beside(other, path, framework->code, INT_MAX))
		return BUILD_UNKNOWN;
	code = loader_file_has_gpu_code(other);
	return code < 0 ? BUILD_UNKNOWN : code ? BUILD_GPU : BUILD_CPU;
}

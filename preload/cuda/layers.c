/* SPDX-License-Identifier: MIT */
#include "layers.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../ground/path.h"

static const struct family {
	char name[40]; /* one that ends with "_" stands for all that begin so */
	int layer;
	char title[24]; /* of what computes and is not counted; "": it is, or computes nothing */
	bool tool;      /* which looks at CUDA, or changes it, from within the program */
} families[] = {
	{ "libcuda", LAYER_DRIVER, "" },
	{ "libcudart", LAYER_RUNTIME, "" },
	{ "libcudnn", LAYER_CUDNN, "" },
	{ "libcudnn_adv", LAYER_CUDNN, "" },
	{ "libcudnn_adv_infer", LAYER_CUDNN, "" },
	{ "libcudnn_adv_train", LAYER_CUDNN, "" },
	{ "libcudnn_cnn", LAYER_CUDNN, "" },
	{ "libcudnn_cnn_infer", LAYER_CUDNN, "" },
	{ "libcudnn_cnn_train", LAYER_CUDNN, "" },
	{ "libcudnn_engines_", LAYER_CUDNN, "" },
	{ "libcudnn_ext", LAYER_CUDNN, "" },
	{ "libcudnn_graph", LAYER_CUDNN, "" },
	{ "libcudnn_heuristic", LAYER_CUDNN, "" },
	{ "libcudnn_ops", LAYER_CUDNN, "" },
	{ "libcudnn_ops_infer", LAYER_CUDNN, "" },
	{ "libcudnn_ops_train", LAYER_CUDNN, "" },
	{ "libcublas", LAYER_CUBLAS, "" },
	{ "libcublasLt", LAYER_CUBLAS, "" },
	{ "libcufft", LAYER_CUFFT, "" },
	{ "libcufftw", LAYER_CUFFT, "" },
	{ "libcurand", LAYER_CURAND, "" },
	{ "libcusolver", LAYER_CUSOLVER, "" },
	{ "libcusolverMg", LAYER_CUSOLVER, "" },
	{ "libcusparse", LAYER_CUSPARSE, "" },
	{ "libcusparseLt", LAYER_CUSPARSE, "" },
	{ "libnccl", LAYER_NCCL, "" },
	{ "libcutensor", LAYER_CUTENSOR, "" },
	{ "libcutensorMg", LAYER_CUTENSOR, "" },
	{ "libcutensorMp", LAYER_CUTENSOR, "" },
	{ "libnvinfer", LAYER_TENSORRT, "" },
	{ "libnvinfer_dispatch", LAYER_TENSORRT, "" },
	{ "libnvinfer_lean", LAYER_TENSORRT, "" },
	{ "libnvinfer_plugin", LAYER_TENSORRT, "" },
	{ "libnvonnxparser", LAYER_TENSORRT, "" },
	/* NVIDIA's too, so what they call above the driver is not the program's doing. */
	{ "libcublasmp", LAYERS, "cuBLASMp" },
	{ "libcuda-injection", LAYERS, "Nsight Compute", true },
	{ "libcudensitymat", LAYERS, "cuQuantum" },
	{ "libcudf", LAYERS, "RAPIDS (libcudf)" },
	{ "libcudla", LAYERS, "cuDLA" },
	{ "libcudss", LAYERS, "cuDSS" },
	{ "libcudss_", LAYERS, "cuDSS" },
	{ "libcufftMp", LAYERS, "cuFFTMp" },
	{ "libcufile", LAYERS, "cuFile" },
	{ "libcufile_rdma", LAYERS, "" },
	{ "libcugraph", LAYERS, "RAPIDS (libcugraph)" },
	{ "libcugraph_c", LAYERS, "RAPIDS (libcugraph)" },
	{ "libcuml", LAYERS, "RAPIDS (libcuml)" },
	{ "libcuml++", LAYERS, "RAPIDS (libcuml)" },
	{ "libcupti", LAYERS, "" },
	{ "libcusolverMp", LAYERS, "cuSOLVERMp" },
	{ "libcustatevec", LAYERS, "cuQuantum" },
	{ "libcutensornet", LAYERS, "cuQuantum" },
	{ "libcuvs", LAYERS, "RAPIDS (libcuvs)" },
	{ "libcuvs_c", LAYERS, "RAPIDS (libcuvs)" },
	{ "libnppc", LAYERS, "NPP" },
	{ "libnppial", LAYERS, "NPP" },
	{ "libnppicc", LAYERS, "NPP" },
	{ "libnppidei", LAYERS, "NPP" },
	{ "libnppif", LAYERS, "NPP" },
	{ "libnppig", LAYERS, "NPP" },
	{ "libnppim", LAYERS, "NPP" },
	{ "libnppist", LAYERS, "NPP" },
	{ "libnppisu", LAYERS, "NPP" },
	{ "libnppitc", LAYERS, "NPP" },
	{ "libnpps", LAYERS, "NPP" },
	{ "libnvblas", LAYERS, "NVBLAS" },
	{ "libnvcomp", LAYERS, "nvCOMP" },
	{ "libnvfatbin", LAYERS, "" },
	{ "libnvidia-ml", LAYERS, "" },
	{ "libnvidia-ptxjitcompiler", LAYERS, "" },
	{ "libnvimgcodec", LAYERS, "nvImageCodec" },
	{ "libnvinfer_builder_resource", LAYERS, "" },
	{ "libnvinfer_builder_resource_", LAYERS, "" },
	{ "libnvJitLink", LAYERS, "nvJitLink" },
	{ "libnvjpeg", LAYERS, "nvJPEG" },
	{ "libnvjpeg2k", LAYERS, "nvJPEG2000" },
	{ "libnvperf_host", LAYERS, "" },
	{ "libnvperf_target", LAYERS, "" },
	{ "libnvrtc", LAYERS, "NVRTC" },
	{ "libnvrtc-builtins", LAYERS, "" },
	{ "libnvshmem_host", LAYERS, "NVSHMEM" },
	{ "libnvtiff", LAYERS, "nvTIFF" },
	{ "libnvToolsExt", LAYERS, "" },
	{ "libnvtx3interop", LAYERS, "" },
	{ "libnvvm", LAYERS, "" },
	{ "libpcsamplingutil", LAYERS, "" },
	{ "libraft", LAYERS, "RAPIDS (libraft)" },
	{ "librmm", LAYERS, "RAPIDS (librmm)" },
	{ "libsanitizer-collection", LAYERS, "Compute Sanitizer", true },
	{ "libToolsInjection64", LAYERS, "Nsight Systems", true },
	{ "libToolsInjectionProxy64", LAYERS, "Nsight Systems", true },
};

/* What auditwheel puts into file names: "-" and at least four digits of a hash. */
static const char *skip_hash(const char *p)
{
	size_t n;

	if (*p != '-')
		return p;
	n = strspn(p + 1, "0123456789abcdef");
	return n < 4 ? p : p + 1 + n;
}

static const struct family *family_of(const char *name)
{
	const char *base = path_file(name);

	/* Most libraries that a program loads by itself, its plugins, are not even called so. */
	if (!after_start(base, "lib"))
		return NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const char *rest =
			base[3] == families[i].name[3] ? after_start(base, families[i].name) : NULL;

		if (!rest)
			continue;
		if (rest[-1] == '_')
			rest += strcspn(rest, "-.");
		rest = after_start(skip_hash(rest), ".so");
		if (rest && (!*rest || *rest == '.'))
			return &families[i];
	}
	return NULL;
}

int layer_of_library(const char *name)
{
	const struct family *family = family_of(name);

	return family ? family->layer : LAYER_NONE;
}

const char *layer_uncounted(const char *name)
{
	const struct family *family = family_of(name);

	return family && *family->title && !family->tool ? family->title : NULL;
}

const char *layer_tool(const char *name)
{
	const struct family *family = family_of(name);

	return family && family->tool ? family->title : NULL;
}

bool layer_has_own_names(const char *library)
{
	/* TensorRT's, and FFTW's interface to cuFFT. */
	return layer_of_library(library) == LAYER_TENSORRT ||
	       after_start(path_file(library), "libcufftw");
}

bool layer_is_asked(const char *name)
{
	return layer_of_library(name) != LAYER_NONE;
}

/*
 * Functions that return something else than a status, or nothing. Read from the headers of CUDA
 * 13.0, cuDNN 9.19 and cuTENSOR 2.8; of older versions the names that are gone since. In layers
 * without an entry every function returns a status.
 */
static const struct no_status {
	enum segment_layer layer;
	char function[40];
} no_status[] = {
	{ LAYER_RUNTIME, "__cudaInitModule" },
	{ LAYER_RUNTIME, "__cudaRegisterFatBinary" },
	{ LAYER_RUNTIME, "__cudaRegisterFatBinaryEnd" },
	{ LAYER_RUNTIME, "__cudaRegisterFunction" },
	{ LAYER_RUNTIME, "__cudaRegisterHostVar" },
	{ LAYER_RUNTIME, "__cudaRegisterManagedVar" },
	{ LAYER_RUNTIME, "__cudaRegisterSurface" },
	{ LAYER_RUNTIME, "__cudaRegisterTexture" },
	{ LAYER_RUNTIME, "__cudaRegisterUnifiedTable" },
	{ LAYER_RUNTIME, "__cudaRegisterVar" },
	{ LAYER_RUNTIME, "__cudaUnregisterFatBinary" },
	{ LAYER_RUNTIME, "cudaCreateChannelDesc" },
	{ LAYER_RUNTIME, "cudaGetErrorName" },
	{ LAYER_RUNTIME, "cudaGetErrorString" },
	{ LAYER_CUDNN, "cudnnGetCudartVersion" },
	{ LAYER_CUDNN, "cudnnGetErrorString" },
	{ LAYER_CUDNN, "cudnnGetLastErrorString" },
	{ LAYER_CUDNN, "cudnnGetMaxDeviceVersion" },
	{ LAYER_CUDNN, "cudnnGetVersion" },
	{ LAYER_CUBLAS, "cublasGetCudartVersion" },
	{ LAYER_CUBLAS, "cublasGetStatusName" },
	{ LAYER_CUBLAS, "cublasGetStatusString" },
	{ LAYER_CUBLAS, "cublasLtGetCudartVersion" },
	{ LAYER_CUBLAS, "cublasLtGetStatusName" },
	{ LAYER_CUBLAS, "cublasLtGetStatusString" },
	{ LAYER_CUBLAS, "cublasLtGetVersion" },
	{ LAYER_CUBLAS, "cublasLtDisableCpuInstructionsSetMask" },
	{ LAYER_CUBLAS, "cublasXerbla" },
	{ LAYER_CUSPARSE, "cusparseGetErrorName" },
	{ LAYER_CUSPARSE, "cusparseGetErrorString" },
	{ LAYER_CUSPARSE, "cusparseGetMatDiagType" },
	{ LAYER_CUSPARSE, "cusparseGetMatFillMode" },
	{ LAYER_CUSPARSE, "cusparseGetMatIndexBase" },
	{ LAYER_CUSPARSE, "cusparseGetMatType" },
	{ LAYER_NCCL, "ncclGetErrorString" },
	{ LAYER_NCCL, "ncclGetLastError" },
	{ LAYER_NCCL, "ncclParamDumpAll" },
	{ LAYER_NCCL, "ncclResetDebugInit" },
	{ LAYER_CUTENSOR, "cutensorGetCudartVersion" },
	{ LAYER_CUTENSOR, "cutensorGetErrorString" },
	{ LAYER_CUTENSOR, "cutensorGetVersion" },
};

/*
 * cuBLAS's first interface (cublas.h): void cublasSgemm(...), float cublasSdot(...). Its names are
 * "cublas", a type, and one of these; today's functions have "_v2" or a longer name.
 */
static bool is_legacy_blas(const char *function)
{
	static const char types[][3] = { "S", "D", "C", "Z", "Sc", "Dz", "Cs", "Zd", "Is", "Id",
		"Ic", "Iz" };
	static const char stems[] =
		" amax amin asum axpy copy dot dotc dotu gbmv gemm gemv ger gerc geru hbmv hemm "
		"hemv her her2 her2k herk hpmv hpr hpr2 nrm2 rot rotg rotm rotmg sbmv scal spmv "
		"spr "
		"spr2 swap symm symv syr syr2 syr2k syrk tbmv tbsv tpmv tpsv trmm trmv trsm trsv ";

	if (strncmp(function, "cublas", 6))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(types[i]), length;
		const char *stem = function + 6 + n;
		const char *found;

		if (strncmp(function + 6, types[i], n))
			continue;
		length = strlen(stem);
		found = length ? strstr(stems, stem) : NULL;
		for (; found; found = strstr(found + 1, stem))
			if (found[-1] == ' ' && found[length] == ' ')
				return true;
	}
	return false;
}

bool layer_returns_status(enum segment_layer layer, const char *function)
{
	if (layer == LAYER_TENSORRT)
		return false; /* objects, versions, a registry: all else is C++ */
	for (size_t i = 0; i < sizeof(no_status) / sizeof(no_status[0]); i++)
		if (no_status[i].layer == layer && !strcmp(no_status[i].function, function))
			return false;
	if (layer == LAYER_CUFFT && !strncmp(function, "fftw", 4))
		return false; /* libcufftw has FFTW's interface: plans, nothing, costs */
	return !(layer == LAYER_CUBLAS && is_legacy_blas(function));
}

bool layer_not_ready(enum segment_layer layer, int status)
{
	/* CUDA_ERROR_NOT_READY and cudaErrorNotReady have one value (cuda.h, driver_types.h). */
	return status == 600 && (layer == LAYER_DRIVER || layer == LAYER_RUNTIME);
}

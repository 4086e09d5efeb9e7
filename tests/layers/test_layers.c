/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../../preload/cuda/layers.h"
#include "../unit/harness.h"

/* Names as they are found: SONAMEs, files of wheels, and others that look like them. */
static const struct {
	const char *name;
	int layer;
} names[] = {
	{ "libcuda.so", LAYER_DRIVER },
	{ "libcuda.so.1", LAYER_DRIVER },
	{ "libcuda.so.580.65.06", LAYER_DRIVER },
	{ "/usr/lib/x86_64-linux-gnu/libcuda.so.1", LAYER_DRIVER },
	{ "/usr/local/cuda/compat/libcuda.so.1.1", LAYER_DRIVER },
	{ "libcuda.so1", LAYER_NONE },
	{ "libcuda.soo", LAYER_NONE },
	{ "libcuda", LAYER_NONE },
	{ "mylibcuda.so.1", LAYER_NONE },
	{ "libcuda_wrapper.so", LAYER_NONE },
	{ "libcuda-.so.1", LAYER_NONE },
	{ "libcudadebugger.so.1", LAYER_NONE },
	{ "/opt/libcuda.so.1/plugin.so", LAYER_NONE },
	{ "libcudart.so", LAYER_RUNTIME },
	{ "libcudart.so.11.0", LAYER_RUNTIME },
	{ "libcudart.so.13.0.96", LAYER_RUNTIME },
	{ "libcudart-d0da41ae.so.11.0", LAYER_RUNTIME },
	{ "libcudart-256e6409.so.12", LAYER_RUNTIME },
	{ "torch.libs/libcudart-0badcafe.so.12.8.90", LAYER_RUNTIME },
	{ "libcudart-0bad.so.12", LAYER_RUNTIME },
	{ "libcudart-bad.so.12", LAYER_NONE },
	{ "libcudart-nothex.so.12", LAYER_NONE },
	{ "libcudart-D0DA41AE.so.12", LAYER_NONE },
	{ "libcudart_stub.so", LAYER_NONE },
	{ "libcudart_static.a", LAYER_NONE },
	{ "libcudnn.so.8", LAYER_CUDNN },
	{ "libcudnn.so.9", LAYER_CUDNN },
	{ "libcudnn_ops_infer.so.8", LAYER_CUDNN },
	{ "libcudnn_engines_runtime_compiled.so.9", LAYER_CUDNN },
	{ "libcudnn_cnn-1234abcd.so.9", LAYER_CUDNN },
	{ "libcudnn_frontend.so", LAYER_NONE },
	{ "libcudnn_frontend.so.1", LAYER_NONE },
	{ "libcublas.so.12", LAYER_CUBLAS },
	{ "libcublasLt.so.13", LAYER_CUBLAS },
	{ "libcublaslt.so.13", LAYER_NONE },
	{ "libcufft.so.11", LAYER_CUFFT },
	{ "libcufftw.so.11", LAYER_CUFFT },
	{ "libcurand.so.10", LAYER_CURAND },
	{ "libcusolver.so.11", LAYER_CUSOLVER },
	{ "libcusolverMg.so.11", LAYER_CUSOLVER },
	{ "libcusparse.so.12", LAYER_CUSPARSE },
	{ "libcusparseLt-f80c68d1.so.0", LAYER_CUSPARSE },
	{ "libnccl.so.2", LAYER_NCCL },
	{ "libnccl-net.so", LAYER_NONE },
	{ "libnccl-net.so.0", LAYER_NONE },
	{ "libnccl_static.a", LAYER_NONE },
	{ "libcutensor.so.2", LAYER_CUTENSOR },
	{ "libcutensorMp.so.2.8.0", LAYER_CUTENSOR },
	{ "libcutensornet.so.2", LAYERS },
	{ "libnvinfer.so.10", LAYER_TENSORRT },
	{ "libnvinfer_plugin.so.8.6.1", LAYER_TENSORRT },
	{ "libnvonnxparser.so.10", LAYER_TENSORRT },
	{ "libnvinfer_builder_resource.so.10.9.0", LAYERS },
	{ "libcudf.so", LAYERS },
	{ "librmm.so", LAYERS },
	{ "libcuml++.so", LAYERS },
	{ "libcuml+++.so", LAYER_NONE },
	{ "libnvinfer_builder_resource_sm90.so.10.13.0", LAYERS },
	{ "libcudnn_engines_tensor_ir.so.9", LAYER_CUDNN },
	{ "libcudnn_ext.so.9", LAYER_CUDNN },
	{ "libcudnn_engines_x_libraries", LAYER_NONE },
	{ "libnvjpeg2k.so.0.9.0", LAYERS },
	{ "libcudla.so.1", LAYERS },
	{ "libnvtiff-1a2b3c4d.so.0", LAYERS },
	{ "libcudftestutil.so", LAYER_NONE },
	{ "libcupti.so.13", LAYERS },
	{ "libnvrtc.so.13", LAYERS },
	{ "libnvidia-ml.so.1", LAYERS },
	{ "libnvblas.so.13", LAYERS },
	{ "libc.so.6", LAYER_NONE },
	{ "libtorch_cuda.so", LAYER_NONE },
	{ "", LAYER_NONE },
	{ "/", LAYER_NONE },
};

START_TEST(libraries_are_known_by_their_names)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_msg(layer_of_library(names[i].name) == names[i].layer, "%s: %d, not %d",
			names[i].name, layer_of_library(names[i].name), names[i].layer);
		ck_assert_msg(layer_is_asked(names[i].name) == (names[i].layer != LAYER_NONE), "%s",
			names[i].name);
	}
}
END_TEST

START_TEST(some_functions_return_no_status)
{
	ck_assert(layer_returns_status(LAYER_DRIVER, "cuInit"));
	ck_assert(layer_returns_status(LAYER_RUNTIME, "cudaMalloc"));
	ck_assert(!layer_returns_status(LAYER_RUNTIME, "cudaGetErrorString"));
	ck_assert(!layer_returns_status(LAYER_RUNTIME, "__cudaRegisterFunction"));
	ck_assert(layer_returns_status(LAYER_RUNTIME, "__cudaLaunchKernel"));
	ck_assert(!layer_returns_status(LAYER_CUDNN, "cudnnGetVersion"));
	/* The name alone does not decide. */
	ck_assert(layer_returns_status(LAYER_CUFFT, "cudnnGetVersion"));
	ck_assert(!layer_returns_status(LAYER_CUBLAS, "cublasSgemm"));
	ck_assert(layer_returns_status(LAYER_CUBLAS, "cublasSgemm_v2"));
	ck_assert(layer_returns_status(LAYER_CUBLAS, "cublasSgemmBatched"));
	ck_assert(!layer_returns_status(LAYER_CUBLAS, "cublasScnrm2"));
	ck_assert(!layer_returns_status(LAYER_CUBLAS, "cublasIsamax"));
	ck_assert(layer_returns_status(LAYER_CUBLAS, "cublasCreate_v2"));
}
END_TEST

START_TEST(not_ready_is_no_error_where_it_means_that)
{
	ck_assert(layer_not_ready(LAYER_DRIVER, 600));
	ck_assert(layer_not_ready(LAYER_RUNTIME, 600));
	ck_assert(!layer_not_ready(LAYER_CUDNN, 600));
	ck_assert(!layer_not_ready(LAYER_DRIVER, 601));
	ck_assert(!layer_not_ready(LAYER_DRIVER, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layers");
	TCase *tcase = tcase_create("layers");

	ADD(tcase, libraries_are_known_by_their_names);
	ADD(tcase, some_functions_return_no_status);
	ADD(tcase, not_ready_is_no_error_where_it_means_that);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

"""NVIDIA's libraries: programs that count their own calls. What cuBLAS makes of a call within
cuBLASLt, or cuDNN within its parts, is not the program's and must not be among them."""

import building
import compare
import machine
from cases import Skip, add_case

SECONDS = 90

CUBLAS, CUBLASLT = ("libcublas", "cublas_v2.h"), ("libcublasLt", "cublasLt.h")
CUDNN, NCCL = ("libcudnn", "cudnn.h"), ("libnccl", "nccl.h")
MATH = (("libcufft", "cufft.h"), ("libcurand", "curand.h"), ("libcusolver", "cusolverDn.h"),
        ("libcusparse", "cusparse.h"))

PROGRAMS = {
    "cuBLAS": ("blas", (CUBLAS, CUBLASLT)),
    "cuBLASLt": ("blaslt", (CUBLASLT,)),
    "cuDNN, older interface": ("dnn", (CUDNN,)),
    "cuDNN, backend interface": ("dnnbackend", (CUDNN,)),
    "cuFFT cuRAND cuSOLVER cuSPARSE": ("mathlibs", MATH),
    "NCCL, one rank": ("nccl", (NCCL,)),
}


def build(source, libraries, shared):
    return building.nvcc_program(source + ("-shared" if shared else ""), [source + ".cu"],
                                 shared=shared, libraries=libraries)


def run(source, libraries, shared=True):
    path = build(source, libraries, shared)
    machine.need_gpu()
    return compare.program([path], building.packed_libraries())


def run_without_gpu(source, libraries):
    if machine.gpu:
        raise Skip("there is a GPU")
    return compare.without_gpu([build(source, libraries, True)], building.packed_libraries())


for _name, (_source, _libraries) in PROGRAMS.items():
    add_case("libraries", _name, run, _source, _libraries)
# With a runtime of the program's own beside the libraries' own.
add_case("libraries", "cuDNN, static runtime", run, "dnn", (CUDNN,), shared=False)
for _name in ("cuBLAS", "cuDNN, older interface"):
    add_case("libraries", f"{_name}: no GPU", run_without_gpu, *PROGRAMS[_name])

#!/usr/bin/env python3
"""Libraries beside the layers that everybody knows: cuTENSOR and TensorRT as layers, and those of
which no call is counted, named when they are loaded. Each is a stand-in with the real one's name."""

import os
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, SOURCE)
from made import CUDA, library
from harness import SIM_LIB, Run, add_case, case, expect, main, same

# A kernel on the simulated driver, by a library that is loaded.
WORK = CUDA + """assert not ready()
module, function = ctypes.c_void_p(), ctypes.c_void_p()
assert not cu.cuModuleLoadData(ctypes.byref(module), b"sim:sim_noop")
assert not cu.cuModuleGetFunction(ctypes.byref(function), module, b"sim_noop")
assert not cu.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, None, None, None)
assert not cu.cuCtxSynchronize()
"""

# {file: what it is called}.
UNCOUNTED = {
    "libcudss.so.0": "cuDSS 0", "libcufile.so.0": "cuFile 0", "libnvjpeg.so.12": "nvJPEG 12",
    "libnppc.so.12": "NPP 12", "libnppisu.so.12": "NPP 12", "libnvrtc.so.12": "NVRTC 12",
    "libnvJitLink.so.12": "nvJitLink 12", "libnvshmem_host.so.3": "NVSHMEM 3",
    "libnvblas.so.12": "NVBLAS 12", "libnvcomp.so.5": "nvCOMP 5",
    "libcustatevec.so.1": "cuQuantum 1", "libcudf.so": "RAPIDS (libcudf)",
    "libcuml.so": "RAPIDS (libcuml)", "librmm.so": "RAPIDS (librmm)",
    "libraft.so": "RAPIDS (libraft)", "libcuvs.so": "RAPIDS (libcuvs)",
    "libcugraph.so": "RAPIDS (libcugraph)", "libcuml++.so": "RAPIDS (libcuml)",
    "libnvjpeg2k.so.0": "nvJPEG2000 0", "libnvtiff.so.0": "nvTIFF 0", "libcudla.so.1": "cuDLA 1",
    "libcufftMp.so.11": "cuFFTMp 11", "libcublasmp.so.0": "cuBLASMp 0",
    "libnvimgcodec.so.0": "nvImageCodec 0",
}
SILENT = ("libnvidia-ml.so.1", "libnvvm.so.4", "libcupti.so.12", "libcusparseLt.so.0")


def run(code, files):
    """Python with these libraries, {name: C}, on its path; the code has load(name)."""
    def prepare(run):
        for name, source in files.items():
            library(f"{run.folder}/lib/{name}", source)
        run.env["LD_LIBRARY_PATH"] = f"{run.folder}/lib:{SIM_LIB}"
    return Run([sys.executable, "-c", code], prepare=prepare)


def named(file, title):
    run_it = run(f"import ctypes\nctypes.CDLL({file!r})\n" + WORK, {file: "int stands_here;"})
    same(run_it.report["verdict"], "gpu-work", "verdict")
    expect(f"loaded, with kernels counted and calls not: {title}\n" in run_it.text, run_it.text)


for name, words in UNCOUNTED.items():
    add_case(f"{name} is named", named, name, words)


@case("several are named in one line, each once")
def several():
    names = ["libnppc.so.12", "libnpps.so.12", "libcudss.so.0"]
    found = run("import ctypes\n" + "".join(f"ctypes.CDLL({name!r})\n" for name in names) + WORK,
                {name: "int stands_here;" for name in names})
    expect("calls not: cuDSS 0, NPP 12\n" in found.text, found.text)


@case("what computes nothing, or is counted, is not named")
def silent():
    found = run("import ctypes\n" + "".join(f"ctypes.CDLL({name!r})\n" for name in SILENT) + WORK,
                {name: "int stands_here;" for name in SILENT})
    expect("calls not:" not in found.text, found.text)


@case("a profiler that CUDA loads into the program is named, CUPTI alone is not")
def tools():
    for file, title in (("libToolsInjection64.so", "Nsight Systems"),
                        ("libcuda-injection.so", "Nsight Compute"),
                        ("libsanitizer-collection.so", "Compute Sanitizer")):
        found = run(f"import ctypes\nctypes.CDLL({file!r})\n" + WORK, {file: "int stands_here;"})
        expect(f"note      {title} was in the program too" in found.text, found.text)
        expect("calls not:" not in found.text, found.text)
    found = run("import ctypes\nctypes.CDLL('libcupti.so.12')\n" + WORK,
                {"libcupti.so.12": "int stands_here;"})
    expect("CUPTI" not in found.text and "in the program too" not in found.text, found.text)


@case("parts of a library, by the beginning of their names, are NVIDIA's")
def parts():
    names = ("libnvinfer_builder_resource_sm90.so.10.13.0", "libcudnn_engines_tensor_ir.so.9",
             "libcudss_commlayer_nccl.so.0")
    found = run("import ctypes\n" + "".join(f"ctypes.CDLL({name!r})\n" for name in names) + WORK,
                {name: "int stands_here;" for name in names})
    same({l["name"]: l["layer"] for l in found.report["libraries"] if l["name"] in names},
         {names[0]: None, names[1]: "cudnn", names[2]: None}, "layers")


@case("one that was asked for and not loaded is not named")
def absent():
    found = run("import ctypes\ntry: ctypes.CDLL('libcudss.so.0')\nexcept OSError: pass\n" + WORK,
                {})
    expect("calls not:" not in found.text, found.text)


def calls_of(report, layer):
    return {f["name"]: (f["calls"], f["errors"], f["last_error"]) for f in report["functions"]
            if f["layer"] == layer}


@case("cuTENSOR is a layer")
def cutensor():
    found = run("import ctypes\nt = ctypes.CDLL('libcutensor.so.2')\nt.cutensorGetVersion()\n"
                "for status in (0, 0, 15): t.cutensorContract(status)\n" + WORK, {
                    "libcutensor.so.2": "#include <stddef.h>\n"
                    "size_t cutensorGetVersion(void) { return 20800; }\n"
                    "int cutensorContract(int status) { return status; }\n"})
    same(calls_of(found.report, "cutensor"),
         {"cutensorContract": (3, 1, "CUTENSOR_STATUS_NOT_SUPPORTED"),
          "cutensorGetVersion": (1, 0, None)}, "functions")
    same(found.report["totals"]["calls"]["cutensor"], 4, "calls")
    expect("cuTENSOR 4 calls (libcutensor.so.2)" in found.text, found.text)


TENSORRT = """
void *createInferBuilder_INTERNAL(void *logger, int version) { (void)version; return logger; }
int getInferLibVersion(void) { return 100900; }
void _ZN8nvinfer13runEv(void) {}
"""
LINKED = """
void *createInferBuilder_INTERNAL(void *logger, int version);
int getInferLibVersion(void);
void _ZN8nvinfer13runEv(void);
void begin(void)
{
    createInferBuilder_INTERNAL((void *)8, getInferLibVersion());
    _ZN8nvinfer13runEv();
}
"""


@case("TensorRT is a layer as far as its C functions go, and the report says so")
def tensorrt():
    def prepare(run):
        part = library(f"{run.folder}/lib/libnvinfer.so.10", TENSORRT)
        library(f"{run.folder}/lib/program.so", LINKED, needs=[part])
        run.env["LD_LIBRARY_PATH"] = f"{run.folder}/lib:{SIM_LIB}"
    found = Run([sys.executable, "-c", "import ctypes\nctypes.CDLL('program.so').begin()\n" +
                 WORK], prepare=prepare)
    same(calls_of(found.report, "tensorrt"),
         {"createInferBuilder_INTERNAL": (1, 0, None), "getInferLibVersion": (1, 0, None)},
         "functions")
    expect("TensorRT 2 calls (libnvinfer.so.10)" in found.text, found.text)
    expect("TensorRT 10: its kernels are counted, and of its calls only" in found.text, found.text)


@case("a look-up by name of what is not named as CUDA's functions are")
def by_name():
    found = run("""import ctypes
t = ctypes.CDLL("libnvinfer.so.10")
t.getInferLibVersion()
assert t.createInferBuilder_INTERNAL(8, 100900) == 8
f = ctypes.CDLL("libcufftw.so.11")
f.fftwf_execute(0)
assert not hasattr(t, "getNothing")
""" + WORK, {"libnvinfer.so.10": TENSORRT,
             "libcufftw.so.11": "void fftwf_execute(void *plan) { (void)plan; }"})
    same(calls_of(found.report, "tensorrt"),
         {"createInferBuilder_INTERNAL": (1, 0, None), "getInferLibVersion": (1, 0, None)},
         "functions")
    same(calls_of(found.report, "cufft"), {"fftwf_execute": (1, 0, None)}, "cuFFTW's")


@case("what cuTENSOR and TensorRT call among NVIDIA's is not the program's")
def among():
    found = run("import ctypes\nt = ctypes.CDLL('libcutensor.so.2')\nt.cutensorContract(0)\n" +
                WORK, {
                    "libcutensor.so.2": "#include <dlfcn.h>\nint cutensorContract(int s) { void *l "
                    "= dlopen(\"libcublasLt.so.12\", RTLD_NOW); return ((int (*)(void))dlsym(l, "
                    "\"cublasLtMatmul\"))(); }\n",
                    "libcublasLt.so.12": "int cublasLtMatmul(void) { return 0; }\n"})
    calls = found.report["totals"]["calls"]
    same((calls["cutensor"], calls["cublas"]), (1, 0), "calls of cutensor, cublas")


@case("what was closed before the end is not looked at there")
def closed_before_the_end():
    code = ("import ctypes, _ctypes, sys\n"
            "try: ctypes.CDLL('libcudnn.so.6')\nexcept OSError: pass\n"
            "x = ctypes.CDLL('libgone.so.1')\n_ctypes.dlclose(x._handle)\n")
    run_it = run(code, {"libgone.so.1": "int stands_here;"})
    same(run_it.status, 0, f"status; it said {run_it.stderr!r}")
    same(run_it.report["reason"], "library-missing", "reason")


if __name__ == "__main__":
    main()

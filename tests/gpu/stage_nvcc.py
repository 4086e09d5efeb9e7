"""Programs made by nvcc, which know what they do, on the real runtime and driver."""

import sys

import building
import compare
import machine
import runs
from cases import Skip, add_case, case, expect

SECONDS = 60


def other_architecture():
    """Code that the GPU of this machine cannot run."""
    other = "sm_90" if machine.gpu and machine.gpu["capability"][0] == 7 else "sm_75"
    return [f"-gencode=arch={other.replace('sm', 'compute')},code={other}"]


def build(name, source, shared=False, options=(), arch=None):
    return building.nvcc_program(name, [source], options, shared,
                                 arch=arch() if arch else None)


PER_THREAD = ("--default-stream", "per-thread", "-DPER_THREAD")
SHARED = ("-DSHARED_RUNTIME",)

# name: (source, how it is built, how it is compared)
PROGRAMS = {
    "basic": ("basic.cu", {}, {"peaks": True}),
    "basic, shared runtime": ("basic.cu", {"shared": True, "options": SHARED}, {"peaks": True}),
    "basic, stream per thread": ("basic.cu", {"options": PER_THREAD}, {}),
    "basic, shared, stream per thread": ("basic.cu", {"shared": True,
                                                      "options": SHARED + PER_THREAD}, {}),
    "graphs": ("graphs.cu", {}, {}),
    "graphs, shared runtime": ("graphs.cu", {"shared": True}, {}),
    "memory": ("memory.cu", {}, {}),
    "cooperative": ("cooperative.cu", {}, {}),
    "two threads, two contexts": ("threads.cu", {}, {}),
    "a kernel that faults": ("fault.cu", {}, {"status": 3, "cupti": False}),
    "a kernel for another GPU": ("architecture.cu", {"arch": other_architecture},
                                 {"cupti": False}),
    "devices": ("devices.cu", {}, {}),
    "calls at the end": ("atend.cu", {}, {"cupti": False}),
}


def target_of(name):
    return "nvcc-" + name.replace(",", "").replace(" ", "-")


def run(name, source, how, compared):
    path = build(target_of(name), source, **how)
    machine.need_gpu()
    return compare.program([path], building.packed_libraries(), **compared)


def run_without_gpu(name, source, how):
    if machine.gpu:
        raise Skip("there is a GPU")
    return compare.without_gpu([build(target_of(name), source, **how)], building.packed_libraries())


for _name, (_source, _how, _compared) in PROGRAMS.items():
    add_case("nvcc", _name, run, _name, _source, _how, _compared)
for _name in ("basic", "basic, shared runtime"):
    add_case("nvcc", f"{_name}: no GPU", run_without_gpu, _name, *PROGRAMS[_name][:2])


@case("nvcc", "CUPTI's counter: no GPU")
def counter_without_gpu():
    """It is built, and what keeps CUPTI from counting stands in what it writes."""
    building.injector()
    if machine.gpu:
        raise Skip("there is a GPU")
    load = "import ctypes, os; " \
           "ctypes.CDLL(os.environ['CUDA_INJECTION64_PATH']).InitializeInjection()"
    run = runs.ended(runs.Run([sys.executable, "-c", load], cupti="activity"))
    expect(run.cupti and run.cupti["problem"] and not run.cupti["kernels"],
           f"it wrote {run.cupti}")
    return run.cupti["problem"]

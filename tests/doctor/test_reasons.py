#!/usr/bin/env python3
"""Why not: each situation in which a program does not get its GPU, made for real, and what gpuspy
says of it: the reason, its evidence, and what else is wrong."""

import os
import shutil
import subprocess
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "e2e"))
from harness import (BUILD, GPUSPY, SIM_LIB, Run, Skip, add_case, case, client, expect, main,
                     no_driver_here, same)

FAKES = os.path.join(BUILD, "tests", "doctor")
ASK = os.path.join(SOURCE, "ask.py")


def with_files(files):
    """Before the start: these files in a folder that LD_LIBRARY_PATH names, {name: original}."""
    def prepare(run):
        folder = os.path.join(run.folder, "lib")
        for name, original in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if original:
                shutil.copy(original, path)
            else:
                open(path, "w", encoding="ascii").close()
        run.env["LD_LIBRARY_PATH"] = folder
    return prepare


def fake(name):
    return os.path.join(FAKES, f"lib{name}.so")


def sim(name):
    return os.path.join(SIM_LIB, name)


def judged(run, verdict, reason, *words, also=()):
    report = run.report
    expect(report, f"no report; it said {run.stderr!r}")
    same((report["verdict"], report["reason"]), (verdict, reason), "verdict and reason")
    told = " ".join(str(report[key]) for key in ("summary", "evidence", "advice"))
    for word in words:
        expect(word in told, f"{word!r} is not in {told!r}")
        expect(word in run.text, f"{word!r} is not in the text {run.text!r}")
    same([cause["reason"] for cause in report["also"]], list(also), "other causes")
    for cause in report["also"]:
        expect(cause["summary"] in run.text, f"{cause['summary']!r} is not in the text")
    return report


def python(*names, files=None, env=None):
    return Run([sys.executable, ASK, *names], env, sim=False,
               prepare=with_files(files if files is not None else {}))


def entry(report, name):
    found = [library for library in report["libraries"] if library["name"] == name]
    same(len(found), 1, f"entries of {name}")
    return found[0]


# What was asked for and not found.

@case("driver-missing: the loader's words, and who asked")
def words():
    no_driver_here()
    report = judged(python("libcuda.so.1"), "gpu-unavailable", "driver-missing", "_ctypes",
                    "cannot open shared object file")
    found = entry(report, "libcuda.so.1")
    same(found["error"],
         "libcuda.so.1: cannot open shared object file: No such file or directory", "error")
    same((found["loaded"], found["asked"]), (False, 1), "loaded, asked")


@case("driver-missing, and a library too")
def two_missing():
    no_driver_here()
    judged(python("libcuda.so.1", "libcudnn.so.6"), "gpu-unavailable", "driver-missing",
           also=["library-missing"])


@case("driver-missing, and all devices hidden")
def missing_and_hidden():
    no_driver_here()
    judged(python("libcuda.so.1", env={"CUDA_VISIBLE_DEVICES": "-1"}), "gpu-unavailable",
           "driver-missing", also=["devices-hidden"])


@case("library-missing: another version is there")
def other_version():
    report = judged(python("libcudnn.so.6", files={"libcudnn.so.9": sim("libcudnn.so.9")}),
                    "gpu-unavailable", "library-missing", "libcudnn.so.6 could not be loaded",
                    "there is ", "libcudnn.so.9")
    other = entry(report, "libcudnn.so.9")
    same((other["loaded"], other["asked"], os.path.basename(other["path"])),
         (False, 0, "libcudnn.so.9"), "the other version")


@case("library-missing: not a library")
def not_a_library():
    files = {"libcudnn.so.6": os.path.join(SOURCE, "ask.py")}
    judged(python("libcudnn.so.6", files=files), "gpu-unavailable", "library-missing",
           "invalid ELF header")


@case("library-missing after the driver was initialised")
def missing_when_ready():
    judged(python("libcuda.so.1", "libcudnn.so.6", files={"libcuda.so.1": sim("libcuda.so.1")}),
           "gpu-idle", "library-missing", "libcudnn.so.6")


PLUGIN = {"plugin.so": fake("needs-part"), "libneeds-cudnn.so": fake("needs-cudnn")}


def plugin(name, files):
    """A plugin that is there and cannot be loaded for what a library beside it needs."""
    if b"libcudnn.so.8" in subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True,
                                          check=False).stdout:
        raise Skip("this machine has libcudnn.so.8")
    return python(name, files=files)


@case("library-missing: needed by a library that a plugin needs")
def needed():
    report = judged(plugin("plugin.so", PLUGIN), "gpu-unavailable", "library-missing",
                    "libcudnn.so.8", "needed by /", "/libneeds-cudnn.so)")
    found = entry(report, "libcudnn.so.8")
    same((found["loaded"], found["asker"]), (False, "libneeds-cudnn.so"), "loaded, asker")


@case("a plugin that loads says nothing")
def plugin_loads():
    files = dict(PLUGIN)
    for name in ("libcudnn.so.8", "libsim_standin.so"):
        files[name] = sim(name)
    run = plugin("plugin.so", files)
    judged(run, "gpu-unused", "never-asked")
    same(run.stdout, b"", "what the program said")


@case("a library that is there under a second name is not missing")
def second_name():
    run = python("libcudnn.so.6", "libcudnn.so.8", "libcuda.so.1", files={
        name: sim(name) for name in ("libcudnn.so.8", "libsim_standin.so", "libcuda.so.1")})
    judged(run, "gpu-idle", "no-kernel")
    expect(entry(run.report, "libcudnn.so.6")["error"], "no error is told")


@case("the program's dlerror() is its own")
def own_error():
    script = ("import ctypes\n"
              "for name in ('libcudnn.so.6', '/nonexistent/x.so', 'libcublas.so.6'):\n"
              "    try: ctypes.CDLL(name)\n"
              "    except OSError as e: print(e)\n")
    plain, spied = (Run([sys.executable, "-c", script], spied=how) for how in (False, True))
    same(spied.stdout, plain.stdout, "what the program said")
    same(len(spied.stdout.splitlines()), 3, "errors")


@case("constructors and destructors run once")
def constructors():
    """glibc runs the constructors again of what is opened after the destructors have run, and was
    never opened by name before: a library that others need, and that itself asked for another."""
    def prepare(run):
        with_files({"talks.so": fake("talks"), "libcudnn.so.9": fake("talks")})(run)
        folder = os.path.join(run.folder, "lib")
        os.symlink("libcudnn.so.9", os.path.join(folder, "libcudnn.so"))
        os.symlink("talks.so", os.path.join(folder, "talks-too.so"))

    for names in (("talks.so",), ("talks.so", "libcudnn.so.6"), ("talks.so", "talks-too.so"),
                  ("libcudnn.so.9", "libcudnn.so"), ("libcudnn.so", "libcudnn.so.9", "talks.so")):
        plain, spied = (Run([sys.executable, ASK, *names], sim=False, spied=how, prepare=prepare)
                        for how in (False, True))
        same(spied.stdout, plain.stdout, f"what the libraries {names} said")
        same(spied.stdout.count(b"constructor"), spied.stdout.count(b"destructor"), "calls")
        expect(spied.stdout.count(b"constructor") > 0, "nothing was loaded")
    script = f"import ctypes; print(ctypes.CDLL({fake('needs-talks')!r}).needs_talks())"
    run = Run([sys.executable, "-u", "-c", script], sim=False)
    same(run.stdout, b"constructor\n0\ndestructor\n", "what the library that asks said")
    judged(run, "gpu-unavailable", "library-missing", "asked for by libtalks.so")


@case("what a running program did not find: so far")
def while_it_runs():
    script = ("import ctypes, os, subprocess, sys\n"
              "try: ctypes.CDLL('libcuda.so.1')\n"
              "except OSError: pass\n"
              "sys.stdout.write(subprocess.run([sys.argv[1], 'report', str(os.getpid())], capture_output=True,\n"
              "                                text=True).stdout)\n")
    run = Run([sys.executable, "-c", script, GPUSPY], sim=False)
    expect(b"libcuda.so.1: not loaded so far (asked" in run.stdout, run.stdout)
    judged(run, "gpu-unavailable", "driver-missing", "cannot open shared object file")


@case("an entry that the driver has not")
def missing_entry():
    script = ("import ctypes\n"
              "cuda = ctypes.CDLL('libcuda.so.1')\n"
              "cuda.cuInit(0)\n"
              "print(hasattr(cuda, 'cuFromTheFuture'), hasattr(cuda, 'cuInit'))\n")
    run = Run([sys.executable, "-c", script])
    same(run.stdout, b"False True\n", "what the program found")
    same((run.report["driver"]["missing_entry"], run.report["driver"]["missing_entries"]),
         ("cuFromTheFuture", 1), "the first missing entry, look-ups")


# The driver says no.

def not_simulated(status, reason, *words, env=None):
    judged(python("libcuda.so.1", files={"libcuda.so.1": fake("fake-driver")},
                  env={"FAKE_INIT": str(status), **(env or {})}),
           "gpu-unavailable", reason, *words)


def no_files():
    if any(os.path.exists(path) for path in ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-ctrl",
                                             "/proc/driver/nvidia/version")):
        raise Skip("this machine has NVIDIA's driver in its kernel")


@case("driver-not-loaded")
def not_loaded():
    no_files()
    not_simulated(100, "driver-not-loaded", "the kernel has no NVIDIA driver")
    not_simulated(999, "driver-not-loaded", "CUDA_ERROR_UNKNOWN")


add_case("driver-too-old: 803", not_simulated, 803, "driver-too-old", "restart")
add_case("driver-too-old: 804", not_simulated, 804, "driver-too-old", "compat")
add_case("driver-stub: 34", not_simulated, 34, "driver-stub", "stub")


# The driver is ready, and no kernel ran.

def idle(reason, kind, fail="", *words, env=None):
    settings = {"SIM_FAIL": fail, **(env or {})} if fail else env
    run = Run([client("client-outcome"), kind], settings)
    judged(run, "gpu-idle", reason, *words)


add_case("out-of-memory at the first allocation", idle, "out-of-memory", "idle",
         "cuMemAlloc_v2@*=2", "at the first allocation", "CUDA_ERROR_OUT_OF_MEMORY")
add_case("out-of-memory: no context", idle, "out-of-memory", "idle",
         "cuDevicePrimaryCtxRetain@*=2", "cuDevicePrimaryCtxRetain")
for code, name in ((209, "NO_BINARY_FOR_GPU"), (222, "UNSUPPORTED_PTX_VERSION"),
                   (218, "INVALID_PTX")):
    add_case(f"no-kernel-image: {code}", idle, "no-kernel-image", "work",
             f"cuModuleLoadData@*={code}", name, "Simulated GPU 0")
add_case("launch-failed", idle, "launch-failed", "work", "cuLaunchKernel@*=701",
         "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES")
add_case("memory-reserved", idle, "memory-reserved", "idle", "", "reserved",
         env={"SIM_MEMORY": "4096"})
add_case("no-kernel: memory and nothing else", idle, "no-kernel", "idle", "", "1 allocation")


def runtime_error(code, reason, *words):
    """The same, met by a program on the runtime."""
    run = Run([client("client-runtime"), "1"], {"SIM_FAIL": f"cuMemAlloc_v2@*={code}"})
    judged(run, "gpu-idle", reason, *words)


add_case("out-of-memory, by the runtime", runtime_error, 2, "out-of-memory", "memory was full")


@case("only-copies")
def only_copies():
    script = ("import ctypes\n"
              "cuda, p = ctypes.CDLL('libcuda.so.1'), ctypes.c_void_p()\n"
              "m, data = ctypes.c_uint64(), ctypes.create_string_buffer(64)\n"
              "assert not cuda.cuInit(0) and not cuda.cuDevicePrimaryCtxRetain("
              "ctypes.byref(p), 0) and not cuda.cuCtxSetCurrent(p)\n"
              "assert not cuda.cuMemAlloc_v2(ctypes.byref(m), ctypes.c_size_t(64))\n"
              "assert not cuda.cuMemcpyHtoD_v2(m, data, ctypes.c_size_t(64))\n")
    judged(Run([sys.executable, "-c", script]), "gpu-idle", "only-copies", "1 copy")


# It never asked.

TORCH = {"libtorch_cpu.so": fake("without-gpu-code")}


@case("cpu-build: torch")
def cpu_torch():
    judged(python("libtorch_cpu.so", files=TORCH), "gpu-unused", "cpu-build",
           "torch is installed without code for GPUs", "libtorch_cpu.so", "install_torch")


@case("cpu-build: TensorFlow")
def cpu_tensorflow():
    judged(python("libtensorflow_framework.so.2", files={
        "libtensorflow_framework.so.2": fake("without-gpu-code"),
        "libtensorflow_cc.so.2": fake("without-gpu-code")}),
           "gpu-unused", "cpu-build", "TensorFlow", "and-cuda")


@case("cpu-build: JAX")
def cpu_jax():
    run = python("jaxlib/_jax.so", files={"jaxlib/_jax.so": fake("without-gpu-code")})
    expect(b"cannot open" in run.stdout, "jaxlib/_jax.so is no path from here")
    path = os.path.join(run.folder, "lib", "jaxlib", "_jax.so")
    judged(Run([sys.executable, ASK, path], sim=False), "gpu-unused", "cpu-build", "JAX")


@case("torch counts more than what comes with it")
def two_frameworks():
    for names in (("lib_lightgbm.so", "libtorch_cpu.so"), ("libtorch_cpu.so", "lib_lightgbm.so")):
        judged(python(*names, files={**TORCH, "lib_lightgbm.so": fake("without-gpu-code")}),
               "gpu-unused", "cpu-build", "torch is installed")


@case("never-asked: a GPU build of torch")
def gpu_torch():
    judged(python("libtorch_cpu.so", files={**TORCH, "libtorch_cuda.so": None}),
           "gpu-unused", "never-asked")


@case("never-asked: a GPU build of TensorFlow")
def gpu_tensorflow():
    judged(python("libtensorflow_framework.so.2", files={
        "libtensorflow_framework.so.2": fake("without-gpu-code"),
        "libtensorflow_cc.so.2": fake("with-gpu-code")}), "gpu-unused", "never-asked")


@case("a CPU build beside a driver that is missing")
def cpu_build_too():
    no_driver_here()
    judged(python("libtorch_cpu.so", "libcuda.so.1", files=TORCH), "gpu-unavailable",
           "driver-missing", also=["cpu-build"])


# It worked, elsewhere.

@case("completed, by a child process only")
def only_child():
    run = Run([sys.executable, "-c",
               f"import subprocess\nsubprocess.run([{client('client-outcome')!r}, 'work'])"])
    report = run.report
    same((report["verdict"], report["reason"]), ("gpu-work", "completed"), "verdict, reason")
    expect("only in a child process: " in (report["evidence"] or ""), f"{report['evidence']!r}")
    expect("client-outcome work" in report["evidence"], f"{report['evidence']!r}")


@case("a YES says nothing of other causes")
def yes_alone():
    run = Run([client("client-outcome"), "work"])
    same((run.report["verdict"], run.report["also"]), ("gpu-work", []), "verdict, other causes")


if __name__ == "__main__":
    main()

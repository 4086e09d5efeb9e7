#!/usr/bin/env python3
"""The table of README.md: what people have reported, recreated small, and the reason that is right.
Each row runs a program under gpuspy; where the cause is there beforehand, `gpuspy doctor` must find
the same one without running it."""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, SOURCE)
from made import (CPU, CUDA, FAKES, GPU, SITE, compiler, copy, library, load, opener, start, text)
from harness import (GPUSPY, SIM_LIB, SLOWER, Run, Skip, add_case, case, clean_environment, client, expect,
                     main, no_driver_here, program, same)
import json_schema

ROWS = {}
ASKED = set()  # rows of which the doctor was asked
SKIPPED = set()
# Why a row's cause is not there beforehand.
LATER = ("the program does it", "the program asks for it", "while it runs", "control")
NO_TOOLKIT = {"CUDA_HOME": None, "CUDA_PATH": None}


class Asking:
    """The row that is at work."""
    row = None


def row(number, reason):
    """Marks a case as the row of that number."""
    def mark(function):
        ROWS[number] = reason

        def body():
            Asking.row = number
            try:
                function()
            except Skip:
                SKIPPED.add(number)
                raise
        add_case(f"row {number}: {function.__doc__.splitlines()[0]}", body)
        return function
    return mark


def told(report):
    return " ".join(str(report[key]) for key in ("summary", "evidence", "advice"))


def judged(run, reason, *words, without=()):
    report = run.report
    expect(report, f"no report; it said {run.stderr!r}")
    same(report["reason"], reason, f"the reason (of {told(report)!r})")
    for word in words:
        expect(word in told(report), f"{word!r} is not in {told(report)!r}")
    for word in without:
        expect(word not in told(report), f"{word!r} is in {told(report)!r}")
    expect(report["reason"] == "completed" or report["evidence"], "there is no evidence")
    return report


def python(code, prepare=None, reason=None, *words, sim=False, doctor=None, env=None, without=()):
    """Runs it. prepare(folder): makes what it needs, gives variables. ROOT in the code is that
    folder. doctor: the words after `gpuspy doctor`; then the doctor must find the reason too."""
    asked = {}

    def begin(run):
        run.env.update(prepare(run.folder) if prepare else {})
        run.command = [word.replace("ROOT", run.folder) for word in run.command]
        if doctor is not None:
            asked.update(ask(run.env, *doctor))
    run = Run([sys.executable, "-c", code], {**NO_TOOLKIT, **(env or {})}, sim=sim, prepare=begin)
    report = judged(run, reason, *words, without=without)
    if doctor is not None:
        found = [finding["reason"] for finding in asked["findings"] if finding["reason"]]
        expect(reason in found, f"doctor found {found}, not {reason}: {asked['findings']}")
    return report


def watched(code, prepare, reason, *words, doctor=None):
    """The same by `gpuspy run`, which reports of a program that is killed."""
    asked = {}

    def begin(run):
        run.env.update(prepare(run.folder) if prepare else {})
        run.command = [GPUSPY, "run", "--json", run.folder + "/report", *[
            word.replace("ROOT", run.folder) for word in run.command]]
        if doctor is not None:
            asked["doctor"] = ask(run.env, *doctor)
        asked["ran"] = subprocess.run(run.command, env={k: v for k, v in run.env.items() if k !=
                                      "LD_PRELOAD"}, capture_output=True, check=False)
        with open(run.folder + "/report", encoding="utf-8") as file:
            asked["report"] = json.load(file)
    Run([sys.executable, "-c", code], NO_TOOLKIT, sim=False, prepare=begin)
    report = judged(SimpleNamespace(report=asked["report"], stderr=asked["ran"].stderr), reason,
                    *words)
    if doctor is not None:
        found = [finding["reason"] for finding in asked["doctor"]["findings"]]
        expect(reason in found, f"doctor found {found}: {asked['doctor']['findings']}")
    return report


def ask(env, *words):
    ASKED.add(Asking.row)
    plain = {key: value for key, value in env.items() if key not in ("LD_PRELOAD",)}
    said = subprocess.run([GPUSPY, "doctor", "--json", *words], env=plain, text=True,
                          capture_output=True, timeout=60 * SLOWER, check=False)
    expect(said.stdout, f"doctor said {said.stderr!r}")
    report = json.loads(said.stdout)
    same(json_schema.faults(report, json_schema.DOCTOR), [], "against the schema")
    return report


def r(code, reason, *words, **settings):
    """The same from R, whose front end sets LD_LIBRARY_PATH."""
    run = Run([program("Rscript"), "--vanilla", *[x for line in code for x in ("-e", line)]],
              {**NO_TOOLKIT, **settings})
    return judged(run, reason, *words)


def in_lib(**files):
    """{name: original} in a folder of LD_LIBRARY_PATH; "__" stands for "."."""
    def prepare(folder):
        for name, original in files.items():
            copy(os.path.join(folder, "lib", name.replace("__", ".")), original)
        return {"LD_LIBRARY_PATH": os.path.join(folder, "lib")}
    return prepare


FAKE = in_lib(libcuda__so__1=os.path.join(FAKES, "libfake-driver.so"))
ASK = "import ctypes\nctypes.CDLL('libcuda.so.1').cuInit(0)\n"


def no_files():
    if any(os.path.exists(path) for path in ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-ctrl",
                                             "/proc/driver/nvidia/version")):
        raise Skip("this machine has NVIDIA's driver in its kernel")


# The driver.

@row(1, "driver-missing")
def no_driver():
    """no driver is installed"""
    no_driver_here()
    python(load("libcuda.so.1"), None, "driver-missing", "libcuda.so.1", doctor=())


@row(2, "driver-stub")
def stub():
    """the toolkit's stub comes first"""
    python(ASK, FAKE, "driver-stub", "stub", env={"FAKE_INIT": "34"}, doctor=())


LOOKS = "int cuInit(unsigned f) { return 34; }\n"
# One that can do something, as it calls others.
CALLS = "int getpid(void);\nint cuInit(unsigned f) { return 34 + (getpid() == 1); }\n"


def looks_in(folder, code=LOOKS):
    def prepare(root):
        library(os.path.join(root, folder, "libcuda.so.1"), code)
        return {"LD_LIBRARY_PATH": os.path.join(root, folder)}
    return prepare


GIVES_UP = ("import ctypes\nd = ctypes.CDLL('libcuda.so.1')\n"
            "assert hasattr(d, 'cuInit') and not hasattr(d, 'cuGLGetDevices_v2')\n")


@row(3, "driver-stub")
def stub_look_up():
    """ffmpeg looks a function up in a stub, and gives up"""
    python(GIVES_UP, looks_in("stubs"), "driver-stub", "stubs/libcuda.so.1", doctor=())

    def linked(root):
        looks_in("stubs")(root)
        os.makedirs(root + "/lib")
        os.symlink("../stubs/libcuda.so.1", root + "/lib/libcuda.so.1")
        return {"LD_LIBRARY_PATH": root + "/lib"}
    python(GIVES_UP, linked, "driver-stub", "stubs/libcuda.so.1")


@row(65, "driver-stub")
def copied_stub():
    """a copy of the stub lies in another folder"""
    python(GIVES_UP, looks_in("copied"), "driver-stub", "copied/libcuda.so.1",
           "take that copy away (/")
    python(ASK, FAKE, "driver-stub", "take that copy away (/", env={"FAKE_INIT": "34"},
           doctor=())


@row(4, "driver-too-old")
def old_look_up():
    """a driver lacks a function, and the program gives up"""
    python(GIVES_UP, looks_in("old", CALLS), "driver-too-old", "cuGLGetDevices_v2",
           "old/libcuda.so.1")
    # A folder's name proves nothing.
    python(GIVES_UP, looks_in("stubs", CALLS), "driver-too-old", "stubs/libcuda.so.1")


@row(5, "driver-too-old")
def static_runtime():
    """the static runtime is newer than the driver"""
    code = ("import ctypes\nd = ctypes.CDLL('libcuda.so.1')\nn, p = ctypes.c_int(), "
            "ctypes.c_void_p()\nd.cuDriverGetVersion(ctypes.byref(n))\n"
            "for name, version in ((b'cuInit', 2000), (b'cuStreamBeginCaptureToCig', 13000)):\n"
            "    d.cuGetProcAddress_v2(name, ctypes.byref(p), version, ctypes.c_uint64(0), None)\n")
    python(code, None, "driver-too-old", "CUDA 12.2", "CUDA 13.0", sim=True,
           env={"SIM_VERSION": "12020"})
    report = Run([sys.executable, "-c", code]).report
    same(report["reason"], "never-asked", "reason with a driver that is new enough")


for number, code, word in ((6, 803, "restart"), (7, 804, "compat")):
    @row(number, "driver-too-old")
    def mismatch(code=code, word=word):
        """cuInit's 803 and 804"""
        python(ASK, FAKE, "driver-too-old", word, env={"FAKE_INIT": str(code)}, doctor=())


@row(8, "driver-not-loaded")
def not_in_kernel():
    """libcuda is installed, the kernel's part is not"""
    no_files()
    python(ASK, FAKE, "driver-not-loaded", env={"FAKE_INIT": "100"}, doctor=())


@row(9, "init-failed")
def other_error():
    """cuInit fails after a suspend (999)"""
    python(ASK, None, "init-failed", "nvidia_uvm", "CUDA_ERROR_UNKNOWN", sim=True,
           env={"SIM_INIT": "999"}, doctor=())


@row(10, "no-device")
def no_device():
    """the driver is at work, and counts no device"""
    python(ASK, None, "no-device", sim=True, env={"SIM_INIT": "100"}, doctor=())


def two_drivers(root):
    library(os.path.join(root, "native", "libcuda.so.1"),
            "int cuInit(unsigned f){return 100;} int cuDeviceGetCount(int *n){*n=0;return 0;}"
            "int cuDriverGetVersion(int *v){*v=12040;return 0;}")
    return {"LD_LIBRARY_PATH": os.path.join(root, "native") + ":" + SIM_LIB}


@row(11, "driver-not-loaded")
def other_driver():
    """LD_LIBRARY_PATH has two drivers, and the first does not do"""
    no_files()
    python(ASK, two_drivers, "driver-not-loaded", "native/libcuda.so.1",
           "there is another libcuda: " + SIM_LIB, "LD_LIBRARY_PATH puts", doctor=())


@row(87, "driver-not-loaded")
def other_driver_elsewhere():
    """a driver was installed inside WSL, and the loader finds it before WSL's own"""
    no_files()

    def prepare(root):
        two_drivers(root)
        library(root + "/asks.so", "#include <dlfcn.h>\nvoid start(void) { void *d = "
                "dlopen(\"libcuda.so.1\", RTLD_NOW); ((int (*)(unsigned))dlsym(d, \"cuInit\"))(0); }",
                rpath=root + "/native")
        return {"LD_LIBRARY_PATH": SIM_LIB}
    python(start("ROOT/asks.so"), prepare, "driver-not-loaded", "native/libcuda.so.1",
           f"start the program with LD_LIBRARY_PATH={SIM_LIB}:$LD_LIBRARY_PATH, or remove")


@row(12, "driver-not-loaded")
def driver_of_r():
    """R_LD_LIBRARY_PATH gives R another driver than the shell has"""
    no_files()
    rscript, found = program("Rscript"), {}

    def prepare(run):
        two_drivers(run.folder)
        run.env["LD_LIBRARY_PATH"] = SIM_LIB
        run.env["R_LD_LIBRARY_PATH"] = os.path.join(run.folder, "native")
        library(os.path.join(run.folder, "r.so"),
                "#include <dlfcn.h>\nvoid ask(int *s) { void *d = dlopen(\"libcuda.so.1\", 2);"
                "*s = ((int (*)(unsigned))dlsym(d, \"cuInit\"))(0); }")
        run.command[-1] = run.command[-1].replace("ROOT", run.folder)
        found["shell"], found["r"] = ask(run.env), ask(run.env, rscript, "train.R")
    run = Run([rscript, "--vanilla", "-e",
               "dyn.load('ROOT/r.so'); cat(.C('ask', s = 0L)$s)"], sim=False, prepare=prepare)
    same(run.stdout, b"100", "cuInit in R")
    judged(run, "driver-not-loaded", "native/libcuda.so.1", "there is another libcuda: " + SIM_LIB,
           "R_LD_LIBRARY_PATH puts", "/native/ out of R_LD_LIBRARY_PATH")
    same((found["shell"]["usable"], found["r"]["usable"]), (True, False), "usable: shell, Rscript")
    two = [f for f in found["shell"]["findings"] if f["subject"] == "R" and
           f["level"] == "problem"]
    expect(len(two) == 1 and "R_LD_LIBRARY_PATH puts" in two[0]["text"] and SIM_LIB in
           two[0]["text"], f"{two}")
    expect("driver-not-loaded" in [f["reason"] for f in found["r"]["findings"]], f"{found['r']}")


# Hidden devices.

@row(13, "devices-hidden")
def hidden():
    """CUDA_VISIBLE_DEVICES=-1 from the shell"""
    python(ASK, None, "devices-hidden", '"-1"', "unset", sim=True, doctor=(),
           env={"CUDA_VISIBLE_DEVICES": "-1"}, without=["the program itself"])


@row(14, "devices-hidden")
def hidden_by_nothing():
    """CUDA_VISIBLE_DEVICES is set and empty"""
    python(ASK, None, "devices-hidden", sim=True, doctor=(), env={"CUDA_VISIBLE_DEVICES": ""})


@row(15, "devices-hidden")
def hidden_inside():
    """a helper for seeds sets CUDA_VISIBLE_DEVICES in os.environ"""
    python("import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '-1'\n" + ASK, None, "devices-hidden",
           "the program itself", '"-1"', "os.environ", sim=True)


@row(16, "devices-hidden")
def changed_inside():
    """it was set from outside, and the program set it again"""
    python("import os\nimport ctypes; ctypes.CDLL('libcudart.so.13')\n"
           "os.environ['CUDA_VISIBLE_DEVICES'] = '7'\n" + ASK, None, "devices-hidden",
           "the program itself", '"7"', sim=True, env={"CUDA_VISIBLE_DEVICES": "0"})


@row(17, "devices-hidden")
def hidden_in_r():
    """R sets it by Sys.setenv"""
    r(["Sys.setenv(CUDA_VISIBLE_DEVICES = '-1')", f"dyn.load({client('rpkg.so')!r})",
       "invisible(.C('rpkg_forward', 1L, double(1), integer(1)))"], "devices-hidden",
      "the program itself", "Sys.setenv")


@row(18, "no-kernel")
def unhidden():
    """the program takes the variable away again: the device is there"""
    python("import os\ndel os.environ['CUDA_VISIBLE_DEVICES']\n" + CUDA + "assert not ready()\n",
           None, "no-kernel", sim=True, env={"CUDA_VISIBLE_DEVICES": "-1"})


# Forks.

@row(19, "after-fork")
def forked():
    """multiprocessing forks after CUDA was used"""
    python(CUDA + "assert not ready()\nif not os.fork():\n    p = ctypes.c_uint64()\n"
           "    os._exit(cu.cuMemAlloc_v2(ctypes.byref(p), ctypes.c_size_t(8)) != 3)\n"
           "assert os.wait()[1] == 0\n", None, "after-fork", "forked child", "spawn", "PSOCK",
           "CUDA_ERROR_NOT_INITIALIZED", sim=True)
    # Two generations, and the driver asked anew.
    python(CUDA + "assert not ready()\nif not os.fork():\n    if not os.fork():\n"
           "        os._exit(0 if ready() else 1)\n    os._exit(os.wait()[1])\n"
           "assert os.wait()[1] == 0\n", None, "after-fork", sim=True)


@row(20, "after-fork")
def forked_by_r():
    """mclapply forks after CUDA was used"""
    alone = "invisible(.C('idle', integer(1)))"
    with_r = library_for_r()
    run = Run([program("Rscript"), "--vanilla", "-e", "dyn.load('ROOT/r.so')", "-e", alone, "-e",
               "invisible(parallel::mclapply(1:2, function(i) .C('idle', integer(1)), "
               "mc.cores = 2))"], prepare=with_r)
    judged(run, "after-fork", "callr")


def library_for_r():
    def prepare(run):
        library(os.path.join(run.folder, "r.so"), """
            #include <dlfcn.h>
            #include <stddef.h>
            static void *d;
            void idle(int *status)
            {
                unsigned long long at;
                void *context;
                if (!d) {
                    d = dlopen("libcuda.so.1", RTLD_NOW);
                    ((int (*)(unsigned))dlsym(d, "cuInit"))(0);
                    ((int (*)(void **, int))dlsym(d, "cuDevicePrimaryCtxRetain"))(&context, 0);
                    ((int (*)(void *))dlsym(d, "cuCtxSetCurrent"))(context);
                }
                *status = ((int (*)(void *, size_t))dlsym(d, "cuMemAlloc_v2"))(&at, 8);
            }""")
        run.command = [word.replace("ROOT", run.folder) for word in run.command]
    return prepare


@row(21, "no-kernel")
def fresh_child():
    """a child that starts anew may use it"""
    python(CUDA + "import subprocess, sys\nassert not ready()\n"
           "subprocess.run([sys.executable, '-c', 'import ctypes; "
           "ctypes.CDLL(\"libcuda.so.1\").cuInit(0)'], check=True)\n", None, "no-kernel", sim=True)


# Libraries.

@row(22, "library-missing")
def missing():
    """a library is asked for and is nowhere"""
    python(load("libcudnn.so.6"), None, "library-missing", "libcudnn.so.6", "No such file")


def needs_jitlink(root):
    lib = os.path.join(root, "lib")
    jit = library(os.path.join(root, "gone", "libnvJitLink.so.12"))
    library(os.path.join(lib, "libcusolver.so.11"), needs=[jit])
    os.remove(jit)
    return {"LD_LIBRARY_PATH": lib}


@row(23, "library-missing")
def needed():
    """libcusolver is there, what it needs is not"""
    report = python(load("libcusolver.so.11"), needs_jitlink, "library-missing",
                    "libnvJitLink.so.12 could not be loaded", "needed by /", "libcusolver.so.11)")
    named = {l["name"]: l for l in report["libraries"]}
    expect(named["libcusolver.so.11"]["error"].startswith("libnvJitLink.so.12: cannot open"),
           f"{named}")


def needs_two(root):
    gone = [library(os.path.join(root, "gone", name)) for name in
            ("libnvJitLink.so.12", "libnvrtc.so.12", "libcudnn_ops.so.6")]
    library(os.path.join(root, "lib", "libtorch_cuda.so"), needs=gone)
    for path in gone:
        os.remove(path)
    return {"LD_LIBRARY_PATH": os.path.join(root, "lib")}


@row(24, "library-missing")
def needed_by_plugin():
    """a framework's library needs several: all are named"""
    python(load("libtorch_cuda.so"), needs_two, "library-missing", "libnvJitLink.so.12",
           "libnvrtc.so.12", "libcudnn_ops.so.6", "libtorch_cuda.so)")


@row(25, "library-missing")
def bare_name():
    """the bare name is tried first: the version that is needed is named"""
    python(start("ROOT/f.so"), lambda root: opener(
        root + "/f.so", "libcudnn_adv_infer.so", "libcudnn_adv_infer.so.6") and {},
           "library-missing", "libcudnn_adv_infer.so.6 could not be loaded")


def deep_need(root):
    gone = library(os.path.join(root, "gone", "libcublasLt.so.12"))
    part = library(os.path.join(root, "lib", "libcublas.so.12"), needs=[gone], rpath="$ORIGIN")
    library(os.path.join(root, "lib", "plugin.so"), needs=[part], rpath="$ORIGIN")
    os.remove(gone)
    return {}


@row(26, "library-missing")
def needed_deep():
    """a plugin's library's library is missing; who looks, looks by RPATH"""
    python(load("ROOT/lib/plugin.so"), deep_need, "library-missing", "libcublasLt.so.12",
           "needed by /", "lib/libcublas.so.12)")


def older_first(root):
    jit = library(root + "/venv/libnvJitLink.so.11", "int new_symbol(void){return 0;}")
    library(root + "/older/libnvJitLink.so.11", "int old_symbol;")
    library(root + "/venv/libcusparse.so.11",
            "int new_symbol(void); int cusparseGetProperty(void){return new_symbol();}",
            needs=[jit], runpath="$ORIGIN")
    opener(root + "/plugin.so", "libcusparse.so.11", rpath="$ORIGIN/venv")
    return {"LD_LIBRARY_PATH": root + "/older"}


@row(27, "library-missing")
def older():
    """an older library comes first on LD_LIBRARY_PATH"""
    for more in ("", "import sqlite3, decimal; ctypes.CDLL('libz.so.1')\n"):
        report = python(start("ROOT/plugin.so") + more, older_first, "library-missing",
                        "undefined symbol: new_symbol", "older/libnvJitLink.so.11 came first "
                        "(LD_LIBRARY_PATH)", "venv/libnvJitLink.so.11 has it", "is there, but",
                        without=["No such file"])
        expect(re.search("LD_LIBRARY_PATH=[^ ]*/venv:", report["advice"]), report["advice"])


def older_loaded(root):
    older_first(root)
    return {}


@row(28, "library-missing")
def older_came_before():
    """an older library was loaded before"""
    python("import ctypes\nctypes.CDLL('ROOT/older/libnvJitLink.so.11')\n" +
           start("ROOT/plugin.so"), older_loaded, "library-missing",
           "undefined symbol: new_symbol", "older/libnvJitLink.so.11 was loaded before",
           "the order of imports", without=["LD_LIBRARY_PATH="])


def lacks_version(root):
    new = library(root + "/new/libcublas.so.12", "int f(void){return 0;}",
                  versions="libcublas.so.12.4 { f; };\n")
    library(root + "/lib/libcudnn.so.9", "int f(void); int g(void){return f();}", needs=[new])
    library(root + "/lib/libcublas.so.12", "int f(void){return 0;}",
            versions="libcublas.so.12 { f; };\n")
    return {"LD_LIBRARY_PATH": root + "/lib:" + root + "/new"}


@row(29, "library-missing")
def version():
    """a library has not the version of a symbol that another wants"""
    python(load("libcudnn.so.9"), lacks_version, "library-missing",
           "version `libcublas.so.12.4' not found (required by", "lib/libcublas.so.12 came first",
           "new/libcublas.so.12 has it")


for number, words, said in ((30, "no library at all\n" * 9, "invalid ELF header"),
                            (31, "", "file too short")):
    @row(number, "library-missing")
    def damaged(words=words, said=said):
        """a library is damaged: not ELF, or empty"""
        python(load("libcudnn.so.6"), lambda root: text(root + "/lib/libcudnn.so.6", words) and
               {"LD_LIBRARY_PATH": root + "/lib"}, "library-missing", said, "install it anew")


@row(72, "library-missing")
def dangling():
    """the library is a link to a version that is gone; it may not be read; another machine's"""
    def prepare(root):
        os.makedirs(root + "/lib")
        os.symlink("libcudnn.so.6.0.1", root + "/lib/libcudnn.so.6")
        return {"LD_LIBRARY_PATH": root + "/lib"}
    python(load("libcudnn.so.6"), prepare, "library-missing", "lib/libcudnn.so.6: a link that "
           "leads nowhere", "is there, but", "take the link away", without=["No such file"])
    # One further on is found all the same.
    python(load("libcudnn.so.6"), lambda root: prepare(root) and {
        "LD_LIBRARY_PATH": f"{root}/lib:" + os.path.dirname(library(root + "/b/libcudnn.so.6"))},
           "never-asked")


def foreign(path):
    """For a processor that this machine has not."""
    with open(library(path), "r+b") as file:
        file.seek(18)
        file.write(b"\xff\x7e")
    return path


@row(73, "library-missing")
def other_processor():
    """the library is for another processor"""
    said = "wrong ELF class, or for another processor"
    python(load("libcudnn.so.6"), lambda root: {
        "LD_LIBRARY_PATH": os.path.dirname(foreign(root + "/lib/libcudnn.so.6"))},
           "library-missing", said, "install it anew", without=["No such file"])
    # By its path there is no other place to look at.
    report = python(load("ROOT/lib/libcudnn.so.6"), lambda root: {} if foreign(
        root + "/lib/libcudnn.so.6") else None, "library-missing", said)
    expect("LD_LIBRARY_PATH=" not in report["advice"], report["advice"])


@row(74, "library-missing")
def needs_another():
    """cuDNN needs a library that is not NVIDIA's and is nowhere"""
    def prepare(root):
        gone = library(root + "/gone/libnosuchz.so.1")
        library(root + "/lib/libcudnn.so.6", needs=[gone])
        os.remove(gone)
        return {"LD_LIBRARY_PATH": root + "/lib"}
    report = python(load("libcudnn.so.6"), prepare, "library-missing",
                    "libnosuchz.so.1: cannot open", "libcudnn.so.6 is there, but")
    same(report["advice"], "install what it needs: libnosuchz.so.1", "advice")


@row(32, "library-missing")
def other_version():
    """another version is there"""
    python(load("libcudnn.so.6"), in_lib(libcudnn__so__9=os.path.join(SIM_LIB, "libcudnn.so.9")),
           "library-missing", "there is ", "libcudnn.so.9")


@row(33, "never-asked")
def by_rpath():
    """what an RPATH finds is not missing (control)"""
    def prepare(root):
        older_first(root)
        return {}
    python(start("ROOT/plugin.so"), prepare, "never-asked")


@row(34, "never-asked")
def nvml_only():
    """a monitor asks for NVML only (control)"""
    python(load("libnvidia-ml.so.1"), None, "never-asked")


# Where it lies.

def in_venv(root):
    site = f"{root}/venv/{SITE}"
    library(f"{site}/nvidia/cudnn/lib/libcudnn.so.7")
    opener(f"{site}/framework/libframework.so", "libcudnn.so.7")
    return {}


@row(35, "library-missing")
def virtualenv():
    """it lies in the virtualenv, where no loader looks"""
    report = python(start(f"ROOT/venv/{SITE}/framework/libframework.so"), in_venv,
                    "library-missing", f"venv/{SITE}/nvidia/cudnn/lib/libcudnn.so.7")
    expect(re.search("LD_LIBRARY_PATH=/[^ ]*/nvidia/cudnn/lib:", report["advice"]),
           report["advice"])


@row(36, "library-missing")
def active_virtualenv():
    """it lies in the active virtualenv; who asks lies elsewhere"""
    def prepare(root):
        in_venv(root)
        opener(root + "/elsewhere.so", "libcudnn.so.7")
        return {"VIRTUAL_ENV": root + "/venv"}
    python(start("ROOT/elsewhere.so"), prepare, "library-missing",
           "nvidia/cudnn/lib/libcudnn.so.7", "LD_LIBRARY_PATH=")


@row(37, "library-missing")
def conda():
    """it lies in the conda environment"""
    def prepare(root):
        os.makedirs(root + "/envs/gpu/conda-meta")
        library(root + "/envs/gpu/lib/libcufft.so.7")
        opener(root + f"/envs/gpu/{SITE}/x/x.so", "libcufft.so.7")
        return {}
    python(start(f"ROOT/envs/gpu/{SITE}/x/x.so"), prepare, "library-missing",
           "envs/gpu/lib/libcufft.so.7", "the conda environment")


@row(38, "library-missing")
def r_library():
    """it lies in another package of the R library"""
    def prepare(root):
        base = root + "/R/x86_64-pc-linux-gnu-library/4.4"
        text(base + "/torch/DESCRIPTION", "Package: torch\n")
        library(base + "/cuda12.8/lib/libcublas.so.7")
        opener(base + "/torch/lib/liblantern.so", "libcublas.so.7")
        return {}
    python(start("ROOT/R/x86_64-pc-linux-gnu-library/4.4/torch/lib/liblantern.so"), prepare,
           "library-missing", "cuda12.8/lib/libcublas.so.7", "the R library")


@row(39, "library-missing")
def toolkit():
    """it lies in the toolkit that CUDA_HOME names"""
    def prepare(root):
        library(root + "/cuda-7/lib64/libcufft.so.7")
        return {"CUDA_HOME": root + "/cuda-7"}
    python(load("libcufft.so.7"), prepare, "library-missing", "cuda-7/lib64/libcufft.so.7",
           "the CUDA toolkit")


@row(40, "library-missing")
def version_in_venv():
    """the virtualenv has another version"""
    def prepare(root):
        in_venv(root)
        opener(root + f"/venv/{SITE}/framework/libother.so", "libcudnn.so.6")
        return {}
    python(start(f"ROOT/venv/{SITE}/framework/libother.so"), prepare, "library-missing",
           "libcudnn.so.6", "there is ", "nvidia/cudnn/lib/libcudnn.so.7")


def tensorflow(root, runpath):
    site = f"{root}/venv/{SITE}"
    library(f"{site}/nvidia/cudnn/lib/libcudnn.so.7")
    copy(f"{site}/tensorflow/libtensorflow_framework.so.2", CPU)
    opener(f"{site}/tensorflow/libtensorflow_cc.so.2", "libcudnn.so.7", runpath=runpath)
    text(f"{site}/tensorflow-2.20.0.dist-info/METADATA",
         "Requires-Dist: nvidia-cudnn-cu12<8.0,>=7.3.0 ; extra == 'and-cuda'\n")
    return {"VIRTUAL_ENV": f"{root}/venv"}


# Builds of frameworks: {row: (files in site-packages, the one that is loaded, words)}.

PYTHON_BUILDS = {
    41: ({"torch/lib/libtorch_cpu.so": CPU}, "torch", "download.pytorch.org"),
    42: ({"tensorflow/libtensorflow_framework.so.2": CPU,
          "tensorflow/libtensorflow_cc.so.2": CPU}, "TensorFlow", "and-cuda"),
    43: ({"jaxlib/_jax.so": CPU}, "JAX", "jax[cuda12]"),
    44: ({"xgboost/lib/libxgboost.so": CPU}, "XGBoost", "pip install xgboost"),
    45: ({"onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so": CPU},
         "ONNX Runtime", "onnxruntime-gpu"),
    47: ({"lightgbm/lib/lib_lightgbm.so": CPU}, "LightGBM", "OpenCL"),
    48: ({"ctranslate2.libs/libctranslate2-7d3e8f01.so.4.4.0": CPU}, "CTranslate2",
         "faster-whisper"),
    49: ({"catboost/_catboost.so": CPU}, "CatBoost", "task_type"),
    50: ({"thinc/backends/numpy_ops.cpython-311-x86_64-linux-gnu.so": CPU}, "spaCy", "cupy"),
    51: ({"llama_cpp/lib/libggml-base.so": CPU}, "llama.cpp", "GGML_CUDA"),
    52: ({"paddle/base/libpaddle.so": CPU}, "PaddlePaddle", "paddlepaddle-gpu"),
    75: ({"faiss/libfaiss.so": CPU, "faiss_gpu_cu12.libs/libfaiss-6b43fd57.so": GPU}, "Faiss",
         "pip uninstall faiss-cpu"),
    76: ({"cv2/cv2.abi3.so": CPU}, "OpenCV", "WITH_CUDA"),
    77: ({"_dlib_pybind11.cpython-311-x86_64-linux-gnu.so": CPU}, "dlib", "face_recognition"),
    78: ({"pywhispercpp.libs/libggml-base-319ad4fb.so.0.13.1": CPU}, "whisper.cpp",
         "--no-binary pywhispercpp"),
    79: ({"xgboost/lib/libxgboost.so": CPU}, "XGBoost", "manylinux2014"),
}


def put_site(root, files):
    for name, original in files.items():
        copy(f"{root}/venv/{SITE}/{name}", original)
    return {"VIRTUAL_ENV": f"{root}/venv"}


@row(71, "cpu-build")
def debian_torch():
    """a distribution's torch, found by PYTHONPATH, as modules of clusters have it"""
    def prepare(more):
        def put(root):
            copy(root + "/lib/libtorch_cpu.so.1.13", CPU)
            if more:
                copy(root + "/lib/libtorch_cuda.so.1.13", GPU)
            os.makedirs(root + "/site/torch/lib")
            os.symlink("../../../lib/libtorch_cpu.so.1.13", root + "/site/torch/lib/libtorch_cpu.so")
            if more:
                os.symlink("../../../lib/libtorch_cuda.so.1.13",
                           root + "/site/torch/lib/libtorch_cuda.so")
            return {"PYTHONPATH": f"{root}/nowhere::{root}/site"}
        return put
    python(load("ROOT/lib/libtorch_cpu.so.1.13"), prepare(False), "cpu-build", "torch", doctor=())
    python(load("ROOT/lib/libtorch_cpu.so.1.13"), prepare(True), "never-asked")


for number, (files, title, word) in PYTHON_BUILDS.items():
    @row(number, "cpu-build")
    def cpu_build(files=files, title=title, word=word):
        """a framework's build without code for GPUs"""
        python(load(f"ROOT/venv/{SITE}/{next(iter(files))}"), lambda root: put_site(root, files),
               "cpu-build", title, word, doctor=())


@row(80, "cpu-build")
def dgl_on_torch():
    """DGL has no code for GPUs, and the torch that it loads has"""
    files = {"dgl/libdgl.so": CPU, "torch/lib/libtorch_cpu.so": CPU, "torch/lib/libtorch_cuda.so":
             GPU}
    code = load(f"ROOT/venv/{SITE}/torch/lib/libtorch_cpu.so") + load(
        f"ROOT/venv/{SITE}/dgl/libdgl.so")
    python(code, lambda root: put_site(root, files), "cpu-build", "DGL", "dgl.ai", doctor=())


@row(81, "never-asked")
def repaired_wheel():
    """a repaired wheel's library with GPU code has a hash in its name (control)"""
    base = "some.libs/libggml-base-319ad4fb.so.0.13.1"
    files = {base: CPU, "some.libs/libggml-cuda-7d3e8f01.so.0.13.1": GPU}
    python(load(f"ROOT/venv/{SITE}/{base}"), lambda root: put_site(root, files), "never-asked")


ONNX = "onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so"


def onnx_twice(root, last):
    """Both packages, of which the last one's files are there."""
    variables = put_site(root, {ONNX: CPU, "onnxruntime/capi/libonnxruntime_providers_cuda.so":
                                GPU})
    size = os.path.getsize(CPU)
    for package, own in (("onnxruntime", last == "cpu"), ("onnxruntime_gpu", last == "gpu")):
        text(f"{root}/venv/{SITE}/{package}-1.20.1.dist-info/RECORD",
             f"onnxruntime/__init__.py,sha256=x,12\n{ONNX},sha256=y,{size if own else size + 7}\n")
    return variables


@row(46, "cpu-build")
def onnx_over():
    """ONNX Runtime's CPU package was installed over the GPU one"""
    python(load(f"ROOT/venv/{SITE}/{ONNX}"), lambda root: onnx_twice(root, "cpu"), "cpu-build",
           "ONNX Runtime", "overwrites", doctor=())
    python(load(f"ROOT/venv/{SITE}/{ONNX}"), lambda root: onnx_twice(root, "gpu"), "never-asked")


def r_package(number, path, title, word):
    @row(number, "cpu-build")
    def cpu_package():
        """an R package without code for GPUs"""
        def prepare(root):
            copy(f"{root}/R/x86_64-pc-linux-gnu-library/4.4/{path}", CPU)
            text(f"{root}/R/x86_64-pc-linux-gnu-library/4.4/torch/DESCRIPTION")
            return {"R_LIBS_USER": f"{root}/R/x86_64-pc-linux-gnu-library/4.4"}
        python(load(f"ROOT/R/x86_64-pc-linux-gnu-library/4.4/{path}"), prepare, "cpu-build",
               title, word, doctor=())


r_package(53, "xgboost/libs/xgboost.so", "XGBoost", "R CMD INSTALL")
r_package(54, "lightgbm/libs/lightgbm.so", "LightGBM", "build_r.R")
r_package(55, "catboost/libs/libcatboostr.so", "CatBoost", "releases")
r_package(56, "torch/lib/libtorch_cpu.so", "torch", "install_torch")


@row(57, "cpu-build")
def h2o():
    """H2O's XGBoost falls back to its CPU library"""
    python(load("ROOT/libxgboost4j_minimal.so"), lambda root:
           copy(root + "/libxgboost4j_minimal.so", CPU) and {}, "cpu-build", "H2O", "backend")


@row(58, "library-missing")
def wheel_not_looked_at():
    """TensorFlow's GPU build does not look into cuDNN's wheel"""
    python(start(f"ROOT/venv/{SITE}/tensorflow/libtensorflow_cc.so.2"),
           lambda root: gpu_tensorflow(root, None), "library-missing", "libcudnn.so.7",
           "nvidia/cudnn/lib", doctor=())


def gpu_tensorflow(root, runpath):
    variables = tensorflow(root, runpath)
    path = f"{root}/venv/{SITE}/tensorflow/libtensorflow_cc.so.2"
    opener(path, "libcudnn.so.7", runpath=runpath)
    add_gpu_code(path)
    return variables


def add_gpu_code(path):
    """A section as nvcc makes it."""
    tool = program("objcopy")
    code = text(path + ".code", "GPU")
    subprocess.run([tool, "--add-section", f".nv_fatbin={code}", path], check=True)


@row(59, "never-asked")
def wheel_looked_at():
    """the same with a RUNPATH that leads there (control)"""
    found = {}

    def prepare(root):
        variables = gpu_tensorflow(root, "$ORIGIN/../nvidia/cudnn/lib")
        found.update(ask({**clean_environment(), **variables}))
        return variables
    python(start(f"ROOT/venv/{SITE}/tensorflow/libtensorflow_cc.so.2"), prepare, "never-asked")
    expect(any("TensorFlow: GPU build" in f["text"] and f["level"] == "ok"
               for f in found["findings"]), f"{found['findings']}")


def tensorflow_2_21(root, folder):
    """As in 2.21: the smaller library opens them all, and not every folder is in its RUNPATH."""
    site = f"{root}/venv/{SITE}"
    for name in ("cudnn/lib/libcudnn.so.7", "cusolver/lib/libcusolver.so.7",
                 "cufft/lib/libcufft.so.7"):
        library(f"{site}/nvidia/{name}")
    copy(f"{site}/tensorflow/libtensorflow_cc.so.2", CPU)
    add_gpu_code(f"{site}/tensorflow/libtensorflow_cc.so.2")
    names = "libcudnn.so.7", "libcusolver.so.7", "libcufft.so.7"
    opens = "".join(f'dlopen("{name}", RTLD_NOW);' for name in names)
    library(f"{site}/tensorflow/libtensorflow_framework.so.2",
            f"#include <dlfcn.h>\nvoid start(void) {{ {opens} }}\n"
            "void _ZN3tsl8internal9DsoLoader20GetCusolverDsoHandleEv(void) {}\n",
            runpath=f"$ORIGIN/../nvidia/cudnn/lib:$ORIGIN/../nvidia/cufft/lib:{folder}")
    text(f"{site}/tensorflow-2.21.0.dist-info/METADATA", "".join(
        f"Requires-Dist: nvidia-{name}-cu12<8.0,>=7.5.3; extra == \"and-cuda\"\n"
        for name in ("cudnn", "cusolver", "cufft", "cuda-nvcc")))
    return {"VIRTUAL_ENV": f"{root}/venv"}


@row(69, "library-missing")
def tensorflow_cusolver():
    """TensorFlow does not look into cuSOLVER's wheel"""
    code = start(f"ROOT/venv/{SITE}/tensorflow/libtensorflow_framework.so.2")
    report = python(code, lambda root: tensorflow_2_21(root, ""), "library-missing",
                    "libcusolver.so.7", "nvidia/cusolver/lib", doctor=())
    expect("LD_LIBRARY_PATH=" in report["advice"], report["advice"])
    found = {}

    # A RUNPATH of 30 KB; 2.21 has one of 20.
    many = ":".join(f"$ORIGIN/../nvidia/nothing{i}/lib" for i in range(1000))

    def prepare(root):
        variables = tensorflow_2_21(root, many + ":$ORIGIN/../nvidia/cusolver/lib")
        found.update(ask({**clean_environment(), **variables}))
        return variables
    python(code, prepare, "never-asked")
    expect("library-missing" not in [f["reason"] for f in found["findings"]],
           f"{found['findings']}")


@row(60, "library-missing")
def torch_needs():
    """torch's GPU build lacks a library that it is linked to"""
    def prepare(root):
        site = f"{root}/venv/{SITE}/torch/lib"
        gone = library(root + "/gone/libnvJitLink.so.12")
        library(site + "/libtorch_cuda.so", needs=[gone])
        copy(site + "/libtorch_cpu.so", CPU)
        os.remove(gone)
        return {"VIRTUAL_ENV": f"{root}/venv"}
    python(load(f"ROOT/venv/{SITE}/torch/lib/libtorch_cuda.so"), prepare, "library-missing",
           "libnvJitLink.so.12", doctor=())


@row(88, "library-missing")
def torch_older():
    """LD_LIBRARY_PATH has an older library than torch's own needs"""
    def prepare(root):
        lib = f"{root}/venv/{SITE}/torch/lib"
        jit = library(root + "/venv/libnvJitLink.so.11", "int f(void){return 0;}",
                      versions="libnvJitLink.so.11.4 { f; };\n")
        library(root + "/older/libnvJitLink.so.11", "int f(void){return 0;}",
                versions="libnvJitLink.so.11 { f; };\n")
        library(root + "/venv/libcusparse.so.11", "int f(void); int g(void){return f();}",
                needs=[jit], runpath="$ORIGIN")
        copy(lib + "/libtorch_cpu.so", CPU)
        library(lib + "/libtorch_cuda.so", needs=[root + "/venv/libcusparse.so.11"],
                runpath=root + "/venv")
        return {"LD_LIBRARY_PATH": root + "/older", "PYTHONPATH": f"{root}/venv/{SITE}"}
    report = python(load(f"ROOT/venv/{SITE}/torch/lib/libtorch_cuda.so"), prepare, "library-missing",
                    "libnvJitLink.so.11.4' not found",
                    "came first (LD_LIBRARY_PATH)", doctor=(sys.executable,))
    expect(re.search("LD_LIBRARY_PATH=[^ ]*/venv:", report["advice"]), report["advice"])


ABORTS = """#include <dlfcn.h>
#include <stdlib.h>
void start(void) { if (!dlopen("libcudnn_ops.so.7", RTLD_NOW)) abort(); }
"""


@row(89, "library-missing")
def aborted():
    """cuDNN's part lies in the virtualenv, and cuDNN aborts the program that has not found it"""
    def prepare(root):
        site = f"{root}/venv/{SITE}"
        copy(f"{site}/ctranslate2.libs/libctranslate2-7d3e8f01.so.4.6.0", GPU)
        library(f"{site}/ctranslate2.libs/libcudnn-74a4c495.so.7.1.0", ABORTS)
        library(f"{site}/nvidia/cudnn/lib/libcudnn_ops_infer.so.7")
        library(f"{site}/nvidia/cudnn/lib/libcudnn_ops.so.7")
        return {"VIRTUAL_ENV": f"{root}/venv"}
    libs = f"ROOT/venv/{SITE}/ctranslate2.libs"
    report = watched(load(libs + "/libctranslate2-7d3e8f01.so.4.6.0") +
                     start(libs + "/libcudnn-74a4c495.so.7.1.0"), prepare, "library-missing",
                     "libcudnn_ops.so.7", "No such file", doctor=())
    expect(re.search("LD_LIBRARY_PATH=/[^ ]*/nvidia/cudnn/lib:", report["advice"]),
           report["advice"])


@row(90, "never-asked")
def killed_by_bus():
    """the file of a library was cut short, and the loader's own read of it ends the program"""
    watched("import os, signal\nos.kill(os.getpid(), signal.SIGBUS)\n", None, "never-asked",
            "cut short", "gpuspy doctor COMMAND")


@row(70, "library-missing")
def onnx_needs():
    """ONNX Runtime's GPU build without NVIDIA's wheels"""
    def prepare(root):
        site = f"{root}/venv/{SITE}"
        gone = library(root + "/gone/libcublasLt.so.7")
        copy(f"{site}/{ONNX}", CPU)
        library(f"{site}/onnxruntime/capi/libonnxruntime_providers_cuda.so", needs=[gone])
        os.remove(gone)
        return {"VIRTUAL_ENV": f"{root}/venv"}
    capi = f"ROOT/venv/{SITE}/onnxruntime/capi"
    python(load(f"ROOT/venv/{SITE}/{ONNX}") + load(f"{capi}/libonnxruntime_providers_cuda.so"),
           prepare, "library-missing", "libcublasLt.so.7", 'pip install -U "onnxruntime-gpu[cuda,',
           "preload_dlls()", doctor=())


@row(82, "library-missing")
def wheels_of_pypi():
    """an extension of Python's needs libraries that are nowhere: their wheels are named"""
    def prepare(root):
        site = f"{root}/venv/{SITE}"
        gone = [library(f"{root}/gone/{name}") for name in
                ("libcudart.so.11.0", "libcublasLt.so.11", "libcudnn_ops.so.7")]
        library(f"{site}/other/_c.so", needs=gone)
        for path in gone:
            os.remove(path)
        return {}
    report = python(load(f"ROOT/venv/{SITE}/other/_c.so"), prepare, "library-missing",
                    "libcublasLt.so.11")
    for wheel in ("nvidia-cuda-runtime-cu11", "nvidia-cublas-cu11", '"nvidia-cudnn-cu11==7.*"'):
        expect(wheel in report["advice"], f"{wheel} is not in {report['advice']!r}")


@row(83, "library-missing")
def cupy_needs():
    """CuPy tries several libraries, and cannot do without its compiler"""
    def prepare(root):
        site = f"{root}/venv/{SITE}"
        copy(f"{site}/cupy/_core/core.cpython-311-x86_64-linux-gnu.so", CPU)
        os.makedirs(f"{site}/cupy_backends/cuda/api")
        os.makedirs(f"{site}/cupy_cuda7x-14.2.0.dist-info")
        opener(f"{site}/cupy_backends/cuda/libs/x.so", "libcutensor.so.7", "libnccl.so.7",
               "libnvrtc.so.7")
        return {"VIRTUAL_ENV": f"{root}/venv"}
    report = python(load(f"ROOT/venv/{SITE}/cupy/_core/core.cpython-311-x86_64-linux-gnu.so") +
                    start(f"ROOT/venv/{SITE}/cupy_backends/cuda/libs/x.so"), prepare,
                    "library-missing", "libnvrtc.so.7 could not", "[ctk]", doctor=())
    expect("libcutensor" not in told(report), told(report))


@row(84, "library-missing")
def gpt4all_needs():
    """GPT4All's library for CUDA 11, and there is no CUDA 11"""
    def prepare(root):
        build = f"{root}/venv/{SITE}/gpt4all/llmodel_DO_NOT_MODIFY/build"
        gone = library(root + "/gone/libcudart.so.10.7")
        copy(build + "/libllmodel.so", CPU)
        library(build + "/libllamamodel-mainline-cuda.so", needs=[gone])
        os.remove(gone)
        return {"VIRTUAL_ENV": f"{root}/venv"}
    build = f"ROOT/venv/{SITE}/gpt4all/llmodel_DO_NOT_MODIFY/build"
    python(load(build + "/libllmodel.so") + load(build + "/libllamamodel-mainline-cuda.so"),
           prepare, "library-missing", "libcudart.so.10.7", "gpt4all[cuda]", doctor=())


@row(85, "driver-missing")
def llama_without_driver():
    """llama-cpp-python with CUDA in a container without --gpus: linked to the driver"""
    no_driver_here()

    def prepare(root):
        lib = f"{root}/venv/{SITE}/llama_cpp/lib"
        driver = library(root + "/gone/libcuda.so.1")
        copy(lib + "/libggml-base.so", CPU)
        part = library(lib + "/libggml-cuda.so", needs=[driver], rpath="$ORIGIN")
        library(lib + "/libllama.so", needs=[part], rpath="$ORIGIN")
        os.remove(driver)
        return {"VIRTUAL_ENV": f"{root}/venv"}
    lib = f"ROOT/venv/{SITE}/llama_cpp/lib"
    python(load(lib + "/libggml-base.so") + load(lib + "/libllama.so"), prepare, "driver-missing",
           "libcuda.so.1", "--gpus all", doctor=())


def lantern(place, beforehand):
    """R torch's liblantern needs a library that lies at that place."""
    base, found = "R/x86_64-pc-linux-gnu-library/4.5", {}

    def prepare(run):
        lib = f"{run.folder}/{base}/torch/lib"
        text(f"{run.folder}/{base}/torch/DESCRIPTION", "Package: torch\n")
        copy(lib + "/libtorch_cpu.so", CPU)
        copy(lib + "/libtorch_cuda.so", GPU)
        library(lib + "/libcudart-256e6409.so.7")
        there = library(f"{run.folder}/{place}/libcudart.so.7")
        library(lib + "/liblantern.so", needs=[there], runpath="$ORIGIN")
        run.env.update(R_LIBS_USER=f"{run.folder}/{base}", CUDA_HOME=run.folder + "/cuda-7")
        run.command[-1] = run.command[-1].replace("ROOT", run.folder)
        found.update(ask(run.env, program("Rscript"), "train.R") if beforehand else {})
    run = Run([program("Rscript"), "--vanilla", "-e",
               f"try(dyn.load('ROOT/{base}/torch/lib/libtorch_cpu.so')); "
               f"try(dyn.load('ROOT/{base}/torch/lib/liblantern.so'))"], prepare=prepare)
    report = judged(run, "library-missing", "libcudart.so.7", place, "ldpaths")
    expect(re.search(f"LD_LIBRARY_PATH=[^ ]*/{place}:", report["advice"]), report["advice"])
    if beforehand:
        expect("library-missing" in [f["reason"] for f in found["findings"]],
               f"{found['findings']}")


@row(86, "library-missing")
def lantern_in_check():
    """R torch without package cuda12.8 beside it, as R CMD check runs"""
    lantern("R/x86_64-pc-linux-gnu-library/4.5/cuda7.8/lib", beforehand=False)


@row(91, "library-missing")
def lantern_of_toolkit():
    """R torch, and the toolkit is where the loader does not look"""
    lantern("cuda-7/lib64", beforehand=True)


@row(67, "library-missing")
def jax_needs():
    """JAX's plugin for CUDA is there, its runtime is not"""
    def prepare(root):
        site = f"{root}/venv/{SITE}"
        copy(site + "/jaxlib/_jax.so", CPU)
        os.makedirs(site + "/jax_plugins/xla_cuda7")
        library(site + "/nvidia/cudnn/lib/libcudnn.so.9")
        opener(site + "/jax_cuda7_plugin/_solver.so", "libcudart.so.7")
        return {"VIRTUAL_ENV": f"{root}/venv"}
    python(start(f"ROOT/venv/{SITE}/jax_cuda7_plugin/_solver.so"), prepare, "library-missing",
           "libcudart.so.7", doctor=())


# What the runtime does at its first call: it asks the driver for its version.
RUNTIME = """#include <dlfcn.h>
int cudaGetDeviceCount(int *n) { int v = 0; void *d = dlopen("libcuda.so.1", RTLD_NOW);
*n = 0; ((int (*)(int *))dlsym(d, "cuDriverGetVersion"))(&v); return v < 13000 ? 35 : 0; }
"""


def torch_13(root):
    """torch linked to the runtime of CUDA 13, on the simulated driver."""
    site = f"{root}/venv/{SITE}/torch/lib"
    runtime = library(root + "/lib/libcudart.so.13", RUNTIME)
    copy(site + "/libtorch_cpu.so", CPU)
    library(site + "/libtorch_cuda.so", "int cudaGetDeviceCount(int *n);\nvoid start(void) "
            "{ int n; cudaGetDeviceCount(&n); }\n", needs=[runtime])
    return {"VIRTUAL_ENV": f"{root}/venv", "LD_LIBRARY_PATH": f"{root}/lib:{SIM_LIB}"}


@row(68, "driver-too-old")
def torch_outruns():
    """torch is built for CUDA 13, the driver is for CUDA 12"""
    code = start(f"ROOT/venv/{SITE}/torch/lib/libtorch_cuda.so")
    python(code, torch_13, "driver-too-old", "CUDA 12.2", "libcudart.so.13", doctor=(),
           env={"SIM_VERSION": "12020"})
    found = {}

    def prepare(root):
        variables = torch_13(root)
        found.update(ask({**clean_environment(), **variables, "SIM_VERSION": "13000"}))
        return variables
    python(code, prepare, "never-asked", env={"SIM_VERSION": "13000"})
    expect(not [f for f in found["findings"] if f["reason"]], f"{found['findings']}")


@row(61, "never-asked")
def gpu_torch():
    """torch's GPU build that nobody asked for the GPU (control)"""
    python(load(f"ROOT/venv/{SITE}/torch/lib/libtorch_cpu.so"), lambda root: put_site(
        root, {"torch/lib/libtorch_cpu.so": CPU, "torch/lib/libtorch_cuda.so": GPU}),
           "never-asked")


# After the start.

@row(62, "no-kernel")
def open_capture():
    """a capture was begun and never ended"""
    python(CUDA + "assert not ready()\ns = ctypes.c_void_p()\n"
           "assert not cu.cuStreamCreate(ctypes.byref(s), 0)\n"
           "assert not cu.cuStreamBeginCapture_v2(s, 0)\n", None, "no-kernel",
           "a capture was begun and never ended", "cudaStreamEndCapture", sim=True)


@row(62, "no-kernel")
def broken_capture():
    """an allocation breaks a capture, which is ended all the same"""
    python(CUDA + "assert not ready()\ns, g, p = (ctypes.c_void_p() for _ in range(3))\n"
           "assert not cu.cuStreamCreate(ctypes.byref(s), 1)\n"
           "assert not cu.cuStreamBeginCapture_v2(s, 0)\n"
           "assert cu.cuMemAlloc_v2(ctypes.byref(p), 64) == 900\n"
           "assert cu.cuStreamEndCapture(s, ctypes.byref(g)) == 901\n", None, "no-kernel",
           "a capture was broken and gave no graph", "before the capture", sim=True)


@row(63, "out-of-memory")
def filled():
    """another process fills the GPU's memory"""
    python(CUDA + "assert ready() == 2\n", None, "out-of-memory", "not by this program", sim=True,
           env={"SIM_FAIL": "cuMemAlloc_v2@*=2"})


FULL_DRIVER = """int cuInit(unsigned f) { return 0; }
int cuDeviceGetCount(int *n) { *n = 1; return 0; }
int cuDriverGetVersion(int *v) { *v = 12040; return 0; }
int cuDevicePrimaryCtxRetain(void **c, int d) { *c = c; return 0; }
int cuCtxSetCurrent(void *c) { return 0; }
int cuMemAlloc_v2(void *p, unsigned long n) { return 2; }
"""


@row(66, "out-of-memory")
def filled_by():
    """another process fills it, and NVML knows which"""
    def prepare(root):
        library(root + "/lib/libcuda.so.1", FULL_DRIVER)
        copy(root + "/lib/libnvidia-ml.so.1", os.path.join(FAKES, "libfake-nvml.so"))
        return {"LD_LIBRARY_PATH": root + "/lib"}
    who = f"process {os.getpid()} ("
    if os.stat("/proc/self/ns/pid").st_ino != 0xEFFFFFFC:
        who = f"process {os.getpid()} of the machine"
    code = CUDA + "assert ready() == 2\n"
    env = {"FAKE_PID": str(os.getpid()), "FAKE_USED": "97"}
    asked = {}

    def begin(run):
        run.env.update(prepare(run.folder))
        run.command = [GPUSPY, "run", "--json", run.folder + "/report", *run.command]
        asked["said"] = ask(run.env)
        asked["ran"] = subprocess.run(run.command, env={k: v for k, v in run.env.items() if k !=
                                      "LD_PRELOAD"}, capture_output=True, check=False)
        with open(run.folder + "/report", encoding="utf-8") as file:
            asked["report"] = json.load(file)
    Run([sys.executable, "-c", code], {**NO_TOOLKIT, **env}, sim=False, prepare=begin)
    report = asked["report"]
    same(report["reason"], "out-of-memory", "reason")
    expect(f"now, on GPU 0, {who}" in report["evidence"] and "holds 1.0 GiB" in
           report["evidence"], report["evidence"])
    full = [f for f in asked["said"]["findings"] if f["reason"] == "out-of-memory"]
    expect(len(full) == 1 and who in full[0]["text"] and "16 GiB are taken" in full[0]["text"],
           f"{asked['said']['findings']}")


@row(64, "memory-reserved")
def cudnn_without_memory():
    """a framework reserves all memory, and cuDNN finds none"""
    def prepare(root):
        library(root + "/libcudnn.so.9", "int cudnnCreate(void **h) { return 1001 + !h; }")
        return {"LD_LIBRARY_PATH": f"{root}:{SIM_LIB}"}
    python(CUDA + "assert not ready()\nh = ctypes.c_void_p()\n"
           "assert ctypes.CDLL('libcudnn.so.9').cudnnCreate(ctypes.byref(h)) == 1001\n", prepare,
           "memory-reserved", "cudnnCreate", "TF_FORCE_GPU_ALLOW_GROWTH",
           env={"SIM_MEMORY": "100"})


def table():
    """{number: (reason, what is said of the doctor)} of README.md."""
    found = {}
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) == 5 and cells[0].isdigit():
                found[int(cells[0])] = (cells[3].strip("`"), cells[4])
    return found


@case("the table of README.md has these rows")
def rows_of_the_page():
    same({number: reason for number, (reason, _) in table().items()}, ROWS, "rows")
    expect(len(ROWS) >= 40, f"{len(ROWS)} rows")


@case("the doctor was asked of every row whose cause is there beforehand, and agreed")
def beforehand():
    if len(sys.argv) > 1:
        raise Skip("only some rows were run")
    for number, (_, words) in table().items():
        expect(words in LATER or words == "yes", f"row {number}: {words!r} is no reason")
        if words == "yes":
            if number in SKIPPED:
                compiler()  # without one this is skipped, too
            expect(number in ASKED, f"row {number} was skipped, or the doctor was not asked")


if __name__ == "__main__":
    main()

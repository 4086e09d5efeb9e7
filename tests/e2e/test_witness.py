#!/usr/bin/env python3
"""The second witness: a NO is said only when the loader and the kernel agree; else UNKNOWN."""

import os
import shutil
import subprocess
import sys

from harness import (GPUSPY, SIM_LIB, Run, case, client, expect, gap, main, program, same)

DRIVER = os.fsencode(os.path.join(SIM_LIB, "libcuda.so.1"))
INIT = "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0)\n"


def python(code, env=None, **options):
    return Run([sys.executable, "-c", code], env, output=False, **options)


def judged(run, verdict, reason):
    report = run.report
    expect(report, f"no report: {run.stderr!r}")
    same((report["verdict"], report["reason"]), (verdict, reason), "verdict and reason")
    if run.status == 0:
        word = b"UNKNOWN" if verdict == "unknown" else b"NO"
        expect(b"gpuspy: GPU work: " + word in run.stderr, run.stderr)
    return report


@case("nothing of a GPU: the witness looked, and agrees")
def nothing():
    witness = judged(python("pass"), "gpu-unused", "never-asked")["witness"]
    same(witness, {"looked_at": ["libraries", "kernel"], "interfaces": [], "device_files": [],
                   "drivers": 0, "hidden_drivers": 0, "active_contexts": None}, "witness")


@case("the driver was initialised: its files are explained, it has no context")
def idle():
    witness = judged(python(INIT), "gpu-idle", "no-kernel")["witness"]
    same((witness["device_files"], witness["drivers"], witness["hidden_drivers"]),
         (["simulated"], 1, 0), "what was seen")
    same(witness["looked_at"], ["libraries", "kernel", "driver"], "looked at")
    same(witness["active_contexts"], 0, "contexts")


@case("a context that the program was seen to make")
def context():
    run = Run([client("client-outcome"), "idle"], output=False)
    judged(run, "gpu-idle", "no-kernel")


@case("what the witness asks the driver is not the program's")
def own_calls():
    run = python(INIT)
    state = [f for f in run.report["functions"] if f["name"] == "cuDevicePrimaryCtxGetState"]
    same([(f["calls"], f["own_calls"]) for f in state], [(0, 1)], "calls and own calls")
    same(run.report["totals"]["calls"]["driver"], 1, "the program's calls")


@case("a device file is open, and cuInit was not seen")
def device_file():
    for code in ("import os; os.memfd_create('gpuspy-simulated-device')",
                 "import os, mmap; f = os.memfd_create('gpuspy-simulated-device'); os.truncate(f, 4096)\n"
                 "m = mmap.mmap(f, 4096); os.close(f); os._exit(0)"):
        report = judged(python(code), "unknown", "seen-otherwise")
        same(report["witness"]["device_files"], ["simulated"], "device files")


@case("a driver in another namespace of the loader (dlmopen)")
def namespace():
    code = ("import ctypes\n"
            "c = ctypes.CDLL(None)\n"
            "c.dlmopen.restype = ctypes.c_void_p\n"
            f"c.dlmopen(ctypes.c_long(-1), {DRIVER!r}, 2) or exit(9)\n")
    report = judged(python(code), "unknown", "seen-otherwise")
    same((report["witness"]["drivers"], report["witness"]["hidden_drivers"]), (1, 1), "drivers")
    report = judged(python(INIT + code), "unknown", "seen-otherwise")
    same((report["witness"]["drivers"], report["witness"]["hidden_drivers"]), (2, 1), "drivers")


@case("the same in a C program that has nothing of CUDA's itself, and in a child of it")
def namespace_alone():
    command = [client("client-plugin"), "--namespace", client("plugin-driver.so")]
    judged(Run(command, output=False), "unknown", "seen-otherwise")
    judged(Run(["sh", "-c", " ".join(command) + "; true"], output=False), "unknown", "seen-otherwise")
    code = f"import ctypes, os; ctypes.CDLL(None).dlmopen(ctypes.c_long(-1), {DRIVER!r}, 2); "
    judged(python(code + "os.kill(os.getpid(), 9)"), "unknown", "no-witness")
    judged(python(code + "os.execlp('true', 'true')"), "unknown", "no-witness")
    judged(python(code.replace("libcuda", "libnone")), "gpu-unused", "never-asked")


@case("a driver of another namespace that is closed again is remembered")
def namespace_closed():
    code = ("import ctypes, os\nc = ctypes.CDLL(None)\nc.dlmopen.restype = ctypes.c_void_p\n"
            f"h = ctypes.c_void_p(c.dlmopen(ctypes.c_long(-1), {DRIVER!r}, 2))\n"
            "c.dlclose(h) == 0 or exit(9)\n")
    report = judged(python(INIT + code), "unknown", "seen-otherwise")
    same((report["witness"]["drivers"], report["witness"]["hidden_drivers"]), (2, 1), "drivers")
    report = judged(python(INIT + code.replace(repr(DRIVER), "b'libm.so.6'")), "gpu-idle",
                    "no-kernel")
    same(report["witness"]["hidden_drivers"], 0, "hidden drivers")
    # Of another file name, as its SONAME tells.
    copy = ("import shutil, tempfile\nfolder = tempfile.TemporaryDirectory()\n"
            f"name = shutil.copy({DRIVER!r}, os.fsencode(folder.name + '/lib.so'))\n")
    code = code.partition("c = ctypes")[0] + copy + code.partition("os\n")[2].replace(repr(DRIVER), "name")
    report = judged(python(INIT + code), "unknown", "seen-otherwise")
    same(report["witness"]["hidden_drivers"], 1, "hidden drivers")
    # At the very place of one that was the program's own.
    code = f"""
import ctypes, _ctypes, os
own = ctypes.CDLL(os.fsdecode({DRIVER!r}))
own.cuInit(0)
_ctypes.dlclose(own._handle)
ctypes.CDLL(None).dlmopen(ctypes.c_long(-1), {DRIVER!r}, 2)
"""
    for end in "", "import os; os.execlp('true', 'true')":
        judged(python(code + end), "unknown", "seen-otherwise" if not end else "no-witness")


@case("what is no handle is refused, and not looked into")
def no_handle():
    code = """
import ctypes
c = ctypes.CDLL(None)
c.dlmopen(ctypes.c_long(-1), b"libm.so.6", 2)
words = (ctypes.c_void_p * 400)()
words[3] = words[4] = ctypes.addressof(words)  # as in a ring: l_next and l_prev
print(c.dlclose(words))
words[3] = None
for words[4] in 0x4141414141414148, 8:
    print(c.dlclose(words))
"""
    for spied in False, True:
        run = Run([sys.executable, "-c", code], spied=spied)
        same((run.status, run.stdout), (0, b"-1\n-1\n-1\n"), "status and output")


@case("a forked child in which a library of another namespace opens a driver is looked at")
def namespace_in_child():
    run = Run([client("client-plugin"), "--namespace", "--fork", client("plugin-opens.so")], output=False)
    judged(run, "unknown", "seen-otherwise")
    run = Run([client("client-plugin"), "--namespace", "--fork", client("plugin-nothing.so")], output=False)
    judged(run, "gpu-unused", "never-asked")


@case("a forked child of who has another namespace leaves no NO, however it ends")
def namespace_in_killed_child():
    code = (f"import ctypes, os\nctypes.CDLL(None).dlmopen(ctypes.c_long(-1), b'libm.so.6', 2)\n"
            "if not os.fork():\n    %s\nos.wait()\n")
    judged(python(code % "os.kill(os.getpid(), 9)"), "unknown", "no-witness")
    judged(python(code % "os.execlp('true', 'true')"), "unknown", "no-witness")
    for ends in ("os._exit(0)", "pass"):
        judged(python(code % ends), "gpu-unused", "never-asked")


@case("beside kernels that were counted, a driver in another namespace is a note")
def namespace_beside():
    work = ("import ctypes, os\nc = ctypes.CDLL('libcuda.so.1')\n"
            "context, module, kernel = (ctypes.c_void_p() for _ in range(3))\nc.cuInit(0)\n"
            "c.cuCtxCreate_v2(ctypes.byref(context), 0, 0)\n"
            "c.cuModuleLoadData(ctypes.byref(module), b'sim:sim_noop')\n"
            "c.cuModuleGetFunction(ctypes.byref(kernel), module, b'sim_noop')\n"
            "c.cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, None, None, None)\n")
    elsewhere = f"ctypes.CDLL(None).dlmopen(ctypes.c_long(-1), {DRIVER!r}, 2)\n"
    note = b"note      not watched: "
    expect(note not in python(work).stderr, "a note without a reason")
    run = python(work + elsewhere)
    expect(note + b"a driver that was loaded by dlmopen\n" in run.stderr, run.stderr)
    same(run.report["witness"]["hidden_drivers"], 1, "hidden drivers")
    run = python(work + elsewhere.replace("libcuda", "libnone"))
    expect(note not in run.stderr, run.stderr)


def library(folder, name):
    """An empty library of that name."""
    compiler = shutil.which(os.environ.get("CC", "cc").split()[-1]) or program("cc")
    subprocess.run([compiler, "-shared", "-o", os.path.join(folder, name), "-x", "c", "/dev/null"],
                   check=True)


def with_libraries(*names):
    def prepare(run):
        for name in names:
            library(run.folder, name)
    code = ("import ctypes, os\n"
            "for name in os.environ['NAMES'].split():\n"
            "    ctypes.CDLL(os.path.join(os.environ['HERE'], name))\n")

    def prepare_all(run):
        prepare(run)
        run.env["HERE"] = run.folder
    return python(code, {"NAMES": " ".join(names)}, prepare=prepare_all)


@case("other GPU interfaces")
def interfaces():
    for names, seen in (
            (["libnvidia-opencl.so.1"], "opencl"), (["libnvoptix.so.1"], "optix"),
            (["libnvidia-encode.so.1"], "video"), (["libnvcuvid.so.1"], "video"),
            (["libamdhip64.so.6"], "rocm"), (["libvulkan.so.1", "libGLX_nvidia.so.0"], "vulkan")):
        report = judged(with_libraries(*names), "unknown", "other-api")
        expect(seen in report["witness"]["interfaces"], report["witness"])
        expect(report["evidence"], "no evidence")


@case("loaders of other interfaces that reach no GPU, and OpenGL, are no other way")
def harmless():
    for names in (["libOpenCL.so.1"], ["libvulkan.so.1"], ["libvulkan.so.1", "libvulkan_lvp.so"],
                  ["libGLX_nvidia.so.0"], ["libpocl.so.2", "libOpenCL.so.1"]):
        judged(with_libraries(*names), "gpu-unused", "never-asked")


@case("a program without CUDA that loads OpenCL for NVIDIA has a record")
def opencl_alone():
    def prepare(run):
        library(run.folder, "libnvidia-opencl.so.1")
        run.env["LD_PRELOAD"] += ":" + os.path.join(run.folder, "libnvidia-opencl.so.1")
    judged(Run([program("true")], output=False, prepare=prepare), "unknown", "other-api")
    same(Run([program("true")], output=False).report, None, "a program without")


@case("a library that makes sandboxes: nothing is asked of the kernel")
def sandbox():
    report = judged(with_libraries("libseccomp.so.2"), "unknown", "no-witness")
    same(report["witness"]["looked_at"], ["libraries"], "looked at")
    same(gap(report, "no-witness"), 1, "gaps")
    code = ("import ctypes, os\n"
            "ctypes.CDLL(os.path.join(os.environ['HERE'], 'libseccomp.so.2'))\n" + INIT)

    def prepare(run):
        library(run.folder, "libseccomp.so.2")
        run.env["HERE"] = run.folder
    report = judged(python(code, prepare=prepare), "unknown", "no-witness")
    same(gap(report, "no-witness"), 1, "gaps")


@case("such a library is no filter: who has it reports what its children did")
def sandbox_library():
    def prepare(run):
        library(run.folder, "libseccomp.so.2")
        run.env["LD_PRELOAD"] += ":" + os.path.join(run.folder, "libseccomp.so.2")
    command = [program("sh"), "-c", '"$0" -c "$1"; true', sys.executable, INIT]
    run = Run(command, output=False, prepare=prepare)
    expect(b"gpuspy: GPU work: " in run.stderr, f"no report: {run.stderr!r}")


@case("GPUSPY_REPORT=never: neither the kernel nor the driver is asked, but for gpuspy run")
def never():
    report = python("pass", {"GPUSPY_REPORT": "never"}).report
    same((report["verdict"], report["witness"]["looked_at"]), ("unknown", ["libraries"]), "a run")
    report = python(INIT, {"GPUSPY_REPORT": "never"}).report
    same((report["verdict"], report["witness"]["looked_at"]), ("unknown", ["libraries"]), "CUDA")
    run = Run([GPUSPY, "run", "--", sys.executable, "-c", INIT], {"GPUSPY_REPORT": "never"}, spied=False)
    report = run.report
    same((report["verdict"], "kernel" in report["witness"]["looked_at"]), ("gpu-idle", True), "gpuspy run")


@case("no descriptor is left to look with")
def descriptors():
    for before in (INIT, ""):
        code = before + "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"
        report = judged(python(code), "unknown", "no-witness")
        same(gap(report, "no-witness"), 1, "gaps")


@case("a program that looks the driver's functions up itself")
def own_look_up():
    run = Run([client("client-unseen"), "launch"], output=False)
    judged(run, "unknown", "seen-otherwise")
    same(run.ledger["total"]["launches"], 1, "it launched")
    judged(Run([client("client-unseen"), "open"], output=False), "unknown", "seen-otherwise")
    judged(Run([client("client-unseen"), "idle"], output=False), "gpu-idle", "no-kernel")


@case("killed: UNKNOWN if it could use the GPU, NO if it could not")
def killed():
    kill = "import os; os.kill(os.getpid(), 9)\n"
    report = judged(python(INIT + kill), "unknown", "no-witness")
    same((gap(report, "no-end"), report["witness"]), (1, None), "gap and witness")
    judged(python(kill), "gpu-unused", "never-asked")
    judged(python(INIT + kill, {"SIM_DEVICES": "0"}), "gpu-unavailable", "no-device")


@case("replaced by exec after cuInit: nobody looked at the first image")
def replaced():
    code = INIT + "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'pass'])"
    judged(python(code), "unknown", "no-witness")


@case("a forked child has its parent's files")
def forked():
    code = INIT + "import os\nif not os.fork():\n    os._exit(0)\nos.wait()"
    judged(python(code), "gpu-idle", "no-kernel")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""gpuspy doctor PID, of processes that are watched or not, and gpuspy doctor COMMAND."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, SOURCE)
from made import CPU, CUDA, FAKES, GPU, SITE, compiler, copy, library, text
from harness import (CLIENTS, GPUSPY, LIBRARY, SIM_LIB, Skip, case, clean_environment, client,
                     expect, main, no_driver_here, program, same)
import json_schema

PYTHON = os.path.realpath(sys.executable)
WAIT = "print('ready', flush=True); input()\n"


def doctor(*words, env=None, **how):
    said = subprocess.run([GPUSPY, "doctor", "--json", *map(str, words)], text=True, timeout=60,
                          env={**clean_environment(), **(env or {})}, capture_output=True,
                          check=False, **how)
    expect(said.stdout, f"status {said.returncode}, {said.stderr!r}")
    report = json.loads(said.stdout)
    same(json_schema.faults(report, json_schema.DOCTOR), [], "against the schema")
    same(said.returncode, 0 if report["usable"] else 1, "status")
    return report


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="gpuspy-test-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(code, env=None, spied=False):
    """A Python that has run the code and waits."""
    with folder() as place:
        own = {**clean_environment(), "GPUSPY_DIR": place, "GPUSPY_REPORT": "never", **(env or {})}
        if spied:
            own["LD_PRELOAD"] = LIBRARY
        with subprocess.Popen([PYTHON, "-c", code + WAIT], env=own, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            same(process.stdout.readline(), b"ready\n", "what the process said")
            yield process.pid
            process.stdin.close()


def judged(report, verdict, *words):
    same(report["process"], verdict, f"the verdict (of {report['summary']!r})")
    told = report["summary"] + " " + " ".join(
        f"{f['text']} {f['fix']}" for f in report["findings"])
    for word in words:
        expect(word in told, f"{word!r} is not in {told!r}")


WORK = CUDA + """ready()
module, function = ctypes.c_void_p(), ctypes.c_void_p()
assert not cu.cuModuleLoadData(ctypes.byref(module), b"sim:sim_noop")
assert not cu.cuModuleGetFunction(ctypes.byref(function), module, b"sim_noop")
for i in range(5):
    assert not cu.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, None, None, None)
"""


@case("a watched process that ran kernels")
def uses():
    with running(WORK, {"LD_LIBRARY_PATH": SIM_LIB}, spied=True) as pid:
        report = doctor(pid)
        judged(report, "uses", f"process {pid} (", "uses the GPU: 5 kernels so far, 0 in the last",
               SIM_LIB, "SIMULATED")
        same(report["simulated"], True, "simulated")
        said = subprocess.run([GPUSPY, "doctor", str(pid)], capture_output=True, text=True,
                              check=False)
        expect(said.stdout.startswith(f"gpuspy doctor: process {pid} ("), said.stdout)
        same(said.returncode, 0, "status")


@case("a watched process that holds the GPU and idles")
def idles():
    with running(CUDA + "ready()\n", {"LD_LIBRARY_PATH": SIM_LIB}, spied=True) as pid:
        judged(doctor(pid), "idles", "no-kernel", "1 allocation")


@case("a watched process whose devices are hidden from inside")
def hidden_inside():
    with running("import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '-1'\n" + CUDA + "ready()\n",
                 {"LD_LIBRARY_PATH": SIM_LIB}, spied=True) as pid:
        judged(doctor(pid), "cannot", "devices-hidden", "the program itself")


@case("a process that nobody watches, on the simulated driver")
def unwatched():
    with running(CUDA + "ready()\n", {"LD_LIBRARY_PATH": SIM_LIB}) as pid:
        judged(doctor(pid), "unknown", "nobody counts", "not watched")


@case("a process whose devices are hidden from outside")
def hidden():
    for value in ("-1", "-1,0", " -1", "NoDevFiles", ""):
        with running("", {"CUDA_VISIBLE_DEVICES": value}) as pid:
            judged(doctor(pid), "cannot", f'CUDA_VISIBLE_DEVICES="{value}"')
    for value in ("0,-1", "0", "GPU-8a9b"):
        with running("", {"CUDA_VISIBLE_DEVICES": value}) as pid:
            judged(doctor(pid), "unused", f'CUDA_VISIBLE_DEVICES="{value}"')


@case("a process with a driver that has no device file open")
def no_device_file():
    with folder() as place:
        copy(place + "/libcuda.so.1", os.path.join(FAKES, "libfake-driver.so"))
        with running("import ctypes; ctypes.CDLL('libcuda.so.1')\n",
                     {"LD_LIBRARY_PATH": place}) as pid:
            judged(doctor(pid), "cannot", place + "/libcuda.so.1", "no device file")


@case("a process with a framework's CPU build")
def cpu_build():
    with folder() as place:
        path = copy(f"{place}/{SITE}/torch/lib/libtorch_cpu.so", CPU)
        with running(f"import ctypes; ctypes.CDLL({path!r})\n") as pid:
            judged(doctor(pid), "cannot", "torch is installed without code for GPUs", path,
                   "download.pytorch.org")


@case("a process with nothing of the GPU")
def nothing():
    with running("") as pid:
        judged(doctor(pid), "unused", "libcuda is not in the process")


@case("what NVML knows: busy, idle, accounting")
def nvml():
    with folder() as place, running("") as pid:
        copy(place + "/libnvidia-ml.so.1", os.path.join(FAKES, "libfake-nvml.so"))
        env = {"LD_LIBRARY_PATH": place, "FAKE_PID": str(pid)}
        judged(doctor(pid, env={**env, "FAKE_SM": "87"}), "uses", "87 %", "1024 MiB")
        judged(doctor(pid, env=env), "idles", "1.0 GiB", "no kernel of it")
        judged(doctor(pid, env={**env, "FAKE_SM": "1", "FAKE_ACCOUNTING": "55"}), "uses",
               "busy 55 %")
        judged(doctor(pid, env={**env, "FAKE_PID": "1"}), "unused", "does not list")


@case("another user's process")
def foreign():
    if os.geteuid():
        raise Skip("not root")
    with running("") as pid:
        try:
            report = doctor(pid, user=65534, env={"HOME": "/"})
        except PermissionError as error:
            raise Skip("the build is closed to others") from error
        judged(report, "unknown", "as its user, or as root")


@case("a process that has ended, of which nobody has asked yet")
def zombie():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    try:
        judged(doctor(child), "unused", f"process {child} ([", "it has ended")
    finally:
        os.waitpid(child, 0)


@case("a thread of the kernel, and the first process")
def special():
    try:
        with open("/proc/2/stat", encoding="ascii", errors="replace") as file:
            is_thread = "kthreadd" in file.read()
    except FileNotFoundError:
        is_thread = False
    if not is_thread:
        raise Skip("this is a container: no thread of the kernel is to be seen")
    judged(doctor(2), "unused", "process 2 ([kthreadd])", "a thread of the kernel")
    try:
        report = doctor(1, user=65534, env={"HOME": "/"}) if not os.geteuid() else doctor(1)
    except PermissionError as error:
        raise Skip("the build is closed to others") from error
    judged(report, "unknown", "cannot be read")
    told = " ".join(f["text"] for f in report["findings"])
    expect("libcuda is not" not in told and "not watched" not in told, told)


@case("the doctor itself, a shell, an R")
def plain_ones():
    said = subprocess.run(["sh", "-c", 'exec "$0" doctor --json $$', GPUSPY], text=True,
                          capture_output=True, check=False)
    same(json.loads(said.stdout)["process"], "unused", "of itself")
    for command in (["sh", "-c", "echo ready; read x"],
                    [program("Rscript"), "-e", "cat('ready\n'); invisible(readLines('stdin'))"]):
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=clean_environment()) as process:
            same(process.stdout.readline(), b"ready\n", "what it said")
            judged(doctor(process.pid), "unused", "not watched", "libcuda is not")
            process.stdin.close()


# A mapping of a file, and what else may stand in /proc/PID/maps.
MAPS = """import mmap, os
kept = []
def read(path, text="x" * 5000):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file: file.write(text)
    with open(path, "rb") as file: kept.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
"""


@case("files that a process reads are not its libraries, whatever their names are")
def read_only():
    with folder() as place:
        names = ("libcuda.so.1", "libcudnn.so.9", "x\nlibcuda.so.1", "\x1b[31mlibcudart.so.13",
                 "libcuda.so.1 (deleted)", "libtorch_cpu.so", "libgpuspy.so", "a.seg")
        code = MAPS + "".join(f"read({place!r} + '/h/' + {name!r})\n" for name in names)
        code += ("fd = os.memfd_create('x/libcuda.so.1')\nos.ftruncate(fd, 4096)\n"
                 "kept.append(mmap.mmap(fd, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC))\n")
        with running(code) as pid:
            report = doctor(pid)
            judged(report, "unused", "libcuda is not in the process", "not watched")
            expect("libcudnn" not in str(report) and "torch" not in str(report), f"{report}")


@case("a framework whose files were replaced since: nobody knows its build")
def replaced():
    with folder() as place:
        path = copy(f"{place}/{SITE}/torch/lib/libtorch_cpu.so", CPU)
        with running(f"import ctypes, os; ctypes.CDLL({path!r}); os.remove({path!r})\n") as pid:
            report = doctor(pid)
            judged(report, "unused", "torch: build unknown")
            expect("CPU build" not in str(report), f"{report}")


@case("a process that ends while it is looked at")
def ends():
    for i in range(25):
        with subprocess.Popen(["sleep", f"0.0{i // 5}"]) as process:
            said = subprocess.run([GPUSPY, "doctor", str(process.pid)], capture_output=True,
                                  text=True, check=False)
        gone = f"gpuspy doctor: there is no process {process.pid}\n"
        expect((said.returncode, said.stderr) in ((1, ""), (1, gone)), f"{said}")
        expect("cannot be read" not in said.stdout, said.stdout)


@case("no such process")
def gone():
    said = subprocess.run([GPUSPY, "doctor", "999999999"], capture_output=True, text=True,
                          check=False)
    same((said.returncode, said.stdout, len(said.stderr.splitlines())), (1, "", 1),
         "status, output, lines")


# gpuspy doctor COMMAND.

def reasons(report):
    return [finding["reason"] for finding in report["findings"] if finding["reason"]]


@case("a Python's own environment, and no other")
def own_environment():
    with folder() as place:
        os.makedirs(f"{place}/venv/bin")
        os.symlink(PYTHON, f"{place}/venv/bin/python")
        text(f"{place}/venv/pyvenv.cfg", f"home = {os.path.dirname(PYTHON)}\n")
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        copy(f"{place}/venv/lib/{version}/site-packages/torch/lib/libtorch_cpu.so", CPU)
        copy(f"{place}/other/{SITE}/jaxlib/_jax.so", CPU)
        env = {"VIRTUAL_ENV": f"{place}/other", "LD_LIBRARY_PATH": SIM_LIB, "HOME": place}
        report = doctor(f"{place}/venv/bin/python", "-u", "train.py", env=env)
        same((report["usable"], reasons(report)), (True, ["cpu-build"]), "usable, reasons")
        told = " ".join(f["text"] for f in report["findings"])
        expect("torch: CPU build" in told and "JAX" not in told, told)
        expect(PYTHON in told, told)
        script = text(f"{place}/train.py", f"#!{place}/venv/bin/python\n")
        os.chmod(script, 0o755)
        same(reasons(doctor(script, env=env)), ["cpu-build"], "reasons of a script")


@case("R's environment")
def of_r():
    rscript = program("Rscript")
    report = doctor(rscript, "train.R", env={"LD_LIBRARY_PATH": SIM_LIB})
    same(report["usable"], True, "usable")
    expect(any("/exec/R" in f["text"] for f in report["findings"]), f"{report['findings']}")


def build(path, *words):
    subprocess.run([compiler(), "-o", path, "-x", "c", "-", "-x", "none", "-Wl,--no-as-needed",
                    *words], input="int main(void) { return 0; }\n", text=True, check=True)
    return path


@case("a program that lacks a library")
def lacks():
    with folder() as place:
        gone = library(f"{place}/cuda/lib64/libcufft.so.7")
        path = build(place + "/train", gone)
        report = doctor(path, env={"LD_LIBRARY_PATH": SIM_LIB, "CUDA_HOME": place + "/cuda"})
        same((report["usable"], reasons(report)), (False, ["library-missing"]), "usable, reasons")
        problem = [f for f in report["findings"] if f["reason"]][0]
        expect("libcufft.so.7" in problem["text"] and
               problem["fix"].startswith(f"LD_LIBRARY_PATH={place}/cuda/lib64:"), f"{problem}")


@case("a program whose RPATH leads to the driver")
def own_path():
    no_driver_here()
    with folder() as place:
        path = build(place + "/train", "-Wl,--disable-new-dtags", f"-Wl,-rpath,{SIM_LIB}")
        same((doctor(path)["usable"], doctor()["usable"]), (True, False), "usable: it, others")


@case("no such command")
def no_command():
    for word in "no-such-command", "", "/", ".", "/etc/passwd":
        said = subprocess.run([GPUSPY, "doctor", word], capture_output=True, text=True, check=False)
        same((said.returncode, said.stdout, len(said.stderr.splitlines())), (127, "", 1),
             f"status, output, lines of '{word}'")


if __name__ == "__main__":
    main()

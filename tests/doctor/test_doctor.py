#!/usr/bin/env python3
"""gpuspy doctor on machines made up of folders: what it finds, and its status."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "e2e"))
from harness import BUILD, GPUSPY, SIM_LIB, case, expect, main, no_driver_here, same
import json_schema

FAKES = os.path.join(BUILD, "tests", "doctor")
CPU, GPU = (os.path.join(FAKES, f"lib{kind}-gpu-code.so") for kind in ("without", "with"))
DRIVER = {"libcuda.so.1": os.path.join(FAKES, "libfake-driver.so")}
NVML = {"libnvidia-ml.so.1": os.path.join(FAKES, "libfake-nvml.so")}
VERSION = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5\n"
KERNEL = {"proc/driver/nvidia/version": VERSION}
FILES = {"dev/nvidiactl": "", "dev/nvidia0": "", "dev/nvidia-uvm": ""}


def make(folder, files):
    """{path: text, or a file to copy if it begins with '/', or None for a folder}"""
    for name, what in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if what is None:
            os.makedirs(path)
        elif what.startswith("/"):
            shutil.copy(what, path)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(what)


def everything_in(folder):
    return sorted((os.path.join(where, name), os.lstat(os.path.join(where, name)).st_mtime_ns)
                  for where, folders, names in os.walk(folder) for name in folders + names)


class Doctor:
    """gpuspy doctor, in text and in JSON, of a root with these files and a loader's folder."""

    def __init__(self, root=None, libraries=None, env=None):
        with tempfile.TemporaryDirectory(prefix="gpuspy-doctor-") as folder:
            self.folder = folder
            make(os.path.join(folder, "root"), root or {})
            make(os.path.join(folder, "lib"), libraries or {})
            os.makedirs(os.path.join(folder, "root"), exist_ok=True)
            self.env = {"PATH": "/usr/bin", "HOME": "/home/u", "LC_ALL": "C",
                        "GPUSPY_DOCTOR_ROOT": os.path.join(folder, "root"),
                        "LD_LIBRARY_PATH": os.path.join(folder, "lib"), **(env or {})}
            before, start = everything_in(folder), time.monotonic()
            self.text = self.run()
            self.seconds = time.monotonic() - start
            said = self.run("--json")
            self.status = self.text.returncode
            same(said.returncode, self.status, "status with --json")
            same(self.text.stderr, "", "standard error")
            same(everything_in(folder), before, "files, before and after")
        self.report = json.loads(said.stdout)
        same(json_schema.faults(self.report, json_schema.DOCTOR), [], "against the schema")
        self.findings = self.report["findings"]
        same(self.status, 0 if self.report["usable"] else 1, "status")
        for finding in self.findings:
            expect(finding["text"] in self.text.stdout, f"{finding} is not in the text")
            expect(self.env["GPUSPY_DOCTOR_ROOT"] not in str(finding), f"{finding} has the root")
        same(len(self.text.stdout.splitlines()), len(self.findings) + 1, "lines of the text")

    def run(self, *words):
        return subprocess.run([GPUSPY, "doctor", *words], env=self.env, capture_output=True,
                              text=True, timeout=60, check=False)

    def has(self, level, subject, *words):
        for finding in self.findings:
            told = f"{finding['text']} -- {finding['fix']}"
            if ((finding["level"], finding["subject"]) == (level, subject)
                    and all(word in told for word in words)):
                return
        raise AssertionError(f"no {level} of {subject} with {words} in {self.text.stdout}")

    def has_no(self, level, subject):
        found = [f for f in self.findings if (f["level"], f["subject"]) == (level, subject)]
        expect(not found, f"{found}")


# The driver.

@case("a machine with nothing")
def nothing():
    no_driver_here()
    doctor = Doctor()
    same(doctor.status, 1, "status")
    doctor.has("problem", "driver", "driver-missing", "libcuda.so.1: cannot open", "install")
    doctor.has("note", "kernel", "no NVIDIA GPU on the PCI bus")
    doctor.has("note", "libraries", "libcudnn")
    doctor.has("note", "python", "no TensorFlow")
    expect(doctor.seconds < 2, f"it took {doctor.seconds:.1f} s")


@case("the simulated driver")
def simulated():
    doctor = Doctor(env={"LD_LIBRARY_PATH": SIM_LIB})
    same((doctor.status, doctor.report["simulated"]), (0, True), "status, simulated")
    doctor.has("ok", "driver", "SIMULATED", "CUDA 13.5")
    doctor.has("ok", "device", "Simulated GPU 0")
    doctor.has("ok", "libraries", "libcudnn.so.9")
    doctor.has("note", "libraries", "LD_LIBRARY_PATH only")
    expect(doctor.seconds < 2, f"it took {doctor.seconds:.1f} s")


@case("a driver and all its files")
def good():
    doctor = Doctor({**KERNEL, **FILES}, {**DRIVER, **NVML})
    same((doctor.status, doctor.report["simulated"]), (0, False), "status, simulated")
    doctor.has("ok", "driver", "CUDA 12.4")
    doctor.has("ok", "device", "device 0: Fake GPU")
    doctor.has("ok", "kernel")
    doctor.has("ok", "files")
    doctor.has("ok", "nvml", "550.54.15", "1 GPU")
    same([f for f in doctor.findings if f["level"] == "problem"], [], "problems")


@case("the toolkit only: its stub")
def stub():
    doctor = Doctor({"usr/local/cuda/lib64/x": ""}, DRIVER, {"FAKE_INIT": "34"})
    same(doctor.status, 1, "status")
    doctor.has("problem", "driver", "driver-stub", "stub")


@case("a container without device files")
def container():
    doctor = Doctor({**KERNEL, ".dockerenv": ""}, DRIVER, {"FAKE_INIT": "100"})
    same(doctor.status, 1, "status")
    doctor.has("problem", "driver", "device-access", "/dev/nvidia*", "--gpus all")
    doctor.has("problem", "files", "/dev/nvidiactl is missing", "--gpus all")
    doctor.has("note", "container")


@case("a container that lost its devices to a reload of systemd")
def lost():
    doctor = Doctor({**KERNEL, "dev/nvidiactl/x": "", "dev/nvidia0/x": "", ".dockerenv": ""},
                    DRIVER, {"FAKE_INIT": "100"})
    doctor.has("problem", "driver", "device-access", "may not open", "restart the container")
    doctor.has("problem", "files", "may not be opened", "restart the container")


@case("device files that may not be opened")
def closed():
    doctor = Doctor({**KERNEL, "dev/nvidiactl/x": "", "dev/nvidia0/x": ""}, DRIVER,
                    {"FAKE_INIT": "100"})
    doctor.has("problem", "driver", "device-access", "may not open")
    doctor.has("problem", "files", "may not be opened", "group")
    doctor.has("problem", "files", "nvidia-uvm")


@case("MIG mode without an instance")
def mig():
    doctor = Doctor({**KERNEL, **FILES, "proc/driver/nvidia/capabilities/gpu0/mig": None},
                    {**DRIVER, **NVML}, {"FAKE_INIT": "100", "FAKE_MIG": "1"})
    doctor.has("problem", "driver", "mig-no-instance", "nvidia-smi mig")
    doctor.has("note", "nvml", "MIG mode")


for code, reason in ((803, "driver-too-old"), (999, "init-failed"), (802, "init-failed"),
                     (100, "no-device")):
    @case(f"cuInit answers {code}")
    def answer(code=code, reason=reason):
        doctor = Doctor({**KERNEL, **FILES}, DRIVER, {"FAKE_INIT": str(code)})
        same(doctor.status, 1, "status")
        doctor.has("problem", "driver", reason, "cuInit returned CUDA_ERROR_")


@case("no device counted")
def none_counted():
    doctor = Doctor({**KERNEL, **FILES}, DRIVER, {"FAKE_DEVICES": "0"})
    same(doctor.status, 1, "status")
    doctor.has("problem", "driver", "no-device", "0 devices")


@case("cuInit hangs")
def hang():
    doctor = Doctor({}, DRIVER, {"FAKE_INIT": "hang"})
    same(doctor.status, 1, "status")
    doctor.has("problem", "driver", "does not return")
    expect(doctor.seconds < 8, f"it took {doctor.seconds:.1f} s")


@case("cuInit crashes")
def crash():
    doctor = Doctor({}, DRIVER, {"FAKE_INIT": "crash"})
    same(doctor.status, 1, "status")
    doctor.has("problem", "driver", "crashed")


@case("the kernel's driver is another version than libcuda")
def versions():
    with tempfile.TemporaryDirectory(prefix="gpuspy-doctor-") as folder:
        shutil.copy(DRIVER["libcuda.so.1"], os.path.join(folder, "libcuda.so.560.35.03"))
        os.symlink("libcuda.so.560.35.03", os.path.join(folder, "libcuda.so.1"))
        doctor = Doctor({**KERNEL, **FILES}, env={"LD_LIBRARY_PATH": folder})
    doctor.has("problem", "driver", "550.54.15", "560.35.03", "restart")


GPU_ON_BUS = {"sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
              "sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n"}


@case("a GPU without a driver")
def bus():
    Doctor(GPU_ON_BUS, DRIVER, {"FAKE_INIT": "100"}).has(
        "problem", "kernel", "1 NVIDIA GPU on the PCI bus", "install the NVIDIA driver")
    Doctor({**GPU_ON_BUS, "sys/module/nouveau/x": ""}, DRIVER, {"FAKE_INIT": "100"}).has(
        "problem", "kernel", "nouveau")


@case("NVML does not start")
def nvml():
    Doctor({**KERNEL, **FILES}, {**DRIVER, **NVML}, {"FAKE_NVML": "18"}).has(
        "note", "nvml", "18", "nvidia-smi")


# Variables.

@case("CUDA_VISIBLE_DEVICES")
def visible():
    for value in ("", "-1", "-1,0", " NoDevFiles"):
        Doctor({}, DRIVER, {"FAKE_INIT": "100", "CUDA_VISIBLE_DEVICES": value}).has(
            "problem", "variable", f'"{value}" hides all', "unset")
    Doctor({}, DRIVER, {"CUDA_VISIBLE_DEVICES": "1"}).has("note", "variable", '"1"')


@case("CUDA_INJECTION64_PATH: a profiler, there or not")
def injection():
    name = "/opt/nsight/libToolsInjection64.so"
    Doctor({name[1:]: ""}, DRIVER, {"CUDA_INJECTION64_PATH": name}).has(
        "note", "variable", name + ": cuInit loads that tool into each program")
    Doctor({}, DRIVER, {"CUDA_INJECTION64_PATH": name}).has("note", "variable", "no such file")
    Doctor({}, DRIVER, {"CUDA_INJECTION64_PATH": ""}).has_no("note", "variable")


@case("NVIDIA_VISIBLE_DEVICES of a container")
def container_variable():
    Doctor({}, DRIVER, {"FAKE_INIT": "100", "NVIDIA_VISIBLE_DEVICES": "void"}).has(
        "problem", "variable", "--gpus all")


@case("stubs in LD_LIBRARY_PATH")
def stubs_in_path():
    no_driver_here()
    Doctor(env={"LD_LIBRARY_PATH": "/usr/local/cuda/lib64/stubs"}).has(
        "problem", "variable", "stub", "take that folder out")


# R.

R = {"usr/lib/R/bin/R": "", "usr/lib/R/etc/ldpaths": ""}

# The lines that matter of the script in R 4.
LDPATHS = """if test -n "{0}"; then
: ${{R_LD_LIBRARY_PATH=${{R_HOME}}/lib:{0}}}
fi
if test -z "${{LD_LIBRARY_PATH}}"; then
  LD_LIBRARY_PATH="${{R_LD_LIBRARY_PATH}}"
else
  LD_LIBRARY_PATH="${{R_LD_LIBRARY_PATH}}:${{LD_LIBRARY_PATH}}"
fi
export LD_LIBRARY_PATH
"""


@case("R finds cuDNN by its ldpaths")
def ldpaths():
    doctor = Doctor({**R, "usr/lib/R/etc/ldpaths":
                     LDPATHS.format("/opt/cudnn/lib"),
                     "opt/cudnn/lib/libcudnn.so.9": ""})
    doctor.has("ok", "R", "/usr/lib/R finds /opt/cudnn/lib/libcudnn.so.9")


@case("R's home by its script in PATH")
def r_script():
    doctor = Doctor({"tools/R": "#!/bin/sh\nR_HOME_DIR=/odd/place/R\n", "odd/place/R/etc/x": ""},
                    env={"PATH": "/tools"})
    doctor.has("note", "R", "/odd/place/R")


@case("R torch: CPU build, GPU build, not downloaded")
def r_torch():
    library = "home/u/R/x86_64-pc-linux-gnu-library/4.4/"
    torch = {library + "torch/DESCRIPTION": "Package: torch\n"}
    Doctor(torch).has("problem", "R torch", "not downloaded", "install_torch")
    cpu = {**torch, library + "torch/lib/libtorch_cpu.so": CPU}
    Doctor(cpu).has("note", "R torch", "CPU build", "install_torch")
    gpu = {**cpu, library + "torch/lib/libtorch_cuda.so": "",
           library + "cuda12.8/DESCRIPTION": "Package: cuda12.8\n"}
    doctor = Doctor(gpu)
    doctor.has("ok", "R torch", "GPU build")
    doctor.has("ok", "R torch", "cuda12.8")


@case("R xgboost, in R_LIBS_USER")
def r_xgboost():
    for build, level, word in ((CPU, "note", "CPU build"), (GPU, "ok", "GPU build")):
        Doctor({"mine/xgboost/libs/xgboost.so": build}, env={"R_LIBS_USER": "/other:/mine"}).has(
            level, "R xgboost", word)


@case("RStudio Server's own library path")
def rstudio():
    Doctor({"etc/rstudio/rserver.conf": "rsession-ld-library-path=/opt/cuda/lib64\n"}).has(
        "note", "RStudio", "/opt/cuda/lib64")


# Python.

SITE = "lib/python3.11/site-packages/"


def tensorflow(prefix, build):
    return {prefix + SITE + "tensorflow/libtensorflow_framework.so.2": CPU,
            prefix + SITE + "tensorflow/libtensorflow_cc.so.2": build}


@case("TensorFlow's CPU build in r-tensorflow")
def cpu_tensorflow():
    Doctor(tensorflow("home/u/.virtualenvs/r-tensorflow/", CPU)).has(
        "note", "python", "TensorFlow: CPU build", "r-tensorflow", "and-cuda")


@case("TensorFlow's GPU build, with and without cuDNN's wheel")
def gpu_tensorflow():
    prefix = "home/u/.virtualenvs/r-keras/"
    wheel = {prefix + SITE + "nvidia/cudnn/lib/libcudnn.so.9": CPU}
    doctor = Doctor({**tensorflow(prefix, GPU), **wheel})
    doctor.has("ok", "python", "TensorFlow: GPU build", "r-keras")
    doctor.has_no("problem", "python")
    # The cache of this root names no cuDNN, whatever this machine has.
    Doctor(tensorflow(prefix, GPU)).has("problem", "python", "no cuDNN", "and-cuda")


@case("torch and JAX in conda, in uv's cache, and by RETICULATE_PYTHON")
def other_places():
    conda = "home/u/miniconda3/envs/gpu/"
    uv = "home/u/.cache/R/reticulate/uv/cache/archive-v0/abc/"
    named = "srv/py/"
    doctor = Doctor({
        conda + SITE + "torch/lib/libtorch_cpu.so": CPU,
        uv + SITE + "jaxlib/libjax_common.so": CPU,
        uv + SITE + "jax_plugins/xla_cuda12/x": "",
        uv + SITE + "nvidia/cudnn/lib/libcudnn.so.9": "",
        uv + SITE + "nvidia/cuda_runtime/lib/libcudart.so.12": "",
        named + "bin/python": "", named + SITE + "xgboost/lib/libxgboost.so": GPU,
    }, env={"RETICULATE_PYTHON": "/srv/py/bin/python"})
    doctor.has("note", "python", "torch: CPU build", "conda: /home/u/miniconda3/envs/gpu")
    doctor.has("ok", "python", "JAX: GPU build", "reticulate's uv")
    doctor.has("ok", "python", "XGBoost: GPU build", "RETICULATE_PYTHON: /srv/py")


@case("a wheel of NVIDIA's that is older than the framework beside it requires")
def older_wheel():
    site = "srv/py/" + SITE
    files = {"srv/py/bin/python": "", site + "jaxlib/_jax.so": CPU,
             site + "jax_plugins/xla_cuda12/x": "",
             site + "jax_cuda12_plugin-0.6.2.dist-info/METADATA":
             "Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.8; extra == \"with-cuda\"\n"
             "Requires-Dist: nvidia-nccl-cu12>=2.18.1; extra == \"with-cuda\"\n",
             site + "nvidia_nccl_cu12-2.18.1.dist-info/METADATA": ""}
    words = "JAX: requires nvidia-cudnn-cu12 9.8 or newer, and "
    for version, older in (("9.1.0.70", True), ("9.10.2.21", False), ("9.8.0.87", False)):
        doctor = Doctor({**files, f"{site}nvidia_cudnn_cu12-{version}.dist-info/METADATA": ""},
                        env={"RETICULATE_PYTHON": "/srv/py/bin/python"})
        found = [f for f in doctor.report["findings"] if words in f["text"]]
        same(len(found), older, f"findings of {version}: {doctor.report['findings']}")
        if older:
            expect(version in found[0]["text"] and found[0]["fix"] ==
                   'pip install -U "nvidia-cudnn-cu12>=9.8"', f"{found}")
        expect("nccl" not in str(doctor.findings), f"{doctor.findings}")


@case("RETICULATE_PYTHON that does not exist")
def no_python():
    Doctor(env={"RETICULATE_PYTHON": "/gone/bin/python"}).has(
        "problem", "python", "/gone/bin/python does not exist")


@case("a thousand environments")
def many():
    root = {}
    for i in range(1000):
        root[f"home/u/.virtualenvs/e{i}/{SITE}x"] = ""
    doctor = Doctor(root)
    doctor.has("note", "python", "there are more")
    expect(doctor.seconds < 2, f"it took {doctor.seconds:.1f} s")


# The command.

@case("hostile names")
def hostile():
    with tempfile.TemporaryDirectory(prefix="gpuspy-doctor-") as folder:
        env = {"GPUSPY_DOCTOR_ROOT": folder, "HOME": "/h",
               "CUDA_VISIBLE_DEVICES": b"\x1b]0;x\x07\n\xff".decode(errors="surrogateescape")}
        make(folder, {"h/.virtualenvs/\x1b[31m/" + SITE + "torch/lib/libtorch_cpu.so": CPU})
        for words in ((), ("--json",)):
            said = subprocess.run([GPUSPY, "doctor", *words], env=env, capture_output=True,
                                  timeout=60, check=False).stdout
            expect(b"\x1b" not in said and b"\x07" not in said, f"{said}")
            expect(b"torch: CPU build" in said, f"{said}")
            if words:
                json.loads(said)


@case("usage errors")
def usage():
    for words in (("--nonsense",), ("--json=x",)):
        said = subprocess.run([GPUSPY, "doctor", *words], capture_output=True, check=False)
        same((said.returncode, len(said.stderr.splitlines()), said.stdout), (2, 1, b""),
             "status, lines, output")
    said = subprocess.run([GPUSPY, "doctor", "--help"], capture_output=True, check=False)
    same(said.returncode, 0, "status of --help")


@case("every member of its JSON is in the manual")
def documented():
    page = os.path.join(json_schema.SOURCE, "tools", "man", "gpuspy-json.5")
    with open(page, encoding="utf-8") as file:
        words = file.read().partition("\n.SH DOCTOR\n")[2]
    for name in sorted(json_schema.member_names(json_schema.DOCTOR)):
        expect(f"\n.BR {name} " in words, f"{name} is not in gpuspy-json(5), DOCTOR")


if __name__ == "__main__":
    main()

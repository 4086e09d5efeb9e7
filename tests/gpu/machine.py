"""What this machine has: a GPU, a toolkit, Python modules, R."""

import glob
import json
import os
import platform
import re
import shutil
import subprocess
import sys

from cases import Missing, Waits

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("GPUSPY_BUILD", os.path.join(SOURCE, "build")))
SIM_LIB = os.path.join(BUILD, "tests", "sim", "lib")

# The Python that has the frameworks.
PYTHON = os.environ.get("GPUSPY_PYTHON", sys.executable)

gpu = None  # {"name", "driver", "capability", "count", "driver_path", ...}
no_gpu_reason = None

# In a process of its own: whoever asks the driver keeps it, and its threads, to the end.
ASK = """
import ctypes, json, os, sys
why = cuda = None
for path in ["libcuda.so.1"] + sys.argv[1:]:
    try:
        cuda = ctypes.CDLL(path)
        break
    except OSError as error:
        why = why or str(error)
if not cuda:
    raise SystemExit(why)
status = cuda.cuInit(0)
if status:
    raise SystemExit("cuInit answers %d" % status)
def integer(name, *more):
    value = ctypes.c_int(-1)
    getattr(cuda, name)(ctypes.byref(value), *more)
    return value.value
name = ctypes.create_string_buffer(256)
cuda.cuDeviceGetName(name, 256, 0)
with open("/proc/self/maps") as maps:
    path = next(line.split(None, 5)[5].strip() for line in maps if "libcuda.so" in line)
print(json.dumps({"name": name.value.decode(), "count": integer("cuDeviceGetCount"),
                  "driver": integer("cuDriverGetVersion"), "driver_path": path,
                  "outside": cuda._name != "libcuda.so.1",
                  "capability": [integer("cuDeviceGetAttribute", 75, 0),
                                 integer("cuDeviceGetAttribute", 76, 0)],
                  "cooperative": integer("cuDeviceGetAttribute", 95, 0),
                  "compute_mode": integer("cuDeviceGetAttribute", 20, 0),
                  "simulated": hasattr(cuda, "gpuspy_simulated_driver")}))
"""


# Where containers and distributions put the driver, beside what the loader knows.
DRIVERS = ("/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/usr/lib/*-linux-gnu/nvidia/current",
           "/usr/lib/wsl/lib", "/usr/lib64/nvidia", "/run/opengl-driver/lib", "/usr/local/cuda/compat")
ASK_SECONDS = 60
DOCTOR_SECONDS = 60


def find(no_gpu=False):
    global gpu, no_gpu_reason
    if no_gpu:
        no_gpu_reason = "--no-gpu"
        return
    paths = [path for folder in DRIVERS for path in sorted(glob.glob(folder + "/libcuda.so.1"))]
    try:
        asked = subprocess.run([sys.executable, "-c", ASK, *paths], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, errors="replace", timeout=ASK_SECONDS)
    except subprocess.TimeoutExpired:
        no_gpu_reason = f"the driver did not answer in {ASK_SECONDS} s"
        return
    try:
        found = json.loads(asked.stdout) if asked.returncode == 0 else None
    except ValueError:
        found = None
    if found and not found["simulated"] and found["count"] > 0:
        gpu = found
        if found["outside"]:
            lead_to(os.path.dirname(found["driver_path"]))
    elif found:
        no_gpu_reason = "the driver is the simulated one" if found["simulated"] else "no device"
    else:
        said = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        no_gpu_reason = "no libcuda.so.1" if "cannot open shared object" in said else said


def lead_to(folder):
    """Programs find a driver that the loader does not know."""
    before = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = folder + (":" + before if before else "")


def need_gpu():
    if not gpu:
        raise Waits(f"needs a GPU: {no_gpu_reason}")


def toolkit():
    """The folder of the CUDA toolkit, None without one."""
    nvcc = shutil.which("nvcc")
    folders = [os.environ.get("CUDA_HOME"), "/usr/local/cuda"]
    if nvcc:
        folders.insert(1, os.path.dirname(os.path.dirname(os.path.realpath(nvcc))))
    for folder in folders:
        if folder and os.path.exists(os.path.join(folder, "bin", "nvcc")):
            return folder
    return None


def first_file(patterns):
    """The first file that one of the patterns finds, None."""
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            return path
    return None


_packages = []


def packages():
    """Where PYTHON's packages are: NVIDIA's libraries can come as such (nvidia-cudnn-cu13)."""
    if not _packages:
        code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
        asked = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, timeout=60)
        _packages.append(asked.stdout.strip() or "/nowhere")
    return _packages[0]


def header_folder(name):
    kit = toolkit() or "/nowhere"
    found = first_file([f"{kit}/include/{name}", f"{kit}/extras/CUPTI/include/{name}",
                        f"{kit}/targets/*/include/{name}", f"/usr/include/{name}",
                        f"/usr/include/*/{name}", f"/usr/local/include/{name}",
                        f"{packages()}/nvidia/*/include/{name}"])
    return os.path.dirname(found) if found else None


def library_file(name):
    kit = toolkit() or "/nowhere"
    return first_file([f"{kit}/lib64/{name}.so*", f"{kit}/extras/CUPTI/lib64/{name}.so*",
                       f"{kit}/targets/*/lib/{name}.so*", f"/usr/lib/*-linux-gnu/{name}.so*",
                       f"/usr/local/lib/{name}.so*", f"{packages()}/nvidia/*/lib/{name}.so*"])


_modules = {}
MODULE_SECONDS = 120


def python_module(name, env):
    """The version of a Python module that PYTHON can import, None. It is really imported: one
    that is installed without what it needs is not there."""
    if name not in _modules:
        code = f"import {name} as it; print(getattr(it, '__version__', 'of some version'))"
        try:
            asked = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True,
                                   timeout=MODULE_SECONDS, env={**os.environ, **env})
        except (OSError, subprocess.TimeoutExpired):
            asked = None
        said = asked.stdout.strip().splitlines() if asked else []
        _modules[name] = said[-1] if said and asked.returncode == 0 else None
    return _modules[name]


def forget_module(name):
    """It can be had by another environment."""
    _modules.pop(name, None)


def need_modules(*names, env=()):
    for name in names:
        if not python_module(name, dict(env)):
            raise Missing(f"no Python module {name} in {PYTHON}")


def rscript():
    return os.environ.get("GPUSPY_RSCRIPT") or shutil.which("Rscript")


def need_rscript():
    path = rscript()
    if not path:
        raise Missing("no Rscript")
    return path


def nvcc_version():
    kit = toolkit()
    if not kit:
        return None
    said = subprocess.run([os.path.join(kit, "bin", "nvcc"), "--version"], capture_output=True,
                          text=True).stdout
    found = re.search(r"V(\d+\.\d+\.\d+)", said)
    return found[1] if found else None


def facts():
    return {"gpu": gpu, "no_gpu_reason": no_gpu_reason, "nvcc": nvcc_version(),
            "kernel": platform.release(), "machine": platform.machine(),
            "libc": " ".join(platform.libc_ver()), "processors": os.cpu_count(),
            "python": PYTHON, "doctor": doctor()}


def doctor():
    """gpuspy's own word on this machine's GPU."""
    try:
        asked = subprocess.run([os.path.join(BUILD, "tools", "gpuspy"), "doctor"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                               timeout=DOCTOR_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"gpuspy doctor: {error}"
    return (asked.stdout.strip().splitlines() or [f"gpuspy doctor: status {asked.returncode}"])[-1]


def words():
    kit = nvcc_version()
    tools = f"nvcc {kit}" if kit else "no nvcc"
    if not gpu:
        return (f"no GPU ({no_gpu_reason}), {tools}: what the simulated driver can show is shown "
                "with it, the rest is skipped")
    version = f"{gpu['driver'] // 1000}.{gpu['driver'] % 1000 // 10}"
    return f"{gpu['count']} x {gpu['name']}, driver for CUDA {version}, {tools}"

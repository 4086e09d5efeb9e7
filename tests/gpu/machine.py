"""What this machine has: a GPU, a toolkit, Python modules, R."""

import glob
import json
import os
import platform
import re
import shutil
import subprocess
import sys

from cases import Skip

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
import ctypes, json, os
try:
    cuda = ctypes.CDLL("libcuda.so.1")
except OSError as error:
    raise SystemExit(str(error))
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
                  "capability": [integer("cuDeviceGetAttribute", 75, 0),
                                 integer("cuDeviceGetAttribute", 76, 0)],
                  "cooperative": integer("cuDeviceGetAttribute", 95, 0),
                  "simulated": hasattr(cuda, "gpuspy_simulated_driver")}))
"""


def find(no_gpu=False):
    global gpu, no_gpu_reason
    if no_gpu:
        no_gpu_reason = "--no-gpu"
        return
    try:
        asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True,
                               timeout=120)
    except subprocess.TimeoutExpired:
        no_gpu_reason = "the driver did not answer in two minutes"
        return
    found = json.loads(asked.stdout) if asked.returncode == 0 else None
    if found and not found["simulated"] and found["count"] > 0:
        gpu = found
    elif found:
        no_gpu_reason = "the driver is the simulated one" if found["simulated"] else "no device"
    else:
        said = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        no_gpu_reason = "no libcuda.so.1" if "cannot open shared object" in said else said


def need_gpu():
    if not gpu:
        raise Skip(f"needs a GPU: {no_gpu_reason}")


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


def python_module(name, env):
    """The version of a Python module that PYTHON can import, None. It is really imported: one
    that is installed without what it needs is not there."""
    if name not in _modules:
        code = f"import {name} as it; print(getattr(it, '__version__', 'of some version'))"
        asked = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, timeout=300,
                               env={**os.environ, **env})
        said = asked.stdout.strip().splitlines()
        _modules[name] = said[-1] if asked.returncode == 0 and said else None
    return _modules[name]


def need_modules(*names, env=()):
    for name in names:
        if not python_module(name, dict(env)):
            raise Skip(f"no Python module {name} in {PYTHON}")


def rscript():
    return os.environ.get("GPUSPY_RSCRIPT") or shutil.which("Rscript")


def need_rscript():
    path = rscript()
    if not path:
        raise Skip("no Rscript")
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
            "python": PYTHON}


def words():
    kit = nvcc_version()
    tools = f"nvcc {kit}" if kit else "no nvcc"
    if not gpu:
        return (f"no GPU ({no_gpu_reason}), {tools}: what the simulated driver can show is shown "
                "with it, the rest is skipped")
    version = f"{gpu['driver'] // 1000}.{gpu['driver'] % 1000 // 10}"
    return f"{gpu['count']} x {gpu['name']}, driver for CUDA {version}, {tools}"

"""Small libraries and folders that look like what people have installed, made where a test wants
them: a library is known by its name, what it needs, where it looks, and what symbols it has."""

import os
import shutil
import subprocess
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "e2e"))
from harness import BUILD, Skip

FAKES = os.path.join(BUILD, "tests", "doctor")
CPU, GPU = (os.path.join(FAKES, f"lib{kind}-gpu-code.so") for kind in ("without", "with"))
SITE = "lib/python3.11/site-packages"


def compiler():
    found = shutil.which("cc") or shutil.which("gcc")
    if not found:
        raise Skip("there is no C compiler")
    return found


def library(path, code="int stands_here;", needs=(), runpath=None, rpath=None, versions=None):
    """A shared library at that path, linked to those of `needs`, which are paths."""
    cc = compiler()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    words = [cc, "-shared", "-fPIC", "-o", path, f"-Wl,-soname,{os.path.basename(path)}",
             "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"]
    if runpath:
        words.append(f"-Wl,--enable-new-dtags,-rpath,{runpath}")
    if rpath:
        words.append(f"-Wl,--disable-new-dtags,-rpath,{rpath}")
    if versions:
        with open(path + ".map", "w", encoding="ascii") as file:
            file.write(versions)
        words.append(f"-Wl,--version-script={path}.map")
    subprocess.run([*words, "-x", "c", "-", "-x", "none", *needs], input=code, text=True,
                   check=True)
    return path


def opener(path, *names, **how):
    """A library whose start() opens others by name, as frameworks do, and goes on without."""
    opens = "".join(f'dlopen("{name}", RTLD_NOW);' for name in names)
    return library(path, f"#include <dlfcn.h>\nvoid start(void) {{ {opens} }}\n", **how)


def copy(path, original):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copy(original, path)
    return path


def text(path, words=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(words)
    return path


def start(path):
    """Python's words that load a library and call start() of it."""
    return f"import ctypes\nctypes.CDLL({path!r}).start()\n"


def load(path):
    """Python's words that load a library, and go on without."""
    return f"import ctypes\ntry: ctypes.CDLL({path!r})\nexcept OSError as e: print(e)\n"


# With the simulated driver.
CUDA = """import ctypes, os
cu = ctypes.CDLL("libcuda.so.1")
def ready():
    context, at = ctypes.c_void_p(), ctypes.c_uint64()
    status = cu.cuInit(0)
    if status: return status
    cu.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
    cu.cuCtxSetCurrent(context)
    return cu.cuMemAlloc_v2(ctypes.byref(at), ctypes.c_size_t(64))
"""

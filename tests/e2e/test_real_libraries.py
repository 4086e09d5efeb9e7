#!/usr/bin/env python3
"""NVIDIA's own libraries, as far as they go without a GPU: the same answers as without gpuspy, and
each call counted. They take no driver but a genuine one, so none is simulated here."""

import glob
import os
import subprocess
import sys

from harness import (LIBRARY, SIM_LIB, Run, Skip, add_case, client, expect, main, program, same, same_behaviour,
                     same_sums, succeeded)

FOLDERS = ("/usr/local/cuda*/lib64", "/usr/local/cuda*/targets/*/lib", "/usr/local/cuda*/lib")
BEFORE = {"attached-late", "libraries-before"}
NO_STATUS = {"cudnnGetVersion", "cudnnGetErrorString", "cudaGetErrorName"}


def toolkit_folder():
    for pattern in FOLDERS:
        for folder in sorted(glob.glob(pattern)):
            if all(os.path.exists(os.path.join(folder, name))
                   for name in ("libcudnn.so.9", "libcudart.so.13")):
                return folder
    raise Skip("there is no CUDA toolkit with cuDNN 9 and the runtime 13")


def counted_by_itself(output):
    """The lines "= name calls errors" of the program."""
    words = [line.split() for line in output.decode().splitlines() if line.startswith("= ")]
    return {name: (int(calls), int(errors)) for _, name, calls, errors in words}


def counts(report, layers):
    return {f["name"]: (f["calls"], f["errors"]) for f in report["functions"]
            if f["layer"] in layers}


def real(command, with_stub=False, late=False):
    """late: something that is preloaded loads gpuspy, when the libraries are there."""
    folder = toolkit_folder()

    def stub(run):
        if with_stub:
            os.symlink(os.path.join(folder, "stubs", "libcuda.so"),
                       os.path.join(run.folder, "libcuda.so.1"))
            run.env["LD_LIBRARY_PATH"] = f"{run.folder}:{folder}"
        if late and "LD_PRELOAD" in run.env:
            run.env.update(LD_PRELOAD=client("late-loader.so"), LATE_LIBRARY=LIBRARY)

    if with_stub and not os.path.exists(os.path.join(folder, "stubs", "libcuda.so")):
        raise Skip("the toolkit has no stub of the driver")
    env = {"LD_LIBRARY_PATH": folder}
    plain = Run(command, env, spied=False, prepare=stub)
    spied = Run(command, env, prepare=stub)
    succeeded(plain)
    same_behaviour(spied, plain)
    same(counts(spied.report, ("runtime", "cudnn")), counted_by_itself(spied.stdout),
         "calls and errors")
    same_sums(spied.report)
    same({g["code"] for g in spied.report["gaps"]} - (BEFORE if late else set()), set(),
         "what gpuspy says that it missed")
    same(spied.report["attached"], "late" if late else "preload", "attached")
    same(spied.report["simulated"], False, "simulated")
    return spied


def linked(name, with_stub, late=False):
    check_driver(real([client(name), "3"], with_stub, late), with_stub)


def by_r(name, with_stub):
    script = (f"dyn.load('{client(name)}'); "
              "invisible(.C('rpkg_real', 2L)); cat('R is done\\n')")
    check_driver(real([program("Rscript"), "--vanilla", "-e", script], with_stub), with_stub)


def has_driver():
    said = subprocess.run(["ldconfig", "-p"], env={"PATH": "/sbin:/usr/sbin"}, check=False,
                          capture_output=True, text=True)
    return "libcuda.so.1" in said.stdout


def check_driver(run, with_stub):
    """What the libraries' answers mean, where it is known what they have to be."""
    report = run.report
    if with_stub:
        same(report["reason"], "driver-stub", "reason")
        # It answers every call in this way; cuInit may not even be reached.
        asked = [f for f in report["functions"] if f["layer"] == "driver"]
        expect(asked, "no call of the driver was seen")
        for function in asked:
            same((function["errors"], function["last_error"]),
                 (function["calls"], "CUDA_ERROR_STUB_LIBRARY"), function["name"])
    elif not has_driver():
        same(report["verdict"], "gpu-unavailable", "verdict")
        same(report["reason"], "driver-missing", "reason")
        same(counts(report, ("driver",)), {}, "calls of a driver that is not there")


TABLE = """
import ctypes, os, struct, subprocess
table = ctypes.CDLL("libcublasLt.so.13")

def regions(name):
    last = ""
    with open("/proc/self/maps") as maps:
        for line in maps:
            words = line.split()
            last = words[5] if len(words) > 5 else last
            if name in os.path.basename(last):
                yield (*(int(end, 16) for end in words[0].split("-")), words[1], last)

driver = list(regions("libcuda.so"))
base, path = driver[0][0], driver[0][3]
said = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True,
                      env={"PATH": os.environ["PATH"]}, check=True)
functions = {base + int(line.split()[0], 16) for line in said.stdout.splitlines()
             if line.split()[1] == "T"}

def taken():
    n = 0
    with open("/proc/self/mem", "rb", 0) as memory:
        for low, high, rights, _ in regions("libcublasLt"):
            if rights.startswith("rw"):
                memory.seek(low)
                n += sum(word in functions for word, in struct.iter_unpack("<Q", memory.read(high - low)))
    return n

before = taken()
ctypes.CDLL(os.environ["LATE_LIBRARY"])
print(before, taken())
"""


def table():
    """The addresses that cuBLASLt takes in a constructor; the driver is a simulated one."""
    folder = toolkit_folder()
    if not os.path.exists(os.path.join(folder, "libcublasLt.so.13")):
        raise Skip("there is no cuBLASLt 13")
    run = Run([sys.executable, "-c", TABLE], {"LD_LIBRARY_PATH": f"{SIM_LIB}:{folder}",
                                              "LATE_LIBRARY": LIBRARY}, spied=False)
    succeeded(run)
    same(run.stdout, b"32 0\n", "addresses of the driver's functions, before and after")


add_case("cuBLASLt has taken addresses before gpuspy was loaded", table)
for stub in (False, True):
    where = "with the toolkit's stub" if stub else "without a driver of ours"
    for name in ("client-real", "client-real-dlopen"):
        add_case(f"{name}, {where}", linked, name, stub)
        add_case(f"{name}, {where}, loaded late", linked, name, stub, True)
    for name in ("rpkg-real.so", "rpkg-real-dlopen.so"):
        add_case(f"R and {name}, {where}", by_r, name, stub)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""TensorFlow, torch, JAX and XGBoost themselves, where they are installed: the reason that gpuspy
names is compared with what the framework says of itself. From Python, and from R by reticulate.

GPUSPY_TEST_PYTHON is the Python to use, python3 if it is not set.
"""

import os
import shutil
import subprocess
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(SOURCE), "e2e"))
from harness import Run, Skip, add_case, expect, main, program, same, succeeded

PYTHON = os.environ.get("GPUSPY_TEST_PYTHON") or shutil.which("python3")

# Each asks for a GPU in the framework's own way, computes, and prints: has the build GPU code,
# how many GPUs does it see.
FRAMEWORKS = {
    "tensorflow": "import tensorflow as tf; tf.reduce_sum(tf.ones((4, 4))); "
                  "print('says', tf.test.is_built_with_cuda(), "
                  "len(tf.config.list_physical_devices('GPU')))",
    "torch": "import torch; torch.ones(4, 4).sum(); print('says', torch.version.cuda is not None, "
             "torch.cuda.device_count() if torch.cuda.is_available() else 0)",
    "jax": "import jax, importlib.util as u; jax.numpy.ones(4).sum(); print('says', "
           "any(u.find_spec(f'jax_cuda{n}_plugin') for n in (12, 13)), "
           "sum(d.platform == 'gpu' for d in jax.devices()))",
    "xgboost": "import xgboost, numpy; d = xgboost.DMatrix(numpy.ones((9, 2)), numpy.ones(9)); "
               "xgboost.train({'device': 'cuda'} if xgboost.build_info()['USE_CUDA'] else {}, d, 1);"
               " print('says', xgboost.build_info()['USE_CUDA'], 0)",
}


def has_driver():
    code = "import ctypes; ctypes.CDLL('libcuda.so.1')"
    return subprocess.run([PYTHON, "-c", code], capture_output=True, check=False).returncode == 0


def judged(run):
    succeeded(run)
    said = [line.split() for line in run.stdout.decode().splitlines() if line.startswith("says ")]
    same(len(said), 1, f"what the framework says, in {run.stdout!r}")
    built, devices = said[0][1] == "True", int(said[0][2])
    if devices or (built and has_driver()):
        raise Skip("this machine has a GPU, or a driver")
    wanted = ("gpu-unavailable", "driver-missing") if built else ("gpu-unused", "cpu-build")
    same((run.report["verdict"], run.report["reason"]), wanted, "verdict and reason")
    if built:
        expect("libcuda.so.1: cannot open" in run.report["evidence"], run.report["evidence"])


def check(name, code):
    there = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({name!r}))"
    if not PYTHON or subprocess.run([PYTHON, "-c", there], check=False).returncode:
        raise Skip(f"{PYTHON} has no {name}")
    judged(Run([PYTHON, "-c", code], sim=False, timeout=100))


def check_from_r(name, code):
    rscript = program("Rscript")
    env = {"RETICULATE_PYTHON": PYTHON}
    ready = (f"quit(status = !requireNamespace('reticulate', quietly = TRUE) || "
             f"!reticulate::py_module_available({name!r}))")
    if subprocess.run([rscript, "-e", ready], env={**os.environ, **env}, capture_output=True,
                      check=False).returncode:
        raise Skip(f"no reticulate, or no {name} in {PYTHON}")
    judged(Run([rscript, "-e", f"reticulate::py_run_string({code!r})"], env, sim=False,
               timeout=100))


for module, words in FRAMEWORKS.items():
    add_case(module, check, module, words)
    add_case(f"{module}, from R", check_from_r, module, words)

if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Real wheels from PyPI that do not get a GPU, and what gpuspy says of it. Started by wheels.sh.

    wheels.py [NAME...]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ["GPUSPY_BUILD"]
GPUSPY = os.path.join(BUILD, "tools", "gpuspy")
ONNX = ("import onnx, onnxruntime\nfrom onnx import helper as h, TensorProto as t\n"
        "v = lambda n: h.make_tensor_value_info(n, t.FLOAT, [1])\n"
        "m = h.make_model(h.make_graph([h.make_node('Relu', ['x'], ['y'])], 'g', [v('x')], "
        "[v('y')]), opset_imports=[h.make_opsetid('', 13)], ir_version=8)\n"
        "onnxruntime.InferenceSession(m.SerializeToString(), providers="
        "['CUDAExecutionProvider', 'CPUExecutionProvider'])\n")
BOOST = "import numpy as n\nx, y = n.arange(400.).reshape(100, 4), n.arange(100.)\n"

# name: (what pip is told, one call each; the program; the run's reason; a word that must be told;
# the reason that the doctor must find). The reasons are those of a machine without a driver.
ROWS = {
    "lightgbm": ([["lightgbm"]], BOOST + "import lightgbm as l\nl.train({'device_type': 'cuda'}, "
                 "l.Dataset(x, y), 2)\n", "cpu-build", "LightGBM", "cpu-build"),
    "xgboost-cpu": ([["xgboost-cpu"]], BOOST + "import xgboost as b\n"
                    "b.train({'device': 'cuda'}, b.DMatrix(x, y), 2)\n",
                    "cpu-build", "XGBoost", "cpu-build"),
    "xgboost": ([["xgboost"]], BOOST + "import xgboost as b\n"
                "b.train({'device': 'cuda'}, b.DMatrix(x, y), 2)\n",
                "driver-missing", "libcuda.so.1", "driver-missing"),
    "catboost": ([["catboost"]], BOOST + "import catboost as c\n"
                 "c.CatBoostRegressor(task_type='GPU', iterations=2).fit(x, y)\n",
                 "driver-missing", "libcuda.so.1", "driver-missing"),
    "onnxruntime": ([["onnxruntime", "onnx"]], ONNX, "cpu-build", "ONNX Runtime", "cpu-build"),
    "onnxruntime-gpu": ([["onnxruntime-gpu", "onnx"]], ONNX, "driver-missing", "libcuda.so.1",
                        "driver-missing"),
    "onnxruntime-over": ([["onnxruntime-gpu", "onnx"], ["onnxruntime"]], ONNX, "cpu-build",
                         "overwrites", "cpu-build"),
    "ctranslate2": ([["ctranslate2"]], "import ctranslate2 as c\nc.get_cuda_device_count()\n"
                    "c.StorageView.from_array\n", "driver-missing", "libcuda.so.1",
                    "driver-missing"),
    "spacy": ([["spacy"]], "import spacy\nassert not spacy.prefer_gpu()\n", "cpu-build", "cupy",
              "cpu-build"),
    "cupy": ([["cupy-cuda12x"]], "import cupy\nprint(cupy.arange(3).sum())\n", "driver-missing",
             "libcuda.so.1", "driver-missing"),
    "numba": ([["numba"]], "from numba import cuda\nassert not cuda.is_available()\n",
              "driver-missing", "libcuda.so", "driver-missing"),
    "paddlepaddle": ([["paddlepaddle", "setuptools"]], "import paddle\npaddle.set_device('gpu')\n",
                     "cpu-build", "PaddlePaddle", "cpu-build"),
    "jax": ([["jax"]], "import jax\nprint(jax.numpy.arange(3).sum(), jax.devices())\n",
            "cpu-build", "jax[cuda12]", "cpu-build"),
    "jax-plugin": ([["jax[cuda12-local]"]], "import jax\nprint(jax.devices())\n",
                   "library-missing", "libcudart.so.12", "library-missing"),
    "tensorflow-cpu": ([["tensorflow-cpu"]], "import tensorflow as t\n"
                       "print(t.config.list_physical_devices('GPU'))\n", "cpu-build",
                       "TensorFlow", "cpu-build"),
    "tensorflow": ([["tensorflow"]], "import tensorflow as t\n"
                   "print(t.config.list_physical_devices('GPU'))\n", "driver-missing",
                   "libcuda.so.1", "driver-missing"),
    "torch-alone": ([["--no-deps", "torch"], ["filelock", "typing-extensions", "sympy", "networkx",
                     "jinja2", "fsspec"]], "import torch\n", "library-missing", "could not be",
                    "library-missing"),
    "torch": ([["torch"]], "import torch\ntorch.ones(3).cuda()\n", "driver-missing",
              "libcuda.so.1", "driver-missing"),
    "tensorflow-and-cuda": ([["tensorflow[and-cuda]"]], "import tensorflow as t\n"
                            "print(t.config.list_physical_devices('GPU'))\n", "driver-missing",
                            "libcuda.so.1", "driver-missing"),
}


def environment(folder):
    """Without what a toolkit on this machine would add."""
    own = {name: value for name, value in os.environ.items() if name not in
           ("LD_LIBRARY_PATH", "LD_PRELOAD", "CUDA_HOME", "CUDA_PATH", "PYTHONPATH")}
    return {**own, "GPUSPY_DIR": os.path.join(folder, "segments"), "HOME": folder,
            "VIRTUAL_ENV": os.path.join(folder, "venv")}


def bring(folder, calls):
    """The Python of a virtualenv with those wheels; a text: why there is none."""
    made = subprocess.run([sys.executable, "-m", "venv", f"{folder}/venv"], capture_output=True,
                          text=True, check=False)
    if made.returncode:
        return None, "no virtualenv could be made"
    python = f"{folder}/venv/bin/python"
    for words in calls:
        done = subprocess.run([python, "-m", "pip", "install", "-q", "--no-cache-dir",
                               "--only-binary=:all:", *words], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            return None, (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return python, None


def ask(folder, python, code):
    """The run's report and the doctor's."""
    script = f"{folder}/train.py"
    with open(script, "w", encoding="ascii") as file:
        file.write(code)
    env = environment(folder)
    ran = subprocess.run([GPUSPY, "run", "--json", f"{folder}/report", python, script], env=env,
                         text=True, errors="replace", stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, check=False, timeout=900)
    print(f"# it said: {[line[:200] for line in ran.stderr.splitlines()[:3]]}")
    said = subprocess.run([GPUSPY, "doctor", "--json", python, script], env=env,
                          capture_output=True, text=True, check=False, timeout=120)
    with open(f"{folder}/report", encoding="utf-8") as file:
        return json.load(file), json.loads(said.stdout)


def judge(row, report, doctor):
    """What is wrong, in words."""
    _, _, reason, word, beforehand = row
    told = " ".join(str(report[key]) for key in ("summary", "evidence", "advice"))
    found = [finding["reason"] for finding in doctor["findings"] if finding["reason"]]
    print(f"# run: {report['reason']}: {told}")
    print(f"# also: {report.get('also')}")
    for finding in doctor["findings"]:
        if finding["reason"]:
            print(f"# doctor: {finding['reason']}: {finding['text']} -- {finding['fix']}")
    wrong = []
    if report["reason"] != reason:
        wrong.append(f"the run's reason is {report['reason']}, not {reason}")
    if word not in told:
        wrong.append(f"{word!r} is not told")
    if beforehand not in found:
        wrong.append(f"the doctor found {found}, not {beforehand}")
    return wrong


def run(number, name):
    folder = tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ.get("GPUSPY_WHEELS"))
    try:
        if shutil.disk_usage(folder).free < 12 << 30:
            print(f"ok {number} - {name} # SKIP less than 12 GB are free")
            return True
        python, why = bring(folder, ROWS[name][0])
        if not python:
            print(f"ok {number} - {name} # SKIP {why}")
            return True
        wrong = judge(ROWS[name], *ask(folder, python, ROWS[name][1]))
        print(f"{'not ' if wrong else ''}ok {number} - {name}{': ' if wrong else ''}"
              f"{'; '.join(wrong)}", flush=True)
        return not wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    names = sys.argv[1:] or list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.exit(f"wheels.py: which row is {unknown[0]}?")
    if os.path.exists("/dev/nvidiactl"):
        print("1..0 # SKIP this machine has NVIDIA's driver")
        return
    print(f"1..{len(names)}", flush=True)
    if not all([run(number, name) for number, name in enumerate(names, 1)]):
        sys.exit(1)


if __name__ == "__main__":
    main()

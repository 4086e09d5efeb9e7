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

from reports import BOOST, ONNX, REPORTS, Row

BUILD = os.environ["GPUSPY_BUILD"]
GPUSPY = os.path.join(BUILD, "tools", "gpuspy")
DRIVER = os.path.join(BUILD, "tests", "sim", "lib", "libcuda.so.1")
TOOLKIT = os.path.realpath("/usr/local/cuda")
# A machine without the toolkit: its folder is empty, for these processes alone.
HIDE = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', TOOLKIT]

# name: (what pip is told, one call each; the program; the run's reason; a word that must be told;
# the reason that the doctor must find). The reasons are those of a machine without a driver.
OWN = {
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
ROWS = {**{name: Row(tuple(map(tuple, pip)), code, reason, (word,), doctor)
           for name, (pip, code, reason, word, doctor) in OWN.items()}, **REPORTS}


def environment(folder, row):
    """Without what a toolkit on this machine would add; with the simulated driver, if it is
    wanted, and nothing else that is built beside that."""
    own = {name: value for name, value in os.environ.items() if name not in
           ("LD_LIBRARY_PATH", "LD_PRELOAD", "CUDA_HOME", "CUDA_PATH", "PYTHONPATH")}
    env = {**own, "GPUSPY_DIR": os.path.join(folder, "segments"), "HOME": folder,
           "VIRTUAL_ENV": os.path.join(folder, "venv"), "PYTHONDONTWRITEBYTECODE": "1"}
    if row.driver is not None:
        os.makedirs(folder + "/driver")
        shutil.copy(DRIVER, folder + "/driver")
        env.update(row.driver, LD_LIBRARY_PATH=folder + "/driver")
    for name, value in (row.prepare(folder) if row.prepare else {}).items():
        before = env.get(name) if name == "LD_LIBRARY_PATH" else None
        env[name] = f"{before}:{value}" if before else value
    return env


def pip(folder, words):
    done = subprocess.run([sys.executable, "-m", "pip", "--python", f"{folder}/venv/bin/python",
                           "--disable-pip-version-check", "install", "-q", "--no-cache-dir",
                           "--no-compile", "--only-binary=:all:",
                           *[word.replace("ROOT", folder) for word in words]],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return None


def bring(folder, calls):
    """A virtualenv with those wheels; a text: why there is none."""
    made = subprocess.run([sys.executable, "-m", "venv", "--without-pip", f"{folder}/venv"],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        return "no virtualenv could be made"
    return next(filter(None, (pip(folder, words) for words in calls)), None)


def ask(folder, row):
    """The run's report and the doctor's."""
    script = f"{folder}/train.{'R' if row.r else 'py'}"
    with open(script, "w", encoding="ascii") as file:
        file.write(row.code)
    env = environment(folder, row)
    python = f"{folder}/venv/bin/python"
    command = ["Rscript", "--vanilla", script] if row.r else [python, script]
    if row.r:
        env["RETICULATE_PYTHON"] = python
    hide = HIDE if row.hidden else []
    ran = subprocess.run([*hide, GPUSPY, "run", "--json", f"{folder}/report", *command], env=env,
                         text=True, errors="replace", stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, check=False, timeout=900, cwd=folder)
    print(f"# it said: {[line[:200] for line in ran.stderr.splitlines()[:3]]}")
    said = subprocess.run([*hide, GPUSPY, "doctor", "--json", *command], env=env, cwd=folder,
                          capture_output=True, text=True, check=False, timeout=120)
    if os.environ.get("GPUSPY_WHEELS_ALL"):
        print(ran.stderr)
        print(subprocess.run([*hide, GPUSPY, "doctor", *command], env=env, cwd=folder,
                             capture_output=True, text=True, check=False, timeout=120).stdout)
    with open(f"{folder}/report", encoding="utf-8") as file:
        return json.load(file), json.loads(said.stdout)


def judge(row, report, doctor):
    """What is wrong, in words."""
    told = " ".join(str(report[key]) for key in ("summary", "evidence", "advice"))
    found = [finding["reason"] for finding in doctor["findings"] if finding["reason"]]
    print(f"# run: {report['reason']}: {told}")
    print(f"# also: {report.get('also')}")
    for finding in doctor["findings"]:
        if finding["reason"]:
            print(f"# doctor: {finding['reason']}: {finding['text']} -- {finding['fix']}")
    wrong = []
    if report["reason"] != row.reason:
        wrong.append(f"the run's reason is {report['reason']}, not {row.reason}")
    wrong += [f"{word!r} is not told" for word in row.words if word not in told]
    if row.doctor and row.doctor not in found:
        wrong.append(f"the doctor found {found}, not {row.doctor}")
    return wrong


def run(number, name, base):
    """In a copy of the virtualenv, which the row may change."""
    row = ROWS[name]
    folder = tempfile.mkdtemp(prefix=f"{name}-", dir=os.path.dirname(base))
    try:
        subprocess.run(["cp", "-al", base + "/venv", folder], check=True)
        why = next(filter(None, (pip(folder, words) for words in row.then)), None)
        wrong = [] if why else judge(row, *ask(folder, row))
        print(f"{'not ' if wrong else ''}ok {number} - {name}{': ' if wrong else ''}"
              f"{'; '.join(wrong)}{' # SKIP ' + why if why else ''}", flush=True)
        return not wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_all(names):
    """Those with the same wheels have them from one virtualenv, which is brought once."""
    number, good = 0, True
    for pip_calls in dict.fromkeys(ROWS[name].pip for name in names):
        mine = [name for name in names if ROWS[name].pip == pip_calls]
        base = tempfile.mkdtemp(prefix="wheels-", dir=os.environ.get("GPUSPY_WHEELS"))
        try:
            free = shutil.disk_usage(base).free
            why = "less than 12 GB are free" if free < 12 << 30 else bring(base, pip_calls)
            for name in mine:
                number += 1
                if why:
                    print(f"ok {number} - {name} # SKIP {why}", flush=True)
                else:
                    good &= run(number, name, base)
        finally:
            shutil.rmtree(base, ignore_errors=True)
    return good


def main():
    names = sys.argv[1:] or list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.exit(f"wheels.py: which row is {unknown[0]}?")
    if os.path.exists("/dev/nvidiactl"):
        print("1..0 # SKIP this machine has NVIDIA's driver")
        return
    print(f"1..{len(names)}", flush=True)
    if not run_all(names):
        sys.exit(1)


if __name__ == "__main__":
    main()

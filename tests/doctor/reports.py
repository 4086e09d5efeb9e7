"""What people have reported, with the wheels that they had: the rows of wheels.py."""

import glob
import os
import shutil
import subprocess
import sys
from collections import namedtuple

# pip, then: what pip is told, one call each; in a virtualenv that rows share, and in the row's own
# copy of it. code: the program. reason, words: what the run's report must say. doctor: the reason
# that the doctor must find; None: it cannot know. driver: the variables of the simulated driver;
# None: there is no driver. hidden: nor is there a toolkit. r: the program is R's.
# prepare(folder): makes what it needs, and gives variables.
Row = namedtuple("Row", "pip code reason words doctor then driver hidden r prepare",
                 defaults=((), None, False, False, None))
SITE = f"venv/lib/python3.{sys.version_info.minor}/site-packages"
ONNX = ("import onnx, onnxruntime\nfrom onnx import helper as h, TensorProto as t\n"
        "v = lambda n: h.make_tensor_value_info(n, t.FLOAT, [1])\n"
        "m = h.make_model(h.make_graph([h.make_node('Relu', ['x'], ['y'])], 'g', [v('x')], "
        "[v('y')]), opset_imports=[h.make_opsetid('', 13)], ir_version=8)\n"
        "onnxruntime.InferenceSession(m.SerializeToString(), providers="
        "['CUDAExecutionProvider', 'CPUExecutionProvider'])\n")
BOOST = "import numpy as n\nx, y = n.arange(400.).reshape(100, 4), n.arange(100.)\n"
CUDNN = ("import ctypes, glob, os, ctranslate2 as c\n"
         "p = glob.glob(os.path.dirname(c.__path__[0]) + '/ctranslate2.libs/libcudnn-*')[0]\n"
         "ctypes.CDLL(p).cudnnCreateTensorDescriptor(ctypes.byref(ctypes.c_void_p()))\n")
TF = "import tensorflow as t\nprint(t.config.list_physical_devices('GPU'))\n"
TORCH = (("torch==2.5.1", "numpy"),)
JAX = (("jax[cuda12]==0.6.2",),)
NATIVE = ("int cuInit(unsigned f){return 100;} int cuDeviceGetCount(int *n){*n=0;return 100;}"
          "int cuDriverGetVersion(int *v){*v=12040;return 0;}")


def older(folder):
    return {"LD_LIBRARY_PATH": folder + "/older/nvidia/nvjitlink/lib"}


def native(folder):
    os.makedirs(folder + "/native")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder + "/native/libcuda.so.1", "-xc", "-",
                    "-Wl,-soname,libcuda.so.1"], input=NATIVE, text=True, check=True)
    os.symlink("libcuda.so.1", folder + "/native/libcuda.so")


def two_drivers(folder):
    native(folder)
    os.makedirs(folder + "/wsl")
    shutil.copy(os.environ["GPUSPY_BUILD"] + "/tests/sim/lib/libcuda.so.1", folder + "/wsl")
    return {"LD_LIBRARY_PATH": f"{folder}/native:{folder}/wsl"}


def r_other(folder):
    native(folder)
    return {"R_LD_LIBRARY_PATH": folder + "/native"}


def without_cudnn(folder):
    shutil.rmtree(f"{folder}/{SITE}/nvidia/cudnn")
    return {}


def cut(folder):
    path, = glob.glob(f"{folder}/{SITE}/nvidia/cufft/lib/libcufft.so.11")
    with open(path, "rb") as file:
        part = file.read(os.path.getsize(path) // 2)
    os.remove(path)
    with open(path, "wb") as file:
        file.write(part)
    return {}


REPORTS = {
    "ort-both": Row((("onnxruntime==1.23.2", "onnxruntime-gpu==1.23.2", "onnx"),), ONNX,
                    "cpu-build", ("overwrites",), "cpu-build", driver={}),
    "ort-cuda11": Row((("onnxruntime-gpu==1.17.0", "onnx<1.17", "numpy<2"),), ONNX,
                      "library-missing", ("libcublasLt.so.11",), "library-missing", driver={}),
    "ort-venv": Row((("onnxruntime-gpu==1.22.0", "onnx", "nvidia-cublas-cu12",
                      "nvidia-cudnn-cu12", "nvidia-cuda-runtime-cu12", "nvidia-cufft-cu12",
                      "nvidia-curand-cu12"),), ONNX, "library-missing",
                    ("libcublasLt.so.12", "nvidia/cublas/lib"), "library-missing", driver={}),
    "whisper-cudnn9": Row((("ctranslate2==4.6.0", "nvidia-cudnn-cu12==9.1.0.70", "setuptools<80"),),
                          CUDNN, "library-missing", ("libcudnn_ops.so.9", "nvidia/cudnn/lib"),
                          "library-missing", driver={}, hidden=True),
    "whisper-cudnn8": Row((("ctranslate2==4.4.0", "nvidia-cudnn-cu12==9.1.0.70", "setuptools<80"),),
                          CUDNN, "library-missing", ("libcudnn_ops_infer.so.8",),
                          "library-missing", driver={}),
    "cupy-nvrtc": Row((("cupy-cuda12x==13.0.0", "numpy<2"),), "import cupy\nfrom cupy.cuda import nvrtc\n"
                      "print(nvrtc.getVersion())\n", "library-missing", ("libnvrtc.so.12",),
                      "library-missing", driver={}),
    "numba-nvvm": Row((("numba",),), "from numba import cuda, float32\n"
                      "def f(a): a[0] = 1\ncuda.compile_ptx(f, (float32[:],), cc=(7, 0))\n",
                      "library-missing", ("libnvvm",), None, driver={}, hidden=True),
    "numba-wsl": Row((("numba",),), "from numba import cuda\ncuda.select_device(0)\n",
                     "driver-not-loaded", ("native/libcuda.so", "wsl/libcuda.so.1"),
                     "driver-not-loaded", prepare=two_drivers),
    "lightgbm-opencl": Row((("lightgbm",),), BOOST + "import lightgbm as l\n"
                           "l.train({'device_type': 'gpu'}, l.Dataset(x, y), 2)\n",
                           "cpu-build", ("OpenCL",), "cpu-build", driver={}),
    "xgboost-2014": Row((("--no-deps", "--platform", "manylinux2014_x86_64", "--target",
                          "ROOT/" + SITE, "xgboost==3.0.4"), ("numpy", "scipy")),
                        BOOST + "import xgboost as b\nb.train({'device': 'cuda'}, "
                        "b.DMatrix(x, y), 2)\n", "cpu-build", ("manylinux",), "cpu-build",
                        driver={}),
    "catboost-old": Row((("catboost",),), BOOST + "import catboost as c\n"
                        "c.CatBoostRegressor(task_type='GPU', iterations=2).fit(x, y)\n",
                        "driver-too-old", ("10.1",), None, driver={"SIM_VERSION": "10010"}),
    "pywhispercpp": Row((("pywhispercpp",),), "import _pywhispercpp as w\n"
                        "print(w.whisper_print_system_info())\n", "cpu-build", ("CUDA",),
                        "cpu-build", driver={}),
    "jax-cusparse": Row(JAX, "import jax\nprint(jax.devices())\n", "library-missing",
                        ("libcusparse.so.12", "came first"), "library-missing", driver={},
                        then=(("--target", "ROOT/older", "--no-deps",
                               "nvidia-nvjitlink-cu12==12.1.105"),), prepare=older),
    "jax-cudnn-old": Row(JAX, "import jax\nprint(jax.devices())\n", "no-kernel",
                         ("gpuspy doctor COMMAND",), None, driver={}, hidden=True,
                         then=(("nvidia-cudnn-cu12==9.1.0.70",),)),
    "torch-nvjitlink": Row(TORCH, "import torch\n", "library-missing",
                           ("libcusparse.so.12", "came first (LD_LIBRARY_PATH)"),
                           "library-missing", driver={},
                           then=(("--target", "ROOT/older", "--no-deps",
                                  "nvidia-nvjitlink-cu12==12.1.105"),), prepare=older),
    "torch-no-cudnn": Row(TORCH, "import torch\n", "library-missing",
                          ("libcudnn.so.9", "nvidia-cudnn-cu12"), "library-missing", driver={},
                          hidden=True, prepare=without_cudnn),
    "torch-cut": Row(TORCH, "import torch\n", "never-asked", ("cut short",), "library-missing",
                     driver={}, prepare=cut),
    "torch-idle": Row(TORCH, "import torch\nm = torch.nn.Linear(9, 9)\nm(torch.ones(9, 9))\n",
                      "never-asked", ('.to("cuda")',), None, driver={}),
    "dgl": Row(TORCH, "import numpy, torch, dgl\n"
               "dgl.nd.array(numpy.zeros(3), dgl.nd.gpu(0))\n", "cpu-build", ("DGL",), "cpu-build",
               driver={}, then=(("dgl==1.1.3", "numpy<2"),)),
    "tf-2.16": Row((("tensorflow[and-cuda]==2.16.1",),), TF, "library-missing",
                   ("LD_LIBRARY_PATH=",), "library-missing", driver={}, hidden=True),
    "keras3-r": Row((("tensorflow[and-cuda]==2.16.1",),),
                    "reticulate::py_run_string('" + TF.replace("'", '"').replace("\n", "\\n") +
                    "')\n", "driver-not-loaded", ("native/libcuda.so.1", "R_LD_LIBRARY_PATH"),
                    "driver-not-loaded", driver={}, r=True, prepare=r_other),
    "tf-2.15": Row((("tensorflow==2.15.1",),), TF, "library-missing", ("libcudnn.so.8", "and-cuda"),
                   "library-missing", driver={}),
    "spacy-old": Row((("spacy", "cupy-cuda12x"),), "import spacy\nprint(spacy.prefer_gpu())\n",
                     "driver-too-old", ("11.4",), "driver-too-old",
                     driver={"SIM_VERSION": "11040"}),
    "faiss": Row((("faiss-gpu-cu12",), ("faiss-cpu",)), "import faiss\nprint(faiss.get_num_gpus())\n",
                 "cpu-build", ("faiss-gpu",), "cpu-build", driver={}),
    "opencv": Row((("opencv-python-headless",),), "import cv2\n"
                  "print(cv2.cuda.getCudaEnabledDeviceCount())\n", "cpu-build", ("OpenCV",),
                  "cpu-build", driver={}),
    "paddle-both": Row((("paddlepaddle-gpu==2.6.2", "setuptools", "numpy<2"),
                        ("paddlepaddle==2.6.2", "numpy<2")),
                       "import paddle\npaddle.set_device('gpu')\n", "cpu-build", ("PaddlePaddle",),
                       "cpu-build", driver={}),
    "gpt4all": Row((("gpt4all==2.8.2",),), "from gpt4all import GPT4All\n"
                   "print(GPT4All.list_gpus())\n", "library-missing", ("libcudart.so.11.0", "gpt4all"),
                   "library-missing", driver={}),
}

"""The frameworks' steps: scripts in scripts/, each of which trains a few steps on made-up data,
prints losses, and how long a step took."""

import os

import machine

# name: (modules, script, arguments)
STEPS = {
    "torch cnn eager": (("torch",), "torch_steps.py", ("cnn", "eager")),
    "torch cnn graph": (("torch",), "torch_steps.py", ("cnn", "graph")),
    "torch transformer eager": (("torch",), "torch_steps.py", ("transformer", "eager")),
    "torch transformer compiled": (("torch", "triton"), "torch_steps.py",
                                   ("transformer", "compiled")),
    "jax": (("jax",), "jax_steps.py", ()),
    "cupy": (("cupy",), "cupy_steps.py", ()),
    "triton": (("torch", "triton"), "triton_steps.py", ()),
    "numba": (("numba", "numba.cuda"), "numba_steps.py", ()),
}

# Repeatable, and without the files of other runs.
ENVIRONMENT = {
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "PYTHONHASHSEED": "0",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TOKENIZERS_PARALLELISM": "false",
}


def command(name):
    """Skips the case where something is missing."""
    modules, script, arguments = STEPS[name]
    machine.need_modules(*modules)
    return [machine.PYTHON, os.path.join(machine.HERE, "scripts", script), *arguments]

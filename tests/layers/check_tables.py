#!/usr/bin/env python3
"""The tables of libgpuspy against NVIDIA's headers: which functions return no status, and which
form of an entry point cuGetProcAddress means.

    check_tables.py TABLES SIM_FOLDER COMPILER...

Headers: of the toolkits in the usual places, and of wheels in the folders that GPUSPY_CUDA_HEADERS
names (separated by colons; each the folder that holds nvidia/*/include, cutensor/include). Without any, only the
entry points of the simulated driver are compared, and that is said.
"""

import glob
import os
import re
import subprocess
import sys

TOOLKITS = ("/usr/local/cuda/include", "/usr/include", "/usr/lib/cuda/include")
# The type of a status; what is included, one line a compilation; beginnings of functions' names.
LAYERS = {
    "runtime": ("cudaError_t", ["cuda_runtime_api.h"], ("cuda", "__cuda")),
    "cudnn": ("cudnnStatus_t", ["cudnn.h"], ("cudnn",)),
    "cublas": ("cublasStatus_t", ["cublas.h", "cublas_v2.h", "cublasLt.h", "cublasXt.h"],
               ("cublas",)),
    "cufft": ("cufftResult", ["cufft.h", "cufftXt.h", "cufftw.h"], ("cufft", "fftw")),
    "curand": ("curandStatus_t", ["curand.h"], ("curand",)),
    "cusolver": ("cusolverStatus_t",
                 ["cusolverDn.h", "cusolverSp.h", "cusolverRf.h", "cusolverMg.h"], ("cusolver",)),
    "cusparse": ("cusparseStatus_t", ["cusparse.h"], ("cusparse",)),
    "nccl": ("ncclResult_t", ["nccl.h"], ("nccl",)),
    "cutensor": ("cutensorStatus_t", ["cutensor.h", "cutensorMg.h", "cutensorMp.h"],
                 ("cutensor",)),
}
# Fewer functions than these in a layer's headers: they were not read rightly.
AT_LEAST = {"runtime": 150, "cudnn": 150, "cublas": 300, "cufft": 20, "curand": 20,
            "cusolver": 200, "cusparse": 100, "nccl": 10, "cutensor": 30}
# Parts of these libraries' headers that are no functions of theirs.
NOT_EXPORTED = re.compile(r"^cuda(?:Launch|Occupancy)\w*<|^cudaGraphicsVDPAU")


def include_folders():
    found = [[folder] for folder in TOOLKITS if os.path.exists(os.path.join(folder, "cuda.h"))]
    for folder in filter(None, os.environ.get("GPUSPY_CUDA_HEADERS", "").split(":")):
        wheels = sorted(glob.glob(os.path.join(folder, "nvidia", "*", "include")) +
                        glob.glob(os.path.join(folder, "cutensor", "include")))
        found += [wheels] if wheels else []
    return found


def preprocessed(compiler, folders, header):
    """The text, None: there is no such header."""
    if not any(os.path.exists(os.path.join(folder, header)) for folder in folders):
        return None
    options = [option for folder in folders for option in ("-isystem", folder)]
    done = subprocess.run([*compiler, "-E", "-P", "-x", "c", *options, "-"], text=True,
                          input=f"#include <{header}>\n", capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def without(text, pattern, opening, closing):
    """Takes out what begins with the pattern, to the end of the brackets that follow."""
    out, at = [], 0
    for match in re.finditer(pattern, text):
        if match.start() < at:
            continue
        out.append(text[at:match.start()])
        depth, at = 0, match.end() - 1
        while at < len(text):
            depth += (text[at] == opening) - (text[at] == closing)
            at += 1
            if depth == 0:
                break
    return "".join(out) + text[at:]


def functions(text, prefixes):
    """{name: type of the result} of the functions that are declared and not defined there."""
    text = without(text, r"__attribute__\s*\(", "(", ")")
    text = without(text, r"__declspec\s*\(", "(", ")")
    text = re.sub(r"\{[^{}]*\}", "{}", text)
    while re.search(r"\{[^{}]*\{\}", text):
        text = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"(\{[^{}]*)\{\}", r"\1", text))
    found = {}
    for statement in text.replace("{}", ";").split(";"):
        statement = " ".join(statement.split())
        if statement.startswith(("typedef", "static", "__inline", "inline")):
            continue
        match = re.match(r"(?:extern )?([\w \*]+?)[ \*]*\b(\w+) ?\(", statement)
        if match and match[2].startswith(prefixes) and not NOT_EXPORTED.match(match[2]):
            pointer = "*" in statement[:statement.index(match[2])]
            found[match[2]] = match[1] + (" *" if pointer else "")
    return found


def ask(tables, lines):
    done = subprocess.run([tables], input="".join(line + "\n" for line in lines), text=True,
                          capture_output=True, check=True)
    return [int(answer) for answer in done.stdout.split()]


def check_layer(tables, compiler, folders, layer):
    status, headers, prefixes = LAYERS[layer]
    found = {}
    for header in headers:
        found.update(functions(preprocessed(compiler, folders, header) or "", prefixes))
    if not found:
        return []
    if len(found) < AT_LEAST[layer]:
        return [f"{layer}: only {len(found)} functions in {folders[0]}"]
    names = sorted(found)
    answers = ask(tables, [f"returns {layer} {name}" for name in names])
    print(f"# {layer}: {len(names)} functions, "
          f"{sum(found[n] != status for n in names)} without a status, in {folders[0]}")
    return [f"{layer}: {name} returns {found[name]}, and the table says "
            f"{'a status' if answer else 'no status'}"
            for name, answer in zip(names, answers) if answer != (found[name] == status)]


def forms_of_simulator(folder):
    """[(name, version, form)]"""
    found = []
    for path in glob.glob(os.path.join(folder, "exports_*.h")):
        with open(path, encoding="utf-8") as file:
            for name, since in re.findall(r"EXPORT\((\w+), (\d+),", file.read()):
                if not name.endswith(("_ptsz", "_ptds")):
                    base, form = re.fullmatch(r"(\w+?)(?:_v(\d))?", name).groups()
                    found.append((base, int(since), int(form or 1)))
    return found


def forms_of_header(path):
    """[(name, version, form)]: PFN_NAME_v3020 and the like, in the order of their versions."""
    versions = {}
    with open(path, encoding="utf-8") as file:
        for name, since in re.findall(r"PFN_(\w+?)_v(\d+)\)", file.read()):
            versions.setdefault(name, set()).add(int(since))
    return [(name, since, form) for name, all_since in versions.items()
            for form, since in enumerate(sorted(all_since), 1)]


def check_forms(tables, forms):
    """From its version on it is this form, and before it is an older one."""
    lines = [f"form {name} {since + delta}" for name, since, _ in forms for delta in (0, -1)]
    answers = iter(ask(tables, lines))
    wrong = []
    for name, since, form in forms:
        at, before = next(answers), next(answers)
        if at != form or (form > 1 and before != form - 1):
            wrong.append(f"{name} of {since} is form {form}, and the table says {at}, "
                         f"before it {before}")
    return wrong


def main():
    tables, simulator, compiler = sys.argv[1], sys.argv[2], sys.argv[3:]
    forms = forms_of_simulator(simulator)
    wrong = check_forms(tables, forms)
    if len(forms) < 400:
        wrong.append(f"only {len(forms)} entry points in {simulator}")
    every = include_folders()
    for folders in every:
        for folder in folders:
            typedefs = os.path.join(folder, "cudaTypedefs.h")
            if os.path.exists(typedefs):
                wrong += check_forms(tables, forms_of_header(typedefs))
        for layer in LAYERS:
            wrong += check_layer(tables, compiler, folders, layer)
    print(f"# {len(forms)} entry points; headers in {len(every)} places")
    for line in dict.fromkeys(wrong):  # the same in several places is said once
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

"""Building the suite's own programs: with nvcc where they have kernels, with cc where not.

They are kept in the build folder, so that a folder packed on another machine brings them along.
What came so is taken as it is: to build takes time, and may fail on a machine that nobody knows.
"""

import os
import re
import shlex
import shutil
import subprocess

import machine
from cases import Missing

FOLDER = os.path.join(machine.BUILD, "gpu-programs")
PROGRAMS = os.path.join(machine.HERE, "programs")

_runnable = {}


def is_current(target, sources):
    """Without a compiler whatever is there has to do."""
    if not os.path.exists(target):
        return False
    return all(os.path.getmtime(source) <= os.path.getmtime(target) for source in sources)


IS_PACKED = not os.path.exists(os.path.join(machine.BUILD, "build.ninja"))


def build(command, target, sources):
    """The target, built by this command; a failure to build is a failure of the case."""
    sources = [os.path.join(PROGRAMS, source) for source in sources]
    headers = [os.path.join(PROGRAMS, name) for name in os.listdir(PROGRAMS)
               if name.endswith(".h")]
    target = os.path.join(FOLDER, target)
    if is_current(target, sources + headers):
        return target
    os.makedirs(FOLDER, exist_ok=True)
    fresh = f"{target}.{os.getpid()}.new"
    done = subprocess.run([*command, "-o", fresh, *sources], capture_output=True, text=True,
                          errors="replace", timeout=BUILD_SECONDS)
    if done.returncode:
        words = (done.stderr + done.stdout).strip().splitlines()
        errors = [line for line in words if "error" in line] or words or ["no word"]
        raise AssertionError(f"cannot build {os.path.basename(target)}: {errors[0]}")
    os.replace(fresh, target)
    return target


BUILD_SECONDS = 300


def packed(target):
    """A program from another machine, None if there is none."""
    path = os.path.join(FOLDER, target)
    return path if IS_PACKED and os.path.exists(path) else None


def packed_libraries():
    """A program from another machine looks for NVIDIA's libraries where that has them."""
    if not IS_PACKED:
        return {}
    names = ("libcudart", "libcublas", "libcublasLt", "libcudnn", "libcufft", "libcurand", "libcusolver",
             "libcusparse", "libnccl", "libnvJitLink")
    found = [os.path.dirname(path) for path in map(machine.library_file, names) if path]
    folders = list(dict.fromkeys(found + os.environ.get("LD_LIBRARY_PATH", "").split(":")))
    return {"LD_LIBRARY_PATH": ":".join(folder for folder in folders if folder) or None}


def compiler():
    """$CC, cc, gcc or clang, as words; the first that works."""
    if "cc" not in _runnable:
        found = None
        for words in (shlex.split(os.environ.get("CC", "")), ["cc"], ["gcc"], ["clang"]):
            if words and shutil.which(words[0]):
                found = words
                break
        _runnable["cc"] = found
    return _runnable["cc"]


def plain_program(target, sources, libraries=()):
    """A program that needs no toolkit."""
    path = packed(target)
    if path:
        return path
    if not compiler():
        raise Missing("no C compiler")
    command = [*compiler(), "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]
    # Libraries come before the sources here, and are needed all the same.
    return build(command + ["-Wl,--no-as-needed", *libraries], target, sources)


def nvcc():
    kit = machine.toolkit()
    return os.path.join(kit, "bin", "nvcc") if kit else None


def architecture():
    """For the GPU of this machine, or with PTX for all that can come."""
    if machine.gpu:
        return ["-arch=sm_{}{}".format(*machine.gpu["capability"])]
    return ["-gencode=arch=compute_75,code=[compute_75,sm_75]",
            "-gencode=arch=compute_90,code=[compute_90,sm_90]"]


def nvcc_program(target, sources, options=(), shared=False, libraries=(), arch=None):
    """libraries: ((library, header), ...) that are looked for. shared: the shared runtime, found
    by RUNPATH."""
    path = packed(target)
    if path:
        return path
    if not nvcc():
        raise Missing("no nvcc")
    folders, links = set(), []
    for library, header in libraries:
        file, headers = machine.library_file(library), machine.header_folder(header)
        if not file or not headers:
            raise Missing(f"no {library} or {header} on this machine")
        folders.add(os.path.dirname(file))
        links += [f"-I{headers}", "-Xlinker", file]
    runtime = machine.library_file("libcudart")
    if shared and runtime:
        folders.add(os.path.dirname(runtime))
    paths = [word for folder in sorted(folders)
             for word in ("-Xlinker", f"-rpath={folder}")]
    command = [nvcc(), "-O2", "-Wno-deprecated-gpu-targets", "-Xcompiler", "-Wall,-Wextra,-Werror",
               "-cudart", "shared" if shared else "static", *(arch or architecture()), *options,
               *links, *paths]
    return build(command, target, sources)


def newest_record(header, stem):
    """CUPTI's record types have a number that goes up with their layout."""
    with open(header, encoding="utf-8") as file:
        numbers = re.findall(r"^\} " + stem + r"(\d+);", file.read(), re.M)
    return stem + str(max(int(number) for number in numbers))


def injector():
    """The library that the driver is told to load: cupti-count.c. Built where it can be, for the
    records are those of one version."""
    file, headers = machine.library_file("libcupti"), machine.header_folder("cupti.h")
    path = packed("libcupti-count.so")
    if not file or not (path or headers):
        raise Missing("no libcupti or no cupti.h")
    if not compiler() or not headers:
        if path:
            return path
        raise Missing("no C compiler")
    try:
        return built_injector(file, headers)
    except AssertionError:
        if path:
            return path
        raise


def built_injector(file, headers):
    source = os.path.join(machine.HERE, "cupti-count.c")
    activity = os.path.join(headers, "cupti_activity.h")
    kernel, memory = (newest_record(activity, stem)
                      for stem in ("CUpti_ActivityKernel", "CUpti_ActivityMemory"))
    options = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC",
               "-shared", "-isystem", headers, f"-DKERNEL_RECORD={kernel}",
               f"-DMEMORY_RECORD={memory}", "-Wl,--no-as-needed", file,
               f"-Wl,-rpath,{os.path.dirname(file)}"]
    toolkit_headers = machine.header_folder("cuda.h")
    if toolkit_headers:
        options += ["-isystem", toolkit_headers]
    target = "libcupti-count-here.so" if IS_PACKED else "libcupti-count.so"
    return build(compiler() + options, target, [source])

#!/usr/bin/env python3
"""The package as one file: what is in it, and what it is on other systems."""

import os
import re
import shutil
import subprocess
import tarfile
import tempfile

from common import BUILD, LIBRARY, program, same
from harness import LIBRARY as PRELOAD, Skip, add_case, case, clean_environment, expect, main


def package():
    found = [name for name in os.listdir(BUILD) if re.fullmatch(r"gpuspy_[0-9.]+\.tar\.gz", name)]
    same(len(found), 1, "packages in the build folder")
    return os.path.join(BUILD, found[0])


def run_r(code, library, folder):
    env = {**clean_environment(), "R_LIBS": library, "R_LIBS_USER": "/nonexistent",
           "GPUSPY_DIR": folder}
    done = subprocess.run([program("Rscript"), "-e", code], env=env, capture_output=True, text=True,
                          timeout=120, check=False)
    same(done.returncode, 0, f"status of {code} ({done.stderr})")
    return done


@case("the file has sources alone, of this library and the reader")
def contents():
    with tarfile.open(package()) as file:
        names = file.getnames()
    wrong = [name for name in names if name.endswith((".o", ".so", ".a"))]
    same(wrong, [], "built files")
    for name in ("src/preload/doors/doors.c", "src/preload/arch/x86_64/hooks.S",
                 "src/preload/arch/aarch64/hooks.S", "src/init.c", "src/preload/exports.map",
                 "src/doctor.c", "man/gpu_watch.Rd", "DESCRIPTION", "configure", "src/Makevars.win"):
        expect("gpuspy/" + name in names, f"{name} is not in the file")
    text = "\n".join(names)
    expect("jansson" not in text and "meson" not in text, text)


def needs_of(path):
    dynamic = subprocess.run([program("readelf"), "-d", path], capture_output=True, text=True, check=True).stdout
    expect("NODELETE" in dynamic, f"{path} may be unloaded")
    # Before glibc 2.34 dlsym is in libdl.
    return [name for name in re.findall(r"NEEDED.*\[(.*)\]", dynamic) if not name.startswith("ld-linux")]


@case("its library is the one of this build: the same exports, and libc alone")
def library():
    nm = program("nm")
    paths = [PRELOAD, os.path.join(LIBRARY, "gpuspy", "lib", "libgpuspy.so")]
    exports = [sorted(line.split()[-1] for line in subprocess.run(
        [nm, "-D", "--defined-only", path], capture_output=True, text=True,
        check=True).stdout.splitlines()) for path in paths]
    same(exports[1], exports[0], "exported names")
    needed = [needs_of(path) for path in paths]
    same(needed[1], needed[0], "needed libraries")
    same(set(needed[0]) - {"libdl.so.2"}, {"libc.so.6"}, "needed libraries")


def install(folder, env, edit=None, status=0):
    """Installs a copy of the package; `edit` changes its folder first."""
    compiler = subprocess.run([program("R"), "CMD", "config", "CC"], capture_output=True, text=True, check=True)
    program(compiler.stdout.split()[0])
    with tarfile.open(package()) as file:
        file.extractall(folder)
    source = os.path.join(folder, "gpuspy")
    if edit:
        edit(source)
    library = os.path.join(folder, "library")
    os.mkdir(library)
    done = subprocess.run([program("R"), "CMD", "INSTALL", "--library=" + library, source],
                          env={**clean_environment(), **env}, capture_output=True, text=True,
                          timeout=300, check=False)
    same(done.returncode, status, f"R CMD INSTALL ({done.stdout} {done.stderr})")
    return library, done.stdout + done.stderr


ELSEWHERE = """library(gpuspy); w <- gpu_watch(); r <- gpu_report(); print(r); print(w)
cat(w$watching, r$verdict, r$reason, gpu_kernels(), "\\n")
cat(tryCatch(expect_gpu(1), error = conditionMessage), "\\n")"""


def nothing_to_watch(how):
    folder = tempfile.mkdtemp(prefix="gpuspy-install-")
    try:
        library, said = how(folder)
        done = run_r(ELSEWHERE, library, folder)
        expect("there is nothing to watch" in done.stderr, f"the message: {done.stderr!r}")
        lines = done.stdout.splitlines()
        same(lines[-2], "FALSE unknown not-supported NA ", "what R says")
        expect("there is nothing to watch" in lines[-1], lines[-1])
        expect(not os.path.exists(os.path.join(library, "gpuspy", "lib", "libgpuspy.so")),
               "libgpuspy.so")
        return said
    finally:
        shutil.rmtree(folder)


@case("its vignettes are pages, whether or not R has what builds them")
def vignettes():
    for name, words in ("hosts", "Where R runs"), ("keras", "gpu_watch()"):
        code = (f'v <- vignette("{name}", "gpuspy")\n'
                'cat(readLines(file.path(v$Dir, "doc", v$PDF), encoding = "UTF-8"), sep = "\n")')
        page = run_r(code, LIBRARY, "/nonexistent").stdout
        expect(words in page and "<h2" in page and "```" not in page and "VignetteEngine" not in page, page[:2000])


@case("on macOS it installs, and says that there is nothing to watch")
def macos():
    said = nothing_to_watch(lambda folder: install(folder, {"GPUSPY_SYSTEM": "Darwin"}))
    expect("This is Darwin" in said, said)


@case("on Windows: Makevars.win alone, without configure")
def windows():
    def edit(source):
        os.remove(os.path.join(source, "configure"))
        shutil.copy(os.path.join(source, "src", "Makevars.win"), os.path.join(source, "src", "Makevars"))
    nothing_to_watch(lambda folder: install(folder, {}, edit))


def makevars(folder, compiler):
    """As in ~/.R/Makevars: what R calls its compiler."""
    path = os.path.join(folder, "Makevars")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"CC = {compiler}\n")
    return {"R_MAKEVARS_USER": path}


def refused(env, words):
    folder = tempfile.mkdtemp(prefix="gpuspy-install-")
    try:
        library, said = install(folder, {**env(folder), "CC": ""}, status=1)
        # R 4.5 asks make for its own compiler before it comes to this package's configure.
        by_r = "no-make: not found" in said and "error in running command" in said
        expect(by_r or ("gpuspy cannot be installed: " + words in said and "no more" not in said), said)
        same(os.listdir(library), [], "what was installed")
    finally:
        shutil.rmtree(folder)


def no_compiler(folder):
    """None of those that are looked for does anything."""
    bin_folder = os.path.join(folder, "bin")
    os.mkdir(bin_folder)
    for name in "cc", "gcc", "clang":
        path = os.path.join(bin_folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 127\n")
        os.chmod(path, 0o755)
    return {**makevars(folder, "no-gcc"), "PATH": bin_folder + ":" + os.environ["PATH"]}


add_case("without make it says so and installs nothing", refused, lambda _: {"MAKE": "no-make"},
         "no-make is missing (on Debian: apt-get install make)")
add_case("without a C compiler it says so and installs nothing", refused, no_compiler,
         "there is no C compiler with libc's headers, neither R's (no-gcc) nor")
add_case("a clang that does not know musttail (before 13) is refused", refused,
         lambda folder: makevars(folder, program("clang") + " -Dmusttail=there_is_none"),
         "it needs clang 13 or newer, or gcc")


@case("where R's own compiler is missing another one is taken, for all that is built")
def another_compiler():
    folder = tempfile.mkdtemp(prefix="gpuspy-install-")
    try:
        said = install(folder, {**makevars(folder, "no-gcc"), "CC": "cc -O1", "GPUSPY_SYSTEM": "none"})[1]
        expect("R's compiler no-gcc does not work here: cc -O1 is taken" in said, said)
        expect(re.search(r"^cc -O1 .*-c elsewhere\.c", said, re.M) and re.search(r"^cc -O1 -shared", said, re.M), said)
    finally:
        shutil.rmtree(folder)


@case("R CMD check: no error, no warning")
def check():
    """Without the manual, and without building vignettes: these need LaTeX and pandoc."""
    if not os.environ.get("GPUSPY_LONG"):
        raise Skip("takes two minutes: GPUSPY_LONG=1")
    folder = tempfile.mkdtemp(prefix="gpuspy-check-")
    env = {**clean_environment(), "_R_CHECK_FORCE_SUGGESTS_": "false", "_R_CHECK_CRAN_INCOMING_": "false"}
    done = subprocess.run([program("R"), "CMD", "check", "--as-cran", "--no-manual", package()],
                          env=env, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    shutil.rmtree(folder)
    said = [line for line in done.stdout.splitlines() if re.search(r"(WARNING|ERROR)", line)]
    same((done.returncode, said), (0, []), "R CMD check")


if __name__ == "__main__":
    main()

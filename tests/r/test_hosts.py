#!/usr/bin/env python3
"""R in other programs than R's own: gpu_watch() works in each, and the session is one."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from common import BUILD, LIBRARY, WORK, Run, environment, needs, program, r, same, says, succeeded
from harness import SIM_LIB, Skip, case, clean_environment, expect, main

# Its last line says: what the host is called, the verdict, kernels of the session and of this R.
SCRIPT = """library(gpuspy)
gpu_watch()
""" + WORK + """
invisible(work(3))
cat(gpu_sitrep()$facts$host, gpu_report()$headline, gpu_kernels(), gpu_kernels("process"), "\\n")
"""


def script(folder, text=SCRIPT, name="script.R"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def in_folder(function):
    folder = tempfile.mkdtemp(prefix="gpuspy-hosts-")
    try:
        return function(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def runs(command, wanted, env=None, text=SCRIPT):
    """`command` with the script's path for "SCRIPT" says `wanted`, and reports at its end."""
    def one(folder):
        path = script(folder, text)
        return Run([path if word == "SCRIPT" else word for word in command], environment(env),
                   spied=False, timeout=120, cwd=folder)
    run = in_folder(one)
    succeeded(run)
    same(run.stdout.decode().splitlines()[-1], wanted, f"last line ({run.stderr.decode()})")
    same(run.report["totals"]["kernels"], 7, "kernels")
    same(run.report["verdict"], "gpu-work", "verdict")
    expect(b"gpuspy: GPU work: YES  SIMULATED  7 kernels ran" in run.stderr,
           f"the report at the end: {run.stderr!r}")
    return run


def r_home():
    return subprocess.run([program("R"), "RHOME"], capture_output=True, text=True,
                          check=True).stdout.strip()


@case("Rscript and R -f")
def plain():
    runs([program("Rscript"), "SCRIPT"], "R YES 7 7 ")
    runs([program("R"), "--no-echo", "--no-restore", "-f", "SCRIPT"], "R YES 7 7 ")


@case("littler")
def littler():
    runs([program("r"), "SCRIPT"], "littler YES 7 7 ")


@case("a program that embeds libR: RStudio's rsession, Positron's ark")
def embedded():
    home = r_home()
    libr = os.path.join(home, "lib", "libR.so")
    if not os.path.exists(libr):
        raise Skip("R has no libR.so here")

    def one(folder):
        for name, host in (("ark", "Positron"), ("rsession", "RStudio"), ("other", "other")):
            path = os.path.join(folder, name)
            shutil.copy(os.path.join(BUILD, "tests", "r", "r_host"), path)
            runs([path, libr, "SCRIPT"], f"{host} YES 7 7 ",
                 env={"R_HOME": home, "LD_LIBRARY_PATH": f"{SIM_LIB}:{home}/lib"})
    in_folder(one)


@case("R CMD BATCH: the report is in the .Rout file")
def batch():
    def one(folder):
        path = script(folder)
        run = Run([program("R"), "CMD", "BATCH", "--vanilla", path, "out"], environment(),
                  spied=False, timeout=120, cwd=folder)
        with open(os.path.join(folder, "out"), encoding="utf-8") as file:
            return run, file.read()
    run, out = in_folder(one)
    succeeded(run)
    same(run.report["totals"]["kernels"], 7, "kernels")
    expect("\nR YES 7 7 " in out and "gpuspy: GPU work: YES  SIMULATED  7 kernels" in out, out)


@case("for good: gpu_watch() in .Rprofile")
def profile():
    def one(folder):
        path = script(folder, "gpuspy::gpu_watch()\n", "Rprofile")
        runs([program("R"), "--no-echo", "--no-restore", "-f", "SCRIPT"], "R YES 7 7 ",
             env={"R_PROFILE_USER": path})
        runs([program("Rscript"), "SCRIPT"], "R YES 7 7 ", env={"R_PROFILE_USER": path},
             text=SCRIPT.replace("gpu_watch()\n", "stopifnot(gpu_watch()$how == 'already')\n", 1))
    in_folder(one)


@case("cron and systemd: with next to no environment")
def bare():
    def one(folder):
        path = script(folder)
        home = os.path.join(folder, "home")
        os.mkdir(home)
        env = {"R_LIBS": LIBRARY, "LD_LIBRARY_PATH": SIM_LIB, "GPUSPY_DIR": folder + "/g",
               "GPUSPY_EXAMPLE_LIBRARY": environment()["GPUSPY_EXAMPLE_LIBRARY"]}
        words = [f"{k}={v}" for k, v in env.items()]
        return subprocess.run(["setsid", "env", "-i", *words, program("Rscript"), path],
                              capture_output=True, cwd="/", timeout=120, stdin=subprocess.DEVNULL,
                              check=False)
    done = in_folder(one)
    same(done.returncode, 0, f"status ({done.stderr!r})")
    expect(done.stdout.startswith(b"R YES 7 7"), done.stdout)
    expect(b"GPU work: YES" in done.stderr, done.stderr)


def evaluate(connection, code):
    """Rserve's protocol, QAP1: one string to evaluate (CMD_eval 3, DT_STRING 4)."""
    text = code.encode() + b"\0"
    text += b"\1" * (-len(text) % 4)
    body = struct.pack("<I", 4 | len(text) << 8) + text
    connection.sendall(struct.pack("<IIII", 3, len(body), 0, 0) + body)
    head = connection.recv(16, socket.MSG_WAITALL)
    status, length = struct.unpack("<IIII", head)[:2]
    body = connection.recv(length, socket.MSG_WAITALL)
    same(hex(status), "0x10001", f"Rserve's answer to {code}")
    return body


@case("Rserve: a daemon whose connections are forked children")
def rserve():
    needs("Rserve")
    server = subprocess.run([program("Rscript"), "-e", "cat(system.file('libs', 'Rserve', package = 'Rserve'))"],
                            capture_output=True, text=True, check=True).stdout
    if not os.path.exists(server):
        raise Skip("Rserve's program is not with its package")
    home = r_home()

    def one(folder):
        name = os.path.join(folder, "socket")
        source = script(folder, "library(gpuspy)\ngpu_watch(report = FALSE)\n" + WORK)
        config = script(folder, f"socket {name}\nsource {source}\nremote disable\n", "conf")
        env = {**clean_environment(), **environment(), "R_HOME": home, "GPUSPY_DIR": folder + "/g",
               "LD_LIBRARY_PATH": f"{SIM_LIB}:{home}/lib"}
        daemon = subprocess.Popen([server, "--no-save", "--RS-conf", config], env=env,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            daemon.wait(60)
            answers = []
            for _ in range(2):
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(name)
                    connection.settimeout(60)
                    same(connection.recv(32, socket.MSG_WAITALL)[:4], b"Rsrv", "greeting")
                    evaluate(connection, "work(3)")
                    answers.append(evaluate(connection, "paste(gpu_kernels(), "
                                            "gpu_kernels('process'), gpu_report()$headline, "
                                            "gpu_sitrep()$facts$host, Sys.getpid())"))
            return answers
        finally:
            # The daemon is the parent of who answered last.
            found = subprocess.run(["pgrep", "-f", f"^{server}.*{config}"], capture_output=True,
                                   text=True, check=False).stdout.split()
            for pid in found:
                subprocess.run(["kill", pid], check=False)
    first, second = in_folder(one)
    expect(b"7 7 YES Rserve" in first, first)
    expect(b"14 7 YES Rserve" in second, second)


@case("Jupyter: IRkernel")
def jupyter():
    needs("IRkernel")
    try:
        import jupyter_client  # noqa: F401
    except ImportError:
        said = subprocess.run(["/usr/bin/python3", "-c", "import jupyter_client"],
                              capture_output=True, check=False)
        if said.returncode:
            raise Skip("there is no jupyter_client") from None
    code = """
import sys, json, os
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
manager = KernelManager()
manager._kernel_spec = KernelSpec(argv=["R", "--no-echo", "-e", "IRkernel::main()", "--args",
    "{connection_file}"], display_name="R", language="R")
manager.start_kernel(env=dict(os.environ))
client = manager.client(); client.start_channels(); client.wait_for_ready(timeout=60)
out = []
def hook(message):
    c = message["content"]
    out.append(c.get("text") or " ".join(c.get("traceback", [])))
client.execute_interactive(open(sys.argv[1]).read(), output_hook=hook, timeout=60)
client.stop_channels(); manager.shutdown_kernel()
print("".join(out))
"""

    def one(folder):
        path = script(folder)
        return Run(["/usr/bin/python3", "-c", code, path], environment({"HOME": folder}),
                   spied=False, timeout=150, cwd=folder)
    run = in_folder(one)
    succeeded(run)
    expect("Jupyter (IRkernel) YES 7 7" in run.stdout.decode(), f"{run.stdout} {run.stderr}")
    same(run.report["totals"]["kernels"], 7, "kernels")


@case("rmarkdown::render(), and in a child of callr's")
def rmarkdown():
    needs("rmarkdown")
    program("pandoc")

    def one(folder):
        script(folder, "---\ntitle: a\noutput: html_document\n---\n\n```{r}\nlibrary(gpuspy)\n"
               "gpu_watch(report = FALSE)\nsource('work.R')\n```\n\n```{r, gpuspy=TRUE}\n"
               "invisible(work(3))\n```\n\n```{r b, gpuspy='plot'}\ninvisible(work(1))\n```\n", "a.Rmd")
        script(folder, WORK, "work.R")
        return r(f"setwd('{folder}')\nrmarkdown::render('a.Rmd', quiet = TRUE, envir = globalenv())\n"
                 "x <- paste(readLines('a.html'), collapse = ' ')\n"
                 "cat(grepl('7 kernels ran in this chunk', x), gpu_kernels(), '\\n')\n"
                 "done <- gpu_run(function(f) rmarkdown::render(f, quiet = TRUE), "
                 f"list('{folder}/a.Rmd'))\ncat(done$report$totals[['kernels']], '\\n')")
    says(in_folder(one), "TRUE 10 ", "10 ")


@case("shiny: an application's session")
def shiny():
    needs("shiny")
    run = r("""suppressMessages(library(shiny))
gpu_watch(report = FALSE)
shinyApp(fluidPage(), function(input, output) NULL) -> app
later::later(function() { work(3); stopApp(gpu_kernels()) }, 1)
cat(runApp(app, launch.browser = FALSE, quiet = TRUE), gpu_report()$headline, "\\n")""")
    says(run, "7 YES ")


@case("plumber: an endpoint")
def plumber():
    needs("plumber")
    run = r("""gpu_watch(report = FALSE)
library(plumber)
api <- pr() |> pr_get("/work", function() { work(3); gpu_kernels() })
answer <- api$call(list2env(list(REQUEST_METHOD = "GET", PATH_INFO = "/work", QUERY_STRING = "",
  HTTP_HOST = "localhost", HEADERS = character(), rook.input = list(read_lines = function() "",
  read = function() raw(), rewind = function() 0))))
cat(answer$body, gpu_kernels(), "\\n")""")
    says(run, "[7] 7 ")


@case("targets: its R and its callr child")
def targets():
    needs("targets")
    run = r("""gpu_watch(report = FALSE)
setwd(tempdir())
dump("work", "work.R")
targets::tar_script({ source("work.R"); environment(work) <- globalenv()
  list(targets::tar_target(a, work(3))) }, ask = FALSE)
targets::tar_make(reporter = "silent")
cat(gpu_kernels(), gpu_kernels("process"), "\\n")""")
    says(run, "7 0 ")


if __name__ == "__main__":
    main()

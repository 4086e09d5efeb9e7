#!/usr/bin/env python3
"""Each verdict and each reason: the first line of the report, and the JSON's codes."""

import glob
import os
import shutil
import sys

from harness import (SIM_LIB, Run, add_case, case, client, expect, main, no_driver_here, same,
                     succeeded, Skip)

FIRST_LINE = {
    "gpu-work": "YES", "gpu-work-unconfirmed": "UNCONFIRMED", "gpu-fault": "FAILED",
    "gpu-idle": "NO", "gpu-unavailable": "NO", "gpu-unused": "NO", "unknown": "UNKNOWN",
}
SIMULATED = True


def judged(run, verdict, reason, simulated, status=0):
    """The text on standard error, the text of the tool, and the JSON agree."""
    succeeded(run, status)
    said = run.stderr.decode()
    report = run.report
    expect(report, f"no report; standard error: {said!r}")
    same((report["verdict"], report["reason"]), (verdict, reason), "verdict and reason")
    same(report["simulated"], simulated, "simulated")
    first = [line for line in said.splitlines() if line.startswith("gpuspy: GPU work: ")]
    same(len(first), 1, f"first lines in {said!r}")
    words = first[0].split(": ", 2)[2].split()
    same(words[0], FIRST_LINE[verdict], "the word of the first line")
    same("SIMULATED" in first[0], simulated, "SIMULATED in the first line")
    expect(report["summary"] and report["summary"] in first[0],
           f"the summary {report['summary']!r} is not in {first[0]!r}")
    text = run.tool("report", "--last")
    same((text.returncode, text.stdout), (0, said[said.index(first[0]):]),
         "gpuspy report, compared with standard error")
    return report


def outcome(kind, verdict, reason, env=None, simulated=SIMULATED):
    run = Run([client("client-outcome"), kind], env, output=False)
    return judged(run, verdict, reason, simulated)


add_case("completed", outcome, "work", "gpu-work", "completed")
add_case("completed, with memory left", outcome, "leak", "gpu-work", "completed")
add_case("no-sync", outcome, "unconfirmed", "gpu-work-unconfirmed", "no-sync")
add_case("device-fault", outcome, "fault", "gpu-fault", "device-fault")
add_case("no-kernel: cuInit alone", outcome, "init", "gpu-idle", "no-kernel")
add_case("no-kernel: memory alone", outcome, "idle", "gpu-idle", "no-kernel")
add_case("no-kernel: captured and never launched", outcome, "captured", "gpu-idle", "no-kernel")


def probe(what, reason, env=None, prepare=None, simulated=SIMULATED, library=(), sim=True):
    run = Run([client("client-probe"), what, *library], env, prepare=prepare, output=False,
              sim=sim)
    return judged(run, "gpu-unavailable", reason, simulated)


for what in ("driver", "runtime", "cudnn"):
    add_case(f"no-device, {what}", probe, what, "no-device", {"SIM_DEVICES": "0"})
    add_case(f"no-device, as cuInit says, {what}", probe, what, "no-device", {"SIM_INIT": "100"})
    for hidden in ("", "-1", "7", "GPU-ffffffff"):
        add_case(f"devices-hidden by {hidden!r}, {what}", probe, what, "devices-hidden",
                 {"CUDA_VISIBLE_DEVICES": hidden})
    add_case(f"driver-stub, as cuInit says, {what}", probe, what, "driver-stub",
             {"SIM_INIT": "34"})
    add_case(f"driver-too-old, 803, {what}", probe, what, "driver-too-old", {"SIM_INIT": "803"})
    add_case(f"init-failed, {what}", probe, what, "init-failed", {"SIM_INIT": "999"})
add_case("driver-too-old for the runtime", probe, "runtime", "driver-too-old",
         {"SIM_VERSION": "12080"})


@case("devices-hidden: the value is told")
def hidden_value():
    report = probe("driver", "devices-hidden", {"CUDA_VISIBLE_DEVICES": "7"})
    same(report["driver"]["visible_devices"], "7", "the value")
    expect("CUDA_VISIBLE_DEVICES" in report["advice"], f"advice: {report['advice']!r}")


def only(*names):
    """Of the simulated libraries only these can be found."""
    def copy(run):
        folder = os.path.join(run.folder, "only")
        os.mkdir(folder)
        for name in names:
            shutil.copy(os.path.join(SIM_LIB, name), folder)
        run.env["LD_LIBRARY_PATH"] = folder
    return copy


def missing(what, *names):
    no_driver_here()
    probe(what, "driver-missing", prepare=only(*names), simulated=False)


add_case("driver-missing", missing, "driver")
add_case("driver-missing, runtime", missing, "runtime", "libcudart.so.13")
add_case("driver-missing, cuDNN", missing, "cudnn", "libcudnn.so.9", "libcudnn_ops.so.9",
         "libcudnn_cnn.so.9", "libcudnn_graph.so.9", "libsim_standin.so")


@case("library-missing")
def library_missing():
    """A version of a library that no loader's path leads to any more."""
    report = probe("cudnn", "library-missing", library=["libcudnn.so.6"], simulated=False)
    named = [x for x in report["libraries"] if x["name"] == "libcudnn.so.6"]
    same(len(named), 1, "entries of libcudnn.so.6")
    same(named[0]["loaded"], False, "loaded")
    expect(named[0]["error"], "the loader's error is not told")


def toolkit_stub():
    for path in sorted(glob.glob("/usr/local/cuda*/**/stubs/libcuda.so", recursive=True)):
        return path
    raise Skip("there is no CUDA toolkit")


@case("driver-stub: the toolkit's own")
def driver_stub():
    stub = toolkit_stub()

    def as_driver(run):
        os.symlink(stub, os.path.join(run.folder, "libcuda.so.1"))
        run.env["LD_LIBRARY_PATH"] = run.folder

    report = probe("driver", "driver-stub", prepare=as_driver, simulated=False)
    same(report["driver"]["init_status"], "CUDA_ERROR_STUB_LIBRARY", "what cuInit said")


@case("never-asked")
def never_asked():
    run = Run([sys.executable, "-c", "print(1)"], output=False)
    judged(run, "gpu-unused", "never-asked", False)
    same(run.stdout, b"1\n", "standard output")


@case("nothing is said of a program that is no interpreter and never asked")
def not_of_interest():
    run = Run(["/bin/sh", "-c", "echo 1 | sed s/1/2/"], output=False)
    same((run.stdout, run.stderr, run.report), (b"2\n", b"", None), "output and report")


if __name__ == "__main__":
    main()

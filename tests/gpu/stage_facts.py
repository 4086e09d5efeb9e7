"""Facts about real drivers and runtimes, to bring back for the tests that have none. They stand in
facts.json, which run.sh writes into its OUTDIR: here also what real programs called, by function
and with their libraries, is noted by the stages that ran them."""

import os
import re
import sys

import building
import machine
import runs
import simulated
from cases import case, expect, same

LOOKUPS = os.path.join(machine.SOURCE, "tests", "sim", "cudart-lookups{}.txt")


def script(name):
    return os.path.join(machine.HERE, "scripts", name)


@case("facts", "cuGetProcAddress beside dlsym", "")
@case("facts", "cuGetProcAddress beside dlsym, runtime 13.5", "-13.5")
def proc_address(version):
    command, env = [sys.executable, script("lookups.py"), LOOKUPS.format(version)], simulated.environment()
    bare = runs.ended(runs.Run(command, env=env)).said()
    spied = runs.ended(runs.Run(command, spied=True, env=env)).said()
    runs.note("pointers", bare)
    same(spied, bare, "the pointers, compared with a run without gpuspy")
    return simulated.mark({key: len(value) for key, value in bare.items()})


@case("facts", "the current context, after cudaSetDevice")
def current_context():
    machine.need_gpu()
    path = building.nvcc_program("nvcc-devices", ["devices.cu"])
    run = runs.works_bare(runs.Run([path], env=building.packed_libraries()))
    lines = re.findall(r"^device \d+, .*$", run.stdout, re.M)
    runs.note("cuCtxGetCurrent", lines)
    expect(lines, "the program said nothing")
    return lines[1].split(", ", 1)[1]


@case("facts", "calls at the end of a process")
def at_end():
    machine.need_gpu()
    path = building.nvcc_program("nvcc-calls-at-the-end", ["atend.cu"])
    run = runs.works_bare(runs.Run([path], env=building.packed_libraries()))
    lines = re.findall(r"^(?:atexit|destructor): .*$", run.stdout, re.M)
    runs.note("statuses", lines)
    return "; ".join(lines)


ENTRY_POINTS = re.compile(r"cu(Launch|GraphLaunch|GraphInstantiate|Mem(Alloc|cpy|set|Create|Free)|"
                          r"Memcpy|Memset|Library|Module|KernelGet|FuncGet|Stream(Begin|End))")


def entry_points(name, sources, shared=False, options=()):
    machine.need_gpu()
    path = building.nvcc_program(name, sources, options, shared)
    run = runs.works_bare(runs.Run([path], spied=True, env=building.packed_libraries()))
    called = sorted(f["name"] for f in run.report["functions"]
                    if f["layer"] == "driver" and f["calls"] and ENTRY_POINTS.match(f["name"]))
    runs.note("entry points", called)
    launches = [name for name in called if "Launch" in name]
    return f"{len(called)} functions, launches by {' '.join(launches)}"


@case("facts", "the runtime's entry points")
def runtime_entry_points():
    return entry_points("nvcc-basic", ["basic.cu"])


@case("facts", "the runtime's entry points, graphs")
def graph_entry_points():
    return entry_points("nvcc-graphs", ["graphs.cu"])


@case("facts", "the runtime's entry points, memory")
def memory_entry_points():
    return entry_points("nvcc-memory", ["memory.cu"])

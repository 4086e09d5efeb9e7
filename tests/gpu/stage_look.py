"""A run as people look at it: its record and page, what is asked of a process that runs, --require,
and what was not seen."""

import html
import json
import os
import re
import subprocess
import sys
import time

import figures
import machine
import runs
import simulated
import stage_driver
from cases import Missing, case, expect, same

SECONDS = 90

# Two times of work with a pause, in which a whole second between two looks lies wherever it begins.
# A recorder that has little of its processor looks as much more seldom.
SLOWER = int(os.environ.get("GPUSPY_SLOWER", 1))
PAUSE = 2.5 * min(SLOWER, 6)
PHASES = f'"$0" 20; sleep {PAUSE}; "$0" 20'
EXAMPLE = os.path.join(machine.BUILD, "examples", "gpu.so")
WORKS_ON = """
import ctypes, sys
sys.argv[1:] = sys.argv[1:2]
sys.path.insert(0, {folder!r})
import example
example.main()
print("ready", flush=True)
input()
"""


class Place:
    """A folder with sessions, and gpuspy's tools in it."""

    def __init__(self, name):
        self.folder = runs.folder(name)
        self.sessions = os.path.join(self.folder, "sessions")
        os.makedirs(self.sessions, mode=0o700, exist_ok=True)
        foreign = ("GPUSPY_", "LD_PRELOAD", "SIM_")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        self.env.update(simulated.environment(), GPUSPY_DIR=self.sessions)

    def path(self, name):
        return os.path.join(self.folder, name)

    def gpuspy(self, *words, status=0):
        done = subprocess.run([runs.GPUSPY, *map(str, words)], env=self.env, capture_output=True,
                              text=True, errors="replace", timeout=120, stdin=subprocess.DEVNULL)
        if status is not None:
            same(done.returncode, status, f"status of gpuspy {words[0]} ({runs.last_line(done.stderr)})")
        return done


def record_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@case("look", "record: its last line is the report")
def record():
    place = Place("record")
    client, = stage_driver.command(["client-linked"])
    place.gpuspy("run", "--record", place.path("run.jsonl"), "--", "sh", "-c", PHASES, client)
    report = json.loads(place.gpuspy("report", "--json").stdout)
    simulated.is_as_it_should(report)
    figures.nothing_missed(report)
    lines = record_of(place.path("run.jsonl"))
    same(lines[-1]["type"], "end", "the last line")
    for figure in "kernels", "launches", "graph_kernels", "confirmed_kernels", "errors":
        same(lines[-1]["session"][figure], report["totals"][figure], figure)
    times = report["times"]
    pause = times["longest_pause"]
    expect(pause and 0.4 * PAUSE < pause < 2 * PAUSE, f"longest pause {pause}, and {PAUSE} s were slept")
    driver = [line["driver"] for line in lines if line.get("driver")]
    if machine.gpu:
        expect(driver, "NVML said nothing")
        runs.note("NVML", driver[-1])
    return simulated.mark({"kernels": report["totals"]["kernels"], "lines": len(lines),
                           "pause s": round(pause, 2),
                           "with NVML": len(driver)})


@case("look", "page: the verdict, the pause, the driver's figures")
def page():
    place = Place("page")
    client, = stage_driver.command(["client-linked"])
    place.gpuspy("run", "--record", place.path("run.jsonl"), "--", "sh", "-c", PHASES, client)
    place.gpuspy("report", "--html", place.path("page.html"))
    with open(place.path("page.html"), encoding="utf-8") as file:
        text = file.read()
    words = " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.S)).split())
    expect("GPU work YES" in words, words[:200])
    same(text.count('class="pause"'), 1, "marked pauses")
    expect(not machine.gpu or "as the driver says" in words, "no figures of the driver")
    return simulated.mark({"bytes": len(text)})


@case("look", "record from outside: what it costs")
def cost():
    place = Place("cost")
    client, = stage_driver.command(["client-linked"])
    place.env["LD_PRELOAD"] = runs.LIBRARY
    watched = subprocess.Popen([client, "1000000000"], env=place.env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    del place.env["LD_PRELOAD"]
    try:
        wait_for_kernels(place)
        recorder = subprocess.Popen([runs.GPUSPY, "record", "-d", "1", "-o", place.path("record")],
                                    env=place.env)
        time.sleep(2)
        before = processor_seconds(recorder.pid)
        time.sleep(8)
        used = processor_seconds(recorder.pid) - before
        recorder.terminate()
        same(recorder.wait(timeout=60), 0, "status")
    finally:
        watched.kill()
        watched.wait()
    expect(used <= 0.12 * SLOWER, f"{used:.2f} s of 8 s")
    return simulated.mark({"lines": len(record_of(place.path("record"))),
                           "of a core": f"{used / 8:.1%}"})


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_kernels(place, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said = place.gpuspy("report", "--json", status=None)
        if said.returncode == 0 and json.loads(said.stdout)["totals"]["kernels"]:
            return
        time.sleep(0.1)
    raise AssertionError(f"no kernel in {seconds} s")


def asked(spied):
    """What doctor says of a process that trained, and waits."""
    place = Place("doctor-watched" if spied else "doctor-unwatched")
    if not os.path.exists(EXAMPLE):
        raise Missing(f"{EXAMPLE} was not built")
    env = {**place.env, "GPUSPY_REPORT": "never", **({"LD_PRELOAD": runs.LIBRARY} if spied else {})}
    code = WORKS_ON.format(folder=os.path.join(machine.HERE, "scripts"))
    process = subprocess.Popen([sys.executable, "-c", code, EXAMPLE], env=env, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        said = iter(process.stdout.readline, "")
        kernels = next((int(line[16:]) for line in said if line.startswith("EXPECT launches=")), None)
        expect(kernels, f"it did not train: {runs.last_line(process.stderr.read()) if kernels is None else 0}")
        next(line for line in said if line == "ready\n")
        answer = json.loads(place.gpuspy("doctor", "--json", process.pid, status=None).stdout)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()
        process.stderr.close()
    runs.note("doctor", answer)
    return answer, kernels


@case("look", "doctor PID: watched")
def doctor_watched():
    answer, kernels = asked(True)
    same(answer["process"], "uses", f"what it is ({answer['summary']})")
    expect(f"{kernels} kernels" in answer["summary"].replace(",", ""), answer["summary"])
    same(answer["simulated"], not machine.gpu, "simulated")
    return simulated.mark({"summary": answer["summary"]})


@case("look", "doctor PID: nobody watches it")
def doctor_unwatched():
    """On a card the driver's own figures tell more."""
    answer, _ = asked(False)
    expect(answer["process"] in ("unknown", "holds", "uses"), answer["summary"])
    return simulated.mark({"says": answer["process"], "summary": answer["summary"]})


@case("look", "run --require")
def require():
    place = Place("require")
    client, = stage_driver.command(["client-linked"])
    place.gpuspy("run", "--require=5", "--", client, "20")
    place.gpuspy("run", "--require=0.5/s", "--", client, "20")
    place.gpuspy("run", "--require=1000000000", "--", client, "20", status=3)
    place.gpuspy("run", "--require=1e12/s", "--", client, "20", status=3)
    place.gpuspy("run", "--require", "--", "true", status=3)
    return simulated.mark({})


@case("look", "what was not seen is no NO")
def unknown():
    """A program that nothing can be preloaded into, and one that throws the variable away."""
    place = Place("unknown")
    client, = stage_driver.command(["client-linked"])
    said = place.gpuspy("run", "--require", "--", "env", "-i",
                        f"LD_LIBRARY_PATH={place.env['LD_LIBRARY_PATH']}", client, "5", status=4)
    expect("GPU work: UNKNOWN" in said.stderr, said.stderr)
    return simulated.mark({"said": said.stderr.splitlines()[0][:70]})


@case("look", "record of a job")
def job():
    """A session of a scheduler's job, ended, as one line for many machines."""
    place = Place("job")
    if "collect" not in place.gpuspy("--help").stdout:
        raise Missing("this gpuspy has no collect")
    client, = stage_driver.command(["client-linked"])
    place.env.update(SLURM_JOB_ID="4711", SLURM_STEP_ID="0", SLURM_PROCID="0", SLURM_JOB_NUM_NODES="1")
    place.gpuspy("run", "--", client, "20")
    said = place.gpuspy("collect", "--job=4711", "--records=-").stdout.splitlines()
    # And one line of the host.
    lines = [line for line in map(json.loads, said) if line.get("session")]
    same(len(lines), 1, "records")
    simulated.is_as_it_should(lines[0])
    same((lines[0]["job"]["id"], lines[0]["verdict"]), ("4711", "gpu-work"), "job and verdict")
    return simulated.mark({"kernels": lines[0]["totals"]["kernels"]})

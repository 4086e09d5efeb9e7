"""/etc/gpuspy.conf: what of it a program feels, and what gpuspy doctor says of it."""

import os
import subprocess
import sys

from cluster import GPUSPY, Site, case, client, expect, main, same

WORK = [client("client-linked")]
YES = b"GPU work: YES"


def doctor(site, *words, status=0, **env):
    return site.gpuspy("doctor", "--config", *words, status=status, env=env)


@case("no file, an empty one, a folder, a device, a long one: the program runs as ever")
def _():
    site = Site()
    for path in "/nowhere", "/", "/dev/null", "/dev/zero", "/proc/self/mem":
        done = site.run(WORK, GPUSPY_CONFIG=path, GPUSPY_REPORT="auto")
        same(done.returncode, 0, f"status with {path}")
        expect(YES in done.stderr, done.stderr)
    site.configure("# long\n" * 10000 + "report = never\n")
    expect(YES in site.run(WORK, GPUSPY_REPORT=None).stderr, "what is behind 16 KiB was read")
    expect("line 0 is skipped: more than 16 KiB" in doctor(site, status=1), "not said")


@case("report = never, and the variable above it")
def _():
    site = Site()
    site.configure("report = never\n")
    same(site.run(WORK, GPUSPY_REPORT=None).stderr, b"", "standard error")
    expect(YES in site.run(WORK, GPUSPY_REPORT="auto").stderr, "no report")
    same(len(os.listdir(site.dir)), 2, "sessions")


@case("report = never and always, and the variable above them: gpuspy run")
def _():
    for text, variable, reports in (("", None, 1), ("report = never\n", None, 0), ("report = never\n", "", 0),
                                    ("report = never\n", "auto", 1), ("report = auto\n", "never", 0)):
        site = Site()
        site.configure(text)
        file = os.path.join(site.place.name, "json")
        done = subprocess.run([GPUSPY, "run", "--json", file, *WORK], env=site.env(GPUSPY_REPORT=variable),
                              capture_output=True, check=True)
        same(done.stderr.count(YES), reports, f"reports with {text!r} and {variable!r}: {done.stderr}")
        expect(os.path.getsize(file), "no JSON")
    # In a session that the user named each process may report, if that is wanted.
    site = Site()
    for text, reports in ("report = auto\n", 1), ("report = always\n", 2):
        site.configure(text)
        done = subprocess.run([GPUSPY, "run", *WORK], env=site.env(GPUSPY_SESSION="named", GPUSPY_REPORT=None),
                              capture_output=True, check=True)
        same(done.stderr.count(YES), reports, f"reports with {text!r}: {done.stderr}")


@case("the folder, for programs and tools")
def _():
    site = Site()
    folder = os.path.join(site.place.name, f"x-{os.geteuid()}")
    site.configure(f"folder = {site.place.name}/x-%u\n")
    site.run(WORK, GPUSPY_DIR=None)
    same(len(os.listdir(folder)), 1, "sessions in the folder")
    same(len(site.gpuspy("list", env={"GPUSPY_DIR": None}).splitlines()), 2, "lines of the list")
    site.run(["sh", "-c", WORK[0] + "; true"], GPUSPY_DIR=None)
    report = site.gpuspy("report", "--last", env={"GPUSPY_DIR": None})
    expect("YES  SIMULATED  10 kernels" in report, report)  # its child is in the same folder
    site.run(WORK)
    same(len(os.listdir(site.dir)), 1, "sessions where GPUSPY_DIR says")


@case("include and exclude")
def _():
    site = Site()
    python = os.path.realpath(sys.executable)
    code = [sys.executable, "-c", "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0)"]
    for text, sessions in (("", 1), (f"exclude = {python}\n", 0), ("exclude = */nobody\n", 1),
                           ("include = /nowhere/*\n", 0), (f"include = {python[:-3]}*\n", 1)):
        site = Site()
        site.configure(text)
        same(site.run(code).returncode, 0, "status")
        same(len(os.listdir(site.dir)), sessions, f"sessions with {text!r}")


@case("gpuspy doctor --config")
def _():
    site = Site()
    site.configure("report = never\nbeep\nfolder = x\x1b[31m\nexclude = */sh\n"
                   "exclude = */dash\nexclude = */bash\n")
    text = doctor(site, "sh", status=1)
    for words in ("report            never", "line 2 is skipped: no NAME = VALUE: beep",
                  "line 3 is skipped: no absolute path: x\\x1b[31m", "not watched, by line ",
                  "records           none are kept (default)"):
        expect(words in text, f"{words!r} in {text}")
    expect("watched, as no line excludes it" in doctor(site, "env", status=1), "env")
    expect("by GPUSPY_DISABLE" in doctor(site, "env", status=1, GPUSPY_DISABLE="1"), "disabled")
    expect("no such program" in doctor(site, "no-such-program", status=127), "none")
    site.configure("")
    doctor(site)
    site.gpuspy("doctor", "--config", "--json", status=2)
    expect("there is none" in doctor(site, GPUSPY_CONFIG="/nowhere"), "no file")


@case("gpuspy doctor names a bad line")
def _():
    site = Site()
    site.configure("beep\n")
    done = site.gpuspy("doctor", status=0, env={"SIM_DEVICES": "1"})
    expect("line 1 of" in done and "no NAME = VALUE" in done, done)


if __name__ == "__main__":
    main()

"""What the tools say on standard error is one line that harms no terminal, whatever is in arguments,
paths and names; and it says them whole."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

from harness import BUILD, GPUSPY, SLOWER, case, expect, main, same  # noqa: E402

TOP = os.path.join(BUILD, "tools", "gpuspy-top")
MAKE = os.path.join(BUILD, "tests", "unit", "make-session")
HARMLESS = b"xAy"
# The same, as it is and as it is shown: sequences for a terminal, ends of lines, C1, marks that turn
# the direction, what is no UTF-8, and what is.
HOSTILE = (b"x\x1b[31m\n \t\x0d\x7f\x1b]0;z\x07\xc2\x85\xe2\x80\xae\xe2\x80\xa8\xff\xc3(\xed\xa0\x80"
           + "\u00e9\u6f22".encode())
SHOWN = (rb"x\x1b[31m\n \t\x0d\x7f\x1b]0;z\x07\xc2\x85\xe2\x80\xae\xe2\x80\xa8\xff\xc3(\xed\xa0\x80"
         + "\u00e9\u6f22".encode())
LONG = b"L" * 5000
FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # of Unicode's categories

# For each word in place of %: the command, and its status. E is an empty folder, N is none.
COMMANDS = (
    ("%", 2), ("--%", 2), ("help %", 2),
    ("run %", 127), ("run N/%", 127), ("run --% true", 2), ("run --require=% true", 2),
    ("run --json N/% true", 125), ("run --record N/% true", 125),
    ("report %", 1), ("report 1 %", 2), ("report --last %", 2), ("report --html N/% 4194304-20", 1),
    ("report --html - --record N/% 4194304-20", 1), ("report --wait % --job 1", 2), ("report --%", 2),
    ("report --job % --records E", 1), ("report --job 1 --records N/%", 1),
    ("report --job 1 --records E --since %", 2),
    ("list %", 2), ("list --%", 2), ("doctor %", 127), ("doctor N/%", 127), ("doctor --%", 2),
    ("record %", 1), ("record -d %", 2), ("record -o N/% 4194304-20", 1), ("record 1 %", 2),
    ("record % -- true", 2), ("record --%", 2), ("record -o N/% -- true", 125),
    ("collect %", 2), ("collect --all --uid %", 2), ("collect --all --records N/%", 125),
    ("collect --%", 2), ("jobs %", 2), ("jobs --records E --since %", 2), ("jobs --records N/%", 1),
    ("jobs --%", 2), ("export %", 2), ("export --prometheus --state N/%", 125),
    ("export --prometheus -o N/% --state E/state", 125), ("export --%", 2),
    ("top %", 2), ("top -d %", 2), ("top -n %", 2), ("top -p %", 2), ("top -s %", 2),
    ("top -u %", 2), ("top --session /%", 2), ("top --%", 2), ("top -F %", 0))
SAYS_NOTHING = ("top -F %",)


class Place:
    """Folders of its own, in which there is one session, of a number that no process has (PID_MAX_LIMIT)."""

    def __enter__(self):
        self.base = tempfile.mkdtemp(prefix="gpuspy-said-")
        self.segments = os.path.join(self.base, "segments")
        self.empty = os.path.join(self.base, "empty")
        os.mkdir(self.empty)
        os.mkdir(self.segments, 0o700)
        subprocess.run([MAKE, os.path.join(self.segments, "4194304-20"), "training", "4194304", "20"], check=True)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.base, ignore_errors=True)

    def path(self, word):
        return os.fsencode(self.base) + b"/" + word

    def environment(self, **more):
        return {**{name: value for name, value in os.environ.items()
                   if not name.startswith("GPUSPY_") and name != "LD_PRELOAD"},
                "GPUSPY_DIR": self.segments, "GPUSPY_CONFIG": "/dev/null", "GPUSPY_REPORT": "never",
                "LC_ALL": "C.UTF-8", "HOME": self.base, **more}

    def words(self, command, word):
        marks = {b"E": os.fsencode(self.empty), b"N": os.fsencode(self.base) + b"/none"}
        words = [b"/".join(marks.get(part, part) for part in piece.split(b"/")).replace(b"%", word)
                 for piece in command.encode().split()]
        return [TOP, *words[1:]] if words[0] == b"top" else [GPUSPY, *words]

    def said(self, command, word, **more):
        return run(self.words(command, word), self.environment(**more))


def run(command, environment, **more):
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60 * SLOWER, check=False, **more)


def harmless(text, what):
    expect(not [c for c in text.decode("utf-8").replace("\n", "")
                if unicodedata.category(c) in FORBIDDEN], f"{what}: {text}")


def one_line(text, what):
    expect(text.endswith(b"\n") and text.count(b"\n") == 1, f"{what}: no line, or several: {text}")
    harmless(text, what)


def compare(plain, hostile, what):
    """The words that are said of a harmless word and of a hostile one differ in that word alone."""
    one_line(hostile.stderr, what)
    expect(HARMLESS in plain.stderr, f"{what}: {plain.stderr}")
    same(hostile.stderr, plain.stderr.replace(HARMLESS, SHOWN), what)
    same(hostile.returncode, plain.returncode, f"status of {what}")


@case("arguments that are hostile: the same words and the same status")
def arguments():
    with Place() as place:
        for command, status in COMMANDS:
            plain, hostile = place.said(command, HARMLESS), place.said(command, HOSTILE)
            same(plain.returncode, status, f"status of {command}: {plain.stderr}")
            if command in SAYS_NOTHING:
                same((hostile.returncode, hostile.stderr), (status, b""), command)
            else:
                compare(plain, hostile, command)
            harmless(hostile.stdout, command)


@case("options of one letter, which getopt(3) names by their first byte")
def letters():
    with Place() as place:
        for command in "-%", "run -%", "report -%", "doctor -%", "jobs -%", "top -%":
            # Not 0xff: glibc takes that for its own mark of an end, and shows the help.
            for byte in b"\x1b", b"\n", b"\x7f", b"\xc3\xa9", b"\xfe":
                done = place.said(command, byte)
                one_line(done.stderr, command)
                same(done.returncode, 2, command)


@case("arguments that are long are said whole")
def long_arguments():
    with Place() as place:
        for command, _ in COMMANDS:
            if command not in SAYS_NOTHING:
                done = place.said(command, LONG)
                one_line(done.stderr, command)
                expect(LONG in done.stderr, f"{command}: {done.stderr}")
        # What is cut says so.
        done = place.said("report %", b"\x1b" * 100000)
        one_line(done.stderr, "what is cut")
        expect(done.stderr.endswith(b"\\x1b...\n"), done.stderr[-100:])


@case("the folder of sessions has a hostile name")
def folders():
    with Place() as place:
        for kind in "nothing", "file", "link":
            for word in HARMLESS, HOSTILE:
                if kind == "file":
                    with open(place.path(word), "wb"):
                        pass
                elif kind == "link":
                    os.unlink(place.path(word))
                    os.symlink(place.empty, place.path(word))
            for command in "report", "report 4194304-20", "record", "record 4194304-20", "list":
                plain, hostile = (place.said(command, b"", GPUSPY_DIR=place.path(word))
                                  for word in (HARMLESS, HOSTILE))
                if plain.stderr:
                    compare(plain, hostile, f"{command}, {kind}")
                else:
                    same((hostile.returncode, hostile.stderr), (plain.returncode, b""), command)
                harmless(hostile.stdout, f"{command}, {kind}")
            harmless(place.said("top", b"", GPUSPY_DIR=place.path(HOSTILE)).stdout, "top")


@case("a file that cannot be executed, and one that takes nothing, have hostile names")
def files():
    with Place() as place:
        for word in HARMLESS, HOSTILE:
            os.symlink("/dev/null", place.path(word))
        compare(*(run([GPUSPY, "run", place.path(word)], place.environment())
                  for word in (HARMLESS, HOSTILE)), "run")
        for word in HARMLESS, HOSTILE:
            os.unlink(place.path(word))
            os.symlink("/dev/full", place.path(word))
        for command in (["run", "--json", b"%", "true"], ["record", "-o", b"%", "4194304-20"],
                        ["report", "--html", b"%", "4194304-20"]):
            # What it reports is more than a line.
            plain, hostile = (run([GPUSPY, *(place.path(word) if part == b"%" else part for part in command)],
                                  place.environment(GPUSPY_OUTPUT=os.path.join(place.base, "report")))
                              for word in (HARMLESS, HOSTILE))
            compare(plain, hostile, command)


@case("the program itself was started by a hostile name")
def own_name():
    with Place() as place:
        for program, options in ((GPUSPY, ["--frobnicate"]), (GPUSPY, []), (GPUSPY, ["frobnicate"]),
                                 (TOP, ["--frobnicate"]), (TOP, ["-d", "x"])):
            plain, hostile = (run([word, *options], place.environment(), executable=program)
                              for word in (HARMLESS, HOSTILE))
            same(plain.returncode, 2, options)
            compare(plain, hostile, f"{program} {options}")


@case("the program was started by its path: its name alone is said")
def short_name():
    with Place() as place:
        for command in ("--frobnicate", "frobnicate", "run --frobnicate", "run --json", "list --frobnicate", "%",
                        "top --frobnicate", "top -d"):
            done = place.said(command, b"")
            one_line(done.stderr, command)
            same(done.returncode, 2, command)
            expect(b"/" not in done.stderr, f"{command}: {done.stderr}")


@case("no command, an empty one, and folders")
def no_command():
    with Place() as place:
        none, empty = (run([GPUSPY, *words], place.environment()) for words in ([], [""]))
        one_line(none.stderr, "no command")
        same((empty.returncode, empty.stderr), (2, none.stderr), "an empty one")
        done = place.said("E", b"")
        one_line(done.stderr, "a folder")
        expect(b"unknown command" in done.stderr and b"gpuspy run" not in done.stderr, done.stderr)


@case("an empty name of a file or a folder: one line and status 2")
def empty_names():
    with Place() as place:
        for command in ("run --json % true", "run --record % true", "report --html %", "report --html E/x --record %",
                        "report --job 1 --records %", "record -o %", "record -o % -- true", "collect --all --records %",
                        "jobs --records %", "export --prometheus -o % --state E/state",
                        "export --prometheus --state %"):
            done = place.said(command, b"", PWD=place.base)
            one_line(done.stderr, command)
            same((done.returncode, done.stdout), (2, b""), command)


# The status with standard output closed, and with one that is full.
WRITERS = (
    ("list", 1, 1), ("report", 1, 1), ("report --json", 1, 1), ("report --html -", 1, 1), ("record", 1, 1),
    ("collect --all --again --records -", 125, 125), ("export --prometheus --state E/state", 125, 125),
    ("doctor", 125, 125), ("doctor --json", 125, 125), ("doctor --config", 125, 125), ("doctor true", 125, 125),
    ("jobs --records E", 1, 1), ("jobs --json --records E", 1, 1), ("run --json - true", 125, 0),
    ("record -o - -- true", 125, 0), ("--help", 1, 1), ("--version", 1, 1), ("--usage", 1, 1), ("help", 1, 1),
    ("run --help", 1, 1), ("list --usage", 1, 1), ("top -n 1", 1, 1), ("top --json -n 1", 1, 1), ("top --help", 1, 1),
    ("top -s help", 1, 1))


@case("standard output is closed, or full: one line, and the status of the man page")
def output():
    with Place() as place:
        for command, *statuses in WRITERS:
            who = command.split()[0]
            who = b"gpuspy-top" if who == "top" else b"gpuspy" if who.startswith("-") or who == "help" \
                else b"gpuspy " + who.encode()
            for to, status in zip((">&-", ">/dev/full"), statuses):
                done = run(["sh", "-c", f'"$@" {to}', "sh", *place.words(command, b"")], place.environment())
                one_line(done.stderr, f"{command} {to}")
                expect(done.stderr.startswith(who + b": ") and b"standard output: " in done.stderr,
                       f"{command} {to}: {done.stderr}")
                same(done.returncode, status, f"status of {command} {to}")


@case("a file that a tool opens does not become its closed standard output")
def numbers():
    with Place() as place:
        for command in "run --json E/json true", "export --prometheus -o E/prom --state E/state", "record -o E/r 4194304-20":
            done = run(["sh", "-c", '"$@" >&-', "sh", *place.words(command, b"")], place.environment())
            same((done.returncode, done.stderr), (0, b""), command)


@case("gpuspy-top's file of settings has a hostile name, and no settings")
def settings():
    with Place() as place:
        said = []
        for word in HARMLESS, HOSTILE:
            os.makedirs(place.path(word) + b"/gpuspy/top")
            primary, secondary = pty.openpty()
            done = subprocess.run([TOP, "-n", "1"], stdin=secondary, stdout=secondary,
                                  stderr=subprocess.PIPE, timeout=60 * SLOWER, check=False,
                                  env=place.environment(TERM="dumb", XDG_CONFIG_HOME=place.path(word)))
            os.close(secondary)
            os.close(primary)
            said.append(subprocess.CompletedProcess(
                done.args, done.returncode, None, done.stderr.splitlines(True)[0]))
        compare(*said, "settings")


if __name__ == "__main__":
    main()

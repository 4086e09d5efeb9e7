"""Man pages and shell completion say what the programs say."""

import os
import re
import subprocess

from common import GPUSPY, SLOWER, Skip, add_case, case, expect, main, program, run_tool, same

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "tools")
COMMANDS = ("run", "report", "list", "jobs", "doctor", "record", "collect", "export")
EVERYWHERE = {"--help", "--usage", "--version"}


def read(*path):
    with open(os.path.join(TOOLS, *path), encoding="utf-8") as file:
        return file.read()


def options(command):
    """The long options that the command's --help tells of."""
    said = run_tool(command, "--help")
    same(said.returncode, 0, "status of --help")
    return set(re.findall(r"--[a-z]+", said.stdout.decode())) - EVERYWHERE


@case("gpuspy(1) has every command and option, and no others")
def man_page():
    page = read("man", "gpuspy.1").replace("\\-", "-")
    wanted = EVERYWHERE.union(*map(options, COMMANDS))
    found = set(re.findall(r"--[a-z]+", page)) - {"--epochs"}
    same(found, wanted, "options")
    for command in COMMANDS:
        expect(f".SS gpuspy {command}\n" in page, f"{command} is missing")


@case("gpuspy-top(1) has every option, long and short, and no others")
def top_page():
    page = read("man", "gpuspy-top.1").split(".SH OPTIONS")[1].split(".SH KEYS")[0].replace("\\-", "-")
    said = subprocess.run([GPUSPY + "-top", "--help"], capture_output=True, text=True, check=True).stdout
    heads = [line for line in said.splitlines() if re.match(r" +-", line)]
    wanted = {word for line in heads for word in re.findall(r"(?<![\w-])--?[\w?][a-z-]*", line[:28])}
    found = {word for line in page.splitlines() if re.match(r"\.(B|BR) -", line)
             for word in re.findall(r"(?<![\w-])--?[\w?][a-z-]*", line)}
    same(found, wanted, "options")


@case("gpuspy --help has the ways to call doctor")
def main_help():
    said = run_tool("--help").stdout.decode()
    expect("doctor [--json | --config] [PID | COMMAND" in said, said)


@case("man pages have no errors")
def format_pages():
    for name in ("gpuspy.1", "gpuspy-record.5", "gpuspy-records.5", "gpuspy.conf.5", "libgpuspy.7"):
        done = subprocess.run([program("man"), "--warnings", "-l", os.path.join(TOOLS, "man", name)],
                              capture_output=True, timeout=60 * SLOWER, env={**os.environ, "MANWIDTH": "80",
                                                                    "LC_ALL": "C.UTF-8"})
        same((done.returncode, done.stderr), (0, b""), name)
        if not done.stdout:
            raise Skip("man shows nothing here")


@case("libgpuspy(7) has every variable")
def variables():
    page = read("man", "libgpuspy.7")
    for name in ("REPORT", "OUTPUT", "DIR", "DISABLE", "SESSION", "CONFIG"):
        expect(re.search(rf"^\.B GPUSPY_{name}\b", page, re.MULTILINE), f"GPUSPY_{name}")


def complete(*words):
    """What bash offers for the last of the words."""
    script = (f". {TOOLS}/completion/gpuspy.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
              '_gpuspy; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run([program("bash"), "--norc", "-c", script, "bash", "gpuspy", *words],
                          capture_output=True, timeout=60 * SLOWER, text=True,
                          env={**os.environ, "PATH": os.path.dirname(GPUSPY) + ":" +
                               os.environ["PATH"]})
    same((done.returncode, done.stderr), (0, ""), "bash")
    return set(done.stdout.split())


@case("bash: commands, options, and the commands that run can run")
def bash():
    same(complete(""), set(COMMANDS) | {"--help", "--version"}, "commands")
    same(complete("rep"), {"report"}, "a command begun")
    for command in COMMANDS:
        same(complete(command, "--") - {"--help"}, options(command), f"options of {command}")
    expect("echo" in complete("run", "ech"), "a program for run")
    expect("echo" in complete("run", "--require", "--", "ech"), "a program after --")
    expect("meson.build" not in complete("run", "--json", "x", "meson.b"), "no file after a file")


def zsh_syntax():
    done = subprocess.run([program("zsh"), "-n", os.path.join(TOOLS, "completion", "_gpuspy")],
                          capture_output=True, timeout=60 * SLOWER)
    same((done.returncode, done.stderr), (0, b""), "zsh -n")


add_case("zsh: no errors of syntax", zsh_syntax)


@case("zsh: every command and option")
def zsh():
    text = read("completion", "_gpuspy")
    for command in COMMANDS:
        expect(f"'{command}:" in text, command)
        for option in options(command):
            expect(f"'{option}" in text, f"{option} of {command}")


if __name__ == "__main__":
    main()

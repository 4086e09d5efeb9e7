"""A filter of system calls stays with the process whatever it becomes (seccomp(2)): a program behind one
that kills ends as without gpuspy, which stands aside there if it would be killed for what it asks; and
who started it knows that nobody saw what it did."""

import os
import sys

from common import GPUSPY, PROCESS, Run, Skip, case, client, expect, main, program, same, split_reports

WORK = (client("client-outcome"), "work")
FILTERS = os.path.join(PROCESS, "filters")
YES, UNKNOWN, NO = (b"gpuspy: GPU work: " + word for word in (b"YES", b"UNKNOWN", b"NO"))
UNAME, PTRACE = (63, 101) if os.uname().machine == "x86_64" else (160, 117)
HELLO = (program("sh"), "-c", "echo hello; exit 3")


def need_filters():
    if Run([FILTERS, "prctl", "self", "errno", str(PTRACE), program("true")], spied=False).status == 77:
        raise Skip("no filter of system calls can be made here")


@case("whatever it kills for, the program behind it ends as without gpuspy")
def ends():
    need_filters()
    for number in range(0, 450):
        how, who = ("prctl", "syscall")[number % 2], ("self", "child")[number // 2 % 2]
        words = [FILTERS, how, who, "trap" if number % 3 == 0 else "kill", str(number), *HELLO]
        plain = Run(words, {"SIM_LEDGER": None}, spied=False)
        spied = Run(words, {"SIM_LEDGER": None}, output=False)
        same((spied.status, spied.stdout), (plain.status, plain.stdout), f"{words} {spied.stderr!r}")


@case("nor does a list of what a small program may ask for")
def list_of_few():
    need_filters()
    for how in "prctl", "syscall":
        for who in "self", "child":
            for env in {}, {"GPUSPY_REPORT": "never"}, {"GPUSPY_REPORT": "always"}, {"GPUSPY_DISABLE": "1"}:
                words = [FILTERS, how, who, "allow", "0", program("echo"), "hello"]
                if Run(words, {"SIM_LEDGER": None}, spied=False).status:
                    raise Skip("another C library's programs ask for more")
                done = Run(words, {"SIM_LEDGER": None, **env}, output=False)
                same((done.status, done.stdout), (0, b"hello\n"), (words, env, done.stderr))


@case("what a program behind such a filter does is not known")
def unknown():
    need_filters()
    for how in "prctl", "syscall":
        for who in "self", "child":
            words = (FILTERS, how, who, "kill", str(UNAME), *WORK)
            done = Run([GPUSPY, "run", "--require", *words], {"SIM_LEDGER": None}, spied=False, output=False)
            same((done.status, done.stdout), (4, b"work\n"), (words, done.stderr))
            expect(split_reports(done.stderr)[1][-1].startswith(UNKNOWN), done.stderr)
            script = f'{sys.executable} -c pass; "$@"; true'
            done = Run([program("sh"), "-c", script, "sh", *words], {"SIM_LEDGER": None}, output=False)
            reports = split_reports(done.stderr)[1]
            expect(len(reports) == 1 and reports[0].startswith(UNKNOWN), (words, done.stderr))


@case("nor of one that was told so, though there is no filter")
def told():
    done = Run([GPUSPY, "run", "--require", program("sh"), "-c", 'GPUSPY_FILTER=1 "$@"; true', "sh", *WORK],
               {"SIM_LEDGER": None}, spied=False, output=False)
    same((done.status, done.stdout), (4, b"work\n"), done.stderr)
    expect(b"was not loaded into 1 program " in done.stderr, done.stderr)


@case("behind a filter that lets it live, or that came to nothing, a program is watched as ever")
def watched():
    need_filters()
    for how in "prctl", "syscall":
        for who in "self", "child":
            for answer, number in (("errno", UNAME), ("kill", PTRACE), ("trap", PTRACE),
                                   ("refused", UNAME), ("asks", UNAME)):
                words = (FILTERS, how, who, answer, str(number), *WORK)
                done = Run([GPUSPY, "run", "--require", *words], {"SIM_LEDGER": None}, spied=False, output=False)
                same((done.status, done.stdout), (0, b"work\n"), (words, done.stderr))
                expect(split_reports(done.stderr)[1][-1].startswith(YES), (words, done.stderr))


if __name__ == "__main__":
    main()

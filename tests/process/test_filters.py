"""A filter of system calls stays with the process whatever it becomes (seccomp(2)): a program behind one
that kills ends as without gpuspy, which stands aside there if it would be killed for what it asks; and
who started it knows that nobody saw what it did."""

import os
import random
import sys

from common import GPUSPY, PROCESS, Run, Skip, case, client, expect, main, program, same, split_reports

WORK = (client("client-outcome"), "work")
FILTERS = os.path.join(PROCESS, "filters")
YES, UNKNOWN, NO = (b"gpuspy: GPU work: " + word for word in (b"YES", b"UNKNOWN", b"NO"))
UNAME, PTRACE = (63, 101) if os.uname().machine == "x86_64" else (160, 117)
# What the first call of a thread takes: mmap, mprotect, munmap, rt_sigprocmask, mremap, madvise, getpid, gettid, futex.
COUNTING = ((9, 10, 11, 14, 25, 28, 39, 186, 202) if os.uname().machine == "x86_64" else
            (222, 226, 215, 135, 216, 233, 172, 178, 98))
HELLO = (program("sh"), "-c", "echo hello; exit 3")


def need_filters():
    if Run([FILTERS, "prctl", "self", "errno", str(PTRACE), program("true")], spied=False).status == 77:
        raise Skip("no filter of system calls can be made here")


def ends_alike(words):
    """Without and with gpuspy. Gives back the run without."""
    plain = Run(words, {"SIM_LEDGER": None}, spied=False)
    spied = Run(words, {"SIM_LEDGER": None}, output=False)
    same((spied.status, spied.stdout), (plain.status, plain.stdout), f"{words} {spied.stderr!r}")
    return plain


@case("whatever it kills for, the program behind it ends as without gpuspy")
def ends():
    need_filters()
    for number in range(0, 450):
        how, who = ("prctl", "syscall")[number % 2], ("self", "child")[number // 2 % 2]
        words = [FILTERS, how, who, "trap" if number % 3 == 0 else "kill", str(number), *HELLO]
        ends_alike(words)


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


@case("nor is it this process's filter that a child of vfork(2) puts in place, in this one's memory")
def of_vfork():
    need_filters()
    for how in "prctl", "syscall":
        for answer in "kill", "trap", "errno", "refused":
            done = Run((FILTERS, how, "vfork", answer, str(UNAME), "-"), {"GPUSPY_REPORT": "always"}, output=False)
            same((done.status, len(split_reports(done.stderr)[1])), (0, 1), (how, answer, done.stderr))
            words = (FILTERS, how, "vfork", answer, str(UNAME), *WORK)
            done = Run([GPUSPY, "run", "--require", *words], {"SIM_LEDGER": None}, spied=False, output=False)
            same((done.status, done.stdout), (0, b"work\n"), (words, done.stderr))
            expect(split_reports(done.stderr)[1][-1].startswith(YES), (words, done.stderr))


# The first call of CUDA's comes after the filter.
IN_PLACE = """import ctypes, os, struct, sys
libc, cuda = ctypes.CDLL(None), ctypes.CDLL("libcuda.so.1")
code = struct.pack("=HBBIHBBIHBBIHBBI", 0x20, 0, 0, 0, 0x15, 0, 1, int(sys.argv[1]), 6, 0, 0, 0x80000000, 6, 0, 0, 0x7fff0000)
filter_ = ctypes.create_string_buffer(code, len(code))
program = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(filter_)))
cuda.cuInit, libc.prctl  # found before
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):
    os._exit(77)
os.write(1, str(cuda.cuInit(0)).encode())
os._exit(5)
"""


@case("a program whose first call of CUDA's comes behind the filter goes on as without gpuspy")
def in_place():
    need_filters()
    seed = int.from_bytes(os.urandom(4), "little")
    print(f"# seed {seed}")
    for number in (*COUNTING, *random.Random(seed).sample(range(450), 20)):
        for libc in "None", "'libc.so.6'":
            ends_alike((sys.executable, "-c", IN_PLACE.replace("None", libc), str(number)))


@case("getppid(2) asks for no more than itself")
def parent():
    need_filters()
    getpid = "39" if os.uname().machine == "x86_64" else "172"
    code = IN_PLACE.replace("cuda.cuInit(0)", "libc.getppid() > 0")
    same(ends_alike((sys.executable, "-c", code, getpid)).stdout, b"True", "told")
    done = Run((GPUSPY, "run", sys.executable, "-c", code, getpid), spied=False, output=False)
    same((done.status, done.stdout), (5, b"True"), done.stderr)


@case("in strict mode, where no clock may be read, a program ends as without gpuspy")
def strict():
    code = ("import ctypes, os\n"
            "libc, cuda = ctypes.CDLL(None), ctypes.CDLL('libcuda.so.1')\n"
            "cuda.cuInit(0)\n"
            "if libc.prctl(22, 1): os.write(1, b'no')\n"
            "os.write(1, b'after')\n"
            "libc.CALL(END, 5)")
    # At the end of exit(3) the kernel kills, or something of libc's or Python's has read a clock before.
    for call, end, endings in (("syscall", "60" if os.uname().machine == "x86_64" else "93", (5,)),
                               ("exit", "5", (-9, -11))):
        plain = ends_alike((sys.executable, "-c", code.replace("CALL", call).replace("END", end)))
        if plain.stdout == b"no":
            raise Skip("the kernel has no strict mode")
        expect(plain.status in endings and plain.stdout == b"after", (plain.status, plain.stderr))


@case("and a pointer that leads nowhere is the kernel's to refuse")
def nowhere():
    need_filters()
    code = ("import ctypes\nlibc = ctypes.CDLL(None)\n"
            "for pointer in 0, 1, 1 << 40, -1:\n"
            "    print(libc.prctl(22, 2, ctypes.c_void_p(pointer)))\n"
            "    print(libc.syscall(CALL, 1, 0, ctypes.c_void_p(pointer)))\n"
            "page = ctypes.create_string_buffer(b'\\x04', 16)\n"
            "print(libc.prctl(22, 2, page))").replace("CALL", "317" if os.uname().machine == "x86_64" else "277")
    same(ends_alike((sys.executable, "-c", code)).stdout.split(), [b"-1"] * 9, "refused")


if __name__ == "__main__":
    main()

"""What is started is looked at as the kernel, libc and ld.so look at it: which file that is, and whether
the library will be in it. Where it will not, a NO would be a guess."""

import os
import shutil
import struct
import sys
import tempfile

from common import (GPUSPY, LIBRARY, PROCESS, Run, Skip, as_nobody, case, client, expect, main, need_another_user,
                    program, same, split_reports)

WORK = (client("client-outcome"), "work")
YES, UNKNOWN, NO = (b"gpuspy: GPU work: " + word for word in (b"YES", b"UNKNOWN", b"NO"))
ODD, STATIC = (os.path.join(PROCESS, name) for name in ("odd", "static"))
PYTHON = f"{sys.executable} -c pass; "  # without anybody like that a shell ends in silence
TRUE = program("true")
CHANGED = {4: UNKNOWN, 3: NO, 0: YES}


def ends(script, *words, status=4, env=None, before=(), **options):
    """A shell's script, under gpuspy run and with the library alone: the status that --require gives."""
    words = (program("sh"), "-c", PYTHON + script + "\ntrue", "sh", *words)
    for starts in (GPUSPY, "run", "--require"), (program("env"), f"LD_PRELOAD={LIBRARY}"):
        done = Run([*before, *starts, *words], {"SIM_LEDGER": None, **(env or {})}, spied=False, output=False, **options)
        report = split_reports(done.stderr)[1][-1]
        expect(report.startswith(CHANGED[status]), (starts, words, done.stderr))
        expect(starts[0] != GPUSPY or done.status == status, (words, done.status))


def glibc():
    """(2, 36): confstr(3) says "glibc 2.36"."""
    return tuple(int(part) for part in os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))


def need_static():
    if not os.path.exists(STATIC):
        raise Skip("no static program can be built here")


@case("along PATH: past a folder of its name, and in one with a long name")
def along_path():
    with tempfile.TemporaryDirectory() as folder:
        deep = os.path.join(folder, *["x" * 90] * 6)
        os.makedirs(deep)
        for name in "one/train", "two":
            os.makedirs(os.path.join(folder, name))
        for there in os.path.join(folder, "two"), deep:
            shutil.copy(WORK[0], os.path.join(there, "train"))
            ends(f'env -u LD_PRELOAD PATH={folder}/one:{there}:$PATH train work')
            ends(f'env PATH={folder}/one:{there}:$PATH train work', status=0)


@case("from where posix_spawn() leads to")
def add_chdir():
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "sub"))
        shutil.copy(WORK[0], os.path.join(folder, "sub", "train"))
        ends(f'cd {folder}; "$@"', ODD, "addchdir", "sub", "./train", "work")
        shutil.copy(os.path.realpath(TRUE), os.path.join(folder, "train"))
        ends(f'cd {folder}; "$@"', ODD, "addchdir", "sub", "./train", "work")
        # An action that leads nowhere else: the file is the one that is there.
        need_static()
        static = shutil.copy(STATIC, folder)
        code = "import os; os.waitpid(os.posix_spawn('./static', ['x'], os.environ, file_actions=[(2, 1, 1)]), 0)"
        for end, status in (b"", 3), (b"\0libcuda.so.1\0", 4):
            with open(static, "ab") as file:
                file.write(end)
            ends(f'cd {folder}; "$@"', sys.executable, "-c", code, status=status)


@case("a script's interpreter may be a script")
def scripts():
    need_static()
    with tempfile.TemporaryDirectory() as folder:
        static = os.path.join(folder, "static")
        shutil.copy(STATIC, static)
        with open(static, "ab") as file:
            file.write(b"\0libcuda.so.1\0")
        for name, runs in ("inner", static), ("outer", os.path.join(folder, "inner")):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(f"#!{runs}\n")
                os.fchmod(file.fileno(), 0o755)
            ends(os.path.join(folder, name))


@case("a static program is one wherever its program headers are, and where it cannot be read")
def static_ones():
    need_static()
    if struct.calcsize("P") != 8:
        raise Skip("for 64-bit programs")
    with open(STATIC, "rb") as file:
        image = bytearray(file.read())
    image += b"\0libcuda.so.1\0"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        at, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
        image += bytes(-len(image) % 8)
        struct.pack_into("<Q", image, 32, len(image))
        path = os.path.join(folder, "moved")
        with open(path, "wb") as file:
            file.write(image + image[at:at + 56 * count])
            os.fchmod(file.fileno(), 0o755)
        ends(path)
        before = need_another_user()
        if not os.path.exists("/usr/bin/python3"):
            raise Skip("there is no /usr/bin/python3")
        shutil.copy(STATIC, path)
        for mode, status in (0o755, 3), (0o711, 4):
            os.chmod(path, mode)
            words = (program("sh"), "-c", f"/usr/bin/python3 -c pass; {path}; true")
            done = Run([*before, GPUSPY, "run", "--require", *words], spied=False, output=False, prepare=as_nobody)
            same(done.status, status, (oct(mode), done.stderr))


@case("what the site's configuration leaves out, or another one may, is not watched")
def configuration():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"exclude = */{os.path.basename(WORK[0])}\n")
        file.flush()
        ends('"$@"', *WORK, env={"GPUSPY_CONFIG": file.name})
        ends(TRUE, env={"GPUSPY_CONFIG": file.name}, status=3)
        ends(f'GPUSPY_CONFIG={file.name} "$@"', *WORK)
    ends('GPUSPY_CONFIG= "$@"', *WORK, status=0)


@case("a program that is called as gpuspy's commands is one like others")
def called_gpuspy():
    with tempfile.TemporaryDirectory() as folder:
        for name in "gpuspy", "gpuspy-top", "gpuspy-doctor":
            path = os.path.join(folder, name)
            shutil.copy(WORK[0], path)
            ends(path + " work", status=0)
    ends(f"{GPUSPY} --version >/dev/null", status=3)


@case("another library of LD_PRELOAD, whatever its folder is called, and what it could do in a harmless program")
def other_libraries():
    with tempfile.TemporaryDirectory() as folder:
        ours = os.path.join(folder, "libgpuspy-0.1.0")
        os.makedirs(ours)
        other = shutil.copy(os.path.join(PROCESS, "first.so"), ours)
        ends(f'LD_PRELOAD={other} "$@"', *WORK)
        ends(f"LD_PRELOAD={other} {TRUE}")
        ends(f"LD_PRELOAD=$LD_PRELOAD:{other} {TRUE}", status=3)
        ends(f"LD_PRELOAD= {TRUE}", status=3)
        # The library by another name is the library.
        link = os.path.join(folder, "spy.so")
        os.symlink(LIBRARY, link)
        for change, word in (("", YES), ("env -u LD_PRELOAD", UNKNOWN)):
            done = Run((program("sh"), "-c", f'{PYTHON}{change} "$@"; true', "sh", *WORK),
                       {"LD_PRELOAD": link, "SIM_LEDGER": None}, spied=False, output=False)
            expect(split_reports(done.stderr)[1][-1].startswith(word), (change, done.stderr))


@case("ld.so, which is told the program")
def by_loader():
    loader = os.path.realpath(f"/lib64/ld-linux-{'x86-64.so.2' if os.uname().machine == 'x86_64' else 'aarch64.so.1'}")
    if not os.path.exists(loader):
        raise Skip("ld.so is somewhere else here")
    ends(f'env -u LD_PRELOAD {loader} "$@"', *WORK)
    ends(f'{loader} "$@"', *WORK, status=0)


@case("by functions that were taken from libc's own handle")
def by_handle():
    code = ("import ctypes, os, sys\n"
            "libc = ctypes.CDLL('libc.so.6')\n"
            "def array(words): return (ctypes.c_char_p * (len(words) + 1))(*words, None)\n"
            "path = b'LD_LIBRARY_PATH=' + os.environb.get(b'LD_LIBRARY_PATH', b'')\n"
            "words = [a.encode() for a in sys.argv[1:]]\n"
            "if os.fork() == 0: libc.execve(words[0], array(words), array([path]))\n"
            "os.wait()")
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(code)
        file.flush()
        ends(f'{sys.executable} {file.name} "$@"', *WORK)


@case("which are those that are found without a handle, and have their names")
def by_handle_names():
    code = ("import ctypes\n"
            "class Found(ctypes.Structure): _fields_ = [(name, ctypes.c_char_p) for name in ('file', 'base', 'name', 'at')]\n"
            "libc, all_, found = ctypes.CDLL('libc.so.6'), ctypes.CDLL(None), Found()\n"
            "for name in 'open open64 fopen openat syscall prctl execve system getppid setuid'.split():\n"
            "    one, other = (ctypes.cast(getattr(where, name), ctypes.c_void_p) for where in (libc, all_))\n"
            "    all_.dladdr(one, ctypes.byref(found))\n"
            "    print(name) if one.value == other.value and found.name else None\n")
    plain, spied = Run((sys.executable, "-c", code), spied=False), Run((sys.executable, "-c", code), output=False)
    found = set(plain.stdout.split())
    if glibc() < (2, 34):
        found -= {b"open", b"open64", b"system"}  # libpthread has them, too, and is asked first
    expect(b"execve" in found, plain.stdout)
    same((found - set(spied.stdout.split()), spied.status), (set(), 0), spied.stderr)


@case("valgrind finds nothing in a program that starts others")
def under_valgrind():
    if not shutil.which("valgrind"):
        raise Skip("there is no valgrind")
    for words in (ODD, "spawn", TRUE), (program("sh"), "-c", f"{TRUE}; {TRUE}"):
        done = Run(("valgrind", "-q", "--error-exitcode=9", *words), {"GPUSPY_REPORT": "never"}, output=False)
        expect(done.status == 0 and b"unknown" not in done.stderr and b"Syscall" not in done.stderr, (words, done.stderr))


@case("behind rules of Landlock no record can be made")
def landlock():
    done = Run((ODD, "landlock", TRUE), spied=False)
    if done.status == 77:
        raise Skip("the kernel has no Landlock")
    ends('"$@"', ODD, "landlock", *WORK)
    # A call that cannot succeed, by one that could start others.
    ends(f"{sys.executable} -c 'import ctypes; ctypes.CDLL(None).syscall(446, -1, 0)'", status=3)


@case("programs are started on small stacks, too")
def small_stacks():
    for env in {}, {"GPUSPY_REPORT": "always"}:
        done = Run((ODD, "stack", TRUE), env, output=False)
        same(done.status, 0, done.stderr)


@case("pointers that lead nowhere are the kernel's to refuse")
def pointers():
    plain, spied = (Run((ODD, "pointers", TRUE), spied=how) for how in (False, True))
    same((plain.status, plain.stdout), (0, b"-1 -1 -1 -1 -1 -1 -1 -1 Bad address\n"), "without")
    same((spied.status, spied.stdout), (plain.status, plain.stdout), spied.stderr)


@case("beside a library that is initialised before libc, there are variables all the same")
def initialised_first():
    first = os.path.join(PROCESS, "first.so")
    for value in f"{LIBRARY}:{first}", f"{first}:{LIBRARY}":
        for rule, reports in ("never", 0), ("always", 1):
            done = Run(WORK, {"LD_PRELOAD": value, "GPUSPY_REPORT": rule}, spied=False, output=False)
            same((done.status, len(split_reports(done.stderr)[1])), (0, reports), (value, done.stderr))
        ends(f'LD_PRELOAD={value} "$@"', *WORK, status=0)


@case("a large static program is not read through")
def large():
    need_static()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large")
        shutil.copy(STATIC, path)
        try:
            os.truncate(path, 64 << 20)
            with open(path, "r+b") as file:
                file.seek(-20, os.SEEK_END)
                file.write(b"\0libcuda.so.1\0")
        except OSError as error:
            raise Skip(f"no such file can be made here: {error}") from error
        ends(path, status=3)


@case("under gpuspy run, too, an orphan is told that process 1 is its parent")
def orphans():
    code = ("import os, time\n"
            "def told(parent):\n"
            "    for _ in range(5000):\n"
            "        if os.getppid() == parent: return b'told'\n"
            "        time.sleep(0.001)\n"
            "    return b'%d' % os.getppid()\n"
            "itself = os.getpid()\n"
            "inlet, outlet = os.pipe()\n"
            "if os.fork() == 0:\n"
            "    if os.fork() == 0: os.write(outlet, told(1))\n"
            "    else: os._exit(told(itself) != b'told')\n"
            "    os._exit(0)\n"
            "print(os.wait()[1], os.read(inlet, 9))")
    for before in (), (GPUSPY, "run"):
        done = Run((*before, sys.executable, "-c", code), spied=False, output=False)
        same(done.stdout, b"0 b'told'\n", (before, done.stderr))


@case("what can use no GPU may be left, and may be what the command becomes")
def left_harmless():
    for script, status in (("sleep 2 & true", 3), ("(sleep 2; :) & true", 4)):
        words = (program("sh"), "-c", script)
        done = Run((GPUSPY, "run", "--require", *words), spied=False, output=False)
        same(done.status, status, (script, done.stderr))
    need_static()  # it may start others, later
    ends(f"{STATIC} 2 &")
    for before, status in ("-i", 3), ("LD_PRELOAD=" + os.path.join(PROCESS, "first.so"), 4):
        done = Run((GPUSPY, "run", "--require", program("env"), before, TRUE), spied=False, output=False)
        same(done.status, status, (before, done.stderr))


@case("what a program needs and calls is read in its tables, not guessed from its text")
def tables():
    with open(os.path.join(PROCESS, "tail"), "rb") as file:
        expect(b"\0dlopen\0" not in file.read(), "the linker gave dlopen a name of its own")
    for name in "needs", "tail":
        ends(f"env -i {os.path.join(PROCESS, name)}")
    ends('"$@"', ODD, "popen", " ".join(WORK))


@case("who has fork and execve by their addresses alone can start others, too")
def addresses():
    for name in "addresses", "addresses-fixed":
        ends('"$@"', os.path.join(PROCESS, name), *WORK)


@case("ldconfig, which Python's find_library() runs with two variables, starts nothing")
def ldconfig():
    found = program("ldconfig")
    ends(f"env -i {found} -p >/dev/null", status=3)
    ends('"$@"', sys.executable, "-c", "import ctypes.util as u; assert u.find_library('c')", status=3)


if __name__ == "__main__":
    main()

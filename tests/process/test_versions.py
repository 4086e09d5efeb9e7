"""What another version of gpuspy wrote, with another layout: not read and not written, and never a NO."""

import os
import struct
import sys
import tempfile

from common import GPUSPY, LIBRARY, Run, case, expect, gap, main, program, same, split_reports

CHILDREN = "import subprocess, sys\nfor _ in range(3): subprocess.run([sys.executable, '-c', '1'])"


def put(folder, name, letters):
    """A file of that version's."""
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(letters + bytes(200))
    os.chmod(path, 0o600)
    return path


@case("a session's files beside its records: UNKNOWN")
def beside():
    for name, letters in ("run", b"GPUSPYR0"), ("folded", b"GPUSPYF0"):
        done = Run([sys.executable, "-c", "1"])
        session, = os.listdir(done.gpuspy_dir)
        put(os.path.join(done.gpuspy_dir, session), name, letters)
        same((done.report["verdict"], gap(done.report, "records-of-other-version")), ("unknown", 1), name)


@case("a file of numbers is not added to")
def numbers():
    def prepare(run):
        session = os.path.join(run.gpuspy_dir, "named")
        os.mkdir(session, 0o700)
        run.numbers = put(session, "folded", b"GPUSPYF0")

    done = Run([sys.executable, "-c", CHILDREN], {"GPUSPY_SESSION": "named"}, prepare=prepare)
    with open(done.numbers, "rb") as file:
        same(file.read(), b"GPUSPYF0" + bytes(200), "the file")
    same((done.status, done.report["verdict"]), (0, "unknown"), done.report)


def run_with_page(size, letters):
    """What a run changed in a page that is named as `gpuspy run` names its own."""
    fd = os.memfd_create("gpuspy-run")
    try:
        os.ftruncate(fd, size)
        os.pwrite(fd, letters, 0)
        os.set_inheritable(fd, True)
        st = os.fstat(fd)
        place = f"{os.getpid()}:{fd}:{st.st_dev}:{st.st_ino}"
        same(Run([sys.executable, "-c", CHILDREN], {"GPUSPY_RUN": place}).status, 0, "status")
        return os.pread(fd, size, 0)[8:].strip(b"\0")
    finally:
        os.close(fd)


def page():
    """Size and letters of this version's."""
    code = ("import os, sys\nfd = int(os.environ['GPUSPY_RUN'].split(':')[1])\n"
            "print(os.fstat(fd).st_size, os.pread(fd, 8, 0).decode())")
    size, letters = Run([GPUSPY, "run", sys.executable, "-c", code], spied=False).stdout.decode().split()
    return int(size), letters.encode()


@case("a page of gpuspy run's with another size, or other letters, is not written")
def other_page():
    size, letters = page()
    expect(run_with_page(size, letters), "nothing was written into a page of this version's")
    for wrong in (size + 8, letters), (size - 8, letters), (size, letters[:-1] + b"0"):
        same(run_with_page(*wrong), b"", f"what was written into {wrong}")


def with_other_letters(code, letters):
    """The library with another last letter, which it has as it is or, on aarch64, in instructions."""
    other = letters[:-1] + b"0"
    if letters in code:
        return code.replace(letters, other)
    # movk xN, #LAST, lsl #48, where LAST are the last two.
    movk = [0xf2e00000 | struct.unpack("<H", last)[0] << 5 for last in (letters[-2:], other[-2:])]
    changed = code
    for register in range(31):
        changed = changed.replace(*(struct.pack("<I", instruction | register) for instruction in movk))
    expect(changed != code, "the letters are not found in the library")
    return changed


@case("another version's library in the command: UNKNOWN, and the report says what it can be")
def other_library():
    letters = page()[1]
    with open(LIBRARY, "rb") as file:
        code = file.read()
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "libgpuspy.so")
        with open(other, "wb") as file:
            file.write(with_other_letters(code, letters))
        done = Run([GPUSPY, "run", "--require", program("env"), "LD_PRELOAD=" + other, sys.executable, "-c", "1"],
                   spied=False)
    report, = split_reports(done.stderr)[1]
    same(done.status, 4, report)
    expect(b"of another version than gpuspy run" in report, report)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""gpuspy-top on a real terminal, which tmux is: programs on the simulated driver are watched, keys
are pressed, and the screen is read.
"""
import contextlib
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import tap

TOP = tap.built("tools", "gpuspy-top")
LIBRARY = tap.built("preload", "libgpuspy.so")
SIMULATED = tap.built("tests", "sim", "lib")
EXAMPLE = tap.built("examples", "gpu.so")
CLIENT = tap.built("tests", "clients", "client-linked")
PHASES = tap.built("tests", "look", "client-phases")
SCRIPT = os.path.join(tap.SOURCE, "examples", "train.R")
PATIENCE = 30 * tap.SLOWER


class Case(unittest.TestCase):
    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="gpuspy-top-")
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.segments = os.path.join(self.base, "segments")
        os.mkdir(self.segments, 0o700)

    def environment(self, **more):
        return tap.environment(GPUSPY_DIR=self.segments, **more)

    def watched(self, command):
        """A program under gpuspy on the simulated driver, until the test ends."""
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env=self.environment(LD_PRELOAD=LIBRARY, LD_LIBRARY_PATH=SIMULATED,
                                 GPUSPY_EXAMPLE_LIBRARY=EXAMPLE, GPUSPY_REPORT="never"))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def training(self):
        """A real R script where there is R, else a client that calls for as long."""
        if shutil.which("Rscript"):
            return self.watched(["Rscript", SCRIPT, "--epochs=1000000000"])
        return self.watched([CLIENT, "1000000000"])

    def calling(self):
        return self.watched([CLIENT, "1000000000"])


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class Terminal(Case):
    opened = 0

    def tmux(self, *arguments, check=True):
        done = subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", *arguments],
                              env=self.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode("utf-8", "replace")

    def open(self, *options, size=(80, 24), shell="", **more):
        """gpuspy-top in a terminal of that size; what it leaves is in the file `after`."""
        Terminal.opened += 1
        self.socket = f"{os.path.basename(self.base)}-{Terminal.opened}"
        self.after = os.path.join(self.base, "after")
        words = " ".join(f"{k}={v}" for k, v in self.environment(**more).items()
                         if k.startswith(("GPUSPY_", "LC_", "LD_", "FAKE_", "NO_COLOR")))
        script = os.path.join(self.base, "start.sh")
        with open(script, "w", encoding=sys.getfilesystemencoding(), errors="surrogateescape") as file:
            file.write(f"trap : INT\n{shell}\nenv {words} {TOP} -d 0.3 {' '.join(options)} 2>{self.after}.err\n"
                       f"echo left $? >{self.after}\nstty -a >>{self.after}\nexec sleep 1000\n")
        self.addCleanup(self.tmux, "kill-server", check=False)
        # As words of its own, not as a line for $SHELL, which may stay as the parent of this sh.
        self.tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "sh", script)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def until(self, pattern, absent=False, press=()):
        """The screen, once the pattern is on it (or no longer). `press`: for words that go after a
        while, which a busy machine may miss, so the key that brings them is pressed again."""
        end, again = time.monotonic() + PATIENCE, 0
        while time.monotonic() < end:
            if press and time.monotonic() >= again:
                self.press(*press)
                again = time.monotonic() + 3
            screen = self.screen()
            if bool(re.search(pattern, screen, re.MULTILINE)) != absent:
                return screen
            time.sleep(0.05)
        self.fail(f"{pattern!r} {'stayed' if absent else 'did not come'}:\n{screen}")
        return ""

    def left(self):
        """Waits until gpuspy-top is gone; its status."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if os.path.exists(self.after):
                time.sleep(0.1)
                with open(self.after, encoding="utf-8") as file:
                    text = file.read()
                if "icanon" in text:
                    self.assertNotIn("-icanon", text)
                    self.assertRegex(text, r"[^-]echo\b")
                    return int(text.split()[1])
            time.sleep(0.05)
        self.fail("it did not leave:\n" + self.screen())
        return None

    def line_of(self, pid, screen):
        return next((i for i, line in enumerate(screen.splitlines())
                     if re.match(rf"[+*-]? *{pid} ", line)), None)

    def test_watching(self):
        self.open()
        self.until("Nothing is watched now")
        self.until(r"gpuspy run Rscript train\.R")
        program = self.training()
        screen = self.until(rf"{program.pid} active +SIM YES +[0-9.]+k? ")
        self.assertIn("GPU 0 Simulated GPU 0  watched", screen)
        self.assertRegex(screen, r"every 0\.3 s .*1 session  1 running  0 ended")
        self.assertRegex(screen, rf"{program.pid} SIMULATED YES: [0-9,]+ kernels ran on")
        self.assertRegex(screen, "[\u2581-\u2588]+\\| last")
        program.send_signal(signal.SIGSTOP)
        self.until(rf"{program.pid} stopped")
        program.send_signal(signal.SIGCONT)
        self.until(rf"{program.pid} active")
        program.kill()
        program.wait()
        self.until(rf"{program.pid} (killed 9|ended|zombie) ")
        self.press("q")
        self.assertEqual(self.left(), 0)

    def test_keys(self):
        first, second = self.calling(), self.calling()
        self.open()
        self.until(rf"{first.pid} active")
        self.until(rf"{second.pid} active")
        low, high = sorted((first.pid, second.pid))
        self.press("N")
        self.until(rf"(?s){low} active.*{high} active")
        self.press("I")
        self.until(rf"(?s){high} active.*{low} active")
        self.press("I", "t")
        self.until(r"session \d+-\d+")
        self.until("\u2514\u2500 client-linked")
        self.press("F5")
        self.until(r"session \d+-\d+", absent=True)
        self.press("\\")
        self.type(str(high))
        self.until(rf"{low} active", absent=True)
        self.press("Escape")
        self.until(rf"{low} active")
        self.press("/")
        self.type("client-")
        self.until("Search: client-")
        self.press("Enter", "Home", "Enter")
        screen = self.until("FUNCTION")
        self.assertIn(f"{low}  ", screen.splitlines()[0])
        self.until(r"driver +cuLaunchKernel")
        self.press("PageDown")
        self.until(rf"^{low}  ", absent=True)
        self.press("Escape")
        self.until("KERN/s")
        self.press("F6")
        self.until("Sort by")
        self.press("Escape", "Escape", "Escape")  # never leaves
        self.until("Sort by", absent=True)
        self.press("?")
        self.until("what programs do with the GPU")
        self.press("Escape")
        self.press("d")
        self.type("0.5")
        self.press("Enter")
        self.until(r"every 0\.5 s")
        self.press("Z")
        before = self.until("PAUSED")
        time.sleep(1)
        self.assertEqual(self.screen(), before)
        self.press("Z", "F10")
        self.assertEqual(self.left(), 0)

    def click(self, x, y):
        """As xterm reports the first button, down (space) and up (#): position plus 1 plus 32."""
        for button in " ", "#":
            self.type(f"\x1b[M{button}{chr(33 + x)}{chr(33 + y)}")

    def test_mouse(self):
        first, second = self.calling(), self.calling()
        low, high = sorted((first.pid, second.pid))
        self.open()
        self.until(rf"{high} active")
        self.until(rf"{low} active")
        # A screen that stands still after N is one that is sorted by PID, and not by chance.
        self.press("N", "Z")
        self.until("PAUSED")
        self.press("Z")
        self.until("PAUSED", absent=True)
        screen = self.until(rf"(?s){low} active.*{high} active")
        row = self.line_of(high, screen)
        self.click(20, row)
        self.until(rf"^ {high} SIMULATED")
        header = next(i for i, line in enumerate(screen.splitlines()) if "KERN/s" in line)
        self.click(5, header)  # PID, which sorts already
        self.until(rf"(?s){high} active.*{low} active")

    def test_signals(self):
        program = self.calling()
        self.open()
        self.until(rf"{program.pid} active")
        self.press("F9")
        self.until("Cancel")
        self.press("Enter")  # Cancel comes first
        self.until("Cancel", absent=True)
        self.press("F9", "Down", "Enter")
        self.until(rf"Send SIGTERM to process {program.pid}\?")
        self.press("n")
        self.until("SIGTERM", absent=True)
        self.assertIsNone(program.poll())
        self.press("F9", "Down", "Enter", "y")
        self.until("SIGTERM sent to 1 process")
        self.assertEqual(program.wait(timeout=PATIENCE), -signal.SIGTERM)
        self.until(rf"{program.pid} (killed 15|ended|zombie)")
        self.until("has ended", press=["F9"])
        self.press("e")
        self.until(rf"{program.pid} (killed 15|ended|zombie)", absent=True)
        self.until("1 earlier process: press e")

    def send(self, *data):
        """Bytes as they are."""
        self.tmux("send-keys", "-H", *(f"{byte:02x}" for byte in data))

    def test_keys_that_are_none(self):
        """Nothing but a key that means it leaves."""
        for locale in "C", "C.UTF-8":
            self.open(LC_ALL=locale)
            self.until("Nothing is watched")
            # A letter of UTF-8, half of one, one of Latin 1, what is never in UTF-8, a key of no
            # meaning, and a broken escape sequence.
            for data in ((0xc3, 0xa9), (0xc3,), (0xe9,), (0xff, 0xfe), (0xe2, 0x82),
                         (0x1b, 0x5b, 0x39, 0x39, 0x7e), (0x00,), (0x16,)):
                self.send(*data)
                time.sleep(0.1)
            self.press("?")
            self.until("what programs do with the GPU")
            self.send(0xc3)
            self.press("Escape")
            self.until("what programs do", absent=True)
            self.assertFalse(os.path.exists(self.after))
            # The key after half a letter counts.
            self.send(0xc3, ord("q"))
            self.assertEqual(self.left(), 0)
            self.tmux("kill-server", check=False)
            os.unlink(self.after)

    def test_letters_are_typed(self):
        self.open()
        self.until("Nothing is watched")
        self.press("\\")
        self.send(0xc3, 0xa9, 0xe4, 0xb8, 0xad, ord("x"))
        self.until("Filter: \u00e9\u4e2dx")

    def test_settings(self):
        config = os.path.join(self.base, "config")
        file = os.path.join(config, "gpuspy", "top")
        at = f"export XDG_CONFIG_HOME={config}"
        self.open(shell=at)
        self.until("Nothing is watched")
        self.press("q")
        self.assertEqual(self.left(), 0)
        self.assertFalse(os.path.exists(config))  # nothing is written by itself
        self.tmux("kill-server", check=False)
        os.unlink(self.after)

        self.open(shell=at)
        self.until("Nothing is watched")
        self.press("N", "F2")
        self.until(r"\[ \] tree of sessions")
        self.press("Enter", "End", "Enter")
        self.until("saved in .*config")
        self.press("q")
        self.assertEqual(self.left(), 0)
        with open(file, encoding="utf-8") as saved:
            text = saved.read()
        self.assertRegex(text, r"(?m)^tree = yes$")
        self.assertRegex(text, r"(?m)^sort = pid$")
        self.assertRegex(text, r"(?m)^delay = 0\.3$")
        self.assertEqual(os.listdir(os.path.dirname(file)), ["top"])
        self.tmux("kill-server", check=False)
        os.unlink(self.after)

        # A file that is a link stays one; a bad line is named, the others count.
        real = os.path.join(self.base, "dotfile")
        os.unlink(file)
        os.symlink(real, file)
        with open(real, "w", encoding="utf-8") as saved:
            saved.write("# mine\ntree = yes\nsort = colour\x1b[31m\n\ndetail = maybe\n"
                        "delay = 2\nended=no\n")
        self.open(shell=at)
        program = self.calling()
        self.until(r"session \d+-\d+")
        self.until(r"every 0\.3 s")  # the command line stands above the file
        self.press("F2")
        self.until(r"\[x\] tree of sessions")
        self.until(r"\[ \] ended processes")
        self.press("End", "Enter")
        self.until("saved in")
        self.assertTrue(os.path.islink(file))
        self.press("q")
        self.assertEqual(self.left(), 0)
        with open(self.after + ".err", encoding="utf-8") as errors:
            lines = errors.read().splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertRegex(lines[0], r"top, line 3 ignored: sort = colour\\x1b\[31m$")
        self.assertRegex(lines[1], r"top, line 5 ignored: detail = maybe$")
        # Scripts do not depend on it.
        done = subprocess.run([TOP], env={**self.environment(), "XDG_CONFIG_HOME": config},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.stderr, b"")
        if tap.SLOWER > 1 and b"left out" in done.stdout:
            self.skipTest("it would need a machine that reads a session in 60 ms of processor time")
        self.assertNotIn(b"session ", done.stdout.split(b"\n", 1)[1])
        self.assertIn(str(program.pid).encode(), done.stdout)

    def test_settings_that_are_none(self):
        config = os.path.join(self.base, "config")
        os.makedirs(os.path.join(config, "gpuspy", "top"))
        self.open(shell=f"export XDG_CONFIG_HOME={config}")
        self.until("Nothing is watched")
        self.press("F2")
        self.until("Save these")
        self.press("End", "Enter")
        self.until("config/gpuspy/top: ")
        self.press("q")
        self.assertEqual(self.left(), 0)
        with open(self.after + ".err", encoding="utf-8") as errors:
            self.assertRegex(errors.read(), "is no file of settings: ignored\n$")

    def test_settings_in_a_fifo(self):
        """What is no file is written to, and never replaced."""
        config = os.path.join(self.base, "config")
        fifo = os.path.join(self.base, "fifo")
        os.makedirs(os.path.join(config, "gpuspy"))
        os.mkfifo(fifo)
        os.symlink(fifo, os.path.join(config, "gpuspy", "top"))
        reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.open(shell=f"export XDG_CONFIG_HOME={config}")
        self.until("Nothing is watched")
        self.press("F2")
        self.until("Save these")
        self.press("End", "Enter")
        self.until("saved in")
        self.assertIn(b"\ntree = no\n", os.read(reader, 4096))
        self.assertTrue(stat.S_ISFIFO(os.stat(fifo).st_mode))
        self.press("q")
        self.assertEqual(self.left(), 0)

    def test_filter_says_what_it_hides(self):
        program = self.calling()
        self.open("-F", "zzz")
        self.until('The filter "zzz" hides 1 process: ')
        self.press("Escape")
        self.until(rf"{program.pid} active")
        self.tmux("kill-server", check=False)
        self.open("--session=nosuch")
        self.until("No session is named nosuch: --session hides 1 others?")

    def test_host_and_plots(self):
        program = self.calling()
        self.open(size=(120, 40))
        self.until(rf"{program.pid} active")
        self.until(r"host    processor [1-9][0-9]*%, resident memory [0-9.]+[KMG]")
        self.until("kern/s\\| +[\u2581-\u2588]+\\| last [0-9]+s$")
        self.until(r"memory\| ")
        self.until(r"copy\| ")
        self.press("Enter")
        self.until(r"(?s)^host .*^memory .*kern/s\|.*memory\|.*copy\|")

    @unittest.skipUnless(os.path.exists(PHASES), "client-phases was not built")
    def test_phases(self):
        """Work, a pause and work again are to be seen in the plots of kernels and of copies."""
        program = self.watched([PHASES, "400/3", "4", "400/3", "60"])
        self.open(size=(120, 40))
        self.until(rf"{program.pid} active")
        work = "[\u2581-\u2588]"
        self.until(rf"kern/s\| +{work}+ {{5,}}{work}+[ |]")
        self.until(rf"copy\| +{work}+ {{5,}}{work}+[ |]")

    def test_readonly(self):
        program = self.calling()
        self.open("--readonly")
        self.until(rf"{program.pid} active")
        self.press("F9")
        self.until("switched off")

    def test_sizes(self):
        program = self.calling()
        self.open()
        self.until(rf"{program.pid} active")
        for width, height, seen in ((20, 5, rf"^{program.pid} SIM YES"), (250, 80, "BLAS/s"),
                                    (1, 1, ""), (120, 24, "per s"), (40, 6, "COMMAND"),
                                    (39, 6, "1 running"), (80, 24, "COMMAND")):
            self.tmux("resize-window", "-x", str(width), "-y", str(height))
            self.until(seen)
        self.until(rf"{program.pid} active")
        self.press("q")
        self.assertEqual(self.left(), 0)

    def test_wide(self):
        program = self.calling()
        self.open(size=(250, 80))
        screen = self.until(rf"{program.pid} active")
        for title in "PEAK", "CONF%", "GRAPH", "H2D/s", "D2H/s", "cuDNN/s", "BLAS/s":
            self.assertIn(title, screen)
        self.until(r"(?s)KERNEL .*FUNCTION.*cuLaunchKernel")

    def test_plain_ascii(self):
        program = self.calling()
        self.open(LC_ALL="C")
        self.until(rf"{program.pid} active")
        self.press("t")
        self.assertTrue(self.until("`- client-linked").isascii())

    def test_no_color(self):
        program = self.calling()
        self.open("-C")
        self.until(rf"{program.pid} active")
        self.assertNotRegex(self.tmux("capture-pane", "-p", "-e"), r"\x1b\[[0-9;]*(3[1-7]|4[1-7])m")
        self.assertRegex(self.tmux("capture-pane", "-p", "-e"), r"\x1b\[[0-9;]*7m")
        self.tmux("kill-server", check=False)
        os.unlink(self.after) if os.path.exists(self.after) else None
        self.open(NO_COLOR="1")
        self.until(rf"{program.pid} active")
        self.assertNotRegex(self.tmux("capture-pane", "-p", "-e"), r"\x1b\[[0-9;]*(3[1-7]|4[1-7])m")

    def test_color(self):
        program = self.calling()
        self.open()
        self.until(rf"{program.pid} active")
        self.assertRegex(self.tmux("capture-pane", "-p", "-e"), r"\x1b\[[0-9;]*42m")

    def test_interrupt(self):
        self.open()
        self.until("Nothing is watched")
        self.press("C-c")
        self.assertEqual(self.left(), 0)

    def test_drawing_anew(self):
        self.open()
        self.until("Nothing is watched")
        terminal = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as file:
            child = int(file.read())

        def write():
            with open(terminal, "w", encoding="ascii") as file:
                file.write("\x1b[10;1Hwritten by somebody else")
            self.until("written by")
        write()
        self.press("C-l")
        self.until("written by", absent=True)
        write()
        os.kill(child, signal.SIGCONT)
        self.until("written by", absent=True)

    def test_stops_after_samples(self):
        self.open("-n", "2")
        self.assertEqual(self.left(), 0)

    def test_input_from_elsewhere(self):
        self.open("</dev/null")
        self.until("Nothing is watched")
        self.press("q")
        self.assertEqual(self.left(), 0)

    def test_terminals_that_cannot(self):
        for setting in "TERM=dumb", "TERM=", "TERM=no-such-terminal":
            self.open("-n", "1", shell=f"export {setting}")
            self.assertEqual(self.left(), 0)
            with open(self.after + ".err", encoding="utf-8") as file:
                self.assertRegex(file.read(), r"\Agpuspy-top: .*plain lines instead\n\Z")
            self.assertIn("nothing is watched in", self.screen())
            self.tmux("kill-server", check=False)
            os.unlink(self.after)


class Lost(Case):
    def start(self, **more):
        primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen([TOP, "-d", "0.3"], stdin=secondary, stdout=secondary,
                                   stderr=subprocess.PIPE, start_new_session=True,
                                   env=self.environment(TERM="xterm", **more))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.terminal = os.ttyname(secondary)
        os.close(secondary)
        data = b""
        while b"Nothing is watched" not in data and b"COMMAND" not in data:
            data += os.read(primary, 65536)
        return process, primary

    def test_terminal_goes(self):
        process, primary = self.start()
        os.close(primary)
        process.wait(timeout=PATIENCE)

    def test_storm_of_sizes(self):
        """Sizes that change faster than they are drawn, keys among them; hostile names on the screen."""
        make = tap.built("tests", "unit", "make-session")
        for i in range(40):
            subprocess.run([make, os.path.join(self.segments, f"s{i}"),
                            ("markup", "training", "hidden", "simulated")[i % 4], str(100 + i), "7"], check=True)
        process, primary = self.start()
        os.set_blocking(primary, False)
        chance = random.Random(1)
        sizes = [(1, 1), (1, 500), (500, 1), (0, 0), (2, 2), (200, 500)]
        for turn in range(600):
            size = sizes[turn] if turn < len(sizes) else (chance.randrange(1, 200), chance.randrange(1, 500))
            fcntl.ioctl(primary, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            process.send_signal(signal.SIGWINCH)
            if turn % 3 == 0:
                os.write(primary, chance.choice((b"e", b"t", b"j", b"\r", b"\x1b", b"<", b">", b"I", b"?", b"\x1b[6~",
                                                 b"P", b"M", b"N", b"\x0c", b"F", b"c")))
            self.drain(primary, 0.01)
            self.assertIsNone(process.poll(), f"size {size}")
        # A dialogue, if one is open, is left first.
        for key in b"\x1b", b"\x1b", b"\x1b", b"q":
            self.drain(primary, 0.5)
            os.write(primary, key)
        end = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            self.drain(primary, 0.05)
        self.assertEqual(process.poll(), 0)
        os.close(primary)

    def drain(self, primary, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                os.read(primary, 1 << 16)
            except BlockingIOError:
                time.sleep(0.002)
            except OSError:
                return

    def test_hangup(self):
        process, primary = self.start()
        process.send_signal(signal.SIGHUP)
        process.wait(timeout=PATIENCE)
        os.close(primary)

    def end_on_stopped(self, stop, number):
        """Ends it by a signal when its terminal takes nothing any more. `stop` is given both ends."""
        process, primary = self.start()
        secondary = os.open(self.terminal, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.addCleanup(os.close, secondary)
        self.assertFalse(termios.tcgetattr(secondary)[3] & termios.ICANON)
        stop(primary, secondary)
        end = time.monotonic() + PATIENCE
        while select.select([], [secondary], [], 0)[1]:
            self.assertLess(time.monotonic(), end, "the terminal is not stopped")
        process.send_signal(signal.SIGCONT)  # it draws anew, which takes room
        time.sleep(1)
        self.assertIsNone(process.poll())
        process.send_signal(number)
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        modes = termios.tcgetattr(secondary)[3]
        self.assertTrue(modes & termios.ICANON and modes & termios.ECHO)
        self.assertEqual(process.stderr.read(), b"")
        return primary

    def fill(self, _, secondary):
        full = 0
        while full < 5:  # the kernel moves on what was written, which makes room again
            try:
                os.write(secondary, b"." * 4096)
                full = 0
            except BlockingIOError:
                full += 1
                time.sleep(0.1)

    def test_ended_while_nobody_reads(self):
        for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
            primary = self.end_on_stopped(self.fill, number)
            os.set_blocking(primary, False)
            shown = b""
            with contextlib.suppress(BlockingIOError):
                while True:
                    shown += os.read(primary, 1 << 16)
            self.assertIn(b"\x1b[?1049l", shown[-100:])  # its own screen is back
            os.close(primary)

    def test_ended_while_stopped(self):
        """As by Ctrl-S."""
        for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
            os.close(self.end_on_stopped(lambda primary, _: os.write(primary, b"\x13"), number))


if __name__ == "__main__":
    tap.main()

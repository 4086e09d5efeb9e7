"""unittest with TAP on standard output: call main() at the end of a script."""
import os
import sys
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("GPUSPY_BUILD", os.path.join(SOURCE, "build")))

# How often as long all may take here (tests/arm64/run.py).
SLOWER = int(os.environ.get("GPUSPY_SLOWER", 1))


def built(*parts):
    return os.path.join(BUILD, *parts)


def environment(**more):
    """Without what the tester has set, and without an NVML, but for a false one that fails."""
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith(("GPUSPY_", "LC_", "TMUX", "LD_")) and
             k not in ("LANG", "NO_COLOR", "COLUMNS", "LINES")}
    return {**clean, "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": built("tests", "top"),
            "FAKE_NVML_FAILS": "1", **more}


class Result(unittest.TestResult):
    def say(self, outcome, test, words="", note=""):
        name = f"{type(test).__name__}.{getattr(test, '_testMethodName', 'set-up')}"
        print(f"{outcome} {self.testsRun} - {name}{note}")
        for line in words.splitlines():
            print(f"# {line}")
        sys.stdout.flush()
        if outcome == "not ok":  # of a test that fails meson's --print-errorlogs shows this alone
            print(f"{name}: {words}", file=sys.stderr, flush=True)

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("ok", test, note=f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test, self.errors[-1][1])


def main():
    """Words on the command line: only tests with one of them in their name."""
    suite = unittest.TestSuite()
    for test in unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]):
        for case in test:
            if not sys.argv[1:] or any(word in case.id() for word in sys.argv[1:]):
                suite.addTest(case)
    print(f"1..{suite.countTestCases()}", flush=True)
    result = Result()
    suite.run(result)
    sys.exit(not result.wasSuccessful())

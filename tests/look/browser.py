"""A real browser, told what to do through its own pipe: Chromium, without a window."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage",
            "--remote-debugging-pipe"]


class Browser:
    """A page at a time. Its answers are those of Chromium's own protocol."""

    def __init__(self, chromium=None):
        self.folder = tempfile.mkdtemp(prefix="gpuspy-browser-")
        there, self.to = os.pipe()
        self.back, here = os.pipe()
        # The protocol's descriptors are 3 and 4, whatever stands there now.
        command = ("import os, sys; a, b = map(int, sys.argv[1:3]); a, b = os.dup(a), os.dup(b); "
                   "a, b = os.dup2(a, 103), os.dup2(b, 104); os.dup2(a, 3); os.dup2(b, 4); "
                   "os.closerange(5, 200); os.execvp(sys.argv[3], sys.argv[3:])")
        self.process = subprocess.Popen(
            ["python3", "-c", command, str(there), str(here), chromium or shutil.which("chromium"),
             *SWITCHES, f"--user-data-dir={self.folder}/data", "about:blank"],
            pass_fds=(there, here), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.folder})
        os.close(there)
        os.close(here)
        self.rest, self.number, self.session, self.events = b"", 0, None, []
        targets = self.tell("Target.getTargets")["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self.session = self.tell("Target.attachToTarget", targetId=page["targetId"],
                                 flatten=True)["sessionId"]
        self.tell("Page.enable")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        # What it has started may still write there, and then it stays.
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise EOFError("the browser left")
            self.rest += more
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def tell(self, method, **parameters):
        self.number += 1
        words = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            words["sessionId"] = self.session
        os.write(self.to, json.dumps(words).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, expression):
        """The value, though the page itself may run no script."""
        answer = self.tell("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        return answer["result"].get("value")

    def look(self, width=1200, height=800, dark=False):
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        self.tell("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, file):
        """Shows a file. Milliseconds until it was laid out and painted, by the browser's clock."""
        self.events.clear()
        self.tell("Page.navigate", url="file://" + file)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.message())
        # Two frames later all that there is to see has been painted.
        return self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => "
            "done(performance.now()))))")

    def seconds_used(self):
        """Of the processor, by all of the browser's processes: a busy machine does not add to it."""
        parents, used, ticks = {}, {}, os.sysconf("SC_CLK_TCK")
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(name)] = int(fields[1])
            used[int(name)] = (int(fields[11]) + int(fields[12])) / ticks
        return sum(seconds for pid, seconds in used.items() if self.has(pid, parents))

    def has(self, pid, parents):
        while pid in parents and pid != self.process.pid:
            pid = parents[pid]
        return pid == self.process.pid

    def picture(self, file, whole=True):
        parts = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(file, "wb") as png:
            png.write(base64.b64decode(parts["data"]))

    def print(self, file):
        with open(file, "wb") as pdf:
            pdf.write(base64.b64decode(self.tell("Page.printToPDF")["data"]))

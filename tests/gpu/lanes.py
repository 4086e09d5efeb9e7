"""Lanes: processes that run stages, several at a time, and what they say."""

import json
import os
import queue
import subprocess
import sys
import threading
import time

import lane
import machine
import offspring

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_SECONDS = 20  # beyond a lane's time, in which it gives up what it has in hand


class Lane:
    def __init__(self, name, words, scratch, seconds, said):
        self.words, self.stage = words, words[0].partition(":")[0]
        self.end = time.monotonic() + seconds + PATIENCE_SECONDS
        env = {**os.environ, lane.MACHINE_VARIABLE: json.dumps((machine.gpu, machine.no_gpu_reason))}
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(HERE, "lane.py"), name, scratch,
             str(seconds) if seconds < float("inf") else "", *words],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read, args=(said,), daemon=True)
        self.reader.start()

    def read(self, said):
        for line in self.process.stdout:
            try:
                row = json.loads(line)
                self.stage = row["stage"]
            except (ValueError, KeyError):
                row = self.word("said what is no row: " + line.decode(errors="replace")[:200])
            said.put(row)
        said.put(self)

    def word(self, text):
        return {"stage": self.stage, "case": "the lane of " + self.words[0], "result": "failed",
                "figures": text, "entry": {"said": text}}

    def kill(self):
        offspring.kill(self.process.pid)
        self.process.kill()

    def ended(self):
        """A row where it did not end by itself."""
        try:
            status = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return self.word("cannot be killed")
        return self.word(f"ended with status {status}") if status else None


def run(words, scratch, seconds, known):
    """known(row) for each case of the lanes, until all have ended, or their time is over."""
    said = queue.Queue()
    going = {Lane(f"{number}-" if len(words) > 1 else "", each, scratch, seconds, said)
             for number, each in enumerate(words, 1)}
    while going:
        try:
            item = said.get(timeout=1)
        except queue.Empty:
            item = None
        if isinstance(item, Lane):
            going.discard(item)
            item = item.ended()
        if item:
            known(item)
        for late in [one for one in going if time.monotonic() > one.end]:
            late.kill()
            going.discard(late)
            known(late.word("did not end in time and was killed"))

"""What the frameworks' scripts share.

    ... [--steps N] [--cpu]

--cpu is for trying a script where there is no GPU, if its framework can do without.
"""

import json
import statistics
import sys
import time


def arguments(defaults=()):
    """(words, steps, on the CPU)"""
    words, steps, cpu = [], 20, False
    rest = list(sys.argv[1:])
    while rest:
        word = rest.pop(0)
        if word == "--steps":
            steps = int(rest.pop(0))
        elif word == "--cpu":
            cpu = True
        else:
            words.append(word)
    return words or list(defaults), steps, cpu


def skip(reason):
    print(reason, file=sys.stderr)
    sys.exit(77)


def train(step, wait, steps, warm_up=5):
    """Makes the steps, each of which gives its loss (None: not to be asked every time), and prints
    the losses of some. The seconds of a step: of ten together, for the GPU runs behind."""
    for _ in range(warm_up):
        loss = step()
    wait()
    seconds = []
    for begin in range(0, steps, 10):
        started = time.perf_counter()
        n = min(10, steps - begin)
        for _ in range(n):
            loss = step()
        wait()
        seconds.append((time.perf_counter() - started) / n)
        print(f"step {begin + n:4}  loss {float(loss):.3f}")
    return {"step_seconds": statistics.median(seconds)}


def result(**said):
    print("RESULT " + json.dumps(said))

"""RESULTS.md: what the suite said on a machine, to be kept."""

import time

HEAD = """# What the suite for a real GPU said

{when}, {words}.
Kernel {kernel}, {machine}, libc {libc}, {processors} processors, Python {python}, gpuspy {gpuspy}.
{counts}.

"""

NO_CARD = """**There was no card.** What follows shows that the suite runs; of NVIDIA's driver it shows nothing.

"""


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def text(facts, rows, words, counts, gpuspy):
    """rows: (stage, case, result, figures)"""
    head = HEAD.format(when=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), words=words,
                       counts="{passed} passed, {failed} failed, {skipped} skipped".format(**counts),
                       gpuspy=gpuspy, **{key: facts[key] for key in
                                         ("kernel", "machine", "libc", "processors", "python")})
    lines = ["| part | what | result | figures |", "| --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(cell(word) for word in row) + " |" for row in rows]
    return head + ("" if facts["gpu"] else NO_CARD) + "\n".join(lines) + "\n"

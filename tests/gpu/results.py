"""RESULTS.md: what the suite said on a machine, to be kept."""

import time

from cases import counts_in_words

HEAD = """# What the suite for a real GPU said

{when}, {words}.
Kernel {kernel}, {machine}, libc {libc}, {processors} processors, Python {python}, gpuspy {gpuspy}.
{doctor}
{counts}. CUPTI's counts were equal in {equal}, and could not be had in {without}.

"""

NO_CARD = """**There was no card.** What follows shows that the suite runs; of NVIDIA's driver it shows nothing.
What "waits" waits for a card, what is "missing" for what stands beside it.

"""


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def text(facts, rows, words, counts, gpuspy):
    """facts: of the machine among others; rows: (stage, case, result, figures)"""
    here = facts["machine"]
    asked = [row for row in rows if row[2] == "passed" and "CUPTI " in row[3]]
    equal = sum("CUPTI equal" in row[3] for row in asked)
    head = HEAD.format(when=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), words=words,
                       counts=counts_in_words(counts), gpuspy=gpuspy, equal=equal,
                       without=len(asked) - equal, doctor=here.get("doctor") or "",
                       **{key: here[key] for key in
                          ("kernel", "machine", "libc", "processors", "python")})
    lines = ["| part | what | result | figures |", "| --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(cell(word) for word in row) + " |" for row in rows]
    return head + ("" if here["gpu"] else NO_CARD) + "\n".join(lines) + "\n"

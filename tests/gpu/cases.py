"""How a stage says what its cases are, and how a case says what it found.

A case is a function that gives back its figures (a dict or words) if all is well.
"""

import collections

Case = collections.namedtuple("Case", "name function")

_cases = {}


class Skip(Exception):
    """This case says nothing here: why."""

    result = "skipped"


class Waits(Skip):
    """It needs a card."""

    result = "waits"


class Missing(Skip):
    """It needs something that this machine lacks."""

    result = "missing"


class NoTime(Skip):
    """The time that the suite was given is over."""

    result = "no time"


# Each result, and how a number of it is said.
RESULTS = {"passed": "{} passed", "failed": "{} failed", "waits": "{} wait for a card",
           "missing": "{} miss something", "no time": "{} had no time", "skipped": "{} skipped"}


def counts_in_words(counts):
    return ", ".join(words.format(counts[result]) for result, words in RESULTS.items())


def expect(condition, words):
    if not condition:
        raise AssertionError(words)


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} instead of {wanted!r}")


def add_case(stage, name, function, *arguments, **named):
    _cases.setdefault(stage, []).append(Case(name, lambda: function(*arguments, **named)))


def case(stage, name, *arguments, **named):
    """Marks a function as a case; with arguments to call it with, several times."""
    def mark(function):
        add_case(stage, name, function, *arguments, **named)
        return function
    return mark


def cases(stage):
    return _cases.get(stage, [])

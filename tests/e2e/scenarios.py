"""Scripts of scenarios: functions marked by @scenario, of which run() runs the one that is named by
the first argument. cuInit comes before it, unless its name begins with of_, for these fork first."""

import sys

from driver import cu

_all = {}


def scenario(function):
    _all[function.__name__] = function
    return function


def run():
    name = sys.argv[1]
    if not name.startswith("of_"):
        cu.cuInit(0)
    _all[name]()
    print(name, "done", flush=True)

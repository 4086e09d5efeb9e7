"""gpuspy's figures beside those of a program that knows its own, and beside CUPTI's."""

import re

from cases import expect

# These are called after CUPTI has begun to watch, so its counts are complete.
COUNTED_BY_CUPTI = re.compile(r"cu(Launch|GraphLaunch|Mem(Alloc|Free|cpy|set|Create|Release|Map|"
                              r"Unmap)|Memcpy|Memset|Stream(Synchronize|Create|Destroy)|"
                              r"Event(Record|Create|Destroy|Synchronize)|CtxSynchronize)")


def function_calls(report, layer=None, own=False):
    """{function: calls}, of one layer or of all; own: with gpuspy's own calls to the driver."""
    found = {}
    for f in report["functions"]:
        calls = f["calls"] + (f.get("own_calls", 0) if own else 0)
        if calls and layer in (None, f["layer"]):
            found[f["name"]] = found.get(f["name"], 0) + calls
    return found


def kernel_launches(report):
    found = {}
    for kernel in report["kernels"]:
        found[kernel["name"]] = found.get(kernel["name"], 0) + kernel["launches"]
    return {name: launches for name, launches in found.items() if launches}


def figure(report, key):
    """What the report says for a key of an EXPECT line:
    kernel.NAME, calls.LAYER.FUNCTION, layer.LAYER, device.N.kernels, verdict, reason, or a path
    in the totals (launches, memory.live_bytes, copies.host_to_device.bytes)."""
    kind, _, rest = key.partition(".")
    if kind == "kernel":
        return kernel_launches(report).get(rest, 0)
    if kind == "calls":
        layer, _, name = rest.partition(".")
        return function_calls(report, layer).get(name, 0)
    if kind == "layer":
        return report["totals"]["calls"][rest]
    if kind == "device":
        ordinal, _, what = rest.partition(".")
        found = [d[what] for d in report["devices"] if d["ordinal"] == int(ordinal)]
        return found[0] if found else 0
    if key in ("verdict", "reason", "simulated"):
        return report[key]
    value = report["totals"]
    for step in key.split("."):
        value = value[step]
    return value


def as_expected(report, expected):
    """The report says what the program says."""
    expect(report, "there is no report")
    wrong = [f"{key} is {figure(report, key)}, not {value}" for key, value in expected.items()
             if figure(report, key) != value]
    expect(not wrong, "; ".join(wrong))


def nothing_missed(report):
    expect(not report["gaps"], f"gpuspy says that it missed something: {report['gaps']}")


def differences(got, wanted, limit=5):
    """The keys of two {name: number} that differ, in words; "" if none does."""
    wrong = [f"{key[:60]} {got.get(key, 0)}, not {wanted.get(key, 0)}"
             for key in sorted(got.keys() | wanted.keys()) if got.get(key, 0) != wanted.get(key, 0)]
    more = f" and {len(wrong) - limit} more" if len(wrong) > limit else ""
    return "; ".join(wrong[:limit]) + more


def same_kernels(report, cupti):
    """Kernels by name and number as in CUPTI's activity records of the same run."""
    expect(cupti, "CUPTI wrote nothing")
    expect(not cupti["problem"], f"CUPTI: {cupti['problem']}")
    expect(not cupti["dropped"], f"CUPTI lost {cupti['dropped']} records")
    wrong = differences(kernel_launches(report), cupti["kernels"])
    expect(not wrong, f"kernels, compared with CUPTI's: {wrong}")


def same_driver_calls(report, cupti):
    """Calls of the driver as CUPTI's callbacks saw them in the same run. It does not see those
    from before it was there (cuInit), so only functions that come later are compared."""
    spied = {name: calls for name, calls in function_calls(report, "driver", own=True).items()
             if COUNTED_BY_CUPTI.match(name)}
    seen = {name: calls for name, calls in cupti["driver_calls"].items()
            if COUNTED_BY_CUPTI.match(name)}
    wrong = differences(spied, seen)
    expect(not wrong, f"driver calls, compared with CUPTI's: {wrong}")


def other_driver_calls(report, cupti):
    """Where the two differ in the functions that are not compared: a fact, not a failure."""
    spied = function_calls(report, "driver", own=True)
    return {name: [spied.get(name, 0), cupti["driver_calls"].get(name, 0)]
            for name in spied.keys() | cupti["driver_calls"].keys()
            if not COUNTED_BY_CUPTI.match(name)
            and spied.get(name, 0) != cupti["driver_calls"].get(name, 0)}


def same_peaks(report, cupti):
    """Peak and live device memory as in CUPTI's records of allocations."""
    peaks = {d["ordinal"]: d["memory"]["peak_bytes"] for d in report["devices"]
             if d["memory"]["peak_bytes"]}
    wanted = {int(device): peak for device, peak in cupti["peak_bytes"].items() if peak}
    expect(peaks == wanted, f"peak bytes by device are {peaks}, by CUPTI {wanted}")

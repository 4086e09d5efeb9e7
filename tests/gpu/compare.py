"""The comparisons that several stages make of one program: bare, under gpuspy, under CUPTI, and
under both at once. Bare and gpuspy show that nothing changes; both show that the counts agree."""

import figures
import runs
from cases import Skip, expect


def without_gpu(command, env=None, verdict="gpu-unavailable"):
    """Where there is no GPU, a program says the same with gpuspy, and the report says NO."""
    bare = runs.starts(runs.Run(command, env=env))
    spied = runs.Run(command, spied=True, env=env)
    runs.same_behaviour(spied, bare)
    runs.same_stderr(spied, bare)
    expect(spied.report, "there is no report")
    expect(spied.report["verdict"] == verdict,
           f"verdict {spied.report['verdict']} ({spied.report['reason']}), not {verdict}")
    expect(spied.report["totals"]["kernels"] == 0, "there are kernels without a GPU")
    return {"verdict": f"{spied.report['verdict']} ({spied.report['reason']})",
            "status": spied.status, **runs.times(bare, spied)}


def note_use(report):
    """What a real program called: facts for those who have no GPU."""
    runs.note("functions", {f"{f['layer']} {f['name']}": f["calls"] for f in report["functions"]
                             if f["calls"]})
    runs.note("libraries", report["libraries"])
    runs.note("witness", report.get("witness"))


def cannot_count(cupti):
    """Why CUPTI counted nothing on this machine, None if it did."""
    if not cupti:
        return "was not loaded by the driver"
    return f"cannot count here: {cupti['problem']}" if cupti["problem"] else None


def with_cupti(command, env=None, status=0, timeout=300, peaks=False):
    """Under CUPTI and gpuspy together: kernels by name, and calls. The reason where it cannot be
    done, None if all agreed."""
    try:
        both = runs.Run(command, spied=True, cupti="activity", env=env, timeout=timeout)
    except Skip as reason:
        return str(reason), None
    runs.ended(both, status)
    reason = cannot_count(both.cupti)
    if reason:
        return reason, None
    expect(both.report, "there is no report of the run under CUPTI")
    figures.same_kernels(both.report, both.cupti)
    figures.same_driver_calls(both.report, both.cupti)
    if peaks:
        figures.same_peaks(both.report, both.cupti)
    runs.note("other driver calls, gpuspy and CUPTI",
              figures.other_driver_calls(both.report, both.cupti))
    return None, both


def program(command, env=None, status=0, cupti=True, peaks=False, timeout=300):
    """A program that says what it expects (EXPECT lines)."""
    bare = runs.works_bare(runs.Run(command, env=env, timeout=timeout), status)
    spied = runs.Run(command, spied=True, env=env, timeout=timeout)
    runs.same_behaviour(spied, bare)
    runs.same_stderr(spied, bare)
    expected = spied.expected()
    expect(expected, "the program expects nothing")
    figures.as_expected(spied.report, expected)
    figures.nothing_missed(spied.report)
    note_use(spied.report)
    answer = {"kernels": spied.report["totals"]["kernels"], "figures": len(expected),
              **runs.times(bare, spied)}
    if cupti:
        reason, _ = with_cupti(command, env, status, timeout, peaks)
        answer["CUPTI"] = reason or "equal"
    return answer

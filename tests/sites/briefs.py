"""Made-up records of jobs, as gpuspy collect writes them."""

import datetime
import json
import os

TODAY = datetime.datetime.now(datetime.timezone.utc)


def brief(record="session", **members):
    """A made-up record, as gpuspy collect writes them."""
    made = {"record": record, "job": "12", "host": "n1", "node": "n1", "nodes": "n[1-2]",
            "user": "anna", "gpus": "0,1"}
    if record == "session":
        made.update({"key": f"{len(made)}-{members}", "state": "ended", "verdict": "gpu-work",
                     "reason": "completed", "summary": "work", "at_least": False,
                     "simulated": False, "kernels": 10, "confirmed": 10, "ranks": 1,
                     "started": 1000.0, "ended": 4600.0, "work_seconds": 3000.0,
                     "devices": [{"uuid": "GPU-a", "kernels": 10}]})
    else:
        made.update({"sessions": 1, "lost": 0, "unreadable": 0, "time": 5000.0})
    made.update(members)
    return made


NONE = {"kernels": 0, "confirmed": 0, "devices": [], "work_seconds": None}
IDLE = {"verdict": "gpu-idle", "reason": "memory-reserved", "summary": "memory, no kernel", **NONE}
BOTH = {"node": "n2", "host": "n2"}
UNUSED = {"verdict": "gpu-unused", "reason": "never-asked", "summary": "never asked", **NONE}


def write(site, *briefs, day=TODAY, host="n1", end="\n"):
    folder = os.path.join(site.records, day.strftime("%Y/%m/%d"))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, host + ".jsonl"), "a", encoding="utf-8") as file:
        for one in briefs:
            file.write(one if isinstance(one, str) else json.dumps(
                {"brief": one}, separators=(",", ":")) + end)

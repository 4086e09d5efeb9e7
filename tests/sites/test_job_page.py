"""gpuspy report --job --html: a job as one page."""

import json
import os
import re

from briefs import BOTH, IDLE, brief, write
from cluster import Page, Site, case, client, expect, main, same, slurm


def page(site, which="12"):
    file = os.path.join(site.place.name, "page.html")
    site.gpuspy("report", "--job", which, "--html", file, "--records", site.records)
    with open(file, encoding="utf-8") as made:
        return Page(made.read())


def rows(made, title):
    """The cells of a table, row by row."""
    source = made.source.split(f"<h2>{title}</h2>")[1].split("</table>")[0]
    return [Page(f"<table><tr>{row}</tr></table>").cells for row in
            re.findall(r"<tr>(<td.*?)</tr>", source, re.S)]


@case("the verdict, GPUs allocated and worked, a line a node with its reason, GPUs, runs, gaps")
def _():
    site = Site()
    given = [{"id": "0", "uuid": "GPU-a"}, {"id": "1", "uuid": "GPU-b"}]
    write(site, brief(nodes="n[1-3]"), brief(key="b", nodes="n[1-3]", restarts=1, kernels=1234567, confirmed=5),
          brief(key="c", nodes="n[1-3]", **IDLE, **BOTH), brief("host", nodes="n[1-3]", gpus="0,1", gpus_given=given),
          brief("host", nodes="n[1-3]", **BOTH, gpus="0-3", lost=2))
    made = page(site)
    for words in ("GPU work YES", "at least 1,234,577 kernels ran and finished", "Job 12 User anna",
                  "GPUs allocated unknown", "GPUs that worked 1", "1,234,577 15 seen to have finished"):
        expect(words in made.text, f"{words!r} in {made.text}")
    same([[row[i] for i in (0, 1, 2, 3, 8)] for row in rows(made, "Nodes")],
         [["n1", "YES", "1,234,577", "1 of 2",
           "completed work; the other GPUs: nothing that ran there asked for them"],
          ["n2", "UNKNOWN", "0", "0 of 4",
           "no-record records of sessions were lost before they were collected"],
          ["n3", "UNKNOWN", "0", "0 of unknown", "no-record no record has come from there"]], "nodes")
    same(rows(made, "GPUs"), [["n1", "GPU-a", "0", "yes", "20"], ["n1", "GPU-b", "1", "yes", "0"]] +
         [["n2", "unknown", str(i), "yes", "unknown"] for i in range(4)], "GPUs")
    same([row[:3] for row in rows(made, "Runs")], [["0", "YES", "10"], ["1", "YES", "1,234,567"]], "runs")
    gaps = re.findall("<li>(.*?)</li>", made.source)
    same(gaps, ["1 node of which nothing has come, or no session",
                "2 sessions that were removed before anybody made a record of them"], "gaps")


@case("nothing is missing: no gaps; standard output; a file that cannot be written")
def _():
    site = Site()
    write(site, brief(nodes="n1", **IDLE))
    made = page(site)
    expect("GPU work NO" in made.text and "None is known" in made.text, made.text)
    expect("memory-reserved" in made.text and "no kernel ran: memory, no kernel" in made.text, made.text)
    out = site.gpuspy("report", "--job", "12", "--html", "-", "--records", site.records)
    same(out.split("page made")[0], made.source.split("page made")[0], "standard output")
    for file in os.path.join(site.place.name, "none", "x"), "/dev/full":
        same(site.gpuspy("report", "--job", "12", "--html", file, "--records", site.records, status=1), "", file)


@case("names from outside are text in every field")
def _():
    site = Site()
    fields = "job", "user", "node", "host", "summary", "gpus", "step", "key", "reason"
    bad = {name: f"\"'></td></script></style></title><script>alert('{name}')</script><img src=x "
           f"onerror=alert(1)><b id={name}>&amp;\x1b{name}" for name in fields}
    uuid = bad["key"].replace("key", "uuid")
    write(site, json.dumps({"brief": {**brief(nodes="n1", **IDLE), **bad, "element": bad["job"],
                                      "devices": [{"uuid": uuid, "kernels": 1}]}}, separators=(",", ":")) + "\n",
          json.dumps({"brief": {**brief("host", nodes="n1"), **bad,
                                "gpus_given": [{"id": bad["gpus"], "uuid": uuid}, {"id": "7", "uuid": None}]}},
                     separators=(",", ":")) + "\n")
    made = page(site, bad["job"])
    same([tag for tag, _ in made.elements if tag in ("img", "b", "i")], [], "elements out of names")
    same(sum(tag == "script" for tag, _ in made.elements), 1, "scripts")
    same([a for _, a in made.elements if "id" in a or "onerror" in a], [], "attributes out of names")
    for name in "job", "user", "node", "summary":
        whole = bad[name].replace("\x1b", "\\x1b")
        expect(any(whole in cell for cell in made.cells), f"{name} is not in the page as it is: {made.cells}")
    expect(uuid.replace("\x1b", "\\x1b") in made.cells, "the UUID")
    expect("\x1b" not in made.source, "control characters are escaped")
    text = site.gpuspy("report", "--job", bad["job"], "--records", site.records)
    expect("\x1b" not in text, "and in the text")
    expect("\x1b" not in site.gpuspy("report", "--job", bad["job"], "--brief", "--records", site.records), "brief")


@case("nothing from outside: no address, one style, one script that is allowed")
def _():
    site = Site()
    write(site, brief(nodes="n1"))
    made = page(site)
    for tag, attributes in made.elements:
        for name in ("src", "href", "data", "action", "srcset", "style"):
            expect(name not in attributes, f"<{tag} {name}>")
    expect(not re.search(r"https?://|url\(|@import", made.source), "something is loaded")
    policy, = [a["content"] for tag, a in made.elements if a.get("http-equiv") == "Content-Security-Policy"]
    expect("default-src 'none'" in policy and "script-src 'sha256-" in policy, policy)


@case("5,000 nodes: the table is cut, and says so")
def _():
    site = Site()
    write(site, *(brief(nodes="n[1-5000]", node=f"n{n}", host=f"n{n}", key=str(n)) for n in range(1, 4900)))
    made = page(site)
    same(len(rows(made, "Nodes")), 4000, "rows")
    expect("and 1,000 more: in the JSON report, --json" in made.text, made.text[-600:])
    expect("100 nodes of which nothing has come" in made.text or "101 nodes of which" in made.text, made.text[-600:])


@case("a real job")
def _():
    site = Site()
    for node in "n1", "n2":
        site.run([client("client-linked")], slurm(node=node))
        site.gpuspy("collect", "--job", "12", "--records", site.records,
                    env={"SLURMD_NODENAME": node, "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_JOB_GPUS": "0"})
    made = page(site)
    expect("GPU work YES SIMULATED 20 kernels ran and finished" in made.text, made.text)
    same([row[:4] for row in rows(made, "Nodes")], [["n1", "YES", "10", "1 of 1"], ["n2", "YES", "10", "1 of 1"]],
         "nodes")


if __name__ == "__main__":
    main()

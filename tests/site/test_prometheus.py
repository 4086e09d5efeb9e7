"""gpuspy export with a real Prometheus: increase() over a minute of short sessions against the
simulated drivers' ledger, scraped every 5 seconds. sh tests/site.sh installs prometheus.
"""

import http.server
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "sites"))
from cluster import (  # noqa: E402
    GPUSPY, LIBRARY, Site, case, client, expect, main, program, same)
from harness import SIM_LEDGER  # noqa: E402

WORK = client("client-linked")
TOOLS = os.path.join(HERE, "..", "..", "tools", "site")
SECONDS = int(os.environ.get("GPUSPY_TEST_SECONDS", "60"))
CONFIG = """
global: {{scrape_interval: 5s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""


class Metrics(http.server.BaseHTTPRequestHandler):
    """What node_exporter's textfile collector does: the file as it is now."""

    file = None

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        if os.path.exists(self.file):
            with open(self.file, "rb") as file:
                self.wfile.write(file.read())

    def log_message(self, *_):
        pass


class Prometheus:
    def __init__(self, folder, metrics):
        Metrics.file = metrics
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        rules = os.path.join(HERE, "..", "..", "tools", "site", "gpuspy.rules.yml")
        config = os.path.join(folder, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(port=self.server.server_port, rules=os.path.abspath(rules)))
        self.port = 30000 + os.getpid() % 20000
        with open(os.path.join(folder, "prometheus.log"), "wb") as log:
            self.process = subprocess.Popen(
                [program("prometheus"), "--config.file=" + config, "--storage.tsdb.path=" +
                 os.path.join(folder, "tsdb"), f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def ask(self, query, at=None):
        words = {"query": query, **({"time": str(at)} if at else {})}
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode(words)
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]["result"]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.server.shutdown()
        self.server.server_close()


def kernels(ledger):
    said = subprocess.run([SIM_LEDGER, "--json", ledger], check=True, capture_output=True)
    total = json.loads(said.stdout)["total"]
    return total.get("launches", 0) + total.get("graph_kernels", 0)


class Exporter(threading.Thread):
    """What the timer does, every two seconds."""

    def __init__(self, site, metrics):
        super().__init__(daemon=True)
        self.site, self.metrics, self.ends = site, metrics, False

    def run(self):
        while not self.ends:
            self.once()
            time.sleep(2)

    def once(self):
        state = os.path.join(self.site.place.name, "state")
        subprocess.run([GPUSPY, "export", "--prometheus", "--state", state, "-o", self.metrics],
                       env=self.site.env(), check=True)


@case("increase() over a minute of short sessions, scraped every 5 s")
def _():
    site = Site()
    metrics = os.path.join(site.place.name, "gpuspy.prom")
    ledger = os.path.join(site.place.name, "ledger")
    exporter = Exporter(site, metrics)
    prometheus = Prometheus(site.place.name, metrics)
    try:
        site.run([WORK])  # the GPU is known
        exporter.once()
        exporter.once()
        exporter.start()
        time.sleep(12)  # two scrapes before
        began = time.time()
        sessions = 0
        while time.time() < began + SECONDS:
            site.run([WORK], SIM_LEDGER=ledger, GPUSPY_REPORT="never")
            sessions += 1
            time.sleep(random.random() * 0.3)
        time.sleep(14)  # and after
        exporter.ends = True
        exporter.join()
        window = int(time.time() - began + 10)
        first, last = (prometheus.ask(f"gpuspy_kernels_total[{window}s]")[0]["values"][i]
                       for i in (0, -1))
        exact = float(last[1]) - float(first[1])
        # From scrape to scrape: what increase() adds for the time between is Prometheus's own.
        window = int((last[0] - first[0]) * 1000) + 2

        def value(query):
            return float(prometheus.ask(query.replace("W", f"{window}ms"), last[0])[0]["value"][1])

        increase = value("sum(increase(gpuspy_kernels_total[W]))")
        resets = value("sum(resets(gpuspy_kernels_total[W]))")
        ended = value('sum(increase(gpuspy_sessions_ended_total{verdict="gpu-work"}[W]))')
        truth = kernels(ledger)
        print(f"# {sessions} sessions, {truth} kernels; increase() {increase:.0f} "
              f"({100 * (increase / truth - 1):+.2f} %), last - first {exact:.0f}, "
              f"{resets:.0f} resets, {ended:.1f} sessions ended")
        same(exact, truth, "kernels between the first and the last scrape")
        expect(abs(increase / truth - 1) < 0.01, f"increase() {increase} of {truth}")
        same(resets, 0, "resets")
        expect(abs(ended / sessions - 1) < 0.02, f"{ended} of {sessions} sessions ended")
    finally:
        exporter.ends = True
        prometheus.stop()


def said_by(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        return answer.read().decode()


@case("node_exporter itself: all of the file, and no error")
def _():
    site = Site()
    folder = os.path.join(site.place.name, "textfile")
    os.mkdir(folder)
    site.run([WORK])
    for _ in range(2):
        Exporter(site, os.path.join(folder, "gpuspy.prom")).once()
    port = 30000 + (os.getpid() + 7) % 20000
    process = subprocess.Popen(
        [program("prometheus-node-exporter"), "--collector.disable-defaults", "--collector.textfile",
         f"--collector.textfile.directory={folder}", f"--web.listen-address=127.0.0.1:{port}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                said = said_by(port)
                break
            except OSError:
                time.sleep(0.1)
        with open(os.path.join(folder, "gpuspy.prom"), encoding="utf-8") as file:
            wanted = [line for line in file.read().splitlines() if line and line[0] != "#"]
        served = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in said.splitlines()
                  if line.startswith("gpuspy_")}
        missing = [line for line in wanted if series(served, line) != float(line.rsplit(" ", 1)[1])]
        same((missing, len(served)), ([], len(wanted)), "what it serves")
        same(served.get(next(name for name in served if name.startswith("gpuspy_kernels_total"))), 10, "kernels")
        expect("node_textfile_scrape_error 0" in said, "an error")
        expect(f'node_textfile_mtime_seconds{{file="{folder}/gpuspy.prom"}}' in said, "its time, which the alert is about")
    finally:
        process.terminate()
        process.wait(20)


@case("the dashboard: each query is one of Prometheus's, of what is exported; no panel on another")
def _():
    site = Site()
    metrics = os.path.join(site.place.name, "gpuspy.prom")
    site.run([WORK])
    Exporter(site, metrics).once()
    with open(metrics, encoding="utf-8") as file:
        exported = set(re.findall(r"^# TYPE (\w+) ", file.read(), re.M))
    with open(os.path.join(TOOLS, "gpuspy-dashboard.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    panels, rules = dashboard["panels"], []
    same(len({panel["id"] for panel in panels}), len(panels), "their numbers")
    taken = [(x, y) for panel in panels for at in [panel["gridPos"]] for x in range(at["x"], at["x"] + at["w"])
             for y in range(at["y"], at["y"] + at["h"])]
    expect(len(taken) == len(set(taken)) and max(x for x, _ in taken) < 24, "their places")
    for panel in panels:
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            expect("$" not in query, f"a variable that nobody sets: {query}")
            same(set(re.findall(r"\bgpuspy_\w+", query)) - exported, set(), f"names in {query}")
            rules.append({"record": f"dashboard:{panel['id']}", "expr": query})
    path = os.path.join(site.place.name, "rules.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
    done = subprocess.run([program("promtool"), "check", "rules", path], capture_output=True, text=True, check=False)
    same(done.returncode, 0, f"promtool: {done.stdout} {done.stderr}")


def series(served, line):
    """Its value; node_exporter has the labels in order."""
    name, _, labels = line.rsplit(" ", 1)[0].partition("{")
    if not labels:
        return served.get(name)
    return served.get(name + "{" + ",".join(sorted(labels.rstrip("}").split(","))) + "}")


if __name__ == "__main__":
    main()

"""gpuspy export with a real Prometheus: increase() over a minute of short sessions against the
simulated drivers' ledger, scraped every 5 seconds. sh tests/site.sh installs prometheus.
"""

import http.server
import json
import os
import random
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


if __name__ == "__main__":
    main()

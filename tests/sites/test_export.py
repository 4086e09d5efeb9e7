"""gpuspy export --prometheus: counters that keep what ended sessions had."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys

from cluster import BUILD, SLOWER, Site, Skip, case, client, expect, main, program, same, slurm

WORK = [client("client-linked")]
KERNELS = 10
WAITS = "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0); print('ready', flush=True); input()"
METRIC = re.compile(r'^(\w+)(?:\{(.*)\})? (-?[0-9.]+)$')


class Export(Site):
    def metrics(self, *words):
        """{(name, labels): value} of one export."""
        text = self.gpuspy("export", "--prometheus", "--state",
                           os.path.join(self.place.name, "state"), *words)
        found = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, labels, value = METRIC.match(line).groups()
                found[name, labels or ""] = float(value)
        self.text = text
        return found

    def sums(self):
        found = self.metrics()
        return (sum(v for (n, _), v in found.items() if n == "gpuspy_kernels_total"),
                sum(v for (n, _), v in found.items() if n == "gpuspy_sessions_ended_total"))


@case("counters keep what sessions had that are gone, and count none twice")
def _():
    site = Export()
    same(site.sums(), (0, 0), "at first")
    site.run(WORK)
    same(site.sums(), (0, 1), "a GPU that comes has 0 once")
    same(site.sums(), (KERNELS, 1), "then")
    site.run(WORK)
    same(site.sums(), (2 * KERNELS, 2), "with another one")
    for name in os.listdir(site.dir):
        shutil.rmtree(os.path.join(site.dir, name))
    site.run(WORK)
    same(site.sums(), (3 * KERNELS, 3), "when the first two are gone")
    same(site.sums(), (3 * KERNELS, 3), "and again")
    found = site.metrics()
    same(found["gpuspy_sessions_lost_total", ""], 0, "lost")
    same(found["gpuspy_sessions_ended_total", 'verdict="gpu-work",reason="completed"'], 3, "work")
    same(found["gpuspy_sessions_ended_total", 'verdict="unknown",reason="no-record"'], 0, "unknown")


@case("a running job, its labels, and that they go with it")
def _():
    site = Export()
    child = site.start([sys.executable, "-c", WAITS], slurm(job="77"))
    same(child.stdout.readline(), b"ready\n", "what it says")
    site.run(WORK, slurm(job="77"))
    site.metrics()
    for name in os.listdir(site.dir):  # the ended one is pruned, the running one not
        if not name.startswith(str(child.pid)):
            shutil.rmtree(os.path.join(site.dir, name))
    found = site.metrics()
    same(found["gpuspy_sessions", ""], 1, "sessions")
    same([v for (n, labels), v in found.items()
          if n == "gpuspy_job_kernels_total" and 'jobid="77"' in labels], [KERNELS], "its kernels")
    same(found["gpuspy_job_gpus", 'jobid="77"'], 2, "its GPUs")
    user = re.search(r'gpuspy_job_info\{scheduler="slurm",jobid="77",user="([^"]+)"\} 1', site.text)
    expect(user, site.text)
    for word in (str(child.pid), "python", "fill"):
        expect(word not in site.text, f"{word} in {site.text}")
    child.communicate(b"\n")
    site.metrics()
    expect("77" not in re.findall(r'jobid="(\d+)"', site.text), site.text)


@case("a session that went before it was seen to end is lost, and its figures are not")
def _():
    site = Export()
    child = site.start([sys.executable, "-c", WAITS])
    same(child.stdout.readline(), b"ready\n", "what it says")
    site.metrics()
    child.communicate(b"\n")
    for name in os.listdir(site.dir):
        shutil.rmtree(os.path.join(site.dir, name))
    found = site.metrics()
    same(found["gpuspy_sessions_lost_total", ""], 1, "lost")
    same(found["gpuspy_sessions_ended_total", 'verdict="unknown",reason="no-record"'], 1, "unknown")


@case("a session that cannot be read for a while is not gone, and counts once")
def _():
    site = Export()
    site.sums()
    site.run(WORK)
    site.sums()
    same(site.sums(), (KERNELS, 1), "at first")
    folder = os.path.join(site.dir, os.listdir(site.dir)[0])
    segment, = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".seg")]
    another = os.path.join(folder, "1-1-0.seg")
    os.rename(segment, segment + ".kept")
    for file in segment, another:
        open(file, "wb").close()
    same(site.sums(), (KERNELS, 1), "while it cannot be read")
    os.remove(another)
    os.rename(segment + ".kept", segment)
    same(site.sums(), (KERNELS, 1), "when it can")
    same(site.metrics()["gpuspy_sessions_lost_total", ""], 0, "lost")


@case("a job's name that would like to be more than a label")
def _():
    site = Export()
    child = site.start([sys.executable, "-c", WAITS], slurm(job='7"} 1\nbad{x="\\'))
    same(child.stdout.readline(), b"ready\n", "what it says")
    site.metrics()
    expect('jobid="7\\"} 1\\nbad{x=\\"\\\\"' in site.text, site.text)
    child.communicate(b"\n")


@case("the file is replaced as a whole; a state that is none is said")
def _():
    site = Export()
    file = os.path.join(site.place.name, "gpuspy.prom")
    site.metrics("-o", file)
    same(os.stat(file).st_mode & 0o777, 0o644, "its mode")
    same(sorted(os.listdir(site.place.name)),
         ["gpuspy.conf", "gpuspy.prom", "records", "segments", "state", "state.lock"], "files")
    with open(os.path.join(site.place.name, "state"), "w", encoding="utf-8") as state:
        state.write("{}")
    same(site.gpuspy("export", "--prometheus", "--state", state.name, status=125), "", "output")
    site.gpuspy("export", "--prometheus", status=2)
    site.gpuspy("export", "--state", "x", status=2)


def export(site, output, state=None):
    """Its status, and the one line that it says, if any."""
    done = subprocess.run([f"{BUILD}/tools/gpuspy", "export", "--prometheus", "-o", output, "--state",
                           state or os.path.join(site.place.name, "state")], env=site.env(), text=True,
                          capture_output=True, check=False, timeout=60 * SLOWER)
    same((done.stdout, done.stderr.count("\n")), ("", int(done.returncode != 0)), f"said: {done.stderr}")
    return done.returncode, done.stderr


def device(path):
    """One that is always full, of its own: the machine's is not for trying this."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
    except PermissionError as error:
        raise Skip("needs mknod(2)") from error


@case("a device as output: written to, and never replaced")
def _():
    site = Export()
    node = os.path.join(site.place.name, "node")
    device(node)
    for name in node, os.path.join(site.place.name, "link"):
        if name != node:
            os.symlink("node", name)
        same(export(site, name)[0], 125, f"status with {name}")
        expect(stat.S_ISCHR(os.stat(node).st_mode), "it was replaced")
        same(os.path.islink(name), name != node, "the link")
    same(sorted(os.listdir(site.place.name)),
         ["gpuspy.conf", "link", "node", "records", "segments", "state", "state.lock"], "files")


@case("a FIFO, a socket, a folder as output")
def _():
    site = Export()
    fifo, name = (os.path.join(site.place.name, word) for word in ("fifo", "socket"))
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    same(export(site, fifo), (0, ""), "a FIFO")
    expect(os.read(reader, 1 << 16).endswith(b"\n"), "nothing came through the FIFO")
    os.close(reader)
    expect(stat.S_ISFIFO(os.stat(fifo).st_mode), "it was replaced")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(name)
        same(export(site, name)[0], 125, "status with a socket")
        expect(stat.S_ISSOCK(os.stat(name).st_mode), "it was replaced")
    status, said = export(site, site.records)
    same((status, said.endswith(": Is a directory\n")), (125, True), f"a folder: {said}")


@case("a link as output: what it names is replaced as a whole, and the link stays")
def _():
    site = Export()
    here, there = site.place.name, os.path.join(site.place.name, "there")
    os.mkdir(there)
    with open(os.path.join(there, "old"), "w", encoding="utf-8") as old:
        old.write("old\n")
    for link, target in ("first", "old"), ("second", "new"):
        os.symlink(f"there/{target}", os.path.join(here, link))
    with open(old.name, encoding="utf-8") as reader:
        for link in "first", "second":
            same(export(site, os.path.join(here, link)), (0, ""), link)
        same(reader.read(), "old\n", "what a reader sees")
    for link, target in ("first", "old"), ("second", "new"):
        expect(os.path.islink(os.path.join(here, link)), f"{link} is no link any more")
        expect(os.path.getsize(os.path.join(there, target)) > len("old\n"), f"{target} was not written")
    same(sorted(os.listdir(there)), ["new", "old"], "files")


@case("a state that is no regular file: said, status 125, and left alone")
def _():
    site = Export()
    fifo, node = (os.path.join(site.place.name, word) for word in ("fifo", "node"))
    os.mkfifo(fifo)
    link, precious = (os.path.join(site.place.name, word) for word in ("link", "precious"))
    os.symlink("precious", link)
    with open(precious, "w", encoding="ascii") as file:
        file.write("{}")
    for state in fifo, site.records, link:
        same(export(site, "-", state), (125, f"gpuspy export: {state}: it is no regular file, as a state is\n"),
             state)
    expect(stat.S_ISFIFO(os.stat(fifo).st_mode), "it was replaced")
    same((os.path.getsize(precious), os.readlink(link)), (2, "precious"), "what the link names")
    same(sorted(os.listdir(site.place.name)), ["fifo", "gpuspy.conf", "link", "precious", "records", "segments"],
         "files")
    device(node)
    same(export(site, "-", node)[0], 125, "status with a device")
    expect(stat.S_ISCHR(os.stat(node).st_mode), "it was replaced")


@case("segments that claim more than there is: no counter turns round, and labels are not without end")
def _():
    site = Export()
    site.run(WORK)
    site.metrics()
    subprocess.run([os.path.join(BUILD, "tests", "sites", "make-sessions"), site.dir, "300", "12", "odd"], check=True)
    site.metrics()
    found = site.metrics()
    kernels = {labels: v for (n, labels), v in found.items() if n == "gpuspy_kernels_total"}
    same(len(kernels), 129, "GPUs with labels")
    same(kernels['uuid="other"'], float(2**63 - 1), "of the others")
    expect(all(v > 0 for v in kernels.values()), kernels)
    for name in os.listdir(site.dir):
        shutil.rmtree(os.path.join(site.dir, name))
    for _ in range(2):
        found = site.metrics()
        same({labels: v for (n, labels), v in found.items() if n == "gpuspy_kernels_total"}, kernels, "when they are gone")


@case("promtool accepts it")
def _():
    site = Export()
    child = site.start([sys.executable, "-c", WAITS], slurm(job="77"))
    child.stdout.readline()
    site.run(WORK)
    site.metrics()
    site.metrics()
    child.communicate(b"\n")
    done = subprocess.run([program("promtool"), "check", "metrics"], input=site.text, text=True,
                          capture_output=True, check=False)
    same((done.returncode, done.stdout + done.stderr), (0, ""), "promtool")


@case("promtool accepts the rules")
def _():
    here = os.path.dirname(os.path.abspath(__file__))
    rules = os.path.join(here, "..", "..", "tools", "site", "gpuspy.rules.yml")
    done = subprocess.run([program("promtool"), "check", "rules", rules], text=True,
                          capture_output=True, check=False)
    same((done.returncode, done.stderr), (0, ""), f"promtool ({done.stdout})")
    expect("rules found" in done.stdout, done.stdout)


if __name__ == "__main__":
    main()

"""gpuspy record and gpuspy run --record."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import time

from looking import (  # noqa: F401
    BUILD, CROWD, FAKE_NVML, GPUSPY, LIBRARY, PHASES, Place, Record, Skip, case, expect, main, SLOWER, program, same,
    slowly, wait_for)

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
F_SETPIPE_SZ = 1031  # linux/fcntl.h; Python has it from 3.10 on


def flat(figures):
    """{name: number} of what is counted in a line, or in totals of schema 1."""
    counts = {name: figures[name] for name in (
        "kernels", "launches", "captured_launches", "graph_launches", "graph_kernels",
        "confirmed_kernels", "errors")}
    counts.update({f"calls {layer}": n for layer, n in figures["calls"].items() if n})
    for direction, copies in figures["copies"].items():
        if copies["calls"]:
            counts[f"{direction} calls"] = copies["calls"]
            counts[f"{direction} bytes"] = copies["bytes"]
    return counts


def sums(lines):
    """What the differences from line to line add up to, from nothing on."""
    total, before = {}, {}
    for line in lines:
        now = flat(line)
        for name, value in now.items():
            expect(value >= before.get(name, 0), f"{name} falls from {before} to {now}")
            total[name] = total.get(name, 0) + value - before.get(name, 0)
        before = now
    return total


@case("two phases of work with a pause between; sums equal the final counts")
def phases():
    place = Place()
    script = (f'"{PHASES}" +100000 {slowly("400/1")} - ! {slowly("1.2")} +200000 {slowly("200/0.6")}; '
              f'"{PHASES}" 0.2 {slowly("7/0.2")}')
    done = place.gpuspy("run", "--record", place.path("record"), "sh", "-c", script)
    expect(b"GPU work: YES" in done.stderr, done.stderr)
    record, report = place.record(), place.report()
    same(record.end["reason"], "ended", "why it ended")
    same(record.start["session"], report["session"], "session")
    same(flat(record.end["session"]), flat(report["totals"]), "the final counts")
    same(sums([line["session"] for line in record.lines[1:]]), flat(report["totals"]),
         "sums of the session")
    for process in report["processes"]:
        same(sums(record.process(process["pid"])), flat(process["totals"]),
             f"sums of {process['command']}")
    same({p["pid"] for p in record.end["processes"]}, {p["pid"] for p in report["processes"]},
         "processes of the last line")
    same(record.end["devices"][0]["kernels"], 607, "kernels of the device")
    at = {record.seconds(line): line["session"]["kernels"] for line in record.samples}
    still = [t for t, kernels in at.items() if kernels == 400]
    expect(0.8 < (max(still) - min(still)) / SLOWER < 3, f"a pause of some {slowly('1.2')} s: {at}")
    live = record.values(lambda session: session["live_bytes"])
    expect(100000 + 4096 in live and 200000 + 4096 in live, f"live memory: {live}")
    same(live[-1], 0, "what has ended holds nothing")


@case("what the report knows from a record: the last kernel, the longest pause, the share of time")
def times():
    place = Place()
    done = place.gpuspy("run", "--record", place.path("record"), PHASES,
                        *map(slowly, ("0.5", "30/0.5", "1.5", "20/0.5", "0.4")))
    report = place.report()
    times = report["times"]
    longest, since, at_most = place.record().longest_pause()
    expect(longest > 0 and at_most >= float(slowly("1.5")), f"a pause of {longest} to {at_most} s")
    expect(abs(times["longest_pause"] - longest) < 0.02, (times, longest))
    expect(abs(times["pause_from"] - since) < 0.2 * SLOWER, (times, since))
    expect(float(slowly("0.5")) <= times["first_kernel_after"] < since, (times, since))
    expect(times["pause_from"] + times["longest_pause"] < times["last_kernel_after"] <=
           times["seconds"] + 0.2 * SLOWER, times)
    expect(0.15 < times["share_with_kernels"] < 0.7, times)
    for text in done.stderr, place.gpuspy("report").stdout:
        shown = re.search(rb"  time      first kernel after .* the last after .* longest pause ([0-9.]+) s", text)
        expect(longest >= 60 or abs(float(shown[1]) - longest) < (0.06 if longest < 9.9 else 0.6), (text, longest))
    os.unlink(place.path("record"))
    times = place.report()["times"]
    same([times[name] for name in ("last_kernel_after", "longest_pause", "share_with_kernels")],
         [None] * 3, "without a record")
    os.mkfifo(place.path("record"))
    same(place.report()["times"], times, "a FIFO in the place of the record")


@case("a record that began late or broke off says nothing of the time that it does not have")
def part():
    place = Place()
    names = "last_kernel_after", "longest_pause", "share_with_kernels"
    place.gpuspy("run", "--record", place.path("record"), PHASES, *map(slowly, ("20/1", "0.5", "20/6")))
    times = place.report()["times"]
    expect(None not in (times["last_kernel_after"], times["share_with_kernels"]), times)
    with open(place.path("record"), encoding="utf-8") as file:
        lines = file.readlines()
    def keep(some):
        with open(place.path("record"), "w", encoding="utf-8") as file:
            file.writelines(some)
        report = place.report()
        text = place.gpuspy("report").stdout
        same(b"% of the time" in text, False, text)
        place.gpuspy("report", "--html", place.path("page.html"))
        with open(place.path("page.html"), encoding="utf-8") as file:
            expect("that were recorded" in file.read(), "the page says of what its share is")
        return [report["times"][name] for name in names]
    middle = next(i for i, line in enumerate(lines) if json.loads(line)["monotonic_ns"] >
                  json.loads(lines[0])["monotonic_ns"] + 3.5e9 * SLOWER)
    same(keep(lines[:middle]), [None] * 3, "broken off")
    start = json.loads(lines[0])
    start["monotonic_ns"] = json.loads(lines[middle])["monotonic_ns"]
    late = keep([json.dumps(start) + "\n", *lines[middle:]])
    same(late[1:], [None] * 2, "begun late")
    expect(abs(late[0] - times["last_kernel_after"]) < 0.1, f"the last kernel: {late[0]}, {times}")


@case("a session that a user named ends when nothing of it runs any more")
def named():
    place = Place(GPUSPY_SESSION="mine")
    client = spied(place, "5/0.1", "2", "3/0.1")
    ready(place)
    recorder = place.start("record", "-o", place.path("record"), "mine")
    same((client.wait(), recorder.wait(timeout=20 * SLOWER)), (0, 0), "statuses")
    same(place.record().end["session"]["kernels"], 8, "kernels")
    done = place.gpuspy("run", "--record", place.path("run"), PHASES, "4/0.1")
    same(place.record("run").end["session"]["kernels"], 12, "gpuspy run in a session of that name")
    expect(b"YES" in done.stderr, done.stderr)


@case("a process is in a line when it changed, its command in its first")
def changes():
    place = Place()
    place.gpuspy("run", "--record", place.path("record"), PHASES, slowly("20/0.2"), slowly("0.8"))
    record = place.record()
    quiet = [line for line in record.samples[3:] if not line["processes"]]
    expect(quiet, f"lines without a process: {record.samples}")
    pid = record.end["processes"][0]["pid"]
    same(["command" in one for one in record.process(pid)[:2]], [True, False], "commands")
    expect(record.process(pid)[0]["command"].startswith(PHASES), record.process(pid)[0])


def ready(place):
    """The one running process of a place, once it has launched five kernels."""
    def look():
        done = place.gpuspy("report", "--json", status=None)
        report = json.loads(done.stdout) if done.returncode == 0 else {}
        return report.get("totals", {}).get("kernels") == 5 and report["processes"][0]["pid"]
    return wait_for(look)


def spied(place, *words):
    return subprocess.Popen([PHASES, *words], stderr=subprocess.DEVNULL,
                            env={**place.environment, "LD_PRELOAD": LIBRARY})


@case("a running session: by pid, by name, the last; ends by itself; killed with -9")
def attach():
    place = Place()
    client = spied(place, "5/0.1", "1.5", "100/0.5", "30")
    pid = ready(place)
    session = place.report()["session"]
    recorders = [place.start("record", "-d", "0.1", "-o", place.path(str(i)), *which)
                 for i, which in enumerate(([pid], [session], []))]
    wait_for(lambda: place.report()["totals"]["kernels"] == 105)
    client.kill()
    client.wait()
    same([r.wait(timeout=20 * SLOWER) for r in recorders], [0, 0, 0], "statuses")
    for i in range(3):
        record = place.record(str(i))
        same(record.end["reason"], "ended", "why")
        same(record.end["session"]["kernels"], 105, "the killed one's kernels are all there")
        expect(record.end["processes"][0]["state"] in ("ended", "killed"), record.end)
        same(record.start["interval_seconds"], 0.1, "interval")


@case("a recorder that is told to stop writes its last line; one that is killed leaves whole lines")
def stopped():
    place = Place()
    client = spied(place, "5/0.1", "60")
    try:
        pid = ready(place)
        for number, reason in ((signal.SIGINT, "stopped"), (signal.SIGTERM, "stopped"),
                               (signal.SIGKILL, None)):
            file = place.path(f"record-{number}")
            recorder = place.start("record", "-d", "0.02", "-o", file, pid)
            wait_for(lambda: os.path.exists(file) and
                     os.path.getsize(file) > 2000)
            recorder.send_signal(number)
            status = recorder.wait(timeout=20 * SLOWER)
            record = Record(file)
            same(status, 0 if reason else -9, f"status after {number}")
            same(record.end and record.end["reason"], reason, f"last line after {number}")
            if reason:
                same(record.end["session"]["kernels"], 5, "counts")
    finally:
        client.kill()
        client.wait()


@case("gpuspy run is killed: the record goes on to the end of what it ran")
def orphaned():
    place = Place()
    run = place.start("run", "--record", place.path("record"), PHASES, "5/0.1", "1", "10/0.1",
                      stderr=subprocess.DEVNULL)
    ready(place)
    run.kill()
    run.wait()
    wait_for(lambda: place.record().end)
    same(place.record().end["session"]["kernels"], 15, "kernels")


@case("what a command leaves behind is recorded on; gpuspy run does not wait for it")
def background():
    place = Place()
    began = time.monotonic()
    script = f'"{PHASES}" 10/0.2 {slowly("2.5")} 5/0.1 >/dev/null 2>&1 & "{PHASES}" 3/0.1'
    done = place.gpuspy("run", "--record", place.path("record"), "sh", "-c", script)
    expect(time.monotonic() - began < 2 * SLOWER, "gpuspy run waited")
    expect(not place.record().end, "it has not ended")
    wait_for(lambda: place.record().end)
    same(place.record().end["session"]["kernels"], 18, "kernels")
    expect(b"YES" in done.stderr, done.stderr)


@case("the segments are removed in mid-run: the counts that were seen stay")
def removed():
    place = Place()
    client = spied(place, "5/0.1", "60")
    try:
        pid = ready(place)
        session = place.report()["session"]
        recorder = place.start("record", "-d", "0.05", "-o", place.path("record"), pid)
        wait_for(lambda: place.lines() > 3)
        folder = os.path.join(place.sessions, session)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        # With the folder's files the owner's name is gone, too: the record may end with that look.
        wait_for(lambda: any(
            p["state"] == "lost" for line in place.record().lines for p in line.get("processes", [])))
    finally:
        client.kill()
        client.wait()
    same(recorder.wait(timeout=20 * SLOWER), 0, "status")
    end = place.record().end
    same((end["session"]["kernels"], end["processes"][0]["state"]), (5, "lost"), "the last line")


@case("the driver's figures, where there is NVML: named as its own, with the process's share")
def driver():
    place = Place(LD_LIBRARY_PATH=f"{os.path.join(BUILD, 'tests', 'sim', 'lib')}:{FAKE_NVML}")
    place.environment["FAKE_NVML_PID_FILE"] = place.path("pid")
    script = f'echo $$ >{place.path("pid")}; exec "{PHASES}" {slowly("20/1")}'
    place.gpuspy("run", "--record", place.path("record"), "sh", "-c", script)
    record, pid = place.record(), place.report()["processes"][0]["pid"]
    shares = [line["driver"][0] for line in record.samples if line["driver"][0]["processes"]]
    expect(shares, f"lines with the process: {record.samples}")
    same(shares[0]["processes"], [{"pid": pid, "used_bytes": 3 << 30, "utilisation": 29}], "process")
    same((shares[0]["utilisation"], shares[0]["used_bytes"], shares[0]["total_bytes"]),
         (37, 4 << 30, 64 << 30), "device")
    page = place.path("page.html")
    place.gpuspy("report", "--html", page)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    expect("as the driver says" in text and "share</span> up to <b>29 %" in text and
           "share</span> up to <b>3.0 GiB" in text, "in the page")
    place.environment["FAKE_NVML_FAILS"] = "1"
    place.gpuspy("run", "--record", place.path("record"), "sh", "-c", script)
    same([line for line in place.record().lines if "driver" in line], [], "without a driver")


@case("under 1 % of a core, and on its own account: nothing but its own pace is asked of it")
def cheap():
    place = Place()
    client = spied(place, "5/0.1", "60")
    try:
        pid = ready(place)
        recorder = place.start("record", "-d", "1", "-o", place.path("record"), pid)
        wait_for(lambda: place.lines() > 2)
        before = processor_seconds(recorder.pid)
        time.sleep(10)
        used = processor_seconds(recorder.pid) - before
        recorder.terminate()
        recorder.wait(timeout=20 * SLOWER)
        expect(used <= 0.1 * SLOWER, f"{used} s of 10 s")
    finally:
        client.kill()
        client.wait()


def crowd(place, processes, functions):
    """So many watched processes in the session "all", until they are killed."""
    crowd = subprocess.Popen([CROWD, place.sessions, str(processes), str(functions), str(300 * SLOWER), "all"],
                             stdout=subprocess.PIPE)
    crowd.stdout.readline()
    session = os.path.join(place.sessions, "all")
    wait_for(lambda: len(os.listdir(session)) == processes, 120)
    return crowd


@case("500 processes: all in each line, whole lines, under 1 % of a core")
def many():
    processes = 500 // SLOWER  # as many as an emulated machine reads in the time that a look has
    place = Place()
    watched = crowd(place, processes, 40)
    try:
        recorder = place.start("record", "-o", place.path("record"), "all")
        wait_for(lambda: place.lines() > 2, 60)
        before, began = processor_seconds(recorder.pid), time.monotonic()
        time.sleep(15 * SLOWER)
        used, took = processor_seconds(recorder.pid) - before, time.monotonic() - began
        recorder.terminate()
        recorder.wait(timeout=60 * SLOWER)
    finally:
        watched.kill()
        watched.wait()
    record = place.record()
    looks = [line["session"] for line in record.samples]
    expect(all("left_out" not in look for look in looks), looks)
    same({look["running"] for look in looks}, {processes}, "processes")
    expect(len(record.samples) > 2, f"{len(record.samples)} samples")
    expect(used <= (0.01 * took + 0.05) * SLOWER, f"{used} s of {took} s")


@case("what is too much to read is left out, and counted; it is not lost; a look longer than the delay ends when told")
def left_out():
    place = Place()
    watched = crowd(place, 160, 8000)
    try:
        recorder = place.start("record", "-d", "0.01", "-o", place.path("record"), "all")
        wait_for(lambda: place.lines() > 3, 60)
        recorder.terminate()
        recorder.wait(timeout=60 * SLOWER)
    finally:
        watched.kill()
        watched.wait()
    samples = [line["session"] for line in place.record().samples]
    expect(samples[-1].get("left_out", 0) > 5 and samples[-1]["running"] > 20, samples[-1])
    # Later ones that are left out may be known to run.
    same(samples[0]["left_out"] + samples[0]["running"], 160, "processes")


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@case("what a recorder leaves open is its own: who waits for a report's end does not wait for it")
def open_files():
    place = Place()
    os.mkfifo(place.path("pipe"))
    script = f'"{PHASES}" 5/0.1 3 >/dev/null 2>&1 & sleep 1'
    reader = subprocess.Popen(["cat", place.path("pipe")], stdout=subprocess.PIPE)
    command = (f'exec "{GPUSPY}" run --json {place.path("json")} --record {place.path("record")} '
               f"sh -c '{script}' 7>{place.path('pipe')} >/dev/null 2>&1")
    subprocess.run(["sh", "-c", command.replace("-c '", "-c 'exec 7>&-; ")], env=place.environment,
                   timeout=60 * SLOWER, check=True)
    same(reader.wait(timeout=2 * SLOWER), 0, "the reader's end")
    reader.stdout.close()
    expect(not place.record().end, "the record goes on")
    wait_for(lambda: place.record().end)


@case("a FIFO without a reader holds neither the command nor its end; one that comes reads the record")
def fifo():
    place = Place()
    for script, status in ("exit 5", 5), (f"cat {place.path('fifo')} >{place.path('read')} & sleep 1", 0):
        os.mkfifo(place.path("fifo"))
        place.gpuspy("run", "--record", place.path("fifo"), "sh", "-c", script, status=status)
        os.unlink(place.path("fifo"))
    wait_for(lambda: b'"type":"start"' in open(place.path("read"), "rb").read())


def full_fifo(place):
    os.mkfifo(place.path("fifo"))
    reader = os.open(place.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, F_SETPIPE_SZ, 4096)
    return reader, None, place.path("fifo")


def terminal(_):
    """With its modes as they are found: it may have room, and not for a whole line."""
    reader, writer = os.openpty()
    return reader, writer, os.ttyname(writer)


@contextlib.contextmanager
def stopped_when_full(made):
    """A recorder that was told to stop when what it writes to was full, and who may read that."""
    place = Place()
    client = spied(place, "5/0.1", "60")
    reader, kept, path = made(place)
    try:
        recorder = place.start("record", "-d", "0.01", "-o", path, ready(place))
        wait_for(lambda: select.select([reader], [], [], 0)[0], 60)
        time.sleep(2 * SLOWER)  # till it is full
        recorder.terminate()
        yield recorder, reader
    finally:
        client.kill()
        client.wait()
        os.close(reader)
        if kept is not None:
            os.close(kept)


for output in (full_fifo, terminal):
    @case(f"a reader that reads no more does not hold a recorder that is told to stop: {output.__name__}", output)
    def reader_stalls(made):
        with stopped_when_full(made) as (recorder, _):
            same(recorder.wait(timeout=10 * SLOWER), 1, "status")


@case("a reader that is slow, and reads on, has all lines")
def reader_is_slow():
    read = b""
    with stopped_when_full(full_fifo) as (recorder, reader):
        while recorder.poll() is None or select.select([reader], [], [], 0)[0]:
            time.sleep(0.2)  # it is given 2 seconds, on a slow machine too
            try:
                part = os.read(reader, 60)
            except BlockingIOError:
                continue
            if not part:
                break
            read += part
        same(recorder.wait(timeout=10 * SLOWER), 0, "status")
    same(json.loads(read.splitlines()[-1])["type"], "end", "the last line")


@case("a full disk ends the record with one line, not the command")
def full():
    if not os.path.exists("/dev/full"):
        raise Skip("there is no /dev/full")
    place = Place()
    done = place.gpuspy("run", "--record", "/dev/full", PHASES, "5/0.2")
    expect(b"/dev/full" in done.stderr and b"YES" in done.stderr, done.stderr)
    client = spied(place, "5/0.1", "60")
    try:
        done = place.gpuspy("record", "-o", "/dev/full", ready(place), status=1)
        same(done.stderr.count(b"\n"), 1, f"one line: {done.stderr!r}")
    finally:
        client.kill()
        client.wait()


@case("a file that ends before its line does is cut back to whole lines")
def limited():
    place = Place()
    limit = f'ulimit -f 4; exec "{GPUSPY}" run --record {place.path("record")} "{PHASES}" {slowly("5/4")}'
    subprocess.run(["bash", "-c", f"trap '' XFSZ; {limit}"], env=place.environment, timeout=60 * SLOWER,
                   capture_output=True, check=False)
    record = place.record()
    expect(record.samples and not record.end, "it was cut")


@case("a command by gpuspy record: its status, its output, a file of its own")
def command():
    place = Place()
    done = place.gpuspy("record", "--", "sh", "-c", f'echo said; "{PHASES}" 3/0.1; exit 9', status=9,
                        cwd=place.folder.name)
    same(done.stdout, b"said\n", "standard output")
    same(place.record("gpuspy-record.jsonl").end["session"]["kernels"], 3, "kernels")
    done = place.gpuspy("record", "-d", "0.05", "-o", place.path("other"), "--", PHASES, "3/0.1")
    same(place.record("other").start["interval_seconds"], 0.05, "interval")


@case("- is standard output, for a session and beside a command")
def standard_output():
    place = Place()
    for words in (["record", "-o", "-", "--"], ["run", "--record", "-"]):
        with open(place.path("record"), "ab") as output:
            done = subprocess.run([GPUSPY, *words, PHASES, "3/0.1"], env=place.environment, stdout=output,
                                  stderr=subprocess.PIPE, cwd=place.folder.name, check=True)
        same(place.record().end["session"]["kernels"], 3, f"kernels of {words}")
        expect(b"GPU work: YES" in done.stderr, done.stderr)
        os.unlink(place.path("record"))
    lines = place.gpuspy("record", "-o", "-").stdout.splitlines()
    same([json.loads(line)["type"] for line in (lines[0], lines[-1])], ["start", "end"], "of a session")
    same(os.listdir(place.folder.name), ["sessions"], "files")


@case("what is wrong is said by gpuspy record, not by run")
def own_name():
    place = Place()
    for words, status in ((["-o", place.path("no/such"), "--", "true"], 125), (["--", "no-such-command"], 127),
                          (["--", "/etc/passwd"], 126)):
        said = place.gpuspy("record", *words, status=status, cwd=place.folder.name).stderr
        expect(said.startswith(b"gpuspy record: ") and said.count(b"\n") == 1, said)
    said = place.gpuspy("record", "-o", "/dev/full", "--", "true").stderr
    expect(b"gpuspy record: the record ends here: /dev/full: " in said and b"gpuspy run" not in said, said)


@case("the example of gpuspy-record(5), word for word")
def example():
    place = Place()
    program("jq")
    with open(os.path.join(SOURCE, "tools", "man", "gpuspy-record.5"), encoding="utf-8") as page:
        text = page.read().split(".SH EXAMPLE")[1].split(".nf\n")[1].split(".fi\n")[0]
    place.gpuspy("run", "--record", "run.jsonl", PHASES, "3/0.1", cwd=place.folder.name)
    done = subprocess.run(["sh", "-c", text.replace("\\-", "-").replace("\\(aq", "'")], cwd=place.folder.name,
                          capture_output=True, text=True, check=False)
    same((done.returncode, done.stderr), (0, ""), text)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    expect(len(rows) >= 2 and all(float(row[0]) > 0 for row in rows), done.stdout)
    same(rows[-1][1], "3", "kernels at the end")


@case("usage: one line and status 2; nothing to record: one line and status 1")
def usage():
    place = Place()
    for words in (["-d", "x"], ["-d", "0"], ["-d", "nan"], ["1", "2"], ["1", "--", "true"],
                  ["--"], ["1", "--"], ["-o", ""], ["--frobnicate"]):
        done = place.gpuspy("record", *words, status=2)
        same((done.stdout, done.stderr.count(b"\n")), (b"", 1), f"{words}: {done.stderr!r}")
    for words in ([], ["123"], ["name"], ["../x"]):
        done = place.gpuspy("record", *words, status=1)
        same((done.stdout, done.stderr.count(b"\n")), (b"", 1), f"{words}: {done.stderr!r}")
    done = place.gpuspy("run", "--record", place.path("no/such"), "true", status=125)
    same(done.stderr.count(b"\n"), 1, f"{done.stderr!r}")
    place.gpuspy("record", "--help")


main()

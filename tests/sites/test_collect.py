"""gpuspy collect: records of sessions, each once."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys

from cluster import (BUILD, SIM_LIB, SLOWER, Site, Skip, add_case, case, client, expect, json_schema,
                     main, program, same, slurm)

WORK = [client("client-linked")]
KERNELS = 10
WAITS = "import ctypes; ctypes.CDLL('libcuda.so.1').cuInit(0); print('ready', flush=True); input()"
MAKE = os.path.join(BUILD, "tests", "sites", "make-sessions")


def briefs(site, record="session"):
    return [line["brief"] for line in site.lines() if line["brief"]["record"] == record]


def collect(site, *words, **options):
    return site.gpuspy("collect", "--records", site.records, *words, **options)


@case("each session once, and the host's line each time; a record is the session's report")
def _():
    site = Site()
    for task in 0, 1, 2:
        site.run(WORK, slurm(task=task))
    collect(site, "--job", "12")
    same([(b["task"], b["kernels"], b["verdict"], b["state"]) for b in
          sorted(briefs(site), key=lambda b: b["task"])],
         [(n, KERNELS, "gpu-work", "ended") for n in (0, 1, 2)], "the records")
    host, = briefs(site, "host")
    same((host["job"], host["sessions"], host["lost"], host["running"]), ("12", 3, 0, 0),
         "the host's line")
    for line in site.lines():
        if line["brief"]["record"] == "session":
            same(json_schema.faults(line), [], "the record against the schema")
    collect(site, "--job", "12")
    collect(site, "--all")
    same(len(briefs(site)), 3, "records after two more collections")
    same([b["sessions"] for b in briefs(site, "host")], [3, 3], "sessions in the host's lines")
    site.run(WORK)
    collect(site, "--all")
    same([b["job"] for b in briefs(site)], ["12"] * 3 + [None], "with one of no job")


@case("a job of which nothing was seen has a line, too")
def _():
    site = Site()
    site.run(["sh", "-c", "true"], slurm())
    collect(site, "--job", "12")
    same(site.lines()[0]["brief"]["sessions"], 0, "sessions")


@case("another job's sessions and another user's are left alone")
def _():
    site = Site()
    site.run(WORK, slurm(job="12"))
    site.run(WORK, slurm(job="13"))
    collect(site, "--job", "12")
    same([b["job"] for b in briefs(site)], ["12"], "jobs")
    collect(site, "--all", "--uid", "4242")
    same(len(briefs(site)), 1, "records")
    collect(site, "--all", "--uid", str(os.getuid()))
    same([b["job"] for b in briefs(site)], ["12", "13"], "jobs")


@case("elements of an array and components of a heterogeneous job")
def _():
    site = Site()
    site.run(WORK, slurm(job="20", SLURM_ARRAY_JOB_ID="9", SLURM_ARRAY_TASK_ID="5"))
    site.run(WORK, slurm(job="9", SLURM_ARRAY_JOB_ID="9", SLURM_ARRAY_TASK_ID="6"))
    site.run(WORK, slurm(job="31", SLURM_HET_JOB_ID="30"))
    for job, records in ("9_5", 1), ("9", 2), ("30", 3), ("31", 3):
        collect(site, "--job", job)
        same(len(briefs(site)), records, f"records after that of job {job}")


@case("a running session is a running one, and later an ended one; a killed one too")
def _():
    site = Site()
    child = site.start([sys.executable, "-c", WAITS], slurm())
    same(child.stdout.readline(), b"ready\n", "what it says")
    collect(site, "--all")
    same(briefs(site), [], "records of all that ended")
    collect(site, "--job", "12")
    same([b["state"] for b in briefs(site)], ["running"], "states")
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    child.stdin.close()
    collect(site, "--all")
    same([b["state"] for b in briefs(site)], ["running", "ended"], "states")
    same(briefs(site)[0]["key"], briefs(site)[1]["key"], "the session")
    line = site.lines()[-1]
    same(line["processes"][0]["state"], "ended", "the process")


@case("a session that goes on after its record was made is collected again")
def _():
    site = Site()
    for wanted in 1, 2:
        site.run(WORK, slurm(), GPUSPY_SESSION="named")
        collect(site, "--all")
        same([b["kernels"] for b in briefs(site)][-1], wanted * KERNELS, "kernels")
        same(len(briefs(site)), wanted, "records")


@case("a session of so many processes that some are but a sum, which goes on after its record was made")
def _():
    site = Site()
    runs = 0

    def run(number):
        nonlocal runs
        site.run(["sh", "-c", f"for i in $(seq {number}); do {WORK[0]} >/dev/null; done"], GPUSPY_SESSION="many",
                 timeout=200)
        runs += number
        folder = os.listdir(os.path.join(site.dir, "many"))
        return sum(name.endswith(".seg") for name in folder)

    run(148)
    files = run(8)
    collect(site, "--all")
    same(briefs(site)[-1]["kernels"], runs * KERNELS, "kernels")
    run(8)
    same(run(8), files, "as many files as there were before")
    collect(site, "--all")
    same((len(briefs(site)), briefs(site)[-1]["kernels"]), (2, runs * KERNELS), "records and kernels")
    same(briefs(site)[0]["key"], briefs(site)[1]["key"], "the session")


@case("records that cannot be written: said, status 125, and made later")
def _():
    site = Site()
    site.run(WORK, slurm())
    if os.geteuid() == 0:
        full = "/proc/1"  # no folder can be made there
    else:
        full = os.path.join(site.place.name, "closed")
        os.mkdir(full, 0o500)
    done = subprocess.run(["true"], check=False)
    said = site.gpuspy("collect", "--all", "--records", full, status=125)
    same((said, done.returncode), ("", 0), "standard output")
    collect(site, "--all")
    same(len(briefs(site)), 1, "records")


@case("a full file system: no half of a line, and the records are made later")
def _():
    if os.geteuid() != 0:
        raise Skip("needs mount(8)")
    site = Site()
    for task in range(8):
        site.run(WORK, slurm(task=task))
    script = f"""
        mount -t tmpfs -o size=24k none {site.records} || exit 99
        {BUILD}/tools/gpuspy collect --all --records {site.records}; echo $?
        cat {site.records}/*/*/*/*.jsonl | wc -c
        umount {site.records}
    """
    done = subprocess.run([program("unshare"), "-m", "sh", "-c", script], env=site.env(),
                          capture_output=True, text=True, check=False)
    if done.returncode in (1, 99):
        raise Skip("nothing can be mounted here")
    same(done.stdout.split(), ["125", "0"], f"status and bytes ({done.stderr})")
    expect("No space left" in done.stderr, done.stderr)
    collect(site, "--all")
    same(len(briefs(site)), 8, "records")


@case("by hand, to standard output: nothing is marked")
def _():
    site = Site()
    site.run(WORK, slurm())
    for _ in range(2):
        out = site.gpuspy("collect", "--all", "--records", "-")
        same(len(out.splitlines()), 1, "lines")
        same(json.loads(out)["brief"]["kernels"], KERNELS, "kernels")


@case("privacy: no command lines, no kernels' names, users hashed or hidden")
def _():
    site = Site()
    site.run([*WORK, "secret-argument"], slurm())
    site.configure("record-commands = no\nrecord-kernels = no\nrecord-users = hash\n")
    collect(site, "--all", "--again")
    collect(site, "--all", "--again")
    first, again = site.lines()
    same(first["kernels"], [], "kernels")
    same(first["processes"][0]["command"], None, "the command")
    expect(first["user"].startswith("user-") and len(first["user"]) == 17, first["user"])
    same((first["user"], first["brief"]["user"]), (again["user"], again["user"]), "the code")
    text = json.dumps(first)
    for word in "secret-argument", "client-linked", f'"uid": {os.getuid()}':
        expect(word not in text, f"{word} in {text}")
    key = os.path.join(site.records, ".key")
    same(stat.S_IMODE(os.stat(key).st_mode), 0o600, "the key's mode")
    site.configure("record-users = no\n")
    collect(site, "--all", "--again")
    same((site.lines()[-1]["user"], site.lines()[-1]["brief"]["user"]), (None, None), "the user")


@case("as root: somebody else's link, and a folder that is another's than its name says")
def _():
    if os.geteuid() != 0:
        raise Skip("needs root")
    site = Site()
    site.run(WORK, slurm())
    owner, other = "64001", "64002"
    bases = {uid: os.path.join(site.place.name, f"gpuspy-{uid}") for uid in (owner, other)}
    os.chmod(site.place.name, 0o755)
    os.mkdir(bases[owner], 0o700)
    os.chown(bases[owner], int(other), int(other))
    os.symlink(site.dir, bases[other])
    site.configure(f"folder = {site.place.name}/gpuspy-%u\n")
    env = {"GPUSPY_DIR": None}
    said = subprocess.run([BUILD + "/tools/gpuspy", "collect", "--all", "--records", site.records],
                          env=site.env(**env), capture_output=True, text=True, check=False)
    same((said.returncode, site.lines()), (0, []), f"status and lines ({said.stderr})")
    expect("2 folders were not looked at" in said.stderr, said.stderr)


@case("as root: a user's mark that is a link to something else is not written through")
def _():
    if os.geteuid() != 0:
        raise Skip("needs root")
    site = Site()
    site.run(WORK, slurm())
    victim = os.path.join(site.place.name, "victim")
    with open(victim, "w", encoding="utf-8") as file:
        file.write("precious")
    session, = os.listdir(site.dir)
    os.symlink(victim, os.path.join(site.dir, session, "collected"))
    collect(site, "--all")
    with open(victim, encoding="utf-8") as file:
        same(file.read(), "precious", "the other file")
    same(len(briefs(site)), 1, "records")


@case("a folder in which each user has sessions of his own")
def _():
    if os.geteuid() != 0:
        raise Skip("needs root")
    site = Site()
    site.run(WORK, slurm())
    session, = os.listdir(site.dir)
    for name in session, *os.listdir(os.path.join(site.dir, session)):
        path = os.path.join(site.dir, session) if name == session else os.path.join(
            site.dir, session, name)
        os.chown(path, 64001, 64001)
    collect(site, "--all")
    same([b["uid"] for b in briefs(site)], [64001], "whose it is")


@case("sessions that were pruned before their collection are counted as lost")
def _():
    site = Site()
    site.configure("keep-sessions = 5\n")
    for task in range(9):
        site.run(WORK, slurm(task=task))
    collect(site, "--job", "12")
    host, = briefs(site, "host")
    same((len(briefs(site)), host["lost"]), (5, 4), "records and losses")


@case("where the site keeps records, a job's sessions wait for their collection")
def _():
    site = Site()
    site.configure(f"keep-sessions = 5\nrecords = {site.records}\n")
    for task in range(9):
        site.run(WORK, slurm(task=task))
    site.gpuspy("collect", "--job", "12")
    host, = briefs(site, "host")
    same((len(briefs(site)), host["lost"]), (9, 0), "records and losses")
    site.run(WORK)
    same(len(os.listdir(site.dir)), 5, "sessions that are kept after the collection")


@case("where the site keeps records, the first process of a job leaves one, and no report")
def _():
    site = Site()
    site.configure(f"records = {site.records}\n")
    done = site.run(["sh", "-c", "true; echo done"], slurm(step=None), GPUSPY_REPORT="auto")
    same((done.returncode, done.stdout, done.stderr), (0, b"done\n", b""), "what it said")
    site.gpuspy("collect", "--job", "12")
    same([(b["verdict"], b["reason"]) for b in briefs(site)], [("gpu-unused", "never-asked")],
         "the record")
    done = site.run(["sh", "-c", client("client-linked") + "; true"], slurm(step=None), GPUSPY_REPORT="auto")
    expect(b"GPU work: YES" in done.stderr, done.stderr)
    done = site.run(["sh", "-c", "true"], GPUSPY_REPORT="auto")
    same(done.stderr, b"", "outside of a job")
    same(len(os.listdir(site.dir)), 2, "sessions")


@case("where the site keeps records and reports never: a job without GPU work is one, whatever it ran")
def _():
    for command in [sys.executable, "-c", "pass"], ["sh", "-c", f"{sys.executable} -c pass; true"], \
            [client("client-plugin"), "/nowhere"]:
        site = Site()
        site.configure(f"records = {site.records}\nreport = never\n")
        site.run(command, slurm(nodes="n1"), GPUSPY_REPORT=None)
        site.gpuspy("collect", "--job", "12")
        report = json.loads(site.gpuspy("report", "--job", "12", "--json"))
        same((report["verdict"], report["reason"]), ("gpu-unused", "never-asked"), f"{command}: {report['summary']}")


@case("sessions that are removed while they are read: no record of others is lost by that")
def _():
    site = Site()
    site.run(WORK, slurm())
    session, = os.listdir(site.dir)
    remover = subprocess.Popen([sys.executable, "-c", f"""if True:
        import os, shutil
        print("ready", flush=True)
        while True:
            for number in range(30):
                shutil.copytree({site.dir + "/" + session!r}, {site.place.name!r} + "/new")
                os.rename({site.place.name!r} + "/new", {site.dir!r} + f"/9{{number}}-7")
            for number in range(30):
                shutil.rmtree({site.dir!r} + f"/9{{number}}-7")
    """], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        remover.stdout.readline()
        for _ in range(150):
            lines = site.gpuspy("collect", "--job", "12", "--again", "--records", "-").splitlines()
            host = json.loads(lines[-1])["brief"]
            same((host["record"], host["unreadable"]), ("host", 0), f"the last of {len(lines)} lines")
    finally:
        remover.kill()
        remover.wait()
        remover.stdout.close()


@case("as root: a user's list of pruned sessions that has no end")
def _():
    if os.geteuid() != 0:
        raise Skip("needs root")
    site = Site()
    os.chmod(site.place.name, 0o755)
    base = os.path.join(site.place.name, "gpuspy-64001")
    os.mkdir(base, 0o700)
    with open(os.path.join(base, ".pruned"), "wb") as file:
        file.write(b"12\n" * 3 + b"13\n")
        file.truncate(64 << 30)
    for name in base, file.name:
        os.chown(name, 64001, 64001)
    site.configure(f"folder = {site.place.name}/gpuspy-%u\n")
    seconds = -processor_time()
    collect(site, "--job", "12", "--uid", "64001", env={"GPUSPY_DIR": None})
    seconds += processor_time()
    same(briefs(site, "host")[0]["lost"], 3, "sessions lost")
    expect(seconds < 1, f"{seconds} s")


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def collected(number):
    """The processor time that so many sessions take."""
    site = Site()
    subprocess.run([MAKE, site.dir, str(number), "12"], check=True)
    seconds = -processor_time()
    collect(site, "--job", "12")
    seconds += processor_time()
    same(len(briefs(site)), number, "records")
    print(f"# {number} sessions in {seconds:.2f} s of processor time")
    return seconds


@case("several hundred sessions: time")
def _():
    seconds = collected(1000)
    # An emulated processor's time is no measure: there ten times as many take some ten times as long.
    expect(seconds < 2 or SLOWER > 1 and seconds < 20 * collected(100), f"{seconds} s for 1000 sessions")


def refused(words, message):
    done = subprocess.run([BUILD + "/tools/gpuspy", "collect", *words], capture_output=True,
                          text=True, check=False, env=Site().env())
    same((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), f"{done.stderr}")
    expect(message in done.stderr, done.stderr)


for arguments, text in (([], "either --job ID or --all"), (["--job", ""], "no ID"),
                        (["--all", "--job", "1"], "exclude"), (["--all", "--records", ""], "no folder"),
                        (["--all", "--nodes", "n1"], "are for --job"), (["--all", "--gpus", "0"], "are for --job"), (["--all", "x"], "unexpected"),
                        (["--all", "--uid", "no-such-user"], "no user"),
                        (["--all", "--uid", "-1"], "no user")):
    add_case(f"bad arguments: {arguments}", refused, arguments, text)


if __name__ == "__main__":
    main()

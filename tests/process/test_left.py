"""What a program started and left behind: while that goes on, there is no NO, at the end nor later.
The program's own threads, and what cannot use a GPU, are no reason."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

from common import (GPUSPY, LIBRARY, PROCESS, SLOWER, Run, Skip, add_case, as_nobody, case, client, expect, is_an_argument, main,
                    need_another_user, need_system_calls, program, same, split_reports)

LEFT = os.path.join(PROCESS, "left")
WORK = (client("client-outcome"), "work")
IDLE = (client("client-outcome"), "idle", "return")
GOES_ON = 1.5 * SLOWER # seconds, in which the program has long ended
UNKNOWN, NO = b"gpuspy: GPU work: UNKNOWN", b"gpuspy: GPU work: NO"


def run(*words):
    return Run([GPUSPY, "run", *words], {"SIM_LEDGER": None}, spied=False)


def spied(*words, env=None, **options):
    return Run(words, {"SIM_LEDGER": None, **(env or {})}, output=False, **options)


def in_a_namespace(*words):
    """One of processes, whose first is a shell that lives on."""
    done = spied(program("unshare"), "--pid", "--fork", "--mount-proc", program("sh"), "-c", '"$@"; sleep 2', "sh",
                 program("env"), f"LD_PRELOAD={LIBRARY}", *words, spied=False)
    if b"unshare failed" in done.stderr or b"mount " in done.stderr:
        raise Skip("it may not make a namespace of processes")
    return done


def goes_on(done, what=""):
    report = split_reports(done.stderr)[1][0]
    expect(report.startswith(UNKNOWN) and b"went on" in report, (what, done.stderr))


# Forks twice, as daemons do; argv: what it goes on as, and for how long it waits before.
DAEMON = """
import os, subprocess, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(float(sys.argv[2]))
        if sys.argv[3:]:
            os.execv(sys.argv[3], sys.argv[3:])
    os._exit(0)
os.wait()
"""
# More threads than are told by their numbers: all of /proc is looked at then.
CROWD = """
import threading
for _ in range(200):
    threading.Thread(target=int).start()
"""
IN_BACKGROUND = 'import os, sys; os.system("sh -c \\"sleep %s; %s\\" >/dev/null 2>&1 &" % (sys.argv[2], " ".join(sys.argv[3:])))'


@case("who started the program, in the same tick of the kernel's clock, is nothing that it left behind")
def ancestors():
    become = f"/bin/true; exec {sys.executable} -c pass"  # a program that it was before had children
    for before in (("setsid", "-w"), ("setsid", "-w", "sh", "-c", '"$@"; true', "sh"),
                   ("unshare", "--pid", "--fork", "--mount-proc")):
        for _ in range(10):
            done = spied(*before, "sh", "-c", f'LD_PRELOAD={LIBRARY} sh -c "$0"; true', become, spied=False)
            if b"unshare failed" in done.stderr or b"mount " in done.stderr:
                continue
            expect(split_reports(done.stderr)[1][0].startswith(NO), (before, done.stderr))


@case("who started a daemon says no NO while it runs, nor do later readers, or when it has worked")
def daemon():
    for code, words in ((DAEMON, ()), (DAEMON, WORK), (DAEMON + CROWD, ()), (IN_BACKGROUND, ("true",)),
                        (IN_BACKGROUND, WORK)):
        command = (sys.executable, "-c", code, "daemon", str(GOES_ON), *words)
        for start in (run, spied):
            done = start(*command)
            first = split_reports(done.stderr)[1][0] # what the daemon says of itself comes later
            expect(first.startswith(UNKNOWN) and b"went on" in first, (code, words, start, done.stderr))
            if words == WORK:
                time.sleep(GOES_ON + SLOWER)
            listed = [line for line in done.tool("list").stdout.splitlines() if " -c " in line]
            expect(len(listed) == 1 and " UNKNOWN " in listed[0], (code, words, start, listed))


def left(how, *more, prefix=(), **options):
    goes_on(spied(*prefix, LEFT, how, str(GOES_ON), *more, **options))


for hard_to_see, what in (("plain", "a forked child"),
                          ("thread", "a daemon whose first thread has left"),
                          ("owner", "a forked child of a program whose own first thread has left"),
                          ("chain", "processes of which each starts the next and ends")):
    add_case(f"{what} is seen", left, hard_to_see)


@case("a child that hides its memory is seen")
def hidden():
    left("hidden", prefix=need_another_user(), prepare=as_nobody)


@case("a child that is in the middle of execve(2) is seen")
def becomes():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        for i in range(20):
            left("become", shutil.copy(program("bash"), os.path.join(folder, f"shell{i}")))
    # Its environment comes after its arguments.
    for i in range(10):
        left("become", program("sh"), env={f"V{n}": "" for n in range(40000)})


@case("what a shell started before it became the program is seen")
def before_exec():
    goes_on(spied("bash", "-c", f'(sleep {GOES_ON}; :) >/dev/null 2>&1 & exec "$@"', "bash", *IDLE))


SLEEPS = f"sleep {GOES_ON}; :"


@case("what the caller of gpuspy run started before it became that is not the command's")
def before_run():
    words = ("sh", GPUSPY, "run", "true")
    for script in (f'({SLEEPS}) & exec "$@"', f'exec "$@" < <(echo; {SLEEPS})', f'exec "$@" > >(cat; {SLEEPS})',
                   f'((sleep 0.5; exit) & {SLEEPS}) & exec "$@"'):
        done = Run(("bash", "-c", script, *words), {"SIM_LEDGER": None}, spied=False)
        expect(split_reports(done.stderr)[1][0].startswith(NO), (script, done.stderr))
    # Nor what that had started, and left to gpuspy later.
    ends = (f'(({SLEEPS}) & sleep {0.3 * SLOWER}) & sleep {0.1 * SLOWER}; '
            f'exec "$@" run sleep {0.6 * SLOWER}')
    done = Run(("bash", "-c", ends, "sh", GPUSPY), {"SIM_LEDGER": None}, spied=False)
    expect(split_reports(done.stderr)[1][0].startswith(NO), done.stderr)


@case("beside those, what the command left is seen, and what nobody knows is no NO")
def beside_before():
    for script in (f'({SLEEPS}) & exec "$@" run bash -c "({SLEEPS}) & exit 0"',
                   f'(sleep {0.5 * SLOWER}; ({SLEEPS}) & sleep {0.3 * SLOWER}) & exec "$@" run sleep {1.2 * SLOWER}'):
        goes_on(Run(("bash", "-c", script, "sh", GPUSPY), {"SIM_LEDGER": None}, spied=False), script)


@case("what the command left is seen where /proc is that of another namespace")
def other_proc():
    words = (program("unshare"), "--pid", "--fork", GPUSPY, "run", "sh", "-c", f"({SLEEPS}) & exit 0")
    done = Run(words, {"SIM_LEDGER": None}, spied=False)
    if b"unshare failed" in done.stderr:
        raise Skip("it may not make a namespace of processes")
    goes_on(done)


@case("the rest of a pipeline is nobody that goes on")
def pipeline():
    """Not to be seen by a name, either: it is not the program's."""
    for script in '"$@" | env -i sh -c "sleep 1; :"', '("$@"; :) | env -i sh -c "sleep 1; :"':
        done = spied("bash", "-c", f"export LD_PRELOAD={LIBRARY}; {script}", "bash", *IDLE, spied=False)
        expect(NO in done.stderr, (script, done.stderr))


@case("others of the same script, and filters of the output, are nobody that goes on")
def others_of_a_script():
    """Orphans of the same group they are, or children of the shell that became the program."""
    idle, slow = f'LD_PRELOAD={LIBRARY} "$@"', f"{sys.executable} -c 'import time; time.sleep(2)' 2>/dev/null"
    meanwhile = f"{sys.executable} -c 'import time; time.sleep(1)'"
    starter = f"{sys.executable} -c 'import os, time; time.sleep(0.8); os.system(\"sh -c \\\"sleep 2; :\\\" &\")' 2>/dev/null"
    orphan = f"( sleep 0.5; ( {slow} & ) ) &"
    for script in (f"{orphan} LD_PRELOAD={LIBRARY} {meanwhile}; :",
                   f"{orphan} LD_PRELOAD={LIBRARY} sh -c '/bin/true; exec \"$@\"' sh {meanwhile}; :",
                   f"LD_PRELOAD={LIBRARY} {starter} & sleep 0.3; LD_PRELOAD={LIBRARY} {meanwhile}; wait",
                   f"{idle} > >({slow})", f'{idle} 2> >(while read -r line; do echo "$line"; done >&2); sleep 1'):
        done = spied("bash", "-c", script, "bash", *IDLE, spied=False)
        expect(NO in done.stderr and UNKNOWN not in done.stderr, (script, done.stderr))


@case("what the first process's shell started before it became the program is seen")
def before_exec_in_a_container():
    goes_on(in_a_namespace("bash", "-c", f'( (sleep {GOES_ON}; :) >/dev/null 2>&1 & ) ; exec "$@"', "bash", *IDLE))


@case("a program whose own name is like a helper's is none that ends with its parent")
def like_a_helper():
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "my_forkserver.py")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"import time\ntime.sleep({GOES_ON})\n")
        code = f"import os, subprocess, sys\nsubprocess.Popen([sys.executable, {script!r}], stderr=subprocess.DEVNULL)"
        goes_on(spied(sys.executable, "-c", code))


# It may be found by its record, which it has when it has asked for the driver, or by its memory.
FORK_SERVER = f"""import ctypes, multiprocessing, os, select, signal, sys
def work(queue, asks):
    if asks:
        ctypes.CDLL("libcuda.so.1").cuInit(0)
    os.close(2)
    queue.put(0)
    signal.setitimer(signal.ITIMER_REAL, {GOES_ON})
    select.epoll().poll()  # as the server does
if __name__ == "__main__":
    ctypes.CDLL("libcuda.so.1").cuInit(0)
    of = multiprocessing.get_context("forkserver")
    queue = of.Queue()
    of.Process(target=work, args=(queue, len(sys.argv) > 1)).start()
    queue.get()
    os._exit(0)
"""


@case("what a helper of Python's has forked goes on by itself")
def forked_by_a_helper():
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "program.py")
        with open(script, "w", encoding="ascii") as file:
            file.write(FORK_SERVER)
        for asks in ((), ("asks",)):
            goes_on(spied(sys.executable, script, *asks))


# As R's parallel does: calls, answers. It is known by an argument, and by its connection. Since when
# it is on its way to wait, or that it works, it writes down. It works until the program has ended.
WORKER = """import ctypes, os, select, socket, sys, time
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG
call = socket.create_connection((sys.argv[3], int(sys.argv[4])))
def is_now(what):
    path = sys.argv[0] + f".{os.getpid()}"
    with open(path + ".new", "w") as file: file.write(what)
    os.rename(path + ".new", path)
def waits(): is_now(str(time.monotonic()))
waits()
for _ in range(int(sys.argv[5])):
    call.recv(1)
    is_now("inf")
    call.sendall(b".")
    time.sleep(float(os.environ.get("SLOW", 0)))
    waits()
others = socket.socketpair()
call.recv(1) and select.select(others[:1], [], [])
"""
CLUSTER = """import ctypes, os, signal, socket, subprocess, sys, time
ctypes.CDLL("libcuda.so.1").cuInit(0)
worker, host, answers, *steps = sys.argv[1:]
server = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
port, workers = str(server.getsockname()[1]), []
def start(answers):
    words = [sys.executable, worker, "-e", "parallel:::.workRSOCK()", host, port, answers]
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers.append(server.accept()[0])
    return child
first = start(answers)
for step in steps:
    {"call": lambda: workers[-1].sendall(b"."), "answer": lambda: workers[-1].recv(1), "wait": lambda: time.sleep(0.3),
     "hold": lambda: workers[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1),
     "another": lambda: start("9"), "leave": lambda: workers[0].close(),
     "stop": lambda: (time.sleep(0.3), first.send_signal(signal.SIGSTOP)),
     "freeze": lambda: first.send_signal(signal.SIGSTOP)}[step]()
with open(worker + ".end", "w") as file: file.write(str(time.monotonic()))
os._exit(0)
"""
PATIENCE = 0.18  # what gpuspy gives them: LOOK_MS between LOOKS looks, in own_report.c
WAITS = ("", "call answer", "call answer " * 9, "call answer wait", "call wait", "another call answer wait call answer")
COMPUTES = ("call", "call wait", "call answer call", "call answer call wait", "call answer wait call",
            "hold call", "call answer hold call",  # which goes when the program ends
            "call wait call answer wait", "call wait another call answer", "call wait another call answer leave",
            "stop call", "call answer stop call wait",  # it waits, and has not read the call
            *("call answer freeze call",) * 5)  # all in one tick of the kernel's, if it may be


def came_too_late(worker):
    """The program gave its workers all the time that it gives, and one was not back after half of it."""
    now, times = time.monotonic(), {}
    for name in glob.glob(worker + ".*[0-9d]"):  # .new is one's that was killed meanwhile
        with open(name, encoding="ascii") as file:
            times[name] = float(file.read() or "inf")
    end = times[worker + ".end"]
    return now - end >= PATIENCE and max(times.values()) > end + PATIENCE / 2


def a_cluster(host, answers, steps, slow="0"):
    """What ran, and whether a worker came back too late. The program's end kills the workers, and one may
    still be in the middle of writing down what it does."""
    with tempfile.TemporaryDirectory() as folder:
        worker = os.path.join(folder, "worker.py")
        with open(worker, "w", encoding="ascii") as file:
            file.write(WORKER)
        done = spied("env", f"SLOW={slow}", sys.executable, "-c", CLUSTER, worker, host, answers, *steps.split())
        late = UNKNOWN in done.stderr and came_too_late(worker)
        while is_an_argument(worker):
            time.sleep(0.01)
        return done, late


@case("a worker of parallel's that has answered waits for us, and one that has not goes on to the end of its call")
def cluster():
    need_system_calls()
    for host in ("127.0.0.1", "::1"):
        for steps, slow in (*((steps, "0") for steps in WAITS), ("call answer", "0.06")):
            # On a busy machine one may not be back from its answer in time, which is said.
            late = True
            while late:
                done, late = a_cluster(host, "9", steps, slow)
            if b"Cannot assign requested address" in done.stderr or b"not supported" in done.stderr:
                raise Skip("no IPv6 here")
            expect(NO in done.stderr, (host, steps, done.stderr))
        for steps in COMPUTES:
            answers = "1" if "answer" in steps and "another" not in steps else "0"
            goes_on(a_cluster(host, answers, steps)[0], (host, steps))


# Of a new connection the kernel may say that something was sent a tick after the last that came, and then
# does for ever: once in some thousands. The four numbers are tcpi_last_data_sent to tcpi_last_ack_recv.
UNCALLED = """import ctypes, socket, sys
ctypes.CDLL(None).prctl(1, 9)
while True:
    with socket.create_connection((sys.argv[3], int(sys.argv[4]))) as call:
        try: call.recv(1)
        except ConnectionResetError: pass
"""
CONNECTS = """import ctypes, os, socket, struct, subprocess, sys, time
ctypes.CDLL("libcuda.so.1").cuInit(0)
server = socket.create_server(("127.0.0.1", 0))
subprocess.Popen([sys.executable, sys.argv[1], "-e", "parallel:::.workRSOCK()", "127.0.0.1",
                  str(server.getsockname()[1])], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
for _ in range(30000):
    call = server.accept()[0]
    sent, _, came, acknowledged = struct.unpack_from("4I", call.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 44)
    if min(sent, acknowledged) < came:
        time.sleep(0.5)
        os._exit(0)
    call.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.close()
os._exit(7)
"""


@case("a worker of parallel's that nobody has called waits, though by the kernel's times it was called")
def uncalled():
    need_system_calls()
    with tempfile.TemporaryDirectory() as folder:
        worker = os.path.join(folder, "worker.py")
        with open(worker, "w", encoding="ascii") as file:
            file.write(UNCALLED)
        done = spied(sys.executable, "-c", CONNECTS, worker)
    if done.status == 7:
        raise Skip("a kernel that gives new connections times a tick apart: none of 30,000 had them")
    expect(NO in done.stderr, done.stderr)


@case("a shell whose session it is keeps for later readers that somebody goes on")
def daemon_of_a_shell():
    command = ("bash", "-c", '"$@"; :', "bash", sys.executable, "-c", DAEMON, "daemon", str(GOES_ON))
    done = spied(*command)
    goes_on(done)
    time.sleep(GOES_ON + SLOWER)
    listed = done.tool("list").stdout.splitlines()
    same([line.split()[5:7] for line in listed if " -c " in line], [["UNKNOWN", "still-running"]], "later")


@case("a worker whose group is of outside of its namespace is looked at")
def group_of_outside():
    """There its number is 0, as that of the kernel's threads."""
    code = f"import os, time\nif not os.fork():\n    assert os.getpgrp() == 0\n    time.sleep({GOES_ON})\n    os._exit(0)\n" + CROWD
    goes_on(in_a_namespace(sys.executable, "-c", code))


@case("a worker with the group of the kernel's threads in the first namespace is looked at")
def group_of_kernel():
    """As one has whose first ancestor never called setsid(2): here it is the kernel, which starts a
    group of control's release agent. In a mount namespace; the hierarchy is one without controllers."""
    if os.geteuid():
        raise Skip("only root may mount a hierarchy of control groups")
    code = f"import os, time\nassert os.getpgrp() == 0\nif not os.fork():\n    time.sleep({GOES_ON})\n    os._exit(0)\n" + CROWD
    with tempfile.TemporaryDirectory() as folder:
        agent, said, groups = (os.path.join(folder, name) for name in ("agent", "said", "groups"))
        os.mkdir(groups)
        with open(agent, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec >{said}.new 2>&1\nGPUSPY_DIR={folder}/sessions LD_PRELOAD={LIBRARY}"
                       f" {sys.executable} -c '{code}'\nmv {said}.new {said}\n")
        os.chmod(agent, 0o755)
        shell = f"""mount -t cgroup -o none,name=gpuspy{os.getpid()} none {groups} && cd {groups} || exit
echo {agent} >release_agent; mkdir a; echo 1 >a/notify_on_release
sh -c 'echo $$ >a/cgroup.procs; echo $$ >cgroup.procs'
tries=0; while [ ! -e {said} ] && [ $((tries += 1)) -lt {50 * SLOWER} ]; do sleep 0.2; done
rmdir a; cd /; sleep 1 # the kernel takes it away later, and a hierarchy with a group in it would stay
umount {groups}"""
        subprocess.run([program("unshare"), "-m", program("sh"), "-c", shell], capture_output=True, check=False)
        if not os.path.exists(said):
            raise Skip("no release agent of a control group is started here")
        with open(said, "rb") as file:
            report = split_reports(file.read())[1][0]
    expect(report.startswith(UNKNOWN) and b"went on" in report, report)


@case("the program's own threads are no processes that go on")
def own_threads():
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    for more in "", CROWD:
        done = spied(sys.executable, "-c", code + more)
        expect(split_reports(done.stderr)[1][0].startswith(NO), done.stderr)


@case("what cannot use a GPU may live on")
def harmless_daemon():
    code = 'import os; os.system("sleep 3 >/dev/null 2>&1 &")'
    done = spied(sys.executable, "-c", code)
    expect(split_reports(done.stderr)[1][0].startswith(NO), done.stderr)


if __name__ == "__main__":
    main()

"""A Slurm of this machine alone, for tests: root, Debian's slurmctld, slurmd and munge, no systemd.

Each node is a slurmd in namespaces of its own: host name, process numbers, /dev/shm. Killing one of
them is a power cut. Everything lies in one folder, and ends with stop().
"""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CONFIGURATION = """
ClusterName=gpuspy
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={dir}/munge/socket
CredType=cred/munge
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool/%n
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd-%n.pid
SlurmctldLogFile={dir}/log/slurmctld
SlurmdLogFile={dir}/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TmpFS={dir}/tmp/%n
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_min_interval=1000,batch_sched_delay=0,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=8
InactiveLimit=0
KillWait=2
MinJobAge=900
MessageTimeout=20
{more}
PartitionName=main Nodes=n[1-{nodes}] Default=YES MaxTime=60 State=UP OverSubscribe=NO
"""


def until(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.1)


NODE = """
hostname "$1" && mount -t tmpfs -o mode=1777 tmpfs /dev/shm || exit 1
echo $2 >/proc/sys/kernel/ns_last_pid
while :; do slurmd -D -N "$1"; sleep 0.1; done
"""

DBD = """
AuthType=auth/munge
AuthInfo=socket={dir}/munge/socket
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
LogFile={dir}/log/slurmdbd
PidFile={dir}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql}
StorageUser=slurm
StoragePass=x
StorageLoc=slurm
"""
ACCOUNTING = """
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={dir}/munge/socket
"""
DATABASE = ("create database slurm; create user slurm@localhost identified by 'x'; "
            "create user slurm@127.0.0.1 identified by 'x'; "
            "grant all on slurm.* to slurm@localhost; grant all on slurm.* to slurm@127.0.0.1;")


class Slurm:
    """gpus: on each node, by gres, with files that stand for devices. accounting: by slurmdbd and a
    MariaDB of their own. cgroup: lines of cgroup.conf."""

    made = 0

    def __init__(self, nodes=3, more="", gpus=0, accounting=False, cgroup=""):
        # Short, for the socket's path; not below /tmp, which a job may have of its own.
        self.dir = tempfile.mkdtemp(prefix="gpuspy-", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.nodes = [f"n{i + 1}" for i in range(nodes)]
        self.processes = {}
        for name in "log", "state", "spool", "munge", "out", "ledger":
            os.mkdir(os.path.join(self.dir, name))
        for name in "out", "ledger":
            os.chmod(os.path.join(self.dir, name), 0o1777)
        port = 20000 + os.getpid() % 20000 + 32 * Slurm.made
        Slurm.made += 1
        host = socket.gethostname().split(".")[0]
        self.accounting = {"dir": self.dir, "host": host, "dbd": port + 30, "sql": port + 31}
        lines = [more.replace("{dir}", self.dir)]
        if accounting:
            lines.append(ACCOUNTING.format(**self.accounting))
            self.path("slurmdbd.conf", DBD.format(**self.accounting), 0o600)
        if gpus:
            lines.append("GresTypes=gpu")
            self.devices(gpus)
        for i, name in enumerate(self.nodes):
            lines.append(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 "
                         f"Port={port + 1 + i} CPUs=8 RealMemory=2000 "
                         f"{f'Gres=gpu:{gpus} ' if gpus else ''}State=UNKNOWN")
        self.path("slurm.conf", CONFIGURATION.format(
            host=host, port=port, dir=self.dir, nodes=nodes, more="\n".join(lines)))
        self.path("cgroup.conf", "CgroupAutomount=no\n" + cgroup)
        self.outer = os.environ.get("SLURM_CONF", "")  # of a Slurm beside which this one runs
        os.environ["SLURM_CONF"] = os.path.join(self.dir, "slurm.conf")

    def devices(self, gpus):
        os.mkdir(os.path.join(self.dir, "dev"))
        for number in range(gpus):
            os.mknod(os.path.join(self.dir, "dev", f"nvidia{number}"), 0o20666, os.makedev(1, 3))
        self.path("gres.conf", f"Name=gpu File={self.dir}/dev/nvidia[0-{gpus - 1}]\n")

    def path(self, name, text=None, mode=0o644):
        path = os.path.join(self.dir, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, mode)
        return path

    def start(self):
        key = self.path("munge/key")
        with open(key, "wb") as file:
            file.write(os.urandom(128))
        os.chmod(key, 0o400)
        self.daemon("munged", ["munged", "-F", "--key-file=" + key, "--socket=" + self.path(
            "munge/socket"), "--pid-file=" + self.path("munge/pid"), "--log-file=" + self.path(
                "log/munged"), "--seed-file=" + self.path("munge/seed"), "--num-threads=2"])
        until(lambda: os.path.exists(self.path("munge/socket")), "munged")
        if os.path.exists(self.path("slurmdbd.conf")):
            self.start_accounting()
        self.daemon("slurmctld", ["slurmctld", "-D", "-i"])
        until(lambda: self.ask("scontrol", "ping").returncode == 0, "slurmctld")
        for name in self.nodes:
            self.node(name)
        self.wait_for_nodes(self.nodes)

    def start_accounting(self):
        folder, socket_ = self.path("sql"), self.path("sql/s")
        os.mkdir(folder)
        shutil.chown(folder, "mysql")
        sql = ["mariadb", "--no-defaults", "-S", socket_, "-e"]
        made = self.ask("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={folder}",
                        "--auth-root-authentication-method=normal", "--skip-test-db")
        if made.returncode:
            raise AssertionError(f"mariadb-install-db: {made.stdout} {made.stderr}")
        self.daemon("mariadbd", ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={folder}",
                                 f"--socket={socket_}", f"--pid-file={folder}/pid",
                                 "--bind-address=127.0.0.1", f"--port={self.accounting['sql']}",
                                 "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M",
                                 "--innodb-lock-wait-timeout=900",
                                 "--innodb-flush-log-at-trx-commit=0"])
        until(lambda: self.ask(*sql, "select 1").returncode == 0, "mariadbd", 60)
        made = self.ask(*sql, DATABASE)
        if made.returncode:
            raise AssertionError(f"mariadb: {made.stderr}")
        self.daemon("slurmdbd", ["slurmdbd", "-D"])
        until(lambda: self.ask("sacctmgr", "-n", "show", "cluster").returncode == 0, "slurmdbd", 60)

    def daemon(self, name, command):
        with open(self.path(f"log/{name}.out"), "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                                    stderr=log, start_new_session=True)

    def node(self, name):
        os.makedirs(self.path(f"spool/{name}"), exist_ok=True)
        os.makedirs(self.path(f"tmp/{name}"), exist_ok=True)
        os.chmod(self.path(f"tmp/{name}"), 0o1777)
        self.daemon(name, ["unshare", "--mount", "--uts", "--pid", "--ipc", "--fork",
                           "--kill-child", "--mount-proc", "sh", "-c", NODE,
                           # Machines that run have other process numbers; a session is told
                           # from others by that of its owner.
                           "sh", name, str(1000 + 9000 * self.nodes.index(name))])

    def restart(self, name):
        """slurmd alone: what its jobs run lives on, and another one begins."""
        def children(pid):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
                return [int(child) for child in file.read().split()]

        def slurmd():
            with open(f"/proc/{self.processes[name].pid}/task/{self.processes[name].pid}/children",
                      encoding="utf-8") as file:
                first = int(file.read().split()[0])
            for pid in children(first):
                with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                    if file.read() == "slurmd\n":
                        return pid
            return None

        old = slurmd()
        os.kill(old, signal.SIGKILL)
        until(lambda: slurmd() not in (None, old), f"another slurmd of {name}")

    def power_cut(self, name):
        """The whole node at once, and its /dev/shm with it."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def wait_for_nodes(self, names, state="idle", seconds=40):
        def there():
            said = self.ask("sinfo", "-h", "-N", "-o", "%N %T").stdout.split("\n")
            return all(any(line.startswith(f"{n} {state}") for line in said) for n in names)
        until(there, f"{names} to be {state}", seconds)

    @staticmethod
    def ask(*words, **options):
        return subprocess.run(words, capture_output=True, text=True, check=False, **options)

    def stop(self):
        for name in [*self.nodes, "slurmctld", "slurmdbd", "mariadbd", "munged"]:
            process = self.processes.pop(name, None)
            if process is None:
                continue
            if name in self.nodes:  # its namespace ends with it
                process.kill()
            else:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.environ["SLURM_CONF"] = self.outer
        for left in glob.glob("/sys/fs/cgroup/*/slurm_n[0-9]*"):
            for folder, _, _ in os.walk(left, topdown=False):
                with contextlib.suppress(OSError):  # it is another Slurm's, and in use
                    os.rmdir(folder)
        shutil.rmtree(self.dir, ignore_errors=True)

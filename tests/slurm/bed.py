#!/usr/bin/env python3
"""Runs a command inside of a Slurm of its own: munged, slurmctld and three nodes on loopback, and ends all of it.

    tests/slurm/bed.py COMMAND [ARGUMENT ...]

The nodes are three slurmd of this machine, named mr1, mr2 and mr3, with two processors each. Configuration, key, sockets, state and
logs lie in a directory of their own, the ports are drawn, and nothing of a Slurm that may be installed is used. SLURM_CONF leads the command to
it. The exit status is the command's; 77 where no Slurm can be started, with the reason as the last line."""

import ctypes, os, shutil, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path

NODES = ["mr1", "mr2", "mr3"]
PROGRAMS = ["munged", "slurmctld", "slurmd", "srun", "sbatch", "scancel", "sinfo", "scontrol"]
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PATIENCE = 20  # seconds until all nodes must be there

CONFIGURATION = """
ClusterName=mr-test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={here}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
ReturnToService=2
KillWait=2
MessageTimeout=10
SlurmctldTimeout=300
SlurmdTimeout=300
StateSaveLocation={here}/state
SlurmdSpoolDir={here}/spool.%n
SlurmctldPidFile={here}/slurmctld.pid
SlurmdPidFile={here}/slurmd.%n.pid
SlurmctldLogFile={here}/slurmctld.log
SlurmdLogFile={here}/slurmd.%n.log
SlurmdParameters=config_overrides
{nodes}
PartitionName=all Nodes=mr[1-3] Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
"""


class CannotRun(Exception):
    pass


def prctl(option, value):
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_parent():
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def children():
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def free_ports(count):
    """Ports of loopback that nobody listens at. Held together, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def write_configuration(here):
    ports = free_ports(1 + len(NODES))
    host = socket.gethostname().split(".")[0]
    nodes = "\n".join(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 State=UNKNOWN"
                      for name, port in zip(NODES, ports[1:]))
    (here / "slurm.conf").write_text(CONFIGURATION.format(here=here, host=host, ports=ports, nodes=nodes))
    (here / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
    (here / "key").write_bytes(os.urandom(128))
    (here / "key").chmod(0o400)
    (here / "state").mkdir()
    for name in NODES:
        (here / f"spool.{name}").mkdir()


class Bed:
    """The daemons. They stay in the foreground, each in a process group of its own."""

    def __init__(self, here):
        self.here, self.daemons = here, []
        self.env = dict(os.environ, SLURM_CONF=str(here / "slurm.conf"))

    def start(self, *command):
        log = open(self.here / (Path(command[0]).name + ".out"), "ab")
        self.daemons.append(subprocess.Popen([str(c) for c in command], env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             start_new_session=True, preexec_fn=die_with_parent))
        log.close()

    def logs(self):
        return "\n".join(f"--- {log.name}\n" + log.read_text(errors="replace")[-1500:]
                         for log in sorted([*self.here.glob("*.log"), *self.here.glob("*.out")]))

    def wait_until(self, what, is_so):
        end = time.monotonic() + PATIENCE
        while not is_so():
            dead = [daemon.args[0] for daemon in self.daemons if daemon.poll() is not None]
            if dead or time.monotonic() > end:
                print(self.logs(), file=sys.stderr)
                raise CannotRun(f"{dead[0]} ended" if dead else f"no {what} after {PATIENCE} s")
            time.sleep(0.1)

    def idle_nodes(self):
        got = subprocess.run(["sinfo", "--noheader", "--states=idle", "--format=%D"], env=self.env, capture_output=True, text=True, timeout=15)
        return sum(int(line) for line in got.stdout.split() if line.isdigit())

    def up(self):
        write_configuration(self.here)
        self.start("munged", "--foreground", "--force", f"--key-file={self.here}/key", f"--socket={self.here}/munge.socket",
                   f"--pid-file={self.here}/munged.pid", f"--log-file={self.here}/munged.log", f"--seed-file={self.here}/seed",
                   "--num-threads=2")
        self.wait_until("munged", (self.here / "munge.socket").exists)
        self.start("slurmctld", "-D", "-i", "-f", self.here / "slurm.conf")
        for name in NODES:
            self.start("slurmd", "-D", "-N", name, "-f", self.here / "slurm.conf")
        self.wait_until("three idle nodes", lambda: self.idle_nodes() == len(NODES))

    def down(self):
        """Ends the nodes first, so that nothing is started any more. What is not gone after a while is killed. Processes that watch over
        steps of jobs outlive slurmd; they are ours by then, since this process is their reaper."""
        for daemon in reversed(self.daemons):
            if daemon.poll() is None:
                daemon.terminate()
                try:
                    daemon.wait(5)
                except subprocess.TimeoutExpired:
                    os.killpg(daemon.pid, signal.SIGKILL)
                    daemon.wait()
        while pids := children():
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def why_not():
    missing = [name for name in PROGRAMS if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    if missing:
        return f"needs {', '.join(missing)}: apt-get install slurmctld slurmd slurm-client munge"
    return None if os.geteuid() == 0 else "needs root: slurmd starts the users' processes"


def end_by_signal(number, frame):
    raise SystemExit(128 + number)


def main():
    reason = why_not()
    if reason:
        print(reason)
        return 77
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), end_by_signal)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory(prefix="mr-slurm-") as folder:
        bed = Bed(Path(folder))
        try:
            bed.up()
            return subprocess.run(sys.argv[1:], env=bed.env).returncode
        except CannotRun as reason:
            print(f"Slurm cannot be started here: {reason}")
            return 77
        finally:
            bed.down()


if __name__ == "__main__":
    sys.exit(main())

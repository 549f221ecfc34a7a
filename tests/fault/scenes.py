"""Scenes: one particular thing goes wrong, and one particular thing must come of it. Each function whose name begins with `scene_` is
one; what begins with `long_scene_` is for the long form. A scene gets a Stage, raises Wrong, or Skip with a reason."""

import concurrent.futures, os, signal, subprocess, tempfile, time
from pathlib import Path

import processes
from fault import IN_PIECES, POINTS, TIMEOUT, Wrong, environment

CGROUPS = Path("/sys/fs/cgroup/memory")


class Skip(Exception):
    pass


class Ended:
    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    def must(self, holds, what):
        if not holds:
            raise Wrong(f"{what}: exit status {self.status} after {self.seconds:.2f} s\n{self.out[-2000:]}\n{self.err[-4000:]}")


class Stage:
    """A folder of its own, programs in it, and one run at a time."""

    def __init__(self, bench, build):
        self.bench, self.build, self.runs = bench, build, 0

    def program(self, text, c=None):
        """Compiles a program, with a file of C beside it; returns the executable."""
        name = f"scene{len(list(self.folder.glob('*.mr')))}"
        (self.folder / f"{name}.mr").write_text(text)
        more = []
        if c:
            (self.folder / f"{name}.c").write_text(c)
            subprocess.run(["cc", "-O1", "-c", f"{name}.c", "-o", f"{name}.o"], cwd=self.folder, check=True)
            more = [f"{name}.o"]
        subprocess.run([self.build / "bin/mrc", f"{name}.mr", *more, "-o", name], cwd=self.folder, check=True)
        return self.folder / name

    def run(self, command, meanwhile=None, fault="", timeout=TIMEOUT, before=None, settings=None):
        """Runs mrrun with these arguments and variables. `meanwhile` is called with its process. Nothing may be left afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder) as tmp:
            mark, began = Path(tmp).name, time.monotonic()
            env = environment({"TMPDIR": tmp, "MR_FAULT": fault, "FAULT_RUN": mark, **(settings or {})})
            env.pop("XDG_RUNTIME_DIR", None)
            with open(Path(tmp) / "out", "wb") as out, open(Path(tmp) / "err", "wb") as err:
                run = subprocess.Popen([self.bench.mrrun, *map(str, command)], stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=env,
                                       cwd=self.folder, start_new_session=True, preexec_fn=before)
                try:
                    if meanwhile:
                        meanwhile(run)
                    run.wait(timeout)
                except subprocess.TimeoutExpired:
                    said = processes.describe(mark)
                    processes.end_marked(mark)
                    run.wait()
                    raise Wrong(f"no end after {timeout} s\n{said}\n{Path(tmp, 'err').read_text()[-4000:]}")
                seconds = time.monotonic() - began
                left = processes.left_behind(mark, tmp)
            self.runs += 1
            ended = Ended(run.returncode, *[Path(tmp, name).read_text(errors="replace") for name in ("out", "err")], seconds)
        ended.must(not left or run.returncode == -signal.SIGKILL and "files" in left and "processes {}" in left, f"left behind: {left}")
        return ended


def find(run, name, patience=5.0):
    """The process of this name below mrrun, as soon as it is there."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for pid, found in processes.descendants_of(run.pid).items():
            if found == name:
                return pid
        time.sleep(0.01)
    raise Wrong(f"there is no process {name}: {processes.descendants_of(run.pid)}")


def hit(name, how, after):
    """For `meanwhile`: the signal to that process, so many seconds after it is there."""
    def meanwhile(run):
        pid = find(run, name)
        time.sleep(after)
        processes.end(pid, how)
    return meanwhile


# ---- what is lost is run again, soon

def scene_lost_work_is_handed_out_again_within_a_second(stage):
    """Eight elements of 2 s on eight workers: the one that is lost after 0.7 s is begun again within a second of that."""
    executable = stage.program("fn wait(i: int) -> int {\n    sleep(2.0)\n    i\n}\nprint(map wait over 1..8 reduce sum)\n")
    for options in (["--respawn"], ["--no-respawn"]):
        killed = []

        def meanwhile(run):
            hit("mr-worker-3", signal.SIGKILL, 0.7)(run)
            killed.append(time.monotonic())
        began = time.monotonic()
        ended = stage.run(["-n", 8, *options, executable], meanwhile)
        ended.must(ended.out == "36\n" and ended.status == 0, "a worker was killed")
        again = began + ended.seconds - killed[0] - 2.0 if options == ["--respawn"] else 0
        ended.must(again < 1.0, f"the lost element was begun {again:.2f} s after its worker's death")



def scene_all_workers_are_lost(stage):
    executable = stage.program("fn wait(i: int) -> int {\n    sleep(0.02)\n    i\n}\nprint(map wait over 1..400 reduce sum)\n")

    def meanwhile(run):
        find(run, "mr-worker-2")
        time.sleep(0.3)
        for pid in processes.workers_of(run.pid):
            processes.end(pid, signal.SIGKILL)
    ended = stage.run(["-n", 3, executable], meanwhile)
    ended.must(ended.status == 0 and ended.out == "80200\n", "all workers were killed at once, and may be replaced")
    ended = stage.run(["-n", 3, "--no-respawn", executable], meanwhile)
    ended.must(ended.status == 1 and "no worker is left" in ended.err and "killed by signal 9 (Killed)" in ended.err,
               "all workers were killed, and none may be replaced")


# ---- who is silent is not always dead

def scene_a_stopped_worker(stage, rounds=1):
    """Declared dead after 5 s, though it lives; when it goes on it does no harm."""
    executable = stage.program("fn wait(i: int) -> int {\n    sleep(0.05)\n    i\n}\nprint(map wait over 1..480 reduce sum)\n"
                               "print(map i => float(wait(i)) / 3.0 over 1..40 reduce (+))\n")
    for number in range(rounds):
        def meanwhile(run):
            pid = find(run, f"mr-worker-{number % 4}")
            time.sleep(0.2 + 0.1 * number)
            processes.end(pid, signal.SIGSTOP)
            time.sleep(5.6 + 0.1 * (number % 5))
            processes.end(pid, signal.SIGCONT)  # its parent is late to kill it, see below
        ended = stage.run(["-v", "-n", 4, executable], meanwhile, fault="parent.before_kill@parent:*:delay=1500")
        ended.must(ended.status == 0 and ended.out.startswith("115440\n273.3333333333"), f"worker {number % 4} was stopped")
        ended.must("nothing was heard of it" in ended.err, "the stopped worker was not declared dead")


def long_scene_twenty_stopped_workers(stage):
    scene_a_stopped_worker(stage, 20)


BUSY = ("#include <stdint.h>\n#include <time.h>\nint64_t busy(int64_t seconds) {\n    time_t end = time(0) + seconds;\n"
        "    while (time(0) < end) {}\n    return 3;\n}\n")


def scene_a_long_element(stage, seconds=7):
    executable = stage.program("extern fn busy(seconds: int) -> int\nfn work(i: int) -> int = if i == 3 { busy(%d) } else { i }\n"
                               "print(map work over 1..8 reduce sum)\n" % seconds, BUSY)
    ended = stage.run(["-v", "-n", 2, executable], timeout=TIMEOUT + seconds)
    ended.must(ended.out == "36\n" and ended.status == 0 and "lost" not in ended.err, f"an element computes for {seconds} s")


def long_scene_an_element_of_half_a_minute(stage):
    scene_a_long_element(stage, 30)


def scene_a_straggler(stage):
    """One of eight workers takes ten times as long for everything: the whole takes at most 1.3 times as long, and some overhead."""
    executable = stage.program("fn wait(i: int) -> int {\n    sleep(0.05)\n    i\n}\nprint(map wait over 1..480 reduce sum)\n")
    for _ in range(3):  # other things may run at the same time
        quick = stage.run(["-n", 8, executable])
        slow = stage.run(["-v", "-n", 8, executable], fault="range.slow@3:*:slow=10")
        slow.must(slow.out == quick.out and slow.status == 0 and "others map them, too" in slow.err, "one worker is slow")
        if slow.seconds <= 1.3 * quick.seconds + 0.1: break
    slow.must(slow.seconds <= 1.3 * quick.seconds + 0.1, f"one worker is slow, and {quick.seconds:.2f} s without that")


def long_scene_twenty_stragglers(stage):
    for _ in range(20):
        scene_a_straggler(stage)


def scene_what_was_cancelled_stops(stage):
    """Workers are at elements of twenty seconds that nobody needs any more: within a second they do something else. One that sleeps
    looks whether it is needed, one that computes is ended with its worker."""
    after = ("sleep(0.5)\nf.cancel()\nlet start = clock()\nprint(map i => i + 1 over 1..400 reduce sum)\nlog(\"{clock() - start} s\")\n")
    sleeps = stage.program("fn wait(i: int) -> int {\n    sleep(20.0)\n    i\n}\nlet f = async { map wait over 1..64 reduce sum }\n" + after)
    computes = stage.program("extern fn busy(seconds: int) -> int\nlet f = async { map _ => busy(20) over 1..64 reduce sum }\n" + after, BUSY)
    for executable, replaced in (sleeps, False), (computes, True):
        for _ in range(3):  # other things may run at the same time
            ended = stage.run(["-v", "-n", 3, executable])
            ended.must(ended.out == "80600\n" and ended.status == 0, "a job was cancelled")
            ended.must(("could not be stopped" in ended.err) == replaced, "workers are ended when nothing else helps")
            seconds = float(ended.err.split("[root] ")[1].split()[0])
            if seconds < 1.2: break
        ended.must(seconds < 1.2, f"what was cancelled stopped after {seconds:.2f} s")


# ---- elements that kill

KILLER = "#include <signal.h>\n#include <stdint.h>\nint64_t deadly(int64_t i) {\n    if (i == 137) raise(SIGKILL);\n    return i;\n}\n"


def scene_a_poisonous_element(stage):
    executable = stage.program("extern fn deadly(i: int) -> int\nprint(map deadly over 1..400 reduce sum)\n", KILLER)
    for retries in (3, 1):
        ended = stage.run(["-n", 4, "--retries", retries, executable])
        ended.must(ended.status == 1 and "killed by signal 9 (Killed)" in ended.err and " resident" in ended.err, "an element kills")
        ended.must("element 136" in ended.err or "chunk 136" in ended.err, "the element is not named")


def scene_a_poisonous_text(stage):
    """The chunk's place in the file is named, for people."""
    executable = stage.program("extern fn deadly(i: int) -> int\nprint(map w => deadly(len(w)) over words(args[0]) reduce sum)\n", KILLER)
    (stage.folder / "long.txt").write_text("short words " * 60000 + "x" * 137 + " and more" * 60000)
    ended = stage.run(["-n", 4, executable, "long.txt"])
    ended.must(ended.status == 1 and "long.txt, bytes 524288" in ended.err and "killed by signal 9" in ended.err,
               "the place of a deadly word")


def scene_memory_runs_out(stage):
    """In a control group of 120 MB the system kills a worker that takes more; it says so."""
    own = next((line.split(":")[2] for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line), None)
    group = CGROUPS / f"mr-fault-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise Skip(f"no memory control group can be made: {error.strerror}")
    try:
        (group / "memory.limit_in_bytes").write_text("120000000")
        executable = stage.program("fn grow(i: int) -> int = if i == 17 { len(list(map x => x * i over 1..40_000_000)) } else { i }\n"
                                   "print(map grow over 1..40 reduce sum)\n")
        ended = stage.run(["-n", 2, executable], before=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))
        ended.must(ended.status == 1 and "because memory ran out" in ended.err, f"memory ran out (we are in {own})")
    finally:
        for _ in range(50):
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)


# ---- points

# The program in which workers come by such a point, other than `floats`.
WHERE = {"captures": "loops", "slice": "jobs", "bag": "keyed", "reduce": "keyed", "spill": "keyed", "nested": "nested", "owner": "nested"}


def long_scene_every_point_is_passed(stage):
    """At each point a worker dies that comes by there, and the output is the same."""
    for point in POINTS:
        name = WHERE.get(point.split(".")[0], "floats")
        executable, status, out, _, _ = stage.bench.programs[name]
        more = ["--tcp"] if point in IN_PIECES else ["--memory=256K"] if point.startswith("spill") else []
        workers = 3 if point == "worker.before_beat" else 8  # the first beat comes after half a second
        ended = stage.run(["-v", "-n", workers, "--retries", 1000, *more, executable, stage.bench.words], fault=f"{point}@0,1,2,3,4,5,6,7:1:exit",
                          settings={"MR_EXCHANGE": "1G"} if point in IN_PIECES else None)  # whole bags, which are large
        ended.must("it ended with status 3" in ended.err, f"no worker came by {point} in {name}")
        ended.must((ended.status, ended.out.encode()) == (status, out), f"{point} in {name}")


# ---- the other processes of a run

def scene_the_others_are_killed(stage):
    """mrrun, the parent and the root: everything ends, and soon."""
    executable = stage.program("fn wait(i: int) -> int {\n    sleep(0.05)\n    i\n}\nprint(map wait over 1..2000 reduce sum)\n")
    for name, text in [("mr-parent", "watches over root and workers"), ("mr-root", "main process"), ("mrrun", "")]:
        for how in (signal.SIGKILL, signal.SIGTERM):
            def meanwhile(run):
                find(run, "mr-worker-2")
                time.sleep(0.3)
                processes.end(run.pid if name == "mrrun" else find(run, name), how)
            ended = stage.run(["-n", 3, executable], meanwhile, timeout=15)
            ended.must(ended.status in (1, -how, 128 + how) and text in ended.err and ended.seconds < 6, f"{how.name} to {name}")


def scene_points_of_root_and_parent(stage):
    executable = stage.program("let xs = list(map i => { sleep(0.01); i } over 1..100)\nprint(map x => x + 1 over xs reduce sum)\n")
    for fault in ("root.before_pull@root", "root.after_pull@root", "owner.before_slice@root", "parent.before_hello@parent",
                  "parent.after_fork@parent:3", "parent.before_exit@parent"):
        ended = stage.run(["-n", 3, executable], fault=fault, timeout=15)
        is_late = fault.startswith("parent.before_exit") and ended.out == "5150\n"
        ended.must((ended.status == 1 and "error: " in ended.err) or is_late, fault)


ALONE = ["scene_lost_work_is_handed_out_again_within_a_second", "scene_a_straggler", "scene_what_was_cancelled_stops",
         "long_scene_twenty_stragglers"]  # they measure time


def run_scene(bench, options, name):
    """Returns how many runs it took, and how many went wrong."""
    stage = Stage(bench, options.build)
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        stage.folder = Path(folder)
        began, wrong = time.monotonic(), None
        try:
            globals()[name](stage)
        except Skip as reason:
            print(f"skipped: {name}: {reason}", flush=True)
        except Wrong as caught:
            wrong = str(caught).replace("\n", "\n    ")
            print(f"{name}:\n    {wrong}\n    again: tests/fault/fault.py --build {options.build} --scene {name}", flush=True)
        if options.verbose:
            print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
    return stage.runs, wrong is not None


def run_all(bench, options):
    """Returns how many went wrong."""
    names = [name for name in globals() if name.startswith("scene_") or (options.long and name.startswith("long_scene_"))]
    names = [name for name in names if not options.scene or options.scene in name]
    done = [run_scene(bench, options, name) for name in names if name in ALONE]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        done += pool.map(lambda name: run_scene(bench, options, name), [name for name in names if name not in ALONE])
    runs, failures = sum(runs for runs, _ in done), sum(wrong for _, wrong in done)
    print(f"{len(names)} scenes, {runs} runs: " + (f"{failures} scenes went wrong" if failures else "all as they must be"))
    return failures

#!/usr/bin/env python3
"""Runs programs under mrrun while their processes are killed, stopped, delayed and slowed down: each must print, byte for byte, and
end, as it does undisturbed, and leave nothing behind.

    tests/fault/fault.py --build build/fault [--runs N] [--seed S] [--long]
    tests/fault/fault.py --build build/fault --seed S --only N        run N of seed S again, and show what happens
    tests/fault/fault.py --build build/fault --scene NAME

A run is drawn from its seed and number alone: a program of tests/fault/programs, its number of workers, whether lost workers are
replaced, and faults: signals to workers at random times, or faults at the points that runtime/worker/fault.h names. Whatever is drawn,
the run can go on: a worker is left, or lost ones are replaced; no point is drawn at which every new worker dies.

Beside the random runs there are scenes (scenes.py), each with an expectation of its own."""

import argparse, concurrent.futures, json, os, random, re, signal, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import processes

WORKERS = 8
TIMEOUT = 60
# Points that a worker's process passes; `passings` says how often it may have come by before the fault.
POINTS = {
    "worker.at_start": 1, "worker.before_hello": 1, "worker.after_hello": 1, "worker.before_range": 6, "worker.before_beat": 1,
    "job.before_open": 2, "job.before_drop": 2, "captures.before_pull": 1, "slice.before_pull": 3, "range.middle": 40,
    "range.before_answer": 6, "reduce.before_pull": 2, "reduce.half_pulled": 2, "reduce.before_merge": 2, "reduce.after_merge": 2,
    "reduce.before_encode": 2, "reduce.after_encode": 2, "bag.half_sent": 2, "bag.sent": 2, "nested.after_offer": 2,
    "nested.before_join": 2, "nested.before_end": 2, "owner.before_map": 2, "owner.before_part": 3,
    "spill.before_write": 3, "spill.after_write": 3,
}
IN_PIECES = ["bag.half_sent", "reduce.half_pulled"]  # processes of one host use shared memory instead, unless they talk over tcp


class Wrong(Exception):
    pass


class Bench:
    """The programs, compiled, with what they print undisturbed, and how long they take."""

    def __init__(self, build, folder):
        self.mrrun, self.folder = build / "bin/mrrun", folder
        self.words = folder / "words.txt"
        chance = random.Random(1)
        known = ["".join(chance.choice("abcdefghij") for _ in range(chance.randint(1, 12))) for _ in range(3000)]
        self.words.write_text("\n".join(" ".join(chance.choice(known) for _ in range(12)) for _ in range(40000)))
        self.programs = {}
        for source in sorted((HERE / "programs").glob("*.mr")):
            self.compile(build, source)

    def compile(self, build, source):
        executable = self.folder / source.stem
        subprocess.run([build / "bin/mrc", source, "-o", executable], check=True)
        began = time.monotonic()
        done = subprocess.run([self.mrrun, "-n", str(WORKERS), executable, self.words], capture_output=True, timeout=TIMEOUT,
                              env=environment({}))
        self.programs[source.stem] = (executable, done.returncode, done.stdout, errors_of(done.stderr), time.monotonic() - began)


def environment(more):
    return dict(os.environ, MR_LOCAL_MS="0", **more)


def errors_of(text):
    """What the program says on standard error; mrrun's own remarks are not part of it."""
    return b"\n".join(line for line in text.splitlines() if not line.startswith((b"mrrun:", b"mr:")))


class Plan:
    """What happens in run `number` of `seed`."""

    def __init__(self, bench, seed, number):
        chance = self.chance = random.Random(f"{seed}/{number}")
        names = sorted(bench.programs)
        self.program = names[number % len(names)]
        self.executable, self.status, self.out, self.err, self.seconds = bench.programs[self.program]
        self.options, self.fault, self.kills = [], [], []
        self.kind = chance.choice(["kill", "kill", "point", "point", "point", "mixed", "many", "delay", "slow", "pause", "exit"])
        count = chance.randint(1, WORKERS - 1)
        if self.kind in ("kill", "mixed"):
            self.draw_kills(count if self.kind == "kill" else 2)
        if self.kind == "pause":
            self.draw_kills(3)
        if self.kind == "many":  # more than there are at the start
            self.draw_kills(chance.randint(WORKERS, 2 * WORKERS))
        if self.kind in ("point", "mixed", "exit"):
            self.draw_points(count if self.kind != "mixed" else min(count, WORKERS - 3), "exit" if self.kind == "exit" else "kill")
        if self.kind == "delay":
            self.draw_points(2, f"delay={chance.choice([1, 20, 200, 1500])}")
        if self.kind == "slow":
            self.fault = ["range.slow@%d:*:slow=%d" % (worker, chance.randint(2, 8)) for worker in chance.sample(range(WORKERS), 2)]
            self.draw_kills(1)
        if self.kind != "many" and chance.random() < 0.4:
            self.options.append("--no-respawn")
        if chance.random() < 0.2 and self.program != "keyed":  # its many chunks, one by one, take a minute
            self.options.append(f"--shuffle={chance.randint(1, 99)}")
        # What else changes how partial results go and where they lie.
        extra = chance.random()
        if extra < 0.1 or any(point in fault for fault in self.fault for point in IN_PIECES):
            self.options.append("--tcp")
        elif extra < 0.2:
            self.options.append(chance.choice(["--memory=256K", "--memory=8M"]))
        elif extra < 0.35:
            self.options += [f"--checkpoint={bench.folder}/journal-{seed}-{number}", "--checkpoint-every=0.1"]
        self.more = {"MR_EXCHANGE": "1"} if chance.random() < 0.4 else {}

    def draw_kills(self, count):
        self.kills = sorted(self.chance.uniform(0.02, 1.1 * max(self.seconds, 0.2)) for _ in range(count))

    def draw_points(self, count, action):
        chance = self.chance
        for worker in chance.sample(range(WORKERS), count):
            point = chance.choice(sorted(POINTS))
            self.fault.append(f"{point}@{worker}:{chance.randint(1, POINTS[point])}:{action}")

    def __str__(self):
        parts = [self.program, *self.options, *(f"{name}={value}" for name, value in self.more.items())]
        if self.kind == "pause":
            return " ".join([*parts, "a process stopped for a while at", ", ".join(f"{at:.3f}" for at in self.kills)])
        if self.fault:
            parts.append(f"MR_FAULT='{' '.join(self.fault)}'")
        if self.kills:
            parts.append("a worker killed at " + ", ".join(f"{at:.3f}" for at in self.kills) + " s")
        return " ".join(parts)


def kill_at_random(run, plan):
    """Kills one worker after another, but not the last one where none is replaced. Returns how many."""
    began, done = time.monotonic(), 0
    for at in plan.kills:
        while time.monotonic() < began + at and run.poll() is None:
            time.sleep(min(0.01, max(0.0, began + at - time.monotonic())))
        workers = processes.workers_of(run.pid)
        may_kill = len(workers) > 1 if "--no-respawn" in plan.options else len(workers) > 0
        if run.poll() is not None:
            break
        if may_kill and processes.end(plan.chance.choice(sorted(workers)), signal.SIGKILL):
            done += 1
    return done


def pause_at_random(run, plan):
    """Stops a process of the run for a while, now and then: a worker, the root, their parent, or mrrun."""
    began = time.monotonic()
    for at in plan.kills:
        while time.monotonic() < began + at and run.poll() is None:
            time.sleep(0.01)
        pid = plan.chance.choice(sorted([run.pid, *processes.descendants_of(run.pid)]))
        if run.poll() is None and processes.end(pid, signal.SIGSTOP):
            time.sleep(plan.chance.uniform(0.02, 1.5))
            processes.end(pid, signal.SIGCONT)


def attempt(bench, plan, verbose=False):
    """One run; returns how many faults happened. Raises Wrong."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as tmp:
        mark = Path(tmp).name
        env = environment({"TMPDIR": tmp, "MR_FAULT": " ".join(plan.fault), "FAULT_RUN": mark, **plan.more})
        env.pop("XDG_RUNTIME_DIR", None)
        command = [bench.mrrun, "-v", "-n", str(WORKERS), "--retries", "1000", *plan.options, plan.executable, bench.words]
        with open(Path(tmp) / "out", "w+b") as out, open(Path(tmp) / "err", "w+b") as err:
            run = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=env, start_new_session=True)
            try:
                (pause_at_random if plan.kind == "pause" else kill_at_random)(run, plan)
                run.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                stacks = processes.describe(mark)
                processes.end_marked(mark)
                run.wait()
                raise Wrong(f"no end after {TIMEOUT} s\n{stacks}\n{tail(err)}")
            finally:
                left = processes.left_behind(mark, tmp)
            texts = [Path(tmp, name).read_bytes() for name in ("out", "err")]
        if verbose:
            print(texts[1].decode(errors="replace"))
        judge(plan, run.returncode, *texts, left)
        return texts[1].count(b" was lost: ") + (plan.kind in ("delay", "slow", "pause"))


def tail(file):
    file.flush()
    return Path(file.name).read_bytes()[-4000:].decode(errors="replace")


def judge(plan, status, out, err, left):
    said = without_shares(err)[-4000:].decode(errors="replace")
    if status != plan.status:
        raise Wrong(f"exit status {status}, undisturbed {plan.status}\n{said}")
    if out != plan.out:
        at = next((i for i, (a, b) in enumerate(zip(out, plan.out)) if a != b), min(len(out), len(plan.out)))
        raise Wrong(f"other output: {len(out)} bytes, undisturbed {len(plan.out)}; the first difference at byte {at}:\n"
                    f"{out[max(0, at - 60):at + 60]}\n{plan.out[max(0, at - 60):at + 60]}\n{said}")
    if plan.err and not errors_of(without_shares(err)).endswith(plan.err):
        raise Wrong(f"another error: expected {plan.err.decode()}\n{said}")
    if left:
        raise Wrong(f"left behind: {left}\n{said}")


def without_shares(err):
    """Under -v there are the shares that each worker had of each job."""
    return b"\n".join(line for line in err.splitlines() if not re.match(rb"job \d|  worker \d", line))


def run_random(bench, options):
    """All runs, some at a time; returns (runs, faults, failures)."""
    faults, failures = 0, 0
    numbers = [options.only] if options.only is not None else range(options.runs)

    def one(number):
        plan = Plan(bench, options.seed, number)
        try:
            return number, plan, attempt(bench, plan, options.verbose or options.only is not None), None
        except Wrong as wrong:
            return number, plan, 0, wrong

    until = time.monotonic() + options.seconds if options.seconds else None
    done = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        pending, numbers = set(), iter(numbers)
        while True:
            while len(pending) < options.jobs and (until is None or time.monotonic() < until):
                number = next(numbers, None)
                if number is None:
                    break
                pending.add(pool.submit(one, number))
            if not pending:
                break
            finished, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in finished:
                number, plan, count, wrong = future.result()
                done += 1
                faults += count
                if wrong:
                    failures += 1
                    print(f"run {number}: {plan}\n    " + str(wrong).replace("\n", "\n    ") +
                          f"\n    again: tests/fault/fault.py --build {options.build} --seed {options.seed} --only {number}", flush=True)
            if failures >= options.most_failures:
                break
    return done, faults, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, help="begin no more runs after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="this run of the seed alone")
    parser.add_argument("--jobs", "-j", type=int, default=max(2, os.cpu_count() or 1), help="runs at a time")
    parser.add_argument("--most-failures", type=int, default=5)
    parser.add_argument("--long", action="store_true", help="the long forms of scenes, too")
    parser.add_argument("--scene", metavar="PART", help="scenes whose name contains this, and no random runs")
    parser.add_argument("--no-scenes", action="store_true")
    parser.add_argument("--verbose", "-v", action="store_true")
    options = parser.parse_args()
    options.build = options.build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.build, Path(folder))
        failures = 0
        if options.scene is None:
            runs, faults, failures = run_random(bench, options)
            print(f"{runs} runs, {faults} workers lost or delayed: " + (f"{failures} runs went wrong" if failures else "nothing differed"))
        if options.only is None and not options.no_scenes:
            import scenes
            failures += scenes.run_all(bench, options)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

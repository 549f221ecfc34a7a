#!/usr/bin/env python3
"""Runs over three hosts with a real sshd, whose networks and machines fail in all ways that the kernel can play.

    tests/net/net.py [--build DIR] [--quick] [--rounds N] [--only PART_OF_NAME]

Whatever happens, a run must print what it prints on one machine, or end with a message that names the cause; within a bound; and
nothing may be left of it: no process on any host, no part of a file, no socket. The last line says how many faults were injected.
Exit status 77: such hosts cannot be had here (the last line says why)."""

import argparse, concurrent.futures, os, random, re, signal, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bed import HOSTS, Bed, NotHere, can_be_made, make_root

ROOT = Path(__file__).resolve().parent.parent.parent
BOUND = 300       # seconds for a run, whatever happens to it: data that cannot be pulled are given up after 30, one after another
PATIENCE = 75     # for what it leaves: a parent without a network waits 20 seconds for mrrun, a shell 60 for what is sent
COUNT = """
fn tally(word) = (lower(word), 1)

let counts = map tally over words(args) reduce sum by key
for (word, n) in counts.most_common(2000) {
    print("{n} {word}")
}
"""
SLOW = """
fn slow(x) {
    sleep(0.03)
    x * x
}

print(map slow over 1..400 reduce sum)
"""


class Failure(Exception):
    pass


class Case:
    """Two programs, their text and what they print; the same for all scenarios. `long` goes on for as long as faults take to be played."""

    def __init__(self, build, folder):
        self.mrrun, self.short, self.long, self.texts = build / "bin/mrrun", folder / "short", folder / "long", folder / "texts"
        for program, text in [(self.short, COUNT), (self.long, SLOW + COUNT + SLOW.replace("slow", "late"))]:
            program.with_suffix(".mr").write_text(text)
            subprocess.run([build / "bin/mrc", program.with_suffix(".mr"), "-o", program], check=True)
        draw = random.Random(1)
        self.texts.mkdir()
        for i in range(4):
            words = (f"w{int(draw.expovariate(1 / 4000))}" for _ in range(100_000))
            (self.texts / f"text{i}").write_text("\n".join(words) + "\n")
        self.expected = {program: subprocess.run([program, self.texts], check=True, stdout=subprocess.PIPE).stdout
                         for program in (self.short, self.long)}


class Run:
    """mrrun on the bed's host m, over the hosts."""

    def __init__(self, case, bed, hosts, program=None, texts=None):
        self.case, self.bed, self.start, self.program = case, bed, time.time(), program or case.long
        (bed.folder / "tmp").mkdir(exist_ok=True)
        env = dict(os.environ, MR_SSH=f"ssh -F {bed.folder}/ssh_config", TMPDIR=str(bed.folder / "tmp"), MR_LOCAL_MS="0")
        env.pop("XDG_RUNTIME_DIR", None)
        command = [case.mrrun, "-v", "--host", hosts, self.program, texts or case.texts]
        self.out, self.err = open(bed.folder / "out", "w+b"), open(bed.folder / "err", "w+b")
        self.process = subprocess.Popen(bed.inside("m", *map(str, command)), env=env, stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.err, start_new_session=True)

    def wait_for_workers(self, host, count=2):
        """Until they run there, and the run is under way."""
        for _ in range(400):
            if sum(name.startswith("mr-worker") for _, name, _ in self.bed.ours(host)) >= count or self.process.poll() is not None:
                break
            time.sleep(0.05)
        time.sleep(self.bed.draw.uniform(0.2, 3) if self.bed.draw else 0.8)

    def end(self, bound=BOUND):
        """(exit status, output, messages)"""
        try:
            status = self.process.wait(max(bound - (time.time() - self.start), 1))
        except subprocess.TimeoutExpired:
            messages = (self.bed.folder / "err").read_text(errors="replace")
            self.process.kill()
            self.process.wait()
            raise Failure(f"no end after {bound} s\n{messages[-3000:]}")
        self.out.close()
        self.err.close()
        return status, (self.bed.folder / "out").read_bytes(), (self.bed.folder / "err").read_text(errors="replace")

    def check(self, must_be_same=False, names=()):
        """Ends it: the same output, or a cause with one of these names. Returns which, and the messages."""
        status, out, messages = self.end()
        if status == 0:
            if out != self.case.expected[self.program]:
                raise Failure(f"other output\n{messages[-3000:]}")
            return "same", messages
        if must_be_same:
            raise Failure(f"ended with status {status}\n{messages[-3000:]}")
        errors = [line for line in messages.splitlines() if line.startswith(("error:", "mrrun:"))]
        if status not in (1, 128 + signal.SIGINT) or not any(re.search(rf"\b{name}\b", line) for line in errors for name in names):
            raise Failure(f"ended with status {status}, without the cause\n{messages[-3000:]}")
        return "ended with the cause: " + errors[-1], messages


def nothing_left(bed):
    for host in HOSTS[:3]:
        bed.heal(host)
    found = bed.left(PATIENCE)
    if found:
        raise Failure("left behind:\n" + "\n".join(found))


# ---- scenarios: each has a bed of its own; returns what came of it

def undisturbed(case, bed):
    first = Run(case, bed, "a:2,b:2,c:2", case.short).check(must_be_same=True)[1]
    second = Run(case, bed, "a:2,b:2,c:2,localhost", case.short).check(must_be_same=True)[1]
    for host in HOSTS[:3]:
        if not re.search(rf"^mrrun: {host}: ready; .* MB were sent there", first, re.M):
            raise Failure(f"nothing was sent to {host}\n{first}")
        if f"mrrun: {host}: ready; it had the program" not in second:
            raise Failure(f"something was sent to {host} again\n{second}")
    return "same, and nothing was sent twice"


def ipv6(case, bed):
    hosts = ",".join(f"root@[{bed.address6(h)}]:2" for h in HOSTS[:3])
    return Run(case, bed, hosts, case.short).check(must_be_same=True)[0]


def partition(ways):
    def scenario(case, bed):
        run = Run(case, bed, "a:2,b:2,c:2")
        run.wait_for_workers("b")
        bed.cut("b", ways)
        return run.check(names=["b", "worker"])[0]
    return scenario


def partition_of_two(case, bed):
    """The hosts b and c no longer reach each other, and mrrun reaches both."""
    run = Run(case, bed, "a:2,b:2,c:2")
    run.wait_for_workers("b")
    bed.cut("b", rule=f"ip saddr {bed.address('c')} drop")
    return run.check(names=["b", "c", "worker"])[0]


def flapping(case, bed):
    run = Run(case, bed, "a:2,b:2,c:2")
    run.wait_for_workers("b")
    while run.process.poll() is None and time.time() - run.start < BOUND:
        bed.cut("b")
        time.sleep(1)
        bed.heal("b")
        time.sleep(1)
    return run.check(names=["b", "worker"])[0]


def loss(percent):
    def scenario(case, bed):
        for host in HOSTS:
            bed.lose(host, percent)
        return Run(case, bed, "a:2,b:2,c:2").check(names=["a", "b", "c", "worker"])[0]
    return scenario


def narrow(case, bed):
    for host in HOSTS:
        bed.slow_down(host, "10mbit")
    return Run(case, bed, "a:2,b:2,c:2").check(names=["a", "b", "c", "worker"])[0]


def host_dies(case, bed):
    run = Run(case, bed, "a:2,b:2,c:2")
    run.wait_for_workers("b")
    bed.faults += 1
    bed.kill_all("b")
    return run.check(names=["b", "worker"])[0]


def ssh_dies(case, bed):
    run = Run(case, bed, "a:2,b:2,c:2")
    run.wait_for_workers("b")
    victim = next(pid for pid, name, command in bed.ours("m") if name == "ssh" and " -- b " in command)
    bed.faults += 1
    os.kill(victim, signal.SIGKILL)
    return run.check(names=["b", "worker"])[0]


def mrrun_dies(is_cut):
    """It is killed; or it is killed after its network was cut, so that nobody hears of it."""
    def scenario(case, bed):
        run = Run(case, bed, "a:2,b:2,c:2")
        run.wait_for_workers("b")
        bed.faults += 1
        if is_cut:
            bed.cut("m")
        for pid, name, _ in bed.ours("m"):
            if name == "mrrun":
                os.kill(pid, signal.SIGKILL)
        run.end()
        found = [p for p in bed.left(PATIENCE) if "/tmp/mr-" not in p]  # the next run removes the directory of a killed one
        if found:
            raise Failure("left behind:\n" + "\n".join(found))
        bed.heal("m")
        Run(case, bed, "a:2,b:2", case.short).check(must_be_same=True)
        return "nothing was left"
    return scenario


def refused(case, bed):
    bed.stop_sshd("b")
    messages = Run(case, bed, "a:2,b:2", case.short).check(must_be_same=True)[1]
    for text in ("mrrun: b: connection refused", "goes on with 2 of 4 workers"):
        if text not in messages:
            raise Failure(f"no word of `{text}`\n{messages}")
    status, _, messages = Run(case, bed, "b").end()
    if status != 1 or "mrrun: b: connection refused" not in messages:
        raise Failure(f"status {status}\n{messages}")
    return "same, with the others"


def not_let_in(case, bed):
    """A host key that changed, one that is not known, a user without a key, and a name that nobody has."""
    bed.write_known_hosts(wrong=["a"])
    bed.faults += 4
    known = (bed.folder / "known_hosts").read_text()
    (bed.folder / "known_hosts").write_text("".join(line + "\n" for line in known.splitlines() if bed.address("b") not in line))
    status, _, messages = Run(case, bed, "a,b,nobody@c,nowhere.invalid").end()
    for text in ("a: its host key is not the one that ssh knows", "b: ssh does not know its host key", "nobody@c: permission denied",
                 "nowhere.invalid: there is no host of that name", "there is no host that could work"):
        if text not in messages:
            raise Failure(f"no word of `{text}`\n{messages}")
    if status != 1:
        raise Failure(f"status {status}\n{messages}")
    return "ended with the cause"


def bare(case, bed):
    """A host that has a shell and coreutils, and no libzmq."""
    root = bed.folder / "bare"
    make_root(root)
    os.chmod(bed.folder, 0o755)
    bed.stop_sshd("a")
    bed.start_sshd("a", root)
    (root / str(case.texts)[1:]).parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", case.texts, root / str(case.texts)[1:]], check=True)
    messages = Run(case, bed, "a:2,localhost", case.short).check(must_be_same=True)[1]
    if "mrrun: a: ready" not in messages or "  worker 2: " not in messages:
        raise Failure(messages)
    return "same"


def files(case, bed):
    """A text that b does not have, one that differs there, and what only mrrun's host can read."""
    folder = bed.folder / "texts"
    subprocess.run(["cp", "-a", case.texts, folder], check=True)
    hidden = bed.folder / "hidden"
    hidden.mkdir()
    for text, layer in [(f"host b: cannot read {folder}/text0: No such file", hidden),
                        (f"{folder}/text0 is not the same file on all hosts: on ", bed.folder / "other")]:
        bed.stop_sshd("b")
        if layer != hidden:
            subprocess.run(["cp", "-a", case.texts, layer], check=True)
            (layer / "text0").write_text("something else\n")
        bed.start_sshd("b", over=(layer, folder))
        status, _, messages = Run(case, bed, "b:2", case.short, folder).end()
        if status != 1 or text not in messages or "on b " not in messages and layer != hidden:
            raise Failure(f"status {status}, without `{text}`\n{messages}")
    return "ended with the cause"


SCENARIOS = {  # in the order of their length, so that they end at about the same time
    "mrrun dies without a network": mrrun_dies(True),
    "full partition": partition(("input", "output")),
    "partition of what b hears": partition(("input",)),
    "partition of what b says": partition(("output",)),
    "partition between b and c": partition_of_two,
    "20 % loss": loss(20),
    "10 Mbit/s": narrow,
    "flapping": flapping,
    "5 % loss": loss(5),
    "host dies": host_dies,
    "mrrun dies": mrrun_dies(False),
    "ssh dies": ssh_dies,
    "undisturbed": undisturbed,
    "ipv6": ipv6,
    "refused": refused,
    "not let in": not_let_in,
    "bare host": bare,
    "files": files,
}
LONG_ONLY = {"mrrun dies without a network", "20 % loss", "10 Mbit/s", "full partition", "partition of what b hears", "partition between b and c"}


def attempt(name, seed, case):
    """The first time as it is written, later with a random time for the fault."""
    start, bed = time.time(), None
    try:
        bed = Bed()
        bed.draw = random.Random(seed) if seed else None
        try:
            outcome = SCENARIOS[name](case, bed)
            nothing_left(bed)
        finally:
            bed.close()
        return True, f"{name}: {outcome} ({time.time() - start:.0f} s)", bed.faults
    except Exception as error:
        text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
        return False, f"FAILED {name}: {text}", bed.faults if bed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    try:
        can_be_made()
    except NotHere as reason:
        print(reason)
        return 77
    wanted = [n for n in SCENARIOS if options.only in n and not (options.quick and n in LONG_ONLY)]
    names = [(n, seed) for seed in range(options.rounds) for n in wanted]
    faults = failures = 0
    with tempfile.TemporaryDirectory(prefix="mr-net-case-") as folder, concurrent.futures.ThreadPoolExecutor(6) as pool:
        os.chmod(folder, 0o755)
        case = Case(options.build.resolve(), Path(folder))
        for is_good, text, count in pool.map(lambda name: attempt(*name, case), names):
            print(text, flush=True)
            faults += count
            failures += not is_good
    print(f"net: {len(names)} scenarios, {faults} faults injected, {failures} failed" + ("" if failures else ", and nothing differed"))
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())

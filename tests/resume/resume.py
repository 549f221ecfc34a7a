#!/usr/bin/env python3
"""Runs with --checkpoint are killed and gone on with.

    tests/resume/resume.py [--build DIR] [--runs N] [--seed S] [CASE ...]

The case `kills` takes the programs of tests/resume/programs in turn: mrrun is killed (SIGKILL) at a random time and started again with
--resume, until the run ends by itself. Its output, exit status and error must be those of a run that nobody disturbs; no element whose
chunk was in the journal when a run began may have been computed by that run (the programs log each element as "#JOB ELEMENT", where
JOB is the number of the job's elements, so that the journal's jobs are known by it); and nothing may be left behind. The other cases
are described below. Without CASE all are run. A failing one says how to run it again."""

import argparse, os, random, re, shutil, signal, subprocess, sys, tempfile, threading, time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIMIT = 120  # seconds for one run of a program


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def check(holds, text):
    if not holds:
        raise Failure(text)


class Bed:
    """A folder for the files of one scene, in which nothing but them may be left."""

    def __init__(self, options, program):
        self.options = options
        compiled = options.compiled.get(program)
        if not compiled:
            compiled = options.compiled[program] = Path(options.shelf) / program
            done = subprocess.run([options.mrc, HERE / "programs" / f"{program}.mr", "-o", compiled], capture_output=True, timeout=LIMIT)
            check(done.returncode == 0, f"{program}.mr: {done.stderr.decode(errors='replace')}")
        self.folder = Path(tempfile.mkdtemp(prefix="mr-resume-"))
        (self.folder / "tmp").mkdir()
        self.program = self.folder / "prog"
        shutil.copy2(compiled, self.program)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def environment(self):
        env = dict(os.environ, TMPDIR=str(self.folder / "tmp"))
        env.pop("XDG_RUNTIME_DIR", None)
        return env

    def run(self, *options, arguments=(), kill_after=None, at_work=None):
        """Runs mrrun; returns (status, standard output, standard error). The pipes end when every process of the run has ended."""
        command = [str(self.options.mrrun), *map(str, options), str(self.program), *arguments]
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(),
                              stdin=subprocess.DEVNULL, start_new_session=True) as process:
            timer = threading.Timer(kill_after, process.kill) if kill_after is not None else None
            if timer:
                timer.start()
            worker = threading.Thread(target=at_work, args=(process,)) if at_work else None
            if worker:
                worker.start()
            try:
                out, err = process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
                raise Failure(f"no end after {LIMIT} s: {' '.join(command)}\n{err.decode(errors='replace')[-2000:]}")
            finally:
                if timer:
                    timer.cancel()
                if worker:
                    worker.join()
        return process.returncode, out.decode(), err.decode(errors="replace")

    def journaled(self, directory="journal"):
        """What the journal holds: {a job's number of chunks: its chunks}."""
        done = subprocess.run([str(self.options.mrrun), "--show-journal", directory], cwd=self.folder, capture_output=True, timeout=LIMIT)
        jobs, job = {}, None
        for line in done.stdout.decode().splitlines():
            if line.startswith("job "):
                job = jobs.setdefault(int(re.search(r": (\d+) chunks", line)[1]), set())
            elif line.startswith("  bag "):
                for first, last in re.findall(r" (\d+)-(\d+)", line):
                    chunks = set(range(int(first), int(last) + 1))
                    check(not job & chunks, f"bags of one job overlap: {line}\n{done.stdout.decode()}")
                    job |= chunks
        return jobs

    def nothing_is_left(self):
        for _ in range(50):
            left = [p for p in (self.folder / "tmp").iterdir()] + self.processes()
            if not left:
                return
            time.sleep(0.1)
        raise Failure(f"left behind: {left}")

    def processes(self):
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if Path(os.readlink(f"/proc/{entry}/exe")) == self.program:
                    found.append(int(entry))
            except OSError:
                pass
        return found


def computed(err):
    """{a job's number of elements: those that were computed}; how many there were."""
    jobs, count = {}, 0
    for job, element in re.findall(r"#(\d+) (\d+)", err):
        jobs.setdefault(int(job), set()).add(int(element))
        count += 1
    return jobs, count


def errors(err):
    """What people see: without the programs' log, and without what mrrun says of the journal."""
    return [line for line in err.splitlines() if "#" not in line and not line.startswith("mrrun:")]


def check_not_again(before, err):
    for job, elements in computed(err)[0].items():
        again = elements & before.get(job, set())
        check(not again, f"of the job with {job} chunks, these were in the journal and computed again: {sorted(again)}")


def check_same(expected, got):
    check(got[0] == expected[0], f"exit status {got[0]}, expected {expected[0]}\n{got[2][-2000:]}")
    check(got[1] == expected[1], f"standard output:\n{got[1][-2000:]}\nexpected:\n{expected[1][-2000:]}")
    check(errors(got[2]) == errors(expected[2]), f"errors:\n{errors(got[2])}\nexpected:\n{errors(expected[2])}")


# ---- mrrun is killed at random

PROGRAMS = ["list", "keyed", "error", "early", "nested"]


def expected_of(options, program):
    if program not in options.expected:
        with Bed(options, program) as bed:
            began = time.monotonic()
            options.expected[program] = bed.run("-n", 4), time.monotonic() - began
    return options.expected[program]


def kill_scene(options, seed):
    """One program, killed until it ends by itself. Returns (kills, elements that were in the journal when a run began)."""
    draw = random.Random(seed)
    program = PROGRAMS[seed % len(PROGRAMS)]
    expected, seconds = expected_of(options, program)
    workers = draw.choice([1, 2, 3, 4, 8])
    kills = kept = 0
    with Bed(options, program) as bed:
        way = ["-n", workers, "--checkpoint", "journal", "--checkpoint-every", draw.choice([0.05, 0.1, 0.2])]
        if draw.random() < 0.3:
            way += ["--shuffle", draw.randrange(1, 1000)]
        while True:
            before = bed.journaled() if kills else {}
            kept += sum(map(len, before.values()))
            patience = None if kills >= 12 else 0.05 + draw.random() * max(0.8, seconds * 4 / workers)
            got = bed.run(*way, *(["--resume"] if kills else []), kill_after=patience)
            check_not_again(before, got[2])
            if got[0] != -signal.SIGKILL:
                break
            kills += 1
        bed.nothing_is_left()  # a run that was killed before it had told anybody of its directory leaves that to the next one
        check_same(expected, got)
        left = list((bed.folder / "journal").iterdir())
        check((left == []) == (got[0] == 0), f"in the journal's directory after exit status {got[0]}: {left}")
        if got[0] != 0:  # what was computed is kept, and gives the same again
            before = bed.journaled()
            again = bed.run(*way, "--resume")
            check_not_again(before, again[2])
            check_same(expected, again)
    return kills, kept


def kills(options):
    total = kept = 0
    for seed in range(options.seed, options.seed + options.runs):
        try:
            some = kill_scene(options, seed)
        except Failure as failure:
            raise Failure(f"{failure}\nagain: tests/resume/resume.py --runs 1 --seed {seed} kills")
        total, kept = total + some[0], kept + some[1]
    return f"{options.runs} runs, mrrun killed {total} times, {kept} chunks found in journals; nothing differed"


# ---- journals that are not what they were

def make_journal(bed, program, *more):
    """A run that was killed when its journal held something."""
    way = ["-n", 3, "--checkpoint", "journal", "--checkpoint-every", 0.1, *more]

    def kill_when_kept(process):
        end = time.monotonic() + 30
        while time.monotonic() < end and process.poll() is None:
            if sum(map(len, bed.journaled().values())) >= 30:
                break
            time.sleep(0.02)
        process.kill()
    got = bed.run(*way, at_work=kill_when_kept)
    check(got[0] == -signal.SIGKILL, f"the run ended before its journal held anything: {got[0]}\n{got[2][-1000:]}")
    return way


def damage(options):
    """Journals that were cut, or in which bits were flipped, at random places: the run gives the same, or is refused."""
    expected, _ = expected_of(options, "early")
    draw = random.Random(options.seed)
    count = max(4, options.runs // 4)
    refused = 0
    with Bed(options, "early") as bed:
        way = make_journal(bed, "early")
        path = bed.folder / "journal/journal"
        whole = path.read_bytes()
        for turn in range(count):
            data = bytearray(whole)
            if turn % 2:
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            else:
                del data[draw.randrange(len(data)):]
            path.write_bytes(data)
            before = bed.journaled()
            got = bed.run(*way, "--resume")
            if got[0] == 1 and "cannot be gone on with" in got[2]:
                check(path.read_bytes() == data, "a journal that was refused was changed")
                refused += 1
            else:
                check_not_again(before, got[2])
                check_same(expected, got)
            bed.nothing_is_left()
    return f"{count} damaged journals: {refused} refused, the others gone on with; nothing differed"


def refusals(options):
    """Another program, other arguments, another directory, no --resume, two runs at once: said, and nothing is lost."""
    expected, _ = expected_of(options, "early")

    def refused(got, *texts):
        check(got[0] == 1 and not got[1], f"exit status {got[0]}, output {got[1]!r}\n{got[2]}")
        for text in texts:
            check(text in got[2], f"{text!r} is not in:\n{got[2]}")
    with Bed(options, "early") as bed, Bed(options, "list") as other:
        way = make_journal(bed, "early")
        path = bed.folder / "journal/journal"
        whole = path.read_bytes()
        refused(bed.run(*way), "--resume", "--fresh")
        refused(bed.run(*way, "--resume", arguments=["more"]), "there is the argument 1, and there was none", "--fresh")
        early = bed.program.read_bytes()
        bed.program.write_bytes(other.program.read_bytes())
        refused(bed.run(*way, "--resume"), "the program's code was", "--fresh")
        bed.program.write_bytes(early)
        check(path.read_bytes() == whole, "the journal was changed")

        def second(process):
            time.sleep(0.4)
            if process.poll() is None:
                refused(bed.run(*way, "--resume"), "another run keeps its journal in journal")
        check_same(expected, bed.run(*way, "--resume", at_work=second))
        make_journal(bed, "early")
        check_same(expected, bed.run(*way, "--fresh"))
        check(list((bed.folder / "journal").iterdir()) == [], "the journal of a run that ended well is still there")
        (bed.folder / "file").write_text("x")
        refused(bed.run("-n", 2, "--checkpoint", "file"), "cannot keep a journal in file")
        refused(bed.run("-n", 2, "--checkpoint", "no/such"), "cannot make the directory no/such")
        for wrong in [["--resume"], ["--fresh"], ["--checkpoint", "x", "--resume", "--fresh"], ["--checkpoint", "x", "--checkpoint-every", "0"]]:
            got = bed.run(*wrong)
            check(got[0] == 2, f"{wrong}: exit status {got[0]}")
        bed.nothing_is_left()
    return "other programs, arguments and runs are refused"


def inputs(options):
    """Files that a job walks have changed since."""
    with Bed(options, "words") as bed:
        text = bed.folder / "a.txt"
        text.write_text("some words of a text\n" * 120000)
        way = ["-n", 2, "--checkpoint", "journal", "--checkpoint-every", 0.05]
        expected = bed.run("-n", 2, arguments=["a.txt"])

        def kill_when_kept(process):
            while process.poll() is None and not any(bed.journaled().values()):
                time.sleep(0.01)
            process.kill()
        got = bed.run(*way, arguments=["a.txt"], at_work=kill_when_kept)
        check(got[0] == -signal.SIGKILL, f"the run ended before its journal held anything: {got}")
        stamp = text.stat()
        with text.open("a") as file:
            file.write("more\n")
        got = bed.run(*way, "--resume", arguments=["a.txt"])
        check(got[0] == 1 and "has changed since" in got[2] and "a.txt, 2520005 bytes, and it was a.txt, 2520000 bytes" in got[2] and
              "--fresh" in got[2], f"{got}")
        os.truncate(text, stamp.st_size)
        got = bed.run(*way, "--resume", arguments=["a.txt"])
        check(got[0] == 1 and "the same size, another time" in got[2], f"{got}")
        os.utime(text, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        check(any(bed.journaled().values()), "the journal is gone")
        check_same(expected, bed.run(*way, "--resume", arguments=["a.txt"]))
        bed.nothing_is_left()
    return "changed inputs are refused, and said"


def disk(options):
    """A disk that is full: the run goes on without, and what is there is whole."""
    if os.geteuid() != 0:
        raise Skip("a small file system can be mounted by root only")
    expected, _ = expected_of(options, "list")
    with Bed(options, "list") as bed:
        place = bed.folder / "small"
        place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", place], capture_output=True)
        if mounted.returncode:
            raise Skip("no file system can be mounted here: " + mounted.stderr.decode())
        try:
            way = ["-n", 3, "--checkpoint", place / "journal", "--checkpoint-every", 0.05]
            (place / "ballast").write_bytes(b"x" * 4096)
            got = bed.run(*way)
            check_same(expected, got)
            check("checkpoints are off from here on" in got[2] and "No space left" in got[2], f"no word of it:\n{got[2][-1000:]}")
            check(got[2].count("checkpoints are off") == 1, "it was said more than once")
            way = make_full(bed, place)
            before = bed.journaled(place / "journal")
            check(any(before.values()), "nothing was kept before the disk was full")
            (place / "ballast").unlink()
            got = bed.run(*way, "--resume")
            check_not_again(before, got[2])
            check_same(expected, got)
            bed.nothing_is_left()
        finally:
            subprocess.run(["umount", "-l", place], check=True)
    return "a full disk turns checkpoints off, and no more"


def make_full(bed, place):
    """A run that is killed some time after the disk was full."""
    way = ["-n", 3, "--checkpoint", place / "journal", "--checkpoint-every", 0.05]
    got = bed.run(*way, kill_after=1.3)
    check(got[0] == -signal.SIGKILL and "checkpoints are off" in got[2], f"the disk was not full in time: {got[0]}\n{got[2][-1000:]}")
    return way


def workers(options):
    """Workers that die after their bags were kept: these are not computed again."""
    expected, _ = expected_of(options, "list")
    kept = 0
    with Bed(options, "list") as bed:
        way = ["-n", 3, "--checkpoint", "journal", "--checkpoint-every", 0.1]
        found = {}

        def kill_workers(process):
            nonlocal kept
            while process.poll() is None and sum(map(len, bed.journaled().values())) < 60:
                time.sleep(0.01)
            found.update(bed.journaled())
            for pid in bed.processes():
                if Path(f"/proc/{pid}/comm").read_text().startswith("mr-worker"):
                    os.kill(pid, signal.SIGKILL)
        got = bed.run(*way, at_work=kill_workers)
        check_same(expected, got)
        elements = re.findall(r"\[worker \d+\] #(\d+) (\d+)", got[2])  # what the root tries before it hands a job over is no matter
        for job, chunks in found.items():
            kept += len(chunks)
            twice = sorted(c for c in chunks if elements.count((str(job), str(c))) > 1)
            check(not twice, f"of the job with {job} chunks, these were in the journal and computed again: {twice}")
        check(kept >= 60, "nothing was kept before the workers were killed")
        bed.nothing_is_left()
    return f"all workers were killed; {kept} chunks that were kept were not computed again"


CASES = {f.__name__: f for f in [kills, damage, refusals, inputs, disk, workers]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    options.mrc, options.mrrun = options.build.resolve() / "bin/mrc", options.build.resolve() / "bin/mrrun"
    options.compiled, options.expected = {}, {}
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mr-resume-") as options.shelf:
        for name in options.cases or CASES:
            if name not in CASES:
                parser.error(f"no case `{name}`; there are {', '.join(CASES)}")
            try:
                print(f"{name}: {CASES[name](options)}", flush=True)
            except Skip as reason:
                print(f"{name}: skipped: {reason}", flush=True)
                if options.cases == [name]:
                    return 77
            except Failure as failure:
                print(f"{name}: FAILED: {failure}", flush=True)
                failed += 1
    return 1 if failed else 0


sys.exit(main())

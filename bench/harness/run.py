"""Runs commands in turn, and keeps what each run gave."""

import os, signal, statistics, subprocess, time

TIMEOUT = 300


class Failure(Exception):
    """A program failed, or computed something else than it should have."""


class Measure:
    """What the runs of one command gave."""

    def __init__(self):
        self.seconds, self.processor, self.memory, self.work = [], [], [], []
        self.output, self.errors = b"", ""

    best = property(lambda self: min(self.seconds))
    median = property(lambda self: statistics.median(self.seconds))
    cpu = property(lambda self: statistics.median(self.processor))
    peak = property(lambda self: max(self.memory))
    work_median = property(lambda self: statistics.median(self.work))


class Command:
    """Words to run, variables of the environment, and whether the program says how long its work took (lines `0.25 s` of standard
    error; the first of several is that of cold memory, and not counted)."""

    def __init__(self, *words, env=None, times_itself=False):
        self.words = [str(word) for word in words]
        self.env = {name: str(value) for name, value in (env or {}).items()}
        self.times_itself = times_itself


def take_priority():
    """Where the system shares the processor between sessions first, a high priority of a process counts only within its session; so the
    session gets it, too. Without the right to that it stays as it is."""
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        if priority < 0:
            with open("/proc/self/autogroup", "w") as out:
                out.write(str(priority))
    except OSError:
        pass


def work_seconds(errors):
    """The times that a program logged of itself."""
    found = []
    for line in errors.splitlines():
        words = line.split()
        if len(words) >= 2 and words[-1] == "s" and (len(words) == 2 or words[0].startswith("[")):
            found.append(float(words[-2]))
    return found


def run_once(command, measure):
    """Runs one command to its end. Peak memory is that of the largest of its processes, and at least this script's own, which the
    system counts in for the moment before the command starts."""
    output, errors = os.memfd_create("output"), os.memfd_create("errors")
    start = time.monotonic()
    process = subprocess.Popen(command.words, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=dict(os.environ, **command.env),
                               process_group=0)

    def stop(*_):
        os.killpg(process.pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(TIMEOUT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    measure.output = os.pread(output, os.fstat(output).st_size, 0)
    measure.errors = os.pread(errors, os.fstat(errors).st_size, 0).decode(errors="replace")
    os.close(output)
    os.close(errors)
    if process.returncode:
        raise Failure(f"{' '.join(command.words)}: exit status {process.returncode}\n{measure.errors[-2000:]}")
    measure.seconds.append(seconds)
    measure.processor.append(usage.ru_utime + usage.ru_stime)
    measure.memory.append(usage.ru_maxrss * 1024)
    if command.times_itself:
        times = work_seconds(measure.errors)
        if not times:
            raise Failure(f"{' '.join(command.words)} did not say how long its work took")
        measure.work += times[1:] or times


def run(*words, env=None):
    """One run, for what it prints."""
    measure = Measure()
    run_once(Command(*words, env=env), measure)
    return measure


def measure(commands, rounds, warm=True):
    """commands: name -> Command. Runs all in turn, A B C A B C …, after one round that is not counted; name -> Measure."""
    result = {name: Measure() for name in commands}
    for current in range(-1 if warm else 0, rounds):
        for name, command in commands.items():
            run_once(command, Measure() if current < 0 else result[name])
    return result


def check_equal(measures, key=lambda output: output):
    """Whether all have printed the same, as `key` sees it."""
    (first, wanted), *others = [(name, key(m.output)) for name, m in measures.items()]
    for name, got in others:
        if got != wanted:
            raise Failure(f"`{name}` computed something else than `{first}`:\n{str(got)[:1000]}\n{str(wanted)[:1000]}")


def check_close(measures, tolerance=1e-9):
    """The same for lines of words and numbers: numbers that are not written alike may differ by the tolerance."""
    (first, wanted), *others = [(name, m.output.decode().split()) for name, m in measures.items()]
    for name, got in others:
        if len(got) != len(wanted):
            raise Failure(f"`{name}` printed {len(got)} words, `{first}` {len(wanted)}")
        for a, b in zip(got, wanted):
            if a != b and abs(float(a) - float(b)) > tolerance * max(1.0, abs(float(b))):
                raise Failure(f"`{name}` computed {a}, `{first}` {b}")

#!/usr/bin/env python3
"""Measures mr beside programs written by hand, and says which targets are met.

    bench/bench.py [--build DIR] [--quick] [--rounds N] [--strict] [--json FILE] [SUITE ...]

Suites:
    wordcount   the ten most frequent words of 100 MB of text, beside wc_ref (AVX-512, two threads) and wc_simple (plain C)
    vocabulary  the same over text with very many different words
    tiny        the sum of products on eight workers, from start to exit, beside the least that eight processes can cost
    compile     mrc examples/wordcount.mr, and made-up programs of 1,000, 2,000 and 4,000 lines
    pi          Monte Carlo pi, beside num_ref
    mandelbrot  the Mandelbrot set, beside num_ref
    memory      the peak memory of a process while it reads 1 GB of text

The commands of a suite run in turn, A B C A B C …, after one round that is not counted; figures are the best of the rounds, and
ratios compare these (one machine's times mean little: compare ratios). What the programs print is checked to be equal where they
compute the same. --quick takes smaller inputs and fewer rounds: its figures say that everything works, not how fast it is.
MR_TEST_PLAYS may name a folder of texts; else the texts are the licences of /usr/share/common-licenses.

Exit status 1 when a program fails or results differ, with --strict also when a target is missed."""

import argparse, json, os, signal, statistics, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 300
THREADS = 2
MB = 1_000_000
TABLE_ENTRY = 192  # bytes that a different word may cost a worker: its entry at half load, its text, and the table's old copy


class Failure(Exception):
    pass


class Measure:
    """What the runs of one command gave."""

    def __init__(self):
        self.seconds, self.processor, self.memory, self.output = [], [], [], b""

    best = property(lambda self: min(self.seconds))
    median = property(lambda self: statistics.median(self.seconds))
    peak = property(lambda self: max(self.memory))


def run_once(command, env, measure):
    """Runs one command to its end; peak memory is that of the largest of its processes, and at least this script's own, which the system
    counts in for the moment before the command starts."""
    scratch = os.memfd_create("output")
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=scratch, stderr=subprocess.PIPE,
                               env=dict(os.environ, **env), start_new_session=True)

    def stop(*_):
        os.killpg(process.pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(TIMEOUT)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    output = os.pread(scratch, os.fstat(scratch).st_size, 0)
    os.close(scratch)
    if process.returncode:
        raise Failure(f"{' '.join(map(str, command))}: exit status {process.returncode}\n{errors.decode(errors='replace')[-2000:]}")
    measure.seconds.append(seconds)
    measure.processor.append(usage.ru_utime + usage.ru_stime)
    measure.memory.append(usage.ru_maxrss * 1024)
    measure.output = output


def measure(commands, rounds):
    """commands: name -> command or (command, environment). Runs all in turn and returns name -> Measure."""
    result = {name: Measure() for name in commands}
    for current in range(-1, rounds):
        for name, command in commands.items():
            command, env = command if isinstance(command, tuple) else (command, {})
            run_once(command, env, Measure() if current < 0 else result[name])
    return result


class Report:
    """Prints one line a figure, with its target where it has one, and remembers all for --json."""

    def __init__(self):
        self.rows = []
        self.missed = 0

    def suite(self, title):
        print(f"\n{title}", flush=True)

    def row(self, what, value, unit, target=None, note=""):
        verdict = ""
        if target is not None:
            is_met = value <= target
            self.missed += not is_met
            verdict = f"target ≤ {target:g}{unit.replace(' times', '×')}: {'met' if is_met else 'MISSED'}"
        self.rows.append({"what": what, "value": value, "unit": unit.strip(), "target": target, "note": note})
        print(f"    {what:<44} {value:>10.3f}{unit:<7} {verdict:<30} {note}".rstrip(), flush=True)

    def skip(self, what, why):
        self.rows.append({"what": what, "skipped": why})
        print(f"    {what:<44} skipped: {why}", flush=True)

    def times(self, measures, reference=None, targets=()):
        """A line for each command: its best time, and its ratio to the reference's."""
        for name, m in measures.items():
            note = f"median {m.median:.3f} s, processor {min(m.processor):.3f} s, peak {m.peak / MB:.0f} MB"
            self.row(name, m.best, " s", note=note)
        if reference:
            for name, m in measures.items():
                if name != reference:
                    self.row(f"{name} : {reference}", m.best / measures[reference].best, " times", dict(targets).get(name))


# ---- inputs, made once

def texts():
    folder = os.environ.get("MR_TEST_PLAYS", "")
    folders = [Path("/usr/share/common-licenses")] + ([Path(folder)] if folder else [])
    found = sorted({path.resolve() for folder in folders for path in folder.glob("*") if path.is_file()})
    if not found:
        raise Failure("no texts to make a corpus from: set MR_TEST_PLAYS to a folder of text files")
    return found


def generate(path, command):
    """Runs a generator once; the file appears whole or not at all."""
    if not path.exists():
        print(f"    making {path.name}", flush=True)
        part = path.with_suffix(".part")
        with open(part, "wb") as out:
            subprocess.run([str(word) for word in command], stdout=out, check=True)
        part.rename(path)
    return path


def corpus(options):
    size = 10 * MB if options.quick else 100 * MB
    kind = "plays" if os.environ.get("MR_TEST_PLAYS") else "licences"
    return generate(options.bench / f"{kind}-{size // MB}.txt", [options.bench / "gen_corpus", size, 1, *texts()])


def large_corpus(options):
    """The corpus ten times over: ten times its size, the same words."""
    small = corpus(options)
    return generate(small.with_name(f"{small.stem}-x10.txt"), ["cat", *[small] * 10])


def compile_program(options, source, executable):
    path = options.bench / executable
    run_once([options.mrc, ROOT / source, "-o", path], {}, Measure())
    return path


def lacking_flags():
    """What wc_ref needs of the processor and does not find."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            flags = line.split()
            return [f for f in ["avx512bw", "avx512vl", "avx512_vbmi2", "bmi2", "aes"] if f not in flags]
    return ["a line of flags in /proc/cpuinfo"]


# ---- suites

def counts(output):
    """The numbers of a list of frequent words. Words of equal number may come in any order, so only these are compared."""
    return [int(line.split()[0]) for line in output.decode().splitlines() if not line.endswith("different ones")]


def check_equal(measures, key=lambda output: output):
    (first, wanted), *others = [(name, key(m.output)) for name, m in measures.items()]
    for name, got in others:
        if got != wanted:
            raise Failure(f"`{name}` computed something else than `{first}`:\n{got}\n{wanted}")


def word_counts(options, report, path, targets):
    wc = compile_program(options, "examples/wordcount.mr", "wc")
    commands = {"./wc": ([wc, path], {"MR_WORKERS": str(THREADS)}), f"mrrun -n {THREADS} ./wc": [options.mrrun, "-n", THREADS, wc, path]}
    lacking = lacking_flags()
    if not lacking:
        commands = {"wc_ref": [options.bench / "wc_ref", "-t", THREADS, path], **commands}
    commands["wc_simple (one thread)"] = [options.bench / "wc_simple", path]
    measures = measure(commands, options.rounds)
    check_equal(measures, counts)
    report.times(measures, None if lacking else "wc_ref", targets)
    if lacking:
        report.skip("ratios to wc_ref", "this processor lacks " + ", ".join(lacking))


def wordcount(options, report):
    path = corpus(options)
    report.suite(f"word count, {path.stat().st_size / MB:.0f} MB, {THREADS} workers")
    word_counts(options, report, path, {"./wc": 4.0, f"mrrun -n {THREADS} ./wc": 4.0})


def vocabulary(options, report):
    size, words = (10 * MB, 1 << 21) if options.quick else (200 * MB, 1 << 25)
    path = generate(options.bench / f"zipf-{size // MB}.txt", [options.bench / "gen_zipf", size, words, 42])
    report.suite(f"word count, {size // MB} MB with very many different words, {THREADS} workers")
    word_counts(options, report, path, {})


def tiny(options, report):
    report.suite("sum of products on eight workers, start to exit")
    program = compile_program(options, "examples/sum_of_products.mr", "sum_of_products")
    floor = options.bench / "tree_floor"
    measures = measure({"mrrun -n 8 ./sum_of_products": [options.mrrun, "-n", 8, program], "./sum_of_products": [program]}, 4 * options.rounds)
    check_equal(measures)
    report.times(measures)
    report.row("mrrun -n 8, median", measures["mrrun -n 8 ./sum_of_products"].median, " s", 0.15)
    report.times(measure({f"floor: {how}": [floor, how, 8, 100] for how in ["pipe", "fork", "exec"]}, 4 * options.rounds))


def compile_time(options, report):
    report.suite("compiling")
    output = options.bench / "wc-compiled"
    command = [options.mrc, ROOT / "examples/wordcount.mr", "-o", output]
    measures = measure({"mrc examples/wordcount.mr": command, "mrc -O0 examples/wordcount.mr": command + ["-O0"]}, 2 * options.rounds)
    report.times(measures)
    report.row("mrc examples/wordcount.mr, median", measures["mrc examples/wordcount.mr"].median, " s", 0.15)
    programs = {lines: generate(options.bench / f"program-{lines}.mr", [ROOT / "bench/gen_program.py", lines])
                for lines in (1000, 2000, 4000)}
    measures = measure({f"mrc, {lines} lines": [options.mrc, path, "-o", output] for lines, path in programs.items()}, options.rounds)
    report.times(measures)
    report.row("mrc, 2000 lines, median", measures["mrc, 2000 lines"].median, " s", 2)
    report.row("4000 lines : 2000 lines, processor", min(measures["mrc, 4000 lines"].processor) /
               min(measures["mrc, 2000 lines"].processor), " times", 2.2)


def numeric(options, report, name, arguments):
    program = compile_program(options, f"bench/{name}.mr", name)
    measures = measure({"num_ref": [options.bench / "num_ref", "-t", THREADS, name, *arguments],
                        f"./{name}": ([program, *arguments], {"MR_WORKERS": str(THREADS)}),
                        f"mrrun -n {THREADS} ./{name}": [options.mrrun, "-n", THREADS, program, *arguments]}, options.rounds)
    check_equal(measures)
    report.times(measures, "num_ref")


def pi(options, report):
    darts = 10 * MB if options.quick else 300 * MB
    report.suite(f"Monte Carlo pi, {darts // MB} million darts, {THREADS} workers")
    numeric(options, report, "pi", [darts])


def mandelbrot(options, report):
    size = [256, 256, 500] if options.quick else [1024, 1024, 2000]
    report.suite(f"Mandelbrot set, {size[0]} × {size[1]} points, {size[2]} steps, {THREADS} workers")
    numeric(options, report, "mandelbrot", size)


def memory(options, report):
    path = large_corpus(options)
    report.suite(f"peak memory of a process, {path.stat().st_size / MB:.0f} MB of text, mrrun -n {THREADS}")
    lines, wc = compile_program(options, "bench/lines.mr", "lines"), compile_program(options, "examples/wordcount.mr", "wc")
    totals = compile_program(options, "examples/totals.mr", "totals")
    launch = [options.mrrun, "-n", THREADS]
    measures = measure({"lines": [*launch, lines, path], "words": [*launch, wc, path]}, 1)
    different = Measure()
    run_once([totals, corpus(options)], {}, different)
    table = int(different.output.split()[2]) * TABLE_ENTRY
    report.row("counting lines", measures["lines"].peak / MB, " MB", 64)
    report.row("counting words", measures["words"].peak / MB, " MB", 64 + table / MB, f"64 MB and {table / MB:.1f} MB for its table")


SUITES = {"wordcount": wordcount, "vocabulary": vocabulary, "tiny": tiny, "compile": compile_time, "pi": pi, "mandelbrot": mandelbrot,
          "memory": memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        parser.error(f"no suite `{unknown[0]}`; there are {', '.join(SUITES)}")
    options.rounds = options.rounds or (3 if options.quick else 7)
    options.build = options.build.resolve()
    options.bench, options.mrc, options.mrrun = options.build / "bench", options.build / "bin/mrc", options.build / "bin/mrrun"
    report, failed = Report(), 0
    for name in options.suites or SUITES:
        try:
            SUITES[name](options, report)
        except (Failure, OSError, subprocess.CalledProcessError) as failure:
            failed += 1
            print(f"    FAILED: {failure}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(report.rows, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{failed} suites failed, {report.missed} targets missed")
    return 1 if failed or (options.strict and report.missed) else 0


sys.exit(main())

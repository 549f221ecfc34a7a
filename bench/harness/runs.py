"""Suites of what surrounds the work: starting, handing out, merging, compiling."""

import json, statistics

from harness.inputs import ROOT, compile_program, generate, ways
from harness.report import MB
from harness.run import Command, Failure, check_equal, measure, run

THREADS = 2


def stats(options, workers, *words, flags=(), env=None):
    """A run's figures, as --stats=json has them, and its output."""
    result = run(options.mrrun, "-n", workers, *flags, "--stats=json", *words, env=env)
    return json.loads(result.errors[result.errors.index("{\n"):]), result.output


def tiny(options, report):
    """the tutorial's sum of products, from start to exit: on eight workers, and alone"""
    report.suite("sum of products, start to exit")
    program = compile_program(options, "examples/sum_of_products.mr")
    floor = options.bench / "tree_floor"
    launched = {"mrrun -n 8 ./sum_of_products": Command(options.mrrun, "-n", 8, program), "./sum_of_products": Command(program)}
    floors = {f"floor: {how}": Command(floor, how, 8, 100) for how in ["pipe", "fork", "exec"]}
    measures = measure({**launched, **floors}, 4 * options.rounds)
    check_equal({name: measures[name] for name in launched})
    report.times(measures)
    report.row("mrrun -n 8 ./sum_of_products, median", 1000 * measures["mrrun -n 8 ./sum_of_products"].median, " ms", 35, 20)
    report.row("./sum_of_products, median", 1000 * measures["./sum_of_products"].median, " ms", 4, 3)


def tasks(options, report):
    """10^6 elements of 1 µs, and 10^5 of which one in a hundred takes 1 ms: the time of the job beside the ideal, half of one thread's"""
    program = compile_program(options, "bench/tasks.mr")
    ref = lambda threads, *numbers: Command(options.bench / "num_ref", "-t", threads, "tasks", *numbers, times_itself=True)
    trial = measure({"trial": ref(1, 20_000, 1000, 1, 1)}, 3)["trial"]
    steps = round(1000 * 20_000 * 1e-6 / min(trial.work))  # of which an element takes 1 µs
    scale = options.pick(1, 5, 1000)
    for title, arguments in [("even elements of 1 µs", [1_000_000 // scale, steps, 1, 1]),
                             ("elements of 1 µs, one in a hundred of 1 ms", [100_000 // scale, steps, 100, 1000])]:
        report.suite(f"{arguments[0]:,} {title}, {THREADS} workers, time of the job")
        measures = measure({"ideal": ref(1, *arguments),
                            **ways(options, program, *arguments, workers=THREADS, times_itself=True)}, options.rounds)
        check_equal(measures)
        measures["ideal"].work = [seconds / THREADS for seconds in measures["ideal"].work]
        report.times(measures, "ideal", 1.15, 1.05, work=True)


def ranges(options, report):
    """ranges of one chunk handed out and answered, one message each, with two workers"""
    count = options.pick(65_536, 65_536, 1024)
    report.suite(f"{count:,} ranges of one chunk, mrrun -n {THREADS}")
    program = compile_program(options, "bench/ranges.mr")
    rates = []
    for _ in range(options.rounds):
        figures, output = stats(options, THREADS, program, count, flags=["--range-chunks=1"], env={"MR_LOCAL_MS": "0"})
        job = figures["jobs"][0]
        if int(output) != count // 2 or sum(worker["ranges"] for worker in job["workers"]) != count:
            raise Failure(f"{output!r} in {sum(worker['ranges'] for worker in job['workers'])} ranges")
        rates.append(count / job["seconds"])
    report.row("ranges handed out and answered", statistics.median(rates), "/s", 150_000, 400_000, f"most {max(rates):,.0f}/s")


def keyed(options, report):
    """a reduction by key with 64 MB of result, eight workers: what reaches the root beyond what the program prints"""
    keys = options.pick(4_000_000, 4_000_000, 100_000)
    size = 16 * keys  # a key and a value of eight bytes each
    report.suite(f"a table of {keys:,} keys ({size / MB:.0f} MB), mrrun -n 8")
    program = compile_program(options, "bench/keyed.mr")
    env = {"MR_LOCAL_MS": "0", "MR_EXCHANGE": "64K"} if keys < 1_000_000 else {"MR_LOCAL_MS": "0"}
    figures, output = stats(options, 8, program, keys, env=env)
    if run(program, keys).output != output:
        raise Failure("eight workers computed something else than one process")
    beyond = max(0, sum(job["root_bytes"] for job in figures["jobs"]) - len(output))
    report.row("bytes that reach the root beyond the output", 100 * beyond / size, " %", 1, 0, f"{beyond:,} bytes")
    moved = sum(edge["bytes"] for job in figures["jobs"] for edge in job["edges"])
    report.row("bytes between workers", moved / MB, " MB", note=f"{figures['seconds']:.2f} s")


def compile_time(options, report):
    """mrc examples/wordcount.mr, and made-up programs of 1,000, 2,000 and 4,000 lines"""
    report.suite("compiling")
    output = options.bench / "compiled"
    command = [options.mrc, ROOT / "examples/wordcount.mr", "-o", output]
    commands = {"mrc examples/wordcount.mr": Command(*command), "mrc -O0 examples/wordcount.mr": Command(*command, "-O0")}
    measures = measure(commands, 2 * options.rounds)
    report.times(measures)
    report.row("mrc examples/wordcount.mr, median", 1000 * measures["mrc examples/wordcount.mr"].median, " ms", 80, 50)
    sizes = options.pick([1000, 2000, 4000], [1000, 2000, 4000], [100, 200])
    programs = {lines: generate(options.bench / f"program-{lines}.mr", [ROOT / "bench/gen_program.py", lines]) for lines in sizes}
    measures = measure({f"mrc, {lines} lines": Command(options.mrc, path, "-o", output) for lines, path in programs.items()},
                       options.pick(3, 1, 1), warm=False)
    report.times(measures)
    if 4000 in sizes:
        report.row("mrc, 2000 lines, median", measures["mrc, 2000 lines"].median, " s", 2)
        report.row("4000 lines : 2000 lines, processor", min(measures["mrc, 4000 lines"].processor) /
                   min(measures["mrc, 2000 lines"].processor), " times", 2.2)

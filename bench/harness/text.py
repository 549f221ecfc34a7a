"""Suites that read text: word counts, the group-by, and what reading costs of memory."""

from harness.inputs import compile_program, corpus, lacking_flags, one_line, plays, sales, ways, zipf
from harness.report import MB
from harness.run import Command, Measure, check_close, check_equal, measure, run, run_once
from harness.runs import stats

THREADS = 2


def counts(output):
    """The numbers of a list of frequent words. Words of equal number may come in any order, so only these are compared."""
    return [int(line.split()[0]) for line in output.decode().splitlines() if not line.endswith("different ones")]


def word_counts(options, report, path, must, aim):
    wc = compile_program(options, "examples/wordcount.mr", "wc")
    commands = ways(options, wc, path, workers=THREADS)
    judged = list(commands)
    lacking = lacking_flags()
    if not lacking:
        commands = {"wc_ref": Command(options.bench / "wc_ref", "-t", THREADS, path), **commands}
    measures = measure(commands, options.rounds)
    simple = {"wc_simple (one thread)": Measure()}
    run_once(Command(options.bench / "wc_simple", path), simple["wc_simple (one thread)"])
    check_equal({**simple, **measures}, counts)
    report.times(measures, None if lacking else "wc_ref", must, aim, judged=judged)
    if lacking:
        report.skip("ratios to wc_ref", "this processor lacks " + ", ".join(lacking))
    report.times(simple)


def wordcount(options, report):
    """the ten most frequent words of 1 GB of text, beside wc_ref (AVX-512, two threads) and wc_simple (plain C)"""
    path = corpus(options, options.pick(1000 * MB, 100 * MB, MB))
    report.suite(f"word count, {path.stat().st_size / MB:.0f} MB, {THREADS} workers")
    word_counts(options, report, path, 2.0, 1.2)


def vocabulary(options, report):
    """the same over 200 MB with five million different words"""
    size, words = options.pick((200 * MB, 1 << 25), (20 * MB, 1 << 22), (MB, 1 << 18))
    path = zipf(options, size, words)
    report.suite(f"word count, {size / MB:.0f} MB with very many different words, {THREADS} workers")
    word_counts(options, report, path, 2.0, 1.3)


def small(options, report):
    """the same over 27 plays on eight workers, from start to exit, beside the least that eight processes can cost"""
    found = plays()
    report.suite("word count, 27 plays, eight workers, start to exit")
    if not found:
        report.skip("word count of 27 plays", "MR_TEST_PLAYS does not name their folder")
        return
    wc = compile_program(options, "examples/wordcount.mr", "wc")
    commands = {"mrrun -n 8 ./wc": Command(options.mrrun, "-n", 8, wc, *found), "./wc": Command(wc, *found)}
    commands.update({f"floor: {how}": Command(options.bench / "tree_floor", how, 8, 100) for how in ["fork", "exec"]})
    measures = measure(commands, 3 * options.rounds)
    check_equal({name: measures[name] for name in ["mrrun -n 8 ./wc", "./wc"]})
    report.times(measures)
    report.row("mrrun -n 8 ./wc, median", 1000 * measures["mrrun -n 8 ./wc"].median, " ms", 40, 25)


def groupby(options, report):
    """mean and maximum of each of 10,000 groups, out of 1 GB of lines of text, beside groupby_ref"""
    path = sales(options, options.pick(1000 * MB, 100 * MB, MB))
    report.suite(f"group-by, {path.stat().st_size / MB:.0f} MB of lines, {THREADS} workers")
    program = compile_program(options, "bench/groupby.mr")
    measures = measure({"groupby_ref": Command(options.bench / "groupby_ref", "-t", THREADS, path),
                        **ways(options, program, path, workers=THREADS)}, options.rounds)
    check_close(measures, 1e-6)
    report.times(measures, "groupby_ref", 2.0, 1.3)


def memory(options, report):
    """the peak memory of a process that reads 1 GB of text: lines, words, groups, and one endless line"""
    size = options.pick(1000 * MB, 100 * MB, MB)
    text, line, table = corpus(options, size), one_line(options, size), sales(options, size)
    report.suite(f"peak memory of a process, {size / MB:.0f} MB of text, mrrun -n {THREADS}")
    wc = compile_program(options, "examples/wordcount.mr", "wc")
    programs = {"counting lines": (compile_program(options, "bench/lines.mr"), text), "counting words": (wc, text),
                "counting words of one line": (wc, line), "groups of lines": (compile_program(options, "bench/groupby.mr"), table)}
    for name, words in programs.items():
        peak = int(run(options.bench / "peak", options.mrrun, "-n", THREADS, *words).errors.split()[-1]) / MB
        figures, _ = stats(options, THREADS, *words, env={"MR_LOCAL_MS": "0"})
        of_table = max(worker["table_bytes"] for job in figures["jobs"] for worker in job["workers"]) / MB
        report.row(name, peak, " MB", round(64 + of_table, 1), round(16 + of_table, 1), f"a worker's table has {of_table:.1f} MB of it")

"""The suite of growth: with the size of the input, and with the number of workers, real and simulated."""

import math, os, re, shutil, statistics

from harness.inputs import compile_program, corpus, repeated, sales, ways
from harness.report import MB
from harness.run import Failure, measure, run
from harness.runs import stats

THREADS = 2
LARGE = 10_000 * MB


def lacks_room(options):
    """Why a file of 10 GB cannot be made and kept in memory here."""
    if shutil.disk_usage(options.inputs).free < 3 * LARGE:
        return "there is no room on the disk"
    if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 2 * LARGE:
        return "the machine has not enough memory to keep it there"
    return None


def sizes(options, report):
    """Ten times the text may take ten times as long, and a tenth of that for what does not grow evenly. The least times are compared:
    what disturbs a run of a few hundredths of a second would hide growth."""
    wc = compile_program(options, "examples/wordcount.mr", "wc")
    wanted = options.pick([10 * MB, 100 * MB, 1000 * MB, LARGE], [10 * MB, 100 * MB], [MB // 10, MB])
    before = {}
    for size in wanted:
        path, is_large = corpus(options, min(size, 1000 * MB)), size == LARGE
        if is_large:
            why = lacks_room(options)
            if why:
                report.skip("10,000 MB", why)
                continue
            path = repeated(options, path, 10)
        try:
            measures = measure(ways(options, wc, path, workers=THREADS), 2 if is_large else options.rounds)
        finally:
            if is_large:
                path.unlink()
        for name, m in measures.items():
            report.row(f"{name}, {size / MB:,g} MB", m.best, " s", note=f"{size / MB / 1000 / m.best:.2f} GB/s")
            if name in before:
                report.row(f"{name}, ten times as much", m.best / before[name], " times", 11)
            before[name] = m.best


def levels(edges, root_nodes):
    """How many workers a partial result passes at most, of edges from -> to that make a tree."""
    to = {edge["from"]: edge["to"] for edge in edges}
    deepest = 0
    for worker in to:
        depth, seen = 1, {worker}
        while worker in to and to[worker] not in seen:
            worker = to[worker]
            seen.add(worker)
            depth += 1
        deepest = max(deepest, depth)
    return max(deepest, 1 if root_nodes else 0)


def workers(options, report):
    """A tree over W workers has W - 1 edges and about log2 W levels; ranges grow with W, because each gets several."""
    program = compile_program(options, "bench/lines.mr")
    path = corpus(options, options.pick(100 * MB, 100 * MB, MB))
    for count in options.pick([2, 4, 8, 16, 32, 64], [2, 8, 32], [2, 4]):
        figures, _ = stats(options, count, program, path, env={"MR_LOCAL_MS": "0"})
        job = figures["jobs"][0]
        took = [w for w in job["workers"] if w["ranges"]]
        ranges, partial = sum(w["ranges"] for w in took), sum(edge["nodes"] for edge in job["edges"])
        depth = levels(job["edges"], job["root_nodes"])
        report.row(f"{count} workers: partial results to others", partial, "", note=f"{ranges} ranges, {depth} levels of workers, "
                   f"{sum(edge['bytes'] for edge in job['edges']):,} bytes, {len(took)} workers had work")
        report.check(f"{count} workers: levels and messages", depth <= math.log2(count) + 2 and partial <= 4 * count,
                     f"{depth} levels, {partial} partial results")


def job_seconds(figures):
    """How long the first job of a run took, of its statistics."""
    return float(re.search(r"^job 1: .*elements.* ([0-9.]+) s$", figures, re.MULTILINE)[1])


def makespan(figures):
    found = re.search(r"makespan\s+([0-9.]+) s", figures)
    if not found:
        raise Failure(f"mrrun --simulate says something else than expected:\n{figures[-2000:]}")
    return float(found[1])


def fit(options, report, name, command):
    """Runs of one and two workers, in turn with simulated ones of as many: what is simulated must come near what is measured."""
    for count in [1, 2]:
        real, model = [], []
        for _ in range(options.rounds):
            launch = lambda *flags: run(options.mrrun, "-n", count, "--stats", *flags, *command, env={"MR_LOCAL_MS": "0"}).errors
            real.append(job_seconds(launch()))
            model.append(makespan(launch("--simulate", count)))
        took, thought = statistics.median(real), statistics.median(model)
        report.row(f"{name}, {count} worker{'s' * (count > 1)}: simulated beside real", 100 * abs(thought / took - 1), " %",
                   10 if took > 0.5 else 25, note=f"{thought:.3f} s beside {took:.3f} s")


def simulated(options, report):
    """What --simulate makes of runs: first of one and two workers again, which must come near the runs themselves, then of many more."""
    wc, pi = compile_program(options, "examples/wordcount.mr", "wc"), compile_program(options, "bench/pi.mr")
    groups = compile_program(options, "bench/groupby.mr")
    sizes = options.pick([1000 * MB, 10 * MB], [100 * MB], [MB])
    for size in sizes:
        fit(options, report, f"./wc, {size / MB:g} MB", [wc, corpus(options, size)])
        fit(options, report, f"./pi, {size / MB:g} million", [pi, size])
        fit(options, report, f"./groupby, {size / MB:g} MB", [groups, sales(options, size)])
    for name, command in [("./wc", [wc, corpus(options, sizes[0])]), ("./pi", [pi, sizes[0]])]:
        for count in options.pick([64, 1000, 10_000], [1000, 10_000], [100]):
            figures = run(options.mrrun, "-n", 2, "--stats", "--simulate", count, *command, env={"MR_LOCAL_MS": "0"}).errors
            span, told = makespan(figures), re.search(r"(\d+) messages keep the scheduler busy for ([0-9.]+) s", figures)
            shape = re.search(r"^  (tree|exchange)\s+(.*)$", figures, re.MULTILINE)
            report.row(f"{name}, simulated with {count:,} workers", span, " s",
                       note=f"{told[1]} messages, scheduler busy {told[2]} s; {shape[0].strip() if shape else 'no merges'}")


def growth(options, report):
    """word count of 10 MB to 10 GB; messages and depth of the tree with 2 to 64 workers; simulated, up to 10,000"""
    report.suite(f"growth with the size of the text, {THREADS} workers")
    sizes(options, report)
    report.suite("growth with the number of workers, counted")
    workers(options, report)
    report.suite("growth with the number of workers, simulated from a run of two")
    simulated(options, report)

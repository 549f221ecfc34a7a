"""What surviving costs a run in which nothing goes wrong."""

import tempfile
from pathlib import Path

from harness.inputs import compile_program, corpus, sales
from harness.report import MB
from harness.run import Command, Measure, check_equal, measure, run

THREADS = 2
# Where code and data lie may make a loop some percent faster or slower, which is more than what is looked for, and any change of the
# runtime moves them. So each program is measured in several layouts: beside it there is a constant of so many bytes.
LAYOUTS = [1, 256, 768, 2048, 3840]


def works(options):
    """What is run: title, source, arguments."""
    size = options.pick(1000 * MB, 100 * MB, MB)
    return [(f"word count, {size // MB} MB", "examples/wordcount.mr", [corpus(options, size)]),
            (f"10 sums of a series of {size // 1000:,} thousand floats", "bench/series.mr", [size, 10]),
            (f"group-by, {size // MB} MB of lines", "bench/groupby.mr", [sales(options, size)]),
            (f"a table of {size // 1000:,} keys", "bench/keyed.mr", [size // 1000])]


def overhead(options, report):
    """word count, series, group-by and a keyed table: a run as it is, one with --checkpoint, and one of a build that nothing survives"""
    for title, source, arguments in works(options):
        report.suite(f"{title}, mrrun -n {THREADS}: the cost of surviving")
        compare(options, report, source, arguments)


def pads(options):
    """The constants, as objects to be linked with a program."""
    for size in LAYOUTS:
        source = options.bench / f"pad-{size}.c"
        source.write_text(f"__attribute__((used)) static const char pad[{size}] = {{1}};\n")
        run("cc", "-c", source, "-o", source.with_suffix(".o"))
        yield size, source.with_suffix(".o")


def merged(measures):
    """Of all layouts as if they were one program."""
    whole = Measure()
    for one in measures:
        whole.seconds += one.seconds
        whole.processor += one.processor
        whole.memory += one.memory
        whole.output = one.output
    return whole


def compare(options, report, source, arguments):
    """The runtime is a part of the program, so each build compiles its own."""
    bare = options.build / "unguarded"
    if not (bare / "bin/mrrun").exists():
        report.skip(f"mrrun -n {THREADS} : unguarded", "make bench-unguarded builds what it is compared with")
        return
    name, commands, ways = Path(source).stem, {}, ["unguarded", "mrrun", "mrrun --checkpoint"]
    with tempfile.TemporaryDirectory() as folder:
        for size, pad in pads(options):
            ours = compile_program(options, source, f"guarded-{name}-{size}", [pad])
            theirs = compile_program(options, source, f"unguarded-{name}-{size}", [pad], bare / "bin/mrc")
            commands["unguarded", size] = Command(bare / "bin/mrrun", "-n", THREADS, theirs, *arguments)
            commands["mrrun", size] = Command(options.mrrun, "-n", THREADS, ours, *arguments)
            commands["mrrun --checkpoint", size] = Command(options.mrrun, "-n", THREADS, "--checkpoint", folder, ours, *arguments)
        measures = measure(commands, options.rounds)
    check_equal(measures)
    measures = {way: merged([measures[way, size] for size in LAYOUTS]) for way in ways}
    report.times(measures, "unguarded", 1.03, 1.01, judged=["mrrun"])
    for way in ways[1:]:
        report.row(f"{way} : unguarded, processor", measures[way].cpu / measures["unguarded"].cpu, " times")

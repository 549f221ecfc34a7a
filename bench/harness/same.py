"""The suite of results: equal to an obviously right program's, and the same to the last bit however they are computed."""

from harness.inputs import compile_program, corpus, mixed_text, processor_levels, sales, zipf
from harness.report import MB
from harness.run import Failure, run

WORKERS = [1, 2, 3, 8]


def programs(options):
    """Each program with arguments that are enough work for several chunks."""
    text, table = corpus(options, options.pick(10 * MB, MB, MB)), sales(options, options.pick(10 * MB, MB, MB))
    many = options.pick(3 * MB, MB, 100_000)
    picture = options.pick([256, 256, 500], [128, 128, 200], [64, 64, 100])
    yield "examples/wordcount.mr", [text]
    yield "bench/word_table.mr", [zipf(options, MB, 1 << 18)]
    yield "examples/sum_of_products.mr", []
    yield "bench/groupby.mr", [table]
    for name in ["dot", "int_dot", "float_sum", "series"]:
        yield f"bench/{name}.mr", [many]
    yield "bench/pi.mr", [many]
    yield "bench/mandelbrot.mr", picture
    yield "bench/tasks.mr", [10_000, 100, 10, 10]
    yield "bench/keyed.mr", [many // 10]


def words(options, report):
    """Word counts beside the slow reference's, with mr's own rule for words."""
    program = compile_program(options, "bench/word_table.mr")
    for path in [corpus(options, options.pick(1000 * MB, 10 * MB, MB)), zipf(options, options.pick(20 * MB, MB, MB), 1 << 18),
                 mixed_text(options, options.pick(20 * MB, 2 * MB, MB // 4))]:
        wanted = run(options.bench / "words_ref", path).output
        for command in [[program], [options.mrrun, "-n", 2, program]]:
            if run(*command, path).output != wanted:
                raise Failure(f"{' '.join(map(str, command))} counts the words of {path.name} differently than words_ref does")
        report.same(f"all words of {path.name}", f"words_ref, alone, mrrun -n 2: {wanted.count(10):,} different words")


def same(options, report):
    """results: of word counts beside a slow reference's; of all programs on 1, 2, 3 and 8 workers, and on each level of the processor"""
    report.suite("results")
    words(options, report)
    levels = processor_levels()
    for source, arguments in programs(options):
        program = compile_program(options, source)
        wanted = run(program, *arguments).output
        variants = [(f"-n {n}", [options.mrrun, "-n", n], {"MR_LOCAL_MS": "0"}) for n in WORKERS]
        variants += [(f"MR_CPU={level}", [], {"MR_CPU": level}) for level in levels]
        for what, launch, env in variants:
            if run(*launch, program, *arguments, env=env).output != wanted:
                raise Failure(f"{source} gives something else with {what}")
        report.same(program.name, ", ".join(what for what, _, _ in variants))

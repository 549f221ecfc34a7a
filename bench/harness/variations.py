"""The suite of variations: programs as somebody else might have written them take about as long as those that are measured."""

from harness.inputs import compile_program, corpus, sales, ways
from harness.report import MB
from harness.run import check_close, measure

WORKERS = 2
BOUND = 1.5


def programs(options):
    """Original, arguments, whether it times its own work, and its variations; those named with a `=` print the same."""
    text, table = corpus(options, options.pick(100 * MB, 20 * MB, MB)), sales(options, options.pick(100 * MB, 20 * MB, MB))
    size, turns = options.pick(20 * MB, 4 * MB, MB // 10), options.pick(6, 4, 2)
    many = options.pick(300 * MB, 50 * MB, MB // 10)
    picture = options.pick([1024, 1024, 1000], [512, 512, 500], [64, 64, 100])
    yield "examples/wordcount.mr", [text], False, ["wordcount_where", "wordcount_match", "=wordcount_reducer", "wordcount_fields",
                                                   "wordcount_split", "wordcount_regex", "wordcount_list", "wordcount_push",
                                                   "wordcount_hand", "wordcount_chars", "wordcount_while", "wordcount_letters",
                                                   "wordcount_lower", "wordcount_longest"]
    yield "bench/groupby.mr", [table], False, ["=groupby_reducer", "groupby_where", "=groupby_match", "=groupby_record"]
    yield "bench/dot.mr", [size, turns], True, ["dot_where", "=dot_reducer"]
    yield "bench/int_dot.mr", [size, turns], True, ["int_dot_function"]
    yield "bench/float_sum.mr", [size, turns], True, ["=float_sum_reducer"]
    yield "bench/pi.mr", [many], False, ["=pi_where", "=pi_match"]
    yield "bench/mandelbrot.mr", picture, False, ["=mandelbrot_points"]
    yield "examples/sum_of_products.mr", [], False, ["sum_of_products_where"]
    yield "bench/keyed.mr", [options.pick(MB, MB // 4, MB // 100)], False, ["keyed_max"]


def variations(options, report):
    """each program as somebody else might write it: other names, conditions, a match, reducers of one's own, other words"""
    for source, arguments, times_itself, others in programs(options):
        original = compile_program(options, source)
        report.suite(f"variations of {original.name}, {WORKERS} threads")
        compiled = {other: compile_program(options, f"bench/variations/{other.strip('=')}.mr") for other in [*others]}
        command = lambda program: next(iter(ways(options, program, *arguments, workers=WORKERS, times_itself=times_itself).values()))
        measures = measure({original.name: command(original), **{other.strip("="): command(p) for other, p in compiled.items()}},
                           options.rounds)
        check_close({name: m for name, m in measures.items() if name == original.name or f"={name}" in others})
        report.times(measures, original.name, BOUND, work=times_itself)

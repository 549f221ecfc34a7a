"""Suites that compute: over lists in memory, and without any."""

from harness.inputs import compile_program, ways
from harness.report import MB
from harness.run import Command, check_close, check_equal, measure

THREADS = 2


def sums(options, report, name, size, must, aim, exact=False):
    """Lists are made by the program; what is compared is the time of each sum over them, as the programs give it. The first sum of a
    run is not counted: under mrrun it brings the lists to the workers."""
    turns = options.pick(6, 4, 2)
    program = compile_program(options, f"bench/{name}.mr")
    measures = measure({"sum_ref": Command(options.bench / "sum_ref", "-t", THREADS, name, size, turns, times_itself=True),
                        **ways(options, program, size, turns, workers=THREADS, times_itself=True)}, options.pick(3, 2, 1), warm=False)
    check_equal(measures) if exact else check_close(measures)
    report.times(measures, "sum_ref", must, aim, work=True)


def dot(options, report):
    """the dot product of two lists of 10^8 floats in memory, beside sum_ref"""
    size = options.pick(100 * MB, 10 * MB, MB // 10)
    report.suite(f"dot product of two lists of {size // 1000:,} thousand floats, {THREADS} workers")
    sums(options, report, "dot", size, 1.2, 1.0)


def int_dot(options, report):
    """the sum of the products of two lists of 10^8 ints, overflow checked, beside C that wraps around"""
    size = options.pick(100 * MB, 10 * MB, MB // 10)
    report.suite(f"sum of the products of two lists of {size // 1000:,} thousand ints, {THREADS} workers")
    sums(options, report, "int_dot", size, 1.5, 1.2, exact=True)


def float_sum(options, report):
    """the sum of a list of 10^8 floats, and of a series, beside C with -ffast-math"""
    size = options.pick(100 * MB, 10 * MB, MB // 10)
    report.suite(f"sum of a list of {size // 1000:,} thousand floats, {THREADS} workers")
    sums(options, report, "float_sum", size, 1.2, 1.0)
    size = options.pick(1000 * MB, 100 * MB, MB // 10)
    report.suite(f"sum of a series of {size // 1000:,} thousand floats, {THREADS} workers")
    sums(options, report, "series", size, 1.2, 1.0)


def numeric(options, report, name, arguments, must, aim, others=()):
    program = compile_program(options, f"bench/{name}.mr")
    ref = lambda kind: Command(options.bench / "num_ref", "-t", THREADS, kind, *arguments)
    commands = ways(options, program, *arguments, workers=THREADS)
    judged = list(commands)
    measures = measure({"num_ref": ref(name), **commands, **{f"num_ref {other}": ref(other) for other in others}}, options.rounds)
    check_equal(measures)
    report.times(measures, "num_ref", must, aim, judged=judged)


def pi(options, report):
    """Monte Carlo pi with 10^9 darts, beside num_ref"""
    darts = options.pick(1000 * MB, 100 * MB, MB // 10)
    report.suite(f"Monte Carlo pi, {darts / MB:g} million darts, {THREADS} workers")
    numeric(options, report, "pi", [darts], 1.2, 1.0)


def mandelbrot(options, report):
    """the Mandelbrot set, beside a scalar loop, and beside one of eight lanes"""
    size = options.pick([1024, 1024, 2000], [512, 512, 1000], [64, 64, 100])
    report.suite(f"Mandelbrot set, {size[0]} × {size[1]} points, {size[2]} steps, {THREADS} workers")
    numeric(options, report, "mandelbrot", size, 1.1, 1.0, ["mandelbrot-simd"])

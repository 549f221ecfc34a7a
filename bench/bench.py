#!/usr/bin/env python3
"""Measures mr beside programs written by hand, and says which targets are met.

    bench/bench.py [--build DIR] [--inputs DIR] [--quick | --tiny] [--rounds N] [--strict] [--json FILE] [SUITE ...]

Suites:
%s
The commands of a suite run in turn, A B C A B C …, after one round that is not counted; figures are medians, and ratios compare
medians (one machine's times mean little: compare ratios). What the programs print is checked to be equal where they compute the same.
`must` is a bound to be kept, `aim` one that is hoped for. --quick takes smaller inputs and fewer rounds, two minutes in all; --tiny the
smallest inputs, once: it says that everything works, and nothing about how fast it is.
MR_TEST_PLAYS may name a folder of texts; else the texts are the licences of /usr/share/common-licenses. Inputs are made once, in
--inputs (build/bench).

Exit status 1 when a program fails or results differ, with --strict also when what must be kept is not."""

import argparse, json, subprocess, sys
from pathlib import Path

from harness import growth, numbers, overhead, runs, same, session, text, variations
from harness.inputs import ROOT
from harness.report import Report
from harness.run import Failure, take_priority

SUITES = {"wordcount": text.wordcount, "vocabulary": text.vocabulary, "small": text.small, "tiny": runs.tiny, "dot": numbers.dot,
          "int_dot": numbers.int_dot, "float_sum": numbers.float_sum, "pi": numbers.pi, "mandelbrot": numbers.mandelbrot,
          "groupby": text.groupby, "tasks": runs.tasks, "ranges": runs.ranges, "keyed": runs.keyed, "session": session.session,
          "compile": runs.compile_time,
          "memory": text.memory, "overhead": overhead.overhead, "same": same.same, "growth": growth.growth, "variations": variations.variations}


def read_options():
    names = "".join(f"    {name:<12}{suite.__doc__}\n" for name, suite in SUITES.items())
    parser = argparse.ArgumentParser(description=__doc__ % names, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--inputs", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        parser.error(f"no suite `{unknown[0]}`; there are {', '.join(SUITES)}")
    form = 2 if options.tiny else 1 if options.quick else 0
    options.pick = lambda *full_quick_tiny: full_quick_tiny[form]
    options.rounds = options.rounds or options.pick(7, 3, 1)
    options.build = options.build.resolve()
    options.bench, options.mrc, options.mrrun = options.build / "bench", options.build / "bin/mrc", options.build / "bin/mrrun"
    options.inputs = options.inputs or options.bench
    options.inputs.mkdir(parents=True, exist_ok=True)
    return options


def main():
    options = read_options()
    take_priority()
    report, failed = Report(judges=not options.tiny), 0
    for name in options.suites or SUITES:
        report.suite_name = name
        try:
            SUITES[name](options, report)
        except (Failure, OSError, ValueError, subprocess.CalledProcessError) as failure:
            failed += 1
            print(f"    FAILED: {failure}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(report.rows, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{failed} suites failed, {report.missed} targets missed")
    return 1 if failed or (options.strict and report.missed) else 0


sys.exit(main())

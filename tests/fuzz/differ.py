#!/usr/bin/env python3
"""Compiles and runs generated programs in different ways, which must agree.

    tests/fuzz/differ.py [--build DIR] [--from SEED] [--count N]

Each program of generate.py is compiled with -O0 and -O3, and runs on one thread and on three workers that get even the smallest
jobs. Output, errors and exit status must be the same, and 0 or 1. A variant of the program that holds on to old values must print the
same too. With --once a program is compiled and run once, with -O0, for a build that finds mistakes by itself. Prints the seeds for
which something is wrong; status 1 if there are any."""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Generator  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent


def run(command, folder, limit=60, **settings):
    try:
        done = subprocess.run([str(word) for word in command], cwd=folder, env=dict(os.environ, **settings), timeout=limit,
                              stdin=subprocess.DEVNULL, capture_output=True)
    except subprocess.TimeoutExpired:
        return None, b"", b"no end"
    return done.returncode, done.stdout, done.stderr


def without_places(result):
    return result[0], *(re.sub(rb"(main|aliased)\.mr:\d+:\d+", b"", text) for text in result[1:])


def check(options, seed):
    """What is wrong with this seed's program, or None."""
    with tempfile.TemporaryDirectory() as folder:
        for variant, level in (("main", 0),) if options.once else (("main", 0), ("main", 3), ("aliased", 0)):
            (Path(folder) / f"{variant}.mr").write_text(Generator(seed, variant == "aliased").program())
            status, _, err = run([options.mrc, f"-O{level}", f"{variant}.mr", "-o", f"{variant}{level}"], folder)
            if status != 0:
                return f"mrc -O{level} {variant}: status {status}\n{err.decode(errors='replace')[-2000:]}"
        expected = run(["./main0"], folder, MR_WORKERS="1")
        if expected[0] not in (0, 1) or b"Sanitizer" in expected[2] or b"DISAGREE" in expected[1]:
            return f"-O0: status {expected[0]}\n{(expected[1] + expected[2]).decode(errors='replace')[-2000:]}"
        if options.once:
            return None
        aliased = run(["./aliased0"], folder, MR_WORKERS="1")
        if without_places(aliased) == without_places(expected):  # its functions have their statements in other places
            aliased = expected
        ways = {"-O3": run(["./main3"], folder, MR_WORKERS="1"),
                "-O3 under mrrun -n 3": run([options.mrrun, "-n", 3, "./main3"], folder, MR_LOCAL_MS="0"),
                "the variant that holds old values": aliased}
        for way, got in ways.items():
            if got != expected:
                return f"{way} differs from -O0: status {got[0]}\n{got[2].decode(errors='replace')[-2000:]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.mrc, options.mrrun = options.build.resolve() / "bin/mrc", options.build.resolve() / "bin/mrrun"
    seeds = range(options.first, options.first + options.count)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, wrong in zip(seeds, pool.map(lambda seed: check(options, seed), seeds)):
            if wrong:
                failures += 1
                print(f"seed {seed}: {wrong}\n    the program: tests/fuzz/generate.py {seed}", flush=True)
    print(f"{options.count} programs, {failures} that differ")
    return 1 if failures else 0


sys.exit(main())

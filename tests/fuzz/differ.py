#!/usr/bin/env python3
"""Compiles and runs generated programs in different ways, which must agree.

    tests/fuzz/differ.py [--build DIR] [--from SEED] [--count N]

Each program of generate.py is compiled with -O0 and -O3, and runs on one thread and on three workers that get even the smallest
jobs. Output, errors and exit status must be the same, and 0 or 1. Prints the seeds for which they are not; status 1 if there are any."""

import argparse
import concurrent.futures
import os
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


def check(options, seed):
    """What is wrong with this seed's program, or None."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.mr").write_text(Generator(seed).program())
        for level in (0, 3):
            status, _, err = run([options.mrc, f"-O{level}", "main.mr", "-o", f"main{level}"], folder)
            if status != 0:
                return f"mrc -O{level}: status {status}\n{err.decode(errors='replace')[-2000:]}"
        ways = {"-O0": run(["./main0"], folder, MR_WORKERS="1"),
                "-O3": run(["./main3"], folder, MR_WORKERS="1"),
                "-O3 under mrrun -n 3": run([options.mrrun, "-n", 3, "./main3"], folder, MR_LOCAL_MS="0")}
        expected = ways["-O0"]
        if expected[0] not in (0, 1):
            return f"-O0: status {expected[0]}\n{expected[2].decode(errors='replace')[-2000:]}"
        for way, got in ways.items():
            if got != expected:
                return f"{way} differs from -O0: status {got[0]}\n{got[2].decode(errors='replace')[-2000:]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    options.mrc, options.mrrun = options.build.resolve() / "bin/mrc", options.build.resolve() / "bin/mrrun"
    seeds = range(options.first, options.first + options.count)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for seed, wrong in zip(seeds, pool.map(lambda seed: check(options, seed), seeds)):
            if wrong:
                failures += 1
                print(f"seed {seed}: {wrong}\n    the program: tests/fuzz/generate.py {seed}", flush=True)
    print(f"{options.count} programs, {failures} that differ")
    return 1 if failures else 0


sys.exit(main())

#!/usr/bin/env python3
"""Changes programs at random and looks whether the compiler, or what it makes of them, crashes or hangs.

    tests/fuzz/mutate.py [--build DIR] [--seconds N] [--seed S] [--jobs J]

The programs of tests/ and examples/ are changed token by token and line by line, also with pieces of one another. mrc has to end with
status 0 or 1, and to say why it is 1. What compiles is run for a moment: it may fail, or not come to an end, but not by a signal.
Each finding is written to a file of the current directory; exit status 1 if there are any."""

import argparse
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|\w+|\s+|\.\.\.|\.\.<|=>|->|\?\?|[-+*]%|\*\*|//|[-+*/=<>!]=|\.\.|.', re.S)
NUMBERS = ["0", "-1", "1", "63", "64", "65536", "65537", "9223372036854775807", "1e308", "0.0", "1_0"]
COMPILE_SECONDS, RUN_SECONDS, MEMORY = 30, 2, 6 << 30


def corpus():
    files = sorted((ROOT / "tests").glob("**/*.mr")) + sorted((ROOT / "examples").glob("*.mr"))
    texts = [file.read_text(errors="replace") for file in files]
    return [text for text in texts if len(text) < 6000]


class Mutator:
    def __init__(self, texts, seed):
        self.random = random.Random(seed)
        self.texts = texts

    def tokens(self):
        return TOKEN.findall(self.random.choice(self.texts))

    def change(self, tokens):
        r = self.random
        at = r.randrange(len(tokens)) if tokens else 0
        other = r.randrange(len(tokens)) if tokens else 0
        kind = r.randrange(9)
        if kind == 0:
            del tokens[at:at + r.randrange(1, 4)]
        elif kind == 1 and tokens:
            tokens[at:at] = tokens[other:other + r.randrange(1, 12)]
        elif kind == 2 and tokens:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == 3:
            donor = self.tokens()
            start = r.randrange(len(donor))
            tokens[at:at + r.randrange(0, 3)] = donor[start:start + r.randrange(1, 15)]
        elif kind == 4:  # a name in the place of another
            names = [i for i, token in enumerate(tokens) if re.match(r"[A-Za-z_]\w*$", token)]
            if names:
                tokens[r.choice(names)] = tokens[r.choice(names)]
        elif kind == 5:
            numbers = [i for i, token in enumerate(tokens) if token[:1].isdigit()]
            if numbers:
                tokens[r.choice(numbers)] = r.choice(NUMBERS)
        elif kind == 6 and tokens:
            low, high = min(at, other), min(max(at, other), min(at, other) + 20)
            opening, closing = r.choice(["()", "[]", "{}"])
            depth = r.choice([1, 1, 1, 3, 300])
            tokens[high:high] = [closing] * depth
            tokens[low:low] = [opening] * depth
        elif kind == 7:
            lines = "".join(tokens).split("\n")
            line = r.randrange(len(lines))
            lines[line:line + r.randrange(0, 2)] = [r.choice(r.choice(self.texts).split("\n"))]
            tokens[:] = TOKEN.findall("\n".join(lines))
        elif tokens:
            tokens[at] = r.choice(["map", "reduce", "by", "key", "over", "where", "match", "async", "await", "scan", "try", "catch",
                                   "return", "break", "fn", "let", "var", "type", "reducer", "?", "none", "some", "_", "..", "=>"])

    def program(self):
        tokens = self.tokens()
        for _ in range(self.random.choice([1, 1, 2, 3, 5, 10])):
            self.change(tokens)
        return "".join(tokens)[:20000]


def limit_resources():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))


def run(command, folder, seconds):
    """(exit status, standard error); status None: it did not end in time."""
    with subprocess.Popen([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, start_new_session=True, preexec_fn=limit_resources,
                          env=dict(os.environ, MR_LOCAL_MS="0", MR_WORKERS="2")) as process:
        try:
            _, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return None, ""
    return process.returncode, err[-20000:].decode(errors="replace")


def verdict(options, text):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.mr").write_text(text)
        status, err = run([options.mrc, f"-O{options.level}", "main.mr", "-o", "main"], folder, COMPILE_SECONDS)
        if status is None:
            return "mrc does not end"
        if status not in (0, 1) or (status == 1 and "error" not in err) or "mistake of the compiler" in err or "Sanitizer" in err:
            return f"mrc: status {status}\n{err}"
        if status == 0:
            status, err = run(["./main"], folder, RUN_SECONDS)
            if status is not None and ((status < 0 and status != -signal.SIGXFSZ) or "Sanitizer" in err):
                return f"the program: status {status}\n{err}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--level", type=int, default=0, help="of mrc -O")
    options = parser.parse_args()
    options.mrc = options.build.resolve() / "bin/mrc"
    texts, end = corpus(), time.monotonic() + options.seconds
    tried, findings, lock = [0], [], threading.Lock()

    def work(number):
        mutator = Mutator(texts, options.seed * 1000 + number)
        while time.monotonic() < end:
            text = mutator.program()
            wrong = verdict(options, text)
            with lock:
                tried[0] += 1
                if wrong:
                    path = Path(f"finding-{options.seed}-{len(findings)}.mr")
                    path.write_text(text)
                    findings.append(path)
                    print(f"{path}: {wrong}", flush=True)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{tried[0]} programs, {len(findings)} findings")
    return 1 if findings else 0


sys.exit(main())

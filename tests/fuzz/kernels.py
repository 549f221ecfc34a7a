#!/usr/bin/env python3
"""Random arithmetic over lists, near the edge of 64 bits, against exact arithmetic in Python.

    tests/fuzz/kernels.py [--build DIR] [--from SEED] [--count N]

A program has some jobs that map an expression of ints over one or two lists, or a range, with or without a filter, and reduce it. Where
it overflows, the message must name the operands of the earliest element that does. Other jobs map functions with loops of floats and
ints, which are only compared with one another. Each program is compiled with -O0 and -O3 and runs
alone at every level of the processor and on three workers; all must print what Python has computed. Prints the seeds for which something
is wrong; status 1 if there are any."""

import argparse
import concurrent.futures
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOWEST, HIGHEST = -2**63, 2**63 - 1
LEVELS = ["x86-64-v2", "x86-64-v3", "x86-64-v4"]
EDGES = [LOWEST, LOWEST + 1, HIGHEST, HIGHEST - 1, 2**62, -2**62, 2**32, -2**32, 2**31, 3037000499, 3037000500, -3037000500, 2**53 + 1]


class Overflow(Exception):
    pass


class Undecided(Exception):
    """What Python does not model to the letter: only that all ways agree is checked."""


def checked(value, what):
    if not LOWEST <= value <= HIGHEST:
        raise Overflow(f"integer overflow: {what} does not fit in 64 bits")
    return value


def text(value):
    return f"({value})" if value < 0 else str(value)


# An expression is (text, function of the element's values).
def binary(op, left, right):
    def value(element):
        x, y = left[1](element), right[1](element)
        return checked({"+": x + y, "-": x - y, "*": x * y}[op], f"{x} {op} {y}")
    return f"({left[0]} {op} {right[0]})", value


def choice(condition, yes, no):
    return (f"(if {condition[0]} {{ {yes[0]} }} else {{ {no[0]} }})",
            lambda element: yes[1](element) if condition[1](element) else no[1](element))


class Programs:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.length = self.random.choice([1, 3, 31, 32, 33, 1023, 1024, 1025, 2500, 70000])

    def values(self):
        """A list's elements: small ones by a formula, and a few at the edge."""
        step, modulus, low = self.random.randrange(1, 1000), self.random.randrange(2, 1000), self.random.randrange(-500, 1)
        edges = {self.random.randrange(self.length): self.random.choice(EDGES) for _ in range(self.random.choice([0, 0, 1, 1, 2]))}
        body = f"i * {step} % {modulus} + {text(low)}"
        for place, value in edges.items():
            body = f"if i == {place} {{ {spell(value)} }} else {{ {body} }}"
        return body, [edges.get(i, i * step % modulus + low) for i in range(self.length)]

    def expression(self, names, depth):
        pick = self.random.random()
        if depth == 0 or pick < 0.15:
            if self.random.random() < 0.75:
                index = self.random.randrange(len(names))
                return names[index], lambda element: element[index]
            constant = self.random.choice([0, 1, 2, 3, 7, 10, 1000, 2**31, 2**40])
            return str(constant), lambda element: constant
        if pick < 0.85:
            return binary(self.random.choice("+-**"), self.expression(names, depth - 1), self.expression(names, depth - 1))
        return choice(self.condition(names, depth - 1), self.expression(names, depth - 1), self.expression(names, depth - 1))

    def condition(self, names, depth):
        left, right = self.expression(names, min(depth, 1)), self.expression(names, 0)
        op = self.random.choice(["<", ">", "<=", ">=", "==", "!="])
        compare = {"<": int.__lt__, ">": int.__gt__, "<=": int.__le__, ">=": int.__ge__, "==": int.__eq__, "!=": int.__ne__}[op]
        return f"{left[0]} {op} {right[0]}", lambda element: compare(left[1](element), right[1](element))

    # ---- functions with loops of their own: text alone

    def number(self, depth):
        pick = self.random.random()
        if depth == 0 or pick < 0.3:
            return self.random.choice(["x", "y", "x", "y", "float(n)", "float(k)", "0.5", "1.25", "(-3.0)", "at"])
        if pick < 0.4:
            return f"math.sqrt({self.number(depth - 1)})"
        return f"({self.number(depth - 1)} {self.random.choice('+-*/')} {self.number(depth - 1)})"

    def test(self, depth):
        pick = self.random.random()
        if depth and pick < 0.3:
            return f"({self.test(depth - 1)} {self.random.choice(['and', 'or'])} {self.test(depth - 1)})"
        if pick < 0.5:
            return f"n {self.random.choice(['<', '>=', '!='])} {self.random.randrange(40)}"
        return f"{self.number(1)} {self.random.choice(['<', '<=', '>', '>='])} {self.number(1)}"

    def statements(self, depth, leaves, result):
        lines = []
        for _ in range(self.random.randrange(1, 4)):
            pick = self.random.random()
            if pick < 0.5:
                lines.append(f"{self.random.choice('xy')} = {self.number(2)}")
            elif pick < 0.65:
                lines.append(f"k += {self.random.choice([1, 2, 7, 100, 2**33, 2**61 if self.random.random() < 0.1 else 3])}")
            elif depth:
                inside = self.statements(depth - 1, leaves, result)
                if self.random.random() < 0.4:
                    inside.append(self.random.choice(leaves))
                lines += [f"if {self.test(1)} {{", *inside, "} else {", *self.statements(depth - 1, leaves, result), "}"]
        return lines or ["y = x"]

    def loop_function(self, name):
        """A function of an int, whose loops end; and whether its value is a float."""
        is_float = self.random.random() < 0.5
        result = "x + y" if is_float else "n + k"
        leaves = ["break", "continue", f"return {result}"]
        lines = [f"fn {name}(i) {{", "let at = float(i) / 16.0", "var x = at", f"var y = {self.random.choice(['0.0', '1.0', 'at * at'])}",
                 "var n = 0", "var k = 0"]
        for _ in range(self.random.randrange(1, 3)):
            also = f" and {self.test(1)}" if self.random.random() < 0.5 else ""
            lines += [f"while n < {self.random.randrange(60)}{also} {{", "n += 1", *self.statements(2, leaves, result)]
            if self.random.random() < 0.3:
                last = self.random.choice(["n", "k", "n // 2", "n + 3", "9"])
                lines += [f"for j in {self.random.randrange(-3, 4)}{self.random.choice(['..', '..<'])}{last} {{", "if j > 20 { break }",
                          "x = x + float(j) * 0.25", *self.statements(1, leaves, result), "}"]
            if self.random.random() < 0.3:
                lines += [f"var m = {self.random.randrange(5)}", f"while m < n and {self.test(0)} {{", "m += 2",
                          *self.statements(1, leaves, result), "}"]
            lines.append("}")
        return lines + [result, "}"], is_float

    def loop_job(self, name):
        function, is_float = self.loop_function(name)
        source = self.random.choice([f"0..<{min(self.length, 3000)}", "a"])
        reducer = self.random.choice(["sum", "sum", "count", "(+)" if is_float else "max"])
        where = self.random.choice(["", "", f" where i => i % {self.random.randrange(-5, 6)} == 1"])
        mapped = self.random.choice([name, name, f"i => {name}(i // {self.random.randrange(-2, 9)})"])
        return function, f"map {mapped} over {source}{where} reduce {reducer}"

    # ---- programs

    def job(self, lists):
        """One job's text and what it must print, or None where only agreement can be asked for."""
        kind = self.random.choice(["one", "two", "range"])
        if kind == "range":
            names, sources, elements = ["i"], f"0..<{self.length}", [(i,) for i in range(self.length)]
        elif kind == "one":
            names, sources, elements = ["x"], "a", [(x,) for x in lists[0]]
        else:
            names, sources, elements = ["x", "y"], "a, b", list(zip(*lists))
        head = names[0] if len(names) == 1 else f"({', '.join(names)})"
        mapped = self.expression(names, self.random.randrange(1, 4))
        where = self.condition(names, 1) if self.random.random() < 0.4 else None
        reducer = self.random.choice(["sum", "sum", "count", "min", "max", "(sum, count)", "(a, b) => if a > b { a } else { b }", "(+)"])
        line = f"map {head} => {mapped[0]} over {sources}" + (f" where {head} => {where[0]}" if where else "") + f" reduce {reducer}"
        try:
            return line, self.reduced(elements, mapped, where, reducer)
        except Overflow as error:
            return line, str(error)
        except Undecided:
            return line, None

    @staticmethod
    def reduced(elements, mapped, where, reducer):
        values = [mapped[1](element) for element in elements if not where or where[1](element)]
        if reducer == "count":
            return str(len(values))
        if reducer == "(+)" or (reducer not in ("sum", "(sum, count)") and not values):
            raise Undecided  # in which order partial sums are made, and the message for a reduction of nothing
        if reducer in ("sum", "(sum, count)"):
            total = sum(values)
            if not LOWEST <= total <= HIGHEST:
                raise Undecided
            return str(total) if reducer == "sum" else f"({total}, {len(values)})"
        return str(min(values) if reducer == "min" else max(values))

    def program(self):
        bodies = [self.values(), self.values()]
        lines = ["fn at_a(i) = " + bodies[0][0], "fn at_b(i) = " + bodies[1][0],
                 f"let a = list(map at_a over 0..<{self.length})", f"let b = list(map at_b over 0..<{self.length})"]
        expected = []
        for _ in range(6):
            job, value = self.job([bodies[0][1], bodies[1][1]])
            expected.append(value)
            lines.append(f'try {{ let value = {job}; print("{{value}}") }} catch e {{ print(e.message); log(e.where) }}')
        for number in range(3):
            function, job = self.loop_job(f"walk{number}")
            expected.append(None)
            lines[0:0] = function
            lines.append(f'try {{ let value = {job}; print("{{value}}") }} catch e {{ print(e.message); log(e.where) }}')
        lines.insert(0, "import math")
        return "\n".join(lines) + "\n", expected


def spell(value):
    return "(-9223372036854775807 - 1)" if value == LOWEST else text(value)


def run(command, folder, **settings):
    try:
        done = subprocess.run([str(word) for word in command], cwd=folder, env=dict(os.environ, **settings), timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True)
    except subprocess.TimeoutExpired:
        return None, b"", b"no end"
    return done.returncode, done.stdout, done.stderr


def check(options, seed):
    """What is wrong with this seed's program, or None."""
    source, expected = Programs(seed).program()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.mr").write_text(source)
        for level in (0, 3):
            status, _, err = run([options.mrc, f"-O{level}", "main.mr", "-o", f"main{level}"], folder)
            if status != 0:
                return f"mrc -O{level}: status {status}\n{err.decode(errors='replace')[-2000:]}"
        first = run(["./main0"], folder, MR_WORKERS="1")
        printed = first[1].decode().splitlines()
        if first[0] != 0 or len(printed) != len(expected):
            return f"-O0: status {first[0]}\n{(first[1] + first[2]).decode(errors='replace')[-2000:]}"
        for number, (is_, should) in enumerate(zip(printed, expected)):
            if should is not None and is_ != should:
                return f"-O0: job {number} prints\n{is_}\nin place of\n{should}"
        ways = {f"-O3 {cpu}": run(["./main3"], folder, MR_WORKERS="1", MR_CPU=cpu) for cpu in options.levels}
        ways["-O3 under mrrun -n 3"] = run([options.mrrun, "-n", 3, "./main3"], folder, MR_LOCAL_MS="0")
        for way, got in ways.items():
            if got != first:
                return f"{way} differs from -O0: status {got[0]}\n{(got[1] + got[2]).decode(errors='replace')[-2000:]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="SEED")
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    options.mrc, options.mrrun = options.build.resolve() / "bin/mrc", options.build.resolve() / "bin/mrrun"
    flags = Path("/proc/cpuinfo").read_text()
    options.levels = LEVELS[:3 if "avx512vl" in flags and "avx512dq" in flags else 2 if "avx2" in flags else 1]
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        seeds = range(options.first, options.first + options.count)
        for seed, trouble in zip(seeds, pool.map(lambda seed: check(options, seed), seeds)):
            if trouble:
                wrong += 1
                print(f"seed {seed}: {trouble}", flush=True)
    print(f"{options.count} programs, {wrong} that are wrong")
    return 1 if wrong else 0


sys.exit(main())

#!/usr/bin/env python3
"""Random loops over the bytes and characters of texts, beside the same loops in a form that the compiler leaves as they are.

    tests/fuzz/bytes.py [--build DIR] [--from SEED] [--count N]

The compiler lets such loops go on behind runs of bytes for which they do nothing (compiler/core/runs.c). A program has a loop twice: over
a text that has one name, and over a `var`, or over a list of its characters, for which that is not done. Both are run over texts of all
lengths, and over the lines of a file in a job; what they compute, and how they fail, must be the same. Prints the seeds for which it
is not; status 1 if there are any."""

import argparse
import concurrent.futures
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LITERALS = ["a", "b", " ", ",", '\\"', "z", "é", "", "ab", "Z", "\\n"]
ALPHABETS = ["ab ", "abcz ,;", "aé ", 'aBcXz "', "\u20acab "]

PROGRAM = """
fn is_letter(c) = c >= "a" and c <= "z" or c >= "A" and c <= "Z"

fn quick(s: string, m: int) {{
{quick}
}}

fn slow(s: string, m: int) {{
    var t = s
    t += ""
    let all = chars(s)
{slow}
}}

fn is_same(s, m) = (try {{ quick(s, m) }} catch e {{ e.message }}) == (try {{ slow(s, m) }} catch e {{ e.message }})

let texts = [{texts}]
for s in texts {{
    if not is_same(s, len(s)) {{ print("differs for", s) }}
    if not is_same(s, 20) {{ print("differs for 20 and", s) }}
    if len(s) > 1 and not is_same(s[1..], 7) {{ print("differs behind the first byte of", s) }}
}}
print(map line => is_same(line, 9) over lines(args) reduce all)
"""


class Loop:
    """A loop in two forms: `@` stands for the byte at hand, `%` for the text."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        choose = self.random.choice
        self.kind = choose(["range", "to the last", "from", "chars", "while", "search", "limit"])
        self.has_let = choose([False, False, True])
        self.byte = choose(["%[i..i]", "%[i..<i + 1]"])
        body = self.body(2)
        if self.has_let and self.kind not in ("chars", "search"):
            body = [f"        let c = {self.byte}"] + body
            self.byte = "c"
        self.lines = self.loop(body)
        if choose([True, False]):
            self.lines = ["    for round in 0..<2 {", *["    " + line for line in self.lines], "    }"]

    def test(self):
        choose = self.random.choice
        return choose([f'@ == "{choose(LITERALS)}"', f'@ != "{choose(LITERALS)}"', f'(@ >= "a" and @ <= "{choose("cmz")}")',
                       f'@ in ["{choose(LITERALS)}", "{choose(LITERALS)}"]', f'@ in "{choose(["abc ", "aeiou", " ,;"])}"', "is_letter(@)",
                       f'lower(@) == "{choose("abz")}"', f"len(@) == {choose([1, 2])}", f'@ < "{choose("amz")}"'])

    def state(self):
        of_index = [] if self.kind == "chars" else ["i > start", "i % 3 == 0"]
        return self.random.choice(["flag", "n > 3", "start >= 0", 'word != ""', "len(word) < 4", "n % 2 == 0", 'word != "ab"', *of_index])

    def condition(self, depth=0):
        kind = self.random.random()
        if depth > 2 or kind < 0.5:
            return self.test()
        if kind < 0.6:
            return self.state()
        if kind < 0.7:
            return f"not ({self.condition(depth + 1)})"
        return f"({self.condition(depth + 1)} {self.random.choice(['and', 'or'])} {self.condition(depth + 1)})"

    def action(self):
        place = "len(word)" if self.kind == "chars" else "i"
        leaves = [] if self.kind in ("while", "limit", "search") else ["continue"]
        return self.random.choice(["n += 1", f"start = {place}", "flag = not flag", "word += @", "word += @", "word = word + @", 'word = ""',
                                   "found.push(word)", "found.push(@)", "n = 0", 'word += "x"', "word = @ + word", "break", *leaves])

    def body(self, indent, depth=0):
        space, choose = "    " * indent, self.random.random
        if depth == 2 or (depth > 0 and choose() < 0.25):
            return [] if choose() < 0.3 else [space + self.action()]
        lines = [f"{space}if {self.condition()} {{", *self.body(indent + 1, depth + 1)]
        if choose() < 0.3:
            lines += [f"{space}}} else if {self.condition()} {{", *self.body(indent + 1, depth + 1)]
        if choose() < 0.5:
            lines += [f"{space}}} else {{", *self.body(indent + 1, depth + 1)]
        return [*lines, space + "}"]

    def loop(self, body):
        head = {"range": "for i in 0..<len(%) {", "to the last": "for i in 0..len(%) - 1 {", "from": "for i in 2..<m {",
                "chars": "for c in chars(%) {", "while": "while i < len(%) {", "limit": "while i < end {",
                "search": f"while i < len(%) and {self.condition(1)} {{ i += 1 }}"}[self.kind]
        before = {"while": ["    var i = 0"], "search": [f"    var i = {self.random.choice(['0', 'm - 8'])}"],
                  "limit": ["    var i = 0", f"    let end = {self.random.choice(['len(%)', 'm'])}"]}.get(self.kind, [])
        after = ["    n += i"] if before else []
        if self.kind == "search":
            return [*before, "    " + head, *after]
        step = ["        i += 1"] if before else []
        return [*before, "    " + head, *body, *step, "    }", *after]

    def code(self, is_quick):
        lines = ["    var start = -1", "    var n = 0", '    var word = ""', "    var flag = false", "    var found: [string] = []", *self.lines,
                 '    "{start} {n} {word} {flag} {found}"']
        text = "\n".join(lines)
        if self.kind == "chars" and not is_quick:
            text = text.replace("for c in chars(%) {", "for k in 0..<len(all) {\n        let c = all[k]")
        byte = "c" if self.kind == "chars" else self.byte
        return text.replace("@", byte).replace("%[", "s[" if is_quick else "t[").replace("(%)", "(s)" if is_quick else "(t)")


def some_text(source):
    alphabet, length = source.choice(ALPHABETS), source.choice([0, 1, 2, 3, 15, 16, 17, 40, 63, 64, 65, 66, 129, 200])
    text = ""
    while len(text) < length:
        text += source.choice(alphabet) * source.choice([1, 1, 1, 6, 30])
    return text[:length]


def check(build, seed):
    """Whether all is as it should be for this seed; else what was wrong."""
    source, loop = random.Random(-seed - 1), Loop(seed)
    texts = [some_text(source) for _ in range(20)]
    quoted = ", ".join('"' + text.replace('"', '\\"') + '"' for text in texts)
    program = PROGRAM.format(quick=loop.code(True), slow=loop.code(False), texts=quoted)
    with tempfile.TemporaryDirectory() as folder:
        path, lines = Path(folder) / "main.mr", Path(folder) / "lines"
        path.write_text(program)
        lines.write_text("\n".join(some_text(source) for _ in range(40)))
        for level in ["-O0", "-O3"]:
            made = subprocess.run([build / "bin/mrc", level, path, "-o", path.with_suffix("")], capture_output=True, text=True)
            if made.returncode:
                return f"{level}: {made.stderr[:500]}"
            ran = subprocess.run([path.with_suffix(""), lines], capture_output=True, text=True, timeout=60)
            if ran.stdout != "true\n" or ran.stderr or ran.returncode:
                return f"{level}: {(ran.stdout + ran.stderr)[:500]}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    seeds, failed = range(options.first, options.first + options.count), 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for seed, wrong in zip(seeds, pool.map(lambda seed: check(options.build.resolve(), seed), seeds)):
            failed += bool(wrong)
            if wrong:
                print(f"seed {seed}: {wrong}")
    print(f"{options.count} programs, {failed} wrong")
    return failed > 0


sys.exit(main())

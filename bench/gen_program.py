#!/usr/bin/env python3
"""Writes an mr program of about so many lines: records, sum types, loops, parsing and map-reduce, again and again under new names.

    bench/gen_program.py LINES > program.mr

For measuring how long compiling takes, and for tests of large programs. The same number gives the same program."""

import sys

BLOCK = '''\
type Item{i}(name: string, price: float, count: int)
type Shape{i} = Circle{i}(r: float) | Rect{i}(w: float, h: float) | Dot{i}

fn area{i}(shape) = match shape {{
    Circle{i}(r) => 3.14159 * r * r
    Rect{i}(w, h) => w * h
    Dot{i} => 0.0
}}

fn worth{i}(items: [Item{i}]) {{
    var sum = 0.0
    for item in items {{
        if item.count > {k} {{
            sum += item.price * float(item.count)
        }} else {{
            sum -= 1.0
        }}
    }}
    sum
}}

fn parse{i}(line) {{
    let parts = split(line, ",")
    if len(parts) != 3 {{ return none }}
    let price = parse_float(parts[1])?
    let count = parse_int(parts[2])?
    some(Item{i}(trim(parts[0]), price, count))
}}

fn tally{i}(word) = (lower(trim(word)), len(word) + {k})

fn collatz{i}(n) {{
    var x = n
    var steps = 0
    while x != 1 {{
        x = if x % 2 == 0 {{ x // 2 }} else {{ 3 * x + 1 }}
        steps += 1
    }}
    steps
}}

let items{i} = [Item{i}("a", 1.5, {k}), Item{i}("b", 2.5, 7)]
print("worth {{worth{i}(items{i}):.2f}}", map area{i} over [Circle{i}(1.0), Rect{i}(2.0, {k}.0), Dot{i}] reduce sum)
print(map collatz{i} over 1..{n} reduce max)
let counts{i} = map tally{i} over words_in("the quick brown fox the {k}") reduce sum by key
for (word, n) in counts{i}.most_common(3) {{
    print("{{n:>5}} {{word}}")
}}
print(match parse{i}("x, 2.5, {k}") {{ some(item) => "{{item.name}} {{item.price}}", none => "nothing" }})
'''


def main():
    lines, i = [], 0
    while len(lines) < int(sys.argv[1]):
        lines += BLOCK.format(i=i, k=i % 9 + 1, n=100 + 7 * i).splitlines() + [""]
        i += 1
    print("\n".join(lines))


main()

#!/usr/bin/env python3
"""Writes a random mr program that is well typed and ends: the same seed gives the same program.

    tests/fuzz/generate.py SEED [--aliased] > program.mr

Expressions are made by type: `expr(type, depth)` draws one of the forms that give a value of the type, and makes its parts in the same
way. What may fail (an index, a division, a missing key) may fail here too, mostly inside of a `try`: a run-time error is as good a
result as another, and must be the same for every optimisation and number of workers. Numbers are kept small by `%`, loops are
bounded, recursion has a fuel. What concerns streams is in streams.py, and changes in place are in updates.py, which says what
--aliased is."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from streams import Streams  # noqa: E402
from updates import Updates  # noqa: E402

INT, FLOAT, BOOL, STRING = "int", "float", "bool", "string"
SIMPLE = [INT, INT, INT, FLOAT, BOOL, STRING, STRING]
WORDS = ["a", "bb", "The", "fox", "né", "zebra", "it's", "x1", ""]


# Types are nested tuples: "int", ("list", t), ("map", k, v), ("set", t), ("some", t), ("tuple", t, u …), ("record", name),
# ("sum", name), ("fn", (parameters), result).

def spell(t):
    if isinstance(t, str):
        return t
    kind, *parts = t
    if kind == "list":
        return f"[{spell(parts[0])}]"
    if kind == "map":
        return f"[{spell(parts[0])}: {spell(parts[1])}]"
    if kind == "set":
        return f"set[{spell(parts[0])}]"
    if kind == "some":
        return spell(parts[0]) + "?"
    if kind == "tuple":
        return "(" + ", ".join(map(spell, parts)) + ")"
    if kind == "fn":
        return f"({', '.join(map(spell, parts[0]))}) -> {spell(parts[1])}"
    return parts[0]


class Generator(Streams, Updates):
    def __init__(self, seed, aliased=False):
        self.random = random.Random(seed)
        self.aliased = aliased
        self.spell = spell
        self.count = 0
        self.scopes = [[]]      # of (name, type); a function's body sees its own and the lets of the top level
        self.records = {}       # name -> [(field, type)]
        self.sums = {}          # name -> [(constructor, [type])]
        self.functions = []     # (name, [types], result): declared so far
        self.makers = []        # (name, element): functions of a stream and an int that give a stream
        self.reducers = []      # (name, result): of ints
        self.helpers = []       # (name, type): functions that give a changed value
        self.lines = []

    # ---- drawing

    def pick(self, items):
        return self.random.choice(items)

    def chance(self, share):
        return self.random.random() < share

    def name(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def type(self, depth=2, hashable=False):
        r = self.random.random()
        if depth <= 0 or r < 0.5:
            return self.pick(SIMPLE)
        inner = lambda: self.type(depth - 1, hashable)
        if r < 0.65:
            return ("list", inner())
        if r < 0.75:
            return ("tuple", inner(), inner())
        if r < 0.82:
            return ("some", inner())
        if r < 0.88 and self.records:
            return ("record", self.pick(sorted(self.records)))
        if r < 0.94 and self.sums:
            return ("sum", self.pick(sorted(self.sums)))
        if r < 0.97:
            return ("set", self.pick([INT, STRING, BOOL]))
        return ("map", self.pick([INT, STRING]), inner())

    def variables(self, wanted):
        return [name for scope in self.scopes for name, t in scope if t == wanted]

    def bind(self, name, t):
        self.scopes[-1].append((name, t))

    def inside(self, bindings, make):
        """What `make` gives where these names are bound too."""
        self.scopes.append(list(bindings))
        result = make()
        self.scopes.pop()
        return result

    # ---- expressions

    def expr(self, t, depth):
        known = self.variables(t)
        if known and self.chance(0.35 if depth > 0 else 0.7):
            return self.pick(known)
        if depth <= 0:
            return self.literal(t)
        forms = [self.literal, self.choice, self.block, self.attempt, self.matched, self.matched_value, self.started, self.applied,
                 self.nested, self.updated]
        if t in (INT, BOOL) or t[0] in ("list", "map"):
            forms += [self.consumed]
        if any(result == t for _, result in self.reducers):
            forms += [self.reduced]
        callable_ = [f for f in self.functions if f[2] == t]
        if callable_:
            forms += [self.call, self.call]
        kind = t if isinstance(t, str) else t[0]
        forms += [getattr(self, "make_" + kind)] * 6
        return self.pick(forms)(t, depth - 1)

    def literal(self, t, depth=0):
        r = self.random
        if t == INT:
            return str(r.choice([0, 1, 2, 3, 7, 10, 64, 1000, r.randrange(-50, 100)]))
        if t == FLOAT:
            return self.pick(["0.0", "1.0", "0.1", "2.5", "-3.75", "1e3", "0.3333"])
        if t == BOOL:
            return self.pick(["true", "false"])
        if t == STRING:
            return f'"{self.pick(WORDS)}"'
        kind, *parts = t
        if kind == "list":
            return "[" + ", ".join(self.expr(parts[0], depth - 1) for _ in range(r.randrange(1, 4))) + "]"
        if kind == "map":
            pairs = [f"{self.expr(parts[0], depth - 1)}: {self.expr(parts[1], depth - 1)}" for _ in range(r.randrange(1, 4))]
            return "[" + ", ".join(pairs) + "]"
        if kind == "set":
            return f"set({self.literal(('list', parts[0]), depth)})"
        if kind == "some":
            return f"some({self.expr(parts[0], depth - 1)})"
        if kind == "tuple":
            return "(" + ", ".join(self.expr(part, depth - 1) for part in parts) + ")"
        if kind == "record":
            return self.construct(parts[0], self.records[parts[0]], depth)
        name, fields = self.pick(self.sums[parts[0]][:1] if depth < -3 else self.sums[parts[0]])
        return name if not fields else f"{name}({', '.join(self.expr(f, depth - 1) for f in fields)})"

    def construct(self, name, fields, depth):
        if self.chance(0.3):
            order = self.random.sample(fields, len(fields))
            return f"{name}({', '.join(f'{f}: {self.expr(t, depth - 1)}' for f, t in order)})"
        return f"{name}({', '.join(self.expr(t, depth - 1) for _, t in fields)})"

    def choice(self, t, depth):
        return f"(if {self.expr(BOOL, depth)} {{ {self.expr(t, depth)} }} else {{ {self.expr(t, depth)} }})"

    def block(self, t, depth):
        name, inner = self.name("v"), self.type(1)
        value = self.expr(inner, depth)
        body = self.inside([(name, inner)], lambda: self.expr(t, depth))
        return f"({{ let {name}: {spell(inner)} = {value}; {body} }})"

    def attempt(self, t, depth):
        return f"(try {{ {self.expr(t, depth)} }} catch e {{ {self.expr(t, depth)} }})"

    def started(self, t, depth):
        """Work that is started and awaited, at once or after other work."""
        if self.chance(0.4):
            return f"(await (async {self.expr(t, depth)}))"
        future, name, inner = self.name("later"), self.name("v"), self.type(1)
        work, value = self.expr(t, depth), self.expr(inner, depth - 1)
        rest = self.inside([(name, inner)], lambda: f"if {self.expr(BOOL, 1)} {{ await {future} }} else {{ {self.expr(t, 1)} }}")
        return f"({{ let {future} = async {work}; let {name}: {spell(inner)} = {value}; {rest} }})"

    def call(self, t, depth):
        name, parameters, _ = self.pick([f for f in self.functions if f[2] == t])
        arguments = [self.expr(p, depth) for p in parameters]
        if self.chance(0.2):
            return f"({arguments[0]}).{name}({', '.join(arguments[1:])})"
        return f"{name}({', '.join(arguments)})"

    def function(self, parameter, result, depth):
        """A function value."""
        known = self.variables(("fn", (parameter,), result)) + [f[0] for f in self.functions if f[1] == [parameter] and f[2] == result]
        if known and self.chance(0.4):
            return self.pick(known)
        name = self.name("x")
        return f"(({name}: {spell(parameter)}) => {self.inside([(name, parameter)], lambda: self.expr(result, depth))})"

    def applied(self, t, depth):
        """Functions that are values: chosen, stored, passed and called."""
        parameter = self.type(1)
        f = lambda: self.function(parameter, t, min(depth, 1))
        name, argument = self.name("f"), self.expr(parameter, depth - 1)
        return self.pick([
            lambda: f"({{ let {name} = if {self.expr(BOOL, 1)} {{ {f()} }} else {{ {f()} }}; "
                    f"{name}({argument}) }})",
            lambda: f"(([{f()}, {f()}][{self.random.randrange(0, 2)}])({argument}))",
            lambda: f"((({self.expr(INT, 0)}, {f()}).1)({argument}))",
            lambda: f"({{ let {name} = [{self.literal(INT)}: {f()}]; match get({name}, {self.literal(INT)}) {{ some(g) => g({argument}), "
                    f"none => {self.expr(t, 0)} }} }})",
            lambda: f"(map {name} => {name}({argument}) over [{f()}, {f()}] reduce last)",
        ])()

    def nested(self, t, depth):
        """A function in a block, which reads what is around it, and may leave early."""
        name, x, parameter = self.name("inner"), self.name("x"), self.type(1)
        early = f"if {self.inside([(x, parameter)], lambda: self.expr(BOOL, 1))} {{ return {self.expr(t, 0)} }}; " if self.chance(0.5) else ""
        body = self.inside([(x, parameter)], lambda: self.expr(t, min(depth, 1)))
        return (f"({{ fn {name}({x}: {spell(parameter)}) -> {spell(t)} {{ {early}{body} }}; "
                f"{self.pick([f'{name}({self.expr(parameter, 1)})', f'last(map {name} over [{self.expr(parameter, 1)}])'])} }})")

    def matched_value(self, t, depth):
        """A match with alternatives, ranges, literals and parts of parts."""
        e = lambda bound=(): self.inside(list(bound), lambda: self.expr(t, min(depth, 1)))
        a, b, c = self.name("p"), self.name("p"), self.name("p")
        inner = self.type(1)
        return self.pick([
            lambda: f"(match {self.expr(INT, depth)} {{ 0 | 1 => {e()}, 2..9 | 64 => {e()}, {a} if {a} < 0 => {e([(a, INT)])}, _ => {e()} }})",
            lambda: f'(match {self.expr(STRING, depth)} {{ "a" | "fox" => {e()}, "" => {e()}, {a} => {e([(a, STRING)])} }})',
            lambda: f"(match {self.expr(('some', ('tuple', INT, inner)), depth)} {{ some((0 | 7, {b})) | some((_, {b})) => {e([(b, inner)])}, none => {e()} }})",
            lambda: f"(match {self.expr(('list', inner), depth)} {{ [{a}] | [{a}, _] | [_, _, {a}, ...] => {e([(a, inner)])}, [] => {e()} }})",
            lambda: f"(match ({self.expr(BOOL, 1)}, {self.expr(('some', inner), depth)}) {{ (true, some({a})) => {e([(a, inner)])}, "
                    f"(false, {b}) => {e([(b, ('some', inner))])}, (_, none) => {e()} }})",
            lambda: f"(match {self.expr(('list', inner), depth)} {{ [...{c}, {a}] => {e([(a, inner), (c, ('list', inner))])}, _ => {e()} }})",
        ])()

    def matched(self, t, depth):
        if self.sums and self.chance(0.6):
            subject = ("sum", self.pick(sorted(self.sums)))
            arms = []
            for constructor, fields in self.sums[subject[1]]:
                names = [(self.name("p"), f) for f in fields]
                pattern = constructor + (f"({', '.join(n for n, _ in names)})" if fields else "")
                if fields and self.chance(0.2):
                    guard = self.inside(names, lambda: self.expr(BOOL, depth - 1))
                    arms.append(f"{pattern} if {guard} => {self.inside(names, lambda: self.expr(t, depth - 1))}")
                arms.append(f"{pattern} => {self.inside(names, lambda: self.expr(t, depth - 1))}")
            return f"(match {self.expr(subject, depth)} {{ {', '.join(arms)} }})"
        inner = self.type(1)
        if self.chance(0.5):
            name = self.name("p")
            arm = self.inside([(name, inner)], lambda: self.expr(t, depth))
            return f"(match {self.expr(('some', inner), depth)} {{ some({name}) => {arm}, none => {self.expr(t, depth)} }})"
        head, rest = self.name("p"), self.name("p")
        arm = self.inside([(head, inner), (rest, ("list", inner))], lambda: self.expr(t, depth))
        return f"(match {self.expr(('list', inner), depth)} {{ [] => {self.expr(t, depth)}, [{head}, ...{rest}] => {arm} }})"

    def source(self, depth):
        """A sequence and the type of its elements."""
        r = self.random.random()
        if r < 0.3:
            return f"0..<{self.random.choice([0, 1, 2, 5, 17, 100])}", INT
        if r < 0.4:
            return f'words_in({self.expr(STRING, depth)} + " the end of it")', STRING
        if r < 0.5:
            key, value = self.pick([INT, STRING]), self.type(1)
            return self.expr(("map", key, value), depth), ("tuple", key, value)
        if r < 0.55:
            t = self.pick([INT, STRING])
            return self.expr(("set", t), depth), t
        t = self.type(1)
        if r < 0.61 and depth > 0:
            return self.stream(t, depth - 1), t
        if r < 0.64:
            return self.expr(("some", t), depth), t
        if r < 0.75:
            return self.stage(t, depth)
        return self.expr(("list", t), depth), t

    def stage(self, t, depth):
        """A stream over another sequence, mostly of elements of type t."""
        name = self.name("x")
        over, element = self.source(depth - 1) if depth > 0 else ("1..3", INT)
        r = self.random.random()
        if r < 0.15:
            return f"enumerate({over})", ("tuple", INT, element)
        if r < 0.25:
            return f"{self.pick(['take', 'skip'])}({over}, {self.random.choice([0, 1, 3, 50])})", element
        scan = ""
        if r < 0.5:
            t = self.pick([INT, FLOAT, STRING])
            scan = f" scan {self.pick({INT: ['sum', 'max', '(+)'], FLOAT: ['sum', '(+)', 'max'], STRING: ['max', '(+)']}[t])}"
        bound = [(name, element)]
        body = self.inside(bound, lambda: self.expr(t, 1))
        if self.chance(0.2):
            number = self.name("i")
            return f"(map ({number}, {name}) => {self.inside(bound + [(number, INT)], lambda: self.expr(t, 1))} over 0.., {over}{scan})", t
        where = f" where {name} => {self.inside(bound, lambda: self.expr(BOOL, 1))}" if self.chance(0.3) else ""
        return f"(map {name} => {body} over {over}{where}{scan})", t

    def pipeline(self, reducer, t, depth):
        """map … reduce with this reducer, over results of type t."""
        over, element = self.source(depth - 1)
        name = self.name("x")
        bound = [(name, element)]
        body = self.inside(bound, lambda: self.expr(t, min(depth, 2)))
        where = f" where {name} => {self.inside(bound, lambda: self.expr(BOOL, 1))}" if self.chance(0.3) else ""
        return f"(map {name} => {body} over {over}{where} reduce {reducer})"

    def make_int(self, t, depth):
        e = lambda kind=INT: self.expr(kind, depth)
        return self.pick([
            lambda: f"(({e()} {self.pick(['+', '-', '*'])} {e()}) % 1000003)",
            lambda: f"(({e()} {self.pick(['+%', '-%', '*%'])} {e()}) % 10007)",
            lambda: f"({e()} {self.pick(['//', '%'])} {self.pick([e(), '7', '(-3)'])})",
            lambda: f"({e()} {self.pick(['&', '|', '^'])} {e()})",
            lambda: f"(-{e()})",
            lambda: f"len({e(self.pick([STRING, ('list', self.type(1))]))})",
            lambda: f"({e(('list', INT))}[{e()} % 3])",
            lambda: f"int({e(FLOAT)})" if self.chance(0.5) else f"({e(('some', INT))} ?? {e()})",
            lambda: f"(parse_int({e(STRING)}) ?? {e()})",
            lambda: f"{self.pick(['min', 'max'])}({e()}, {e()})",
            lambda: self.pipeline(self.pick(["sum", "max", "min", "(+)", "first", "last"]), INT, depth),
            lambda: self.pipeline("count", self.type(1), depth),
            lambda: self.pipeline("((a, b) => (a * 31 + b) % 1009)" + self.pick(["", " from 3"]), INT, depth),
            lambda: f"(({e(('tuple', INT, STRING))}).0)",
            lambda: f"{self.pick(['math.abs', 'math.sign', 'math.bit_length'])}({e()})",
            lambda: f"compare({e(STRING)}, {e(STRING)})",
        ])()

    def make_float(self, t, depth):
        e = lambda kind=FLOAT: self.expr(kind, depth)
        return self.pick([
            lambda: f"({e()} {self.pick(['+', '-', '*', '/'])} {e()})",
            lambda: f"float({e(INT)})",
            lambda: self.pipeline(self.pick(["sum", "max", "mean", "(+)"]), FLOAT, depth),
            lambda: self.pipeline("mean", INT, depth),
            lambda: f"({e(('some', FLOAT))} ?? {e()})",
            lambda: f"max({e()}, {e()})",
            lambda: f"{self.pick(['math.sin', 'math.exp', 'math.sqrt', 'math.floor'])}({e()})",
        ])()

    def make_bool(self, t, depth):
        e = lambda kind: self.expr(kind, depth)
        compared = self.type(1)
        return self.pick([
            lambda: f"({e(compared)} {self.pick(['==', '!=', '<', '<=', '>', '>='])} {e(compared)})",
            lambda: f"({e(BOOL)} {self.pick(['and', 'or'])} {e(BOOL)})",
            lambda: f"(not {e(BOOL)})",
            lambda: f"({e(INT)} in {e(self.pick([('list', INT), ('set', INT)]))})",
            lambda: f"({e(STRING)} in {e(STRING)})",
            lambda: self.pipeline(self.pick(["any", "all"]), BOOL, depth),
        ])()

    def make_string(self, t, depth):
        e = lambda kind=STRING: self.expr(kind, depth)
        return self.pick([
            lambda: f"({e()} + {e()})",
            lambda: f"string({e(self.type(1))})",
            lambda: f"{self.pick(['lower', 'upper', 'trim'])}({e()})",
            lambda: f'replace({e()}, "e", {e()})',
            lambda: f'join({e(("list", STRING))}, "-")',
            lambda: f'repeat({e()}, {e(INT)} % 4)',
            lambda: self.pipeline(self.pick(["concat", "max", "min", "(+)", 'concat(",")']), STRING, depth),
            lambda: f"({e(('tuple', INT, STRING))}.1)",
            lambda: self.formatted(depth),
        ])()

    def formatted(self, depth):
        t = self.pick([INT, FLOAT, STRING, BOOL, ("list", INT)])
        spec = self.pick({INT: ["5", "<4", "^+6", "05", ",", "x", "b", ".1f"], FLOAT: [".2f", "8.3e", "g", "+.1f", ".0%", "012.3f"],
                         STRING: [">8", "^9", "*<6", ".2"]}.get(t, [">8", "*^9"]))
        return f'"<{{{self.expr(t, depth)}:{spec}}}>"'

    def make_list(self, t, depth):
        e = lambda kind=t: self.expr(kind, depth)
        inner = t[1]
        forms = [
            lambda: f"({e()} + {e()})",
            lambda: f"reverse({e()})",
            lambda: f"({e()}[0..<{e(INT)} % 2])",
            lambda: self.pipeline("list", inner, depth),
            lambda: self.loop(inner, depth),
        ]
        if inner in (INT, FLOAT, STRING, BOOL):
            forms += [lambda: f"sort({e()})", lambda: self.pipeline(f"top({self.pick([1, 3])})", inner, depth)]
            forms += [lambda: f"list(take(sort({e()}), 2))"]
        if inner in (INT, STRING):
            forms += [lambda: f"keys({self.expr(('map', inner, INT), depth)})"]
        return self.pick(forms)()

    def loop(self, inner, depth):
        """A block that fills a list in a bounded loop."""
        xs, x = self.name("xs"), self.name("i")
        body = self.inside([(x, INT)], lambda: self.expr(inner, min(depth, 1)))
        return f"({{ var {xs}: [{spell(inner)}] = []; for {x} in 0..<{self.random.randrange(0, 5)} {{ {xs}.push({body}) }}; {xs} }})"

    def make_map(self, t, depth):
        key, value = t[1], t[2]
        pair = ("tuple", key, value)
        forms = [lambda: self.pipeline(self.pick(["first", "last"]) + " by key", pair, depth)]
        if (key, value) == (INT, INT):
            forms += [lambda: self.pipeline(self.pick(["sum", "max", "count"]) + " by (r => r % 5)", INT, depth)]
        if value == INT:
            forms += [lambda: self.pipeline(self.pick(["sum", "max", "(+)"]) + " by key", pair, depth)]
        if value == ("list", INT):
            forms += [lambda: self.pipeline("list by key", ("tuple", key, INT), depth)]
        return self.pick(forms)()

    def make_set(self, t, depth):
        return self.pipeline("set", t[1], depth)

    def make_some(self, t, depth):
        inner = t[1]
        return self.pick([
            lambda: f"get({self.expr(('list', inner), depth)}, {self.expr(INT, depth)})",
            lambda: f"get({self.expr(('map', STRING, inner), depth)}, {self.expr(STRING, depth)})",
            lambda: f"(if {self.expr(BOOL, depth)} {{ some({self.expr(inner, depth)}) }} else {{ none }})",
        ])()

    def make_tuple(self, t, depth):
        if len(t) == 3 and t[1] == INT and t[2] == INT:
            return self.pipeline("(sum, count)", INT, depth)
        return self.literal(t, depth)

    def make_record(self, t, depth):
        field, kind = self.pick(self.records[t[1]])
        return f"({self.expr(t, depth)} with ({field}: {self.expr(kind, depth)}))"

    def make_sum(self, t, depth):
        return self.literal(t, depth)

    # ---- declarations

    def declare_types(self):
        for _ in range(self.random.randrange(0, 3)):
            name = self.name("Rec")
            fields = [(self.name("f"), self.type(1)) for _ in range(self.random.randrange(1, 4))]
            self.records[name] = fields
            self.lines.append(f"type {name}({', '.join(f'{f}: {spell(t)}' for f, t in fields)})")
        for _ in range(self.random.randrange(0, 3)):
            name = self.name("Sum")
            constructors = [(self.name("Con"), [self.type(1) for _ in range(self.random.randrange(0, 3))])
                            for _ in range(self.random.randrange(2, 4))]
            if self.chance(0.4):  # a recursive type; its first constructor ends every value
                constructors.append((self.name("Con"), [("sum", name), self.type(0)]))
            self.sums[name] = constructors
            spelled = [c + (f"({', '.join(map(spell, fields))})" if fields else "") for c, fields in constructors]
            self.lines.append(f"type {name} = {' | '.join(spelled)}")

    def declare_function(self):
        name = self.name("fun")
        parameters = [(self.name("a"), self.type(1)) for _ in range(self.random.randrange(1, 4))]
        result = self.type(1)
        # A function mentions nothing of the top level but other functions, so that it may be called anywhere.
        scopes, self.scopes = self.scopes, [list(parameters)]
        body = self.expr(result, 3)
        if self.chance(0.25):
            fuel = self.name("fuel")
            arguments = ", ".join(self.expr(t, 1) for _, t in parameters)
            body = f"if {fuel} <= 0 {{ {body} }} else {{ {name}({arguments}, {fuel} - 1) }}"
            spelled = [f"{p}: {spell(t)}" for p, t in parameters] + [f"{fuel} = {self.random.randrange(0, 6)}"]
        else:
            spelled = [f"{p}: {spell(t)}" for p, t in parameters]
        self.scopes = scopes
        self.lines.append(f"fn {name}({', '.join(spelled)}) -> {spell(result)} = {body}")
        self.functions.append((name, [t for _, t in parameters], result))

    def statement(self):
        t = self.type(2)
        r = self.random.random()
        if r < 0.4:
            name = self.name("v")
            value = self.expr(t, 4)
            caught = f"try {{ {value} }} catch e {{ print(e.message, e.where); {self.literal(t)} }}"
            self.lines.append(f"let {name}: {spell(t)} = {caught if self.chance(0.8) else value}")
            self.bind(name, t)
            self.lines.append(f"print({name})")
        elif r < 0.55:
            self.lines.append(f'print("{{{self.expr(INT, 2)}:>6}}", {self.expr(t, 3)})')
        elif r < 0.62:
            self.stream_statement()
        elif r < 0.72:
            self.update_statement()
        elif r < 0.74:
            self.wide_statement()
        elif r < 0.82:
            x = self.name("x")
            over, element = self.source(2)
            body = self.inside([(x, element)], lambda: self.expr(t, 2))
            self.lines.append(f"for {x} in {over} {{ print({body}) }}")
        elif r < 0.93:
            var = self.name("w")
            x = self.name("x")
            self.lines.append(f"var {var}: {spell(t)} = {self.expr(t, 2)}")
            copy = self.name("v")  # a function may not mention the var itself
            body = self.inside([(copy, t), (x, INT)], lambda: self.expr(t, 2))
            self.lines.append(f"for {x} in 1..3 {{ let {copy} = {var}; {var} = {body} }}")
            self.lines.append(f"print({var})")
        else:
            self.lines.append(f"print(try {{ {self.expr(t, 3)} }} catch e {{ print(e.message); {self.expr(t, 1)} }})")

    def program(self):
        self.lines.append("import math")
        self.general()
        self.declare_types()
        for _ in range(self.random.randrange(2, 7)):
            self.pick([self.declare_function, self.declare_function, self.declare_helper, self.declare_helper, self.declare_maker,
                       self.declare_reducer])()
        for _ in range(self.random.randrange(3, 9)):
            self.statement()
        return "\n".join(self.lines) + "\n"


if __name__ == "__main__":
    print(Generator(int(sys.argv[1]), "--aliased" in sys.argv).program(), end="")

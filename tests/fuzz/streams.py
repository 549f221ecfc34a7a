"""What generated programs do with streams: recipes that the compiler sees, and streams that are values; scans, numbers, beginnings and
ends, what is kept, reducers that the program declares. A stream has to give the same elements in whatever way it is walked: where the
program finds that it does not, it prints DISAGREE."""

INT, FLOAT, BOOL, STRING = "int", "float", "bool", "string"


class Streams:
    """Forms that a Generator takes in."""

    def stream(self, t, depth):
        """An expression of type stream[t]."""
        known = self.variables(("stream", t))
        if known and self.chance(0.5):
            return self.pick(known)
        x = self.name("x")
        over, element = self.source(depth - 1) if depth > 0 else ("1..3", INT)
        bound = [(x, element)]
        body = lambda wanted=t: self.inside(bound, lambda: self.expr(wanted, 1))
        plain = lambda: f"(map {x} => {body()} over {over})"
        if depth <= 0:
            return plain()
        inner = lambda: self.stream(t, depth - 1)
        forms = [
            plain,
            lambda: f"(map {x} => {body()} over {over} where {x} => {body(BOOL)})",
            lambda: f"(flatmap {x} => {body(self.pick([('list', t), ('some', t)]))} over {over})",
            lambda: f"take({inner()}, {self.random.randrange(0, 6)})",
            lambda: f"skip({inner()}, {self.random.randrange(0, 4)})",
            lambda: f"cache({inner()})",
            lambda: f"(if {self.expr(BOOL, 1)} {{ {inner()} }} else {{ {inner()} }})",
            lambda: f"[{inner()}, {inner()}][{self.random.randrange(0, 2)}]",
            lambda: f"(map (i, v) => v over enumerate({inner()}))",
            lambda: f"(map (v, i) => v over {inner()}, {self.pick(['0..', '5..'])})",
            lambda: self.named_stream(t, depth),
            lambda: f"(flatmap s => s over [{inner()}, {inner()}])",
            lambda: f"(match {self.expr(INT, 1)} {{ 0 => {inner()}, _ => {inner()} }})",
        ]
        if t == INT:
            forms += [lambda: f"(map {x} => {body()} over {over} scan {self.pick(['(+)', 'max', 'count', 'last', '((a, b) => (a + b) % 97)'])})"]
            forms += [lambda: f"(map (i, v) => (v + i) % 1009 over enumerate({inner()}))"]
        if t == STRING:
            forms += [lambda: f"(map {x} => {body()} over {over} scan {self.pick(['max', 'min', 'first'])})",
                      lambda: f'words_in({self.expr(STRING, 1)})']
        if t == FLOAT:
            forms += [lambda: f"(map {x} => {body()} over {over} scan {self.pick(['sum', 'mean', 'max'])})"]
        if t == ("tuple", INT, t[-1]):
            forms += [lambda: f"enumerate({self.stream(t[-1], depth - 1)})"]
        makers = [name for name, kind in self.makers if kind == t]
        if makers:
            forms += [lambda: f"{self.pick(makers)}({inner()}, {self.random.randrange(0, 4)})"] * 2
        return self.pick(forms)()

    def named_stream(self, t, depth):
        name = self.name("s")
        first = self.stream(t, depth - 1)
        rest = self.inside([(name, ("stream", t))], lambda: self.stream(t, depth - 1))
        return f"({{ let {name} = {first}; {rest} }})"

    def declare_maker(self):
        """A function of a stream that gives a stream, which the compiler sees through, or not."""
        t = self.pick([INT, INT, STRING, FLOAT, ("list", INT), ("tuple", INT, STRING)])
        name, s = self.name("make"), self.name("s")
        scopes, self.scopes = self.scopes, [[(s, ("stream", t)), ("n", INT)]]
        body = self.stream(t, 2)
        if self.chance(0.4):
            body = f"if n <= 0 {{ {s} }} else {{ {name}({body}, n - 1) }}"
        elif self.chance(0.3):
            body = f"{{ if n == 2 {{ return {s} }}; {body} }}"
        self.scopes = scopes
        self.lines.append(f"fn {name}({s}: stream[{self.spell(t)}], n: int) -> stream[{self.spell(t)}] = {body}")
        self.makers.append((name, t))

    def declare_reducer(self):
        name = self.name("red")
        scopes, self.scopes = self.scopes, [[("x", INT)]]
        e = self.expr(INT, 1)
        self.scopes = scopes
        text, result = self.pick([
            (f"init = (0, 0)\n add((s, n), x) = ((s + {e}) % 1009, n + 1)\n merge((s, n), (t, m)) = ((s + t) % 1009, n + m)\n finish((s, n)) = s * 100 + n % 100", INT),
            (f"init = []\n add(xs, x) = appended(xs, {e})\n merge(xs, ys) = xs + ys\n finish(xs) = sort(xs)", ("list", INT)),
            (f"init = []\n add(xs, x) {{ var ys = xs; ys.push({e}); if len(ys) > 3 {{ ys = ys[1..] }}; ys }}\n"
             " merge(xs, ys) { let zs = xs + ys; zs[max(0, len(zs) - 3)..] }", ("list", INT)),
            (f"init = [0: 0]\n add(m, x) {{ var n = m; let k = ({e}) % 5; n[k] = (get(n, k) ?? 0) + 1; n }}\n"
             " merge(a, b) { var c = a; for (k, v) in b { c[k] = (get(c, k) ?? 0) + v }; c }", ("map", INT, INT)),
            (f"init = (none, \"\")\n add((best, s), x) = (match best {{ some(b) if b >= x => best, _ => some(x) }}, s + string(x % 10))\n"
             " merge((a, s), (b, t)) = (match (a, b) { (some(v), some(w)) => some(max(v, w)), (some(_), none) => a, _ => b }, s + t)\n"
             f" finish((best, s)) = {self.pick(['s', 's + string(best)'])}", STRING),
            (f"init = 0\n add(s, x) = max(s, {e})\n merge(s, t) = max(s, t)\n done(s) = s > 20", INT),
        ])
        self.lines += [f"reducer {name} {{", *(" " + line for line in text.split("\n")), "}"]
        self.reducers.append((name, result))

    def reduced(self, t, depth):
        """A reduction by one of the program's own reducers, or none."""
        mine = [name for name, result in self.reducers if result == t]
        if not mine:
            return self.literal(t, depth)
        name = self.pick(mine)
        return self.pick([
            lambda: self.pipeline(name, INT, depth),
            lambda: f"{name}({self.expr(('list', INT), depth)})",
            lambda: f"(reduce {name} over {self.stream(INT, depth)})",
            lambda: f"({self.pipeline(f'({name}, count)', INT, depth)}).0",
            lambda: f"last({self.pipeline(name, INT, depth).replace(' reduce ' + name, ' scan ' + name)})",
            lambda: f"(get({self.pipeline(f'{name} by (r => r % 3)', INT, depth)}, 1) ?? {self.literal(t, 0)})",
        ])()

    def consumed(self, t, depth):
        """A value made of a stream that the compiler may not see."""
        s = lambda kind: self.stream(kind, depth)
        if t == INT:
            return self.pick([f"sum({s(INT)})", f"count({s(self.type(1))})", f"(reduce max over {s(INT)})",
                              f"(map v => len(v) over {s(STRING)} reduce sum)", f"(try {{ first({s(INT)}) }} catch _ {{ 0 }})"])
        if t == BOOL:
            return f"{self.pick(['any', 'all'])}({s(BOOL)})"
        if t[0] == "list":
            return f"list({s(t[1])})"
        if t[0] == "map" and t[2] == INT:
            return f"(map v => v over {s(('tuple', t[1], INT))} reduce sum by key)"
        return f"last({s(t)})"

    def stream_statement(self):
        """One stream, walked in several ways."""
        t = self.pick([INT, INT, STRING, FLOAT, ("list", INT), ("tuple", INT, STRING), self.type(1)])
        s = self.name("s")
        self.lines.append(f"let {s} = {self.stream(t, 3)}")
        walked, listed, unordered, kind = self.name("w"), self.name("v"), self.name("w"), self.spell(t)
        self.lines += [
            f"var {walked}: [{kind}] = []",
            f"let {listed} = try {{ some(list({s})) }} catch e {{ print(e.message); none }}",
            f"let {walked}e = try {{ for x in {s} {{ {walked}.push(x) }}; true }} catch e {{ print(e.message); false }}",
            f"match {listed} {{ some(xs) => {{ if not {walked}e or compare(xs, {walked}) != 0 {{ print(\"DISAGREE\", xs, {walked}) }} else {{ print(xs) }} }}"
            f", none => {{ if {walked}e {{ print(\"DISAGREE\", {walked}) }} }} }}",
        ]
        if self.chance(0.4):
            self.lines += [f"var {unordered}: [{kind}] = []",
                           f"if {walked}e {{ for x in unordered({s}) {{ {unordered}.push(x) }}; "
                           f"if compare(sort({unordered}), sort({walked})) != 0 {{ print(\"DISAGREE\", {unordered}) }} }}"]
        self.bind(s, ("stream", t))

    def wide_statement(self):
        """A job with more elements than chunks, and so with simple ones."""
        n = self.pick([65536, 65537, 70000, 131073, 200000])
        step = self.pick(["x * 7 % 1013", "x % 100 - 50", "(x * x) % 8191", "x & 255"])
        where = self.pick(["", f" where x => x % {self.pick([2, 3, 10])} != 0"])
        base = f"(map x => {step} over 0..<{n}{where})"
        several = self.pick([base, f"skip({base}, {self.random.randrange(100000)})", f"take({base}, {self.random.randrange(100000)})",
                             f"(map x => x over {base} scan {self.pick(['(+)', 'max', 'count'])})",
                             f"(map (i, v) => (i ^ v) % 1000 over enumerate({base}))",
                             f"(map (i, v) => (i + v) % 1000 over 0.., {base})"])
        mine = [name for name, result in self.reducers if result != ("list", INT)] or ["count"]
        ends = ["sum", "max", "count", "first", "last", "(sum, min, mean)", "sum by (r => r % 7)", "count by (r => r & 3)",
                "((a, b) => (a * 3 + b) % 1009)", "((a, b) => (a + b) % 1009) from 5", *mine]
        self.lines.append(self.pick([
            lambda: f"print(map v => v over {several} reduce {self.pick(ends)})",
            lambda: f"print(map v => float(v) * 0.1 over {several} reduce {self.pick(['sum', 'mean', 'variance', '(+)', 'max'])})",
            lambda: f"print(map v => (v % 5, float(v) / 3.0) over {several} reduce {self.pick(['sum', 'mean', '(sum, count)'])} by key)",
            lambda: f"print(map v => 100 // (v % {self.pick([1009, 4000])} + 1 - {self.random.randrange(1, 900)}) over {several} reduce sum)",
        ])())
        self.lines[-1] = f"try {{ {self.lines[-1]} }} catch e {{ print(e.message, e.where) }}"

"""What generated programs change in place: variables, their parts, and values that pass through helpers.

A value with one owner is changed where it is, and the compiler finds out by itself where that is so. These forms are made to mislead
it: old values that are still read, values put into themselves, errors and early returns in the middle of an update. `hold(x)` at the
end of a scope makes x needed there; a program with these calls (`aliased`) has to do the same as the one without, since values never
change for who holds them."""

INT, FLOAT, BOOL, STRING = "int", "float", "bool", "string"

GENERAL = """fn hold(x) { if clock() < 0.0 { print(x) } }
fn appended(xs, x) {
    var ys = xs
    ys.push(x)
    ys
}
fn exchanged(xs, i, x) = try {
    var ys = xs
    ys[i] = x
    ys
} catch e { xs }
fn stored(m, k, v) {
    var n = m
    n[k] = v
    n
}
fn swapped((a, b)) = (b, a)
fn twice(f, x) = f(f(x))"""


class Updates:
    """Forms that a Generator takes in."""

    def general(self):
        self.lines += GENERAL.split("\n")

    def holding(self, names, result):
        """The last words of a block whose value is `result`, after which these names are not needed any more, or still."""
        name = self.name("r")
        return f"let {name} = {result}; {'; '.join(f'hold({held})' for held in names)}; {name}" if self.aliased else result

    def value(self, t, reads, depth=1):
        """A value for an assignment: often out of what is being changed. `reads` are names that no function may mention."""
        known = [name for name, kind in reads if kind == t]
        inside = [f"({name}[{self.expr(INT, 0)} % 3])" for name, kind in reads if kind == ("list", t)]
        inside += [f"{name}.{i}" for name, kind in reads if kind[0] == "tuple" for i, part in enumerate(kind[1:]) if part == t]
        if (known or inside) and self.chance(0.6):
            return self.pick(known + inside)
        if t[0] in ("list", "tuple") and self.chance(0.5):
            parts = t[1:] if t[0] == "tuple" else [t[1]] * self.random.randrange(1, 3)
            listed = ", ".join(self.value(part, reads, 0) for part in parts)
            return f"[{listed}]" if t[0] == "list" else f"({listed})"
        return self.expr(t, depth)

    def change(self, place, t, reads, depth=2):
        """One statement that changes this place."""
        forms = [self.change_whole, self.change_whole, self.change_by_helper, self.change_by_match]
        kind = t if isinstance(t, str) else t[0]
        specific = getattr(self, "change_" + kind, None)
        return self.pick(forms + [specific] * 6 if specific else forms)(place, t, reads, depth)

    def change_whole(self, place, t, reads, depth):
        return f"{place} = {self.value(t, reads + [(place, t)])}"

    def change_by_helper(self, place, t, reads, depth):
        helpers = [name for name, kind in self.helpers if kind == t]
        if not helpers:
            return self.change_whole(place, t, reads, depth)
        n = self.random.randrange(0, 5)
        return self.pick([
            lambda: f"{place} = {self.pick(helpers)}({place}, {n})",
            lambda: f"{place} = {self.pick(helpers)}({self.pick(helpers)}({place}, {n}), 1)",
            lambda: f"{place} = try {{ {self.pick(helpers)}({place}, {n}) }} catch e {{ {self.value(t, reads + [(place, t)])} }}",
            lambda: f"{place} = twice(x => {self.pick(helpers)}(x, {n}), {place})",
        ])()

    def change_by_match(self, place, t, reads, depth):
        """Moves what is in a value out of it, and back in."""
        kind = t[0]
        name, rest = self.name("p"), self.name("q")
        if kind == "some":
            return f"{place} = match {place} {{ some({name}) => some({self.value(t[1], reads + [(name, t[1])])}), none => none }}"
        if kind == "list":
            more = reads + [(name, t[1]), (rest, t)]
            return f"{place} = match {place} {{ [{name}, ...{rest}] => {self.value(t, more)}, [] => {self.value(t, reads)} }}"
        if kind == "tuple":
            names = [self.name("p") for _ in t[1:]]
            more = reads + list(zip(names, t[1:]))
            return f"{place} = match {place} {{ ({', '.join(names)}) => ({', '.join(self.value(part, more) for part in t[1:])}) }}"
        if kind == "sum":
            arms = []
            for constructor, fields in self.sums[t[1]]:
                names = [self.name("p") for _ in fields]
                more = reads + list(zip(names, fields))
                made = f"{constructor}({', '.join(self.value(f, more) for f in fields)})" if fields else self.value(t, reads)
                arms.append(constructor + (f"({', '.join(names)})" if fields else "") + f" => {made}")
            return f"{place} = match {place} {{ {', '.join(arms)} }}"
        return self.change_whole(place, t, reads, depth)

    def change_int(self, place, t, reads, depth):
        return f"{place} {self.pick(['+=', '-='])} {self.value(t, reads)} % 100"

    def change_string(self, place, t, reads, depth):
        return self.pick([f'{place} += "{self.pick(["x", "é", "-"])}"', f"{place} = {place}[0..<min(len({place}), 2)] + {self.value(t, reads, 0)}[0..<0]"])

    def change_list(self, place, t, reads, depth):
        inner = t[1]
        more = reads + [(place, t)]
        return self.pick([
            lambda: f"{place}.push({self.value(inner, more)})",
            lambda: f"{place}.pop()",
            lambda: f"{place}.insert({self.random.randrange(0, 3)}, {self.value(inner, more)})",
            lambda: f"{place}[{self.random.randrange(0, 3)}] = {self.value(inner, more)}",
            lambda: f"{place} += {self.value(t, more)}",
            lambda: f"{place} = appended({place}, {self.value(inner, more)})",
            lambda: f"{place} = exchanged({place}, {self.random.randrange(0, 3)}, {self.value(inner, more)})",
            lambda: f"if len({place}) > 1 {{ {place}[1] = {place}[0] }}",
            lambda: self.change(f"{place}[{self.random.randrange(0, 2)}]", inner, reads, depth - 1) if depth > 0 else f"{place} = {place} + {place}[0..<1]",
        ])()

    def change_map(self, place, t, reads, depth):
        key, inner = t[1], t[2]
        more = reads + [(place, t)]
        k = self.expr(key, 1)
        return self.pick([
            lambda: f"{place}[{k}] = {self.value(inner, more)}",
            lambda: f"{place}.remove({k})",
            lambda: f"{place} = stored({place}, {k}, {self.value(inner, more)})",
            lambda: f"for ({self.name('_k')}, v) in {place} {{ {place}[{k}] = v }}",
            lambda: self.change(f"{place}[{self.literal(key)}]", inner, reads, depth - 1) if depth > 0 else f"{place} = [:]",
        ])()

    def change_set(self, place, t, reads, depth):
        return f"{place}.{self.pick(['add', 'add', 'remove'])}({self.expr(t[1], 1)})"

    def change_tuple(self, place, t, reads, depth):
        if len(t) == 3 and t[1] == t[2] and self.chance(0.4):
            return self.pick([f"{place} = swapped({place})", f"{place} = ({place}.1, {place}.0)", f"{place}.0 = {place}.1"])
        i = self.random.randrange(len(t) - 1)
        return self.change(f"{place}.{i}", t[i + 1], reads + [(place, t)], depth - 1)

    def change_record(self, place, t, reads, depth):
        field, inner = self.pick(self.records[t[1]])
        if self.chance(0.3):
            return f"{place} = {place} with ({field}: {self.value(inner, reads + [(f'{place}.{field}', inner)])})"
        return self.change(f"{place}.{field}", inner, reads + [(f"{place}.{field}", inner)], depth - 1)

    def changes(self, place, t, reads, count):
        """Statements, one after another, also in a `try` that may end in the middle, under a condition, or in a loop."""
        made = []
        for _ in range(count):
            one = lambda: self.change(place, t, reads)
            r = self.random.random()
            if r < 0.5:
                text = one()
            elif r < 0.75:
                failing = self.pick(['fail("no more")', f"if {self.expr(BOOL, 1)} {{ fail(\"some\") }}", one()])
                text = f"try {{ {one()}; {failing}; {one()} }} catch _ {{ {self.pick([one(), '()'])} }}"
            elif r < 0.85:
                text = f"for {self.name('_i')} in 1..2 {{ {one()} }}"
            else:
                text = f"if {self.expr(BOOL, 1)} {{ {one()} }} else {{ {one()} }}"
            if self.chance(0.3):  # an old value that is read later, by the program itself
                old = self.name("old")
                made.append(f"let {old} = {place}")
                made += [text, f"if {old} == {place} {{ {one()} }}"]
            elif self.aliased:
                old = self.name("held")
                made += [f"let {old} = {place}", text, f"hold({old})"]
            else:
                self.name("held")
                made.append(text)
        return made

    def declare_helper(self):
        """A function that gives a changed copy of what it gets."""
        t = self.composite()
        name, x, y = self.name("upd"), self.name("a"), self.name("y")
        scopes, self.scopes = self.scopes, [[(x, t), ("n", INT)]]
        reads = [(y, t)]
        work = self.changes(y, t, reads, self.random.randrange(1, 4))
        forms = [
            lambda: f"{{ var {y} = {x}; {'; '.join(work)}; {self.holding([x], y)} }}",
            lambda: f"try {{ var {y} = {x}; {'; '.join(work)}; if n % 3 == 0 {{ fail(\"third\") }}; {self.holding([x], y)} }} catch e {{ {x} }}",
            lambda: f"{{ var {y} = {x}; for i in 0..<n {{ if i == 2 {{ return {y} }}; {'; '.join(work)} }}; {self.holding([x], y)} }}",
            lambda: f"if n <= 0 {{ {x} }} else {{ var {y} = {x}; {'; '.join(work)}; {name}({y}, n - 1) }}",
        ]
        if t[0] == "tuple":
            names = [self.name("a") for _ in t[1:]]
            self.scopes = [[*zip(names, t[1:]), ("n", INT)]]
            parts = [f"var {y} = {names[0]}", *self.changes(y, t[1], [(y, t[1])], 2)]
            made = f"({', '.join([y, *names[1:]])})"
            forms = [lambda: f"{{ let ({', '.join(names)}) = {x}; {'; '.join(parts)}; {self.holding([x, *names], made)} }}"]
        body = self.pick(forms)()
        self.scopes = scopes
        self.lines.append(f"fn {name}({x}: {self.spell(t)}, n: int) -> {self.spell(t)} = {body}")
        self.helpers.append((name, t))
        self.functions.append((name, [t, INT], t))

    def composite(self):
        """A type with parts, often one that a helper has."""
        if self.helpers and self.chance(0.5):
            return self.pick(self.helpers)[1]
        for _ in range(20):
            t = self.type(2)
            if not isinstance(t, str):
                return t
        return ("list", ("list", INT))

    def updated(self, t, depth):
        """A block that changes a variable."""
        var, copy = self.name("y"), self.name("v")
        first = self.expr(t, depth)
        work = self.changes(var, t, [(var, t)], self.random.randrange(1, 4))
        return f"({{ let {copy} = {first}; var {var} = {copy}; {'; '.join(work)}; {self.holding([copy], var)} }})"

    def update_statement(self):
        """A variable of the top level, changed step by step."""
        t = self.composite()
        var, copy = self.name("w"), self.name("v")
        self.lines.append(f"let {copy}: {self.spell(t)} = {self.expr(t, 2)}")
        self.lines.append(f"var {var} = {copy}")
        for line in self.changes(var, t, [(var, t)], self.random.randrange(2, 6)):
            self.lines.append(line if line.startswith(("let ", "hold(")) else f"try {{ {line} }} catch e {{ print(e.message) }}")
        self.lines.append(f"print({var}, {copy})")
        self.bind(copy, t)

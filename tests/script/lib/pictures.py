#!/usr/bin/env python3
"""Compares pictures with the data that they show.

    pictures.py FOLDER < OUTPUT

FOLDER has the pictures that pictures.mr has drawn, and OUTPUT is what it printed: a name and the data on each line, then pictures in
characters, then messages. Values are read from a picture as people do it: from where a mark stands between the ticks of the axes."""

import ast, datetime, math, re, sys, unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

NS = "{http://www.w3.org/2000/svg}"
UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
checks = 0


def check(condition, name, what):
    global checks
    checks += 1
    if not condition:
        sys.exit(f"{name}: {what}")


def close(a, b, room):
    return abs(a - b) <= room


def number(text):
    """The number that a tick's text spells, or None."""
    match = re.fullmatch(r"(-?[\d.]+(?:e-?\d+)?)(?: ([kMGT]))?", text)
    return float(match[1]) * UNITS.get(match[2], 1.0) if match else None


class Picture:
    def __init__(self, path):
        self.name = path.stem
        self.text = path.read_text(encoding="utf-8")
        self.root = ElementTree.fromstring(self.text)
        self.width, self.height = (float(v) for v in self.root.get("viewBox").split()[2:])

    def groups(self, kind):
        return [g for g in self.root.iter(f"{NS}g") if kind in g.get("class", "").split()]

    def marks(self, kind, tag):
        return [[(mark, self.title(mark)) for mark in g.iter(NS + tag)] for g in self.groups(kind)]

    def title(self, mark):
        found = mark.find(f"{NS}title")
        return None if found is None else found.text

    def words(self, element):
        """What a text says as a whole, where it is shortened, too."""
        return self.title(element) or element.text or ""

    def ticks(self, axis):
        group = self.groups(f"{axis}-ticks")[0]
        along = "x" if axis == "across" else "y"
        shift = 0.0 if axis == "across" else 4.0
        return [(float(t.get(along)) - shift, self.words(t)) for t in group.iter(f"{NS}text")]

    def reader(self, axis, is_log=False, value=number):
        """A function from a place to the value that the ticks of an axis say is there. All ticks must agree."""
        ticks = [(at, value(text)) for at, text in self.ticks(axis)]
        check(len(ticks) >= 2 and all(v is not None for _, v in ticks), self.name, f"the ticks of {axis} are no numbers: {ticks}")
        known = [(at, math.log10(v) if is_log else v) for at, v in ticks]
        (a, va), (b, vb) = known[0], known[-1]
        read = lambda at: va + (vb - va) * (at - a) / (b - a)
        room = abs(vb - va) * 1e-4 + 1e-12
        for at, v in known:
            check(close(read(at), v, room), self.name, f"the tick {v} stands where {read(at)} is")
        return lambda at: 10 ** read(at) if is_log else read(at)


def check_form(p):
    root = p.root
    check(root.tag == f"{NS}svg" and root.get("role") == "img" and root.get("aria-label"), p.name, "no picture for who cannot see it")
    check(root[0].tag == f"{NS}title" and root[1].tag == f"{NS}desc" and root[0].text and root[1].text, p.name, "no title or description")
    check("id=" not in p.text and "xlink" not in p.text and "url(" not in p.text, p.name, "it refers to something")
    check(len(p.text) < 400_000, p.name, f"{len(p.text)} bytes")
    check(not re.search(r'["MLhv -](nan|inf)', p.text), p.name, "a number that is none")
    for element in root.iter():
        for key in ("x", "y", "x1", "x2", "cx", "cy", "width", "height"):
            if element.get(key) is not None:
                v = float(element.get(key))
                check(-0.01 <= v <= max(p.width, p.height), p.name, f"{key}={v}")
        if element.tag == f"{NS}rect":
            check(float(element.get("x", 0)) + float(element.get("width")) <= p.width + 0.01, p.name, "a rectangle beyond the right")
            check(float(element.get("y", 0)) + float(element.get("height")) <= p.height + 0.01, p.name, "a rectangle beyond the bottom")


def bars_of(p, is_turned=False, is_log=False):
    """For each series (label or None, value read from the picture, value in words)."""
    read = p.reader("across" if is_turned else "up", is_log)
    series = []
    for marks in p.marks("boxes", "rect"):
        found = []
        for mark, title in marks:
            x, y, w, h = (float(mark.get(k)) for k in ("x", "y", "width", "height"))
            ends = (read(x), read(x + w)) if is_turned else (read(y + h), read(y))
            found.append((title, ends))
        series.append(found)
    return series


def check_bars(p, data, is_turned=False, is_log=False):
    top = max(abs(v) for _, v in data)
    (found,) = bars_of(p, is_turned, is_log)
    check(len(found) == len(data), p.name, f"{len(found)} bars of {len(data)}")
    for (title, (lo, hi)), (label, v) in zip(found, data):
        check(title.startswith(f"{label}: ") and close(float(title.rsplit(": ", 1)[1]), v, abs(v) * 1e-9), p.name, f"{title} is not {label}, {v}")
        if is_log:
            check(close(hi / v, 1.0, 1e-3), p.name, f"{title}: the bar says {hi}")
        else:
            check(close(lo, min(v, 0.0), top * 1e-3) and close(hi, max(v, 0.0), top * 1e-3), p.name, f"{title}: the bar says {lo} to {hi}")


def check_series(p, data, is_stacked):
    series = bars_of(p)
    check(len(series) == len(data), p.name, "as many series")
    piled = {}
    for found, (name, rows) in zip(series, sorted(data.items())):
        for (title, (lo, hi)), (label, v) in zip(found, rows):
            start = piled.get(label, 0.0) if is_stacked else 0.0
            check(title == f"{name}, {label}: {v:g}" and close(lo, start, 0.03) and close(hi, start + v, 0.03), p.name, f"{title}: {lo} to {hi}")
            piled[label] = start + v
    legend = [t.text for t in p.groups("legend")[0].iter(f"{NS}text")]
    check(legend == sorted(data), p.name, f"the legend {legend}")


def points_of(p, kind):
    """The places of the points of each series."""
    found = []
    for group in p.groups(kind):
        if kind == "curve":
            path = group.find(f".//{NS}path").get("d")
            found.append([tuple(map(float, at.split())) for at in re.split("[ML]", path) if at])
        else:
            places = []
            for mark in group:
                if mark.tag == f"{NS}circle":
                    places.append((float(mark.get("cx")), float(mark.get("cy"))))
                elif mark.tag == f"{NS}rect":
                    places.append((float(mark.get("x")) + 2.8, float(mark.get("y")) + 2.8))
            found.append(places)
    return found


def check_points(p, kind, data, is_log=False, read_x=None, is_sorted=False):
    read_x, read_y = read_x or p.reader("across", is_log), p.reader("up", is_log)
    for places, rows in zip(points_of(p, kind), data):
        rows = sorted(rows, key=lambda row: row[0]) if is_sorted else rows
        check(len(places) == len(rows), p.name, f"{len(places)} points of {len(rows)}")
        xs, ys = [x for x, _ in rows], [y for _, y in rows]
        for (h, v), (x, y) in zip(places, rows):
            room = 2e-3
            got = read_x(h), read_y(v)
            if is_log:
                check(close(got[0] / x, 1, 5e-3) and close(got[1] / y, 1, 5e-3), p.name, f"{got} is not {x}, {y}")
            else:
                fine = close(got[0], x, room * (max(xs) - min(xs) + 1e-9) + 1e-9) and close(got[1], y, room * (max(ys) - min(ys)) + 1e-9)
                check(fine, p.name, f"{got} is not {x}, {y}")


def check_histogram(p, data):
    (marks,) = p.marks("boxes", "rect")
    read = p.reader("up")
    bins = []
    for mark, title in marks:
        lo, hi, n = re.fullmatch(r"(\S+) to (\S+): (\d+)", title).groups()
        bins.append((float(lo), float(hi), int(n)))
        y, h = float(mark.get("y")), float(mark.get("height"))
        check(close(read(y) - read(y + h), int(n), 0.2), p.name, f"{title}: the box says {read(y)}")
    check(sum(n for _, _, n in bins) == len(data), p.name, "not all numbers are counted")
    for i, (lo, hi, n) in enumerate(bins):
        inside = sum(lo <= v < hi or i + 1 == len(bins) and v == hi for v in data)
        check(inside == n, p.name, f"{n} instead of {inside} from {lo} to {hi}")


def check_heatmap(p, data):
    (marks,) = p.marks("cells", "rect")
    columns = {text: at for at, text in p.ticks("across")}
    rows = {text: at for at, text in p.ticks("up")}
    check(len(marks) == len(data), p.name, f"{len(marks)} cells of {len(data)}")
    for mark, title in marks:
        column, row, v = re.fullmatch(r"(\S+), (\S+): (\S+)", title).groups()
        wanted = next(value for (c, r), value in data.items() if str(c) == column and str(r) == row)
        check(close(float(v), wanted, abs(wanted) * 1e-9), p.name, f"{title} instead of {wanted}")
        x, y, w, h = (float(mark.get(k)) for k in ("x", "y", "width", "height"))
        check(x < columns[column] < x + w and y < rows[row] < y + h, p.name, f"{title} does not stand at its names")
    lightness = lambda fill: sum(w * int(fill[i : i + 2], 16) for i, w in ((1, 0.3), (3, 0.59), (5, 0.11)))
    by_value = sorted((float(title.rsplit(": ", 1)[1]), lightness(mark.get("fill"))) for mark, title in marks)
    if by_value[0][0] >= 0:
        check(all(a[1] <= b[1] + 0.5 for a, b in zip(by_value, by_value[1:])), p.name, "larger values are not lighter")


def seconds(text):
    day = datetime.datetime.strptime(text, "%Y-%m-%d")
    return (day - datetime.datetime(1970, 1, 1)).total_seconds()


def date_tick(text):
    day, month, *year = text.split()
    return (datetime.datetime.strptime(f"{day} {month} {year[0] if year else 2024}", "%d %b %Y") - datetime.datetime(1970, 1, 1)).total_seconds()


def notes(p):
    return [p.words(t) for t in p.root.iter(f"{NS}text") if t.get("font-size") == "10"]


def check_picture(p, data):
    name = p.name
    if name in ("bar", "bar_tiny", "bar_large", "bar_long", "small"):
        check_bars(p, data)
    elif name in ("bar_turned", "bar_long_turned"):
        check_bars(p, data, is_turned=True)
    elif name == "bar_log":
        check_bars(p, data, is_log=True)
    elif name.startswith("bars"):
        check_series(p, data, name == "bars_stacked")
    elif name == "lines":
        check_points(p, "curve", [rows for _, rows in sorted(data.items())], is_sorted=True)
    elif name == "line_log":
        check_points(p, "curve", [data], is_log=True)
    elif name in ("line_one", "line_cut"):
        check(name == "line_cut" or len(p.groups("curve")[0].findall(f".//{NS}circle")) == 1, name, "one point has no dot")
    elif name == "line_dates":
        check_points(p, "curve", [[(seconds(day), v) for day, v in data]], read_x=p.reader("across", value=date_tick))
    elif name == "line_names":
        names = {text: at for at, text in p.ticks("across")}
        check_points(p, "curve", [[(names[n], v) for n, v in data]], read_x=lambda at: at)
    elif name == "scatter" or name == "layers":
        check_points(p, "dots", [data])
        if name == "layers":
            check_points(p, "curve", [[(5, -2), (15, 2)]])
    elif name == "layers_names":
        names = {text: at for at, text in p.ticks("across")}
        check(list(names) == ["Mon", "Tue", "Wed", "Thu"], name, f"the names {list(names)}")
        check_points(p, "curve", [[(names[n], v) for n, v in data]], read_x=lambda at: at)
        middles = [float(mark.get("x")) + float(mark.get("width")) / 2 for mark, _ in p.marks("boxes", "rect")[0]]
        check(all(close(at, names[n], 0.02) for at, n in zip(middles, names)), name, f"bars at {middles}")
        check([t.text for t in p.groups("legend")[0].iter(f"{NS}text")] == ["sold", "made"], name, "the legend")
    elif name == "many_bars":
        check(len(p.marks("boxes", "rect")[0]) == 1000 and notes(p) == ["the first 1,000 of 1,200 bars"], name, f"notes {notes(p)}")
    elif name == "scatters":
        check_points(p, "dots", [rows for _, rows in sorted(data.items())])
    elif name in ("line_many", "scatter_many", "scatters_many"):
        check(any("1,000,000" in note or "20,000" in note for note in notes(p)), name, f"no note says how many: {notes(p)}")
    elif name.startswith("histogram"):
        check_histogram(p, data)
    elif name == "dice":
        titles = [title for _, title in p.marks("boxes", "rect")[0]]
        check(titles == [f"{v}: {data.count(v)}" for v in range(min(data), max(data) + 1)], name, titles)
    elif name == "counts":
        check([title for _, title in p.marks("boxes", "rect")[0]] == ["0 to 0.5: 3", "0.5 to 1: 0", "1 to 1.5: 5", "1.5 to 2: 1"], name, "the counts")
    elif name in ("heatmap", "heatmap_signs"):
        check_heatmap(p, data)
        if name == "heatmap":
            check([text for _, text in p.ticks("across")] == ["Wed", "Mon", "Tue"], name, "the columns as they were asked for")
    elif name == "heatmap_many":
        check("each cell is the mean of up to 2 × 2" in notes(p), name, f"notes {notes(p)}")
    elif name == "hostile":
        titles = [title for _, title in p.marks("boxes", "rect")[0]]
        bad = "\N{REPLACEMENT CHARACTER}"
        check(titles[0] == "--, <a href=\"x\">&amp;': 1" and titles[1] == "--, tab line end: 2", name, titles)
        check(titles[2] == f"--, {bad}[31mred{bad}: 3" and titles[3] == f"--, a{bad}b{bad}: 4" and titles[4] == f"--, 漢字 ÿ {bad}: 5", name, titles)
    elif name == "left_out":
        check(notes(p) == ["3 values that are not finite are left out"], name, notes(p))
        check(p.groups("curve")[0].find(f".//{NS}path").get("d").count("M") == 2, name, "the gap")
    elif name.startswith("empty"):
        check("no data" in [t.text for t in p.root.iter(f"{NS}text")], name, "it does not say that there is nothing")
    elif name != "same":
        sys.exit(f"{name}: no check")


def literal(text):
    """A value as mr prints it; a table has square brackets there."""
    return ast.literal_eval("{" + text[1:-1] + "}" if re.match(r'\[("[^"]*"|\([^)]*\)): ', text) else text)


def check_lines(lines):
    """Pictures in characters, each after a line that says how wide they may be."""
    kind, most = "", 0
    for line in lines:
        if line.startswith("# "):
            kind, most = line[2:].split()
            continue
        wide = sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        check(wide <= int(most) and line == line.rstrip(" "), kind, f"{wide} columns of {most}: {line}")
        check(kind != "ascii" or line.isascii(), kind, line)


SAID = """bar: `a` stands for two bars; `reduce sum by key` puts together what belongs together
bars: the parts of a stack cannot be compared on a logarithmic axis
an axis from 10 to 1: the first must be below the second
a logarithmic axis from 0: it must begin above zero
histogram: -1 bins; there may be from 1 to 1000, or 0 to have a number chosen
histogram: the bins must lie between two numbers, not 5.0 and 1.0
counts: a histogram of no bins
counts: bins from 1 to 1: the first must be below the second
heatmap: the cell of `a` and `b` has two values
layers: an axis x of names and one of numbers do not fit together
layers: an axis y of numbers and one of numbers, logarithmic do not fit together
layers: an axis x of dates and one of numbers do not fit together
layers: bars that are horizontal go with their like only
a picture of 10 × 400: it may be from 160 × 120 to 10000 × 10000
a picture of 10 columns: it may have from 16 to 1000
write: a picture is stored as .svg or .txt, and `none.png` ends in neither
""".splitlines()

everything = sys.stdin.read().splitlines()
begin, said = next(i for i, line in enumerate(everything) if line.startswith("# text")), everything.index("# said")
check_lines(everything[begin:said])
check(everything[said + 1 : -1] == SAID and "No such file" in everything[-1], "said", "\n".join(everything[said + 1 :]))
pictures = [line.split(" ", 1) for line in everything[:begin]]
for name, data in pictures:
    picture = Picture(Path(sys.argv[1]) / f"{name}.svg")
    check_form(picture)
    check_picture(picture, literal(data))
print(f"{len(pictures)} pictures, {checks} checks")

#!/usr/bin/env python3
"""The library's documentation, from the comments in stdlib/.

    tools/library/library.py > docs/library.md     the reference of the library
    tools/library/library.py --examples MODULE     a program that runs the examples of a module
    tools/library/library.py --untested            what no example and no program of the tests runs; status 1 where there is something

A declaration with a comment of `##` lines directly above it is public; what has none is the library's own. Lines of the comment that are
indented by four more are examples:

    ##     var xs = [1]
    ##     xs.push(2)
    ##     xs == [1, 2]
    ##     print(xs)   # [1, 2]

A line that ends in a comment is compiled only; one that declares or changes something prepares what follows; every other one is an
expression that must be true. A comment `# ---- title` begins a section, the first paragraph of the comment at the top of the file tells what the module is."""

import re, sys
from dataclasses import dataclass, field
from pathlib import Path

STDLIB = Path(__file__).resolve().parent.parent.parent / "stdlib"
DECLARATION = re.compile(r"(extern fn|fn|reducer|let) (\w+)(.*)")
PREPARES = re.compile(r"(let|var|for) |[\w.\[\]]+\.(push|pop|insert|remove|add)\(|[\w.\[\]]+ [-+*]?= ")


@dataclass
class Entry:
    kind: str
    name: str
    signature: str
    file: str
    line: int
    text: str = ""
    examples: list = field(default_factory=list)  # (line number, text)


@dataclass
class Section:
    title: str
    entries: list = field(default_factory=list)


def signature_of(kind, name, rest):
    """The declaration without its body."""
    if kind == "let":
        return name
    depth, end = 0, 0
    for end, char in enumerate(rest):
        depth += (char in "([") - (char in ")]")
        if depth == 0 and char == ")" or depth == 0 and char == " ":
            end += char == ")"
            break
    result = re.match(r" -> (.*?)( from \"mr\"| =| \{|$)", rest[end:])
    return name + rest[:end].strip() + (f" -> {result[1]}" if result and result[1] != "()" else "")


def paragraphs(lines):
    return "\n\n".join(" ".join(part.split()) for part in "\n".join(lines).split("\n\n") if part.strip())


def parts(path):
    """The files of a module: its own, and those in the folder of its name."""
    return [path, *sorted(path.with_suffix("").glob("*.mr"))]


def parse(path):
    """What the module is, and its sections."""
    parsed = [parse_file(part) for part in parts(path)]
    return parsed[0][0], [section for _, sections in parsed for section in sections]


def parse_file(path):
    lines = path.read_text().splitlines()
    top = 0
    while top < len(lines) and lines[top].startswith("#"):
        top += 1
    intro = paragraphs([line.lstrip("# ") for line in lines[:top]]).split("\n\n")[0].removeprefix(path.name + ": ")
    sections, comment = [Section("")], []
    for number, line in enumerate(lines[top:], top + 1):
        declaration = DECLARATION.match(line)
        if line.startswith("# ---- "):
            sections.append(Section(line[7:]))
        elif line.startswith("##"):
            comment.append((number, line[2:].removeprefix(" ")))
        elif declaration and comment:
            kind, name, rest = declaration.groups()
            entry = Entry(kind, name, signature_of(kind, name, rest), path.name, number)
            entry.text = paragraphs([text for _, text in comment if not text.startswith("    ")])
            entry.examples = [(at, text.strip()) for at, text in comment if text.startswith("    ")]
            sections[-1].entries.append(entry)
        if not line.startswith("##"):
            comment = []
    return intro[:1].upper() + intro[1:], [section for section in sections if section.entries]


def modules():
    return sorted(STDLIB.glob("*.mr"), key=lambda path: (path.stem != "prelude", path.stem))


def markdown():
    """The parts of docs/library.md, a newline after each."""
    yield "# The library\n\nThis page is made from the comments in `stdlib/` by `tools/library/library.py`. The tests run every example on it."
    yield "\nContents: " + " · ".join(f"[{path.stem}](#{path.stem})" for path in modules())
    for path in modules():
        intro, sections = parse(path)
        yield f"\n## {path.stem}\n\n{intro}"
        if path.stem != "prelude":
            yield f"\n`import {path.stem}` brings it in."
        for section in sections:
            if section.title:
                yield f"\n### {path.stem}: {section.title}"
            for entry in section.entries:
                yield f"\n**`{entry.signature}`**{' (reducer)' if entry.kind == 'reducer' else ''}\n\n{entry.text}"
                if entry.examples:
                    yield "\n```\n" + "\n".join(text for _, text in entry.examples) + "\n```"


def example_program(path):
    text = "\n".join(part.read_text() for part in parts(path))
    named = [other.stem for other in modules() if other.stem != "prelude" and re.search(rf"^##     .*\b{other.stem}\.", text, re.M)]
    out, calls = [f"import {name}" for name in named], []
    for section in parse(path)[1]:
        for entry in section.entries:
            place = f"{entry.file.removesuffix('.mr')}_{entry.line}"
            out.append(f"fn example_{place}() {{")
            for number, text in entry.examples:
                if PREPARES.match(text) and " == " not in text:
                    out.append(f"    {text}")
                elif not re.search(r"   # ", text):
                    out.append(f'    assert({text}, "{entry.file}:{number}: this example does not hold")')
            out.append("}")
            if any(re.search(r"   # ", text) for _, text in entry.examples):
                out.append(f"fn _shown_{place}() {{")
                out += [f"    {text}" for _, text in entry.examples if PREPARES.match(text) or re.search(r"   # ", text)]
                out.append("}")
            calls.append(f"example_{place}()")
            if not entry.examples:
                sys.exit(f"{entry.file}:{entry.line}: `{entry.name}` has no example")
    return "\n".join(out + calls + [f'print("{len(calls)} entries")']) + "\n"


def is_run(text):
    """Whether the line of an example is an expression that must be true, or a change that prepares one."""
    return not re.search(r"   # ", text)


def untested():
    """module.name of each public declaration that no example and no program of the tests mentions."""
    root = STDLIB.parent
    programs = [path.read_text() for folder in ["tests/run", "tests/dist", "tests/conformance", "examples"] for path in (root / folder).rglob("*.mr")]
    for path in modules():
        is_prelude = path.stem == "prelude"
        users = programs if is_prelude else [text for text in programs if re.search(rf"^import {path.stem}\b", text, re.M)]
        for section in parse(path)[1]:
            for entry in section.entries:
                name = re.compile(rf"\b{entry.name}\b")
                in_example = any(is_run(text) and name.search(text) for _, text in entry.examples)
                if not in_example and not any(name.search(text) for text in users):
                    yield f"{path.stem}.{entry.name}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--examples"] and len(sys.argv) == 3:
        print(example_program(STDLIB / f"{sys.argv[2]}.mr"), end="")
    elif sys.argv[1:] == ["--untested"]:
        missing = list(untested())
        print("\n".join(missing) or "every function of the library has a test")
        sys.exit(1 if missing else 0)
    elif len(sys.argv) == 1:
        print("\n".join(markdown()))
    else:
        sys.exit(__doc__)

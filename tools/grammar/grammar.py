#!/usr/bin/env python3
"""The grammar of the language, as the parser has it: grammar/parser.y without its actions.

    tools/grammar/grammar.py            the chapter as it must stand in docs/reference.md
    tools/grammar/grammar.py --update   puts it there

Tokens that are always spelt alike stand in quotes, kinds of tokens in capitals; what is only for the recovery after an error is left
out. The chapter stands between two comments, `grammar: begin` and `grammar: end`."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = ROOT / "docs/reference.md"
BEGIN, END = "<!-- grammar: begin (tools/grammar/grammar.py writes this) -->\n", "<!-- grammar: end -->\n"
KINDS = {"NAME": "a name of a value", "UPPER_NAME": "a name of a type or constructor", "INTEGER": "an integer literal",
         "FLOAT": "a float literal", "TUPLE_FIELD": "`.0`, `.1`, …", "RAW_STRING": "`r\"…\"`", "STRING_BEGIN": "`\"`",
         "TRIPLE_BEGIN": "`\"\"\"`", "STRING_END": "the quotes that end a string", "STRING_TEXT": "characters and escapes in a string",
         "HOLE_BEGIN": "`{` in a string", "HOLE_END": "the `}` of it", "SPEC": "`:` and a format in a string",
         "NEWLINE": "a newline or `;` that ends a statement"}


def tokens(text):
    """Symbol -> how it is spelt in the chapter."""
    spelt = {}
    for line in re.findall(r"^%token (.*)$", text, re.M):
        for symbol, alias in re.findall(r'(\w+) "([^"]*)"', line):
            spelt[symbol] = symbol if symbol in KINDS else f'"{alias}"'
    return spelt


def without_actions(text):
    """The rules' text, with each { action } gone; braces in quotes are tokens of the language."""
    out, depth, i = [], 0, 0
    while i < len(text):
        quoted = re.compile(r"'(\\.|[^'])'|\"(\\.|[^\"])*\"").match(text, i)
        if quoted:
            out.append(quoted[0] if depth == 0 else "")
            i = quoted.end()
            continue
        depth += {"{": 1}.get(text[i], 0)
        if depth == 0:
            out.append(text[i])
        depth -= {"}": 1}.get(text[i], 0)
        i += 1
    return "".join(out)


def rules(text):
    """Sections of the grammar: (title, [(rule, [alternative])])."""
    body = text.split("\n%%\n")[1]
    sections = []
    for title, part in re.findall(r"/\* ---- (.*?) \*/(.*?)(?=/\* ---- |\Z)", body, re.S):
        part = without_actions(re.sub(r"/\*.*?\*/", "", part, flags=re.S))
        found = []
        for match in re.finditer(r"(\w+):(.*?)(?=\n\w+:|\Z)", part, re.S):
            alternatives = [" ".join(alternative.split()) for alternative in re.split(r"\|(?!')", match[2])]
            found.append((match[1], [a for a in alternatives if "error" not in a.split()]))
        sections.append((title, found))
    return sections


def spell(alternative, spelt):
    words = []
    for word in alternative.split():
        words.append("(nothing)" if word == "%empty" else f'"{word[1:-1]}"' if word.startswith("'") else spelt.get(word, word))
    return " ".join(words)


def chapter():
    text = (ROOT / "grammar/parser.y").read_text()
    spelt = tokens(text)
    out = ["| kind of token | |", "|---|---|"] + [f"| `{kind}` | {what} |" for kind, what in KINDS.items()] + [""]
    for title, found in rules(text):
        out += [f"**{title[0].upper()}{title[1:]}**", "", "```"]
        for name, alternatives in found:
            lines = [spell(a, spelt) for a in alternatives]
            if len(lines) == 1:
                out.append(f"{name}: {lines[0]}")
            else:
                out.append(f"{name}:\n    {lines[0]}")
                out += [f"  | {line}" for line in lines[1:]]
        out += ["```", ""]
    return "\n".join(out)


def main():
    page = REFERENCE.read_text()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    updated = before + BEGIN + "\n" + chapter() + "\n" + END + after
    if sys.argv[1:] == ["--update"]:
        REFERENCE.write_text(updated)
        return 0
    print(chapter())
    if updated != page:
        print("docs/reference.md has another grammar: run tools/grammar/grammar.py --update", file=sys.stderr)
        return 1
    return 0


sys.exit(main())

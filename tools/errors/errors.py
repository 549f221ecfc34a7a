#!/usr/bin/env python3
"""The list of diagnostics, from compiler/source/diag.def and compiler/source/explain/, behind head.md.

    tools/errors/errors.py > docs/errors.md    the page of all codes with their explanations

The tests take each code's examples from here: see Explanation."""

import re, sys
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent / "compiler/source"
# Codes that no text of a program can show: a limit, a file that cannot be read, a disk that is full.
WITHOUT_EXAMPLE = {"E0109", "E0605", "E0701", "E0702"}
GROUPS = {"E01": "Lexing and parsing", "E02": "Names", "E03": "Types", "E04": "Pipelines", "E05": "Not supported yet", "E06": "Modules",
          "E07": "Writing the program", "W01": "Warnings"}


@dataclass
class Explanation:
    code: str
    title: str
    text: str = ""                              # Markdown; empty: there is none
    wrong: str = ""                             # the program that must give the code, and no other
    right: str = ""                             # the program that must give nothing
    files: dict = field(default_factory=dict)   # further files of the wrong program


def explanations():
    for code, title in re.findall(r'^DIAG\((\w+), \w+, "(.*)"\)', (SOURCE / "diag.def").read_text(), re.M):
        explanation = Explanation(code, title)
        path = SOURCE / "explain" / f"{code}.md"
        if path.exists():
            explanation.text = path.read_text()
        for info, program in re.findall(r"^```mr (\S+)\n(.*?)^```", explanation.text, re.M | re.S):
            if info == "wrong":
                explanation.wrong = program
            elif info == "right":
                explanation.right = program
            else:
                explanation.files[info] = program
        yield explanation


def page():
    out = [(Path(__file__).parent / "head.md").read_text()]
    group = None
    for explanation in explanations():
        if explanation.code[:3] != group:
            group = explanation.code[:3]
            out.append(f"## {GROUPS[group]}\n")
        text = re.sub(r"^```mr wrong$", "Wrong:\n\n```", explanation.text, flags=re.M)
        text = re.sub(r"^```mr right$", "Right:\n\n```", text, flags=re.M)
        text = re.sub(r"^```mr (\S+)$", r"with `\1`:\n\n```", text, flags=re.M)
        out.append(f"### {explanation.code}: {explanation.title}\n\n{text}")
    return "\n".join(out)


if __name__ == "__main__":
    sys.stdout.write(page())

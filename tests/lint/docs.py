#!/usr/bin/env python3
"""Checks that what the project's pages point to is there: links to files and to headings, and files that stand in backquotes with their
path from the top of the tree (a name like `x.mr` stands for any). Programs quoted in README.md must be those of examples/."""

import re, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOPS = ["base", "bench", "compiler", "docs", "examples", "grammar", "runtime", "stdlib", "tests", "tools"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
QUOTED = re.compile(r"`((?:%s)/[\w./-]*\w)`" % "|".join(TOPS))
BLOCK = re.compile(r"^```\n(.*?)^```$", re.M | re.S)


def anchors(text):
    """The names that a heading can be linked by."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def check_page(page, report):
    text = page.read_text()
    for match in LINK.finditer(re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)):
        target, anchor = match[1], match[2]
        if ":" in target:
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists():
            report(page, f"the link {match[0]} points to nothing")
        elif anchor and anchor not in anchors(path.read_text()):
            report(page, f"the link {match[0]} names a heading that {path.name} does not have")
    for match in QUOTED.finditer(text):
        is_placeholder = re.search(r"/x[._]", match[1])
        if not is_placeholder and not (ROOT / match[1]).exists():
            report(page, f"`{match[1]}` does not exist")


def check_quoted_programs(page, report):
    programs = ["".join(line for line in path.read_text().splitlines(True) if not line.startswith("#"))
                for path in sorted((ROOT / "examples").glob("*.mr"))]
    for block in BLOCK.findall(page.read_text()):
        if block.startswith(("fn ", "let ")) and block not in programs:
            report(page, "this program is not one of examples/:\n" + block)


def main():
    errors = []
    pages = sorted(p for p in ROOT.rglob("*.md") if "build" not in p.relative_to(ROOT).parts)
    for page in pages:
        check_page(page, lambda page, text: errors.append(f"{page.relative_to(ROOT)}: error: {text}"))
    check_quoted_programs(ROOT / "README.md", lambda page, text: errors.append(f"{page.name}: error: {text}"))
    print("\n".join(errors + [f"docs: {len(pages)} pages, {len(errors)} errors"]))
    return 1 if errors else 0


sys.exit(main())

#!/usr/bin/env python3
"""Checks what the sources may not do whatever they say: who may include whom, and how long files and functions may be.

    tests/lint/structure.py [FILE ...]      the given C, Flex and Bison files, or all of them

ALLOWED names, for each folder, the folders whose headers it may include, its own always among them. Compiler and runtime meet in
runtime/include alone. Headers of other projects that only some folders may use are in FOREIGN. Functions are found by their form in
formatted sources: a line that starts in the first column and ends in `{`, up to a `}` in the first column."""

import re, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILE_LINES = 800
FUNCTION_LINES = 80        # longer ones are pointed out …
FUNCTION_LINES_AT_MOST = 100  # … and beyond this they are errors

COMPILER = ["compiler/session", "compiler/llvm", "compiler/core", "compiler/sema", "compiler/syntax", "compiler/source", "base"]
ABI = "runtime/include"


def right_of(folder):
    return COMPILER[COMPILER.index(folder):]


WORKER = ["runtime/worker", "runtime/net", "runtime/sched", "runtime/io", "runtime/value", "base", ABI]
ALLOWED = {
    "base": ["base"],
    "grammar": right_of("compiler/syntax") + ["generated"],
    "compiler/source": right_of("compiler/source"),
    "compiler/syntax": right_of("compiler/syntax") + ["generated"],
    "compiler/sema": right_of("compiler/sema") + [ABI],
    "compiler/core": right_of("compiler/core") + [ABI],
    "compiler/llvm": right_of("compiler/llvm") + [ABI],
    "compiler/session": right_of("compiler/session") + [ABI],
    "compiler/driver": ["compiler/driver"] + right_of("compiler/session"),
    "runtime/include": [ABI],
    "runtime/value": ["runtime/value", "base", ABI],
    "runtime/io": ["runtime/io", "runtime/value", "base", ABI],
    "runtime/sched": ["runtime/sched", "base"],
    "runtime/net": ["runtime/net", "runtime/sched", "base"],
    "runtime/sim": ["runtime/sim", "runtime/sched", "base"],
    "runtime/journal": ["runtime/journal", "runtime/sched", "base"],
    "runtime/worker": WORKER,
    "runtime/launch": ["runtime/launch", "runtime/journal"] + WORKER,
    "tools": ["tools", "runtime/launch", "runtime/journal", "runtime/sim"] + WORKER + COMPILER,
    "tools/kernel": ["tools/kernel", "tools", "runtime/value"] + COMPILER + [ABI],
    "tests": ["tests", "generated", "tools/kernel", "compiler/driver", "tools", "runtime/launch", "runtime/journal", "runtime/sim"] + WORKER + COMPILER,
    "bench": ["bench"],
}
FOREIGN = {
    "zmq.h": ["runtime/net", "tools/kernel", "bench", "tests"],
    "llvm-c/": ["compiler/llvm"],
    "utf8proc.h": ["runtime/value", "runtime/io", "compiler/source", "bench"],
    "sleef.h": ["runtime/value"],
    "jansson.h": ["tools", "tools/kernel", "tests"],
    "histedit.h": ["tools"],
    "cmocka.h": ["tests"],
}
GENERATED = {"parser.h": "generated", "lexer.h": "generated", "linker.inc": "compiler/driver"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
NO_FUNCTION = re.compile(r"^(typedef|struct|enum|union|extern \"C\"|static const|const|#|/|\*| |\})")


def folder_of(path, folders):
    """The longest of the folders that the path lies in, or None."""
    found = [f for f in folders if str(path).startswith(f + "/")]
    return max(found, key=len) if found else None


def check_include(path, own, quoted):
    """What is wrong with an include of one of our headers, or None."""
    if quoted in GENERATED:
        return None if GENERATED[quoted] in ALLOWED[own] else "what is generated is not for this folder"
    if not (ROOT / quoted).exists():
        return "no such file from the top of the tree (includes name the whole path)"
    target = folder_of(quoted, ALLOWED)
    if target not in ALLOWED[own]:
        return f"{own} may include {', '.join(ALLOWED[own]) or 'nothing of ours'}"
    return None


def check_foreign(own, header):
    for prefix, folders in FOREIGN.items():
        if header.startswith(prefix) and own not in folders:
            return f"only {', '.join(folders)} may include it"
    return None


def function_lengths(lines):
    """(line number, length) of each function: what stands before its `{` on lines of its own counts too."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and line.endswith("{") and "(" in line and "=" not in line.split("(")[0] and not NO_FUNCTION.match(line):
            start = number
        elif start is not None and line == "}":
            yield start, number - start + 1
            start = None


def check_file(path, report):
    relative = path.relative_to(ROOT)
    own = folder_of(relative, ALLOWED)
    if own is None:
        return report(relative, 1, "this folder has no place in tests/lint/structure.py")
    lines = path.read_text().splitlines()
    if len(lines) > FILE_LINES:
        report(relative, FILE_LINES, f"{len(lines)} lines; {FILE_LINES} are the limit")
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        problem = match and (check_include(relative, own, match[1]) if match[1] else check_foreign(own, match[2]))
        if problem:
            report(relative, number, f"{match[1] or match[2]}: {problem}")
    if path.suffix in (".c", ".h"):
        for number, length in function_lengths(lines):
            if length > FUNCTION_LINES:
                report(relative, number, f"a function of {length} lines; {FUNCTION_LINES} are the rule, {FUNCTION_LINES_AT_MOST} the limit",
                       is_error=length > FUNCTION_LINES_AT_MOST)


def main():
    errors = 0

    def report(path, line, text, is_error=True):
        nonlocal errors
        errors += is_error
        print(f"{path}:{line}: {'error' if is_error else 'note'}: {text}")

    tops = sorted({folder.split("/")[0] for folder in ALLOWED})
    paths = [Path(name).resolve() for name in sys.argv[1:]]
    paths = paths or [p for top in tops for p in sorted((ROOT / top).rglob("*")) if p.suffix in (".c", ".h", ".l", ".y", ".def")]
    for path in paths:
        check_file(path, report)
    print(f"structure: {len(paths)} files, {errors} errors")
    return 1 if errors else 0


sys.exit(main())

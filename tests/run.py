#!/usr/bin/env python3
"""Finds and runs the tests; a new test needs no registration.

    tests/run.py [--build DIR] [--golden] [FAMILY[/PART_OF_NAME] ...]

Families:
    unit      build/tests/unit/*_test: C modules, by cmocka
    golden    tests/{lex,parse,types,core}/x.mr beside x.<phase>: what mrc --emit=<phase> prints; tests/llvm/x.mr beside x.llvm and
              x.asm: lines that must stand in it, in this order
    errors    tests/errors/x.mr: each `# error: E0203 text` (or `# warning: …`) must be reported on its line, and nothing else; behind
              the text, `; label: 3 text` is part of a label in line 3, `; hint: text` part of the hint, `; fix: text` part of the line as the diagnostic's fixes change it
    conformance  tests/conformance/<section>/x.mr: small programs, whose comments say what they print or what is wrong with them; alone
              and under mrrun -n 3
    run       tests/run/<name>/: main.mr, args, stdin, expected (standard output), stderr (lines that must be in it), status
    dist      tests/dist/<name>/: the same, alone and under mrrun -n 1, 2, 3, 8: the same bytes
    examples  examples/x.mr beside x.out (and x.args)
    library   the examples in the comments of stdlib/x.mr, as tools/library/library.py finds them, alone and under mrrun -n 3; and
              docs/library.md is what it makes of them; each function is run by an example or a program of the tests; the grammar in
              docs/reference.md is the parser's
    explain   the examples of `mrc --explain`: the wrong one gives its code and no other, the right one nothing; docs/errors.md is made of them
    docs      the programs in README.md and docs/x.md that begin with ```mr, in order, as `docs` says below
    script    tests/script/x.sh: exit status 0 is passed, 77 skipped (the last line of output says why)
    slurm     tests/slurm/x.sh: as script, each in a Slurm of its own on this machine (tests/slurm/bed.py); mpirun_x.sh without one
    resume    tests/resume/resume.py: runs with a journal that are killed and gone on with; the quick form of make check-resume
    sim       the simulator's seeds
    net       runs over hosts that are network namespaces with a real sshd, and fail; needs root
    fault     tests/fault: programs whose processes are killed, stopped and slowed down, RUNS times (40); and scenes of faults
    lint      make lint, whose analyzer looks less deep into each function
    sanitize  the families unit to examples once more, built with the address and undefined-behaviour sanitisers and a runtime that
              counts its live values
    valgrind  the programs of run and dist (without a file `slow`) under valgrind: no bad access, no leak
    fuzz      each tests/fuzz/x_fuzz.c for FUZZ_SECONDS (60); generated programs compiled and run in different ways (differ.py), and
              arithmetic near the edge of 64 bits (kernels.py); loops over bytes (bytes.py); programs changed at
              random (mutate.py)

--golden rewrites the expected files of `golden`, `run`, `dist`, `examples`, `library` and `explain` instead of comparing; read the difference before you commit.
The last lines count: "N skipped", then "N passed, N failed"."""

import argparse, concurrent.futures, difflib, functools, json, os, re, signal, subprocess, sys, tempfile, threading, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 120
WORKERS = [None, 1, 2, 3, 8]


class Skip(Exception):
    pass


class Failure(Exception):
    pass


def run(command, cwd=None, stdin=b"", env=None, timeout=TIMEOUT):
    """Runs a command in a process group of its own, so that nothing it leaves behind outlives a timeout."""
    with subprocess.Popen([str(c) for c in command], cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env, start_new_session=True) as process:
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise Failure(f"no end after {timeout} s: {' '.join(map(str, command))}\n{err.decode(errors='replace')}")
    return process.returncode, out, err


def compare(expected, got, what):
    if expected != got:
        lines = difflib.unified_diff(expected.decode(errors="replace").splitlines(), got.decode(errors="replace").splitlines(),
                                     f"expected {what}", f"{what} now", lineterm="")
        raise Failure("\n".join(list(lines)[:60]))


def compare_file(path, got, options, what):
    if options.golden:
        path.write_bytes(got)
    elif not path.exists():
        raise Failure(f"{path.relative_to(ROOT)} is missing; tests/run.py --golden writes it")
    else:
        compare(path.read_bytes(), got, what)


def text_of(path, default=""):
    return path.read_text() if path.exists() else default


# ---- families: each yields (name, function)

def unit(options):
    for test in sorted((options.build / "tests/unit").glob("*_test")):
        def check(test=test):
            status, out, err = run([test], cwd=ROOT)
            if status:
                raise Failure((out + err).decode(errors="replace")[-4000:])
        yield test.name, check


def golden(options):
    for folder in ["lex", "parse", "types", "core", "llvm"]:
        for source in sorted((ROOT / "tests" / folder).glob("*.mr")):
            for expected in sorted(source.parent.glob(source.stem + ".*")):
                phase = expected.suffix[1:]
                if phase not in ("tokens", "ast", "types", "core", "plan", "llvm", "asm"):
                    continue
                def check(source=source, expected=expected, phase=phase):
                    # A plan says what LLVM has made of the code, unless that is nothing.
                    level = ["-O0"] if phase == "plan" else []
                    target = ["--target=x86_64-linux-gnu"] if phase in ("llvm", "asm") else []
                    _, out, _ = run([options.mrc, *level, *target, f"--emit={phase}", source.relative_to(ROOT)], cwd=ROOT)
                    if phase in ("llvm", "asm"):
                        lines = iter(out.decode().splitlines())
                        for wanted in expected.read_text().splitlines():
                            if not any(wanted in line for line in lines):
                                raise Failure(f"`{wanted}` does not follow what stands before it in {expected.name}")
                        return
                    compare_file(expected, out, options, phase)
                yield f"{folder}/{expected.name}", check


MARKER = re.compile(r"#\s*(error|warning):\s*([EW]\d{4})\s*(.*?)\s*(?:; label: (\d+) (.*?)\s*)?(?:; hint: (.*?)\s*)?(?:; fix: (.*?)\s*)?$")


def markers(text):
    """The diagnostics that a program's comments announce: (line, kind, code, text, a label's line and text, hint, part of the mended line);
    of the last four each may be None."""
    parts = [(number, part) for number, line in enumerate(text.split("\n"), 1) for part in re.split(r"(?=#\s*(?:error|warning):)", line)]
    return [(number, *m.groups()) for number, part in parts for m in [MARKER.match(part)] if m]


def mended(source, diagnostic):
    """The line of the source with the diagnostic's fixes applied."""
    text = source.read_bytes()
    for fix in sorted(diagnostic["fixes"], key=lambda f: -f["offset"]):
        text = text[:fix["offset"]] + fix["replacement"].encode() + text[fix["endOffset"]:]
    return text.decode(errors="replace").split("\n")[diagnostic["line"] - 1]


def compile_marked(options, source, executable):
    """Compiles a program, whose diagnostics must be those that it announces; says whether there is an executable now."""
    def fits(wanted, got):
        number, kind, code, text, place, label, hint, fix = wanted
        labels = [(str(l["line"]), l["message"]) for l in got["labels"]]
        return ((number, kind, code) == (got["line"], got["severity"], got["code"]) and text in got["message"] and
                (not label or any(place == line and label in message for line, message in labels)) and
                (not hint or hint in got.get("hint", "")) and (not fix or fix in mended(source, got).split(" # ")[0]))

    wanted = markers(source.read_text(errors="replace"))
    status, _, err = run([options.mrc, "--diagnostics=json", source.relative_to(ROOT), "-o", executable], cwd=ROOT)
    lines = err.decode(errors="replace").splitlines()
    got = [g for g in map(json.loads, (line for line in lines if line.startswith("{"))) if "line" in g]
    is_error = any(w[1] == "error" for w in wanted)
    if status != (1 if is_error else 0):
        raise Failure(f"exit status {status}\n{err.decode(errors='replace')}")
    missing = [w for w in wanted if not any(fits(w, g) for g in got)]
    surplus = [(g["line"], g["code"], g["message"], g.get("hint")) for g in got if not any(fits(w, g) for w in wanted)]
    if missing or surplus:
        raise Failure(f"missing: {missing}\nnot expected: {surplus}")
    return not is_error


def errors(options):
    for source in sorted((ROOT / "tests/errors").glob("*.mr")):
        def check(source=source):
            if not markers(source.read_text(errors="replace")):
                raise Failure("the file expects no diagnostic")
            with tempfile.TemporaryDirectory() as tmp:
                compile_marked(options, source, f"{tmp}/x")
        yield source.stem, check


def conformance(options):
    """One file a sentence of the reference. Its comments say what must happen: `#> text` is a line of output, `#! text` part of
    standard error (then the exit status is 1), `# status: N` another exit status, `# args: …` the arguments."""
    def said(pattern, text):
        return re.findall(r"^[^\n]*?" + pattern + r" ?([^\n]*)$", text, re.M)

    for source in sorted((ROOT / "tests/conformance").glob("*/*.mr")):
        def check(source=source):
            text = source.read_text(errors="replace")
            expected = "".join(line + "\n" for line in said("#>", text)).encode()
            complaints, args = said("#!", text), said("# args:", text)
            wanted = int((said("# status:", text) or ["1" if complaints else "0"])[0])
            if not expected and not complaints and not markers(text) and not said("# status:", text):
                raise Failure("the file expects nothing")
            with tempfile.TemporaryDirectory() as tmp:
                executable = Path(tmp) / "main"
                if not compile_marked(options, source, executable):
                    return
                for launcher, env in [([], {}), ([options.mrrun, "-n", 3], {"MR_LOCAL_MS": "0"})]:
                    command = [*launcher, executable, *(args[0].split() if args else [])]
                    status, out, err = run(command, cwd=tmp, env=dict(os.environ, **env))
                    label = "mrrun -n 3" if launcher else "alone"
                    complaint = err.decode(errors="replace")
                    if status != wanted:
                        raise Failure(f"{label}: exit status {status}, expected {wanted}\n{complaint[-3000:]}")
                    compare(expected, out, f"output, {label}")
                    for line in complaints:
                        if line not in complaint:
                            raise Failure(f"{label}: standard error lacks `{line}`:\n{complaint}")
        yield f"{source.parent.name}/{source.stem}", check


def cells(options):
    """What a compiled program prints, mri prints: the programs of `conformance` and `run` as the first cell of an experiment: with workers
    that are processes, and with threads, where all code that can be replaced while it runs has been replaced."""
    ways = [(["-n", 3], {}), ([], {"MR_BETTER_MS": "-1"})]
    def check(source, expected, wanted, args, stdin=b""):
        with tempfile.TemporaryDirectory() as tmp:
            (Path(tmp) / "tests").symlink_to(ROOT / "tests")  # programs see their own names as the others do
            for flags, also in ways:
                env = dict(os.environ, MR_LOCAL_MS="0", **also)
                status, out, err = run([options.mrc.parent / "mri", *flags, source.relative_to(ROOT), *args], cwd=tmp, stdin=stdin, env=env)
                if status != wanted:
                    raise Failure(f"{flags}: exit status {status}, expected {wanted}\n{err.decode(errors='replace')[-3000:]}")
                compare(expected, out, f"output with {flags or 'threads'}")

    for source in sorted((ROOT / "tests/conformance").glob("*/*.mr")):
        text = source.read_text(errors="replace")
        if "# error:" in text:
            continue
        said = lambda pattern: re.findall(r"^[^\n]*?" + pattern + r" ?([^\n]*)$", text, re.M)
        expected = "".join(line + "\n" for line in said("#>")).encode()
        wanted = int((said("# status:") or ["1" if said("#!") else "0"])[0])
        args = (said("# args:") or [""])[0].split()
        yield f"{source.parent.name}/{source.stem}", lambda s=source, e=expected, w=wanted, a=args: check(s, e, w, a)
    for folder in sorted(f for f in (ROOT / "tests/run").iterdir() if (f / "main.mr").exists()):
        if (folder / "flags").exists():
            continue
        stdin = (folder / "stdin").read_bytes() if (folder / "stdin").exists() else b""
        yield folder.name, lambda f=folder, i=stdin: check(f / "main.mr", (f / "expected").read_bytes(), int(text_of(f / "status", "0")),
                                                           expand(text_of(f / "args"), f), i)


def compile_to(options, source, executable, flags=()):
    status, out, err = run([options.mrc, source, "-o", executable, *flags], cwd=ROOT)
    if status:
        raise Failure(f"does not compile (status {status})\n{(out + err).decode(errors='replace')}")


def expand(args, folder):
    plays = os.environ.get("MR_TEST_PLAYS")
    if "$PLAYS" in args and not plays:
        raise Skip("needs the plays: set MR_TEST_PLAYS to their folder")
    return [word.replace("$PLAYS", plays or "").replace("$HERE", str(folder)) for word in args.split()]


def program_test(options, folder, counts):
    with tempfile.TemporaryDirectory() as tmp:
        args = expand(text_of(folder / "args"), folder)
        executable = Path(tmp) / "main"
        compile_to(options, folder / "main.mr", executable, text_of(folder / "flags").split())
        stdin = (folder / "stdin").read_bytes() if (folder / "stdin").exists() else b""
        wanted = int(text_of(folder / "status", "0"))
        for count in counts:
            launcher = [options.mrrun, "-n", count] if count else []
            label = f"mrrun -n {count}" if count else "alone"
            for local_ms in [None, "0"]:  # as users run it, and with even the smallest jobs handed out
                env = dict(os.environ, **({"MR_LOCAL_MS": local_ms} if local_ms else {}), **({"MR_WORKERS": "3"} if local_ms else {}))
                status, out, err = run([*launcher, executable, *args], cwd=tmp, stdin=stdin, env=env)
                if status != wanted:
                    raise Failure(f"{label}: exit status {status}, expected {wanted}\n{err.decode(errors='replace')[-3000:]}")
                compare_file(folder / "expected", out, options, f"output, {label}")
                for line in text_of(folder / "stderr").splitlines():
                    if line not in err.decode(errors="replace"):
                        raise Failure(f"{label}: standard error lacks `{line}`:\n{err.decode(errors='replace')}")


def programs(family, counts):
    def find(options):
        for main in sorted((ROOT / "tests" / family).glob("*/main.mr")):
            yield main.parent.name, lambda folder=main.parent: program_test(options, folder, options.counts or counts)
    return find


def examples(options):
    for source in sorted((ROOT / "examples").glob("*.mr")):
        def check(source=source):
            with tempfile.TemporaryDirectory() as tmp:
                args = expand(text_of(source.with_suffix(".args")), source.parent)
                executable = Path(tmp) / source.stem
                (Path(tmp) / "texts").symlink_to(ROOT / "tests/dist/texts/in")
                compile_to(options, source, executable)
                for count in WORKERS:
                    launcher = [options.mrrun, "-n", count] if count else []
                    status, out, err = run([*launcher, executable, *args], cwd=tmp)
                    if status:
                        raise Failure(f"-n {count}: exit status {status}\n{err.decode(errors='replace')}")
                    compare_file(source.with_suffix(".out"), out, options, f"output, -n {count}")
        yield source.stem, check


def library(options):
    tool = ROOT / "tools/library/library.py"
    for source in sorted((ROOT / "stdlib").glob("*.mr")):
        def check(source=source):
            status, program, err = run([tool, "--examples", source.stem])
            if status:
                raise Failure(err.decode(errors="replace"))
            with tempfile.TemporaryDirectory() as tmp:
                main, executable = Path(tmp) / "main.mr", Path(tmp) / "main"
                main.write_bytes(program)
                compile_to(options, main, executable)
                for launcher in [[], [options.mrrun, "-n", 3]]:
                    status, _, err = run([*launcher, executable], cwd=tmp, env=dict(os.environ, MR_LOCAL_MS="0"))
                    if status:
                        raise Failure(err.decode(errors="replace"))
        yield source.stem, check

    def page():
        _, out, _ = run([tool])
        compare_file(ROOT / "docs/library.md", out, options, "docs/library.md")
    yield "docs/library.md", page

    def grammar():
        status, _, err = run([ROOT / "tools/grammar/grammar.py"] + (["--update"] if options.golden else []))
        if status:
            raise Failure(err.decode(errors="replace"))
    yield "docs/reference.md", grammar

    def untested():
        status, out, err = run([sys.executable, tool, "--untested"])
        if status:
            raise Failure(f"no example and no program of the tests runs:\n{out.decode()}{err.decode()}")
    yield "untested", untested


def explain(options):
    sys.path.insert(0, str(ROOT / "tools/errors"))
    import errors as tool
    for explanation in tool.explanations():
        def check(explanation=explanation):
            if not explanation.text:
                raise Failure(f"compiler/source/explain/{explanation.code}.md is missing: it explains the code, with a wrong and a right example")
            if not (explanation.wrong and explanation.right):
                if explanation.code not in tool.WITHOUT_EXAMPLE:
                    raise Failure("the explanation has no wrong example, or no right one")
                return
            for program, wanted in [(explanation.wrong, {explanation.code}), (explanation.right, set())]:
                with tempfile.TemporaryDirectory() as tmp:
                    for name, text in [("main.mr", program), *explanation.files.items()]:
                        (Path(tmp) / name).write_text(text)
                    only = ["-o", "main"] if explanation.code.startswith("E07") else ["--emit=core", "-o", "/dev/null"]
                    _, _, err = run([options.mrc, "--diagnostics=short", *only, "main.mr"], cwd=tmp)
                got = set(re.findall(r"\[([EW]\d{4})\]", err.decode(errors="replace")))
                if got != wanted:
                    raise Failure(f"expected {wanted or 'nothing'} of\n{program}\n{err.decode(errors='replace')}")
        yield explanation.code, check

    def page():
        _, out, _ = run([ROOT / "tools/errors/errors.py"])
        compare_file(ROOT / "docs/errors.md", out, options, "docs/errors.md")
    yield "docs/errors.md", page


def docs(options):
    """The listings of a page, in order, in one folder: ```mr [file=NAME] [args=…] begins a program, a block ```output after it is what it
    prints, ```error what mrc says, ```failure what it writes to standard error when it ends with status 1."""
    fence = re.compile(r"^```(mr|output|error|failure|text)\b([^\n]*)\n(.*?)^```$", re.S | re.M)

    def does(folder, name, text, args):
        """What a listing prints: by the kind of block, bytes."""
        (Path(folder) / name).write_text(text)
        executable = Path(folder) / name.removesuffix(".mr")
        status, _, err = run([options.mrc, name, "-o", executable.name], cwd=folder)
        if status or err:
            return {"error": err}
        alone, shared = [run([*launcher, executable, *args], cwd=folder) for launcher in ([], [options.mrrun, "-n", 3])]
        compare(alone[1], shared[1], f"output of {name} under mrrun")
        if alone[0] not in (0, 1) or alone[0] != shared[0]:
            raise Failure(f"{name}: exit status {alone[0]} and {shared[0]}\n{text}")
        return {"output": alone[1], **({"failure": alone[2]} if alone[0] else {})}

    def check(page):
        text, count, found, pieces, at = page.read_text(), 0, {}, [], 0
        with tempfile.TemporaryDirectory() as folder:
            for block in fence.finditer(text):
                kind, info, body = block.groups()
                settings = dict(word.split("=", 1) for word in info.split() if "=" in word)
                if kind == "text":  # with a name, a file for the programs to read
                    if "file" in settings:
                        (Path(folder) / settings["file"]).write_text(body)
                elif kind == "mr":
                    if set(found) - {"output"}:
                        raise Failure(f"a program of {page.name} fails\n{found}")
                    count += 1
                    found = does(folder, settings.get("file", f"listing{count}.mr"), body, settings.get("args", "").split(","))
                else:
                    got = found.pop(kind, b"")
                    if not options.golden:
                        compare(body.encode(), got, f"{kind} in {page.name}")
                    pieces += [text[at:block.start(3)], got.decode()]
                    at = block.end(3)
        if set(found) - {"output"}:
            raise Failure(f"a program of {page.name} fails\n{found}")
        if options.golden:
            page.write_text("".join(pieces) + text[at:])

    for page in [ROOT / "README.md"] + sorted((ROOT / "docs").glob("*.md")):
        if "\n```mr" in page.read_text():
            yield page.name, lambda page=page: check(page)


def run_script(options, path, *launcher):
    """Exit status 0 is passed, 77 skipped; the last line of output then says why."""
    env = dict(os.environ, MRC=str(options.mrc), MRRUN=str(options.mrrun), ROOT=str(ROOT), BUILD=str(options.build))
    with tempfile.TemporaryDirectory() as tmp:
        status, out, err = run([*launcher, "bash", "-euo", "pipefail", path], cwd=tmp, env=env,
                               timeout=2400 if env.get("LONG") else 600)
    text = (out + err).decode(errors="replace")
    if status == 77:
        raise Skip(text.strip().splitlines()[-1] if text.strip() else "no reason given")
    if status:
        raise Failure(f"exit status {status}\n{text[-4000:]}")
    return out.decode(errors="replace").strip().split("\n")[-1]


def script(options):
    for path in sorted((ROOT / "tests/script").glob("*.sh")):
        yield path.stem, lambda path=path: run_script(options, path)


def slurm(options):
    """What a script has counted, its last line, is shown."""
    def check(path):
        launcher = [] if path.name.startswith("mpirun_") else [ROOT / "tests/slurm/bed.py"]
        if said := run_script(options, path, *launcher):
            print(f"slurm/{path.stem}: {said}", flush=True)
    for path in sorted((ROOT / "tests/slurm").glob("*.sh")):
        yield path.stem, lambda path=path: check(path)


def sim(options):
    simulator = options.build / "tests/sim/sim"
    if simulator.exists():
        def check():
            status, out, err = run([simulator, "--seeds", "1000"], cwd=ROOT, timeout=300)
            if status:
                raise Failure((out + err).decode(errors="replace")[-4000:])
        yield "1000 seeds", check


def net(options):
    def check():
        status, out, err = run([ROOT / "tests/net/net.py", "--quick", "--build", options.build], cwd=ROOT, timeout=300)
        text = (out + err).decode(errors="replace").strip()
        if status == 77:
            raise Skip(text.splitlines()[-1])
        if status:
            raise Failure(text[-4000:])
    yield "hosts", check


def make(*arguments, timeout=1800):
    status, out, err = run(["make", "-s", *arguments], cwd=ROOT, timeout=timeout)
    if status:
        raise Failure((out + err).decode(errors="replace")[-4000:])


def fault(options):
    tool = [ROOT / "tests/fault/fault.py", "--build", options.build / "fault"]

    def check(*arguments):
        make("-j", os.cpu_count(), f"BUILD={options.build}", "fault-programs")
        status, out, err = run([*tool, *arguments], cwd=ROOT, timeout=600)
        if status:
            raise Failure((out + err).decode(errors="replace")[-6000:])
    yield "random", lambda: check("--no-scenes", "--runs", os.environ.get("RUNS", "40"))
    yield "scenes", lambda: check("--scene", "")


def lint(options):
    yield "all", lambda: make("lint", "LINT_ANALYSIS=shallow")


def sanitize(options):
    build = ROOT / "build/sanitize"
    if options.build == build:
        return
    families = ["unit", "golden", "errors", "conformance", "cells", "run", "dist", "examples", "library", "sim"]
    built = []
    for family in families:
        def check(family=family):
            if not built:
                make("-j", os.cpu_count(), f"BUILD={build}", "SAN=address,undefined", "DEFINES=-DMR_DEBUG", "OPT=-O1", "test-programs")
                built.append(True)
            # Memory is used in the same ways by three workers as by one, two or eight.
            few = ["--counts", "0,3"] if family == "dist" else []
            status, out, err = run([ROOT / "tests/run.py", "--build", build, *few, family], cwd=ROOT, timeout=1800)
            if status and "0 passed, 0 failed" not in out.decode():
                raise Failure((out + err).decode(errors="replace")[-4000:])
        yield family, check


def valgrind(options):
    """Every program, alone: on one thread, and with all jobs handed out to two workers. Those too slow for it have a file `slow`."""
    for main in sorted(ROOT.glob("tests/run/*/main.mr")) + sorted(ROOT.glob("tests/dist/*/main.mr")):
        folder = main.parent
        if (folder / "slow").exists():
            continue
        def check(folder=folder):
            with tempfile.TemporaryDirectory() as tmp:
                args = expand(text_of(folder / "args"), folder)
                executable = Path(tmp) / "main"
                compile_to(options, folder / "main.mr", executable)
                stdin = (folder / "stdin").read_bytes() if (folder / "stdin").exists() else b""
                for workers, local_ms in [("1", "1000000"), ("2", "0")]:
                    env = dict(os.environ, MR_WORKERS=workers, MR_LOCAL_MS=local_ms, MR_REGEX="interpreted")
                    status, out, err = run(["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
                                            executable, *args], cwd=tmp, stdin=stdin, env=env, timeout=300)
                    if status != int(text_of(folder / "status", "0")):
                        raise Failure(f"exit status {status}\n{err.decode(errors='replace')[-4000:]}")
                    compare((folder / "expected").read_bytes(), out, "output under valgrind")
        yield folder.name, check


def resume(options):
    for name in ["kills", "damage", "refusals", "inputs", "disk", "workers"]:
        def check(name=name):
            status, out, err = run([ROOT / "tests/resume/resume.py", "--build", options.build, "--runs", 6, name], timeout=300)
            if status == 77:
                raise Skip(out.decode(errors="replace"))
            if status:
                raise Failure((out + err).decode(errors="replace")[-4000:])
        yield name, check


def fuzz(options):
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    built = functools.cache(lambda: make("-j", os.cpu_count(), f"BUILD={options.build}", "fuzz-programs", timeout=900))
    once = threading.Lock()

    def fuzzer(name):
        with once:
            built()
        make(f"BUILD={options.build}", f"fuzz-{name}", f"FUZZ_SECONDS={seconds}", timeout=seconds + 300)
    for source in sorted((ROOT / "tests/fuzz").glob("*_fuzz.c")):
        name = source.stem.removesuffix("_fuzz")
        yield name, lambda name=name: fuzzer(name)

    def python(*command):
        with tempfile.TemporaryDirectory() as tmp:
            status, out, err = run([*command, "--build", options.build], cwd=tmp, timeout=seconds + 600)
            if status:
                raise Failure((out + err).decode(errors="replace")[-4000:])
    yield "differ", lambda: python(ROOT / "tests/fuzz/differ.py", "--count", 2 * seconds)
    yield "bytes", lambda: python(ROOT / "tests/fuzz/bytes.py", "--count", 2 * seconds)
    yield "kernels", lambda: python(ROOT / "tests/fuzz/kernels.py", "--count", 2 * seconds)
    yield "mutate", lambda: python(ROOT / "tests/fuzz/mutate.py", "--seconds", seconds)


FAMILIES = {"unit": unit, "golden": golden, "errors": errors, "conformance": conformance, "cells": cells,
            "run": programs("run", [None]), "dist": programs("dist", WORKERS), "examples": examples, "library": library,
            "docs": docs, "explain": explain, "script": script, "slurm": slurm, "resume": resume, "sim": sim, "net": net, "fault": fault, "lint": lint, "sanitize": sanitize, "valgrind": valgrind, "fuzz": fuzz}


def attempt(test):
    try:
        test()
        return "passed", ""
    except Skip as reason:
        return "skipped", str(reason)
    except Failure as failure:
        return "failed", str(failure)
    except Exception as error:  # a broken test is a failed one
        return "failed", f"{type(error).__name__}: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--counts", type=lambda text: [int(n) or None for n in text.split(",")], help=argparse.SUPPRESS)
    parser.add_argument("--jobs", "-j", type=int, default=os.cpu_count())
    parser.add_argument("select", nargs="*", metavar="FAMILY[/NAME]")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.mrc, options.mrrun = options.build / "bin/mrc", options.build / "bin/mrrun"
    wanted = [tuple((s + "/").split("/", 1)) for s in options.select] or [(family, "") for family in FAMILIES]
    for family, _ in wanted:
        if family not in FAMILIES:
            parser.error(f"no family `{family}`; there are {', '.join(FAMILIES)}")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for family, part in wanted:
        tests = [(name, test) for name, test in FAMILIES[family](options) if part.rstrip("/") in name]
        if not tests:
            print(f"no test is called {family}/{part}".rstrip("/") + "; `make test-programs` builds what is missing", flush=True)
        start, before = time.monotonic(), dict(counts)
        # Scripts look at processes and files of the whole machine: one at a time.
        with concurrent.futures.ThreadPoolExecutor(1 if family in ("script", "fault", "sanitize") else options.jobs) as pool:
            for (name, _), (verdict, text) in zip(tests, pool.map(attempt, [test for _, test in tests])):
                counts[verdict] += 1
                if verdict != "passed":
                    print(f"{verdict}: {family}/{name}\n    " + text.replace("\n", "\n    ") +
                          (f"\n    again: tests/run.py {family}/{name}" if verdict == "failed" else ""), flush=True)
        if len(wanted) > 1:
            said = ", ".join(f"{counts[verdict] - before[verdict]} {verdict}" for verdict in counts if counts[verdict] > before[verdict])
            print(f"{family}: {said} in {time.monotonic() - start:.0f} s", flush=True)
    print(f"{counts['skipped']} skipped")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] or not counts["passed"] else 0


sys.exit(main())

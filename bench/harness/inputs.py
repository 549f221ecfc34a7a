"""What the programs read, made once, and the programs themselves."""

import os, random, subprocess
from pathlib import Path

from harness.report import MB
from harness.run import Command, Failure, run

ROOT = Path(__file__).resolve().parent.parent.parent


def generate(path, command):
    """Runs a generator once; the file appears whole or not at all."""
    if not path.exists():
        print(f"    making {path.name}", flush=True)
        part = path.with_suffix(".part")
        with open(part, "wb") as out:
            subprocess.run([str(word) for word in command], stdout=out, check=True)
        part.rename(path)
    return path


def texts():
    """The texts that corpora are grown from."""
    folder = os.environ.get("MR_TEST_PLAYS", "")
    folders = [Path("/usr/share/common-licenses")] + ([Path(folder)] if folder else [])
    found = sorted({path.resolve() for folder in folders for path in folder.glob("*") if path.is_file()})
    if not found:
        raise Failure("no texts to make a corpus from: set MR_TEST_PLAYS to a folder of text files")
    return found


def plays():
    """The 27 plays, or nothing."""
    folder = os.environ.get("MR_TEST_PLAYS", "")
    return sorted(Path(folder).glob("*.txt")) if folder else []


def corpus(options, size):
    kind = "plays" if plays() else "licences"
    return generate(options.inputs / f"{kind}-{size / MB:g}.txt", [options.bench / "gen_corpus", size, 1, *texts()])


def zipf(options, size, vocabulary):
    return generate(options.inputs / f"zipf-{size / MB:g}.txt", [options.bench / "gen_zipf", size, vocabulary, 42])


def sales(options, size, articles=10_000):
    return generate(options.inputs / f"sales-{size / MB:g}.csv", [options.bench / "gen_csv", size, articles, 1])


def repeated(options, path, times):
    """A text so many times over."""
    return generate(options.inputs / f"{path.stem}-x{times}{path.suffix}", ["cat", *[path] * times])


def one_line(options, size):
    """Text without any newline."""
    return generate(options.inputs / f"line-{size / MB:g}.txt", ["sh", "-c", 'tr "\\n" " " < "$0"', corpus(options, size)])


def mixed_text(options, size):
    """Words of many scripts, apostrophes of both kinds where they belong and where they do not, digits, marks, and bytes that are no
    UTF-8: what a rule for words has to get right."""
    path = options.inputs / f"mixed-{size / MB:g}.txt"
    if not path.exists():
        chance = random.Random(1)
        alphabets = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "äöüßéèñçøåłÄÖÜÉŁ", "αβγδεζηθικλμνξοπρσςτυφχψωΑΒΓΔΩ",
                     "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГ", "אבגדהוזחטיכלמנסעפצקרשת", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "漢字仮名交文日本語中国",
                     "ĳǆǅǄﬁﬀⅣªº", "𝐀𝐁𝒂𝒃𐐀𐐨", "0123456789", "٠١٢٣४५६"]
        between = [" ", " ", " ", "\n", ", ", ". ", "-", "_", "'", "’", "''", " '", "' ", "\u0301", "\u200d", "\u00a0", "\u3000", "…", "😀", "\0"]
        parts, made = [], 0
        while made < size:
            alphabet = chance.choice(alphabets)
            word = "".join(chance.choice(alphabet) for _ in range(chance.randint(1, 4)))
            if chance.random() < 0.1:
                word += chance.choice("'’") + chance.choice(alphabet)
            parts.append((word + chance.choice(between)).encode())
            if chance.random() < 0.02:
                parts.append(bytes([chance.choice([0x80, 0xBF, 0xC3, 0xE2, 0xF0, 0xFF, 0xED])]))
            made += len(parts[-1])
        path.with_suffix(".part").write_bytes(b"".join(parts))
        path.with_suffix(".part").rename(path)
    return path


def compile_program(options, source, name=None, flags=(), mrc=None):
    path = options.bench / (name or Path(source).stem)
    run(mrc or options.mrc, ROOT / source, "-o", path, *flags)
    return path


def ways(options, program, *arguments, workers=2, times_itself=False, alone="", launched=""):
    """The two ways of running a program on so many workers: name -> Command."""
    name = program.name
    return {alone or f"./{name}": Command(program, *arguments, env={"MR_WORKERS": workers}, times_itself=times_itself),
            launched or f"mrrun -n {workers} ./{name}": Command(options.mrrun, "-n", workers, program, *arguments,
                                                                times_itself=times_itself)}


def lacking_flags():
    """What wc_ref needs of the processor and does not find."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            flags = line.split()
            return [f for f in ["avx512bw", "avx512vl", "avx512_vbmi2", "bmi2", "aes"] if f not in flags]
    return ["a line of flags in /proc/cpuinfo"]


def processor_levels():
    """The levels of x86-64 that this machine has, as MR_CPU names them."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            flags = set(line.split())
            levels = ["x86-64-v2"]
            if {"avx2", "bmi2", "fma", "movbe"} <= flags:
                levels.append("x86-64-v3")
            if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags:
                levels.append("x86-64-v4")
            return levels
    return []

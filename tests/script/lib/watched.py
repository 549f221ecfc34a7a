"""What tests/script/watched.sh looks at in a terminal, and in traces and events. Its programs lie in the current folder."""
import json, os, re, signal, subprocess, sys, time
from collections import defaultdict

sys.path.insert(0, os.path.dirname(__file__))
from terminal import Run

MRRUN = os.environ["MRRUN"]
BAR = re.compile(r"job [█▏▎▍▌▋▊▉·]+ +\d+ %(  (\d+:\d\d left|merging|receiving))?( +[\d.]+[kMG]?/s)?( +[\d.]+[kMG]?B/s)?")
WORKERS = re.compile(r"\d+:\d\d, \d of \d workers? busy(, \d lost)?(, \d+ chunks? again)?")
SAID = re.compile(r"line \d+ of the program|\[worker \d+\] at element \d+|in all 64980, after \d+ lines|")
# Without spaces, which do not show where a line is wrapped.
LOST = re.compile(r"mrrun:worker\d\(.*,pid\d+\)waslost:killedbysignal9\(Killed\).*;\d+chunks?(is|are)tobemappedagain")


def check(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def children(pid):
    return [int(p) for p in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()]


def kill_worker(run, number):
    for parent in children(run.pid):
        for child in children(parent):
            with open(f"/proc/{child}/comm") as name:
                if name.read().strip() == f"mr-worker-{number}":
                    os.kill(child, signal.SIGKILL)
                    return
    sys.exit("no such worker")


def bars(lines, columns):
    """The two lines of the display at the end of the screen; [] where they are not, or do not fit."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    shown = lines[-2:]
    is_there = len(shown) == 2 and BAR.fullmatch(shown[0]) and WORKERS.fullmatch(shown[1])
    return shown if is_there and all(len(line) < columns for line in shown) else []


def check_said(lines, columns, is_over):
    """Whatever is not the display's is whole lines of the program, and of mrrun, which may be wrapped."""
    text = "\n".join(lines)
    text = re.sub(r"mrrun: worker(.|\n)*?a\n?g\n?a\n?i\n?n\n", "", text) if is_over else text
    lines = text.split("\n")
    shown = [] if is_over else bars(lines, columns)
    said = [line for line in lines if line not in shown]
    for line in said:
        if "mrrun:" not in text or is_over:
            check(SAID.fullmatch(line), f"a garbled line: {line!r}")
    numbers = [int(line.split()[1]) for line in said if line.startswith("line ")]
    check(numbers == list(range(len(numbers))), f"lines of the program are missing: {numbers}")
    return len(numbers)


def watch(columns, other_columns):
    """A run that prints and logs, loses a worker, and is looked at at rest; the terminal changes its width in the end."""
    run = Run([MRRUN, "-n", "3", "./spoken"], columns)
    run.until(lambda lines: bars(lines, columns))
    for _ in range(5):
        run.drawn(b"\x1b[1A")
        check_said(run.screen.text()[:run.screen.row], columns, False)
    kill_worker(run, 1)
    run.until(lambda lines: any(", 1 lost" in line for line in bars(lines, columns)))
    before = len(bars(run.screen.text(), columns)[0])
    print("\n".join(run.screen.text()[-4:]))
    run.resize(other_columns, 24)
    run.until(lambda lines: bars(lines, other_columns) and len(bars(lines, other_columns)[0]) != before)
    check(run.end() == 0, "the status is not 0")
    lines = run.screen.text()
    check(lines[-1] == "" and lines[-2].startswith("in all 64980"), f"something is left of the display: {lines[-3:]}")
    count = check_said(lines, columns, True)
    check(lines[-2].endswith(f" after {count} lines"), f"{count} lines are there, of {lines[-2]}")
    check(LOST.search("".join(lines).replace(" ", "")), "the lost worker is not told of")


def no_sequences(arguments, what, **settings):
    run = Run(arguments, **settings)
    check(run.end() == 0, f"{what}: its status is not 0")
    check(b"\x1b" not in run.raw, f"{what}: there is something other than text: {run.raw!r}")
    return run


def stopped():
    """Ctrl-Z: the display goes before the process stops, and comes back when it goes on; output that is a file has nothing of it."""
    run = Run([MRRUN, "-n", "3", "./spoken"], output="spoken.out", environment={"NO_COLOR": "1", "LANG": "C"})
    plain = re.compile(r"job [#.]+ +\d+ %.*")
    run.until(lambda lines: any(plain.fullmatch(line) for line in lines))
    check(b"m" not in re.findall(rb"\x1b\[[0-9;]*([a-zA-Z])", run.raw), "NO_COLOR is not heeded")
    os.kill(run.pid, signal.SIGTSTP)
    for _ in range(100):
        run.go_on()
        with open(f"/proc/{run.pid}/stat") as stat:
            if stat.read().rsplit(")", 1)[1].split()[0] == "T":
                break
    else:
        sys.exit("mrrun does not stop")
    for _ in range(4):
        run.go_on()  # what it has written before
    check(not any(plain.fullmatch(line) for line in run.screen.text()), "the display is left when it is stopped")
    os.kill(run.pid, signal.SIGCONT)
    run.until(lambda lines: any(plain.fullmatch(line) for line in lines))
    check(run.end() == 0, "the status is not 0")
    with open("spoken.out") as out:
        check_said(out.read().split("\n"), 80, True)


def flood():
    """Much output, beside a job: all of it, as it is."""
    with open("flood.mr", "w") as source:
        source.write('fn slow(i: int) {\n    sleep(0.01)\n    i\n}\nlet total = async map slow over 1..130 reduce sum\n'
                     'for i in 1..15000 { print("{i} of a flood") }\nprint(await total)\n')
    subprocess.run([os.environ["MRC"], "-O1", "flood.mr", "-o", "flood"], check=True)
    run = Run([MRRUN, "-n", "2", "./flood"])
    check(run.end() == 0, "the status is not 0")
    wanted = [f"{i} of a flood" for i in range(1, 15001)] + ["8515", ""]
    check(run.screen.text() == wanted, "the flood is not as it should be")


def session(arguments):
    """A cell of mri, which ends the process: all that it has printed is there, the bars are not."""
    run = Run([os.path.join(os.path.dirname(os.environ["MRC"]), "mri"), *arguments, "leaving.mr"])
    run.until(lambda lines: bars(lines, 80))
    check(run.end() == 7, "mri: the status is not the program's")
    lines = run.screen.text()
    check(lines[-2].startswith("in all 64980") and lines[-1] == "", f"mri: the end is {lines[-3:]}")
    check(lines[-2].endswith(f" after {check_said(lines, 80, True)} lines"), "mri: lines are missing")


def traced():
    """A trace is JSON; spans of a track lie in each other or apart; they add up to what the statistics say; so do the events."""
    run = subprocess.run([MRRUN, "-n", "3", "--trace", "trace.json", "--events", "events.json", "--stats=json", "./computes"],
                         env={**os.environ, "MR_LOCAL_MS": "0"}, capture_output=True, text=True, timeout=60)
    check(run.returncode == 0 and run.stdout == "100\n", run.stderr)
    stats = json.loads(run.stderr)
    with open("trace.json") as file:
        trace = json.load(file)
    total = next(e for e in trace if e["ph"] == "X" and e["name"] == "run")
    check(abs(total["dur"] / 1e6 - stats["seconds"]) < 0.2, "the run is not as long as the statistics say")
    tracks, computed, elements = defaultdict(list), defaultdict(float), 0
    for event in trace:
        check({"ph", "pid", "tid", "name"} <= event.keys(), f"not an event: {event}")
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append((event["ts"], -event["dur"]))
            check(event["ts"] >= 0 and event["ts"] + event["dur"] <= total["dur"] + 0.01, f"outside of the run: {event}")
            if event["name"] in ("map", "merge"):
                computed[event["tid"] // 2, event["name"]] += event["dur"] / 1e6
            elements += event["args"]["elements"] if event["name"] == "map" else 0
    for spans in tracks.values():
        inside_of = []
        for start, length in sorted(spans):
            while inside_of and inside_of[-1] <= start + 0.0005:
                inside_of.pop()
            check(not inside_of or start - length <= inside_of[-1] + 0.0005, "spans of a track overlap")
            inside_of.append(start - length)
    for worker in stats["jobs"][0]["workers"]:
        for name, seconds in (("map", worker["seconds"]), ("merge", worker["merge_seconds"])):
            check(abs(computed[worker["worker"], name] - seconds) < 1e-6, f"the spans of worker {worker['worker']} do not add up")
    check(elements == 30000, f"the spans tell of {elements} elements")
    begun = sum(e["ph"] == "b" for e in trace)
    check(begun == 1 == sum(e["ph"] == "e" for e in trace), "a job does not begin and end")
    with open("events.json") as file:
        events = [json.loads(line) for line in file]
    check(events[0]["event"] == "run.began" and events[-1] == {**events[-1], "event": "run.ended", "status": 0}, "the run")
    check(sorted(events, key=lambda e: e["time"]) == events, "events are not in order")
    kinds = defaultdict(list)
    for event in events:
        kinds[event["event"]].append(event)
    check(sorted(e["range"] for e in kinds["range.handed"]) == sorted(e["range"] for e in kinds["range.done"]), "ranges")
    check(sum(e["elements"] for e in kinds["range.done"]) == 30000 == kinds["job.finished"][0]["elements"], "elements")
    check(len(kinds["merge.begun"]) == len(kinds["merge.done"]) == 2 and len(kinds["worker.joined"]) == 3, "merges or workers")


watch(80, 60)
watch(40, 50)
stopped()
flood()
session([])
session(["-n", "2"])
os.environ["MR_LOCAL_MS"] = "0"
no_sequences([MRRUN, "-n", "2", "./short"], "a short run")
no_sequences([MRRUN, "-n", "2", "--no-progress", "./flood"], "--no-progress")
no_sequences([MRRUN, "-n", "2", "./flood"], "TERM=dumb", environment={"TERM": "dumb"})
traced()

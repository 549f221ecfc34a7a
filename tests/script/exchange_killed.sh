# Workers that are killed while tables are mapped, written to files and exchanged: the same output, and nothing left behind.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > tables.mr <<'E2'
fn key(i) = "key number {i * 7919 % 100_003}"
let table = map i => (key(i), i) over 1..400_000 reduce sum by key
print(table.most_common(3))
let whole = map i => (key(i), i) over 1..400_000 reduce sum by key
print(whole["key number 5"], len(whole))
fn join(a, b) = (a * 31 + b) % 1_000_003
print((map i => (key(i), i) over 1..300_000 reduce join by key).most_common(3))
E2
"$MRC" tables.mr
./tables > expected
python3 - "$MRRUN" <<'E2'
import os, random, signal, subprocess, sys, time
mrrun, executable, chance = sys.argv[1], os.path.realpath("tables"), random.Random(11)
def workers():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe") == executable and open(f"/proc/{pid}/comm").read().startswith("mr-worker"): found.append(int(pid))
        except OSError: pass
    return found
expected, hits, lost = open("expected", "rb").read(), 0, 0
for round in range(8):
    memory = ["--memory", "1M"] if round % 2 else []
    run = subprocess.Popen([mrrun, "-n", "4", *memory, "./tables"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=dict(os.environ, MR_EXCHANGE="1", MR_LOCAL_MS="0"))
    for _ in range(2):
        time.sleep(chance.random() * 0.5)
        try:
            victims = workers()
            if victims: os.kill(chance.choice(victims), signal.SIGKILL); hits += 1
        except ProcessLookupError: pass
    try: out, err = run.communicate(timeout=60)
    except subprocess.TimeoutExpired: raise SystemExit(f"round {round}: no end: {workers()}")
    if run.returncode or out != expected: raise SystemExit(f"round {round}: status {run.returncode}, {out}, {err}")
    lost += err.count(b"was lost")
print(f"{hits} kills, {lost} workers lost on the way, nothing differed")
if hits < 4: raise SystemExit("too few kills")
E2
nothing_left

# Short runs, of which one process (a worker, the root, their parent or mrrun) is killed or interrupted at a random moment: each ends
# soon, with the whole output and status 0 or with the status that says what happened, and leaves nothing behind. Runs go on from a seed.
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > short.mr <<'E2'
fn wait(i) {
    sleep(0.002)
    i
}
print(map wait over 1..60 reduce sum)
E2
"$MRC" short.mr
cat > sweep.mr <<'E2'
print("swept")
E2
"$MRC" sweep.mr
python3 - "$MRRUN" <<'E2'
import os, random, signal, subprocess, sys, time
mrrun, executable, chance = sys.argv[1], os.path.realpath("short"), random.Random(7)
def ours():
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe") == executable: found[int(pid)] = open(f"/proc/{pid}/comm").read().strip()
        except OSError: pass
    return found
def left():
    for _ in range(50):
        if not ours() and not [name for name in os.listdir("tmp") if name.startswith("mr-")]: return None
        time.sleep(0.1)
    return f"left behind: {ours()} {os.listdir('tmp')}"
allowed = {"mr-worker": set(), "mr-root": {1}, "mr-parent": {1}, "mrrun": {-signal.SIGKILL}, "interrupt": {130, -signal.SIGINT}} # before it is ready, too
hits = 0
for round in range(60):
    what = list(allowed)[round % len(allowed)]
    run = subprocess.Popen([mrrun, "-n", "3", "./short"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(chance.random() * 0.12)
    pids = [run.pid] if what in ("mrrun", "interrupt") else [pid for pid, name in ours().items() if name.startswith(what)]
    try:
        if pids: os.kill(chance.choice(pids), signal.SIGINT if what == "interrupt" else signal.SIGKILL)
    except ProcessLookupError: pass
    began = time.time()
    try: out, err = run.communicate(timeout=10)
    except subprocess.TimeoutExpired: raise SystemExit(f"round {round}: no end after a signal to {what}: {ours()}")
    good = run.returncode == 0 and out == b"1830\n" or run.returncode in allowed[what] and out in (b"", b"1830\n")
    if not good: raise SystemExit(f"round {round}: {what}: status {run.returncode}, {out}, {err}")
    if run.returncode == 1 and b"error: " not in err: raise SystemExit(f"round {round}: {what}: no error: {err}")
    if time.time() - began > 5: raise SystemExit(f"round {round}: {what}: the end took {time.time() - began} s")
    hits += run.returncode != 0
    if what == "mrrun": subprocess.run([mrrun, "-n", "1", "./sweep"], check=True, stdout=subprocess.DEVNULL)
    if left(): raise SystemExit(f"round {round}: {what}: {left()}")
if hits < 10: raise SystemExit(f"only {hits} of 60 runs were hit")
E2

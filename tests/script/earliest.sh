# Elements that sleep, print and fail at random, and functions that do as they combine: the error that is reported, and the output before
# it, are the same however many workers there are, and whatever the order of ranges. A seed that fails is shown.
cat > random_ends.mr <<'E2'
import random
let seed = parse_int(args[0]) ?? 1
let n = parse_int(args[1]) ?? 100
fn work(i) {
    let r = random.uniform(seed, i)
    if r < 0.2 { sleep(r * 0.02) }
    print("element {i}")
    if r > 0.99 { fail("element {i} is bad") }
    i
}
fn join(a, b) {
    let joined = (a * 31 + b) % 1000
    if joined % 3 == 0 { print("{a} and {b}") }
    if joined % 97 == 5 { fail("{a} and {b} do not fit") }
    joined
}
if seed % 4 == 0 { print(map work over 1..n reduce sum) }
if seed % 4 == 1 { print(map work over 1..n reduce join) }
if seed % 4 == 2 { print(map i => (i % 7, work(i)) over 1..n reduce join by key) }
if seed % 4 == 3 { print(map i => work(i) > n // 2 over list(map i => i over 1..n) reduce any) }
E2
"$MRC" random_ends.mr
python3 - "$MRRUN" <<'E2'
import os, random, subprocess, sys
mrrun, chance = sys.argv[1], random.Random(20)
failed = 0
for round in range(32):
    seed, n = str(4 * chance.randrange(10**6) + round % 4), str(chance.choice([1, 2, 3, 10, 60, 300]))
    results = []
    for launcher, local in [([], "1000000"), ([], "0"), ([mrrun, "-n", "1"], "0"), ([mrrun, "-n", "2"], "1"), ([mrrun, "-n", "5"], "0"),
                            ([mrrun, "-n", "3", "--shuffle", "7"], "0")]:
        env = dict(os.environ, MR_LOCAL_MS=local, MR_WORKERS="3")
        run = subprocess.run([*launcher, "./random_ends", seed, n], capture_output=True, env=env, timeout=60)
        results.append((run.returncode, run.stdout, run.stderr))
        if results[0] != results[-1]:
            raise SystemExit(f"./random_ends {seed} {n}: {launcher}, MR_LOCAL_MS={local}:\n{results[-1]}\ninstead of\n{results[0]}")
    failed += results[0][0] == 1
if not 5 < failed < 27: raise SystemExit(f"{failed} of 32 runs failed: the test says little")
E2

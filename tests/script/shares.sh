# What mrrun --stats says: every worker maps, partial results meet at workers along a tree (one edge fewer than workers), the root
# receives at most log2(chunks) of them, a captured value of a megabyte goes to each worker once, and uneven work is shared out evenly.
cat > weights.mr <<'E2'
let weights = list(map i => i * 7 over 0..<131_072)
fn weigh(word) = (lower(word), weights[len(word)])
let totals = map weigh over words(args) reduce sum by key
print(len(totals), map (w, n) => n over totals reduce sum)
E2
python3 - <<'E2'
import random
random.seed(5)
words = ["".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(random.randint(2, 9))) for _ in range(5000)]
with open("text.txt", "w") as text:
    size = 0
    while size < 100_000_000:
        line = " ".join(random.choice(words) for _ in range(1000)) + "\n"
        size += text.write(line * 8)
E2
"$MRC" weights.mr
"$MRC" "$ROOT/examples/primes.mr" -o primes
./weights text.txt > alone
"$MRRUN" -n 8 --stats=json ./weights text.txt > out 2> weights.json
cmp alone out
"$MRRUN" -n 8 --stats=json ./primes > out 2> primes.json
cmp "$ROOT/examples/primes.out" out
python3 - <<'E2'
import json, math
def check(condition, what):
    if not condition: raise SystemExit(what)
job = json.load(open("weights.json"))["jobs"][-1]
workers = job["workers"]
check(len(workers) == 8 and all(w["chunks"] > 0 for w in workers), f"not all workers mapped: {workers}")
check(sum(w["chunks"] for w in workers) == job["chunks"], "chunks were lost or mapped twice")
check(sum(w["bytes"] for w in workers) == job["bytes"] >= 100_000_000, "bytes were lost or read twice")
check(len(job["edges"]) == 7 and all(e["nodes"] >= 1 for e in job["edges"]), f"not seven edges: {job['edges']}")
check(1 <= job["root_nodes"] <= math.log2(job["chunks"]), f"the root received {job['root_nodes']}")
size = job["captured_bytes"]
check(size >= 1 << 20 and all(w["captured_bytes"] == size for w in workers), "the captured megabyte did not go to each worker once")
job = json.load(open("primes.json"))["jobs"][-1]
seconds = sum(w["seconds"] for w in job["workers"])
# Chunks cost unequal time, and processes that share a core get unequal time: by one of the two measures each share must be fair.
share = lambda w: min(w["chunks"] / job["chunks"], w["seconds"] / seconds)
check(all(share(w) <= 2 / 8 for w in job["workers"]), f"a worker mapped over twice its share: {job['workers']}")
E2

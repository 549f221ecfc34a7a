# One pass for a tuple of reducers, as --stats tells; and a program's own reducer for the variance, the library's and the textbook's two
# passes agree on ten million floats, each the same to the last bit for every number of workers.
cat > pass.mr <<'E'
print(map i => float(i * 7919 % 100_003) over 1..100_000 reduce (min, max, mean, count))
E
cat > variance.mr <<'E'
import math
import random
let n = parse_int(args[0]) ?? 0
fn value(i) = random.normal(3, i) * 25.0 + 1000.0
reducer my_variance {
    init = (0, 0.0, 0.0)
    add((n, mean, squares), x) = {
        let delta = x - mean
        let next = mean + delta / float(n + 1)
        (n + 1, next, squares + delta * (x - next))
    }
    merge((n1, mean1, squares1), (n2, mean2, squares2)) = {
        let n = n1 + n2
        let delta = mean2 - mean1
        let part = if n == 0 { 0.0 } else { float(n2) / float(n) }
        (n, mean1 + delta * part, squares1 + squares2 + delta * delta * float(n1) * part)
    }
    finish((n, mean, squares)) = squares / float(n - 1)
}
let values = map value over 1..n
let (library, mine, total) = reduce (variance, my_variance, sum) over values
let middle = total / float(n)
let textbook = (map x => (x - middle) ** 2 over values reduce sum) / float(n - 1)
print(library, mine, textbook)
print(reduce my_variance over values, reduce variance over values)
assert(math.is_close(library, textbook) and math.is_close(mine, textbook) and math.is_close(library, mine), "they differ")
E
"$MRC" pass.mr && "$MRC" variance.mr
./pass > wanted
MR_LOCAL_MS=0 timeout 60 "$MRRUN" -n 2 --stats=json ./pass > got 2> stats
cmp got wanted
python3 - <<'E'
import json
jobs = json.load(open("stats"))["jobs"]
assert len(jobs) == 1, f"{len(jobs)} passes over the data"
elements = sum(worker["elements"] for worker in jobs[0]["workers"])
assert jobs[0]["elements"] == 100_000 and elements == 100_000, f"{elements} elements were mapped"
E
timeout 120 ./variance 10000000 > wanted
timeout 120 "$MRRUN" -n 3 ./variance 10000000 > got
cmp got wanted
timeout 60 ./variance 300000 > wanted
for workers in 1 2 8; do
    MR_LOCAL_MS=0 timeout 60 "$MRRUN" -n $workers ./variance 300000 > got
    cmp got wanted
done

# A map inside of few long elements: what mrrun --stats says shows that its chunks were mapped by several workers. With as many long
# elements as workers nothing is shared while all are busy. Futures inside of elements are shared, too.
cat > wide.mr <<'E2'
fn inner(x: int) -> int = map y => { sleep(0.001); x * y } over 1..300 reduce sum
print(list(map inner over 1..2))
E2
cat > tree.mr <<'E2'
fn tree(d: int, x: int) -> int {
    if d == 0 { sleep(0.002); return x }
    let left = async tree(d - 1, 2 * x)
    let right = async tree(d - 1, 2 * x + 1)
    await left + await right
}
print(list(map x => tree(6, x) over 1..2))
E2
for program in wide tree; do
    "$MRC" $program.mr
    MR_WORKERS=1 ./$program > alone
    "$MRRUN" -n 4 --stats=json ./$program > out 2> $program.json
    cmp alone out
    "$MRRUN" -n 4 --stats ./$program > out 2> text
    grep -q '^job [0-9]* of worker [0-3]: ' text
done
python3 - <<'E2'
import json
def check(condition, what):
    if not condition: raise SystemExit(what)
jobs = [job for job in json.load(open("wide.json"))["jobs"] if job["owner"] is not None]
check(jobs and all(sum(w["chunks"] for w in job["workers"]) == job["chunks"] for job in jobs), f"chunks were lost: {jobs}")
mappers = {w["worker"] for job in jobs for w in job["workers"] if w["chunks"] > 0}
check(len(mappers) >= 3, f"the inner maps of two elements were mapped by {mappers} alone")
jobs = [job for job in json.load(open("tree.json"))["jobs"] if job["owner"] is not None]
mappers = {w["worker"] for job in jobs for w in job["workers"] if w["chunks"] > 0}
check(len(mappers) >= 2, f"the futures of two elements were run by {mappers} alone")
E2

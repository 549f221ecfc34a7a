# The benchmarks in their smallest form: programs and yardsticks compute the same, whatever time they take. The texts are made here, so
# that there is something to count on any machine.
[ -x "$BUILD/bench/sum_ref" ] || { echo "the yardsticks are not built: make bench-tools"; exit 77; }
mkdir texts
for i in 1 2 3; do
    for word in Once upon a midnight dreary while I pondered weak and weary over many quaint and curious volumes of forgotten lore; do
        echo "$word the reader's $i $word,"
    done >"texts/$i.txt"
done
status=0
MR_TEST_PLAYS="$PWD/texts" timeout 500 "$ROOT/bench/bench.py" --build "$BUILD" --inputs "$PWD" --tiny --json figures.json wordcount vocabulary \
    small dot int_dot float_sum pi mandelbrot groupby tasks ranges keyed same >told 2>&1 || status=$?
[ $status = 0 ] || { grep -B4 -A12 FAILED told; exit 1; }
python3 - <<'E2'
import json
rows = json.load(open("figures.json"))
assert sum("same" in row for row in rows) >= 15, rows
for suite in ["small", "dot", "int_dot", "float_sum", "pi", "mandelbrot", "groupby", "tasks", "ranges", "keyed"]:
    assert any(row["suite"] == suite and row.get("must") for row in rows), suite
E2
# A yardstick that computes something else is noticed.
mkdir -p wrong/bench wrong/bin
cp "$BUILD"/bin/mr* wrong/bin/
ln -s "$BUILD/lib" wrong/lib
printf '#!/bin/sh\necho 3\n' >wrong/bench/num_ref
chmod +x wrong/bench/num_ref
! "$ROOT/bench/bench.py" --build "$PWD/wrong" --inputs "$PWD" --tiny pi >told 2>&1
grep -q 'FAILED: `./pi` computed something else than `num_ref`' told || { cat told; exit 1; }
! "$ROOT/bench/bench.py" --build "$BUILD" --tiny nonsense >told 2>&1
grep -q 'no suite `nonsense`' told

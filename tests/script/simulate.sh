# What a run would cost with other numbers of workers is told after it, on standard error, and changes nothing of it.
cat > work.mr <<'E2'
fn work(n) {
    var s = n
    for i in 0..<2000 { s = (s * 1103515245 + 12345) % 2147483648 }
    s
}
let all = map work over 0..<5000 reduce list
print(len(all), map (n => work(n) % 7) over 0..<5000 reduce sum)
E2
"$MRC" work.mr
export MR_LOCAL_MS=0
./work > expected
for n in 1 20 10000; do
    timeout 60 "$MRRUN" -n 2 --simulate $n ./work > out 2> told || { cat told; exit 1; }
    cmp expected out
    grep -q "^simulated with $n workers" told || { cat told; exit 1; }
    [ "$(grep -c '^job [12]: 5000 chunks, 5000 elements' told)" = 2 ] || { cat told; exit 1; }
    [ "$(grep -c '^  makespan   [0-9.]* s, ' told)" = 2 ] || { cat told; exit 1; }
    grep -q '^in all: ' told
    ! grep -q "would fail" told
done
# The same jobs, on so many workers that each has one of the chunks at most.
[ "$(grep -c '^  ranges     5000, on 5000 workers' told)" = 2 ] || { cat told; exit 1; }
grep -q '^  tree       1[23] levels of workers, 4999 edges' told || { cat told; exit 1; }
# A program without jobs.
echo 'print(1)' > none.mr
"$MRC" none.mr
"$MRRUN" -n 2 --simulate 5 ./none 2>&1 | grep -q "nothing was handed to workers"
for wrong in 0 10001 x; do
    status=0; "$MRRUN" --simulate $wrong ./none 2> told || status=$?
    [ $status = 2 ] && grep -q -- "--simulate takes a whole number from 1 to 10000" told || { cat told; exit 1; }
done

# Kernels that are made for several levels of x86-64 give the same bits whichever is chosen: by MR_CPU, or by the machine. Each level
# that the machine has is forced; a level that there is not, or that the program was not compiled for, is an error.
cat > pi.mr <<'E2'
import random
fn hit(i) {
    let x = random.uniform(42, 2 * i)
    let y = random.uniform(42, 2 * i + 1)
    if x * x + y * y < 1.0 { 1 } else { 0 }
}
print(map hit over 0..<300_001 reduce sum)
E2
cat > mandelbrot.mr <<'E2'
let limit = 300
fn escape(cx, cy) {
    var x = 0.0
    var y = 0.0
    var steps = 0
    while steps < limit and x * x + y * y <= 4.0 {
        let next = x * x - y * y + cx
        y = 2 * x * y + cy
        x = next
        steps += 1
    }
    steps
}
fn row_steps(row) {
    let cy = -1.2 + 2.4 * float(row) / 50.0
    map column => escape(-2.2 + 3.2 * float(column) / 70.0, cy) over 0..<70 reduce sum
}
print(map row_steps over 0..<50 reduce sum)
print(list(map row_steps over 0..<50))
E2
cat > sums.mr <<'E2'
import math
import random
let n = 70_003
let xs = list(map i => (random.uniform(1, i) - 0.5) * 10.0 ** float(i % 30 - 10) over 1..n)
let ys = list(map i => random.uniform(2, i) * 3.0 over 1..n)
let ks = list(map i => random.mix(3, i) // 4_000_000_000 over 1..n)
print(reduce sum over xs, reduce (+) over ys, reduce (*) over list(map y => 1.0 + y * 1e-6 over ys))
print(map (x, y) => x * y over xs, ys reduce sum, map (x, y) => x * y + 1.0 over xs, ys reduce (+))
print(map (x, y) => if x < y { x / y } else { y - x * x } over xs, ys reduce sum)
print(map (x, y) => x * y - y / 3.0 over xs, ys where (x, y) => x > 0.25 reduce sum)
print(map (x, k) => math.sqrt(math.abs(x)) + float(k) over xs, ks reduce sum)
print(map k => k * k over ks reduce sum, reduce sum over ks, reduce min over ks, reduce max over ks)
print(map (k, l) => (k // 7) * (l % 13) - 5 over ks, ks reduce sum)
print(map i => (i * 3 - 1) % 1000 over 1..1_000_000 reduce sum)
print(map i => 1.0 / float(i) over 1..1_000_000 reduce sum)
print(map i => i over 1..100_000 where i => i % 3 == 0 reduce count)
print(map x => x over xs reduce (a, b) => a * 0.5 + b)
print(map i => i * i over 1..1_000_000 reduce (a, b) => if a > b { a } else { b })
print(list(map (x, y) => x * y + y over xs, ys) == list(map (x, y) => x * y + y over xs, ys))
fn nested(i) {
    var total = 0.0
    for j in 0..<20 { total += float(i * j) / 7.0 - xs[j] }
    total
}
print(map nested over 1..5000 reduce sum)
E2
cat > fails.mr <<'E2'
print(try { map i => i * 3_000_000_000_000_000 over 1..100_000 reduce sum } catch e { print(e.message); 0 })
print(map i => 1_000_000 // (70_000 - i) + i over 1..100_000 reduce sum)
E2
features=" $(grep -m1 '^flags' /proc/cpuinfo) "
has() { for f in "$@"; do [[ "$features" == *" $f "* ]] || return 1; done; }
levels="x86-64-v2"
missing=x86-64-v3
if has avx avx2 fma bmi1 bmi2 f16c movbe; then levels+=" x86-64-v3" missing=x86-64-v4; fi
if has avx512f avx512bw avx512cd avx512dq avx512vl; then levels+=" x86-64-v4" missing=; fi
runs=0
same() { # same PROGRAM WHAT COMMAND ...: the output must be the first one's
    timeout 120 "${@:3}" > got 2> said || true
    cat said >> got
    [ -f "$1.wanted" ] || cp got "$1.wanted"
    cmp got "$1.wanted" || { echo "$1 with $2 gives other bits"; diff got "$1.wanted" | head -4 | cut -c 1-200; exit 1; }
    runs=$((runs + 1))
}
for program in pi mandelbrot sums fails; do
    "$MRC" -O0 $program.mr -o p
    same $program -O0 ./p
    "$MRC" $program.mr -o p
    same $program "the machine's level" ./p
    for level in $levels; do
        same $program "MR_CPU=$level" env MR_CPU=$level ./p
        same $program "MR_CPU=$level and 3 workers" env MR_CPU=$level MR_LOCAL_MS=0 "$MRRUN" -n 3 ./p
    done
    [ -s $program.wanted ]
done
grep -q 'integer overflow' fails.wanted
grep -q 'division by zero' fails.wanted
grep -q 'element 69999' fails.wanted || { cat fails.wanted; exit 1; }

# A kernel of arithmetic has variants, one of words has none, and --cpu asks for a single level.
"$MRC" --emit=llvm pi.mr > pi.ll
for level in x86-64-v3 x86-64-v4; do
    grep -q "kernel 0 $level" pi.ll
    "$MRC" --cpu=$level --emit=llvm pi.mr > one.ll
    ! grep -q "kernel 0 x86" one.ll
done
"$MRC" --emit=plan pi.mr > pi.plan
grep -q 'code      for x86-64-v4, in vectors of 512 bits' pi.plan
sed 's/0\.\.<70/0..<70_000/' mandelbrot.mr > wide.mr
"$MRC" --emit=plan wide.mr > mandelbrot.plan
grep -q 'code      for x86-64-v4, in vectors of 512 bits' mandelbrot.plan # elements with loops of their own, side by side
echo 'print(map w => (w, 1) over words(args) reduce sum by key)' > words.mr
"$MRC" --emit=llvm words.mr > words.ll
! grep -q "x86-64-v[34]" words.ll

refused() { # refused MESSAGE COMMAND ...
    local status=0
    timeout 20 "${@:2}" > out 2> said || status=$?
    [ $status = 2 ] && [ ! -s out ] && grep -q "$1" said || { echo "status $status:"; cat said; exit 1; }
}
"$MRC" pi.mr -o p
refused 'MR_CPU is "x86-64-v9", but must be' env MR_CPU=x86-64-v9 ./p
refused 'MR_CPU is "armv8-a", but must be x86-64-v2, x86-64-v3 or x86-64-v4' env MR_CPU=armv8-a ./p
refused 'MR_CPU is x86-64, but this program was compiled for x86-64-v2' env MR_CPU=x86-64 ./p
if [ -n "$missing" ]; then
    refused "MR_CPU is $missing, but this machine" env MR_CPU=$missing ./p
    "$MRC" --cpu=$missing pi.mr -o p
    refused "compiled for $missing, but this machine" ./p
else
    "$MRC" --cpu=x86-64-v3 pi.mr -o p
    refused 'MR_CPU is x86-64-v2, but this program was compiled for x86-64-v3' env MR_CPU=x86-64-v2 ./p
fi
[ $runs -ge 16 ]

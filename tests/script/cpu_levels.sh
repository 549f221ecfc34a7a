# The same bits on every level of x86-64 that this machine has, whatever mrc compiles for, and whatever glibc chooses among its own functions.
cat > p.mr <<'E2'
import math
import random
import stats
let n = 2000
fn near(i) = random.uniform(11, i) * 8.0 - 4.0
fn wide(i) = (random.uniform(12, i) - 0.5) * 10.0 ** float(i % 40 - 12)
let xs = list(map near over 1..n) + list(map wide over 1..n)
let positive = list(map math.abs over xs)
fn show(name, ys) = print(name, ys)
show("sin", list(map math.sin over xs))
show("cos", list(map math.cos over xs))
show("tan", list(map math.tan over xs))
show("asin", list(map x => math.asin(x / 4.0) over xs))
show("acos", list(map x => math.acos(x / 4.0) over xs))
show("atan", list(map math.atan over xs))
show("atan2", list(map (x, y) => math.atan2(x, y) over xs, positive))
show("exp", list(map math.exp over xs))
show("ln", list(map math.ln over positive))
show("log2", list(map math.log2 over positive))
show("log10", list(map math.log10 over positive))
show("sqrt", list(map math.sqrt over positive))
show("hypot", list(map math.hypot over xs, positive))
show("power", list(map (x, y) => x ** (y / 7.0) over positive, xs))
show("whole power", list(map x => x ** 3 over xs))
show("rounded", list(map x => (math.floor(x), math.ceil(x), math.round(x), math.trunc(x)) over xs))
show("arithmetic", list(map (x, y) => x * y + x / y - y * y * x over xs, positive))
show("constants", [math.sin(0.5), math.exp(1.0), 2.0 ** 0.5, math.ln(10.0), 1.0 / 3.0])
show("random", list(map i => (random.normal(5, i), random.uniform(5, i)) over 1..200))
let many = map i => math.sin(float(i)) * 1e3 + 1.0 / float(i) over 1..300000
print(many.sum(), many.product(), many.mean(), many.variance(), many.stddev(), many.min(), many.max())
print(reduce (sum, mean, variance, top(3)) over many)
print(map x => (int(x) % 7, x) over many reduce sum by key)
print(map x => (int(x) % 7, x) over many reduce (mean, stddev) by key)
print(map (x, y) => x * y over xs, positive reduce sum, map (x, y) => x * y + 1.0 over xs, positive reduce (a, b) => a * 0.5 + b)
print(stats.median(xs), many.quantiles(5))
E2
features=" $(grep -m1 '^flags' /proc/cpuinfo) "
has() { for f in "$@"; do [[ "$features" == *" $f "* ]] || return 1; done; }
levels="x86-64 x86-64-v2"
if has avx avx2 fma bmi1 bmi2 f16c movbe; then levels+=" x86-64-v3"; fi
if has avx512f avx512bw avx512cd avx512dq avx512vl; then levels+=" x86-64-v4"; fi
same() { # same WHAT COMMAND ...: the command's output must be the first one's
    timeout 120 "${@:2}" > got
    [ -f wanted ] || cp got wanted
    cmp got wanted || { echo "$1 gives other bits"; diff got wanted | head -4 | cut -c 1-200; exit 1; }
}
for level in $levels; do
    for optimise in -O0 -O3; do
        "$MRC" $optimise --cpu=$level p.mr -o p
        same "$level $optimise" ./p
    done
done
"$MRC" p.mr
for tunables in -AVX512F,-AVX512VL -AVX2,-FMA,-FMA4 -AVX,-AVX2,-FMA,-FMA4,-AVX512F,-SSE4_1,-SSE4_2,-SSSE3 -ERMS,-FSRM; do
    same "GLIBC_TUNABLES=$tunables" env GLIBC_TUNABLES=glibc.cpu.hwcaps=$tunables ./p
    same "GLIBC_TUNABLES=$tunables with 3 workers" env GLIBC_TUNABLES=glibc.cpu.hwcaps=$tunables MR_LOCAL_MS=0 "$MRRUN" -n 3 ./p
done
[ "$(wc -c < wanted)" -gt 1000000 ] # there was something to compare

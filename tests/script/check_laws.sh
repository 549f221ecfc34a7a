# mrc --check-laws: a counterexample for each way to be wrong, small and with its place; none for the library's reducers.
check() { # check STATUS PROGRAM: its output goes to `out`, what was found to `err`
    status=0; timeout 120 "$MRC" --check-laws "$2" > out 2> err || status=$?
    [ "$status" = "$1" ] || { echo "$2: exit status $status, expected $1"; cat out err; exit 1; }
}
says() { # says TEXT: among what was found
    grep -qF -- "$1" err || { echo "expected: $1"; cat err; exit 1; }
}

cat > library.mr <<'E2'
# Every reducer of the library but those that promise no more than a distribution or a bound.
import random
let ints = list(map i => (i * 7919) % 1000 - 500 over 1..3000)
let floats = list(map i => random.uniform(7, i) * 1000.0 - 300.0 over 1..3000)
let far = list(map x => 1e9 + x over floats)
let names = list(map i => ["ape", "bee", "cat", "dog", "", "élan"][i % 6] over 1..3000)
print(reduce (sum, count, min, max, mean, variance, stddev, first, last, list, set, top(5), bottom(3)) over ints)
print(reduce histogram(-300.0, 700.0, 10) over floats)
print(reduce (sum, product, min, max, mean, variance, stddev, first, last, top(3)) over floats)
print(reduce (sum, mean, variance, stddev) over far)
print(reduce (min, max, first, last, set, list, top(3), bottom(2, s => len(s)), concat(", "), count) over names)
print(map x => x > 0 over ints reduce (any, all))
print(reduce (sample(5, 1), distinct, quantiles(4)) over ints)
print(map x => (x % 10, float(x)) over ints reduce (mean, variance, top(2), min, list) by key)
print(reduce (+) over floats, reduce (*) over floats, reduce (+) over names)
print(map s => [s] over names reduce (+))
print(map x => (x, 1.5) over ints reduce ((a, b) => a) )
E2
check 0 library.mr
says ', no counterexample'
"$MRC" library.mr && ./library > plain && cmp plain out

printf 'print(map x => x * x over 1..1000 reduce (-))\n' > minus.mr
check 1 minus.mr
says 'law broken: `(-)` is not associative: g(g(a, b), c) is not g(a, g(b, c))'
says ' --> minus.mr:1:42'
for line in '  a = 0' '  b = 0' '  c = 1' '  g(g(a, b), c) = -1' '  g(a, g(b, c)) = 1'; do says "$line"; done
says 'laws: 1 reduction, '

cat > average.mr <<'E2'
let values = list(map x => float(x * x % 97) over 1..500)
reducer average {
    init = 0.0
    add(s, x) = (s + x) / 2.0
    merge(a, b) = (a + b) / 2.0
}
print(reduce (a, b) => (a + b) / 2.0 over values, reduce (min, average) over values)
E2
check 1 average.mr
says 'law broken: the function is not associative'
says 'law broken: the reducer `average`'
says ' --> average.mr:2:9'
says ' in average.mr:7:51: reduce (min, average) over values'
says 'laws: 3 reductions, '
says '2 with a counterexample'

cat > glue.mr <<'E2'
fn glue(a, b) = if len(a) > 20 { a + b } else { a + "-" + b }
print(map w => w over words(args) reduce glue)
E2
printf 'it was the best of times, it was the worst of times, it was the age of wisdom\n' > text
"$MRC" --check-laws glue.mr -o laws
status=0; ./laws text > out 2> err || status=$?
[ "$status" = 1 ]
says 'law broken: `glue` is not associative'
awk '/^  [abc] = / && length($0) > 60 { exit 1 }' err || { echo "not shrunk:"; cat err; exit 1; }
status=0; "$MRC" --check-laws glue.mr -- text > out2 2> err || status=$?
[ "$status" = 1 ] && cmp out out2

cat > reducers.mr <<'E2'
reducer forgets {
    init = (0.0, 0)
    add((s, n), x) = (s + float(x), n + 1)
    merge((s1, n1), (s2, n2)) = (s1 + s2, n1)
    finish((s, n)) = s / float(n)
}
reducer doubles {
    init = 0
    add(s, x) = s + 2 * x
    merge(a, b) = if b > 10 { a + b + 1 } else { a + b }
}
reducer counts_once {
    init = 0
    add(n, x) = if x > 3 { n + 1 } else { n + 2 }
    merge(a, b) = a + b
    finish(n) = "{n}"
}
reducer adds_otherwise {
    init = []
    add(xs, x) = [x] + xs
    merge(a, b) = a + b
}
type Point(x: int, label: string)
fn span(a, b) = Point(a.x - b.x, a.label + b.label)
print(map x => (x % 3, x) over 1..100 reduce forgets by key)
print(reduce doubles over 1..100, reduce counts_once over 1..10, reduce adds_otherwise over 1..5)
print(map x => Point(x, "p") over 1..20 reduce span)
print(map n => (map x => x over 1..n reduce (-)) over 3..200 reduce sum)
let later = async map x => x over 1..50 reduce (a, b) => a - 2 * b
print(await later)
E2
check 1 reducers.mr
says 'law broken: the `init` of the reducer `forgets` is not neutral: merge(init, a) is not a'
says 'merge(init, a) = (0.0, 0), finished nan'
says 'law broken: the reducer `doubles` is not associative'
says 'law broken: the reducer `adds_otherwise` adds in one way and merges in another'
says 'law broken: `span` is not associative'
says 'Point(1, "")'
says 'law broken: `(-)` is not associative'
grep -q 'counts_once' err && { echo "no law is broken by counts_once"; cat err; exit 1; }
says ' --> reducers.mr:29:48'
says 'laws: 7 reductions, '
says '6 with a counterexample'

# What a program prints, and how it ends, stays as it is; the laws are told of in any case.
printf 'print(map x => x over 1..3 reduce (-)); exit(7)\n' > leaves.mr
check 1 leaves.mr
says 'law broken'
printf 'print(reduce (-) over [1])\nprint(1 // (len(args) * 0))\n' > fails.mr
check 1 fails.mr
says 'division by zero'
says 'laws: 0 reductions, 0 cases, no counterexample (1 more could not be tested: they failed, or had too few elements)'
status=0; timeout 60 "$MRRUN" -n 2 ./laws text > out 2> err || status=$?
[ "$status" != 0 ]
says 'a program that checks laws runs by itself, not under mrrun'
status=0; "$MRC" --check-laws glue.mr -o laws -- text 2> err || status=$?
[ "$status" = 2 ]

# A scan's function is tested as a reduction's, on what it scans; endless sequences are left alone.
cat > scans.mr <<'E2'
print(list(map x => { print("seen {x}"); x } over 1..5 scan (-)))
print(list(map x => float(x) over 1..10 scan mean), list(map x => x over [3, 1, 4] scan max))
for x in map x => x over 0.. scan (a, b) => a - b { if x < -20 { break } }
print(reduce sum over (map x => x over [1, 2, 0] scan (a, b) => a // b))
E2
"$MRC" scans.mr
./scans > plain 2> err || true
check 1 scans.mr
cmp plain out
says ' --> scans.mr:1:'
says '1 with a counterexample (1 more could not be tested: they failed, or had too few elements)'

printf 'print(map x => x over 1..10 reduce sum, reduce (+) over [1.5, 2.5], reduce count over [1])\n' > known.mr
check 0 known.mr
says 'laws: nothing to test'

# A session of mri: values with their types, redefinition, errors that leave everything as it was, commands; and that cells come and go.
MRI=$(dirname "$MRC")/mri
session() { "$MRI" -n 3 -i "$@" >out 2>err; }
shown() { printf '%s\n' "$@" | diff - out || { cat err; exit 1; }; }

session <<'END'
6 * 7
let xs = [3, 1, 2]
xs.sort()
map x => x * x over xs reduce sum
map f over 1..1000000 reduce sum
fn f(x) = x % 7
map f over 1..1000000 reduce sum
map w => (w, 1) over ["b", "a", "b"] reduce sum by key
it.most_common(1)
var seen = ["x"]
seen.push("y")
seen
seen[5]
seen
fn f(x) = "<{x}>"
f(xs)
let xs = xs.len()
xs
type Point(x: float, y: float)
Point(1.0, 2.5)
it.x + it.y
x => x + 1
[it(4)]
async 6 * 7
await it
fn long(
  a,
  b
) {
  a + b
}
long(1, 2)
"héllo {1 + 1}"
list(1..100000)
print("printed")
import stats
stats.median([1.0, 5.0, 2.0])
END
grep -qF "nothing is called \`f\` here" err && grep -qF "cell 5" err
grep -qF "index 5 is past the end" err
sed -i 's/^\[1, 2, 3, 4, .*\] : /[1, 2, 3, …] : /' out
shown "42 : int" "[1, 2, 3] : [int]" "14 : int" "2999998 : int" '["a": 1, "b": 2] : [string: int]' '[("b", 2)] : [(string, int)]' \
    '["x", "y"] : [string]' '["x", "y"] : [string]' '"<[3, 1, 2]>" : string' "3 : int" "Point(1.0, 2.5) : Point" "3.5 : float" \
    "<function lambda@1:1> : int -> int" "[5] : [int]" "<future> : future[int]" "42 : int" "3 : int" '"héllo 2" : string' "[1, 2, 3, …] : [int]" "printed" "2.0 : float"

# Streams and functions that a let has are kept as what makes them, with the values that they were made of: they work on the workers,
# and stay what they were when those names mean something else.
recipes() { cat <<'END'
let k = 3
let s = map x => x * k over 1..10
let k = 100
sum(s)
fn f(x) = x + 1
let t = map f over s where x => x % 2 == 0
list(t)
fn f(x) = x + 1000
list(t)
let s = map x => x + k over s
sum(s)
var v = 5
let u = take((map x => "{x}:{k}" over v..v+9), v - 2)
v = 50
list(u)
fn adder(n) = x => x + n
let add3 = adder(k + 3)
map add3 over 1..3 reduce sum
let fs = [add3, x => x * k, f]
map (g => g(1)) over fs
list(it)
import stats
let g = stats.median
g([1.0, 5.0, 9.0])
type Pair(a: int)
let ps = map x => Pair(x) over 1..2
list(ps)
type Pair(a: string)
list(ps)
let words = ["a", "b", "a"]
let ws = map (w => (w, 1)) over words
let words = 3
map p => p over ws reduce sum by key
map y => x => x + y over 1..2
map (q => q(1)) over it reduce sum
let two = (s, 3)
sum(two.0)
let mark = 7
let c = cache(map x => x * k over 1..3)
sum(c)
sum(c.skip(mark - 6))
fn f(a, b) = a + b
list(t)
END
}
for local in 0 1000000; do
    recipes | MR_LOCAL_MS=$local session
    shown "165 : int" "[7, 13, 19, 25, 31] : [int]" "[1006, 1012, 1018, 1024, 1030] : [int]" "1165 : int" \
        '["5:100", "6:100", "7:100"] : [string]' "315 : int" "<function stream@1:1> : stream[int]" "[104, 100, 1001] : [int]" "5.0 : float" \
        "[Pair(1), Pair(2)] : [Pair]" '["a": 2, "b": 1] : [string: int]' "<function stream@1:1> : stream[int -> int]" "5 : int" "1165 : int" \
        "600 : int" "500 : int"
    grep -qF "nothing is called \`ps\` here" err && grep -qF "what makes t:1:" err
done

# Programs from a file and from a pipe are as they are when they are compiled: no values, and the exit status.
echo 'print(args)
1 + 1
exit(args.len())' > program.mr
status=0; "$MRI" program.mr a b >out 2>err || status=$?
[ "$status" = 2 ] && shown '["a", "b"]'
status=0; "$MRI" < program.mr >out 2>err || status=$?
[ "$status" = 0 ] && shown '[]'
status=0; echo 'print(1 // 0)' | "$MRI" >out 2>err || status=$?
[ "$status" = 1 ] && grep -qF "division by zero" err

# What is typed first after a program knows what the program has declared.
echo 'fn twice(x) = 2 * x' > twice.mr
echo 'twice(21)' | "$MRI" -i twice.mr >out 2>err
shown "42 : int"

# Wrong usage, and an output that cannot be written.
expect() { # expect STATUS TEXT COMMAND...
    local wanted=$1 text=$2 status=0
    shift 2
    "$@" 2>err >out </dev/null || status=$?
    [ "$status" = "$wanted" ] && grep -qF -- "$text" err || { echo "$*: exit status $status"; cat err; exit 1; }
}
expect 2 "mri: unrecognized option '--nope'" "$MRI" --nope
expect 2 "Did you mean \`--workers\`?" "$MRI" --wrokers 3
expect 2 "a whole number from 1 to 4096" "$MRI" -n none
expect 1 "mri: cannot read none.mr: No such file" "$MRI" none.mr
if [ -w /dev/full ]; then
    status=0; echo '1 + 1' | "$MRI" -i 2>err >/dev/full || status=$?
    [ "$status" = 1 ] && grep -qF "mri: cannot write standard output" err
fi

# Commands.
session <<'END'
:type map x => (x, 1) over ["a"] reduce sum by key
let a = 1
:names
:core a + 1
:plan map x => x over 1..10 reduce sum
:nonsense
:t a
:quit
never
END
grep -qxF "[string: int]" out && grep -qxF "a : int" out && grep -qF "there is no command" err && grep -qF "several commands" err
grep -q "reduce.*sum" out && ! grep -q never err

session <<'END'
:help median
:help nosuch
let a = 1
:save saved.mr
:save saved.mr
:workers 4
map x => x over 1..1000000 reduce sum
:reset
a
END
shown "$("$MRI" -i <<< ':help stats.median')" "500000500000 : int" # the one in any module that has this name
grep -qF "stats.median : A -> float" out && grep -qF "nothing is called \`nosuch\`" err && grep -qF "File exists" err
grep -qF "nothing is called \`a\` here" err && [ "$(cat saved.mr)" = "let a = 1" ]

# Workers are threads, or processes with -n; either way there may be others.
printf ':workers 3\nmap x => x over 1..1000000 reduce sum\n:workers\n' | MR_LOCAL_MS=0 "$MRI" -i >out
shown "500000500000 : int" 3
printf 'map x => x over 1..1000000 reduce sum\n:workers 2\nmap x => x over 1..1000000 reduce sum\n:workers\n' | MR_LOCAL_MS=0 "$MRI" -n 4 -i >out
[ "$(grep -c "500000500000 : int" out)" = 2 ] && [ "$(grep -c "worker [01]: process [0-9]* on " out)" = 2 ] && [ "$(wc -l <out)" = 4 ]

# Cells come and go: memory does not grow with their number.
python3 - "$MRI" <<'END'
import subprocess, sys
mri = subprocess.Popen([sys.argv[1], "-n", "2", "-i"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
def resident():
    return int(next(l for l in open(f"/proc/{mri.pid}/status") if l.startswith("VmRSS")).split()[1])
for i in range(300):
    mri.stdin.write(f'let x = ["{i}"]\nx.len() + (map y => y * {i} over 1..100000 reduce sum)\n')
    assert int(mri.stdout.readline().split()[0]) == 1 + i * 100000 * 100001 // 2
    if i == 100: before = resident()
after = resident()
assert after < before + 2000, f"{before} kB, {after} kB after 200 more"
mri.stdin.close()
assert mri.wait(60) == 0
END

# What runs once is not optimised, which takes long: the top level outside of busy loops, and functions that nothing else calls. What is
# called in a loop, calls itself or has a loop is optimised, whoever calls it.
cat > p.mr <<'E2'
import random
fn once(x) = "{x + 1} and {x * 3}"
fn through(x) = once(x) + "."
fn fib(n) = if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
fn in_loop(x) = x * x % 1000 + int(random.uniform(1, x) * 10.0)
fn has_loop(n) {
    var sum = 0
    for i in 1..n { sum = (sum * 31 + i) % 1000003 }
    sum
}
fn shown(x) = "{x} {x}"
fn even(n) = n == 0 or odd(n - 1)
fn odd(n) = n != 0 and even(n - 1)
print(through(len(args)))
print(fib(20), has_loop(1000), even(10))
for x in args { print(shown(x)) }
var all = 0
while all < 100000 { all = all + 1 + in_loop(all) }
print(all)
E2
"$MRC" p.mr --emit=llvm -o p.ll
attributes() { # attributes FUNCTION: of its definition; what was inlined everywhere has none
    number=$(grep -E "^define .*@\"fn $1(\[[a-z]*\])?\"\(" p.ll | grep -o '#[0-9]*' | head -1)
    [ -z "$number" ] || grep "^attributes $number =" p.ll
}
for name in once through shown; do
    attributes $name | grep -q optnone || { echo "$name is optimised"; exit 1; }
done
for name in fib in_loop has_loop even odd; do
    if attributes $name | grep -q optnone; then echo "$name is not optimised"; exit 1; fi
done
attributes 'fib' | grep -q .
"$MRC" p.mr && "$MRC" -O0 p.mr -o plain
./p a b > out && ./plain a b | cmp - out

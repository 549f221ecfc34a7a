# Loops that make temporary values run in constant memory. Each of them makes more in all than the address space that it is given.
cat > loops.mr <<'E2'
type Tree = Leaf | Node(Tree, string, Tree)
let n = 6000
let long = repeat("0123456789", 2000)

fn row(i) {
    var xs = []
    for x in 1..20000 { xs.push(x + i) }
    xs
}
fn tree(depth, i) = if depth == 0 { Leaf } else { Node(tree(depth - 1, i), "{i} {long[0..50]}", tree(depth - 1, i + 1)) }
fn failing(xs: [int]) -> [int] = if len(xs) > 0 { fail("{len(xs)} {long}") } else { xs }

var total = 0
match args[0] {
    "strings" => {
        var last = ""
        for i in 1..n * 5 {
            let s = "{i} {long}"
            if i % 2 == 0 { last = upper(s) + s }
            total += len(last)
        }
    }
    "lists" => {
        var last: [[int]] = []
        for i in 1..n {
            let xs = row(i)
            last = [xs, reverse(xs), xs + [i]]
            total += len(last) + last[1][0]
        }
    }
    "maps" => {
        for i in 1..n {
            var m: [string: [int]] = [:]
            for k in 1..300 { m["{i} {k} {long[0..100]}"] = [k, i] }
            let s = set(map k => (k, "{i}{k}") over 1..500)
            for (k, v) in m { total += len(k) + v[0] }
            total += len(s)
        }
    }
    "trees" => {
        for i in 1..n * 2 {
            let t = tree(8, i)
            total += if t == tree(8, i) { 1 } else { 0 }
        }
    }
    "functions" => {
        for i in 1..n {
            let xs = row(i)
            let f = x => xs[x] + len(long)
            let g = (x: int) => f(x) + f(x + 1)
            total += g(1) + (map x => g(x) over 1..2 reduce sum)
        }
    }
    "errors" => {
        for i in 1..n {
            let xs = row(i)
            total += try { len(failing(xs)) } catch e { len(e.message) + len(xs) }
        }
    }
    _ => {
        for i in 1..n // 12 {
            let m = map x => (x % 10, [x, i]) over 1..4000 reduce (+) by key
            total += len(m[3])
        }
    }
}
print(total)
E2
"$MRC" loops.mr
for kind in strings lists maps trees functions errors jobs; do
    (ulimit -v 500000 && exec env MR_WORKERS=1 timeout 100 ./loops $kind) >out 2>err || { echo "$kind: failed"; head -3 err; exit 1; }
done

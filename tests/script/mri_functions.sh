# Functions and streams that a cell has left as values, which are no recipes, are called and walked by later cells, here and by workers, threads and processes: they
# keep what they read, whatever their names mean later, and go when nothing has them any more.
MRI=$(dirname "$MRC")/mri
cat >cells <<'END'
let k = 5
let big = list(1..1000)
fn helper(x) = x * k + big[3]
fn deep(x) = if x < 0 { 0 } else { helper(x) }
let fs = if k > 0 { [x => x + k, x => deep(x)] } else { [] }
let a = "x"
let b = "y"
map x => fs[0](x) + fs[1](x) over 1..1000 reduce sum
let k = 1000
fs[1](2)
let s = if k > 0 { map x => helper(x) over 1..1000 where x => x % 2 == 0 } else { map x => x over 1..1 }
let k = 3
let k = 1000
reduce sum over s
map x => x + k over s reduce max
let fs = if k > 0 { fs + [x => x * 2] } else { fs }
map x => fs[x % 3](x) over 1..1000 reduce sum
let add = if k > 0 { (n => (x => x + n))(7) } else { x => x }
let each = if k < 0 { f => 0 } else { f => (map f over 1..1000 reduce sum) }
each(add)
each(x => add(fs[2](x)))
let words_of = (t => words_in(t))
flatmap words_of over ["a b", "c d e"] reduce count
let loud = if k > 0 { (x: int) => { print("saw {x}"); x } } else { x => x }
map loud over 1..3 reduce sum
let checked = if k > 0 { [x => try { 1 // x } catch e { -1 }] } else { [] }
map x => checked[0](x) over 0..2 reduce list
let f = async (map x => fs[1](x) over 1..1000 reduce sum)
await f
let kept = if k > 0 { (take(s, 3), [s]) } else { (s, [s]) }
list(kept.0)
map x => sum(kept.1[0]) + x over 1..3 reduce list
END
cat >expected <<'END'
3012000 : int
14 : int
250502000 : int
1001004 : int
1338669 : int
507500 : int
1008000 : int
5 : int
saw 1
saw 2
saw 3
6 : int
[-1, 1, 0] : [int]
2506500 : int
[2004, 4004, 6004] : [int]
[250502001, 250502002, 250502003] : [int]
END
for local in 0 ""; do
    for workers in "" "-n 1" "-n 3"; do
        MR_LOCAL_MS=$local timeout 30 "$MRI" $workers -i <cells >out 2>err || { cat err; exit 1; }
        [ ! -s err ] || { cat err; exit 1; }
        diff out expected
    done
done
# A let may take the name of a function, and a function that of a let.
printf 'fn h(x) = x\nlet h = 3\nh\nfn h(x) = [x]\nh(h(1))\n' | "$MRI" -i >out
printf '3 : int\n[[1]] : [[int]]\n' | diff out -

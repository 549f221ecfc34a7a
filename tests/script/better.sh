# Large cells run at once, compiled quickly, and are replaced while they run: what they print is the same whenever that is, and also where
# it comes when they are over.
MRI=$(dirname "$MRC")/mri
cat > cells.mr <<'E2'
import plot
import stats
type Tree = Leaf | Node(Tree, int, Tree)
fn insert(t: Tree, x: int) -> Tree = match t {
    Leaf => Node(Leaf, x, Leaf)
    Node(l, y, r) => if x < y { Node(insert(l, x), y, r) } else { Node(l, y, insert(r, x)) }
}
fn depth(t: Tree) -> int = match t { Leaf => 0, Node(l, _, r) => 1 + max(depth(l), depth(r)) }
fn slow(i) = map j => (i * j) % 13 over 1..1000 reduce sum
plot.text(plot.line(map i => (i, slow(i)) over 1..2000))
plot.svg(plot.histogram(map i => float(slow(i) % 97) over 1..2000)).len()
(depth(insert(insert(Leaf, 3), 5)), plot.bar(map i => ("{i % 7}", slow(i)) over 1..3000 reduce sum by key).layers)
plot.scatter(map f => (f(1.0), stats.median(list(map i => f(float(i)) over 1..1000))) over [x => x + 1.5, x => x * 2.0]).layers
plot.heatmap(map i => ((i % 5, i % 3), slow(i)) over 1..2000 reduce mean by key).layers.len()
plot.line(map i => (i, 1000 // (i - 1500)) over 1..2000).layers.len()
plot.counts([], 0.0, 1.0).title
plot.line([(1, 2)]).title
E2
"$MRI" -O0 -i < cells.mr > plain 2> plain_errors
grep -qF "division by zero" plain_errors && [ "$(wc -l < plain)" = 6 ]
for patience in -1 0 40; do
    MR_BETTER_MS=$patience timeout 300 "$MRI" -i < cells.mr > out 2> errors
    cmp plain out && cmp plain_errors errors
done

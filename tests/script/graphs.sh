# --emit=ast-dot and core-dot are graphs in Graphviz's language: every node that an edge names is there, all text is quoted.
cat > odd.mr <<'MR'
type Shape = Circle(r: float) | Dot
let text = "a \"quoted\" \\ {1 + 2:>4}\n"
fn area(s) = match s { Circle(r) => r * r, Dot => 0.0 }
fn twice(f, x) = f(f(x))
let shapes = [Circle(1.0), Dot]
print(text, map area over shapes reduce sum, twice(x => x + len(text), 3))
MR
for program in odd.mr "$ROOT/examples/wordcount.mr"; do
    for phase in ast-dot core-dot; do
        "$MRC" --emit=$phase "$program" > graph.dot
        python3 - graph.dot <<'PY'
import re, sys
lines = open(sys.argv[1]).read().split("\n")
assert re.fullmatch(r"digraph \w+ \{", lines[0]) and lines[-2:] == ["}", ""], "no graph"
text = r'"(?:[^"\\]|\\.)*"'
value = rf"(?:{text}|\w+)"
attributes = rf"\[\w+={value}(?:, \w+={value})*\]"
nodes, ends = set(), set()
for line in lines[1:-2]:
    edge = re.fullmatch(rf"  (\w+) -> (\w+)(?: {attributes})?;", line)
    node = re.fullmatch(rf"  (\w+) {attributes};", line)
    assert edge or node, f"no statement of a graph: {line}"
    ends |= set(edge.groups()) if edge else set()
    nodes |= {node[1]} if node else set()
assert len(nodes) > 3 and ends and ends <= nodes, f"edges without their nodes: {ends - nodes}"
PY
        ! command -v dot > /dev/null || dot -Tsvg graph.dot > graph.svg
    done
done
# Every job and function of --emit=core is a box.
[ "$("$MRC" --emit=core odd.mr | grep -cE '^(fn|closure|stream|job) ')" = "$("$MRC" --emit=core-dot odd.mr | grep -cE '^  (fn|job)[0-9]+ \[label')" ]

# A breakpoint on a line of an mr program stops there, and the backtrace names the mr function.
command -v gdb >/dev/null || { echo "gdb is not installed"; exit 77; }
cat > demo.mr <<'E2'
fn twice(x) {
    let y = x * 2
    y + 1
}
print(twice(20))
E2
"$MRC" -g -O0 demo.mr
gdb -q -batch -nx -ex 'set debuginfod enabled off' -ex 'set breakpoint pending on' -ex 'break demo.mr:3' -ex run -ex backtrace -ex continue ./demo >out 2>&1 </dev/null || { cat out; exit 1; }
grep -q 'Breakpoint 1.*demo.mr:3' out || { cat out; exit 1; }
grep -q 'twice' out || { cat out; exit 1; }
grep -q '^41' out || { cat out; exit 1; }

# A part of the input that workers die of, one after another, fails the job with its place in the input and how the last one died. One
# that others can do costs nothing but time.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > poison.mr <<'E2'
extern fn raise(signal: int) -> int
fn f(i) {
    sleep(0.001)
    if i == 300 and raise(9) > 0 { 0 } else { i }
}
print(map f over 1..600 reduce sum)
E2
"$MRC" -O0 poison.mr
status=0; timeout 30 "$MRRUN" -n 3 ./poison >out 2>err || status=$?
[ "$status" = 1 ] || { echo "exit status $status, expected 1"; cat err; exit 1; }
grep -q '^error: element 299: 3 workers died of this part of the input.*killed by signal 9' err || { cat err; exit 1; }
[ "$(grep -c 'was lost' err)" = 3 ] || { echo "more or fewer than three were risked"; cat err; exit 1; }
nothing_left
mkdir plays
seq 1 100000 > plays/one.txt
{ seq 1 50000; echo POISON; seq 1 60000; } > plays/two.txt
cat > text.mr <<'E2'
extern fn raise(signal: int) -> int
fn f(line) = if line == "POISON" { raise(9) } else { 1 }
print(map f over lines("plays/*.txt") reduce sum)
E2
"$MRC" -O0 text.mr
status=0; timeout 30 "$MRRUN" -n 3 --retries 2 ./text >out 2>err || status=$?
[ "$status" = 1 ] || { echo "exit status $status, expected 1"; cat err; exit 1; }
grep -q '^error: plays/two.txt, bytes [0-9]*–[0-9]*: 2 workers died of this part of the input' err || { cat err; exit 1; }
nothing_left

# A run that is watched: the bars on terminals of 80 and 40 columns, below what the program prints, while a worker is killed; where there
# are none; a stopped and continued run; traces and events that add up.
cat > spoken.mr <<'MR'
fn slow(i: int) {
    sleep(0.01)
    if i % 50 == 0 { log("at element {i}") }
    i
}
let total = async map slow over 1..360 reduce sum
var line = 0
while not wait([total], 0.03) {
    print("line {line} of the program")
    line += 1
}
print("in all {await total}, after {line} lines")
MR
{ cat spoken.mr; echo 'exit(7)'; } > leaving.mr
cat > short.mr <<'MR'
print(map i => i * i over 1..100000 reduce sum)
MR
cat > computes.mr <<'MR'
fn busy(i: int) {
    var s = i
    for j in 1..3000 { s = (s *% 31 +% j) % 1000003 }
    (s % 100, 1)
}
print(map busy over 1..30000 reduce sum)
MR
sed -i 's/reduce sum)$/reduce sum by key)/; s/^print(map busy/print(len(map busy/; s/by key)$/by key))/' computes.mr
cat > lasting.mr <<'MR'
fn slow(i: int) {
    sleep(0.1)
    i
}
print(map slow over 1..57 reduce sum)
MR
sed -i 's/ by key)$/)/' short.mr
for program in spoken short computes lasting; do "$MRC" -O1 $program.mr -o $program; done
MR_LOCAL_MS=0 timeout 60 "$MRRUN" -n 1 ./lasting >plain.out 2>plain.err &  # no terminal: a line after five seconds
plain=$!
python3 "$ROOT/tests/script/lib/watched.py"
wait $plain
[ "$(cat plain.out)" = 1653 ]
grep -qE '^mrrun: job [0-9]+ %, .*/s, 0:0[0-9] left; 0:0[56], 1 of 1 worker busy$' plain.err || { cat plain.err; exit 1; }
[ "$(wc -l <plain.err)" = 1 ]
status=0
timeout 60 "$MRRUN" --trace no/such/folder/trace.json ./short >out 2>err || status=$?
[ $status = 1 ] && [ ! -s out ] && grep -qF "mrrun: cannot write no/such/folder/trace.json: No such file" err || { cat out err; exit 1; }

# A worker that is killed ends the run with an error that names it, and leaves nothing behind.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > slow.mr <<'E2'
fn wait(i) {
    sleep(0.05)
    i
}
print(map wait over 1..2000 reduce sum)
E2
"$MRC" slow.mr
"$MRRUN" -n 4 ./slow >out 2>err &
run=$!
for i in $(seq 100); do [ "$(ours | wc -l)" -ge 6 ] && break; sleep 0.05; done
sleep 0.3
# The root and the parent of all are ours too; a worker is named as such in the name of its process.
victim=$(for pid in $(ours); do grep -q '^mr-worker' "/proc/$pid/comm" && echo "$pid"; done | tail -n 1) || true
[ -n "$victim" ] || { echo "no worker found among $(ours)"; cat err; exit 1; }
kill -9 "$victim"
status=0; wait $run || status=$?
[ "$status" = 1 ] || { echo "exit status $status, expected 1"; cat err; exit 1; }
grep -q 'worker' err && grep -qi 'kill' err || { echo "the message does not say that a worker was killed:"; cat err; exit 1; }
nothing_left

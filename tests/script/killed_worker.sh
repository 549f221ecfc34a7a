# A worker that is killed costs nothing but time: others do its work again, which is said, the output is the same, and nothing is left
# behind. Without anybody to go on the run ends, with an error that says how the last one died.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > slow.mr <<'E2'
fn wait(i) {
    sleep(0.05)
    i
}
print(map wait over 1..600 reduce sum)
E2
"$MRC" slow.mr
kill_one() { # kill_one OPTIONS: of a run with these options, kills one worker; its status is then in $status
    "$MRRUN" "$@" ./slow >out 2>err &
    run=$!
    victim=""
    # The root and the parent of all are ours too; a worker is named as such in the name of its process.
    for i in $(seq 100); do
        victim=$(for pid in $(ours); do ! grep -q '^mr-worker' "/proc/$pid/comm" || echo "$pid"; done | tail -n 1) || true
        [ -z "$victim" ] || break
        sleep 0.05
    done
    [ -n "$victim" ] || { echo "no worker found among $(ours)"; cat err; exit 1; }
    sleep 0.3
    kill -9 "$victim"
    status=0; wait $run || status=$?
}
kill_one -n 8
[ "$status" = 0 ] && [ "$(cat out)" = 180300 ] || { echo "exit status $status, expected 0"; cat out err; exit 1; }
grep -q 'worker .* was lost: killed by signal 9.*mapped again' err || { echo "what was lost is not said:"; cat err; exit 1; }
nothing_left
kill_one -n 1 --no-respawn
[ "$status" = 1 ] || { echo "exit status $status, expected 1"; cat err; exit 1; }
grep -q 'no worker is left: worker 0 .* was lost: killed by signal 9' err || { echo "why it ended is not said:"; cat err; exit 1; }
nothing_left

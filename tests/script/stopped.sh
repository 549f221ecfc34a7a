# A process of a run that is stopped (SIGSTOP) or killed, whichever it is: a worker's work is done by others, else the run ends soon,
# with status 1 and an error that says why, and nothing is left behind. mrrun itself may be stopped for a while.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > slow.mr <<'E2'
fn wait(i) {
    sleep(0.05)
    i
}
print(map wait over 1..240 reduce sum)
E2
"$MRC" slow.mr
send() { # send SIGNAL COMM SECONDS STATUS TEXT: to the process whose name begins with COMM
    local signal=$1 comm=$2 seconds=$3 wanted=$4 text=$5 status=0 victim="" began
    "$MRRUN" -n 3 ./slow >out 2>err &
    local run=$!
    for i in $(seq 100); do [ "$(ours | wc -l)" -ge 5 ] && break; sleep 0.05; done
    sleep 0.2
    for pid in $(ours); do ! grep -q "^$comm" "/proc/$pid/comm" || victim=$pid; done
    [ -n "$victim" ] || { echo "no $comm found"; exit 1; }
    began=$(date +%s)
    kill "-$signal" "$victim"
    wait $run || status=$?
    local took=$(($(date +%s) - began))
    [ "$status" = "$wanted" ] || { echo "$signal to $comm: exit status $status, expected $wanted"; cat out err; exit 1; }
    [ -z "$text" ] || grep -q "$text" err || { echo "$signal to $comm: the error does not say \`$text\`"; cat err; exit 1; }
    [ "$took" -le "$seconds" ] || { echo "$signal to $comm: the end took $took s"; exit 1; }
    nothing_left
}
send STOP mr-worker 14 0 'worker . .* was lost: nothing was heard of it'
send STOP mr-root 7 1 "main process .* was lost: nothing was heard of it"
send STOP mr-parent 9 0 ""
send KILL mr-root 2 1 "main process .* was lost: killed by signal 9"
send TERM mr-root 2 1 "main process .* was lost: killed by signal 15"
send KILL mr-parent 1 1 "the process that watches over root and workers ended"
"$MRRUN" -n 3 ./slow >out 2>err &
run=$!
sleep 0.5; kill -STOP $run; sleep 6; kill -CONT $run
wait $run
[ "$(cat out)" = 28920 ] || { echo "after mrrun was stopped:"; cat out err; exit 1; }
nothing_left

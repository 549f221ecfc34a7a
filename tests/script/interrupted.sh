# Ctrl-C ends everything with status 130 and leaves nothing behind; so does the death of mrrun itself.
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
interrupt() { # interrupt SIGNAL STATUS COMMAND...
    local signal=$1 wanted=$2 status=0
    shift 2
    # An asynchronous command of a script ignores SIGINT; a session leader of its own does not.
    python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' "$@" >out 2>err &
    local run=$!
    for i in $(seq 100); do [ "$(ours | wc -l)" -ge 1 ] && break; sleep 0.05; done
    sleep 0.5
    kill "-$signal" $run
    wait $run || status=$?
    [ "$status" = "$wanted" ] || { echo "$*: exit status $status, expected $wanted"; cat err; exit 1; }
    nothing_left
}
interrupt INT 130 "$MRRUN" -n 4 ./slow
interrupt TERM 143 "$MRRUN" -n 4 ./slow
interrupt KILL 137 "$MRRUN" -n 4 ./slow
interrupt INT 130 "$PWD/slow"

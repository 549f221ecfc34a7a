# Whatever a stranger says to the sockets of a run, the run goes on and its result is the same.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
${CC:-cc} -std=gnu11 -I"$ROOT" "$ROOT/tests/script/lib/stranger.c" "$BUILD/lib/libmrt.a" -lzmq -lpthread -lm -o "$TMPDIR/../stranger"
cat > slow.mr <<'E2'
fn wait(i) {
    sleep(0.02)
    "{i}"
}
let words = list(map wait over 1..100)
print(map (w => { sleep(0.02); w }) over words reduce (a, b) => "({a} {b})")
E2
"$MRC" slow.mr
./slow >expected
for seed in 1 2 3; do
    "$MRRUN" -n 3 ./slow >out 2>err &
    run=$!
    for i in $(seq 100); do [ "$(find tmp -name 'worker-*' | wc -l)" = 3 ] && [ -e tmp/mr-*/root ] && break; sleep 0.02; done
    sleep 0.1
    for i in 1 2 3; do ./stranger tmp/mr-* $seed$i >said; done
    status=0; wait $run || status=$?
    [ "$status" = 0 ] || { echo "exit status $status with seed $seed"; cat err; exit 1; }
    cmp expected out
    grep -q "5 sockets" said || { cat said; exit 1; }
    grep -q "dropped a datagram" err || { echo "nothing was dropped"; cat err; exit 1; }
    nothing_left
done

# The engine ends the run, or is killed: every process ends, and nothing is left behind.
. "$ROOT/tests/slurm/lib/lib.sh"
program long <<'E3'
fn wait(i) {
    sleep(0.05)
    i
}
print(map wait over 1..4000 reduce sum)
E3

# Begins a step, and waits for its six workers.
begin() {
    "$@" >out 2>err &
    run=$!
    wait_for 6 'mr-worker-.*'
}
ended() {
    status=0; wait $run || status=$?
    # salloc ends with 0 when its command was killed.
    [ "$status" != 0 ] || [ "$2" = salloc ] || { echo "$1: exit status 0"; cat err; exit 1; }
    [ ! -s out ] || { echo "$1: a result was printed"; exit 1; }
    all_gone
}

begin srun --job-name=long -n 6 ./long; scancel --name=long; ended scancel srun
begin salloc -Q --job-name=long -n 6 "$MRRUN" ./long; kill -9 "$(pgrep -P $run mrrun)"; ended "kill -9 of mrrun" salloc
[ -n "${LONG:-}" ] || exit 0
begin srun --job-name=long -n 6 ./long; kill -9 $run; scancel --name=long; ended "kill -9 of srun" srun
begin srun --job-name=long -n 6 ./long; kill -INT $run; sleep 0.2; kill -INT $run; ended "an interrupt" srun
begin salloc -Q --job-name=long -n 6 "$MRRUN" ./long; kill -TERM "$(pgrep -P $run mrrun)"; ended "SIGTERM of mrrun" salloc
begin salloc -Q --job-name=long -n 6 "$MRRUN" ./long; scancel --name=long; ended "scancel of an allocation" salloc

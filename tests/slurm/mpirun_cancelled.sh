# mpirun is interrupted or killed: every process ends, and nothing is left behind.
. "$ROOT/tests/slurm/lib/lib.sh"
command -v mpirun >/dev/null || { echo "needs mpirun: apt-get install openmpi-bin"; exit 77; }
mpi=(mpirun --oversubscribe)
[ "$(id -u)" != 0 ] || mpi+=(--allow-run-as-root)
program long <<'E3'
fn wait(i) {
    sleep(0.05)
    i
}
print(map wait over 1..4000 reduce sum)
E3
for signal in INT KILL ${LONG:+TERM}; do
    "${mpi[@]}" -n 4 ./long >out 2>err &
    run=$!
    wait_for 4 'mr-worker-.*'
    kill -$signal $run
    status=0; wait $run || status=$?
    [ "$status" != 0 ] || { echo "SIG$signal: exit status 0"; cat err; exit 1; }
    [ ! -s out ] || { echo "SIG$signal: a result was printed"; exit 1; }
    all_gone
done

# Workers and whole ranks of a step are killed: the others do their work, the output is the same to the byte, and nothing is left.
. "$ROOT/tests/slurm/lib/lib.sh"
program slow <<'E3'
fn square(i) {
    sleep(0.05)
    i * i
}
print(map square over 1..400 reduce sum)
E3
echo 21413400 >slow.expected
faults=0
victim() { named "$1" | shuf -n 1; }

# Kills a process of that name: PATTERN COMMAND...
killing() {
    local pattern=$1 run status=0 pid
    shift
    timeout 90 "$@" >out 2>err &
    run=$!
    wait_for 6 'mr-worker-.*'
    pid=$(victim "$pattern")
    kill -9 "$pid"
    faults=$((faults + 1))
    wait $run || status=$?
    # srun tells that a task was killed, whatever became of the others.
    [ "$status" = 0 ] || { [ "$pattern" = 'mr-rank-[1-9].*' ] && [ "$status" = 137 ]; } || { echo "$*: exit status $status"; cat err; exit 1; }
    cmp out slow.expected || { echo "killed $pattern: another output"; cat err; exit 1; }
    all_gone
}

step=(srun -n 6 --no-kill --kill-on-bad-exit=0 ./slow)
rounds=${ROUNDS:-${LONG:+10}}
for _ in $(seq "${rounds:-1}"); do
    killing 'mr-worker-.*' "${step[@]}"
    killing 'mr-worker-0' "${step[@]}"
    killing 'mr-rank-[1-9].*' "${step[@]}"
    killing 'mr-worker-.*' salloc -Q -n 6 "$MRRUN" ./slow
done
echo "$faults processes were killed; no output differed"

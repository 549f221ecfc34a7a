# Workers and whole ranks of mpirun are killed: the others do their work, the output is the same to the byte, and nothing is left.
. "$ROOT/tests/slurm/lib/lib.sh"
command -v mpirun >/dev/null || { echo "needs mpirun: apt-get install openmpi-bin"; exit 77; }
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
    [ "$status" = 0 ] || { echo "$*: exit status $status"; cat err; exit 1; }
    cmp out slow.expected || { echo "killed $pattern: another output"; cat err; exit 1; }
    all_gone
}

step=(mpirun --oversubscribe --enable-recovery)
[ "$(id -u)" != 0 ] || step+=(--allow-run-as-root)
step+=(-n 6 ./slow)
rounds=${ROUNDS:-${LONG:+10}}
for _ in $(seq "${rounds:-1}"); do
    killing 'mr-worker-.*' "${step[@]}"
    killing 'mr-worker-0' "${step[@]}"
    killing 'mr-rank-[1-9].*' "${step[@]}"
done
echo "$faults processes were killed; no output differed"

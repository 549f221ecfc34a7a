# Workers and whole ranks of mpirun are killed: the others do their work, the output is the same to the byte, and nothing is left.
. "$ROOT/tests/slurm/lib/lib.sh"
command -v mpirun >/dev/null || { echo "needs mpirun: apt-get install openmpi-bin"; exit 77; }
. "$ROOT/tests/slurm/lib/killing.sh"

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

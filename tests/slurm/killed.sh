# Workers and whole ranks of a step are killed: the others do their work, the output is the same to the byte, and nothing is left.
. "$ROOT/tests/slurm/lib/lib.sh"
rank_killed=137
. "$ROOT/tests/slurm/lib/killing.sh"

step=(srun -n 6 --no-kill --kill-on-bad-exit=0 ./slow)
rounds=${ROUNDS:-${LONG:+10}}
for _ in $(seq "${rounds:-1}"); do
    killing 'mr-worker-.*' "${step[@]}"
    killing 'mr-worker-0' "${step[@]}"
    killing 'mr-rank-[1-9].*' "${step[@]}"
    killing 'mr-worker-.*' salloc -Q -n 6 "$MRRUN" ./slow
done
echo "$faults processes were killed; no output differed"

# A rank that comes late, when the program has long ended; and one that never comes, which is named after half a minute (LONG=1).
. "$ROOT/tests/slurm/lib/lib.sh"
slow_program
expect 0 slow.expected srun -n 3 bash -c '[ "$SLURM_PROCID" != 2 ] || sleep 8; exec ./slow'
[ ! -s err ] || { cat err; exit 1; }
all_gone
[ -n "${LONG:-}" ] || exit 0
expect 0 slow.expected srun -n 3 bash -c '[ "$SLURM_PROCID" != 2 ] || exec sleep 35; exec ./slow'
grep -q '1 of 3 ranks have not come after 30 seconds (2); the program has ended' err || { cat err; exit 1; }
all_gone
# Without rank 0 nothing begins, and the others say so.
status=0; srun -n 2 bash -c '[ "$SLURM_PROCID" != 0 ] || exec sleep 35; exec ./slow' >out 2>err || status=$?
[ "$status" = 1 ] && grep -q 'no sign of rank 0 after 30 seconds' err && grep -q "$MR_RENDEZVOUS" err || { echo "status $status"; cat err; exit 1; }
all_gone

# The program itself as the ranks of `srun`: the same bytes as alone, rank 0's status, standard input at the root, nothing left behind.
. "$ROOT/tests/slurm/lib/lib.sh"
slow_program
program hello <<'E3'
print("hello, {args}")
exit(3)
E3
program count <<'E3'
print(map (w) => 1 over words("-") reduce sum)
E3
status=0; ./hello a "b c" >hello.expected || status=$?
[ "$status" = 3 ]
seq 200000 >numbers; ./count <numbers >count.expected

expect 0 slow.expected srun -n 6 ./slow
expect 3 hello.expected srun -n 6 ./hello a "b c"
expect 3 hello.expected srun -n 2 ./hello a "b c"
expect 3 hello.expected srun -n 1 ./hello a "b c"
expect 0 count.expected srun -n 6 ./count <numbers
expect 0 count.expected srun -N 3 --input=0 ./count <numbers

# Programs one after another in one step find their own.
cat slow.expected slow.expected >twice.expected
expect 0 twice.expected srun -n 4 bash -c './slow; ./slow'

# By hand in an allocation, without srun: alone, also in a script that was submitted from a step.
expect 3 hello.expected salloc -Q -n 4 "$PWD/hello" a "b c"
printf '#!/bin/bash\ncd %q\n./hello a "b c"\n' "$PWD" >job.sh
expect 3 /dev/null sbatch -Q -W -n 4 -o batch.out job.sh
cmp batch.out hello.expected
rm batch.out
timeout 60 srun -n 2 bash -c '[ "$SLURM_PROCID" = 1 ] || sbatch -Q -W -n 2 -o batch.out job.sh' 2>/dev/null || true
cmp batch.out hello.expected

# The directory must be one that all see.
status=0; MR_RENDEZVOUS=/nowhere/at/all timeout 60 srun -n 2 ./slow >out 2>err || status=$?
[ "$status" = 1 ] && grep -q /nowhere/at/all err || { echo "status $status"; cat err; exit 1; }
all_gone

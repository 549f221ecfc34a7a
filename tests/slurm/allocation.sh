# mrrun inside of an allocation: its nodes, its tasks; by hand in salloc's shell, in a batch script, as a step's only task.
. "$ROOT/tests/slurm/lib/lib.sh"
slow_program
program count <<'E3'
print(map (w) => 1 over words("-") reduce sum)
E3
program status <<'E3'
print("to the end")
exit(5)
E3
seq 200000 >numbers; ./count <numbers >count.expected
echo "to the end" >status.expected

expect 0 slow.expected salloc -Q -N 3 "$MRRUN" ./slow
expect 0 slow.expected salloc -Q -n 5 "$MRRUN" ./slow
expect 0 slow.expected salloc -Q -n 2 "$MRRUN" -n 4 ./slow
expect 0 count.expected salloc -Q -N 3 "$MRRUN" ./count <numbers
expect 5 status.expected salloc -Q -N 2 "$MRRUN" ./status
expect 0 slow.expected srun -n 1 "$MRRUN" ./slow

# Who has how many.
places() { salloc -Q "$@" "$MRRUN" --dry-run ./slow | grep '^worker' | tr '\n' ';'; }
[ "$(places -n 5)" = "workers 0 to 1: mr1;workers 2 to 3: mr2;worker 4: mr3;" ] || { places -n 5; exit 1; }
[ "$(places -N 3)" = "worker 0: mr1;worker 1: mr2;worker 2: mr3;" ] || { places -N 3; exit 1; }
[ "$(places -N 2 --exclusive)" = "workers 0 to 1: mr1;workers 2 to 3: mr2;" ] || { places -N 2 --exclusive; exit 1; }

# In a batch script, whose own node needs no srun.
printf '#!/bin/bash\ncd %q\n%q -v ./slow 2>batch.err\n' "$PWD" "$MRRUN" >job.sh
expect 0 /dev/null sbatch -Q -W -n 6 -o batch.out job.sh
cmp batch.out slow.expected || { cat batch.out batch.err; exit 1; }

# What the user says goes before what is around.
expect 0 slow.expected salloc -Q -N 3 "$MRRUN" --launcher local -n 2 ./slow
[ "$(salloc -Q -N 3 "$MRRUN" --host elsewhere --dry-run ./slow | grep '^worker')" = "worker 0: elsewhere" ]
status=0; "$MRRUN" --launcher slurm ./slow 2>err || status=$?
[ "$status" = 2 ] && grep -q salloc err || { cat err; exit 1; }
status=0; srun -n 2 "$MRRUN" ./slow 2>err || status=$?
[ "$status" = 2 ] && grep -q "started mrrun 2 times" err || { cat err; exit 1; }
all_gone

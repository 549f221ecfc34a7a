# The program itself as the ranks of Open MPI's mpirun.
. "$ROOT/tests/slurm/lib/lib.sh"
command -v mpirun >/dev/null || { echo "needs mpirun: apt-get install openmpi-bin"; exit 77; }
mpi=(mpirun --oversubscribe)
[ "$(id -u)" != 0 ] || mpi+=(--allow-run-as-root)
slow_program
program hello <<'E3'
print("hello, {args}")
exit(3)
E3
program count <<'E3'
print(map (w) => 1 over words("-") reduce sum)
E3
./hello a "b c" >hello.expected || true
seq 200000 >numbers; ./count <numbers >count.expected
expect 0 slow.expected "${mpi[@]}" -n 8 ./slow
expect 3 hello.expected "${mpi[@]}" -n 8 ./hello a "b c"
expect 3 hello.expected "${mpi[@]}" -n 1 ./hello a "b c"
expect 0 count.expected "${mpi[@]}" -n 4 ./count <numbers
rmdir meet; unset MR_RENDEZVOUS
expect 0 slow.expected "${mpi[@]}" -n 3 ./slow
[ -d home/.cache/mr ] && [ -z "$(ls -A home/.cache/mr)" ]
mkdir meet
all_gone

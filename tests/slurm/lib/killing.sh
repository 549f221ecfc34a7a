# killing.sh: killing the processes of a slow program that an engine runs. Sourced, after lib.sh.
program slow <<'E3'
fn square(i) {
    sleep(0.05)
    i * i
}
print(map square over 1..400 reduce sum)
E3
echo 21413400 >slow.expected
faults=0
rank_killed=${rank_killed:-0} # the engine's status when a whole rank was killed, whatever became of the others
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
    [ "$status" = 0 ] || { [ "$pattern" = 'mr-rank-[1-9].*' ] && [ "$status" = "$rank_killed" ]; } || { echo "$*: exit status $status"; cat err; exit 1; }
    cmp out slow.expected || { echo "killed $pattern: another output"; cat err; exit 1; }
    all_gone
}

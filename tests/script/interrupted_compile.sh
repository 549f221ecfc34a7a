# A compile that is interrupted leaves nothing behind, neither where temporary files are nor where the program was to be.
export TMPDIR=$PWD/temporary
mkdir temporary out
{
    echo 'import lists'
    for i in $(seq 60); do echo "fn f$i(x) = map y => x * y + $i over 1..x where y => y % $i != 3 reduce (sum, max, list)"; done
    for i in $(seq 60); do echo "print(f$i($i))"; done
    echo 'test "goes on" { sleep(30.0) }'
} > large.mr
# The linker's own temporary files begin with its name; those of one that is killed by SIGKILL are not mrc's to remove.
left() { ls -A temporary out; }
before=$(left)
for signal in INT TERM HUP KILL; do
    for delay in 0.1 0.3; do
        status=0
        timeout -s $signal $delay "$MRC" large.mr -o out/large 2>err || status=$?
        [ $status = 0 ] && rm out/large
        [ $signal = KILL ] && rm -f out/*
        [ "$(left)" = "$before" ] || { echo "SIG$signal after $delay s leaves behind:"; left; exit 1; }
    done
done
# A program that mrc runs for its tests has no name any more while it runs.
for delay in 0.5 2; do
    timeout -s INT $delay "$MRC" test large.mr >out.txt 2>&1 || true
    [ "$(left)" = "$before" ] || { echo "mrc test after $delay s leaves behind:"; left; exit 1; }
done

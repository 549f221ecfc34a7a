# Standard output that is closed or full is an error; one that nobody reads any more ends the program without a word, with status 141.
cat > noisy.mr <<'E2'
fn show(i) {
    print("element {i}")
    i
}
for i in 1..20000 {
    print("line {i}")
}
print(map show over 1..20000 reduce sum)
E2
cat > late.mr <<'E2'
fn show(i) {
    print("element {i}")
    1000 // (i - 1000)
}
print(map show over 1..2000 reduce sum)
E2
echo 'print("hello")' > hello.mr
for program in noisy late hello; do "$MRC" $program.mr; done
expect() { # expect STATUS TEXT: of the command before, whose status is in $status, with TEXT as its only error
    [ "$status" = "$1" ] || { echo "$command: exit status $status, expected $1"; cat err; exit 1; }
    if [ -z "$2" ]; then [ ! -s err ]; else grep -q "$2" err; fi || { echo "$command: the error should be \`$2\`"; cat err; exit 1; }
}
for launcher in "" "$MRRUN -n 2"; do
    for program in noisy hello; do
        command="$launcher ./$program"
        status=0; timeout 20 $command >&- 2>err || status=$?
        expect 1 "cannot write to standard output: Bad file descriptor"
        status=0; timeout 20 $command >/dev/full 2>err || status=$?
        expect 1 "cannot write to standard output: No space left on device"
        status=$(python3 - $command 2>err <<'E2'
import os, subprocess, sys
reading, writing = os.pipe()
os.close(reading)
print(subprocess.run(sys.argv[1:], stdout=writing, timeout=20).returncode)
E2
)
        expect 141 ""
    done
    command="$launcher ./noisy | head"
    status=0; { timeout 20 $launcher ./noisy 2>err || status=$?; echo $status >status; } | head -n 1 >out
    status=$(cat status)
    [ "$(cat out)" = "line 1" ] || { echo "$command:"; cat out; exit 1; }
    expect 141 ""
    # The program's own error is not lost with the output.
    command="$launcher ./late"
    status=$(python3 - $command 2>err <<'E2'
import os, subprocess, sys
reading, writing = os.pipe()
os.close(reading)
print(subprocess.run(sys.argv[1:], stdout=writing, timeout=20).returncode)
E2
)
    expect 1 "division by zero"
done

# Wrong usage of mrc and mrrun: exit status 2 and a message that says what is wrong and what to do.
expect() { # expect STATUS TEXT COMMAND...
    local wanted=$1 text=$2 status=0
    shift 2
    "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$wanted" ] || { echo "$*: exit status $status, expected $wanted"; cat out err; exit 1; }
    [ -z "$text" ] || grep -qF -- "$text" out err || { echo "$*: lacks \`$text\`"; cat out err; exit 1; }
}
echo 'print("hello")' > hello.mr
expect 2 "no program given" "$MRC"
expect 2 "--help" "$MRC" --no-such-option hello.mr
expect 2 'Did you mean `--emit`?' "$MRC" --emti=ast hello.mr
expect 2 "did you mean --stats?" "$MRRUN" --stast ./hello
expect 0 "Wrong:" "$MRC" --explain E0203
expect 0 "Wrong:" "$MRC" --explain=e0203
expect 0 "W0102  name that is never used" "$MRC" --explain
expect 2 "did you mean E0203?" "$MRC" --explain E9203
expect 2 "there is no diagnostic nonsense" "$MRC" --explain nonsense
expect 2 "there is no such phase" "$MRC" --emit=nonsense hello.mr
expect 2 "the level is 0, 1, 2 or 3" "$MRC" -O7 hello.mr
expect 2 "one program at a time" "$MRC" hello.mr other.mr
expect 2 "would overwrite the program itself" "$MRC" hello.mr -o hello.mr
expect 1 "No such file" "$MRC" missing.mr
expect 0 "Usage: mrc" "$MRC" --help
expect 0 "mrc " "$MRC" --version
expect 1 "mrc: cannot write no/such/folder/hello: No such file" "$MRC" hello.mr -o no/such/folder/hello
expect 1 "Is a directory" "$MRC" hello.mr -o .
expect 2 "-o needs the name of a file" "$MRC" hello.mr -o ""
expect 2 "no program given" "$MRC" ""
expect 2 "mrc: option requires an argument" "$MRC" hello.mr -o
expect 2 "mrc: option" "$MRC" test --emit
echo 'test "t" { assert(true) }' > tested.mr
expect 1 "a temporary folder in $PWD/none" env TMPDIR="$PWD/none" "$MRC" test tested.mr
# A device or a pipe is not replaced by a program.
mkfifo -m 700 pipe
expect 1 "cannot write pipe: it is not a file" "$MRC" hello.mr -o pipe
[ -p pipe ] || { echo "mrc replaced a pipe"; exit 1; }
"$MRC" --help >/dev/full 2>err && { echo "mrc --help >/dev/full succeeds"; exit 1; }
grep -q "cannot write standard output" err
expect 0 "" "$MRC" hello.mr
[ -x hello ] || { echo "mrc hello.mr made no hello"; exit 1; }
expect 0 "hello" ./hello
expect 0 "usage: mrrun" "$MRRUN" --help
expect 0 "mrrun " "$MRRUN" --version
expect 2 "" "$MRRUN"
expect 2 "which program" "$MRRUN" ""
expect 2 "" "$MRRUN" -n 0 ./hello
expect 2 "" "$MRRUN" -n many ./hello
expect 2 "--help" "$MRRUN" --no-such-option ./hello
expect 1 "missing" "$MRRUN" -n 2 ./missing
expect 1 "not" "$MRRUN" -n 2 /bin/true
expect 1 "" "$MRRUN" -n 2 ./hello.mr
expect 1 "pipe is not an mr program" timeout 20 "$MRRUN" -n 2 ./pipe
mkdir -p kept
: > kept/journal
for way in --help --version "--dry-run ./hello" "--show-journal kept"; do
    "$MRRUN" $way >/dev/full 2>err && { echo "mrrun $way >/dev/full succeeds"; exit 1; }
    grep -q "mrrun: cannot write standard output: No space left" err
done
rm kept/journal
# Options that need another one, and values that are none; `--n` is what mpirun understands.
expect 2 '-n takes a whole number from 1 to 4096, not "many"' "$MRRUN" --n many ./hello
expect 2 "unrecognized option '--workers'" "$MRRUN" --workers 3 ./hello
expect 0 "./hello with 1 worker on this machine" "$MRRUN" -v --n 1 ./hello
for option in --resume --fresh --checkpoint-every=3; do
    expect 2 "${option%=3} needs --checkpoint DIR, too, before the program" "$MRRUN" "$option" ./hello --checkpoint kept
done
expect 2 "--launcher local is for this machine alone: leave it out, or --host and --hostfile" "$MRRUN" --launcher local --host a ./hello
expect 2 "--hostfile takes the name of a file" "$MRRUN" --hostfile "" ./hello
for command in "" "  "; do expect 2 '--ssh takes a command, such as "ssh -F other_config"' "$MRRUN" --ssh "$command" --host a --dry-run ./hello; done
# --show-journal of what is no journal.
mkdir -p kept empty/journal
expect 1 "cannot read kept/journal: No such file or directory; --show-journal takes the directory that --checkpoint named" "$MRRUN" --show-journal kept
expect 1 "cannot read empty/journal: Is a directory" "$MRRUN" --show-journal empty
echo "a letter that somebody wrote, and of which nothing may be lost" > kept/journal
expect 1 "kept/journal is no journal, or its beginning is damaged" "$MRRUN" --show-journal kept
for fresh in "" --fresh; do expect 1 "kept/journal is no journal of mr: name another directory" "$MRRUN" --checkpoint kept $fresh ./hello; done
grep -q "nothing may be lost" kept/journal
rm kept/journal
mkfifo kept/journal
expect 1 "cannot read kept/journal: it is not a file" timeout 20 "$MRRUN" --show-journal kept
rm kept/journal
: > kept/journal
expect 0 "nothing is in it" "$MRRUN" --show-journal kept
# The program's own arguments are not touched, whatever they look like.
cat > args.mr <<'E2'
print(args)
E2
expect 0 "" "$MRC" args.mr
expect 0 '["-n", "--help", "a b", ""]' "$MRRUN" -n 2 ./args -n --help "a b" ""
# Limits of a run: wrong values are named, and a run that takes too long says what it was at.
for value in 0 -1 soon inf 0x10 "" 1e3 5s; do expect 2 "--timeout takes a number of seconds above 0, such as 60 or 0.5, not \"$value\"" "$MRRUN" --timeout "$value" ./hello; done
for value in 0 none -3 1.5; do expect 2 "--retries takes a whole number from 1 to 1000, not \"$value\"" "$MRRUN" --retries "$value" ./hello; done
expect 2 "requires an argument" "$MRRUN" --timeout
expect 0 "hello" "$MRRUN" -n 2 --timeout 60 --retries 5 --no-respawn --respawn ./hello
cat > long.mr <<'E2'
fn wait(i) {
    sleep(0.1)
    i
}
print(map wait over 1..1000 reduce sum)
E2
expect 0 "" "$MRC" long.mr
expect 1 "the run took longer than 0.7 s (--timeout): in job 1, " "$MRRUN" -n 2 --timeout 0.7 ./long
expect 1 "of 1000 chunks were mapped, with 2 workers" "$MRRUN" -n 2 --timeout 0.7 ./long
echo 'sleep(100)' > sleeps.mr
expect 0 "" "$MRC" sleeps.mr
expect 1 "the program was at something that needs no workers" "$MRRUN" -n 2 --timeout 0.5 ./sleeps

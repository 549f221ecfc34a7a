# Input files of all kinds, read alone and under mrrun: many, odd, missing, and changed between the start and the reading.
cat > count.mr <<'E2'
fn one(word) = 1
print(map one over words(args) reduce sum)
E2
cat > slow.mr <<'E2'
fn slow(line) {
    sleep(0.001)
    len(line)
}
print(map slow over lines(args) reduce sum)
E2
"$MRC" count.mr; "$MRC" slow.mr
expect() { # expect STATUS TEXT COMMAND...: TEXT is all of the output, or the first line of the errors
    local wanted=$1 text=$2 status=0
    shift 2
    timeout 20 "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$wanted" ] || { echo "$*: exit status $status, expected $wanted"; cat out err; exit 1; }
    [ "$(head -n 1 out err | grep -v '^==>' | tr -d '\n')" = "$text" ] || { echo "$*: expected \`$text\`, not"; cat out err; exit 1; }
}
mkdir -p many plain/inner "with space"; ln -s loop1 loop2; ln -s loop2 loop1
python3 - <<'E2'
for i in range(10000): open(f"many/{i:05d}", "w").write(f"w{i} b\n" if i % 3 else "")
E2
echo "a b c" > plain/file; echo "d" > plain/inner/file; mkfifo plain/pipe; ln -s file plain/link
cp count "with space/my count"; echo "x y" > "with space/t [1].txt"
for launcher in "" "$MRRUN -n 3"; do
    (ulimit -n 64; expect 0 13332 $launcher ./count many)
    expect 0 1332 $launcher ./count 'many/*9'
    expect 0 0 $launcher ./count
    expect 0 6 $launcher ./count plain
    expect 0 9 $launcher ./count plain plain/file
    expect 0 2 $launcher "./with space/my count" "with space/t [1].txt"
    (cd "with space"; expect 0 2 env "PATH=$PWD:$PATH" $launcher "my count" "t [1].txt")
    expect 0 0 $launcher ./count /dev/null
    expect 0 "$(tr -d '#' < /proc/sys/kernel/ostype | wc -w)" $launcher ./count /proc/sys/kernel/ostype # claims to be empty
    expect 1 "error: cannot read loop1: Too many levels of symbolic links" $launcher ./count loop1
    expect 1 "error: cannot read none*: no file matches" $launcher ./count 'none*'
    expect 1 "error: cannot read plain/none: No such file or directory" $launcher ./count plain/file plain/none
    expect 1 "error: cannot read standard input: Bad file descriptor" sh -c "exec $launcher ./count - <&-"
    (sleep 0.2; echo "1 2 3" > plain/pipe) &
    expect 0 3 $launcher ./count plain/pipe
    wait
    if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
        cp "$MRRUN" . # where it was built, others may not be allowed to look
        chmod 755 .; echo secret > secret; chmod 600 secret
        expect 1 "error: cannot read secret: Permission denied" setpriv --reuid nobody --clear-groups env TMPDIR=/tmp XDG_RUNTIME_DIR= ${launcher/$MRRUN/./mrrun} ./count secret
    fi
done
export MR_WORKERS=2
changed() { # changed TEXT COMMAND: what the run says when COMMAND is done while it reads
    python3 -c 'for i in range(8): open(f"part{i}", "w").write("".join(f"{j} {1000 * chr(120)}\n" for j in range(300)))'
    (sleep 0.3; eval "$2") &
    expect 1 "error: $1" $launcher ./slow part0 part1 part2 part3 part4 part5 part6 part7
    wait
    rm -rf part*
}
for launcher in "" "$MRRUN -n 2"; do
    changed "cannot read part7: No such file or directory" "rm part7"
    changed "part7 changed while it was being read" "echo more >> part7"
    changed "part7 changed while it was being read" ": > part7"
    changed "part7 changed while it was being read" "mkfifo other; mv -f other part7"
    changed "part7 changed while it was being read" "mkdir other; rm part7; mv other part7"
done
expect 2 'error: MR_LAUNCH is "7", but mrrun did not start this program: do not set it' env MR_LAUNCH=7 ./count
expect 2 'error: MR_LAUNCH is "abc", but mrrun did not start this program: do not set it' env MR_LAUNCH=abc ./count

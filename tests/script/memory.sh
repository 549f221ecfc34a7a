# --memory: keyed reductions that need more than they may write parts of their tables to files, and give the same result to the last
# bit; also where the system allows a fifth of what they need. A full disk is a clear error. Nothing is left behind.
. "$ROOT/tests/script/lib/lib.sh"
run= group= small=
trap '[ -z "$run" ] || kill -9 $run; [ -z "$group" ] || rmdir $group; [ -z "$small" ] || umount small' EXIT
mkdir temporary small
export TMPDIR=$PWD/temporary

# ---- the keyed programs of tests/dist
for name in keyed keyed_asked merge_prints; do
    "$MRC" -O0 "$ROOT/tests/dist/$name/main.mr" -o program
    for n in 1 3; do
        MR_LOCAL_MS=0 timeout 60 "$MRRUN" -n $n --memory 256K ./program > out 2> err || true
        cmp out "$ROOT/tests/dist/$name/expected" || { echo "$name -n $n"; cat err; exit 1; }
    done
    MR_LOCAL_MS=0 MR_MEMORY=256K MR_WORKERS=2 timeout 60 ./program > out 2> err || true
    cmp out "$ROOT/tests/dist/$name/expected" || { echo "$name alone"; cat err; exit 1; }
done

# ---- a table that needs much more
cat > large.mr <<'E2'
fn key(i) = "key number {i * 7919 % 300_007}"
let table = map i => (key(i), i) over 1..1_000_000 reduce sum by key
print(table.most_common(3))
let lists = map i => (key(i), i) over 1..300_000 reduce list by key
print(lists.most_common(2))
fn join(a, b) = (a * 31 + b) % 1_000_003
print((map i => (key(i), i) over 1..600_000 reduce join by key).most_common(3))
E2
"$MRC" large.mr -o large
"$MRRUN" -n 1 ./large > expected
for n in 1 3; do
    timeout 100 "$MRRUN" -n $n --memory 4M ./large > out
    cmp out expected
done

# ---- where the system itself allows no more than a fifth
group=/sys/fs/cgroup/memory/mr-test-$$
if mkdir $group 2> err; then
    (echo $BASHPID > $group/cgroup.procs; exec "$MRRUN" -n 1 ./large > out)
    need=$(cat $group/memory.max_usage_in_bytes)
    echo $((need / 5)) > $group/memory.limit_in_bytes
    (echo $BASHPID > $group/cgroup.procs; exec timeout 100 "$MRRUN" -n 1 --memory 8M ./large > out) || { echo "under a fifth of $need bytes"; exit 1; }
    cmp out expected
    rmdir $group
else
    echo "memory groups cannot be made here: that part is left out"
fi
group=

# ---- a full disk
if mount -t tmpfs -o size=256k none small 2> err; then
    small=small
    ! TMPDIR=$PWD/small timeout 60 "$MRRUN" -n 2 --memory 1M ./large > out 2> err || { echo "a full disk was not noticed"; exit 1; }
    grep "cannot write partial results to a temporary file in $PWD/small: No space left on device" err || { cat err; exit 1; }
    umount small
    small=
else
    echo "nothing can be mounted here: the full disk is left out"
fi
! TMPDIR=/nowhere timeout 60 "$MRRUN" -n 2 --memory 1M ./large > out 2> err || exit 1
grep "cannot make a temporary file in /nowhere: No such file or directory" err || { cat err; exit 1; }

# ---- nothing is left, also after kill -9
"$MRRUN" -n 2 --memory 1M ./large > out 2> err &
run=$!
sleep 0.4
kill -9 $run
wait $run 2> err || true
run=
nothing_left
[ -z "$(ls -A temporary)" ] || { ls -A temporary; exit 1; }

# ---- wrong amounts
for wrong in 0 1K x 2X -1 ""; do
    status=0; "$MRRUN" --memory "$wrong" ./large > out 2> err || status=$?
    [ $status = 2 ] && grep -q "\-\-memory takes an amount of memory such as 512M or 2G, of 256K at least, not \"$wrong\"" err
done
status=0; MR_MEMORY=1K ./large > out 2> err || status=$?
[ $status = 2 ] && grep -q 'MR_MEMORY is "1K", but must be an amount of memory' err

# Under limits of files, memory and processes a program does its work or ends soon with an error: no crash, no hang, nothing left. More
# workers than can be of use, whose threads are late, do not hold up the end.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > double.mr <<'E2'
fn double(x) = x * 2
print(map double over 1..1000 reduce sum)
E2
"$MRC" double.mr
bounded() { # bounded LIMITS COMMAND...: LIMITS are commands of the shell
    local limits=$1 status=0
    shift
    (eval "$limits"; exec timeout 20 "$@") >out 2>err || status=$?
    if [ "$status" = 0 ]; then
        [ "$(cat out)" = 1001000 ] || { echo "$limits: $*: wrong output"; cat out err; exit 1; }
    else
        [ "$status" = 1 ] && [ -s err ] || { echo "$limits: $*: exit status $status"; cat out err; exit 1; }
    fi
}
expect() { # expect TEXT: in the output or the error of the command before
    grep -q "$1" out err || { echo "lacks \`$1\`:"; cat out err; exit 1; }
}
export MR_LOCAL_MS=0
for limit in 20000 60000 100000 200000 300000 400000; do
    for workers in 1 2 4; do
        MR_WORKERS=$workers bounded "ulimit -v $limit" ./double
        bounded "ulimit -v $limit" "$MRRUN" -n $workers ./double
    done
done
MR_WORKERS=64 bounded "ulimit -n 64" ./double; expect "with 64 open files (ulimit -n) there can be 3 at most"
bounded "ulimit -n 64" "$MRRUN" -n 64 ./double; expect "64 workers need 112 open files, but only 64"
bounded "ulimit -n 64" "$MRRUN" -n 3 ./double; expect 1001000
MR_WORKERS=3 bounded "ulimit -n 64" ./double; expect 1001000
bounded "ulimit -n 10" ./double
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then # the limit of processes is not for root
    chmod 755 . && chmod 777 tmp
    for limit in 2 3 4 5 6 8 11; do
        bounded "ulimit -u $limit" setpriv --reuid nobody --clear-groups ./double
    done
fi
MR_WORKERS=600 bounded "true" ./double; expect 1001000
nothing_left
# A program that needs more memory than there is ends with an error in its own words, wherever it happens.
cat > large.mr <<'E2'
fn table(i) = list(map j => i * j over 1..2_000_000)
print(len(map table over 1..60 reduce list))
E2
"$MRC" large.mr
for launcher in "" "$MRRUN -n 2"; do
    MR_WORKERS=2 bounded "ulimit -v 700000" $launcher ./large; expect "error: out of memory"
done
nothing_left

# Another user of the machine: gets nowhere at the sockets of a local run, and what he prepares in /tmp is neither taken for ours nor
# removed.
. "$ROOT/tests/script/lib/lib.sh"
unset XDG_RUNTIME_DIR
[ "$(id -u)" = 0 ] || { echo "only root can play another user"; exit 77; }
command -v setpriv >/dev/null || { echo "setpriv is not there"; exit 77; }
base=$(mktemp -d /tmp/mr-private-XXXXXX)
trap 'rm -rf "$base"' EXIT
chmod 1777 "$base"
export TMPDIR=$base
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
python=$(PATH=/usr/bin:/bin command -v python3) && nobody "$python" -c '' || { echo "another user has no python3"; exit 77; }

cat > slow.mr <<'E2'
fn wait(i) { sleep(0.05); i }
print(map wait over 1..200 reduce sum)
E2
"$MRC" slow.mr
dead=$(sh -c 'echo $$')
# Names of runs that are over, of somebody else: a directory of his, and a link to a directory of ours.
nobody mkdir "$base/mr-$dead-abcdef"
nobody "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$base/mr-$dead-abcdef/control"
mkdir precious
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("precious/socket")'
nobody ln -s "$PWD/precious" "$base/mr-$dead-ghijkl"

umask 000 # whatever the user's is
MR_LOCAL_MS=0 "$MRRUN" -n 2 ./slow >out 2>err & run=$!
for _ in $(seq 100); do [ -e "$(echo "$base"/mr-$run-*/worker-1)" ] && break; sleep 0.02; done
directory=$(echo "$base"/mr-$run-*)
[ "$(stat -c '%a %u' "$directory")" = "700 0" ] || { echo "the directory is not private:"; stat "$directory"; exit 1; }
cat > knock.py <<'E2'
import os, socket, sys
refused = 0
for name in ["control", "root", "worker-0", "worker-1"]:
    try:
        socket.socket(socket.AF_UNIX).connect(sys.argv[1] + "/" + name)
        print(name, "let a stranger connect")
    except PermissionError:
        refused += 1
for what in [lambda: os.listdir(sys.argv[1]), lambda: os.rename(sys.argv[1], sys.argv[1] + "x"), lambda: os.rmdir(sys.argv[1])]:
    try:
        what()
        print("a stranger could look into the directory, or move it")
    except PermissionError:
        refused += 1
sys.exit(refused != 7)
E2
nobody "$python" - "$directory" <knock.py || { echo "another user got in"; exit 1; }
# Nor into the processes: their memory and descriptors are their user's.
for pid in $(ours); do
    ! nobody cat "/proc/$pid/environ" >/dev/null 2>&1 || { echo "another user reads the environment"; exit 1; }
    ! nobody ls "/proc/$pid/fd" >/dev/null 2>&1 || { echo "another user sees the descriptors"; exit 1; }
done
status=0; wait $run || status=$?
[ $status = 0 ] && [ "$(cat out)" = 20100 ] || { echo "status $status"; cat out err; exit 1; }
[ -S "$base/mr-$dead-abcdef/control" ] && [ -L "$base/mr-$dead-ghijkl" ] && [ -S precious/socket ] ||
    { echo "somebody else's files were removed"; exit 1; }
[ ! -e "$directory" ] || { echo "the directory was left behind"; exit 1; }

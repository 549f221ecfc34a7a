# The private directory of a run: where it is made, what is swept away of earlier runs, and what is not.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp; mkdir tmp; unset XDG_RUNTIME_DIR
cat > double.mr <<'E2'
fn double(x) = x * 2
print(map double over 1..1000 reduce sum)
E2
"$MRC" double.mr
expect() { # expect FOLDER COMMAND...: the run's directory is in FOLDER
    local folder=$1
    shift
    "$@" "$MRRUN" -v -n 2 ./double >out 2>err || { echo "$*:"; cat err; exit 1; }
    [ "$(cat out)" = 1001000 ] && grep -q "in $folder/mr-" err || { echo "$*: not in $folder:"; cat err; exit 1; }
}
long=$PWD/$(printf 'x%.0s' $(seq 80)); mkdir "$long" runtime
dead=$(sh -c 'echo $$') # the number of a process that has ended
expect "$TMPDIR" env
expect "$PWD/runtime" env XDG_RUNTIME_DIR="$PWD/runtime"
expect "$TMPDIR" env XDG_RUNTIME_DIR=/proc
expect /tmp env TMPDIR="$long" # too long for a socket's name
expect /tmp env TMPDIR=relative
expect /tmp env TMPDIR=/no/such/folder
mkdir open; chmod 777 open # somebody else could put another directory in the place of the run's
expect /tmp env TMPDIR="$PWD/open"
chmod 1777 open
expect "$PWD/open" env TMPDIR="$PWD/open"
expect /tmp env -u TMPDIR -u HOME
nothing_left
# Left by a run whose processes were all killed at once: swept. Somebody's files, under a name that looks like one: kept.
mkdir -m 700 "tmp/mr-$dead-abcdef" "tmp/mr-$dead-results"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "tmp/mr-$dead-abcdef/control"
echo precious > "tmp/mr-$dead-results/table.csv"
expect "$TMPDIR" env
[ ! -e "tmp/mr-$dead-abcdef" ] || { echo "an old directory was not swept"; exit 1; }
[ "$(cat "tmp/mr-$dead-results/table.csv")" = precious ]

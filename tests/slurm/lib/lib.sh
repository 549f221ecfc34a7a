# lib.sh: what the scripts about engines have in common. Sourced.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp MR_RENDEZVOUS=$PWD/meet MR_LOCAL_MS=0
export HOME=$PWD/home
mkdir tmp meet home
unset XDG_RUNTIME_DIR

# Compiles a program, which is given on standard input: NAME.
program() {
    cat >"$1.mr"
    "$MRC" "$1.mr"
}

# Twenty milliseconds an element, 200 of them; the result is checked to the byte.
slow_program() {
    program slow <<'E2'
fn square(i) {
    sleep(0.02)
    i * i
}
print(map square over 1..200 reduce sum)
E2
    echo 2686700 >slow.expected
}

# Runs a command, whose output must be a file's and whose status must be STATUS: STATUS FILE COMMAND...
expect() {
    local wanted=$1 file=$2 status=0
    shift 2
    timeout 60 "$@" >out 2>err || status=$?
    [ "$status" = "$wanted" ] || { echo "$*: exit status $status, expected $wanted"; cat err; exit 1; }
    cmp out "$file" || { echo "$*: another output"; cat err; exit 1; }
}

# The processes of this test with that name, as ps shows them: PATTERN.
named() {
    local pid name
    for pid in $(ours); do
        read -r name 2>/dev/null <"/proc/$pid/comm" || continue
        [[ $name =~ ^$1$ ]] && echo "$pid"
    done
    return 0
}

# Waits until there are so many of them: COUNT PATTERN.
wait_for() {
    local i
    for i in $(seq 600); do
        [ "$(named "$2" | wc -l)" -ge "$1" ] && return 0
        sleep 0.05
    done
    echo "there are no $1 processes $2"
    exit 1
}

# No process, directory or file of a run is left.
all_gone() {
    nothing_left
    [ -z "$(ls -A meet)" ] || { echo "left behind: $(ls meet)"; exit 1; }
}

# lib.sh: what several scripts need. Sourced, not run as a test.

# The processes of this test: those whose executable lies in the current folder, and the mrrun that this shell started.
ours() {
    find /proc/[0-9]*/exe -maxdepth 0 -lname "$PWD/*" 2>/dev/null | cut -d/ -f3
}

# Waits until no process of this test is left, and no private directory in TMPDIR.
nothing_left() {
    local i
    for i in $(seq 50); do
        [ -z "$(ours)" ] && [ -z "$(find "$TMPDIR" -mindepth 1 -maxdepth 1 -name 'mr-*' 2>/dev/null)" ] && return 0
        sleep 0.1
    done
    echo "left behind: processes $(ours | tr '\n' ' '), files $(ls -A "$TMPDIR")"
    return 1
}

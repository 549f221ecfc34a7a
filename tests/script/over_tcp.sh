# What goes over a network, encrypted, is what goes over private sockets: programs do the same. And nothing listens but where it may.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp MR_LOCAL_MS=0; mkdir tmp; unset XDG_RUNTIME_DIR
names="keyed captures early_stop error_earliest float_sum futures_nested nested_shared printing scan_same together_loops"
[ -z "${LONG:-}" ] || names=$(cd "$ROOT/tests/dist" && grep -L PLAYS ./*/args ./*/main.mr | cut -d/ -f2 | sort -u)
compared=0
for name in $names; do
    test=$ROOT/tests/dist/$name
    ! grep -qs PLAYS "$test/args" || continue
    "$MRC" -O0 "$test/main.mr" -o "$PWD/$name" 2>err || { cat err; exit 1; }
    args=(); [ ! -e "$test/args" ] || mapfile -t args < <(sed "s|\$HERE|$test|g" "$test/args")
    status=0; timeout 60 "$MRRUN" -q --tcp -n 3 "./$name" "${args[@]}" >out 2>err <"$([ -e "$test/stdin" ] && echo "$test/stdin" || echo /dev/null)" || status=$?
    expected=0; [ ! -e "$test/status" ] || expected=$(cat "$test/status")
    [ "$status" = "$expected" ] || { echo "$name: exit status $status over tcp"; cat err; exit 1; }
    cmp "$test/expected" out || { echo "$name differs over tcp"; exit 1; }
    compared=$((compared + 1))
done
echo "$compared programs did the same over tcp"
nothing_left

# All listening sockets of the run's processes, in /proc/net/tcp: none but on loopback; of a local run, none at all.
cat > slow.mr <<'E2'
print(map (i => { sleep(0.05); i }) over 1..3000 reduce sum)
E2
"$MRC" slow.mr
listeners() { # of the processes of this test: the addresses, in the kernel's hexadecimal
    local pid fd inode
    for pid in $(ours) $1; do
        for fd in /proc/"$pid"/fd/*; do
            inode=$(readlink "$fd" 2>/dev/null) || continue
            case $inode in socket:*) awk -v inode="$(tr -dc 0-9 <<<"$inode")" '$4 == "0A" && $10 == inode { print $2 }' /proc/net/tcp /proc/net/tcp6 ;; esac
        done
    done
}
for way in "" --tcp; do
    "$MRRUN" $way -n 3 ./slow >out 2>err & run=$!
    for _ in $(seq 100); do [ "$(ours | wc -l)" -ge 5 ] && break; sleep 0.02; done
    sleep 0.3
    listeners $run | sort -u >found
    if [ -z "$way" ]; then
        [ ! -s found ] || { echo "a local run listens on a network:"; cat found; exit 1; }
        [ "$(stat -c %a tmp/mr-*)" = 700 ] || { echo "the directory is not private"; exit 1; }
    else
        [ "$(wc -l <found)" = 5 ] || { echo "mrrun, the root and three workers should listen:"; cat found; exit 1; }
        ! grep -v '^0100007F:' found || { echo "something listens on other than loopback"; exit 1; }
        [ -z "$(find tmp -type s)" ] || { echo "there are sockets in the directory"; exit 1; }
        # Keys are neither in arguments nor in the environment: no endpoint with its key, and nothing that looks like a key.
        for pid in $(ours) $run; do
            ! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -E '^tcp://|.{40}#' || exit 1
            ! tr '\0' '\n' <"/proc/$pid/environ" | grep -E 'tcp://127.0.0.1:' || exit 1
        done
    fi
    kill $run
    wait $run || true
    nothing_left
done

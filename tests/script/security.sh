# Nobody without the run's keys gets in, and whoever tries costs nothing that grows: while strangers are at all its sockets, a run over
# tcp gives the same result; they are counted. LONG=1, as in `make check-security`: for a minute, and ten million random frames.
. "$ROOT/tests/script/lib/lib.sh"
export TMPDIR=$PWD/tmp MR_LOCAL_MS=0; mkdir tmp; unset XDG_RUNTIME_DIR
seconds=3 frames=1000000 open=500
[ -z "${LONG:-}" ] || { seconds=20 frames=10000000 open=3000; }
for name in attack frames; do
    ${CC:-cc} -std=gnu11 -O2 -I"$ROOT" "$ROOT/tests/security/$name.c" "$BUILD/lib/libmrt.a" -lzmq -lpthread -lm -o "tmp/$name"
done
timeout 300 tmp/frames $frames 1

cat > slow.mr <<E2
fn wait(i) { sleep(0.02); "{i}" }
let all = map wait over 1..$((150 * (5 * seconds + 8))) reduce count
print(all)
print(map (w => { sleep(0.001); w }) over list(map wait over 1..100) reduce (a, b) => "({a} {b})")
E2
"$MRC" slow.mr
sed "s/sleep([0-9.]*)/sleep(0)/g" slow.mr >quick.mr
"$MRC" quick.mr
./quick >expected

"$MRRUN" --tcp --stats=json -n 3 ./slow >out 2>err & run=$!
for _ in $(seq 100); do [ "$(ours | wc -l)" -ge 5 ] && break; sleep 0.02; done
sleep 0.5
places() { # where a process listens, as ADDRESS:PORT
    local fd inode
    for fd in /proc/"$1"/fd/*; do
        inode=$(readlink "$fd" 2>/dev/null) || continue
        case $inode in socket:*) awk -v inode="$(tr -dc 0-9 <<<"$inode")" '$4 == "0A" && $10 == inode { print $2 }' /proc/net/tcp ;; esac
    done | sort -u | while IFS=: read -r _ port; do echo "127.0.0.1:$((16#$port))"; done
}
highest() { for pid in $(ours) $run; do awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null || :; done | sort -n | tail -1; }
hub=$(places $run)
worker=$(for pid in $(ours); do [ "$(cat "/proc/$pid/comm")" != mr-worker-0 ] || echo "$pid"; done)
holder=$(places "$worker")
[ -n "$hub" ] && [ -n "$holder" ] || { echo "where does the run listen?"; cat err; exit 1; }
before=$(highest)

timeout 100 tmp/attack plain "$hub" $seconds >said & a=$!
timeout 100 tmp/attack plain "$holder" $seconds >said2 & b=$!
wait $a $b
plain=$(($(cat said) + $(cat said2)))
timeout 100 tmp/attack open "$hub" $open $seconds >said & a=$!
timeout 100 tmp/attack open "$holder" $open $seconds >said2 & b=$!
sleep $((seconds - 1))
held=$(find "/proc/$run/fd" -type l 2>/dev/null | wc -l)
wait $a $b
# How many come in before the gate is shut depends on how soon the machine lets mrrun look: some hundred milliseconds are forgiven.
[ "$held" -lt $((200 + open / 3)) ] || { echo "mrrun holds $held descriptors while $open strangers say nothing"; exit 1; }

# With the keys of a member: who may look into its memory has them. Without that right only the others are tried.
members=0
if stolen=$(tmp/attack steal "$worker"); then
    read -r endpoint public secret <<<"$stolen"
    timeout 100 tmp/attack keys "$endpoint" $seconds >said & a=$!
    timeout 100 tmp/attack keys "tcp://$holder#$public" $seconds >said2 & b=$!
    wait $a $b
    plain=$((plain + $(cat said) + $(cat said2)))
    timeout 100 tmp/attack member "$endpoint" "$public" "$secret" $seconds >said & a=$!
    timeout 100 tmp/attack member "tcp://$holder#$public" "$public" "$secret" $seconds >said2 & b=$!
    wait $a $b
    members=$(($(cat said) + $(cat said2)))
fi
after=$(highest)
status=0; wait $run || status=$?
[ $status = 0 ] || { echo "exit status $status"; cat err; exit 1; }
cmp expected out
[ -n "$after" ] || { echo "the run ended too early"; exit 1; }
[ $((after - before)) -lt 100000 ] || { echo "from $before to $after kB: memory has grown"; exit 1; }
count() { awk -v name="\"$1\":" '$1 == name { print $2 + 0 }' err | tail -1; }
[ "$(count refused)" -ge $((plain / 2)) ] || { echo "of $plain strangers $(count refused) were counted"; exit 1; }
[ $members = 0 ] || [ "$(count dropped)" -ge 1000 ] || { echo "of $members datagrams $(count dropped) were counted"; exit 1; }
[ "$(grep -c "^mr: \(dropped\|refused\)" err)" -le 40 ] || { echo "each is told of once:"; grep -c ^mr: err; exit 1; }
echo "of $open silent connections $held descriptors were held; $plain strangers, $(count refused) refused; $members datagrams of a member, $(count dropped) dropped; from $before to $after kB"
nothing_left

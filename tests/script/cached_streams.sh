# What a cached stream has made once is not made again: later jobs find it where it was made; what does not fit is made again.
cat > made.mr <<'E2'
fn slow(x) {
    log("made {x}")
    x * x
}
let kept = cache(map slow over 1..40)
print(sum(kept), count(kept), max(kept))
print(sum(map x => x + 1 over kept where x => x % 2 == 0))
print(sum(take(kept, 10)))
E2
cat > large.mr <<'E2'
let texts = cache(map i => "{i:>1000}" over 0..<200000)
for i in 1..2 { print(sum(map len over texts)) }
E2
"$MRC" made.mr; "$MRC" large.mr
printf '22140 40 1600\n11500\n385\n' >expected
for workers in 1 3; do
    for launcher in "env MR_WORKERS=$workers" "$MRRUN -n $workers"; do
        MR_LOCAL_MS=0 timeout 30 $launcher ./made >printed 2>logged || { echo "$launcher: status $?"; cat logged; exit 1; }
        cmp printed expected
        made=$(grep -c made logged)
        [ "$made" -ge 40 ] && [ "$made" -le $((40 * workers)) ] || { echo "$launcher: $made elements were made"; exit 1; }
        [ "$(grep -o 'made .*' logged | sort -u | wc -l)" = 40 ]
    done
done
MR_CACHE_MB=0 MR_WORKERS=1 MR_LOCAL_MS=0 ./made >printed 2>logged
cmp printed expected
[ "$(grep -c made logged)" = 170 ] || { echo "without a cache: $(grep -c made logged)"; exit 1; }
# 200 MB that come by twice, with room for 20
[ "$(MR_CACHE_MB=20 MR_WORKERS=2 python3 "$ROOT/tests/script/lib/bounded.py" 150 ./large | tr '\n' ' ')" = "200000000 200000000 " ]
# The blocks of a stream are being handed on while those of another need their room
cat > within.mr <<'E2'
let outer = cache(map i => "{i:>1000}" over 1..8)
let inner = cache(map i => "{i:>1000}" over 0..<2000)
for round in 1..2 {
    var n = 0
    for s in outer { n += sum(map len over inner) + len(s) }
    print(n)
}
E2
"$MRC" within.mr
[ "$(MR_CACHE_MB=1 MR_WORKERS=1 timeout 30 ./within | tr '\n' ' ')" = "16008000 16008000 " ]
# Of a stream that has no end, or is long, no more is made than is needed, but for a few elements
cat > endless.mr <<'E2'
for s in take(cache(map x => x * x over 1..), 3) { print(s) }
print(list(take(cache(map x => x * x over 1.. where x => x % 3 == 0), 3)))
for s in cache(map x => { log("made"); x } over 1..1000000000000) { print(s); break }
E2
"$MRC" endless.mr
[ "$(timeout 30 ./endless 2>logged | tr '\n' ' ')" = "1 4 9 [9, 36, 81] 1 " ]
[ "$(wc -l <logged)" -le 64 ]

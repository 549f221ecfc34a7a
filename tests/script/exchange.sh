# Tables that are exchanged by the hashes of their keys (MR_EXCHANGE=1: also the smallest), and written to files meanwhile: the same
# bytes for every number of workers, also when ranges are handed out in another order.
export MR_LOCAL_MS=0 MR_EXCHANGE=1
for name in keyed keyed_asked merge_prints reducer_states library_modules pipelines; do
    "$MRC" -O0 "$ROOT/tests/dist/$name/main.mr" -o program
    for n in 1 2 3 8; do
        timeout 60 "$MRRUN" -n $n ./program > out 2> err || true
        cmp out "$ROOT/tests/dist/$name/expected" || { echo "$name -n $n"; cat err; exit 1; }
    done
    timeout 60 "$MRRUN" -n 3 --memory 256K ./program > out 2> err || true
    cmp out "$ROOT/tests/dist/$name/expected" || { echo "$name with little memory"; cat err; exit 1; }
    MR_WORKERS=3 timeout 60 ./program > out 2> err || true
    cmp out "$ROOT/tests/dist/$name/expected" || { echo "$name alone"; cat err; exit 1; }
done
"$MRC" -O0 "$ROOT/tests/dist/keyed/main.mr" -o program
timeout 100 "$MRRUN" -n 3 --shuffle=5 ./program > out 2> err || true
cmp out "$ROOT/tests/dist/keyed/expected"

# Nothing large comes to the root when only the most common entries are asked for; the table itself does when it is.
cat > large.mr <<'E2'
fn key(i) = "key number {i * 7919 % 100_003}"
let table = map i => (key(i), i) over 1..300_000 reduce sum by key
print(table.most_common(3))
let whole = map i => (key(i), i) over 1..300_000 reduce sum by key
print(whole["key number 5"], len(whole), whole.most_common(1))
E2
"$MRC" large.mr -o large
./large > expected
for setting in 1 1T; do
    MR_EXCHANGE=$setting "$MRRUN" -n 3 --stats ./large > out 2> stats
    cmp out expected
done
MR_EXCHANGE=1 "$MRRUN" -n 3 --stats=json ./large 2> stats > out
sizes=$(grep -o '"root_bytes": [0-9]*' stats | cut -d' ' -f2)
set -- $sizes
[ "$1" -lt 5000 ] && [ "$2" -gt 1000000 ] || { echo "the root received $sizes bytes"; exit 1; }
MR_EXCHANGE=x "$MRRUN" -n 2 ./large > out 2> err && exit 1
grep 'MR_EXCHANGE is "x", but must be an amount of memory such as 8M' err

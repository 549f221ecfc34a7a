# What has been decided is not held up by long elements that come after: not by those in other workers, nor by the next one in the queue
# of the worker that decided.
cat > first.mr <<'E2'
fn slow(i) {
    if i > 1 { sleep(20.0) }
    i == 1
}
print(map slow over 1..8 reduce any)
E2
cat > bad.mr <<'E2'
fn slow(i) {
    if i > 1 { sleep(20.0) }
    print("element {i}")
    1 // (i - 1)
}
print(map slow over 1..8 reduce sum)
E2
"$MRC" first.mr; "$MRC" bad.mr
export MR_LOCAL_MS=0
for workers in 1 2 3 8; do
    for launcher in "env MR_WORKERS=$workers" "$MRRUN -n $workers"; do
        out=$(timeout 10 $launcher ./first) || { echo "$launcher ./first: status $?"; exit 1; }
        [ "$out" = true ]
        status=0; out=$(timeout 10 $launcher ./bad 2>err) || status=$?
        [ "$status" = 1 ] && [ "$out" = "element 1" ] || { echo "$launcher ./bad: status $status, $out"; exit 1; }
    done
done

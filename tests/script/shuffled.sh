# Ranges handed out in a shuffled order, and a text in one file instead of many, change nothing.
for name in float_sum order brackets pipelines early_stop early_failures; do
    "$MRC" "$ROOT/tests/dist/$name/main.mr" -o $name
    for n in 1 2 3 4 5 8; do
        MR_LOCAL_MS=0 "$MRRUN" -n $n --shuffle=$((n * 7)) ./$name > out
        cmp out "$ROOT/tests/dist/$name/expected" || { echo "$name: -n $n, shuffled"; exit 1; }
    done
done
[ -n "${MR_TEST_PLAYS:-}" ] || { echo "the rest needs the plays: set MR_TEST_PLAYS to their folder"; exit 77; }
cat "$MR_TEST_PLAYS"/* > one.txt
"$MRC" "$ROOT/examples/wordcount.mr"
for n in 1 2 3 8; do
    cmp <("$MRRUN" -n $n ./wordcount one.txt) "$ROOT/tests/dist/plays_wordcount/expected"
    cmp <("$MRRUN" -n $n --shuffle=$n ./wordcount "$MR_TEST_PLAYS"/*) "$ROOT/tests/dist/plays_wordcount/expected"
done

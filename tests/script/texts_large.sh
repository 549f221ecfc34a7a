# Texts of unusual shape give what their plain counterparts give: ten thousand small files and their concatenation, one line of a
# hundred megabytes, a text in one file and in many.
cp "$ROOT/examples/totals.mr" .
cat > lines.mr <<'E2'
print(map line => len(line) over lines(args) reduce max, map line => line over lines(args) reduce count)
E2
"$MRC" totals.mr
"$MRC" lines.mr
python3 - <<'E2'
import os
os.mkdir("many")
with open("one.txt", "w") as one:
    for i in range(10000):
        text = f"File number {i} has word{i % 97} and don't\n" * (i % 5)
        open(f"many/{i:05}.txt", "w").write(text)
        one.write(text)
with open("long.txt", "w") as long:
    for i in range(1000): long.write("some words in a line without an end " * 2778)
with open("pieces.txt", "w") as pieces:
    for i in range(1000): pieces.write("some words in a line without an end " * 2778 + "\n")
E2
same() { # same EXPECTED COMMAND...
    local wanted=$1 got
    shift
    got=$("$@") || { echo "$*: exit status $?"; exit 1; }
    [ "$got" = "$wanted" ] || { echo "$*: $got, expected $wanted"; exit 1; }
}
words=$(./totals one.txt)
[ "$words" = "140000 words, 8102 different ones" ] || { echo "one.txt: $words"; exit 1; }
same "$words" ./totals many
same "$words" "$MRRUN" -n 3 ./totals many
same "100008000 1" ./lines long.txt
same "100008000 1" "$MRRUN" -n 3 ./lines long.txt
same "100008 1000" "$MRRUN" -n 3 ./lines pieces.txt
same "$(./totals pieces.txt)" "$MRRUN" -n 2 ./totals long.txt

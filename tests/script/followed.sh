# Reductions of a table of tens of megabytes that is used for nothing else run where its parts are: what comes to the root is under a
# hundredth of the table, and the output is that of the whole table.
cat > followed.mr <<'E2'
fn key(i) = "a key that is somewhat longer than most: {i * 7919 % 500_009:>12}"
let table = map i => (key(i), i) over 1..700_000 reduce sum by key
print(map (k, n) => n over table reduce (min, max, sum, count), len(table))
print(map (k, n) => (n, k) over table where (k, n) => n % 2 == 0 reduce top(3), any(map n => n < 0 over table.values()))
E2
# the same, but that its length is taken in a function, which hides it: the whole table comes
sed -e 's/^let table = /let whole = /; s/table/whole/g' -e '$a\fn hide(t) = get(t, "none")\nprint(hide(whole))' followed.mr > whole.mr
"$MRC" followed.mr -o followed
"$MRC" whole.mr -o whole
MR_WORKERS=2 ./whole > expected
MR_WORKERS=2 ./followed > out
echo "none" >> out
cmp out expected
bytes() { # the most that came to the root of a job of this program
    timeout 100 "$MRRUN" -n 3 --stats=json "$1" 2> stats > out || { cat stats; exit 1; }
    grep -o '"root_bytes": [0-9]*' stats | cut -d' ' -f2 | sort -n | tail -1
}
all=$(bytes ./whole)
cmp out expected
few=$(bytes ./followed)
echo "none" >> out
cmp out expected
[ "$all" -gt 20000000 ] && [ "$few" -lt $((all / 100)) ] || { echo "the root received $few bytes in place of $all"; exit 1; }
echo "$few bytes in place of $all"

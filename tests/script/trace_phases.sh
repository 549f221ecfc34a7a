# --trace-phases: a line for each phase that has run, on standard error; what is compiled stays the same.
not() { if "$@"; then echo "should not hold: $*"; exit 1; fi; }
"$MRC" "$ROOT/examples/wordcount.mr" -o plain
"$MRC" --trace-phases "$ROOT/examples/wordcount.mr" -o traced > out 2> table
[ ! -s out ] && cmp plain traced
for row in "tokens .* tokens of" "ast .* nodes" "types .* modules" "core .* jobs" "llvm .* instructions" "optimised .* functions" "obj .* bytes" "link .* bytes" "total .* ms"; do
    grep -qE "$row" table || { echo "no line for $row"; cat table; exit 1; }
done
# Only what was reached: nothing behind the phase that is asked for, or behind an error.
"$MRC" --trace-phases --emit=ast "$ROOT/examples/wordcount.mr" > out 2> table
grep -q "^ast" table
not grep -qE "^(types|core|llvm|obj|link)" table
echo 'print(missing)' > wrong.mr
not "$MRC" --trace-phases wrong.mr 2> table
grep -q "^types" table
not grep -qE "^(core|llvm)" table

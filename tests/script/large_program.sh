# A program of 1,500 lines, which is compiled as two halves: it prints what it prints as one, optimised or not, and the same source
# gives the same bytes.
"$ROOT/bench/gen_program.py" 1500 >large.mr
"$MRC" large.mr -o large
"$MRC" large.mr -o again
cmp large again
"$MRC" -O0 large.mr -o plain
"$MRC" large.mr --emit=obj -o whole.o
nm large >names
grep -q 'mr: ' names # it was cut
./large >large.out
./plain >plain.out
MR_LOCAL_MS=0 "$MRRUN" -n 3 ./large >three.out
test "$(wc -l <large.out)" -gt 150
cmp large.out plain.out
cmp large.out three.out

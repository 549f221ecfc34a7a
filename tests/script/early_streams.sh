# What needs only the beginning of a stream reads no more of it: of a file of ten gigabytes, of ten thousand million numbers.
cat > text.mr <<'E2'
let p = args[0]
print(list(take(lines(p), 2)), list(skip(take(words(p), 3), 1)))
print(list(take(map l => l + "!" over lines(p) where l => len(l) > 3, 1)))
print(first(lines(p)), any(map l => l == "70" over lines(p)), all(map l => l != "70" over lines(p)))
for l in lines(p) {
    print(l)
    break
}
for l in take(skip(lines(p), 70), 1) { print(l) }
let chosen = if len(p) > 0 { lines(p) } else { words(p) }
for l in chosen {
    if l == "3" { break }
}
print(first(chosen), list(take(chosen, 1)))
E2
cat > numbers.mr <<'E2'
let n = 10 ** 10
let odd = map x => x over 0..<n where x => x % 7 == 3
let many = flatmap x => 0..<n over 0..<n
print(first(odd), first(many), any(map x => x == 700 over many), all(map x => x < 5 over odd))
print(list(take(odd, 3)), list(take(many, 3)), sum(take(skip(many, 1000), 1000)))
for x in many {
    if x == 5 { break }
}
let chosen = if n > 3 { many } else { odd }
for x in chosen {
    if x == 5 { break }
}
print(first(chosen), list(take(chosen, 2)), any(map x => x == 9 over chosen))
E2
seq 1 2000000 >big.txt
truncate -s 10G big.txt
"$MRC" text.mr; "$MRC" numbers.mr
cat >expected_text <<'E2'
["1", "2"] ["2", "3"]
["1000!"]
1 true false
1
71
1 ["1"]
E2
cat >expected_numbers <<'E2'
3 0 true false
[3, 10, 17] [0, 1, 2] 1499500
0 [0, 1] true
E2
for local in 0 50; do
    for launcher in env "$MRRUN -n 3"; do
        MR_LOCAL_MS=$local timeout 20 $launcher ./text big.txt >out || { echo "text, $launcher: status $?"; exit 1; }
        cmp out expected_text
        MR_LOCAL_MS=$local timeout 20 $launcher ./numbers >out || { echo "numbers, $launcher: status $?"; exit 1; }
        cmp out expected_numbers
    done
done

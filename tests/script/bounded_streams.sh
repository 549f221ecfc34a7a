# `for`, `unordered` and `write_lines` need little memory, however much comes by; a file that is written appears whole or not at all, in
# order, and leaves nothing behind.
cat > flow.mr <<'E2'
let n = parse_int(args[0]) ?? 0
fn text(i: int) -> string = "{i:>100}"
let made = map text over 0..<n
let chosen = if n > 5 { flatmap i => [text(i), text(-i)] over 0..<n // 2 } else { lines("none") }
var size = 0
if args[1] == "for" { for x in made { size += len(x) } }
if args[1] == "chosen" { for x in chosen { size += len(x) } }
if args[1] == "unordered" { for x in unordered(made) { size += len(x) } }
if args[1] == "write" {
    write_lines("out/written", chosen)
    size = sum(map len over lines("out/written"))
}
print(size)
E2
cat > fails.mr <<'E2'
print(try { write_lines("out/kept", (map i => "{1000 // (900 - i)}" over 1..2000)) } catch e { print(e.message) })
print(try { write_lines("out/new", (map i => "{1000 // (9 - i)}" over 1..20)) } catch e { print(e.message) })
print(try { write_lines("none/new", ["a"]) } catch e { print(e.message) })
write_lines("out/order", unordered(map i => "{i}" over 1..100))
print(map l => parse_int(l) ?? 0 over lines("out/order") reduce sum)
write_lines("out/order", (map i => "{i}" over 1..100000))
print(all(map (i, l) => l == "{i}" over 1.., lines("out/order")), count(lines("out/order")))
write_lines("out/empty", [])
print(len(read("out/empty")))
write_lines("/dev/null", ["to a device"])
print(try { write_lines("/dev/full", map i => "{i}" over 1..100000) } catch e { print(e.message) })
E2
"$MRC" flow.mr; "$MRC" fails.mr
mkdir out
export MR_WORKERS=2
for way in for chosen unordered write; do
    [ "$(python3 "$ROOT/tests/script/lib/bounded.py" 120 ./flow 2000000 $way)" = 200000000 ]
done
rm out/written
echo old >out/kept
cat >expected <<'E2'
division by zero: 1000 // 0
()
division by zero: 1000 // 0
()
cannot write none/new: No such file or directory
()
5050
true 100000
0
cannot write /dev/full: No space left on device
()
E2
for launcher in env "$MRRUN -n 3"; do
    for local in 0 50; do
        MR_LOCAL_MS=$local timeout 30 $launcher ./fails >printed || { echo "$launcher: status $?"; exit 1; }
        cmp printed expected
        [ "$(cat out/kept)" = old ]
        [ "$(ls -A out | tr '\n' ' ')" = "empty kept order " ] || { echo "left behind: $(ls -A out)"; exit 1; }
    done
done

# Where partial results are combined by a map, merges have jobs inside of them. Workers that merge hold no range, so ranges of such a
# job could come to lie behind another merge that waits in its turn: two workers must not wait for each other. (The rows take
# different times, so that those who merge have heard that others were idle.)
cat > rows.mr <<'E2'
fn add(a: [int], b: [int]) -> [int] = list(map (x, y) => { sleep(0.0005); x + y } over a, b)
fn row(x: int) -> [int] { sleep(0.01 * float(x)); list(map i => x * i over 1..100) }
for round in 1..3 { print(sum(map x => row(x) over 1..8 reduce (a, b) => add(a, b))) }
E2
"$MRC" rows.mr
[ "$(MR_WORKERS=8 MR_LOCAL_MS=0 timeout 60 ./rows | sort | uniq -c | tr -s ' ')" = " 3 181800" ]

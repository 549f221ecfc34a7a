# With --range-chunks=1 each chunk is a range, with a message and an answer of its own; the result is the same.
cat > ranges.mr <<'END'
fn part(i: int) = i * i
print(map part over 1..5000 reduce sum)
END
"$MRC" ranges.mr
for n in 1 2 5; do
    MR_LOCAL_MS=0 timeout 60 "$MRRUN" -n $n --range-chunks=1 --stats=json ./ranges > out 2> stats
    [ "$(cat out)" = 41679167500 ] || { echo "-n $n: $(cat out)"; exit 1; }
    python3 - stats <<'END'
import json, sys
job = json.load(open(sys.argv[1]))["jobs"][0]
ranges = [worker["ranges"] for worker in job["workers"]]
assert sum(ranges) == job["chunks"] == 5000, ranges
END
done
! "$MRRUN" --range-chunks=0 ./ranges 2> err
grep -q "range-chunks" err

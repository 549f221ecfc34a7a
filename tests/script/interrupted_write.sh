# A program that is killed while it writes a file leaves the file as it was, and nothing beside it.
cat > replace.mr <<'E2'
var text = "new\n"
for i in 1..24 { text = text + text }
for i in 1..100 { write("out/file", text) }
E2
"$MRC" replace.mr
mkdir out
df --output=fstype out | tail -n 1 | grep -qE 'ext|xfs|btrfs|tmpfs|overlay' || { echo "needs a file system that has files without a name"; exit 77; }
for delay in 0.15 0.2 0.25 0.3 0.35; do
    echo old >out/file
    ./replace & run=$!
    sleep $delay; kill -9 $run; wait $run || true
    [ "$(ls -A out)" = file ] || { echo "left behind: $(ls -A out)"; exit 1; }
    [ "$(stat -c %s out/file)" = 4 ] || [ "$(stat -c %s out/file)" = 67108864 ] || { echo "a part of the file is there"; exit 1; }
done

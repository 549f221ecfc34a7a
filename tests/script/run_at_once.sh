# mrc run: compiled and run at once, by itself and on workers; kept as long as nothing changes; scripts; what fails.
export XDG_CACHE_HOME=$PWD/cache
expect() { # expect STATUS TEXT COMMAND...
    local wanted=$1 text=$2 status=0
    shift 2
    "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$wanted" ] || { echo "$*: exit status $status, expected $wanted"; cat out err; exit 1; }
    grep -qF -- "$text" out err || { echo "$*: lacks \`$text\`"; cat out err; exit 1; }
}
kept() { find "$1" -type f | wc -l; }
mkdir lib && echo 'fn square(x) = x * x' > lib/util.mr
cat > p.mr <<'END'
#!/usr/bin/env -S mrc run
import "./lib/util.mr"
print(args, map i => util.square(i) over 1..100 reduce sum)
exit(args.len())
END
chmod +x p.mr
expect 2 '["-n", "b"] 338350' "$MRC" run p.mr -n b
expect 2 '["-n", "b"] 338350' "$MRC" run p.mr -n b
[ "$(kept cache)" = 1 ]
expect 1 '["a"] 338350' env MR_LOCAL_MS=0 "$MRC" run -n 3 p.mr a
expect 0 '[] 338350' env PATH="$(dirname "$MRC"):$PATH" ./p.mr
[ "$(kept cache)" = 2 ] # under another name, which messages would show
echo 'fn square(x) = x + x' > lib/util.mr # what is imported counts
expect 0 '[] 10100' "$MRC" run p.mr
expect 0 '[] 10100' "$MRC" run -O0 p.mr
[ "$(kept cache)" = 4 ]
for i in $(seq 40); do echo "print($i)" > "q$i.mr" && expect 0 "$i" "$MRC" run -O0 "q$i.mr"; done
[ "$(kept cache)" -le 32 ]
expect 0 '[] 10100' env -u HOME XDG_CACHE_HOME=/proc/none TMPDIR="$PWD" "$MRC" run p.mr # where there is no other place
[ "$(kept "mr-$(id -u)")" = 1 ]
expect 1 "set XDG_CACHE_HOME" env -u HOME XDG_CACHE_HOME=/proc/none TMPDIR=/proc/none "$MRC" run p.mr
echo 'print(1' > bad.mr
expect 1 "E0104" "$MRC" run bad.mr
echo 'print(1 // 0)' > fails.mr
expect 1 "fails.mr:1:7" "$MRC" run fails.mr
expect 2 "no program given" "$MRC" run
expect 2 "it takes no -o" "$MRC" run -o x p.mr
expect 2 "-n is for" "$MRC" -n 3 p.mr

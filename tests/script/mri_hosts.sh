# mri with workers on other hosts, whose ssh is a stand-in that runs the shell's text on this machine: mri itself is shipped, and cells go there.
cat > ssh <<'END'
#!/bin/sh
# The last word is what the host is to run.
for text; do last=$text; done
SSH_CONNECTION="127.0.0.1 1 127.0.0.1 2"
XDG_CACHE_HOME=$HOSTS/cache
export SSH_CONNECTION XDG_CACHE_HOME
exec sh -c "$last"
END
chmod +x ssh
export HOSTS=$PWD MR_SSH=$PWD/ssh MR_LOCAL_MS=0
MRI=$(dirname "$MRC")/mri
cat >cells <<'END'
let k = 7
let fs = if k > 0 { [x => x + k] } else { [] }
map x => fs[0](x) over 1..1000 reduce sum
map w => (w, k) over ["b", "a", "b"] reduce sum by key
:workers
END
timeout 120 "$MRI" --host a:2 --host b --memory 64M -i <cells >out 2>err || { cat err; exit 1; }
[ ! -s err ] || { cat err; exit 1; }
printf '507500 : int\n["a": 7, "b": 14] : [string: int]\n' | diff - <(head -2 out)
[ "$(grep -c '^worker [0-2]: process [0-9]* on ' out)" = 3 ]
# What cannot be reached is said, and the session goes on without jobs.
printf 'map x => x over 1..1000 reduce sum\n6 * 7\n' | MR_SSH=/nosuch timeout 60 "$MRI" --host a -i >out 2>err
[ "$(cat out)" = "42 : int" ] && grep -q "mrrun: a: " err && grep -q "error: the workers could not be started" err

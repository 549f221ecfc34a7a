# hosts.sh: runs over several hosts, whose ssh is a stand-in that runs the shell's text on this machine: what is shipped and kept, what
# is refused, and that nothing is left. (Real hosts with a real sshd: tests/net.)
export PATH=$PATH:/usr/sbin
umask 022
cat > ssh <<'END'
#!/bin/sh
# The last word is what the host is to run; $HOSTS/NAME.before is run there first.
for text; do before=$host; host=$last; last=$text; done
SSH_CONNECTION="127.0.0.1 1 127.0.0.1 2"
XDG_CACHE_HOME=$HOSTS/cache
TMPDIR=$HOSTS/tmp
export SSH_CONNECTION XDG_CACHE_HOME TMPDIR
if [ -f "$HOSTS/$host.before" ]; then . "$HOSTS/$host.before"; fi
exec ${FAKE_SHELL:-sh} -c "$last"
END
chmod +x ssh
export HOSTS=$PWD MR_SSH=$PWD/ssh MR_LOCAL_MS=0
mkdir tmp
"$MRC" "$ROOT/examples/wordcount.mr" -o wc
mkdir 'a folder'
for i in 1 2 3 4 5 6; do cat "$ROOT"/docs/*.md > "a folder/part $i"; done
./wc 'a folder' > expected

fail() { echo "$*"; exit 1; }
# run HOSTS [ARGUMENTS]: the output must be the local one; what mrrun says is in `said`.
run() {
    timeout 60 "$MRRUN" -v --host "$@" ./wc 'a folder' > got 2> said || { cat said; fail "--host $*: exit status $?"; }
    cmp expected got || fail "--host $*: other output"
}
# refuse TEXT HOSTS: it ends with status 1 and this text.
refuse() {
    local text=$1 status=0
    shift
    timeout 60 "$MRRUN" --host "$@" ./wc 'a folder' > got 2> said || status=$?
    [ $status -eq 1 ] || { cat said; fail "--host $*: exit status $status"; }
    grep -qF "$text" said || { cat said; fail "--host $*: no \"$text\""; }
}

# ---- every shell that is here; what was shipped once is there; two at once do not get in each other's way
for shell in sh 'bash --posix' 'busybox sh' csh fish; do
    command -v "${shell%% *}" > /dev/null || continue
    export FAKE_SHELL=$shell
    rm -rf cache
    run localhost:2,a:2,b
    grep -q 'MB were sent there' said || fail "nothing was sent with $shell"
    run localhost,a:2,b
    [ "$(grep -c 'it had the program' said)" -eq 2 ] || { cat said; fail "something was sent again with $shell"; }
    [ -z "$(find cache/mr -name 'new.*')" ] || fail "parts are left"
    [ "$(find cache/mr -maxdepth 1 -type d -perm 700 | wc -l)" -eq 3 ] || fail "the cache is not closed to others"
done
unset FAKE_SHELL

# ---- what lies in the cache is not believed
program=$(find cache/mr -name program)
chmod u+w "$program"
printf x | dd of="$program" bs=1 seek=5000 conv=notrunc status=none
run a
grep -q 'MB were sent there' said || fail "a damaged program was run"
rm "$(find cache/mr -name 'libzmq*')"
run a
grep -q 'MB were sent there' said || fail "a library was not missed"
# A folder that others may write in is left alone; another is taken; and where there is none, nothing is run.
rm -rf cache
mkdir -p cache/mr && chmod 777 cache/mr
run a
[ -z "$(ls cache/mr)" ] || fail "something was put where others may write"
[ -n "$(find tmp -name program)" ] || fail "nothing was put into the other folder"
chmod 777 tmp/mr-cache-*
refuse 'is a folder that only its user can change' a
rm -rf cache tmp/*

# ---- hosts that will not do
mkdir old other
printf '#!/bin/sh\necho glibc 2.17\n' > old/getconf
printf '#!/bin/sh\necho aarch64\n' > other/uname
chmod +x old/getconf other/uname
echo 'PATH=$HOSTS/old:$PATH' > old.before
echo 'PATH=$HOSTS/other:$PATH' > other.before
echo 'PATH=/nowhere' > bare.before
echo 'echo Welcome to the machine; echo mind the step >&2' > loud.before
echo 'echo "ssh: connect to host gone port 22: Connection refused" >&2; exit 255' > gone.before
echo 'cat > /dev/null; exit 3' > mute.before
refuse 'old: its glibc is 2.17, and the program needs 2.' old
refuse 'other: it is another machine (aarch64), and the program is for x86_64' other
refuse 'gone: connection refused' gone
refuse 'there is no host that could work' gone,old
echo 'exit 3' > curt.before
refuse 'curt: the connection ended with status 3 and without a word' curt
# Nor does one that never stops talking keep mrrun from its end.
echo 'exec timeout 15 yes >&2' > babble.before
began=$(date +%s)
refuse 'babble: ' babble
[ $(($(date +%s) - began)) -lt 8 ] || fail "mrrun listens to a host as long as it talks"
run localhost,gone,loud:2
grep -q 'gone: connection refused' said || fail "the cause is missing"
grep -q 'goes on with 3 of 4 workers' said || fail "what becomes of the others is missing"
grep -q '^loud: mind the step' said || { cat said; fail "what a host says is not shown"; }
status=0
timeout 60 "$MRRUN" --ssh /nowhere/ssh --host a ./wc 'a folder' 2> said || status=$?
[ $status -eq 1 ] && grep -q 'cannot run /nowhere/ssh: No such file' said || { cat said; fail "a missing ssh"; }

# The time that a run may take is also that of hosts that do not answer.
echo 'exec sleep 20' > asleep.before
began=$(date +%s) status=0
timeout 60 "$MRRUN" --timeout 1 --host a,asleep ./wc 'a folder' 2> said || status=$?
[ $status -eq 1 ] && grep -qF 'longer than 1 s (--timeout): no answer yet from asleep' said || { cat said; fail "exit status $status"; }
[ $(($(date +%s) - began)) -lt 8 ] || fail "--timeout waits for hosts"

# ---- the command line
for wrong in '--host a:x' '--host -oProxyCommand=x' '--hostfile /nowhere' '--address b' '-n 9 --hostfile few'; do
    echo 'a slots=1 max_slots=2' > few
    status=0
    "$MRRUN" $wrong ./wc 'a folder' 2> said || status=$?
    [ $status -eq 2 ] || fail "$wrong: exit status $status"
done
printf 'localhost 2\na slots=3 # three\n' > file
"$MRRUN" --hostfile file --dry-run ./wc > said
for line in 'workers 0 to 1: this machine' 'workers 2 to 4: a' 'BatchMode=yes' 'libzmq.so.5' 'glibc 2.'; do
    grep -q -- "$line" said || { cat said; fail "--dry-run lacks $line"; }
done
timeout 60 "$MRRUN" -v -n 8 --hostfile file ./wc 'a folder' > got 2> said
cmp expected got
grep -q 'more workers than slots' said || fail "no word of too many workers"

# ---- the folder, and files that are missing there
mkdir here
(cd here && timeout 60 "$MRRUN" --host a ../wc '../a folder' | cmp ../expected -)

# ---- arguments and the environment are what they are here
cat > ask.mr <<'END'
fn ask(x) = "{x} {env("GREETING") ?? "none"} {args[0]}"
print(map ask over 1..4 reduce list)
END
"$MRC" ask.mr -o ask
echo 'unset GREETING' > shy.before
export GREETING="good
 morning"
./ask 'a
b' > wanted
timeout 60 "$MRRUN" --host shy ./ask 'a
b' > got
cmp wanted got || { cat got; fail "another environment"; }
grep -q morning got || fail "no greeting"

# ---- a host that never stops complaining does not keep mrrun from the others, nor hosts that do not end from its end
echo '(timeout 15 yes noise >&2 &)' > noisy.before
began=$(date +%s)
timeout 60 "$MRRUN" --host noisy:2,a ./wc 'a folder' > got 2> /dev/null
cmp expected got
[ $(($(date +%s) - began)) -lt 8 ] || fail "mrrun had no time because of a host that complains"
for host in s1 s2 s3 s4 s5 s6 s7 s8; do echo 'sh -c "$last"; exec sleep 30' > $host.before; done
began=$(date +%s)
run s1,s2,s3,s4,s5,s6,s7,s8
[ $(($(date +%s) - began)) -lt 8 ] || fail "each host that does not end is waited for"

# ---- however it ends, nothing stays
sleepers() { pgrep -f "^$PWD/cache/mr/[0-9a-f]*/program" || true; }
printf 'fn slow(x) {\n    sleep(0.2)\n    x\n}\nprint(map slow over 1..200 reduce sum)\n' > slow.mr
"$MRC" slow.mr -o slow
for signal in KILL INT TERM; do
    "$MRRUN" --host a:2,b ./slow > /dev/null 2>&1 &
    mrrun=$!
    for i in $(seq 100); do [ "$(sleepers | wc -l)" -ge 5 ] && break; sleep 0.1; done
    [ "$(sleepers | wc -l)" -ge 5 ] || fail "the workers did not come"
    kill -$signal $mrrun
    wait $mrrun || true
    for i in $(seq 50); do [ -z "$(sleepers)" ] && break; sleep 0.1; done
    [ -z "$(sleepers)" ] || { ps -f $(sleepers); fail "processes are left after $signal"; }
done
[ -z "$(find cache/mr -name 'new.*')" ] || fail "parts are left"

# ---- this machine by its name, which leads over loopback, and another host: nobody listens where only one of them would find him
real=$(hostname -I 2> /dev/null | tr ' ' '\n' | grep -m 1 '^[0-9.]*$' || true)
if [ -n "$real" ]; then
    echo 'SSH_CONNECTION="127.0.0.1 1 127.0.1.1 2"' > itself.before
    echo "SSH_CONNECTION='$real 1 $real 2'" > other.before
    "$MRRUN" --host itself,other ./slow > /dev/null 2>&1 &
    mrrun=$!
    for i in $(seq 100); do [ "$(sleepers | wc -l)" -ge 4 ] && break; sleep 0.1; done
    sleep 1
    # Listening sockets of its processes: state 0A, and an address of 127.
    for pid in $mrrun $(sleepers) $(pgrep -f "^./slow"); do ls -l "/proc/$pid/fd" 2> /dev/null; done | sed -n 's/.*socket:\[\(.*\)\]/\1/p' > sockets
    awk '$4 == "0A" && $2 ~ /7F:/ { print $10 }' /proc/net/tcp > listening
    kill -KILL $mrrun
    wait $mrrun || true
    ! grep -qxFf sockets listening || fail "a process listens where others do not find it"
fi

# ---- an interrupt while Slurm's controller does not answer
mkdir slurm
printf '#!/bin/sh\n: > asked\nexec sleep 30\n' > slurm/scontrol
printf '#!/bin/sh\nfor text; do last=$text; done\nexec sh -c "$last"\n' > slurm/srun
chmod +x slurm/*
set -m # a group of its own, as at a terminal
PATH=$PWD/slurm:$PATH SLURM_JOB_ID=1 SLURM_JOB_NODELIST=n1 SLURM_JOB_CPUS_PER_NODE=2 "$MRRUN" ./wc 'a folder' > got 2> said &
mrrun=$!
set +m
for i in $(seq 100); do [ -f asked ] && break; sleep 0.1; done
[ -f asked ] || { cat said; fail "nobody has asked scontrol"; }
began=$(date +%s) status=0
kill -INT -- -$mrrun
wait $mrrun || status=$?
[ $status -eq 130 ] || { cat said; fail "exit status $status after an interrupt"; }
[ $(($(date +%s) - began)) -lt 8 ] || fail "an interrupt waits for scontrol"

# mri whose workers are processes: one that is killed while it has a cell's work is replaced, and the replacement gets the code; an interrupt
# ends the cell and nothing else; cells come and go on the workers; mrrun itself is replaced; and nothing is left behind.
MRI=$(dirname "$MRC")/mri
export MR_LOCAL_MS=0
exec timeout 120 python3 - "$MRI" <<'PYTHON'
import os, re, select, signal, subprocess, sys, time

class Session:
    def __init__(self, *arguments):
        self.mri = subprocess.Popen([sys.argv[1], *arguments, "-i"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out = b""

    def type(self, text):
        self.mri.stdin.write((text + "\n").encode())
        self.mri.stdin.flush()

    def expect(self, wanted, seconds=20):
        """Reads lines until one begins so; gives those before it."""
        end, before = time.monotonic() + seconds, []
        while True:
            while b"\n" in self.out:
                line, self.out = self.out.split(b"\n", 1)
                if line.decode().startswith(wanted):
                    return before
                before.append(line.decode())
            ready = select.select([self.mri.stdout, self.mri.stderr], [], [], max(0, end - time.monotonic()))[0]
            got = b"".join(os.read(f.fileno(), 65536) for f in ready)
            if not got:
                self.mri.kill()
                sys.exit(f"expected {wanted!r}, but there is only {before} {self.out}")
            self.out += got

    def ask(self, text, answer):
        self.type(text)
        return self.expect(answer)

    def workers(self):
        lines = self.ask(":workers\n0 - 1", "-1 : int")
        found = [re.fullmatch(r"worker (\d+): process (\d+) on .*", line) for line in lines]
        assert found and all(found), lines
        return [int(match[2]) for match in found]

    def end(self):
        self.mri.stdin.close()
        status = self.mri.wait(20)
        assert status == 0, status

def is_there(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False

def gone(pids, seconds=5):
    end = time.monotonic() + seconds
    while any(map(is_there, pids)):
        assert time.monotonic() < end, "a process is left behind"
        time.sleep(0.02)

def resident(pid):
    return int(next(l for l in open(f"/proc/{pid}/status") if l.startswith("VmRSS")).split()[1])

s = Session("-n", "3")
s.type('let kept = ["a": 1]')
s.type("fn slow(x) { sleep(0.02)\n x }")
first = s.workers()
assert len(first) == 3

# A worker is killed in the middle of a job.
s.type("map slow over 1..300 reduce sum")
time.sleep(0.7)
os.kill(first[1], signal.SIGKILL)
s.expect("45150 : int")
second = s.workers()
assert len(second) == 3 and first[1] not in second and first[0] in second
s.ask("kept", '["a": 1]')
s.ask("map x => slow(x) * 2 over 1..30 reduce sum", "930 : int")

# An interrupt: all workers are free again soon, and live.
s.type("map slow over 1..1000000 reduce sum")
time.sleep(0.5)
began = time.monotonic()
s.mri.send_signal(signal.SIGINT)
s.expect("error: interrupted")
s.ask("map x => x over 1..1000 reduce sum", "500500 : int")
assert time.monotonic() - began < 2.5, "the next cell had to wait"
assert s.workers() == second

# What is lost and found: all workers at once, and mrrun.
s.type("map slow over 1..200 reduce sum")
time.sleep(0.5)
for pid in second:
    os.kill(pid, signal.SIGKILL)
s.expect("20100 : int")
parent = int(open(f"/proc/{s.workers()[0]}/stat").read().rsplit(")", 1)[1].split()[1])
mrrun = int(open(f"/proc/{parent}/stat").read().rsplit(")", 1)[1].split()[1])
third = s.workers()
os.kill(mrrun, signal.SIGKILL)
gone(third)
s.type("map x => x over 1..1000 reduce sum\nmap x => x over 1..1000 reduce sum")
s.expect("500500 : int")
s.ask("kept", '["a": 1]')

# Cells come and go on the workers, too.
def many(count):
    for i in range(count):
        s.ask(f"map x => x * {i} + {i} over 1..1000 reduce sum", f"{i * 501500} : int")
many(60)
before = [resident(pid) for pid in s.workers()]
many(120)
after = [resident(pid) for pid in s.workers()]
assert all(b < a + 4000 for a, b in zip(before, after)), f"{before} kB, {after} kB after 120 cells"
last = s.workers()
s.type(":workers 2")
assert len(s.workers()) == 2
s.end()
gone(last)

# The same over tcp, as with hosts; and a session that is killed leaves nothing.
s = Session("-n", "2", "--tcp", "--memory", "64M")
s.ask('map w => (w, 1) over ["b", "a", "b"] reduce sum by key', '["a": 1, "b": 2]')
pids = s.workers()
s.mri.kill()
s.mri.wait(5)
gone(pids)
PYTHON

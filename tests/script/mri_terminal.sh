# mri on a terminal: prompts, cells of several lines, the history, and Ctrl-C in a loop, in a job, while sleeping and while typing.
export MRI_HISTORY=$PWD/history TERM=xterm MRI=$(dirname "$MRC")/mri
exec python3 - <<'END'
import os, pty, re, select, signal, sys, time

class Terminal:
    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(os.environ["MRI"], ["mri", *arguments])
        self.seen = ""

    def expect(self, text, seconds=60):
        """Reads until the text comes, and gives what came before it."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready = select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]
            try:
                got = os.read(self.fd, 4096) if ready else b""
            except OSError:
                got = b""
            if not got:
                sys.exit(f"expected {text!r}, but there is only {self.seen!r}")
            self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", got.decode(errors="replace"))
        before, self.seen = self.seen.split(text, 1)
        return before

    def type(self, text):
        if text < " ":
            time.sleep(0.2)  # the prompt is there a moment before the terminal gives control keys to who reads
        os.write(self.fd, text.encode())
        if text == "\x03":
            time.sleep(0.2)  # the terminal drops what is typed at the same time

    def ask(self, text, answer):
        self.expect("mr>  ")
        self.type(text + "\n")
        self.expect(answer)

    def end(self):
        self.type("\x04")
        for _ in range(600):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        sys.exit("it does not end")

t = Terminal("-n", "2")
t.ask("let x = 6 * 7", "\n")
t.ask("x", "42 : int")
t.expect("mr>  ")
t.type("fn slow(i) {\n")
t.expect("...  ")
t.type("  sleep(0.01)\n")
t.expect("...  ")
t.type("  i\n")
t.expect("...  ")
t.type("}\n")
t.expect("mr>  ")
t.type("fn deep(n) -> int { if n == 0 { 1 } else { deep(n - 1) + deep(n - 1) } }\n")
for endless in ["while true { let _ = 1 }", "print(map slow over 1..1000000 reduce sum)", "sleep(1000.0)",
                "for i in 1..1000000000000 { let _ = i }", "print(deep(60))"]:
    t.expect("mr>  ")
    t.type("if true {\n")
    t.expect("...  ")
    t.type('print("be" + "gun")\n')
    t.expect("...  ")
    t.type(endless + "\n")
    t.expect("...  ")
    t.type("}\n")
    t.expect("begun")
    t.type("\x03")
    t.expect("interrupted")
t.ask("x + 1", "43 : int")
t.ask("map i => 2 * i over 1..1000000 reduce sum", "1000001000000 : int")
t.expect("mr>  ")
t.type("let y = 1 +")
t.expect("1 +")
t.type("\x03")  # forgotten
t.ask("x", "42 : int")
t.expect("mr>  ")
t.type("\x1b[A\n")  # the line before once more
t.expect("42 : int")
t.expect("mr>  ")
t.type("type Point(x: float, label: string)\n")
t.ask("let point = Point(1.5, \"a\")", "\n")
t.expect("mr>  ")
t.type("poi\t.lab\t\n")  # a name, and a field of what it is
t.expect('"a" : string')
t.expect("mr>  ")
t.type("most_c\t([\"a\": 1], 1)\n")
t.expect('[("a", 1)]')
t.expect("mr>  ")
t.type("stats.\t")  # several: they are listed, with types
t.expect("quantile")
t.expect("mr>  ")  # shown again, with what was typed
t.type("\x03x\n")  # at once: what follows the interrupt is the next line
t.expect("42 : int")
t.expect("mr>  ")
t.type("let p = \x1b[200~[1,\n\t2,\n\n3]\nlet q\x1b[201~ = p.sum()\n")  # a paste is one cell, whatever it holds
t.expect("mr>  ")
t.type("q + 1\n")
t.expect("7 : int")
t.expect("mr>  ")
t.type("\x1b[200~:type q\n:type p\n\x1b[201~")
t.expect("int")
t.expect("[int]")
t.expect("mr>  ")
t.type("z\x1b[200~y")
t.type("\x03")
assert t.end() == 0  # as is the end of the input

t = Terminal("-n", "2")  # the history is kept
t.expect("mr>  ")
t.type("\x1b[A\n")
t.expect("nothing is called `p`")
t.expect("mr>  ")
assert t.end() == 0
END

"""A terminal for tests: runs a program in a pseudo-terminal and applies what it writes to a screen of cells, as a terminal would.

Only what progress displays need is known; any other control sequence is an error."""
import fcntl, os, pty, re, select, struct, termios, time

SEQUENCE = re.compile(r"\x1b\[([0-9]*)([A-Za-z])")
UNFINISHED = re.compile(rb"(\x1b(\[[0-9;]*)?|[\xc0-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf7][\x80-\xbf]{0,2})$")


class Screen:
    """Lines that have left the top are kept: `text` gives all since the beginning."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells, self.row, self.column, self.rest = [[]], 0, 0, b""

    def feed(self, data):
        data = self.rest + data
        unfinished = UNFINISHED.search(data)
        self.rest = unfinished.group(0) if unfinished else b""
        text = data[:len(data) - len(self.rest)].decode()
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                sequence = SEQUENCE.match(text, at)
                if not sequence:
                    raise ValueError(f"an unknown sequence: {text[at:at + 10]!r}")
                self.control(sequence.group(2), int(sequence.group(1) or 0))
                at = sequence.end()
                continue
            self.put(text[at])
            at += 1

    def put(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.down()
        else:
            if self.column == self.columns:
                self.down()
                self.column = 0
            line = self.cells[self.row]
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = c
            self.column += 1

    def down(self):
        self.row += 1
        if self.row == len(self.cells):
            self.cells.append([])

    def control(self, kind, count):
        if kind == "K" and count == 0:
            del self.cells[self.row][self.column:]
        elif kind == "J" and count == 0:
            del self.cells[self.row][self.column:]
            del self.cells[self.row + 1:]
        elif kind == "A":
            self.row = max(self.row - max(count, 1), len(self.cells) - self.rows, 0)
        elif kind != "m":
            raise ValueError(f"an unknown sequence: {count}{kind}")

    def resize(self, columns, rows):
        """As terminals do that only cut or show more."""
        self.columns, self.rows = columns, rows

    def text(self):
        return ["".join(line).rstrip() for line in self.cells]


class Run:
    def __init__(self, arguments, columns=80, rows=24, environment=None, output=None):
        self.raw, self.screen = b"", Screen(columns, rows)
        parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(child, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(child, fd)
            if output:
                os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), 1)
            os.execvpe(arguments[0], arguments, {**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", **(environment or {})})
        os.close(child)
        self.fd = parent

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(columns, rows)

    def go_on(self, seconds=0.05):
        """Applies what comes within the time. False: it has ended."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.raw += data
        self.screen.feed(data)
        return len(data) > 0

    def drawn(self, last, seconds=60):
        """Until what comes is at its end with these bytes: a drawing is complete."""
        end = time.monotonic() + seconds
        self.go_on()
        while not self.raw.endswith(last):
            if not self.go_on() or time.monotonic() > end:
                raise SystemExit("nothing is drawn any more")

    def until(self, test, seconds=60):
        """Until the screen's lines pass the test, which gives something true; gives that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = test(self.screen.text())
            if found:
                return found
            if not self.go_on():
                break
        raise SystemExit(f"what is awaited does not come: {self.screen.text()}")

    def end(self, seconds=60):
        """Gives the exit status, when all has been read."""
        end = time.monotonic() + seconds
        while self.go_on():
            if time.monotonic() > end:
                os.kill(self.pid, 9)
                raise SystemExit(f"it does not end: {self.screen.text()}")
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

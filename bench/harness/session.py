"""The suite of mri: how long one waits for it at a terminal."""

import os, pty, select, statistics, time

from harness.run import Failure

CELLS = 2_000


class Terminal:
    """mri at a terminal of its own, in a session without a history."""

    def __init__(self, options):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.environ.update(MRI_HISTORY="", TERM="dumb", NO_COLOR="1")
            os.execv(options.mrc.parent / "mri", ["mri", "-n", "2"])
        self.seen = b""

    def expect(self, text):
        while text not in self.seen:
            if not select.select([self.file], [], [], 60)[0]:
                raise Failure(f"mri does not answer: {self.seen!r}")
            self.seen += os.read(self.file, 4096)
        self.seen = self.seen.split(text, 1)[1]

    def ask(self, cell, answer):
        """Seconds from the end of the line to its answer."""
        start = time.perf_counter()
        os.write(self.file, cell.encode() + b"\n")
        self.expect(answer.encode())
        seconds = time.perf_counter() - start
        self.expect(b"mr>  ")
        return seconds

    def resident(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def end(self):
        os.write(self.file, b"\x04")
        os.waitpid(self.pid, 0)
        os.close(self.file)


def session(options, report):
    """mri at a terminal: the first prompt, the first answer, what a cell costs, and that 2,000 cells do not grow"""
    report.suite("mri at a terminal, two workers")
    prompts, firsts, cells, jobs = [], [], [], []
    for _ in range(options.rounds):
        start = time.perf_counter()
        terminal = Terminal(options)
        terminal.expect(b"mr>  ")
        prompts.append(time.perf_counter() - start)
        firsts.append(terminal.ask("1 + 2", "3 : int"))
        cells += [terminal.ask(f"it + {i}", f"{3 + i * (i + 1) // 2} : int") for i in range(20)]
        jobs += [terminal.ask(f"map x => x * {i} over 1..1000 reduce sum", f"{500500 * i} : int") for i in range(10)]
        terminal.end()
    report.row("from the start to the first prompt, median", 1000 * statistics.median(prompts), " ms", 100)
    report.row("from there to the first answer, median", 1000 * statistics.median(firsts), " ms", 50)
    report.row("a small cell after that, median", 1000 * statistics.median(cells), " ms", 10)
    report.row("a cell with a job of 1,000 elements, median", 1000 * statistics.median(jobs), " ms")
    terminal = Terminal(options)
    terminal.expect(b"mr>  ")
    count = options.pick(CELLS, CELLS // 4, 40)
    grown = 0
    for i in range(count):
        terminal.ask(f'["{i}"]', f'["{i}"] : [string]')
        if i == count // 4:
            grown = terminal.resident()
    report.row(f"resident after {count:,} cells : after a quarter of them", terminal.resident() / grown, " times", 1.02)
    terminal.end()

"""Finding, ending and describing the processes of one run, by who their ancestors are and by a mark in their environment: never by
name."""

import os, signal, time
from pathlib import Path


def read(path):
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def parent_of(pid):
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 and fields[0] != b"Z" else 0


def name_of(pid):
    return read(f"/proc/{pid}/comm").decode(errors="replace").strip()


def descendants_of(pid):
    """All processes below `pid`, by name."""
    parents = {int(entry): parent_of(entry) for entry in os.listdir("/proc") if entry.isdigit()}
    found, grows = {pid}, True
    while grows:
        more = {child for child, parent in parents.items() if parent in found} - found
        grows = bool(more)
        found |= more
    return {child: name_of(child) for child in found - {pid}}


def workers_of(pid):
    return {child for child, name in descendants_of(pid).items() if name.startswith("mr-worker")}


def end(pid, how):
    try:
        os.kill(pid, how)
        return True
    except ProcessLookupError:
        return False


def marked(mark):
    """Processes that have FAULT_RUN=mark in their environment, and their names."""
    text = f"FAULT_RUN={mark}\0".encode()
    return {int(entry): name_of(entry) for entry in os.listdir("/proc")
            if entry.isdigit() and text in read(f"/proc/{entry}/environ") and parent_of(entry)}


def end_marked(mark):
    for pid in marked(mark):
        end(pid, signal.SIGKILL)


def describe(mark):
    return "\n".join(f"{name} (pid {pid}): {read(f'/proc/{pid}/wchan').decode()} {read(f'/proc/{pid}/status').decode().splitlines()[2]}"
                     for pid, name in marked(mark).items() if read(f"/proc/{pid}/status"))


def left_behind(mark, folder, patience=3.0):
    """What is still there of a run some time after its end; None: nothing. Processes are then ended, so that nothing disturbs others."""
    until = time.monotonic() + patience
    while True:
        processes = marked(mark)
        files = [str(path) for path in Path(folder).rglob("*") if path.name not in ("out", "err")]
        if not processes and not files:
            return None
        if time.monotonic() > until:
            end_marked(mark)
            return f"processes {processes}, files {files}"
        time.sleep(0.05)

#!/usr/bin/env python3
"""Clients of the kernel that send garbage, or take nothing: it goes on, its memory stays bounded, and those who have the key are answered.

    kernel_hostile.py MR_KERNEL ...         the command that starts one
    kernel_hostile.py --short MR_KERNEL ... a short session with a client that behaves, for a kernel under a tool that watches its memory"""

import hashlib, hmac, json, os, random, signal, socket, subprocess, sys, tempfile, time

import zmq

KEY = b"a key"
DELIMITER = b"<IDS|MSG>"
PORTS = ("shell_port", "control_port", "stdin_port", "iopub_port", "hb_port")
TIMEOUT = 120000  # milliseconds


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Kernel:
    def __init__(self, command):
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump({**self.ports, "ip": "127.0.0.1", "transport": "tcp", "key": KEY.decode(), "signature_scheme": "hmac-sha256"}, self.file)
        self.file.flush()
        self.process = subprocess.Popen([*command, self.file.name], stderr=subprocess.PIPE)
        self.context = zmq.Context()
        self.context.setsockopt(zmq.LINGER, 0)

    def connect(self, kind, port, **options):
        s = self.context.socket(kind)
        for option, value in options.items():
            s.setsockopt(getattr(zmq, option), value)
        s.connect(f"tcp://127.0.0.1:{self.ports[port]}")
        return s

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

    def close(self):
        control = self.connect(zmq.DEALER, "control_port")
        request(control, "shutdown_request", {"restart": False})
        log = self.process.communicate(timeout=TIMEOUT / 1000)[1].decode()
        assert self.process.returncode == 0, (self.process.returncode, log)
        self.context.destroy()
        return log

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()


def signed(parts, key=KEY):
    return [DELIMITER, hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest().encode(), *parts]


def message(kind, content):
    return [json.dumps({"msg_id": "1", "session": "s", "username": "u", "date": "", "msg_type": kind, "version": "5.3"}).encode(), b"{}", b"{}",
            content if isinstance(content, bytes) else json.dumps(content).encode()]


def request(shell, kind, content):
    shell.send_multipart(signed(message(kind, content)))


def reply(shell):
    assert shell.poll(TIMEOUT), "no reply"
    frames = shell.recv_multipart()
    return json.loads(frames[frames.index(DELIMITER) + 2])["msg_type"], json.loads(frames[-1])


def is_well(kernel, shell):
    request(shell, "execute_request", {"code": "6 * 7", "silent": True})
    kind, content = reply(shell)
    assert kind == "execute_reply" and content["status"] == "ok", (kind, content)
    assert kernel.process.poll() is None


def send_garbage(kernel, shell):
    good = signed(message("kernel_info_request", {}))
    odd = [[], [b""], [DELIMITER], good[:3], good[:5], good[1:], [b"x"] * 2000, [DELIMITER] * 20, [b"\0" * 100000] * 6,
           signed(message("kernel_info_request", {}), key=b"another"), [DELIMITER, b"", *good[2:]], [DELIMITER, good[1].upper(), *good[2:]],
           [DELIMITER, good[1][:10], *good[2:]], [DELIMITER, good[1] + b"0", *good[2:]],
           *(signed([*message("kernel_info_request", {})[:3], text]) for text in (b"", b"[]", b"5", b"{", b'{"a"', b"\xff\xfe", b'{"code": "\xff"}', b"null")),
           *(signed([text, b"{}", b"{}", b"{}"]) for text in (b"{}", b"", b'{"msg_type": 5}', b'{"msg_type": "x", "session": []}', b"[" * 100000))]
    for frames in odd:
        if frames:
            shell.send_multipart(frames)
    # Signed, and yet wrong: what is there has another type than it should, or is no sense.
    for content in ({}, {"code": 5}, {"code": None}, {"code": []}, {"code": "a\0b"}, {"code": "\\" * 10000}, {"code": "(" * 10000}, {"code": "é" * 1000, "cursor_pos": -3},
                    {"code": "x.", "cursor_pos": 10 ** 12}, {"code": "x", "cursor_pos": "two"}, {"code": "f(((((.", "cursor_pos": 7}, {"hist_access_type": 7, "n": -1},
                    {"hist_access_type": "search", "pattern": "[[[*"}, {"hist_access_type": "range", "start": {}, "stop": []}):
        for kind in ("complete_request", "inspect_request", "is_complete_request", "history_request", "comm_info_request"):
            request(shell, kind, content)
            assert reply(shell)[0] == kind.replace("request", "reply"), (kind, content)
    for kind in ("", "nothing", "execute_reply", "comm_open", "x" * 100000):
        request(shell, kind, {})
    is_well(kernel, shell)


def send_bytes(kernel, shell):
    """Not even ZeroMQ."""
    draw = random.Random(1)
    for port in PORTS:
        for size in (0, 1, 10, 64, 1000, 100000):
            with socket.create_connection(("127.0.0.1", kernel.ports[port])) as s:
                try:
                    s.sendall(draw.randbytes(size))
                except OSError:
                    pass
    is_well(kernel, shell)


def send_much(kernel, shell):
    """A frame that is larger than any may be: its sender is cut off; and many that are not signed."""
    before = kernel.resident()
    large = kernel.connect(zmq.DEALER, "shell_port")
    try:
        large.send(bytes(300 << 20), zmq.NOBLOCK)
    except zmq.Again:
        pass
    stranger = kernel.connect(zmq.DEALER, "control_port")
    for _ in range(20000):
        stranger.send_multipart([b"x" * 1000] * 8)
    is_well(kernel, shell)
    large.close()
    stranger.close()
    assert kernel.resident() < before + 400, (before, kernel.resident())


def beat(kernel, shell):
    heart = kernel.connect(zmq.REQ, "hb_port")
    request(shell, "execute_request", {"code": "sleep(1)", "silent": True})
    for i in range(100):
        heart.send(b"ping %d" % i)
        assert heart.poll(TIMEOUT) and heart.recv() == b"ping %d" % i
    assert reply(shell)[1]["status"] == "ok"


def take_nothing(kernel, shell):
    """A client that has all that is published sent to itself, and does not read it, keeps what prints waiting, but not for ever."""
    deaf = kernel.connect(zmq.SUB, "iopub_port", RCVHWM=1, RCVBUF=4096)
    deaf.subscribe(b"")
    hears = kernel.connect(zmq.SUB, "iopub_port")
    hears.subscribe(b"status")
    time.sleep(0.5)
    before = kernel.resident()
    request(shell, "execute_request", {"code": "for i in 1..2000000 { print(\"a line that is long enough to fill what there is {i}\") }"})
    assert not shell.poll(1000), "it does not wait"
    control = kernel.connect(zmq.DEALER, "control_port")
    request(control, "interrupt_request", {})
    assert reply(control)[0] == "interrupt_reply"
    assert reply(shell)[0] == "execute_reply"
    assert kernel.resident() < before + 300, (before, kernel.resident())
    deaf.close()
    is_well(kernel, shell)


def short(kernel):
    shell = kernel.connect(zmq.DEALER, "shell_port")
    shell.send_multipart([b"nonsense"])
    for kind, content in (("kernel_info_request", {}), ("execute_request", {"code": "let xs = list(map x => (x, \"{x}\") over 1..100)\nprint(len(xs))\nxs"}),
                          ("execute_request", {"code": "map f over 1..100000 reduce sum\nfn f(x) = x % 7", "silent": True}),
                          ("execute_request", {"code": "type Dot(r: int)\nfn svg(d: Dot) = \"<svg>{d.r}</svg>\"\nDot(1)"}),
                          ("execute_request", {"code": "1 // 0"}), ("execute_request", {"code": "1 +"}), ("complete_request", {"code": "xs.le", "cursor_pos": 5}),
                          ("inspect_request", {"code": "most_common", "cursor_pos": 3}), ("is_complete_request", {"code": "fn f(x) {"}), ("history_request", {})):
        request(shell, kind, content)
        assert reply(shell)[0] == kind.replace("request", "reply"), kind
    log = kernel.close()
    assert "few frames" in log and len(log.splitlines()) == 1, log


def hostile(kernel):
    shell = kernel.connect(zmq.DEALER, "shell_port")
    is_well(kernel, shell)
    for attack in (send_garbage, send_bytes, send_much, beat, take_nothing):
        attack(kernel, shell)
    log = kernel.close()
    assert "its signature is wrong" in log and "too few frames" in log and len(log) < 10000, log


def main():
    is_short = sys.argv[1] == "--short"
    with Kernel(sys.argv[2 if is_short else 1:]) as kernel:
        (short if is_short else hostile)(kernel)


main()

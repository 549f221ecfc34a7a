#!/usr/bin/env python3
"""What the kernel does for Jupyter's client: each function is a test, which gets a client of a kernel that has just been started."""

import base64, sys, threading, time, xml.etree.ElementTree

from jupyter_client.manager import start_new_kernel

TIMEOUT = 60


class Kernel:
    def __init__(self, *options):
        self.manager, self.client = start_new_kernel(kernel_name="mr", startup_timeout=TIMEOUT, extra_arguments=list(options))

    def run(self, code, **options):
        """The reply's content, and what was published: (type, content) without states."""
        said = []
        reply = self.client.execute_interactive(code, timeout=TIMEOUT, output_hook=lambda m: said.append((m["msg_type"], m["content"])), **options)
        return reply["content"], [(kind, content) for kind, content in said if kind not in ("status", "execute_input")]

    def value(self, code):
        reply, said = self.run(code)
        assert reply["status"] == "ok", reply
        results = [content["data"]["text/plain"] for kind, content in said if kind == "execute_result"]
        return results[0] if results else None

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)


def written(said, stream):
    return "".join(content["text"] for kind, content in said if kind == "stream" and content["name"] == stream)


def test_values_stay(kernel):
    assert kernel.value("6 * 7") == "42 : int"
    assert kernel.value("it + 1") == "43 : int"
    assert kernel.value("let xs = [3, 1, 2]") is None
    assert kernel.value("xs.sort()") == "[1, 2, 3] : [int]"
    assert kernel.value("map x => x * x over 1..1000 reduce sum") == "333833500 : int"


def test_numbers_of_cells(kernel):
    assert kernel.run("1")[0]["execution_count"] == 1
    assert kernel.run("2", store_history=False)[0]["execution_count"] == 1
    reply, said = kernel.run("3", silent=True)
    assert reply["status"] == "ok" and said == [], said
    assert kernel.run("")[0]["execution_count"] == 1
    assert kernel.run("4")[0]["execution_count"] == 2


def test_streams(kernel):
    reply, said = kernel.run('print("a")\nlog("b")\nprint("\\u{1F600}")')
    assert written(said, "stdout") == "a\n\U0001F600\n", said
    assert "b" in written(said, "stderr"), said
    times = []
    kernel.client.execute_interactive('print("first")\nsleep(1)\nprint("second")', timeout=TIMEOUT,
                                      output_hook=lambda m: times.append(time.time()) if m["msg_type"] == "stream" else None)
    assert len(times) == 2 and times[1] - times[0] > 0.5, times
    reply, said = kernel.run('for i in 1..200000 { print("{i} a line that is not short") }')
    lines = written(said, "stdout").splitlines()
    assert len(lines) == 200000 and lines[-1].startswith("200000 "), len(lines)


def test_errors(kernel):
    reply, said = kernel.run("1 // 0")
    assert reply["status"] == "error" and reply["ename"] == "RuntimeError" and "division by zero" in reply["evalue"], reply
    assert [kind for kind, _ in said] == ["error"] and any("cell 1:1:" in line for line in said[0][1]["traceback"]), said
    reply, said = kernel.run("let a = 1 +")
    assert reply["ename"] == "CompileError" and "expected an expression" in reply["evalue"], reply
    assert kernel.value("1 + 1") == "2 : int"


def test_one_that_fails_stops_those_behind_it(kernel):
    """They were sent before it failed."""
    ids = [kernel.client.execute(code) for code in ("sleep(0.3)\nfail(\"no\")", "1", "2")]
    replies = {}
    while len(replies) < 3:
        message = kernel.client.get_shell_msg(timeout=TIMEOUT)
        replies[message["parent_header"]["msg_id"]] = message["content"]["status"]
    assert [replies[i] for i in ids] == ["error", "aborted", "aborted"], replies
    assert kernel.value("3") == "3 : int"


def interrupted(kernel, code, interrupt):
    timer = threading.Timer(0.5, interrupt)
    timer.start()
    start = time.time()
    reply, said = kernel.run(code)
    timer.join()
    assert reply["status"] == "error" and reply["ename"] == "Interrupted", reply
    assert time.time() - start < 5, time.time() - start
    assert kernel.value("map x => x over 1..10 reduce sum") == "55 : int"


def test_interrupts(kernel):
    slow = "fn slow(x: int) -> int {\n  sleep(0.05)\n  x\n}\nlet total = map slow over 1..100000 reduce sum"
    interrupted(kernel, slow, kernel.manager.interrupt_kernel)
    interrupted(kernel, "sleep(100)", kernel.manager.interrupt_kernel)
    interrupted(kernel, "var i = 0\nwhile true { i = (i + 1) % 10 }", lambda: kernel.manager.provisioner.process.send_signal(2))


def test_the_client_is_answered_while_a_cell_runs(kernel):
    kernel.client.execute("sleep(2)")
    time.sleep(0.2)
    start = time.time()
    message = kernel.client.session.msg("interrupt_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=TIMEOUT)
    assert reply["msg_type"] == "interrupt_reply" and time.time() - start < 1
    assert kernel.client.hb_channel.is_beating()


def test_restart(kernel):
    assert kernel.value("let x = 1\nx") == "1 : int"
    kernel.client.execute("sleep(100)")
    time.sleep(0.3)
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=TIMEOUT)
    reply, _ = kernel.run("x")
    assert reply["status"] == "error", reply


def ask(kernel, kind, **content):
    """The content of the reply to a request."""
    message = kernel.client.session.msg(kind + "_request", content)
    kernel.client.shell_channel.send(message)
    while True:
        reply = kernel.client.get_shell_msg(timeout=TIMEOUT)
        if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
            assert reply["msg_type"] == kind + "_reply", reply
            return reply["content"]


def test_names_are_completed(kernel):
    kernel.run("type Point(abscissa: float, ordinate: float)\nlet origin = Point(0.0, 0.0)\nlet original = 1")
    code = "\"é\" ++ origi"
    reply = ask(kernel, "complete", code=code, cursor_pos=len(code))
    assert reply["matches"] == ["origin", "original"] and (reply["cursor_start"], reply["cursor_end"]) == (7, 12), reply
    assert "abscissa" in ask(kernel, "complete", code="origin.abs", cursor_pos=10)["matches"]
    reply = ask(kernel, "complete", code="stats.medi + 1", cursor_pos=10)
    assert reply["matches"][0] == "median" and "float" in reply["metadata"]["_jupyter_types_experimental"][0]["signature"], reply
    for cursor in (-5, 0, 99):
        assert ask(kernel, "complete", code="ä", cursor_pos=cursor)["status"] == "ok"


def test_names_are_explained(kernel):
    kernel.run("let total = [1, 2]")
    for code, cursor, expected in (("total + 1", 2, "total : [int]"), ("counts.most_common(10)", 10, "most_common : "), ("stats.median", 12, "stats.median : "),
                                   ("stats.median(xs, ", 17, "stats.median : ")):
        reply = ask(kernel, "inspect", code=code, cursor_pos=cursor, detail_level=0)
        assert reply["found"] and reply["data"]["text/plain"].startswith(expected), (code, reply)
    for code in ("nothing_has_this_name", "", "(((", "."):
        assert not ask(kernel, "inspect", code=code, cursor_pos=len(code), detail_level=0)["found"], code


def shown(kernel, code):
    """What the value of the cell is shown as."""
    reply, said = kernel.run(code)
    assert reply["status"] == "ok", reply
    return [content["data"] for kind, content in said if kind == "execute_result"][0]


def texts_of(html):
    """The texts of a table, row by row."""
    rows = xml.etree.ElementTree.fromstring(f"<all>{html}</all>").iter("tr")
    return [["".join(cell.itertext()) for cell in row] for row in rows]


def test_tables(kernel):
    kernel.run("type Sale(day: string, amount: float)")
    data = shown(kernel, '[Sale("Mon <1>", 2.5), Sale("Tue & \\"x\\"", 1e100)]')
    assert texts_of(data["text/html"]) == [["day", "amount"], ["Mon <1>", "2.5"], ['Tue & "x"', "1e+100"]], data
    assert data["text/plain"].endswith(" : [Sale]"), data
    assert texts_of(shown(kernel, '["b": Sale("x", 1.0), "a": Sale("y", 2.0)]')["text/html"]) == \
        [["", "day", "amount"], ["a", "y", "2.0"], ["b", "x", "1.0"]]
    assert texts_of(shown(kernel, "[(1, [2, 3]), (4, [])]")["text/html"]) == [["1", "[2, 3]"], ["4", "[]"]]
    assert texts_of(shown(kernel, "[[1, 2], [3]]")["text/html"]) == [["1", "2"], ["3"]]
    assert len(texts_of(shown(kernel, "list(map i => (i, i) over 1..100000)")["text/html"].split("<p>")[0])) == 60
    for code in ("[1, 2]", '"text"', "(1, 2)", "some(1)", "x => x + 1", "set([1])"):
        assert list(shown(kernel, code)) == ["text/plain"], code
    assert "text/html" in shown(kernel, "let m: [string: int] = [:]\nm")


def test_pictures(kernel):
    kernel.run("import plot")
    data = shown(kernel, 'plot.bar(["ale": 3, "bread": 12], title: "Sold")')
    picture = xml.etree.ElementTree.fromstring(data["image/svg+xml"])
    assert picture.tag.endswith("svg") and "Sold" in data["image/svg+xml"]
    assert base64.b64decode(data["text/html"].split("base64,")[1].split('"')[0]).decode() == data["image/svg+xml"]
    # Whatever type somebody declares may show itself.
    kernel.run('type Dot(r: int)\nfn svg(d: Dot) = "<svg><circle r=\\"{d.r}\\"/></svg>"\nfn html(d: Dot) = "<b>{d.r}</b>"')
    data = shown(kernel, "Dot(7)")
    assert data["image/svg+xml"] == '<svg><circle r="7"/></svg>' and data["text/html"] == "<b>7</b>" and data["text/plain"] == "Dot(7) : Dot", data
    assert kernel.value("it.r") == "7 : int"
    kernel.run('fn svg(d: Dot) -> string = fail("cannot be drawn")')
    assert list(shown(kernel, "Dot(8)")) == ["text/plain", "text/html"]


def test_a_program_cannot_end_the_kernel(kernel):
    reply, _ = kernel.run("exit(3)")
    assert reply["status"] == "error" and "exit" in reply["evalue"], reply
    assert kernel.value("1") == "1 : int"


def test_workers_that_are_processes(_):
    for options in (["-n", "2"], ["--", "--memory=1G"]):
        kernel = Kernel(*options)
        try:
            reply, said = kernel.run('fn f(x: int) -> int {\n  if x > 150 { log("at {x}") }\n  sleep(0.005)\n  x % 7\n}\nlet total = map f over 1..200 reduce sum')
            assert reply["status"] == "ok" and "[worker" in written(said, "stderr"), (options, reply, said)
            assert kernel.value("total") == "598 : int"
        finally:
            kernel.stop()


def main():
    names = sys.argv[1:] or [name for name in globals() if name.startswith("test_")]
    for name in names:
        kernel = Kernel()
        try:
            globals()[name](kernel)
        except BaseException:
            print("failed:", name, file=sys.stderr)
            raise
        finally:
            kernel.stop()


main()

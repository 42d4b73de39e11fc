#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""client=bare: what libcurl is held to under every model, and what an answer may look like. CCBENCH names the program."""

import base64
import contextlib
import os
import socket
import tempfile
import threading
import unittest

import harness
from harness import OK, cells, document, plan, replay, run

harness.CLIENT = "bare"  # of all that follows

# pylint: disable=wrong-import-position,unused-import
from test_conformance import FETCHES, REAL, Accepting, Fetches, Url  # noqa: E402
from test_gather import Fetches as GatheredFetches  # noqa: E402
import test_faults  # noqa: E402

# One that blocks, one in a process of its own, and each kind of loop.
KINDS = [name for name in ("sequential", "threads", "processes", "eventloop", "async", "green") if name in REAL]
WEIRD, PARTIAL, NOTHING, RECEIVE, TIMED_OUT, RESOLVE, MALFORMAT = 2008, 2018, 2052, 2056, 2028, 2006, 2003


def head_of(connection):
    """The head of the next request; b"" where there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    return data


class Server(Accepting):
    """Answers each request by the next of the pieces it was given, each sent by itself; b"" ends the connection."""

    def __init__(self, *pieces):
        super().__init__(self.talk)
        self.pieces = pieces
        self.connections = 0
        self.heads = []

    def talk(self, connection):
        self.connections += 1
        with connection, contextlib.suppress(OSError):
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while head := head_of(connection):
                self.heads.append(head)
                for piece in self.pieces:
                    if not piece:
                        connection.shutdown(socket.SHUT_WR)
                        return
                    connection.sendall(piece)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Answers(unittest.TestCase):
    def fetch(self, pieces, tasks=4, lanes=1, **more):
        """(slots, server) for each kind of model."""
        for model in KINDS:
            with self.subTest(model=model, pieces=[piece[:60] for piece in pieces]), Server(*pieces) as server:
                done = replay(plan(model, tasks, lanes, [{"fetch": "/"}], origin=server.origin, **more))
                self.assertIsNone(done.error)
                yield done.slots, server

    def test_bodies(self):
        """By length, in chunks, to the end of the connection, none; in one piece and in many; after what is only interim."""
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n"
        for pieces, size, kept in (
                ([whole], 5, True), ([whole[i:i + 1] for i in range(len(whole))], 5, True),
                ([chunked], 5, True), ([chunked[i:i + 1] for i in range(len(chunked))], 5, True),
                ([chunked.replace(b"\r\n", b"\r\nContent-Length: 7\r\n", 1)], 5, True),
                ([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", b""], 5, False),
                ([b"HTTP/1.0 200 OK\r\n\r\n", b"he", b"llo", b""], 5, False),
                ([b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhe"], 2, True),
                ([b"HTTP/1.1 204 No Content\r\n\r\n"], 0, True),
                ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole], 5, True),
                ([b"HTTP/1.1 100 Continue\r\n\r\n", whole], 5, True),
                ([b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000], 100000, True)):
            for slots, server in self.fetch(pieces):
                self.assertEqual([(slot.status, slot.check) for slot in slots], [(0, size)] * 4)
                self.assertEqual(server.connections, 1 if kept else 4)

    def test_what_is_no_answer(self):
        begun = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
        for pieces, status in (
                ([b"SSH-2.0-x\r\n"], WEIRD), ([b"\0" * 100], WEIRD), ([b"HTTP/1.1 200 OK\r\nbroken field\r\n\r\n"], WEIRD),
                ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], WEIRD), ([b"HTTP/1.1 OK\r\n\r\n"], WEIRD),
                ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"], WEIRD),
                ([b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100000 + b"\r\n\r\n"], WEIRD),
                ([b"HTTP/1.1 200 OK\r\n"] + [b"X-Y: " + b"x" * 995 + b"\r\n"] * 90, WEIRD),
                ([b""], NOTHING), ([b"HTTP/1.1 200 OK\r\nX:", b""], NOTHING), ([begun, b""], PARTIAL),
                ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", b""], PARTIAL),
                ([b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nxxx"], 101),
                ([b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"], 302),
                ([b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"], 304)):
            for slots, _ in self.fetch(pieces):
                self.assertEqual([(slot.status, slot.check) for slot in slots], [(status, 0)] * 4)

    def test_more_than_was_asked_for(self):
        """Who says more than one answer is not asked again on that connection."""
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        for slots, server in self.fetch([whole + b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"]):
            self.assertEqual([(slot.status, slot.check) for slot in slots], [(0, 5)] * 4)
            self.assertEqual(server.connections, 4)

    def test_a_server_that_closes_what_was_kept_open(self):
        """The request is sent again, once, and counted: the same outcome as with libcurl."""
        for slots, server in self.fetch([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b""], tasks=6):
            self.assertEqual([(slot.status, slot.check) for slot in slots], [(0, 5)] * 6)
            self.assertEqual(server.connections, 6)

    def test_no_answer_on_a_connection_of_its_own(self):
        for slots, server in self.fetch([b""], tasks=3):
            self.assertEqual([slot.status for slot in slots], [NOTHING] * 3)
            self.assertEqual(server.connections, 3)  # none was asked twice

    def test_an_answer_that_drips_ends_in_time(self):
        """The limit is one for the whole fetch, not for each read."""
        def drip(connection):
            with connection, contextlib.suppress(OSError):
                while head_of(connection):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while True:
                        connection.sendall(b"x")
                        ended.wait(0.01)

        ended = threading.Event()
        with Accepting(drip) as server:
            for model in KINDS:
                with self.subTest(model=model):
                    done = replay(plan(model, 2, 2, [{"fetch": "/"}], origin=server.origin, task_timeout_ns=100_000_000))
                    self.assertEqual([slot.status for slot in done.slots], [TIMED_OUT] * 2)
                    for slot in done.slots:
                        self.assertGreaterEqual(slot.end_ns - slot.begin_ns, 100_000_000)
                        self.assertLess(slot.end_ns - slot.begin_ns, 20_000_000_000)

    def test_a_limit_after_what_came_in_pieces(self):
        """The next fetch on the same connection has its whole time again."""
        def halting(connection):
            with connection, contextlib.suppress(OSError):
                while head_of(connection):
                    for piece in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 5\r\n\r\nhel", b"lo"):
                        ended.wait(0.15)
                        connection.sendall(piece)

        ended = threading.Event()
        with Accepting(halting) as server:
            for model in KINDS:
                with self.subTest(model=model):
                    done = replay(plan(model, 3, 1, [{"fetch": "/"}], origin=server.origin, task_timeout_ns=20_000_000_000))
                    self.assertEqual([(slot.status, slot.check) for slot in done.slots], [(0, 5)] * 3)

    def test_timeouts_are_in_no_whole_ms(self):
        for slots, _ in self.fetch([], tasks=3, task_timeout_ns=1):
            self.assertEqual([slot.status for slot in slots], [TIMED_OUT] * 3)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Requests(unittest.TestCase):
    WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    def request(self, url="http://{}/", model="threads", **more):
        with Server(self.WHOLE) as server:
            address = server.origin.removeprefix("http://")
            done = replay(plan(model, 1, 1, [{"fetch": "/"}], url=url.format(address), **more))
            self.assertIsNone(done.error)
            self.assertEqual([slot.status for slot in done.slots], [0])
            return server.heads[0].decode(), address

    def test_plain(self):
        head, address = self.request("http://{}/a/b?c=d#e")
        lines = head.split("\r\n")
        self.assertEqual(lines[:2], ["GET /a/b?c=d HTTP/1.1", f"Host: {address}"])
        self.assertRegex(lines[2], "^User-Agent: ccbench/[0-9.]+$")
        self.assertEqual(lines[3:], ["Accept: */*", "", ""])

    def test_paths(self):
        for url, target in (("http://{}", "/"), ("http://{}?x", "/?x"), ("http://{}#x", "/"), ("HTTP://{}/%41", "/%41"),
                            ("http://{}/ä?ö", "/%c3%a4?%c3%b6")):
            self.assertTrue(self.request(url)[0].startswith(f"GET {target} HTTP/1.1\r\n"), url)

    def test_headers(self):
        head, _ = self.request(headers=["accept: text/html", "X-Empty;", "User-Agent:", "Host: example.org", "X: 1", "X: 2"])
        self.assertEqual(head, "GET / HTTP/1.1\r\naccept: text/html\r\nX-Empty:\r\nHost: example.org\r\nX: 1\r\nX: 2\r\n\r\n")

    def test_credentials(self):
        for typed, sent in (("user:secret", "user:secret"), ("user", "user:"), ("a%3Ab:c%20d", "a:b:c d"), (":", ":"),
                            ("u:%zz%4", "u:%zz%4"), ("us:e", "us:e"), ("x%3A", "x::")):
            head, address = self.request("http://" + typed + "@{}/")
            self.assertIn(f"\r\nAuthorization: Basic {base64.b64encode(sent.encode()).decode()}\r\n", head)
            self.assertIn(f"\r\nHost: {address}\r\n", head)

    def test_names(self):
        """A name of this machine, and one that nobody has."""
        with Server(self.WHOLE) as server:
            port = server.origin.rsplit(":", 1)[1]
            for url, status in ((f"http://localhost:{port}/", 0), ("http://nobody.invalid/", RESOLVE)):
                for model in KINDS:
                    with self.subTest(url=url, model=model):
                        done = replay(plan(model, 2, 2, [{"fetch": "/"}], url=url))
                        self.assertEqual([slot.status for slot in done.slots], [status] * 2)

    def test_ipv6(self):
        try:
            probe = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError as error:
            self.skipTest(f"no IPv6: {error}")
        probe.close()
        with Server(self.WHOLE) as server:
            server.server.close()
            server.server = socket.create_server(("::1", 0), family=socket.AF_INET6)
            threading.Thread(target=server.serve, daemon=True).start()
            done = replay(plan("threads", 2, 2, [{"fetch": "/"}], url=f"http://[::1]:{server.server.getsockname()[1]}/"))
            self.assertEqual([slot.status for slot in done.slots], [0, 0])
            for zone in ("%251", "%1"):  # of which the server hears nothing
                port = server.server.getsockname()[1]
                done = replay(plan("threads", 1, 1, [{"fetch": "/"}], url=f"http://[::1{zone}]:{port}/"))
                self.assertEqual([slot.status for slot in done.slots], [0])
                self.assertIn(f"\r\nHost: [::1]:{port}\r\n", server.heads[-1].decode())

    def test_unix_sockets(self):
        with tempfile.TemporaryDirectory() as folder, Server(self.WHOLE) as server:
            path = os.path.join(folder, "socket")
            server.server.close()
            server.server = socket.socket(socket.AF_UNIX)
            server.server.bind(path)
            server.server.listen(100)
            threading.Thread(target=server.serve, daemon=True).start()
            for model in KINDS:
                with self.subTest(model=model):
                    done = replay(plan(model, 4, 2, [{"fetch": "/"}], url="http://localhost/", unix_socket=path))
                    self.assertEqual([slot.status for slot in done.slots], [0] * 4)
                    done = replay(plan(model, 2, 2, [{"fetch": "/"}], url="http://localhost/", unix_socket=path + "x"))
                    self.assertEqual([slot.status for slot in done.slots], [2007] * 2)

    def test_a_proxy_is_passed_over(self):
        with Server(self.WHOLE) as server:
            done = replay(plan("threads", 1, 1, [{"fetch": "/"}], origin=server.origin), http_proxy="http://127.0.0.1:1")
            self.assertEqual(done.slots[0].status, 0)


@unittest.skipIf(test_faults.FAIL_SO == "", "FAIL_SO is not set")
@unittest.skipIf(harness.SANITIZER != "", "a sanitizer has functions of its own")
@unittest.skipUnless(FETCHES, "fetching is not built")
class Lacks(unittest.TestCase):
    """What fails as on a machine that has run out of something, as test_faults has it."""

    LIMIT, LIBUV_ABORTS = test_faults.Failures.LIMIT, test_faults.Failures.LIBUV_ABORTS
    setUp, failing, reached = test_faults.Failures.setUp, test_faults.Failures.failing, test_faults.Failures.reached
    check_trial, sweep_trial = test_faults.Failures.check_trial, test_faults.Failures.sweep_trial
    test_trial_that_fetches = test_faults.Failures.test_trial_that_fetches
    test_fetches_without_sockets = test_faults.Failures.test_fetches_without_sockets


@unittest.skipUnless(FETCHES, "fetching is not built")
class Connections(unittest.TestCase):
    def test_fresh(self):
        report = document("-m", ",".join(REAL), "-w", "http:1ms:fresh", "-n", 12, "-c", 4, "-r", 1)
        for _, cell in cells(report):
            with self.subTest(model=cell["model"]):
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
                origin = cell["samples"][0]["origin"]
                self.assertEqual((origin["requests"], origin["connections"]), (12, 12))

    def test_kept(self):
        """One for each lane, whatever it does, and one for each fetch that is to have its own."""
        steps = [{"fetch": "/bytes/1"}, {"fetch": "/bytes/300", "fresh": True}, {"repeat": 3, "steps": [{"fetch": "/bytes/2"}]},
                 {"fetch": "/delay/1ms"}]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            harness.json.dump({"classes": [{"name": "own", "weight": 1, "steps": steps}]}, file)
            file.flush()
            report = document("-m", ",".join(REAL), "-w", file.name, "-n", 8, "-c", 2, "-r", 1)
        for _, cell in cells(report):
            with self.subTest(model=cell["model"]):
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
                origin = cell["samples"][0]["origin"]
                kept = 8 if cell["model"] == "process-per-task" else cell["lanes"]
                self.assertEqual(origin["requests"], 6 * 8)
                self.assertLessEqual(8 + 1, origin["connections"])
                self.assertLessEqual(origin["connections"], 8 + kept)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Chosen(unittest.TestCase):
    """By the command line."""

    def labels(self, *arguments):
        report = run("--format=json", "--dry-run", "-w", "http:1ms", *arguments)
        self.assertEqual(report.status, OK, report.stderr)
        return [(cell["model"], cell["trial"].get("parameters")) for _, cell in cells(harness.json.loads(report.stdout))]

    def test_labels(self):
        bare = {"client": "bare"}
        self.assertEqual(self.labels("-m", "async,async:client=bare,threads:client=libcurl"),
                         [("async", None), ("async:client=bare", bare), ("threads", None)])
        self.assertEqual(self.labels("-m", "threads,processes:chunk=2,null,async:client=libcurl", "--client=bare"),
                         [("threads:client=bare", bare), ("processes:chunk=2:client=bare", {"chunk": 2, **bare}), ("null", None),
                          ("async", None)])
        self.assertEqual(self.labels("-m", "threads", "--client=plain"), [("threads", None)])
        self.assertEqual(self.labels("-m", "threads", "--client=idiom"), [("threads", None)])

    def test_what_is_none(self):
        for arguments, said in ((("-m", "async:client=wget"), "expected async:client=libcurl|bare"),
                                (("-m", "async", "--client=wget"), "plain, idiom or bare"),
                                (("-m", "null:client=bare"), "expected")):
            ran = run("-w", "http:1ms", *arguments)
            self.assertEqual((ran.status, len(ran.stderr.splitlines())), (2, 1), ran.stderr)
            self.assertIn(said, ran.stderr)

    def test_it_is_told(self):
        self.assertIn("async:client=libcurl|bare:", run("list", "async").stdout)

    def test_no_tls(self):
        """Where a block fetches over TLS, it is said why the cell is not there."""
        for workload in (("-w", "http:1ms:tls"), ("--url", "https://localhost:1/")):
            ran = run("--format=json", "--dry-run", "-m", "async,async:client=bare", *workload)
            found = [(cell["status"], cell["reason"]) for _, cell in cells(harness.json.loads(ran.stdout))]
            self.assertEqual(found[1], ("skipped", "client=bare speaks no TLS"))
            self.assertNotEqual(found[0], found[1])
        done = replay(plan("threads", 1, 1, [{"fetch": "/", "tls": True}], origin_tls="https://127.0.0.1:1"))
        self.assertEqual((done.status, done.error), (2, "client=bare speaks no TLS"))

    def test_no_server(self):
        """What no task of a trial fetches needs none, and what one fetches without is its own failure, as by libcurl."""
        for model in KINDS:
            with self.subTest(model):
                done = replay(plan(model, 1, 1, [{"fetch": "/bytes/1"}]))
                self.assertEqual((done.status, done.error, done.slots[0].status), (0, None, MALFORMAT))
        text = harness.json.dumps({"name": "rare", "tasks": 1, "classes": [
            {"name": "idle", "weight": 1000, "steps": [{"compute": 1}]}, {"name": "rare", "weight": 1, "steps": [{"fetch": "/bytes/1"}]}]})
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(text)
            file.flush()
            for _, cell in cells(document("-m", ",".join(KINDS), "-w", file.name, "-r", 1)):
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))

    def test_a_run(self):
        """Beside libcurl, the same work."""
        harness.CLIENT = ""
        try:
            report = document("-m", "threads,threads:client=bare", "-w", "http:1ms", "-n", 12, "-c", 3, "-r", 2)
        finally:
            harness.CLIENT = "bare"
        for _, cell in cells(report):
            self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
            self.assertEqual([sample["origin"]["requests"] for sample in cell["samples"]], [12, 12])
            self.assertLessEqual(max(sample["origin"]["connections"] for sample in cell["samples"]), 3)


if __name__ == "__main__":
    unittest.main()

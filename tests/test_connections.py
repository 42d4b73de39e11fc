#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches on fresh connections and over TLS, under every model: what they come to, what they cost in connections and
handshakes by the origin's count, and what goes wrong with them. CCBENCH names the program."""

import contextlib
import json
import os
import resource
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from harness import CCBENCH, CELL, OK, SANITIZER, cells, document, models, plan, replay, run
from origin_client import PATIENCE_S, Origin, body_of, read_answer

SOURCE = os.environ.get("TESTS_SOURCE", os.path.dirname(os.path.abspath(__file__)))
MODELS = [name for name in models() if name != "null"]
PER_TASK = ["process-per-task"]  # a client for each task, which keeps no connection for the next
FETCHES = "fetching is not built" not in run("-m", "sequential", "-w", "http", "--dry-run").stdout
NO_TLS = "not built: TLS of the HTTP origin needs OpenSSL"
TLS = NO_TLS not in run("-m", "sequential", "-w", "http:1ms:tls", "--dry-run").stdout
TASKS, LANES = 12, 4
EADDRNOTAVAIL = 1099
SSL_CONNECT_ERROR, PEER_FAILED_VERIFICATION = 2035, 2060


def cells_of(report):
    return [cell for _, cell in cells(report)]


def sample_of(cell):
    return cell["samples"][-1]


@unittest.skipUnless(FETCHES, "fetching is not built")
class Runs(unittest.TestCase):
    """Each workload under every model; whatever the oracle does not allow is `wrong` or failed."""

    WORKERS = 1

    def document(self, *arguments, **more):
        report = document(*arguments, f"--origin-workers={self.WORKERS}", **more)
        self.assertEqual(report["placement"]["origin_workers"], self.WORKERS)
        return report

    def counts(self, workload, model_list=None, tasks=TASKS):
        report = self.document("-m", ",".join(model_list or MODELS), "-w", workload, "-n", str(tasks), "-c", str(LANES),
                               "-r", "1")
        found = cells_of(report)
        self.assertEqual([cell["model"] for cell in found], model_list or MODELS)
        for cell in found:
            with self.subTest(model=cell["model"], workload=workload):
                self.assertEqual(cell["status"], "ok", cell["reason"])
                self.assertEqual(sample_of(cell)["origin"]["requests"], tasks)
                self.assertEqual("busiest_cpu_ns" in sample_of(cell)["origin"], self.WORKERS > 1)
                yield cell, sample_of(cell)["origin"]

    def most_kept(self, cell):
        return TASKS if cell["model"] in PER_TASK else cell["lanes"]

    def test_kept_open(self):
        for workload, size in (("http:1ms", 13), ("http:/bytes/70k", 70 * 1024)):
            for cell, origin in self.counts(workload):
                self.assertLessEqual(origin["connections"], self.most_kept(cell))
                self.assertEqual(origin["bytes"], TASKS * size)

    def test_fresh(self):
        for _, origin in self.counts("http:1ms:fresh"):
            self.assertEqual(origin["connections"], TASKS)
            self.assertNotIn("tls_handshakes", origin)

    @unittest.skipUnless(TLS, NO_TLS)
    def test_tls(self):
        for cell, origin in self.counts("http:1ms:tls"):
            self.assertLessEqual(origin["connections"], self.most_kept(cell))
            self.assertEqual(origin["tls_connections"], origin["connections"])
            self.assertEqual((origin["tls_handshakes"], origin["tls_resumed"]), (origin["connections"], 0))

    @unittest.skipUnless(TLS, NO_TLS)
    def test_fresh_with_tls(self):
        for workload in ("http:1ms:fresh:tls", "http:/bytes/300k:tls:fresh"):
            for _, origin in self.counts(workload):
                self.assertEqual([origin[name] for name in ("connections", "tls_connections", "tls_handshakes",
                                                            "tls_resumed")], [TASKS, TASKS, TASKS, 0])

    @unittest.skipUnless(TLS, NO_TLS)
    def test_large_answers_through_tls(self):
        for _, origin in self.counts("http:/bytes/3m:tls", ["sequential", "threads"] +
                                     (["eventloop"] if "eventloop" in MODELS else []), tasks=5):
            self.assertEqual(origin["bytes"], 5 * 3 << 20)

    @unittest.skipUnless(TLS, NO_TLS)
    def test_ladder(self):
        """Two of its five rungs fetch, one of them over TLS, on connections that stay."""
        report = document("-m", ",".join(MODELS), "-w", "ladder:4k:tls", "-n", "20", "-c", "1", "-r", "1")
        for cell in cells_of(report):
            with self.subTest(model=cell["model"]):
                self.assertEqual(cell["status"], "ok", cell["reason"])
                origin = sample_of(cell)["origin"]
                self.assertEqual((origin["requests"], origin["bytes"]), (8, 8 << 12))
                kept = 4 if cell["model"] in PER_TASK else 1
                self.assertEqual((origin["connections"], origin["tls_connections"]), (2 * kept, kept))

    @unittest.skipUnless(TLS, NO_TLS)
    def test_one_task_may_do_all(self):
        """Kept-open and fresh, plain and TLS, in one program, nested."""
        steps = [{"fetch": "/bytes/1"}, {"fetch": "/bytes/20", "tls": True}, {"fetch": "/bytes/300", "fresh": True},
                 {"repeat": 2, "steps": [{"fetch": "/bytes/4k", "tls": True, "fresh": True}, {"fetch": "/bytes/1"}]}]
        with self.own_workload(steps) as path:
            report = self.document("-m", ",".join(MODELS), "-w", path, "-n", "6", "-c", "2", "-r", "1")
        for cell in cells_of(report):
            with self.subTest(model=cell["model"]):
                self.assertEqual(cell["status"], "ok", cell["reason"])
                origin = sample_of(cell)["origin"]
                kept = 6 if cell["model"] in PER_TASK else cell["lanes"]
                self.assertEqual(origin["requests"], 7 * 6)
                self.assertLessEqual(origin["tls_connections"], 12 + kept)
                self.assertGreaterEqual(origin["tls_connections"], 12 + 1)
                self.assertLessEqual(origin["connections"], 18 + 2 * kept)
                self.assertEqual(origin["tls_handshakes"], origin["tls_connections"])

    def test_classes_that_need_others(self):
        """A lane has a connection of its own for tasks that fetch, and keeps those that other tasks' children had."""
        once = [{"fetch": "/bytes/10"}]
        classes = [{"name": "two", "weight": 1, "steps": [{"gather": [once, once]}]},
                   {"name": "own", "weight": 1, "steps": [*once, {"gather": [once]}]}]
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump({"tasks": 24, "concurrency": 1, "classes": classes}, file)
            file.flush()
            for client in ("plain", "bare"):
                report = document("-m", ",".join(MODELS), "-w", file.name, "-r", "1", f"--client={client}")
                for cell in cells_of(report):
                    with self.subTest(model=cell["model"], client=client):
                        self.assertEqual(cell["status"], "ok", cell["reason"])

    @unittest.skipUnless(TLS, NO_TLS)
    def test_kept_beside_fresh_ones(self):
        """What is kept open stays open while as many others are made, also where children of a task fetch."""
        lists = [[{"fetch": "/delay/1ms"}, {"fetch": "/delay/1ms", "fresh": True}, {"fetch": "/bytes/9", "tls": True}]] * 2
        steps = [{"fetch": "/delay/1ms"}, {"fetch": "/bytes/9", "tls": True}, {"fetch": "/delay/1ms", "fresh": True}]
        for name, program in (("in turn", steps * 2), ("children", [*steps, {"gather": lists}])):
            with self.own_workload(program) as path:
                report = self.document("-m", ",".join(MODELS), "-w", path, "-n", "64", "-c", "16", "-r", "1")
            for cell in cells_of(report):
                with self.subTest(program=name, model=cell["model"]):
                    self.assertEqual(cell["status"], "ok", cell["reason"])

    @unittest.skipUnless(TLS, NO_TLS)
    def test_descriptors_of_all_sorts(self):
        """A lane may have one connection of each sort."""
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

        steps = [{"fetch": "/"}, {"fetch": "/", "tls": True}, {"fetch": "/", "fresh": True}]
        for count, failed in ((1, False), (3, True)):
            with self.own_workload(steps[:count]) as path:
                done = run("-m", "threads", "-w", path, "-n", "30", "-c", "30", "--dry-run", preexec=few)
            self.assertEqual("90 connections need more descriptors" in " ".join(done.stdout.split()), failed, done.stdout + done.stderr)

    @contextlib.contextmanager
    def own_workload(self, steps):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"classes": [{"name": "own", "weight": 1, "steps": steps}]}, file)
            file.flush()
            yield file.name

    @unittest.skipUnless(TLS, NO_TLS)
    def test_fails_as_without_tls(self):
        """What the server says and does arrives through TLS as well: a status, a reset in mid-answer."""
        for path, status in (("/status/503", "HTTP 503"), ("/bytes/9/reset", "")):
            report = self.document("-m", ",".join(MODELS), "-w", f"http:{path}:tls", "-n", "4", "-c", "2", "-r", "1",
                                   status=(CELL,))
            for cell in cells_of(report):
                with self.subTest(model=cell["model"], path=path):
                    self.assertEqual(cell["status"], "failed")
                    self.assertRegex(cell["reason"], f"^4 of 4.*{status}")

    def test_what_is_not_such_a_workload(self):
        for argument in ("10ms:", "10ms:slow", ":fresh", "fresh", "10ms:fresh:fresh", "10ms:tls:fresh:tls", "10ms:freshtls",
                         "/bytes/4k:", "10ms:fresh:slow", "10ms:FRESH"):
            with self.subTest(argument=argument):
                done = run("-m", "sequential", "-w", f"http:{argument}", "--dry-run")
                self.assertEqual((done.status, len(done.stderr.splitlines())), (2, 1), done.stderr)

    def test_what_is_not_such_a_step(self):
        for step in ({"fetch": "/", "fresh": False}, {"fetch": "/", "tls": 1}, {"fetch": "/", "tls": "yes"},
                     {"sleep": "1ms", "fresh": True}, {"compute": 1, "tls": True}):
            with self.subTest(step=step):
                with self.own_workload([step]) as path:
                    done = run("-m", "sequential", "-w", path, "--dry-run")
                self.assertEqual((done.status, len(done.stderr.splitlines())), (2, 1), done.stderr)

    @unittest.skipIf(TLS, "TLS is built")
    def test_why_it_is_missing(self):
        for cell in cells_of(document("-m", ",".join(MODELS), "-w", "http:1ms:tls", "-r", "1")):
            self.assertEqual((cell["status"], cell["reason"]), ("skipped", NO_TLS))


class RunsOfSeveralWorkers(Runs):
    """The same, counted by four threads that share a port."""

    WORKERS = 4

    def test_the_busiest_is_part_of_all(self):
        for _, origin in self.counts("http:/bytes/70k", ["threads"], 400):
            self.assertGreater(origin["cpu_ns"], 0)
            # Of one that runs the kernel may tell as late as with its next tick.
            self.assertGreaterEqual(origin["busiest_cpu_ns"], origin["cpu_ns"] // self.WORKERS)
            self.assertLessEqual(origin["busiest_cpu_ns"], origin["cpu_ns"] + 20_000_000)

    def test_all_of_them_serve(self):
        """Of 128 connections in turn each of two gets some, but once in 2 to the 127th."""
        report = document("-m", "eventloop", "-w", "http:1ms:fresh", "-n", "128", "-c", "1", "-r", "1",
                          "--origin-workers=2")
        origin = sample_of(cells_of(report)[0])["origin"]
        self.assertLess(origin["busiest_cpu_ns"], origin["cpu_ns"])


class Deceiver(unittest.TestCase):
    """Programs that say that they fetch so, and do not."""

    # Hands the trial on to ccbench with other steps than asked for.
    PROGRAM = """#!{python}
import json, os, sys
plan = json.loads(sys.stdin.readline())
for step in plan["classes"][0]["steps"]:
    {change}
reader, writer = os.pipe()
os.write(writer, json.dumps(plan).encode() + b"\\n")
os.close(writer)
os.dup2(reader, 0)
os.execv({ccbench!r}, [{ccbench!r}, "trial"])
"""

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_who_does_not_do_it_is_found_out(self):
        for workload, change, says in (
                ("http:1ms:fresh", "step.pop('fresh')", "the origin accepted [1-4] connections, expected 12 at the least"),
                ("http:1ms", "step['fresh'] = True", "the origin accepted 12 connections, expected 4 at the most"),
                ("http:1ms:tls", "step.pop('tls')", "the origin accepted [1-4] connections, expected 0 at the most"),
                ("http:1ms:tls", "step['fresh'] = True",
                 "the origin accepted 12 connections with TLS, expected 4 at the most"),
                ("http:1ms:fresh:tls", "step.pop('fresh')",
                 "the origin accepted [1-4] connections with TLS, expected 12 at the least")):
            if "tls" in workload and not TLS:
                continue
            with self.subTest(workload=workload, change=change), tempfile.TemporaryDirectory() as folder:
                deceiver = os.path.join(folder, "deceiver")
                with open(deceiver, "w", encoding="utf-8") as file:
                    file.write(self.PROGRAM.format(python=sys.executable, change=change, ccbench=CCBENCH))
                os.chmod(deceiver, stat.S_IRWXU)
                report = document("-m", "threads", "-w", workload, "-n", "12", "-c", "4", "-r", "1", status=(CELL,),
                                  CCBENCH_TRIAL=deceiver)
                self.assertEqual(cells_of(report)[0]["status"], "wrong", cells_of(report)[0]["reason"])
                self.assertRegex(cells_of(report)[0]["reason"], says)


@unittest.skipUnless(FETCHES and TLS, "TLS is not built")
class Claims(unittest.TestCase):
    def test_a_server_that_is_to_speak_tls_later(self):
        """Claims measure one plan after the other, and the first may have asked for no TLS."""
        with open(os.path.join(SOURCE, os.pardir, "claims", "requests.json"), encoding="utf-8") as file:
            claim = json.load(file)
        for experiment in claim["experiments"].values():
            experiment.update(models=["threads"], tasks=4)
        del claim["real"], claim["figures"][2]
        claim.update(claim="own")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(claim, file)
            file.flush()
            told = json.loads(run("claims", file.name, "--format=json", "--quiet").stdout)
        for figure in told["claims"][0]["figures"]:
            self.assertNotRegex(figure["reason"] or "", "failed|wrong|skipped", figure)
        self.assertEqual(len(told["claims"][0]["figures"]), 3)


class Server:
    """Accepts connections, and leaves each to `answer` on a thread of its own."""

    def __init__(self, answer):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answer = answer
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                self.answer(client)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()


@unittest.skipUnless(FETCHES and TLS, "TLS is not built")
class Trials(unittest.TestCase):
    """Trials by hand, against an origin of ours."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.origin = Origin(tls=os.path.join(self.folder.name, "certificate.pem"))
        self.addCleanup(self.stop)

    def stop(self):
        status, errors = self.origin.stop()
        self.assertIn(status, (0, 143), errors)
        self.assertEqual(errors, "")

    def certificate(self):
        with open(self.origin.tls_file, encoding="ascii") as file:
            return file.read()

    def carry(self, model, step, port=None, certificate=None, tasks=3):
        return replay(plan(model, tasks, 2, [step], origin=f"http://127.0.0.1:{self.origin.port}",
                           origin_tls=f"https://127.0.0.1:{port or self.origin.tls_port}",
                           origin_certificate=certificate or self.certificate()))

    def statuses(self, done):
        self.assertIsNone(done.error)
        return [slot.status for slot in done.slots]

    def test_fetches(self):
        for model in MODELS:
            with self.subTest(model=model):
                done = self.carry(model, {"fetch": "/bytes/70k", "tls": True, "fresh": True})
                self.assertEqual([(slot.status, slot.check) for slot in done.slots], 3 * [(0, 70 << 10)])

    def test_another_certificate_is_refused(self):
        """Of the same name and address, of another run."""
        other = Origin(tls=os.path.join(self.folder.name, "other.pem"))
        other.stop()
        with open(other.tls_file, encoding="ascii") as file:
            certificate = file.read()
        for model in MODELS:
            for fresh in ({}, {"fresh": True}):
                with self.subTest(model=model, **fresh):
                    done = self.carry(model, {"fetch": "/", "tls": True, **fresh}, certificate=certificate)
                    self.assertEqual(self.statuses(done), 3 * [PEER_FAILED_VERIFICATION])
        self.assertEqual(self.origin.stats()["requests"], 0)

    def test_no_certificate(self):
        """Without one to trust those of the system are, none of which is ours; one that is none is trusted in nothing."""
        done = replay(plan("threads", 3, 2, [{"fetch": "/", "tls": True}],
                           origin_tls=f"https://127.0.0.1:{self.origin.tls_port}"))
        self.assertEqual(self.statuses(done), 3 * [PEER_FAILED_VERIFICATION])
        for status in self.statuses(self.carry("threads", {"fetch": "/", "tls": True}, certificate="rubbish")):
            self.assertGreater(status, 2000)

    def test_a_server_that_goes_in_mid_handshake(self):
        def go(client):
            client.recv(1)  # some of the client's hello

        with Server(go) as server:
            for model in MODELS:
                with self.subTest(model=model):
                    done = self.carry(model, {"fetch": "/", "tls": True}, port=server.port)
                    for status in self.statuses(done):
                        self.assertIn(status, (SSL_CONNECT_ERROR, 2056))  # or a reset is seen first

    def test_a_server_that_never_shakes_hands(self):
        ended = threading.Event()
        with Server(lambda client: ended.wait(PATIENCE_S)) as server:
            for model in MODELS:
                with self.subTest(model=model):
                    done = replay(plan(model, 2, 2, [{"fetch": "/", "tls": True}], task_timeout_ns=50_000_000,
                                       origin_tls=f"https://127.0.0.1:{server.port}",
                                       origin_certificate=self.certificate()))
                    self.assertEqual(self.statuses(done), [2028, 2028])
            ended.set()

    def test_a_proxy_is_passed_over(self):
        request = plan("threads", 3, 2, [{"fetch": "/", "tls": True}], origin_certificate=self.certificate(),
                       origin_tls=f"https://127.0.0.1:{self.origin.tls_port}")
        self.assertEqual(self.statuses(replay(request, https_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")),
                         [0, 0, 0])


@unittest.skipUnless(TLS, "TLS is not built")
class Origins(unittest.TestCase):
    """The origin as its clients see it through TLS."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.origin = Origin(tls=os.path.join(self.folder.name, "certificate.pem"))
        self.addCleanup(self.stop)
        self.context = ssl.create_default_context(cafile=self.origin.tls_file)
        self.context.verify_flags |= ssl.VERIFY_X509_STRICT

    def stop(self):
        status, errors = self.origin.stop()
        self.assertIn(status, (0, 143), errors)
        self.assertEqual(errors, "")

    def connect(self, **more):
        plain = socket.create_connection(("127.0.0.1", self.origin.tls_port), timeout=PATIENCE_S)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1", **more)

    def test_answers(self):
        with self.connect() as client, client.makefile("rb") as stream:
            for size in (5, 5, 0, 4096, 16384, 16385, 5 << 20, 4):
                client.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: x\r\n\r\n" % size)
                status, _, body = read_answer(stream)
                self.assertEqual(status, 200)
                self.assertTrue(body == body_of(size), "the body differs")
        stats = self.origin.wait_for(responses=8)
        self.assertEqual((stats["tls_connections"], stats["tls_handshakes"], stats["tls_resumed"]), (1, 1, 0))

    def test_requests_in_pieces_and_together(self):
        with self.connect() as client, client.makefile("rb") as stream:
            for byte in b"GET /bytes/5 HTTP/1.1\r\n\r\n":
                client.sendall(bytes([byte]))
            self.assertEqual(read_answer(stream)[2], b"Hello")
            client.sendall(b"GET /delay/5ms/bytes/5 HTTP/1.1\r\n\r\n" * 500)
            for _ in range(500):
                self.assertEqual(read_answer(stream)[2], b"Hello")
            client.sendall(b"POST /bytes/4 HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300000)
            self.assertEqual(read_answer(stream)[2], b"Hell")
            client.sendall(b"POST /bytes/5 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            self.assertEqual((stream.readline(), stream.readline()), (b"HTTP/1.1 100 Continue\r\n", b"\r\n"))
            client.sendall(b"abc")
            self.assertEqual(read_answer(stream)[2], b"Hello")

    def test_a_slow_reader(self):
        with self.connect() as client, client.makefile("rb") as stream:
            client.sendall(b"GET /bytes/30m HTTP/1.1\r\n\r\n")
            time.sleep(0.3)
            self.assertLess(self.origin.resident_bytes(), (300 if SANITIZER else 40) << 20)
            self.assertEqual(self.origin.get("/bytes/4")[1], b"Hell")
            self.assertTrue(read_answer(stream)[2] == body_of(30 << 20))

    def test_the_end_is_said(self):
        for request, answer in ((b"GET /bytes/4 HTTP/1.1\r\nConnection: close\r\n\r\n", b"Hell"),
                                (b"rubbish\r\n\r\n", b"not a request")):
            with self.connect(suppress_ragged_eofs=request[:1] == b"r") as client:
                client.sendall(request)
                said = b""
                while part := client.recv(65536):
                    said += part
                self.assertIn(answer, said)

    def test_resumed_sessions_are_counted_apart(self):
        with self.connect() as client, client.makefile("rb") as stream:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            read_answer(stream)
            session = client.session
        with self.connect(session=session) as client, client.makefile("rb") as stream:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            read_answer(stream)
            self.assertTrue(client.session_reused)
        stats = self.origin.stats()
        self.assertEqual((stats["tls_connections"], stats["tls_handshakes"], stats["tls_resumed"]), (2, 1, 1))

    def test_clients_that_shake_no_hands(self):
        for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x01" + b"\xff" * 70000):
            with socket.create_connection(("127.0.0.1", self.origin.tls_port), timeout=PATIENCE_S) as client:
                try:
                    client.sendall(said)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
                except OSError:
                    pass
        stats = self.origin.wait_for(tls_failed=4)
        self.assertEqual((stats["tls_connections"], stats["tls_handshakes"]), (4, 0))
        with self.connect() as client, client.makefile("rb") as stream:
            client.sendall(b"GET /bytes/4 HTTP/1.1\r\n\r\n")
            self.assertEqual(read_answer(stream)[2], b"Hell")

    def test_a_client_that_distrusts_it(self):
        with socket.create_connection(("127.0.0.1", self.origin.tls_port), timeout=PATIENCE_S) as plain:
            with self.assertRaises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
        with socket.create_connection(("127.0.0.1", self.origin.tls_port), timeout=PATIENCE_S) as plain:
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.context.wrap_socket(plain, server_hostname="example.org")

    def test_a_users_server_over_tls(self):
        """The origin as a server of the user's own, of whom the fetches may be fresh."""
        if not FETCHES:
            self.skipTest("fetching is not built")
        for workload in ("http", "http:1ms:fresh", "http:1ms:fresh:tls"):
            before = self.origin.stats()
            report = document("-m", "threads,async" if "async" in MODELS else "threads", "-w", workload,
                              "-n", "12", "-c", "4", "-r", "1", f"--cacert={self.origin.tls_file}",
                              f"--url=https://127.0.0.1:{self.origin.tls_port}/bytes/70k")
            after = self.origin.stats()
            for cell in cells_of(report):
                self.assertEqual(cell["status"], "ok", cell["reason"])
            if "fresh" in workload:
                self.assertGreaterEqual(after["tls_handshakes"] - before["tls_handshakes"], 12 * len(cells_of(report)))
                self.assertEqual(after["tls_resumed"], before["tls_resumed"])
        for aim in (f"--url=http://127.0.0.1:{self.origin.port}/", "--server=sleep 1{port}"):
            done = run("-m", "threads", "-w", "http:1ms:tls", aim)
            self.assertEqual(done.status, 2)
            self.assertRegex(done.stderr, r"^ccbench: --url: 'http:.*': http:1ms:tls asks for TLS, expected https://")

    def test_a_server_that_cannot_be_leaves_the_file_alone(self):
        path = os.path.join(self.folder.name, "mine")
        with open(path, "w", encoding="ascii") as file:
            file.write("mine")
        done = run("serve", f"--tls={path}", f"--port={self.origin.port}")
        self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
        self.assertIn("already in use", done.stderr)
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_the_certificate_must_be_writable(self):
        for file in (os.path.join(self.folder.name, "none", "such"), self.folder.name):
            done = run("serve", f"--tls={file}")
            self.assertEqual((done.status, done.stdout), (2, ""))
            self.assertRegex(done.stderr, f"^ccbench: --tls: cannot write '{file}': ")
        if os.path.exists("/dev/full"):
            done = run("serve", "--tls=/dev/full")
            self.assertEqual((done.status, done.stdout), (2, ""))
            self.assertIn("No space left", done.stderr)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Ports(unittest.TestCase):
    """In a network of our own, where ports are few and stay taken for a minute."""

    SCRIPT = ("ip link set lo up && echo '40000 40029' > /proc/sys/net/ipv4/ip_local_port_range && "
              "echo 0 > /proc/sys/net/ipv4/tcp_tw_reuse && exec \"$@\"")

    def alone(self, *words):
        return subprocess.run(["unshare", "-rn", "sh", "-c", self.SCRIPT, "sh", *words], capture_output=True, text=True,
                              timeout=PATIENCE_S * 4, check=False, stdin=subprocess.DEVNULL)

    def setUp(self):
        try:
            done = self.alone("true")
        except FileNotFoundError:
            self.skipTest("no unshare here")
        if done.returncode != 0:
            self.skipTest(f"no network of our own: {done.stderr.strip()}")

    def test_they_run_out(self):
        """Beforehand 20 fetches may do with 30 ports; of those of the second round some find none."""
        for model in {"sequential", "threads", "processes", "async", "green"} & set(MODELS):
            with self.subTest(model=model):
                done = self.alone(CCBENCH, "-q", "-m", model, "-w", "http:1ms:fresh", "-n", "20", "-c", "4", "-r", "2")
                self.assertEqual(done.returncode, CELL, done.stdout + done.stderr)
                text = " ".join(done.stdout.split())
                self.assertRegex(text, r"no free ports: \d+ connections were closed within a minute; fewer tasks, or "
                                       r"net\.ipv4\.ip_local_port_range")

    def test_it_is_known_beforehand(self):
        done = self.alone(CCBENCH, "-m", "threads,null", "-w", "http:1ms:fresh", "-n", "31", "-c", "4", "--dry-run")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn("no free ports: 31 connections would be closed within a minute, of 30 ports; fewer tasks, or "
                      "net.ipv4.ip_local_port_range", done.stdout)
        done = self.alone(CCBENCH, "-m", "threads", "-w", "http:1ms", "-n", "31", "-c", "4", "--dry-run")
        self.assertNotIn("ports", done.stdout)


def origin_of(pid):
    """The pid of the origin that a run has started; None: not yet."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    for child in children:
        with contextlib.suppress(OSError), open(f"/proc/{child}/comm", encoding="ascii") as file:
            if file.read().strip() == "ccbench-origin":
                return int(child)
    return None


@unittest.skipUnless(FETCHES, "fetching is not built")
class GivenUp(unittest.TestCase):
    def test_what_is_given_up_is_not_the_next_trials(self):
        self.give_up(1)

    def test_nor_with_a_queue_for_each_worker(self):
        self.give_up(4)

    def give_up(self, workers):
        """An origin that is stopped nearly all the time: tasks give up, and their connections wait in its queue."""
        work = {"name": "late", "tasks": 60, "concurrency": 32,
                "classes": [{"name": "late", "weight": 1, "expect": "failure", "steps": [{"fetch": "/delay/300ms"}]}]}
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "late.json"), os.path.join(folder, "run.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(work, file)
            with subprocess.Popen([CCBENCH, "-q", "-m", "threads,eventloop", "-w", path, "--task-timeout=1ms", "-r", "6",
                                   f"--origin-workers={workers}", "-o", out], stdout=subprocess.DEVNULL) as process:
                while process.poll() is None:
                    origin = origin_of(process.pid)
                    if origin is not None:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(origin, signal.SIGSTOP)
                            time.sleep(0.03)
                            os.kill(origin, signal.SIGCONT)
                    time.sleep(0.004)
            with open(out, encoding="utf-8") as file:
                report = json.load(file)
        self.assertEqual([(cell["status"], cell["reason"]) for cell in cells_of(report)], [("ok", None)] * 2)


if __name__ == "__main__":
    unittest.main()

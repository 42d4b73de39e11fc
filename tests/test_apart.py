#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTTP origin where others can reach it (`ccbench serve --listen`), and runs that use one elsewhere (`--origin`)."""

import contextlib
import http.server
import json
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import CCBENCH, CELL, OK, USAGE, Tagged, cells, document, models, run, trials
import origin_client
from origin_client import PATIENCE_S, Origin, read_all, read_answer

TOKEN = "a-token/of+ours="
ELSEWHERE = "127.0.0.2"
FETCHING = [model for model in ("sequential", "threads", "gil", "async", "eventloop", "green", "processes")
            if model in models()]
FETCHES = "fetching is not built" not in run("-m", "sequential", "-w", "http", "--dry-run").stdout
TLS = "TLS of the HTTP origin needs OpenSSL" not in run("-m", "sequential", "-w", "http:1ms:tls", "--dry-run").stdout


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Apart(Origin):
    """One with a token, on another address than a run takes by itself."""

    def __init__(self, **more):
        super().__init__(listen=more.pop("listen", ELSEWHERE), more=[f"--token={TOKEN}", *more.pop("more", ())], **more)
        self.url = f"http://{'[' + self.address + ']' if ':' in self.address else self.address}:{self.port}"

    def stats(self):
        return json.loads(self.get("/stats", headers=bearer(TOKEN))[1])

    def wait_until(self, condition):
        until, stats = time.monotonic() + PATIENCE_S, None
        while time.monotonic() < until:
            with contextlib.suppress(OSError):  # there may be no room
                stats = self.stats()
                if condition(stats):
                    return stats
            time.sleep(0.02)
        raise AssertionError(f"counters are {stats}")

    def run(self, *arguments, **options):
        return run(f"--origin={self.url}", f"--token={TOKEN}", *arguments, **options)

    def run_command(self, command, *arguments):
        return run(command, f"--origin={self.url}", f"--token={TOKEN}", *arguments)

    def document(self, *arguments, **options):
        return document(f"--origin={self.url}", f"--token={TOKEN}", *arguments, **options)


class Holder:
    """Whoever has the lease, by hand."""

    def __init__(self, origin, name="1a2b", seed=1):
        self.socket = origin.connect()
        self.stream = self.socket.makefile("rb")
        self.status, self.set_up = self.ask(f"/lease?run={name}&seed={seed}")

    def ask(self, path, token=TOKEN):
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        status, _, body = read_answer(self.stream)
        return status, json.loads(body)

    def trial(self):
        status, answer = self.ask("/trial")
        assert status == 200, answer
        return answer["marker"]

    def settled(self):
        """The counters once all answers are counted: another worker's may be there before it has done so."""
        until = time.monotonic() + PATIENCE_S
        while True:
            stats = self.ask("/stats")[1]
            if stats["requests"] <= stats["responses"] + stats["aborted"] or time.monotonic() > until:
                return stats

    def close(self):
        self.stream.close()
        self.socket.close()


class ApartTest(unittest.TestCase):
    MORE = {}

    def setUp(self):
        self.origin = Apart(**self.MORE)
        self.addCleanup(self.stop)

    def stop(self):
        if self.origin.process.poll() is None:
            status, errors = self.origin.stop()
            self.assertIn(status, (0, 143), errors)
            self.assertEqual(errors, "")
        self.origin.process.stdout.close()

    def hold(self, **more):
        holder = Holder(self.origin, **more)
        self.addCleanup(holder.close)
        return holder


class Tokens(ApartTest):
    WRONG = ("", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "x" * 500)

    def test_what_tells_something_needs_it(self):
        for path in ("/stats", "/stats?a=b", "/lease?run=1&seed=1", "/trial", "/reset", "/bytes/10/reset",
                     "http://x/stats", "/bytes/2m", "/delay/11s", "/delay/1ms~11s"):
            for headers in ({}, *({"Authorization": f"Bearer {token}"} for token in self.WRONG),
                            {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}, {"Authorizatio": f"Bearer {TOKEN}"},
                            {"Authorizations": f"Bearer {TOKEN}"}):
                with self.subTest(path=path, headers=headers):
                    answer, body = self.origin.get(path, headers=headers)
                    self.assertEqual((answer.status, body), (403, b"not without the token of this server\n"))
        stats = self.origin.stats()
        self.assertEqual((stats["connections"], stats["requests"], stats["trial"]), (0, 0, 0))
        self.assertEqual(stats["strangers"]["refused"], stats["strangers"]["requests"])

    def test_with_it_all_is_answered(self):
        for header in (f"Bearer {TOKEN}", f"bearer {TOKEN}"):
            self.assertEqual(self.origin.get("/stats", headers={"authorization": header})[0].status, 200)
        self.assertEqual(len(self.origin.get("/bytes/2m", headers=bearer(TOKEN))[1]), 2 << 20)

    def test_the_token_is_of_one_request(self):
        """Not of the next over the same connection."""
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for headers, expected in ((f"Authorization: Bearer {TOKEN}\r\n", 200), ("", 403),
                                      (f"Authorization: Bearer {TOKEN}\r\n", 200)):
                client.sendall(f"GET /stats HTTP/1.1\r\n{headers}\r\n".encode())
                self.assertEqual(read_answer(stream)[0], expected)

    def test_in_single_bytes(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for byte in f"GET /stats HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode():
                client.sendall(bytes([byte]))
            self.assertEqual(read_answer(stream)[0], 200)

    def test_small_pages_are_for_all(self):
        for path, length in (("/", 13), ("/bytes/4k", 4096), ("/delay/1ms/bytes/3", 3)):
            self.assertEqual(len(self.origin.get(path)[1]), length)
        self.assertEqual(self.origin.stats()["requests"], 0)

    def test_any_address_is_no_star(self):
        """Which the C library takes for the loopback, where nobody asked for it."""
        ran = run("serve", "--listen=*:0")
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
        self.assertEqual(ran.stderr, "ccbench: --listen: '*' is no address and no name that is known here\n")

    def test_one_is_made_for_the_network(self):
        made = []
        for address in ("0.0.0.0", "[::]"):
            if address == "[::]" and not os.path.exists("/proc/net/if_inet6"):
                continue
            origin = Origin(listen=address)
            line = origin.process.stdout.readline()
            made.append(re.fullmatch(r"token: ([0-9a-f]{32})\n", line).group(1))
            self.assertIn(f"--token={made[-1]}", origin.process.stdout.readline())
            origin.address = "127.0.0.1" if address == "0.0.0.0" else "::1"
            self.assertEqual(origin.get("/stats")[0].status, 403)
            self.assertEqual(origin.get("/stats", headers=bearer(made[-1]))[0].status, 200)
            origin.stop()
            origin.process.stdout.close()
        self.assertEqual(len(set(made)), len(made))

    def test_none_is_made_for_the_loopback(self):
        origin = Origin(listen="127.0.0.3")
        self.assertTrue(origin.process.stdout.readline().startswith("try: "))
        self.assertEqual(origin.get("/stats")[0].status, 200)
        origin.stop()
        origin.process.stdout.close()

    def test_an_address_of_six_is_invited_to_in_brackets(self):
        """As --origin wants it."""
        try:
            origin = Apart(listen="[::1]")
        except AssertionError as error:
            self.skipTest(f"no IPv6: {error}")
        self.assertEqual(origin.process.stdout.readline(), f"elsewhere: ccbench --origin={origin.url} --token=TOKEN\n")
        origin.stop()
        origin.process.stdout.close()

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_out_of_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
            file.write(TOKEN + "\r\nmore\n")
            file.flush()
            report = document(f"--origin={self.origin.url}", f"--token-file={file.name}", "-m", "null", "-w", "http:1ms",
                              "-r", 1)
            self.assertNotIn(TOKEN, json.dumps(report))
        for text in ("", "\n" + TOKEN, "a b\n", "x" * 129, "x" * 5000):
            with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
                file.write(text)
                file.flush()
                done = run("serve", f"--token-file={file.name}")
                self.assertEqual((done.status, done.stdout), (USAGE, ""))
                self.assertRegex(done.stderr, r"^ccbench: --token-file: .* expected a file .*\n$")

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_it_is_in_no_report(self):
        report = self.origin.document("-m", "null", "-w", "http:1ms", "-r", 1)
        self.assertNotIn(TOKEN, json.dumps(report))
        self.assertIn("***", " ".join(report["command"]))


class Leases(ApartTest):
    def test_one_at_a_time(self):
        first = self.hold(name="first")
        self.assertEqual((first.status, first.set_up["origin"], first.set_up["protocol"]), (200, "ccbench", 1))
        second = self.hold(name="second")
        self.assertEqual(second.status, 409)
        self.assertRegex(second.set_up["since"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(second.ask("/trial")[0], 409)
        first.close()
        self.origin.wait_until(lambda stats: stats["connections_now"] == 2)
        self.assertEqual(second.ask("/lease?run=second&seed=1")[0], 200)

    def test_the_same_run_has_it_again(self):
        first = self.hold(name="same")
        again = self.hold(name="same")
        self.assertEqual(again.status, 200)
        self.assertEqual(read_all(first.socket), (b"", False))
        self.assertTrue(again.trial())

    def test_what_is_no_lease(self):
        for query in ("", "?run=1", "?seed=1", "?run=&seed=1", "?run=1&seed=x", "?run=" + "1" * 40 + "&seed=1"):
            with self.subTest(query=query):
                self.assertEqual(self.origin.get(f"/lease{query}", headers=bearer(TOKEN))[0].status, 400)

    def test_only_the_trial_counts(self):
        holder = self.hold()
        marker = holder.trial()
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for path in ("/bytes/3", marker + "/bytes/3", marker + "/bytes/3", "/bytes/3", marker + "/delay/1ms/bytes/2",
                         marker[:-1] + "x/bytes/3", marker + "/reset-not"):
                client.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
                read_answer(stream)
        stats = holder.settled()
        self.assertEqual((stats["connections"], stats["requests"], stats["responses"]), (1, 4, 4))
        self.assertEqual(stats["strangers"]["requests"], 3)

    def test_the_trial_before_does_not_count(self):
        """What is on its way when a trial is given up arrives later."""
        holder = self.hold()
        before = holder.trial()
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(f"GET {before}/delay/300ms HTTP/1.1\r\n\r\n".encode())
            self.origin.wait_until(lambda stats: stats["requests"] == 1)
            now = holder.trial()
            self.assertNotEqual(before, now)
            client.sendall(f"GET {before}/bytes/1 HTTP/1.1\r\n\r\n".encode() * 2)
            self.assertEqual([read_answer(stream)[0] for _ in range(3)], [200, 404, 404])
            stats = holder.ask("/stats")[1]
            self.assertEqual((stats["connections"], stats["requests"], stats["responses"], stats["aborted"]), (0, 0, 0, 0))
            client.sendall(f"GET {now}/bytes/1 HTTP/1.1\r\n\r\n".encode())
            self.assertEqual(read_answer(stream)[0], 200)
        stats = holder.settled()
        self.assertEqual((stats["connections"], stats["requests"], stats["responses"]), (1, 1, 1))

    def test_seeded_delays(self):
        """The same seed gives the same delays, whatever strangers draw meanwhile."""
        def draw(noise):
            holder = Holder(self.origin, seed=7)
            marker = holder.trial()
            taken = []
            for _ in range(5):
                if noise:
                    self.origin.get("/delay/1us~9us")
                begin = time.monotonic()
                self.origin.get(marker + "/delay/1ms~400ms")
                taken.append(time.monotonic() - begin)
            holder.close()
            self.origin.wait_until(lambda stats: stats["connections_now"] == 1)
            return taken

        one, two = draw(False), draw(True)
        # By their order, which a busy machine seldom changes; delays are only ever longer.
        self.assertEqual(sorted(range(5), key=one.__getitem__), sorted(range(5), key=two.__getitem__))

    def test_without_a_token(self):
        """On the loopback: the lease is for whoever comes first, and who has no marker is a stranger."""
        origin = Origin()
        holder = Holder(origin)
        marker = holder.trial()
        origin.get(marker + "/bytes/1")
        origin.get("/bytes/1")
        stats = holder.ask("/stats")[1]
        self.assertEqual((stats["connections"], stats["requests"], stats["strangers"]["requests"]), (1, 1, 1))
        holder.close()
        until = time.monotonic() + PATIENCE_S
        while "trial" in origin.stats() and time.monotonic() < until:
            time.sleep(0.01)
        origin.get("/bytes/1")
        self.assertEqual(origin.stats()["requests"], 1)
        origin.stop()
        origin.process.stdout.close()


class Strangers(ApartTest):
    def exchange(self, request):
        with self.origin.connect() as client:
            with contextlib.suppress(OSError):
                client.sendall(request)
            return read_all(client)[0]

    def test_garbage(self):
        holder = self.hold()
        marker = holder.trial()
        for request, status in ((b"rubbish\r\n\r\n", b"400"), (b"\x16\x03\x01\x02\x00", b"400"), (b"\0" * 100000, b"400"),
                                (b"GET / HTTP/1.1\r\nX: " + b"x" * 300000, b"400"),
                                (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (2 << 20), b"413"),
                                (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"fffff\r\n" +
                                 b"x" * 0xfffff + b"\r\nfffff\r\n" + b"x" * 0xfffff, b"413")):
            with self.subTest(request=request[:40]):
                answer = self.exchange(request)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 " + status), answer[:100])
        self.origin.get(marker + "/bytes/1")
        stats = holder.ask("/stats")[1]
        self.assertEqual((stats["connections"], stats["requests"]), (1, 1))

    def test_the_run_may_send_more(self):
        holder = self.hold()
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(f"POST {holder.trial()}/bytes/1 HTTP/1.1\r\nContent-Length: 100000\r\n\r\n".encode())
            client.sendall(b"x" * 100000)
            self.assertEqual(read_answer(stream)[0], 200)

    def test_slow_ones_are_dropped_and_nobody_else(self):
        holder = self.hold()
        marker = holder.trial()
        ours = self.origin.connect()
        ours.sendall(f"GET {marker}/bytes/1 HTTP/1.1\r\n\r\n".encode())
        self.assertTrue(ours.recv(1000))
        slow = [self.origin.connect() for _ in range(4)]
        slow[1].sendall(b"GET / HTTP/1.1\r\nX: ")
        slow[2].sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nx")
        slow[3].sendall(b"GET /bytes/1m HTTP/1.1\r\n\r\n" * 50)  # and reads nothing
        until = time.monotonic() + PATIENCE_S
        while self.origin.stats()["strangers"]["dropped"] < 4 and time.monotonic() < until:
            with contextlib.suppress(OSError):
                slow[1].sendall(b"x")  # a byte now and then is no request
            time.sleep(0.25)
        self.assertEqual(self.origin.stats()["strangers"]["dropped"], 4)
        for client in slow:
            client.close()
        ours.sendall(f"GET {marker}/bytes/1 HTTP/1.1\r\n\r\n".encode())
        self.assertTrue(ours.recv(1000))
        ours.close()
        self.assertEqual(holder.ask("/stats")[1]["requests"], 2)

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_many_connections(self):
        """As many as are allowed here, up to 10,000; a run meanwhile."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = min(10000, hard - 200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with contextlib.ExitStack() as clients:
            for _ in range(count):
                clients.enter_context(self.origin.connect())
            report = self.origin.document("-m", "threads", "-w", "http:1ms", "-n", 20, "-c", 4, "-r", 1)
        self.assert_counts(report, 20)

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_more_than_it_takes(self):
        """Where descriptors are few, who has said nothing for a second makes room: each worker's own, by its own seconds, so that on a
        loaded machine one may have none to drop yet while another has."""
        until = time.monotonic() + PATIENCE_S
        origin = Apart(files=256)
        with contextlib.ExitStack() as clients:
            for _ in range(400):
                clients.enter_context(contextlib.closing(origin.connect()))
            stats = origin.wait_until(lambda stats: stats["strangers"]["dropped"] > 100)
            self.assertLessEqual(stats["connections_now"], stats["connections_most"])
            while True:
                try:
                    self.assert_counts(origin.document("-m", "threads", "-w", "http:1ms:fresh", "-n", 20, "-c", 4, "-r", 1), 20)
                    break
                except AssertionError:
                    if time.monotonic() > until:
                        raise
        origin.stop()
        origin.process.stdout.close()

    def assert_counts(self, report, requests):
        for _, cell in cells(report):
            self.assertEqual(cell["status"], "ok", cell["reason"])
            for sample in cell["samples"]:
                self.assertEqual(sample["origin"]["requests"], requests)

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_during_a_run(self):
        over = threading.Event()

        def bother():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    self.origin.get("/bytes/1k")
                    self.origin.get("/stats")
                    self.exchange(b"rubbish\r\n\r\n")

        threads = [threading.Thread(target=bother) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            report = self.origin.document("-m", "threads,processes", "-w", "http:5ms,http:1ms:fresh", "-n", 40, "-c", 8, "-r", 2)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assert_counts(report, 40)
        self.assertGreater(sum(sample["origin"]["stranger_requests"] for _, cell in cells(report) for sample in cell["samples"]), 0)
        said = [warning for block in report["workloads"] for warning in block["warnings"] if "others talked to the origin" in warning]
        self.assertTrue(said)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Runs(ApartTest):
    def test_every_model(self):
        report = self.origin.document("-m", ",".join(FETCHING), "-w", "http:1ms,http:1ms:fresh,http:/bytes/70k",
                                      "-n", 12, "-c", 4, "-r", 2)
        for block, cell in cells(report):
            with self.subTest(workload=block["workload"], model=cell["model"]):
                self.assertEqual(cell["status"], "ok", cell["reason"])
                for sample in cell["samples"]:
                    self.assertEqual(sample["origin"]["requests"], 12)
                    self.assertEqual(sample["origin"]["connections"] >= 12, "fresh" in block["workload"])
                    self.assertGreater(sample["origin"]["cpu_ns"], 0)

    def test_other_runtimes(self):
        report = self.origin.document("-m", "asyncio,python-threads", "-w", "http:1ms", "-n", 12, "-c", 4, "-r", 1)
        for _, cell in cells(report):
            if cell["status"] == "skipped":
                self.skipTest(cell["reason"])
            self.assertEqual(cell["status"], "ok", cell["reason"])
            self.assertEqual([sample["origin"]["requests"] for sample in cell["samples"]], [12])

    def test_six_as_well(self):
        try:
            origin = Apart(listen="[::1]")
        except AssertionError as error:
            self.skipTest(f"no IPv6: {error}")
        report = origin.document("-m", "threads", "-w", "http:1ms", "-n", 12, "-c", 4, "-r", 1)
        self.assertEqual(cells(report)[0][1]["status"], "ok", cells(report)[0][1]["reason"])
        self.assertEqual(report["placement"]["origin"]["url"], origin.url)
        origin.stop()
        origin.process.stdout.close()

    def test_what_the_report_says(self):
        report = self.origin.document("-m", "threads", "-w", "http:10ms,sleep:1ms", "-n", 12, "-c", 4, "-r", 1)
        origin = report["placement"]["origin"]
        self.assertEqual((report["placement"]["origin_cpus"], origin["url"], origin["address"]),
                         (None, self.origin.url, ELSEWHERE))
        self.assertEqual(origin["version"], report["ccbench"]["version"])
        self.assertEqual(origin["workers"], origin_client.WORKERS)
        self.assertNotIn("origin_workers", report["placement"])
        self.assertEqual(origin["host"], report["environment"]["host"])
        trip = origin["round_trip_ns"]
        self.assertGreaterEqual(trip["n"], 20)
        self.assertTrue(0 < trip["min"] <= trip["low"] <= trip["median"] <= trip["high"] <= trip["max"], trip)
        http, sleep = report["workloads"]
        self.assertAlmostEqual(http["ideal_ns"], 3 * (10e6 + trip["median"]), delta=10)
        self.assertIn("round trips", http["ideal_formula"])
        self.assertEqual(sleep["ideal_ns"], 3e6)
        self.assertEqual([field["name"] for field in report["fingerprint"]["fields"]][-1], "origin")
        for format_ in ("table", "markdown", "html"):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(report, file)
                file.flush()
                text = run("report", file.name, f"--format={format_}").stdout
            self.assertIn("HTTP origin apart from the client", re.sub(r"\s+", " ", text), format_)

    def test_round_trips_of_fresh_connections(self):
        report = self.origin.document("-m", "threads", "-w", "http:10ms:fresh", "-n", 4, "-c", 4, "-r", 1)
        trip = report["placement"]["origin"]["round_trip_ns"]["median"]
        self.assertAlmostEqual(report["workloads"][0]["ideal_ns"], 10e6 + 2 * trip, delta=10)

    def refused(self, *arguments, says):
        done = run("-m", "threads", "-w", "http:1ms", "-n", 4, "-r", 1, *arguments)
        self.assertEqual((done.status, done.stdout), (USAGE, ""), done.stderr)
        self.assertRegex(done.stderr, rf"^ccbench: --origin: .*{says}.*\n$")

    def test_what_is_none(self):
        self.refused(f"--origin={self.origin.url}", says="wants a token")
        self.refused(f"--origin={self.origin.url}", "--token=x", says="wants another token")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.refused(f"--origin=http://127.0.0.1:{port}", says="cannot be reached: Couldn't connect")
        self.refused("--origin=http://no.such.name.invalid:1", says="cannot be reached")
        done = run("-m", "threads", "-w", "sleep:1ms", f"--origin={self.origin.url}")
        self.assertEqual(done.status, USAGE)
        self.assertIn("asked for nothing", done.stderr)
        self.assertEqual(self.origin.stats()["trial"], 0)

    def test_another_server(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            answers = ((404, b"no"), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b"x" * 100000), (409, b"{}"))
            asked = 0

            def do_GET(self):
                status, body = self.answers[Handler.asked]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for Handler.asked in range(len(Handler.answers)):
                self.refused(f"--origin=http://127.0.0.1:{server.server_address[1]}", says="is no origin of ccbench")
            server.shutdown()
        with socket.create_server(("127.0.0.1", 0)) as server:
            def greet():
                with server.accept()[0] as client:
                    client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                    client.recv(1000)

            threading.Thread(target=greet, daemon=True).start()
            self.refused(f"--origin=http://127.0.0.1:{server.getsockname()[1]}", says="is no origin of ccbench")

    def test_in_use(self):
        holder = self.hold(name="other")
        self.assertEqual(holder.status, 200)
        self.refused(f"--origin={self.origin.url}", f"--token={TOKEN}", says="is in use by another run since 20")
        holder.close()
        self.origin.wait_until(lambda stats: stats["connections_now"] == 1)
        self.origin.document("-m", "threads", "-w", "http:1ms", "-n", 4, "-r", 1)

    def test_replay(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "run.json")
            self.assertEqual(self.origin.run("-q", "-m", "threads", "-w", "http:1ms", "-n", 7, "-c", 3, "-r", 1, "-o", path).status, OK)
            with open(path, encoding="utf-8") as file:
                self.assertNotIn("/r/", json.dumps(json.load(file)["workloads"]))
            holder = self.hold()
            self.refused_replay(path, says="is in use by another run")
            holder.close()
            self.origin.wait_until(lambda stats: stats["connections_now"] == 1)
            done = self.origin.run_command("replay", path, "http:1ms/threads")
            self.assertEqual(done.status, OK, done.stderr)
            self.assertRegex(done.stderr, r"^ccbench: http:1ms/threads: 7 tasks in ")
            self.assertEqual(self.origin.stats()["requests"], 0)  # it has gone, and its counts with it

    def refused_replay(self, path, says):
        done = self.origin.run_command("replay", path, "http:1ms/threads")
        self.assertEqual((done.status, done.stdout), (USAGE, ""))
        self.assertRegex(done.stderr, rf"^ccbench: --origin: .*{says}.*\n$")

    def test_gate(self):
        done = self.origin.run_command("gate", "-q", f"--base={CCBENCH}", f"--new={CCBENCH}", "-m", "threads", "-w", "http:1ms",
                                       "-n", 8, "-c", 4, "-r", 8, "--repeat=1", "--allow=500%", "--format=json")
        self.assertIn(done.status, (OK, 3), done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["placement"]["origin"]["url"], self.origin.url)
        self.assertIsNone(report["placement"]["origin_cpus"])
        for cell in report["cells"]:
            self.assertIn(f"--origin={self.origin.url} --token=", cell["repeat"])
            self.assertNotIn(TOKEN, cell["repeat"])
            for pair in cell["pairs"]:
                for side in ("base", "new"):
                    self.assertEqual((pair[side]["status"], pair[side]["origin"]["requests"]), ("ok", 8))

    def test_timeline(self):
        done = self.origin.run_command("timeline", "-q", "-m", "threads", "-w", "http:1ms", "-n", 4, "-c", 2)
        self.assertEqual(done.status, OK, done.stderr)
        self.assertIn("threads", done.stdout)

    def test_nothing_is_left_of_a_run(self):
        self.origin.document("-m", "threads", "-w", "http:1ms", "-n", 4, "-r", 1)
        self.origin.wait_until(lambda stats: stats["connections_now"] == 1)

    @unittest.skipUnless(TLS, "TLS is not built")
    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            origin = Apart(tls=os.path.join(folder, "certificate.pem"))
            report = origin.document("-m", ",".join(FETCHING), "-w", "http:1ms:tls,http:1ms:fresh:tls", "-n", 8, "-c", 4, "-r", 1)
            for block, cell in cells(report):
                with self.subTest(workload=block["workload"], model=cell["model"]):
                    self.assertEqual(cell["status"], "ok", cell["reason"])
                    used = cell["samples"][0]["origin"]
                    self.assertEqual(used["tls_connections"], used["tls_handshakes"] + used["tls_resumed"])
                    if "fresh" in block["workload"]:
                        self.assertEqual(used["tls_handshakes"], 8)
            origin.stop()
            origin.process.stdout.close()
        self.refused(f"--origin={self.origin.url}", f"--token={TOKEN}", "-w", "http:1ms:tls", says="speaks no TLS")


class Spoken(http.server.BaseHTTPRequestHandler):
    """An origin of another ccbench, as far as a run sees it."""

    protocol_version = "HTTP/1.1"
    version, protocol, counted, markers = "0.0.7", 1, 0, 0

    def do_GET(self):
        of = type(self)
        if self.path.startswith("/lease"):
            body = {"origin": "ccbench", "protocol": of.protocol, "version": of.version, "tls_port": 0,
                    "certificate": None, "machine": {"host": "distant", "cores": 96}}
        elif self.path == "/trial":
            of.markers += 1
            of.counted = 0
            body = self.stats(marker=f"/r/{of.markers:016x}")
        elif self.path == "/stats":
            body = self.stats()
        else:
            of.counted += 1
            self.send(b"x")
            return
        self.send(json.dumps(body).encode())

    def stats(self, **more):
        of = type(self)
        return {"connections": min(of.counted, 1), "requests": of.counted, "responses": of.counted, "cpu_ns": 1000,
                "trial": of.markers, **more}

    def send(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@unittest.skipUnless(FETCHES, "fetching is not built")
class Versions(unittest.TestCase):
    def run_against(self, **of):
        handler = type("Handler", (Spoken,), of)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            done = run(f"--origin=http://127.0.0.1:{server.server_address[1]}", "-q", "-m", "sequential", "-w",
                       "http:/bytes/1", "-n", 5, "-r", 1, "--format=json")
            server.shutdown()
        return done

    def test_another_version_is_told(self):
        done = self.run_against()
        self.assertEqual(done.status, OK, done.stderr)
        self.assertNotIn("\x1b", self.run_against(version="1\x1b[2J").stderr)
        self.assertRegex(done.stderr, r"(?m)^ccbench: the origin is ccbench 0\.0\.7, this is \d")
        self.assertEqual(json.loads(done.stdout)["placement"]["origin"]["host"], "distant")

    def test_another_protocol_is_refused(self):
        done = self.run_against(protocol=2)
        self.assertEqual((done.status, done.stdout), (USAGE, ""))
        self.assertRegex(done.stderr, r"^ccbench: --origin: .* is an origin of another ccbench: it speaks protocol 2, expected 1\n$")

    def test_a_marker_that_is_none(self):
        done = self.run_against(stats=lambda self, **more: {"marker": 5})
        self.assertEqual(done.status, USAGE)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


@contextlib.contextmanager
def out_of_reach(process):
    """While this lasts the origin cannot be reached; it ends when a trial runs that was not there before: one that fetches
    nothing."""
    before = trials(process.family.processes())
    yield
    process.family.wait_for(lambda all_: set(trials(all_)) - set(before), "a trial that fetches nothing", process)


class Begun:
    """A run against an origin elsewhere, while which something happens."""

    def begin(self, program, url, *arguments):
        family = Tagged()
        process = subprocess.Popen([*program, f"--origin={url}", f"--token={TOKEN}", "-q", "--format=json", *map(str, arguments)],
                                   env=family.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(family.kill)
        process.family = family
        return process

    def finish(self, process):
        stdout, stderr = process.communicate(timeout=10 * PATIENCE_S)
        self.assertEqual(stderr, "")
        return process.returncode, json.loads(stdout)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Faults(Begun, ApartTest):
    def start(self, *arguments):
        process = self.begin([CCBENCH], self.origin.url, *arguments)
        process.family.wait_for(trials, "a trial", process)  # the round trip before it makes requests, too
        return process

    def test_killed_in_mid_trial(self):
        """Noticed at once, though the only fetch would take long; what does not fetch is measured."""
        process = self.start("-m", "threads", "-w", "http:/delay/5m,sleep:1ms", "-n", 1, "-c", 1, "-r", 1, "--timeout=10m")
        self.origin.wait_until(lambda stats: stats["requests"] == 1)
        self.origin.process.send_signal(signal.SIGKILL)
        self.origin.process.communicate()
        status, report = self.finish(process)
        self.assertEqual(status, CELL)
        failed, measured = (cell for _, cell in cells(report))
        self.assertEqual((failed["status"], measured["status"]), ("failed", "ok"))
        self.assertRegex(failed["reason"], rf"the origin at {re.escape(self.origin.url)} (is gone|cannot be reached): ")

    def test_back_again(self):
        """The next cell is measured."""
        process = self.start("-m", "threads", "-w", "http:/delay/5m,sleep:3s,http:1ms", "-n", 1, "-c", 1, "-r", 1, "--timeout=10m")
        self.origin.wait_until(lambda stats: stats["requests"] == 1)
        with out_of_reach(process):
            self.origin.process.send_signal(signal.SIGKILL)
            self.origin.process.communicate()
        self.origin.process.stdout.close()
        self.origin = Apart(port=self.origin.port)
        status, report = self.finish(process)
        self.assertEqual(status, CELL)
        self.assertEqual([cell["status"] for _, cell in cells(report)], ["failed", "ok", "ok"])

    def test_a_run_that_is_killed_gives_its_lease_back(self):
        process = self.start("-m", "threads", "-w", "http:/delay/5m", "-n", 1, "-c", 1, "-r", 1, "--timeout=10m")
        self.origin.wait_until(lambda stats: stats["requests"] == 1)
        process.kill()
        process.communicate()
        self.origin.wait_until(lambda stats: stats["connections_now"] == 1)
        self.origin.document("-m", "threads", "-w", "http:1ms", "-n", 4, "-r", 1)

    def test_interrupted(self):
        process = self.start("-m", "threads", "-w", "http:/delay/5m", "-n", 1, "-c", 1, "-r", 1, "--timeout=10m")
        self.origin.wait_until(lambda stats: stats["requests"] == 1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process)[0], 130)


class Cable(Begun, unittest.TestCase):
    """Client and origin in networks of their own, with a cable between them."""

    def setUp(self):
        self.names = [f"ccb{os.getpid()}{side}" for side in "ab"]
        if os.geteuid() != 0:
            self.skipTest("networks of our own need root")
        if not FETCHES:
            self.skipTest("fetching is not built")
        try:
            for name in self.names:
                self.ip("netns", "add", name)
                self.addCleanup(self.ip, "netns", "delete", name)
            a, b = self.names
            self.ip("link", "add", "cable", "netns", a, "type", "veth", "peer", "name", "cable", "netns", b)
            for number, name in enumerate(self.names, 1):
                self.ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "cable")
                self.ip("-n", name, "link", "set", "cable", "up")
                self.ip("-n", name, "link", "set", "lo", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no networks of our own: {getattr(error, 'stderr', error)}")
        self.server = subprocess.Popen(["ip", "netns", "exec", b, CCBENCH, "serve", "--listen=10.77.0.2:8099", f"--token={TOKEN}"],
                                       stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        self.server.stdout.readline()

    def stop(self):
        self.server.terminate()
        self.server.communicate(timeout=PATIENCE_S)

    def ip(self, *words):
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

    def start(self, *arguments):
        return self.begin(["ip", "netns", "exec", self.names[0], CCBENCH], "http://10.77.0.2:8099", *arguments)

    def test_the_counts_are_those_of_the_tasks(self):
        status, report = self.finish(self.start("-m", ",".join(FETCHING), "-w", "http:2ms,http:1ms:fresh", "-n", 30, "-c", 8, "-r", 2))
        self.assertEqual(status, OK)
        for _, cell in cells(report):
            self.assertEqual(cell["status"], "ok", cell["reason"])
            self.assertEqual({sample["origin"]["requests"] for sample in cell["samples"]}, {30})

    ASK = ("import sys, urllib.request as u\n"
           "try: print(u.urlopen(u.Request('http://10.77.0.2:8099' + sys.argv[1], "
           "headers={'Authorization': 'Bearer ' + sys.argv[2]})).read().decode())\n"
           "except u.HTTPError as error: print(error.read().decode())")

    def wait_for(self, path, condition):
        """Asks the origin from its own side of the cable until the answer is as wanted."""
        until, answer = time.monotonic() + PATIENCE_S, None
        while time.monotonic() < until:
            done = subprocess.run(["ip", "netns", "exec", self.names[1], "python3", "-c", self.ASK, path, TOKEN],
                                  capture_output=True, text=True, check=True)
            answer = json.loads(done.stdout)
            if condition(answer):
                return
        self.fail(f"{path} is still answered by {answer}")

    def wait_for_trial(self, process):
        process.family.wait_for(trials, "a trial", process)
        self.wait_for("/stats", lambda stats: stats["requests"] == 1)

    def test_a_run_that_has_vanished_loses_its_lease(self):
        """It cannot say that it has ended."""
        process = self.start("-m", "threads", "-w", "http:/delay/5m", "-n", 1, "-c", 1, "-r", 1, "--timeout=10m")
        self.wait_for_trial(process)
        self.ip("-n", self.names[0], "link", "set", "cable", "down")
        self.wait_for("/lease?run=other&seed=1", lambda answer: "since" in answer)
        process.kill()
        process.communicate()
        self.wait_for("/lease?run=other&seed=1", lambda answer: "origin" in answer)

    def test_cut_in_mid_run(self):
        """The cell fails with its reason, long before its timeout; the next is measured when the cable is back."""
        process = self.start("-m", "threads", "-w", "http:/delay/5m,sleep:3s,http:1ms", "-n", 1, "-c", 1, "-r", 1, "--timeout=10m")
        self.wait_for_trial(process)
        with out_of_reach(process):
            self.ip("-n", self.names[1], "link", "set", "cable", "down")
        self.ip("-n", self.names[1], "link", "set", "cable", "up")
        status, report = self.finish(process)
        self.assertEqual(status, CELL)
        cut, _, back = (cell for _, cell in cells(report))
        self.assertEqual((cut["status"], back["status"]), ("failed", "ok"), (cut["reason"], back["reason"]))
        self.assertRegex(cut["reason"], "the origin at http://10.77.0.2:8099 ")


if __name__ == "__main__":
    unittest.main()

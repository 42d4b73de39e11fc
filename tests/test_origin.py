#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTTP origin as its clients see it, over sockets. CCBENCH names the program to start."""

import http.client
import json
import resource
import signal
import socket
import time
import unittest

import origin_client
from origin_client import PATIENCE_S, Origin, body_of, read_all, read_answer


class OriginTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()

    def tearDown(self):
        # Under a sanitizer a leak or an error shows in both. 143 is how a shell sees an end by SIGTERM.
        status, errors = self.origin.stop()
        self.assertIn(status, (0, 143), errors)
        self.assertEqual(errors, "")

    def exchange(self, request):
        """Sends all of `request` at once; returns what comes until the close."""
        with self.origin.connect() as client:
            client.sendall(request)
            return read_all(client)


class Answers(OriginTest):
    def test_default(self):
        answer, body = self.origin.get("/")
        self.assertEqual((answer.status, answer.version, body), (200, 11, b"Hello, world!"))

    def test_sizes(self):
        for text, size in (("0", 0), ("1", 1), ("300", 300), ("500", 500), ("512", 512), ("4k", 4096),
                           ("229376", 229376), ("229377", 229377), ("1m", 1 << 20), ("10000001", 10000001)):
            with self.subTest(size=text):
                answer, body = self.origin.get(f"/bytes/{text}")
                self.assertEqual(answer.status, 200)
                self.assertEqual(int(answer.headers["Content-Length"]), size)
                self.assertTrue(body == body_of(size), "the body differs")

    def test_statuses(self):
        for status in (200, 201, 299, 404, 418, 503, 599):
            with self.subTest(status=status):
                answer, body = self.origin.get(f"/status/{status}")
                self.assertEqual((answer.status, body), (status, b"Hello, world!"))

    def test_statuses_without_body(self):
        for status in (204, 304):
            head = b"HTTP/1.1 %d " % status
            raw, reset = self.exchange(b"GET /status/%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % status)
            self.assertFalse(reset)
            self.assertTrue(raw.startswith(head), raw)
            self.assertTrue(raw.endswith(b"\r\n\r\n"), raw)
            self.assertNotIn(b"content-length", raw.lower())

    def test_combinations(self):
        answer, body = self.origin.get("/delay/1ms/status/503/bytes/4k")
        self.assertEqual((answer.status, body), (503, body_of(4096)))

    def test_unknown_paths(self):
        for path in ("/nope", "/bytes/x", "/bytes/2g", "/delay/10", "/status/600", "/a/" + "b" * 5000):
            with self.subTest(path=path[:20]):
                answer, body = self.origin.get(path)
                self.assertEqual(answer.status, 404)
                self.assertIn(b"no such path", body)

    def test_query_and_absolute_form(self):
        self.assertEqual(self.origin.get("/bytes/5?" + "x" * 5000)[1], b"Hello")
        self.assertEqual(self.origin.get(f"http://127.0.0.1:{self.origin.port}/bytes/4")[1], b"Hell")
        self.assertEqual(self.origin.get(f"http://127.0.0.1:{self.origin.port}")[1], b"Hello, world!")

    def test_head(self):
        for path, length in (("/", 13), ("/bytes/1m", 1 << 20), ("/nope", None)):
            answer, body = self.origin.get(path, method="HEAD")
            self.assertEqual(body, b"")
            if length is not None:
                self.assertEqual(int(answer.headers["Content-Length"]), length)
        raw, _ = self.exchange(b"HEAD /bytes/1m HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertTrue(raw.endswith(b"\r\n\r\n"), raw)

    def test_request_bodies(self):
        self.assertEqual(self.origin.get("/bytes/5", "POST", body=b"x" * 300000)[1], b"Hello")
        chunked = (b"POST /bytes/5 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n"
                   b"GET /bytes/4 HTTP/1.1\r\nConnection: close\r\n\r\n")
        raw, _ = self.exchange(chunked)
        self.assertEqual(raw.count(b"HTTP/1.1 200 "), 2)
        self.assertTrue(raw.endswith(b"Hell"), raw)

    def test_expect_continue(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(b"POST /bytes/5 HTTP/1.1\r\neXpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            self.assertEqual(stream.readline(), b"HTTP/1.1 100 Continue\r\n")
            self.assertEqual(stream.readline(), b"\r\n")
            client.sendall(b"abc")
            self.assertEqual(read_answer(stream)[2], b"Hello")

    def test_upgrade_is_passed_over(self):
        raw, _ = self.exchange(b"GET /bytes/4 HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
                               b"GET /bytes/5 HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertEqual(raw.count(b"HTTP/1.1 200 "), 2)
        self.assertTrue(raw.endswith(b"Hello"), raw)


class Connections(OriginTest):
    def test_keep_alive(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            # The same path again, another, a longer and a shorter one that begin alike, and back.
            for size in (4, 4, 5, 50, 5, 5, 2000, 4):
                client.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: x\r\n\r\n" % size)
                status, headers, body = read_answer(stream)
                self.assertEqual((status, body), (200, body_of(size)))
                self.assertNotIn("connection", headers)
        self.assertEqual(self.origin.stats()["connections"], 2)

    def test_same_path_by_other_methods(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for method in ("GET", "HEAD", "GET", "HEAD"):
                client.sendall(method.encode() + b" /bytes/600 HTTP/1.1\r\n\r\n")
                self.assertEqual(len(read_answer(stream, method)[2]), 0 if method == "HEAD" else 600)

    def test_close(self):
        raw, reset = self.exchange(b"GET /bytes/5 HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertFalse(reset)
        self.assertIn(b"\r\nConnection: close\r\n", raw)
        self.assertTrue(raw.endswith(b"\r\n\r\nHello"), raw)

    def test_http_1_0(self):
        raw, _ = self.exchange(b"GET /bytes/5 HTTP/1.0\r\n\r\n")
        self.assertIn(b"\r\nConnection: close\r\n", raw)
        self.assertTrue(raw.endswith(b"\r\n\r\nHello"), raw)

    def test_http_1_0_that_stays(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for _ in range(2):
                client.sendall(b"GET /bytes/5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                _, headers, body = read_answer(stream)
                self.assertEqual((headers["connection"], body), ("keep-alive", b"Hello"))
            client.sendall(b"GET /bytes/5 HTTP/1.1\r\nConnection: close\r\n\r\n")
            self.assertEqual(read_answer(stream)[1]["connection"], "close")
            self.assertEqual(stream.read(), b"")

    def test_request_in_single_bytes(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for _ in range(2):
                for byte in b"GET /bytes/5?query HTTP/1.1\r\nHost: x\r\nExpectation: none\r\n\r\n":
                    client.sendall(bytes([byte]))
                self.assertEqual(read_answer(stream)[2], b"Hello")

    def test_pipelining(self):
        sizes = [n % 700 for n in range(3000)]
        requests = b"".join(b"GET /bytes/%d HTTP/1.1\r\n\r\n" % size for size in sizes)
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(requests)
            for size in sizes:
                self.assertEqual(read_answer(stream)[2], body_of(size))

    def test_pipelining_keeps_the_order_across_delays(self):
        request = (b"GET /delay/30ms/bytes/1 HTTP/1.1\r\n\r\nGET /bytes/2 HTTP/1.1\r\n\r\n"
                   b"GET /bytes/1m HTTP/1.1\r\n\r\nGET /delay/1ms/bytes/3 HTTP/1.1\r\n\r\n"
                   b"GET /bytes/4 HTTP/1.1\r\nConnection: close\r\n\r\n")
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(request)
            bodies = [read_answer(stream)[2] for _ in range(5)]
            self.assertEqual(stream.read(), b"")
        self.assertEqual([len(body) for body in bodies], [1, 2, 1 << 20, 3, 4])

    def test_pipelining_beyond_what_is_kept(self):
        # More than the origin keeps while the first waits: it must stop reading and go on later.
        request = b"GET /delay/1ms/bytes/3 HTTP/1.1\r\nX-Filler: " + b"x" * 200 + b"\r\n\r\n"
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(b"GET /delay/100ms/bytes/3 HTTP/1.1\r\n\r\n" + request * 1000)
            for _ in range(1001):
                self.assertEqual(read_answer(stream)[2], b"Hel")

    def test_request_that_comes_in_two_behind_delays(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            client.sendall(b"GET /delay/1ms/bytes/1 HTTP/1.1\r\n\r\nGET /delay/100ms/bytes/2 HTTP/1.1\r\n\r\nGET /byt")
            self.assertEqual(read_answer(stream)[2], b"H")
            client.sendall(b"es/3 HTTP/1.1\r\n\r\nGET /bytes/4 HTTP/1.1\r\n\r\n")
            self.assertEqual([read_answer(stream)[2] for _ in range(3)], [b"He", b"Hel", b"Hell"])

    def test_slow_reader_gets_whole_bodies(self):
        sizes = [1000001, 700, 300007] * 10
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that writes are cut anywhere
            client.settimeout(PATIENCE_S)
            client.connect(("127.0.0.1", self.origin.port))
            client.sendall(b"".join(b"GET /bytes/%d HTTP/1.1\r\n\r\n" % size for size in sizes))
            with client.makefile("rb") as stream:
                for size in sizes:
                    self.assertTrue(read_answer(stream)[2] == body_of(size), "the body differs")
        self.assertEqual(self.origin.stats()["bytes"], sum(sizes))

    def test_half_closed_client_gets_its_answers(self):
        with self.origin.connect() as client:
            client.sendall(b"GET /bytes/10m HTTP/1.1\r\n\r\nGET /bytes/5 HTTP/1.1\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            raw, reset = read_all(client)
        self.assertFalse(reset)
        self.assertEqual(raw.count(b"HTTP/1.1 200 "), 2)
        self.assertTrue(raw.endswith(b"Hello"))

    def test_half_closed_client_vanishes(self):
        # To write to such a client raises SIGPIPE.
        with self.origin.connect() as client:
            client.sendall(b"GET /bytes/1g HTTP/1.1\r\n\r\n")
            client.recv(1)
            client.shutdown(socket.SHUT_WR)
        self.origin.wait_for(aborted=1, responses=0)

    def test_malformed(self):
        for request in (b"rubbish\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nbroken header\r\n\r\n",
                        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\0" * 100000,
                        b"GET / HTTP/1.1\r\nX: " + b"x" * 200000):
            with self.subTest(request=request[:30]):
                # Without a reset, though much was sent after the mistake: a reset could overtake the answer.
                raw, reset = self.exchange(request)
                self.assertFalse(reset)
                self.assertTrue(raw.startswith(b"HTTP/1.1 400 Bad Request\r\n"), raw[:100])
                self.assertIn(b"\r\nConnection: close\r\n", raw)

    def test_long_head(self):
        """As long as other servers take it, and no longer, however it is cut."""
        def head(fields):
            return b"".join(b"X-%03d: " % i + b"x" * 1000 + b"\r\n" for i in range(fields)) + b"\r\n"

        get, post = b"GET /bytes/5 HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        for request, status in ((get + b"Connection: close\r\n" + head(70), b"200"), (get + head(90), b"400"),
                                (post + head(90), b"400")):
            with self.subTest(request=request[:30], bytes=len(request)):
                raw, _ = self.exchange(request)
                self.assertTrue(raw.startswith(b"HTTP/1.1 " + status), raw[:100])

    def test_reasons(self):
        for status, reason in ((204, b"No Content"), (404, b"Not Found"), (503, b"Service Unavailable"), (299, b"")):
            raw, _ = self.exchange(b"GET /status/%d HTTP/1.1\r\nConnection: close\r\n\r\n" % status)
            self.assertEqual(raw.split(b"\r\n")[0], b"HTTP/1.1 %d " % status + reason)

    def test_malformed_after_good(self):
        raw, _ = self.exchange(b"GET /delay/20ms/bytes/5 HTTP/1.1\r\n\r\nrubbish\r\n\r\n")
        self.assertTrue(raw.startswith(b"HTTP/1.1 200 "), raw)
        self.assertIn(b"HelloHTTP/1.1 400 ", raw)

    def test_reset_without_a_body(self):
        """It breaks off in the head, so that no client takes it for an answer."""
        for path in (b"/bytes/0/reset", b"/reset/delay/1ms/bytes/0", b"/status/503/bytes/0/reset", b"/status/204/reset",
                     b"/status/304/reset", b"/bytes/1/reset"):
            with self.subTest(path=path):
                raw, reset = self.exchange(b"GET " + path + b" HTTP/1.1\r\n\r\n")
                self.assertTrue(reset)
                self.assertTrue(raw.startswith(b"HTTP/1.1 "), raw)
                self.assertEqual(b"\r\n\r\n" in raw, path == b"/bytes/1/reset")
        raw, reset = self.exchange(b"HEAD /bytes/100/reset HTTP/1.1\r\n\r\n")
        self.assertEqual((reset, b"\r\n\r\n" in raw), (True, False))

    def test_reset(self):
        for path in (b"/reset/bytes/1000", b"/delay/1ms/reset/bytes/1000"):
            raw, reset = self.exchange(b"GET " + path + b" HTTP/1.1\r\n\r\n")
            head, body = raw.split(b"\r\n\r\n", 1)
            self.assertTrue(reset)
            self.assertIn(b"Content-Length: 1000", head)
            self.assertEqual(body, body_of(500))
        stats = self.origin.stats()
        self.assertEqual((stats["requests"], stats["responses"], stats["aborted"]), (2, 0, 2))

    def test_memory_is_bounded(self):
        before = self.origin.resident_bytes()
        clients = [self.origin.connect() for _ in range(20)]
        for client in clients:
            client.sendall(b"GET /bytes/1g HTTP/1.1\r\n\r\n")
        self.origin.wait_for(requests=20)
        self.assertEqual(self.origin.get("/bytes/5")[1], b"Hello")
        self.assertLess(self.origin.resident_bytes() - before, 16 << 20)
        for client in clients:
            client.close()
        self.origin.wait_for(aborted=20)


class Delays(OriginTest):
    def test_never_early(self):
        for path, least_s in (("/delay/1500us", 0.0015), ("/delay/20ms", 0.02), ("/delay/5ms~9ms", 0.005)):
            for _ in range(5):
                start = time.monotonic()
                self.assertEqual(self.origin.get(path)[0].status, 200)
                self.assertGreaterEqual(time.monotonic() - start, least_s)

    def test_a_delay_holds_nobody_else(self):
        with self.origin.connect() as waiting:
            waiting.sendall(b"GET /delay/1h HTTP/1.1\r\n\r\n")
            self.origin.wait_for(requests=1)
            self.assertEqual(self.origin.get("/delay/1ms")[0].status, 200)

    def test_clients_vanish(self):
        clients = [self.origin.connect() for _ in range(100)]
        for client in clients:
            client.sendall(b"GET /delay/1h HTTP/1.1\r\n\r\n")
        self.origin.wait_for(requests=100)
        for n, client in enumerate(clients):
            if n % 2:  # by a reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
        stats = self.origin.wait_for(aborted=100)
        self.assertEqual((stats["responses"], stats["in_flight_peak"]), (0, 100))

    def test_clients_vanish_just_before_the_answer(self):
        for _ in range(50):
            with self.origin.connect() as client:
                client.sendall(b"GET /delay/1ms/bytes/1m HTTP/1.1\r\n\r\n")
        until = time.monotonic() + PATIENCE_S
        while (stats := self.origin.stats())["responses"] + stats["aborted"] < 50:
            self.assertLess(time.monotonic(), until, stats)
        self.assertEqual(stats["requests"], 50)

    def test_ten_thousand(self):
        wanted = 10000
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < wanted + 100:
            self.skipTest(f"only {hard} descriptors allowed, {wanted + 100} needed")
        soft_before = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        clients = []
        try:
            for _ in range(wanted):
                clients.append(self.origin.connect())
                clients[-1].sendall(b"GET /delay/1h HTTP/1.1\r\n\r\n")
            self.origin.wait_for(requests=wanted, in_flight_peak=wanted, aborted=0)
        finally:
            for client in clients:
                client.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft_before, hard))
        self.origin.wait_for(aborted=wanted, responses=0)


class Stats(OriginTest):
    def test_counters(self):
        self.origin.get("/bytes/1000")
        self.origin.get("/bytes/50000", method="HEAD")
        self.origin.get("/status/204")
        self.exchange(b"rubbish\r\n\r\n")
        self.origin.wait_for(responses=3)
        before = self.origin.stats()["connections"]
        first, second = self.origin.stats(), self.origin.stats()
        workers = first.pop("worker_cpu_ns", None)
        self.assertEqual(sorted(first), sorted(["connections", "requests", "responses", "bytes", "aborted",
                                                "in_flight_peak", "tls_connections", "tls_handshakes",
                                                "tls_resumed", "tls_failed", "cpu_ns"]))
        self.assertEqual([first[name] for name in ("requests", "responses", "bytes", "aborted")], [3, 3, 1000, 0])
        # Each worker's peak is one of its own.
        self.assertIn(first["in_flight_peak"], range(1, min(3, origin_client.WORKERS) + 1))
        self.assertEqual(workers and len(workers), origin_client.WORKERS if origin_client.WORKERS > 1 else None)
        self.assertEqual((first["connections"] - before, second["connections"] - before), (1, 2))
        self.assertEqual(second["requests"], 3)
        self.assertGreater(second["cpu_ns"], first["cpu_ns"])

    def test_asked_again_on_one_connection(self):
        with self.origin.connect() as client, client.makefile("rb") as stream:
            for requests in range(3):
                client.sendall(b"GET /stats HTTP/1.1\r\n\r\n")
                status, headers, body = read_answer(stream)
                self.assertEqual((status, headers["content-type"]), (200, "application/json"))
                self.assertEqual(json.loads(body)["requests"], requests)
                self.origin.get("/")


class Process(unittest.TestCase):
    def test_ends_by_either_signal_with_clients_there(self):
        for number, statuses in ((signal.SIGTERM, (0, 143)), (signal.SIGINT, (0, 130))):
            origin = Origin()
            clients = [origin.connect() for _ in range(4)]
            clients[1].sendall(b"GET /delay/1h HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            clients[2].sendall(b"GET /bytes/1g HTTP/1.1\r\n\r\n")
            clients[3].sendall(b"GET /delay/1h HTTP/1.1\r\n\r\n")
            origin.wait_for(requests=3)
            clients[3].close()
            origin.wait_for(aborted=1)
            status, errors = origin.stop(number)
            self.assertIn(status, statuses, errors)
            self.assertEqual(errors, "")
            for client in clients:
                client.close()

    def test_out_of_descriptors(self):
        origin = Origin(files=32 + 7 * (origin_client.WORKERS - 1))  # each has seven of its own
        try:
            clients = [origin.connect() for _ in range(64)]
            refused = 0
            for client in clients:
                # Either an answer, or a polite or impolite end; a client must never be left hanging.
                try:
                    client.sendall(b"GET /bytes/5 HTTP/1.1\r\n\r\n")
                    refused += client.recv(1000) == b""
                except (BrokenPipeError, ConnectionResetError):
                    refused += 1
            self.assertGreater(refused, 32)
            self.assertLess(refused, 64)
            for client in clients:
                client.close()
            until = time.monotonic() + PATIENCE_S
            while True:
                try:
                    self.assertEqual(origin.get("/bytes/5")[1], b"Hello")
                    break
                except (ConnectionError, http.client.HTTPException):
                    self.assertLess(time.monotonic(), until)
        finally:
            status, errors = origin.stop()
        self.assertIn(status, (0, 143), errors)
        self.assertEqual(errors, "")


if __name__ == "__main__":
    unittest.main()

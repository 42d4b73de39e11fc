#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An origin of several workers: what one of a single worker is held to, over a socket each that the kernel chooses. CCBENCH names the
program."""

import json
import time
import unittest

import origin_client

origin_client.WORKERS = 4  # of all that follows

# pylint: disable=wrong-import-position,unused-import
from origin_client import PATIENCE_S, Origin, read_all, read_answer  # noqa: E402
from test_apart import Faults, Holder, Leases, Runs, Strangers, TOKEN, Tokens, Apart, ApartTest, bearer  # noqa: E402
from test_origin import Answers, Connections, Delays, OriginTest, Process, Stats  # noqa: E402

# The order of delays is each worker's own.
del Leases.test_seeded_delays


class Together(OriginTest):
    def test_one_port_for_all(self):
        """Of 64 connections each of four workers gets some, but once in 10 million times; each asks, and all get the same sum."""
        clients = [self.origin.connect() for _ in range(64)]
        for client in clients:
            client.sendall(b"GET /bytes/100 HTTP/1.1\r\n\r\n")
        for client in clients:
            self.assertTrue(client.recv(1000))
        self.origin.wait_for(responses=64)
        answers = []
        for client in clients:
            client.sendall(b"GET /stats HTTP/1.1\r\n\r\n")
            with client.makefile("rb") as stream:
                answers.append(json.loads(read_answer(stream)[2]))
            client.close()
        self.assertEqual({(stats["requests"], stats["responses"], stats["bytes"]) for stats in answers}, {(64, 64, 6400)})
        self.assertTrue(all(cpu_ns > 0 for cpu_ns in answers[-1]["worker_cpu_ns"]), answers[-1])

    def test_reset_through_each(self):
        for _ in range(32):
            with self.origin.connect() as client:
                client.sendall(b"GET /bytes/9/reset HTTP/1.1\r\n\r\n")
                self.assertTrue(read_all(client)[1])
        stats = self.origin.wait_for(aborted=32)
        self.assertEqual((stats["requests"], stats["responses"]), (32, 0))

    def test_a_port_that_is_taken(self):
        """By one that shares it too."""
        with self.assertRaisesRegex(AssertionError, "Address already in use"):
            Origin(port=self.origin.port)


class LeaseOfAll(ApartTest):
    """Whichever worker gave it, and whichever is asked next."""

    def fetch(self, path, count=24):
        """Over a connection each; the statuses."""
        statuses = set()
        for _ in range(count):
            statuses.add(self.origin.get(path)[0].status)
        return statuses

    def test_each_knows_the_marker(self):
        holder = self.hold()
        before = holder.trial()
        self.assertEqual(self.fetch(before + "/bytes/7"), {200})
        self.assertEqual([holder.settled()[name] for name in ("connections", "requests", "responses", "bytes")],
                         [24, 24, 24, 24 * 7])
        now = holder.trial()
        self.assertEqual(holder.ask("/stats")[1]["requests"], 0)
        self.assertEqual(self.fetch(before + "/bytes/7"), {404})
        self.assertEqual(self.fetch(now + "/bytes/7"), {200})
        stats = holder.ask("/stats")[1]
        self.assertEqual((stats["requests"], stats["strangers"]["requests"]), (24, 24))

    def test_connections_that_stay_know_it_too(self):
        holder = self.hold()
        clients = [self.origin.connect() for _ in range(24)]
        for _ in range(3):
            marker = holder.trial()
            for client in clients:
                client.sendall(f"GET {marker}/bytes/7 HTTP/1.1\r\n\r\n".encode())
                with client.makefile("rb") as stream:
                    self.assertEqual(read_answer(stream)[0], 200)
            stats = holder.settled()
            self.assertEqual([stats[name] for name in ("connections", "requests", "responses")], [24, 24, 24])
        for client in clients:
            client.close()

    def test_the_end_of_it_is_known_to_each(self):
        holder = self.hold()
        marker = holder.trial()
        self.assertEqual(self.fetch(marker + "/bytes/7"), {200})
        holder.close()
        self.origin.wait_until(lambda stats: stats["connections_now"] == 1)
        self.assertEqual(self.fetch(marker + "/bytes/7"), {404})

    def test_nobody_else_gets_it(self):
        """Of 24 connections some are of the holder's worker, some are not."""
        holder = self.hold(name="first")
        holder.trial()
        for _ in range(24):
            self.assertEqual(self.hold(name="second").status, 409)
        self.assertEqual(holder.ask("/trial")[0], 200)

    def test_it_goes_from_worker_to_worker(self):
        """To the same run's next connection; the one before is closed, by its own worker."""
        for _ in range(12):
            former, holder = self.hold(name="same"), self.hold(name="same")
            self.assertEqual(holder.status, 200)
            marker = holder.trial()
            self.assertEqual(former.socket.recv(1), b"")
            self.assertEqual(self.fetch(marker + "/bytes/1", 4), {200})
            self.assertEqual(holder.ask("/stats")[1]["requests"], 4)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--server: a server of the user's own, started for each trial and gone after it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from harness import CCBENCH, CELL, FAKE_TRIAL, HERE, OK, PATIENCE_S, USAGE, Tagged, document, models, run

REGRESSION = 1
SERVER = os.path.join(HERE, "fake_server.py")


SERVERS = os.path.join(HERE, "servers.py")


def fetches():
    version = subprocess.run([CCBENCH, "--version"], capture_output=True, text=True, check=True).stdout
    return "not found" not in re.search("libcurl.*", version)[0]


@unittest.skipUnless(fetches(), "fetching was not built")
class Server(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.log = os.path.join(self.folder, "log")

    def command(self, mode="good"):
        return f"{SERVER} {{port}} {mode} {self.log}"

    def logged(self):
        with open(self.log, encoding="utf-8") as file:
            return [line.split() for line in file]

    def document(self, *arguments, mode="good", status=(OK,), **options):
        return document(f"--server={self.command(mode)}", "-n", 8, "-c", 2, "-r", 2, *arguments, status=status, **options)

    def samples(self, report):
        return [sample for cell in report["workloads"][0]["cells"] for sample in cell["samples"]]

    def test_one_for_each_trial(self):
        report = self.document("-m", "threads,sequential")
        self.assertEqual((report["plan"]["url"], report["plan"]["workloads"]), ("http://127.0.0.1:{port}/", ["http"]))
        servers = self.logged()
        # One to see whether it starts, two models' warm-up, two rounds, and memory.
        self.assertEqual(len(servers), 1 + 2 * 4)
        self.assertEqual(len({pid for pid, _ in servers}), len(servers))
        for sample in self.samples(report):
            self.assertGreater(sample["server"]["cpu_ns"], 0)
            self.assertIsNone(sample["origin"])
        for cell in report["workloads"][0]["cells"]:
            self.assertIsNotNone(cell["memory"])

    def test_its_cpu_time(self):
        for mode in ("burn=0.02", "child"):
            with self.subTest(mode=mode):
                for sample in self.samples(self.document("-m", "sequential", mode=mode)):
                    self.assertGreater(sample["server"]["cpu_ns"], 8 * 0.02 * 1e9 * 0.9)

    def test_the_url(self):
        report = self.document("--url=http://127.0.0.1:{port}/some/page", "-m", "sequential", CCBENCH_TRIAL=FAKE_TRIAL)
        self.assertEqual(report["workloads"][0]["cells"][0]["trial"]["url"], "http://127.0.0.1:{port}/some/page")

    def test_answers(self):
        for mode, status, arguments in (("status", "failed", []), ("varies", "wrong", [])):
            cell = self.document("-m", "sequential", *arguments, mode=mode, status=(CELL,))["workloads"][0]["cells"][0]
            self.assertEqual(cell["status"], status)
        self.document("-m", "sequential", "--url-varies", mode="varies")

    def test_what_does_not_start(self):
        for mode, says in (("die", ("ended with status 7", "(cannot bind: no reason)")),
                           ("daemon", ("ended with status 0", "foreground")), ("never", ("accepted no connection", "within 0.5 s"))):
            with self.subTest(mode=mode):
                ran = run(f"--server={self.command(mode)}", "--timeout=500ms", "-m", "sequential")
                self.assertEqual((ran.status, ran.stdout), (USAGE, ""), ran.stderr)
                self.assertRegex(ran.stderr, r"\Accbench: --server: [^\n]+\n\Z")
                for word in says:
                    self.assertIn(word, ran.stderr)
                self.assertFalse(ran.left_over)
        ran = run("--server=/nowhere/server {port}", "-m", "sequential")
        self.assertEqual(ran.status, USAGE)
        self.assertIn("No such file", ran.stderr)

    def test_what_it_leaves_or_says(self):
        for mode in ("session", "chatter"):
            with self.subTest(mode=mode):
                self.document("-m", "sequential", mode=mode)  # which looks for what is left

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            family = Tagged()
            process = subprocess.Popen([CCBENCH, "-q", f"--server={self.command('burn=60')}", "-m", "sequential"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                       env=family.environment())
            try:
                family.wait_for(lambda alive: any(line.endswith(" trial") for line in alive.values()), "a trial", process)
                process.send_signal(number)
                process.communicate(timeout=120)
                self.assertEqual(family.left_over(), {})
            finally:
                family.kill()
                process.wait()

    def test_usage(self):
        for arguments, says in ((["--server=./srv"], "{port}"), (["--server=./srv {port}", "--url=http://x/"], "{port}")):
            ran = run(*arguments, "--dry-run")
            self.assertEqual(ran.status, USAGE)
            self.assertIn(says, ran.stderr)
        ran = run("gate", f"--base={CCBENCH}", f"--new={CCBENCH}", "--new-server=./srv {port}")
        self.assertEqual(ran.status, USAGE)
        self.assertIn("--base-server", ran.stderr)

    def test_gate(self):
        """Two builds of a server: one that burns, one that does not."""
        ran = run("gate", "-q", f"--base={CCBENCH}", f"--new={CCBENCH}", f"--base-server={self.command('burn=0.001')}",
                  f"--new-server={self.command('burn=0.02')}", "-m", "sequential", "-n", 8, "-r", 7, "--format=json",
                  CCBENCH_ROOT=self.folder)
        self.assertEqual(ran.status, REGRESSION, ran.stderr)
        self.assertFalse(ran.left_over)
        result = json.loads(ran.stdout)
        metric = result["cells"][0]["metrics"][0]
        self.assertEqual((metric["metric"], metric["verdict"]), ("server-cpu", "regression"))
        self.assertGreater(metric["new"], 0.018e9)
        self.assertEqual(result["new"]["server"], self.command("burn=0.02"))


class Foreign:
    """One of servers.py that somebody else runs."""

    def __init__(self, mode, *arguments, host="127.0.0.1"):
        with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
            self.port = free.getsockname()[1]
        self.host = f"[{host}]" if ":" in host else host
        self.process = subprocess.Popen([SERVERS, mode, str(self.port), *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return socket.create_connection((host, self.port)).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def url(self, path="/", scheme="http", user=""):
        return f"{scheme}://{user}{self.host}:{self.port}{path}"


@unittest.skipUnless(fetches(), "fetching was not built")
class KeptConnections(unittest.TestCase):
    """The server closes connections that a client would go on with."""

    def test_all_models_alike(self):
        names = [name for name in models() if name != "null"]
        for mode in ("rude", "reset"):
            with self.subTest(mode=mode), Foreign(mode, 3) as server:
                report = document(f"--url={server.url()}", "-m", ",".join(names), "-n", 60, "-c", 4, "-r", 1)
                for cell in report["workloads"][0]["cells"]:
                    self.assertEqual((cell["status"], cell["reason"]), ("ok", None), cell["model"])

    def test_counted_and_said(self):
        with Foreign("reset", 1) as server:
            report = document(f"--url={server.url()}", "-m", "threads,processes,eventloop", "-n", 200, "-c", 2, "-r", 1)
        block = report["workloads"][0]
        retries = sum(sample["counters"].get("http_retries", 0) for cell in block["cells"] for sample in cell["samples"])
        self.assertGreater(retries, 0)
        said = [text for text in block["warnings"] if "sent again" in text]
        self.assertEqual(len(said), 1, block["warnings"])
        self.assertTrue(said[0].startswith(f"{retries} request"), said)

    def test_a_server_that_never_answers(self):
        """It is not asked for ever: a connection of its own that breaks is the server's answer."""
        with Foreign("reset", 0) as server:
            report = document(f"--url={server.url()}", "-m", "threads,async", "-n", 8, "-c", 2, "-r", 1, status=(CELL,))
        for cell in report["workloads"][0]["cells"]:
            self.assertEqual(cell["status"], "failed")
            self.assertTrue(cell["reason"].startswith("8 of 8: "), cell["reason"])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--server: a server of the user's own, started for each trial and gone after it."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import CCBENCH, CELL, FAKE_TRIAL, HERE, OK, USAGE, Tagged, document, run

REGRESSION = 1
SERVER = os.path.join(HERE, "fake_server.py")


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


if __name__ == "__main__":
    unittest.main()

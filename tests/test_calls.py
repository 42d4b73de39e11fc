#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""System calls that a trial must not make for each task: a loop asks the kernel nothing while nobody fetches or reads
and no sleep is over."""
import json
import os
import re
import subprocess
import tempfile
import unittest

from harness import CCBENCH, SANITIZER, models, plan

LOOPS = [model for model in ("eventloop", "async", "green", "green-copy") if model in models()]
TASKS = 50000
# A poll for each 128 tasks or switches, which it was, would be 390; start and end need some.
MOST = 60
POLLS = "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6"


def can_trace():
    try:
        return subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def calls(request, names):
    """strace's lines of a trial's calls of these names."""
    with tempfile.NamedTemporaryFile() as log:
        command = ["strace", "-f", "-o", log.name, "-e", "trace=" + ",".join("?" + name for name in names), CCBENCH, "trial"]
        ran = subprocess.run(command, input=json.dumps(request) + "\n", capture_output=True, text=True, check=True,
                             env=dict(os.environ, LC_ALL="C"))
        assert "result" in json.loads(ran.stdout), ran.stdout
        return [line for line in log.read().decode().splitlines() if re.match(r"\d+ +(?:%s)\(" % "|".join(names), line)]


def polls(model, tasks, steps):
    """How often a trial of so many tasks asked the kernel what has happened."""
    return len(calls(plan(model, tasks, 2, steps), POLLS))


@unittest.skipIf(SANITIZER, "sanitizers do not like to be traced")
@unittest.skipUnless(can_trace(), "strace not found, or not allowed")
class Polls(unittest.TestCase):
    def test_nobody_waits(self):
        """Of empty tasks, and of those that only make room for each other."""
        for model in LOOPS:
            for steps in ([], [{"yield": 4}]):
                with self.subTest(model=model, steps=steps):
                    self.assertLess(polls(model, TASKS, steps), MOST)

    def test_no_sleep_is_over(self):
        """One sleeps while another makes room for it again and again: not until the sleep is over is there anything to ask for."""
        steps = [{"gather": [[{"sleep": "1s"}], [{"yield": TASKS}]]}]
        for model in LOOPS:
            with self.subTest(model=model):
                self.assertLess(polls(model, 1, steps), MOST)

    def test_somebody_waits(self):
        """The calls are seen: of tasks that sleep there are many."""
        for model in LOOPS:
            with self.subTest(model=model):
                self.assertGreater(polls(model, 1000, [{"sleep": "10us"}]), MOST)


@unittest.skipIf(SANITIZER, "sanitizers do not like to be traced")
@unittest.skipUnless(can_trace(), "strace not found, or not allowed")
class Start(unittest.TestCase):
    """What a trial that fetches reads before it does. Nobody listens where it fetches, which its task says."""

    def opened(self, **more):
        request = plan("sequential", 1, 1, [{"fetch": "/bytes/13", **more}], origin="http://127.0.0.1:1", origin_tls="https://127.0.0.1:1")
        try:
            lines = calls(request, ("open", "openat"))
        except subprocess.CalledProcessError as error:
            self.assertIn('"lacks":true', error.stdout)
            self.skipTest(error.stdout)
        if not any("libcurl" in line for line in lines):
            self.skipTest("libcurl is not here")
        if not any("libcrypto" in line for line in lines):
            self.skipTest("libcurl is not OpenSSL's")
        return [line for line in lines if "openssl.cnf" in line]

    def test_without_tls(self):
        """OpenSSL is initialised whatever libcurl is asked for, but as little of it as there can be."""
        self.assertEqual(self.opened(), [])

    def test_with_tls(self):
        self.assertNotEqual(self.opened(tls=True), [])


if __name__ == "__main__":
    unittest.main()

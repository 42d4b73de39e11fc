#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A run at the end of a lifeline: it ends with its standard input, tells what there is until then, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import CCBENCH, FAKE_TRIAL, GONE_S, OK, PATIENCE_S, USAGE, Tagged, parent_of, trials

# Rounds without end, of trials that wait.
LONG = ("-q", "--format=json", "-m", "sequential,threads", "-w", "sleep:200ms", "-n", "4", "-c", "1", "-r", "1000")
SILENCE_S = 5


class Held:
    """A ccbench whose standard input is a lifeline in our hands."""

    def __init__(self, *arguments, **changes):
        self.family = Tagged()
        self.process = subprocess.Popen([CCBENCH, "--lifeline", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=self.family.environment(**changes))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.family.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def wait_for_trial(self):
        self.family.wait_for(trials, "a trial", self.process)

    def pair(self):
        """The keeper and the run."""
        run = self.family.wait_for(lambda processes: [pid for pid in processes if parent_of(pid) == self.process.pid],
                                   "the run", self.process)
        return self.process.pid, run[0]

    def beat(self):
        """Bytes from now on, until it has ended."""
        def feed():
            try:
                while self.process.poll() is None:
                    self.process.stdin.write(b".")
                    self.process.stdin.flush()
                    time.sleep(0.2)
            except (BrokenPipeError, ValueError):
                pass
        threading.Thread(target=feed, daemon=True).start()

    def end(self):
        """(status, standard output, standard error, what is left)"""
        output, errors = {}, {}
        readers = [threading.Thread(target=lambda into, stream: into.update(text=stream.read()), args=pair)
                   for pair in ((output, self.process.stdout), (errors, self.process.stderr))]
        for reader in readers:
            reader.start()
        status = self.process.wait(PATIENCE_S)
        for reader in readers:
            reader.join(PATIENCE_S)
        return status, output["text"].decode(), errors["text"].decode(), self.family.left_over()


class Lifeline(unittest.TestCase):
    def partial(self, output, name="SIGINT"):
        report = json.loads(output)
        self.assertEqual(report["interrupted"], name)
        return report

    def test_end_of_input(self):
        with Held(*LONG) as held:
            held.wait_for_trial()
            held.process.stdin.close()
            status, output, errors, left = held.end()
            self.assertEqual((status, errors, left), (130, "", {}))
            self.partial(output)

    def test_end_before_anything(self):
        with Held(*LONG) as held:
            held.process.stdin.close()
            status, output, _, left = held.end()
            self.assertEqual((status, left), (130, {}))
            self.partial(output)

    def test_silence(self):
        with Held(*LONG) as held:
            held.process.stdin.write(b".")
            held.process.stdin.flush()
            held.wait_for_trial()
            begin = time.monotonic()
            status, output, _, left = held.end()
            self.assertEqual((status, left), (130, {}))
            self.assertLess(time.monotonic() - begin, SILENCE_S + GONE_S)
            self.partial(output)

    def test_bytes_keep_it(self):
        with Held("-q", "--format=json", "-m", "sequential", "-w", "sleep:1s", "-n", "7", "-c", "1", "-r", "1") as held:
            held.beat()
            status, output, errors, left = held.end()
            self.assertEqual((status, errors, left), (OK, "", {}))
            report = json.loads(output)
            self.assertIsNone(report["interrupted"])
            self.assertGreater(report["duration_ns"], SILENCE_S * 1e9)

    def test_keeper_killed(self):
        with Held(*LONG) as held:
            held.beat()
            held.wait_for_trial()
            os.kill(held.pair()[0], signal.SIGKILL)
            status, output, _, left = held.end()
            self.assertEqual((status, left), (-signal.SIGKILL, {}))
            self.partial(output)

    def test_run_killed(self):
        with Held(*LONG) as held:
            held.beat()
            held.wait_for_trial()
            os.kill(held.pair()[1], signal.SIGKILL)
            status, output, errors, left = held.end()
            self.assertEqual((status, output, left), (137, "", {}))
            self.assertEqual(errors, "ccbench: the run was killed by signal 9 (Killed)\n")

    def test_signals_are_the_runs(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number), Held(*LONG) as held:
                held.beat()
                held.wait_for_trial()
                held.process.send_signal(number)
                status, output, _, left = held.end()
                self.assertEqual((status, left), (128 + number, {}))
                self.partial(output, signal.Signals(number).name)

    def test_nobody_reads(self):
        """What cannot be told within 6 s is given up."""
        models = "sequential,threads,gil,processes,eventloop,async,green"
        with Held("-q", "--format=json", "-m", models, "-w", "sleep:1ms,noop", "-r", "1000", CCBENCH_TRIAL=FAKE_TRIAL) as held:
            held.beat()
            held.family.wait_for(lambda processes: len(processes) > 2, "a trial", held.process)
            time.sleep(1)
            held.process.stdin.close()
            self.assertIn(held.process.wait(PATIENCE_S), (130, 137))
            self.assertEqual(held.family.left_over(), {})

    def test_stopped_run(self):
        with Held(*LONG) as held:
            held.beat()
            held.wait_for_trial()
            os.kill(held.pair()[1], signal.SIGSTOP)
            status, output, _, left = held.end()
            self.assertEqual((status, output, left), (137, "", {}))


class Plans(unittest.TestCase):
    """Options and files that come over the lifeline."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def held(self, plan, *more):
        held = Held(CCBENCH_TRIAL=FAKE_TRIAL, TMPDIR=self.folder)
        self.addCleanup(held.__exit__)
        held.process.stdin.write((plan if isinstance(plan, str) else json.dumps(plan)).encode() + b"\n")
        for text in more:
            held.process.stdin.write(text)
        held.process.stdin.flush()
        return held

    def refused(self, plan, *says):
        held = self.held(plan)
        held.process.stdin.close()
        status, output, errors, left = held.end()
        self.assertEqual((status, output, left), (USAGE, "", {}))
        self.assertRegex(errors, r"\A\n*ccbench: [^\n]*\n+\Z")
        for text in says:
            self.assertIn(text, errors)
        self.assertEqual(os.listdir(self.folder), [])

    def test_refused(self):
        plan = {"lifeline": 1, "arguments": ["--model=gil"], "files": []}
        self.refused("{rubbish", "no plan")
        self.refused({}, "no plan")
        self.refused(dict(plan, lifeline=2), "protocol 2, expected 1")
        self.refused(dict(plan, arguments=[1]), "arguments")
        self.refused(dict(plan, arguments=["--model=gi"]), "unknown model 'gi'")
        self.refused(dict(plan, arguments=["--hosts=a"]), "names hosts")
        for path in ("../x", "/x", "a/../../x", "", ".."):
            self.refused(dict(plan, files=[{"path": path, "bytes": 0, "mode": 420}]), "path below its folder")
        self.refused(dict(plan, files=[{"path": "x", "bytes": 1 << 30, "mode": 420}]), "at most")
        self.refused(dict(plan, files=[{"path": "x", "bytes": 3, "mode": 420}]), "ended")

    def test_files(self):
        program = json.dumps({"steps": [{"sleep": "1ms"}]}).encode()
        plan = {"lifeline": 1, "arguments": ["--model=gil,threads", "--workload=in/shop.json", "--rounds=2", "--format=json"],
                "files": [{"path": "in/shop.json", "bytes": len(program), "mode": 420}]}
        held = self.held(plan, program)
        greeting = json.loads(held.process.stdout.readline())
        self.assertEqual(greeting["lifeline"], 1)
        self.assertEqual(greeting["missing"], None)
        self.assertIn("hash", greeting["fingerprint"])
        self.assertEqual(len(os.listdir(self.folder)), 1)
        held.beat()
        held.process.stdin.write(b"g")
        held.process.stdin.flush()
        status, output, _, left = held.end()
        self.assertEqual((status, left), (OK, {}))
        self.assertEqual([block["workload"] for block in json.loads(output)["workloads"]], ["shop"])
        self.assertEqual(os.listdir(self.folder), [])

    def test_nothing_begins_untold(self):
        held = self.held({"lifeline": 1, "arguments": ["--model=gil", "--workload=noop", "--format=json"], "files": []})
        held.process.stdout.readline()
        held.process.stdin.close()
        status, output, _, left = held.end()
        self.assertEqual((status, output, left), (130, "", {}))

    def test_folder_goes_with_either(self):
        program = b'{"steps": [{"sleep": "100ms"}]}'
        plan = {"lifeline": 1, "arguments": ["--model=threads", "--workload=shop.json", "--rounds=1000", "--format=json"],
                "files": [{"path": "shop.json", "bytes": len(program), "mode": 420}]}
        for which in (0, 1):
            held = self.held(plan, program, b"g")
            held.beat()
            held.process.stdout.readline()
            os.kill(held.pair()[which], signal.SIGKILL)
            held.end()
            self.assertEqual(os.listdir(self.folder), [], which)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ccbench replay: a stored report's trial, run again under an instrument."""
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

from harness import CCBENCH, OK, PATIENCE_S, USAGE, models, run

FAKE_SERVER = pathlib.Path(__file__).resolve().parent / "fake_server.py"
FETCHES = "fetching is not built" not in run("-m", "sequential", "-w", "http", "--dry-run").stdout
# Says what it was started as, and then starts it.
INSTRUMENT = f'{sys.executable} -c "import os,sys;print(*sys.argv[1:]);sys.stdout.flush();os.execv(sys.argv[1],sys.argv[1:])"'


class Replay(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.report = self.folder / "run.json"

    def measure(self, *arguments):
        ran = run("-q", *arguments, "-r", 1, "-o", self.report)
        self.assertEqual(ran.status, OK, ran.stdout + ran.stderr)

    def replay(self, cell, *arguments, status=OK):
        ran = run("replay", self.report, cell, *arguments, TMPDIR=self.folder)
        self.assertEqual(ran.status, status, ran.stdout + ran.stderr)
        self.assertFalse(ran.left_over)
        self.assertEqual([name for name in os.listdir(self.folder) if "plan" in name], [])
        return ran

    def test_under_an_instrument(self):
        self.measure("-m", "threads,gil", "-w", "sleep:1ms", "-n", 6, "-c", 3)
        ran = self.replay("sleep:1ms/gil", f"--under={INSTRUMENT}")
        self.assertRegex(ran.stdout, rf"\A{os.path.realpath(CCBENCH)} trial /proc/self/fd/\d+\n\Z")
        self.assertRegex(ran.stderr, r"\Accbench: sleep:1ms/gil: 6 tasks in [\d.]+ [mu]?s, CPU time [\d.]+ [mun]?s; [^\n]*\n\Z")
        self.assertEqual(self.replay("sleep:1ms/gil", "-q").stderr, "")

    def test_a_cell_that_is_not_there(self):
        """Named is the one that is called most like it: 'hog' was typed, and the cell is hog:100ms's."""
        self.measure("-m", "threads,gil", "-w", "noop,sleep:1ms", "-n", 4, "-c", 2)
        for typed, meant in (("sleep/gil", "sleep:1ms/gil"), ("gil", "noop/gil"), ("noop/thread", "noop/threads"), ("", "noop/threads")):
            self.assertIn(f"no cell '{typed}', expected WORKLOAD/MODEL such as {meant}\n", self.replay(typed, status=USAGE).stderr)

    @unittest.skipUnless(FETCHES, "there is nothing that fetches")
    def test_slots_are_kept(self):
        self.measure("-m", "threads", "-w", "mixed:1ms,10", "-n", 9, "-c", 3)
        self.replay("mixed:1ms,10/threads", f"--slots={self.folder}/slots")
        slots = list(struct.iter_unpack("=QQQHHI", (self.folder / "slots").read_bytes()))
        self.assertEqual(len(slots), 9)
        self.assertEqual(sorted(slot[3] for slot in slots), [0, 0, 0, 1, 1, 1, 2, 2, 2])
        for slot in slots:
            self.assertTrue(0 < slot[0] <= slot[1] <= slot[2], slot)
            self.assertEqual(slot[4], 0)

    @unittest.skipUnless(FETCHES, "there is nothing that fetches")
    def test_fetches(self):
        tls = ["http:1ms:fresh:tls"] if "OpenSSL" in run("--version").stdout else []
        self.measure("-m", "threads", "-w", ",".join(["http:1ms", "http:/bytes/4k", *tls]), "-n", 4, "-c", 2)
        for cell in ("http:1ms/threads", "http:/bytes/4k/threads", *[f"{workload}/threads" for workload in tls]):
            self.assertIn(f"{cell}: 4 tasks", self.replay(cell).stderr)

    @unittest.skipUnless(FETCHES, "there is nothing that fetches")
    def test_the_server_of_the_report(self):
        self.measure("-m", "threads", f"--server={FAKE_SERVER} {{port}}", "-n", 4, "-c", 2)
        self.assertIn("http/threads: 4 tasks", self.replay("http/threads").stderr)
        self.report.write_text(self.report.read_text(encoding="utf-8").replace(str(FAKE_SERVER), "/nowhere"), encoding="utf-8")
        self.assertIn("/nowhere", self.replay("http/threads", status=USAGE).stderr)

    @unittest.skipUnless(FETCHES, "there is nothing that fetches")
    def test_a_server_on_a_unix_socket_that_says_when_it_is_ready(self):
        path = f"{self.folder}/{{port}}.sock"
        self.measure("-m", "threads", f"--server={FAKE_SERVER.with_name('servers.py')} unix 0 {path}", f"--unix-socket={path}",
                     "--server-ready=/", "-n", 4, "-c", 2)
        self.assertIn("http/threads: 4 tasks", self.replay("http/threads").stderr)

    @unittest.skipUnless(FETCHES, "there is nothing that fetches")
    def test_secrets_cannot_be_sent_again(self):
        self.measure("-m", "threads", f"--server={FAKE_SERVER} {{port}}", "-H", "Authorization: me", "-n", 2, "-c", 1)
        self.assertIn("***", self.replay("http/threads", status=USAGE).stderr)

    def test_several_of_one_name(self):
        self.measure("-m", "threads", "-w", "sleep:1ms", "-n", 4, "-c", "1,2")
        self.assertIn("expected one of sleep:1ms/threads#1 to #2", self.replay("sleep:1ms/threads", status=USAGE).stderr)
        slots = self.folder / "slots"
        for number, lanes in (1, 1), (2, 2):
            self.replay(f"sleep:1ms/threads#{number}", f"--slots={slots}")
            stamps = [slot[1] for slot in struct.iter_unpack("=QQQHHI", slots.read_bytes())]
            self.assertEqual(len(stamps), 4, lanes)
        self.assertIn("no cell", self.replay("sleep:1ms/threads#3", status=USAGE).stderr)

    def test_what_is_wrong(self):
        self.measure("-m", "threads", "-w", "sleep:1ms", "-n", 2, "-c", 1)
        for arguments, says in (
                (("sleep:1ms/gil",), "no cell 'sleep:1ms/gil', expected WORKLOAD/MODEL such as sleep:1ms/threads"),
                (("sleep:1ms/threads", "--under='x"), "--under: "), (("sleep:1ms/threads", "--under=/nowhere/perf"), "/nowhere/perf"),
                (("sleep:1ms/threads", "--slots=/nowhere/x"), "--slots: '/nowhere/x': No such file"),
                (("sleep:1ms/threads", "more"), "given 3 words")):
            with self.subTest(arguments=arguments):
                ran = self.replay(*arguments, status=USAGE)
                self.assertIn(says, ran.stderr)
                self.assertEqual(ran.stderr.count("\n"), 1)
        document = json.loads(self.report.read_text(encoding="utf-8"))
        document["workloads"][0]["cells"][0]["trial"]["classes"] = [{"name": "x", "steps": [{"dance": 1}]}]
        self.report.write_text(json.dumps(document), encoding="utf-8")
        self.assertIn("no tasks that this ccbench knows", self.replay("sleep:1ms/threads", status=USAGE).stderr)

    def test_killed(self):
        """Nothing can be cleaned up then, so there must be nothing."""
        self.measure("-m", "threads", "-w", "sleep:1ms", "-n", 2, "-c", 1)
        before = set(os.listdir(self.folder))
        with subprocess.Popen([CCBENCH, "replay", self.report, "sleep:1ms/threads", f"--under={sys.executable} -c 'import time; "
                               "print(1, flush=True); time.sleep(3600)'"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              start_new_session=True, env=dict(os.environ, TMPDIR=str(self.folder))) as process:
            process.stdout.readline()
            self.assertEqual(set(os.listdir(self.folder)), before)
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)
            process.stdout.read()  # until the instrument has gone too
        self.assertEqual(set(os.listdir(self.folder)), before)

    def test_another_trial_program_is_named(self):
        self.measure("-m", "threads", "-w", "sleep:1ms", "-n", 2, "-c", 1)
        document = json.loads(self.report.read_text(encoding="utf-8"))
        document["environment"]["variables"] = {"CCBENCH_TRIAL": "./other"}
        self.report.write_text(json.dumps(document), encoding="utf-8")
        self.assertIn("the report's trials were those of './other' (CCBENCH_TRIAL)", self.replay("sleep:1ms/threads").stderr)

    def test_its_status_is_the_instruments(self):
        self.measure("-m", "threads", "-w", "sleep:1ms", "-n", 2, "-c", 1)
        self.replay("sleep:1ms/threads", "--under=false", status=1)

    def test_interrupted(self):
        """Ctrl-C is for the instrument, as under time or nice; ccbench goes when that has gone, and leaves nothing."""
        self.measure("-m", "threads", "-w", "sleep:1ms", "-n", 2, "-c", 1)
        with subprocess.Popen([CCBENCH, "replay", self.report, "sleep:1ms/threads", f"--under={sys.executable} -c 'import time; "
                               "print(1, flush=True); time.sleep(3600)'"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              start_new_session=True, env=dict(os.environ, TMPDIR=str(self.folder))) as process:
            process.stdout.readline()
            os.killpg(process.pid, signal.SIGINT)
            self.assertNotEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual([name for name in os.listdir(self.folder) if "plan" in name], [])


if __name__ == "__main__":
    if "threads" not in models():
        sys.exit("threads is not built")
    unittest.main()

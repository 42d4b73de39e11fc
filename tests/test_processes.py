#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the models that start processes start them, and what these inherit. CCBENCH names the program."""

import ctypes
import json
import os
import re
import signal
import struct
import subprocess
import tempfile
import unittest

from harness import CCBENCH, OK, USAGE, ByHand, cells, document, plan, replay, run, workers
from origin_client import Origin

FETCHES = "not found" not in re.search("libcurl.*", subprocess.run([CCBENCH, "--version"], stdout=subprocess.PIPE, text=True,
                                                                   check=True).stdout)[0]
SPAWN = {"start": "spawn"}
FORKING = ("processes", "processes-shm", "process-per-task")


class Opened:
    """Counts how often a file is opened, by inotify."""

    IN_OPEN, IN_CLOSE, EVENT = 0x20, 0x18, struct.Struct("iIII")  # closing too: events that are alike are told as one

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, os.fsencode(path), self.IN_OPEN | self.IN_CLOSE) < 0:
            raise unittest.SkipTest(f"no inotify: {os.strerror(ctypes.get_errno())}")

    def count(self):
        """So far; two with none closed between them may count as one."""
        found = 0
        try:
            while data := os.read(self.fd, 65536):
                found += sum(mask & self.IN_OPEN != 0 for _, mask, _, _ in self.EVENT.iter_unpack(data))
        except BlockingIOError:
            pass
        return found

    def close(self):
        os.close(self.fd)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Inherited(unittest.TestCase):
    """libcurl is initialised once, before the forks. Its TLS library reads a file whenever that happens."""

    LANES = 6

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()

    @classmethod
    def tearDownClass(cls):
        cls.origin.stop()

    def initialisations(self, model, **more):
        with tempfile.NamedTemporaryFile(suffix=".cnf") as file:
            opened = Opened(file.name)
            try:
                done = replay(plan(model, 12, self.LANES, [{"fetch": "/bytes/100"}],
                                   origin=f"http://127.0.0.1:{self.origin.port}", **more), OPENSSL_CONF=file.name)
                self.assertIsNone(done.error)
                self.assertEqual([(slot.status, slot.check) for slot in done.slots], [(0, 100)] * 12)
                return opened.count()
            finally:
                opened.close()

    def test_once_for_all_workers(self):
        once = self.initialisations("threads")
        if once == 0:
            self.skipTest("this libcurl reads no file when it is initialised")
        for model in FORKING:
            with self.subTest(model=model):
                self.assertEqual(self.initialisations(model), once)
                # A fresh program inherits nothing.
                self.assertGreater(self.initialisations(model, parameters=SPAWN), once)


class Spawned(unittest.TestCase):
    """Fresh programs do what forked processes do."""

    TASKS, LANES = 40, 4
    PROGRAMS = {
        "nothing": [],
        "sleep": [{"sleep": "2ms"}],
        "compute": [{"compute": 15}, {"yield": 3}],
        "read": [{"read": "64k"}, {"read": "4k", "direct": True}],
        "copy": [{"copy": "100001b"}, {"read": "4k"}],
        "take": [{"take": "100001b"}],
        "reply": [{"reply": "0b"}, {"reply": "70001b"}],
        "both": [{"repeat": 3, "steps": [{"take": "70001b"}, {"compute": 9}, {"reply": "5b"}]}],
    }
    SHARED = {
        "race": [{"load": True}, {"sleep": "100us"}, {"store": True}],
        "add": [{"add": 3}],
        "lock": [{"lock": True}, {"load": True}, {"store": True}, {"unlock": True}],
    }

    def outcome(self, model, steps, parameters, **more):
        done = replay(plan(model, self.TASKS, self.LANES, steps, parameters=parameters, **more))
        self.assertIsNone(done.error)
        self.assertEqual(done.diagnostics, "")
        self.assertTrue(all(slot.end_ns >= slot.begin_ns >= slot.arrival_ns for slot in done.slots))
        self.assertTrue(all(slot.begin_ns > 0 for slot in done.slots))
        return done, [(slot.status, slot.check) for slot in done.slots]

    def test_as_forked(self):
        for model in FORKING:
            for name, steps in self.PROGRAMS.items():
                with self.subTest(model=model, program=name):
                    self.assertEqual(self.outcome(model, steps, SPAWN)[1], self.outcome(model, steps, {})[1])

    def test_chunks(self):
        for chunk in (2, 7, 1000):
            for name in ("compute", "both"):
                with self.subTest(chunk=chunk, program=name):
                    self.assertEqual(self.outcome("processes", self.PROGRAMS[name], {"chunk": chunk, **SPAWN})[1],
                                     self.outcome("processes", self.PROGRAMS[name], {"chunk": chunk})[1])

    def test_shared_counter(self):
        counters = {name: self.outcome("processes-shm", steps, SPAWN)[0].result["counter"]
                    for name, steps in self.SHARED.items()}
        self.assertEqual((counters["add"], counters["lock"]), (3 * self.TASKS, self.TASKS))
        self.assertIn(counters["race"], range(1, self.TASKS + 1))

    def test_shared_file(self):
        """Which every process opens for itself: else the lock would be all processes' together."""
        steps = [{"lock_file": True}, {"load_file": True}, {"sleep": "200us"}, {"store_file": True}, {"unlock_file": True}]
        for model in FORKING:
            for parameters in (SPAWN, {}):
                with self.subTest(model=model, parameters=parameters):
                    done, outcome = self.outcome(model, steps, parameters)
                    self.assertEqual((done.result["counter"], set(outcome)), (self.TASKS, {(0, 0)}))

    def test_counter_is_refused(self):
        for model in ("processes", "process-per-task"):
            with self.subTest(model=model):
                done = replay(plan(model, 9, 3, self.SHARED["add"], parameters=SPAWN))
                self.assertIn("shares no memory", done.error)

    def test_slots_of_its_own(self):
        """As where a trial is replayed by hand."""
        for model in FORKING:
            with self.subTest(model=model), ByHand(plan(model, 9, 3, [{"sleep": "1ms"}], parameters=SPAWN)) as trial:
                self.assertGreater(trial.end()["run_ns"], 3_000_000)

    def test_arrivals(self):
        arrivals = [i * 1_000_000 for i in range(20)]
        for model in FORKING:
            with self.subTest(model=model):
                done = replay(plan(model, 20, 4, [{"sleep": "1ms"}], parameters=SPAWN, rate_per_s=1000),
                              slots=[(at, 0, 0, 0, 0, 0) for at in arrivals])
                self.assertIsNone(done.error)
                self.assertEqual([slot.arrival_ns for slot in done.slots], arrivals)
                start_ns = done.result["run_start_ns"]
                self.assertTrue(all(slot.begin_ns >= start_ns + slot.arrival_ns for slot in done.slots))

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_fetches(self):
        names = ",".join(f"{model}:start=spawn" for model in FORKING)
        report = document("-m", names, "-w", "http:1ms,faulty:25%", "-n", 12, "-c", 3, "-r", 1)
        self.assertEqual([cell["status"] for _, cell in cells(report)], ["ok"] * 6)

    def test_memory(self):
        """It is read over the whole tree: a fresh program has more of its own than a forked one."""
        names = [f"{model}{start}" for model in FORKING for start in ("", ":start=spawn")]
        report = document("-m", ",".join(names), "-w", "sleep:20ms", "-n", 8, "-c", 8, "-r", 1)
        held = {cell["model"]: cell["memory"] for _, cell in cells(report)}
        self.assertEqual({memory["in_flight"] for memory in held.values()}, {8})
        for model in ("processes", "processes-shm"):  # whose workers are all there until the end
            with self.subTest(model=model):
                self.assertGreater(held[f"{model}:start=spawn"]["bytes"], held[model]["bytes"])

    LONG = [{"sleep": "10m"}]

    def with_workers(self, trial):
        return trial.wait_for(lambda processes: len(workers(processes)) == 3 and
                              {pid: processes[pid] for pid in workers(processes)}, "three workers")

    def test_each_is_a_program(self):
        """Once it has got so far: until then it is a copy of the one that starts it."""
        for model in FORKING:
            with self.subTest(model=model), ByHand(plan(model, 3, 3, self.LONG, parameters=SPAWN)) as trial:
                trial.wait_for(lambda processes: sum(re.fullmatch(r"ccbench trial worker \d+", command) is not None
                                                     for command in processes.values()) == 3, "three programs")

    def test_killed(self):
        for model in FORKING:
            with self.subTest(model=model), ByHand(plan(model, 3, 3, self.LONG, parameters=SPAWN)) as trial:
                os.kill(sorted(self.with_workers(trial))[1], signal.SIGKILL)
                self.assertRegex(trial.end()["error"], r"(worker \d of 3|a task's process) was killed by signal 9 \(Killed\)")
                self.assertEqual(trial.family.left_over(), {})

    def test_coordinator_killed(self):
        for model in FORKING:
            with self.subTest(model=model), ByHand(plan(model, 3, 3, self.LONG, parameters=SPAWN)) as trial:
                self.with_workers(trial)
                trial.process.kill()
                trial.process.wait()
                self.assertEqual(trial.family.left_over(), {})

    def test_by_hand(self):
        """A worker that no trial has started says so."""
        for descriptor in ("77", "x", "-1", ""):
            with self.subTest(descriptor=descriptor):
                ran = run("trial", "worker", descriptor)
                self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
                self.assertIn("is not a descriptor that a trial has handed to its worker", ran.stderr)


class Parameter(unittest.TestCase):
    def plans(self, *names):
        ran = run("-m", ",".join(names), "-w", "noop", "--dry-run", "--format=json")
        self.assertEqual(ran.status, OK, ran.stderr)
        return [(cell["model"], cell["trial"].get("parameters")) for _, cell in cells(json.loads(ran.stdout))]

    def test_typed(self):
        """What every build does is not said, so that an older one does not refuse it."""
        self.assertEqual(self.plans("processes", "processes:start=spawn", "processes:start=fork:chunk=2", "processes-shm",
                                    "process-per-task:start=spawn"),
                         [("processes", {"chunk": 1}), ("processes:start=spawn", {"chunk": 1, "start": "spawn"}),
                          ("processes:chunk=2", {"chunk": 2}), ("processes-shm", None),
                          ("process-per-task:start=spawn", {"start": "spawn"})])

    def test_refused(self):
        for typed, expected in (("processes:start=spwn", "expected processes:start=fork|spawn"),
                                ("processes:start=", "expected processes:start=fork|spawn"),
                                ("processes-shm:start=1", "expected processes-shm:start=fork|spawn"),
                                ("threads:start=spawn", "threads takes no start"),
                                ("processes:size=2", "expected processes:chunk=N with N from 1 to 1024, or start=fork|spawn")):
            with self.subTest(typed=typed):
                ran = run("-m", typed, "--dry-run")
                self.assertEqual(ran.status, USAGE)
                self.assertIn(expected, ran.stderr)

    def test_refused_in_a_plan(self):
        for start in ("spwn", 1, None, ["spawn"]):
            with self.subTest(start=start):
                done = replay(plan("processes", 3, 1, [], parameters={"start": start}))
                self.assertIn("processes takes no start of", done.error)
        self.assertIn("takes no start", replay(plan("threads", 3, 1, [], parameters=SPAWN)).error)

    def test_told(self):
        self.assertIn("process-per-task:start=fork|spawn: ", run("list", "process-per-task").stdout)


if __name__ == "__main__":
    unittest.main()

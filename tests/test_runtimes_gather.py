#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Children that a task gathers, and the file that tasks share, under the models of other runtimes that are here: what they come to, their faults, and what is
cancelled. RUNTIME_PYTHON, RUNTIME_MODELS (A,B) and CCBENCH_NODE as in the other tests of runtimes."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import runtime_trials
from harness import CCBENCH, PATIENCE_S, most_in_flight
from origin_client import Origin
from test_runtimes_node import NODE

PYTHON = os.environ.get("RUNTIME_PYTHON", sys.executable)
GO = os.path.join(os.path.dirname(CCBENCH), "runtimes", "ccbench-go")
MS = runtime_trials.MS
# Which carry one child after the other; whose children end at their next step only; and which share no memory.
IN_TURN = ("python-loop", "go-loop", "node-loop")
THREADS = ("python-threads", "python-thread-per-task", "gevent", "eventlet")
APART = ("python-processes",)
FOREVER = {"repeat": 1000000000, "steps": [{"sleep": "2ms"}]}


def commands():
    """Model → the words that start its program, of all that may be here."""
    python = {name: [PYTHON, os.path.join(runtime_trials.RUNTIMES, "python", "trial.py"), name]
              for name in runtime_trials.described("python")}
    go = {name: [GO, name] for name in runtime_trials.described("go")}
    node = {name: [NODE, os.path.join(runtime_trials.RUNTIMES, "node", "trial.mjs"), name]
            for name in runtime_trials.described("node") if NODE is not None}
    return {**python, **(go if os.access(GO, os.X_OK) else {}), **node}


def is_here(command):
    plan = json.dumps({"protocol": 1, "describe": True}) + "\n"
    return "describe" in json.loads(subprocess.run(command, input=plan, capture_output=True, text=True, timeout=PATIENCE_S,
                                                   check=False).stdout)


CHOSEN = os.environ.get("RUNTIME_MODELS", "")
HERE = {name: command for name, command in commands().items()
        if name in (CHOSEN.split(",") if CHOSEN else commands()) and is_here(command)}


def each(*but):
    """A test of one model is one of each that is here, but those."""
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            for model in HERE:
                if model not in but:
                    with self.subTest(model=model):
                        test(self, model)
        return run
    return decorate


def gather(*lists, **more):
    return {"gather": list(lists), **more}


def sleep(ms):
    return {"sleep": f"{ms}ms"}


class Children(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.url = f"http://127.0.0.1:{cls.origin.port}"

    @classmethod
    def tearDownClass(cls):
        cls.origin.stop()

    def replay(self, model, tasks, lanes, steps, environment=None, **more):
        return runtime_trials.replay_model(HERE[model], model, tasks, lanes, steps, environment, origin=self.url, **more)

    def ends(self, model, tasks, lanes, steps, environment=None, **more):
        """The (status, check) that all tasks have."""
        ran = self.replay(model, tasks, lanes, steps, environment, **more)
        self.assertIsNone(ran.error, ran.printed)
        found = {(slot.status, slot.check) for slot in ran.slots}
        self.assertEqual(len(found), 1, found)
        return found.pop()

    @each()
    def test_what_they_come_to(self, model):
        """All of it counts, at any depth, and as often as it is repeated; an empty list, and nothing, are right."""
        inner = gather([{"compute": 10}], [], [sleep(1), {"compute": 5}])
        steps = [{"compute": 3}, gather([inner], [{"repeat": 3, "steps": [inner]}, {"yield": 2}], [{"read": "100b"}]), inner]
        self.assertEqual(self.ends(model, 7, 3, steps), (0, 2 + 4 * 60 + 100 + 60))
        self.assertEqual(self.ends(model, 2, 2, [gather([])]), (0, 0))
        self.assertEqual(self.ends(model, 2, 1, [gather(*64 * [[{"compute": 8}]])]), (0, 64 * 21))

    @each()
    def test_none_is_short(self, model):
        """A task takes as long as its longest child; where they come one after the other, as long as all."""
        ran = self.replay(model, 4, 2, [gather([sleep(5)], [sleep(30)], [{"block": "20ms"}])])
        least = min(slot.end_ns - slot.begin_ns for slot in ran.slots)
        self.assertGreaterEqual(least, (55 if model in IN_TURN else 30) * MS)
        self.assertEqual(ran.result.get("in_flight", most_in_flight(ran.slots)), 1 if model in IN_TURN else 2)

    @each(*IN_TURN)
    def test_they_are_there_at_once(self, model):
        """The origin sees how many ask at the same time."""
        origin = Origin()
        self.addCleanup(origin.stop)
        delay = [{"fetch": "/delay/1500ms"}]
        ran = runtime_trials.replay_model(HERE[model], model, 2, 2, [gather(delay, [gather(delay, delay)], delay)],
                                          origin=f"http://127.0.0.1:{origin.port}")
        self.assertEqual({slot.status for slot in ran.slots}, {0}, ran.printed)
        self.assertEqual(origin.stats()["in_flight_peak"], 8)

    @each(*APART)
    def test_no_more_connections_than_fetch_at_once(self, model):
        """Those of children are kept from one to the next; a task has one for itself, too."""
        steps = [{"repeat": 4, "steps": [gather([{"fetch": "/delay/1ms"}, sleep(1)], [sleep(3)],
                                                [{"fetch": "/bytes/5"}, gather([], [{"fetch": "/"}])])]}, {"fetch": "/"}]
        for client in ("plain", "idiom"):
            with self.subTest(client=client):
                origin = Origin()
                ran = runtime_trials.replay_model(HERE[model], model, 20, 4, steps, origin=f"http://127.0.0.1:{origin.port}",
                                                  **({"parameters": {"client": client}} if client == "idiom" else {}))
                stats = origin.stats()
                origin.stop()
                if ran.lacks or "expected no parameters" in (ran.error or ""):
                    continue  # it has no such client
                self.assertEqual(({slot.status for slot in ran.slots}, stats["requests"]), ({0}, 20 * 13), ran.error)
                self.assertLessEqual(stats["connections"] - 1, 4 * 3, ran.printed)

    @each(*APART)
    def test_the_lock_and_the_counter(self, model):
        """A child takes the lock for itself, and one that ends while it holds it gives it back; registers are their own."""
        locked = [{"lock": True}, {"load": True}, {"yield": 1}, {"store": True}, {"unlock": True}]
        ran = self.replay(model, 10, 5, [gather(locked, locked, [{"lock": True}, {"add": 5}, {"unlock": True}], locked)])
        self.assertEqual((ran.error, ran.result["counter"]), (None, 10 * 8))
        failing = [{"lock": True}, {"fetch": "/status/404"}, {"unlock": True}]
        ran = self.replay(model, 6, 3, [gather(failing, [sleep(1), *locked], failing)])
        self.assertEqual(({slot.status for slot in ran.slots}, ran.result["counter"]), ({404}, 6), ran.error)
        ran = self.replay(model, 1, 1, [{"load": True}, {"add": 7}, gather([{"store": True}]), {"load": True}])
        self.assertEqual(ran.result["counter"], 1)

    @each()
    def test_the_shared_file(self, model):
        """Under its lock nothing is lost, whoever waits in between; who fails gives it back; registers are their own."""
        locked = [{"lock_file": True}, {"load_file": True}, sleep(1), {"yield": 1}, {"store_file": True}, {"unlock_file": True}]
        ran = self.replay(model, 10, 5, [*locked, gather(locked, locked)])
        self.assertEqual((ran.error, ran.result["counter"]), (None, 30))
        failing = [{"lock_file": True}, {"fetch": "/status/404"}, {"unlock_file": True}]
        classes = [{"name": "fails", "steps": failing}, {"name": "gathers", "steps": [gather(failing, locked)]},
                   {"name": "counts", "steps": locked}]
        ran = self.replay(model, 12, 4, classes)
        self.assertEqual([slot.status for slot in ran.slots], 4 * [404, 404, 0], ran.error)
        self.assertEqual(ran.result["counter"], 8)
        ran = self.replay(model, 1, 1, [{"store_file": True}, {"load_file": True}, gather([{"store_file": True}], [{"store_file": True}])])
        self.assertEqual(ran.result["counter"], 2)

    @each()
    def test_the_first_in_the_list_that_failed_counts(self, model):
        """Others go on to their end, whatever fails when, and the task does not."""
        origin = Origin()
        self.addCleanup(origin.stop)
        for more in ({}, {"on_failure": "wait"}):
            steps = [gather([sleep(5)], [sleep(60), {"fetch": "/status/404"}], [{"fetch": "/status/500"}],
                            [sleep(90), {"fetch": "/"}], **more), {"fetch": "/bytes/1"}]
            ran = runtime_trials.replay_model(HERE[model], model, 3, 3, steps, origin=f"http://127.0.0.1:{origin.port}")
            self.assertEqual({slot.status for slot in ran.slots}, {404}, ran.printed)
            self.assertGreaterEqual(min(slot.end_ns - slot.begin_ns for slot in ran.slots), 90 * MS)
        self.assertEqual(origin.stats()["requests"], 2 * 3 * 3)

    @each()
    def test_a_failure_cancels_the_others(self, model):
        """At their next step at the latest. The status is that of the first in time."""
        fails = [{"fetch": "/status/500"}]
        steps = [gather([sleep(1), *fails], [FOREVER], [gather([FOREVER], [FOREVER, {"fetch": "/status/404"}])],
                        on_failure="cancel")]
        self.assertEqual(self.ends(model, 4, 2, steps)[0], 500)
        if model not in IN_TURN:
            steps = [gather([FOREVER, {"fetch": "/status/404"}], [gather([sleep(1)], [FOREVER], fails, on_failure="cancel")],
                            on_failure="cancel")]
            self.assertEqual(self.ends(model, 4, 2, steps)[0], 500)

    @each(*IN_TURN, *THREADS)
    def test_what_is_waited_for_is_given_up_at_once(self, model):
        """Sleeps, fetches, and children of its own; connections are not used again that were left in the middle of an answer."""
        fails = [sleep(30), {"fetch": "/status/500"}]
        began = time.monotonic()
        steps = [gather(fails, [sleep(1000000)], [{"fetch": "/delay/1000s"}], [gather([sleep(1000000)], [{"fetch": "/delay/1000s"}])],
                        on_failure="cancel")]
        ways = [{}, {"task_timeout_ns": 900_000 * MS}]
        if "client" in {one["name"] for one in description_of(model)["parameters"]}:
            ways.append({"parameters": {"client": "idiom"}})
        for more in ways:
            ran = self.replay(model, 4, 2, steps, **more)
            if not ran.lacks:
                self.assertEqual((ran.error, {slot.status for slot in ran.slots}), (None, {500}), ran.printed)
                again = [{"name": "cancelled", "steps": steps}, {"name": "after", "steps": [gather(
                    [{"fetch": "/bytes/7"}], [{"fetch": "/delay/1ms/bytes/9"}], [{"fetch": "/bytes/3"}])]}]
                ran = self.replay(model, 8, 1, again, **more)
                self.assertEqual([(slot.status, slot.check if slot.status == 0 else 0) for slot in ran.slots],
                                 4 * [(500, 0), (0, 19)], ran.printed)
        self.assertLess(time.monotonic() - began, 900)

    @each(*IN_TURN, *THREADS, *APART)
    def test_one_that_waits_for_the_lock_is_cancelled(self, model):
        """The lock is whole afterwards."""
        holds = [{"lock": True}, sleep(40), {"fetch": "/status/500"}, {"unlock": True}]
        waits = [sleep(5), {"lock": True}, {"load": True}, {"store": True}, {"unlock": True}]
        classes = [{"name": "cancelled", "steps": [gather(holds, waits, waits, on_failure="cancel")]},
                   {"name": "after", "steps": [{"lock": True}, {"add": 1}, {"unlock": True}]}]
        ran = self.replay(model, 10, 4, classes)
        self.assertEqual([slot.status for slot in ran.slots], 5 * [500, 0], ran.printed)

    @each(*(name for name in HERE if name not in ("python-processes", "asyncio", "twisted", "go", "node")))
    def test_what_cannot_be_is_refused(self, model):
        deep = [sleep(1)]
        for _ in range(65):
            deep = [gather(deep)]
        for steps, words in (([{"gather": []}], "expected 1 to 64"), ([gather(*65 * [[]])], "expected 1 to 64"),
                             ([{"gather": [3]}], "expected 1 to 64"), ([{"gather": {}}], "expected 1 to 64"),
                             ([gather([], on_failure="stop")], 'expected "wait" or "cancel"'),
                             ([gather([{"repeat": 1, "steps": [{"take": "1k"}]}])], "take and reply belong to a task"),
                             ([gather([gather([{"reply": "1k"}])])], "take and reply belong to a task"), (deep, "more than 64 deep"),
                             ([gather([{"juggle": 3}])], "'juggle'")):
            ran = self.replay(model, 1, 1, steps)
            self.assertEqual(ran.status, 2, (words, ran.error))
            self.assertIn(words, ran.error)
        if model not in APART:
            for steps in ([{"lock": True}, gather([]), {"unlock": True}],
                          [{"lock": True}, {"repeat": 1, "steps": [gather([])]}, {"unlock": True}]):
                self.assertIn("gather may not stand between lock and unlock", self.replay(model, 1, 1, steps).error)

    @each()
    def test_memory(self, model):
        """Tasks are in flight, not children."""
        ran = self.replay(model, 6, 3, [gather([sleep(10)], [sleep(10)])], memory=True)
        self.assertEqual([message.get("mark") for message in ran.messages], ["before_lanes", "peak", "before_close", None])
        self.assertEqual(ran.result.get("in_flight", most_in_flight(ran.slots)), 1 if model in IN_TURN else 3)


def description_of(model):
    for group in ("python", "go", "node"):
        if model in runtime_trials.described(group):
            return runtime_trials.described(group)[model]
    raise KeyError(model)


FAULTS = """
import os, signal
def raises():
    raise ValueError("x")
def exits():
    os._exit(7)
def killed():
    os.kill(os.getpid(), signal.SIGKILL)
"""
NO_MORE_THREADS = """
import threading
real, started = threading.Thread.start, []
def start(self):
    if self._target is not None and self._target.__name__ == "carry":
        started.append(self)
        if len(started) % 3 == 2:
            raise RuntimeError("can't start new thread")
    real(self)
threading.Thread.start = start
"""
NO_MORE_PROCESSES = """
import errno, os
real, forked = os.fork, []
def fork():
    forked.append(1)
    if len(forked) > 2:  # a pool of two
        raise BlockingIOError(errno.EAGAIN, "no more")
    return real()
os.fork = fork
"""


class Faults(unittest.TestCase):
    """What becomes of children in Python that die, or cannot be."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("faults.py", FAULTS)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def replay(self, model, *arguments, **more):
        return runtime_trials.replay_model(HERE[model], model, *arguments, folder=self.folder, **more)

    def test_one_that_raises(self):
        for model in {"python-loop", "python-threads", "python-processes", "asyncio-threads"} & set(HERE):
            ran = self.replay(model, 4, 2, [gather([sleep(1)], [{"call": "faults:raises"}])])
            self.assertEqual((ran.error, ran.result["call_failures"]), (None, {"ValueError": 4}), ran.printed)

    def test_processes_that_die(self):
        if "python-processes" not in HERE:
            self.skipTest("not here")
        for call, words in (("exits", "a child of a task ended with status 7 and no result"),
                            ("killed", r"a child of a task was killed by signal 9 \(Killed\)")):
            for more in ({}, {"on_failure": "cancel"}):
                ran = self.replay("python-processes", 4, 2, [gather([sleep(20)], [{"call": f"faults:{call}"}], **more)])
                self.assertRegex(ran.error or "", words)

    def test_no_more_threads(self):
        self.write("sitecustomize.py", NO_MORE_THREADS)
        for model in {"python-threads", "python-thread-per-task"} & set(HERE):
            for more in ({}, {"on_failure": "cancel"}):
                ran = self.replay(model, 4, 1, [gather([sleep(1)], [sleep(1)], [sleep(1)], **more)], {"PYTHONPATH": self.folder})
                self.assertEqual({slot.status for slot in ran.slots}, {1011}, ran.printed)

    def test_no_more_processes(self):
        if "python-processes" not in HERE:
            self.skipTest("not here")
        self.write("sitecustomize.py", NO_MORE_PROCESSES)
        ran = self.replay("python-processes", 4, 2, [gather([sleep(1)], [sleep(1)])], {"PYTHONPATH": self.folder})
        self.assertEqual({slot.status for slot in ran.slots}, {1011}, ran.printed)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every model on every workload: whether it does the work it was given, all of it, once, and as it was asked to. CCBENCH
names the program. Models and workloads come from `ccbench list`, so that a new one is held to the same."""

import contextlib
import http.server
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (CCBENCH, CELL, OK, SANITIZER, ByHand, cells, document, models, most_in_flight, plan, replay, run,
                     workers, workloads)
from origin_client import Origin

MODELS = models()
REAL = [name for name in MODELS if name != "null"]
BASIC = [name for name in ("sequential", "threads", "gil", "processes", "eventloop", "async", "green")
         if name in MODELS]
ONE_LOOP = [name for name in ("eventloop", "async", "green") if name in MODELS]
LABELS = workloads()
FETCHES = any(label.startswith("http") for label in LABELS)
SLOW = SANITIZER != ""
MS = 1_000_000


# Where the argument that is listed makes a test last long, another one; under a sanitizer, where all lasts longer, more.
QUICK = {"race": "race:200", "payload": "payload:100k", "crunch": "crunch:100k:2ms", "faulty": "faulty:25%",
         "ladder": "ladder:8k"}
QUICK_IF_SLOW = {"fib": "fib:22", "race": "race:50"}
# Beside what is listed, which has one argument of each.
MORE = ["race:50:lock", "race:50:file", "race:50:file:yield", "race:50:file:lock"]
# What no model can do that shares no memory between its tasks.
NEEDS_SHARED = ("load", "store", "add", "lock", "unlock")


def quick(label):
    name = label.partition(":")[0]
    return (SLOW and QUICK_IF_SLOW.get(name)) or QUICK.get(name, label)


def is_open(label):
    """Whether its tasks arrive at times of their own."""
    report = json.loads(run("--dry-run", "--format=json", "-m", "sequential", "-w", label).stdout)
    return "rate_per_s" in cells(report)[0][1]["trial"]


def setUpModule():
    if not SLOW:
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def concurrent_models(lanes):
    """The real models that may have `lanes` tasks in flight, as the plan has it."""
    report = json.loads(run("--dry-run", "--format=json", "-m", ",".join(REAL), "-w", "sleep", "-c", lanes).stdout)
    return [cell["model"] for _, cell in cells(report) if cell["lanes"] == lanes]


class Matrix(unittest.TestCase):
    """One run of everything."""

    TASKS, LANES, ROUNDS = 16, 4, 2

    @classmethod
    def setUpClass(cls):
        cls.labels = [quick(label) for label in LABELS if not is_open(label)] + MORE
        cls.report = document("-m", ",".join(MODELS), "-w", ",".join(cls.labels), "-n", cls.TASKS, "-c", cls.LANES,
                              "-r", cls.ROUNDS, "-v")

    def each(self):
        """Those that were run: what a model cannot do is skipped."""
        return [(block, cell) for block, cell in cells(self.report) if cell["status"] != "skipped"]

    def each_sample(self):
        return [(block, cell, sample) for block, cell in cells(self.report) for sample in cell["samples"]]

    def test_nothing_is_missing(self):
        self.assertEqual([(block["workload"], cell["model"]) for block, cell in cells(self.report)],
                         [(label, model) for label in self.labels for model in MODELS])
        self.assertEqual(self.report["status"], OK)
        self.assertIsNone(self.report["interrupted"])

    def test_what_is_skipped(self):
        """Only what has a reason that the model states: it lacks the memory that all tasks share."""
        for block, cell in cells(self.report):
            if cell["status"] == "skipped":
                with self.subTest(workload=block["workload"], model=cell["model"]):
                    self.assertRegex(cell["reason"], "^cannot (" + "|".join(NEEDS_SHARED) + "): shares no memory")
                    self.assertIn(cell["model"], ("processes", "process-per-task"))
                    self.assertRegex(block["workload"], "^race:[0-9]+(:lock)?$") # not in a file
                    self.assertEqual(cell["samples"], [])

    def test_oracle(self):
        for block, cell in self.each():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
                self.assertEqual(len(cell["samples"]), self.ROUNDS)
                self.assertEqual((block["tasks"], block["concurrency"]), (self.TASKS, self.LANES))

    def test_every_task_once(self):
        for block, cell, sample in self.each_sample():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                self.assertEqual((sample["status"], sample["reason"]), ("ok", None))
                self.assertEqual((sample["tasks"], sample["failed"]), (self.TASKS, 0))
                if not any("expect" in kind for kind in cell["trial"]["classes"]):
                    self.assertEqual(sample["failures"], {})

    def test_exactly_those_fail_that_must(self):
        seen = set()
        for block, cell, sample in self.each_sample():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                must = {kind["name"] for kind in cell["trial"]["classes"] if "expect" in kind}
                if not must or cell["model"] == "null":
                    continue
                seen.add(cell["model"])
                for kind in sample["classes"]:
                    self.assertEqual((kind["failed"], kind["failed_as_expected"]),
                                     (0, kind["tasks"] if kind["name"] in must else 0))
                    self.assertGreater(kind["tasks"], 0)
        self.assertEqual(seen, set(REAL) if FETCHES else set())

    def test_sleeps_are_never_short(self):
        seen = set()
        for block, cell, sample in self.each_sample():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                match = re.fullmatch(r"(?:sleep|http):(\d+)ms", block["workload"])
                if not match or cell["model"] == "null":
                    continue
                seen.add(cell["model"])
                for name in ("p50", "p90", "max", "mean"):
                    self.assertGreaterEqual(sample["service_ns"][name], int(match.group(1)) * MS)
                turns = -(-self.TASKS // cell["lanes"])
                self.assertGreaterEqual(sample["run_ns"], turns * int(match.group(1)) * MS)
        self.assertEqual(seen, set(REAL))

    def test_in_flight(self):
        for block, cell, sample in self.each_sample():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                self.assertLessEqual(cell["lanes"], self.LANES)
                self.assertGreaterEqual(sample["in_flight"], 1)
                self.assertLessEqual(sample["in_flight"], cell["lanes"])

    def test_origin_counts(self):
        for block, cell, sample in self.each_sample():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                classes = cell["trial"]["classes"]
                if not any("fetch" in step for kind in classes for step in kind["steps"]):
                    self.assertIsNone(sample["origin"])
                    continue
                pretends = cell["model"] == "null"
                if len(classes) == 1: # of a mix, the oracle knows the share that fetches
                    self.assertEqual(sample["origin"]["requests"], 0 if pretends else self.TASKS)
                # A connection belongs to a lane, and goes with the process where each task has one of its own.
                most = self.TASKS if cell["model"] == "process-per-task" else cell["lanes"]
                # One that is lost is made anew.
                most += sum("expect" in kind for kind in classes) * self.TASKS
                self.assertLessEqual(sample["origin"]["connections"], 0 if pretends else most)

    def test_times_add_up(self):
        for block, cell, sample in self.each_sample():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                self.assertEqual(sample["wall_ns"], sample["setup_ns"] + sample["run_ns"] + sample["teardown_ns"])
                for span in ("latency_ns", "queued_ns", "service_ns"):
                    values = sample[span]
                    self.assertLessEqual(values["p50"], values["p90"])
                    self.assertLessEqual(values["p90"], values["max"])
                    self.assertLessEqual(values["mean"], values["max"])
                    self.assertIsNone(values["p99"])  # of 16 there is none
                self.assertLessEqual(sample["service_ns"]["max"], sample["latency_ns"]["max"])

    def test_summaries(self):
        for block, cell in self.each():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                for metric in ("wall_ns", "setup_ns", "run_ns", "teardown_ns", "cpu_ns", "switches_own"):
                    values = sorted(sample[metric] for sample in cell["samples"])
                    summary = cell["summary"][metric]
                    self.assertEqual((summary["min"], summary["max"]), (values[0], values[-1]))
                    self.assertAlmostEqual(summary["median"], sum(values) / len(values), delta=1)
                self.assertEqual(cell["summary"]["n"], self.ROUNDS)

    def test_ranks(self):
        for block in self.report["workloads"]:
            with self.subTest(workload=block["workload"]):
                ranked = sorted((cell for cell in block["cells"] if cell["samples"]), key=lambda cell: cell["summary"]["rank"])
                self.assertEqual(ranked[0]["summary"]["rank"], 1)
                for place, cell in enumerate(ranked, 1):
                    # A tie shares the rank of its first; the next rank is the place.
                    summary = cell["summary"]
                    before = ranked[place - 2]["summary"] if place > 1 else None
                    self.assertIn(summary["rank"], {place, before["rank"] if before else place})
                    peers = [other for other in ranked if other["summary"]["rank"] == summary["rank"]]
                    self.assertEqual(summary["tied"], len(peers) > 1)

    def test_ideal(self):
        for block, cell in self.each():
            with self.subTest(workload=block["workload"], model=cell["model"]):
                if block["ideal_ns"] is None or cell["model"] == "null":
                    self.assertIsNone(cell["summary"]["of_ideal"])
                    continue
                times = [sample["wall_ns"] for sample in cell["samples"]]
                share = cell["summary"]["of_ideal"]["median"]
                self.assertGreaterEqual(share, block["ideal_ns"] / max(times) * 0.999)
                self.assertLessEqual(share, block["ideal_ns"] / min(times) * 1.001)
                if block["workload"].startswith("sleep"):
                    self.assertLessEqual(share, 1)

    def test_each_position_once(self):
        for block in self.report["workloads"]:
            for number in range(self.ROUNDS):
                run_cells = [cell for cell in block["cells"] if cell["samples"]]
                positions = sorted(cell["samples"][number]["position"] for cell in run_cells)
                self.assertEqual(positions, list(range(1, len(run_cells) + 1)))


class OpenMatrix(unittest.TestCase):
    """The workloads whose tasks arrive at times of their own, under every model."""

    TASKS, LANES = 16, 4

    @classmethod
    def setUpClass(cls):
        cls.labels = [label for label in LABELS if is_open(label)]
        cls.report = document("-m", ",".join(REAL), "-w", ",".join(cls.labels), "-n", cls.TASKS, "-c", cls.LANES, "-r", 1)

    def test_every_task_once_and_none_before_it_arrives(self):
        self.assertTrue(self.labels)
        for block, cell in cells(self.report):
            with self.subTest(workload=block["workload"], model=cell["model"]):
                if cell["status"] == "skipped":
                    self.assertRegex(cell["reason"], "^cannot |not built: ")
                    continue
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
                sample, = cell["samples"]
                self.assertEqual((sample["tasks"], sample["failed"]), (self.TASKS, 0))
                self.assertLessEqual(sample["in_flight"], cell["lanes"])
                # Each class has its own: the hog is among them, and the last of 16 does not come at once.
                self.assertGreaterEqual(sample["run_ns"], 400 * MS)
                self.assertTrue(all(kind["tasks"] > 0 for kind in sample["classes"]))


class Order(unittest.TestCase):
    def positions(self, seed):
        report = document("-m", ",".join(MODELS), "-w", "noop", "-n", 4, "-r", 3, "--seed", seed)
        return [[sample["position"] for sample in cell["samples"]] for _, cell in cells(report)]

    def test_seed(self):
        first = self.positions(1)
        self.assertEqual(self.positions(1), first)
        self.assertNotEqual([self.positions(seed) for seed in (2, 3, 4)], [first] * 3)
        self.assertTrue(any(len(set(of_a_cell)) > 1 for of_a_cell in first), "the rounds are all in the same order")


class InFlight(unittest.TestCase):
    """As many at once as asked for. The sleeps are long: on a loaded machine it takes a while until all have begun; where that was too
    long, they are ten times as long."""

    LANES = 8

    def test_reaches_the_number_asked_for(self):
        able = concurrent_models(self.LANES)
        self.assertLessEqual(set(BASIC) - {"sequential"}, set(able))
        self.assertNotIn("sequential", able)
        for sleep in ("300ms", "3s"):
            report = document("-m", ",".join(able), "-w", f"sleep:{sleep}", "-n", 2 * self.LANES, "-c", self.LANES, "-r", 1)
            seen = {cell["model"]: ([sample["in_flight"] for sample in cell["samples"]], cell["memory"]["in_flight"])
                    for _, cell in cells(report)}
            able = [model for model in able if seen[model] != ([self.LANES], self.LANES)]
            if not able:
                return
        self.fail({model: seen[model] for model in able})

    def in_flight(self, model, lanes, sleep):
        done = replay(plan(model, 2 * lanes, lanes, [{"sleep": sleep}]))
        self.assertIsNone(done.error)
        # The slots' ends of processes are when the coordinator has the result; it says itself how many it worked on.
        return done.result["in_flight"] if model == "processes" else most_in_flight(done.slots)

    def test_slots_say_the_same(self):
        for model in BASIC:
            with self.subTest(model=model):
                lanes = 1 if model == "sequential" else self.LANES
                if self.in_flight(model, lanes, "300ms") != lanes:
                    self.assertEqual(self.in_flight(model, lanes, "3s"), lanes)

    def test_ten_thousand(self):
        tasks = 500 if SLOW else 10000
        for model in ONE_LOOP:
            with self.subTest(model=model):
                done = replay(plan(model, tasks, tasks, [{"sleep": "1500ms"}]))
                self.assertIsNone(done.error)
                self.assertEqual({slot.status for slot in done.slots}, {0})
                self.assertTrue(all(slot.end_ns - slot.begin_ns >= 1500 * MS for slot in done.slots))
                self.assertEqual(most_in_flight(done.slots), tasks)

    def test_ten_thousand_in_a_run(self):
        tasks = 500 if SLOW else 10000
        report = document("-m", ",".join(ONE_LOOP), "-w", "sleep:1s", "-n", tasks, "-c", tasks, "-r", 1)
        for _, cell in cells(report):
            self.assertEqual((cell["status"], cell["samples"][0]["in_flight"]), ("ok", tasks))


@unittest.skipUnless(FETCHES, "fetching is not built")
class Unaccepting:
    """A server whose queue of connections is full, until it accepts them."""

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.origin = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.held = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(self.server.getsockname())
            self.held.append(client)
        return self

    def accept(self):
        def answer(client):
            with client, contextlib.suppress(OSError):
                while data := client.recv(65536):
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" * data.count(b"\r\n\r\n"))

        def serve():
            try:
                while True:
                    threading.Thread(target=answer, args=(self.server.accept()[0],), daemon=True).start()
            except OSError:
                pass  # closed

        for client in self.held:
            client.close()
        with contextlib.suppress(OSError):  # a quick client may have done without
            self.server.listen(1000)
            threading.Thread(target=serve, daemon=True).start()

    def __exit__(self, *exception):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for client in self.held:
            client.close()


class Accepting:
    """A server each of whose connections is `answer`'s, on a thread of its own."""

    def __init__(self, answer):
        self.answer = answer
        self.server = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def serve(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self.answer, args=(self.server.accept()[0],), daemon=True).start()

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


class Fetches(unittest.TestCase):
    LANES = 4

    def check_cells(self, report, check):
        self.assertEqual([cell["model"] for _, cell in cells(report)], REAL)
        for _, cell in cells(report):
            with self.subTest(model=cell["model"]):
                check(cell)

    def test_cancelled_fetch_frees_its_lane(self):
        tasks = 2 * self.LANES

        def check(cell):
            self.assertEqual((cell["status"], cell["reason"]), ("failed", f"{tasks} of {tasks}: timed out"))
            sample = cell["samples"][0]
            self.assertEqual((sample["failed"], sample["failures"]), (tasks, {"timed out": tasks}))
            turns = tasks / cell["lanes"]
            self.assertGreaterEqual(sample["run_ns"], turns * 99 * MS)  # curl counts in whole ms
            self.assertLess(sample["run_ns"], 9000 * MS)
            self.assertLess(sample["service_ns"]["max"], 9000 * MS)
            self.assertGreaterEqual(sample["service_ns"]["p50"], 99 * MS)
            # On a busy machine a request may be given up before the origin gets to read it.
            self.assertLessEqual(sample["origin"]["requests"], tasks)

        self.check_cells(document("-m", ",".join(REAL), "-w", "http:/delay/10s", "--task-timeout=100ms", "-n", tasks,
                                  "-c", self.LANES, "-r", 1, status=(CELL,)), check)

    def test_others_go_on_beside_a_cancelled_one(self):
        """Of two classes, one times out; the other is not touched, before, beside and after it."""
        with_origin = Origin()
        try:
            for model in REAL:
                with self.subTest(model=model):
                    request = plan(model, 12, 3, [], origin=f"http://127.0.0.1:{with_origin.port}",
                                   task_timeout_ns=400 * MS)
                    request["classes"] = [{"name": "slow", "weight": 1, "steps": [{"fetch": "/delay/10s"}]},
                                          {"name": "quick", "weight": 3, "steps": [{"fetch": "/bytes/10"}]}]
                    slots = [(0, 0, 0, int(i % 4 != 1), 0, 0) for i in range(12)]
                    done = replay(request, slots=slots)
                    self.assertIsNone(done.error)
                    for slot in done.slots:
                        if slot.class_index == 1:
                            self.assertEqual((slot.status, slot.check), (0, 10))
                        else:
                            self.assertEqual(slot.status, 2028)  # CURLE_OPERATION_TIMEDOUT
                            self.assertGreaterEqual(slot.end_ns - slot.begin_ns, 399 * MS)  # curl's ms
                            self.assertLess(slot.end_ns - slot.begin_ns, 9000 * MS)
        finally:
            with_origin.stop()

    def test_connections_that_are_never_accepted(self):
        """A fetch that times out while its connection is being made is one that times out, and not the end of its loop."""
        with Unaccepting() as server:
            for model in REAL:
                with self.subTest(model=model):
                    done = replay(plan(model, 40, 8, [{"fetch": "/"}], origin=server.origin, task_timeout_ns=20 * MS))
                    self.assertIsNone(done.error)
                    self.assertEqual({slot.status for slot in done.slots}, {2028})

    def test_answers_that_stop_just_before_the_limit(self):
        """libcurl forgets the time limit of a transfer that gets something in the last millisecond before it."""
        def answer(connection):
            with connection, contextlib.suppress(OSError):
                while connection.recv(65536):
                    begin = time.monotonic()
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while (ms := 1000 * (time.monotonic() - begin)) < 18.5:
                        time.sleep((18.5 - ms) / 1000)
                    while 1000 * (time.monotonic() - begin) < 19.2:
                        connection.sendall(b"X: y\r\n")
                        time.sleep(0.0002)

        with Accepting(answer) as server:
            for model in REAL:
                with self.subTest(model=model):
                    done = replay(plan(model, 40, 2, [{"fetch": "/"}], origin=server.origin, task_timeout_ns=20 * MS))
                    self.assertIsNone(done.error)
                    self.assertEqual({slot.status for slot in done.slots}, {2028})
                    # Else most last 200 ms, when another timer of libcurl's looks at them.
                    self.assertLess(sorted(slot.end_ns - slot.begin_ns for slot in done.slots)[20], 150 * MS)

    def test_connections_that_are_accepted_late(self):
        """Some fetches time out before; those that come after get numbers of descriptors that were used by them."""
        for model in REAL:
            with self.subTest(model=model), Unaccepting() as server:
                request = plan(model, 60, 8, [], origin=server.origin, task_timeout_ns=20 * MS)
                request["classes"] = [{"name": "in vain", "weight": 1, "steps": [{"fetch": "/"}]},
                                      {"name": "rest", "weight": 1, "steps": [{"sleep": "1ms"}]}]
                slots = [(0, 0, 0, int(i % 2 == 0), 0, 0) for i in range(60)]
                threading.Timer(0.1, server.accept).start()
                done = replay(request, slots=slots)
                self.assertIsNone(done.error)
                self.assertLessEqual({slot.status for slot in done.slots}, {0, 2028})
                self.assertTrue(all(slot.end_ns > slot.begin_ns for slot in done.slots))

    def test_connections_that_are_accepted_after_a_second(self):
        for model in REAL:
            with self.subTest(model=model), Unaccepting() as server:
                threading.Timer(0.3, server.accept).start()
                done = replay(plan(model, 24, 8, [{"fetch": "/"}], origin=server.origin))
                self.assertIsNone(done.error)
                self.assertEqual([(slot.status, slot.check) for slot in done.slots], [(0, 5)] * 24)

    def test_refused_connections(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        for model in REAL:
            with self.subTest(model=model):
                done = replay(plan(model, 40, 8, [{"fetch": "/"}], origin=origin))
                self.assertIsNone(done.error)
                self.assertEqual({slot.status for slot in done.slots}, {2007})  # CURLE_COULDNT_CONNECT

    def test_a_refusal_where_tasks_fetch(self):
        """Before libcurl is loaded."""
        done = replay(plan("processes", 1, 1, [{"fetch": "/"}, {"load": True}, {"store": True}], origin="http://127.0.0.1:1"))
        self.assertEqual(done.status, 2)
        self.assertIn("shares no memory", done.error)

    def test_failures_before_anything_is_sent(self):
        """Tasks that are to fail may time out before they have sent a request, or fail in a step before it."""
        steps = [[{"fetch": "/delay/300ms"}], [{"fetch": "/bytes/10"}, {"fetch": "/delay/300ms"}]]
        for number, its in enumerate(steps):
            with self.subTest(steps=its), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "work.json")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump({"name": f"late{number}", "tasks": 60, "concurrency": 32,
                               "classes": [{"name": "late", "weight": 1, "expect": "failure", "steps": its}]}, file)
                report = document("-m", "threads,eventloop", "-w", path, "--task-timeout=1ms", "-r", 1)
                for _, cell in cells(report):
                    self.assertEqual((cell["status"], cell["reason"]), ("ok", None))

    def mixed(self, path, check):
        """Every fourth task fetches `path`; the others what works."""
        with_origin = Origin()
        try:
            for model in REAL:
                with self.subTest(model=model):
                    request = plan(model, 16, 3, [], origin=f"http://127.0.0.1:{with_origin.port}")
                    request["classes"] = [{"name": "bad", "weight": 1, "steps": [{"fetch": path}]},
                                          {"name": "good", "weight": 3, "steps": [{"fetch": "/bytes/1000"}]}]
                    slots = [(0, 0, 0, int(i % 4 != 0), 0, 0) for i in range(16)]
                    done = replay(request, slots=slots)
                    self.assertIsNone(done.error)
                    for slot in done.slots:
                        self.assertGreater(slot.end_ns, slot.begin_ns)
                        if slot.class_index == 1:
                            self.assertEqual((slot.status, slot.check), (0, 1000))
                        else:
                            check(slot)
        finally:
            with_origin.stop()

    def test_bad_status_among_good_ones(self):
        self.mixed("/status/503", lambda slot: self.assertEqual(slot.status, 503))

    def test_reset_among_good_ones(self):
        # Partial file; got nothing; sending, receiving failed: by what curl was doing when it heard of it.
        self.mixed("/reset", lambda slot: self.assertIn(slot.status, (2018, 2052, 2055, 2056)))

    def test_bad_status(self):
        def check(cell):
            self.assertEqual((cell["status"], cell["reason"]), ("failed", "10 of 10: HTTP 503"))
            self.assertEqual(cell["samples"][0]["failures"], {"HTTP 503": 10})
            self.assertEqual(cell["samples"][0]["origin"]["requests"], 10)

        self.check_cells(document("-m", ",".join(REAL), "-w", "http:/status/503", "-n", 10, "-c", self.LANES, "-r", 1,
                                  status=(CELL,)), check)

    def test_reset(self):
        def check(cell):
            self.assertEqual(cell["status"], "failed")
            self.assertRegex(cell["reason"], "^10 of 10: .*(peer|partial|nothing)")
            self.assertEqual(sum(cell["samples"][0]["failures"].values()), 10)

        self.check_cells(document("-m", ",".join(REAL), "-w", "http:/reset", "-n", 10, "-c", self.LANES, "-r", 1,
                                  status=(CELL,)), check)

    def test_refused_connection(self):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
            for model in REAL:
                with self.subTest(model=model):
                    done = replay(plan(model, 6, 3, [{"fetch": "/bytes/1"}],
                                       origin=f"http://127.0.0.1:{held.getsockname()[1]}"))
                    self.assertIsNone(done.error)
                    self.assertEqual([slot.status for slot in done.slots], [2007] * 6)  # CURLE_COULDNT_CONNECT
                    self.assertTrue(all(slot.end_ns >= slot.begin_ns > 0 for slot in done.slots))

    def test_body_is_counted(self):
        def check(cell):
            self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
            self.assertGreaterEqual(cell["samples"][0]["origin"]["bytes"], 8 * (1 << 20))

        self.check_cells(document("-m", ",".join(REAL), "-w", "http:/bytes/1m", "-n", 8, "-c", self.LANES, "-r", 1),
                         check)


class Frames(unittest.TestCase):
    """async makes a frame for each task and each nested call, and frees it."""

    def setUp(self):
        if "async" not in MODELS:
            self.skipTest("async is not built")

    def frames(self, steps, tasks=12):
        done = replay(plan("async", tasks, 4, steps))
        self.assertIsNone(done.error)
        counters = done.result["counters"]
        self.assertEqual(counters["frames_freed"], counters["frames_allocated"])
        return counters["frames_allocated"] / tasks

    def test_flat(self):
        self.assertEqual(self.frames([]), 1)
        self.assertEqual(self.frames([{"sleep": "1ms"}, {"yield": 3}, {"compute": 10}]), 1)

    def test_nested(self):
        self.assertEqual(self.frames([{"repeat": 3, "steps": [{"sleep": "1ms"}]}]), 2)
        self.assertEqual(self.frames([{"repeat": 2, "steps": [{"repeat": 3, "steps": [{"yield": 1}]}]}]), 1 + 1 + 2)
        self.assertEqual(self.frames([{"repeat": 0, "steps": [{"yield": 1}]}]), 1)
        self.assertEqual(self.frames([{"repeat": 2, "steps": [{"gather": [[], [{"yield": 1}], []]}]}]), 1 + 1 + 2 * 3)

    def test_in_a_run(self):
        labels = [quick(label) for label in LABELS if not label.startswith("fib") and not is_open(label)]
        report = document("-m", "async", "-w", ",".join(labels), "-n", 40, "-c", 8, "-r", 1)
        for block, cell in cells(report):
            with self.subTest(workload=block["workload"]):
                counters = cell["samples"][0]["counters"]
                self.assertEqual(counters["frames_allocated"], counters["frames_freed"])
                flat = all("repeat" not in step and "gather" not in step for kind in cell["trial"]["classes"] for step in kind["steps"])
                (self.assertEqual if flat else self.assertGreater)(counters["frames_allocated"], 40)


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


class Programs(unittest.TestCase):
    """Programs that no workload has yet, under every real model: the right sum, at the right time, for every task."""

    # Steps, the checksum of a task, and the least it can take, ms.
    CASES = {
        "nothing": ([], 0, 0),
        "yield": ([{"yield": 5}], 0, 0),
        "many yields": ([{"yield": 5000}], 0, 0),
        "block": ([{"block": "5ms"}], 0, 5),
        "no sleep": ([{"sleep": "0ms"}, {"compute": 5}], fib(5), 0),
        "two sleeps": ([{"sleep": "3ms"}, {"sleep": "4ms"}], 0, 7),
        "computing": ([{"compute": 0}, {"compute": 1}, {"compute": 24}], 1 + fib(24), 0),
        "released": ([{"compute": 20, "nogil": True}, {"yield": 1}, {"compute": 18}], fib(20) + fib(18), 0),
        "call": ([{"repeat": 3, "steps": [{"compute": 10}]}], 3 * fib(10), 0),
        "no call": ([{"repeat": 0, "steps": [{"compute": 10}]}, {"compute": 7}], fib(7), 0),
        "empty call": ([{"repeat": 4, "steps": []}, {"compute": 7}], fib(7), 0),
        "calls in calls": ([{"compute": 3},
                            {"repeat": 2, "steps": [{"sleep": "2ms"}, {"repeat": 3, "steps": [{"compute": 8}, {"yield": 2}]},
                                                    {"compute": 9}]},
                            {"compute": 4}], fib(3) + 2 * (3 * fib(8) + fib(9)) + fib(4), 4),
        "all kinds": ([{"sleep": "1ms"}, {"block": "1ms"}, {"yield": 2}, {"compute": 12},
                       {"repeat": 2, "steps": [{"sleep": "1ms"}, {"compute": 5}]}], fib(12) + 2 * fib(5), 4),
    }

    def check(self, model, steps, expected, least_ms, **more):
        done = replay(plan(model, 10, 4, steps, **more))
        self.assertIsNone(done.error)
        self.assertEqual(done.status, 0)
        self.assertEqual(done.diagnostics, "")
        self.assertEqual(len(done.messages), 1)
        for slot in done.slots:
            self.assertEqual((slot.status, slot.check), (0, expected % (1 << 32)))
            self.assertGreater(slot.begin_ns, 0)
            if "rate_per_s" not in more:
                self.assertGreaterEqual(slot.arrival_ns, done.result["run_start_ns"])
            self.assertLessEqual(slot.arrival_ns, slot.begin_ns)
            self.assertGreaterEqual(slot.end_ns - slot.begin_ns, least_ms * MS)
        return done

    def test_programs(self):
        for name, (steps, expected, least_ms) in self.CASES.items():
            for model in REAL:
                with self.subTest(program=name, model=model):
                    self.check(model, steps, expected, least_ms)

    def test_deep_nesting(self):
        steps = [{"compute": 6}, {"sleep": "1ms"}]
        for _ in range(63):
            steps = [{"repeat": 1, "steps": steps}]
        for model in REAL:
            with self.subTest(model=model):
                self.check(model, steps, fib(6), 1)

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_fetches_in_calls(self):
        origin = Origin()
        steps = [{"repeat": 2, "steps": [{"fetch": "/bytes/100"}, {"compute": 10}]}, {"fetch": "/delay/5ms/bytes/7"}]
        try:
            for model in REAL:
                with self.subTest(model=model):
                    self.check(model, steps, 2 * (100 + fib(10)) + 7, 5, origin=f"http://127.0.0.1:{origin.port}")
        finally:
            origin.stop()

    def test_more_lanes_than_tasks(self):
        for model in REAL:
            with self.subTest(model=model):
                done = replay(plan(model, 2, 16, [{"compute": 9}]))
                self.assertIsNone(done.error)
                self.assertEqual([(slot.status, slot.check) for slot in done.slots], [(0, fib(9))] * 2)

    def test_mix(self):
        for model in REAL:
            with self.subTest(model=model):
                request = plan(model, 300, 4, [])
                request["classes"] = [{"name": str(n), "weight": n, "steps": [{"compute": n}]} for n in (1, 2, 3)]
                slots = [(0, 0, 0, i % 3, 0, 0) for i in range(300)]
                done = replay(request, slots=slots)
                self.assertIsNone(done.error)
                self.assertEqual([(slot.class_index, slot.check) for slot in done.slots],
                                 [(i % 3, fib(i % 3 + 1)) for i in range(300)])

    def test_without_slots(self):
        """A trial replayed by hand makes its own slots and writes its result to standard output."""
        for model in MODELS:
            with self.subTest(model=model):
                done = subprocess.run([CCBENCH, "trial"], input=json.dumps(plan(model, 5, 2, [{"compute": 9}])) + "\n",
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertNotIn("error", json.loads(done.stdout)["result"])

    def test_null(self):
        done = replay(plan("null", 1000, 1, [{"sleep": "1000h"}, {"block": "1000h"}, {"compute": 20}]))
        self.assertIsNone(done.error)
        self.assertEqual({(slot.status, slot.check) for slot in done.slots}, {(0, fib(20))})
        self.assertTrue(all(slot.end_ns >= slot.begin_ns > 0 for slot in done.slots))
        self.assertEqual(most_in_flight(done.slots), 1)


def payload_check(size):
    """What handing over so many bytes adds to the checksum: the bytes, and one for each page."""
    return size + -(-size // 4096)


def size_of(place):
    """Of a line of /proc/PID/maps: its first word."""
    start, _, end = place.partition("-")
    return int(end, 16) - int(start, 16)


def lanes_of(model, lanes):
    return 1 if model == "sequential" else lanes


def in_flight(done):
    """As the trial says, or by its stamps."""
    return done.result.get("in_flight", most_in_flight(done.slots))


class Payloads(unittest.TestCase):
    """What a task takes and what it replies with, under every model."""

    LANES = 3
    SIZES = (0, 1, 4095, 4096, 65536, 65537, 1 << 20, 5 << 20)

    def check(self, model, tasks, steps, expected, **more):
        done = replay(plan(model, tasks, lanes_of(model, self.LANES), steps, **more))
        self.assertIsNone(done.error)
        self.assertEqual(done.diagnostics, "")
        self.assertEqual([(slot.status, slot.check) for slot in done.slots], [(0, expected % (1 << 32))] * tasks)
        self.assertTrue(all(slot.end_ns >= slot.begin_ns > 0 for slot in done.slots))
        self.assertLessEqual(in_flight(done), self.LANES)
        return done

    def test_sizes(self):
        for model in REAL:
            for size in self.SIZES:
                with self.subTest(model=model, size=size):
                    self.check(model, 7, [{"take": f"{size}b"}, {"reply": f"{size}b"}], 2 * payload_check(size))

    def test_one_way(self):
        for model in REAL:
            for kind in ("take", "reply"):
                with self.subTest(model=model, step=kind):
                    self.check(model, 7, [{kind: "100001b"}], payload_check(100001))

    SEVERAL = [{"take": "4095b"},
               {"repeat": 3, "steps": [{"take": "70000b"}, {"compute": 9}, {"reply": "1b"},
                                       {"repeat": 2, "steps": [{"reply": "65537b"}, {"sleep": "1ms"}]}]},
               {"take": "0b"}, {"reply": "0b"}, {"take": "200000b"}]
    SEVERAL_CHECK = (payload_check(4095) + 3 * (payload_check(70000) + 34 + payload_check(1) + 2 * payload_check(65537)) +
                     payload_check(200000))

    def test_several_and_repeated(self):
        for model in REAL:
            with self.subTest(model=model):
                self.check(model, 8, self.SEVERAL, self.SEVERAL_CHECK)

    def test_many_small_ones(self):
        steps = [{"repeat": 1000, "steps": [{"take": "3b"}, {"reply": "5b"}]}]
        for model in REAL:
            with self.subTest(model=model):
                self.check(model, 5, steps, 1000 * (payload_check(3) + payload_check(5)))

    def test_in_chunks(self):
        for chunk in (2, 7, 1000):
            with self.subTest(chunk=chunk):
                self.check("processes", 23, self.SEVERAL, self.SEVERAL_CHECK, chunk=chunk)

    @unittest.skipUnless(FETCHES, "fetching is not built")
    def test_beside_tasks_that_fail_half_way(self):
        """What a task has not taken is not what the next one takes."""
        origin = Origin()
        good = [{"take": "150001b"}, {"compute": 10}, {"reply": "70001b"}]
        expected = payload_check(150001) + 55 + payload_check(70001)
        bad = [{"take": "100b"}, {"reply": "3000b"}, {"fetch": "/status/503"}, {"take": "300001b"}, {"reply": "1m"}]
        try:
            for model, chunk in [(model, 1) for model in REAL] + [("processes", 3), ("processes", 200)]:
                with self.subTest(model=model, chunk=chunk):
                    request = plan(model, 20, lanes_of(model, self.LANES), [], chunk=chunk,
                                   origin=f"http://127.0.0.1:{origin.port}")
                    request["classes"] = [{"name": "good", "steps": good}, {"name": "bad", "steps": bad}]
                    done = replay(request, slots=[(0, 0, 0, int(i % 3 == 1), 0, 0) for i in range(20)])
                    self.assertIsNone(done.error)
                    for slot in done.slots:
                        if slot.class_index == 0:
                            self.assertEqual((slot.status, slot.check), (0, expected))
                        else:
                            self.assertEqual(slot.status, 503)
        finally:
            origin.stop()

    TAKEN, REPLIED = 3 << 20, 2 << 20

    def moved(self, model):
        """(read, written) by the coordinator, and by each of two processes of its, when both have replied."""
        steps = [{"take": f"{self.TAKEN}b"}, {"reply": f"{self.REPLIED}b"}, {"sleep": "10m"}]
        with ByHand(plan(model, 2, 2, steps)) as trial:
            pids = trial.wait_for(lambda processes: len(workers(processes)) == 2 and workers(processes), "two workers")
            trial.wait_for(lambda _: all(trial.asleep(pid) for pid in pids), "two sleeping workers")
            if model != "processes-shm":
                trial.wait_for(lambda _: trial.moved(trial.process.pid)[0] >= 2 * self.REPLIED, "two replies")
                # What a call has written is counted when it returns, which may be after all of it has been read.
                trial.wait_for(lambda _: all(trial.moved(pid)[1] >= self.REPLIED for pid in pids), "their being counted")
            if model == "processes-shm":
                self.check_shared([trial.process.pid, *pids])
            return trial.moved(trial.process.pid), [trial.moved(pid) for pid in pids]

    def check_shared(self, pids):
        """What is handed over lies in memory that all of them see, at the same place."""
        found = []
        for pid in pids:
            with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
                ranges = [line.split()[0] for line in file if " rw-s " in line and "/dev/zero" in line]
            found.append({place for place in ranges if size_of(place) > self.REPLIED})
        self.assertEqual(found[1:], found[:1] * (len(pids) - 1))
        self.assertGreaterEqual(sum(map(size_of, found[0])), self.TAKEN + 2 * self.REPLIED)

    def test_every_byte_is_moved(self):
        """By the kernel's count: read and written where the model says so, and not where it shares memory."""
        little = 1 << 20
        for model, taken, replied in (("processes", self.TAKEN, self.REPLIED), ("process-per-task", 0, self.REPLIED),
                                      ("processes-shm", 0, 0)):
            with self.subTest(model=model):
                coordinator, found = self.moved(model)
                for got, expected in [(coordinator, (2 * replied, 2 * taken))] + [(each, (taken, replied)) for each in found]:
                    for number, least in zip(got, expected):
                        self.assertGreaterEqual(number, least)
                        self.assertLess(number, least + little)


class Arrivals(unittest.TestCase):
    """An open loop: each task when it has arrived, never before, in the order in which they arrive."""

    LANES = 3

    def arrive(self, model, offsets_ns, steps, lanes=LANES, **more):
        lanes = lanes_of(model, lanes)
        done = replay(plan(model, len(offsets_ns), lanes, steps, rate_per_s=100, **more),
                      slots=[(offset, 0, 0, 0, 0, 0) for offset in offsets_ns])
        self.assertIsNone(done.error)
        self.assertEqual([slot.arrival_ns for slot in done.slots], offsets_ns)
        start_ns = done.result["run_start_ns"]
        for slot in done.slots:
            self.assertEqual(slot.status, 0)
            self.assertGreaterEqual(slot.begin_ns, start_ns + slot.arrival_ns)
            self.assertGreater(slot.end_ns, 0)
        self.assertLessEqual(in_flight(done), lanes)
        return done

    # Offsets, ms: far apart, all at once, in bursts, and at the start.
    PATTERNS = {
        "even": [5 * i for i in range(12)],
        "at once": [20] * 12,
        "bursts": [0, 0, 0, 0, 0, 30, 30, 30, 31, 31, 60, 75],
        "at the start": [0] * 9,
        "alone": [40],
    }

    def test_patterns(self):
        for model in REAL:
            for name, offsets in self.PATTERNS.items():
                with self.subTest(model=model, pattern=name):
                    self.arrive(model, [offset * MS for offset in offsets], [{"sleep": "2ms"}])

    def test_to_the_nanosecond(self):
        """Not early by the part of a ms that a timeout in ms would leave out."""
        offsets = [1_000_001 * i + 999_999 for i in range(20)]
        for model in REAL:
            with self.subTest(model=model):
                self.arrive(model, offsets, [])

    def test_faster_than_they_can_be_done(self):
        for model in REAL:
            with self.subTest(model=model):
                done = self.arrive(model, [100_000 * i for i in range(60)], [{"sleep": "2ms"}])
                self.assertGreaterEqual(done.result["run_ns"], 60 / lanes_of(model, self.LANES) * 2 * MS)

    def test_in_order(self):
        for model in REAL:
            with self.subTest(model=model):
                done = self.arrive(model, [i // 4 * MS for i in range(40)], [{"sleep": "200us"}], lanes=1)
                begins = [slot.begin_ns for slot in done.slots]
                self.assertEqual(begins, sorted(begins))

    def test_with_payloads(self):
        steps = [{"take": "100k"}, {"reply": "200k"}]
        for model in REAL:
            with self.subTest(model=model):
                done = self.arrive(model, [3 * i // 2 * MS for i in range(20)], steps)
                expected = payload_check(100 << 10) + payload_check(200 << 10)
                self.assertEqual({slot.check for slot in done.slots}, {expected})

    def test_in_chunks(self):
        """A chunk does not wait until it is full, and does not begin what has not arrived."""
        for chunk, steps in ((16, [{"sleep": "1ms"}]), (4, [{"take": "70k"}]), (500, [{"sleep": "1ms"}])):
            with self.subTest(chunk=chunk):
                done = self.arrive("processes", [0, 0, 0, 20 * MS, 200 * MS, 200 * MS], steps, chunk=chunk)
                self.assertLess(done.slots[2].end_ns, done.slots[4].begin_ns)

    def test_processes_that_end(self):
        """process-per-task waits for both: an arrival, and the end of what is alive."""
        for model in ("process-per-task", "thread-per-task", "processes"):
            with self.subTest(model=model):
                done = self.arrive(model, [0, 10 * MS, 20 * MS, 400 * MS], [{"sleep": "30ms"}], lanes=2)
                # The third waits for a lane, not for the fourth's arrival.
                self.assertLess(done.slots[2].begin_ns, done.slots[3].begin_ns)


class Chunks(unittest.TestCase):
    """Several tasks in a message."""

    # 127 results are the most that fit into PIPE_BUF.
    CHUNKS = (1, 2, 3, 16, 64, 127, 128, 1000, 1024)
    LANES = 3

    def test_sizes(self):
        for chunk in self.CHUNKS:
            for tasks in (1, 2, 47, 1025):
                with self.subTest(chunk=chunk, tasks=tasks):
                    done = replay(plan("processes", tasks, self.LANES, [{"compute": 9}, {"yield": 1}], chunk=chunk))
                    self.assertIsNone(done.error)
                    self.assertEqual({(slot.status, slot.check) for slot in done.slots}, {(0, 34)})
                    self.assertLessEqual(done.result["in_flight"], self.LANES)
                    for first in range(0, tasks, chunk):
                        together = done.slots[first:first + chunk]
                        self.assertEqual(len({slot.end_ns for slot in together}), 1, "not one message")
                        # One after the other, in one worker: each arrives when the one before it has ended.
                        for before, after in zip(together, together[1:]):
                            self.assertLessEqual(before.begin_ns, after.arrival_ns)
                            self.assertLessEqual(after.arrival_ns, after.begin_ns)

    def test_as_a_parameter(self):
        """Which counts more than the field."""
        for more in ({"parameters": {"chunk": 5}}, {"parameters": {"chunk": 5}, "chunk": 2}):
            done = replay(plan("processes", 20, self.LANES, [{"compute": 9}], **more))
            self.assertIsNone(done.error)
            for first in range(0, 20, 5):
                self.assertEqual(len({slot.end_ns for slot in done.slots[first:first + 5]}), 1, "not one message")

    def test_in_flight_is_what_is_worked_on(self):
        done = replay(plan("processes", 4 * self.LANES, self.LANES, [{"sleep": "50ms"}], chunk=4))
        self.assertIsNone(done.error)
        self.assertLessEqual(done.result["in_flight"], self.LANES)
        self.assertGreaterEqual(done.result["run_ns"], 4 * 50 * MS)
        self.assertTrue(all(slot.end_ns - slot.begin_ns >= 50 * MS for slot in done.slots))

    def test_classes_in_a_chunk(self):
        request = plan("processes", 100, self.LANES, [], chunk=16)
        request["classes"] = [{"name": str(n), "weight": 1, "steps": [{"compute": n}]} for n in (5, 6, 7)]
        done = replay(request, slots=[(0, 0, 0, i * i % 3, 0, 0) for i in range(100)])
        self.assertIsNone(done.error)
        self.assertEqual([slot.check for slot in done.slots], [fib(5 + i * i % 3) for i in range(100)])

    def test_in_a_run(self):
        report = document("-m", "processes,processes:chunk=7,processes:chunk=200", "-w", "noop,sleep:1ms", "-n", 50, "-c", 3,
                          "-r", 2)
        self.assertEqual([cell["model"] for _, cell in cells(report)],
                         ["processes", "processes:chunk=7", "processes:chunk=200"] * 2)
        for _, cell in cells(report):
            with self.subTest(model=cell["model"]):
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
                self.assertEqual(cell["trial"]["model"], "processes")
                self.assertEqual(cell["trial"].get("chunk", 1), int((cell["model"] + "=1").split("=")[1]))
                self.assertTrue(all(sample["in_flight"] <= 3 for sample in cell["samples"]))
                self.assertIsNotNone(cell["memory"])

    def test_in_a_memory_trial(self):
        for tasks, busy in ((6, 2), (300, 3)):
            done = replay(plan("processes", tasks, self.LANES, [{"sleep": "20ms"}], chunk=3 if tasks == 6 else 50, memory=True))
            self.assertIsNone(done.error)
            self.assertEqual([message["mark"] for message in done.messages[:-1]], ["before_lanes", "peak", "before_close"])
            self.assertEqual(done.result["in_flight"], busy)


class Refusals(unittest.TestCase):
    """A plan that cannot be carried out is refused with one line, and nothing is measured."""

    def refused(self, request, pattern, lacks=False):
        done = replay(request)
        self.assertIsNone(done.result)
        self.assertEqual(len(done.messages), 1)
        self.assertEqual(done.messages[0].pop("speaks"), 1)
        self.assertEqual(done.messages[0].pop("lacks", False), lacks)
        self.assertEqual(list(done.messages[0]), ["error"])
        self.assertRegex(done.error, pattern)
        self.assertNotIn("\n", done.error)
        self.assertEqual(done.diagnostics, "")
        self.assertNotEqual(done.status, 0)
        self.assertGreater(done.status, 0)

    def test_protocol(self):
        self.refused(dict(plan("threads", 1, 1, []), protocol=2), "protocol 2 is not spoken here, expected 1")
        request = plan("threads", 1, 1, [])
        del request["protocol"]
        self.refused(request, "protocol")

    def test_model(self):
        self.refused(plan("coroutines", 1, 1, []), "no model 'coroutines'", lacks=True)
        self.refused(plan(None, 1, 1, []), "no model ''", lacks=True)

    def test_broken(self):
        for text in ("", "\n", "not json\n", "[]\n", "3\n", '{"protocol":1\n', "\0\n", "{" * 5000 + "\n"):
            with self.subTest(text=text[:10]):
                self.refused(text, "the plan is not a line of JSON")

    def test_chunks(self):
        self.refused(plan("threads", 9, 1, [], chunk=2), "threads takes no chunk of 2 tasks")
        self.refused(plan("processes", 9, 1, [], chunk=1025), "chunk of 1025 tasks")
        self.refused(plan("processes", 9, 1, [], chunk=1e99), "chunk of")

    def test_parameters(self):
        self.refused(plan("threads", 9, 1, [], parameters={"chunk": 2}), "threads takes no chunk")
        self.refused(plan("processes", 9, 1, [], parameters={"chunk": 0}), "processes takes no chunk of 0 tasks")
        self.refused(plan("processes", 9, 1, [], parameters={"chunk": "2"}), "processes takes no chunk of")
        self.refused(plan("gil", 9, 1, [], parameters={"interval": 0}), "gil takes no interval of 0 ns")
        self.refused(plan("gil", 9, 1, [], parameters=[1]), "gil takes no list of parameters")

    def test_sizes(self):
        self.refused(plan("threads", 0, 1, []), "at least 1")
        self.refused(plan("threads", 1, 0, []), "at least 1")

    def test_programs(self):
        for steps, pattern in ((None, "steps: null is not a list of steps"), ([{"dance": 1}], "not a step"),
                               ([{"sleep": 10}], "steps.0..sleep: 10 is not a duration"), ([{"sleep": "10"}], "not a duration"),
                               ([{"compute": 48, "sleep": "1ms"}], "unknown key"), ([{"compute": -1}], "whole number"),
                               ([{"yield": 0.5}], "whole number"), ([{"fetch": "nowhere"}], "not a path"),
                               ([{"repeat": 1}], "no list of steps"), ([{"lock": True}], "locked to the end")):
            with self.subTest(steps=steps):
                self.refused(plan("threads", 1, 1, steps), pattern, lacks=True)
        deep = []
        for _ in range(64):
            deep = [{"repeat": 1, "steps": deep}]
        self.refused(plan("threads", 1, 1, deep), "nested too deep", lacks=True)
        self.refused(dict(plan("threads", 1, 1, []), classes=[]), "not a list of classes", lacks=True)


class Memory(unittest.TestCase):
    def test_marks(self):
        tasks = 200
        able = ["threads", "processes", *ONE_LOOP]
        report = document("-m", ",".join(able), "-w", "sleep:500ms", "-n", tasks, "-c", tasks, "-r", 1)
        held = {}
        for _, cell in cells(report):
            with self.subTest(model=cell["model"]):
                memory = cell["memory"]
                self.assertIsNone(cell["memory_reason"])
                self.assertEqual((memory["tasks"], memory["in_flight"]), (tasks, tasks))
                self.assertEqual(memory["bytes"], memory["resident_bytes"] + memory["page_table_bytes"] +
                                 memory["kernel_stack_bytes"])
                self.assertGreater(memory["idle_bytes"], 0)
                self.assertLessEqual(memory["bytes_per_lane"] * tasks, memory["bytes"])
                held[cell["model"]] = memory["bytes"]
        for model in ("threads", "processes"):
            # At the least the kernel's stack of each.
            self.assertGreaterEqual(held[model], 16384 * (tasks - 1))
        if SLOW:
            return
        for model in ("eventloop", "async"):
            if model in held:
                self.assertGreater(held["green"], held[model])  # a page of stack each
                self.assertGreater(held["threads"], held[model])
        self.assertGreater(held["processes"], held["threads"])

    def test_replayed_by_hand(self):
        """Nobody answers the marks: the trial goes on."""
        for model in BASIC:
            with self.subTest(model=model):
                lanes = 1 if model == "sequential" else 2
                done = replay(plan(model, 8, lanes, [{"sleep": "50ms"}], memory=True))
                self.assertIsNone(done.error)
                self.assertEqual([message["mark"] for message in done.messages[:-1]],
                                 ["before_lanes", "peak", "before_close"])
                self.assertEqual(done.result["in_flight"], lanes)


class Walk(unittest.TestCase):
    """`walk` is one function: the models with a stack do not each have their own."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("nm") or not shutil.which("objdump"):
            raise unittest.SkipTest("nm and objdump are not here (package binutils)")
        text = subprocess.run(["nm", CCBENCH], stdout=subprocess.PIPE, text=True, check=True).stdout
        cls.symbols = [line.split() for line in text.splitlines() if len(line.split()) == 3]
        if not cls.addresses("command_trial"):
            raise unittest.SkipTest("the program has no symbols: stripped, or built with LTO")

    @classmethod
    def addresses(cls, name):
        # A clone (walk.constprop.0) is another one; an alias is not.
        return sorted({int(address, 16) for address, kind, symbol in cls.symbols
                       if kind in "tT" and (symbol == name or symbol.startswith(name + "."))})

    def test_one_symbol(self):
        self.assertEqual(len(self.addresses("walk")), 1)

    def calls(self):
        """Address of each function → addresses of those it calls."""
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-j", ".text", CCBENCH], stdout=subprocess.PIPE,
                              text=True, check=True).stdout
        found, function = {}, None
        for line in text.splitlines():
            head = re.match(r"([0-9a-f]+) <([^>]+)>:$", line)
            call = re.search(r"\s(?:callq?|jmpq?|bl|b)\s+([0-9a-f]+) <([^>+]+)>", line)
            if head:
                function = int(head.group(1), 16)
                found.setdefault(function, set())
            elif call and function is not None:
                found[function].add(int(call.group(1), 16))
        return found

    def test_green_and_blocking_call_it(self):
        if "green" not in MODELS:
            self.skipTest("green is not built")
        walk = self.addresses("walk")[0]
        calls = self.calls()
        # green_scheduler.c: the body of a green thread; blocking.c: what each thread of the pool runs.
        for name in ("run_fiber", "lane_run_all"):
            with self.subTest(function=name):
                starts = self.addresses(name)
                self.assertTrue(starts, "no such function")
                reached = set(starts)
                for _ in range(2):  # directly, or by way of lane_run_task() where that is not inlined
                    reached |= {callee for function in reached for callee in calls.get(function, ())}
                self.assertIn(walk, reached)

    def test_objects(self):
        archive = os.path.join(os.path.dirname(CCBENCH), "libccbench.a")
        if not os.path.exists(archive):
            self.skipTest("the library is not beside the program")
        text = subprocess.run(["nm", "-A", archive], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False).stdout
        defined = set(re.findall(r"(\S+)[: ]\S+ [tT] walk(?:\.\S+)?$", text, re.MULTILINE))
        used = [line for line in text.splitlines() if re.search(r" U walk$", line)]
        if not defined:
            self.skipTest("the archive has no symbols (LTO)")
        self.assertEqual(len(defined), 1)
        for file in ("green_scheduler", "blocking"):
            self.assertTrue(any(file + ".c" in line for line in used), f"{file}.c does not use walk")


class CountingServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, varies):
        super().__init__(("127.0.0.1", 0), CountingHandler)
        self.varies = varies
        self.requests = 0
        self.paths = set()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that goes away

    def __exit__(self, *exception):
        self.shutdown()
        super().__exit__(*exception)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/some/page?x=1"


class CountingHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections

    def do_GET(self):  # pylint: disable=invalid-name
        with self.server.lock:
            self.server.requests += 1
            self.server.paths.add(self.path)
            number = self.server.requests
        # Of the same length: the sizes alone do not tell them apart.
        body = b"page %08d" % (number if self.server.varies else 0)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def log_message(self, *arguments):  # pylint: disable=arguments-differ
        pass


@unittest.skipUnless(FETCHES, "fetching is not built")
class Url(unittest.TestCase):
    def test_no_request_but_the_tasks(self):
        with CountingServer(varies=False) as server:
            report = document("-m", ",".join(BASIC), "--url", server.url, "-n", 20, "-c", 4, "-r", 3)
            self.assertEqual(server.requests, 20 * 3 * len(BASIC))
            self.assertEqual(server.paths, {"/some/page?x=1"})
        self.assertEqual(len(cells(report)), len(BASIC))
        for block, cell in cells(report):
            with self.subTest(model=cell["model"]):
                self.assertIsNone(block["ideal_ns"])
                self.assertFalse(block["warmup"])
                self.assertEqual((cell["status"], cell["reason"]), ("ok", None))
                self.assertIsNone(cell["memory"])
                self.assertIn("--url", cell["memory_reason"])
                self.assertEqual([sample["origin"] for sample in cell["samples"]], [None] * 3)

    def test_a_body_that_varies_is_wrong(self):
        with CountingServer(varies=True) as server:
            report = document("-m", ",".join(REAL), "--url", server.url, "-n", 6, "-c", 2, "-r", 1, status=(CELL,))
        for _, cell in cells(report):
            with self.subTest(model=cell["model"]):
                self.assertEqual(cell["status"], "wrong")
                self.assertRegex(cell["reason"], "another answer.*--url-varies")

    def test_unless_it_may(self):
        with CountingServer(varies=True) as server:
            report = document("-m", ",".join(REAL), "--url", server.url, "--url-varies", "-n", 6, "-c", 2, "-r", 1)
            self.assertEqual(server.requests, 6 * len(REAL))
        for _, cell in cells(report):
            self.assertEqual((cell["status"], cell["reason"]), ("ok", None))


if __name__ == "__main__":
    unittest.main()

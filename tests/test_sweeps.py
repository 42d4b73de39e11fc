#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sweeps as users type them: which combinations are measured, what the document says of them, and that the tables are
the same live and later. Trials are the fake's. UPDATE=1 writes the transcript anew: read the diff."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import CCBENCH, CELL, FAKE_TRIAL, OK, SANITIZER, USAGE, Tagged, document, models, run
from test_terminal import in_terminal

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
CPUS = sorted(os.sched_getaffinity(0))
FAKE = {"CCBENCH_TRIAL": FAKE_TRIAL}
BASIC = ["sequential", "threads", "gil", "processes", "eventloop", "async", "green"]
SMALL = ["-m", "gil,threads", "-w", "sleep:1ms"]
S = 1_000_000_000


class Sweeps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        return pathlib.Path(self.path(name)).read_text(encoding="utf-8")

    def good(self, *arguments, status=OK, **options):
        ran = run(*arguments, **{**FAKE, **options})
        self.assertEqual(ran.status, status, ran.stderr)
        self.assertFalse(ran.left_over)
        return ran

    def plan(self, *arguments):
        return json.loads(self.good("--dry-run", "--format=json", *arguments).stdout)

    def groups(self, report):
        """[(axis, [(label of the block, tasks, concurrency, cpus, label of the point)])], each group's blocks neighbours."""
        found = {}
        for block in report["workloads"]:
            point = block.get("sweep")
            self.assertIsNotNone(point, block["workload"])
            axis, blocks = found.setdefault(point["group"], (point["axis"], []))
            self.assertEqual(axis, point["axis"])
            blocks.append((block["workload"], block["tasks"], block["concurrency"], block.get("cpus"), point["label"]))
        self.assertEqual(list(found), list(range(1, len(found) + 1)))
        return list(found.values())


class Planned(Sweeps):
    def test_one_value_is_no_sweep(self):
        report = self.plan("-c", "4", "-n", "10", "-w", "fib:5,sleep:1ms,mixed:10ms,27", "--cpus", CPUS[0])
        self.assertEqual([block.get("sweep") for block in report["workloads"]], [None] * 3)
        self.assertNotIn("sweeps", report)
        self.assertNotIn("cpus", report["workloads"][0])
        self.assertEqual(report["placement"]["cpus"], str(CPUS[0]))
        self.assertEqual([block["workload"] for block in report["workloads"]], ["fib:5", "sleep:1ms", "mixed:10ms,27"])

    def test_each_axis(self):
        for arguments, axis, points in (
                (["-c", "16..4k:x4", "-n", 7, "-w", "noop"], "concurrency",
                 [("noop", 7, k, None, label) for k, label in ((16, "16"), (64, "64"), (256, "256"), (1024, "1024"), (4000, "4k"))]),
                (["-n", "100..300:+100", "-c", 3, "-w", "noop"], "tasks",
                 [("noop", n, 3, None, str(n)) for n in (100, 200, 300)]),
                (["-w", "fib:10..12", "-n", 9, "-c", 2], "argument",
                 [(f"fib:{n}", 9, 2, None, str(n)) for n in (10, 11, 12)]),
                (["-w", "sleep:1ms..4ms:x2,500us", "-n", 9, "-c", 2], "argument",
                 [(f"sleep:{t}", 9, 2, None, t) for t in ("500us", "1ms", "2ms", "4ms")]),
                (["-w", "http:1ms,10ms", "-n", 9, "-c", 2], "argument",
                 [(f"http:{t}", 9, 2, None, t) for t in ("1ms", "10ms")])):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.groups(self.plan("-m", "gil", *arguments)), [(axis, points)])

    def test_values_are_numbers(self):
        report = document("-m", "gil", "-w", "sleep:1ms,5us", "-r1", **FAKE)
        self.assertEqual([block["sweep"]["value"] for block in report["workloads"]], [5_000, 1_000_000])
        self.assertEqual(len(report["sweeps"]), 1)
        sweep = report["sweeps"][0]
        self.assertEqual((sweep["values"], sweep["labels"]), ([5_000, 1_000_000], ["5us", "1ms"]))
        self.assertEqual((sweep["group"], sweep["workload"], sweep["axis"]), (1, "sleep", "argument"))

    def test_all_combinations(self):
        report = self.plan("-m", "gil", "-w", "fib:10,20,noop", "-n", "50,60", "-c", "1,4,16")
        groups = self.groups(report)
        self.assertEqual([axis for axis, _ in groups], ["concurrency"] * 6)
        self.assertTrue(all([point[4] for point in points] == ["1", "4", "16"] for _, points in groups))
        self.assertEqual(sorted((points[0][0], points[0][1]) for _, points in groups),
                         [(w, n) for w in ("fib:10", "fib:20", "noop") for n in (50, 60)])
        self.assertTrue(all(len({point[:2] for point in points}) == 1 for _, points in groups))
        self.assertEqual(report["plan"]["workloads"], ["fib:10", "fib:20", "noop"])

    def test_which_axis_makes_the_columns(self):
        for arguments, axis, groups in ((["-n", "5,6", "-w", "fib:1,2"], "tasks", 2), (["-n", "5,6", "-c", "1,2"], "concurrency", 2),
                                        (["-w", "fib:1,2", "-c", "1,2"], "concurrency", 2)):
            with self.subTest(arguments=arguments):
                workload = [] if "-w" in arguments else ["-w", "fib:7"]
                found = self.groups(self.plan("-m", "gil", *workload, *arguments))
                self.assertEqual([one for one, _ in found], [axis] * groups)

    def test_what_is_no_list_of_values(self):
        for workload in ("mixed:10ms,27", "http:/bytes/4k", "http:10ms~50ms", "http:/delay/10ms/bytes/4k"):
            with self.subTest(workload=workload):
                blocks = self.plan("-m", "gil", "-w", workload)["workloads"]
                self.assertEqual([block["workload"] for block in blocks], [workload])
        blocks = self.plan("-m", "gil", "-w", "mixed:10ms,20,fib:3,4,noop")["workloads"]
        self.assertEqual([block["workload"] for block in blocks], ["mixed:10ms,20", "fib:3", "fib:4", "noop"])

    def test_typed_twice_is_once(self):
        blocks = self.plan("-m", "gil", "-w", "sleep:1ms,10ms,sleep,sleep:10ms,20ms,30ms", "--cpus", CPUS[0], "--cpus",
                           CPUS[0])["workloads"]
        self.assertEqual([(b["workload"], b["sweep"]["group"]) for b in blocks],
                         [("sleep:1ms", 1), ("sleep:10ms", 1), ("sleep:20ms", 2), ("sleep:30ms", 2)])
        blocks = self.plan("-m", "gil", "--url=http://127.0.0.1:1/", "-w", "http:1ms,10ms,http")["workloads"]
        self.assertEqual([(block["workload"], block.get("sweep")) for block in blocks], [("http", None)])

    def test_a_plan_has_room_for_every_point(self):
        self.assertEqual(self.plan("-w", "noop")["plan"]["time_limit_ns"], 27 * S)  # the least of a run
        self.assertEqual(self.plan("-w", "noop,spawn,sleep,switch")["plan"]["time_limit_ns"], 36 * S)
        self.assertEqual(self.plan("-w", "noop", "-c", "1..8")["plan"]["time_limit_ns"], 32 * S)
        self.assertEqual(self.plan("-w", "noop,fib:1..6")["plan"]["time_limit_ns"], 33 * S)
        self.assertEqual(self.plan("-c", "1..5", "--time-limit=3s")["plan"]["time_limit_ns"], 3 * S)
        self.assertIsNone(self.plan("-c", "1..5", "-r", 3)["plan"]["time_limit_ns"])

    def test_tasks_grow_with_the_lanes(self):
        blocks = self.plan("-w", "sleep:10ms", "-c", "1,8,64,1k")["workloads"]
        for block in blocks:
            self.assertLessEqual(block["tasks"], 4 * max(block["concurrency"], 16))
            self.assertGreaterEqual(block["tasks"], 2 * block["concurrency"])
        self.assertEqual([block["tasks"] for block in blocks][2:], [256, 4000])
        # Whatever models are run, and however long they may take.
        again = self.plan("-w", "sleep:10ms", "-c", "1,8,64,1k", "-m", "green", "--time-limit=1h")["workloads"]
        self.assertEqual([block["tasks"] for block in again], [block["tasks"] for block in blocks])
        self.assertEqual({block["tasks"] for block in self.plan("-w", "noop", "-c", "1..4", "-n", 5)["workloads"]}, {5})
        self.assertEqual(self.plan("-w", "noop", "-c", "500k,1m")["workloads"][1]["tasks"], 1_000_000)

    def test_longer_work_has_fewer_tasks(self):
        tasks = [block["tasks"] for block in self.plan("-w", "fib:10..40:+10", "-c", 2)["workloads"]]
        self.assertEqual(tasks, sorted(tasks, reverse=True))
        self.assertGreater(tasks[0], tasks[-1])
        self.assertGreaterEqual(tasks[-1], 2)

    def test_text(self):
        text = self.good("--dry-run", "-m", "gil", "-w", "noop,fib:3,4", "-c", "1,2").stdout
        self.assertEqual(re.findall(r"(?m)^sweep over .*$", text), ["sweep over concurrency: 1, 2"] * 3)
        self.assertEqual(re.findall(r"(?m)^(\S+): each .* (\d) in flight$", text),
                         [(w, k) for w in ("noop", "fib:3", "fib:4") for k in "12"])

    def test_refused(self):
        for arguments, says in ((["-w", "fib:1..", "-m", "gil"], "'fib:1..'"), (["-w", "fib:9..3"], "smaller value"),
                                (["-w", "fib:0..64"], "at most 64"), (["-w", "fib:58..62"], "'61'"), (["-w", "sleep:1ms..4ms"], "step"),
                                (["-w", "sleep:1,2"], "'sleep:1,2'"), (["-w", "fib:1..4:x0"], "from 2 up"),
                                (["-w", "noop:1,2"], "no argument"), (["-w", "nothing:1,2"], "unknown workload 'nothing'"),
                                (["-c", "1..20", "-n", "1..20"], "400"), (["-c", "1..64", "-w", "fib:1..5"], "320")):
            with self.subTest(arguments=arguments):
                ran = run("--dry-run", *arguments, **FAKE)
                self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
                self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
                self.assertIn(says, ran.stderr)


@unittest.skipIf(len(CPUS) < 2, "one CPU only")
class Placed(Sweeps):
    def test_each_block_runs_where_it_says(self):
        witness, both = self.path("witness"), f"{CPUS[0]},{CPUS[1]}"
        pathlib.Path(witness).write_text("#!/bin/sh\ngrep Cpus_allowed_list /proc/self/status >>"
                                         f"'{self.path('log')}'\nexec '{FAKE_TRIAL}' trial\n", encoding="utf-8")
        os.chmod(witness, 0o755)
        report = document("-m", "gil,threads", "-w", "fib:12", "-r1", f"--cpus={CPUS[0]}", f"--cpus={both}",
                          CCBENCH_TRIAL=witness)
        lists = [block["cpus"] for block in report["workloads"]]
        self.assertEqual(self.groups(report)[0][0], "cpus")
        self.assertIsNone(report["placement"]["cpus"])
        self.assertEqual([(block["cores"], block["concurrency"]) for block in report["workloads"]], [(1, 1), (2, 2)])
        self.assertEqual([[cell["trial"]["cores"] for cell in block["cells"]] for block in report["workloads"]], [[1, 1], [2, 2]])
        # The ideal of the one on two cores is half as long for each task.
        one, two = (block["ideal_ns"] / block["tasks"] for block in report["workloads"])
        self.assertAlmostEqual(one / two, 2, delta=0.01)
        seen = [line.split()[1] for line in self.read("log").splitlines()]
        self.assertEqual(sorted(set(seen)), sorted(lists))
        self.assertEqual(seen, sorted(seen, key=lists.index))  # first all of one, then all of the other

    def test_with_another_axis(self):
        groups = self.groups(self.plan("-m", "gil", "-w", "noop", "-c", "1,2", f"--cpus={CPUS[0]}", f"--cpus={CPUS[1]}"))
        self.assertEqual([(axis, {point[3] for point in points}) for axis, points in groups],
                         [("concurrency", {str(CPUS[0])}), ("concurrency", {str(CPUS[1])})])


class Shown(Sweeps):
    def run_sweep(self, *arguments, **options):
        state = self.path("state")
        shutil.rmtree(state, ignore_errors=True)
        os.mkdir(state)
        return self.good("-q", *arguments, CCBENCH_FAKE_STATE=state, **options)

    def test_every_way_to_show_it_is_the_same(self):
        for options in ([], ["--verbose"], ["--color=always"]):
            for locale in ("C", "C.UTF-8"):
                with self.subTest(options=options, locale=locale):
                    live = self.run_sweep("-w", "sleep:100ms,noop", "-m", "sequential,threads,gil", "-c", "5,50", "-n", 200, "-r3",
                                          "--time-limit=30s", "-o", self.path("x.json"), *options, status=CELL, LC_ALL=locale,
                                          CCBENCH_FAKE_MODE="leave", CCBENCH_FAKE_MODELS="gil")
                    again = self.good("report", *options, self.path("x.json"), "-o", self.path("y.json"), LC_ALL=locale)
                    self.assertEqual(again.stdout, live.stdout)
                    self.assertEqual(self.read("y.json"), self.read("x.json"))
        self.assertEqual(len(json.loads(self.read("x.json"))["workloads"]), 4)

    def test_what_failed_is_explained_once(self):
        text = self.run_sweep(*SMALL, "-c", "1,2,4", "-r2", status=CELL, CCBENCH_FAKE_MODE="leave", CCBENCH_FAKE_MODELS="gil").stdout
        self.assertEqual(len(re.findall(r"(?m)^- gil at every value: failed: ", text)), 1)
        self.assertNotRegex(text, r"(?m)^gil ")  # a row of dashes says nothing
        self.assertNotIn("overtake", text)       # nobody to compare with

    def test_blocks_only_with_verbose(self):
        plain = self.run_sweep(*SMALL, "-c", "1,2", "-r2").stdout
        verbose = self.run_sweep(*SMALL, "-c", "1,2", "-r2", "-v").stdout
        for text, blocks in ((plain, 0), (verbose, 2)):
            self.assertEqual(len(re.findall(r"(?m)^sleep:1ms .* rounds? in ", text)), blocks)
            self.assertEqual(len(re.findall(r"(?m)^tasks/s", text)), 1)

    def test_memory_and_its_slope(self):
        report = document("-m", "threads,sequential", "-w", "noop", "-c", "1,4,16", "-r1", CCBENCH_FAKE_MEMORY=400000, **FAKE)
        slopes = {model["model"]: model for model in report["sweeps"][0]["models"]}
        self.assertEqual(slopes["threads"]["memory_points"], 3)
        # The fake holds as much whatever the lanes; what differs is some pages of Python's.
        self.assertLess(abs(slopes["threads"]["memory_slope_bytes"]), 20000)
        self.assertIsNone(slopes["sequential"]["memory_slope_bytes"])

    def test_progress_names_the_point(self):
        _, _, progress = in_terminal(*SMALL, "-n", 8, "-c", "1,4", "-r1", columns=120, stdout=False)
        for part in ("sleep:1ms, 1 in flight  warm-up", "sleep:1ms, 4 in flight  round 1 of 1"):
            self.assertIn(part, progress)

    def test_transcript(self):
        """The whole tables of two sweeps, byte for byte, but for the machine's first line and notes about its state."""
        build = self.plan("-w", "noop")["ccbench"]
        if build["build_type"] != "release" or SANITIZER or not set(BASIC) <= set(models()):
            self.skipTest("the table of such a build says so")
        transcript = HERE / "transcripts" / "sweep.txt"
        text = self.run_sweep("-m", ",".join(BASIC), "-w", "sleep:10ms,fib:12,24", "-c", "1,4", "-n", 40, "-r", 7,
                              f"--cpus={CPUS[0]}").stdout
        text += self.run_sweep("-m", "sequential,processes", "-w", "fib:14..26:+2", "-n", 40, "-c", 2, "-r", 7).stdout
        text = re.sub(r"(?m)^(ccbench \d[^\n]*|note: (?!gil is )[^\n]*)\n", "", text)
        if os.environ.get("UPDATE"):
            transcript.write_text(text, encoding="utf-8")
        self.maxDiff = None
        self.assertEqual(text, transcript.read_text(encoding="utf-8"))


class Interrupted(Sweeps):
    def interrupt(self, *arguments):
        """Sends SIGINT in the middle of the second point."""
        state = self.path("state")
        os.mkdir(state)
        family = Tagged()
        process = subprocess.Popen([CCBENCH, *SMALL, "-n", "8", "-c", "1..8", "-r", "3", *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=family.environment(CCBENCH_FAKE_STATE=state, **FAKE))
        trials = f"{state}/gil-sleep"
        try:
            family.wait_for(lambda _: os.path.exists(trials) and os.path.getsize(trials) >= 7, "trial 7", process)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=120)
            self.assertEqual(family.left_over(), {})
        finally:
            family.kill()
            process.wait()
        self.assertEqual(process.returncode, 128 + signal.SIGINT, stderr)
        return stdout

    def test_as_far_as_it_came(self):
        table = self.interrupt("-q", "-o", self.path("x.json"), "-o", self.path("x.txt"))
        report = json.loads(self.read("x.json"))
        begun = [block["sweep"]["value"] for block in report["workloads"] if any(cell["samples"] for cell in block["cells"])]
        self.assertEqual(begun, list(range(1, len(begun) + 1)))
        self.assertLess(len(begun), 8)
        self.assertGreaterEqual(len(begun), 2)
        self.assertEqual(report["sweeps"][0]["values"], begun)
        heading = re.search(r"(?m)^in flight +(.*)$", table)[1]
        self.assertEqual(heading.split(), [str(value) for value in begun])
        self.assertEqual(self.read("x.txt"), table)
        self.assertEqual(self.good("report", self.path("x.json")).stdout, table)
        self.assertIn("Interrupted by SIGINT", table)


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not there")
class Schema(Sweeps):
    def test_documents_follow_it(self):
        schema = json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        for arguments in (["-c", "1,2"], ["-n", "4,8", "-w", "fib:3,4"], ["-w", "http:1ms,2ms,sleep:1ms,2ms"],
                          [f"--cpus={CPUS[0]}", f"--cpus={CPUS[-1]}"], ["--dry-run", "-c", "1,2"]):
            with self.subTest(arguments=arguments):
                report = document("-m", "gil,sequential", "-w", "noop", "-r1", *arguments, **FAKE)
                self.assertEqual([error.message for error in validator.iter_errors(report)], [])

    def test_a_real_one(self):
        schema = json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8"))
        report = document("-m", "sequential,threads,processes", "-w", "fib:5..15:+5", "-n", 20, "-c", "1,2", "-r", 2)
        self.assertEqual([e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(report)], [])
        self.assertEqual([len(sweep["values"]) for sweep in report["sweeps"]], [2, 2, 2])
        for block in report["workloads"]:
            for cell in block["cells"]:
                self.assertEqual(cell["status"], "ok", cell["reason"])
                self.assertEqual(cell["lanes"], 1 if cell["model"] == "sequential" else block["concurrency"])
                self.assertTrue(all(sample["tasks"] == 20 for sample in cell["samples"]))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs as users start them: what is asked for is done, recorded, saved, and shown again the same.

Most trials are the fake's, whose figures depend on the plan alone. Where a change of the table is meant, UPDATE=1
writes the transcript anew: read the diff.
"""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

from harness import CCBENCH, CELL, FAKE_TRIAL, OK, SANITIZER, USAGE, Tagged, cells, document, models, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
CPU = min(os.sched_getaffinity(0))
FAKE = {"CCBENCH_TRIAL": FAKE_TRIAL}
BASIC = ["sequential", "threads", "gil", "processes", "eventloop", "async", "green"]
QUICK = ["-w", "sleep:1ms", "-n", "8", "-c", "4"]


def fake(*arguments, **options):
    return run(*arguments, **{**FAKE, **options})


class Runs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def good(self, *arguments, status=OK, **options):
        ran = fake(*arguments, **options)
        self.assertEqual(ran.status, status, ran.stderr)
        self.assertFalse(ran.left_over)
        return ran


class AsTyped(Runs):
    def test_a_model_and_a_workload(self):
        """The real thing once: three ways to type it."""
        for typed in (["--model=threads", "--workload=fib:15"], ["run", "--model", "threads", "--workload", "fib:15"],
                      ["-m", "threads", "-wfib:15"]):
            with self.subTest(typed=typed):
                ran = run(*typed, "-r", 1)
                self.assertEqual(ran.status, OK, ran.stderr)
                self.assertRegex(ran.stdout, r"(?m)^fib:15 .*\bcomputes fib\(15\)")
                self.assertRegex(ran.stdout, r"(?m)^ *1 +threads ")
                self.assertFalse(ran.left_over)

    def test_json_by_a_pipe(self):
        command = f'"{CCBENCH}" --format=json -r 1 -n 8 -w sleep:1ms,fib:10 | "{sys.executable}" -m json.tool'
        result = subprocess.run(command, shell=True, check=False, capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual([cell["model"] for cell in report["workloads"][1]["cells"]], BASIC)

    def test_nothing_asked_for_is_basic(self):
        report = json.loads(self.good("--dry-run", "--format=json").stdout)
        self.assertEqual(report["plan"]["models"], BASIC)
        self.assertEqual([w.partition(":")[0] for w in report["plan"]["workloads"]], ["sleep", "http", "fib"])

    def test_lists(self):
        report = document("-n8", "-c4", "-r1", "-m", "gil,sequential,gil,basic", "-w", "noop,noop,fib:5", **FAKE)
        self.assertEqual(report["plan"]["models"], ["gil"] + [name for name in BASIC if name != "gil"])
        self.assertEqual(report["plan"]["workloads"], ["noop", "fib:5"])
        everything = document(*QUICK, "-r1", "-m", "all", **FAKE)["plan"]["models"]
        self.assertEqual(sorted(set(models()) - {"null"}), sorted(set(everything) & set(models())))
        self.assertNotIn("null", everything)

    def test_a_reader_that_goes_away(self):
        command = f'"{CCBENCH}" -q -r 1 -n 4 -w noop,fib:5,sleep:1ms | head -n 1'
        result = subprocess.run(command, shell=True, check=False, capture_output=True, text=True, timeout=300,
                                env=dict(os.environ, **FAKE))
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.count("\n"), 1)


class Recorded(Runs):
    """Asked for and observed are both in the document."""

    def samples(self, report):
        return [(block, cell, sample) for block in report["workloads"] for cell in block["cells"]
                for sample in cell["samples"]]

    def test_rounds(self):
        for rounds in (1, 2, 5):
            report = document(*QUICK, "-r", rounds, "-m", "gil,green,threads", **FAKE)
            self.assertEqual(report["plan"]["rounds"], rounds)
            block = report["workloads"][0]
            self.assertEqual((block["rounds"], block["stopped"]), (rounds, "rounds"))
            for cell in block["cells"]:
                if cell["status"] != "skipped":
                    self.assertEqual([sample["round"] for sample in cell["samples"]], list(range(1, rounds + 1)))
            for number in range(1, rounds + 1):
                places = sorted(s["position"] for _, _, s in self.samples(report) if s["round"] == number)
                self.assertEqual(places, list(range(1, len(places) + 1)))

    def test_histograms_of_all_tasks(self):
        """Of those of a warm-up none; of a cell that failed, even once, none either."""
        self.count_tasks(document(*QUICK, "-r", 3, **FAKE), 7)
        self.count_tasks(document("-m", "sequential,threads,processes", *QUICK, "-r", 2), 3)
        self.count_tasks(document("-m", "gil", "-w", "sleep:5ms", "-R", "100/s", "-n", 50, "-r2", **FAKE), 1)
        report = document(*QUICK, "-m", "gil,threads", "-r", 2, status=(CELL,), CCBENCH_FAKE_MODE="wrong",
                          CCBENCH_FAKE_MODELS="gil", **FAKE)
        self.assertEqual(["histograms" in cell for _, cell in cells(report)], [False, True])

    def count_tasks(self, report, count):
        self.assertEqual(len(cells(report)), count)
        for block, cell in cells(report):
            if cell["status"] == "skipped" and "not built" in cell["reason"]:
                continue
            for name in ("latency_ns", "queued_ns"):
                histogram, samples = cell["histograms"][name], cell["samples"]
                self.assertEqual(histogram["total"], block["tasks"] * len(samples))
                self.assertEqual(sum(n for n in histogram["counts"] if n > 0), histogram["total"])
                self.assertEqual(histogram["max"], max(sample[name]["max"] for sample in samples))
                self.assertLessEqual(histogram["min"], min(sample[name]["p50"] for sample in samples))

    def test_tasks_and_concurrency(self):
        report = document("-w", "sleep:20ms,noop", "-n", 23, "-c", 5, "-r", 1, "-m", "sequential,threads")
        self.assertEqual({(block["tasks"], block["concurrency"]) for block in report["workloads"]}, {(23, 5)})
        for block, cell, sample in self.samples(report):
            self.assertEqual(sample["tasks"], 23)
            lanes = 1 if cell["model"] == "sequential" else 5
            self.assertEqual(cell["lanes"], lanes)
            if block["workload"] == "sleep:20ms":
                self.assertEqual(sample["in_flight"], lanes, cell["model"])
            else:
                self.assertLessEqual(sample["in_flight"], lanes)

    def test_defaults_are_the_workloads(self):
        report = json.loads(self.good("--dry-run", "--format=json", "-w", "noop,sleep").stdout)
        self.assertGreater(report["workloads"][0]["tasks"], report["workloads"][1]["tasks"])

    def test_placement(self):
        witness = self.path("witness")
        with open(witness, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\ngrep Cpus_allowed_list /proc/self/status >>'{self.path('log')}'\n"
                       f"exec '{FAKE_TRIAL}' trial\n")
        os.chmod(witness, 0o755)
        report = document(*QUICK, "-r1", "-m", "gil", f"--cpus={CPU}", f"--origin-cpus={CPU}", CCBENCH_TRIAL=witness)
        self.assertEqual(report["placement"], {"cpus": str(CPU), "origin_cpus": str(CPU), "origin_workers": 1})
        self.assertEqual(report["workloads"][0]["cores"], 1)
        self.assertEqual({line.split()[1] for line in self.read("log").splitlines()}, {str(CPU)})

    def test_every_option_of_the_plan(self):
        report = document(*QUICK, "-r1", "-m", "gil,threads", "--seed=77", "--precision=2%", "--time-limit=90s",
                          "--timeout=70s", "--task-timeout=3s", "--gil-interval=1ms", "--reference=gil", **FAKE)
        self.assertEqual(report["seed"], 77)
        expected = {"precision": 0.02, "time_limit_ns": 90e9, "timeout_ns": 70e9, "task_timeout_ns": 3e9,
                    "gil_interval_ns": 1e6, "reference": "gil", "url": None}
        self.assertEqual({name: report["plan"][name] for name in expected}, expected)
        trial = report["workloads"][0]["cells"][0]["trial"]
        self.assertEqual((trial["seed"], trial["gil_interval_ns"], trial["task_timeout_ns"]), (77, 1000000, 3000000000))
        self.assertEqual(report["command"][1:3], ["--format=json", "--quiet"])

    def test_what_stands_in_for_a_runtime_says_so(self):
        """Also under another name than its own."""
        report = document(*QUICK, "-r1", "-m", "threads,gil,gil:interval=1ms", **FAKE)
        block = report["workloads"][0]
        self.assertEqual([cell.get("emulates", "")[:10] for cell in block["cells"]], ["", "is a GIL i", "is a GIL i"])
        said = [warning for warning in block["warnings"] if "a GIL in C" in warning]
        self.assertEqual(len(said), 1)
        self.assertRegex(said[0], r"\Agil is a GIL in C: [^;]+; gil:interval=1ms is a GIL in C: [^;]+\Z")

    def order(self, seed):
        report = document(*QUICK, "-r", 4, "--seed", seed, "-m", "sequential,threads,gil,processes,null", **FAKE)
        return [(sample["round"], sample["position"], cell["model"]) for _, cell, sample in self.samples(report)]

    def test_the_seed_repeats_the_order(self):
        first = self.order(5)
        self.assertEqual(first, self.order(5))
        self.assertNotEqual(first, self.order(6))
        rounds = [sorted((position, model) for number, position, model in first if number == k) for k in range(1, 5)]
        self.assertTrue(any(one != rounds[0] for one in rounds), "every round has the same order")

    def test_what_would_take_too_long_is_skipped(self):
        ran = self.good("-m", "sequential,threads", "-w", "sleep:1s", "-n", 300, "-c", 300, "--time-limit=20s", "-o",
                        self.path("x.json"))
        cells = {cell["model"]: cell for cell in json.loads(self.read("x.json"))["workloads"][0]["cells"]}
        self.assertEqual((cells["sequential"]["status"], cells["sequential"]["samples"]), ("skipped", []))
        self.assertIn("would take 300 s", cells["sequential"]["reason"])
        self.assertEqual(cells["threads"]["status"], "ok")
        self.assertRegex(ran.stdout, r"(?m)^ *- +sequential +skipped: would take 300 s")

    def test_what_is_known_of_a_model_is_in_the_estimate(self):
        plan = json.loads(self.good("-m", "threads,thread-per-task,process-per-task,processes", "-w", "noop", "-n", "1m",
                                    "--time-limit=60s", "--dry-run", "--format=json").stdout)
        cells = {cell["model"]: cell["reason"] for cell in plan["workloads"][0]["cells"]}
        self.assertIn("only planned", cells["threads"])
        self.assertIn("only planned", cells["processes"])
        self.assertRegex(cells["thread-per-task"], r"would take \d\d\.?\d* s a trial")
        self.assertRegex(cells["process-per-task"], r"would take \d\d\d s a trial")

    def test_what_is_read_and_handed_over_is_in_the_estimate(self):
        for workload in ("file:256m", "payload:256m"):
            plan = self.good("-m", "processes", "-w", workload, "-n", 640, "--time-limit=2s", "--dry-run").stdout
            self.assertRegex(plan, r"processes +skipped: would take [\d.]+ s a trial")

    def test_a_trial_that_outgrows_its_share_is_ended(self):
        report = document(*QUICK, "-m", "gil,threads", "--time-limit=3s", CCBENCH_FAKE_MODE="hang",
                          CCBENCH_FAKE_MODELS="gil", **FAKE)
        cells = {cell["model"]: cell for cell in report["workloads"][0]["cells"]}
        self.assertEqual(cells["gil"]["status"], "skipped")
        self.assertRegex(cells["gil"]["reason"], r"^took longer than its share \(")
        self.assertEqual(cells["threads"]["status"], "ok")

    def test_a_cell_that_stops_early_is_told(self):
        os.mkdir(self.path("state"))
        words = "gil stopped after 3 rounds: the next trial took longer than its share ("
        ran = self.good(*QUICK, "-m", "gil,threads", "--time-limit=4s", "--repeat=1", "-o", self.path("x.json"),
                        CCBENCH_FAKE_MODE="tire", CCBENCH_FAKE_MODELS="gil", CCBENCH_FAKE_STATE=self.path("state"), **FAKE)
        self.assertIn("note: " + words, " ".join(ran.stdout.split()))
        block = json.loads(self.read("x.json"))["workloads"][0]
        cells = {cell["model"]: cell for cell in block["cells"]}
        self.assertEqual((len(cells["gil"]["samples"]), cells["gil"]["ended_after"]), (3, 3))
        self.assertIn("took longer than its share", cells["gil"]["memory_reason"])
        self.assertNotIn("ended_after", cells["threads"])
        self.assertEqual(sum(words in warning for warning in block["warnings"]), 1)
        self.assertIn(words, self.good("report", "--format=markdown", self.path("x.json")).stdout)

    def test_the_last_trial_is_ended_by_the_time_limit(self):
        os.mkdir(self.path("state"))
        block = document(*QUICK, "-m", "gil", "--precision=0.01%", "--time-limit=3s", CCBENCH_FAKE_MODE="tire",
                         CCBENCH_FAKE_STATE=self.path("state"), **FAKE)["workloads"][0]
        self.assertEqual(block["stopped"], "time limit")

    def test_tasks_that_all_fail_are_not_measured_again(self):
        report = document("-w", "http:/status/404", "-n", 8, "-c", 2, "-m", "threads,sequential", status=(OK, CELL))
        block = report["workloads"][0]
        if "not built" in (block["cells"][0]["reason"] or ""):
            self.skipTest(block["cells"][0]["reason"])
        self.assertEqual((block["stopped"], block["rounds"]), ("failures", 1))
        self.assertEqual([len(cell["samples"]) for cell in block["cells"]], [1, 1])
        self.assertRegex(run("-w", "http:/status/404", "-n", 8, "-c", 2, "-m", "threads").stdout.replace("\n    ", " "),
                         r"1 round in [\d.]+ m?s, stopped: every task failed")

    def test_the_memory_of_a_failed_cell_is_not_measured(self):
        """It may take until --timeout, and would not be shown."""
        report = document(*QUICK, "-m", "gil,threads", "-r1", CCBENCH_FAKE_MODE="failed", CCBENCH_FAKE_MODELS="gil",
                          CCBENCH_FAKE_MEMORY=1 << 20, status=(CELL,), **FAKE)
        cells = {cell["model"]: cell for cell in report["workloads"][0]["cells"]}
        self.assertEqual((cells["gil"]["memory"], cells["gil"]["memory_reason"]), (None, "n/a: not every trial ended well"))
        self.assertIsNotNone(cells["threads"]["memory"])

    def test_what_is_asked_to_be_in_flight_is(self):
        plan = json.loads(self.good("-m", "threads", "-w", "sleep", "-c", 1000, "--dry-run", "--format=json").stdout)
        self.assertGreaterEqual(plan["workloads"][0]["tasks"], 2000)
        plan = json.loads(self.good("-m", "threads", "-w", "sleep", "-c", 8, "--dry-run", "--format=json").stdout)
        self.assertEqual(plan["workloads"][0]["tasks"], 64)

    def test_what_takes_long_says_so_beforehand(self):
        ran = self.good("-m", "threads", "-w", "sleep:1ms", "-n", 4, "-c", 2, "-r", 2, **FAKE)
        self.assertNotIn("for less", ran.stderr)
        ran = self.good("-m", "threads", "-w", "sleep:7s", "-n", 2, "-c", 2, "-r", 5, **FAKE)
        self.assertRegex(ran.stderr, r"ccbench: about \d+ s; --time-limit=30s for less\n")

    def test_the_ideal_of_a_mix_is_a_bound(self):
        classes = [{"name": "a", "weight": 32, "steps": [{"sleep": "10ms"}]}, {"name": "b", "weight": 1, "steps": []}]
        with open(self.path("mix.json"), "w", encoding="utf-8") as file:
            json.dump({"name": "mix", "tasks": 33, "concurrency": 32, "classes": classes}, file)
        report = document("-m", "threads", "-w", self.path("mix.json"), "-r1")
        self.assertEqual(report["workloads"][0]["ideal_ns"], 10_000_000)
        self.assertEqual(report["workloads"][0]["ideal_formula"], "the longest task's 10 ms")

    def test_no_ideal_where_tasks_end_early(self):
        for steps, timeout in (([{"fetch": "/delay/2s"}], ["--task-timeout=20ms"]),
                               ([{"fetch": "/delay/5ms/status/500"}, {"sleep": "1s"}], [])):
            with open(self.path("early.json"), "w", encoding="utf-8") as file:
                json.dump({"name": "early", "tasks": 4, "classes": [{"name": "a", "weight": 1, "steps": steps, "expect": "failure"}]}, file)
            block = document("-m", "threads", "-w", self.path("early.json"), "-r1", *timeout)["workloads"][0]
            self.assertEqual((block["ideal_ns"], block["ideal_reason"]), (None, "tasks that fail end early"))
        block = document("-m", "threads", "-w", "faulty", "-n", 20, "-c", 4, "-r1")["workloads"][0]
        self.assertEqual(block["ideal_ns"], 25_000_000)

    def test_without_a_number_rounds_end_with_precision_or_time(self):
        os.mkdir(self.path("state"))
        block = document(*QUICK, "-m", "gil", "--precision=50%", CCBENCH_FAKE_STATE=self.path("state"),
                         **FAKE)["workloads"][0]
        self.assertEqual(block["stopped"], "precision")
        self.assertGreaterEqual(block["rounds"], 6)
        shutil.rmtree(self.path("state"))
        os.mkdir(self.path("state"))
        block = document(*QUICK, "-m", "gil", "--precision=0.01%", "--time-limit=3s", "--repeat=1",
                         CCBENCH_FAKE_STATE=self.path("state"), **FAKE)["workloads"][0]
        self.assertEqual(block["stopped"], "time limit")

    def test_time_in_trials(self):
        """All of a run's time but its own work: what every trial took, its start and end as well."""
        report = document(*QUICK, "-r2", "-m", "gil,threads", **FAKE)
        sleeps = document("-m", "threads", "-w", "sleep:40ms", "-n", 4, "-c", 4, "-r3")
        self.assertLess(report["trials_ns"], report["duration_ns"])
        # A warm-up, three rounds, one memory trial of as many tasks.
        self.assertGreater(sleeps["trials_ns"], 5 * 40e6)
        self.assertLess(sleeps["trials_ns"], sleeps["duration_ns"])

    def test_several_trials_in_a_round(self):
        """The one whose time is the median stands for the round; what disturbs another of them changes nothing."""
        os.mkdir(self.path("state"))
        # Of the trials behind the warm-up, the first of each round takes ten times as long.
        report = document(*QUICK, "-r2", "--repeat=3", "-m", "gil,threads", CCBENCH_FAKE_STATE=self.path("state"),
                          CCBENCH_FAKE_SPEED="gil=10@1-1+4-4", **FAKE)
        block = report["workloads"][0]
        self.assertEqual(report["plan"]["repeat"], 3)
        for cell in block["cells"]:
            self.assertEqual((len(cell["samples"]), cell["trials_per_round"], cell["summary"]["n"]), (2, 3, 2))
            self.assertEqual(cell["histograms"]["latency_ns"]["total"], 2 * 3 * block["tasks"])
            for sample in cell["samples"]:
                trials = sample["trials"]
                self.assertEqual(sample["wall_ns"], sorted(trial["wall_ns"] for trial in trials)[1])
                self.assertEqual([trial for trial in trials if trial["position"] == sample["position"]],
                                 [{name: sample[name] for name in ("position", "start_ns", "status", "reason", "wall_ns", "cpu_ns")}])
                self.assertEqual(sorted(trial["start_ns"] for trial in trials), [trial["start_ns"] for trial in trials])
        for number in (1, 2):
            self.assertEqual(sorted(trial["position"] for _, _, sample in Recorded.samples(self, report)
                                    if sample["round"] == number for trial in sample["trials"]), [1, 2, 3, 4, 5, 6])
        slow = block["cells"][0]
        self.assertGreater(max(trial["wall_ns"] for sample in slow["samples"] for trial in sample["trials"]),
                           5 * slow["summary"]["wall_ns"]["max"])

    def test_a_round_of_several_trials_is_shown_and_read_again(self):
        """What a reader of an older document does not find is not missed."""
        ran = self.good(*QUICK, "-r6", "--repeat=5", "-m", "gil,threads", f"--output={self.path('run.json')}")
        self.assertRegex(" ".join(ran.stdout.split()), "; 6 rounds of up to 5 trials in ")
        self.assertIn("6 rounds of up to 5 trials", " ".join(run("report", self.path("run.json")).stdout.split()))
        again = run("compare", self.path("run.json"), self.path("run.json"))
        self.assertEqual(again.status, OK, again.stderr)
        report = json.loads(self.read("run.json"))
        for cell in report["workloads"][0]["cells"]:
            del cell["trials_per_round"]
            for sample in cell["samples"]:
                del sample["trials"]
        with open(self.path("older.json"), "w", encoding="utf-8") as file:
            json.dump(report, file)
        self.assertNotIn("trials in", run("report", self.path("older.json")).stdout)
        self.assertEqual(run("compare", self.path("older.json"), self.path("run.json")).status, OK)
        for bad in ({"start_ns": "x"}, 5, {"start_ns": 1, "wall_ns": "x"}):
            report["workloads"][0]["cells"][0]["samples"][0]["trials"] = [bad, bad]
            with open(self.path("bad.json"), "w", encoding="utf-8") as file:
                json.dump(report, file)
            refused = run("report", self.path("bad.json"))
            self.assertEqual(refused.status, USAGE)
            self.assertIn("samples[0].trials[0]", refused.stderr)

    def test_one_trial_a_round_unless_rounds_are_left_open(self):
        block = document(*QUICK, "-r2", "-m", "gil", **FAKE)["workloads"][0]
        self.assertNotIn("trials_per_round", block["cells"][0])
        self.assertNotIn("trials", block["cells"][0]["samples"][0])

    def test_a_trial_of_a_round_that_fails_is_not_averaged_away(self):
        ran = self.good(*QUICK, "-r1", "--repeat=3", "-m", "gil", "--format=json", status=CELL,
                        CCBENCH_FAKE_MODE="wrong", CCBENCH_FAKE_MODELS="gil")
        cell = json.loads(ran.stdout)["workloads"][0]["cells"][0]
        self.assertEqual((cell["status"], cell["samples"][0]["status"]), ("wrong", "wrong"))

    def test_a_failed_cell_is_the_status(self):
        self.good(*QUICK, "-r1", "-m", "gil,threads", status=CELL, CCBENCH_FAKE_MODE="crash", CCBENCH_FAKE_MODELS="gil")
        self.good(*QUICK, "-r1", "-m", "gil,threads", status=CELL, CCBENCH_FAKE_MODE="wrong", CCBENCH_FAKE_MODELS="gil")


class AtARate(Runs):
    """Open loops: tasks arrive when they do."""

    RATE = ["-w", "sleep:5ms", "-R", "100/s", "-d", "1s", "-r2"]

    def block(self, *arguments, **options):
        return document(*arguments, **options)["workloads"][0]

    def test_recorded(self):
        block = self.block(*self.RATE, "-m", "gil,threads", **FAKE)
        self.assertEqual((block["rate"]["per_s"], block["rate"]["constant"]), (100, False))
        self.assertLess(block["rate"]["span_ns"], 10 ** 9)
        self.assertGreater(block["rate"]["span_ns"], 10 ** 9 / 2)
        self.assertIsNone(block["ideal_ns"])
        self.assertFalse(block["warmup"])
        for cell in block["cells"]:
            self.assertEqual(cell["trial"]["rate_per_s"], 100)
            for sample in cell["samples"]:
                self.assertTrue(sample["kept_up"])
                self.assertIsNone(sample["behind_since_ns"])
                self.assertAlmostEqual(sample["reached_per_s"], block["tasks"] * 1e9 / block["rate"]["span_ns"],
                                       delta=2)
        self.assertIsNone(self.block(*QUICK, "-r1", "-m", "gil", **FAKE)["rate"])

    def test_constant(self):
        block = self.block("-w", "sleep:5ms", "-R", "100/s:constant", "-n", 50, "-r1", "-m", "gil", **FAKE)
        self.assertEqual(block["rate"], {"per_s": 100, "constant": True, "span_ns": 500_000_000})
        self.assertEqual(block["tasks"], 50)
        self.assertRegex(block["findings"][0], r"^Seen in 1 round: gil kept up, with a slowest task of [\d.]+ ms\.$")

    def test_ranked_by_latency(self):
        """The fake's gil is the quicker one in each task; both take as long as the tasks arrive."""
        ran = self.good(*self.RATE, "-m", "threads,gil", "-q", CCBENCH_FAKE_SPEED="threads=3")
        self.assertRegex(ran.stdout, r"(?m)^ 1 +gil .* yes ")
        self.assertRegex(ran.stdout, r"(?m)^ 2 +threads .* yes ")
        self.assertRegex(ran.stdout, "(Every model keeps|every model kept) up")
        self.assertIn("tasks arrive at 100/s (poisson) for ", ran.stdout)
        self.assertNotIn("ideal", ran.stdout)

    def test_who_does_not_keep_up(self):
        block = self.block("-w", "sleep:5ms", "-R", "1000/s", "-d", "1s", "-r2", "-m", "threads,sequential", **FAKE)
        threads, sequential = block["cells"]
        self.assertTrue(all(sample["kept_up"] for sample in threads["samples"]))
        for sample in sequential["samples"]:
            self.assertFalse(sample["kept_up"])
            self.assertAlmostEqual(sample["reached_per_s"], 200, delta=2)
            self.assertLess(sample["behind_since_ns"], 50_000_000)
            self.assertGreater(sample["latest_ns"], 3 * 10 ** 9)
        self.assertEqual((threads["summary"]["rank"], sequential["summary"]["rank"]), (1, 2))
        self.assertRegex(block["findings"][1], r"^Seen in 2 rounds: sequential did not keep up: behind from the start, "
                         r"[\d.]+ s late at the end\.$")

    def test_real_ones(self):
        """Only what holds on the slowest machine: one lane carries no more than 200 of them a second."""
        block = self.block("-w", "sleep:5ms", "-R", "1000/s", "-d", "500ms", "-r1", "-m", "threads,sequential")
        for cell in block["cells"]:
            sample = cell["samples"][0]
            self.assertEqual((cell["status"], sample["tasks"]), ("ok", block["tasks"]))
            self.assertGreaterEqual(sample["run_ns"], block["rate"]["span_ns"])
            self.assertGreaterEqual(sample["latency_ns"]["p50"], sample["service_ns"]["p50"])
        self.assertFalse(sample["kept_up"])
        self.assertLessEqual(sample["reached_per_s"], 200)
        self.assertIn("sequential did not keep up", " ".join(block["findings"]))

    def test_swept(self):
        ran = self.good("-w", "sleep:5ms", "-R", "300/s", "-d", "500ms", "-r6", "-m", "threads,gil", "-c", "1,8", "-q",
                        CCBENCH_FAKE_SPEED="threads=1.3", CCBENCH_FAKE_STATE=self.folder)
        self.assertIn("tasks arriving at 300/s (poisson), each sleeps 5 ms; at most 1 to 8 in flight", ran.stdout)
        self.assertRegex(ran.stdout, r"(?m)^threads +15\d/s +[6-8]\.\d+ ms *$")
        self.assertRegex(ran.stdout, r"(?m)^gil +19\d/s\* +5\.\d+ ms\* *$")
        self.assertIn("No model is shown to overtake another.", ran.stdout)
        self.assertNotIn("tasks/s", ran.stdout)

    def test_cheats(self):
        for mode, reason in (("early", "began before it arrived"), ("overwrite", "began before it arrived")):
            with self.subTest(mode=mode):
                block = self.block(*self.RATE, "-m", "gil,threads", status=(CELL,), CCBENCH_FAKE_MODE=mode,
                                   CCBENCH_FAKE_MODELS="gil", **FAKE)
                self.assertEqual(block["cells"][0]["status"], "wrong")
                self.assertIn(reason, block["cells"][0]["reason"])
                self.assertEqual(block["cells"][1]["status"], "ok")

    def test_the_null_model_does_not_wait(self):
        block = self.block(*self.RATE, "-m", "null,threads")
        self.assertEqual([cell["status"] for cell in block["cells"]], ["ok", "ok"])

    def test_rounds_end_when_the_latency_is_precise(self):
        """The fake's latencies differ by 3 % from round to round, its times by next to nothing."""
        rounds = []
        for precision in ("50%", "0.5%"):
            os.mkdir(self.path(precision))
            block = self.block("-w", "sleep:1ms", "-R", "200/s", "-d", "300ms", "-m", "gil", f"--precision={precision}",
                               "--time-limit=90s", CCBENCH_FAKE_STATE=self.path(precision), **FAKE)
            self.assertEqual(block["stopped"], "precision")
            walls = block["cells"][0]["summary"]["wall_ns"]
            self.assertLess(walls["max"], 1.005 * walls["min"])
            rounds.append(block["rounds"])
        self.assertEqual(rounds[0], 7)
        self.assertGreater(rounds[1], 7)

    def test_dry_run(self):
        self.assertIn("arriving at 100/s", self.good(*self.RATE, "-m", "gil", "--dry-run").stdout)

    def test_shown_again(self):
        live = self.good(*self.RATE, "-m", "threads,sequential", "-q", "-o", self.path("x.json"))
        self.assertEqual(self.good("report", self.path("x.json")).stdout, live.stdout)
        self.assertEqual(self.good("report", "--format=json", self.path("x.json")).stdout, self.read("x.json"))

    def test_the_example_in_python(self):
        example = HERE.parent / "docs" / "examples" / "trial.py"
        block = self.block("-w", "sleep:5ms", "-R", "50/s", "-d", "500ms", "-r1", "-m", "threads", CCBENCH_TRIAL=example)
        self.assertEqual(block["cells"][0]["status"], "ok", block["cells"][0]["reason"])


class WhatHappensToTasks(Runs):
    """Updates that are lost, failures that are wanted, classes by themselves."""

    def run_of(self, *arguments, mode="good", status=OK):
        return document(*arguments, "-r2", "-m", "gil,threads", status=(status,), CCBENCH_FAKE_MODE=mode,
                        CCBENCH_FAKE_MODELS="gil", **FAKE)["workloads"][0]

    def test_lost_updates(self):
        block = self.run_of("-w", "race:100", "-n", 40, mode="lossy")
        gil, threads = block["cells"]
        self.assertEqual([cell["status"] for cell in block["cells"]], ["ok", "ok"])
        self.assertEqual({(s["updates"]["expected"], s["updates"]["lost"]) for s in gil["samples"]}, {(4000, 1000)})
        self.assertEqual(gil["summary"]["lost_share"]["median"], 0.25)
        self.assertEqual({s["updates"]["lost"] for s in threads["samples"]}, {0})
        self.assertEqual(block["findings"][0], "gil lost updates; threads did not.")

    def test_more_than_all_updates(self):
        block = self.run_of("-w", "race:100", "-n", 40, mode="generous", status=CELL)
        self.assertEqual([cell["status"] for cell in block["cells"]], ["wrong", "ok"])
        self.assertIn("came to 4001, more than the 4000 updates made", block["cells"][0]["reason"])

    def test_expected_failures(self):
        # Without the loss of connections, so that no server is needed to lose them.
        with open(self.path("some.json"), "w", encoding="utf-8") as file:
            json.dump({"name": "some", "tasks": 40, "concurrency": 4, "classes": [
                {"name": "good", "weight": 3, "steps": [{"sleep": "1ms"}]},
                {"name": "bad", "weight": 1, "expect": "failure", "steps": [{"sleep": "1ms"}]}]}, file)
        block = self.run_of("-w", self.path("some.json"))
        for cell in block["cells"]:
            self.assertEqual(cell["status"], "ok", cell["reason"])
            for sample in cell["samples"]:
                self.assertEqual((sample["failed"], sample["failed_as_expected"]), (0, 10))
                self.assertEqual(sample["failures"], {"HTTP 503": 10})
                self.assertEqual([(one["name"], one["tasks"], one["failed"], one["failed_as_expected"])
                                  for one in sample["classes"]], [("good", 30, 0, 0), ("bad", 10, 0, 10)])
            self.assertEqual([one["name"] for one in cell["summary"]["classes"]], ["good", "bad"])
        self.assertIn("The tasks that were to fail did, and no others, under every model.", block["findings"])
        block = self.run_of("-w", self.path("some.json"), mode="lenient", status=CELL)
        self.assertEqual([cell["status"] for cell in block["cells"]], ["wrong", "ok"])
        self.assertRegex(block["cells"][0]["reason"], r"^task \d+ of 40 should have failed and did not$")

    def test_a_hog(self):
        """The fake gives every task its lane: what counts is that both classes arrive by their own clocks."""
        block = self.run_of("-w", "hog", "-d", "2s")
        for cell in block["cells"]:
            self.assertEqual(cell["status"], "ok", cell["reason"])
            short, hog = cell["samples"][0]["classes"]
            self.assertEqual((short["name"], hog["name"], hog["tasks"]), ("short", "hog", 2))
            self.assertEqual(short["tasks"] + hog["tasks"], block["tasks"])
        self.assertIsNone(block["ideal_ns"])


class Saved(Runs):
    def test_every_way_to_show_it_is_the_same(self):
        """Live, saved, and reported again; in both kinds of locale, with all columns and with colour."""
        for options in ([], ["--verbose"], ["--color=always"]):
            for locale in ("C", "C.UTF-8"):
                with self.subTest(options=options, locale=locale):
                    # Not only ok: a cell that failed and one that is skipped too.
                    live = self.good("-w", "sleep:100ms,noop", "-m", "basic,null", "-n", 200, "-c", 50, "-r3", "-q",
                                     "--time-limit=30s", "-o", self.path("x.json"), "-o", self.path("x.txt"), *options,
                                     status=CELL, LC_ALL=locale, CCBENCH_FAKE_MODE="leave", CCBENCH_FAKE_MODELS="gil")
                    self.assertIn("skipped: would take", live.stdout)
                    again = self.good("report", *options, self.path("x.json"), "-o", self.path("y.txt"), "-o",
                                      self.path("y.json"), LC_ALL=locale)
                    self.assertEqual(again.stdout, live.stdout)
                    self.assertEqual(self.read("y.txt"), self.read("x.txt"))
                    self.assertEqual(self.read("y.json"), self.read("x.json"))
                    self.assertEqual(self.good("report", "--format=json", self.path("x.json")).stdout,
                                     self.read("x.json"))
                    if "--color=always" not in options:
                        self.assertEqual(self.read("x.txt"), live.stdout)
                    self.assertNotIn("\x1b", self.read("x.txt"))

    def test_json_to_standard_output_and_to_a_file(self):
        live = self.good(*QUICK, "-m", "gil", "-r1", "--format=json", "-o", self.path("x.json")).stdout
        self.assertEqual(live, self.read("x.json"))
        self.assertTrue(live.endswith("}\n"))

    def test_permissions_are_the_usual_ones(self):
        for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
            with self.subTest(mask=oct(mask)):
                self.good(*QUICK, "-m", "gil", "-r1", "-o", self.path("x.json"),
                          preexec=lambda mask=mask: os.umask(mask))
                self.assertEqual(stat.S_IMODE(os.stat(self.path("x.json")).st_mode), mode)
                os.unlink(self.path("x.json"))

    def test_a_file_is_replaced_as_a_whole(self):
        with open(self.path("x.txt"), "w", encoding="utf-8") as file:
            file.write("what was there\n" * 10000)
        with open(self.path("x.txt"), encoding="utf-8") as old:
            live = self.good(*QUICK, "-m", "gil", "-r1", "-o", self.path("x.txt"))
            self.assertEqual(self.read("x.txt"), live.stdout)
            self.assertEqual(old.read(), "what was there\n" * 10000)  # not written over, but replaced
        self.assertEqual(os.listdir(self.folder), ["x.txt"])

    def test_a_full_disk_leaves_what_was_there(self):
        def no_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        with open(self.path("x.json"), "w", encoding="utf-8") as file:
            file.write("what was there\n")
        ran = fake("-q", *QUICK, "-m", "gil", "-r1", "-o", self.path("x.json"), preexec=no_room)
        self.assertEqual(ran.status, USAGE, ran.stderr)
        self.assertRegex(ran.stderr, r"\Accbench: cannot write '[^\n]*x\.json': File too large\n\Z")
        self.assertEqual(self.read("x.json"), "what was there\n")
        self.assertEqual(os.listdir(self.folder), ["x.json"])

    def test_quiet_says_nothing(self):
        self.assertEqual(self.good(*QUICK, "-m", "gil,threads", "-r3", "-q").stderr, "")

    def test_transcript(self):
        """A whole table, byte for byte, but for what is the machine's: the first line, and notes about its state."""
        build = json.loads(self.good("--dry-run", "--format=json").stdout)["ccbench"]
        if build["build_type"] != "release" or SANITIZER or not set(BASIC) <= set(models()):
            self.skipTest("the table of such a build says so")
        os.mkdir(self.path("state"))
        transcript = HERE / "transcripts" / "live.txt"
        text = self.good("-q", "-m", ",".join(BASIC), "-w", "sleep:10ms,fib:20,noop", "-n", 400, "-c", 4, "-r", 7,
                         f"--cpus={CPU}", f"--origin-cpus={CPU}", CCBENCH_FAKE_STATE=self.path("state")).stdout
        first, _, rest = text.partition("\n")
        self.assertRegex(first, r"^ccbench \d+\.\d+\.\d+ \([^()]*\) on .*, Linux .*; "
                                rf"trials on CPUs? {CPU}, HTTP origin on {CPU}; seed 1; \d{{4}}-\d\d-\d\dT[\d:]{{8}}Z$")
        rest = re.sub(r"(?m)^note: (?!gil is )[^\n]*\n", "", rest)
        rest = re.sub(r"(rounds in )[\d.]+ m?s$", r"\1...", rest, flags=re.MULTILINE)
        if os.environ.get("UPDATE"):
            transcript.parent.mkdir(exist_ok=True)
            transcript.write_text(rest, encoding="utf-8")
        self.maxDiff = None
        self.assertEqual(rest, transcript.read_text(encoding="utf-8"))


class Interrupted(Runs):
    def interrupt(self, number, *arguments):
        """Sends the signal to ccbench once the third round has begun; its output, when it has ended."""
        state = self.path("state")
        shutil.rmtree(state, ignore_errors=True)
        os.mkdir(state)
        family = Tagged()
        process = subprocess.Popen([CCBENCH, "-m", "gil,threads", *QUICK, "-w", "sleep:1ms,noop", "-r", "10000",
                                    *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=family.environment(CCBENCH_FAKE_STATE=state, **FAKE))
        trials = f"{state}/gil-sleep"
        try:
            family.wait_for(lambda _: os.path.exists(trials) and os.path.getsize(trials) >= 4, "trial 4", process)
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=120)
            self.assertEqual(family.left_over(), {})
        finally:
            family.kill()
            process.wait()
        self.assertEqual(process.returncode, 128 + number, stderr)
        return stdout

    def test_what_was_measured_is_reported(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")):
            with self.subTest(signal=name):
                table = self.interrupt(number, "-o", self.path("x.json"), "-o", self.path("x.txt"))
                self.assertIn("interrupted", table)
                self.assertRegex(table, r"(?m)^ *\d=? +gil ")
                report = json.loads(self.read("x.json"))
                self.assertEqual(report["interrupted"], name)
                self.assertEqual(report["workloads"][0]["stopped"], "interrupted")
                cells = {cell["model"]: cell for cell in report["workloads"][0]["cells"]}
                self.assertGreaterEqual(len(cells["gil"]["samples"]), 2)
                self.assertEqual(self.read("x.txt"), table)
                self.assertEqual(self.good("report", self.path("x.json")).stdout, table)

    def test_json_is_whole(self):
        report = json.loads(self.interrupt(signal.SIGINT, "--format=json"))
        self.assertEqual(report["interrupted"], "SIGINT")


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not there")
class Schema(Runs):
    @classmethod
    def setUpClass(cls):
        with open(HERE.parent / "docs" / "report.schema.json", encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def validate(self, report):
        errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
                  for error in self.validator.iter_errors(report)]
        self.assertEqual(errors, [])

    def test_real_runs(self):
        workloads = "sleep:1ms,http:1ms,fib:12,noop"
        self.validate(document("-m", "all,null", "-w", workloads, "-n", 20, "-c", 4, "-r", 2))

    def test_rates(self):
        self.validate(document("-m", "sequential,threads,null", "-w", "sleep:1ms,mixed:1ms,10", "-R", "300/s", "-d",
                               "300ms", "-r", 2))

    def test_plans(self):
        """With whatever is only in them where it was asked for."""
        for more in ((), ("-r", 2, "--repeat=3", "--require=p99<=1s"), ("-w", "http", "--url=http://localhost:1/", "-H", "A: b", "-k"),
                     ("-w", "http", "--server=srv {port}", "--server-ready=/x", "--unix-socket=/x{port}"), ("--cpus=0", "--cpus=0")):
            with self.subTest(more):
                self.validate(json.loads(self.good("--dry-run", "--format=json", *more).stdout))

    def test_troubles(self):
        for mode in ("crash", "wrong", "error", "rubbish", "few"):
            with self.subTest(mode=mode):
                self.validate(document(*QUICK, "-r2", "-m", "gil,threads", status=(CELL,), CCBENCH_FAKE_MODE=mode,
                                       CCBENCH_FAKE_MODELS="gil", **FAKE))

    def test_interrupted_and_skipped(self):
        self.validate(json.loads(Interrupted.interrupt(self, signal.SIGINT, "--format=json")))
        self.validate(document("-m", "sequential,threads", "-w", "sleep:1s", "-n", 300, "-c", 300, "--time-limit=20s",
                               **FAKE))

    def test_what_is_not_a_report_is_refused(self):
        report = document(*QUICK, "-r1", "-m", "gil", **FAKE)
        del report["workloads"][0]["cells"][0]["status"]
        self.assertFalse(self.validator.is_valid(report))


class Build(Runs):
    def test_the_document_names_the_build(self):
        report = json.loads(self.good("--dry-run", "--format=json").stdout)
        self.assertEqual(report["ccbench"]["sanitizer"] or "", SANITIZER)
        self.assertIn(report["ccbench"]["version"], self.good("--version").stdout)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hardware counters: what a trial says it has counted is in the sample, the summary and the table; and this machine's
own trials count what it lets them count, in no phase that is timed."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import CCBENCH, FAKE_TRIAL, SANITIZER, document, plan, replay, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
FAKE = {"CCBENCH_TRIAL": FAKE_TRIAL}
COUNTERS = ["cycles", "instructions", "cache_misses", "migrations", "context_switches", "page_faults"]
NAP = [{"sleep": "1ms"}]
DELAY_S = 3


def samples(report):
    return [sample for block in report["workloads"] for cell in block["cells"] for sample in cell["samples"]]


class Reported(unittest.TestCase):
    """With the fake's figures."""

    def report(self, *arguments, **changes):
        return document("-m", "sequential,threads", "-w", "fib:20", "-n", 8, "-c", 2, "-r", 2, *arguments,
                        **{**FAKE, **changes})

    def test_sample_and_summary(self):
        report = self.report("--hardware")
        for cell in report["workloads"][0]["cells"]:
            self.assertTrue(cell["trial"]["hardware"])
            hardware, summary = cell["samples"][0]["hardware"], cell["summary"]
            self.assertEqual(set(hardware), set(COUNTERS) | {"user_only"})
            self.assertIsNone(cell["samples"][0]["hardware_reason"])
            self.assertEqual(summary["cycles_per_task"]["median"], hardware["cycles"] / 8)
            self.assertEqual(summary["instructions_per_task"]["median"], hardware["instructions"] / 8)
            self.assertEqual(summary["instructions_per_cycle"]["median"], 2)
            self.assertEqual(summary["cache_misses_per_task"]["median"], 0.5)
            self.assertEqual(summary["page_faults_per_task"]["median"], hardware["page_faults"] / 8)
            self.assertEqual(summary["migrations"]["median"], hardware["migrations"])

    def test_not_asked_for(self):
        report = self.report()
        self.assertTrue(all("hardware" not in sample for sample in samples(report)))
        for cell in report["workloads"][0]["cells"]:
            self.assertNotIn("hardware", cell["trial"])
            self.assertIsNone(cell["summary"]["cycles_per_task"])

    def table(self, *arguments, **changes):
        ran = run("-q", "-m", "sequential", "-w", "fib:20", "-n", 8, "-r", 1, *arguments, COLUMNS=0,
                  **{**FAKE, **changes})
        self.assertEqual(ran.status, 0, ran.stderr)
        return ran.stdout

    def test_columns(self):
        text = self.table("--hardware", "-v")
        for heading in ("cycles", "instr.", "misses", "faults", "migra-"):
            self.assertIn(heading, text)
        self.assertIn("hardware counted", text)
        for other in (self.table("-v"), self.table("--hardware", "-v", CCBENCH_FAKE_MODE="uncounted")):
            self.assertNotIn("cycles", other.split("hardware n/a")[0])
        self.assertNotIn("cycles", self.table("--hardware"))

    def test_a_program_that_does_not_count(self):
        report = self.report("--hardware", CCBENCH_FAKE_MODE="uncounted")
        for sample in samples(report):
            self.assertEqual((sample["status"], sample["hardware"]), ("ok", None))
            self.assertEqual(sample["hardware_reason"], "n/a: the trial's program does not count")

    def test_a_program_that_miscounts(self):
        report = self.report("--hardware", CCBENCH_FAKE_MODE="miscount")
        expected = dict.fromkeys(COUNTERS, None) | {"migrations": 2, "user_only": False}
        for sample in samples(report):
            self.assertEqual((sample["status"], sample["hardware"]), ("ok", expected))
            self.assertIsNone(sample["hardware_reason"])
        self.check_schema(report)

    @unittest.skipIf(jsonschema is None, "jsonschema not found by Python")
    def check_schema(self, report):
        schema = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        self.assertEqual([error.message for error in validator.iter_errors(report)], [])

    def test_schema(self):
        for mode in ("good", "uncounted"):
            self.check_schema(self.report("--hardware", CCBENCH_FAKE_MODE=mode))
        self.check_schema(document("-m", "sequential,processes", "-w", "sleep:1ms", "-n", 4, "-r", 1, "--hardware"))


class Counted(unittest.TestCase):
    """By this machine."""

    def count(self, model, tasks, lanes, steps):
        result = replay(plan(model, tasks, lanes, steps, hardware=True)).result
        self.assertIn("hardware", result)
        return result["hardware"] or dict.fromkeys(COUNTERS), result.get("hardware_reason", "")

    def test_what_is_missing_is_said(self):
        hardware, reason = self.count("sequential", 4, 1, NAP)
        for name in COUNTERS:
            self.assertEqual(hardware[name] is None, name.replace("_", " ") in reason, f"{name}: {reason}")

    def test_not_asked_for(self):
        self.assertNotIn("hardware", replay(plan("sequential", 4, 1, NAP)).result)

    def test_threads_and_processes_are_counted(self):
        """Whoever sleeps gives up its core; workers are who sleeps."""
        for model in ("sequential", "threads", "thread-per-task", "processes", "process-per-task"):
            with self.subTest(model=model):
                hardware, reason = self.count(model, 40, 4, NAP)
                if hardware["context_switches"] is None:
                    self.skipTest(reason)
                self.assertGreaterEqual(hardware["context_switches"], 40)
                self.assertLess(hardware["context_switches"], 40000)

    def test_work_is_counted(self):
        """Twice the work, twice the instructions: nothing else is in them."""
        few, reason = self.count("sequential", 4, 1, [{"compute": 25}])
        if few["instructions"] is None:
            self.skipTest(reason)
        many, _ = self.count("sequential", 8, 1, [{"compute": 25}])
        self.assertAlmostEqual(many["instructions"] / few["instructions"], 2, delta=0.1)

    def test_page_faults(self):
        hardware, reason = self.count("processes", 4, 4, [])
        if hardware["page_faults"] is None:
            self.skipTest(reason)
        self.assertGreater(hardware["page_faults"], 4)  # each worker has pages of its own

    @unittest.skipIf(SANITIZER, "sanitizers do not like to be traced")
    def test_outside_of_the_phases(self):
        """However long opening, starting and stopping the counters takes, no phase is longer."""
        try:
            subprocess.run(["strace", "-o", "/dev/null", "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("strace not found, or not allowed")
        with tempfile.NamedTemporaryFile() as log:
            command = ["strace", "-o", log.name, "-e", "trace=perf_event_open,ioctl"]
            # With three counters to be had, the 1st ioctl is a start and the 4th a stop.
            for call, when in (("perf_event_open", "1"), ("ioctl", "1+3")):
                command += ["-e", f"inject={call}:delay_enter={DELAY_S}s:when={when}"]
            text = json.dumps(plan("sequential", 4, 1, NAP, hardware=True)) + "\n"
            ran = subprocess.run([*command, CCBENCH, "trial"], input=text, capture_output=True, text=True, check=True,
                                 env=dict(os.environ, LC_ALL="C"))
            traced = log.read().decode()
        self.assertIn("(DELAYED)", traced)
        result = json.loads(ran.stdout)["result"]
        for phase in ("setup_ns", "run_ns", "teardown_ns"):
            self.assertLess(result[phase], DELAY_S * 1e9, traced)


if __name__ == "__main__":
    unittest.main()

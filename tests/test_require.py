#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--require: what models must keep to, judged by intervals; the verdicts are held to the samples' own statistics."""
import json
import pathlib
import sys
import tempfile
import unittest

import jsonschema

from harness import FAKE_TRIAL, OK, USAGE, run

HERE = pathlib.Path(__file__).resolve().parent
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8")))
BROKEN, UNSHOWN = 1, 3
QUICK = ("-q", "-m", "threads,gil", "-w", "sleep:10ms", "-n", 400, "-c", 4)
PATHS = {"p50": "latency_p50_ns", "p90": "latency_p90_ns", "p99": "latency_p99_ns", "slowest": "latency_max_ns", "time": "wall_ns",
         "cpu": "cpu_per_task_ns", "throughput": "throughput_per_s"}


class Require(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_with(self, *arguments, status=None):
        state = tempfile.mkdtemp(dir=self.folder)
        ran = run(*arguments, CCBENCH_TRIAL=FAKE_TRIAL, CCBENCH_FAKE_STATE=state)
        if status is not None:
            self.assertEqual(ran.status, status, ran.stdout + ran.stderr)
        return ran

    def report(self, *arguments, status):
        report = json.loads(self.run_with(*arguments, "--format=json", status=status).stdout)
        self.assertEqual(list(VALIDATOR.iter_errors(report)), [])
        self.assertEqual(report["status"], status)
        return report

    def verdicts(self, *arguments, status):
        cells = self.report(*arguments, status=status)["workloads"][0]["cells"]
        return [[item["verdict"] for item in cell["requirements"]] for cell in cells]

    def test_held_broken_and_not_shown(self):
        """The fake's runs take a second, give or take three hundredths."""
        for bound, word, status in (("1.2s", "held", OK), ("500ms", "broken", BROKEN), ("1001ms", "not shown", UNSHOWN)):
            with self.subTest(bound=bound):
                found = self.verdicts(*QUICK, "-r", 7, f"--require=time<={bound}", status=status)
                self.assertEqual(found, [[word], [word]])
        self.assertEqual(self.verdicts(*QUICK, "-r", 7, "--require=throughput>=300/s,throughput>=1k/s", "--require=p99<=1s",
                                       status=BROKEN), [["held", "broken", "held"]] * 2)

    def test_verdicts_follow_from_the_intervals(self):
        report = self.report(*QUICK, "-r", 8, *[f"--require={name}{sign}{bound}" for name, bound in (
            ("p50", "10ms"), ("p90", "10050us"), ("p99", "11ms"), ("slowest", "10200us"), ("time", "1s"), ("cpu", "3us"),
            ("throughput", "400/s")) for sign in ("<=", ">=")], status=BROKEN)
        bounds = {"p50": 10e6, "p90": 10.05e6, "p99": 11e6, "slowest": 10.2e6, "time": 1e9, "cpu": 3e3, "throughput": 400}
        seen = set()
        for cell in report["workloads"][0]["cells"]:
            for item in cell["requirements"]:
                name, sign, _ = item["require"].partition(">=" if ">=" in item["require"] else "<=")
                statistic = cell["summary"][PATHS[name]]
                self.assertEqual([item[key] for key in ("median", "low", "high")], [statistic[key] for key in ("median", "low", "high")])
                low, high, bound = statistic["low"], statistic["high"], bounds[name]
                if sign == ">=":
                    low, high, bound = -high, -low, -bound
                self.assertEqual(item["verdict"], "held" if high <= bound else "broken" if low > bound else "not shown", item)
                seen.add(item["verdict"])
        self.assertTrue({"held", "broken"} <= seen)

    def test_as_people_type_it(self):
        report = self.report(*QUICK, "-r", 7, "--require= time <= 1.2s,p99 <=1s , p99.9<=1h", status=UNSHOWN)
        self.assertEqual(report["plan"]["require"], ["time<=1.2s", "p99<=1s", "p99.9<=1h"])
        for cell in report["workloads"][0]["cells"]:
            self.assertEqual([(item["require"], item["verdict"]) for item in cell["requirements"]],
                             [("time<=1.2s", "held"), ("p99<=1s", "held"), ("p99.9<=1h", "not shown")])
            self.assertEqual(cell["requirements"][2]["reason"], "too few tasks for that percentile")

    def test_too_few_rounds(self):
        cell = self.report(*QUICK, "-r", 5, "--require=time<=1h", status=UNSHOWN)["workloads"][0]["cells"][0]
        self.assertEqual(cell["requirements"][0]["reason"], "fewer than 6 rounds")

    def test_too_few_tasks(self):
        cell = self.report("-q", "-m", "gil", "-w", "sleep:1ms", "-n", 100, "-r", 6, "--require=p99<=1h",
                           status=UNSHOWN)["workloads"][0]["cells"][0]
        self.assertEqual(cell["requirements"][0]["reason"], "too few tasks for that percentile")

    def test_memory_needs_memory_trials(self):
        cell = self.report(*QUICK, "-r", 6, "--memory-rounds=1", "--require=memory<=1g", status=UNSHOWN)["workloads"][0]["cells"][0]
        self.assertIn("--memory-rounds=6", cell["requirements"][0]["reason"])
        # As many as it takes, where nobody said how many.
        for require in ("memory<=1g", "time<=1h,memory<=1g"):
            ran = run("-q", "-m", "threads", "-w", "noop", "-n", 100, "-r", 6, f"--require={require}")
            self.assertEqual(ran.status, OK, ran.stdout)
            self.assertIn("Required memory<=1g: held by threads (", ran.stdout)

    @unittest.skipIf("fetching is not built" in run("-m", "sequential", "-w", "http", "--dry-run").stdout, "nothing fetches")
    def test_of_a_class(self):
        found = self.verdicts("-q", "-m", "gil", "-w", "mixed:1ms,10", "-n", 1200, "-c", 4, "-r", 6,
                              "--require=waits.p99<=1h,computes.p50>=1h", status=BROKEN)
        self.assertEqual(found, [["held", "broken"]])
        ran = self.run_with(*QUICK, "--require=page.p99<=1s", status=USAGE)
        self.assertEqual(ran.stderr.count("\n"), 1)
        self.assertIn("no workload has a class 'page'", ran.stderr)

    def test_every_format_says_it(self):
        names = [self.folder / f"x.{suffix}" for suffix in ("txt", "md", "html", "svg", "json")]
        self.run_with(*QUICK, "-r", 6, "--require=time<=500ms", *[f"-o{name}" for name in names], status=BROKEN)
        for name in names:
            text = name.read_text(encoding="utf-8").replace("&lt;", "<").replace("\\<", "<").replace("\n", " ")
            self.assertRegex(text, r"Required time<?\\?<=500ms: broken by", name)
        again = run("report", names[-1])
        self.assertEqual(again.status, OK)
        self.assertIn("Required time<=500ms: broken by", again.stdout)
        several = " ".join(run("report", names[-1], f"again={names[-1]}").stdout.split())
        self.assertIn("on both: sleep:10ms, 4 in flight: Required time<=500ms: broken by threads and gil (", several)
        many = json.loads(names[-1].read_text(encoding="utf-8"))
        many["workloads"][0]["concurrency"] = 1000000
        names[-1].write_text(json.dumps(many), encoding="utf-8")
        self.assertIn("sleep:10ms, 1000000 in flight: Required", " ".join(run("report", names[-1], f"a={names[-1]}").stdout.split()))

    def test_what_is_no_requirement(self):
        for wrong, says in (("p99", "p99<=40ms"), ("p99<40ms", "p99<=40ms"), ("p99<=40", "a time"), ("speed<=3ms", "p50, p90"),
                            ("a.time<=3s", "of a class"), (".p99<=1ms", "the name of a class"), ("throughput>=x", "a rate"),
                            ("throughput>=5/s:constant", "a rate"), ("memory<=5q", "a size"), ("", "p99<=40ms"), ("p99<=1ms,", "p99<=40ms"),
                            ("x" * 50 + ".p99<=1ms", "the name of a class"), ("p99<=" + "1" * 60 + "ms", "p99<=40ms")):
            with self.subTest(wrong=wrong):
                ran = self.run_with(*QUICK, f"--require={wrong}", status=USAGE)
                self.assertEqual(ran.stderr.count("\n"), 1)
                self.assertIn("--require: invalid value", ran.stderr)
                self.assertIn(says, ran.stderr)

    def test_a_stored_report_with_other_things_in_it(self):
        self.run_with(*QUICK, "-r", 6, "--require=time<=1h", "-o", self.folder / "x.json", status=OK)
        report = json.loads((self.folder / "x.json").read_text(encoding="utf-8"))
        for wrong in ([3], ["nonsense"], [None, "time<=1h"], "time<=1h", {}):
            report["plan"]["require"] = wrong
            for block in report["workloads"]:
                block.pop("findings", None)
            (self.folder / "y.json").write_text(json.dumps(report), encoding="utf-8")
            self.assertIn(run("report", self.folder / "y.json").status, (OK, USAGE))


if __name__ == "__main__":
    sys.exit(unittest.main())

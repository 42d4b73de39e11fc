#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--rate=max: the highest rate that each model carries. Trials are the fake's, in whose own time four lanes carry 400 tasks of 10 ms a
second, with times that differ from trial to trial; so what has to be found is known, whatever the machine."""

import csv
import io
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from harness import CCBENCH, CELL, FAKE_TRIAL, OK, USAGE, FakeRuns, Tagged, run
from test_terminal import in_terminal

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
BROKEN, UNSHOWN = 1, 3
MAX = ("-q", "-w", "sleep:10ms", "-c", 4, "-R", "max")
P99 = "--require=p99<=50ms"
S = 1_000_000_000


class Capacity(FakeRuns):
    def cells(self, *arguments, **options):
        return {cell["model"]: cell for cell in self.report(*arguments, **options)["workloads"][0]["cells"]}

    def interval(self, *arguments, **options):
        cell = self.cells(*arguments, **options)["threads"]["capacity"]
        return cell["low_per_s"], cell["high_per_s"]


class Found(Capacity):
    def test_what_the_lanes_carry(self):
        """At even distances every rate up to 400/s waits for nothing; times are up to 3 % longer in some trials."""
        for arguments in (("-R", "max:constant", P99, "-d", "3s"), ("-R", "max:constant", "-d", "3s")):
            with self.subTest(arguments=arguments):
                low, high = self.interval("-q", "-w", "sleep:10ms", "-c", 4, "-m", "threads", *arguments)
                self.assertLessEqual(high / low, 1.1)
                self.assertLessEqual(low, 415)
                self.assertGreaterEqual(high, 388)

    def test_what_a_sweep_of_twenty_rates_shows(self):
        rates = ",".join(str(rate) for rate in range(215, 415, 10))
        sweep = self.report("-q", "-w", "sleep:10ms", "-c", 4, "-m", "threads", "-R", rates, "-r", 6)
        held = [block["rate"]["per_s"] for block in sweep["workloads"] if block["cells"][0]["summary"]["latency_p99_ns"]["high"] <= 5e7]
        intervals = [self.interval(*MAX, "-m", "threads", P99) for _ in range(3)]
        for low, high in intervals:
            self.assertLessEqual(low, max(held) * 1.1)
            self.assertGreaterEqual(high, max(held) / 1.1)
        self.assertLessEqual(max(low for low, _ in intervals) / min(low for low, _ in intervals), 1.1)

    def test_each_model_has_its_own(self):
        cells = self.cells(*MAX, "-m", "sequential,threads,gil", P99)
        self.assertLess(cells["sequential"]["capacity"]["high_per_s"], 100)
        for model in ("threads", "gil"):
            self.assertGreater(cells[model]["capacity"]["low_per_s"], 250)
        self.assertEqual([cells[model]["summary"]["rank"] for model in ("sequential", "threads", "gil")], [3, 1, 1])

    def test_every_probe_is_told(self):
        cell = self.cells(*MAX, "-m", "threads", P99)["threads"]
        capacity = cell["capacity"]
        probes = capacity["probes"]
        self.assertEqual(capacity["stopped"], "found")
        self.assertAlmostEqual(probes[0]["per_s"], capacity["closed_per_s"])
        for probe in probes:
            self.assertIn(probe["trials"], range(1, 11))
            if not capacity["low_per_s"] < probe["per_s"] < capacity["high_per_s"]:
                self.assertEqual(probe["verdict"], "held" if probe["per_s"] <= capacity["low_per_s"] else "broken")
                self.assertEqual(probe["medians_ns"][0] <= 5e7, probe["verdict"] == "held")
        for end in (capacity["low_per_s"], capacity["high_per_s"]):
            self.assertGreaterEqual(sum(probe["per_s"] == end for probe in probes), 2)
        self.assertEqual(cell["trial"]["rate_per_s"], capacity["low_per_s"])
        self.assertEqual(len(cell["samples"]), sum(probe["trials"] for probe in probes if probe["per_s"] == capacity["low_per_s"]))
        self.assertTrue(all(sample["latency_ns"]["p99"] <= 5e7 for sample in cell["samples"]))

    def test_several_requirements_all_hold(self):
        alone = self.interval(*MAX, "-m", "threads", "--require=p50<=11ms")
        both = self.interval(*MAX, "-m", "threads", "--require=p99<=50ms,p50<=11ms")
        self.assertEqual(alone, both)
        self.assertLess(both[1], self.interval(*MAX, "-m", "threads", P99)[1])

    def test_of_a_class(self):
        page = self.folder / "page.json"
        page.write_text(json.dumps({"name": "shop", "classes": [
            {"name": "page", "weight": 1, "steps": [{"sleep": "10ms"}]}, {"name": "report", "weight": 1, "steps": [{"sleep": "5ms"}]}]}))
        cell = self.cells("-q", "-w", page, "-c", 4, "-R", "max", "-m", "threads", "--require=report.p99<=50ms")["threads"]
        self.assertGreater(cell["capacity"]["low_per_s"], 200)
        self.assertGreaterEqual(min(one["tasks"] for sample in cell["samples"] for one in sample["classes"]), 299)


class NotFound(Capacity):
    def test_not_even_the_lowest(self):
        ran = self.go(*MAX, "-m", "threads,sequential", "--require=p99<=9ms", status=BROKEN)
        self.assertRegex(" ".join(ran.stdout.split()), r"Within p99<=9ms, threads carry not even [\d.]+/s; sequential carries not even [\d.]+/s\.")

    def test_what_does_nothing(self):
        cells = self.cells(*MAX, "-m", "null,threads", P99)
        self.assertEqual((cells["null"]["status"], cells["null"]["samples"]), ("skipped", []))
        self.assertIn("no rate is too high", cells["null"]["reason"])

    def test_a_clock_of_their_own(self):
        page = self.folder / "page.json"
        page.write_text(json.dumps({"name": "ticks", "rate": "1/s", "duration": "1s", "classes": [
            {"name": "tick", "every": "10ms", "steps": [{"sleep": "1ms"}]}]}))
        cells = self.cells("-q", "-w", page, "-R", "max", "-m", "threads", P99)
        self.assertEqual(cells["threads"]["status"], "skipped")
        self.assertIn("clock of their own", cells["threads"]["reason"])

    def test_faults_cost_their_own_model_only(self):
        for mode, status in (("leave", "failed"), ("wrong", "wrong"), ("failed", "failed"), ("refuse", "failed")):
            with self.subTest(mode=mode):
                cells = self.cells(*MAX, "-m", "gil,threads", P99, status=CELL, CCBENCH_FAKE_MODE=mode, CCBENCH_FAKE_MODELS="gil")
                self.assertEqual((cells["gil"]["status"], cells["threads"]["status"]), (status, "ok"))
                self.assertEqual(cells["threads"]["capacity"]["stopped"], "found")

    def test_no_rounds_are_told_where_none_gave_a_rate(self):
        ran = run(*MAX, "-m", "gil", P99, CCBENCH_TRIAL=FAKE_TRIAL, CCBENCH_FAKE_MODE="failed", CCBENCH_FAKE_MODELS="gil")
        self.assertEqual(ran.status, CELL, ran.stderr)
        self.assertRegex(" ".join(ran.stdout.split()), "; no rate was found → ")
        self.assertNotIn("0 rounds", ran.stdout)

    def test_one_slow_minute_is_no_end(self):
        """The first rate that would hold meets trials that take ten times as long: the other ends of the search are probed again."""
        low, high = self.interval(*MAX, "-m", "threads", P99, CCBENCH_FAKE_SPEED="threads=10@6-11")
        self.assertGreater(high, 300)

    def test_the_time_limit(self):
        ran = run(*MAX, "-m", "threads,gil", P99, "--time-limit=1ms", "--format=json", CCBENCH_TRIAL=FAKE_TRIAL)
        self.assertIn(ran.status, (OK, UNSHOWN), ran.stderr)
        for cell in json.loads(ran.stdout)["workloads"][0]["cells"]:
            self.assertEqual(cell.get("capacity", {"stopped": "time limit"})["stopped"], "time limit")
            self.assertIn(cell["status"], ("ok", "skipped"))

    def test_too_little_time_is_not_a_broken_requirement(self):
        """A stored report in which the search was cut before a lower rate was tried: the sentence says so."""
        self.go(*MAX, "-m", "threads", "--require=p99<=9ms", "-o", self.folder / "x.json", status=BROKEN)
        report = json.loads((self.folder / "x.json").read_text())
        for stopped, says in (("time limit", "/s (the time was up (--time-limit))."), ("noise", "/s.")):
            report["workloads"][0]["cells"][0]["capacity"]["stopped"] = stopped
            report["workloads"][0].pop("findings", None)
            (self.folder / "y.json").write_text(json.dumps(report))
            self.assertRegex(" ".join(run("report", self.folder / "y.json").stdout.split()), r"threads carry not even [\d.]+" + re.escape(says))

    def test_an_interruption_keeps_what_was_found(self):
        state = tempfile.mkdtemp(dir=self.folder)
        family = Tagged()
        process = subprocess.Popen([CCBENCH, *map(str, MAX), "-m", "threads", P99, "-o", self.folder / "x.json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True,
                                   env=family.environment(CCBENCH_TRIAL=FAKE_TRIAL, CCBENCH_FAKE_STATE=state))
        trials = pathlib.Path(state) / "threads-sleep"
        try:
            family.wait_for(lambda _: trials.exists() and trials.stat().st_size >= 12, "trial 12", process)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=120)
            self.assertEqual(family.left_over(), {})
        finally:
            family.kill()
            process.wait()
        self.assertEqual(process.returncode, 128 + signal.SIGINT, stderr)
        cell = json.loads((self.folder / "x.json").read_text())["workloads"][0]["cells"][0]
        self.assertEqual(cell["capacity"]["stopped"], "interrupted")
        self.assertGreaterEqual(len(cell["capacity"]["probes"]), 1)
        self.assertIn("Interrupted by SIGINT", stdout)
        self.assertEqual(run("report", self.folder / "x.json").stdout, stdout)

    def test_refused(self):
        for arguments, says in (([P99, "-r", 6], "expected none with --rate=max"), (["--require=memory<=1g"], "'memory<=1g' sets no limit"),
                                (["--require=throughput>=1k/s"], "a latency such as p99<=50ms"), (["--require=p99>=50ms"], "a latency such as"),
                                (["--require=time<=1s"], "a latency such as"), ([P99, "-c", "1,2"], "several values of concurrency"),
                                ([P99, "-w", "sleep:1ms,2ms"], "several values of argument"), ([P99, "-n", 100], "100 are too few"),
                                ([P99, "-n", 400, "-d", "1s"], "invalid together"), ([P99, "-R", "100"], "max alone"),
                                (["--require=page.p99<=1s"], "no workload has a class 'page'"), ([P99, "-R", "max:never"], "or max"),
                                (["--require=" + ",".join(["p99<=1s"] * 9)], "at most 8")):
            with self.subTest(arguments=arguments):
                ran = run(*MAX, "-m", "threads", "--dry-run", *arguments)
                self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
                self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
                self.assertIn(says, ran.stderr)


class Shown(Capacity):
    def test_every_format(self):
        names = {suffix: self.folder / f"x.{suffix}" for suffix in ("txt", "md", "html", "svg", "csv", "json", "gbench.json")}
        live = self.go(*MAX, "-m", "sequential,threads", P99, *[f"-o{name}" for name in names.values()])
        text = {suffix: name.read_text(encoding="utf-8") for suffix, name in names.items()}
        for suffix in ("txt", "md", "html", "svg"):
            plain = re.sub(r"<[^>]*>", " ", text[suffix]).replace("&lt;", "<").replace("\\", "")
            self.assertRegex(" ".join(plain.split()), r"Within p99<=50ms, sequential carries [\d.]+/s to [\d.]+/s, threads [\d.]+/s to", suffix)
        for suffix in ("txt", "md", "html"):
            self.assertIn("carries", text[suffix])
            self.assertRegex(text[suffix], r"\d+[–-]\d+")
        rows = {row["model"]: row for row in csv.DictReader(io.StringIO(text["csv"]))}
        cells = {cell["model"]: cell["capacity"] for cell in json.loads(text["json"])["workloads"][0]["cells"]}
        for model, row in rows.items():
            self.assertAlmostEqual(float(row["capacity_low_per_s"]), cells[model]["low_per_s"], delta=1)
            self.assertAlmostEqual(float(row["capacity_high_per_s"]), cells[model]["high_per_s"], delta=1)
        self.assertEqual(json.loads(text["gbench.json"])["benchmarks"], [])
        self.assertEqual(self.go("report", names["json"]).stdout, live.stdout)
        compared = json.loads(run("compare", names["json"], names["json"], "--format=json").stdout)
        self.assertEqual({(cell["status"], "intervals of both" in cell["reason"]) for cell in compared["cells"]}, {("skipped", True)})
        several = run("report", names["json"], f"again={names['json']}")
        self.assertEqual(several.status, OK)
        self.assertRegex(" ".join(several.stdout.split()), r"on both: sleep:10ms \(--rate=max\): Within p99<=50ms, sequential carries [\d.]+/s to")
        self.assertNotIn("missing", several.stdout)

    def test_fits_a_terminal(self):
        _, text, _ = in_terminal(*MAX, "-m", "sequential,threads", P99, columns=80, stderr=False)
        lines = re.sub(r"\x1b\[[\d;]*m", "", text).replace("\r", "").splitlines()
        self.assertLessEqual(max(map(len, lines)), 80)
        for model in ("sequential", "threads"):
            self.assertTrue(any(re.search(rf"{model} .* [\d.]+[–-][\d.]+ .* [\d.]+ ms .* \d+( +\w+)?$", line) for line in lines), text)

    def test_the_plan(self):
        text = self.go(*MAX, "-m", "threads", P99, "--dry-run").stdout
        self.assertIn("for each model a closed loop, then probes of its highest rate", text)
        self.assertEqual(self.go(*MAX, "-m", "threads", "--dry-run").status, OK)

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not there")
    def test_documents_follow_the_schema(self):
        validator = jsonschema.Draft202012Validator(json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8")))
        for arguments, status in (((P99,), OK), ((), OK), (("--require=p99<=9ms",), BROKEN)):
            report = self.report(*MAX, "-m", "threads,sequential,null", *arguments, status=status)
            self.assertEqual([error.message for error in validator.iter_errors(report)], [])

    def test_a_damaged_report(self):
        self.go(*MAX, "-m", "threads", P99, "-o", self.folder / "x.json")
        for path, value in (("capacity", []), ("capacity", {}), ("low_per_s", -1), ("low_per_s", "x"), ("probes", {}), ("probes", [3]),
                            ("probes", [{}]), ("stopped", None)):
            report = json.loads((self.folder / "x.json").read_text())
            cell = report["workloads"][0]["cells"][0]
            if path == "capacity":
                cell[path] = value
            else:
                cell["capacity"][path] = value
            (self.folder / "y.json").write_text(json.dumps(report))
            ran = run("report", self.folder / "y.json")
            self.assertEqual((ran.status, ran.stderr.count("\n")), (USAGE, 1), (path, value, ran.stderr))
            self.assertIn("capacity", ran.stderr)


class Real(Capacity):
    def test_a_real_model(self):
        """No machine carries more than its lanes sleep; how much less depends on it."""
        ran = run("-q", "-w", "sleep:10ms", "-c", 2, "-R", "max:constant", "-m", "threads", "--require=p50<=2s", "-d", "500ms",
                  "--time-limit=8s", "--format=json")
        self.assertIn(ran.status, (OK, BROKEN, UNSHOWN), ran.stderr)
        cell = json.loads(ran.stdout)["workloads"][0]["cells"][0]
        self.assertLessEqual(cell.get("capacity", {}).get("low_per_s") or 0, 240)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rates as a sweep: what is measured at which rate, what is shown of it, and where the latency's knee is said to be. Trials are
the fake's, whose lanes carry a task of 10 ms each: four of them 400 tasks a second, whatever the machine."""

import csv
import io
import json
import pathlib
import re
import tempfile
import unittest

from harness import USAGE, FakeRuns, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
S = 1_000_000_000
SLEEP = ("-q", "-w", "sleep:10ms", "-c", 4)


class Rates(FakeRuns):
    def points(self, *arguments):
        """Of each block its label, rate, tasks, and whether at even distances."""
        blocks = self.report("-m", "gil", "-w", "sleep:1ms", "--dry-run", *arguments)["workloads"]
        self.assertEqual({block["sweep"]["axis"] for block in blocks}, {"rate"})
        for block in blocks:
            self.assertEqual(block["rate"]["per_s"], block["sweep"]["value"])
        return [(block["sweep"]["label"], block["rate"]["per_s"], block["tasks"], block["rate"]["constant"]) for block in blocks]


class Planned(Rates):
    def test_lists_and_ranges(self):
        for typed, labels in (("100..1600:x4", "100/s 400/s 1600/s"), ("100/s..1600/s:x4", "100/s 400/s 1600/s"), ("1k,2k/s", "1k/s 2k/s"),
                              ("100..300/s:+100", "100/s 200/s 300/s"), ("600/m,2/s,90/m", "90/m 2/s 10/s"), ("10,600/m,20", "10/s 20/s")):
            with self.subTest(typed=typed):
                self.assertEqual(" ".join(point[0] for point in self.points("-R", typed, "-n", 9)), labels)

    def test_one_rate_is_no_sweep(self):
        for typed in ("500/s", "500", "500..500:x2", "30000/m"):
            block = self.report("-m", "gil", "-w", "sleep:1ms", "-R", typed, "--dry-run")["workloads"][0]
            self.assertNotIn("sweep", block)
            self.assertEqual(block["rate"]["per_s"], 500)
            self.assertAlmostEqual(block["tasks"], 2500, delta=250)

    def test_one_rate_that_is_left_is_no_span(self):
        """As where it was interrupted in the second."""
        document = json.loads(self.go("-m", "gil", "-w", "sleep:1ms", "-R", "100,200:constant", "-n", 5, "-r", 1, "-q", "--format=json").stdout)
        del document["workloads"][1]
        document["sweeps"][0]["values"] = document["sweeps"][0]["values"][:1]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(document, file)
            file.flush()
            self.assertRegex(run("report", file.name).stdout, r"arriving at 100/s \(constant\)|arriving at 100/s,")

    def test_how_they_arrive_goes_for_all(self):
        self.assertEqual([point[3] for point in self.points("-R", "100..400:x2:constant")], [True] * 3)
        self.assertEqual([point[3] for point in self.points("-R", "100,200:poisson")], [False] * 2)
        self.assertEqual([point[:1] for point in self.points("-R", "100", "-R", "400,200")], [("100/s",), ("200/s",), ("400/s",)])

    def test_for_how_long(self):
        """A second, or the time of 400 tasks, at most five."""
        for rate, tasks in zip((20, 100, 400, 4000), (point[2] for point in self.points("-R", "20,100,400,4k:constant"))):
            self.assertAlmostEqual(tasks, {20: 100, 100: 400, 400: 400, 4000: 4000}[rate], delta=2)
        self.assertEqual([round(point[2] / 10) for point in self.points("-R", "100,1k:constant", "-d", "2s")], [20, 200])
        self.assertEqual([point[2] for point in self.points("-R", "100,1k", "-n", 77)], [77, 77])

    def test_rates_make_the_columns(self):
        blocks = self.report("-m", "gil", "-w", "sleep:1ms,2ms", "-c", "1,2", "-R", "10,20", "-n", 5, "--dry-run")["workloads"]
        self.assertEqual({block["sweep"]["axis"] for block in blocks}, {"rate"})
        self.assertEqual(len({block["sweep"]["group"] for block in blocks}), 4)
        self.assertEqual(len(blocks), 8)

    def test_refused(self):
        for arguments, says in ((["-R", "100..1600"], "a range with a step"), (["-R", "1600..100:x2"], "smaller value"),
                                (["-R", "1..100:+1"], "at most 64"), (["-R", "100,11m"], "up to 10m/s"), (["-R", "0..4:x2"], "up to 10m/s"),
                                (["-R", "100,"], "up to 10m/s"), (["-R", "100,200:never"], "up to 10m/s"),
                                (["-R", "100:constant,200"], "up to 10m/s"), (["-R", "100", "-R", "200:constant"], "arrive alike"),
                                (["-R", "100..200:x2:x2"], "up to 10m/s"), (["-R", "1,2", "-n", 5, "-d", "1s"], "invalid together"),
                                (["-R", "10..60:+1", "-c", "1..9"], "459"), (["-R", "1,1/m", "-d", "1s"], "no tasks")):
            with self.subTest(arguments=arguments):
                ran = run("--dry-run", "-m", "gil", "-w", "sleep:1ms", *arguments)
                self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
                self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
                self.assertIn(says, ran.stderr)
        for command in ("gate", "timeline"):
            ran = run(command, "-w", "sleep:1ms", "-m", "threads", "-R", "100..200:x2")
            self.assertEqual(ran.status, USAGE)
            self.assertIn("--rate: invalid value '100..200:x2': expected one rate such as", ran.stderr)

    def test_the_plan_in_words(self):
        text = self.go("-m", "gil", "-w", "sleep:1ms", "-R", "100..400:x2", "--dry-run").stdout
        self.assertIn("sweep over rate: 100/s, 200/s, 400/s\n", text)
        self.assertEqual(re.findall(r"arriving at (\d+)/s", text), ["100", "200", "400"])


class Shown(Rates):
    def knees(self, *arguments, **options):
        report = self.report(*SLEEP, *arguments, **options)
        self.assertEqual(len(report["sweeps"]), 1)
        return {one["model"]: (one["knee"]["verdict"], one["knee"]["per_s"]) for one in report["sweeps"][0]["models"]}, report["sweeps"][0]

    def test_the_knee_is_where_the_lanes_are_full(self):
        knees, sweep = self.knees("-m", "threads,gil,sequential", "-R", "60..1920:x2:constant", "-r", 6)
        self.assertEqual(knees, {"threads": ("found", 240), "gil": ("found", 240), "sequential": ("found", 60)})
        said = [text for text in sweep["findings"] if "knee" in text]
        self.assertEqual(len(said), 2)
        self.assertRegex(said[0], r"\AThe knee of threads and gil is at 240/s: up to there latency stays flat, at 480/s they reach only "
                                  r"\d+/s( to \d+/s)?\.\Z")
        self.assertRegex(said[1], r"\AThe knee of sequential is at 60/s: .* at 120/s it reaches only \d+(\.\d)?/s\.\Z")

    def test_the_knee_is_beyond_or_below(self):
        knees, sweep = self.knees("-m", "threads,sequential", "-R", "150..300:x2:constant", "-n", 600, "-r", 6)
        self.assertEqual(knees, {"threads": ("beyond", 300), "sequential": ("below", None)})
        self.assertIn("The knee of threads is not reached: latency stays flat up to 300/s.", sweep["findings"])
        self.assertTrue(any(text.startswith("The knee of sequential is below 150/s: even there it reaches only ") for text in sweep["findings"]))

    def test_latency_that_rises_though_all_are_carried(self):
        """Bursts of a Poisson process wait long before the lane is full."""
        knees, sweep = self.knees("-m", "sequential", "-R", "10..80:x2", "-n", 1000, "-r", 6)
        self.assertEqual(knees["sequential"][0], "found")
        self.assertLess(knees["sequential"][1], 80)
        self.assertRegex(" ".join(sweep["findings"]), r"The knee of sequential is at \d+/s: up to there latency stays flat, at \d+/s "
                                                      r"(p99 is [\d.]+ ms|it reaches only [\d.]+/s)\.")

    def test_one_slow_rate_is_no_knee(self):
        """Six trials of one rate in the middle, three times as long as all others."""
        slow = {"CCBENCH_FAKE_SPEED": "threads=3@12-17"}
        knees, _ = self.knees("-m", "threads,gil", "-R", "10..320:x2:constant", "-n", 600, "-r", 6, **slow)
        self.assertEqual(knees, {"threads": ("beyond", 320), "gil": ("beyond", 320)})

    def test_nothing_is_said_of_few_rounds(self):
        knees, sweep = self.knees("-m", "threads", "-R", "100,1600", "-r", 3)
        self.assertEqual(knees, {"threads": ("not shown", None)})
        self.assertNotIn("knee", " ".join(sweep["findings"]))

    def test_other_sweeps_have_none(self):
        report = self.report("-q", "-m", "threads", "-w", "sleep:1ms", "-R", "100", "-c", "1,2", "-n", 50, "-r", 6)
        self.assertNotIn("knee", report["sweeps"][0]["models"][0])

    def test_every_format(self):
        names = {suffix: self.folder / f"x.{suffix}" for suffix in ("txt", "md", "html", "svg", "csv", "json")}
        live = self.go(*SLEEP, "-m", "threads,gil", "-R", "100..1600:x4", "-r", 6, *[f"-o{name}" for name in names.values()])
        text = {suffix: name.read_text(encoding="utf-8") for suffix, name in names.items()}
        for suffix in ("txt", "md", "html"):
            self.assertIn("The knee of threads and gil is at 100/s", " ".join(text[suffix].split()), suffix)
        self.assertRegex(text["txt"], r"(?m)^arriving +100/s +400/s +1600/s$")
        for grid in ("p99 of the latency", "p50 of the latency", "rate reached"):
            self.assertIn(grid, text["txt"])
        self.assertRegex(text["txt"], r"(?m)^threads .*[\d.]+ m?s\*?!$")  # at 1600/s
        for suffix in ("html", "svg"):
            for title in ("Latency (p99", "Latency (p50)", "Rate reached", "arriving, log scale"):
                self.assertIn(title, text[suffix], (suffix, title))
        rows = list(csv.DictReader(io.StringIO(text["csv"])))
        self.assertEqual([(row["sweep_axis"], row["sweep_value"], row["rate_per_s"]) for row in rows[::2]],
                         [("rate", rate, rate) for rate in ("100", "400", "1600")])
        self.assertTrue(all(row["latency_p50_ns"] and row["latency_p99_ns"] and row["reached_per_s"] for row in rows))
        self.assertEqual(self.go("report", names["json"]).stdout, live.stdout)

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not there")
    def test_the_document_follows_the_schema(self):
        schema = json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8"))
        report = self.report(*SLEEP, "-m", "threads,sequential", "-R", "100..1600:x4", "-r", 6)
        self.assertEqual([error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(report)], [])

    def test_compared_rate_by_rate(self):
        """Blocks of as many tasks that arrive at other rates are other blocks."""
        arguments = ("-m", "threads", "-R", "100,200", "-n", 300, "-r", 6)
        for name in ("old.json", "new.json"):
            self.go(*SLEEP, *arguments, "-o", self.folder / name)
        compared = json.loads(run("compare", self.folder / "old.json", self.folder / "new.json", "--format=json").stdout)
        self.assertEqual(len(compared["cells"]), 2)
        self.go(*SLEEP, *arguments[:3], "400,800", *arguments[4:], "-o", self.folder / "other.json")
        compared = json.loads(run("compare", self.folder / "old.json", self.folder / "other.json", "--format=json").stdout)
        self.assertEqual([cell["status"] for cell in compared["cells"]], ["gone", "gone", "added", "added"])


if __name__ == "__main__":
    unittest.main()

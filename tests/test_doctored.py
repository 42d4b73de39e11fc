#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that somebody tampered with. Needs $CCBENCH, the program."""
import copy
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stored import DATA, Stored, render, rows_of, run  # noqa: E402


class Doctored(Stored):
    """What is no report, or no longer one: status 2, one line that says what and where, and nothing on stdout. What is
    merely odd is shown."""

    def refused(self, text, says):
        if isinstance(text, dict):
            text = json.dumps(text)
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = run(self.path, check=False)
        message = result.stderr.decode()
        self.assertEqual((result.returncode, result.stdout), (2, b""), message)
        self.assertRegex(message, rf"\Accbench: {self.path}: [^\n]+\n\Z")
        self.assertIn(says, message)
        self.assertLess(len(message), 500)
        self.assertIsNone(re.search(r"[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", message))

    def basic(self):
        document = json.loads((DATA / "basic.json").read_text(encoding="utf-8"))
        block = document["workloads"][0]
        return document, block, block["cells"][0], block["cells"][0]["samples"]

    def test_cut_off(self):
        text = (DATA / "basic.json").read_bytes().rstrip()
        for length in (1, 100, len(text) // 2, len(text) - 1):
            self.refused(text[:length], "not completely written")
        self.refused(text + text, "not JSON at '{")
        self.refused(text[:-1] + b"]", "not JSON")

    def test_no_numbers(self):
        text = (DATA / "tie.json").read_text(encoding="utf-8")
        for word in ("NaN", "Infinity", "-Infinity", "0x10", "1_000"):
            self.refused(text.replace('"duration_ns": 28400000000', f'"duration_ns": {word}'), "not JSON at '")
        self.refused(text.replace('"duration_ns": 28400000000', '"duration_ns": 1e999'), "duration_ns: not a finite number")
        self.refused(text.replace('"duration_ns": 28400000000', '"duration_ns": -1'), "duration_ns: -1, expected a number")

    def test_doubles(self):
        document, block, cell, samples = self.basic()
        block["cells"].append(cell)
        self.refused(document, "cells[7].model: 'sequential' occurs twice")
        document, block, cell, samples = self.basic()
        document["workloads"].append(block)
        self.refused(document, "workloads[3].workload: 'sleep:10ms' occurs twice")
        document, block, cell, samples = self.basic()
        samples.append(samples[-1])
        self.refused(document, "samples[7].round: 7, expected more than the 7")
        text = (DATA / "tie.json").read_text(encoding="utf-8")
        self.path.write_text(text.replace('"seed": 1,', '"seed": 1, "seed": 2,', 1), encoding="utf-8")
        self.assertIn("seed 1;", render(self.path))

    def test_no_rounds(self):
        document, block, cell, samples = self.basic()
        block["rounds"] = 0
        self.refused(document, "workloads[0].rounds: 0, expected at least 1")
        document, block, cell, samples = self.basic()
        samples.clear()
        self.refused(document, "samples: empty")
        document["workloads"] = []
        self.refused(document, "workloads: empty")

    def test_other_schemas(self):
        document = self.basic()[0]
        for schema, says in (("ccbench/2", "'ccbench/2', expected 'ccbench/1'"), (1, "1, expected"), (None, "null, "),
                             (["ccbench/1"], "a list, "), ("ccbench-check/1", "'ccbench-check/1', "),
                             ("\u009b31m\u202e\n" + 1000 * "x", "expected 'ccbench/1'")):
            document["schema"] = schema
            self.refused(document, says)
        del document["schema"]
        self.refused(document, "schema: missing")

    def test_wrong_types(self):
        for change, says in (
                (lambda d, b, c, s: d.update(environment=[]), "environment: a list, expected an object"),
                (lambda d, b, c, s: d["environment"].update(cpu="fast"), "environment.cpu: 'fast', expected an object"),
                (lambda d, b, c, s: d["environment"].update(before=1), "environment.before: 1, expected an object"),
                (lambda d, b, c, s: d["ccbench"].update(libraries=[]), "ccbench.libraries: a list, expected an object"),
                (lambda d, b, c, s: d.update(workloads={}), "workloads: an object, expected a list"),
                (lambda d, b, c, s: b.update(tasks=0), "workloads[0].tasks: 0, expected a number above 0"),
                (lambda d, b, c, s: b.update(cells=[7]), "workloads[0].cells[0]: not an object"),
                (lambda d, b, c, s: c.update(status=True), "cells[0].status: true or false, expected text"),
                (lambda d, b, c, s: c.update(samples="none"), "cells[0].samples: 'none', expected a list"),
                (lambda d, b, c, s: s[2].update(wall_ns=1e300), "samples[2].wall_ns: 1e+300, expected a number up to 1e18"),
                (lambda d, b, c, s: s[2].update(latency_ns=[]), "samples[2].latency_ns: a list, expected an object")):
            document, block, cell, samples = self.basic()
            change(document, block, cell, samples)
            with self.subTest(says=says):
                self.refused(document, says)

    def test_histograms(self):
        good = {"significant_digits": 2, "total": 6, "min": 1000, "max": 5001, "counts": [-506, 1, 2, -200, -88, 3]}
        for name in ("latency_ns", "queued_ns"):
            for change, says in (
                    (lambda h: h.clear(), "significant_digits: missing, expected a number above 0"),
                    (lambda h: h.update(significant_digits=3), "significant_digits: 3, expected 2"),
                    (lambda h: h.update(total=7), "total: 7, expected the sum of the counts, 6"),
                    (lambda h: h.update(total=0), "total: 0, expected a number above 0"),
                    (lambda h: h.update(counts=[]), "total: 6, expected the sum of the counts, 0"),
                    (lambda h: h.update(counts="none"), "counts: 'none', expected a list"),
                    (lambda h: h["counts"].append(0), "counts: 0 among them, expected whole numbers other than 0"),
                    (lambda h: h["counts"].append(0.5), "counts: 0.5 among them, expected whole numbers"),
                    (lambda h: h["counts"].append(1e300), "counts: 1e+300 among them, expected whole numbers"),
                    (lambda h: h["counts"].append("1"), "counts: '1' among them, expected whole numbers"),
                    (lambda h: h["counts"].append([1]), "counts: a list among them, expected whole numbers"),
                    (lambda h: h["counts"].append(-7000), "counts: of more than 7424 buckets"),
                    (lambda h: h["counts"].extend([-6627, 1]), "counts: of more than 7424 buckets"),
                    (lambda h: h.update(min=1004), "min: 1004, expected it in the first bucket with a count, from 1000"),
                    (lambda h: h.update(min=6000), "min: 6000, expected at most the max, 5001"),
                    (lambda h: h.update(max=5024), "max: 5024, expected it in the last bucket with a count, from 4992"),
                    (lambda h: h.update(max=None), "max: null, expected a number from 0 up")):
                document, block, cell, samples = self.basic()
                cell["histograms"] = {"latency_ns": copy.deepcopy(good), "queued_ns": copy.deepcopy(good)}
                change(cell["histograms"][name])
                with self.subTest(says=says):
                    self.refused(document, f"cells[0].histograms.{name}.{says}")
        document, block, cell, samples = self.basic()
        cell["histograms"] = {"latency_ns": good}
        self.refused(document, "cells[0].histograms.queued_ns: missing, expected an object")
        cell["histograms"] = [good]
        self.refused(document, "cells[0].histograms: a list, expected an object")
        cell.update(histograms={"latency_ns": good, "queued_ns": good}, status="failed", reason="x")
        self.refused(document, "cells[0].histograms: an object, expected none as the cell is failed")

    def test_depth(self):
        self.refused("[" * 1000000, "not completely written")
        self.refused("[" * 100000 + "]" * 100000, "not JSON at '[[[")
        self.refused('{"a":' * 100000 + "1" + "}" * 100000, "not JSON at")
        document, block, cell, samples = self.basic()
        text = json.dumps(document).replace('"kin"', '"deep": ' + "[" * 900 + "]" * 900 + ', "kin"', 1)
        self.path.write_text(text, encoding="utf-8")
        self.assertEqual(render(self.path), render(DATA / "basic.json"))

    def test_100_mb(self):
        text = (DATA / "tie.json").read_text(encoding="utf-8")
        self.refused('{"schema":"ccbench/1","x":[' + "1," * 50_000_000 + "1]}", "larger than 64 MiB")
        self.refused('{"schema":"ccbench/1","x":[' + "1," * 25_000_000 + "1]}", "too many values")
        sample = text[text.index('{"round":1,'):].split("\n")[0].rstrip(",")
        first = sample.index("1")
        many = ",".join(sample[:first] + str(i) + sample[first + 1:] for i in range(10, 20_010))
        self.refused(text.replace('"samples": [', '"samples": [' + many + ",", 1),
                     "expected at most 10000")
        text = text.replace('"describe": "', '"describe": "' + "x" * 60_000_000, 1)
        self.path.write_text(text, encoding="utf-8")
        self.assertIn(b"x" * 60_000_000, run(self.path).stdout)

    def test_more_than_any(self):
        document, block, cell, samples = self.basic()
        cell["samples"] = samples[:1]
        block["cells"] = [dict(cell, model=f"m{i}") for i in range(257)]
        self.refused(document, "workloads[0].cells: 257 of them, expected at most 256")
        block["cells"] = [cell]
        document["workloads"] = [dict(block, workload=f"w{i}") for i in range(1025)]
        self.refused(document, "workloads: 1025 of them, expected at most 1024")

    def test_what_is_no_file(self):
        for path, says in (("/dev/null", "empty"), ("/", "directory"), ("/dev/zero", "larger than 64 MiB")):
            result = run(path, check=False)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assertRegex(result.stderr.decode(), rf"\Accbench: {path}: [^\n]*{says}")

    def test_odd_but_shown(self):
        document, block, cell, samples = self.basic()
        samples[0].update(counters=7, origin="x", steal_share="y")
        cell["trial"] = [1]
        block["calibration"] = {"task_cpu_ns": "y", "samples": [None, "x", -1]}
        document["environment"]["before"] = {"load": "x"}
        document["environment"]["kernel"] = None
        self.assertEqual(len(rows_of(render(self.store(document)))), 21)


if __name__ == "__main__":
    unittest.main()

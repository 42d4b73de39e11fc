#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stored reports held against each other, and files that are none."""

import copy
import json
import os
import pathlib
import shutil
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from harness import CELL, OK, USAGE, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
REGRESSION, INCONCLUSIVE = 1, 3


def stretch(report, factor, model="threads"):
    """The report with the times of a model multiplied, its derived parts left to be made anew."""
    for block in report["workloads"]:
        for cell in block["cells"]:
            if cell["model"] != model:
                continue
            for sample in cell["samples"]:
                for name in ("wall_ns", "cpu_ns"):
                    sample[name] = int(sample[name] * factor)
    return report


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.basic = json.loads((HERE / "data" / "basic.json").read_text(encoding="utf-8"))

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.old = self.store("old.json", self.basic)

    def store(self, name, document):
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    def changed(self, change):
        """A copy of the basic report to which `change` was done."""
        document = copy.deepcopy(self.basic)
        return self.store("new.json", change(document) or document)

    def compare(self, new, *arguments, status=OK, old=None):
        ran = run("compare", old or self.old, new, *arguments)
        self.assertEqual(ran.status, status, ran.stdout + ran.stderr)
        return ran

    def document(self, new, *arguments, status=OK, **options):
        document = json.loads(self.compare(new, "--format=json", *arguments, status=status, **options).stdout)
        if jsonschema is not None:
            schema = json.loads((HERE.parent / "docs" / "gate.schema.json").read_text(encoding="utf-8"))
            errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                      for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
            self.assertEqual(errors, [])
        self.assertEqual(document["status"], status)
        return document

    def metrics(self, document, model="threads"):
        return {(cell["workload"], metric["metric"]): metric for cell in document["cells"] if cell["model"] == model
                for metric in cell["metrics"]}

    def refused(self, *arguments, says=()):
        ran = run("compare", *arguments)
        self.assertEqual(ran.status, USAGE, ran.stdout + ran.stderr)
        self.assertEqual(ran.stdout, "")
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, ran.stderr)


class Verdicts(Compare):
    def test_the_same(self):
        document = self.document(self.old)
        self.assertEqual((document["verdict"], document["mismatch"]), ("passed", None))
        for metric in self.metrics(document).values():
            self.assertEqual((metric["verdict"], metric["change"]), ("same", 0))
            self.assertLessEqual(metric["low"], 0)
            self.assertGreaterEqual(metric["high"], 0)

    def test_a_regression(self):
        new = self.changed(lambda d: stretch(d, 2))
        document = self.document(new, status=REGRESSION)
        self.assertEqual({metric["verdict"] for metric in self.metrics(document).values()}, {"regression"})
        self.assertEqual({metric["verdict"] for metric in self.metrics(document, "gil").values()}, {"same"})
        for metric in self.metrics(document).values():
            self.assertAlmostEqual(metric["change"], 1, places=3)
            self.assertLess(metric["least"], 1)
            self.assertGreater(metric["least"], 0.1)
        self.assertEqual(self.document(self.old, old=new)["verdict"], "passed")
        self.assertEqual({metric["verdict"] for metric in self.metrics(self.document(self.old, old=new)).values()},
                         {"better"})

    def test_the_threshold(self):
        """10 % at least, whatever is asked for."""
        new = self.changed(lambda d: stretch(d, 1.08))
        self.assertEqual(self.document(new, "--allow=1%")["rule"]["allowed"], 0.1)
        new = self.changed(lambda d: stretch(d, 2))
        self.document(new, "--allow=150%")

    def test_directions(self):
        new = self.changed(lambda d: stretch(d, 2))
        document = self.document(new, "--metric=throughput,time", status=REGRESSION)
        for (_, name), metric in self.metrics(document).items():
            self.assertEqual(metric["verdict"], "regression")
            self.assertAlmostEqual(metric["change"], -0.5 if name == "throughput" else 1, places=3)
            self.assertLessEqual(metric["low"], metric["change"])
            self.assertGreaterEqual(metric["high"], metric["change"])

    def test_default_metrics(self):
        self.assertEqual({name for workload, name in self.metrics(self.document(self.old)) if "http" in workload},
                         {"cpu"})

    def test_a_report_has_its_fingerprint(self):
        report = run("-q", "-m", "sequential", "-w", "noop", "-n", 2, "-r", 6, "--format=json").stdout
        # Whether nothing is as fast as nothing is no question here.
        document = json.loads(run("compare", self.store("a.json", report), self.store("b.json", report), "--format=json").stdout)
        self.assertEqual(document["base"]["fingerprint"], json.loads(report)["fingerprint"])
        self.assertIsNone(document["mismatch"])

    def test_another_machine(self):
        def move(document):
            document["environment"]["cpu"]["model"] = "Another CPU"
            document["ccbench"]["libraries"]["libuv"] = "1.0.0"
            stretch(document, 2)
        document = self.document(self.changed(move), status=INCONCLUSIVE)
        self.assertEqual(document["mismatch"], "the fingerprints differ: CPU, libraries")
        self.assertEqual(document["reasons"], [document["mismatch"]])
        self.assertNotEqual(document["base"]["fingerprint"]["hash"], document["new"]["fingerprint"]["hash"])
        # The figures are there all the same.
        self.assertAlmostEqual(self.metrics(document)["sleep:10ms", "time"]["change"], 1, places=3)
        self.compare(self.folder / "new.json", "--inconclusive=pass")
        text = self.compare(self.folder / "new.json", "--inconclusive=skip", status=125).stdout
        self.assertIn("Inconclusive, and skipped", text)
        text = self.compare(self.folder / "new.json", status=INCONCLUSIVE).stdout
        self.assertRegex(text, r"(?m)^  CPU: .* \| Another CPU$")

    def test_what_must_agree(self):
        def without(path, value):
            def change(document):
                for name in path[:-1]:
                    document = document[name]
                document[path[-1]] = value
            return change
        for path, value in ((["environment", "kernel"], "Linux 1"), (["environment", "libc"], None),
                            (["ccbench", "flags"], "-O0"), (["ccbench", "compiler"], "x"),
                            (["ccbench", "sanitizer"], "address"), (["workloads", 0, "cores"], 99)):
            with self.subTest(path=path):
                self.document(self.changed(without(path, value)), status=INCONCLUSIVE)
        for path, value in ((["ccbench", "version"], "9.9"), (["ccbench", "revision"], "1234"), (["seed"], 7)):
            with self.subTest(path=path):
                self.document(self.changed(without(path, value)))

    def test_too_few_rounds(self):
        def shorten(document):
            for block in document["workloads"]:
                for cell in block["cells"]:
                    cell["samples"] = cell["samples"][:5]
        document = self.document(self.changed(shorten), status=INCONCLUSIVE)
        self.assertIn("too few rounds", document["reasons"][0])

    def test_memory_has_no_interval(self):
        document = self.document(self.old, "--metric=memory", status=INCONCLUSIVE)
        self.assertEqual(self.metrics(document)["sleep:10ms", "memory"]["change"], 0)

    def test_added_and_gone(self):
        new = self.changed(lambda d: d["workloads"][0]["cells"].pop(1) and None)
        for old, other, status in ((self.old, new, "gone"), (new, self.old, "added")):
            document = self.document(other, old=old)
            cell = next(cell for cell in document["cells"] if cell["status"] != "compared")
            self.assertEqual(cell["status"], status)

    def test_failed(self):
        def fail(document):
            cell = document["workloads"][0]["cells"][1]
            cell.update(status="failed", reason="threads stop at 3", samples=[], summary=None)
        new = self.changed(fail)
        document = self.document(new, status=CELL)
        self.assertIn("threads stop at 3", document["reasons"][0])
        self.document(self.old, old=new)

    def test_formats(self):
        new = self.changed(lambda d: stretch(d, 2))
        names = [self.folder / f"x.{suffix}" for suffix in ("json", "txt", "md", "xml")]
        live = self.compare(new, *[f"-o{name}" for name in names], status=REGRESSION).stdout
        self.assertEqual(names[1].read_text(encoding="utf-8"), live)
        self.assertEqual(run("report", names[0]).stdout, live)
        suite = ElementTree.parse(names[3]).getroot().find("testsuite")
        self.assertEqual(int(suite.get("failures")), 3)
        self.assertTrue(names[2].read_text(encoding="utf-8").startswith("### Regression: 3 regressions, "))


class Files(Compare):
    def test_usage(self):
        self.refused(self.old, says="two files")
        self.refused(self.old, self.old, self.old, says="two files")
        self.refused(self.old, self.old, "--rounds=5", says="--rounds")
        self.refused(self.old, self.folder / "nowhere.json", says="No such file")

    def test_doctored(self):
        text = json.dumps(self.basic)
        duplicate = copy.deepcopy(self.basic)
        duplicate["workloads"][0]["cells"].append(duplicate["workloads"][0]["cells"][0])
        rounds = copy.deepcopy(self.basic)
        rounds["workloads"][0]["rounds"] = 0
        empty = copy.deepcopy(self.basic)
        for cell in empty["workloads"][0]["cells"]:
            cell["samples"] = []
        later = copy.deepcopy(self.basic)
        later["schema"] = "ccbench/2"
        number = text.index('"wall_ns": ') + len('"wall_ns": ')
        for name, content, says in (
                ("truncated", text[:-1000], "not completely written"), ("empty", "", "empty"),
                ("NaN", text[:number] + "NaN" + text[number:].lstrip("0123456789"), "not JSON"),
                ("infinity", text[:number] + "1e999" + text[number:].lstrip("0123456789"), "not a finite number"),
                ("negative", text[:number] + "-1" + text[number:].lstrip("0123456789"), "wall_ns"),
                ("other schema", json.dumps(later), "'ccbench/2', expected 'ccbench/1'"),
                ("duplicate", json.dumps(duplicate), "occurs twice"), ("0 rounds", json.dumps(rounds), "rounds"),
                ("no samples", json.dumps(empty), "samples"), ("a list", "[]", "not a JSON object"),
                ("a gate's", json.dumps({"schema": "ccbench-gate/1"}), "kind")):
            with self.subTest(name=name):
                self.refused(self.old, self.store("x.json", content), says=("x.json", says))
                self.refused(self.store("x.json", content), self.old, says=("x.json", says))

    def test_a_gates_result_is_no_report(self):
        run("compare", self.old, self.old, "-o", self.folder / "gate.json")
        self.refused(self.old, self.folder / "gate.json", says="expected a report")

    def test_huge(self):
        """100 MB, of whatever."""
        path = self.folder / "huge.json"
        for beginning, filler in (("", b"x"), ("[", b"1,"), (json.dumps(self.basic), b"\n"), ("", b"\0"), ("", b"[")):
            with self.subTest(filler=filler):
                with open(path, "wb") as file:
                    file.write(beginning.encode())
                    file.write(filler * (100000000 // len(filler)))
                self.refused(self.old, path, says=("huge.json", "larger than 64 MiB"))
        os.truncate(path, 60 << 20)  # just below the limit, and nothing but brackets
        self.refused(self.old, path, says="huge.json")
        if os.path.exists("/dev/zero"):
            self.refused("/dev/zero", self.old, says="larger than 64 MiB")


if __name__ == "__main__":
    unittest.main()

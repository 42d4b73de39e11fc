#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is for trying ccbench and not for measuring with it is said wherever there are figures."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from harness import CCBENCH, CELL, FAKE_TRIAL, OK, run

BURDENED = os.environ["CCBENCH_BURDENED"]
QUICK = ["-q", "-m", "threads,gil", "-w", "fib:5", "-n", 4, "-c", 2, "-r", 1]
BURDEN = "calls=12345"
# A variable, and what the sentence about it has in it.
SWITCHES = {"CCBENCH_TRIAL": "CCBENCH_TRIAL is set", "CCBENCH_ROOT": "CCBENCH_ROOT is set"}


class Formats(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.values = {"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_ROOT": str(self.folder)}

    def ran(self, *arguments, status=(OK,), **options):
        ran = run(*arguments, **options)
        self.assertIn(ran.status, status, ran.stdout + ran.stderr)
        return ran.stdout

    def flat(self, *arguments, **options):
        return " ".join(self.ran(*arguments, COLUMNS=0, **options).split())

    def every_format(self, arguments, says, status=(0, 1, 3), **options):
        document = json.loads(self.ran(*arguments, "--format=json", status=status, **options))
        self.assertIn(says, " ".join(document["notes"]))
        self.assertIn(says, self.flat(*arguments, status=status, **options))
        self.assertIn(says, self.ran(*arguments, "--format=markdown", status=status, **options).replace("\\", ""))
        suite = ElementTree.fromstring(self.ran(*arguments, "--format=junit", status=status, **options))[0]
        self.assertIn(says, suite.find("system-out").text)


class Switches(Formats):
    def test_runs(self):
        for name, says in SWITCHES.items():
            with self.subTest(name):
                on = {name: self.values[name]}
                document = json.loads(self.ran(*QUICK, "--format=json", **on))
                self.assertEqual(document["environment"]["variables"].get(name), self.values[name])
                self.assertEqual([says in " ".join(block["warnings"]) for block in document["workloads"]], [True])
                self.assertIn(f"{name}={self.values[name]}", [one["value"] for one in document["fingerprint"]["fields"]])
                self.assertIn(says, self.flat(*QUICK, **on))
                self.assertIn(says, self.ran(*QUICK, "--format=markdown", **on).replace("\\", ""))
                self.assertIn(says, self.flat(*QUICK, "-n", "2,4", **on))

    def test_silent_without(self):
        document = json.loads(self.ran(*QUICK, "--format=json", CCBENCH_TRIAL="", CCBENCH_ROOT=""))
        self.assertNotIn("CCBENCH", json.dumps([block["warnings"] for block in document["workloads"]]))
        self.assertEqual({name for name in document["environment"]["variables"] if name.startswith("CCBENCH")}, set())

    def test_gates(self):
        gate = ["gate", "-q", f"--base={FAKE_TRIAL}", f"--new={FAKE_TRIAL}", *QUICK[1:-1], 8]
        self.every_format(gate, "CCBENCH_ROOT is set", CCBENCH_ROOT=self.folder)
        self.every_format(gate, "CCBENCH_TRIAL is set, and not used", CCBENCH_TRIAL=FAKE_TRIAL)

    def test_comparisons(self):
        """Each of the two files for itself."""
        for number, name in enumerate(SWITCHES):
            switched, plain = self.folder / f"switched{number}.json", self.folder / f"plain{number}.json"
            self.ran(*QUICK, f"-o{switched}", **{name: self.values[name]})
            self.ran(*QUICK, f"-o{plain}")
            self.every_format(["compare", switched, plain], f"base: {name} is set")
            self.every_format(["compare", plain, switched], f"new: {name} is set")
            self.assertIn("switches", json.loads(self.ran("compare", plain, switched, "--format=json", status=(3,)))["mismatch"])

    def test_check(self):
        for name, value in self.values.items():
            self.assertIn(name, self.flat("check", **{name: value}))
            findings = json.loads(self.ran("check", "--format=json", **{name: value}))["findings"]
            self.assertIn(name, [one["says"] for one in findings if one["topic"] == "variables"][0])


class Burden(Formats):
    def test_is_in_no_other_build(self):
        document = json.loads(self.ran(*QUICK, "--format=json", CCBENCH_BURDEN="rubbish"))
        self.assertIs(document["ccbench"]["burden"], CCBENCH == BURDENED)
        if CCBENCH != BURDENED:
            self.assertNotIn(b"CCBENCH_BURDEN=", pathlib.Path(CCBENCH).read_bytes())

    def test_build_is_marked(self):
        """Slowed or not."""
        says = "-Dburden=true"
        run_ = [*QUICK, "--format=json"]
        document = json.loads(self.ran(*run_, program=BURDENED))
        self.assertIs(document["ccbench"]["burden"], True)
        self.assertIn(says, " ".join(document["workloads"][0]["warnings"]))
        self.assertIn("burden", [one["value"] for one in document["fingerprint"]["fields"] if one["name"] == "build"][0])
        self.assertIn(says, self.flat(*QUICK, program=BURDENED))
        self.assertIn(says, self.ran(*QUICK, "--format=markdown", program=BURDENED))
        self.assertIn(says, self.flat("check", program=BURDENED))
        self.assertIn("burden", self.ran("--version", program=BURDENED))
        self.every_format(["gate", "-q", f"--base={FAKE_TRIAL}", f"--new={FAKE_TRIAL}", *QUICK[1:-1], 8], says,
                          program=BURDENED)

    def test_trials_are_marked(self):
        """By whichever build they were asked for."""
        document = json.loads(self.ran(*QUICK, "--format=json", CCBENCH_BURDEN=BURDEN, CCBENCH_TRIAL=BURDENED))
        self.assertIn("slowed on purpose (CCBENCH_BURDEN) under threads and gil", " ".join(document["workloads"][0]["warnings"]))
        gate = ["gate", "-q", f"--base={BURDENED}", f"--new=env CCBENCH_BURDEN={BURDEN} {BURDENED}", *QUICK[1:-1], 8,
                "--repeat=1"]
        self.every_format(gate, "the trials of new were slowed on purpose")

    def test_bad_ones(self):
        self.assertIn("CCBENCH_BURDEN", self.ran(*QUICK, program=BURDENED, CCBENCH_BURDEN="weight=3", status=(CELL,)))


if __name__ == "__main__":
    unittest.main()

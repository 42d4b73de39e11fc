#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The scripts of bench/ that hold stand-ins against real runtimes, and these against hand-written programs: that they
run, in tiny sizes, and say what they should. What figures come out is nobody's business here."""

import importlib.machinery
import importlib.util
import math
import os
import re
import sys
import tempfile
import unittest

from harness import CCBENCH, OK, USAGE, run

BENCH = os.path.join(os.path.dirname(os.environ["TESTS_SOURCE"]), "bench")
BUILD = os.path.dirname(CCBENCH)
INTERVAL = r"[-\d.e+∞]+ \([-\d.e+∞]+ to [-\d.e+∞]+\)"

sys.path.insert(0, BENCH)
import stand_ins  # noqa: E402


def load(name):
    """A script of bench/ as a module."""
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", os.path.join(BENCH, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


validate = load("validate")


def script(name, *arguments):
    return run(os.path.join(BENCH, name), BUILD, *arguments, program=sys.executable, CCBENCH_PYTHON=sys.executable)


class Scripts(unittest.TestCase):
    def test_validate(self):
        ran = script("validate", "--quick", "--pairs=async,gil", "--experiments=sleep,late,convoy,loss,memory")
        self.assertEqual((ran.status, ran.left_over), (OK, {}), ran.stderr)
        self.assertRegex(ran.stdout, r"(?m)^# The stand-ins, validated\n")
        self.assertIn(f"CPython {'.'.join(map(str, sys.version_info[:3]))}", ran.stdout)
        for ours, real, figure, unit in (
                ("async", "asyncio", "sleeping, share of ideal", "%"),
                ("async", "asyncio", "lateness beside a hog", "ms"),
                ("gil:interval=1ms", "python-threads:interval=1ms", "lateness beside a hog", "ms"),
                ("gil", "python-threads", "lateness beside a hog", "ms"),
                ("gil:interval=20ms", "asyncio-threads:interval=20ms", "lateness beside a hog", "ms"),
                ("gil", "python-threads", "additions lost over a yield", "%"),
                ("async", "asyncio", "memory of one more in flight", "KiB")):
            with self.subTest(real=real, figure=figure):
                self.assertRegex(ran.stdout, rf"(?m)^\| {ours} \| {real} \| {figure}, {unit} \| {INTERVAL} \| "
                                             rf"{INTERVAL} \| {INTERVAL} \| [\d.]+ to [\d.]+ \| (yes|no|unclear) \|$")
        for heading in ("gil ~ python-threads", "gil ~ asyncio-threads", "async ~ asyncio",
                        "What is acceptable, and why"):
            self.assertIn(f"\n## {heading}\n", ran.stdout)
        said = re.findall(r"(?m)^- [^,\n]+, [^:\n]+: (?:No cause|.*\.$)", ran.stdout)
        self.assertGreaterEqual(len(said), ran.stdout.count("| no |"))

    def test_validate_refuses_what_it_does_not_know(self):
        for words in ("--pairs=gol", "--experiments=sleeep"):
            ran = script("validate", "--quick", words)
            self.assertEqual(ran.status, USAGE)
            self.assertIn("expected one of", ran.stderr)

    def test_run_refuses_what_it_cannot_measure(self):
        """Before anything is measured, in a line."""
        for words, says in (((CCBENCH, "x", "--rows=("), "invalid pattern"), ((CCBENCH, "x", "--rows=nope"), "no row's name has 'nope'"),
                            ((CCBENCH, "x", "--rounds=0"), "no whole number from 1"), (("/nowhere", "x"), "no program /nowhere"),
                            ((CCBENCH, "x", "--against=/nowhere"), f"no program /nowhere/{os.path.basename(CCBENCH)}")):
            with self.subTest(says):
                ran = run(os.path.join(BENCH, "run"), *words, program=sys.executable)
                self.assertEqual(ran.status, USAGE, ran.stderr)
                self.assertIn(says, ran.stderr.splitlines()[-1])
                self.assertNotIn("Traceback", ran.stderr)
        for name in ("gate-trial", "claims-trial"):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                ran = run(os.path.join(BENCH, name), "/nowhere", os.path.join(folder, "results"), program=sys.executable)
                self.assertEqual((ran.status, os.listdir(folder)), (USAGE, []), ran.stderr)
                self.assertEqual(ran.stderr.splitlines()[-1], f"{name}: error: no program /nowhere")

    def test_others_refuse_what_they_cannot_measure(self):
        """Without a traceback, before anything is measured."""
        for name, words, says in (
                ("estimates", (), "required: ccbench"), ("estimates", ("/nowhere",), "no program /nowhere"),
                ("estimates", (CCBENCH, "nosuch"), "unknown workload 'nosuch'"),
                ("capacity", ("/nowhere",), "no program /nowhere"), ("capacity", (CCBENCH, "x"), "'x', expected one of async"),
                ("shares", (), "required: ccbench"), ("shares", ("/nowhere",), "no program /nowhere"),
                ("shares", (CCBENCH, "gil", "x"), "'x', expected one of noop"),
                ("doctored-claims", ("/nowhere",), "no program /nowhere"),
                ("doctored-claims", (CCBENCH, "x"), "'x', expected one of unreleased"),
                ("rounds-replay", ("/nowhere",), "/nowhere: No such file"), ("rounds-replay", (__file__,), "no JSON"),
                ("rounds-replay", (os.path.join(BENCH, "..", "docs", "gate.schema.json"),), "no report of a run"),
                ("rounds-replay", ("--trials=0", "/nowhere"), "--trials: 0 are too few")):
            with self.subTest(name, words=words):
                ran = run(os.path.join(BENCH, name), *words, program=sys.executable)
                self.assertEqual((ran.status, ran.stdout), (USAGE, ""), ran.stderr)
                self.assertIn(says, ran.stderr.splitlines()[-1])
                self.assertNotIn("Traceback", ran.stderr)

    def test_no_gates_have_no_table(self):
        ran = run(os.path.join(BENCH, "gate-trial"), "--table", "/nowhere", program=sys.executable)
        self.assertEqual((ran.status, ran.stdout, ran.stderr), (OK, "no gate was measured\n", ""))

    def test_run_takes_no_time_of_what_failed(self):
        """Neither of fetches without an answer nor of a trial that ended without a result."""
        bench_run = load("run")
        bench = bench_run.Bench("/bin/false", "x", "http://127.0.0.1:1")
        with self.assertRaisesRegex(bench_run.Missing, "status 1 and no result"):
            bench.trial("async", 1, 1, [])
        bench.trial = lambda *_, **__: {"setup_ns": 1, "run_ns": 1, "teardown_ns": 1, "cpu_ns": 1}
        bench_run.answered = lambda _, counts=iter((5, 7)): next(counts)
        with self.assertRaisesRegex(bench_run.Missing, "^2 of 60000 fetches were answered"):
            bench_run.fetch(bench, "async", 64, "bare")

    def test_runtimes(self):
        ran = script("runtimes", "--pairs=2", "--scale=0.001", "--models=asyncio,python-threads,python-processes")
        self.assertEqual((ran.status, ran.left_over), (OK, {}), ran.stderr)
        for model, work, what, target in (("asyncio", "sleep", "time, ratio", "1.15"),
                                          ("asyncio", "noop", "time, µs above", "0.70"),
                                          ("asyncio", "fetch", "CPU time, ratio", "1.15"),
                                          ("python-threads", "noop", "time, ratio", "1.20"),
                                          ("python-processes", "noop", "time, ratio", "1.20")):
            with self.subTest(model=model, work=work):
                self.assertRegex(ran.stdout, rf"(?m)^{model} +{work} +{what} +[\d.]+ +[\d.]+ +[-\d.]+ +[-\d.]+ … "
                                             rf"[-\d.]+ +{target}(  above)?$")


class Figures(unittest.TestCase):
    def test_middle(self):
        self.assertEqual(validate.middle([3, 1, 2]), (2, 1, 3))
        self.assertEqual(validate.middle(range(6)), (2.5, 0, 5))
        self.assertEqual(validate.middle(range(9)), (4, 1, 7))
        self.assertEqual(validate.middle(range(15)), (7, 3, 11))

    def test_ratio(self):
        self.assertEqual(validate.ratio_of({1: 2, 2: 4, 3: 1}, {1: 6, 2: 8, 4: 1}), (2.5, 2, 3))
        self.assertEqual(validate.ratio_of({1: 0}, {1: 6})[0], math.inf)
        self.assertEqual(validate.ratio_of({"all": 10, 0: 8, 1: 20}, {"all": 30, 0: 20, 1: 40}), (3, 1, 5))

    def test_verdict(self):
        figure = stand_ins.FIGURES["sleep"][0]._replace(least=0.8, most=1.2)
        for ratio, verdict in (((1, 0.8, 1.2), "yes"), ((1.5, 1.3, 2), "no"), ((0.5, 0.4, 0.7), "no"),
                               ((1, 0.7, 1.1), "unclear"), ((1.2, 1.1, 1.3), "unclear")):
            self.assertEqual(validate.verdict(figure, ratio), verdict, ratio)

    def test_break_even(self):
        log = math.log
        self.assertAlmostEqual(stand_ins.crossing([10, 100, 1000], [log(2), log(2), -log(2)]), 100 * math.sqrt(10))
        self.assertEqual(stand_ins.crossing([10, 100], [1, 1]), 100)
        self.assertEqual(stand_ins.crossing([10, 100], [-1, -1]), 10)

    def test_what_does_not_hold_is_explained(self):
        figure = stand_ins.FIGURES["depth"][0]._replace(of=lambda _, model: {1: 1 if model == "green-copy" else 99})
        report = stand_ins.Report({"workloads": []})
        cells, said = validate.row(figure, "depth", report, ("green-copy", "gevent"))
        self.assertEqual((cells[-1], said), ("no", [stand_ins.WHY["green-copy", "gevent", "depth"]]))
        self.assertEqual(validate.row(figure, "depth", report, ("green-copy", "other"))[1], [validate.NO_CAUSE])

    def test_what_is_not_here_is_said(self):
        cell = {"model": "gevent", "status": "skipped", "reason": "gevent is not installed", "samples": []}
        report = stand_ins.Report({"workloads": [{"workload": "sleep", "cells": [cell]}]})
        cells, said = validate.row(stand_ins.FIGURES["sleep"][0], "sleep", report, ("green-copy", "gevent"))
        self.assertEqual((cells[-1], said), ("not measured", ["gevent: gevent is not installed"]))


if __name__ == "__main__":
    unittest.main()

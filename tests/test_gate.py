#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The gate: what it decides, what it refuses, how it ends, and how it says so.

Both sides are the fake's, whose figures depend on the plan and its environment alone, so that every decision is known
beforehand."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ElementTree

from harness import CCBENCH, CELL, FAKE_TRIAL, HERE, OK, USAGE, Tagged, models, run, workloads

try:
    import jsonschema
except ImportError:
    jsonschema = None

REGRESSION, INCONCLUSIVE = 1, 3
BURDENED = os.environ["CCBENCH_BURDENED"]
ROUNDS = 8  # the fewest for two comparisons
QUICK = ["-m", "threads,gil", "-w", "sleep:1ms", "-n", "8", "-c", "4", "--repeat=1", "-r", ROUNDS, "--fixed"]
# As gates are by default: each cell until its answer is plain.
FIRST, MOST = 6, 20
EARLY = ["-m", "threads,gil", "-w", "sleep:1ms", "-n", "8", "-c", "4", "--repeat=1", "-r", MOST]


def side(**variables):
    """The command of a side: the fake with these variables of its environment."""
    words = [f"{name}={value}" for name, value in variables.items()]
    return " ".join(map(shlex.quote, ["env", *words, FAKE_TRIAL] if words else [FAKE_TRIAL]))


def cpus_in(text):
    """The set that a list such as "0-2,5" stands for."""
    ends = [(part.split("-")[0], part.split("-")[-1]) for part in text.split(",")]
    return {cpu for first, last in ends for cpu in range(int(first), int(last) + 1)}


class Gate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def state(self):
        """A fresh folder for the fake to count in."""
        return tempfile.mkdtemp(dir=self.folder)

    def gate(self, *arguments, base=None, new=None, status=OK, quick=QUICK, root=None):
        # What the hypervisor takes from this machine meanwhile is none of these tests' affair.
        ran = run("gate", "-q", f"--base={base or side()}", f"--new={new or side()}", *quick, *arguments,
                  CCBENCH_ROOT=root or self.folder)
        self.assertIn(ran.status, status if isinstance(status, tuple) else (status,), ran.stdout + ran.stderr)
        self.assertFalse(ran.left_over)
        return ran

    def document(self, *arguments, **options):
        document = json.loads(self.gate("--format=json", *arguments, **options).stdout)
        self.validate(document)
        return document

    def validate(self, document):
        if jsonschema is None:
            return
        with open(os.path.join(HERE, "..", "docs", "gate.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
                  for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]
        self.assertEqual(errors, [])

    def cell(self, document, model, workload=None):
        return next(cell for cell in document["cells"]
                    if cell["model"] == model and workload in (None, cell["workload"]))

    def metric(self, document, model, name="time"):
        return next(metric for metric in self.cell(document, model)["metrics"] if metric["metric"] == name)

    def refused(self, *arguments, says=()):
        ran = run("gate", *arguments)
        self.assertEqual(ran.status, USAGE, ran.stdout + ran.stderr)
        self.assertEqual(ran.stdout, "")
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z", arguments)
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, ran.stderr)
        self.assertFalse(ran.left_over)


class Decides(Gate):
    def test_no_difference(self):
        document = self.document()
        self.assertEqual((document["verdict"], document["reasons"]), ("passed", []))
        self.assertEqual(document["rule"]["comparisons"], 2)
        for cell in document["cells"]:
            self.assertEqual(len(cell["pairs"]), ROUNDS)
            metric = cell["metrics"][0]
            self.assertEqual((metric["verdict"], metric["n"], metric["order"]), ("same", ROUNDS, 1))
            self.assertEqual((metric["change"], metric["least"], metric["low"]), (0, 0, 0))
        self.assertEqual(document["control"]["metrics"][0]["verdict"], "same")
        self.assertEqual(len(document["control"]["pairs"]), ROUNDS)
        self.assertEqual(len(document["rounds"]), ROUNDS)

    def test_a_slowdown_in_both_batches(self):
        new = side(CCBENCH_FAKE_SPEED="threads=1.1")
        document = self.document(new=new, status=REGRESSION)
        self.assertEqual(document["verdict"], "regression")
        metric = self.metric(document, "threads")
        self.assertEqual((metric["verdict"], metric["batch"]), ("regression", 2))
        self.assertEqual([batch["flagged"] for batch in metric["batches"]], [True, True])
        self.assertAlmostEqual(metric["change"], 0.1, places=3)
        self.assertAlmostEqual(metric["least"], 0.1, places=3)
        self.assertEqual(len(self.cell(document, "threads")["pairs"]), 2 * ROUNDS)
        # What was not flagged is not measured again; the control is.
        self.assertEqual(self.metric(document, "gil")["verdict"], "same")
        self.assertEqual(len(self.cell(document, "gil")["pairs"]), ROUNDS)
        self.assertEqual(len(document["control"]["pairs"]), 2 * ROUNDS)
        self.assertEqual(len(document["reasons"]), 1)
        self.assertIn("sleep:1ms threads, time: +10.0 %", document["reasons"][0])

    def test_a_slowdown_within_what_is_allowed(self):
        new = side(CCBENCH_FAKE_SPEED="threads=1.1")
        self.assertEqual(self.metric(self.document("--allow=12%", new=new), "threads")["verdict"], "same")
        self.document("--allow=9.9%", new=new, status=REGRESSION)

    def test_a_slowdown_in_the_first_batch_only(self):
        # The first trial is the warm-up's.
        new = side(CCBENCH_FAKE_SPEED=f"threads=1.3@0-{ROUNDS}", CCBENCH_FAKE_STATE=self.state())
        document = self.document("--allow=10%", new=new)
        metric = self.metric(document, "threads")
        self.assertEqual([batch["flagged"] for batch in metric["batches"]], [True, False])
        self.assertEqual((metric["verdict"], document["verdict"]), ("unconfirmed", "passed"))
        self.assertLess(metric["change"], 0.05)

    def test_an_improvement(self):
        document = self.document(new=side(CCBENCH_FAKE_SPEED="threads=0.8"))
        self.assertEqual(self.metric(document, "threads")["verdict"], "better")
        self.assertIn(" faster", self.gate(new=side(CCBENCH_FAKE_SPEED="threads=0.8")).stdout)

    def test_noise(self):
        """Half of the rounds take twice as long: nobody can tell."""
        slow = "+".join(map(str, range(1, 100, 2)))
        new = side(CCBENCH_FAKE_SPEED=f"threads=2@{slow}", CCBENCH_FAKE_STATE=self.state())
        document = self.document(new=new, status=INCONCLUSIVE)
        self.assertEqual((document["verdict"], self.metric(document, "threads")["verdict"]),
                         ("inconclusive", "inconclusive"))
        self.assertEqual(len(self.cell(document, "threads")["pairs"]), 3 * ROUNDS)
        self.assertEqual(len(self.cell(document, "gil")["pairs"]), ROUNDS)
        self.assertEqual(document["reasons"], ["sleep:1ms threads, time: too noisy to tell in 3 batches (more --rounds?)"])
        new = side(CCBENCH_FAKE_SPEED=f"threads=2@{slow}", CCBENCH_FAKE_STATE=self.state())
        ran = self.gate("--inconclusive=pass", new=new)
        self.assertIn("Inconclusive, and let pass", ran.stdout)

    def test_noise_that_passes(self):
        """Half of the rounds of the first batch take twice as long; the second tells."""
        slow = "+".join(map(str, range(1, ROUNDS + 1, 2)))
        new = side(CCBENCH_FAKE_SPEED=f"threads=2@{slow}", CCBENCH_FAKE_STATE=self.state())
        document = self.document(new=new)
        metric = self.metric(document, "threads")
        self.assertEqual((metric["verdict"], metric["batch"]), ("same", 2))
        self.assertEqual([len(self.cell(document, name)["pairs"]) for name in ("threads", "gil")], [2 * ROUNDS, ROUNDS])

    def trials_of_base(self, document, model):
        """The kinds of base's trials under a model, in the order they were made: "warm-up", "cell", or of the
        control "base" and "new"."""
        kinds = ["warm-up"]
        for number in range(1, ROUNDS + 1):
            pairs = []
            for cell in (self.cell(document, model), document["control"]):
                pairs += [(pair["position"], cell is document["control"], pair["first"]) for pair in cell["pairs"]
                          if pair["round"] == number and pair["batch"] == 1]
            for _, control, first in sorted(pairs):
                kinds += [first, "new" if first == "base" else "base"] if control else ["cell"]
        return kinds

    def test_base_differs_from_base(self):
        """The seed fixes the order, so that those trials can be slowed that play new in the control."""
        order = self.document(base=side(CCBENCH_FAKE_STATE=self.state()), new=side(CCBENCH_FAKE_STATE=self.state()),
                              quick=["--allow=10%", *QUICK])
        model = order["control"]["model"]
        kinds = self.trials_of_base(order, model)
        self.assertEqual(len(kinds), 1 + 3 * ROUNDS)
        slow = "+".join(str(i) for i, kind in enumerate(kinds) if kind == "new")
        base = side(CCBENCH_FAKE_STATE=self.state(), CCBENCH_FAKE_SPEED=f"{model}=1.5@{slow}")
        document = self.document("--allow=10%", base=base, new=side(CCBENCH_FAKE_SPEED="threads=1.4,gil=1.4"),
                                 status=INCONCLUSIVE)
        self.assertEqual(document["control"]["metrics"][0]["verdict"], "different")
        # Even what would be a regression is not called one, and is not measured again.
        self.assertEqual({self.metric(document, name)["verdict"] for name in ("threads", "gil")}, {"inconclusive"})
        self.assertEqual(document["reasons"], ["base differs from base: the machine is unfit"])
        self.assertEqual(len(self.cell(document, "threads")["pairs"]), ROUNDS)

    def test_steal(self):
        """A machine whose hypervisor takes a tenth of the time, as its counters say; what is measured shows nothing."""
        os.mkdir(self.path("proc"))
        going = threading.Event()

        def count():
            ticks = 0
            while not going.wait(0.01):
                ticks += 100
                with open(self.path("stat.new"), "w", encoding="utf-8") as file:
                    file.write(f"cpu  {9 * ticks} 0 0 0 0 0 0 {ticks} 0 0\n")
                os.rename(self.path("stat.new"), self.path("proc/stat"))

        counter = threading.Thread(target=count)
        counter.start()
        try:
            document = self.document(new=side(CCBENCH_FAKE_SPEED="threads=1.2"), status=INCONCLUSIVE)
        finally:
            going.set()
            counter.join()
        self.assertRegex("".join(document["reasons"]), r"^the hypervisor took more than 5 % of the CPU time in \d of 8")
        self.assertEqual({self.metric(document, name)["verdict"] for name in ("threads", "gil")}, {"inconclusive"})
        # It may pass, so all is measured again.
        self.assertEqual({len(self.cell(document, name)["pairs"]) for name in ("threads", "gil")}, {3 * ROUNDS})

    def test_pairs_alternate(self):
        document = self.document()
        for cell in [*document["cells"], document["control"]]:
            firsts = [pair["first"] for pair in cell["pairs"]]
            self.assertEqual({firsts[i] != firsts[i + 1] for i in range(ROUNDS - 1)}, {True}, firsts)
            for pair in cell["pairs"]:
                places = [pair[pair["first"]]["position"], pair["new" if pair["first"] == "base" else "base"]["position"]]
                self.assertEqual(places, [2 * pair["position"] - 1, 2 * pair["position"]])
        orders = {tuple(next(pair["position"] for pair in cell["pairs"] if pair["round"] == number)
                        for cell in [*document["cells"], document["control"]]) for number in range(1, ROUNDS + 1)}
        self.assertGreater(len(orders), 1)

    def test_several_pairs_a_round(self):
        document = self.document("--repeat=3")
        for cell in [*document["cells"], document["control"]]:
            self.assertEqual((cell["pairs_per_round"], len(cell["pairs"])), (3, 3 * ROUNDS))
            self.assertEqual([pair["round"] for pair in cell["pairs"]],
                             [number for number in range(1, ROUNDS + 1) for _ in range(3)])
            for number in range(0, 3 * ROUNDS, 3):
                firsts = [pair["first"] for pair in cell["pairs"][number:number + 3]]
                self.assertEqual(firsts[0::2], [firsts[0]] * 2)
                self.assertNotEqual(firsts[0], firsts[1])
            self.assertEqual((cell["metrics"][0]["n"], cell["metrics"][0]["order"]), (ROUNDS, 1))
        self.assertRegex(self.cell(document, "gil")["repeat"], " --repeat=3 ")

    @unittest.skipUnless(len(os.sched_getaffinity(0)) > 1, "needs a second CPU")
    def test_fetching_stays_off_the_origins_cpus(self):
        if not any(name.startswith("http") for name in workloads()):
            self.skipTest("needs the origin")
        ours = os.sched_getaffinity(0)
        quick = ["-m", "threads", "-w", "http:1ms,sleep:1ms", "-n", 8, "-c", 4, "--repeat=1", "-r", ROUNDS]
        either = {"base": CCBENCH, "new": CCBENCH, "quick": quick}
        # How such short trials compare is no question here.
        document = json.loads(self.gate("--format=json", status=(OK, REGRESSION, INCONCLUSIVE), **either).stdout)
        http, sleep = (cpus_in(cell["cpus"]) for cell in document["cells"])
        self.assertEqual((sleep, http), (ours, ours - cpus_in(document["placement"]["origin_cpus"])))
        document = json.loads(self.gate("--format=json", f"--cpus={document['cells'][1]['cpus']}",
                                        status=(OK, REGRESSION, INCONCLUSIVE), **either).stdout)
        self.assertEqual(cpus_in(document["cells"][0]["cpus"]), ours)

    def test_the_seed_repeats_the_order(self):
        def order(seed):
            return [[pair["position"] for pair in cell["pairs"]] for cell in self.document(f"--seed={seed}")["cells"]]
        self.assertEqual(order(3), order(3))
        self.assertNotEqual(order(3), order(4))


class Early(Gate):
    """A batch ends for a cell where its answer is plain."""

    def pairs(self, document):
        return {cell["model"]: len(cell["pairs"]) for cell in document["cells"]}

    def test_no_difference(self):
        document = self.document(quick=EARLY)
        self.assertEqual(self.pairs(document), {"threads": FIRST, "gil": FIRST})
        self.assertEqual((document["verdict"], len(document["rounds"]), len(document["control"]["pairs"])), ("passed", FIRST, FIRST))
        self.assertEqual((document["rule"]["rounds"], document["rule"]["first_look"]), (MOST, FIRST))
        self.assertEqual({self.metric(document, name)["n"] for name in ("threads", "gil")}, {FIRST})

    def test_a_slowdown(self):
        """Found by the first round that its bound allows, twice; what is the same has ended long before."""
        document = self.document(new=side(CCBENCH_FAKE_SPEED="threads=1.1"), quick=EARLY, status=REGRESSION)
        metric = self.metric(document, "threads")
        self.assertEqual([(batch["n"], batch["flagged"]) for batch in metric["batches"]], [(11, True), (11, True)])
        self.assertEqual(self.pairs(document), {"threads": 22, "gil": FIRST})
        self.assertEqual(len(document["control"]["pairs"]), 22)
        self.assertEqual(document["rounds"][-1]["round"], 11)
        self.assertAlmostEqual(metric["least"], 0.1, places=3)

    def test_an_improvement(self):
        document = self.document(new=side(CCBENCH_FAKE_SPEED="threads=0.8"), quick=EARLY)
        self.assertEqual((self.metric(document, "threads")["verdict"], self.pairs(document)),
                         ("better", {"threads": 11, "gil": FIRST}))

    def test_noise_takes_all_rounds(self):
        slow = "+".join(map(str, range(1, 200, 2)))
        new = side(CCBENCH_FAKE_SPEED=f"threads=2@{slow}", CCBENCH_FAKE_STATE=self.state())
        document = self.document(new=new, quick=[*EARLY, "-r", 10], status=INCONCLUSIVE)
        self.assertEqual(self.pairs(document), {"threads": 30, "gil": FIRST})

    def test_noise_at_first(self):
        """One slow round of the first six: the next ones tell."""
        new = side(CCBENCH_FAKE_SPEED="threads=2@3", CCBENCH_FAKE_STATE=self.state())
        document = self.document(new=new, quick=EARLY)
        self.assertEqual((document["verdict"], self.pairs(document)), ("passed", {"threads": 10, "gil": FIRST}))

    def test_several_metrics(self):
        """As long as one of them is open; each by the rounds that decide it."""
        document = self.document("--metric=time,cpu", new=side(CCBENCH_FAKE_SPEED="threads=1.1"), quick=EARLY,
                                 status=(OK, REGRESSION, INCONCLUSIVE))
        time = self.metric(document, "threads")
        self.assertEqual((time["verdict"], time["batches"][0]["flagged"]), ("regression", True))
        self.assertGreaterEqual(self.pairs(document)["threads"], 2 * time["n"])

    def test_fixed(self):
        document = self.document("--fixed", quick=EARLY)
        self.assertEqual(self.pairs(document), {"threads": MOST, "gil": MOST})
        self.assertEqual((document["rule"]["first_look"], document["rule"]["pass_level"]), (None, None))
        self.assertIn(" --fixed ", document["cells"][0]["repeat"])
        self.assertNotIn("--fixed", self.document(quick=EARLY)["cells"][0]["repeat"])

    def test_the_head_says_up_to(self):
        self.assertIn(f"up to {MOST} rounds side by side", " ".join(self.gate(quick=EARLY).stdout.split()))
        self.assertIn(f", {MOST} rounds side by side", " ".join(self.gate("--fixed", quick=EARLY).stdout.split()))

    def test_reported_again(self):
        self.gate("-o", self.path("gate.json"), quick=EARLY, new=side(CCBENCH_FAKE_SPEED="threads=1.1"), status=REGRESSION)
        again = run("report", self.path("gate.json"), "--format=json")
        self.assertEqual(json.loads(again.stdout), json.loads(self.read("gate.json")))


class Metrics(Gate):
    def test_directions(self):
        new = side(CCBENCH_FAKE_SPEED="threads=1.25")
        document = self.document("--metric=time,cpu,throughput", "-r10", new=new, status=REGRESSION)
        for name, change, allowed in (("time", 0.25, 0.03), ("throughput", -0.2, 1 / 1.03 - 1)):
            metric = self.metric(document, "threads", name)
            self.assertEqual(metric["verdict"], "regression", name)
            self.assertAlmostEqual(metric["change"], change, places=2)
            self.assertAlmostEqual(metric["least"], change, places=2)
            self.assertAlmostEqual(metric["allowed"], allowed, places=9)
            self.assertLessEqual(metric["low"], metric["high"])
        self.assertEqual(document["rule"]["comparisons"], 6)

    def test_memory(self):
        small, large = side(CCBENCH_FAKE_MEMORY=4 << 20), side(CCBENCH_FAKE_MEMORY=8 << 20)
        document = self.document("--metric=memory", base=small, new=large, status=REGRESSION)
        metric = self.metric(document, "threads", "memory")
        self.assertEqual((metric["verdict"], metric["unit"]), ("regression", "bytes"))
        self.assertAlmostEqual(metric["change"], 1, delta=0.2)
        self.assertEqual(len([p for p in self.cell(document, "threads")["pairs"] if "memory" in p["base"]]), 2 * ROUNDS)
        document = self.document("--metric=memory", base=large, new=small)
        self.assertEqual(self.metric(document, "gil", "memory")["verdict"], "better")

    def test_p99(self):
        new = side(CCBENCH_FAKE_SPEED="threads=1.25")
        quick = ["-m", "threads,gil", "-w", "sleep:1ms", "-n", 300, "-c", 4, "--repeat=1", "-r", ROUNDS]
        document = self.document("--metric=p99", quick=quick, new=new, status=REGRESSION)
        self.assertEqual(self.metric(document, "threads", "p99")["verdict"], "regression")
        self.refused(f"--base={side()}", f"--new={side()}", *QUICK, "--metric=p99", says=("p99", "299"))

    def test_default_metrics_and_cells(self):
        lines = run("gate", "--dry-run", f"--base={side()}", f"--new={side()}").stdout.splitlines()
        self.assertLessEqual(len(lines), 7)
        if "eventloop" in models():
            self.assertIn("http:1ms eventloop: cpu", lines)
        self.assertIn("fib:25 threads: time", lines)
        self.assertRegex(lines[-1], r"20 rounds .*about \d")


class Sides(Gate):
    def test_a_side_that_is_built_anew(self):
        for which in ("base", "new"):
            with self.subTest(which=which):
                program = self.path(which)
                with open(program, "w", encoding="utf-8") as file:
                    file.write('#!/bin/sh\ntouch "$0"\nexec ' + side() + ' "$@"\n')
                os.chmod(program, 0o755)
                document = self.document(**{which: program}, status=3)
                self.assertEqual(document["verdict"], "inconclusive")
                self.assertEqual(document["reasons"], [f"{program} changed during the gate"])
                self.assertEqual({metric["verdict"] for cell in document["cells"] for metric in cell["metrics"]}, {"inconclusive"})

    def test_added_and_gone(self):
        lacks = side(CCBENCH_FAKE_MODE="lack", CCBENCH_FAKE_MODELS="gil")
        for base, new, status in ((lacks, side(), "added"), (side(), lacks, "gone")):
            document = self.document(base=base, new=new)
            cell = self.cell(document, "gil")
            self.assertEqual((cell["status"], cell["pairs"]), (status, []))
            self.assertIn("no model 'gil'", cell["reason"])
            self.assertEqual(document["rule"]["comparisons"], 1)
        document = self.document(base=lacks, new=lacks)
        self.assertEqual(self.cell(document, "gil")["status"], "skipped")

    def test_nothing_in_common(self):
        lacks = side(CCBENCH_FAKE_MODE="lack", CCBENCH_FAKE_MODELS="gil,threads")
        document = self.document(new=lacks, status=INCONCLUSIVE)
        self.assertEqual(document["reasons"], ["nothing could be compared"])

    def test_new_fails(self):
        for mode in ("wrong", "crash", "refuse", "error", "rubbish"):
            with self.subTest(mode=mode):
                new = side(CCBENCH_FAKE_MODE=mode, CCBENCH_FAKE_MODELS="gil")
                document = self.document(new=new, status=CELL)
                cell = self.cell(document, "gil")
                self.assertEqual((document["verdict"], cell["status"]), ("failed", "failed"))
                self.assertRegex(cell["reason"], "^new (was wrong|failed) in round 1: .")
                self.assertEqual(self.metric(document, "threads")["verdict"], "same")
        # What gives no result is not tried for ever.
        self.assertLess(len(cell["pairs"]), ROUNDS)

    def test_base_fails(self):
        for mode in ("wrong", "crash"):
            with self.subTest(mode=mode):
                base = side(CCBENCH_FAKE_MODE=mode, CCBENCH_FAKE_MODELS="gil")
                document = self.document(base=base, status=INCONCLUSIVE)
                metric = self.metric(document, "gil")
                self.assertEqual((metric["verdict"], metric["n"]), ("inconclusive", 0))
                self.assertRegex(metric["reason"], r"^only 0 of \d rounds have a valid pair: base: .")

    def test_a_regression_comes_before_a_failure(self):
        new = side(CCBENCH_FAKE_SPEED="threads=1.2", CCBENCH_FAKE_MODE="wrong", CCBENCH_FAKE_MODELS="gil")
        self.assertEqual(len(self.document(new=new, status=REGRESSION)["reasons"]), 2)

    def test_the_real_thing(self):
        """Two sides that are ccbench itself: whatever it decides, every pair is good."""
        ran = run("gate", "-q", f"--base={CCBENCH}", f"--new=env A='b c' {CCBENCH}", "-m", "threads", "-w",
                  "sleep:1ms,fib:15", "-n", 8, "-c", 2, "-r", 8, "--metric=time", "--format=json",
                  CCBENCH_ROOT=self.folder)
        document = json.loads(ran.stdout)
        self.assertIn(ran.status, (OK, INCONCLUSIVE), ran.stderr)
        self.validate(document)
        for cell in document["cells"]:
            self.assertEqual({pair[name]["status"] for pair in cell["pairs"] for name in ("base", "new")}, {"ok"})
            self.assertGreaterEqual(len(cell["pairs"]), 8)


class Burden(Gate):
    """A build that slows one side down, for bench/gate-trial. Here by so much that no noise hides it."""

    def gated(self, burden, *arguments, metric="time", workload="sleep:10ms", status=REGRESSION):
        return self.document("-w", workload, f"--metric={metric}", base=BURDENED, status=status,
                             new=f"env CCBENCH_BURDEN={burden} {BURDENED}",
                             quick=["-m", "threads", "-n", 4, "-c", 4, "--repeat=1", "-r", ROUNDS, *arguments])

    def test_memory(self):
        metric = self.metric(self.gated("memory=16m", metric="memory"), "threads", "memory")
        self.assertAlmostEqual(metric["new"] - metric["base"], 16 << 20, delta=4 << 20)

    def test_sleep(self):
        self.gated("sleep=300ms")
        self.assertIn(self.gated("sleep=300ms,only=http", status=(OK, INCONCLUSIVE))["verdict"],
                      ("passed", "inconclusive"))

    def test_calls(self):
        """Results stay those of the plan: the oracle finds nothing."""
        metric = self.metric(self.gated("calls=100m", metric="cpu"), "threads", "cpu")
        self.assertGreater(metric["new"], 10 * metric["base"])

    def test_of_all_models(self):
        ran = run("-q", "-m", "basic", "-w", "fib:10,sleep:1ms,noop", "-n", 8, "-c", 4, "-r", 1,
                  program=BURDENED, CCBENCH_BURDEN="calls=12345,sleep=1ms,memory=1m")
        self.assertEqual(ran.status, OK, ran.stdout)


class Refuses(Gate):
    def test_usage(self):
        good = [f"--base={side()}", f"--new={side()}"]
        self.refused(says="--base=CMD")
        for given, missing in (("new", "base"), ("base", "new")):  # which is this ccbench then
            planned = run("gate", f"--{given}={side()}", "--dry-run")
            self.assertEqual(planned.status, OK, missing + planned.stderr)
        self.refused(*good, "threads", says="'threads'")
        self.refused(*good, *QUICK, "-r5", says=("--rounds", "5", "at least 8"))
        self.refused(*good, "-m", "threads,gil", "-w", "sleep,fib,noop", "-r9", says=("9", "6 comparisons", "at least 10"))
        for option, values in {"allow": ["0", "-1", "5", "abc", ""], "metric": ["", "speed", "time,", "time,,cpu"],
                               "inconclusive": ["", "maybe"], "rounds": ["0", "abc"], "format": ["xml", ""],
                               "output": ["x.doc"], "base": ["", "'", "a | b", "X=1 b"],
                               "server": ["./srv", "'{port}"], "base-server": ["./srv"]}.items():
            for value in values:
                self.refused(*good, f"--{option}={value}", says=(f"--{option}", f"'{value}'", "expected"))
        self.refused(*good, "--metric=server-cpu", "-w", "http", says="--server")
        self.refused(*good, "-m", "thread", says="did you mean 'threads'")

    def test_programs_that_are_none(self):
        for command, says in (("/nowhere/ccbench", "no program '/nowhere/ccbench'"), ("no-such-ccbench", "no program"),
                              (self.folder, "no program"), ("true", "does not speak the trial protocol"),
                              ("env no-such-ccbench", "no-such-ccbench"), ("false", "does not speak")):
            for name in ("base", "new"):
                with self.subTest(command=command, side=name):
                    other = "new" if name == "base" else "base"
                    self.refused(f"--{name}={command}", f"--{other}={side()}", *QUICK, says=(f"--{name}", says))

    def test_a_server_in_place_of_a_ccbench(self):
        """One that never answers, as a server would, and one that ends at once: what to type for servers is said."""
        for command in ("sh -c 'sleep 300' sh", "true"):
            with self.subTest(command=command):
                self.refused(f"--base={command}", f"--new={side()}", *QUICK,
                             says=f"for servers: --base-server='{command} {{port}}'")

    def test_another_protocol(self):
        foreign = side(CCBENCH_FAKE_MODE="foreign")
        self.refused(f"--base={foreign}", f"--new={side()}", *QUICK, says=("--base", "speaks trial protocol 2"))
        self.refused(f"--base={side()}", f"--new={foreign}", *QUICK, says=("--new", "speaks trial protocol 2"))


class Interrupted(Gate):
    def interrupt(self, number):
        """Sends the signal once new's third trial has begun."""
        state = self.state()
        family = Tagged()
        new = side(CCBENCH_FAKE_STATE=state, CCBENCH_FAKE_SPEED="threads=1.5")
        process = subprocess.Popen([CCBENCH, "gate", "-q", f"--base={side()}", f"--new={new}", *map(str, QUICK), "-r9999",
                                    "-o", self.path("x.json"), "-o", self.path("x.xml"), "-o", self.path("x.md")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=family.environment(CCBENCH_ROOT=self.folder))
        trials = f"{state}/threads-sleep"
        try:
            family.wait_for(lambda _: os.path.exists(trials) and os.path.getsize(trials) >= 4, "trial 4", process)
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=120)
            self.assertEqual(family.left_over(), {})
        finally:
            family.kill()
            process.wait()
        return process.returncode, stdout, stderr

    def test_half_way(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")):
            with self.subTest(signal=name):
                status, table, stderr = self.interrupt(number)
                self.assertEqual(status, 128 + number, stderr)
                self.assertRegex(table, r"(?m)^Interrupted: ")
                document = json.loads(self.read("x.json"))
                self.validate(document)
                self.assertEqual((document["interrupted"], document["status"]), (name, 128 + number))
                self.assertEqual({cell["metrics"][0]["verdict"] for cell in document["cells"]}, {"inconclusive"})
                self.assertGreaterEqual(len(document["cells"][0]["pairs"]), 2)
                ElementTree.fromstring(self.read("x.xml"))
                self.assertEqual(sorted(name for name in os.listdir(self.folder) if not name.startswith("tmp")),
                                 ["x.json", "x.md", "x.xml"])

    def test_killed(self):
        """No process is left, and no half-written file."""
        status, _, _ = self.interrupt(signal.SIGKILL)
        self.assertEqual(status, -signal.SIGKILL)
        self.assertEqual([name for name in os.listdir(self.folder) if not name.startswith("tmp")], [])


class Formats(Gate):
    """The same result, in every format."""

    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.kept)
        new = side(CCBENCH_FAKE_SPEED="threads=1.2", CCBENCH_FAKE_MODE="wrong", CCBENCH_FAKE_MODELS="gil")
        base = side(CCBENCH_FAKE_MODE="lack", CCBENCH_FAKE_MODELS="processes")
        names = [os.path.join(cls.kept, f"x.{suffix}") for suffix in ("json", "txt", "md", "xml")]
        ran = run("gate", "-q", f"--base={base}", f"--new={new}", "-m", "threads,gil,processes,sequential", *QUICK[2:], "-r", 9,
                  *[f"-o{name}" for name in names], CCBENCH_ROOT=cls.kept)
        cls.live, cls.status = ran.stdout, ran.status

    def setUp(self):
        super().setUp()
        self.assertEqual(self.status, REGRESSION, self.live)
        shutil.copytree(self.kept, self.folder, dirs_exist_ok=True)

    def test_report_shows_the_same(self):
        self.assertEqual(self.read("x.txt"), self.live)
        self.assertEqual(run("report", self.path("x.json")).stdout, self.live)
        for name, suffix in (("json", "json"), ("markdown", "md"), ("junit", "xml")):
            self.assertEqual(run("report", f"--format={name}", self.path("x.json")).stdout, self.read(f"x.{suffix}"))

    def test_table(self):
        self.assertRegex(self.live, r"(?m)^sleep:1ms threads +time .* \+20\.0 % .*REGRESSION$")
        self.assertRegex(self.live, r"(?m)^sleep:1ms gil +failed: new was wrong in round 1: ")
        self.assertRegex(self.live, r"(?m)^sleep:1ms processes +added: base: no model")
        self.assertRegex(self.live, r"(?m)^Regression: 1 regression, 1 cell failed, 1 ok, 1 added$")
        for width in (40, 60, 80, 120):
            text = run("report", self.path("x.json"), COLUMNS=width).stdout
            for line in text.partition("To repeat by hand")[0].splitlines():
                self.assertLessEqual(len(line), width, line)
            self.assertIn("REGRESSION", text)
        self.assertTrue(run("report", self.path("x.json"), LC_ALL="C").stdout.isascii())

    def test_base_and_new_stay_at_80_columns(self):
        document = json.loads(self.read("x.json"))
        for cell in document["cells"] + [document["control"]]:
            for metric in cell.get("metrics", ()):
                metric["metric"] = "server-cpu"
        with open(self.path("servers.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
        text = run("report", self.path("servers.json"), COLUMNS=80).stdout
        self.assertRegex(text, r"(?m)^cell +metric +base +new +change .*verdict$")
        self.assertRegex(text, r"(?m)^sleep:1ms threads +server's CPU  ")
        self.assertRegex(text, r"(?m)^base again +server's CPU  ")
        self.assertIn("server's CPU per task", run("report", self.path("servers.json"), COLUMNS=200).stdout)

    def test_the_command_to_repeat_repeats(self):
        commands = re.findall(r"(?m)^  ccbench (gate .*)$", self.live)
        self.assertEqual(len(commands), 2)
        words = shlex.split(next(command for command in commands if "--model=threads" in command))
        ran = run(*words, "-q", "--format=json", CCBENCH_ROOT=self.folder)
        self.assertEqual(ran.status, REGRESSION, ran.stderr)
        document = json.loads(ran.stdout)
        self.assertEqual([(cell["model"], cell["tasks"], cell["concurrency"]) for cell in document["cells"]],
                         [("threads", 8, 4)])

    def test_junit(self):
        root = ElementTree.fromstring(self.read("x.xml"))
        suite = root.find("testsuite")
        cases = suite.findall("testcase")
        self.assertEqual(int(suite.get("tests")), len(cases))
        self.assertEqual(int(suite.get("failures")), len(suite.findall("testcase/failure")))
        self.assertEqual(int(suite.get("errors")), len(suite.findall("testcase/error")))
        found = {case.get("classname"): [child.tag for child in case if child.tag != "system-out"] for case in cases}
        self.assertEqual(found["sleep:1ms threads"], ["failure"])
        self.assertEqual(found["sleep:1ms gil"], ["error"])
        self.assertEqual(found["sleep:1ms processes"], ["skipped"])
        self.assertEqual(found["sleep:1ms sequential"], [])
        self.assertIn("ccbench gate --base=", suite.find("testcase/failure").text)

    def test_markdown(self):
        text = self.read("x.md")
        self.assertTrue(text.startswith("### Regression: "))
        rows = [line for line in text.splitlines() if line.startswith("|")]
        self.assertEqual({len(re.findall(r"(?<!\\)\|", row)) for row in rows}, {10})
        self.assertRegex(rows[1], r"^\|( -+:? \|)+$")
        self.assertEqual(sum("**REGRESSION**" in row for row in rows), 1)
        self.assertIn("```sh\nccbench gate ", text)

    def test_not_for_reports(self):
        for arguments in (["--format=junit", "--dry-run"], ["-o", self.path("y.xml"), "--dry-run"]):
            ran = run(*arguments)
            self.assertEqual(ran.status, USAGE)
            self.assertIn("not for a report", ran.stderr)

    def test_runtimes(self):
        """What each side's figures come from, and where the two differ."""
        old = {"language": "CPython 3.11.2", "executable": "/usr/bin/python3.11", "gil": True, "gc": "700, 10, 10", "odd": None}
        head = "CPython 3.11.2 with a GIL (/usr/bin/python3.11): a|b"
        for base, new, lines in (
                ({}, {}, []),
                (old, old, [f"both sides: {head}"]),
                (old, {**old, "gc": "2000", "odd": 3, "\x1b[7m": "x"},
                 [f"both sides: {head}", "a|b's gc: 700, 10, 10 | 2000", "a|b's odd: unknown | 3", "a|b's ?[7m: unknown | x"]),
                (old, {"language": "PyPy 7"}, [f"base: {head}", "new: PyPy 7: a|b", "a|b's gc: 700, 10, 10 | unknown"]),
                (old, {}, [f"base: {head}", "new: no other runtime said what it is"])):
            document = json.loads(self.read("x.json"))
            for name, runtime in (("base", base), ("new", new)):
                document[name].update({"runtimes": {"a|b": runtime}} if runtime else {})
            self.validate(document)
            with open(self.path("y.json"), "w", encoding="utf-8") as file:
                json.dump(document, file)
            with self.subTest(base=base, new=new):
                text = run("report", self.path("y.json"), COLUMNS=200).stdout
                self.assertEqual(re.findall(r"(?m)^  (?! )(.*)$", text.partition("\n\n")[0]), lines)
                text = run("report", "--format=markdown", self.path("y.json")).stdout
                for line in lines:
                    self.assertIn("- " + line.replace("|", r"\|").replace("[", r"\["), text)

    def test_doctored(self):
        document = json.loads(self.read("x.json"))
        for change, says in ((lambda d: d.update(schema="ccbench-gate/2"), "ccbench-gate/1"),
                             (lambda d: d.pop("cells"), "cells"),
                             (lambda d: d["cells"][0].update(status="fine"), "cells[0].status"),
                             (lambda d: d["cells"][0]["metrics"][0].update(verdict="fine"), "metrics[0].verdict"),
                             (lambda d: d["cells"][0]["metrics"][0].update(metric="speed"), "'speed'"),
                             (lambda d: d["cells"][0]["metrics"][0].update(change="x"), "change"),
                             (lambda d: d["cells"][0]["metrics"][0].pop("batches"), "batches"),
                             (lambda d: d["rule"].update(allowed=0), "rule.allowed"),
                             (lambda d: d.update(reasons=[1]), "reasons"),
                             (lambda d: d.update(control=7), "control"),
                             (lambda d: d["new"].update(runtimes=7), "new.runtimes"),
                             (lambda d: d["base"].update(runtimes={"asyncio": 7}), "base.runtimes.asyncio"),
                             (lambda d: d["cells"].append(3), "cells[4]")):
            changed = json.loads(json.dumps(document))
            change(changed)
            with open(self.path("y.json"), "w", encoding="utf-8") as file:
                json.dump(changed, file)
            ran = run("report", self.path("y.json"))
            self.assertEqual(ran.status, USAGE, says)
            self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
            self.assertIn(says, ran.stderr)


if __name__ == "__main__":
    unittest.main()

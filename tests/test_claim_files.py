#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The claims that ccbench has: files as they should be, commands that can be typed, scripts that run, and a page that has all."""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

import claims_page
from harness import CCBENCH, OK, run

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
CLAIMS = claims_page.claims(SOURCE / "claims")
NUMBERS = 34
COMMAND = re.compile(r"'(ccbench [^']*)'")


def listed():
    return json.loads(run("claims", "--list", "--format=json").stdout)["claims"]


def commands_in(claim):
    return COMMAND.findall(claim["turns"] + " " + claim["explains"])


class Files(unittest.TestCase):
    def test_every_number_once(self):
        numbers = [claim["number"] for claim in CLAIMS]
        self.assertEqual(sorted(numbers), list(range(1, NUMBERS + 1)))

    def test_a_file_is_called_as_its_claim(self):
        self.assertEqual({path.stem for path in (SOURCE / "claims").glob("*.json")}, {claim["claim"] for claim in CLAIMS})

    def test_ccbench_reads_them_all(self):
        ran = run("claims", "--list", "--format=json")
        self.assertEqual((ran.status, ran.stderr), (OK, ""))
        self.assertEqual([claim["claim"] for claim in json.loads(ran.stdout)["claims"]], [claim["claim"] for claim in CLAIMS])

    def test_figures_of_one_claim_have_names_of_their_own(self):
        for claim in CLAIMS:
            names = [figure["name"] for figure in claim["figures"]]
            self.assertEqual(len(names), len(set(names)), claim["claim"])

    def test_every_experiment_and_model_is_looked_at(self):
        for claim in CLAIMS:
            seen = {(other, own) for runtime in claim.get("real", []) for other in runtime.get("experiments", {}).values()
                    for own in runtime["models"].values()}
            for figure in claim["figures"]:
                for side in (figure, figure.get("over", {})):
                    experiment = side.get("experiment") or figure.get("experiment") or next(iter(claim["experiments"]))
                    model = side.get("model", figure.get("model"))
                    seen |= {(experiment, one) for one in (model if isinstance(model, list) else [model])}
            for name, cells in claim["experiments"].items():
                for model in cells.get("models", [None]):
                    with self.subTest(claim=claim["claim"], experiment=name, model=model):
                        self.assertIn((name, model), seen)

    def test_bounds_leave_room(self):
        for claim in CLAIMS:
            for figure in claim["figures"]:
                if "confirmed" in figure and "over" in figure and figure["metric"] == "time":
                    (_, yes), = figure["confirmed"].items()
                    (_, no), = figure["refuted"].items()
                    self.assertGreaterEqual(max(yes, no) / min(yes, no), 1.06, figure["name"])

    def test_runtimes_stand_for_models_of_the_claim(self):
        for claim in CLAIMS:
            own = {other for runtime in claim.get("real", []) for other in runtime.get("experiments", {}).values()}
            models = {model for name, cells in claim["experiments"].items() if name not in own
                      for model in cells.get("models", [])}
            for runtime in claim.get("real", []):
                self.assertEqual(set(runtime["models"]), models, claim["claim"])

    def test_every_claim_explains_and_asks(self):
        for claim in CLAIMS:
            with self.subTest(claim=claim["claim"]):
                self.assertGreater(len(claim["explains"].split()), 80)
                self.assertTrue(claim["turns"] and claim["source"])
                self.assertLess(claim["asks"]["right"], len(claim["asks"]["answers"]))


class Commands(unittest.TestCase):
    def check(self, name, command):
        words = shlex.split(command)
        if any(word.endswith(".json") for word in words):
            return  # a file that the reader is to write
        if words[1] == "claims":
            self.assertIn(words[2], [claim["claim"] for claim in CLAIMS])
        elif words[1] == "timeline":
            ran = run(*words[1:], "-q")
            self.assertEqual((ran.status, ran.stderr), (OK, ""), f"{name}: {command}")
        else:
            ran = run(*words[1:], *([] if words[1] == "list" else ["--dry-run"]))
            self.assertEqual(ran.status, OK, f"{name}: {command}: {ran.stderr}")

    def test_those_that_show_an_experiment(self):
        for claim in listed():
            for command in claim["commands"]:
                if command.startswith("ccbench "):
                    self.check(claim["claim"], re.sub(r"--cpus=\S+", "", command))  # CPUs as they are here

    def test_each_is_shown_once(self):
        for claim in listed():
            self.assertEqual(len(claim["commands"]), len(set(claim["commands"])), claim["claim"])

    def test_those_in_texts(self):
        told = sum(len(commands_in(claim)) for claim in CLAIMS)
        self.assertGreater(told, len(CLAIMS) / 2)
        for claim in CLAIMS:
            for command in commands_in(claim):
                self.check(claim["claim"], re.sub(r"--cpus=\S+", "", command))


class Scripts(unittest.TestCase):
    def test_they_print_the_figures(self):
        for claim in CLAIMS:
            for name, cells in claim["experiments"].items():
                if "script" not in cells:
                    continue
                ran = subprocess.run([sys.executable, *cells["script"][1:]], cwd=SOURCE / "claims", stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                self.assertEqual((ran.returncode, ran.stderr), (0, ""), claim["claim"])
                printed = json.loads(ran.stdout.splitlines()[-1])
                wanted = {figure["metric"] for figure in claim["figures"] if figure.get("experiment") == name}
                self.assertLessEqual(wanted, set(printed))

    def test_what_they_count(self):
        """These do not depend on speed."""
        def printed(script):
            return json.loads(subprocess.run([sys.executable, script], cwd=SOURCE / "claims", stdout=subprocess.PIPE,
                                             timeout=60, check=True).stdout)
        self.assertEqual(printed("unawaited.py"), {"thread_told": 1, "asyncio_told": 0, "pool_told": 0})
        lines = printed("call_lines.py")
        self.assertLess(0, lines["python_green_own"])
        self.assertLess(lines["python_green_own"], lines["python_async_own"])
        frames = printed("backtraces.py")
        self.assertEqual((frames["thread_frames"], frames["loop_frames"]), (frames["calls"], 0))


class Page(unittest.TestCase):
    def test_it_is_made_from_the_files(self):
        self.assertEqual((SOURCE / "docs/CLAIMS.md").read_text(encoding="utf-8"), claims_page.page(CLAIMS),
                         "docs/CLAIMS.md is old: tests/claims_page.py >docs/CLAIMS.md")


if __name__ == "__main__":
    unittest.main()

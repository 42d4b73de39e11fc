#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Claims: files of them, well and badly written; what is measured, by the fake trial; verdicts, and how they are shown."""

import copy
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import jsonschema

from harness import CCBENCH, FAKE_TRIAL, OK, PATIENCE_S, USAGE, Tagged, run, trials

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
CLAIMS = sorted((SOURCE / "claims").glob("*.json"))


def validator(name):
    return jsonschema.Draft202012Validator(json.loads((SOURCE / "docs" / name).read_text(encoding="utf-8")))


FILE, DOCUMENT = validator("claim.schema.json"), validator("claims.schema.json")

# The smallest that does something.
SMALL = {
    "claim": "small", "says": "Sleeping threads do not add up.", "explains": "They sleep at the same time.",
    "experiments": {"only": {"workload": "sleep:1ms", "models": ["sequential", "threads"], "tasks": 4, "concurrency": 4}},
    "figures": [{"name": "threads over sequential", "metric": "time", "model": "threads", "over": {"model": "sequential"},
                 "confirmed": {"at_most": 0.5}, "refuted": {"at_least": 0.8}}],
}


def changed(path, value, of=SMALL):
    """A copy with a member set, by a path of keys and indices; None takes it out."""
    claim = copy.deepcopy(of)
    *way, last = path
    place = claim
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return claim


class Claims(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "none").mkdir()

    def store(self, claim, name="mine.json"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(claim if isinstance(claim, str) else json.dumps(claim, indent=1), encoding="utf-8")
        return str(path)

    def ran(self, *arguments, status=OK, **options):
        changes = {"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_ROOT": self.folder / "none", "COLUMNS": 80,
                   "XDG_CONFIG_HOME": self.folder / "config", **options}
        changes = {name: value for name, value in changes.items() if value is not None}
        ran = run("claims", *arguments, **changes)
        self.assertEqual(ran.status, status, ran.stdout + ran.stderr)
        self.assertFalse(ran.left_over)
        return ran

    def document(self, *arguments, **options):
        document = json.loads(self.ran("--format=json", "--quiet", "--stand-ins", *arguments, **options).stdout)
        DOCUMENT.validate(document)
        return document

    def claim(self, claim, **options):
        return self.document(self.store(claim), **options)["claims"][0]

    def refused(self, claim, *says):
        path = self.store(claim)
        ran = self.ran("--list", path, status=USAGE)
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
        for word in [path, *says]:
            self.assertIn(word, ran.stderr)
        self.assertEqual(ran.stdout, "")


class Files(Claims):
    def test_ours_are_as_the_schema_says(self):
        self.assertGreater(len(CLAIMS), 0)
        names = [json.loads(path.read_text(encoding="utf-8"))["claim"] for path in CLAIMS]
        for path in CLAIMS:
            with self.subTest(path=path.name):
                FILE.validate(json.loads(path.read_text(encoding="utf-8")))
        self.assertEqual(len(names), len(set(names)))
        listed = json.loads(self.ran("--list", "--format=json").stdout)
        DOCUMENT.validate(listed)
        self.assertEqual(sorted(claim["claim"] for claim in listed["claims"]), sorted(names))

    def test_small_is_as_the_schema_says(self):
        FILE.validate(SMALL)

    BROKEN = [
        ((["claim"], None), "something is missing"),
        ((["claim"], "Not a name"), "claim", "small letters"),
        ((["says"], 7), "says", "text"),
        ((["number"], 0), "number", "1 to 9999"),
        ((["explain"], "x"), "explain", "unknown key"),
        ((["experiments"], {}), "experiments", "one at least"),
        ((["experiments", "only", "workload"], None), "experiments.only", "nothing to do"),
        ((["experiments", "only", "script"], ["true"]), "several things to do"),
        ((["experiments", "only", "workload"], "fib:x"), "experiments.only.workload", "'x'"),
        ((["experiments", "only", "workload"], "nosuch"), "experiments.only.workload", "a workload"),
        ((["experiments", "only", "workload"], "fib:10,20"), "experiments.only.workload"),
        ((["experiments", "only", "models"], []), "experiments.only.models", "a list of models"),
        ((["experiments", "only", "models", 0], "thread"), "experiments.only.models[0]", "'thread'"),
        ((["experiments", "only", "models", 0], "gil:intervall=1ms"), "experiments.only.models[0]", "interval"),
        ((["experiments", "only", "tasks"], 0), "experiments.only.tasks", "1 to 1000000"),
        ((["experiments", "only", "cores"], "2"), "experiments.only.cores", "'2'"),
        ((["experiments", "only", "rate"], "fast"), "experiments.only.rate", "'fast'"),
        ((["experiments", "only", "duration"], "1s"), "experiments.only.duration", "tasks"),
        ((["experiments", "only"], {"workload": "sleep:1ms", "models": ["threads"], "duration": "1s"}),
         "experiments.only.duration", "without a rate"),
        ((["experiments", "only"], {"program": {"steps": [{"sleep": "1ms"}]}, "models": ["threads"], "duration": "1s"}),
         "experiments.only.duration", "without a rate"),
        ((["experiments", "only"], {"workload": "sleep:1ms", "models": ["threads"], "duration": "1s", "rate": "1/m"}),
         "experiments.only.rate", "'1/m'", "a longer duration"),
        ((["experiments", "only"], {"workload": "sleep:1ms", "models": ["threads"], "rate": "1/m:constant"}),
         "experiments.only.rate", "'1/m:constant'", "a higher one"),
        ((["experiments", "only"], {"workload": "sleep:1ms", "models": ["threads"], "duration": "1m", "rate": "100k/s"}),
         "experiments.only.rate", "'100k/s'", "a shorter duration"),
        ((["experiments", "only"], {"workload": "hog", "models": ["threads"], "duration": "1ns"}),
         "experiments.only.duration", "'1ns'", "a longer one"),
        ((["experiments", "only"], {"program": {"rate": "1/m", "duration": "1s", "steps": [{"sleep": "1ms"}]}, "models": ["threads"]}),
         "experiments.only", "no task arrives"),
        ((["experiments", "only", "task_timeout"], "0s"), "experiments.only.task_timeout", "above 0"),
        ((["experiments", "only", "lanes"], 4), "experiments.only.lanes", "unknown key"),
        ((["figures"], []), "figures", "a list"),
        ((["figures", 0, "metric"], "speed"), "figures[0].metric", "'speed'", "lateness"),
        ((["figures", 0, "class"], "short"), "figures[0].class"),
        ((["figures", 0, "experiment"], "other"), "figures[0].experiment", "'other'"),
        ((["figures", 0, "model"], "gil"), "figures[0].model", "'gil'"),
        ((["figures", 0, "model"], ["threads", "gil"]), "figures[0].model[1]", "'gil'"),
        ((["figures", 0, "over"], {}), "figures[0].over", "nothing it is over"),
        ((["figures", 0, "over", "model"], "gil"), "figures[0].over.model", "'gil'"),
        ((["figures", 0, "refuted"], None), "figures[0]", "both bounds"),
        ((["figures", 0, "refuted"], {"at_most": 0.8}), "figures[0].refuted", "room"),
        ((["figures", 0, "refuted"], {"at_least": 0.5}), "figures[0].refuted", "room"),
        ((["figures", 0, "confirmed"], {"at_most": "1"}), "figures[0].confirmed", "a bound"),
        ((["figures", 0, "confirmed"], {"at_most": 1, "at_least": 0}), "figures[0].confirmed", "a bound"),
        ((["needs"], {"cores": 0}), "needs.cores"),
        ((["needs"], {"memory": 1}), "needs.memory", "unknown key"),
        ((["real"], [{"runtime": "CPython"}]), "real[0]", "models"),
        ((["real"], [{"runtime": "CPython", "models": {"threads": 3}}]), "real[0].models.threads"),
        ((["real"], [{"runtime": "CPython", "models": {"threads": None}, "experiments": {}}]), "real[0].experiments", "by experiment"),
        ((["real"], [{"runtime": "CPython", "models": {"threads": None}, "experiments": {"only": "other"}}]),
         "real[0].experiments.only", "an experiment for another"),
        ((["real"], [{"runtime": "CPython", "models": {"threads": None}, "experiments": {"other": "only"}}]),
         "real[0].experiments.other", "an experiment for another"),
        ((["real"], [{"runtime": "CPython", "models": {"threads": "gil"}, "experiments": {"only": "only"}}]),
         "real[0].experiments.only", "an experiment of this runtime"),
        ((["asks"], {"question": "?", "answers": ["a"], "right": 0}), "asks", "2 to 9"),
        ((["asks"], {"question": "?", "answers": ["a", "b"], "right": 2}), "asks.right", "0 to 1"),
        ((["asks"], {"question": "?", "answers": ["a", "b"]}), "asks", "right"),
    ]

    def test_broken_files_name_the_place(self):
        for (path, value), *says in self.BROKEN:
            with self.subTest(path=path, value=value):
                self.refused(changed(path, value), *says)

    def test_a_duration_with_a_rate(self):
        """Of the experiment, of the workload, or of a class."""
        own = {"rate": "50/s", "steps": [{"sleep": "1ms"}]}
        for work in ({"workload": "sleep:1ms", "rate": "50/s"}, {"workload": "hog"}, {"program": own}):
            only = {"models": ["sequential", "threads"], "duration": "100ms", **work}
            self.ran("--list", self.store(changed(["experiments", "only"], only)))

    def test_a_figure_with_bounds_is_wanted(self):
        claim = changed(["figures", 0, "confirmed"], None)
        del claim["figures"][0]["refuted"]
        self.refused(claim, "figures", "bounds")

    def test_what_is_no_json(self):
        self.refused('{"claim": "a",}', ":1:", "expected")
        self.refused("", "expected")
        self.refused("[]", "a claim")

    def test_lines_are_those_of_the_file(self):
        self.refused(changed(["figures", 0, "metric"], "speed"), ":19: figures[0].metric")

    def test_a_broken_program_names_its_place(self):
        claim = changed(["experiments", "only", "program"], {"steps": [{"sleep": "x"}]})
        del claim["experiments"]["only"]["workload"]
        self.refused(claim, "experiments.only.program.steps[0].sleep", "'x'")

    def test_unknown_names(self):
        for name, says in (("gil-cpi", "did you mean 'gil-cpu'"), ("xyzzy", "expected a name"), ("./none.json", "none.json")):
            ran = self.ran(name, status=USAGE)
            self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
            self.assertIn(says, ran.stderr)

    def test_what_names_begin_with(self):
        """All of those; a claim of that very name alone."""
        def listed(*names):
            return [claim["claim"] for claim in json.loads(self.ran("--list", "--format=json", *names).stdout)["claims"]]
        self.assertEqual(listed("gil"), ["gil-cpu", "gil-io"])
        self.assertEqual(listed("gil", "gil-io", "hog"), ["gil-cpu", "gil-io", "hog"])
        self.assertEqual(listed("gather"), ["gather"])
        for name in ("gi", "gil-", "-", ""):
            self.assertIn("unknown claim", self.ran("--list", "--", name, status=USAGE).stderr)

    def test_own_folder(self):
        self.store(SMALL, "config/ccbench/claims/small.json")
        self.store("{", "config/ccbench/claims/broken.json")
        ran = self.ran("--list")
        self.assertIn("small ", ran.stdout)
        self.assertIn("gil-cpu", ran.stdout)
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+broken.json:[^\n]+\n\Z")

    def test_own_of_a_taken_name(self):
        self.store(changed(["claim"], "gil-cpu"), "config/ccbench/claims/x.json")
        self.assertIn("taken", self.ran("--list").stderr)

    def test_a_named_file_takes_the_place(self):
        path = self.store(changed(["claim"], "gil-cpu"))
        listed = json.loads(self.ran("--list", "--format=json", path).stdout)
        self.assertEqual([claim["says"] for claim in listed["claims"]], [SMALL["says"]])
        self.assertIn("taken", self.ran("--list", path, self.store(changed(["claim"], "gil-cpu"), "b.json"), status=USAGE).stderr)


class Verdicts(Claims):
    def test_confirmed(self):
        claim = self.claim(SMALL)
        self.assertEqual(claim["verdict"], "confirmed")
        figure = claim["figures"][0]
        self.assertEqual([len(batch) for batch in figure["batches"]], [6, 6])
        self.assertEqual((figure["n"], figure["unit"], figure["verdict"]), (12, "ratio", "confirmed"))
        self.assertLess(figure["high"], 0.5)

    def test_refuted(self):
        claim = self.claim(changed(["figures", 0, "confirmed"], {"at_most": 0.01}) | {"claim": "b"})
        self.assertEqual(claim["verdict"], "not shown")
        bounds = changed(["figures", 0, "refuted"], {"at_least": 0.02}, changed(["figures", 0, "confirmed"], {"at_most": 0.01}))
        self.assertEqual(self.claim(bounds)["verdict"], "refuted")

    def test_a_failing_cell_names_its_reason(self):
        claim = self.claim(SMALL, CCBENCH_FAKE_MODE="leave", CCBENCH_FAKE_MODELS="threads")
        self.assertEqual(claim["verdict"], "not shown")
        self.assertRegex(claim["reason"], "threads failed: .*status 7")
        self.assertIn(f"ccbench claims {self.folder / 'mine.json'}", claim["would_show"])

    def test_what_is_said_fits_the_terminal(self):
        """Notes below the figures begin further in than other lines."""
        claim = changed(["figures", 0, "name"], "a name of some twenty letters and more")
        for columns in (80, 60):
            ran = self.ran("--quiet", "--stand-ins", self.store(claim), CCBENCH_FAKE_MODE="leave", CCBENCH_FAKE_MODELS="threads",
                           COLUMNS=columns)
            self.assertIn("     not shown: a name of", ran.stdout)
            said = ran.stdout[ran.stdout.index("     not shown:"):ran.stdout.index("$ ccbench")]
            self.assertLessEqual(max(map(len, said.splitlines())), columns, said)

    def test_what_would_show_it_can_be_typed(self):
        """A file that was named by its path, which may have to be quoted; one of the own folder by its claim's name."""
        failing = {"CCBENCH_FAKE_MODE": "leave", "CCBENCH_FAKE_MODELS": "threads"}
        path = self.store(SMALL, "a folder/mine.json")
        says = self.document(path, **failing)["claims"][0]["would_show"]
        self.assertEqual(shlex.split(says[1:says.rindex("'")]), ["ccbench", "claims", path])
        self.store(SMALL, "config/ccbench/claims/small.json")
        self.assertIn("'ccbench claims small' once", self.document("small", **failing)["claims"][0]["would_show"])

    def test_too_few_cores(self):
        claim = self.claim(changed(["needs"], {"cores": 1000}))
        self.assertEqual(claim["verdict"], "not shown")
        self.assertIn("1000 cores are needed", claim["reason"])
        claim = self.claim(changed(["experiments", "only", "cores"], 1000))
        self.assertIn("1000 cores are needed", claim["reason"])

    def test_experiments_are_shared(self):
        other = changed(["experiments", "only", "models"], ["sequential", "threads", "gil"])
        other["claim"] = "other"
        state = self.folder / "state"
        state.mkdir()
        self.document(self.store(SMALL), self.store(other, "other.json"), CCBENCH_FAKE_STATE=state)
        # A warm-up and two batches of six rounds, of each model once.
        self.assertEqual({path.name: path.stat().st_size for path in state.iterdir()},
                         {f"{model}-sleep": 13 for model in ("sequential", "threads", "gil")})

    def replaced(self, *arguments):
        """A claim of which CPython is tested by another experiment; what has been tried, by model and workload."""
        claim = changed(["real"], [{"runtime": "CPython", "models": {"sequential": "python-loop", "threads": "python-threads"},
                                    "experiments": {"only": "own"}}])
        claim["experiments"]["own"] = {"workload": "noop", "models": ["python-loop", "python-threads"], "tasks": 4, "concurrency": 4}
        claim["figures"][0]["experiment"] = "only"
        FILE.validate(claim)
        state = self.folder / "state"
        state.mkdir()
        ran = self.ran("--format=json", "--quiet", *arguments, self.store(claim), CCBENCH_FAKE_STATE=state)
        document = json.loads(ran.stdout)
        DOCUMENT.validate(document)
        return document["claims"][0], {path.name for path in state.iterdir()}

    def test_a_runtime_may_have_another_experiment(self):
        claim, tried = self.replaced()
        self.assertEqual(tried, {"sequential-sleep", "threads-sleep", "python-loop-noop", "python-threads-noop"})
        real = claim["real"][0]["figures"][0]
        self.assertEqual((claim["figures"][0]["experiment"], real["experiment"], real["over"]["experiment"]), ("only", "own", "own"))
        self.assertEqual((real["model"], real["over"]["model"], real["n"]), ("python-threads", "python-loop", 12))

    def test_an_experiment_may_have_any_name(self):
        """Of a program of its own, too, and in any folder: a comma elsewhere separates workloads, and two points are a range."""
        for name in ("a hundred, 1 ms", "1..4", "a:b", "a/b", "ein % Ö", "x.json,y"):
            claim = changed(["experiments"], {name: {"program": {"steps": [{"sleep": "1ms"}]}, "models": ["sequential", "threads"],
                                                     "tasks": 4, "concurrency": 4}})
            with self.subTest(name):
                found = self.document(self.store(claim, "one, two/mine.json"))["claims"][0]
                self.assertEqual((found["verdict"], found["figures"][0]["n"]), ("confirmed", 12), found["reason"])

    def test_what_cannot_be_planned_costs_its_own_claim(self):
        """Tasks arrive by the seed: by this one none does within the time, which the file cannot know."""
        rare = {"workload": "noop", "models": ["threads"], "rate": "30/s", "duration": "100ms"}
        claim = changed(["experiments"], {"only": rare}) | {"claim": "rare", "number": 1}
        claim["figures"] = [{"name": "f", "metric": "time", "model": "threads", "confirmed": {"at_most": 1e12}, "refuted": {"at_least": 2e12}}]
        paths = self.store(claim, "rare.json"), self.store(SMALL)
        ran = self.ran("--format=json", "--quiet", "--seed=13", *paths)
        rare, small = json.loads(ran.stdout)["claims"]
        self.assertEqual((rare["claim"], rare["verdict"], small["verdict"]), ("rare", "not shown", "confirmed"))
        self.assertIn("'only' cannot be carried out", rare["reason"])
        self.assertRegex(ran.stderr, r"\Accbench: --rate: no tasks of noop arrive [^\n]+\n\Z")

    def test_which_is_not_measured_for_stand_ins(self):
        claim, tried = self.replaced("--stand-ins")
        self.assertEqual(tried, {"sequential-sleep", "threads-sleep"})
        self.assertEqual((claim["real"][0]["figures"], claim["stand_in"]), ([], True))

    def test_several_models_are_several_figures(self):
        claim = self.claim(changed(["figures", 0, "model"], ["threads", "sequential"]))
        self.assertEqual([figure["name"].split(": ")[-1] for figure in claim["figures"]], ["threads", "sequential"])
        self.assertEqual([figure["verdict"] for figure in claim["figures"]], ["confirmed", "refuted"])
        self.assertEqual(claim["verdict"], "refuted")

    def test_the_command_of_a_script_runs_anywhere(self):
        self.store("echo '{\"frames\": 4}'", "a folder/count.sh")
        script = {"claim": "script", "says": "s", "explains": "e", "experiments": {"s": {"script": ["sh", "count.sh"]}},
                  "figures": [{"name": "f", "metric": "frames", "confirmed": {"at_least": 3}, "refuted": {"at_most": 2}}]}
        listed = json.loads(self.ran("--list", "--format=json", self.store(script, "a folder/mine.json")).stdout)
        command, = listed["claims"][0]["commands"]
        printed = subprocess.run(["sh", "-c", command], cwd="/", stdout=subprocess.PIPE, text=True, timeout=30, check=True).stdout
        self.assertEqual(json.loads(printed), {"frames": 4})

    def test_what_nothing_has(self):
        """A class or a counter that is misspelt: to measure once more would not show it."""
        for figure, says in (({"metric": "latency", "class": "shrt"}, "no latency of shrt"),
                             ({"metric": "counters.gil_handover"}, "no counters.gil_handover")):
            claim = self.claim(changed(["figures"], [{**SMALL["figures"][0], **figure}]))
            self.assertEqual((claim["verdict"], claim["figures"][0]["cause"]), ("not shown", "failed"))
            self.assertIn("0 of 12 values: what was measured has " + says, claim["reason"])
            self.assertIn("once that is mended", claim["would_show"])

    def test_scripts(self):
        script = {"claim": "script", "says": "s", "explains": "e", "experiments": {"s": {"script": ["sh", "count.sh"]}},
                  "figures": [{"name": "f", "metric": "frames", "confirmed": {"at_least": 3}, "refuted": {"at_most": 2}}]}
        FILE.validate(script)
        for text, verdict, says in (("echo noise; echo '{\"frames\": 4}'", "confirmed", ""),
                                    ("echo '{\"frames\": 1}'", "refuted", ""),
                                    ("echo '{\"other\": 1}'", "not shown", "0 of 2 values"),
                                    ("echo gdb is not here; exit 77", "not shown", "gdb is not here"),
                                    ("sleep 1000 & echo '{\"frames\": 4}'", "confirmed", ""),
                                    ("while sleep 0.01; do echo noise; done & echo '{\"frames\": 1}'; exit 3", "not shown", "status 3"),
                                    ("exit 3", "not shown", "status 3"), ("echo '[]'", "not shown", "no JSON object"),
                                    ("kill -9 $$", "not shown", "signal 9")):
            with self.subTest(text=text):
                self.store(text, "count.sh")
                claim = self.claim(script)
                self.assertEqual(claim["verdict"], verdict, claim)
                self.assertIn(says, claim["reason"] or "")


class Batches(Claims):
    """What noise hides is measured again."""

    def measured(self, speed, claim=SMALL, **options):
        state = self.folder / "state"
        state.mkdir()
        found = self.claim(claim, CCBENCH_FAKE_STATE=state, CCBENCH_FAKE_SPEED=speed, **options)
        figure = found["figures"][0]
        self.assertEqual(len(figure["others_shares"]), len(figure["batches"]))
        self.assertEqual(figure["n"], sum(map(len, figure["batches"])))
        # A warm-up, and each batch.
        self.assertEqual((state / "threads-sleep").stat().st_size, 1 + figure["n"])
        return found, [len(batch) for batch in figure["batches"]]

    def test_a_third(self):
        claim, batches = self.measured("threads=5@8-11")
        self.assertEqual((claim["verdict"], batches), ("confirmed", [6, 6, 6]))

    def test_a_fourth(self):
        claim, batches = self.measured("threads=5@3-4+8-9+14")
        self.assertEqual((claim["verdict"], batches), ("confirmed", [6, 6, 6, 6]))

    def test_no_fifth(self):
        claim, batches = self.measured("threads=5@2-3+8-9+14-15+20-21")
        self.assertEqual((claim["verdict"], batches), ("not shown", [6, 6, 6, 6]))
        self.assertIn("noisy", claim["reason"])

    def test_batches_that_disagree_are_all_named(self):
        claim, batches = self.measured("threads=5@7-12+19-24")
        self.assertEqual((claim["verdict"], batches), ("not shown", [6, 6, 6, 6]))
        self.assertRegex(claim["reason"], r"the batches disagree: [\d.]+, [\d.]+, [\d.]+ and [\d.]+ ×\Z")

    def test_what_is_between_is_not(self):
        claim, batches = self.measured("threads=2.4")
        self.assertEqual((claim["verdict"], claim["figures"][0]["cause"], batches), ("not shown", "between", [6, 6]))

    def test_what_is_compared_is_measured_in_turn(self):
        """A figure of one experiment over another: both in each round."""
        claim = changed(["experiments", "other"], {"workload": "noop", "models": ["threads"], "tasks": 4, "concurrency": 4})
        claim["experiments"]["alone"] = {"workload": "switch:1", "models": ["threads"], "tasks": 4, "concurrency": 4}
        claim["figures"][0]["experiment"] = "only"
        claim["figures"] += [{"name": "f", "metric": "cpu", "experiment": "other", "model": "threads", "over": {"experiment": "only"}},
                             {"name": "g", "metric": "cpu", "experiment": "alone", "model": "threads"}]
        FILE.validate(claim)
        log = self.folder / "log"
        self.claim(claim, CCBENCH_FAKE_LOG=log)
        trials_of = log.read_text(encoding="utf-8").split()
        pairs = [name for name in trials_of if name in ("threads-sleep", "threads-noop")]
        self.assertEqual(len(pairs), 26)
        rounds = [set(pairs[i:i + 2]) for i in range(2, 26, 2)]  # behind the warm-ups
        self.assertEqual(rounds, [{"threads-sleep", "threads-noop"}] * 12)
        self.assertGreater(len({tuple(pairs[i:i + 2]) for i in range(2, 26, 2)}), 1)  # in either order
        # What is not compared has rounds of its own.
        alone = [i for i, name in enumerate(trials_of) if name == "threads-switch"]
        self.assertIn([1] * 5, [[b - a for a, b in zip(alone[i:], alone[i + 1:i + 6])] for i in range(len(alone) - 5)])


class Real(Claims):
    """With trials that are none of the test's own."""

    def test_each_experiment_has_the_file_that_it_reads(self):
        """The second reads more at once than the first one's file has."""
        claim = changed(["experiments"], {"little": {"workload": "file:4k", "models": ["sequential"], "tasks": 4, "concurrency": 1},
                                          "much": {"workload": "file:4m", "models": ["sequential"], "tasks": 4, "concurrency": 1}})
        claim["figures"] = [{"name": name, "metric": "time", "experiment": name, "model": "sequential", "confirmed": {"at_most": 1e12},
                             "refuted": {"at_least": 2e12}} for name in ("little", "much")]
        figures = self.claim(claim, CCBENCH_TRIAL=None)["figures"]
        self.assertEqual([(figure["n"], figure["missing"]) for figure in figures], [(12, None)] * 2)


def one(name, workload, models, model, over, confirmed, refuted, metric="time", **more):
    """A claim of one figure."""
    figure = {"name": name, "metric": metric, "model": model, "confirmed": confirmed, "refuted": refuted}
    if over:
        figure["over"] = {"model": over}
    return {"claim": name, "says": "s", "explains": "e", "figures": [figure],
            "experiments": {"only": {"workload": workload, "models": models, **more}}}


class Doctored(Claims):
    """Models that are not what they say turn the claims that they should, and no others."""
    CLAIMS = [
        one("io-under-a-gil", "sleep:10ms", ["gil", "sequential"], "gil", "sequential", {"at_most": 0.5}, {"at_least": 0.8},
            tasks=16, concurrency=4),
        one("no-sooner", "sleep:10ms", ["async"], "async", None, {"at_most": 1.1}, {"at_least": 1.3}, metric="of_ideal",
            tasks=16, concurrency=4),
        one("threads-compute", "fib:20", ["threads", "sequential"], "threads", "sequential", {"at_most": 0.7}, {"at_least": 0.9},
            tasks=16, concurrency=2),
        one("bytes-cost", "payload:1m", ["threads", "processes"], "processes", "threads", {"at_least": 50}, {"at_most": 20},
            tasks=8, concurrency=2),
    ]
    # A sleep that is too short is noticed by the oracle, before it is a figure.
    TURNS = {"unreleased": ("gil", "io-under-a-gil", "refuted"), "hasty": ("async", "no-sooner", "not shown"),
             "pinned": ("threads", "threads-compute", "refuted"), "sharing": ("processes", "bytes-cost", "refuted")}

    def verdicts(self, **changes):
        paths = [self.store(claim, f"{claim['claim']}.json") for claim in self.CLAIMS]
        state = self.folder / "state"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        document = self.document(*paths, CCBENCH_FAKE_STATE=state, CCBENCH_FAKE_BYTE_NS=1, **changes)
        return {claim["claim"]: claim["verdict"] for claim in document["claims"]}

    def setUp(self):
        super().setUp()
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one core")

    def test_none(self):
        self.assertEqual(set(self.verdicts().values()), {"confirmed"})

    def test_each(self):
        for mode, (model, claim, verdict) in self.TURNS.items():
            with self.subTest(mode=mode):
                verdicts = self.verdicts(CCBENCH_FAKE_MODE=mode, CCBENCH_FAKE_MODELS=model)
                self.assertEqual(verdicts.pop(claim), verdict)
                self.assertEqual(set(verdicts.values()), {"confirmed"})

    def test_noise_shows_nothing_or_the_same(self):
        """Trials of some rounds that take three times as long, now of one model, now of the other."""
        for speed in ("threads=3@1-3,gil=3@2-5+9-11", "sequential=3@1+3+5+8+10+12,processes=0.2@9-12"):
            with self.subTest(speed=speed):
                self.assertNotIn("refuted", self.verdicts(CCBENCH_FAKE_SPEED=speed).values())


class Busy(Claims):
    """/proc/stat of a machine on which others take half of the time of each CPU, or nothing."""

    def machine(self, share):
        root = self.folder / "busy"
        (root / "proc").mkdir(parents=True)
        begin, stop = time.monotonic(), threading.Event()

        def write():
            while not stop.is_set():
                ticks = int((time.monotonic() - begin) * 100000)
                text = "".join(f"cpu{cpu} {int(share * ticks)} 0 0 {int((1 - share) * ticks)} 0 0 0 0 0 0\n" for cpu in range(64))
                (root / "proc" / "new").write_text(f"cpu  0 0 0 0 0 0 0 0 0 0\n{text}", encoding="utf-8")
                os.replace(root / "proc" / "new", root / "proc" / "stat")
                stop.wait(0.002)

        writer = threading.Thread(target=write)
        writer.start()
        while not (root / "proc" / "stat").exists():
            time.sleep(0.001)

        def end():
            stop.set()
            writer.join()
        self.addCleanup(end)
        return root

    def test_a_busy_machine_shows_nothing(self):
        claim = self.claim(SMALL, CCBENCH_ROOT=self.machine(1.0))
        self.assertEqual((claim["verdict"], claim["figures"][0]["cause"]), ("not shown", "others"))
        self.assertIn("of the CPU time", claim["reason"])
        self.assertIn("while nothing else runs", claim["would_show"])

    def test_a_quiet_one_does(self):
        claim = self.claim(SMALL, CCBENCH_ROOT=self.machine(0.0))
        self.assertEqual(claim["verdict"], "confirmed")
        self.assertEqual(claim["figures"][0]["others_share"], 0)

    def test_counts_do_not_mind(self):
        count = changed(["figures"], [{"name": "tasks", "metric": "in_flight", "model": "threads", "confirmed": {"at_most": 4},
                                       "refuted": {"at_least": 5}}])
        self.assertEqual(self.claim(count, CCBENCH_ROOT=self.machine(1.0))["verdict"], "confirmed")


class Interrupted(Claims):
    def test_what_was_measured_is_shown(self):
        slow = changed(["claim"], "slow")
        slow["experiments"]["only"]["workload"] = "sleep:2ms"
        family = Tagged()
        process = subprocess.Popen(
            [CCBENCH, "claims", "--format=json", "--quiet", self.store(SMALL), self.store(slow, "slow.json")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=family.environment(CCBENCH_TRIAL=FAKE_TRIAL, CCBENCH_ROOT=self.folder / "none", CCBENCH_FAKE_MODE="hang",
                                   CCBENCH_FAKE_MODELS="threads"))
        try:
            family.wait_for(trials, "a trial", process)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=PATIENCE_S)
        finally:
            family.kill()
            process.wait()
        self.assertEqual(process.returncode, 130, stderr)
        self.assertFalse(family.left_over())
        document = json.loads(stdout)
        DOCUMENT.validate(document)
        self.assertEqual((document["interrupted"], document["status"]), ("SIGINT", 130))
        self.assertEqual([claim["verdict"] for claim in document["claims"]], ["not shown", "not shown"])

    def test_a_script_too(self):
        """It would be shown by another run, and nothing has to be mended."""
        script = {"claim": "script", "says": "s", "explains": "e", "experiments": {"s": {"script": ["sh", "-c", "touch begun; sleep 1000"]}},
                  "figures": [{"name": "f", "metric": "frames", "confirmed": {"at_least": 3}, "refuted": {"at_most": 2}}]}
        family = Tagged()
        process = subprocess.Popen([CCBENCH, "claims", "--format=json", "--quiet", self.store(script)], stdout=subprocess.PIPE, text=True,
                                   env=family.environment(CCBENCH_ROOT=self.folder / "none"))
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not (self.folder / "begun").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            stdout, _ = process.communicate(timeout=PATIENCE_S)
        finally:
            family.kill()
            process.wait()
        self.assertEqual((process.returncode, family.left_over()), (130, {}))
        claim, = json.loads(stdout)["claims"]
        self.assertEqual((claim["reason"], claim["figures"][0]["cause"]), ("f: interrupted", "interrupted"))
        self.assertIn("to its end", claim["would_show"])


ASKING = SMALL | {"asks": {"question": "How long?", "answers": ["a quarter", "as long", "longer"], "right": 0}}


class Questions(Claims):
    def predict(self, text, claim=ASKING, status=OK):
        answers = self.folder / "answers"
        answers.write_text(text, encoding="utf-8")
        with open(answers, encoding="utf-8") as file:
            return self.ran("--predict", "--quiet", "--format=json", self.store(claim), stdin=file, status=status)

    def predicted(self, text, **options):
        document = json.loads(self.predict(text, **options).stdout)
        DOCUMENT.validate(document)
        return document["claims"][0]["predicted"], document["predictions"]

    def test_answers(self):
        asked = {"asked": 1, "answered": 1, "counted": 1, "right": 1}
        self.assertEqual(self.predicted("1\n"), (0, asked))
        self.assertEqual(self.predicted(" 3 \n"), (2, asked | {"right": 0}))
        for nothing in ("\n", "", "  \n"):
            self.assertEqual(self.predicted(nothing), (None, {"asked": 1, "answered": 0, "counted": 0, "right": 0}))

    def test_what_is_not_confirmed_does_not_count(self):
        turned = changed(["figures", 0, "refuted"], {"at_least": 0.02}, changed(["figures", 0, "confirmed"], {"at_most": 0.01}, ASKING))
        self.assertEqual(self.predicted("1\n", claim=turned)[1], {"asked": 1, "answered": 1, "counted": 0, "right": 0})

    def test_no_answer(self):
        for text in ("4\n", "0\n", "a quarter\n", "-1\n", "1e9\n"):
            ran = self.predict(text, status=USAGE)
            self.assertRegex(ran.stderr, r"(?m)^ccbench: '[^'\n]+' is no answer, expected 1 to 3, or nothing$")
            self.assertEqual(ran.stdout, "")

    def test_both_are_shown(self):
        answers = self.folder / "answers"
        answers.write_text("2\n", encoding="utf-8")
        with open(answers, encoding="utf-8") as file:
            text = self.ran("--predict", "--quiet", self.store(ASKING), stdin=file).stdout
        self.assertIn('you expected "as long": it is "a quarter"', " ".join(text.split()))
        self.assertIn("0 were right", " ".join(text.split()))

    def test_the_questions_alone(self):
        text = self.ran("--questions", self.store(ASKING)).stdout
        self.assertIn("[ ] a quarter", text)
        self.assertNotIn("sequential", text)
        self.assertNotIn(SMALL["says"], text)
        self.ran("--questions", "-o", self.folder / "q.md", "-o", self.folder / "q.html", self.store(ASKING))
        self.assertIn("- [ ] as long", (self.folder / "q.md").read_text(encoding="utf-8"))
        self.assertIn("<p>☐ as long</p>", (self.folder / "q.html").read_text(encoding="utf-8"))


class Shown(Claims):
    def test_again_is_the_same(self):
        path = self.store(SMALL)
        live = self.ran("--quiet", "--stand-ins", "-o", self.folder / "claims.json", path).stdout
        again = run("report", self.folder / "claims.json", COLUMNS=80)
        self.assertEqual((again.status, again.stdout), (OK, live))

    def test_same_document_same_bytes(self):
        names = [self.folder / f"claims.{suffix}" for suffix in ("json", "md", "html", "txt")]
        self.ran("--quiet", "--stand-ins", *(f"--output={name}" for name in names), self.store(SMALL))
        for name in names[1:]:
            again = self.folder / f"again{name.suffix}"
            self.assertEqual(run("report", names[0], f"--output={again}").status, OK)
            self.assertEqual(again.read_bytes(), name.read_bytes())

    def test_pages_say_what_the_document_says(self):
        self.ran("--quiet", "--stand-ins", "-o", self.folder / "a.md", "-o", self.folder / "a.html", self.store(SMALL))
        for name in ("a.md", "a.html"):
            text = (self.folder / name).read_text(encoding="utf-8")
            for words in ("small: confirmed", SMALL["says"], SMALL["explains"], "at most 0.5 ×", "-r 12", "1 claim: 1 confirmed"):
                self.assertIn(words, text)

    def test_pages_have_figures_without_bounds(self):
        """Of which there is nothing to say what would confirm them."""
        shown = changed(["figures"], [*SMALL["figures"], {"name": "only shown", "metric": "time", "model": "threads"}])
        self.ran("--quiet", "--stand-ins", "-o", self.folder / "a.md", "-o", self.folder / "a.html", self.store(shown))
        self.assertRegex((self.folder / "a.md").read_text(encoding="utf-8"), r"(?m)^\|[^|]*\| [^|]+ \|  \|  \| only shown \|$")
        self.assertIn("<td></td><td></td><td>only shown</td>", (self.folder / "a.html").read_text(encoding="utf-8"))

    def test_full_transcript(self):
        text = self.ran("--quiet", "--stand-ins", self.store(SMALL | {"turns": "Fewer threads.", "source": "a book"})).stdout
        head, _, rest = text.partition("\n\n")
        self.assertTrue(head.startswith("ccbench "))
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()))
        self.assertEqual(rest.partition("note: ")[0], (HERE / "transcripts" / "claims-small.txt").read_text(encoding="utf-8"))

    def test_other_formats_are_refused(self):
        self.assertIn("is not for claims", self.ran("--format=csv", status=USAGE).stderr)

    def test_broken_documents(self):
        document = self.document(self.store(SMALL))
        for path, value in ((["claims", 0, "verdict"], "perhaps"), (["claims", 0, "deciding"], 3), (["claims", 0, "figures"], {}),
                            (["claims", 0, "figures", 0, "unit"], "miles"), (["claims", 0, "figures", 0, "median"], "x"),
                            (["claims", 0, "predicted"], 1), (["stage"], "x"), (["schema"], "ccbench-claims/9"),
                            (["claims", 0, "figures", 0, "confirmed"], {"at_most": None}), (["notes"], [1])):
            with self.subTest(path=path):
                ran = run("report", self.store(changed(path, value, document), "broken.json"))
                self.assertEqual(ran.status, USAGE, ran.stdout)
                self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")

    def test_lines_fit(self):
        for line in self.ran("--list").stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_options_that_do_not_go_together(self):
        self.assertIn("expected one of them", self.ran("--list", "--questions", status=USAGE).stderr)

    def test_time_limit(self):
        claim = self.claim(SMALL)
        self.assertEqual(claim["verdict"], "confirmed")
        document = self.document("--time-limit=1ns", self.store(SMALL))
        self.assertIn("no time was left", document["claims"][0]["reason"])
        self.assertEqual(document["counts"], {"confirmed": 0, "refuted": 0, "not_shown": 1})


if __name__ == "__main__":
    unittest.main()

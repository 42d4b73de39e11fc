#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reports of several machines in one: what is put side by side or summed up, and that each sentence is true of them."""

import copy
import json
import os
import pathlib
import random
import re
import shutil
import tempfile
import unittest

from harness import OK, USAGE, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
LABELS = "abcdefg"


def load(name):
    return json.loads((HERE / "data" / f"{name}.json").read_text(encoding="utf-8"))


def stretch(report, model, factor, workload=""):
    """The times of a model multiplied, in the workloads whose name begins so."""
    for block in report["workloads"]:
        for cell in block["cells"]:
            if cell["model"] == model and block["workload"].startswith(workload):
                for sample in cell["samples"]:
                    for name in ("wall_ns", "cpu_ns"):
                        sample[name] = int(sample[name] * factor)
    return report


def fail(report, model, reason="threads stop at 3 (pid_max)", status="failed"):
    for block in report["workloads"]:
        for cell in block["cells"]:
            if cell["model"] == model:
                cell.update(status=status, reason=reason, samples=[], memory=None)
    return report


def with_cores(report, cores):
    report["environment"]["cpu"]["allowed_count"] = cores
    for block in report["workloads"]:
        block["cores"] = cores
    return report


def with_rounds(report, rounds):
    for block in report["workloads"]:
        block["rounds"] = min(block["rounds"], rounds)
        for cell in block["cells"]:
            cell["samples"] = [sample for sample in cell["samples"] if sample["round"] <= rounds]
            if not cell["samples"] and cell["status"] == "ok":
                cell.update(status="skipped", reason="no round was completed")
    return report


class Several(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.basic = load("basic")

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def store(self, name, document):
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    def sources(self, reports):
        """Labelled a, b, …, or m00, m01, … of many."""
        return [f"{LABELS[i] if len(reports) <= len(LABELS) else f'm{i:02}'}={self.store(f'{i}.json', report)}"
                for i, report in enumerate(reports)]

    def report(self, *arguments, status=OK, **changes):
        ran = run("report", *arguments, **changes)
        self.assertEqual((ran.status, ran.stderr), (status, ""), ran.stdout)
        return ran.stdout

    def document(self, *arguments):
        document = json.loads(self.report(*arguments, "--format=json"))
        if jsonschema is not None:
            schema = json.loads((HERE.parent / "docs" / "several.schema.json").read_text(encoding="utf-8"))
            errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                      for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
            self.assertEqual(errors, [])
        return document

    def refused(self, *arguments, says=(), **changes):
        ran = run("report", *arguments, **changes)
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""), ran.stderr)
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, ran.stderr)

    def place(self, document, workload, model, label):
        experiment, = [e for e in document["experiments"] if e["workload"] == workload]
        index = [machine["label"] for machine in document["machines"]].index(label)
        found, = [m for m in experiment["models"] if m["model"] == model]
        return found["places"][index]

    def findings(self, document, workload):
        return [said for e in document["experiments"] if e["workload"] == workload for said in e["findings"]]


class Sources(Several):
    def hosts(self, *names):
        for i, name in enumerate(names):
            report = copy.deepcopy(self.basic)
            if name is not None:
                report["environment"]["host"] = name
            self.store(f"run{i}.json", report)
        return [str(self.folder / f"run{i}.json") for i in range(len(names))]

    def labels(self, *arguments):
        return [machine["label"] for machine in self.document(*arguments)["machines"]]

    def test_labels(self):
        one, two, three = self.hosts("lab1", "lab2", None)
        self.assertEqual(self.labels(one, two, three), ["lab1", "lab2", "run2"])
        self.assertEqual(self.labels(f"x={one}", two), ["x", "lab2"])
        # A host that another one is called by tells nothing.
        self.assertEqual(self.labels(f"lab2={one}", two), ["lab2", "run1"])
        one, two, three = self.hosts("lab", "lab", "other")
        self.assertEqual(self.labels(one, two, three), ["run0", "run1", "other"])

    def test_a_name_with_an_equals_sign(self):
        path = self.store("x=1.json", self.basic)
        self.assertEqual(self.labels(path, f"b={path}"), ["x=1", "b"])
        here = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, here)
        self.assertEqual(self.labels("x=1.json", "y=x=1.json"), ["x=1", "y"])

    def test_one_with_a_label(self):
        self.assertEqual(self.labels(f"only={self.hosts('lab')[0]}"), ["only"])
        self.assertNotIn("several", self.report(self.hosts("lab")[0], "--format=json"))

    def test_refused(self):
        one, two = self.hosts("lab", "lab")
        self.refused(one, one, says=["run0.json", "called 'run0'", "LABEL=FILE"])
        self.refused(f"a={one}", f"a={two}", says="called 'a'")
        self.refused("=run.json", two, says="the label is missing")
        self.refused("a=", two, says="the file is missing")
        self.refused("-", "b=-", says="standard input once")
        self.refused("a=nowhere.json", two, says="nowhere.json: No such file")
        self.refused(says="given none")
        self.refused(one, self.store("bad.json", "{"), says="bad.json")
        self.refused(f"a={one}", f"b={two}", "--format=junit", says=["junit", "several reports", "table"])

    def test_what_is_no_report(self):
        one, two = self.hosts("lab1", "lab2")
        gate = self.store("gate.json", run("compare", one, two, "--format=json").stdout)
        several = self.store("several.json", self.report(one, two, "--format=json"))
        self.refused(one, gate, says=["gate.json", "gate or a comparison", "expected a report"])
        self.refused(one, several, says=["several.json", "several reports in one", "expected a report"])
        ran = run("compare", one, several)
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
        self.assertIn("several reports in one, expected a report", ran.stderr)

    def test_other_schemas(self):
        other = self.store("new.json", {**self.basic, "schema": "ccbench/2"})
        self.refused(f"a={self.hosts('lab')[0]}", f"b={other}", says=["new.json", "ccbench/2"])
        document = json.loads(self.report(f"a={self.hosts('lab')[0]}", "--format=json"))
        self.refused(self.store("s.json", {**document, "schema": "ccbench-several/2"}), says="expected 'ccbench-several/1'")

    def test_doctored(self):
        """Whatever is wrong in a stored one is refused in a line, and never shown."""
        document = json.loads(self.report(*self.sources([self.basic, self.basic]), "--format=json"))

        def wrong(change):
            other = copy.deepcopy(document)
            change(other)
            self.refused(self.store("wrong.json", other), says="wrong.json")
        wrong(lambda d: d["experiments"][0]["places"].pop())
        wrong(lambda d: d["experiments"][1]["models"][0]["places"].pop())
        wrong(lambda d: d["experiments"][0]["models"][0]["places"][0].update(status="fine"))
        wrong(lambda d: d["experiments"][0]["models"][0]["places"][0].update(status="failed", reason=None))
        wrong(lambda d: d["experiments"][0].update(findings=[1]))
        wrong(lambda d: d.update(machines=[]))
        wrong(lambda d: d["machines"][0].update(label=None))
        wrong(lambda d: d["facts"][0].update(values=[]))
        wrong(lambda d: d.pop("notes"))


class Shown(Several):
    def test_stored_again(self):
        sources = self.sources([self.basic, fail(copy.deepcopy(self.basic), "gil"), load("sweep")])
        text = self.report(*sources, "-o", self.folder / "s.json", "-o", self.folder / "s.md")
        self.assertEqual(self.report(self.folder / "s.json"), text)
        self.assertEqual(self.report(self.folder / "s.json", "--format=json"),
                         (self.folder / "s.json").read_text(encoding="utf-8"))
        self.assertEqual(self.report(self.folder / "s.json", "--format=markdown"),
                         (self.folder / "s.md").read_text(encoding="utf-8"))
        self.assertEqual(self.report(*sources), text)

    def test_side_by_side(self):
        text = self.report(*self.sources([self.basic, stretch(copy.deepcopy(self.basic), "async", 3)]))
        self.assertRegex(text, r"(?m)^ +a +b$")
        self.assertRegex(text, r"(?m)^model +rank +× +of ideal +rank +× +of ideal$")
        self.assertIn("nothing here says that one machine is faster than another", " ".join(text.split()))

    def test_figures_are_those_of_each_report(self):
        other = stretch(copy.deepcopy(self.basic), "async", 3)
        document = self.document(*self.sources([self.basic, other]))
        for label, report in zip("ab", (self.basic, other)):
            alone = json.loads(self.report(self.store("alone.json", report), "--format=json"))
            for block in alone["workloads"]:
                for cell in block["cells"]:
                    place = self.place(document, block["workload"], cell["model"], label)
                    summary = cell["summary"]
                    self.assertEqual((place["rank"], place["tied"]), (summary["rank"], summary["tied"]))
                    self.assertEqual(place["wall_ns"], summary["wall_ns"]["median"])
                    if summary["speedup"] is not None:
                        self.assertEqual({k: place["speedup"][k] for k in ("median", "low", "high")},
                                         {k: summary["speedup"][k] for k in ("median", "low", "high")})
                    if summary["of_ideal"] is not None:
                        self.assertEqual(place["of_ideal"], summary["of_ideal"]["median"])

    def test_what_differs(self):
        other = copy.deepcopy(self.basic)
        other["environment"]["kernel"] = "Linux 5.10"
        text = self.report(*self.sources([self.basic, other, self.basic]), COLUMNS="0")
        self.assertRegex(text, r"(?m)^differs: kernel: .* on a and c \| Linux 5\.10 on b$")
        self.assertRegex(text, r"(?m)^alike: .*CPU: AMD EPYC")
        self.assertEqual(text.count("differs:"), 1)

    def test_missing(self):
        """What one machine lacks costs that column alone."""
        one, two, three = (copy.deepcopy(self.basic) for _ in range(3))
        fail(one, "gil")
        for block in two["workloads"]:
            block["cells"] = [cell for cell in block["cells"] if cell["model"] != "green"]
        three["workloads"] = [block for block in three["workloads"] if not block["workload"].startswith("fib")]
        document = self.document(*self.sources([one, two, three]))
        fib = [e["workload"] for e in document["experiments"] if e["workload"].startswith("fib")][0]
        self.assertEqual(self.place(document, fib, "gil", "a")["status"], "failed")
        self.assertEqual(self.place(document, fib, "gil", "b")["status"], "ok")
        self.assertEqual(self.place(document, fib, "green", "b")["status"], "missing")
        self.assertEqual(self.place(document, fib, "threads", "c")["status"], "missing")
        text = self.report(*self.sources([one, two, three]))
        self.assertIn("- gil failed on a: threads stop at 3 (pid_max)", text)
        self.assertIn("- green missing on b: not run there", text)
        self.assertIn("- nothing on c: not run there", text)
        self.assertNotIn("threads missing", text)

    def test_few_or_no_rounds(self):
        for rounds in (0, 1, 5):
            with self.subTest(rounds):
                few = with_rounds(copy.deepcopy(self.basic), rounds)
                document = self.document(*self.sources([self.basic, few]))
                self.assertEqual(self.place(document, "sleep:10ms", "async", "b")["standing"], None)
                for said in self.findings(document, "sleep:10ms"):
                    self.assertRegex(said, "on a, the only one that tells")
                self.report(*self.sources([few, few]), "-v")

    def test_one_model_or_machine(self):
        one = copy.deepcopy(self.basic)
        for block in one["workloads"]:
            block["cells"] = block["cells"][:1]
        document = self.document(*self.sources([one, one]))
        self.assertEqual([e["findings"] for e in document["experiments"]], [[], [], []])
        document = self.document(*self.sources([self.basic]))
        self.assertEqual([e["findings"] for e in document["experiments"]], [[], [], []])

    def test_interrupted(self):
        cut = copy.deepcopy(self.basic)
        cut["interrupted"] = "SIGINT"
        last = cut["workloads"][-1]
        last.update(rounds=0, stopped="interrupted")
        for cell in last["cells"]:
            cell.update(status="skipped", reason="no round was completed", samples=[])
        document = self.document(*self.sources([self.basic, cut]))
        self.assertIn("on b: the run was interrupted: these are the rounds completed until then", document["notes"])
        self.assertEqual(document["experiments"][-1]["places"][1],
                         {"ran": False, "reason": "interrupted before its first round", "rounds": None, "cores": None,
                          "ideal_ns": None, "describe": None})
        for block in cut["workloads"]:
            block.update(rounds=0, stopped="interrupted")
            for cell in block["cells"]:
                cell.update(status="skipped", reason="no round was completed", samples=[])
        self.assertIn("on b: the run was interrupted: no round was completed",
                      self.document(*self.sources([self.basic, cut]))["notes"])

    def test_other_work_of_the_same_name(self):
        other = copy.deepcopy(self.basic)
        other["workloads"][0]["describe"] = "sleeps 10 ms, and then again"
        self.assertIn("sleep:10ms is other work on b: each task sleeps 10 ms, and then again",
                      self.document(*self.sources([self.basic, other]))["notes"])

    def test_rates(self):
        rate = load("rate")
        other = copy.deepcopy(rate)
        other["workloads"][0]["rate"]["per_s"] += 1
        document = self.document(*self.sources([rate, rate, other]))
        self.assertEqual([[p["ran"] for p in e["places"]] for e in document["experiments"]][:1], [[True, True, False]])
        self.assertEqual(len(document["experiments"]), len(rate["workloads"]) + 1)
        self.assertRegex(self.report(*self.sources([rate, rate])), r"(?m)^model +rank +keeps up +rank +keeps up$")

    def test_sweeps(self):
        sweep = load("sweep")
        document = self.document(*self.sources([sweep, sweep]))
        self.assertGreater(len(document["sweeps"]), 0)
        alone = json.loads(self.report(self.store("alone.json", sweep), "--format=json"))
        falls = [re.match(r"(\S+) keeps? up to", said) for one in alone["sweeps"] for said in one["findings"]]
        self.report(*self.sources([sweep, sweep]))
        for fall in filter(None, falls):
            self.assertRegex("\n".join(said for one in document["sweeps"] for said in one["findings"]),
                             rf"(?m)^{fall[1]} falls? behind at .* on both\.$")

    def test_names_in_other_scripts(self):
        hostile = ["実験室", "ا\u202eب", "a|b\nc", "é" * 30, "\u001b[31m"]
        sources = [f"{label}={self.store(f'{i}.json', self.basic)}" for i, label in enumerate(hostile)]
        text = self.report(*sources, LC_ALL="C.UTF-8")
        self.assertNotRegex(text, "[\u001b\u202e]")
        rows = [line for line in text.splitlines() if line.startswith("sequential")]
        self.assertEqual(len(rows), 3)
        self.report(*sources, LC_ALL="C").encode("ascii")
        for table in re.findall(r"(?:^\|.*\n)+", self.report(*sources, "--format=markdown"), re.MULTILINE):
            bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            self.assertIn(bars, ({5 * 3 + 2}, {5 * 2 + 2}))

    def test_narrow(self):
        for width in (20, 40, 60, 80, 120):
            text = self.report(*self.sources([self.basic] * 4), "-v", COLUMNS=str(width))
            self.assertEqual([line for line in text.splitlines() if len(line) > width], [])
        self.assertRegex(self.report(*self.sources([self.basic] * 4), COLUMNS="70"), "ranked +level")
        self.assertRegex(self.report(*self.sources([self.basic] * 4), COLUMNS="200"), "rank +× +of ideal +rank")


class Many(Several):
    def test_sixty(self):
        random.seed(7)
        reports = []
        for i in range(60):
            report = stretch(copy.deepcopy(self.basic), "gil", 0.4 if i < 3 else 1.2, "fib")
            reports.append(with_cores(report, 4 if i % 2 else 2))
        fail(reports[5], "threads")
        sources = self.sources(reports)
        document = self.document(*sources)
        fib = [e for e in document["experiments"] if e["workload"].startswith("fib")][0]
        self.assertTrue(any(re.match(r"gil shows no speed-up over sequential on 57 of 60", said) for said in fib["findings"]),
                        fib["findings"])
        threads, = [model for model in fib["models"] if model["model"] == "threads"]
        self.assertEqual((threads["counts"]["lacking"], threads["spread"]["n"]), (1, 59))
        text = self.report(*sources)
        self.assertNotIn("m33", text)
        self.assertIn("- threads failed on 1 of 60: threads stop at 3 (pid_max)", text)
        self.assertIn("differs: cores: 2 on 30 of 60 | 4 on 30 of 60", text)
        self.assertRegex(self.report(*sources, "-v"), r"(?m)^m33 ")
        self.assertLess(max(map(len, text.splitlines()[:1])), 100)


def in_question(block, cell):
    summary = cell["summary"]
    return (cell["status"] == "ok" and cell["model"] != "null" and not (summary["lost_share"] or {"max": 0})["max"] > 0
            and (block["rate"] is None or summary["kept_up"]))


class Truth(Several):
    """Each sentence holds of what the reports say one by one."""

    WHERE = (r"on (?:all (?P<all>\d+)(?: \(of (?P<of>\d+)\) that tell)?|(?P<both>both)|(?P<either>either)"
             r"|any of (?:the )?(?P<any>\d+)(?: \(of (?P<anyof>\d+)\) that tell)?|(?P<only>\w+), the only one that tells"
             r"|those with (?P<cores>\d+) cores? \((?P<inner>[^)]*)\)|(?P<k>\d+) of (?P<t>\d+)(?: that tell)?"
             r"|(?P<names>\w+(?:, (?!level|and|on )\w+)*(?: and \w+)?))")

    def draw(self, rng, machines):
        reports = []
        for _ in range(machines):
            report = with_cores(copy.deepcopy(self.basic), rng.choice([2, 2, 4]))
            for block in report["workloads"]:
                for cell in block["cells"]:
                    factor = rng.choice([1, 1, 1.02, 0.9, 1.5, 4, 0.3])
                    for sample in cell["samples"]:
                        sample["wall_ns"] = int(sample["wall_ns"] * factor * rng.uniform(0.97, 1.03))
            for model in ("gil", "threads", "sequential", "async"):
                if rng.random() < 0.1:
                    fail(report, model, status=rng.choice(["failed", "skipped", "wrong"]))
            if rng.random() < 0.2:
                with_rounds(report, rng.choice([1, 5, 6]))
            if rng.random() < 0.2:
                report["workloads"].pop(rng.randrange(3))
            reports.append(report)
        return reports

    def facts(self, alone, workload, model):
        """Of one report: (first?, faster?) of the model, None where it does not tell."""
        blocks = [block for block in alone["workloads"] if block["workload"] == workload]
        if not blocks:
            return None, None
        block = blocks[0]
        rivals = [cell for cell in block["cells"] if in_question(block, cell)]
        mine = [cell for cell in rivals if cell["model"] == model]
        if not mine or len(rivals) < 2 or min(len(cell["samples"]) for cell in rivals) < 6:
            return None, None
        first = mine[0]["summary"]["rank"] == min(cell["summary"]["rank"] for cell in rivals)
        speedup = mine[0]["summary"]["speedup"]
        if model == "sequential" or speedup is None or speedup["low"] is None:
            return first, None
        return first, "faster" if speedup["low"] > 1 else "slower" if speedup["high"] < 1 else "neither"

    def hold(self, match, told, holds, cores, said):
        """`holds` and `told`: sets of labels; the words of `match` say which of those that tell it is."""
        n = len(cores)
        group = match.groupdict()
        if group["all"] or group["both"] or group["either"] or group["any"] or group["only"]:
            self.assertEqual(holds, told, said)
            count = 2 if group["both"] or group["either"] else 1 if group["only"] else int(group["all"] or group["any"])
            self.assertEqual(len(told), count, said)
            of = group["of"] or group["anyof"]
            self.assertEqual(n, int(of) if of else n if group["only"] else count, said)
            if group["only"]:
                self.assertEqual(told, {group["only"]}, said)
        elif group["k"]:
            self.assertEqual((len(holds), len(told)), (int(group["k"]), int(group["t"])), said)
            self.assertEqual("that tell" in match[0], len(told) < n, said)
        else:
            names = group["inner"] if group["cores"] else group["names"]
            if re.match(r"\d+ of \d+", names):
                self.assertEqual(len(holds), int(names.split()[0]), said)
            else:
                self.assertEqual(set(re.split(", | and ", names)), holds, said)
            if group["cores"]:
                self.assertEqual({label for label in told if cores[label] == int(group["cores"])}, holds, said)

    def check(self, said, alone, workload, cores):
        sentence = re.match(rf"(?P<who>\S+(?:, \S+)*(?: and \S+)?) (?:(?:is|are) (?P<what>first|faster than \w+|slower than \w+)"
                            rf"|(?P<none>shows? no speed-up over \w+)) {self.WHERE}", said)
        self.assertIsNotNone(sentence, said)
        for model in re.split(", | and ", sentence["who"]):
            facts = {label: self.facts(report, workload, model) for label, report in alone.items()}
            place = 0 if sentence["what"] == "first" else 1
            told = {label for label, fact in facts.items() if fact[place] is not None}
            if sentence["what"] == "first":
                holds = {label for label, fact in facts.items() if fact[0]}
            elif sentence["none"]:
                holds = {label for label in told if facts[label][1] != "faster"}
            else:
                holds = {label for label in told if facts[label][1] == sentence["what"].split()[0]}
            self.hold(sentence, told, holds, cores, said)
            slower = re.search(rf", and (?:is|are) slower {self.WHERE}\.", said)
            if slower:
                self.hold(slower, told, {label for label in told if facts[label][1] == "slower"}, cores, said)
            elif sentence["none"]:
                self.assertNotIn("slower", {fact[1] for fact in facts.values()}, said)
            level = re.search(r", (?:on (\d+) of them )?level with others", said)
            if level:
                shared = sum(self.shares(alone[label], workload, model) for label in holds)
                self.assertEqual(shared, int(level[1]) if level[1] else len(holds), said)

    def shares(self, report, workload, model):
        block, = [block for block in report["workloads"] if block["workload"] == workload]
        rivals = [cell for cell in block["cells"] if in_question(block, cell)]
        best = min(cell["summary"]["rank"] for cell in rivals)
        return sum(cell["summary"]["rank"] == best for cell in rivals) > 1

    def test_sentences(self):
        forms = set()
        for seed in range(25):
            rng = random.Random(seed)
            reports = self.draw(rng, rng.choice([2, 3, 5, 9]))
            sources = self.sources(reports)
            document = self.document(*sources)
            labels = [machine["label"] for machine in document["machines"]]
            alone = {label: json.loads(self.report(source.split("=", 1)[1], "--format=json"))
                     for label, source in zip(labels, sources)}
            for experiment in document["experiments"]:
                cores = {label: place["cores"] for label, place in zip(labels, experiment["places"])}
                for said in experiment["findings"]:
                    self.check(said, alone, experiment["workload"], cores)
                    forms.add(re.sub(r"\d+", "N", re.sub(r"^.*? (is|are|shows?) ", "", said)))
            for said in document["findings"]:
                model = re.match(r"In all \d+ experiments (\S+) (?:is|are) first", said)[1]
                for report in alone.values():
                    self.assertNotIn(False, {self.facts(report, e["workload"], model)[0] for e in document["experiments"]})
        self.assertGreater(len(forms), 20)


class Runs(Several):
    """Of runs that were really made."""

    def measure(self, name, *arguments):
        path = self.folder / f"{name}.json"
        ran = run("-q", "-m", "sequential,threads,async", *arguments, "-n", 8, "-r", 6, "-o", path,
                  CCBENCH_TRIAL=str(HERE / "fake_trial.py"))
        self.assertEqual(ran.status, OK, ran.stderr)
        return path

    def test_hosts(self):
        host = os.uname().nodename
        one, two = self.measure("one", "-w", "sleep:1ms"), self.measure("two", "-w", "sleep:1ms,2ms", "-c", "2,4")
        self.assertEqual(json.loads(one.read_text(encoding="utf-8"))["environment"]["host"], host)
        document = self.document(one, two)
        self.assertEqual([(m["label"], m["host"]) for m in document["machines"]], [("one", host), ("two", host)])
        self.assertEqual([note for note in document["notes"] if "CCBENCH_TRIAL" in note and "on both: " in note],
                         document["notes"][:1])
        other = json.loads(two.read_text(encoding="utf-8"))
        other["environment"]["host"] = "lab"
        document = self.document(one, self.store("two.json", other))
        self.assertEqual([m["label"] for m in document["machines"]], [host, "lab"])


if __name__ == "__main__":
    unittest.main()

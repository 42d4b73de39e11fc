#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Workloads of one's own, in files: the examples run, the reader and the schema agree, what is wrong is told with its
place, and whatever is in a file, ccbench does not crash."""

import copy
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema

from harness import CCBENCH, FAKE_TRIAL, OK, SANITIZER, USAGE, cells, document, models, run

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
SCHEMA = json.loads((DOCS / "workload.schema.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((DOCS / "examples").glob("*.json"))
# What is planned only, and would leave a mark if it were run.
NOTHING_RUNS = {"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_FAKE_MODE": "crash"}
SLEEP = [{"sleep": "1ms"}]


def one(*steps):
    return {"steps": list(steps)}


def several(*classes):
    return {"classes": [{"name": f"class {number}", "steps": [], **given} for number, given in enumerate(classes)]}


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, content, name="page.json"):
        path = os.path.join(self.folder, name)
        data = content if isinstance(content, bytes) else (
            content if isinstance(content, str) else json.dumps(content)).encode()
        with open(path, "wb") as file:
            file.write(data)
        return path

    def refused(self, *arguments):
        ran = run(*arguments, **NOTHING_RUNS)
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""), arguments)
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
        return ran.stderr[len("ccbench: "):-1]


class Examples(Files):
    def test_there_are_some(self):
        self.assertGreaterEqual({path.name for path in EXAMPLES},
                                {"shop.json", "api.json", "crawler.json", "pipeline.json"})

    def test_the_one_to_edit(self):
        ran = run("list", "--example")
        self.assertEqual((ran.status, ran.stderr), (OK, ""))
        self.assertEqual(ran.stdout, (DOCS / "examples" / "shop.json").read_text(encoding="utf-8"))

    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_each_is_valid(self):
        for path in EXAMPLES:
            with self.subTest(file=path.name):
                jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)

    def test_each_is_explained(self):
        for path in EXAMPLES:
            with self.subTest(file=path.name):
                given = json.loads(path.read_text(encoding="utf-8"))
                ran = run("list", path)
                self.assertEqual((ran.status, ran.stderr), (OK, ""))
                self.assertTrue(ran.stdout.startswith(given["name"] + ": each task "))
                words = " ".join(ran.stdout.split())
                for name in [kind["name"] for kind in given.get("classes", [])] + [str(given["concurrency"]) + " in flight"]:
                    self.assertIn(name, words)
                self.assertRegex(words, r"It is (I/O-bound|CPU-bound|mixed)")
                self.assertRegex(words, r"A perfect model takes [\w. ]+ = |There is no ideal time")
                self.assertTrue(all(len(line) <= 80 for line in ran.stdout.splitlines()[:-1]))
                self.assertIn(f"Try: ccbench --workload={path}"[:40], ran.stdout)

    def test_each_runs(self):
        """Under every model that can; the others say why not."""
        able = [name for name in models() if name != "null"]
        for path in EXAMPLES:
            with self.subTest(file=path.name):
                given = json.loads(path.read_text(encoding="utf-8"))
                less = ["-d", "300ms"] if "rate" in given else ["-n", 16]
                report = document("-m", ",".join(able), "-w", path, "-r", 1, *less, "-c", 4)
                self.assertEqual([block["workload"] for block in report["workloads"]], [given["name"]])
                done = {cell["model"]: (cell["status"], cell["reason"]) for _, cell in cells(report)}
                for model, (status, reason) in done.items():
                    if status == "skipped":
                        self.assertRegex(reason, "^cannot |not built: ", model)
                    else:
                        self.assertEqual((status, reason), ("ok", None), model)
                self.assertEqual(done["sequential"][0] in ("ok", "skipped"), True)


class Contents(Files):
    def planned(self, content, *arguments, name="page.json"):
        ran = run("--dry-run", "--format=json", "-m", "threads", "-w", self.write(content, name), *arguments, **NOTHING_RUNS)
        self.assertEqual(ran.status, OK, ran.stderr)
        return json.loads(ran.stdout)["workloads"][0]

    def test_the_whole_program_is_in_the_document(self):
        """As given, but that a time to compute is so many times a Fibonacci number by then."""
        given = json.loads((DOCS / "examples" / "api.json").read_text(encoding="utf-8"))
        block = self.planned(given)
        classes = block["cells"][0]["trial"]["classes"]

        def expect(steps, done):
            self.assertEqual(len(steps), len(done))
            for step, other in zip(steps, done):
                if "compute" in step and isinstance(step["compute"], str):
                    self.assertEqual(other["compute"], 10)
                    self.assertGreater(other["times"], 10)
                elif "repeat" in step:
                    self.assertEqual(other["repeat"], step["repeat"])
                    expect(step["steps"], other["steps"])
                else:
                    self.assertEqual(other, step)

        self.assertEqual([kind["name"] for kind in classes], [kind["name"] for kind in given["classes"]])
        for kind, other in zip(given["classes"], classes):
            self.assertEqual(other["weight"], kind.get("weight", 1))
            for key in ("expect", "every"):
                self.assertEqual(other.get(key), kind.get(key))
            expect(kind["steps"], other["steps"])

    def test_the_same_in_a_run(self):
        report = document("-m", "threads", "-w", self.write(one(*SLEEP, {"compute": "1ms"})), "-n", 4, "-r", 1)
        (_, cell), = cells(report)
        self.assertEqual(cell["trial"]["classes"][0]["steps"][0], {"sleep": "1ms"})
        self.assertEqual(cell["status"], "ok")

    def test_what_it_says_holds_unless_the_command_line_says_otherwise(self):
        content = {"name": "x y", "describe": "works", "tasks": 17, "concurrency": 3, **one(*SLEEP)}
        block = self.planned(content)
        self.assertEqual((block["workload"], block["describe"], block["tasks"], block["concurrency"]),
                         ("x y", "works", 17, 3))
        block = self.planned(content, "-n", 5, "-c", 2)
        self.assertEqual((block["tasks"], block["concurrency"]), (5, 2))
        block = self.planned(one(*SLEEP), name="some-work.json")
        self.assertEqual((block["workload"], block["describe"]), ("some-work", "sleeps 1 ms"))

    def test_open_loop(self):
        content = {"rate": "100/s:constant", "duration": "1s", **one(*SLEEP)}
        block = self.planned(content)
        trial = block["cells"][0]["trial"]
        self.assertEqual((trial["rate_per_s"], trial["rate_constant"]), (100, True))
        self.assertIn(block["tasks"], (99, 100))
        self.assertNotIn("rate_constant", self.planned(content, "-R", "50/s")["cells"][0]["trial"])
        self.assertEqual(self.planned(content, "-n", 5)["tasks"], 5)
        self.assertIn(self.planned(content, "-d", "2s")["tasks"], (199, 200))

    def test_beside_others(self):
        """Commas separate, and a name may begin with a digit, which otherwise continues an argument."""
        first, second = self.write(one(*SLEEP), "2nd.json"), self.write(one({"compute": 3}), "b.json")
        os.chdir(self.folder)
        self.addCleanup(os.chdir, "/")
        ran = run("--dry-run", "-m", "threads", "-w", "mixed:10ms,27,2nd.json,fib:20,./b.json,2nd.json", **NOTHING_RUNS)
        self.assertEqual(re.findall(r"(?m)^(\S+): each task", ran.stdout), ["mixed:10ms,27", "2nd", "fib:20", "b"])
        self.assertTrue(os.path.exists(first) and os.path.exists(second))

    def test_a_name_that_is_taken(self):
        os.mkdir(os.path.join(self.folder, "other"))
        first, second = self.write(one(*SLEEP)), self.write(one(*SLEEP), "other/page.json")
        third = self.write({"name": "fib:29", **one(*SLEEP)}, "c.json")
        self.assertIn(f"{second}: its name 'page' is that of {first} too", self.refused("-w", f"{first},{second}"))
        self.assertIn("its name 'fib:29' is that of a workload too", self.refused("-w", f"{third},fib:29"))
        self.assertIn("its name 'fib:29' is that of a workload too", self.refused("-w", f"fib,{third}"))


class Agreement(Files):
    """The schema says what the reader does, as far as a schema can."""

    GOOD = [
        one(), one(*SLEEP), one({"sleep": "0"}), one({"sleep": ".5ms"}), one({"sleep": "1000h"}), one({"block": "1µs"}),
        one({"fetch": "/"}), one({"fetch": "/delay/10ms~20ms/bytes/4k?x=1"}), one({"fetch": "/reset"}),
        one({"compute": 0}), one({"compute": 60, "times": 3, "nogil": True}), one({"compute": "2ms", "nogil": True}),
        one({"fib": 0}), one({"fib": 60, "times": 3, "nogil": True}),
        one({"yield": 1}), one({"read": "64k"}), one({"copy": "1g"}), one({"read": "4k", "direct": True}), one({"take": "1g"}, {"reply": "0"}),
        one({"lock": True}, {"load": True}, {"store": True}, {"unlock": True}, {"add": 1000000000}),
        one({"lock_file": True}, {"load_file": True}, {"store_file": True}, {"unlock_file": True}),
        one({"repeat": 0, "steps": []}), one({"repeat": 3, "steps": [{"repeat": 2, "steps": SLEEP}]}),
        one({"gather": [[]]}), one({"gather": [[], SLEEP] * 32, "on_failure": "wait"}),
        one({"gather": [[{"gather": [[{"lock": True}, {"unlock": True}]], "on_failure": "cancel"}]]}, {"take": "1k"}),
        several({}), several({"weight": 1000000}, {"expect": "failure"}, {"every": "1s"}),
        {"name": "x", **one()}, {"name": "é" * 20, **one()}, {"describe": "does this and that", **one()},
        {"tasks": 1, "concurrency": 1000000, **one()}, {"$schema": "x", **one()},
        {"rate": "20/s", **one()}, {"rate": "30/m:constant", "duration": "10s", "concurrency": 3, **one()},
        {"rate": "5k", **one()}, {"rate": "1.5k/s:poisson", "duration": "1s", **one()},
    ]
    BAD = [
        {}, [], None, 3, "text", True, {"steps": None}, {"steps": {}}, {"steps": [[]]}, {"steps": [1]}, {"classes": []},
        {"classes": {}}, {"classes": [{}]}, {"classes": [{"name": "a"}]}, {"classes": [{"steps": []}]},
        {**one(), **several({})}, {"x": 1, **one()}, {"Name": "x", **one()},
        one({}), one({"dance": 1}), one({"sleep": 1}), one({"sleep": "1"}), one({"sleep": "-1ms"}), one({"sleep": "1 ms"}),
        one({"sleep": "1.ms"}), one({"sleep": ""}), one({"sleep": None}), one({"sleep": "1ms", "block": "1ms"}),
        one({"sleep": "1ms", "x": 1}), one({"fetch": "x"}), one({"fetch": ""}), one({"fetch": "/nowhere"}),
        one({"fetch": "/status/99"}), one({"fetch": 1}), one({"compute": -1}), one({"compute": 61}), one({"compute": 1.5}),
        one({"compute": "27"}), one({"compute": "0ms"}), one({"compute": "2ms", "times": 2}), one({"compute": 2, "times": 0}),
        one({"fib": "2ms"}), one({"fib": 61}), one({"fib": 2, "compute": 2}), one({"compute": 2, "fib": 2}), one({"fib": True}),
        one({"compute": 2, "nogil": False}), one({"compute": 2, "nogil": 1}), one({"yield": 0}), one({"yield": 1e10}),
        one({"yield": "3"}), one({"read": 4096}), one({"copy": 4096}), one({"copy": "4k", "direct": True}), one({"read": "x"}), one({"read": "4k", "direct": False}),
        one({"read": "-4k"}), one({"take": ""}), one({"reply": None}), one({"load": False}), one({"load_file": 1}), one({"load": 1}),
        one({"add": 0}), one({"repeat": 2}), one({"repeat": -1, "steps": []}), one({"repeat": 1.5, "steps": []}),
        one({"repeat": 2, "steps": {}}), one({"repeat": 2, "steps": [{"sleep": 3}]}), one({"steps": []}),
        one({"gather": []}), one({"gather": [{}]}), one({"gather": 2}), one({"gather": [[]] * 65}), one({"gather": [[{"sleep": 3}]]}),
        one({"gather": [[]], "on_failure": "stop"}), one({"gather": [[]], "on_failure": True}), one({"gather": [[]], "steps": []}),
        one({"on_failure": "wait"}), one({"sleep": "1ms", "on_failure": "wait"}),
        several({"weight": 0}), several({"weight": 1.5}), several({"weight": "3"}), several({"weight": 1000001}),
        several({"expect": "success"}), several({"expect": True}), several({"every": "0s"}), several({"every": 1}),
        several({"wieght": 3}), several({"name": ""}), several({"name": 3}), several({"name": "a\nb"}), several({"name": "x" * 41}),
        {"name": "", **one()}, {"name": None, **one()}, {"name": "\x1b[1m", **one()}, {"name": "\x85", **one()},
        {"describe": "", **one()}, {"describe": 1, **one()}, {"tasks": 0, **one()}, {"tasks": 1000001, **one()},
        {"tasks": 1.5, **one()}, {"tasks": "10", **one()}, {"concurrency": 0, **one()}, {"concurrency": None, **one()},
        {"rate": 20, **one()}, {"rate": "0/s", **one()}, {"rate": "x", **one()}, {"rate": "5/h", **one()}, {"rate": "5/s:x", **one()},
        {"duration": "5s", **one()}, {"rate": "5/s", "duration": "0s", **one()}, {"rate": "5/s", "duration": 5, **one()},
        {"rate": "5/s", "tasks": 5, **one()},
    ]
    # What only the reader knows.
    STRICTER = [
        one({"gather": [[{"take": "1k"}]]}), one({"gather": [[], [{"repeat": 1, "steps": [{"reply": "1k"}]}]]}),
        one({"lock": True}, {"gather": [[]]}, {"unlock": True}), one({"gather": [[{"lock": True}]]}),
        several({"name": "a"}, {"name": "a"}), one({"lock": True}), one({"unlock": True}),
        one({"lock": True}, {"lock": True}, {"unlock": True}), one({"lock_file": True}), one({"lock_file": True}, {"unlock": True}),
        one({"lock": True}, {"lock_file": True}, {"unlock_file": True}, {"unlock": True}), one({"read": "5k", "direct": True}), one({"take": "2g"}),
        one({"sleep": "1001h"}), one({"compute": "2h"}), one({"sleep": "0.5ns"}), one({"read": "0.3"}),
        one({"fetch": "/reset/reset"}), one({"fetch": "/delay/2ms~1ms"}), {"name": "é" * 21, **one()},
        {"rate": "11m/s", **one()},
    ]

    def agree(self, cases, schema, reader):
        validator = jsonschema.Draft202012Validator(SCHEMA)
        for number, content in enumerate(cases):
            with self.subTest(content=content):
                self.assertEqual(validator.is_valid(content), schema, "by the schema")
                path = self.write(json.dumps(content), f"case-{number}.json")
                ran = run("list", path, **NOTHING_RUNS)
                self.assertEqual(ran.status, OK if reader else USAGE, ran.stderr)
                if not reader:
                    self.assertRegex(ran.stderr, r"\Accbench: \S+case-\d+\.json:1: [^\n]+, expected [^\n]+\n\Z")

    def test_good(self):
        self.agree(self.GOOD, True, True)

    def test_bad(self):
        self.agree(self.BAD, False, False)

    def test_stricter(self):
        self.agree(self.STRICTER, True, False)

    def test_nesting(self):
        for depth, good in ((64, True), (65, False)):
            steps = []
            for _ in range(depth - 1):
                steps = [{"repeat": 1, "steps": steps}]
            self.agree([one(*steps)], True, good)
            sys.setrecursionlimit(20000) # of the validator's
            children = []
            for _ in range(depth - 1):
                children = [{"gather": [children]}]
            self.agree([one(*children)], True, good)


class Errors(Files):
    TEXT = '''{
  "name": "shop",
  "classes": [
    {"name": "page", "steps": [{"sleep": "1ms"}]},
    {"name": "report",
     "steps": [
       {"fetch": "x"}
     ]}
  ]
}
'''

    def test_the_place(self):
        path = self.write(self.TEXT)
        says = (f"{path}:7: classes[1].steps[0].fetch: 'x' is not a path of the origin, expected one such as "
                '"/delay/10ms/bytes/4k"')
        for arguments in (["-w", path], ["-w", f"fib,{path}"], ["list", path], ["--dry-run", "-w", path]):
            self.assertEqual(self.refused(*arguments), says)

    def test_syntax(self):
        self.assertRegex(self.refused("-w", self.write(self.TEXT.replace('"steps": [\n', '"steps" [\n'))),
                         r"page\.json:6:14: not JSON: '\['")
        self.assertRegex(self.refused("-w", self.write(self.TEXT[:-4])), r"page\.json:9:\d+: the text ends too early")
        self.assertRegex(self.refused("-w", self.write(b'{"name":"\xff"}')), r"page\.json:1:10: not UTF-8")
        self.assertRegex(self.refused("-w", self.write('{"a":1,é:2}'.encode())), r"page\.json:1:8: not JSON: 'é:2}'")

    def test_files(self):
        self.assertEqual(self.refused("-w", "/nowhere/x.json"), "/nowhere/x.json: No such file or directory")
        os.mkdir(os.path.join(self.folder, "d.json"))
        self.assertIn("Is a directory", self.refused("list", os.path.join(self.folder, "d.json")))
        self.assertIn("larger than 1 MiB", self.refused("-w", self.write(b" " * (1024 * 1024 + 1))))
        self.assertIn("did you mean", self.refused("-w", "slep"))

    def test_whatever_is_in_it_a_terminal_obeys_nothing(self):
        for content in ('{"a\\u001b[2J":1}', '{"steps":[{"fetch":"\\u001b]0;x\\u0007"}]}', '{"steps":[],"x\\ny":1}'):
            says = self.refused("list", self.write(content))
            self.assertNotRegex(says, r"[\x00-\x1f\x7f]")

    def test_an_option_of_list_only(self):
        self.assertIn("--example", self.refused("--example"))


class Rubbish(Files):
    """Changed at random, the examples are read or refused, with status 0 or 2 and at most one line."""

    ROUNDS = 60 if SANITIZER else 250
    VALUES = [None, True, False, 0, -1, 1.5, 1e308, 10 ** 30, "", "x", "1ms", "64k", [], {}, [{}], [[]], "\ud83c\udf89"]

    def change(self, rng, value):
        """One place of the tree made something else."""
        places = []

        def walk(node):
            for key in (node if isinstance(node, dict) else range(len(node))):
                places.append((node, key))
                if isinstance(node[key], (dict, list)):
                    walk(node[key])

        walk(value)
        node, key = rng.choice(places)
        if rng.random() < 0.3:
            del node[key]
        elif isinstance(node, dict) and rng.random() < 0.3:
            node[rng.choice(["sleep", "repeat", "steps", "name", "x", "é", ""])] = node.pop(key)
        else:
            node[key] = copy.deepcopy(rng.choice(self.VALUES))

    def check(self, data):
        path = self.write(data)
        ran = subprocess.run([CCBENCH, "list", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60)
        self.assertIn(ran.returncode, (OK, USAGE), (data, ran.stderr))
        self.assertEqual(ran.stderr.count(b"\n"), 1 if ran.returncode == USAGE else 0, (data, ran.stderr))

    def test_trees(self):
        rng = random.Random(1)
        for _ in range(self.ROUNDS):
            value = json.loads(rng.choice(EXAMPLES).read_text(encoding="utf-8"))
            for _ in range(rng.randint(1, 3)):
                if value:
                    self.change(rng, value)
            self.check(json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass"))

    def test_bytes(self):
        rng = random.Random(2)
        for _ in range(self.ROUNDS):
            data = bytearray(rng.choice(EXAMPLES).read_bytes())
            for _ in range(rng.randint(1, 4)):
                place = rng.randrange(len(data))
                if rng.random() < 0.3:
                    del data[place:place + rng.randint(1, 20)]
                else:
                    data[place] = rng.choice(b'{}[]",:\\0e-\x00\x80\xff u')
            self.check(bytes(data))


if __name__ == "__main__":
    unittest.main()

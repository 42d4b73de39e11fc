#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models of other runtimes, through ccbench: found by their descriptions, run beside the models in C, held to the same oracle,
and gated. What their programs do by themselves the tests test_runtimes_*.py look at."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

from harness import CELL, FAKE_TRIAL, OK, USAGE, cells, document, plan, replay, run, workloads

PYTHON = sys.executable
RUNTIMES = pathlib.Path(os.environ["TESTS_SOURCE"]).parent / "runtimes"
# Of these a step is missing in some models, for a reason that the description gives.
REASONS = ("cannot ", "has no interpreter", "GIL")


class Folder(unittest.TestCase):
    def setUp(self):
        self.config = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.config)
        self.models = self.config / "ccbench" / "models"
        self.models.mkdir(parents=True)
        self.environment = {"XDG_CONFIG_HOME": self.config, "CCBENCH_PYTHON": PYTHON}

    def describe(self, file, **changes):
        """A model of the user's own, whose program is the fake."""
        description = {"name": file, "kin": "a fake", "group": "own", "summary": "says that it is done",
                       "about": "Nothing real.", "family": "own", "command": [PYTHON, FAKE_TRIAL], **changes}
        path = self.models / f"{file}.json"
        path.write_text(json.dumps({key: value for key, value in description.items() if value is not None}, indent=1))
        return path

    def ccbench(self, *arguments, **changes):
        return run(*arguments, **{**self.environment, **changes})

    def document(self, *arguments, status=(OK,), **changes):
        return document(*arguments, status=status, **{**self.environment, **changes})


class Listed(Folder):
    def test_what_is_here(self):
        text = self.ccbench("list").stdout
        for name in ("python-loop", "python-threads", "asyncio"):
            self.assertRegex(text, rf"(?m)^  {name} ")
        self.assertRegex(text, r"(?m)^  runtimes ")
        self.assertNotRegex(text, r"(?m)^  (go|node) +all of that group")  # which are models

    def test_without_python(self):
        """One line, and nothing else of it."""
        ran = self.ccbench("list", PATH="/nonexistent", CCBENCH_PYTHON="")
        self.assertIn("models: no python3 in PATH (apt-get install python3)", ran.stdout)
        self.assertNotIn("asyncio.json", ran.stdout)
        self.assertNotRegex(ran.stdout, r"(?m)^  python-threads ")

    def test_one(self):
        ran = self.ccbench("list", "asyncio")
        self.assertIn("asyncio:start=worker|task", ran.stdout.replace("\n  ", " "))
        self.assertEqual(self.ccbench("list", "asynci").status, USAGE)

    def test_same_work_and_same_time(self):
        for name, says in (("compute", "here it is the same time for all"), ("fib", "the same time for each language instead")):
            self.assertIn(says, " ".join(self.ccbench("list", name).stdout.split()))

    def test_own(self):
        self.describe("mine")
        self.assertRegex(self.ccbench("list").stdout, r"(?m)^  mine  +a fake - says that it is done$")

    def test_what_a_module_needs_is_said(self):
        self.describe("mine", command=["{python}", FAKE_TRIAL], needs=[{"module": "nosuch", "debian": "python3-nosuch"}])
        text = " ".join(self.ccbench("list").stdout.split())
        hint = "apt-get install python3-nosuch" if PYTHON.startswith("/usr/bin/") else "-m pip install nosuch"
        self.assertRegex(text, rf"mine nosuch is not installed .*{hint}\)")


class Interpreters(Folder):
    """Whatever is named as one, and wherever ccbench is started."""

    def script(self, name, text):
        path = self.config / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def told(self, interpreter):
        ran = self.ccbench("list", CCBENCH_PYTHON=interpreter, preexec=lambda: os.chdir(self.config))
        self.assertEqual(ran.left_over, {})
        return " ".join(ran.stdout.split())

    def test_files_beside_the_user_are_not_its_modules(self):
        for name in ("json", "email", "random", "importlib"):
            (self.config / f"{name}.py").write_text("print('mine')\nraise SystemExit(1)\n")
        self.assertIn(" python-threads ThreadPoolExecutor", self.told(PYTHON))

    def test_what_is_none(self):
        for typed, says in ((self.config, "is no python that can be run"), ("/bin/true", "is no python that can be run"),
                            ("./none", "no program './none'"), ("python3 -O", "no program 'python3 -O'")):
            with self.subTest(typed=typed):
                self.assertIn(says, self.told(typed))

    def test_its_own_words(self):
        """Of one that cannot start, the line with the error, or the last, as it can be printed, whatever else it says."""
        for text, says in (("echo Fatal; echo \"ModuleNotFoundError: No module named 'encodings'\"; echo '<no frame>'",
                            "is no python that can be run: ModuleNotFoundError: No module named 'encodings'"),
                           ("echo first; printf 'last\\033[31m\\n\\n'", "is no python that can be run: last?[31m"),
                           ("seq 100000; echo the end", "is no python that can be run: the end")):
            with self.subTest(text=text):
                self.assertIn(says, self.told(self.script("broken", f"{{ {text}; }} >&2\nexit 1\n")))
        text = " ".join(self.ccbench("list", PYTHONHOME="/nonexistent").stdout.split())
        self.assertRegex(text, r"is no python that can be run: \w*Error: |python-threads ThreadPoolExecutor")

    def test_names_with_blanks_and_dots(self):
        folder = self.config / "a b"
        folder.mkdir()
        (folder / "py thon").symlink_to(PYTHON)
        self.assertIn(" python-threads ThreadPoolExecutor", self.told("./a b/py thon"))

    def test_one_that_says_more(self):
        self.assertIn(" python-threads ThreadPoolExecutor", self.told(self.script("chatty", f"echo hello\nexec {PYTHON} \"$@\"\n")))

    def test_one_that_is_too_old(self):
        old = self.script("old", """echo '{"path":"/opt/old","version":"3.8.18","modules":{}}'""")
        self.assertRegex(self.told(old), "python 1\d models: /opt/old is python 3.8.18, expected 3.9 or later")

    def test_one_that_hangs_leaves_nothing(self):
        self.assertIn("did not answer within 20 s", self.told(self.script("hangs", "sleep 1000 &\nsleep 1000\n")))


class Broken(Folder):
    """Each costs one line, with file and place, and nothing else."""

    def assert_told(self, says, *places):
        ran = self.ccbench("-q", "-m", "python-loop,sequential", "-w", "noop", "-n", 4, "-r", 1)
        self.assertEqual(ran.status, OK, ran.stderr)
        lines = ran.stderr.splitlines()
        self.assertEqual(len(lines), 1, ran.stderr)
        for word in (says, *places):
            self.assertIn(word, lines[0])

    def test_json(self):
        path = self.models / "x.json"
        path.write_text('{"name": "x",\n "kin": 3,}\n')
        self.assert_told("", f"{path}:2:")

    def test_members(self):
        number = {"name": "x", "help": "y", "least": 1, "most": 2, "default": 1}
        choice = {"name": "x", "help": "y", "values": ["a", "b"], "default": "a"}
        for changes, says in (({"summary": None}, '"summary"'), ({"kin": 3}, "kin: 3"), ({"nam": "x"}, "nam: unknown key"),
                              ({"command": []}, "command"), ({"command": "x"}, "command"), ({"cannot": ["x"]}, "cannot"),
                              ({"name": "A b"}, "name"), ({"needs": [{"modul": "x"}]}, "needs[0]"),
                              ({"parameters": [{"name": "x", "help": "y"}]}, "parameters[0]"),
                              ({"estimates": {"start": 3}}, "estimates.start"), ({"estimates": ["1s"]}, "estimates: "),
                              ({"estimates": {"tasks": "1us"}}, "estimates.tasks: unknown key"),
                              ({"cannot": {"lock": 3}}, "cannot.lock: 3"), ({"command": ["x", 3]}, "command[1]: 3"),
                              ({"needs": [{"module": "x", "modul": "y"}]}, "needs[0].modul: unknown key"),
                              ({"parameters": [{**number, "units": "ns"}]}, "parameters[0].units: unknown key"),
                              ({"parameters": [number, number]}, "parameters[1].name: 'x' is not a name of its own"),
                              ({"parameters": [{**choice, "needs": {"a": [3]}}]}, "parameters[0].needs.a[0]: 3")):
            with self.subTest(changes=changes):
                path = self.describe("x", **changes)
                self.assert_told(says, str(path))

    def variants(self):
        """Changes to a description that is right, some to another one that is."""
        number = {"name": "x", "help": "y", "least": 1, "most": 2, "default": 1}
        choice = {"name": "x", "help": "y", "values": ["a", "b"], "default": "a"}
        for key in ("name", "kin", "also", "group", "summary", "about", "example", "family", "loop", "call", "command", "cannot",
                    "needs", "parameters", "estimates", "one_lane", "many_cores", "own_threads", "per_task", "forks"):
            yield {key: None}
            yield from ({key: value} for value in (3, "", "a\nb", [3], {"x": 3}, "x", True, False))
        yield from ({"also": "x" * 400}, {"also": "x" * 401}, {"about": "x" * 4000}, {"about": "x" * 4001}, {"loop": "x" * 41})
        yield from ({"loop": name} for name in ("X", "x_y", "x-1", "-x"))
        yield from ({"call": word} for word in ("async", "a1", "a-b"))
        yield from ({"cannot": {step: "says so"}} for step in ("lock", "gather", "call", "slep", "fib"))
        yield from ({"command": words} for words in (["x", ""], []))
        for need in ({"module": "a.b_1"}, {"module": "1a"}, {"module": ".a"}, {"module": ""}, {"module": "a-b"}, {"program": ""},
                     {"program": "x"}, {"interpreter": "3.9"}, {"interpreter": "3"}, {"interpreter": "3.9.1"}, {"interpreter": "3."},
                     {"interpreter": 3.9}, {"module": "a", "program": "b"}, {"debian": "x"}, {"module": "a", "debian": 3},
                     {"module": "a", "pypi": "A-b", "debian": ""}, {"module": 3}, "x"):
            yield {"needs": [need]}
            yield {"parameters": [{**choice, "needs": {"a": [need]}}]}
        yield from ({"estimates": {"start": time}} for time in ("1s", "1.5ms", "0", "5", "", "1 s", "-1s"))
        yield from ({"estimates": {"compute": times}} for times in (1, 2.0, 2.5, 0, 10000, 10001, "2"))
        for change in ({"values": None}, {"values": []}, {"values": ["a"]}, {"values": ["a", "a"]}, {"values": ["a", "b", "c"]},
                       {"values": ["a", "b", "c", "d"]}, {"values": ["a", "B"]}, {"values": ["a", 3]}, {"values": "ab"},
                       {"values": {"x": "a", "y": "b"}}, {"least": 1}, {"most": 2}, {"unit": "ns"}, {"default": 1}, {"help": ""},
                       {"name": "x-1"}, {"name": "x_1"}, {"needs": []}, {"needs": {"a": {}}}, {"needs": {}}, {"default": None}):
            yield {"parameters": [{**choice, **change}]}
        for change in ({"least": -1}, {"most": 3600000000000}, {"most": 3600000000001}, {"unit": "ns"}, {"unit": "s"}, {"unit": 3},
                       {"needs": {"a": []}}, {"least": 0.5}, {"default": "1"}, {"most": None}, {"least": None}, {"default": None}):
            yield {"parameters": [{**number, **change}]}
        yield {"parameters": [{**number, "name": name} for name in "abcd"]}
        yield {"parameters": [{**number, "name": name} for name in "abcde"]}

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not there")
    def test_what_the_schema_says(self):
        """It takes and refuses what ccbench takes and refuses."""
        validator = jsonschema.Draft202012Validator(json.loads((RUNTIMES.parent / "docs" / "runtime.schema.json").read_text("utf-8")))
        variants, right = list(self.variants()), 0
        for first in range(0, len(variants), 15):  # no more errors are told than 20
            paths = []
            for i, changes in enumerate(variants[first:first + 15]):
                given = {**changes, "parameters": [{key: value for key, value in one.items() if value is not None}
                                                   for one in changes["parameters"]]} \
                    if isinstance(changes.get("parameters"), list) and isinstance(changes["parameters"][0], dict) else changes
                paths.append(self.describe(f"m{i}", **{"group": f"g{i}", **given}))
            told = self.ccbench("list", CCBENCH_PYTHON="/bin/true", CCBENCH_NODE="/bin/true")
            for path, changes in zip(paths, variants[first:first + 15]):
                wrong = [error.message for error in validator.iter_errors(json.loads(path.read_text()))]
                right += not wrong
                with self.subTest(changes=str(changes)[:100]):
                    self.assertEqual(f"{path}:" in told.stderr, bool(wrong), (told.stderr, wrong))
                path.unlink()
        self.assertGreater(right, 50)

    def test_what_a_broken_one_needs_is_not_kept(self):
        """Others' interpreters are asked about modules all the same."""
        path = self.describe("x", command=["{python}"], needs=[{"module": "nosuch"}], parameters=[{"name": "x"}])
        self.assert_told("parameters[0]", str(path))

    def test_a_name_that_is_taken(self):
        for name in ("threads", "asyncio", "all"):
            with self.subTest(name=name):
                path = self.describe("x", name=name)
                self.assert_told("is a name that is taken", str(path))
        for names in ({"name": "python"}, {"group": "all"}, {"group": "threads"}, {"group": "asyncio"}, {"name": "raw"}):
            with self.subTest(names=names):
                self.assert_told("is a name that is taken", str(self.describe("x", **names)))
        self.assertEqual(self.ccbench("--model=python=/bin/true", "-w", "noop", "--dry-run").status, USAGE)

    def test_a_pipe_is_waited_for_by_nobody(self):
        os.mkfifo(self.models / "x.json")
        self.assert_told("no file, expected a description of a model", "x.json")

    def test_nothing_is_read_for_models_in_c(self):
        (self.models / "x.json").write_text("{")
        ran = self.ccbench("-q", "-m", "sequential", "-w", "noop", "-n", 4, "-r", 1)
        self.assertEqual((ran.status, ran.stderr), (OK, ""))


class Chosen(Folder):
    def test_own(self):
        self.describe("mine")
        cell, = self.document("-m", "mine", "-w", "noop", "-n", 4, "-r", 1)["workloads"][0]["cells"]
        self.assertEqual((cell["model"], cell["status"], cell["kin"]), ("mine", "ok", "a fake"))

    def test_on_the_spot(self):
        report = self.document("-m", f"mine={PYTHON} '{FAKE_TRIAL}'", "-w", "noop", "-n", 4, "-r", 1)
        self.assertEqual([cell["status"] for _, cell in cells(report)], ["ok"])
        for typed, says in (("mine=/nonexistent/x", "not here: no program"), ):
            report = self.document("-m", typed, "-w", "noop", "-r", 1)
            self.assertIn(says, report["workloads"][0]["cells"][0]["reason"])
        for typed in ("mine=/bin/true,mine=/bin/false", "threads=./x", "=x", "a b=x", "mine=x > y", "mine='x"):
            with self.subTest(typed=typed):
                ran = self.ccbench("-m", typed, "-w", "noop")
                self.assertEqual((ran.status, len(ran.stderr.splitlines())), (USAGE, 1))

    def test_one_that_says_it_is_not_here(self):
        program = self.config / "lacking"
        program.write_text("""#!/bin/sh\necho '{"error":"no such library","lacks":true}' >&3\n""")
        program.chmod(0o755)
        report = self.document("-m", f"mine={program}", "-w", "noop", "-r", 1)
        self.assertEqual(report["workloads"][0]["cells"][0]["reason"], "not here: no such library")

    def test_one_that_hangs_when_asked(self):
        """A description is waited for no longer than a trial would be."""
        began = time.monotonic()
        report = self.document("--model=mine=sleep 1000", "-w", "noop", "-n", 4, "-r", 1, "--timeout=1s", status=(CELL,))
        self.assertLess(time.monotonic() - began, 50)
        self.assertIn("timed out", report["workloads"][0]["cells"][0]["reason"])

    def test_another_interpreter(self):
        link = self.config / "python-of-mine"
        link.symlink_to(PYTHON)
        report = self.document("-m", f"python-loop@{link},python-loop", "-w", "noop", "-n", 4, "-r", 1)
        self.assertEqual([(cell["model"], cell["status"]) for _, cell in cells(report)],
                         [(f"python-loop@{link}", "ok"), ("python-loop", "ok")])
        report = self.document("-m", "python-loop@/nonexistent/python3", "-w", "noop", "-r", 1)
        self.assertEqual(report["workloads"][0]["cells"][0]["reason"], "not here: no program '/nonexistent/python3'")
        for typed in ("threads@python3", "python-loop@"):
            self.assertEqual(self.ccbench("-m", typed, "-w", "noop").status, USAGE)

    def test_groups(self):
        for group, least in (("python", 5), ("runtimes", 3)):
            report = json.loads(self.ccbench("-m", group, "-w", "noop", "--dry-run", "--format=json").stdout)
            self.assertGreaterEqual(len(report["plan"]["models"]), least)
        report = json.loads(self.ccbench("-m", "all", "-w", "noop", "--dry-run", "--format=json").stdout)
        self.assertNotIn("asyncio", report["plan"]["models"])

    def test_parameters(self):
        ran = self.ccbench("-m", "asyncio:client=x", "-w", "noop")
        self.assertEqual(ran.status, USAGE)
        self.assertIn("expected asyncio:client=plain|idiom", ran.stderr)
        report = self.document("-m", "asyncio:start=task", "-w", "sleep:1ms", "-n", 8, "-r", 1)
        cell, = report["workloads"][0]["cells"]
        self.assertEqual((cell["status"], cell["trial"]["parameters"]), ("ok", {"start": "task"}))


class Reported(Folder):
    def test_what_they_are(self):
        report = self.document("-m", "python-loop,sequential", "-w", "noop", "-n", 4, "-r", 1)
        self.assertIn("Python", report["environment"]["runtimes"]["python-loop"]["language"])
        self.assertNotIn("sequential", report["environment"]["runtimes"])
        self.assertEqual(report["fingerprint"]["fields"][-1]["name"], "runtimes")
        alone = self.document("-m", "sequential", "-w", "noop", "-n", 4, "-r", 1)
        self.assertNotIn("runtimes", alone["environment"])
        self.assertNotIn("runtimes", [part["name"] for part in alone["fingerprint"]["fields"]])
        self.assertNotEqual(report["fingerprint"]["hash"], alone["fingerprint"]["hash"])
        for form in ("table", "markdown"):
            text = self.ccbench("-q", "-m", "python-loop", "-w", "noop", "-n", 4, "-r", 1, f"--format={form}").stdout
            self.assertRegex(text.replace("\n    ", " "), r"Python 3\.\d+")

    def test_families(self):
        """A time to compute is another amount of work in each, and ranks stay within."""
        report = self.document("-m", "sequential,threads,python-loop,python-threads", "-w", "compute:1ms,sleep:1ms", "-n", 20,
                               "-r", 2)
        block, sleeping = report["workloads"]
        times = {cell["model"]: cell["trial"]["classes"][0]["steps"][0]["times"] for cell in block["cells"]}
        self.assertEqual((times["sequential"], times["python-loop"]), (times["threads"], times["python-threads"]))
        self.assertGreater(times["sequential"], 5 * times["python-loop"])
        self.assertGreaterEqual(times["python-loop"], 20)
        self.assertEqual([cell.get("family") for cell in block["cells"]], [None, None, "python", "python"])
        self.assertGreater(block["families"]["python"]["calibration"]["task_cpu_ns"], 0)
        self.assertEqual(sorted(cell["summary"]["rank"] for cell in block["cells"]), [1, 1, 2, 2])
        self.assertTrue(all(text.startswith(("Among C's: ", "Among Python's: ")) for text in block["findings"]))
        self.assertEqual([cell.get("family") for cell in sleeping["cells"]], [None] * 4)
        self.assertNotIn("families", sleeping)
        loops = {cell["model"]: cell["summary"]["loop_speedup"]["median"] for cell in block["cells"]}
        self.assertEqual((loops["sequential"], loops["python-loop"]), (1, 1))

    def test_adding_is_computing(self):
        """A race is run at each language's own speed; what is added beside waiting is not."""
        waits = self.config / "waits.json"
        waits.write_text(json.dumps({"steps": [{"sleep": "1ms"}, {"add": 1}]}))
        report = self.document("-m", "sequential,threads,python-loop,python-threads", "-w", f"race:10,race:10:file,race:10:atomic,{waits}",
                               "-n", 8, "-r", 1)
        *races, waiting = report["workloads"]
        for block in races:
            self.assertEqual([cell.get("family") for cell in block["cells"]], [None, None, "python", "python"])
            self.assertEqual(sorted(cell["summary"]["rank"] for cell in block["cells"]), [1, 1, 2, 2])
            self.assertTrue(all(text.startswith(("Among C's: ", "Among Python's: ")) for text in block["findings"]))
        self.assertEqual([cell.get("family") for cell in waiting["cells"]], [None] * 4)

    def test_a_safe_path(self):
        """Where Python leaves a program's folder out, the programs find what is theirs all the same."""
        report = self.document("-m", "python-loop,python-processes", "-w", "noop", "-n", 4, "-r", 1, PYTHONSAFEPATH="1")
        self.assertEqual([cell["status"] for _, cell in cells(report)], ["ok", "ok"])

    def test_loops_of_an_interpreter(self):
        """What runs under another interpreter is held against the plain loop under that one."""
        report = self.document("-m", f"python-loop@{PYTHON},python-threads@{PYTHON},python-loop", "-w", "sleep:1ms", "-n", 8,
                               "-r", 1)
        own, threads, plain = (cell["summary"] for _, cell in cells(report))
        self.assertEqual((own["loop_speedup"]["median"], plain["loop_speedup"]["median"]), (1, 1))
        self.assertAlmostEqual(threads["loop_speedup"]["median"], own["wall_ns"]["median"] / threads["wall_ns"]["median"])

    def test_no_loop(self):
        """What has no plain loop of its own language is held against none, whether it names none or one that is not there."""
        for name, loop in (("none", None), ("lost", "nosuch")):
            self.describe(name, group=name, family=name, loop=loop)
        report = self.document("-m", "sequential,python-loop,none,lost", "-w", "sleep:1ms", "-n", 8, "-r", 1)
        self.assertEqual([cell.get("loop", "C's") for _, cell in cells(report)], ["C's", "python-loop", None, None])
        self.assertEqual([cell["summary"]["loop_speedup"] is not None for _, cell in cells(report)], [True, True, False, False])

    def test_families_without_c(self):
        """None of them is called C's."""
        self.describe("other", family="other")
        report = self.document("-m", "python-loop,other", "-w", "compute:1ms", "-n", 8, "-r", 1)
        self.assertEqual([cell.get("family") for cell in report["workloads"][0]["cells"]], ["python", "other"])
        self.assertEqual([finding.split(": ")[0] for finding in report["workloads"][0]["findings"]],
                         ["Among Python's", "Among Other's"])

    def test_sweeps_of_families(self):
        report = self.document("-m", "sequential,threads,python-loop,python-threads", "-w", "fib:8,10", "-n", 8, "-r", 1)
        findings, = [sweep["findings"] for sweep in report["sweeps"]]
        self.assertTrue(findings and all(text.startswith(("Among C's: ", "Among Python's: ")) for text in findings), findings)
        for text in findings:
            own = {"sequential", "threads"} if text.startswith("Among C's") else {"python-loop", "python-threads"}
            others = {"sequential", "threads", "python-loop", "python-threads"} - own
            self.assertFalse(others & set(text.replace(",", " ").split()), text)

    def test_one_family_is_the_block(self):
        block, = self.document("-m", "python-loop,python-threads", "-w", "fib:12", "-n", 8, "-r", 1)["workloads"]
        self.assertNotIn("families", block)
        self.assertGreater(block["calibration"]["task_cpu_ns"], 0)


class Called(Folder):
    """Functions of the user's own."""

    def setUp(self):
        super().setUp()
        (self.config / "shop.py").write_text("import asyncio, os, sys, time\n"
                                             "def page():\n    time.sleep(0.002)\n    return 'page'\n"
                                             "async def page_async():\n    await asyncio.sleep(0.002)\n    return 'page'\n"
                                             "def broken():\n    raise ValueError('x')\n"
                                             "def asks():\n    return sys.stdin.read() + os.popen('cat').read()\n"
                                             "COUNT = iter(range(1000))\n"
                                             "def varies():\n    return next(COUNT)\n")

    def workload(self, **step):
        path = self.config / "shop.json"
        path.write_text(json.dumps({"tasks": 8, "concurrency": 4, "steps": [step]}))
        return path

    def test_both_styles(self):
        path = self.workload(**{"call": "shop:page", "async": "shop:page_async"})
        report = self.document("-m", "python-loop,python-threads,asyncio,threads", "-w", path, "-r", 1)
        found = {cell["model"]: (cell["status"], cell["reason"]) for _, cell in cells(report)}
        self.assertEqual(found.pop("threads"), ("skipped", "cannot call: functions are of other languages, whose models call them"))
        self.assertEqual(set(found.values()), {("ok", None)})

    def test_one_that_reads_standard_input(self):
        """It finds nothing there, neither the plan nor what answers a mark, and does not wait."""
        report = self.document("-m", "python-loop,python-threads,python-processes", "-w", self.workload(call="shop:asks"), "-r", 1,
                               "--timeout=50s")
        self.assertEqual([(cell["status"], cell["memory_reason"]) for _, cell in cells(report)], 3 * [("ok", None)])

    def test_a_style_that_is_not_there(self):
        report = self.document("-m", "asyncio", "-w", self.workload(call="shop:page"), "-r", 1)
        cell, = report["workloads"][0]["cells"]
        self.assertEqual(cell["status"], "skipped")
        self.assertIn("async", cell["reason"])

    def test_what_it_raises(self):
        report = self.document("-m", "python-threads", "-w", self.workload(call="shop:broken"), "-r", 1, status=(CELL,))
        cell, = report["workloads"][0]["cells"]
        self.assertEqual((cell["status"], cell["reason"]), ("failed", "8 of 8: ValueError"))

    def test_what_several_raise_is_counted_by_name(self):
        """Of other kinds than Exception too, as gevent's Timeout is one."""
        (self.config / "shop.py").write_text("class Grève" + 40 * "é" + "(BaseException):\n    pass\n"
                                             "COUNT = iter(range(1000))\n"
                                             "def odd():\n    if next(COUNT) % 2:\n        raise KeyError\n"
                                             "    raise Grève" + 40 * "é" + "\n")
        report = self.document("-m", "python-loop", "-w", self.workload(call="shop:odd"), "-r", 1, status=(CELL,))
        cell, = report["workloads"][0]["cells"]
        failures = cell["samples"][0]["failures"]
        self.assertEqual((failures.pop("KeyError"), list(failures.values())), (4, [4]))
        self.assertTrue(list(failures)[0].startswith("Grève" + 20 * "é"), failures)
        self.assertEqual(cell["reason"], "8 of 8: " + list(failures)[0])

    def test_what_it_returns(self):
        path = self.workload(call="shop:varies")
        cell, = self.document("-m", "python-loop", "-w", path, "-r", 1, status=(CELL,))["workloads"][0]["cells"]
        self.assertEqual(cell["status"], "wrong")
        self.assertIn("--url-varies allows it", cell["reason"])
        self.document("-m", "python-loop", "-w", path, "-r", 1, "--url-varies")

    def test_what_would_run(self):
        def told(**step):
            return " ".join(self.ccbench("list", self.workload(repeat=2, steps=[step])).stdout.split())

        text = told(call="shop:page")
        self.assertRegex(text, r"Would run: (\S+, )*python-loop(, \S+)*\. ")
        self.assertRegex(text, r"Would not: (\S+, )*asyncio(, \S+)*: 'shop:page' has no \"async\" beside it\.")
        self.assertIn("Would not: ccbench's own models: functions are of other languages. Try: ccbench --model=python --workload=", text)
        self.assertRegex(told(**{"call": "shop:page", "async": "shop:page_async"}), r"Would run: (\S+, )*asyncio(, \S+)*\. ")
        self.assertRegex(told(call="./shop.js#page"), r"Would not: (\S+, )*python-loop(, \S+)*: './shop.js#page' is of another language\.")

    def test_another_language_is_skipped(self):
        cell, = self.document("-m", "python-loop", "-w", self.workload(call="./shop.js#page"), "-r", 1)["workloads"][0]["cells"]
        self.assertEqual(cell["status"], "skipped", cell["reason"])

    def test_refused(self):
        for step in ({"call": "shop"}, {"call": 3}, {"call": "shop:page", "async": "x"}, {"call": "shop:page", "Async": "a:b"}):
            with self.subTest(step=step):
                ran = self.ccbench("-w", self.workload(**step), "--dry-run")
                self.assertEqual((ran.status, len(ran.stderr.splitlines())), (USAGE, 1))


class HandedOn(Folder):
    """`ccbench trial` becomes the program of the plan's model."""

    def test_a_trial(self):
        os.environ["CCBENCH_PYTHON"] = PYTHON
        self.addCleanup(os.environ.pop, "CCBENCH_PYTHON")
        for more in ({}, {"memory": True}):
            with self.subTest(more=more):
                done = replay(plan("python-threads", 4, 2, [{"sleep": "1ms"}], **more))
                self.assertIsNone(done.error)
                self.assertEqual({slot.status for slot in done.slots}, {0})
                self.assertEqual([message["mark"] for message in done.messages if "mark" in message],
                                 ["before_lanes", "peak", "before_close"] if more else [])

    def test_a_gate(self):
        """A regression that was planted in one side's library, and none where there is none."""
        slow = self.config / "slow"
        slow.mkdir()
        (slow / "sitecustomize.py").write_text("import gc, time\ngc.set_threshold(2000, 10, 10)\nreal = time.sleep\n"
                                               "time.sleep = lambda seconds: real(20 * seconds)\n")
        gate = ("gate", "-q", "-m", "python-threads", "-w", "sleep:20ms", "-n", 4, "-c", 4, "-r", 9, "--repeat=1", "--allow=100%",
                "--metric=time", "--format=json")
        for option, status, slower in (("--new-env", 1, True), ("--base-env", OK, False)):
            ran = self.ccbench(*gate, f"{option}=PYTHONPATH={slow}", timeout=600)
            result = json.loads(ran.stdout)
            metric = result["cells"][0]["metrics"][0]
            told = {side: result[side]["runtimes"]["python-threads"] for side in ("base", "new")}
            self.assertEqual({side for side, runtime in told.items() if runtime["gc"] == "2000, 10, 10"}, {option[2:-4]})
            self.assertEqual(told["base"]["executable"], told["new"]["executable"])
            self.assertIn("PYTHONPATH", ran.stdout)
            self.assertEqual({batch["flagged"] for batch in metric["batches"]}, {slower}, metric)
            self.assertEqual(metric["change"] > 1, slower, metric)
            # Of a machine that something else keeps busy it says so, and nothing of the change.
            self.assertIn(ran.status, (status, 3), ran.stdout[-2000:] + ran.stderr)

    def test_variables_that_are_none(self):
        for typed in ("x", "=x", "1a=x", "a-b=x"):
            with self.subTest(typed=typed):
                ran = self.ccbench("gate", f"--new-env={typed}")
                self.assertEqual((ran.status, len(ran.stderr.splitlines())), (USAGE, 1))
        self.assertEqual(self.ccbench("gate", "-m", "threads").status, USAGE)


class Conformance(Folder):
    """Every one that is here on every workload: right by the same oracle, or skipped for a reason of its description."""

    SIZES = {"fib": "fib:12", "mixed": "mixed:1ms,10", "depth": "depth:50", "hog": "hog:20ms", "race": "race:100", "file": "file:4k",
             "payload": "payload:4k", "crunch": "crunch:4k:2ms", "ladder": "ladder:8k", "http": "http:1ms", "sleep": "sleep:1ms", "gather": "gather:2:1ms", "block": "block:1ms"}

    def test_all(self):
        for name in workloads():
            with self.subTest(workload=name):
                report = self.document("-m", "runtimes", "-w", self.SIZES.get(name.split(":")[0], name), "-n", 12, "-c", 4, "-r", 1,
                                       "--time-limit=10m", timeout=900)
                for _, cell in cells(report):
                    if cell["status"] == "skipped":
                        self.assertRegex(cell["reason"], r"^(cannot|[a-z-]+ cannot|not here|step '[a-z_]+' is not known here) ?", cell["model"])
                    else:
                        self.assertEqual((cell["status"], cell["reason"]), ("ok", None), cell["model"])
                        self.assertIsNotNone(cell["memory"], (cell["model"], cell["memory_reason"]))


if __name__ == "__main__":
    unittest.main()

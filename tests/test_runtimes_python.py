#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Python's models of runtimes/: their trials are replayed without ccbench, and held to the oracle of its own models' random
trials. RUNTIME_PYTHON names another interpreter, RUNTIME_MODELS (A,B) only some models, RUNTIME_TRIALS how many random trials
of each."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import unittest

import runtime_trials
import trial_cases
import trial_oracle
from harness import PATIENCE_S, most_in_flight
from origin_client import Origin

RUNTIMES = os.path.join(runtime_trials.RUNTIMES, "python")
PYTHON = os.environ.get("RUNTIME_PYTHON", sys.executable)
TRIALS = int(os.environ.get("RUNTIME_TRIALS", "6"))
MS = runtime_trials.MS

trial_cases.NO_SHARED_MEMORY = trial_oracle.NO_SHARED_MEMORY = ("python-processes",)


RUNTIMES_IN_USE = RUNTIMES


def command(model):
    return [PYTHON, os.path.join(RUNTIMES_IN_USE, "trial.py"), model]


def describe(model, **parameters):
    """What the program of a model says of itself: the only message."""
    plan = {"protocol": 1, "describe": True, "parameters": parameters}
    return json.loads(subprocess.run(command(model), input=json.dumps(plan) + "\n", capture_output=True, text=True,
                                     timeout=PATIENCE_S, check=False).stdout)


def here():
    """The models whose libraries are installed."""
    chosen = os.environ.get("RUNTIME_MODELS", "")
    return [name for name in (chosen.split(",") if chosen else runtime_trials.described("python")) if "describe" in describe(name)]


HERE = here()


def modules_of(description):
    return [need for need in description["needs"] if "module" in need]


def replay(model, *arguments, **more):
    return runtime_trials.replay_model(command(model), model, *arguments, **more)


class Random(unittest.TestCase):
    """The random trials of tests/differential.py, with all that a plan may have."""

    def test_random_trials(self):
        for model in HERE:
            with self.subTest(model=model):
                self.try_trials(model, {}, TRIALS)

    def test_what_its_users_fetch_with(self):
        for model in HERE:
            if "describe" in describe(model, client="idiom"):
                with self.subTest(model=model):
                    self.try_trials(model, {"client": "idiom"}, 4 * TRIALS)

    def test_a_task_of_the_loop_for_each(self):
        for model in {"asyncio", "uvloop"} & set(HERE):
            with self.subTest(model=model):
                self.try_trials(model, {"start": "task"}, TRIALS)

    def try_trials(self, model, parameters, trials):
        origin = runtime_trials.secure_origin(self)
        # Eventlet's sockets take a reset for an end, and requests takes what came for the answer.
        deaf = (model, parameters) == ("eventlet", {"client": "idiom"})
        runtime_trials.try_trials(self, origin, model, command(model), parameters, trials,
                                  but=lambda case: deaf and "/reset" in json.dumps(case))


def each(*but):
    """A test of one model is one of each that is here, but of those."""
    def of_each(test):
        @functools.wraps(test)
        def run(self):
            for model in HERE:
                if model not in but:
                    with self.subTest(model=model):
                        test(self, model)

        return run

    return of_each


class Each(unittest.TestCase):
    """What is asked of each model that is here."""

    @each()
    def test_describes_itself(self, model):
        about = describe(model)["describe"]
        self.assertRegex(about["language"], r"^(CPython|PyPy) 3\.\d+")
        self.assertTrue(os.access(about["executable"], os.X_OK), about)
        self.assertEqual({type(about[name]) for name in ("gil", "jit")}, {bool})
        self.assertTrue(about["gc"] and about["client"], about)
        for need in modules_of(runtime_trials.described("python")[model]):
            self.assertRegex(about["library"], rf"^{need['pypi']} \d", about)

    def test_a_library_that_is_missing_is_named(self):
        for model, description in runtime_trials.described("python").items():
            for need in modules_of(description):
                with self.subTest(model=model):
                    # It is found first, and fails as if it were absent.
                    with tempfile.TemporaryDirectory() as folder:
                        with open(os.path.join(folder, need["module"] + ".py"), "w", encoding="utf-8") as file:
                            file.write(f"raise ModuleNotFoundError(\"No module named '{need['module']}'\")\n")
                        ran = replay(model, 1, 1, [], {"PYTHONPATH": folder})
                    self.assertTrue(ran.lacks, ran.error)
                    self.assertIn(need["module"], ran.error)
                    self.assertEqual(ran.status, 2)

    def test_what_is_not_known_is_refused(self):
        for model in HERE:
            self.assertIn("'juggle'", replay(model, 1, 1, [{"juggle": 3}]).error)
            self.assertTrue(replay(model, 1, 1, [{"juggle": 3}]).lacks)
            self.assertRegex(replay(model, 1, 1, [], parameters={"colour": "red"}).error, "colour.*=red.*expected")
            self.assertRegex(replay(model, 1, 1, [], protocol=2).error, "protocol 2 .*expected 1")
        self.assertRegex(replay("asyncio", 1, 1, [], parameters={"start": "slow"}).error, "'slow', expected worker or task")
        self.assertRegex(replay("python-processes", 1, 1, [], parameters={"chunk": 1025}).error, "1025, expected 1 to 1024")
        self.assertRegex(replay("python-threads", 1, 1, [], chunk=2).error, "chunk")

    def test_what_a_description_says_it_cannot(self):
        for model, description in runtime_trials.described("python").items():
            for step, reason in description.get("cannot", {}).items():
                ran = replay(model, 1, 1, [{"lock": True}, {"unlock": True}] if "lock" in step else [{step: 1}])
                self.assertTrue(ran.lacks)
                self.assertIn(reason, ran.error)

    @each("python-loop")
    def test_sleepers_are_all_in_flight_and_none_is_short(self, model):
        tasks = int(os.environ.get("RUNTIME_SLEEPERS", "20" if model == "python-processes" else "200"))
        ran = replay(model, tasks, tasks, [{"sleep": "2s"}])
        self.assertIsNone(ran.error, ran.printed)
        self.assertEqual(most_in_flight(ran.slots), tasks)
        self.assertGreaterEqual(min(slot.end_ns - slot.begin_ns for slot in ran.slots), 2000 * MS)

    @each("python-threads", "python-thread-per-task", "python-processes", "asyncio-threads")
    def test_a_blocking_call_blocks(self, model):
        """Where all is one thread's, two of them take as long as both."""
        ran = replay(model, 2, 2, [{"block": "60ms"}])
        self.assertGreaterEqual(ran.result["run_ns"], 120 * MS)

    @each()
    def test_marks_of_a_memory_trial(self, model):
        ran = replay(model, 8, 4, [{"sleep": "20ms"}], memory=True)
        self.assertEqual([message.get("mark") for message in ran.messages], ["before_lanes", "peak", "before_close", None])

    @each()
    def test_proxies_of_the_environment_are_ignored(self, model):
        origin = Origin()
        self.addCleanup(origin.stop)
        nowhere = "http://127.0.0.1:1"
        proxies = {"http_proxy": nowhere, "HTTP_PROXY": nowhere, "all_proxy": nowhere, "no_proxy": ""}
        for parameters in ({}, {"client": "idiom"}):
            if "describe" in describe(model, **parameters):
                ran = replay(model, 4, 2, [{"fetch": "/bytes/100"}], proxies, origin=f"http://127.0.0.1:{origin.port}",
                             parameters=parameters)
                self.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {(0, 100)}, (parameters, ran.error))

    @each()
    def test_connections_of_their_own_and_over_tls(self, model):
        for parameters in ({}, {"client": "idiom"}):
            if "describe" in describe(model, **parameters):
                runtime_trials.try_fetch_options(self, command(model), model, parameters)

    @each()
    def test_no_more_connections_than_lanes(self, model):
        """Between fetches connections are idle, and have to be kept."""
        steps = [{"fetch": "/bytes/10"}, {"sleep": "20ms"}, {"fetch": "/delay/1ms"}]
        for parameters in ({}, {"client": "idiom"}):
            if "describe" in describe(model, **parameters):
                origin = Origin()
                ran = replay(model, 30, 5, steps, origin=f"http://127.0.0.1:{origin.port}",
                             parameters=parameters)
                stats = origin.stats()
                origin.stop()
                self.assertEqual((ran.error, stats["requests"]), (None, 60), parameters)
                self.assertLessEqual(stats["connections"] - 1, 5, parameters)

    @each("python-processes")  # which expands the list before the run
    def test_a_trial_that_breaks_down_says_why(self, model):
        ran = replay(model, 10, 2, [{"sleep": "1ms"}, {"repeat": "often", "steps": [{"sleep": "1ms"}]}])
        self.assertEqual(ran.status, 0, ran.printed)
        self.assertRegex(ran.error, "^TypeError: .*'str'")
        self.assertRegex(replay(model, 10, 2, [{"sleep": 5}]).error, "cannot be carried out: AttributeError")


SHOP = """
import asyncio, os, sys, time
def page():
    return b"hello"
def text():
    return "hello"
def number():
    return 42
def nothing():
    return None
def fails():
    raise ValueError("no such page")
def leaves():
    sys.exit(3)
def forks():
    with open(sys.path[0] + "/forked", "ab", 0) as file:
        file.write(b".")
    os.fork()
async def forks_async():
    forks()
class Stopped(BaseException):
    pass
def stops():
    raise Stopped
async def stops_async():
    raise asyncio.CancelledError
def large():
    return -7 ** 6000
def dies():
    os._exit(7)
def prints():
    print("a message", flush=True)
    print("another", file=sys.stderr, flush=True)
def hangs():
    time.sleep(1000)
class Site:
    @staticmethod
    def page():
        return b"hello"
async def page_async():
    await asyncio.sleep(0)
    return b"hello"
async def page_any():
    return b"hello"
async def fails_async():
    raise ValueError("no such page")
async def fails_otherwise():
    raise KeyError("page")
"""


def fnv(data):
    """FNV-1a of the bytes, and their length."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value ^ len(data)


HELLO = fnv(b"hello")


class Calls(unittest.TestCase):
    """A user's own functions."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        with open(os.path.join(cls.folder.name, "shop.py"), "w", encoding="utf-8") as file:
            file.write(SHOP)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def call(self, model, function, tasks=4, **more):
        word = runtime_trials.described("python")[model].get("call", "call")
        names = {"call": f"shop:{function}"}
        if word != "call":
            names[word] = f"shop:{ {'page': 'page_async' if word == 'async' else 'page_any'}.get(function, function + '_async')}"
        if word == "twisted":
            names[word] = f"shop:{function}"  # a value counts as a Deferred that has fired
        return replay(model, tasks, 2, [names], folder=self.folder.name, **more)

    def test_what_it_returns_is_hashed(self):
        for model in HERE:
            with self.subTest(model=model):
                ran = self.call(model, "page")
                self.assertIsNone(ran.error, ran.printed)
                self.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {(0, HELLO)})
        for function, check in (("text", HELLO), ("Site.page", HELLO), ("nothing", 0), ("number", fnv(b"42")),
                                ("large", fnv(b"%x" % -7 ** 6000))):
            ran = self.call("python-loop", function)
            self.assertIsNone(ran.error, ran.printed)
            self.assertEqual({slot.check for slot in ran.slots}, {check}, function)

    def test_what_nobody_compares_is_not_hashed(self):
        for model in HERE:
            ran = self.call(model, "page", varies=True)
            self.assertEqual(({slot.check for slot in ran.slots}, ran.error), ({0}, None), model)

    def test_what_it_raises_is_a_failed_task(self):
        for model in HERE:
            with self.subTest(model=model):
                ran = self.call(model, "fails")
                self.assertEqual({slot.status for slot in ran.slots}, {4000})
                self.assertEqual(ran.result["exceptions"], ["ValueError"])
                self.assertEqual(ran.result["call_failures"], {"ValueError": 4})
        for model in ("python-loop", "python-threads", "python-processes"):
            self.assertEqual(self.call(model, "leaves").result["call_failures"], {"SystemExit": 4})

    def test_whatever_it_raises_is_a_failed_task(self):
        """Those that are no Exception too, as gevent's Timeout is none."""
        for model in HERE:
            word = runtime_trials.described("python")[model].get("call", "call")
            if word not in ("call", "async", "twisted"):
                continue
            with self.subTest(model=model):
                name = "CancelledError" if word == "async" else "Stopped"
                self.assertEqual(self.call(model, "stops").result.get("call_failures"), {name: 4})

    def test_what_cannot_be_awaited(self):
        for model in ("asyncio", "trio"):
            if model not in HERE:
                continue
            step = dict.fromkeys(("call", "async", "trio"), "shop:page")
            ran = replay(model, 2, 2, [step], folder=self.folder.name)
            self.assertEqual(ran.result["call_failures"], {"TypeError (what it returns cannot be awaited)": 2})

    def test_a_module_that_ends_the_program(self):
        with open(os.path.join(self.folder.name, "script.py"), "w", encoding="utf-8") as file:
            file.write("import sys\ndef page():\n    pass\nsys.exit(4)\n")
        self.assertIn("SystemExit: 4", replay("python-loop", 2, 2, [{"call": "script:page"}], folder=self.folder.name).error)

    def test_what_comes_back_forked_carries_out_nothing(self):
        for model in HERE:
            with self.subTest(model=model):
                ran = self.call(model, "forks", 6)
                self.assertEqual((len(ran.messages), ran.error), (1, None))
                path = os.path.join(self.folder.name, "forked")
                self.assertEqual(os.path.getsize(path), 6)
                os.unlink(path)

    def test_several_exceptions_are_told_apart(self):
        for model in ("python-threads", "python-processes"):
            classes = [{"name": name, "steps": [{"call": f"shop:{name}"}]} for name in ("fails", "page", "leaves")]
            ran = replay(model, 9, 3, classes, folder=self.folder.name)
            names = ran.result["exceptions"]
            told = [0 if slot.status == 0 else names[slot.status - 4000] for slot in ran.slots]
            self.assertEqual(told, 3 * ["ValueError", 0, "SystemExit"])

    def test_what_cannot_be_called_is_refused(self):
        for where, words in (("shop:nowhere", "nowhere"), ("nosuchmodule:page", "nosuchmodule"), ("shop", "module:function"),
                             ("shop:HELLO.x", "HELLO"), ("shop:page_async", "coroutine")):
            ran = replay("python-loop", 1, 1, [{"call": where}], folder=self.folder.name)
            self.assertIn(words, ran.error)
            self.assertEqual(ran.status, 2)
        ran = replay("asyncio", 1, 1, [{"call": "shop:page"}], folder=self.folder.name)
        self.assertTrue(ran.lacks)
        self.assertIn('"async"', ran.error)

    def test_one_that_prints_forks_or_dies(self):
        for model in ("python-loop", "python-threads", "python-processes"):
            with self.subTest(model=model):
                ran = self.call(model, "prints")
                self.assertEqual((len(ran.messages), ran.error), (1, None))
                self.assertIn("a message", ran.printed)
        self.assertIn("worker of the pool died (status 7)", self.call("python-processes", "dies").error)
        self.assertEqual(self.call("python-loop", "dies").status, 7)


class Descriptions(unittest.TestCase):
    """Each is by docs/runtime.schema.json, and names what is there."""

    def test_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is not here")
        with open(os.path.join(RUNTIMES, os.pardir, os.pardir, "docs", "runtime.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        for name, description in runtime_trials.described("python").items():
            with self.subTest(model=name):
                jsonschema.validate(description, schema)
                self.assertEqual(description["name"], name)
                self.assertIn(description["loop"], runtime_trials.described("python"))
                for parameter in description.get("parameters", []):
                    if "values" in parameter:
                        self.assertIn(parameter["default"], parameter["values"])
                        self.assertLessEqual(set(parameter.get("needs", {})), set(parameter["values"]))
                    else:
                        self.assertTrue(parameter["least"] <= parameter["default"] <= parameter["most"])


class OwnTraps(unittest.TestCase):
    """What is particular to one library or the other."""

    def test_gevent_and_eventlet_run_the_threads_own_program(self):
        """The program patches before it imports whatever might hold on to what blocks."""
        for model in {"gevent", "eventlet"} & set(HERE):
            ran = replay(model, 40, 40, [{"sleep": "50ms"}])
            self.assertEqual(most_in_flight(ran.slots), 40)
            check = ("import sys; sys.argv[1:] = [MODEL]; sys.path.insert(0, FOLDER)\n"
                     "from ccbench_runtime.patch import patch; patch(MODEL)\n"
                     "from ccbench_runtime.models import python_threads\n"
                     "import threading, time, socket; print(threading.Lock.__module__, time.sleep.__module__)")
            check = check.replace("MODEL", repr(model)).replace("FOLDER", repr(RUNTIMES))
            said = subprocess.run([PYTHON, "-W", "ignore", "-c", check], capture_output=True, text=True, check=True).stdout
            self.assertEqual([word.partition(".")[0] for word in said.split()], 2 * [model], said)

    def test_early_wakeups_are_slept_on(self):
        """libuv's timers have ms: of many sleeps that are no whole ms, some end early."""
        if "uvloop" not in HERE:
            self.skipTest("uvloop is not here")
        ran = replay("uvloop", 300, 30, [{"sleep": "1250us"}])
        self.assertGreaterEqual(min(slot.end_ns - slot.begin_ns for slot in ran.slots), 1_250_000)
        self.assertGreater(ran.result["counters"]["early_wakeups"], 0)

    def test_the_switch_interval_is_set(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "ask.py"), "w", encoding="utf-8") as file:
                file.write("import sys\ndef interval():\n    return round(1e9 * sys.getswitchinterval())\n")
            for chosen, expected in (({}, b"5000000"), ({"interval": 1_000_000}, b"1000000")):
                ran = replay("python-threads", 1, 1, [{"call": "ask:interval"}], folder=folder, parameters=chosen)
                self.assertEqual(ran.slots[0].check, fnv(expected), ran.error)

    def test_what_a_race_loses(self):
        """Nothing where a load and its store are one function, however often CPython switches; without a GIL, something."""
        steps = [{"repeat": 20000, "steps": [{"load": True}, {"store": True}]}, {"load": True}, {"yield": 1}, {"store": True}]
        for model in ("python-threads", "python-thread-per-task"):
            lost = {}
            for race in ("call", "inline"):
                ran = replay(model, 8, 4, steps[:1], parameters={"interval": 1000, "race": race})
                lost[race] = 8 * 20000 - ran.result["counter"]
                self.assertGreaterEqual(lost[race], 0)
            if describe(model)["describe"]["gil"] and sys.implementation.name == "cpython" and sys.version_info >= (3, 10):
                self.assertEqual(lost["inline"], 0, lost)
            # What does not stand side by side stays as it is, and one thread loses nothing.
            ran = replay(model, 3, 1, steps, parameters={"race": "inline"})
            self.assertEqual(ran.result["counter"], 3 * 20001)

    def test_headers_and_what_cannot_be_fetched(self):
        """A request is as --header has it; what cannot be asked for is refused."""
        check = ("import sys; sys.path.insert(0, FOLDER)\nfrom ccbench_runtime.http1 import Target\n"
                 "print(Target('http://a:81/x?y', ['User-Agent:', 'X-One: 1', 'Empty;', 'host: b']).request.decode())")
        said = subprocess.run([PYTHON, "-c", check.replace("FOLDER", repr(RUNTIMES))], capture_output=True, check=True).stdout
        self.assertEqual(said.decode(), "GET /x?y HTTP/1.1\r\nhost: b\r\nAccept: */*\r\nX-One: 1\r\nEmpty: \r\n\r\n\n")
        for more in ({"url": "https://127.0.0.1:1/"}, {"url": "ftp://x/"}, {"unix_socket": "/nowhere", "origin": "http://x"}):
            ran = replay("python-loop", 1, 1, [{"fetch": "/"}], **more)
            self.assertTrue(ran.lacks, ran.error)
            self.assertIn("cannot fetch", ran.error)

    def test_a_pool_counts_in_flight_by_what_its_workers_do(self):
        ran = replay("python-processes", 200, 3, [], parameters={"chunk": 7})
        self.assertLessEqual(ran.result["in_flight"], 3)

    def test_a_pool_that_hands_out_more_is_found_out(self):
        """Its stamps are the workers' own: with one more worker than lanes they overlap."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cp", "-r", RUNTIMES, folder], check=True)
            path = os.path.join(folder, "python", "ccbench_runtime", "models", "python_processes.py")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertEqual(text.count("_context.Pool(self.work.lanes,"), 1)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("_context.Pool(self.work.lanes,", "_context.Pool(self.work.lanes + 1,"))
            global RUNTIMES_IN_USE
            RUNTIMES_IN_USE = os.path.join(folder, "python")
            try:
                ran = replay("python-processes", 8, 2, [{"sleep": "300ms"}])
            finally:
                RUNTIMES_IN_USE = RUNTIMES
        self.assertEqual(ran.result["in_flight"], 3)

    def test_what_a_pool_moves_is_moved(self):
        ran = replay("python-processes", 6, 2, [{"take": "100k"}, {"repeat": 2, "steps": [{"reply": "9000"}, {"take": "1k"}]}])
        expected = 102400 + 25 + 2 * (9000 + 3 + 1024 + 1)
        self.assertEqual({slot.check for slot in ran.slots}, {expected})

    def test_objects_are_handed_over(self):
        for model in HERE:
            steps = [{"take": "100k", "objects": True}, {"repeat": 2, "steps": [{"reply": "9000", "objects": True}, {"take": "0"}]},
                     {"reply": "10", "objects": True}]
            with self.subTest(model=model):
                ran = replay(model, 6, 2, steps, **({"parameters": {"chunk": 4}} if model == "python-processes" else {}))
                self.assertEqual({slot.check for slot in ran.slots}, {102400 + 25 + 2 * (9000 + 3) + 10 + 1}, ran.error)

    def test_objects_are_as_long_as_they_should_be_and_pickle_finds_nothing_twice(self):
        check = ("import pickle, sys\nsys.path.insert(0, FOLDER)\nfrom ccbench_runtime import payloads\n"
                 "from ccbench_runtime.models.python_processes import Payloads\n"
                 "for size in (4096, 10**5, 10**6):\n    print(len(pickle.dumps(payloads.make(size, True))) / size)\n"
                 "class work:\n    rate, parameters, tasks, classes = False, {'chunk': 3}, 9, [0] * 9\n"
                 "    plan = {'classes': [{'steps': [{'repeat': 2, 'steps': [{'take': '100k', 'objects': OBJECTS}]}]}]}\n"
                 "made = Payloads(work, 'take')\nprint(len(pickle.dumps([made.of(i) for i in range(3, 6)])) / 102400)\n")
        for objects in (False, True):
            text = check.replace("FOLDER", repr(RUNTIMES)).replace("OBJECTS", str(objects))
            said = subprocess.run([PYTHON, "-c", text], capture_output=True, text=True, check=True).stdout.split()
            for share in said[:3]:
                self.assertLess(abs(float(share) - 1), 0.1, said)
            self.assertLess(abs(float(said[3]) / 6 - 1), 0.1, said)


if __name__ == "__main__":
    unittest.main()

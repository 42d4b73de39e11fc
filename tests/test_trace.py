#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Traced trials, by hand: every model tells of each task the steps that it has, in their order, within its stamps. CCBENCH
names the program."""

import collections
import json
import os
import re
import subprocess
import unittest

import traces
from harness import CCBENCH, PATIENCE_S, models, plan, replay, workloads
from origin_client import Origin

MODELS = [name for name in models() if name != "null"]
LOOPS = [name for name in MODELS if name.startswith(("eventloop", "async", "green"))]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
ROOM = 1 << 16
APART = ("processes", "process-per-task", "python-processes")  # share no memory
SHARED = ("load", "store", "add", "lock", "unlock")
FETCHES = any(label.startswith("http") for label in workloads())
MS = 1_000_000


def without_shared(steps):
    """For models that share no memory."""
    left = []
    for step in steps:
        if "repeat" in step:
            step = dict(step, steps=without_shared(step["steps"]))
        if "gather" in step:
            step = dict(step, gather=[without_shared(child) for child in step["gather"]])
        if next(iter(step)) not in SHARED:
            left.append(step)
    return left


class Traced(unittest.TestCase):
    def carry(self, model, tasks, lanes, steps, capacity=ROOM, **more):
        """What was told of a trial that did well, with its slots and the steps that it had."""
        if model in APART:
            steps = without_shared(steps)
        done = replay(plan(model, tasks, lanes, steps, trace=True, **more), trace=traces.empty(capacity))
        if done.error is not None and "is not here" in done.error:
            self.skipTest(done.error)
        self.assertIsNone(done.error)
        self.assertEqual(done.diagnostics, "")
        self.assertEqual({slot.status for slot in done.slots}, {0})
        return traces.read(done.trace), done, steps

    def hold(self, model, trace, done, steps, lanes):
        """Each task's events are those of its steps."""
        self.assertEqual(trace.dropped, 0)
        self.assertTrue(all(0 <= event.lane < lanes and event.thread > 0 for event in trace.events))
        lives = traces.lives(trace.events)
        own, children = traces.flat(steps)
        wanted = {(task, child): names for task in range(len(done.slots)) for child, names in [(0, own), *children.items()]}
        self.assertEqual({who: [name for life in of_who for name in traces.steps_of(life)] for who, of_who in lives.items()},
                         wanted)
        for (task, child), of_who in lives.items():
            slot = done.slots[task]
            self.assertGreaterEqual(of_who[0][0].at_ns, slot.begin_ns)
            self.assertLessEqual(of_who[-1][-1].at_ns, slot.end_ns)
            if child == 0:
                self.assertEqual(of_who[0][0].at_ns, slot.begin_ns)
                self.assertEqual(len(of_who), 1)

    def check(self, steps, tasks=6, lanes=3, **more):
        for model in MODELS:
            with self.subTest(model=model):
                self.hold(model, *self.carry(model, tasks, lanes, steps, **more), lanes)


class Fetching(Traced):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin() if FETCHES else None

    @classmethod
    def tearDownClass(cls):
        if cls.origin is not None:
            cls.origin.stop()

    def url(self):
        return f"http://127.0.0.1:{self.origin.port}"


class Steps(Fetching):
    def test_none(self):
        self.check([])

    def test_mix(self):
        self.check([{"compute": 12}, {"sleep": "1ms"}, {"yield": 3}, {"lock": True}, {"load": True}, {"store": True},
                    {"sleep": "100us"}, {"unlock": True}, {"block": "100us"}, {"copy": "8k"}, {"take": "4k"}, {"add": 2},
                    {"reply": "4k"}, {"read": "4k"}, {"repeat": 2, "steps": [{"compute": 5}, {"yield": 1}]}])

    def test_file(self):
        self.check([{"lock_file": True}, {"load_file": True}, {"yield": 2}, {"store_file": True}, {"unlock_file": True}])

    def test_gather(self):
        self.check([{"compute": 5}, {"gather": [[{"sleep": "1ms"}, {"yield": 2}], [{"compute": 10}, {"lock": True}, {"unlock": True}],
                                                [], [{"gather": [[{"sleep": "1ms"}], [{"read": "1k"}]]}, {"compute": 3}]]},
                    {"repeat": 2, "steps": [{"gather": [[{"yield": 1}], [{"sleep": "100us"}]]}]}], tasks=4, lanes=2)

    @unittest.skipUnless(FETCHES, "this build cannot fetch")
    def test_fetch(self):
        self.check([{"fetch": "/delay/1ms"}, {"gather": [[{"fetch": "/bytes/10"}], [{"fetch": "/bytes/20"}]]}], origin=self.url())

    def test_processes(self):
        """As fresh programs, and in chunks."""
        steps = [{"compute": 5}, {"sleep": "100us"}, {"gather": [[{"compute": 3}], []]}]
        for model, parameters in (("processes", {"start": "spawn"}), ("processes", {"chunk": 3}),
                                  ("process-per-task", {"start": "spawn"}), ("processes-shm", {"start": "spawn"})):
            with self.subTest(model=model, **parameters):
                trace, done, own = self.carry(model, 7, 2, steps, parameters=parameters)
                self.hold(model, trace, done, own, 2)
                self.assertGreater(len({event.thread for event in trace.events}), 1)

    def test_open_loop(self):
        self.check([{"sleep": "100us"}, {"compute": 3}], rate_per_s=5000)


class Python(Fetching):
    """The models of Python that are here and whose steps are wrapped."""

    NAMES = ("python-loop", "python-threads", "python-thread-per-task", "python-processes", "asyncio", "asyncio-threads", "uvloop",
             "trio", "curio", "gevent", "eventlet")

    def each(self, steps, names=NAMES, lanes=2, **more):
        for model in names:
            with self.subTest(model=model):
                self.hold(model, *self.carry(model, 5, lanes, steps, **more), lanes)

    def test_mix(self):
        self.each([{"compute": 5}, {"compute": 3, "times": 2}, {"sleep": "1ms"}, {"yield": 2}, {"lock": True}, {"load": True},
                   {"store": True}, {"unlock": True}, {"block": "100us"}, {"copy": "8k"}, {"take": "4k"}, {"add": 2}, {"reply": "4k"},
                   {"read": "4k"}, {"repeat": 2, "steps": [{"compute": 5}, {"yield": 1}]},
                   {"lock_file": True}, {"load_file": True}, {"store_file": True}, {"unlock_file": True}])

    def test_gather(self):
        self.each([{"gather": [[{"sleep": "1ms"}, {"yield": 2}], [{"compute": 3}, {"lock": True}, {"unlock": True}], [],
                               [{"gather": [[{"sleep": "1ms"}], [{"read": "1k"}]]}, {"compute": 3}]]},
                   {"repeat": 2, "steps": [{"gather": [[{"yield": 1}], [{"sleep": "100us"}]]}]}])

    @unittest.skipUnless(FETCHES, "this build cannot fetch")
    def test_fetch(self):
        self.each([{"fetch": "/delay/1ms"}, {"gather": [[{"fetch": "/bytes/10"}], [{"fetch": "/bytes/20"}]]}], origin=self.url())

    def test_offload(self):
        trace, _, _ = self.carry("asyncio-threads", 4, 2, [{"compute": 5}])
        for (life,) in traces.lives(trace.events).values():
            _, begin, there, ready, end, _ = life
            self.assertEqual([event.what for event in life[1:5]], ["step_begin", "elsewhere", "ready", "step_end"])
            self.assertEqual((begin.thread, there.thread), (end.thread, ready.thread))
            self.assertNotEqual(begin.thread, there.thread)

    def test_processes(self):
        trace, _, _ = self.carry("python-processes", 6, 3, [{"sleep": "20ms"}])
        self.assertGreater(len({event.thread for event in trace.events}), 1)

    def test_failure(self):
        for model in ("python-loop", "python-threads", "asyncio"):
            with self.subTest(model=model):
                done = replay(plan(model, 3, 2, [{"fetch": "/x"}, {"compute": 3}], trace=True, origin="http://127.0.0.1:1"),
                              trace=traces.empty(ROOM))
                for (life,) in traces.lives(traces.read(done.trace).events).values():
                    self.assertEqual([event.what for event in life], ["task_begin", "step_begin", "step_end", "task_end"])

    def test_full(self):
        for model in self.NAMES:
            with self.subTest(model=model):
                trace, _, _ = self.carry(model, 10, 2, [{"yield": 5}, {"add": 1}], capacity=40)
                self.assertEqual(len(trace.events), 40)
                self.assertEqual(trace.dropped, 10 * (2 + 2 * (5 if model == "python-processes" else 6)) - 40)

    def test_none_given(self):
        for given in (None, b"", b"x" * 1000, traces.empty(10)[:-1], b"X" + traces.empty(10)[1:]):
            done = replay(plan("python-loop", 2, 1, [{"compute": 2}], trace=True), trace=given)
            self.assertIsNone(done.error)
            self.assertEqual(done.trace, given or b"")

    def test_no_trace(self):
        """Twisted's callbacks tell nothing, nor does a variant whose steps are one."""
        for model, parameters in (("twisted", {}), ("python-threads", {"race": "inline"})):
            with self.subTest(model=model):
                trace, _, _ = self.carry(model, 2, 1, [{"load": True}, {"store": True}], parameters=parameters)
                self.assertEqual(trace.events, [])


class Kinds(unittest.TestCase):
    def test_places(self):
        """Whoever numbers steps does it as the table has them."""
        with open(os.path.join(SOURCE, "workloads/program/step_kinds.h"), encoding="utf-8") as file:
            names = re.findall(r"^    X\([A-Z_]+, (\w+),", file.read(), re.MULTILINE)
        self.assertEqual(list(traces.STEPS), names)
        with open(os.path.join(SOURCE, "runtimes/python/ccbench_runtime/trace.py"), encoding="utf-8") as file:
            python = re.search(r"^STEPS = \((.*?)\)", file.read(), re.MULTILINE | re.DOTALL)
        self.assertEqual(re.findall(r'"(\w+)"', python.group(1)), names)


class Moments(Traced):
    def test_due(self):
        """What sleeps is told until when, and is not over before."""
        for model in MODELS:
            with self.subTest(model=model):
                trace, _, _ = self.carry(model, 4, 2, [{"sleep": "2ms"}, {"block": "1ms"}, {"compute": 1}])
                for life in (life for of_who in traces.lives(trace.events).values() for life in of_who):
                    steps = [(event, life[i + 1:]) for i, event in enumerate(life) if event.what == "step_begin"]
                    for (begin, later), least in zip(steps, (2 * MS, 1 * MS, 0)):
                        end = next(event for event in later if event.what == "step_end")
                        self.assertGreaterEqual(end.at_ns - begin.at_ns, least)
                        self.assertEqual(begin.due_ns, begin.at_ns + least if least else 0)

    def test_cpu(self):
        """A thread's CPU time never goes back, and is no more than has passed."""
        for model in MODELS:
            with self.subTest(model=model):
                trace, _, _ = self.carry(model, 4, 2, [{"compute": 18}, {"sleep": "100us"}])
                by_thread = collections.defaultdict(list)
                for event in trace.events:
                    by_thread[event.thread].append(event)
                for events in by_thread.values():
                    times = [event.cpu_ns for event in events]
                    self.assertEqual(times, sorted(times))
                    self.assertGreater(times[-1], 0)

    def test_ready(self):
        """Under one loop what a hog has held up is ready long before it goes on."""
        for model in ("async", "green", "green-copy"):
            if model not in LOOPS:
                continue
            with self.subTest(model=model):
                trace, _, _ = self.carry(model, 6, 6, [{"sleep": "1ms"}, {"compute": 20}])
                events = [event for event in trace.events if event.step == "sleep"]
                ready = [event for event in events if event.what == "ready"]
                self.assertEqual(len(ready), 6)
                for event in ready:
                    end = next(other for other in events if other.what == "step_end" and other.task == event.task)
                    self.assertLessEqual(event.at_ns, end.at_ns)

    def test_offload(self):
        """Another thread computes, and says when."""
        if "eventloop-offload" not in MODELS:
            self.skipTest("no libuv")
        trace, _, _ = self.carry("eventloop-offload", 6, 3, [{"compute": 15}, {"yield": 1}])
        for life in (life for of_who in traces.lives(trace.events).values() for life in of_who):
            self.assertEqual([event.what for event in life if event.step == "compute"],
                             ["step_begin", "elsewhere", "ready", "step_end"])
            begin, there, ready, _ = (event for event in life if event.step == "compute")
            self.assertEqual(there.thread, ready.thread)
            self.assertNotEqual(begin.thread, there.thread)


class InterpreterLock(Traced):
    def turns(self, trace):
        """Whoever has the lock gives it up before another has it: the number of times it was taken."""
        holder = None
        taken = 0
        for event in trace.events:
            if event.what == "take":
                self.assertIsNone(holder)
                holder = event.thread
                taken += 1
            elif event.what == "drop":
                self.assertEqual(event.thread, holder)
                holder = None
            elif event.what == "step_begin":
                self.assertEqual(event.thread, holder, "begins a step without the lock")
        self.assertIsNone(holder)
        return taken

    def test_goes_round(self):
        wanted = []
        for _ in range(20):  # threads that come one after the other do not wait for each other
            trace, done, steps = self.carry("gil", 3, 3, [{"compute": 24, "times": 20}, {"sleep": "1ms"}],
                                            parameters={"interval": 100000})
            self.hold("gil", trace, done, steps, 3)
            self.assertGreaterEqual(self.turns(trace), 6)
            wanted += [event for event in trace.events if event.what == "want"]
            if wanted:
                break
        self.assertTrue(all(event.task == traces.NO_TASK or event.task < 3 for event in wanted))
        self.assertTrue(wanted)

    def test_children(self):
        trace, done, steps = self.carry("gil", 2, 2, [{"gather": [[{"compute": 15}], [{"sleep": "1ms"}]]}])
        self.hold("gil", trace, done, steps, 2)
        self.turns(trace)

    def test_others_have_none(self):
        for model in MODELS:
            if model != "gil":
                trace, _, _ = self.carry(model, 2, 2, [{"compute": 10}])
                self.assertFalse([event for event in trace.events if event.what in ("want", "take", "drop")], model)


class Room(Traced):
    def test_full(self):
        """What finds no room is counted, and costs the trial nothing."""
        steps = [{"yield": 5}, {"compute": 3}]
        for model in MODELS:
            with self.subTest(model=model):
                trace, _, _ = self.carry(model, 10, 2, steps, capacity=40)
                self.assertEqual(len(trace.events), 40)
                more = {"gil": None, "eventloop-offload": 2}.get(model, 0)  # elsewhere and ready; the lock goes round as it does
                if more is not None:
                    self.assertEqual(trace.dropped, 10 * (2 + 2 * 6 + more) - 40)

    def test_none_given(self):
        """Without a descriptor, or with one that is no trace, the trial is as any other."""
        for given in (None, b"", b"x" * 1000, traces.empty(10)[:-1], b"X" + traces.empty(10)[1:]):
            for model in MODELS:
                with self.subTest(model=model, given=given and given[:8]):
                    done = replay(plan(model, 4, 2, [{"yield": 2}], trace=True), trace=given)
                    self.assertIsNone(done.error)
                    self.assertEqual(done.trace, given or b"")

    def test_not_asked_for(self):
        for model in MODELS:
            with self.subTest(model=model):
                done = replay(plan(model, 4, 2, [{"yield": 2}]), trace=traces.empty(100))
                self.assertIsNone(done.error)
                self.assertEqual(done.trace, traces.empty(100))


@unittest.skipUnless(FETCHES, "this build cannot fetch")
class Failures(Fetching):
    def failed(self, model, steps, **more):
        done = replay(plan(model, 3, 2, steps, trace=True, origin=self.url(), **more), trace=traces.empty(ROOM))
        self.assertIsNone(done.error)
        return traces.read(done.trace), done

    def test_step_that_fails(self):
        """The task's last step is the one that failed; what it held is given up."""
        for model in MODELS:
            steps = [{"lock": True}, {"fetch": "/status/503"}, {"unlock": True}, {"compute": 3}]
            with self.subTest(model=model):
                trace, done = self.failed(model, without_shared(steps) if model in APART else steps)
                self.assertEqual({slot.status for slot in done.slots}, {503})
                for (life,) in traces.lives(trace.events).values():
                    self.assertEqual(traces.steps_of(life)[-1], "fetch")

    def test_cancelled(self):
        """A child's failure ends the others, and each of them is told to have ended but those that were killed."""
        children = [[{"yield": 2}, {"sleep": "50ms"}, {"compute": 3}], [{"fetch": "/status/503"}], [{"yield": 100}],
                    [{"read": "4k"}, {"gather": [[{"sleep": "50ms"}], [{"fetch": "/delay/50ms"}]]}]]
        for model in MODELS:
            with self.subTest(model=model):
                trace, done = self.failed(model, [{"gather": children, "on_failure": "cancel"}])
                self.assertEqual({slot.status for slot in done.slots}, {503})
                if not model.startswith("process"):
                    traces.lives(trace.events)


def on_core(switches, thread, begin_ns, end_ns):
    """How long the thread was on a core between these two, by what the kernel told."""
    total, since = 0, None
    for at_ns, of_thread, _, came, _ in switches:
        if of_thread != thread:
            continue
        if came:
            since = at_ns
        elif since is not None:
            total += max(0, min(at_ns, end_ns) - max(since, begin_ns))
            since = None
    if since is not None:
        total += max(0, end_ns - max(since, begin_ns))
    return total


def steal_ns():
    """What a hypervisor has taken of all cores, a tick more than it says."""
    with open("/proc/stat", encoding="utf-8") as file:
        return (int(file.readline().split()[8]) + 1) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Supervised(unittest.TestCase):
    def carry(self, model, steps, tasks=6, lanes=3, program=CCBENCH, capacity=ROOM):
        done = subprocess.run([os.environ["TRACE_CLI"], program, str(capacity)], text=True, capture_output=True, timeout=PATIENCE_S,
                              input=json.dumps(plan(model, tasks, lanes, steps, trace=True)) + "\n", check=True)
        return json.loads(done.stdout)

    def test_reads_what_is_told(self):
        for model in MODELS:
            with self.subTest(model=model):
                told = self.carry(model, [{"yield": 2}, {"sleep": "1ms"}])
                self.assertNotIn("error", told)
                self.assertEqual(told["dropped"], 0)
                self.assertEqual(sum(event[8] == 1 for event in told["events"]), 6)
                times = [event[0] for event in told["events"]]
                self.assertEqual(times, sorted(times))
                self.assertLessEqual(told["begin_ns"], times[0])
                self.assertGreaterEqual(told["end_ns"], times[-1])

    def test_gives_none(self):
        self.assertEqual(self.carry("null", [])["error"], "gives no trace")

    def test_on_core(self):
        """Between the first and the last event of a thread it has used as much CPU time as it was on a core, which its events
        and the kernel's records of switches tell each by themselves."""
        for model in MODELS:
            with self.subTest(model=model):
                stolen = steal_ns()
                told = self.carry(model, [{"compute": 22}, {"sleep": "1ms"}, {"compute": 22}])
                stolen = steal_ns() - stolen
                if "no_switches" in told:
                    self.skipTest(told["no_switches"])
                self.assertEqual(told["lost"], 0)
                by_thread = collections.defaultdict(list)
                for event in told["events"]:
                    by_thread[event[4]].append(event)
                spans = [(thread, events[0], events[-1]) for thread, events in by_thread.items()]
                used = sum(last[1] - first[1] for _, first, last in spans)
                there = sum(on_core(told["switches"], thread, first[0], last[0]) for thread, first, last in spans)
                # What a hypervisor takes may be in the one and missing in the other; an event's two clocks are read one after
                # the other, and a thread may lose its core in between.
                self.assertGreaterEqual(there, 0.9 * used - 5 * MS - stolen)
                self.assertLessEqual(there, 1.1 * used + 5 * MS + stolen)

    def test_full_of_rubbish(self):
        """A program that writes anything there is refused in one line, and nothing else happens to it."""
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rubbish_trace.py")
        told = self.carry("threads", [], program=program)
        self.assertEqual(told["outcome"], 0)
        self.assertRegex(told["error"], r"^event 0 of its trace has an impossible kind, 238$")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The step gather under every model: children wait together, are joined in order, fail and are cancelled as they should, and what
carries them dies with its parent. CCBENCH names the program, FAIL_SO a library that lets chosen calls fail."""

import itertools
import os
import signal
import tempfile
import unittest

from harness import ByHand, models, most_in_flight, plan, replay, workloads
from origin_client import Origin

MODELS = [name for name in models() if name != "null"]
IN_TURN = ["sequential"]
TOGETHER = [name for name in MODELS if name not in IN_TURN]
PROCESSES = [name for name in ("processes", "processes-shm", "process-per-task") if name in MODELS]
THREADS = [name for name in ("threads", "gil", "thread-per-task") if name in MODELS]
LOOPS = [name for name in TOGETHER if name not in PROCESSES + THREADS]
SHARING = [name for name in MODELS if name not in ("processes", "process-per-task")]
# One thread, which gives way only where a step waits.
COOPERATIVE = [name for name in ("eventloop", "eventloop-offload", "async", "green", "green-copy") if name in MODELS]
FETCHES = any(label.startswith("http") for label in workloads())
MS = 1_000_000
EAGAIN, EISDIR = 1011, 1021  # measure/base/task_status.h: 1000 + errno
NAP = [{"sleep": "20ms"}]
CANCEL = {"on_failure": "cancel"}


def gather(*children, **more):
    return {"gather": list(children), **more}


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


class Trials(unittest.TestCase):
    def carry(self, model, tasks, lanes, steps, environment=None, **more):
        done = replay(plan(model, tasks, lanes, steps, **more), **(environment or {}))
        self.assertIsNone(done.error)
        self.assertEqual(done.diagnostics, "")
        self.assertTrue(all(slot.end_ns >= slot.begin_ns > 0 for slot in done.slots), "tasks are missing")
        self.assertLessEqual(done.result.get("in_flight", most_in_flight(done.slots)), lanes)
        return done

    def well(self, model, tasks, lanes, steps, check=0, **more):
        done = self.carry(model, tasks, lanes, steps, **more)
        self.assertEqual({(slot.status, slot.check) for slot in done.slots}, {(0, check % (1 << 32))})
        return done

    def fails(self, model, steps, status, tasks=6, lanes=3, **more):
        done = self.carry(model, tasks, lanes, steps, **more)
        self.assertEqual({slot.status for slot in done.slots}, {status})
        return done


class Together(Trials):
    def test_waits(self):
        """As long as the longest child at least; where they overlap, in far less than their sum."""
        steps = [gather(*[[{"sleep": "1s"}]] * 8, [{"sleep": "100ms"}])]
        for model in TOGETHER:
            with self.subTest(model=model):
                done = self.well(model, 1, 1, steps)
                took = done.slots[0].end_ns - done.slots[0].begin_ns
                self.assertGreaterEqual(took, 1000 * MS)
                self.assertLess(took, 4000 * MS)

    def test_in_turn(self):
        for model in IN_TURN:
            done = self.well(model, 2, 1, [gather(NAP, NAP, NAP)])
            for slot in done.slots:
                self.assertGreaterEqual(slot.end_ns - slot.begin_ns, 60 * MS)

    def test_sums(self):
        """Of all children, behind and before the parent's own steps, in repeats, and gathers in gathers."""
        steps = [{"compute": 10}, {"repeat": 3, "steps": [gather(
            [{"compute": 5}, {"sleep": "1ms"}], [], [{"read": "4k"}, {"yield": 2}],
            [gather([{"compute": 7}], [{"block": "1ms"}, {"compute": 8}]), {"compute": 9}])]}, {"compute": 11}]
        check = fib(10) + 3 * (fib(5) + 4096 + fib(7) + fib(8) + fib(9)) + fib(11)
        for model in MODELS:
            with self.subTest(model=model):
                self.well(model, 30, 4, steps, check)

    def test_beside_take_and_reply(self):
        for model in MODELS:
            with self.subTest(model=model):
                steps = [{"take": "5000b"}, gather([{"compute": 5}], NAP), {"reply": "100b"}]
                self.well(model, 6, 2, steps, 5000 + 2 + 5 + 100 + 1)

    def test_nothing_to_do(self):
        for model in MODELS:
            with self.subTest(model=model):
                many = 20 if model in PROCESSES else 200
                self.well(model, 5, 2, [{"repeat": many, "steps": [gather([], [])]}, gather(*[[]] * 64)])

    def test_deep(self):
        steps = [{"compute": 3}]
        for _ in range(63):
            steps = [gather(steps)]
        for model in MODELS:
            with self.subTest(model=model):
                self.well(model, 2, 2, steps, fib(3))

    def test_many_children(self):
        """64 at once, of several tasks; what carries them is used again."""
        steps = [{"repeat": 2, "steps": [gather(*[[{"sleep": "1ms"}, {"compute": 4}]] * 64)]}]
        for model in MODELS:
            with self.subTest(model=model):
                self.well(model, 3 if model in PROCESSES else 12, 3, steps, 2 * 64 * fib(4))

    def test_arrivals(self):
        for model in MODELS:
            with self.subTest(model=model):
                request = plan(model, 20, 3, [gather([{"sleep": "1ms"}], [{"yield": 1}, {"compute": 6}])], rate_per_s=1000)
                done = replay(request, slots=[(i * MS, 0, 0, 0, 0, 0) for i in range(20)])
                self.assertIsNone(done.error)
                self.assertEqual({(slot.status, slot.check) for slot in done.slots}, {(0, fib(6))})
                start = done.result["run_start_ns"]
                self.assertTrue(all(slot.begin_ns >= start + slot.arrival_ns for slot in done.slots))

    def test_memory_trials(self):
        for model in MODELS:
            with self.subTest(model=model):
                self.well(model, 6, 3, [gather(NAP, NAP)], memory=True)

    def test_spawned(self):
        for model in PROCESSES:
            with self.subTest(model=model):
                self.well(model, 4, 2, [gather(NAP, [{"compute": 6}])], fib(6), parameters={"start": "spawn"})


class Shared(Trials):
    TASKS = 40

    def count(self, model, steps, tasks=TASKS):
        return self.well(model, tasks, 5, steps).result["counter"]

    def test_add_and_lock_lose_nothing(self):
        update = [{"lock": True}, {"load": True}, {"yield": 1}, {"store": True}, {"unlock": True}]
        for model in SHARING:
            with self.subTest(model=model):
                tasks = 10 if model in PROCESSES else self.TASKS
                self.assertEqual(self.count(model, [gather(update * 3, update, [{"lock": True}, {"add": 5}, {"unlock": True}])],
                                            tasks), 9 * tasks)

    def test_files(self):
        update = [{"lock_file": True}, {"load_file": True}, {"yield": 1}, {"store_file": True}, {"unlock_file": True}]
        for model in MODELS:
            with self.subTest(model=model):
                self.assertEqual(self.count(model, [gather(update * 2, update, [gather(update)])], 10), 40)

    def test_a_register_of_its_own(self):
        """A child's load is not its parent's, nor its sibling's, and it begins as the parent's."""
        for model in COOPERATIVE + IN_TURN:
            with self.subTest(model=model):
                # counter 0; the parent has loaded 0; children: 1 + 10 added; then 0 + 1 is stored.
                steps = [{"load": True}, gather([{"add": 10}, {"load": True}]), {"store": True}]
                done = self.well(model, 1, 1, steps)
                self.assertEqual(done.result["counter"], 1)
                steps = [{"add": 7}, {"load": True}, {"add": 1}, gather([{"store": True}])]
                self.assertEqual(self.well(model, 1, 1, steps).result["counter"], 8)

    def test_a_child_that_fails_gives_the_lock_up(self):
        with tempfile.TemporaryDirectory() as folder:
            steps = [gather([{"lock": True}, {"yield": 1}, {"read": "1b"}, {"unlock": True}],
                            [{"sleep": "1ms"}, {"lock": True}, {"unlock": True}])]
            for model in SHARING:
                with self.subTest(model=model):
                    self.fails(model, steps, EISDIR, file=folder)


class Failures(Trials):
    """The folder's reads fail at once."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_the_others_go_on(self):
        """To their end, which is long behind the failure."""
        steps = [gather([{"read": "1b"}], [{"sleep": "50ms"}, {"sleep": "50ms"}]), {"sleep": "1h"}]
        for model in MODELS:
            with self.subTest(model=model):
                done = self.fails(model, steps, EISDIR, file=self.folder)
                for slot in done.slots:
                    self.assertGreaterEqual(slot.end_ns - slot.begin_ns, 100 * MS)

    def test_others_update(self):
        for model in SHARING:
            with self.subTest(model=model):
                done = self.fails(model, [gather([{"read": "1b"}], [{"sleep": "5ms"}, {"add": 1}])], EISDIR, file=self.folder)
                self.assertEqual(done.result["counter"], 6)

    def test_cancelled_before_its_next_step(self):
        """None does what is behind what it does when another fails."""
        waits = [{"repeat": 1000, "steps": [{"sleep": "5ms"}]}, {"add": 1}]
        for model in SHARING:
            with self.subTest(model=model):
                done = self.fails(model, [gather([{"sleep": "1ms"}, {"read": "1b"}], waits, [gather(waits, waits)], **CANCEL)],
                                  EISDIR, file=self.folder)
                self.assertEqual(done.result["counter"], 0)

    def test_waiting_is_given_up_at_once(self):
        """Where the model can, who sleeps, or gathers those who sleep, does not sleep on."""
        hour = [{"sleep": "1h"}]
        at_once = [name for name in MODELS if name in LOOPS or name in PROCESSES]
        for model in at_once:
            with self.subTest(model=model):
                self.fails(model, [gather(hour, [{"sleep": "1ms"}, {"read": "1b"}], [gather(hour, [gather(hour, hour)])], **CANCEL)],
                           EISDIR, file=self.folder, tasks=12)

    def test_who_holds_the_lock_gives_it_back(self):
        """Also where it is cancelled in the lock; whoever waits for it goes on."""
        for model, which in itertools.product(MODELS, ("", "_file")):
            if which == "" and model not in SHARING:
                continue
            locked = [{f"lock{which}": True}, {"repeat": 20, "steps": [{"sleep": "1ms"}]}, {f"unlock{which}": True}]
            with self.subTest(model=model, lock=which):
                self.fails(model, [gather(locked, locked, [{"sleep": "3ms"}, {"read": "1b"}], **CANCEL)], EISDIR,
                           file=self.folder, tasks=10, lanes=4)

    def test_yields_and_reads_are_cancelled(self):
        for model in MODELS:
            with self.subTest(model=model):
                spins = [{"repeat": 100000000, "steps": [{"yield": 1}]}]
                self.fails(model, [gather([{"sleep": "1ms"}, {"read": "1b"}], spins, [gather(spins)], **CANCEL)], EISDIR,
                           file=self.folder, tasks=2, lanes=2) if model not in IN_TURN else None

    def test_an_inner_failure_stays_inside(self):
        """The outer gather hears of the inner one's as of any other step; and the other way round."""
        inner = gather([{"read": "1b"}], [{"sleep": "30ms"}])
        for model in MODELS:
            with self.subTest(model=model):
                done = self.fails(model, [gather([inner], [{"sleep": "10ms"}])], EISDIR, file=self.folder)
                self.assertTrue(all(slot.end_ns - slot.begin_ns >= 30 * MS for slot in done.slots))

    def test_one_alone_that_fails(self):
        for model in MODELS:
            for more in ({}, CANCEL):
                with self.subTest(model=model, more=more):
                    self.fails(model, [gather([{"read": "1b"}], **more)], EISDIR, file=self.folder)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Fetches(Trials):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()

    @classmethod
    def tearDownClass(cls):
        cls.origin.stop()

    def counted(self, carry):
        before = self.origin.stats()
        carry()
        after = self.origin.stats()
        return {name: after[name] - before[name] for name in ("requests", "connections")}

    def url(self):
        return f"http://127.0.0.1:{self.origin.port}"

    def test_connections(self):
        """One for each child that fetches at once, and one of the task's own: used again and again."""
        one, two = [{"fetch": "/delay/5ms/bytes/10"}], [{"fetch": "/bytes/20"}, {"fetch": "/bytes/30"}]
        steps = [{"fetch": "/"}, {"repeat": 3, "steps": [gather(one, [{"sleep": "1ms"}], [gather(two, one)]),
                                                       gather([gather(one, one)], [{"sleep": "1ms"}], one)]}]
        check, lanes = 13 + 3 * (10 + 50 + 10 + 30), 3
        for model in MODELS:
            with self.subTest(model=model):
                counts = self.counted(lambda model=model: self.well(model, 9, lanes, steps, check, origin=self.url()))
                self.assertEqual(counts["requests"], 9 * (1 + 3 * 7))
                most = {"process-per-task": 9 * (1 + 3 * 6), **{name: lanes + 9 * 3 * 6 for name in PROCESSES[:2]},
                        "sequential": 1}.get(model, lanes * 4)
                self.assertLessEqual(counts["connections"], most + 1) # of asking for the counts

    def test_which_status(self):
        """The first of the list, whichever failed first in time; or the first in time, which ends the others."""
        late, early = [{"fetch": "/delay/60ms/status/503"}], [{"fetch": "/delay/1ms/status/404"}]
        for model in MODELS:
            with self.subTest(model=model):
                self.fails(model, [gather(NAP, late, early)], 503, origin=self.url())
                if model in IN_TURN:
                    self.fails(model, [gather([{"sleep": "1ms"}], late, early, **CANCEL)], 503, origin=self.url(), tasks=2)
                    continue
                later = [{"repeat": 4000, "steps": [{"sleep": "5ms"}]}, *late]
                self.fails(model, [gather([{"sleep": "1ms"}], later, early, **CANCEL)], 404, origin=self.url(), tasks=4)

    def test_a_fetch_is_given_up(self):
        """And another one made with what it leaves."""
        steps = [gather([{"fetch": "/delay/1h"}], [{"sleep": "2ms"}, {"fetch": "/status/500"}], **CANCEL)]
        for model in LOOPS + PROCESSES:
            with self.subTest(model=model):
                self.fails(model, steps, 500, origin=self.url(), tasks=12)


@unittest.skipIf("FAIL_SO" not in os.environ, "FAIL_SO is not set")
class Limits(Trials):
    """What cannot be made for a child fails its task, and no other; the child's siblings are made all the same."""

    def without(self, call, number):
        return {"LD_PRELOAD": os.environ["FAIL_SO"], "CCBENCH_FAIL": f"{call}:{number}", "CCBENCH_FAIL_IN": "trial"}

    def test_no_thread_and_no_process(self):
        """The first call is the lane's, the third the second child's of the first task."""
        for model in THREADS + PROCESSES:
            with self.subTest(model=model):
                call = "pthread_create" if model in THREADS else "fork"
                steps = [gather([{"compute": 4}], [{"compute": 4}], [{"sleep": "30ms"}])]
                # The counts of a process forked later go on from its parent's: of several tasks each would lack a child.
                tasks = 1 if model == "process-per-task" else 2
                done = self.carry(model, tasks, 1, steps, environment=self.without(call, 3))
                self.assertEqual([slot.status for slot in done.slots], [EAGAIN, 0][:tasks])
                self.assertGreaterEqual(done.slots[0].end_ns - done.slots[0].begin_ns, 30 * MS)


class Killed(unittest.TestCase):
    HOUR = [gather([{"sleep": "1h"}], [{"compute": 1}, {"sleep": "1h"}])]

    def children(self, trial, model):
        """The pids of children, once they are all there: the youngest."""
        lanes = 2
        expected = lanes * 3 + 1
        found = trial.wait_for(lambda processes: len(processes) == expected and processes, f"{expected} processes")
        parents = {pid: parent_of(pid) for pid in found}
        leaves = [pid for pid in found if pid not in parents.values()]
        self.assertEqual(len(leaves), 2 * lanes, parents)
        return leaves, parents

    def test_a_child(self):
        for model in PROCESSES:
            for start in ("fork", "spawn"):
                with self.subTest(model=model, start=start), ByHand(plan(model, 2, 2, self.HOUR, parameters={"start": start})) as trial:
                    leaves, _ = self.children(trial, model)
                    os.kill(leaves[1], signal.SIGKILL)
                    result = trial.end()
                    self.assertEqual(result["error"], "a child of a task was killed by signal 9 (Killed)")
                    self.assertEqual(trial.family.left_over(), {})

    def test_who_gathers(self):
        """Its children do not outlive it."""
        for model in PROCESSES:
            with self.subTest(model=model), ByHand(plan(model, 2, 2, self.HOUR)) as trial:
                leaves, parents = self.children(trial, model)
                os.kill(parents[leaves[0]], signal.SIGKILL)
                result = trial.end()
                self.assertRegex(result["error"], r"killed by signal 9 \(Killed\)\Z")
                self.assertEqual(trial.family.left_over(), {})

    def test_the_trial(self):
        for model in MODELS:
            with self.subTest(model=model), ByHand(plan(model, 2, 2, self.HOUR)) as trial:
                if model in PROCESSES:
                    self.children(trial, model)
                trial.process.kill()
                trial.process.wait()
                self.assertEqual(trial.family.left_over(), {})


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""multiprocessing.Pool with K workers, forked. Tasks and results are pickled: what a task takes goes to its worker as
bytes, what it replies comes back so. A task begins in its worker and ends when its result is in the parent's hands."""
import mmap
import multiprocessing
import multiprocessing.connection
import os
import threading
import time

from .. import blocking, clients_blocking, payloads
from ..calls import PASSED
from ..model import Base
from ..program import Failed
from ..protocol import Process, break_off, mark, now_ns
from ..slots import most_in_flight
from ..work import Peak

_context = multiprocessing.get_context("fork")
_worker = None  # the Worker of this process


def describe(plan):
    return {"start": "fork", **clients_blocking.describe(plan)}


class Lane(blocking.Lane):
    """A worker's lane: what it has been handed, and what it will hand back."""

    def __init__(self, work, index, family=None):
        super().__init__(work, index, family)
        self.handed, self.ready, self.replies = iter(()), iter(()), []


def take(lane, argument):
    """Looks at what the message brought."""
    return argument[0] + payloads.look(next(lane.handed))


def reply(lane, argument):
    """The parent looks at it, and adds that to the checksum."""
    lane.replies.append(next(lane.ready))
    return argument[0]


def call(lane, function):
    """As blocking's, but that the exception's name is what goes to the parent, which allots the status."""
    try:
        value = function()
    except PASSED:
        raise
    except BaseException as error:
        raise Failed(0, name=type(error).__name__) from error
    finally:
        if Process.strayed:
            os._exit(0)
    return lane.work.calls.check_of(value)


class Stamps:
    """When each task's work ended in its worker, and when the run began; shared by all workers."""

    def __init__(self, tasks):
        self.words = memoryview(mmap.mmap(-1, 8 * (tasks + 1))).cast("Q")


class SharedPeak(Peak):
    """The mark "peak", counted over all workers."""

    GIVEN = 1 << 40

    def __init__(self, work):
        super().__init__(work)
        self.lock = _context.Lock()
        self.count = _context.RawValue("q", 0)

    def begin(self):
        with self.lock:
            self.count.value += 1
            given = self.count.value == self.left
            if given:
                self.count.value -= self.GIVEN  # so that it is not given again
        if given:
            mark("peak")
        return 0

    def end(self):
        with self.lock:
            self.count.value -= 1


class Payloads:
    """What tasks take, or reply with: for each place in a chunk and each class its own, since pickle writes what it meets again in
    one message as a reference. Workers have them by the fork."""

    def __init__(self, work, name):
        self.work = work
        self.chunk = 1 if work.rate else work.parameters["chunk"]
        self.ready = [[[payloads.make(*size) for size in payloads.sizes(one["steps"], name)] for one in work.plan["classes"]]
                      for _ in range(min(self.chunk, work.tasks))]

    def of(self, i):
        """Those of task i."""
        return self.ready[i % self.chunk][self.work.classes[i]]


class Worker:
    """What a worker process does with a message."""

    def __init__(self, work, stamps, peak, lanes_begun):
        Process.strayed = False  # forked, but one of the trial's own
        with lanes_begun.get_lock():
            index = lanes_begun.value
            lanes_begun.value += 1
        self.work, self.ends, self.peak = work, stamps.words, peak
        self.lane = Lane(work, index)
        self.free_ns = 0

    def task(self, i, handed):
        """Carries out task i; returns what its result message holds."""
        work, lane, words, at = self.work, self.lane, self.work.slots.words, 4 * i
        check = status = 0
        lane.handed, lane.ready, lane.replies = iter(handed), iter(work.replies.of(i)), []
        if work.trace is not None:
            work.trace.begin_task(lane, i)
        words[at + 1] = now_ns()
        try:
            if self.peak is not None:
                self.peak.begin()
            check = blocking.walk(lane, work.programs[work.classes[i]])
        except Failed as failed:
            status = failed.name or failed.status
            lane.give_back()
        end = self.ends[i] = now_ns()
        if work.trace is not None:
            work.trace.end_task(lane, end)
        if not work.rate:
            words[at] = self.free_ns or self.ends[work.tasks]
            self.free_ns = end
        if self.peak is not None:
            self.peak.end()
        return i, status, check, lane.replies


def begin_worker(*arguments):
    """The pool's initializer."""
    global _worker
    _worker = Worker(*arguments)


def do_task(message):
    """The function that the pool calls for each task."""
    return _worker.task(*message)


class Model(Base):
    """The parent hands out and collects; it is no lane itself."""

    def __init__(self, work):
        super().__init__(work)
        clients_blocking.choose(work)
        steps = {"take": take, "reply": reply, "call": call}
        if work.needs.gathers:
            from .. import forks  # which imports what only it needs

            steps["gather"] = forks.gather
        work.programs = blocking.compile_programs(work, steps)
        self.handed, work.replies = (Payloads(work, name) for name in ("take", "reply"))
        self.stamps = Stamps(work.tasks)

    def open(self):
        peak = SharedPeak(self.work) if self.work.memory else None
        self.pool = _context.Pool(self.work.lanes, begin_worker,
                                  (self.work, self.stamps, peak, _context.Value("i", 0)))
        self.closing = False
        threading.Thread(target=self.watch, args=(list(self.pool._pool),), daemon=True).start()

    def watch(self, processes):
        """Breaks off where a worker dies: a pool waits for its task forever."""
        gone = multiprocessing.connection.wait([process.sentinel for process in processes])
        if not self.closing:
            dead = next(process for process in processes if process.sentinel in gone)
            while dead.exitcode is None:  # the pool may be about to note it
                time.sleep(0.001)
            break_off(f"a worker of the pool died (status {dead.exitcode})")

    def run(self):
        self.stamps.words[self.work.tasks] = self.work.start_ns
        if self.work.rate:
            self.run_open()
            return
        messages = map(self.message, range(self.work.tasks))
        for made in self.pool.imap_unordered(do_task, messages, self.work.parameters["chunk"]):
            self.finish(*made)

    def message(self, i):
        return i, self.handed.of(i)

    def run_open(self):
        """Each task goes to the pool when it has arrived, and its result comes to a callback."""
        results = []
        for i in range(self.work.tasks):
            while (left := self.work.arrival_ns(i) - now_ns()) > 0:
                time.sleep(left / 1e9)
            results.append(self.pool.apply_async(do_task, (self.message(i),), callback=lambda made: self.finish(*made)))
        for result in results:
            result.get()

    def finish(self, i, status, check, replies):
        """The result of task i has come."""
        work = self.work
        for data in replies:
            check += payloads.look(data)
        work.slots.words[4 * i + 2] = now_ns()
        if isinstance(status, str):
            status = work.calls.status(status)
        if status or check:
            work.slots.finish(i, status, check)

    def close(self):
        self.closing = True
        self.pool.close()
        self.pool.join()

    def figures(self):
        """By the stamps that ccbench sees, tasks whose results are on their way would count as in flight."""
        words, ends = self.work.slots.words, self.stamps.words
        return {"in_flight": most_in_flight([(words[4 * i + 1], ends[i]) for i in range(self.work.tasks)])}

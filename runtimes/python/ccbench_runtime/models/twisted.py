# SPDX-License-Identifier: MIT
"""Twisted: what is not there yet is a Deferred, and what comes then a callback. K chains of callbacks take one piece
of work after the other; no coroutine and no generator is about."""
import itertools
import os

from twisted.internet import defer, reactor, task, threads
from twisted.python import failure

from .. import blocking, clients_twisted, coroutines, group, lanes, shared_file
from ..model import Base
from ..program import Failed, Style
from ..protocol import Process, Refused, now_ns
from ..work import Peak

describe = clients_twisted.describe


class Borrowed:
    """What a child fetches by: a connection of its family's that no other uses."""

    def __init__(self, family):
        self.family = family

    def fetch(self, target):
        def arrived(result):
            self.family.give(connection)
            return result

        connection = self.family.take()
        return connection.fetch(target).addBoth(arrived)


class Lane(lanes.Lane):
    """Of callbacks."""

    borrow = Borrowed

    def give_back(self):
        """What its task, or child, held as it ended."""
        if self.locked:
            self.locked = False
            self.shared.lock.release()
        if self.file_locked:
            _unlock_file(self, None)


def until(when_ns, early=None):
    """A Deferred that fires then and never before. `early` is called where the reactor has woken up too early."""
    def again(_):
        left = when_ns - now_ns()
        if left <= 0:
            return 0
        if early is not None:
            early()
        return task.deferLater(reactor, left / 1e9, int).addCallback(again)

    return task.deferLater(reactor, max(0, when_ns - now_ns()) / 1e9, int).addCallback(again)


def _sleep(lane, ns):
    def early():
        lane.early += 1

    return until(now_ns() + ns, early)


def _yield(_lane, times):
    def again(left):
        return task.deferLater(reactor, 0, again, left - 1) if left > 1 else 0

    return task.deferLater(reactor, 0, again, times)


def _fetch(lane, target):
    def arrived(response):
        if not 200 <= response.status <= 299:
            raise Failed(response.status)
        return lane.work.body_check(response.body)

    return lane.connection.fetch(target).addCallback(arrived)


def _lock(lane, _):
    def taken(_lock):
        lane.locked = True
        # Not within `release`, where each that waits would run inside the one before.
        return task.deferLater(reactor, 0, int) if waits else 0

    waiting = lane.shared.lock.acquire()
    waits = not waiting.called
    return waiting.addCallback(taken)


def _lock_file(lane, _):
    """The lock of the reactor first: to wait for the file's own would stop the reactor."""
    def taken(_lock):
        lane.file_locked = True
        return task.deferLater(reactor, 0, shared_file.lock_at_once, lane, None) if waits else shared_file.lock_at_once(lane, None)

    waiting = lane.shared.file_lock.acquire()
    waits = not waiting.called
    return waiting.addCallback(taken)


def _unlock_file(lane, _):
    try:
        return shared_file.unlock(lane, None)
    finally:
        lane.shared.file_lock.release()


def _read(lane, argument):
    return threads.deferToThread(blocking.STEPS["read"], lane, argument)


def _call(lane, function):
    def called():
        try:
            return function()
        finally:
            if Process.strayed:
                os._exit(0)

    def failed(reason):
        raise lane.work.calls.failed(reason.value)

    return defer.maybeDeferred(called).addCallbacks(lane.work.calls.check_of, failed)


def _repeat(lane, argument):
    times, calls = argument
    return Walk(lane, itertools.repeat((_walk, calls), times)).go_on()


def _walk(lane, calls):
    return Walk(lane, calls).go_on()


def _gather(lane, argument):
    """A DeferredList of the children, each with a lane of its own."""
    children, cancels = argument
    own = group.Group(lane, cancels)
    waiting = []

    def ended(outcome, child):
        child.give_back()
        child.leave()
        if isinstance(outcome, failure.Failure) and outcome.check(Failed):
            own.failures.append(outcome.value)
            if cancels:
                for other in waiting:
                    other.cancel()
        return outcome

    for calls in children:
        child = lane.child(own)
        waiting.append(defer.maybeDeferred(_walk, child, calls).addBoth(ended, child))
    return defer.DeferredList(waiting, consumeErrors=True).addCallback(_sum, own)


def _sum(results, own):
    """What all children come to; a result is (whether it is no failure, value)."""
    return own.sum([value if done else group.Cancelled() if value.check(defer.CancelledError) else value.value
                    for done, value in results])


class Walk:
    """A list of calls being carried out, each of which returns its checksum or a Deferred of it. To cancel the Deferred of
    all is to cancel what is waited for."""

    __slots__ = ("lane", "calls", "check", "done", "waiting")

    def __init__(self, lane, calls):
        self.lane = lane
        self.calls = iter(calls)
        self.check = 0
        self.done = None  # of all; made as soon as something is waited for

    def go_on(self):
        """The checksum, or a Deferred of it. Raises Failed where it fails before anything was waited for."""
        lane = self.lane
        for function, argument in self.calls:
            value = function(lane, argument)
            if isinstance(value, defer.Deferred):
                if not value.called or value.paused:
                    return self.wait(value)
                value = result_of(value)  # there already: callbacks that call each other would use up the stack
            self.check += value
        return self.check

    def wait(self, value):
        self.waiting = value
        if self.done is None:
            self.done = defer.Deferred(lambda _: self.waiting.cancel())
        value.addCallback(self.resume).addErrback(self.done.errback)
        return self.done

    def resume(self, value):
        self.check += value
        value = self.go_on()
        if value is not self.done:
            self.done.callback(value)


def result_of(fired):
    """The result of a Deferred that has fired. Raises what it failed with."""
    kept = []
    fired.addBoth(kept.append)
    if isinstance(kept[0], failure.Failure):
        kept[0].raiseException()
    return kept[0]


STEPS = {"sleep": _sleep, "fetch": _fetch, "yield": _yield, "lock": _lock, "read": _read, "call": _call,
         "gather": _gather, "lock_file": _lock_file, "unlock_file": _unlock_file,
         **{name: coroutines.TABLE[name][0]
            for name in ("block", "unlock", "add", "compute", "compute times", "copy", "load", "store", "take", "reply", "load_file",
                      "store_file")}}


def compile_programs(work):
    """The calls of each class."""
    def make(step):
        name, argument = blocking.entry(work, step)
        if name not in STEPS:
            raise Refused(f"{work.model} cannot {step.name}", lacks=True)
        return STEPS[name], argument

    style = Style(make, lambda times, calls: (_repeat, (times, calls)),
                  lambda lists, cancels, _json: (_gather, (lists, cancels)), (group.look, None))
    return [style.calls(one["steps"]) for one in work.plan["classes"]]


class Model(Base):
    """reactor.run is the whole trial, since a reactor runs once."""

    def __init__(self, work):
        super().__init__(work)
        self.client = clients_twisted.choose(work)
        self.programs = compile_programs(work)
        self.words, self.classes = work.slots.words, work.classes
        self.peak = Peak(work) if work.memory else None
        self.failure = None

    def carry_out(self, phases):
        phases.begin()
        reactor.callWhenRunning(self.begin, phases)
        reactor.run(installSignalHandlers=False)
        if self.failure is not None:
            self.failure.raiseException()
        phases.end()

    def begin(self, phases):
        """Set-up and run. What goes wrong anywhere comes to `failed`."""
        work = self.work
        work.shared.make_locks(defer.DeferredLock)
        self.client.open()
        self.lanes = [Lane(work, i) for i in range(work.lanes)]
        self.claims = iter(range(work.tasks))
        phases.run()
        for lane in self.lanes:
            lane.free_ns = work.start_ns
        workers = defer.DeferredList([self.worker(lane) for lane in self.lanes], fireOnOneErrback=True)
        workers.addCallback(lambda _: self.close(phases)).addErrback(self.failed)
        workers.addBoth(lambda _: reactor.stop())

    def failed(self, reason):
        self.failure = reason.value.subFailure if reason.check(defer.FirstError) else reason

    def close(self, phases):
        phases.close()
        for lane in self.lanes:
            lane.close_files()
        closing = [connection.close() for lane in self.lanes for connection in lane.connections()]
        return defer.DeferredList([*closing, self.client.close()])

    def worker(self, lane):
        """A Deferred that fires when there is nothing left to take."""
        done = defer.Deferred()

        def go_on(_):
            for i in self.claims:
                result = self.when_arrived(lane, i) if self.work.rate else self.task(lane, i)
                if result is not None:
                    result.addCallback(go_on).addErrback(done.errback)
                    return
            done.callback(None)

        try:
            go_on(None)
        except Exception:
            done.errback()
        return done

    def when_arrived(self, lane, i):
        return until(self.work.arrival_ns(i)).addCallback(lambda _: self.task(lane, i))

    def task(self, lane, i):
        """Carries out task i; None where it was done at once, else a Deferred."""
        self.words[4 * i + 1] = now_ns()
        if self.peak is not None:
            self.peak.begin()
        try:
            check = Walk(lane, self.programs[self.classes[i]]).go_on()
        except Failed as error:
            self.end(lane, i, error.status, 0)
            return None
        if isinstance(check, defer.Deferred):
            return check.addCallbacks(self.succeeded, self.task_failed, (lane, i), None, (lane, i))
        self.end(lane, i, 0, check)
        return None

    def succeeded(self, check, lane, i):
        self.end(lane, i, 0, check)

    def task_failed(self, reason, lane, i):
        reason.trap(Failed)
        self.end(lane, i, reason.value.status, 0)

    def end(self, lane, i, status, check):
        lane.give_back()
        words = self.words
        words[4 * i + 2] = end = now_ns()
        if not self.work.rate:
            words[4 * i] = lane.free_ns
            lane.free_ns = end
        if check or status:
            self.work.slots.finish(i, status, check)
        if self.peak is not None:
            self.peak.end()

    def counters(self):
        return lanes.figures(self.lanes)

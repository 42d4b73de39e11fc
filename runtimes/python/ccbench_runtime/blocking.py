# SPDX-License-Identifier: MIT
"""Steps as a blocking program does them: a lane has a socket, sleeps by time.sleep, and takes threading's lock.

The same file for a plain loop, threads and processes, and, with the standard library patched, for gevent and eventlet:
nothing in it knows of them.
"""
import os
import threading
import time

from . import group, lanes, shared_file
from .calls import PASSED
from .payloads import look
from .program import PAGE, Failed, Style, fib
from .protocol import Process, Refused, now_ns
from .work import Peak

_STATUS_ERRNO = 1000  # how a task failed: plus errno


class Borrowed:
    """What a child fetches by: a connection of its family's that no other uses."""

    def __init__(self, family):
        self.family = family

    def fetch(self, target):
        connection = self.family.take()
        try:
            return connection.fetch(target)
        finally:
            self.family.give(connection)


class Lane(lanes.Lane):
    """Of a program that blocks."""

    borrow = Borrowed

    def give_back(self):
        """What its task, or child, held as it ended."""
        if self.locked:
            self.locked = False
            self.shared.lock.release()
        if self.file_locked:
            self.work.unlock_file(self, None)

    def close(self):
        self.close_files()
        for connection in self.connections():
            connection.close()


def _sleep(lane, ns):
    until = now_ns() + ns
    time.sleep(ns / 1e9)
    # An event loop below time.sleep may wake up early: never shorter than asked for.
    while (left := until - now_ns()) > 0:
        lane.early += 1
        time.sleep(left / 1e9)
    return 0


def _fetch(lane, target):
    response = lane.connection.fetch(target)
    if not 200 <= response.status <= 299:
        raise Failed(response.status)
    return lane.work.body_check(response.body)


def _compute(_lane, n):
    return fib(n)


def _compute_times(_lane, argument):
    n, times = argument
    check = 0
    for _ in range(times):
        check += fib(n)
    return check


def _yield(_lane, times):
    for _ in range(times):
        time.sleep(0)
    return 0


def _read(lane, argument):
    size, direct = argument
    offset = -(-lane.offset // PAGE) * PAGE if direct else lane.offset
    offset = offset if offset + size <= lane.work.file_bytes else 0
    lane.offset = offset + size
    try:
        return os.preadv(lane.work.direct if direct else lane.work.file, [lane.buffer[:size]], offset)
    except OSError as error:
        raise Failed(_STATUS_ERRNO + error.errno) from error


def _copy(lane, size):
    source, at = lane.work.source, lane.copied
    if at + size > len(source):
        at = 0
    lane.copied = at + size
    lane.copy[:size] = source[at:at + size]
    return size


def _load(lane, _):
    lane.register = lane.shared.counter
    return 0


def _store(lane, _):
    lane.shared.counter = lane.register + 1
    return 0


def _update(lane, _):
    """Load and store in one function, as somebody would write it: CPython since 3.10 lets no other thread come between, since
    it looks whether one is to only at calls and backward jumps (CHECK_EVAL_BREAKER of its Python/ceval.c)."""
    x = lane.register = lane.shared.counter
    lane.shared.counter = x + 1
    return 0


_adding = threading.Lock()


def _add(lane, n):
    with _adding:
        lane.shared.counter += n
    return 0


def _lock(lane, _):
    lane.shared.lock.acquire()
    lane.locked = True
    return 0


def _unlock(lane, _):
    lane.locked = False
    lane.shared.lock.release()
    return 0


def _touch(_lane, argument):
    """What shares memory hands over a reference."""
    size, payload = argument
    return size + look(payload)


def _call(lane, function):
    try:
        value = function()
    except PASSED:
        raise
    except BaseException as error:
        raise lane.work.calls.failed(error) from error
    finally:
        if Process.strayed:
            os._exit(0)
    return lane.work.calls.check_of(value)


def _repeat(lane, argument):
    times, calls = argument
    check = 0
    for _ in range(times):
        check += walk(lane, calls)
    return check


def walk(lane, calls):
    """Carries out a list of calls; its checksum. Raises Failed."""
    check = 0
    for function, argument in calls:
        check += function(lane, argument)
    return check


def outcome_of(own, lane, calls):
    """Carries out a child of the Group in its lane, and leaves that; its outcome."""
    try:
        return walk(lane, calls)
    except MemoryError:
        failed = group.NO_MEMORY
    except Failed as error:
        failed = error
    except BaseException as error:  # nobody would see it in a thread
        return error
    finally:
        lane.give_back()
        lane.leave()
    own.failures.append(failed)
    return failed


def gather_in_turn(lane, argument):
    """One child after the other."""
    children, cancels = argument
    own = group.Group(lane, cancels)
    return own.sum([outcome_of(own, lane.child(own), calls) for calls in children])


def _gather(lane, argument):
    """A thread for each child, joined in turn."""
    children, cancels = argument
    own = group.Group(lane, cancels)
    outcomes = [None] * len(children)

    def carry(i, child):
        outcomes[i] = outcome_of(own, child, children[i])

    threads = [_start(carry, i, lane.child(own)) for i in range(len(children))]
    for i, thread in enumerate(threads):
        if thread is not None:
            thread.join()
        else:
            outcomes[i] = group.NO_MORE
    return own.sum(outcomes)


def _start(carry, i, child):
    """The thread of a child; None where there can be no more."""
    thread = threading.Thread(target=carry, args=(i, child))
    try:
        thread.start()
    except RuntimeError:  # "can't start new thread"
        child.group.failures.append(group.NO_MORE)
        child.leave()
        return None
    return thread


STEPS = {"sleep": _sleep, "block": _sleep, "yield": _yield, "fetch": _fetch, "compute": _compute,
         "compute times": _compute_times, "read": _read, "copy": _copy, "load": _load, "store": _store, "add": _add, "lock": _lock,
         "unlock": _unlock, "take": _touch, "reply": _touch, "call": _call, "gather": _gather,
         "load_file": shared_file.load, "store_file": shared_file.store, "lock_file": shared_file.lock,
         "unlock_file": shared_file.unlock}


def entry(work, step):
    """The name of a step's function in a table as STEPS, and its argument."""
    if step.name == "fetch":
        return "fetch", work.target(step)
    if step.name == "compute" and step.times != 1:
        return "compute times", (step.argument, step.times)
    if step.name == "read":
        return "read", (step.argument, step.direct)
    if step.name in ("take", "reply"):
        return step.name, (step.argument, work.payload(step))
    if step.name == "call":
        return "call", work.calls.find(step.argument)
    return step.name, step.argument


def inlined(calls):
    """The calls with each load that a store follows and that store as one."""
    done = []
    for call in calls:
        if call[0] is _store and done and done[-1][0] is _load:
            done[-1] = (_update, None)
        else:
            done.append(call)
    return done


def compile_programs(work, steps=None):
    """The calls of each class, by `steps` (a table as STEPS) where a model does some of them otherwise."""
    table = {**STEPS, **(steps or {})}
    work.unlock_file = table["unlock_file"]

    def make(step):
        name, argument = entry(work, step)
        if name not in table:
            raise Refused(f"{work.model} cannot {step.name}", lacks=True)
        function = table[name]
        return function if work.trace is None else work.trace.step(step.name, function), argument

    def join(lists, cancels, json):
        function = table["gather"]
        if work.trace is not None:
            function = work.trace.gather(function, json, walk)
        return function, (list(map(whole, lists)), cancels)

    whole = inlined if work.parameters.get("race") == "inline" else list
    style = Style(make, lambda times, calls: (_repeat, (times, whole(calls))), join, (group.look, None))
    programs = [whole(style.calls(one["steps"])) for one in work.plan["classes"]]
    if work.trace is not None:
        programs = [[(work.trace.task_begin(work.slots.words), None), *calls] for calls in programs]
    return programs


def make_runner(work):
    """The function that carries out one task in a lane, run(lane, i); in an open loop, when it has arrived; in a memory
    trial with the mark "peak"."""
    if work.memory:
        peak = Peak(work)
        # Counted as the first step of each task, so that nothing is counted where nothing is marked.
        work.programs = [[(lambda _lane, _: peak.begin(), None), *calls] for calls in work.programs]
    words, classes, programs, finish = work.slots.words, work.classes, work.programs, work.slots.finish
    clock, rate = now_ns, work.rate

    def run(lane, i):
        check = status = 0
        at = 4 * i
        words[at + 1] = clock()
        try:
            for function, argument in programs[classes[i]]:
                check += function(lane, argument)
        except Failed as failed:
            status = failed.status
            lane.give_back()
        words[at + 2] = end = clock()
        if not rate:
            words[at] = lane.free_ns
            lane.free_ns = end
        if check or status:
            finish(i, status, check)

    def run_open(lane, i):
        while (left := work.arrival_ns(i) - clock()) > 0:
            time.sleep(left / 1e9)
        run(lane, i)

    def run_marked(lane, i):
        run(lane, i)
        peak.end()

    def run_traced(lane, i):
        work.trace.begin_task(lane, i)
        (run_open if rate else run)(lane, i)
        work.trace.end_task(lane, words[4 * i + 2])

    if work.trace is not None:
        return run_traced
    return run_marked if work.memory else run_open if rate else run

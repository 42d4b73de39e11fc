# SPDX-License-Identifier: MIT
"""Steps as coroutines do them, for every library that has async/await; a model says by its `library` how it sleeps,
connects, locks and gives way."""
import os
import time

from . import blocking, group, lanes, shared_file
from .calls import PASSED
from .program import Failed, Style
from .protocol import Process, Refused, now_ns
from .work import Peak


class Library:
    """What a model must have as `library`; `Lock` and `Stream` are classes, all others functions.

    A Stream is one connection: `await connect(target)`, over TLS where the target has a context, `await send(data)`,
    `await receive(size)`, `await close()`. It raises OSError, or one of `broken`, whose cause is then an OSError or none.
    """

    Lock = Stream = None
    broken = ()
    cancelled = ()  # what a task is told by that it is to be given up

    @staticmethod
    async def sleep(seconds):
        """Gives way for so long, or somewhat less."""

    @staticmethod
    async def pass_on():
        """Lets others run."""

    @staticmethod
    async def limit(seconds, call):
        """Awaits it; cancelled after so long, TimeoutError."""

    @staticmethod
    async def in_thread(function, *arguments):
        """What the function returns that is called in a thread."""

    @staticmethod
    async def gather(children, cancels):
        """Awaits all of these coroutines at once; what each returned, or raised. Where one raises Failed and `cancels`, the
        others are cancelled, and waited for: Cancelled stands for what they would have come to."""

    @staticmethod
    async def release(lock):
        """Gives the lock back."""
        lock.release()


class Borrowed:
    """What a child fetches by: a connection of its family's that no other uses."""

    def __init__(self, family):
        self.family = family

    async def fetch(self, target):
        connection = self.family.take()
        try:
            return await connection.fetch(target)
        finally:
            self.family.give(connection)


class Lane(lanes.Lane):
    """Of coroutines of that library."""

    borrow = Borrowed

    def __init__(self, work, library, index, family=None):
        super().__init__(work, index, family)
        self.library = library

    def another(self, index):
        return Lane(self.work, self.library, index, self.family)

    async def give_back(self):
        """What its task, or child, held as it ended."""
        if self.locked:
            self.locked = False
            await self.library.release(self.shared.lock)
        if self.file_locked:
            await _unlock_file(self, None)

    async def close(self):
        self.close_files()
        for connection in self.connections():
            await connection.close()


async def until(library, when_ns):
    """Sleeps until then, and never less: some loops wake up to 1 ms early. Returns how often."""
    times = 0
    while (left := when_ns - now_ns()) > 0:
        await library.sleep(left / 1e9)
        times += 1
    return times


async def _sleep(lane, ns):
    when = now_ns() + ns
    await lane.library.sleep(ns / 1e9)
    if now_ns() < when:
        lane.early += await until(lane.library, when)
    return 0


def _block(_lane, ns):
    time.sleep(ns / 1e9)
    return 0


async def _yield(lane, times):
    for _ in range(times):
        await lane.library.pass_on()
    return 0


async def _fetch(lane, target):
    response = await lane.connection.fetch(target)
    if not 200 <= response.status <= 299:
        raise Failed(response.status)
    return lane.work.body_check(response.body)


async def _lock(lane, _):
    await lane.shared.lock.acquire()
    lane.locked = True
    return 0


def _unlock(lane, _):
    lane.locked = False
    lane.shared.lock.release()
    return 0


async def _lock_file(lane, _):
    """The lock of the loop first: to wait for the file's own would stop the loop."""
    await lane.shared.file_lock.acquire()
    lane.file_locked = True
    return shared_file.lock_at_once(lane, None)


async def _unlock_file(lane, _):
    try:
        return shared_file.unlock(lane, None)
    finally:
        await lane.library.release(lane.shared.file_lock)


def _add(lane, n):
    lane.shared.counter += n  # nothing comes between: no await
    return 0


async def _call(lane, function):
    try:
        value = await function()
    except PASSED:
        raise
    except BaseException as error:
        if isinstance(error, lane.library.cancelled) and lane.group is not None and lane.group.cancelled:
            raise
        raise lane.work.calls.failed(error) from error
    finally:
        if Process.strayed:
            os._exit(0)
    return lane.work.calls.check_of(value)


async def _repeat(lane, argument):
    times, calls = argument
    check = 0
    for _ in range(times):
        check += await walk(lane, calls)
    return check


async def walk(lane, calls):
    """Carries out a list of calls as a coroutine of its own; its checksum. Raises Failed."""
    check = 0
    for function, argument, waits in calls:
        check += await function(lane, argument) if waits else function(lane, argument)
    return check


async def _child(own, parent, calls):
    """Carries out a child of the Group in a lane of its own."""
    lane = parent.child(own)  # here, since one that is cancelled before it begins would never leave it
    try:
        return await walk(lane, calls)
    except Failed as failed:
        own.failures.append(failed)
        raise
    finally:
        await lane.give_back()
        lane.leave()


async def _gather(lane, argument):
    children, cancels = argument
    own = group.Group(lane, cancels)
    return own.sum(await lane.library.gather([_child(own, lane, calls) for calls in children], cancels))


# (function, whether it is to be awaited)
TABLE = {"sleep": (_sleep, True), "fetch": (_fetch, True), "yield": (_yield, True), "lock": (_lock, True),
         "call": (_call, True), "lock_file": (_lock_file, True), "unlock_file": (_unlock_file, True), "block": (_block, False), "unlock": (_unlock, False), "add": (_add, False),
         **{name: (blocking.STEPS[name], False)
            for name in ("compute", "compute times", "read", "copy", "load", "store", "take", "reply", "load_file", "store_file")}}


def in_thread(function):
    """The step as it is done in the library's pool of threads."""
    async def call(lane, argument):
        return await lane.library.in_thread(function, lane, argument)

    call.inner = function
    return call, True


def compile_programs(work, steps=None):
    """The calls of each class, by `steps` (a table as TABLE) where a model does some of them otherwise. Files are read
    in threads, since no loop waits for them."""
    table = {**TABLE, "read": in_thread(blocking.STEPS["read"]), **(steps or {})}

    def make(step):
        name, argument = blocking.entry(work, step)
        if name not in table:
            raise Refused(f"{work.model} cannot {step.name}", lacks=True)
        function, waits = table[name]
        if work.trace is not None:
            function = _traced(work.trace, step.name, function, waits)
        return function, argument, waits

    def join(lists, cancels, json):
        function = _gather if work.trace is None else work.trace.gather_awaited(_gather, json, walk)
        return function, (lists, cancels), True

    style = Style(make, lambda times, calls: (_repeat, (times, calls), True), join, (group.look, None, False))
    programs = [style.calls(one["steps"]) for one in work.plan["classes"]]
    if work.trace is not None:
        programs = [[(work.trace.task_begin(work.slots.words), None, False), *calls] for calls in programs]
    return programs


def _traced(trace, name, function, waits):
    """The step with its stamps; of one that is done in a thread with that thread's too."""
    if not waits:
        return trace.step(name, function)
    inner = getattr(function, "inner", None)
    return trace.awaited(name, function if inner is None else in_thread(trace.elsewhere(name, inner))[0])


async def worker(work, library, lane, claims, run):
    """A lane that takes one task after the other from the iterator `claims`, in an open loop when it has arrived. One
    loop takes them, so no lock is needed."""
    lane.free_ns = work.start_ns
    rate = work.rate
    for i in claims:
        if rate:
            await until(library, work.arrival_ns(i))
        await run(lane, i)


def make_runner(work):
    """The coroutine function that carries out one task in a lane, run(lane, i); with the mark "peak" in a memory
    trial."""
    if work.memory:
        peak = Peak(work)
        work.programs = [[(lambda _lane, _: peak.begin(), None, False), *calls] for calls in work.programs]
    words, classes, programs, finish = work.slots.words, work.classes, work.programs, work.slots.finish
    clock, rate = now_ns, work.rate

    async def run(lane, i):
        check = status = 0
        at = 4 * i
        words[at + 1] = clock()
        try:
            for function, argument, waits in programs[classes[i]]:
                check += await function(lane, argument) if waits else function(lane, argument)
        except Failed as failed:
            status = failed.status
            await lane.give_back()
        words[at + 2] = end = clock()
        if not rate:
            words[at] = lane.free_ns
            lane.free_ns = end
        if check or status:
            finish(i, status, check)

    async def run_marked(lane, i):
        await run(lane, i)
        peak.end()

    async def run_traced(lane, i):
        work.trace.begin_task(lane, i)
        await run(lane, i)
        work.trace.end_task(lane, words[4 * i + 2])

    if work.trace is not None:
        return run_traced
    return run_marked if work.memory else run

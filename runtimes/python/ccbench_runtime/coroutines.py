# SPDX-License-Identifier: MIT
"""Steps as coroutines do them, for every library that has async/await; a model says by its `library` how it sleeps,
connects, locks and gives way."""
import time

from . import http1
from .blocking import (_CLOSED, _CURL_CONNECT, _CURL_NOTHING, _CURL_TIMEOUT, _CURL_WEIRD, _RECEIVE, _STATUS_CURL,
                       _STATUS_ERRNO, _STEPS, _compute, _compute_times, _read)
from .program import Failed, Steps
from .protocol import Refused, now_ns
from .work import Peak


class Lane:
    """One place in flight: what a task has for itself while it runs."""

    def __init__(self, work, library, index):
        self.work, self.library = work, library
        self.shared = work.shared
        self.connection = library.Connection() if work.needs.fetches else None
        self.address = None
        self.register = 0
        self.locked = False
        self.offset = work.first_offset(index)
        self.buffer = work.read_buffer() if work.file is not None else None
        self.free_ns = 0

    async def fetch(self, target):
        """GETs it and returns the Response. Raises Failed."""
        timeout_ns = self.work.timeout_ns
        try:
            if timeout_ns:
                response = await self.library.limit(timeout_ns / 1e9, self._fetch(target))
            else:
                response = await self._fetch(target)
        except Failed:
            await self.connection.close()
            raise
        except TimeoutError as error:
            await self.connection.close()
            raise Failed(_STATUS_CURL + _CURL_TIMEOUT) from error
        except http1.Malformed as error:
            await self.connection.close()
            raise Failed(_STATUS_CURL + _CURL_WEIRD) from error
        except OSError as error:
            await self.connection.close()
            raise Failed(_STATUS_ERRNO + (error.errno or 0)) from error
        if not response.keep:
            await self.connection.close()
        return response

    async def _fetch(self, target):
        kept = self.connection.is_open() and self.address == target.address
        response = await self._once(target, kept)
        # A server may close what was kept open at any time: the request is made again (RFC 9110, 9.2.2).
        return response if response is not None else await self._once(target, False)

    async def _once(self, target, kept):
        """None where a kept connection turned out to be closed."""
        connection = self.connection
        if not kept:
            await connection.close()
            try:
                await connection.connect(target.host, target.port)
            except OSError as error:
                raise Failed(_STATUS_CURL + _CURL_CONNECT) from error
            self.address = target.address
        try:
            await connection.send(target.request)
            data = await connection.receive(_RECEIVE)
        except _CLOSED:
            if kept:
                return None
            raise
        if not data:
            if kept:
                return None
            raise Failed(_STATUS_CURL + _CURL_NOTHING)
        response = http1.Response()
        response.feed(data)
        while not response.done:
            response.feed(await connection.receive(_RECEIVE))
        return response

    async def close(self):
        if self.connection is not None:
            await self.connection.close()


async def until(library, when_ns):
    """Sleeps until then, and never less: some loops wake up to 1 ms early."""
    while (left := when_ns - now_ns()) > 0:
        await library.sleep(left / 1e9)


async def _sleep(lane, ns):
    when = now_ns() + ns
    await lane.library.sleep(ns / 1e9)
    if now_ns() < when:
        await until(lane.library, when)
    return 0


def _block(_lane, ns):
    time.sleep(ns / 1e9)
    return 0


async def _yield(lane, times):
    for _ in range(times):
        await lane.library.pass_on()
    return 0


async def _fetch(lane, target):
    response = await lane.fetch(target)
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


def _add(lane, n):
    lane.shared.counter += n  # nothing comes between: no await
    return 0


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


# (function, whether it is to be awaited)
_TABLE = {"sleep": (_sleep, True), "block": (_block, False), "yield": (_yield, True), "lock": (_lock, True),
          "unlock": (_unlock, False), "add": (_add, False),
          **{name: (_STEPS[name], False) for name in ("load", "store", "take", "reply")}}


def _in_thread(library, function):
    async def call(lane, argument):
        return await library.in_thread(function, lane, argument)

    return call


def compile_programs(work, library, offload=()):
    """The calls of each class; steps named in `offload` are done in the library's pool of threads, as reads are."""
    table = dict(_TABLE)

    def entry(step):
        if step.name == "fetch":
            return _fetch, work.target(step.argument), True
        if step.name == "compute":
            one = step.times == 1
            return (_compute, step.argument, False) if one else (_compute_times, (step.argument, step.times), False)
        if step.name == "read":
            return _in_thread(library, _read), (step.argument, step.direct), True
        if step.name not in table:
            raise Refused(f"{work.model} cannot {step.name}", lacks=True)
        function, waits = table[step.name]
        return function, step.argument, waits

    def make(step):
        function, argument, waits = entry(step)
        return (_in_thread(library, function), argument, True) if step.name in offload else (function, argument, waits)

    return [Steps(one["steps"], make, lambda times, inner: (_repeat, (times, inner.calls), True)).calls
            for one in work.plan["classes"]]


class Claims:
    """The tasks not yet taken, in order: one loop takes them, so no lock is needed."""

    def __init__(self, work):
        self.next = iter(range(work.tasks)).__next__


async def worker(work, library, lane, claims, run):
    """A lane that takes one task after the other, in an open loop when it has arrived."""
    lane.free_ns = work.start_ns
    try:
        while True:
            i = claims.next()
            if work.rate:
                await until(library, work.arrival_ns(i))
            await run(lane, i)
    except StopIteration:
        return


def make_runner(work, library):
    """The coroutine function that carries out one task in a lane, run(lane, i); with the mark "peak" in a memory trial."""
    words, classes, finish, clock = work.slots.words, work.classes, work.slots.finish, now_ns
    rate = work.rate
    peak = Peak(work) if work.memory else None
    if peak is not None:
        work.programs = [[(lambda _lane, _: peak.begin() or 0, None, False), *calls] for calls in work.programs]
    programs = work.programs

    async def run(lane, i):
        check = status = 0
        at = 4 * i
        words[at + 1] = clock()
        try:
            for function, argument, waits in programs[classes[i]]:
                check += await function(lane, argument) if waits else function(lane, argument)
        except Failed as failed:
            status = failed.status
            if lane.locked:
                _unlock(lane, None)
        words[at + 2] = end = clock()
        if not rate:
            words[at] = lane.free_ns
            lane.free_ns = end
        if check or status:
            finish(i, status, check)

    async def run_marked(lane, i):
        await run(lane, i)
        peak.end()

    return run if peak is None else run_marked

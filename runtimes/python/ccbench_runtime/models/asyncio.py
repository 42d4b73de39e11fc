# SPDX-License-Identifier: MIT
"""asyncio: K workers, tasks of the loop, take one piece of work after the other, as in the documentation's example of
asyncio.Queue; with `start=task` instead a task of the loop for each piece, under a semaphore."""
import asyncio

from .. import clients_asyncio, coroutines, lanes
from ..group import Cancelled
from ..model import Base
from ..program import Failed

describe = clients_asyncio.describe


class Stream:
    """A connection over asyncio's streams."""

    def __init__(self):
        self.reader = self.writer = None

    async def connect(self, target):
        self.reader, self.writer = await asyncio.open_connection(target.host, target.port, ssl=target.context)
        self.receive = self.reader.read

    async def send(self, data):
        self.writer.write(data)

    async def close(self):
        if self.writer is not None and self.writer.get_extra_info("ssl_object") is not None:
            self.writer.transport.abort()  # else the loop would have to wait for what the server says to that
        elif self.writer is not None:
            self.writer.close()


class Library(coroutines.Library):
    """What coroutines.py needs of asyncio."""

    Lock = asyncio.Lock
    Stream = Stream
    cancelled = (asyncio.CancelledError,)
    sleep = staticmethod(asyncio.sleep)

    @staticmethod
    async def pass_on():
        await asyncio.sleep(0)

    @staticmethod
    async def limit(seconds, call):
        try:
            return await asyncio.wait_for(call, seconds)
        except asyncio.TimeoutError as error:  # another than the built-in one before 3.11
            raise TimeoutError from error

    @staticmethod
    async def in_thread(function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    @staticmethod
    async def gather(children, cancels):
        tasks = [asyncio.create_task(child) for child in children]
        try:
            await asyncio.gather(*tasks, return_exceptions=not cancels)
        except BaseException as error:  # the first of them, or this task is cancelled itself
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if not isinstance(error, Failed):
                raise
        return [Cancelled() if task.cancelled() else task.exception() or task.result() for task in tasks]


class Model(Base):
    """The loop is made and closed here, so that set-up and teardown are timed; tasks are made inside it."""

    library = Library
    steps = {}  # what is done otherwise

    def __init__(self, work):
        super().__init__(work)
        self.client = clients_asyncio.choose(work, self.library)
        work.programs = coroutines.compile_programs(work, self.steps)

    def new_loop(self):
        return asyncio.new_event_loop()

    def open(self):
        self.loop = self.new_loop()
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.make_lanes())

    async def make_lanes(self):
        self.work.shared.make_locks(self.library.Lock)
        await self.client.open()
        self.lanes = [coroutines.Lane(self.work, self.library, i) for i in range(self.work.lanes)]
        self.run_task = coroutines.make_runner(self.work)

    def run(self):
        self.loop.run_until_complete(
            self.tasks() if self.work.parameters.get("start") == "task" else self.workers())

    async def workers(self):
        """Each lane is a worker that takes the next piece as long as there is one."""
        claims = iter(range(self.work.tasks))
        await asyncio.gather(*(coroutines.worker(self.work, self.library, lane, claims, self.run_task)
                               for lane in self.lanes))

    async def tasks(self):
        """A task for each piece; a semaphore lets as many of them run as there are lanes."""
        free, slots = list(self.lanes), asyncio.Semaphore(self.work.lanes)

        async def one(i):
            async with slots:
                lane = free.pop()
                await self.run_task(lane, i)
                free.append(lane)

        for lane in self.lanes:
            lane.free_ns = self.work.start_ns
        running = []
        for i in range(self.work.tasks):
            if self.work.rate:
                await coroutines.until(self.library, self.work.arrival_ns(i))
            running.append(asyncio.create_task(one(i)))
        await asyncio.gather(*running)

    def close(self):
        self.loop.run_until_complete(self.close_lanes())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    async def close_lanes(self):
        for lane in self.lanes:
            await lane.close()
        await self.client.close()
        await asyncio.sleep(0)  # a transport closes its socket in the next round of the loop

    def counters(self):
        return lanes.figures(self.lanes)

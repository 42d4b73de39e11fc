# SPDX-License-Identifier: MIT
"""asyncio: K workers, tasks of the loop, take one piece of work after the other, as in the documentation's example of
asyncio.Queue; with `start=task` instead a task of the loop for each piece, under a semaphore."""
import asyncio
import sys

from .. import coroutines
from ..model import Base
from ..protocol import Refused


def describe():
    return {"client": "asyncio streams", "loop": f"asyncio {sys.version_info.major}.{sys.version_info.minor}"}


class Streams:
    """A connection over asyncio's streams."""

    def __init__(self):
        self.reader = self.writer = None

    async def connect(self, host, port):
        self.reader, self.writer = await asyncio.open_connection(host, port)

    def is_open(self):
        return self.writer is not None

    async def send(self, data):
        self.writer.write(data)

    async def receive(self, size):
        return await self.reader.read(size)

    async def close(self):
        if self.writer is not None:
            self.writer.close()
            self.reader = self.writer = None


class Library:
    """What coroutines.py needs of asyncio."""

    sleep = staticmethod(asyncio.sleep)
    Connection = Streams
    Lock = asyncio.Lock

    @staticmethod
    async def pass_on():
        await asyncio.sleep(0)

    @staticmethod
    async def limit(seconds, call):
        """Awaits it, cancelled after so long: TimeoutError."""
        try:
            return await asyncio.wait_for(call, seconds)
        except asyncio.TimeoutError as error:  # the built-in one from 3.11 on
            raise TimeoutError from error

    @staticmethod
    async def in_thread(function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


class Model(Base):
    """The loop is made and closed here, so that set-up and teardown are timed; tasks are made inside it."""

    library = Library

    def __init__(self, work):
        super().__init__(work)
        self.start = work.parameters.get("start", "worker")
        if self.start not in ("worker", "task"):
            raise Refused(f"start={self.start!r}: expected 'worker' or 'task'")
        work.programs = coroutines.compile_programs(work, self.library)

    def new_loop(self):
        return asyncio.new_event_loop()

    def open(self):
        self.loop = self.new_loop()
        asyncio.set_event_loop(self.loop)
        self.work.shared.lock = self.library.Lock()
        self.lanes = [coroutines.Lane(self.work, self.library, i) for i in range(self.work.lanes)]
        self.run_task = coroutines.make_runner(self.work, self.library)

    def run(self):
        self.loop.run_until_complete(self.workers() if self.start == "worker" else self.tasks())

    async def workers(self):
        """Each lane is a worker that takes the next piece as long as there is one."""
        take = coroutines.Claims(self.work)
        await asyncio.gather(*(coroutines.worker(self.work, self.library, lane, take, self.run_task)
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
        if not self.work.rate:
            await asyncio.gather(*(asyncio.create_task(one(i)) for i in range(self.work.tasks)))
            return
        running = []
        for i in range(self.work.tasks):
            await coroutines.until(self.library, self.work.arrival_ns(i))
            running.append(asyncio.create_task(one(i)))
        await asyncio.gather(*running)

    def close(self):
        async def close_all():
            for lane in self.lanes:
                await lane.close()

        self.loop.run_until_complete(close_all())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

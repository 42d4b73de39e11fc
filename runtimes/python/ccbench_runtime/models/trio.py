# SPDX-License-Identifier: MIT
"""Trio: K workers in a nursery take one piece of work after the other."""
import trio

from .. import clients_trio, coroutines, lanes
from ..group import Cancelled
from ..model import Base
from ..program import Failed

describe = clients_trio.describe


class Stream:
    """A connection over Trio's streams."""

    def __init__(self):
        self.stream = None

    async def connect(self, target):
        if target.context is None:
            self.stream = await trio.open_tcp_stream(target.host, target.port)
        else:
            # HTTP says where an answer ends, so that nobody waits for what the server says to the end of the connection.
            self.stream = await trio.open_ssl_over_tcp_stream(target.host, target.port, ssl_context=target.context,
                                                              https_compatible=True)
            await self.stream.do_handshake()
        self.send, self.receive = self.stream.send_all, self.stream.receive_some

    async def close(self):
        if self.stream is not None:
            await self.stream.aclose()


class Library(coroutines.Library):
    """What coroutines.py needs of Trio. Its clock begins anywhere: all stamps are the system's."""

    Lock = trio.Lock
    Stream = Stream
    cancelled = (trio.Cancelled,)
    broken = (trio.BrokenResourceError,)
    sleep = staticmethod(trio.sleep)
    pass_on = staticmethod(trio.lowlevel.checkpoint)

    @staticmethod
    async def limit(seconds, call):
        with trio.move_on_after(seconds):
            return await call
        raise TimeoutError

    @staticmethod
    async def in_thread(function, *arguments):
        return await trio.to_thread.run_sync(function, *arguments)

    @staticmethod
    async def gather(children, cancels):
        outcomes = [Cancelled()] * len(children)

        async def carry(i, child):
            try:
                outcomes[i] = await child
            except (Failed, Cancelled) as error:
                outcomes[i] = error
                if cancels:
                    nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            for i, child in enumerate(children):
                nursery.start_soon(carry, i, child)
        return outcomes


class Model(Base):
    """trio.run is the whole trial: there is no loop before it or after it."""

    def __init__(self, work):
        super().__init__(work)
        self.client = clients_trio.choose(work, Library)
        work.programs = coroutines.compile_programs(work)

    def carry_out(self, phases):
        phases.begin()
        trio.run(self.main, phases)
        phases.end()

    async def main(self, phases):
        work = self.work
        work.shared.make_locks(Library.Lock)
        await self.client.open()
        self.lanes = [coroutines.Lane(work, Library, i) for i in range(work.lanes)]
        run, claims = coroutines.make_runner(work), iter(range(work.tasks))
        phases.run()
        async with trio.open_nursery() as nursery:
            for lane in self.lanes:
                nursery.start_soon(coroutines.worker, work, Library, lane, claims, run)
        phases.close()
        for lane in self.lanes:
            await lane.close()
        await self.client.close()

    def counters(self):
        return lanes.figures(self.lanes)

# SPDX-License-Identifier: MIT
"""Curio: K workers in a task group take one piece of work after the other."""
import curio

from .. import clients_streams, coroutines, lanes, protocol
from ..group import Cancelled
from ..model import Base
from ..program import Failed


def describe(_plan):
    version = protocol.version_of("curio")
    return {"library": version, "loop": version, "client": "Curio's sockets"}


class Stream:
    """A connection over Curio's sockets."""

    def __init__(self):
        self.socket = None

    async def connect(self, target):
        secure = {} if target.context is None else {"ssl": target.context, "server_hostname": target.host}
        self.socket = await curio.open_connection(target.host, target.port, **secure)
        self.send, self.receive = self.socket.sendall, self.socket.recv

    async def close(self):
        if self.socket is not None:
            await self.socket.close()


class Library(coroutines.Library):
    """What coroutines.py needs of Curio."""

    Lock = curio.Lock
    Stream = Stream
    cancelled = (curio.CancelledError,)
    sleep = staticmethod(curio.sleep)

    @staticmethod
    async def pass_on():
        await curio.sleep(0)

    @staticmethod
    async def limit(seconds, call):
        try:
            return await curio.timeout_after(seconds, call)
        except curio.TaskTimeout as error:
            raise TimeoutError from error

    @staticmethod
    async def in_thread(function, *arguments):
        return await curio.run_in_thread(function, *arguments)

    @staticmethod
    async def gather(children, cancels):
        outcomes = [Cancelled()] * len(children)

        async def carry(i, child):
            try:
                outcomes[i] = await child
            except (Failed, Cancelled) as error:
                outcomes[i] = error
                if cancels:
                    raise  # which has the group cancel the others

        async with curio.TaskGroup() as group:
            for i, child in enumerate(children):
                await group.spawn(carry, i, child)
        return outcomes

    @staticmethod
    async def release(lock):
        await lock.release()


async def unlock(lane, _):
    await lane.give_back()
    return 0


class Model(Base):
    """curio.run is the whole trial: there is no kernel before it or after it."""

    def __init__(self, work):
        super().__init__(work)
        work.connect = clients_streams.clients(work, Library)
        work.programs = coroutines.compile_programs(work, {"unlock": (unlock, True)})

    def carry_out(self, phases):
        phases.begin()
        curio.run(self.main, phases)
        phases.end()

    async def main(self, phases):
        work = self.work
        work.shared.make_locks(Library.Lock)
        self.lanes = [coroutines.Lane(work, Library, i) for i in range(work.lanes)]
        run, claims = coroutines.make_runner(work), iter(range(work.tasks))
        phases.run()
        async with curio.TaskGroup() as group:
            for lane in self.lanes:
                await group.spawn(coroutines.worker, work, Library, lane, claims, run)
        for error in group.exceptions:  # which leaving the group does not raise
            if error is not None and not isinstance(error, curio.CancelledError):
                raise error
        phases.close()
        for lane in self.lanes:
            await lane.close()

    def counters(self):
        return lanes.figures(self.lanes)

# SPDX-License-Identifier: MIT
"""Which client coroutines fetch with where it is their library's own streams (coroutines.Library)."""
from . import http1
from .connection import CLOSED, RECEIVE, STATUS_NOTHING, STATUS_RECEIVE, STATUS_TIMEOUT, Connections, by_sorts, not_connected
from .program import Failed


class Clients(Connections):
    """As Connections, of coroutines."""

    async def fetch(self, target):
        """GETs it and returns the Response. Raises Failed."""
        if not target.fresh:
            return await self.one(target).fetch(target)
        own = self.make()
        try:
            return await own.fetch(target)
        finally:
            await own.close()

    async def close(self):
        for one in self.kept.values():
            await one.close()


def clients(work, library):
    """What makes a lane's connections, over the streams of that library."""
    return by_sorts(work, lambda: Client(work, library), Clients)


class Client:
    """Fetches over one connection that is kept open, with the parser that all of Python's models share."""

    def __init__(self, work, library):
        self.library, self.timeout_ns = library, work.timeout_ns
        self.stream = None
        self.address = None
        self.retries = 0

    async def fetch(self, target):
        """GETs it and returns the Response. Raises Failed."""
        try:
            if self.timeout_ns:
                response = await self.library.limit(self.timeout_ns / 1e9, self._fetch(target))
            else:
                response = await self._fetch(target)
        except (Failed, TimeoutError, http1.Malformed, OSError, *self.library.broken) as error:
            await self.close()
            raise _failure(error) from error
        except BaseException:  # cancelled in the middle of an answer
            await self.close()
            raise
        if not response.keep:
            await self.close()
        return response

    async def _fetch(self, target):
        kept = self.stream is not None and self.address == target.address
        while True:
            if not kept:
                await self._connect(target)
            stream = self.stream
            try:
                await stream.send(target.request)
                data = await stream.receive(RECEIVE)
            except (*CLOSED, *self.library.broken) as error:
                cause = error if isinstance(error, OSError) else error.__cause__ or ConnectionResetError()
                if not kept or not isinstance(cause, CLOSED):
                    raise
                data = b""
            if data:
                break
            if not kept:
                raise Failed(STATUS_NOTHING)
            # A server may close what was kept open at any time: the request is made again (RFC 9110, 9.2.2).
            self.retries += 1
            kept = False
        response = http1.Response()
        response.feed(data)
        while not response.done:
            response.feed(await stream.receive(RECEIVE))
        return response

    async def _connect(self, target):
        await self.close()
        self.stream = self.library.Stream()
        try:
            await self.stream.connect(target)
        except (OSError, *self.library.broken) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            raise Failed(not_connected(target, cause if isinstance(cause, OSError) else ConnectionResetError())) from error
        self.address = target.address

    async def close(self):
        stream, self.stream = self.stream, None
        if stream is not None:
            await stream.close()


def _failure(error):
    if isinstance(error, Failed):
        return error
    if isinstance(error, TimeoutError):
        return Failed(STATUS_TIMEOUT)
    return Failed(error.status if isinstance(error, http1.Malformed) else STATUS_RECEIVE)

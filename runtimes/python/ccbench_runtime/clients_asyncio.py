# SPDX-License-Identifier: MIT
"""Which client asyncio's lanes fetch with: its streams, or aiohttp."""
import asyncio
import platform

from . import clients_streams, http1, protocol
from .connection import STATUS_CONNECT, STATUS_RECEIVE, STATUS_TIMEOUT
from .program import Failed


def describe(plan):
    """The loop and the client, for a table's head."""
    idiom = plan.get("parameters", {}).get("client") == "idiom"
    return {"loop": f"asyncio {platform.python_version()}",
            "client": protocol.version_of("aiohttp") if idiom else "asyncio's streams"}


def choose(work, library):
    """Sets how the lanes of this trial get their connections, by the parameter `client`; returns what is to be opened
    before, in the loop, and closed afterwards."""
    if not work.needs.fetches or work.parameters["client"] == "plain":
        work.connect = clients_streams.clients(work, library)
        return Nothing()
    work.alone("aiohttp", "fresh", "tls")
    session = Session(work)
    work.connect = lambda: session.lane
    return session


class Nothing:
    """What sockets of their own share."""

    async def open(self):
        pass

    async def close(self):
        pass


class Session:
    """One aiohttp.ClientSession for all lanes, with as many connections as fetch at once instead of 100."""

    def __init__(self, work):
        import aiohttp  # only where it is asked for

        self.aiohttp = aiohttp
        self.connections, self.timeout_ns = work.connections, work.timeout_ns
        self.session = None
        self.lane = self.Lane(self)

    async def open(self):
        limit = self.aiohttp.ClientTimeout(total=self.timeout_ns / 1e9 if self.timeout_ns else None)
        connector = self.aiohttp.TCPConnector(limit=self.connections)
        self.session = self.aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=False)

    async def close(self):
        await self.session.close()

    class Lane:
        """A lane's share of the session: nothing of its own."""

        def __init__(self, owner):
            self.owner = owner

        async def fetch(self, target):
            """GETs it and returns an http1.Answer. Raises Failed."""
            errors = self.owner.aiohttp
            try:
                async with self.owner.session.get(target.url, headers=target.headers, allow_redirects=False) as answer:
                    return http1.Answer(answer.status, [await answer.read()])
            except asyncio.TimeoutError as error:
                raise Failed(STATUS_TIMEOUT) from error
            except errors.ClientConnectorError as error:
                raise Failed(STATUS_CONNECT) from error
            except (errors.ClientError, OSError) as error:
                raise Failed(STATUS_RECEIVE) from error

        async def close(self):
            pass

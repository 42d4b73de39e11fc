# SPDX-License-Identifier: MIT
"""Which client Trio's lanes fetch with: its streams, or httpx."""
import ssl

from . import clients_streams, http1, protocol
from .connection import STATUS_CONNECT, STATUS_RECEIVE, STATUS_TIMEOUT
from .clients_asyncio import Nothing
from .program import Failed


def describe(plan):
    """The library and the client, for a table's head."""
    idiom = plan.get("parameters", {}).get("client") == "idiom"
    version = protocol.version_of("trio")
    return {"library": version, "loop": version, "client": protocol.version_of("httpx") if idiom else "Trio's streams"}


def choose(work, library):
    """Sets how the lanes of this trial get their connections, by the parameter `client`; returns what is to be opened
    before and closed afterwards."""
    if not work.needs.fetches or work.parameters["client"] == "plain":
        work.connect = clients_streams.clients(work, library)
        return Nothing()
    work.alone("httpx", "fresh", "tls")
    session = Session(work)
    work.connect = lambda: session.lane
    return session


class Session:
    """One httpx.AsyncClient for all lanes, which keeps as many connections as fetch at once instead of 20."""

    def __init__(self, work):
        import httpx  # only where it is asked for

        self.httpx = httpx
        self.connections, self.timeout_ns = work.connections, work.timeout_ns
        self.cancels = work.needs.gathers or self.timeout_ns > 0
        self.client = None
        self.lane = self.Lane(self)

    async def open(self):
        # httpcore 0.16 never gives back to its pool what was cancelled in the middle of an answer: no limit then.
        limits = self.httpx.Limits(max_connections=None if self.cancels else self.connections,
                                   max_keepalive_connections=self.connections)
        # Certificates, which take 20 ms to load, are not asked for by http://.
        self.client = self.httpx.AsyncClient(limits=limits, trust_env=False, follow_redirects=False, timeout=None,
                                             verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    async def close(self):
        await self.client.aclose()

    class Lane:
        """A lane's share of the client: nothing of its own."""

        def __init__(self, owner):
            self.owner = owner

        async def fetch(self, target):
            """GETs it and returns an http1.Answer. Raises Failed."""
            import trio

            owner, errors = self.owner, self.owner.httpx
            seconds = owner.timeout_ns / 1e9 if owner.timeout_ns else float("inf")
            try:
                with trio.move_on_after(seconds):
                    answer = await owner.client.get(target.url, headers=target.headers)
                    return http1.Answer(answer.status_code, [answer.content])
                raise Failed(STATUS_TIMEOUT)
            except errors.ConnectError as error:
                raise Failed(STATUS_CONNECT) from error
            except errors.HTTPError as error:
                raise Failed(STATUS_RECEIVE) from error

        async def close(self):
            pass

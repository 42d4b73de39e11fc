# SPDX-License-Identifier: MIT
"""Which client Twisted's lanes fetch with: a protocol of their own, or Agent with a pool that keeps connections."""
import errno

from twisted.internet import defer, endpoints, error, protocol, reactor
from twisted.internet.protocol import Factory
from twisted.python import failure

from . import http1
from .connection import STATUS_CONNECT, STATUS_NO_PORT, STATUS_NOTHING, STATUS_RECEIVE, STATUS_TIMEOUT, Connections, by_sorts
from .program import Failed
from .protocol import version_of


def describe(plan):
    """The library, the loop and the client, for a table's head."""
    version = version_of("twisted")
    idiom = plan.get("parameters", {}).get("client") == "idiom"
    return {"library": version, "loop": type(reactor).__name__, "client": "Agent" if idiom else "a Protocol"}


def choose(work):
    """Sets how the lanes of this trial get their connections, by the parameter `client`; returns what is to be opened
    before and closed afterwards."""
    if not work.needs.fetches or work.parameters["client"] == "plain":
        work.alone("a Protocol, which would need pyOpenSSL", "tls")
        work.connect = by_sorts(work, lambda: Client(work), Clients)
        return Nothing()
    work.alone("Agent", "fresh", "tls")
    agent = Agent(work)
    work.connect = lambda: agent.lane
    return agent


class Nothing:
    """What connections of their own share."""

    def open(self):
        pass

    def close(self):
        return defer.succeed(None)


class Closed(Exception):
    """The connection ended before a byte of the answer."""


def _timed_out(result, _seconds):
    """Whatever came of what was cancelled: a look-up of a name says that there is none."""
    if isinstance(result, failure.Failure):
        raise defer.TimeoutError
    return result


class Channel(protocol.Protocol):
    """A connection, which carries one request at a time."""

    is_open = False
    answer = None  # the Deferred of the response that is waited for
    closed = None  # a Deferred for the end of the connection

    def connectionMade(self):
        self.is_open = True
        self.closed = defer.Deferred()
        self.transport.setTcpNoDelay(True)

    def request(self, data):
        """A Deferred of the Response; the connection is closed where it is cancelled."""
        self.begun = False
        self.response = http1.Response()
        self.answer = defer.Deferred(self._abort)
        answer = self.answer
        self.transport.write(data)
        return answer

    def _abort(self, _):
        self.answer = None
        self.transport.abortConnection()

    def dataReceived(self, data):
        if self.answer is not None:
            self.begun = True
            self._feed(data)

    def _feed(self, data):
        try:
            self.response.feed(data)
        except http1.Malformed:
            self._answer().errback()
            return
        if self.response.done:
            self._answer().callback(self.response)

    def _answer(self):
        answer, self.answer = self.answer, None
        return answer

    def connectionLost(self, reason=protocol.connectionDone):
        self.is_open = False
        if self.answer is not None and not self.begun:
            self._answer().errback(Closed())
        elif self.answer is not None:
            self._feed(b"")
        self.closed.callback(None)


class Clients(Connections):
    """As Connections, by Deferreds."""

    def fetch(self, target):
        """A Deferred of the Response. Fails with Failed."""
        if not target.fresh:
            return self.one(target).fetch(target)
        own = self.make()

        def over(result):
            return own.close().addCallback(lambda _: result)

        return own.fetch(target).addBoth(over)

    def close(self):
        return defer.gatherResults([one.close() for one in self.kept.values()])


class Client:
    """Fetches over one connection that is kept open."""

    def __init__(self, work):
        self.timeout_ns = work.timeout_ns
        self.channel = None
        self.address = None
        self.retries = 0

    def fetch(self, target):
        """A Deferred of the Response. Fails with Failed."""
        if self.channel is not None and self.channel.is_open and self.address == target.address:
            answer = self.channel.request(target.request).addErrback(self._again, target)
        else:
            answer = self._anew(target)
        if self.timeout_ns:
            answer.addTimeout(self.timeout_ns / 1e9, reactor, _timed_out)
        return answer.addCallbacks(self._answered, self._failed)

    def _again(self, reason, target):
        """A server may close what was kept open at any time: the request is made again (RFC 9110, 9.2.2)."""
        reason.trap(Closed)
        self.retries += 1
        return self._anew(target)

    def _anew(self, target):
        def connected(channel):
            self.channel, self.address = channel, target.address
            return channel.request(target.request)

        def refused(reason):
            reason.trap(error.ConnectError, error.DNSLookupError)
            lacks_port = getattr(reason.value, "osError", None) == errno.EADDRNOTAVAIL
            raise Failed(STATUS_NO_PORT if lacks_port else STATUS_CONNECT)

        self.close()
        endpoint = endpoints.HostnameEndpoint(reactor, target.host, target.port)
        return endpoint.connect(Factory.forProtocol(Channel)).addCallbacks(connected, refused)

    def _answered(self, response):
        if not response.keep:
            self.close()
        return response

    def _failed(self, reason):
        self.close()
        if reason.check(Failed):
            return reason
        if reason.check(defer.TimeoutError, defer.CancelledError):
            raise Failed(STATUS_TIMEOUT)
        if reason.check(Closed):
            raise Failed(STATUS_NOTHING)
        reason.trap(http1.Malformed)
        raise Failed(reason.value.status)

    def close(self):
        """A Deferred for when it is closed."""
        channel, self.channel = self.channel, None
        if channel is None or not channel.is_open:
            return defer.succeed(None)
        channel.transport.abortConnection()
        return channel.closed


class Agent:
    """One Agent for all lanes, whose pool keeps as many connections as fetch at once instead of 2."""

    def __init__(self, work):
        from twisted.web import client, http_headers  # only where it is asked for

        self.client, self.headers = client, http_headers.Headers
        self.timeout_ns = work.timeout_ns
        self.connections = work.connections
        self.pool = self.agent = None
        self.lane = self.Lane(self)

    def open(self):
        self.pool = self.client.HTTPConnectionPool(reactor)
        self.pool.maxPersistentPerHost = self.connections
        self.agent = self.client.Agent(reactor, pool=self.pool)

    def close(self):
        return self.pool.closeCachedConnections()

    class Lane:
        """A lane's share of the agent: nothing of its own."""

        def __init__(self, owner):
            self.owner = owner

        def fetch(self, target):
            """A Deferred of an http1.Answer. Fails with Failed."""
            owner = self.owner
            headers = owner.headers({name: [value] for name, value in target.headers.items()})
            answer = owner.agent.request(b"GET", target.url.encode("ascii"), headers).addCallback(self._read)
            if owner.timeout_ns:
                answer.addTimeout(owner.timeout_ns / 1e9, reactor, _timed_out)
            return answer.addErrback(self._failed)

        def _read(self, response):
            return self.owner.client.readBody(response).addCallback(
                lambda body: http1.Answer(response.code, [body]))

        @staticmethod
        def _failed(reason):
            if reason.check(defer.TimeoutError, defer.CancelledError):
                raise Failed(STATUS_TIMEOUT)
            raise Failed(STATUS_CONNECT if reason.check(error.ConnectError, error.DNSLookupError) else STATUS_RECEIVE)

        def close(self):
            return defer.succeed(None)

# SPDX-License-Identifier: MIT
"""The connections over which a blocking program fetches."""
import errno
import socket

from . import http1
from .program import Failed
from .protocol import now_ns

# How a fetch failed: 2000 + what libcurl calls it.
STATUS_CONNECT, STATUS_TIMEOUT, STATUS_NOTHING, STATUS_RECEIVE = 2007, 2028, 2052, 2056
STATUS_HANDSHAKE, STATUS_DISTRUST = 2035, 2060
STATUS_NO_PORT = 1000 + errno.EADDRNOTAVAIL
RECEIVE = 65536
# What a connection that the server has closed meanwhile answers the next request with.
CLOSED = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


def not_connected(target, error):
    """How a fetch failed whose connection could not be made, by that OSError."""
    if error.errno == errno.EADDRNOTAVAIL:
        return STATUS_NO_PORT
    if target.context is None or isinstance(error, (ConnectionRefusedError, socket.gaierror)):
        return STATUS_CONNECT
    import ssl  # as it is by then

    return STATUS_DISTRUST if isinstance(error, ssl.SSLCertVerificationError) else STATUS_HANDSHAKE


class Connections:
    """What a lane fetches by where its fetches are of more than one sort: a connection for those without TLS and one for those
    with it, both kept open, and another for each that is to have its own."""

    def __init__(self, make):
        self.make = make
        self.kept = {}

    def fetch(self, target):
        """GETs it and returns the Response. Raises Failed."""
        if not target.fresh:
            return self.one(target).fetch(target)
        own = self.make()
        try:
            return own.fetch(target)
        finally:
            own.close()

    def one(self, target):
        """The kept-open connection for it."""
        secure = target.context is not None
        if secure not in self.kept:
            self.kept[secure] = self.make()
        return self.kept[secure]

    @property
    def retries(self):
        return sum(getattr(one, "retries", 0) for one in self.kept.values())

    def close(self):
        for one in self.kept.values():
            one.close()


def by_sorts(work, make, kind=Connections):
    """What makes a lane's connections, each made by `make`, as the fetches of this work ask for them."""
    return (lambda: kind(make)) if work.needs.fresh or work.needs.tls else make


class Connection:
    """One connection, kept open from fetch to fetch."""

    def __init__(self, timeout_ns):
        self.timeout_ns = timeout_ns
        self.retries = 0
        self.socket = None
        self.address = None

    def fetch(self, target):
        """GETs it and returns the Response. Raises Failed."""
        deadline = now_ns() + self.timeout_ns if self.timeout_ns else 0
        try:
            kept = self.socket is not None and self.address == target.address
            response = self._once(target, kept, deadline)
            # A server may close what was kept open at any time: the request is made again (RFC 9110, 9.2.2).
            if response is None:
                self.retries += 1
                response = self._once(target, False, deadline)
        except Failed:
            self.close()
            raise
        except (socket.timeout, TimeoutError) as error:
            self.close()
            raise Failed(STATUS_TIMEOUT) from error
        except http1.Malformed as error:
            self.close()
            raise Failed(error.status) from error
        except OSError as error:
            self.close()
            raise Failed(STATUS_RECEIVE) from error
        if not response.keep:
            self.close()
        return response

    def _wait(self, deadline):
        """The socket's timeout is set anew only where there is a limit."""
        if deadline:
            left = (deadline - now_ns()) / 1e9
            if left <= 0:
                raise socket.timeout
            self.socket.settimeout(left)

    def _connect(self, target, deadline):
        self.close()
        left = max((deadline - now_ns()) / 1e9, 1e-6) if deadline else None
        try:
            self.socket = socket.create_connection(target.address, left)
        except (socket.timeout, TimeoutError):
            raise
        except OSError as error:
            raise Failed(not_connected(target, error)) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.context is not None:
            self._shake_hands(target, deadline)
        self.address = target.address

    def _shake_hands(self, target, deadline):
        self._wait(deadline)
        try:
            self.socket = target.context.wrap_socket(self.socket, server_hostname=target.host)
        except (socket.timeout, TimeoutError):
            raise
        except OSError as error:
            raise Failed(not_connected(target, error)) from error

    def _once(self, target, kept, deadline):
        """None where a kept connection turned out to be closed."""
        if not kept:
            self._connect(target, deadline)
        response = http1.Response()
        try:
            self._wait(deadline)
            self.socket.sendall(target.request)
            data = self._receive(deadline)
        except CLOSED:
            if kept:
                return None
            raise
        if not data:
            if kept:
                return None
            raise Failed(STATUS_NOTHING)
        response.feed(data)
        while not response.done:
            response.feed(self._receive(deadline))
        return response

    def _receive(self, deadline):
        self._wait(deadline)
        return self.socket.recv(RECEIVE)

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

# SPDX-License-Identifier: MIT
"""HTTP/1.1 as far as a GET needs it, without a socket (RFC 9112): the same for every model of Python's, so that models
are compared and not client libraries."""
from urllib.parse import urlsplit

_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619
_hashes = {}  # of bodies seen: those of a trial are mostly one
_heads = {}  # what heads say that were seen: those of a trial are mostly alike


class Malformed(Exception):
    """What came is no answer. `status` is that of a task that fails by it: 2000 + what libcurl calls it."""

    status = 2008


class Truncated(Malformed):
    """The connection ended in the middle of an answer."""

    status = 2018


def header_fields(host, given):
    """What a request has as header: the usual, changed by `given`, which is as curl's --header has it: "Name: value"
    sets, "Name;" sets to nothing, "Name:" takes away."""
    fields = {"host": ("Host", host), "user-agent": ("User-Agent", "ccbench"), "accept": ("Accept", "*/*")}
    for line in given:
        name, colon, value = line.partition(":")
        name, value = (name if colon else line.rstrip(";")).strip(), value.strip()
        if colon and not value:
            fields.pop(name.lower(), None)
        else:
            fields[name.lower()] = (name, value)
    return dict(fields.values())


class Target:
    """What a fetch asks for: where to connect, and the request as bytes; `context` is the ssl.SSLContext of one over TLS, and
    `fresh` says whether it is to have a connection of its own. Raises ValueError for what is no address."""

    def __init__(self, url, headers=(), context=None, fresh=False):
        parts = urlsplit(url)
        scheme = "http" if context is None else "https"
        if parts.scheme.lower() != scheme or not parts.hostname:
            raise ValueError(f"{url!r} is no {scheme}:// address")
        self.url, self.context, self.fresh = url, context, fresh
        self.host, self.port = parts.hostname, parts.port or (80 if context is None else 443)
        self.address = (self.host, self.port)
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self.headers = header_fields(parts.netloc.rpartition("@")[2], headers)
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        self.request = f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode()


def _whole_number(text, base):
    try:
        number = int(text, base)
    except ValueError as error:
        raise Malformed(f"{text[:60]!r} is no length") from error
    if number < 0:
        raise Malformed(f"{text[:60]!r} is no length")
    return number


def _read_status_line(line):
    """(status, whether the connection may be used again unless a field says otherwise)."""
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise Malformed(f"{line[:60]!r} is no status line")
    return int(words[1]), words[0] != b"HTTP/1.0"


def _read_head(head):
    """What a head says of its answer: (status, keep, which method of Response takes the body, its length). No method: an
    interim answer. The length is -1 where it is not known beforehand."""
    lines = head.split(b"\r\n")
    status, keep = _read_status_line(lines[0])
    if 100 <= status < 200:
        return status, keep, None, -1
    length = None
    chunked = False
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"content-length":
            length = _whole_number(value.strip(), 10)
        elif name == b"transfer-encoding":
            chunked = value.strip().lower().endswith(b"chunked")
        elif name == b"connection":
            value = value.strip().lower()
            keep = value == b"keep-alive" if not keep else value != b"close"
    if status in (204, 304):
        length, chunked = 0, False
    if chunked:
        return status, keep, "_chunks", -1
    if length is None:
        return status, False, "_to_the_end", -1
    return status, keep, "_counted", length


class Answer:
    """The answer to a fetch: its status, and its body in pieces."""

    __slots__ = ("status", "body")

    def __init__(self, status, body):
        self.status, self.body = status, body


class Response:
    """One answer, fed piece by piece: `done` when it is whole. `keep` says whether the connection may be used again."""

    __slots__ = ("status", "body", "done", "keep", "_data", "_left", "_feed")

    def __init__(self):
        self.status = 0
        self.body = []
        self.done = False
        self.keep = True
        self._data = b""
        self._left = 0
        self._feed = self._head

    def feed(self, data):
        """Takes what was received; b"" is the end of the connection. Raises Malformed."""
        self._feed(data)

    def _head(self, data):
        if not data:
            raise Truncated("the connection ended before the answer")
        data = self._data + data if self._data else data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._data = data
            return
        self._data = b""
        head = data[:end]
        known = _heads.get(head)
        if known is None:
            known = _read_head(head)
            if len(_heads) < 64:
                _heads[head] = known
        self.status, self.keep, feed, self._left = known
        if feed is None:  # interim: the answer comes behind it
            self._rest(self._head, data[end + 4:])
            return
        self.done = self._left == 0
        self._rest(getattr(self, feed), data[end + 4:])

    def _rest(self, feed, data):
        self._feed = feed
        if data and not self.done:
            feed(data)
        elif data:
            self.keep = False  # more than was asked for

    def _counted(self, data):
        if not data:
            raise Truncated("the connection ended in the middle of the body")
        if len(data) > self._left:
            data = data[:self._left]
            self.keep = False
        self.body.append(data)
        self._left -= len(data)
        self.done = self._left == 0

    def _to_the_end(self, data):
        if data:
            self.body.append(data)
        else:
            self.done = True

    def _chunks(self, data):
        if not data:
            raise Truncated("the connection ended in the middle of a chunk")
        data = self._data + data
        while True:
            end = data.find(b"\r\n")
            if end < 0:
                break
            size = _whole_number(data[:end].split(b";")[0].strip(), 16)
            if size == 0:
                self._data = b""
                self._rest(self._trailer, data[end + 2:])
                return
            if len(data) < end + 2 + size + 2:
                break
            self.body.append(data[end + 2:end + 2 + size])
            data = data[end + 2 + size + 2:]
        self._data = data

    def _trailer(self, data):
        """Fields may follow the last chunk; an empty line ends them."""
        if not data:
            raise Truncated("the connection ended before the end of the answer")
        self._data += data
        if self._data.startswith(b"\r\n") or b"\r\n\r\n" in self._data:
            self.done = True


def body_check(body, hashed):
    """What a body adds to the checksum: its length; of a user's own server its FNV-1a hash (32 bits) as well
    (Fowler, Noll, Vo: draft-eastlake-fnv)."""
    if not hashed:
        return sum(map(len, body))
    whole = b"".join(body)
    known = _hashes.get(whole)
    if known is None:
        known = _FNV_OFFSET
        for byte in whole:
            known = (known ^ byte) * _FNV_PRIME & 0xFFFFFFFF
        known ^= len(whole) & 0xFFFFFFFF
        if len(_hashes) < 64:
            _hashes[whole] = known
    return known

# SPDX-License-Identifier: MIT
"""Starts `$CCBENCH serve` and talks to it, for the tests of the HTTP origin."""

import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time

PATTERN = b"Hello, world!\n"
WORKERS = 1  # that it has
PATIENCE_S = 30  # for what must happen, however slow the machine


def body_of(size):
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


class Origin:
    """A running `ccbench serve`, on a port of the kernel's choice."""

    def __init__(self, files=None, tls=None, listen=None, port=0, more=()):
        """`tls`: the file that gets the certificate of one that speaks TLS as well; `listen`: another address than
        127.0.0.1, in brackets where it has colons; `more`: options, such as --token."""
        where = f"--listen={listen}:{port}" if listen else f"--port={port}"
        def limit_files():
            # Without a limit of ours the usual soft one, which the origin has to raise by itself.
            hard = files or resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (files or min(1024, hard), hard))

        self.process = subprocess.Popen(
            [os.environ["CCBENCH"], "serve", where, f"--origin-workers={WORKERS}", *([f"--tls={tls}"] if tls else []), *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=limit_files)
        line = self.process.stdout.readline()
        self.address = (listen or "127.0.0.1").strip("[]")
        match = re.fullmatch(rf"serving on http://{re.escape(listen or '127.0.0.1')}:(\d+)\n", line)
        if not match:
            self.process.kill()
            raise AssertionError(f"first line {line!r}, stderr {self.process.communicate()[1]!r}")
        self.port = int(match.group(1))
        self.tls_file = tls
        if tls:
            self.tls_port = int(self.process.stdout.readline().rpartition(":")[2])

    def stop(self, number=signal.SIGTERM):
        """Returns exit status and what it said on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors

    def connect(self):
        client = socket.create_connection((self.address, self.port), timeout=PATIENCE_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def get(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def stats(self):
        return json.loads(self.get("/stats")[1])

    def wait_for(self, **wanted):
        """Asks for the counters until they are as wanted."""
        until = time.monotonic() + PATIENCE_S
        while True:
            stats = self.stats()
            if all(stats[name] == value for name, value in wanted.items()):
                return stats
            if time.monotonic() > until:
                raise AssertionError(f"expected {wanted}, counters are {stats}")
            time.sleep(0.01)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


def read_all(client):
    """What comes until the other side closes, and whether it did so by a reset."""
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        return b"".join(parts), True
    return b"".join(parts), False


def read_answer(stream, method="GET"):
    """One answer from a file made of a socket: status, headers, body."""
    status = int(stream.readline().split()[1])
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    return status, headers, stream.read(length) if method != "HEAD" else b""

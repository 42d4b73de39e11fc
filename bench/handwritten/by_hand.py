# SPDX-License-Identifier: MIT
"""What the programs in Python share: arguments, clocks, and as much HTTP as a kept-open connection needs."""
import json
import re
import resource
import sys
import time

REQUEST = b"GET /bytes/13 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
NAP_S = 0.01


def cpu_ns():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(1e9 * sum(usage.ru_utime + usage.ru_stime for usage in usages))


def body_length(head):
    """Of the answer with this head, which must be a good one."""
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(head)
    return int(re.search(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)", head)[1])


def fetch(sock):
    """One page over a blocking socket."""
    sock.sendall(REQUEST)
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = body_length(head)
    while len(body) < length:
        body += receive(sock)


def receive(sock):
    data = sock.recv(65536)
    if not data:
        raise ConnectionResetError
    return data


def main(run):
    """Calls run(work, tasks, lanes, port) by the arguments `sleep|fetch|noop TASKS LANES PORT`; prints what it took."""
    work, tasks, lanes, port = sys.argv[1], *map(int, sys.argv[2:5])
    wall, cpu = time.perf_counter_ns(), cpu_ns()
    run(work, tasks, lanes, port)
    print(json.dumps({"wall_ns": time.perf_counter_ns() - wall, "cpu_ns": cpu_ns() - cpu}))

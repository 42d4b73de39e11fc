# SPDX-License-Identifier: MIT
"""gevent: a pool of greenlets over the monkey-patched standard library, with connections that tasks take turns in."""
from gevent import monkey

monkey.patch_all()

import socket  # noqa: E402: patched first
import time  # noqa: E402

import gevent.pool  # noqa: E402

from by_hand import NAP_S, fetch, main  # noqa: E402


def run(work, tasks, lanes, port):
    free = []

    def page(_):
        sock = free.pop() if free else socket.create_connection(("127.0.0.1", port))
        fetch(sock)
        free.append(sock)

    task = {"sleep": lambda _: time.sleep(NAP_S), "fetch": page, "noop": lambda _: None}[work]
    for _ in gevent.pool.Pool(lanes).imap_unordered(task, range(tasks)):
        pass


main(run)

# SPDX-License-Identifier: MIT
"""concurrent.futures.ThreadPoolExecutor, a connection for each thread."""
import concurrent.futures
import socket
import threading
import time

from by_hand import NAP_S, fetch, main


def run(work, tasks, lanes, port):
    local = threading.local()

    def page(_):
        if not hasattr(local, "socket"):
            local.socket = socket.create_connection(("127.0.0.1", port))
        fetch(local.socket)

    task = {"sleep": lambda _: time.sleep(NAP_S), "fetch": page, "noop": lambda _: None}[work]
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        for _ in pool.map(task, range(tasks)):
            pass


main(run)

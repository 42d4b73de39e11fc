# SPDX-License-Identifier: MIT
"""multiprocessing.Pool, forked, a connection for each worker."""
import multiprocessing
import socket
import time

from by_hand import NAP_S, fetch, main

connection = None


def connect(port):
    global connection
    connection = socket.create_connection(("127.0.0.1", port)) if port else None


def nap(_):
    time.sleep(NAP_S)


def nothing(_):
    pass


def page(_):
    fetch(connection)


def run(work, tasks, lanes, port):
    task = {"sleep": nap, "fetch": page, "noop": nothing}[work]
    with multiprocessing.get_context("fork").Pool(lanes, connect, (port,)) as pool:
        for _ in pool.imap_unordered(task, range(tasks)):
            pass
        pool.close()
        pool.join()


main(run)

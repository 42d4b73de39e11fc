#!/usr/bin/python3 -IS
# SPDX-License-Identifier: MIT
"""servers.py MODE PORT [ARG...]: small HTTP servers that behave as the user's own do, on 127.0.0.1 unless said otherwise.

plain            answers, and nothing else
two              the same on 127.0.0.2
six              the same on ::1
unix PATH        the same on a Unix socket; leaves the socket behind
logs STREAM      writes lines about each request to its descriptor STREAM, 1 or 2, and waits until they are written
rude N           keeps connections open, and closes each after N answers without a word
reset N          the same, but resets the connection once the next request is there
late S           listens S seconds after its start
cold S           answers 503 for S seconds
alone            one connection at a time, which it keeps open
pool N           so many at a time, the others are not accepted
queue N          so many at a time, the others are accepted and wait
uneven S         answers its second request after S seconds, and all others at once
delayed S        answers after S seconds
stdin            ends when its standard input does
crash N HOW      ends at request N: HOW is a status, or a signal such as -9
stop FILE HOW    writes "stopped" into FILE on SIGTERM, then ends ("end"), ends after half a second ("slowly") or goes on ("not")
print FILE       writes into FILE what it was started with, as JSON
headers FILE     writes the head of each request into FILE
tls CERT KEY     the same over TLS
"""

import itertools
import json
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time

MODE, PORT, ARGUMENTS = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
STARTED, REQUESTS = time.monotonic(), itertools.count(1)
LINE = b"127.0.0.1 - - [28/Nov/2026 20:15:00] \"GET / HTTP/1.1\" 200 - all work and no play makes Jack a dull boy\n"


def end(how):
    sys.stdout.write("nothing to see here\n")
    sys.stdout.flush()
    sys.stderr.write("goodbye\nFATAL: connection pool is empty\n")
    sys.stderr.flush()
    if how < 0:
        os.kill(os.getpid(), -how)
        time.sleep(60)  # another thread may be the one that gets it
    os._exit(how)


def answer(head):
    number = next(REQUESTS)
    if MODE == "crash" and number == int(ARGUMENTS[0]):
        end(int(ARGUMENTS[1]))
    if MODE == "logs":
        left = LINE * 20
        while left:
            left = left[os.write(int(ARGUMENTS[0]), left):]
    if MODE == "headers":
        with open(ARGUMENTS[0], "ab") as file:
            file.write(head + b"\r\n\r\n")
    if MODE == "delayed" or (MODE == "uneven" and number == 2):
        time.sleep(float(ARGUMENTS[0]))
    if MODE == "cold" and time.monotonic() - STARTED < float(ARGUMENTS[0]):
        return b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"
    return b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def serve(client):
    data, left = b"", int(ARGUMENTS[0]) if MODE in ("rude", "reset") else -1
    if client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while left != 0:
        try:
            more = client.recv(65536)
        except OSError:
            more = b""
        if not more:
            return client.close()
        data += more
        while b"\r\n\r\n" in data and left != 0:
            head, _, data = data.partition(b"\r\n\r\n")
            client.sendall(answer(head))
            left -= 1
    if MODE == "reset":
        client.recv(1, socket.MSG_PEEK)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return client.close()


def listen():
    if MODE == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(ARGUMENTS[0])
        listener.listen(128)
        return listener
    six = MODE == "six"
    return socket.create_server(("::1" if six else "127.0.0.2" if MODE == "two" else "127.0.0.1", PORT), family=socket.AF_INET6 if six else socket.AF_INET,
                                backlog=256)


def on_stop(*_):
    if ARGUMENTS[1] == "slowly":
        time.sleep(0.5)
    with open(ARGUMENTS[0], "a", encoding="utf-8") as file:
        file.write("stopped\n")
    if ARGUMENTS[1] != "not":
        os._exit(0)


def describe():
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
    with open("/proc/self/timerslack_ns", encoding="utf-8") as file:
        slack = file.read().strip()
    with open("/proc/self/status", encoding="utf-8") as file:
        signals = [line.strip() for line in file if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]
    return {"limits": limits, "slack": slack, "signals": signals, "nice": os.getpriority(os.PRIO_PROCESS, 0),
            "scheduler": os.sched_getscheduler(0), "cpus": sorted(os.sched_getaffinity(0)), "folder": os.getcwd(),
            "umask": os.umask(0), "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1],
            "environment": dict(os.environ)}


def secure(listener):
    import ssl  # pylint: disable=import-outside-toplevel

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ARGUMENTS)
    return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)


def main():
    if MODE == "print":
        with open(ARGUMENTS[0], "w", encoding="utf-8") as file:
            json.dump(describe(), file)
    if MODE == "late":
        time.sleep(float(ARGUMENTS[0]))
    if MODE == "stop":
        signal.signal(signal.SIGTERM, on_stop)
    if MODE == "stdin":
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    listener = secure(listen()) if MODE == "tls" else listen()
    free = threading.Semaphore(int(ARGUMENTS[0]) if MODE in ("pool", "queue") else 1)
    waiting = []
    while True:
        if MODE == "pool":
            free.acquire()
        client = listener.accept()[0]
        if MODE == "queue" and not free.acquire(blocking=False):
            waiting.append(client)
            continue
        if MODE == "alone":
            serve(client)
        elif MODE in ("pool", "queue"):
            threading.Thread(target=lambda one=client: (serve(one), free.release()), daemon=True).start()
        else:
            threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()

#!/usr/bin/python3 -IS
# SPDX-License-Identifier: MIT
"""fake_server.py PORT [MODE [LOG]]: an HTTP server that behaves, or does not, as the user's own of --server. Writes its
pid and port to LOG."""

import os
import signal
import socket
import sys
import threading
import time

PORT, MODE, LOG = int(sys.argv[1]), (sys.argv[2:] or ["good"])[0], (sys.argv[3:] or [None])[0]


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def answer(number):
    if MODE == "status":
        return b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"
    if MODE.startswith("burn="):
        burn(float(MODE[5:]))
    if MODE == "child":
        if os.fork() == 0:
            burn(0.05)
            os._exit(0)
        os.wait()
    body = b"%d" % number if MODE == "varies" else b"hello"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def serve(client):
    data, number = b"", 0
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        more = client.recv(65536)
        if not more:
            break
        data += more
        while b"\r\n\r\n" in data:
            head, _, data = data.partition(b"\r\n\r\n")
            number += 1
            client.sendall(answer(number))
            if b"Connection: close" in head:
                client.close()
                return
    client.close()


def main():
    if MODE == "die":
        sys.stderr.write("first line\ncannot bind: no reason\n")
        sys.exit(7)
    if MODE == "never":
        time.sleep(3600)
    if MODE == "daemon":
        parent = os.getpid()
        if os.fork() > 0:
            os._exit(0)
        while os.getppid() == parent:  # on a busy machine it could else accept before its parent is seen to have ended
            time.sleep(0.001)
    if MODE == "session" and os.fork() == 0:
        os.setsid()  # a helper in a group of its own, which ignores what it can
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(3600)
    if MODE == "chatter":
        for _ in range(1000):
            try:
                os.write(2, b"all work and no play makes Jack a dull boy\n" * 100)
                os.write(1, b"all work and no play makes Jack a dull boy\n" * 100)
            except OSError:
                pass
    if LOG is not None:
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {PORT}\n")
    listener = socket.create_server(("127.0.0.1", PORT), backlog=128)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main()

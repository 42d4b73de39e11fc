# SPDX-License-Identifier: MIT
"""Trio: workers in a nursery that take from one iterator."""
import trio

from by_hand import NAP_S, REQUEST, body_length, main


async def nap(_):
    await trio.sleep(NAP_S)


async def nothing(_):
    pass


async def fetch(stream):
    await stream.send_all(REQUEST)
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive_some(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = body_length(head)
    while len(body) < length:
        body += await stream.receive_some(65536)


async def worker(task, claims, port):
    stream = await trio.open_tcp_stream("127.0.0.1", port) if task is fetch else None
    for _ in claims:
        await task(stream)
    if stream:
        await stream.aclose()


async def workers(task, tasks, lanes, port):
    claims = iter(range(tasks))
    async with trio.open_nursery() as nursery:
        for _ in range(lanes):
            nursery.start_soon(worker, task, claims, port)


main(lambda work, *rest: trio.run(workers, {"sleep": nap, "fetch": fetch, "noop": nothing}[work], *rest))

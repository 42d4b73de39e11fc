# SPDX-License-Identifier: MIT
"""asyncio: workers that take from one iterator."""
import asyncio

from by_hand import NAP_S, REQUEST, body_length, main


async def nap(_):
    await asyncio.sleep(NAP_S)


async def nothing(_):
    pass


async def fetch(streams):
    reader, writer = streams
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(body_length(head))


async def worker(task, claims, port):
    streams = await asyncio.open_connection("127.0.0.1", port) if task is fetch else None
    for _ in claims:
        await task(streams)
    if streams:
        streams[1].close()


async def workers(task, tasks, lanes, port):
    claims = iter(range(tasks))
    await asyncio.gather(*(worker(task, claims, port) for _ in range(lanes)))


main(lambda work, *rest: asyncio.run(workers({"sleep": nap, "fetch": fetch, "noop": nothing}[work], *rest)))

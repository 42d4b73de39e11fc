#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who is told of an error that nobody awaits, while the program runs: one JSON object of numbers, 1 told, 0 not."""
import asyncio
import concurrent.futures
import json
import sys
import threading

told = {"thread": 0, "asyncio": 0, "pool": 0}


def fail():
    raise ValueError("on purpose")


async def fail_later():
    fail()


def tell(name):
    def note(*_):
        told[name] = 1
    return note


def in_a_thread():
    threading.excepthook = tell("thread")
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


async def in_a_task():
    asyncio.get_running_loop().set_exception_handler(tell("asyncio"))
    task = asyncio.create_task(fail_later())
    while not task.done():  # the others go on, and nobody asks for its result
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    return told["asyncio"], task


def in_a_pool():
    sys.excepthook = sys.unraisablehook = threading.excepthook = tell("pool")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(fail)


def main():
    in_a_thread()
    asyncio_told, task = asyncio.run(in_a_task())
    in_a_pool()
    print(json.dumps({"thread_told": told["thread"], "asyncio_told": asyncio_told, "pool_told": told["pool"]}))
    task.exception()  # asked for at last, so that nothing is said at the end


main()

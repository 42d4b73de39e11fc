#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How much of a task's call chain is seen while it waits: one JSON object, frames of the task by how they are looked at."""
import asyncio
import json
import sys
import threading
import traceback

CALLS = 8


def descend(levels, wait):
    if levels > 1:
        descend(levels - 1, wait)
    else:
        wait()


async def descend_awaiting(levels, wait):
    if levels > 1:
        await descend_awaiting(levels - 1, wait)
    else:
        await wait()


def frames_of(thread, name):
    """Of the functions of that name, as many as stand on the thread's stack: what faulthandler prints."""
    return sum(frame.name == name for frame in traceback.extract_stack(sys._current_frames()[thread]))


def of_a_thread():
    reached, leave = threading.Event(), threading.Event()

    def wait():
        reached.set()
        leave.wait()

    thread = threading.Thread(target=descend, args=(CALLS, wait))
    thread.start()
    reached.wait()
    found = frames_of(thread.ident, "descend")
    leave.set()
    thread.join()
    return found


async def of_a_coroutine():
    reached, leave = asyncio.Event(), asyncio.Event()

    async def wait():
        reached.set()
        await leave.wait()

    task = asyncio.create_task(descend_awaiting(CALLS, wait))
    await reached.wait()
    asked = sum(frame.f_code.co_name == "descend_awaiting" for frame in task.get_stack())
    on_stack = frames_of(threading.get_ident(), "descend_awaiting")
    leave.set()
    await task
    return asked, on_stack


def main():
    asked, on_stack = asyncio.run(of_a_coroutine())
    print(json.dumps({"calls": CALLS, "thread_frames": of_a_thread(), "task_frames": asked, "loop_frames": on_stack}))


main()

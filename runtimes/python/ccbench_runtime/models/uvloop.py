# SPDX-License-Identifier: MIT
"""uvloop: asyncio's program on libuv's loop. Its timers may fire up to 1 ms early, which is slept on and counted."""
import uvloop

from .. import protocol
from . import asyncio


def describe(plan):
    version = protocol.version_of("uvloop")
    return {**asyncio.describe(plan), "library": version, "loop": version}


class Model(asyncio.Model):
    """Only the loop is another."""

    def new_loop(self):
        return uvloop.new_event_loop()

# SPDX-License-Identifier: MIT
"""eventlet: python_threads' own program, unchanged; patch.py has made the standard library cooperative."""
import eventlet.hubs
import eventlet.patcher

from .. import clients_blocking, protocol
from . import python_threads

_real_sleep = eventlet.patcher.original("time").sleep


def describe(plan):
    return {"library": protocol.version_of("eventlet"), "loop": type(eventlet.hubs.get_hub()).__module__,
            **clients_blocking.describe(plan)}


def block(_lane, ns):
    """A call that nobody has made cooperative."""
    _real_sleep(ns / 1e9)
    return 0


class Model(python_threads.Model):
    """Whatever was a thread is a green thread."""

    steps = {"block": block}

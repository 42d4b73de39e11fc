# SPDX-License-Identifier: MIT
"""eventlet: the very steps that python_threads carries out, unchanged, in a pool of green threads; patch.py has made
the standard library cooperative."""
import eventlet
import eventlet.hubs
import eventlet.patcher

from .. import clients_blocking, protocol
from . import greenlets


def describe(plan):
    return {"library": protocol.version_of("eventlet"), "loop": type(eventlet.hubs.get_hub()).__module__,
            **clients_blocking.describe(plan)}


class Model(greenlets.Model):
    """A green thread for each task, as many at once as there are lanes."""

    real_sleep = staticmethod(eventlet.patcher.original("time").sleep)

    def each(self, task):
        return eventlet.GreenPool(self.work.lanes).imap(task, range(self.work.tasks))

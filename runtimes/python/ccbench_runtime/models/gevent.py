# SPDX-License-Identifier: MIT
"""gevent: the very steps that python_threads carries out, unchanged, in a pool of greenlets; patch.py has made the
standard library cooperative."""
import gevent
import gevent.pool
from gevent import monkey

from .. import clients_blocking, protocol
from . import greenlets


def describe(plan):
    loop = type(gevent.get_hub().loop).__module__
    return {"library": protocol.version_of("gevent"), "loop": loop, **clients_blocking.describe(plan)}


class Model(greenlets.Model):
    """A greenlet for each task, as many at once as there are lanes."""

    real_sleep = staticmethod(monkey.get_original("time", "sleep"))

    def each(self, task):
        return gevent.pool.Pool(self.work.lanes).imap_unordered(task, range(self.work.tasks))

# SPDX-License-Identifier: MIT
"""gevent: python_threads' own program, unchanged; patch.py has made the standard library cooperative."""
import gevent
from gevent import monkey

from .. import clients_blocking, protocol
from . import python_threads

_real_sleep = monkey.get_original("time", "sleep")


def describe(plan):
    loop = type(gevent.get_hub().loop).__module__
    return {"library": protocol.version_of("gevent"), "loop": loop, **clients_blocking.describe(plan)}


def block(_lane, ns):
    """A call that nobody has made cooperative."""
    _real_sleep(ns / 1e9)
    return 0


class Model(python_threads.Model):
    """Whatever was a thread is a greenlet."""

    steps = {"block": block}

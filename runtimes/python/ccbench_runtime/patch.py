# SPDX-License-Identifier: MIT
"""Patches the standard library for gevent and eventlet, before anything else of it is imported: what has been imported
earlier may hold on to what would block."""
import os
import warnings


def _gevent():
    from gevent import monkey

    monkey.patch_all()


def _eventlet():
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"  # a resolver of its own, which takes half a second to import
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each import says that eventlet is no longer to be used for new programs
        import eventlet

    eventlet.monkey_patch()


_PATCHES = {"gevent": _gevent, "eventlet": _eventlet}


def patch(name):
    """What the model of that name wants; nothing where its library is missing, which is told later."""
    try:
        _PATCHES.get(name, int)()
    except ImportError:
        pass

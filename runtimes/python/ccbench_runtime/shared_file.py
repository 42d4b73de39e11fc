# SPDX-License-Identifier: MIT
"""The file that all tasks of a trial share: it holds one number, of eight bytes, which each lane has opened for itself, as a lock of
flock(2) belongs to an open file."""
import fcntl
import os
import sys

from .program import Failed

_BYTES = 8


def make():
    """A descriptor of such a file, without a name, whose number is 0."""
    import tempfile  # rarely wanted, and slow to import

    with tempfile.TemporaryFile(dir=os.environ.get("TMPDIR") or "/var/tmp") as file:
        file.write(bytes(_BYTES))
        file.flush()
        return os.dup(file.fileno())


def open_again(descriptor):
    """The same file, opened once more."""
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC)


def number(descriptor):
    """What the number has come to."""
    return int.from_bytes(os.pread(descriptor, _BYTES, 0), sys.byteorder)


def _trying(step):
    """The step, whose OSError fails the task."""
    def tried(lane, argument):
        try:
            return step(lane, argument)
        except OSError as error:
            raise Failed(1000 + error.errno) from error

    return tried


@_trying
def load(lane, _):
    lane.number = int.from_bytes(os.pread(lane.file, _BYTES, 0), sys.byteorder)
    return 0


@_trying
def store(lane, _):
    os.pwrite(lane.file, (lane.number + 1).to_bytes(_BYTES, sys.byteorder), 0)
    return 0


@_trying
def lock(lane, _):
    """Where a lane may block."""
    fcntl.flock(lane.file, fcntl.LOCK_EX)
    lane.file_locked = True
    return 0


@_trying
def lock_at_once(lane, _):
    """Where it must not, and has taken the lock of its loop, so that no other lane can have this one."""
    fcntl.flock(lane.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return 0


@_trying
def unlock(lane, _):
    lane.file_locked = False
    fcntl.flock(lane.file, fcntl.LOCK_UN)
    return 0

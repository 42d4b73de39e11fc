# SPDX-License-Identifier: MIT
"""The slots: 32 bytes a task, shared with ccbench, as four 64-bit words: arrival, begin, end, and class, status,
check."""
import mmap
import os
import sys

from . import protocol

SIZE = 32
_CLASS = 0xFFFF
# Where class (16 bits), status (16) and check (32) stand in the fourth word.
_CLASS_AT, _STATUS, _CHECK = (0, 16, 32) if sys.byteorder == "little" else (48, 32, 0)


class Slots:
    """`words[4 * i : 4 * i + 4]` are task i's. Made here, all of the first class, where ccbench gives none (a
    replay)."""

    def __init__(self, tasks):
        self.tasks = tasks
        try:
            shared = os.fstat(protocol.SLOTS).st_size == SIZE * tasks
        except OSError:
            shared = False
        self.map = mmap.mmap(protocol.SLOTS, SIZE * tasks) if shared else mmap.mmap(-1, SIZE * tasks)
        self.words = memoryview(self.map).cast("Q")

    def class_of(self, i):
        return self.words[4 * i + 3] >> _CLASS_AT & _CLASS

    def classes(self):
        """The class of each task. A list, since looking it up in the slots would cost a timed task 100 ns."""
        words = self.words
        return [words[at] >> _CLASS_AT & _CLASS for at in range(3, 4 * self.tasks, 4)]

    def statuses(self):
        """The status of each task."""
        words = self.words
        return (words[at] >> _STATUS & 0xFFFF for at in range(3, 4 * self.tasks, 4))

    def finish(self, i, status, check):
        """Writes how task i ended; to be called where either is not 0."""
        at = 4 * i + 3
        self.words[at] = self.words[at] & _CLASS << _CLASS_AT | status << _STATUS | (check & 0xFFFFFFFF) << _CHECK


def most_in_flight(spans):
    """The most of the (begin, end) pairs that overlap; one that ends when another begins does not."""
    events = sorted([(begin, 1) for begin, _ in spans] + [(end, 0) for _, end in spans])
    most = now = 0
    for _, begins in events:
        now += 1 if begins else -1
        most = max(most, now)
    return most

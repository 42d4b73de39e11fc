# SPDX-License-Identifier: MIT
"""Python's bare loop: what computing costs without lanes, slots or stamps."""
import time

from .. import blocking
from . import python_loop

describe = python_loop.describe


class Model(python_loop.Model):
    """Walks all tasks in turn, and reports the CPU time of that alone."""

    cpu_ns = 0

    def run(self):
        programs, lane, walk = self.work.programs, self.lane, blocking.walk
        before = time.process_time_ns()
        for kind in self.work.classes:
            walk(lane, programs[kind])
        self.cpu_ns = time.process_time_ns() - before
        words, start_ns = self.work.slots.words, self.work.start_ns
        for at in range(0, 4 * self.work.tasks, 4):  # a task without stamps would not have been carried out
            words[at] = words[at + 1] = words[at + 2] = start_ns

    def counters(self):
        return {"raw_cpu_ns": self.cpu_ns}

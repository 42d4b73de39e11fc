# SPDX-License-Identifier: MIT
"""Python's bare loop: what computing costs without lanes, slots or stamps."""
import time

from .. import blocking
from ..model import Base


def describe():
    return {}


class Model(Base):
    """Walks all tasks in turn, and reports the CPU time of that alone."""

    def __init__(self, work):
        super().__init__(work)
        work.programs = blocking.compile_programs(work)
        self.lane = blocking.Lane(work, 0)
        self.cpu_ns = 0

    def run(self):
        programs, lane, walk = self.work.programs, self.lane, blocking.walk
        before = time.process_time_ns()
        for kind in self.work.classes:
            walk(lane, programs[kind])
        self.cpu_ns = time.process_time_ns() - before
        words, at = self.work.slots.words, self.work.start_ns
        for i in range(self.work.tasks):  # nobody looks at them, but a task without stamps was not carried out
            words[4 * i:4 * i + 3] = memoryview(b"".join(x.to_bytes(8, "little") for x in (at, at, at + 1))).cast("Q")

    def figures(self):
        return {"counters": {"raw_cpu_ns": self.cpu_ns}}

# SPDX-License-Identifier: MIT
"""A plain loop: one task after the other."""
import threading

from .. import blocking, clients_blocking, lanes
from ..model import Base

describe = clients_blocking.describe


class Model(Base):
    """One lane, whatever the plan's."""

    def __init__(self, work):
        super().__init__(work)
        work.lanes = 1
        work.shared.make_locks(threading.Lock)
        clients_blocking.choose(work)
        work.programs = blocking.compile_programs(work, {"gather": blocking.gather_in_turn})

    def open(self):
        self.lane = blocking.Lane(self.work, 0)
        self.run_task = blocking.make_runner(self.work)

    def run(self):
        lane, run = self.lane, self.run_task
        lane.free_ns = self.work.start_ns
        for i in range(self.work.tasks):
            run(lane, i)

    def close(self):
        self.lane.close()

    def counters(self):
        return lanes.figures([self.lane])

# SPDX-License-Identifier: MIT
"""concurrent.futures.ThreadPoolExecutor with K workers, as its documentation has it: executor.map over the tasks."""
import concurrent.futures
import threading

from .. import blocking, clients_blocking, lanes
from ..model import Base

describe = clients_blocking.describe


class Model(Base):
    """A worker has a lane of its own for as long as it lives."""

    def __init__(self, work):
        super().__init__(work)
        work.shared.make_locks(threading.Lock)
        clients_blocking.choose(work)
        work.programs = blocking.compile_programs(work)

    def open(self):
        self.lanes = [blocking.Lane(self.work, i) for i in range(self.work.lanes)]
        run, local, free = blocking.make_runner(self.work), threading.local(), list(self.lanes)
        ready = threading.Barrier(self.work.lanes + 1)

        def begin():
            local.lane = free.pop()
            ready.wait()

        def task(i):
            run(local.lane, i)

        self.task = task
        self.pool = concurrent.futures.ThreadPoolExecutor(self.work.lanes, initializer=begin)
        # A worker is started for each task that finds none idle: here all of them are, before the run begins.
        for _ in range(self.work.lanes):
            self.pool.submit(int)
        ready.wait()

    def run(self):
        for lane in self.lanes:
            lane.free_ns = self.work.start_ns
        for _ in self.pool.map(self.task, range(self.work.tasks)):
            pass

    def close(self):
        self.pool.shutdown()
        for lane in self.lanes:
            lane.close()

    def counters(self):
        return lanes.figures(self.lanes)

# SPDX-License-Identifier: MIT
"""concurrent.futures.ThreadPoolExecutor with K workers, as its documentation has it: executor.map over the tasks."""
import concurrent.futures
import threading

from .. import blocking
from ..model import Base


def describe():
    return {"client": "sockets"}


class Model(Base):
    """A worker has a lane of its own for as long as it lives."""

    def __init__(self, work):
        super().__init__(work)
        work.shared.lock = threading.Lock()
        work.programs = blocking.compile_programs(work)
        self.local = threading.local()
        self.lanes = []

    def open(self):
        run, local = blocking.make_runner(self.work), self.local
        self.ready = threading.Barrier(self.work.lanes + 1)

        def begin():
            lane = blocking.Lane(self.work, len(self.lanes))
            self.lanes.append(lane)
            local.lane = lane
            self.ready.wait()

        def task(i):
            run(local.lane, i)

        self.task = task
        self.pool = concurrent.futures.ThreadPoolExecutor(self.work.lanes, initializer=begin)
        # A worker is started for each task that finds none idle: here all of them are, before the clock of the run starts.
        for _ in range(self.work.lanes):
            self.pool.submit(int)
        self.ready.wait()

    def run(self):
        for lane in self.lanes:
            lane.free_ns = self.work.start_ns
        for _ in self.pool.map(self.task, range(self.work.tasks)):
            pass

    def close(self):
        self.pool.shutdown()
        for lane in self.lanes:
            lane.close()

# SPDX-License-Identifier: MIT
"""A threading.Thread for each task; a semaphore lets as many live at once as there are lanes."""
import threading
import time

from .. import blocking, clients_blocking, lanes
from ..model import Base
from ..protocol import now_ns

describe = clients_blocking.describe


class Model(Base):
    """A thread takes a lane that is free, and leaves it to the next."""

    def __init__(self, work):
        super().__init__(work)
        work.shared.make_locks(threading.Lock)
        clients_blocking.choose(work)
        work.programs = blocking.compile_programs(work)
        self.failure = None

    def open(self):
        self.lanes = [blocking.Lane(self.work, i) for i in range(self.work.lanes)]
        self.run_task = blocking.make_runner(self.work)

    def run(self):
        lanes, run, free = self.lanes, self.run_task, list(self.lanes)
        slots = threading.Semaphore(self.work.lanes)
        for lane in lanes:
            lane.free_ns = self.work.start_ns

        def one(lane, i):
            try:
                run(lane, i)
            except BaseException as error:  # which nobody would see in a thread
                self.failure = error
            free.append(lane)
            slots.release()

        threads = []
        for i in range(self.work.tasks):
            if self.work.rate:
                self.wait_for_arrival(i)
            slots.acquire()
            if self.failure is not None:
                raise self.failure
            thread = threading.Thread(target=one, args=(free.pop(), i))
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
        if self.failure is not None:
            raise self.failure

    def wait_for_arrival(self, i):
        while (left := self.work.arrival_ns(i) - now_ns()) > 0:
            time.sleep(left / 1e9)

    def close(self):
        for lane in self.lanes:
            lane.close()

    def counters(self):
        return lanes.figures(self.lanes)

# SPDX-License-Identifier: MIT
"""What gevent and eventlet have in common: a pool of greenlets that carries out blocking.py's steps."""
import threading

from .. import blocking, clients_blocking, lanes, shared_file
from ..model import Base


def lock_file(lane, _):
    """The lock of the library first: to wait for the file's own would stop all."""
    lane.shared.file_lock.acquire()
    lane.file_locked = True
    return shared_file.lock_at_once(lane, None)


def unlock_file(lane, _):
    try:
        return shared_file.unlock(lane, None)
    finally:
        lane.shared.file_lock.release()


class Model(Base):
    """A task takes a lane that is free, and leaves it to the next."""

    real_sleep = None  # a call that nobody has made cooperative

    def __init__(self, work):
        super().__init__(work)
        work.shared.make_locks(threading.Lock)  # the library's own by now
        clients_blocking.choose(work)
        work.programs = blocking.compile_programs(work, {"block": self.block, "lock_file": lock_file, "unlock_file": unlock_file})

    def block(self, _lane, ns):
        """The step `block`."""
        self.real_sleep(ns / 1e9)
        return 0

    def each(self, task):
        """Calls task(i) for each, in greenlets; an iterator over what it returns."""
        raise NotImplementedError

    def open(self):
        self.lanes = [blocking.Lane(self.work, i) for i in range(self.work.lanes)]
        self.run_task = blocking.make_runner(self.work)

    def run(self):
        run, free = self.run_task, list(self.lanes)
        for lane in self.lanes:
            lane.free_ns = self.work.start_ns

        def task(i):
            lane = free.pop()
            run(lane, i)
            free.append(lane)

        for _ in self.each(task):
            pass

    def close(self):
        for lane in self.lanes:
            lane.close()

    def counters(self):
        return lanes.figures(self.lanes)

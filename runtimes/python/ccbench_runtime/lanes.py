# SPDX-License-Identifier: MIT
"""Lanes: what a task has for itself while it runs, and what its children have."""
import os


class Family:
    """What the children of a lane's tasks use, kept from one `gather` to the next: lanes, and, apart from them, connections, so
    that there are no more of these than children that fetch at once."""

    def __init__(self, connect):
        self.connect = connect
        self.lanes, self.spare = [], []
        self.connections, self.free = [], []

    def take(self):
        """A connection that no other child uses, to be given back by `give`. From any thread."""
        try:
            return self.free.pop()
        except IndexError:
            connection = self.connect()
            self.connections.append(connection)
            return connection

    def give(self, connection):
        self.free.append(connection)

    def forget(self):
        """In a process that was forked: what its parent has is not its own."""
        self.lanes, self.spare, self.connections, self.free = [], [], [], []


class Lane:
    """One place in flight, kept from task to task; or, with the `family` of one, a place for a child of its task. `borrow` makes
    of a family what a child fetches by."""

    borrow = None

    def __init__(self, work, index, family=None):
        self.work = work
        self.shared = work.shared
        self.index = index
        self.family = family or (Family(work.connect) if work.needs.gathers else None)
        self.connection = None
        if work.needs.fetches:
            self.connection = work.connect() if family is None else self.borrow(family)
        self.group = None  # of the child that it carries out
        self.register = 0
        self.early = 0  # how often a sleep ended too early
        self.locked = self.file_locked = False
        self.number = 0  # of the file that tasks share
        self.file = work.open_shared_file() if work.needs.shares_file else None
        self.offset = work.first_offset(index)
        self.buffer = work.read_buffer() if work.file is not None else None
        self.copied = 0  # where the next copy begins
        self.copy = memoryview(bytearray(work.needs.copy_most)) if work.source is not None else None
        self.free_ns = 0

    def another(self, index):
        """A lane of the same kind, for a child."""
        return type(self)(self.work, index, self.family)

    def child(self, group):
        """A lane for a child of its task, to be left by leave()."""
        family = self.family
        try:
            lane = family.spare.pop()
        except IndexError:
            lane = self.another(self.index + len(family.lanes) + 1)
            family.lanes.append(lane)
        lane.group, lane.register, lane.number = group, self.register, self.number
        return lane

    def leave(self):
        """The child has ended."""
        self.group = None
        self.family.spare.append(self)

    def close_files(self):
        """Its descriptor of the file that tasks share, and those of its children."""
        for lane in (self, *(self.family.lanes if self.family is not None else ())):
            if lane.file is not None:
                os.close(lane.file)

    def connections(self):
        """All that it and its children have."""
        own = [] if self.connection is None else [self.connection]
        return own if self.family is None else own + self.family.connections


def figures(lanes):
    """The counters that lanes have kept, where there are any."""
    early = sum(lane.early for lane in lanes)
    early += sum(child.early for lane in lanes if lane.family is not None for child in lane.family.lanes)
    retries = sum(getattr(connection, "retries", 0) for lane in lanes for connection in lane.connections())
    return {name: value for name, value in (("early_wakeups", early), ("http_retries", retries)) if value}

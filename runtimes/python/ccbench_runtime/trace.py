# SPDX-License-Identifier: MIT
"""The trace of a trial (docs/trial-protocol.md, descriptor 5): when tasks, their children and each of their steps begin and end.
In a traced trial the calls of a program are wrapped; in any other nothing of this is there."""
import _thread
import fcntl
import functools
import mmap
import os
import struct
import threading
import time

from .protocol import now_ns

DESCRIPTOR = 5
_HEADER = struct.Struct("=8sIIQQ32x")
_EVENT = struct.Struct("=QQQIIIHBB")
_NEXT, _DROPPED = 16, 24  # where these are in the header
_WHAT = _EVENT.size - 1   # of an event
_CHILDREN = 0xFFFF        # so many have a number

TASK_BEGIN, TASK_END, STEP_BEGIN, STEP_END, READY, ELSEWHERE = range(1, 7)
# By the places that steps have in workloads/program/step_kinds.h.
STEPS = ("sleep", "fetch", "compute", "block", "yield", "read", "copy", "load", "store", "add", "lock", "unlock", "load_file",
         "store_file", "lock_file", "unlock_file", "take", "reply", "call", "repeat", "gather")
_KINDS = {name: kind for kind, name in enumerate(STEPS)}
_TIMED = ("sleep", "block")


def open_trace(plan):
    """The Trace that a plan asks for; None where it does not, or where there is no memory for one."""
    # Steps that are one in this variant cannot be told apart.
    if plan.get("trace") is not True or plan.get("parameters", {}).get("race") == "inline":
        return None
    try:
        size = os.fstat(DESCRIPTOR).st_size
        memory = mmap.mmap(DESCRIPTOR, size, flags=mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0))
        magic, version, capacity, _, _ = _HEADER.unpack_from(memory)
    except (OSError, ValueError, struct.error):
        return None
    whole = size == _HEADER.size + capacity * _EVENT.size
    return Trace(memory, capacity) if whole and (magic, version) == (b"ccbtrace", 1) else None


def most_children(json):
    """How many children a list of steps has at once, those of its children too."""
    most = 0
    for step in json:
        if "repeat" in step:
            most = max(most, most_children(step["steps"]))
        elif "gather" in step:
            most = max(most, sum(1 + most_children(child) for child in step["gather"]))
    return most


class Who:
    """Whose events they are: a task's, or those of a child of it. Kept in its lane."""

    __slots__ = ("task", "lane", "child")

    def __init__(self, task, lane, child):
        self.task, self.lane, self.child = task, lane, child


class Trace:
    """Events are claimed one after the other: by a lock among threads, and by one of the file's among processes."""

    def __init__(self, memory, capacity):
        self.memory, self.capacity = memory, capacity
        self.words = memoryview(memory)[:_HEADER.size].cast("Q")
        self.lock = threading.Lock()

    def claim(self):
        """The number of an event; None where there is no more room."""
        words = self.words
        with self.lock:
            fcntl.lockf(DESCRIPTOR, fcntl.LOCK_EX)  # given up by the kernel where a process is killed
            try:
                place = words[_NEXT // 8]
                words[_NEXT // 8 if place < self.capacity else _DROPPED // 8] += 1
            finally:
                fcntl.lockf(DESCRIPTOR, fcntl.LOCK_UN)
        return place if place < self.capacity else None

    def note(self, who, what, kind=0, at_ns=None, wait_ns=None):
        at_ns = at_ns or now_ns()
        if who.child >= _CHILDREN:
            return
        place = self.claim()
        if place is None:
            return
        at = _HEADER.size + place * _EVENT.size
        due_ns = 0 if wait_ns is None else at_ns + wait_ns
        _EVENT.pack_into(self.memory, at, at_ns, time.thread_time_ns(), due_ns, who.task, _thread.get_native_id(), who.lane,
                         who.child, kind, 0)
        self.memory[at + _WHAT] = what

    def begin_task(self, lane, i):
        """Before its first stamp: its beginning itself is told by what task_begin() puts into each program."""
        lane.who = Who(i, lane.index, 0)

    def end_task(self, lane, at_ns):
        self.note(lane.who, TASK_END, at_ns=at_ns)

    def task_begin(self, words):
        """The first call of each program: tells the beginning that its slot has."""
        def call(lane, _):
            self.note(lane.who, TASK_BEGIN, at_ns=words[4 * lane.who.task + 1])
            return 0

        return call

    def elsewhere(self, name, function):
        """The step as another thread carries it out."""
        kind = _KINDS[name]

        def call(lane, argument):
            self.note(lane.who, ELSEWHERE, kind)
            try:
                return function(lane, argument)
            finally:
                self.note(lane.who, READY, kind)

        return call

    def step(self, name, function):
        """A step that returns when it is done."""
        kind, timed = _KINDS[name], name in _TIMED

        def call(lane, argument):
            self.note(lane.who, STEP_BEGIN, kind, wait_ns=argument if timed else None)
            try:
                return function(lane, argument)
            finally:
                self.note(lane.who, STEP_END, kind)

        return _repeated(call) if name == "yield" else call

    def awaited(self, name, function):
        """A step that is to be awaited."""
        kind, timed = _KINDS[name], name in _TIMED

        async def call(lane, argument):
            self.note(lane.who, STEP_BEGIN, kind, wait_ns=argument if timed else None)
            try:
                return await function(lane, argument)
            finally:
                self.note(lane.who, STEP_END, kind)

        return _repeated_awaited(call) if name == "yield" else call

    def gather(self, function, json, walk):
        """The step that carries out lists at once, by `walk`: each list is one call then, which tells of the child."""
        offsets = _offsets(json)

        def call(lane, argument):
            lists, cancels = argument
            parent = lane.who
            children = [[(functools.partial(self._child, parent, offset, walk), calls)] for offset, calls in zip(offsets, lists)]
            try:
                return function(lane, (children, cancels))
            finally:
                lane.who = parent  # of a child in the same lane

        return self.step("gather", call)

    def _child(self, parent, offset, walk, lane, calls):
        lane.who = Who(parent.task, parent.lane, min(parent.child + offset, _CHILDREN))
        self.note(lane.who, TASK_BEGIN)
        try:
            return walk(lane, calls)
        finally:
            self.note(lane.who, TASK_END)

    def gather_awaited(self, function, json, walk):
        """The same where it is awaited."""
        offsets = _offsets(json)

        async def call(lane, argument):
            lists, cancels = argument
            parent = lane.who
            children = [[(functools.partial(self._awaited_child, parent, offset, walk), calls, True)]
                        for offset, calls in zip(offsets, lists)]
            return await function(lane, (children, cancels))

        return self.awaited("gather", call)

    async def _awaited_child(self, parent, offset, walk, lane, calls):
        lane.who = Who(parent.task, parent.lane, min(parent.child + offset, _CHILDREN))
        self.note(lane.who, TASK_BEGIN)
        try:
            return await walk(lane, calls)
        finally:
            self.note(lane.who, TASK_END)


def _offsets(json):
    """What each child's number is more than that of the one that gathers."""
    offsets, following = [], 1
    for child in json:
        offsets.append(following)
        following += 1 + most_children(child)
    return offsets


def _repeated(call):
    """So many yields are as many steps."""
    def calls(lane, times):
        for _ in range(times):
            call(lane, 1)
        return 0

    return calls


def _repeated_awaited(call):
    async def calls(lane, times):
        for _ in range(times):
            await call(lane, 1)
        return 0

    return calls

# SPDX-License-Identifier: MIT
"""The trace of a trial (docs/trial-protocol.md, descriptor 5): made empty, read, and held to the steps that its tasks have."""

import collections
import struct

HEADER = struct.Struct("=8sIIQQ32x")
EVENT = struct.Struct("=QQQIIIHBB")
NO_TASK = 0xffffffff
WHATS = ("unused", "task_begin", "task_end", "step_begin", "step_end", "ready", "elsewhere", "want", "take", "drop")
# As workloads/program/step_kinds.h has them.
STEPS = ("sleep", "fetch", "compute", "block", "yield", "read", "copy", "load", "store", "add", "lock", "unlock", "load_file",
         "store_file", "lock_file", "unlock_file", "take", "reply", "call", "repeat", "gather")

Event = collections.namedtuple("Event", "at_ns cpu_ns due_ns task thread lane child step what")
Trace = collections.namedtuple("Trace", "events dropped")


def empty(capacity):
    """The bytes of a trace with room for so many events."""
    return HEADER.pack(b"ccbtrace", 1, capacity, 0, 0).ljust(HEADER.size + capacity * EVENT.size, b"\0")


def read(content):
    """The events in their places, as far as they were written, with what they are in words."""
    _, _, capacity, used, dropped = HEADER.unpack_from(content)
    end = HEADER.size + min(capacity, used) * EVENT.size
    events = [Event(*fields[:7], STEPS[fields[7]], WHATS[fields[8]]) for fields in EVENT.iter_unpack(content[HEADER.size:end])
              if fields[8] != 0]
    return Trace(sorted(events, key=lambda event: event.at_ns), dropped)


def flat(steps):
    """The names of the steps that one walk carries out, and by the number of each child of what it gathers the child's."""
    names, children = [], {}
    walk(steps, 0, names, children)
    return names, children


def most_children(steps):
    """Of a list of steps, at once."""
    most = 0
    for step in steps:
        if "repeat" in step:
            most = max(most, most_children(step["steps"]))
        if "gather" in step:
            most = max(most, sum(1 + most_children(child) for child in step["gather"]))
    return most


def walk(steps, number, names, children):
    """Adds the walk of whoever has that number."""
    for step in steps:
        kind = next(iter(step))
        if kind == "repeat":
            for _ in range(step["repeat"]):
                walk(step["steps"], number, names, children)
        elif kind == "yield":
            names += ["yield"] * step["yield"]
        else:
            names.append(kind)
        if kind == "gather":
            following = number + 1
            for child in step["gather"]:
                walk(child, following, children.setdefault(following, []), children)
                following += 1 + most_children(child)


def lives(events):
    """By (task, child): each life, as a list of events, from its beginning to its end. Raises AssertionError where one does what
    it cannot."""
    found = collections.defaultdict(list)
    for event in events:
        if event.what in ("want", "take", "drop"):
            continue
        who = (event.task, event.child)
        if event.what == "task_begin":
            assert not found[who] or found[who][-1][-1].what == "task_end", f"{who} begins twice"
            found[who].append([event])
            continue
        assert found[who], f"{who} does {event} before it begins"
        life = found[who][-1]
        before = life[-1]
        in_step = before.what in ("step_begin", "ready", "elsewhere")
        assert before.what != "task_end", f"{who} does {event} after its end"
        assert in_step == (event.what in ("step_end", "ready", "elsewhere")), f"{who}: {event} after {before}"
        assert not in_step or event.step == before.step, f"{who}: {event} after {before}"
        life.append(event)
    for who, of_who in found.items():
        assert all(life[-1].what == "task_end" for life in of_who), f"{who} does not end"
    return found


def steps_of(life):
    return [event.step for event in life if event.what == "step_begin"]

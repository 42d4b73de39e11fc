# SPDX-License-Identifier: MIT
"""What tasks take and reply with: bytes, or, for a step with "objects", a nested structure that is about as long pickled."""
import pickle

from .program import PAGE, size_of

_SAMPLE = 1000


def _record(number):
    """As a row of a table is: text, numbers and a list, none of them shared with another record."""
    return {"one": 1, "number": 1000 + number, "name": f"item {number:07d}", "price": number + 0.25, "tags": [number % 7, "new"]}


def _length(count):
    return len(pickle.dumps([_record(number) for number in range(count)], pickle.DEFAULT_PROTOCOL))


_record_bytes = None  # of one more record, once it is known


def _records_for(size):
    global _record_bytes
    if _record_bytes is None:
        _record_bytes = (_length(_SAMPLE) - _length(0)) / _SAMPLE
    return round(size / _record_bytes)


class Objects:
    """Such a structure: a list for each page of its size, of records."""

    __slots__ = ("size", "pages")

    def __init__(self, size):
        pages = -(-size // PAGE)
        count = max(_records_for(size), pages)
        ends = [count * page // pages for page in range(pages + 1)] if pages else [0]
        self.size = size
        self.pages = [[_record(number) for number in range(begin, end)] for begin, end in zip(ends, ends[1:])]


def make(size, objects):
    """A payload of its own: nothing of it is part of another one, so that pickle cannot write a reference for it."""
    return Objects(size) if objects else bytes(bytearray(b"\1") * size)


def look(payload):
    """Looks at a byte, or a record, of each page; what that adds to the checksum, beside its size."""
    if isinstance(payload, bytes):
        return sum(payload[::PAGE])
    return sum(page[0]["one"] for page in payload.pages)


def sizes(steps, name):
    """(size, whether objects) of each step of that name which a task carries out, in order; `steps` are the plan's."""
    found = []
    for step in steps:
        if "repeat" in step:
            found += step["repeat"] * sizes(step["steps"], name)
        elif name in step:
            found.append((size_of(step[name]), step.get("objects", False)))
    return found

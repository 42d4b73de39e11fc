# SPDX-License-Identifier: MIT
"""What tasks do: the steps of the plan, each turned into a function and its argument once, before anything is timed."""
from .protocol import Refused

_DURATIONS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
PAGE = 4096
MOST_DEEP = 64

# What a step's value is; "flag" has none.
ARGUMENTS = {"sleep": "duration", "block": "duration", "fetch": "path", "compute": "number", "yield": "number",
             "read": "size", "take": "size", "reply": "size", "add": "number", "load": "flag", "store": "flag",
             "lock": "flag", "unlock": "flag", "call": "functions"}


class Failed(Exception):
    """A step failed, and its task with it; `status` as the protocol has it, `name` of the exception of a user's
    function."""

    def __init__(self, status, name=None):
        super().__init__(status)
        self.status, self.name = status, name


def number_and_unit(text, units):
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    try:
        return round(float(number) * units[text[len(number):]])
    except (ValueError, KeyError) as error:
        raise Refused(f"{text!r} is no number with a unit of {', '.join(filter(None, units))}") from error


def duration_ns(text):
    return number_and_unit(text, _DURATIONS)


def size_of(text):
    return number_and_unit(text, _SIZES) if isinstance(text, str) else int(text)


def fib(n):
    """The doubly recursive definition: the work of `compute`."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Step:
    """One step of the plan: its name, its argument in ns, bytes or as it is, and its other members."""

    def __init__(self, json):
        self.name = next((name for name in json if name in ARGUMENTS), None)
        if self.name is None:
            raise Refused(f"step {next(iter(json), '')!r} is not known here", lacks=True)
        value = json[self.name]
        kind = ARGUMENTS[self.name]
        self.times = json.get("times", 1)
        self.direct = json.get("direct", False)
        self.objects = json.get("objects", False)
        if self.name == "compute" and isinstance(value, str):
            value, self.times = 15, max(1, duration_ns(value) // 100_000)  # an estimate: ccbench writes `times`
        if kind == "duration":
            value = duration_ns(value)
        elif kind == "size":
            value = size_of(value)
        elif kind == "functions":
            value = json
        self.argument = value


class Steps:
    """A list of steps as a model carries it out: `calls` has (function, argument) for each.

    `make` turns a Step into such a pair, and `nest` (times, Steps) of a repeated list into one; what they return is the
    model's own business. Raises Refused where the model cannot do a step.
    """

    def __init__(self, json, make, nest, depth=0):
        if depth > MOST_DEEP:
            raise Refused(f"lists of steps are nested more than {MOST_DEEP} deep")
        self.calls = []
        for step in json:
            if "repeat" in step:
                inner = Steps(step["steps"], make, nest, depth + 1)
                self.calls.append(nest(step["repeat"], inner))
            else:
                self.calls.append(make(Step(step)))


def each_step(json):
    """All steps of a list, those of nested lists too (once each)."""
    for step in json:
        if "repeat" in step:
            yield from each_step(step["steps"])
        else:
            yield Step(step)


class Needs:
    """What the classes of a plan ask for, so that only that is made ready."""

    def __init__(self, classes):
        steps = [step for one in classes for step in each_step(one["steps"])]
        self.names = {step.name for step in steps}
        self.computes = "compute" in self.names
        self.fetches = "fetch" in self.names
        self.counts = bool(self.names & {"load", "store", "add", "lock"})
        self.read_most = max((step.argument for step in steps if step.name == "read"), default=0)
        self.direct = any(step.direct for step in steps)

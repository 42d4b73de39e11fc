# SPDX-License-Identifier: MIT
"""What tasks do: the steps of the plan, each turned into a function and its argument once, before anything is timed."""
from .protocol import Refused

_DURATIONS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
PAGE = 4096
MOST_DEEP = 64
MOST_CHILDREN = 64
LOCKS = ("lock", "lock_file")

# What a step's value is; "flag" has none.
ARGUMENTS = {"sleep": "duration", "block": "duration", "fetch": "path", "compute": "number", "yield": "number",
             "read": "size", "copy": "size", "take": "size", "reply": "size", "add": "number", "load": "flag", "store": "flag",
             "lock": "flag", "unlock": "flag", "load_file": "flag", "store_file": "flag",
             "lock_file": "flag", "unlock_file": "flag", "call": "functions"}


class Failed(Exception):
    """A step failed, and its task with it; `status` as the protocol has it, `name` of the exception of a user's
    function."""

    def __init__(self, status, name=None):
        super().__init__(status, name)
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
        self.fresh = json.get("fresh", False)
        self.tls = json.get("tls", False)
        if self.name == "fetch":
            self._check_options(json)
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

    def _check_options(self, json):
        """What changes what a step costs is not to be passed over."""
        for option in json:
            if option not in (self.name, "fresh", "tls"):
                raise Refused(f"{self.name} with {option!r} is not known here", lacks=True)


class Style:
    """How a model carries out steps, each as a pair (function, argument), or whatever it takes: `make` turns a Step into one,
    `nest` (times, calls) of a repeated list, `join` (lists of calls, whether a failure cancels the others, the lists of the plan) of
    children;
    `look` is what stands before each step of a child that can be cancelled. Raise Refused for what it cannot do."""

    def __init__(self, make, nest, join, look):
        self.make, self.nest, self.join, self.look = make, nest, join, look

    def calls(self, json, depth=0, cancellable=False):
        """A list of steps as the model carries it out."""
        if depth > MOST_DEEP:
            raise Refused(f"lists of steps are nested more than {MOST_DEEP} deep")
        calls = []
        for step in json:
            if cancellable:
                calls.append(self.look)
            if "repeat" in step:
                calls.append(self.nest(step["repeat"], self.calls(step["steps"], depth + 1, cancellable)))
            elif "gather" in step:
                cancels = step.get("on_failure") == "cancel"
                lists = [self.calls(one, depth + 1, cancellable or cancels) for one in step["gather"]]
                calls.append(self.join(lists, cancels, step["gather"]))
            else:
                calls.append(self.make(Step(step)))
        return calls


def inner_lists(step):
    """The lists of steps that one is made of; none for most."""
    return [step["steps"]] if "repeat" in step else step.get("gather", [])


def each_step(json):
    """All steps of a list, those of nested lists too (once each)."""
    for step in json:
        if "repeat" in step or "gather" in step:
            for inner in inner_lists(step):
                yield from each_step(inner)
        else:
            yield Step(step)


def check_gather(json, child=False, locked=False):
    """Raises Refused for children that cannot be: `json` are the steps of one, or follow a lock."""
    for step in json:
        locked = any(name in step for name in LOCKS) or locked and not any("un" + name in step for name in LOCKS)
        if child and ("take" in step or "reply" in step):
            raise Refused("take and reply belong to a task, not to a child of gather")
        if "gather" in step:
            if locked:
                raise Refused("gather may not stand between lock and unlock")
            _check_children(step["gather"], step.get("on_failure", "wait"))
        for inner in inner_lists(step):
            check_gather(inner, child or "gather" in step, locked)


def _check_children(lists, on_failure):
    if not isinstance(lists, list) or not 1 <= len(lists) <= MOST_CHILDREN or not all(isinstance(one, list) for one in lists):
        raise Refused(f"gather {str(lists)[:60]} is no list of lists of steps, expected 1 to {MOST_CHILDREN} of them")
    if on_failure not in ("wait", "cancel"):
        raise Refused(f'on_failure {on_failure!r} cannot be, expected "wait" or "cancel"')


def fetches_at_once(json):
    """The most connections that a task uses at once, where children have their own."""
    most = 0
    for step in json:
        inner = [fetches_at_once(one) for one in inner_lists(step)]
        most = max(most, sum(inner), "fetch" in step)
    return most


def _gathers(json):
    return any("gather" in step or any(map(_gathers, inner_lists(step))) for step in json)


class Needs:
    """What the classes of a plan ask for, so that only that is made ready."""

    def __init__(self, classes):
        for one in classes:
            check_gather(one["steps"])
        self.gathers = any(_gathers(one["steps"]) for one in classes)
        self.connections = max(fetches_at_once(one["steps"]) for one in classes)  # of a lane, at once
        steps = [step for one in classes for step in each_step(one["steps"])]
        self.names = {step.name for step in steps}
        self.computes = "compute" in self.names
        self.fetches = "fetch" in self.names
        self.fresh = any(step.fresh for step in steps)  # connections of fetches' own
        self.tls = any(step.tls for step in steps)
        self.shares_file = any(name.endswith("_file") for name in self.names)
        self.counts = self.shares_file or bool(self.names & {"load", "store", "add", "lock"})
        self.read_most = max((step.argument for step in steps if step.name == "read"), default=0)
        self.copy_most = max((step.argument for step in steps if step.name == "copy"), default=0)
        self.direct = any(step.direct for step in steps)

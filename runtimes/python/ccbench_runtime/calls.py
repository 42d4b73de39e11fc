# SPDX-License-Identifier: MIT
"""A user's own functions, which call steps name."""
import importlib
import sys
import threading

from . import http1
from .program import Failed
from .protocol import Refused

PASSED = (KeyboardInterrupt, GeneratorExit)  # all else that a function raises has its task fail, and no other
_FIRST, _MOST = 4000, 1000
_DECIMAL_BITS = 14_000  # of more, decimal digits take long, and CPython makes none of more than 4300
_COROUTINE = 0x80  # inspect.CO_COROUTINE, without what importing inspect costs


class Calls:
    """Finds the functions, in the folder of the workload file, and counts what they raise.

    `word` is the member of a step that names the function: "call" a plain one, others one of another kind.
    """

    def __init__(self, model, word, plan):
        folder = plan.get("folder")
        self.model, self.word = model, word
        self.check_of = unhashed if plan.get("varies") else check_of
        self.places = {}  # name of an exception → its place
        self.lock = threading.Lock()
        if folder is not None and folder not in sys.path:
            sys.path.insert(0, folder)

    def find(self, step):
        """The function of a step {"call": "module:function", …}. Raises Refused where there is none."""
        where = step.get(self.word)
        if where is None:
            raise Refused(f'{self.model} cannot call {step["call"]!r}: it has no "{self.word}"', lacks=True)
        module, colon, path = where.partition(":")
        if not (module and colon and path):
            raise Refused(f'"{self.word}":{where!r}: expected "module:function"', lacks="#" in where)  # Node's have it
        function = self._look_up(where, module, path)
        plain = not getattr(getattr(function, "__code__", None), "co_flags", 0) & _COROUTINE
        if self.word == "call" and not plain:
            raise Refused(f'"call":{where!r} is a coroutine function: name it by "async" or "trio"')
        return function

    def _look_up(self, where, module, path):
        try:
            found = importlib.import_module(module)
            for name in path.split("."):
                found = getattr(found, name)
        except (Exception, SystemExit) as error:  # a user's module may raise anything while it is imported
            raise Refused(f"{where!r} cannot be called: {type(error).__name__}: {error}") from error
        if not callable(found):
            raise Refused(f"{where!r} cannot be called: it is no function")
        return found

    def failed(self, error):
        """What a step raises for what the function has raised."""
        name = type(error).__name__
        if isinstance(error, TypeError) and "'await' expression" in str(error):
            name += " (what it returns cannot be awaited)"
        return Failed(self.status(name), name=name)

    def status(self, name):
        """The status for exceptions of that name."""
        with self.lock:
            place = self.places.setdefault(name, len(self.places))
        return _FIRST + min(place, _MOST - 1)

    def figures(self, slots):
        """What the result says of exceptions: their names in the order of their status, and how often each came."""
        if not self.places:
            return {}
        names = list(self.places)[:_MOST]
        counts = dict.fromkeys(names, 0)
        for status in slots.statuses():
            if _FIRST <= status < _FIRST + _MOST:
                counts[names[status - _FIRST]] += 1
        return {"exceptions": names, "call_failures": counts}


def unhashed(_value):
    """What it adds where nobody compares it: hashing takes long."""
    return 0


def check_of(value):
    """What the value of a function adds to the checksum."""
    kind = type(value)
    if kind is bytes:
        return http1.body_check([value], True)
    if kind is str:
        return http1.body_check([value.encode("utf-8", "surrogatepass")], True)
    if kind is int:
        return http1.body_check([(b"%d" if value.bit_length() <= _DECIMAL_BITS else b"%x") % value], True)
    return 0

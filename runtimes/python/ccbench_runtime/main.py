# SPDX-License-Identifier: MIT
"""From the plan to the result: the frame around each model."""
import gc
import importlib
import os
import platform
import sys
import traceback

from . import protocol
from .description import Description
from .program import fib
from .protocol import Phases, Refused
from .work import Work


def describe(module, plan):
    """What a table's head says of this model (docs/runtimes.md): the answer to a plan with "describe"."""
    return {
        "language": f"{platform.python_implementation()} {platform.python_version()}",
        "executable": os.path.realpath(sys.executable),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
        "jit": hasattr(sys, "pypy_version_info") or getattr(sys, "_jit", None) is not None and sys._jit.is_enabled(),
        "gc": ", ".join(map(str, gc.get_threshold())) if hasattr(gc, "get_threshold") else "as built",
        **module.describe(plan),
    }


def load(name):
    """The module of a model. Where its library is not there, Refused says so."""
    try:
        return importlib.import_module("ccbench_runtime.models." + name.replace("-", "_"))
    except ImportError as error:
        raise Refused(f"{name} is not here: {error} for {sys.executable}", lacks=True) from error


def warm_up(work):
    """What a first task would pay for alone: caches of the interpreter, and modules that it imports when they are
    used."""
    if work.needs.computes:
        fib(15)
    if work.needs.fetches:
        "localhost".encode("idna")


def carry_out(model, work):
    """One trial; returns its result."""
    warm_up(work)
    if work.memory:
        gc.collect()
    work.mark("before_lanes")
    phases = Phases(work)
    model.carry_out(phases)
    result = phases.figures()
    if work.needs.counts:
        result["counter"] = model.counter()
    counters = model.counters()
    if counters:
        result["counters"] = counters
    result.update(model.figures())
    result.update(work.calls.figures(work.slots))
    return result


def attempt(model, work):
    """The result of a trial, or, where it broke down, one that says why."""
    try:
        return carry_out(model, work)
    except Refused:
        raise
    except BaseException as error:  # whatever it is, ccbench is to show it
        traceback.print_exc()
        return dict(protocol.no_figures(), error=reason(error))


def trial(name, plan):
    """What is said at the end: the result, or what the plan has asked for instead."""
    description = Description(name)
    module = load("raw" if plan.get("model") == "raw" else name)
    if plan.get("describe"):
        description.choose(plan)
        return {"describe": describe(module, plan)}
    work = Work(plan, description)
    try:
        model = module.Model(work)
    except ImportError as error:  # of a client
        raise Refused(f"{name} is not here: {error} for {sys.executable}", lacks=True) from error
    return {"result": attempt(model, work)}


def reason(error):
    """An exception as one line; of a group of them, the first."""
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def leave(status):
    """Ends the process at once, threads and all: what is left behind would only delay the end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(status)


def main(name):
    """A whole trial of the model called `name`, or, with "raw" in the plan, of the bare loop of Python's family."""
    try:
        plan = protocol.read_plan()
        protocol.say(**trial(name or plan.get("model", ""), plan))
    except Refused as refused:
        protocol.say(error=str(refused), speaks=protocol.PROTOCOL, **({"lacks": True} if refused.lacks else {}))
        leave(2)
    except Exception as error:
        traceback.print_exc()
        protocol.say(error=f"the plan cannot be carried out: {reason(error)}")
        leave(2)
    leave(0)

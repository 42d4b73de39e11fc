# SPDX-License-Identifier: MIT
"""From the plan to the result: the frame around each model."""
import gc
import importlib
import os
import platform
import sys

from . import protocol
from .protocol import Phases, Refused
from .work import Work


def gil_is_on():
    """Whether this interpreter has a global lock at work (PEP 703)."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def describe(module):
    """What a table's head says of this model: the answer to a plan with "describe"."""
    return {
        "language": {"name": platform.python_implementation(), "version": platform.python_version()},
        "executable": os.path.realpath(sys.executable),
        "gil": gil_is_on(), "jit": bool(getattr(sys, "_jit", None) and sys._jit.is_enabled()) or "PyPy" in sys.version,
        "gc": list(gc.get_threshold()) if hasattr(gc, "get_threshold") else None,
        **module.describe(),
    }


def load(name):
    """The module of a model. Where its library is not there, Refused says how to get it."""
    try:
        return importlib.import_module("ccbench_runtime.models." + name.replace("-", "_"))
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("ccbench_runtime"):
            raise Refused(f"no model {name!r} here", lacks=True) from error
        raise Refused(f"{name} is not here: no module {error.name!r} for {sys.executable}", lacks=True) from error


def warm_up(module, work):
    """What a first task would pay for alone: imports and caches of the interpreter are filled before set-up."""
    getattr(module, "warm_up", lambda _: None)(work)


def carry_out(module, plan):
    """One trial; returns its result."""
    work = Work(plan)
    model = module.Model(work)
    warm_up(module, work)
    if work.memory:
        gc.collect()
    work.mark("before_lanes")
    phases = Phases()
    phases.begin()
    model.open()
    work.start_ns = phases.run()
    model.run()
    phases.close(lambda: work.mark("before_close"))
    model.close()
    result = phases.end()
    if work.needs.counts:
        result["counter"] = model.counter()
    result.update(model.figures())
    return result


def main(name):
    """A whole trial of the model called `name`, or, with "raw" in the plan, of the bare loop of Python's family."""
    try:
        plan = protocol.read_plan()
        asked = plan.get("model", name)
        module = load("raw" if asked == "raw" else name)
        if plan.get("describe"):
            protocol.say(describe=describe(module))
            return
        protocol.say(result=carry_out(module, plan))
    except Refused as refused:
        protocol.say(error=str(refused), speaks=protocol.PROTOCOL, **({"lacks": True} if refused.lacks else {}))
        sys.exit(2)

# SPDX-License-Identifier: MIT
"""The trial protocol, version 1 (docs/trial-protocol.md): the plan in, marks and the result out."""
import json
import os
import resource
import time

PROTOCOL = 1
PLAN, RESULT, SLOTS = 0, 3, 4

now_ns = time.monotonic_ns  # CLOCK_MONOTONIC, the only clock of all stamps


class Refused(Exception):
    """The plan cannot be carried out; the text says why. `lacks`: only for want of the model or of a step."""

    def __init__(self, text, lacks=False):
        super().__init__(text)
        self.lacks = lacks


def read_plan():
    """The plan, one line of JSON on standard input. Raises Refused where it is none of this protocol."""
    text = b""
    while not text.endswith(b"\n"):
        piece = os.read(PLAN, 1 << 20)  # what comes behind the line answers marks, and none has been given yet
        if not piece:
            break
        text += piece
    try:
        plan = json.loads(text)
        spoken = plan["protocol"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"the plan cannot be read: {error}") from error
    if spoken != PROTOCOL:
        raise Refused(f"protocol {spoken!r} is not spoken here, expected {PROTOCOL}")
    return plan


def say(**message):
    """Sends one message to ccbench, whole."""
    data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(RESULT, data):]


def mark(name):
    """Gives a mark of a memory trial and waits until ccbench has read the memory."""
    say(mark=name)
    os.read(PLAN, 1)


class Usage:
    """CPU time (ns) and context switches, of this process and of the children it has waited for."""

    def __init__(self):
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        # Of the process itself to the nanosecond; of children rusage has microseconds.
        self.cpu_ns = time.process_time_ns() + round(1e9 * (children.ru_utime + children.ru_stime))
        self.switches_own = own.ru_nvcsw + children.ru_nvcsw
        self.switches_forced = own.ru_nivcsw + children.ru_nivcsw


class Phases:
    """Times set-up, run and teardown, each from its own call to the next, and what was used over all three."""

    def __init__(self):
        self.figures = {}

    def begin(self):
        self.before = Usage()
        self.opened_ns = now_ns()

    def run(self):
        """Begins the run phase; returns its start, from which arrivals count."""
        self.started_ns = now_ns()
        return self.started_ns

    def close(self, at_mark):
        """Ends the run phase and begins teardown; `at_mark` is called in between, untimed."""
        self.ran_ns = now_ns()
        at_mark()
        self.closing_ns = now_ns()

    def end(self):
        """The figures of the result."""
        closed_ns = now_ns()
        after = Usage()
        return {
            "setup_ns": self.started_ns - self.opened_ns, "run_ns": self.ran_ns - self.started_ns,
            "teardown_ns": closed_ns - self.closing_ns, "run_start_ns": self.started_ns,
            "startup_cpu_ns": self.before.cpu_ns, "cpu_ns": after.cpu_ns - self.before.cpu_ns,
            "switches_own": after.switches_own - self.before.switches_own,
            "switches_forced": after.switches_forced - self.before.switches_forced,
        }

# SPDX-License-Identifier: MIT
"""The trial protocol, version 1 (docs/trial-protocol.md): the plan in, marks and the result out."""
import fcntl
import json
import os
import resource
import stat
import sys
import time

PROTOCOL = 1
SLOTS = 4
_PLAN_MOVED = 10  # or above: behind all descriptors that mean something


def _result_descriptor():
    """3; standard output where that is no pipe, as when a trial is replayed by hand."""
    try:
        return 3 if stat.S_ISFIFO(os.fstat(3).st_mode) else 1
    except OSError:
        return 1


def _plan_descriptor():
    """What was standard input, where a user's functions, and programs that they start, find nothing instead: they would wait for
    it, or take what answers a mark."""
    try:
        plan = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, _PLAN_MOVED)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
    except OSError:
        return 0
    return plan


RESULT = _result_descriptor()
PLAN = _plan_descriptor()

now_ns = time.monotonic_ns  # CLOCK_MONOTONIC, the only clock of all stamps


class Refused(Exception):
    """The plan cannot be carried out; the text says why. `lacks`: only for want of the model or of a step."""

    def __init__(self, text, lacks=False):
        super().__init__(text)
        self.lacks = lacks


class Process:
    """Whether this process is one of the trial's own, or was forked by what a task called and came back from there."""

    strayed = False

    @classmethod
    def stray(cls):
        cls.strayed = True


os.register_at_fork(after_in_child=Process.stray)


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
    """Sends one message to ccbench, whole. A process that was forked and came back here has nothing to say."""
    if Process.strayed:
        os._exit(0)
    data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(RESULT, data):]


def mark(name):
    """Gives a mark of a memory trial and waits until ccbench has read the memory."""
    say(mark=name)
    os.read(PLAN, 1)


def break_off(text):
    """Says that the model has failed and why, and ends the process."""
    say(result=dict(no_figures(), error=text))
    os._exit(0)


class Usage:
    """CPU time (ns) and context switches, of this process and of the children it has waited for."""

    def __init__(self):
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        # Of the process itself to the nanosecond; of children rusage has microseconds.
        self.cpu_ns = time.process_time_ns() + round(1e9 * (children.ru_utime + children.ru_stime))
        self.switches_own = own.ru_nvcsw + children.ru_nvcsw
        self.switches_forced = own.ru_nivcsw + children.ru_nivcsw


_FIGURES = ("setup_ns", "run_ns", "teardown_ns", "startup_cpu_ns", "cpu_ns", "switches_own", "switches_forced",
            "run_start_ns")


def no_figures():
    """A result that holds nothing, for a trial that failed."""
    return dict.fromkeys(_FIGURES, 0)


class Phases:
    """Times set-up, run and teardown, each from its own call to the next, and what was used over all three."""

    def __init__(self, work):
        self.work = work

    def begin(self):
        """Set-up begins."""
        self.before = Usage()
        self.opened_ns = now_ns()

    def run(self):
        """The run begins; its start, from which arrivals count, is the work's `start_ns`."""
        self.work.start_ns = self.started_ns = now_ns()

    def close(self):
        """The run has ended and teardown begins."""
        self.ran_ns = now_ns()
        self.work.mark("before_close")
        self.closing_ns = now_ns()

    def end(self):
        """Teardown has ended."""
        self.closed_ns = now_ns()
        self.after = Usage()

    def figures(self):
        """What the result has of it."""
        before, after = self.before, self.after
        return dict(zip(_FIGURES, (
            self.started_ns - self.opened_ns, self.ran_ns - self.started_ns, self.closed_ns - self.closing_ns,
            before.cpu_ns, after.cpu_ns - before.cpu_ns, after.switches_own - before.switches_own,
            after.switches_forced - before.switches_forced, self.started_ns)))


def version_of(package):
    """Name and version of an installed package, as text. Imports nothing of it."""
    from importlib import metadata

    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError as error:
        raise Refused(f"no package {package!r} for {sys.executable}", lacks=True) from error

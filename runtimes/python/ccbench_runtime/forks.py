# SPDX-License-Identifier: MIT
"""The step `gather` where nothing is shared: a process for each child, whose outcome comes back through a pipe. os.fork, since
multiprocessing lets the workers of its pools have no children."""
import ctypes
import os
import pickle
import selectors
import signal

from . import blocking, group
from .program import Failed
from .protocol import Process


_prctl = ctypes.CDLL(None).prctl
_PR_SET_PDEATHSIG = 1


def gather(lane, argument):
    """Forks for each child, and waits for all; with `cancels` the first that fails ends the others. Raises ChildProcessError
    for one that died."""
    children, cancels = argument
    own = group.Group(lane, cancels)
    forked = [_fork(own, lane, calls) for calls in children]
    outcomes = _collect(own, forked)
    return own.sum(outcomes)


class Forked:
    """A child process: what it has sent through `pipe`."""

    def __init__(self, pid, pipe):
        self.pid, self.pipe, self.sent, self.killed = pid, pipe, b"", False

    def kill(self):
        self.killed = True
        os.kill(self.pid, signal.SIGKILL)

    def outcome(self):
        """What it came to, once it has closed the pipe."""
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        if self.killed:
            return group.Cancelled()
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            raise ChildProcessError(f"a child of a task was killed by signal {number} ({signal.strsignal(number)})")
        if not self.sent:
            raise ChildProcessError(f"a child of a task ended with status {os.WEXITSTATUS(status)} and no result")
        return pickle.loads(self.sent)


def _fork(own, lane, calls):
    """A Forked, or, where there can be no more, the Failed that this is."""
    try:
        reader, writer = os.pipe()
    except OSError as error:
        return _failed(own, error)
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(reader)
        os.close(writer)
        return _failed(own, error)
    if pid == 0:
        os.close(reader)
        _end_with(parent)
        _carry_out(own, lane, calls, writer)
    os.close(writer)
    return Forked(pid, reader)


def _end_with(parent):
    """Has the kernel end this process as soon as its parent has ended."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was before
        os._exit(1)


def _failed(own, error):
    own.failures.append(Failed(1000 + error.errno))
    return own.failures[-1]


def _carry_out(own, lane, calls, writer):
    """All that the child process does; it never returns."""
    status = 1
    try:
        Process.strayed = False  # forked, but one of the trial's own
        lane.family.forget()
        with open(writer, "wb") as pipe:
            pickle.dump(blocking.outcome_of(own, lane.child(own), calls), pipe)
        status = 0
    finally:
        os._exit(status)


def _collect(own, forked):
    """The outcome of each, in order."""
    outcomes = [None if isinstance(child, Forked) else child for child in forked]
    with selectors.DefaultSelector() as selector:
        for i, child in enumerate(forked):
            if isinstance(child, Forked):
                selector.register(child.pipe, selectors.EVENT_READ, i)
        while selector.get_map():
            for key, _ in selector.select():
                _receive(own, forked, outcomes, selector, key.data)
    return outcomes


def _receive(own, forked, outcomes, selector, i):
    child = forked[i]
    data = os.read(child.pipe, 65536)
    child.sent += data
    if data:
        return
    selector.unregister(child.pipe)
    outcomes[i] = child.outcome()
    if isinstance(outcomes[i], Failed):
        own.failures.append(outcomes[i])
    if own.cancelled:
        for other, outcome in zip(forked, outcomes):
            if outcome is None and not other.killed:
                other.kill()

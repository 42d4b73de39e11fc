# SPDX-License-Identifier: MIT
"""The children of a `gather` step while they are under way, whatever carries them: which have failed, and what that comes to."""
import errno

from .program import Failed

_STATUS_ERRNO = 1000
NO_MEMORY, NO_MORE = (Failed(_STATUS_ERRNO + number) for number in (errno.ENOMEM, errno.EAGAIN))


class Cancelled(Exception):
    """A child is given up, since another one has failed: it has no status of its own."""


class Group:
    """The children of one step. With `cancels` the first failure ends the others.

    What became of a child, its outcome, is its checksum or what it raised: Failed, Cancelled, or what nobody expects.
    """

    __slots__ = ("above", "cancels", "failures")

    def __init__(self, lane, cancels):
        self.above = lane.group  # of which the task of `lane` is itself a child; None: it is none
        self.cancels = cancels
        self.failures = []  # in the order of time

    @property
    def cancelled(self):
        """Whether its children are to end: by one of them, or since theirs is a child that is to."""
        return self.cancels and bool(self.failures) or self.above is not None and self.above.cancelled

    def sum(self, outcomes):
        """What the step adds to the checksum, once all children have ended; `outcomes` in the order of the list. Raises the
        failure that counts: of those that go on the first in the list, else the first in time."""
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, (Failed, Cancelled)):
                raise outcome
        failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        if failed:
            raise self.failures[0] if self.cancels else failed[0]
        if any(isinstance(outcome, Cancelled) for outcome in outcomes):
            raise Cancelled
        return sum(outcomes)


def look(lane, _):
    """What stands before each step of a child that can be cancelled."""
    if lane.group.cancelled:
        raise Cancelled
    return 0

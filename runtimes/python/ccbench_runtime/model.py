# SPDX-License-Identifier: MIT
"""What every model has."""


class Base:
    """A model: `open` makes the lanes, `run` carries out all tasks, `close` takes the lanes down; each is timed.

    What is made ready beforehand and not timed belongs into __init__.
    """

    def __init__(self, work):
        self.work = work

    def open(self):
        """Set-up."""

    def run(self):
        """Carries out all tasks."""
        raise NotImplementedError

    def close(self):
        """Teardown."""

    def counter(self):
        """The shared counter at the end."""
        return self.work.shared.counter

    def figures(self):
        """More of the result: "in_flight", "counters"."""
        return {}

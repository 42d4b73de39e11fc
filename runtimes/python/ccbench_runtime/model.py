# SPDX-License-Identifier: MIT
"""What every model has."""


class Base:
    """A model: `open` makes the lanes, `run` carries out all tasks, `close` takes the lanes down; each is timed.

    What is made ready beforehand and not timed belongs into __init__. A library that runs a whole program by one call
    has a `carry_out` of its own instead of the three.
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

    def carry_out(self, phases):
        """The whole trial; `phases` (protocol.Phases) is told where each phase begins."""
        phases.begin()
        self.open()
        phases.run()
        self.run()
        phases.close()
        self.close()
        phases.end()

    def counter(self):
        """The shared counter at the end."""
        return self.work.counted()

    def counters(self):
        """Figures of the model's own."""
        return {}

    def figures(self):
        """More of the result, as "in_flight"."""
        return {}

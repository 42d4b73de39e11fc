#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Go's models of runtimes/, replayed without ccbench. CCBENCH's build has their program where Go was found."""

import os
import unittest

import runtime_trials
import trial_oracle
from harness import CCBENCH

PROGRAM = os.path.join(os.path.dirname(CCBENCH), "runtimes", "ccbench-go")
trial_oracle.COOPERATIVE += ("go-loop",)


@unittest.skipUnless(os.access(PROGRAM, os.X_OK), "Go was not there when ccbench was built")
class Go(runtime_trials.Asked, unittest.TestCase):
    """What is asked of each, and what is particular to Go."""

    group = "go"
    models = tuple(runtime_trials.described("go"))

    def command(self, model):
        return [PROGRAM, "go-loop" if model == "raw" else model]

    @runtime_trials.each
    def test_describes_itself(self, model):
        about = self.describe(model)["describe"]
        self.assertRegex(about["language"], r"^Go \d+\.\d+")
        self.assertTrue(os.path.samefile(about["executable"], PROGRAM))
        self.assertIn("http.ReadResponse", about["client"])
        self.assertIn("net/http", self.describe(model, client="idiom")["describe"]["client"])

    @runtime_trials.each
    def test_calls_are_refused(self, model):
        ran = self.replay(model, 1, 1, [{"repeat": 1, "steps": [{"call": "shop:page"}]}])
        self.assertEqual((ran.status, ran.lacks), (2, True))
        self.assertIn(runtime_trials.described("go")[model]["cannot"]["call"], ran.error)

    def test_blocking_calls_do_not_keep_others_from_running(self):
        """A thread more is started for each, so that all are in flight at once on one core."""
        ran = self.replay("go", 8, 8, [{"block": "300ms"}], cores=1)
        self.assertEqual(runtime_trials.most_in_flight(ran.slots), 8)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Python's models of runtimes/: their trials are replayed without ccbench, and held to the oracle of its own models' random
trials. RUNTIME_PYTHON names another interpreter, RUNTIME_MODELS (A,B) only some models, RUNTIME_TRIALS how many random trials
of each."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import trial_cases
import trial_oracle
from harness import PATIENCE_S, SLOT, Slot, most_in_flight
from origin_client import Origin
from trial_drive import Driver

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUNTIMES = os.path.join(os.environ.get("TESTS_SOURCE", os.path.join(SOURCE, "tests")), os.pardir, "runtimes", "python")
PYTHON = os.environ.get("RUNTIME_PYTHON", sys.executable)
TRIALS = int(os.environ.get("RUNTIME_TRIALS", "6"))
MS = 1_000_000

trial_cases.NO_SHARED_MEMORY = trial_oracle.NO_SHARED_MEMORY = ("python-processes",)


def command(model):
    return [PYTHON, os.path.join(RUNTIMES, "trial.py"), model]


def described():
    """Name → description of each model."""
    found = {}
    for name in sorted(os.listdir(RUNTIMES)):
        if name.endswith(".json"):
            with open(os.path.join(RUNTIMES, name), encoding="utf-8") as file:
                found[name[:-5]] = json.load(file)
    return found


def describe(model, **parameters):
    """What the program of a model says of itself: the only message."""
    plan = {"protocol": 1, "describe": True, "parameters": parameters}
    return json.loads(subprocess.run(command(model), input=json.dumps(plan) + "\n", capture_output=True, text=True,
                                     timeout=PATIENCE_S, check=False).stdout)


def here():
    """The models whose libraries are installed."""
    chosen = os.environ.get("RUNTIME_MODELS", "")
    return [name for name in (chosen.split(",") if chosen else described()) if "describe" in describe(name)]


HERE = here()


class TrialDriver(Driver):
    """Starts the models' own program where the driver would start ccbench."""

    def trial(self, case):
        self.model = case["plan"]["model"]
        return super().trial(case)

    def start(self, arguments, descriptors):
        actions = [(os.POSIX_SPAWN_DUP2, there, number) for number, there in descriptors.items()]
        return os.posix_spawn(PYTHON, command(self.model), self.environment, file_actions=actions, setpgroup=0)


class Random(unittest.TestCase):
    """The random trials of tests/differential.py, with all that a plan may have."""

    def test_random_trials(self):
        for model in HERE:
            with self.subTest(model=model):
                self.try_trials(model, {}, TRIALS)

    def test_what_its_users_fetch_with(self):
        for model in HERE:
            if "describe" in describe(model, client="idiom"):
                with self.subTest(model=model):
                    self.try_trials(model, {"client": "idiom"}, 4 * TRIALS, fetching=True)

    def test_a_task_of_the_loop_for_each(self):
        for model in {"asyncio", "uvloop"} & set(HERE):
            with self.subTest(model=model):
                self.try_trials(model, {"start": "task"}, TRIALS)

    def try_trials(self, *arguments, **how):
        origin = Origin()
        self.addCleanup(origin.stop)
        pid = os.fork()  # the driver wants to have no children
        if pid == 0:
            status = 1
            try:
                status = min(100, self.findings(origin.port, *arguments, **how))
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "findings above")

    @staticmethod
    def findings(port, model, parameters, trials, fetching=False):
        driver, found = TrialDriver(port), 0
        drawer = trial_cases.Drawer(int(os.environ.get("RUNTIME_SEED", "1")), [model], True, True, 0)
        try:
            for number in range(trials):
                case = drawer.draw(number)
                if fetching and not any(trial_cases.fetches_in(kind["steps"]) for kind in case["plan"]["classes"]):
                    continue
                case["plan"]["parameters"] = parameters
                faults = trial_oracle.judge(case, driver.carry(case))
                found += len(faults)
                if faults:
                    print(f"{model}, trial {number}: {faults[:5]}\n{json.dumps(case)[:900]}", file=sys.stderr, flush=True)
        finally:
            driver.close()
        return found


if __name__ == "__main__":
    unittest.main()

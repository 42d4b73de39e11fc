# SPDX-License-Identifier: MIT
"""A model's description, NAME.json beside trial.py (docs/runtimes.md): what it cannot do, and what can be chosen."""
import json
import os

from .protocol import Refused

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Description:
    """Raises Refused where there is no model of that name."""

    def __init__(self, name):
        try:
            with open(os.path.join(_FOLDER, name + ".json"), encoding="utf-8") as file:
                self.json = json.load(file)
        except OSError as error:
            raise Refused(f"no model {name!r} here", lacks=True) from error
        self.name = name

    def choose(self, plan):
        """All parameters, each as the plan has it or by default. Raises Refused for what cannot be chosen."""
        given = dict(plan.get("parameters", {}))
        if plan.get("chunk", 1) != 1:  # as plans had it before there were parameters
            given.setdefault("chunk", plan["chunk"])
        chosen = {}
        for parameter in self.json.get("parameters", ()):
            name = parameter["name"]
            chosen[name] = self._value(parameter, given.pop(name, parameter["default"]))
        for name, value in given.items():
            expected = ", ".join(chosen) or "no parameters"
            raise Refused(f"{self.name} has no parameter {name!r} (={value}), expected {expected}")
        return chosen

    def _value(self, parameter, value):
        name = parameter["name"]
        if "values" in parameter:
            if value not in parameter["values"]:
                raise Refused(f"{self.name}: {name}={value!r}, expected {' or '.join(parameter['values'])}")
            return value
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = -1
        if not parameter["least"] <= number <= parameter["most"]:
            raise Refused(f"{self.name}: {name}={value!r}, expected {parameter['least']} to {parameter['most']}")
        return number

    def check_steps(self, names):
        """Raises Refused for the first step that this model cannot carry out."""
        cannot = self.json.get("cannot", {})
        for name in sorted(names):
            if name in cannot:
                raise Refused(f"{self.name} cannot {name}: {cannot[name]}", lacks=True)

    def word_of_call(self):
        """Which member of a call step names this model's function."""
        return self.json.get("call", "call")

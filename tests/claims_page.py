#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints docs/CLAIMS.md, which is made from the files of claims/: tests/claims_page.py >docs/CLAIMS.md"""
import json
import pathlib
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
HEAD = """<!-- SPDX-License-Identifier: MIT -->
<!-- Made from the files of claims/ by tests/claims_page.py, which a test holds it to. -->
# The claims

What is said of concurrency models, each claim with the experiment that tests it and the rule by which it is confirmed or
refuted. `ccbench claims` measures them all, `ccbench claims NAME` one; [METHODOLOGY.md](METHODOLOGY.md#claims) tells how a
verdict is reached. A claim is a file in `claims/`, by [claim.schema.json](claim.schema.json), and you can add your own. What comes
out on your machine is the answer, also where it contradicts the claim.

The numbers are those of the list from which the claims come: two primers on concurrency in Python.
"""
TIMES = {"time", "wall", "setup", "teardown", "cpu", "lateness", "lateness_max", "latency", "p99", "slowest", "service",
         "service_max"}


def claims(folder=SOURCE / "claims"):
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return sorted(read, key=lambda claim: claim["number"])


def duration(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:g} {unit}"
    return f"{ns:g} ns"


def value(figure, number):
    if "over" in figure:
        return f"{number:g} ×"
    if figure["metric"] in TIMES:
        return duration(number)
    return f"{100 * number:g} %" if figure["metric"] == "lost" else f"{number:g}"


def bound(figure, name):
    if name not in figure:
        return "–"
    (side, number), = figure[name].items()
    return f"{side.replace('_', ' ')} {value(figure, number)}"


def side(figure, default):
    """The cell a value is of: metric, class, model, experiment."""
    words = [figure.get("metric", default.get("metric")).replace("_", " ")]
    kind = figure.get("class", default.get("class"))
    model = figure.get("model", default.get("model"))
    if kind:
        words.append(f"of {kind}")
    if model:
        words.append("under " + ", ".join(model if isinstance(model, list) else [model]))
    if "experiment" in figure:
        words.append(f"in “{figure['experiment']}”")
    return " ".join(words)


def measured(figure):
    text = side(figure, {})
    return f"{text} / {side(figure['over'], figure)}" if "over" in figure else text


def experiment(name, cells):
    if "script" in cells:
        return f"- “{name}”: `{' '.join(cells['script'])}`, a script beside the claim's file"
    what = f"`{cells['workload']}`" if "workload" in cells else f"`{json.dumps(cells['program'], ensure_ascii=False)}`"
    of = [f"{cells[key]} {text}" for key, text in (("tasks", "tasks"), ("concurrency", "in flight")) if key in cells]
    if "cores" in cells:
        of.append(f"{cells['cores']} core" + "s" * (cells["cores"] > 1))
    return f"- “{name}”: {', '.join([what] + of)}; {', '.join(cells['models'])}"


def real(claim):
    for runtime in claim.get("real", []):
        models = ", ".join(f"{own} for {model}" for model, own in runtime["models"].items() if own)
        others = "".join(f"; “{other}” in the place of “{name}”" for name, other in runtime.get("experiments", {}).items())
        yield f"Tested on {runtime['runtime']} as well, where it is here: {models}{others}.\n"


def section(claim):
    yield f"\n## {claim['claim']}\n"
    yield f"**{claim['number']}. {claim['says']}** ({claim['source']}" + (
        f"; needs {claim['needs']['cores']} cores)\n" if "needs" in claim else ")\n")
    for name, cells in claim["experiments"].items():
        yield experiment(name, cells)
    yield "\n| figure | what is measured | confirmed | refuted |\n|---|---|---|---|"
    for figure in claim["figures"]:
        yield f"| {figure['name']} | {measured(figure)} | {bound(figure, 'confirmed')} | {bound(figure, 'refuted')} |"
    yield ""
    yield from real(claim)
    yield claim["explains"] + "\n"
    yield "*To see it turn:* " + claim["turns"]


def page(read):
    lines = [HEAD, "| | claim | says |", "|---|---|---|"]
    lines += [f"| {claim['number']} | [{claim['claim']}](#{claim['claim']}) | {claim['says']} |" for claim in read]
    for claim in read:
        lines += section(claim)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(claims()))

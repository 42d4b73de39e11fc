# SPDX-License-Identifier: MIT
"""Report documents drawn at random, for tests/test_sentences.py: from calm to hopelessly noisy, from one round to twelve,
with ties, failures, lost updates, tasks that arrive at a rate, mixes and sweeps. The same seed gives the same document."""
import math
import random

KIB, MIB, MS, US = 1024, 1024 * 1024, 1_000_000, 1_000
MODELS = ["sequential", "threads", "gil", "processes", "eventloop", "async", "green", "threads:stack=64k", "async:client=bare"]
NOISE = [0, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 0.6, 1.0]


def noisy(rng, value, noise):
    return max(1, round(value * math.exp(rng.gauss(0, noise)))) if noise else max(1, round(value))


def spread(p50, tail, tasks):
    """Latencies or the like, of which few are as long as `tail`."""
    return {"p50": p50, "p90": p50, "p99": max(p50, tail) if tasks >= 299 else None, "p999": None, "max": max(p50, tail)}


class Drawn:
    """One block: what each model is like, and rounds of it."""

    def __init__(self, rng, rounds=None, models=None, noise=None, tasks=None, lanes=None, wants=()):
        self.rng = rng
        self.tasks = tasks or rng.choice([1, 4, 64, 300, 1000, 10000])
        self.lanes = lanes or rng.choice([1, 2, 32, 1000])
        self.kind = rng.choice(["I/O-bound", "CPU-bound", "mixed", None])
        self.rounds = rng.choice([1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 10, 12]) if rounds is None else rounds
        self.noise = rng.choice(NOISE) if noise is None else noise
        self.open = "closed" not in wants and rng.random() < 0.2
        self.mix = self.tasks >= 64 and "closed" not in wants and rng.random() < (0.5 if self.open else 0.1)
        self.race = not self.open and "closed" not in wants and rng.random() < 0.12
        self.names = models or rng.sample(MODELS, rng.choice([1, 2, 2, 3, 4, 5, 7]))
        self.base_ns = math.exp(rng.uniform(math.log(100 * US), math.log(2000 * MS)))
        self.cpu_ns = self.base_ns * rng.choice([0.001, 0.05, 0.5, 1])
        self.bytes = rng.choice([0, 12 * KIB, 500 * KIB, 3 * MIB, 40 * MIB, 2000 * MIB])
        self.clock_ns = 0
        self.shapes = {name: self.shape(name) for name in self.names}

    def shape(self, name):
        rng = self.rng
        times = rng.choice([1, 1, 1.005, 1.03, 1.07, 1.1, 1.12, 1.2, 1.3, 2, 4, 30])
        return {
            "wall_ns": self.base_ns * times,
            "frame": rng.choice([0.001, 0.01, 0.3, 0.8]),
            "cpu_ns": self.cpu_ns * times ** rng.choice([0, 1]) * rng.choice([1, 1, 1.5, 1.9, 2.1, 3, 10]),
            "cpu_noise": rng.choice([0, 0.01, self.noise]),
            "bytes": round(self.bytes * rng.choice([1, 1, 1.3, 1.9, 2.1, 5, 40])),
            "lanes": 1 if name == "sequential" else self.lanes,
            "in_flight": 1 if name == "sequential" or rng.random() < 0.2 else min(self.lanes, self.tasks),
            "lost": rng.choice([0, 0, 0.2]) if self.race else None,
            "behind": rng.choice([0, 0, 0, 0, 0.3, 1]),
            "queued_ns": self.base_ns * rng.choice([0.01, 0.01, 0.2, 12, 50]),
        }

    def figures(self, shape):
        wall = noisy(self.rng, shape["wall_ns"], self.noise)
        setup, teardown = round(wall * shape["frame"] * 0.6), round(wall * shape["frame"] * 0.4)
        return {"wall_ns": wall, "setup_ns": setup, "run_ns": wall - setup - teardown, "teardown_ns": teardown,
                "cpu_ns": noisy(self.rng, shape["cpu_ns"], shape["cpu_noise"]), "switches_own": 1, "switches_forced": 0,
                "tasks": self.tasks, "failed": 0, "in_flight": shape["in_flight"], "classes": None, "updates": None,
                "latency_ns": spread(wall, wall, self.tasks), "queued_ns": spread(0, round(shape["queued_ns"]), self.tasks),
                "service_ns": spread(wall, 0, self.tasks)}

    def add_classes(self, made, shape):
        few = max(1, self.tasks // 10)
        waits = noisy(self.rng, shape["queued_ns"], self.noise / 4)
        made["classes"] = [
            {"name": "short", "tasks": self.tasks - few, "failed": 0, "failed_as_expected": 0,
             "latency_ns": spread(made["wall_ns"], made["wall_ns"], self.tasks - few),
             "queued_ns": spread(0, waits, self.tasks - few), "service_ns": spread(made["wall_ns"], 0, self.tasks - few)},
            {"name": "long", "tasks": few, "failed": 0, "failed_as_expected": 0,
             "latency_ns": spread(5 * made["wall_ns"], 0, few), "queued_ns": spread(0, 1, few),
             "service_ns": spread(5 * made["wall_ns"], 0, few)}]

    def add_arrivals(self, made, shape):
        late = self.rng.random() < shape["behind"]
        made.update(kept_up=not late, reached_per_s=noisy(self.rng, 1e11 / shape["wall_ns"], self.noise) if late else 100,
                    behind_since_ns=noisy(self.rng, self.rng.choice([1, 40]) * MS, 0.1) if late else None,
                    latest_ns=noisy(self.rng, 70 * MS, 0.1))

    def sample(self, name, number):
        shape = self.shapes[name]
        made = {"round": number, "start_ns": self.clock_ns, "status": "ok", "reason": None, **self.figures(shape)}
        self.clock_ns += made["wall_ns"] + 7 * MS
        if self.mix:
            self.add_classes(made, shape)
        if self.open:
            self.add_arrivals(made, shape)
        if shape["lost"] is not None:
            lost = round(self.tasks * shape["lost"] * self.rng.random()) if shape["lost"] else 0
            made["updates"] = {"expected": self.tasks, "lost": min(lost, self.tasks)}
        return made

    def cell(self, name):
        classes = [{"name": "task", "weight": 1, "steps": [{"sleep": "1ms"}]}]
        if self.mix:
            classes = [{"name": "short", "weight": 9, "steps": [{"sleep": "1ms"}]},
                       {"name": "long", "weight": 1, "steps": [{"repeat": 2, "steps": [{"compute": 20}]}]}]
        if "async:client=bare" in self.names:
            classes[-1]["steps"].append({"fetch": "/"})
        shape = self.shapes[name]
        memory = {"bytes": shape["bytes"], "tasks": min(self.tasks, 2 * shape["lanes"]),
                  "bytes_per_lane": shape["bytes"] / shape["lanes"]}
        return {"model": name, "kin": None, "lanes": shape["lanes"], "status": "ok", "reason": None,
                "trial": {"classes": classes}, "memory": None if self.rng.random() < 0.05 else memory,
                "memory_reason": None, "samples": []}

    def fail_some(self, cells):
        for cell in cells:
            fate = self.rng.random()
            if fate < 0.04:
                cell.update(status="skipped", reason="would take 40 s", samples=[])
            elif fate < 0.08:
                number = len(cell["samples"]) + 1
                cell["samples"].append({"round": number, "status": "failed", "reason": "3 of 64: HTTP 503"})
                cell.update(status="failed", reason="3 of 64: HTTP 503")
            elif fate < 0.12 and len(cell["samples"]) > 1:
                del cell["samples"][self.rng.randrange(len(cell["samples"]))]  # a round that the machine lost

    def block(self, workload="sleep:10ms"):
        cells = [self.cell(name) for name in self.names]
        for number in range(1, self.rounds + 1):
            for cell in self.rng.sample(cells, len(cells)):
                cell["samples"].append(self.sample(cell["model"], number))
        self.fail_some(cells)
        rate = {"per_s": 100, "constant": False, "span_ns": 100 * MS} if self.open else None
        result = {"workload": workload, "describe": "sleeps 10 ms", "tasks": self.tasks, "concurrency": self.lanes, "cores": 2,
                  "ideal_ns": None, "ideal_formula": None, "ideal_reason": "n/a", "rounds": self.rounds,
                  "warmup": self.rng.random() < 0.7, "stopped": "rounds", "calibration": None, "rate": rate, "cells": cells}
        if self.kind is not None:
            result["kind"] = self.kind
        return result


def sweep_blocks(rng):
    """Along the tasks in flight, or the work of a task; who is ahead of whom changes."""
    names = rng.sample(MODELS, rng.choice([2, 3, 3, 4]))
    rounds, noise = rng.choice([1, 2, 6, 7, 9]), rng.choice(NOISE[:6] + [0.3])
    axis = rng.choice(["concurrency", "argument"])
    slopes = {name: rng.choice([-1, -0.3, 0, 0, 0.05, 0.3, 1]) for name in names}
    blocks = []
    for point in range(rng.choice([2, 3, 4, 5])):
        lanes = 4 ** (point + 1) if axis == "concurrency" else 8
        label = str(lanes) if axis == "concurrency" else str(10 + 2 * point)
        drawn = Drawn(rng, rounds, names, noise, 64, lanes, wants=("closed",))
        for name in names:
            drawn.shapes[name]["wall_ns"] = 50 * MS * math.exp(slopes[name] * (point - 1)) * rng.choice([1, 1, 1.02])
        drawn.kind = "CPU-bound" if axis == "argument" else "I/O-bound"
        block = drawn.block(f"fib:{label}" if axis == "argument" else "sleep:10ms")
        if axis == "argument":
            task = 100 * US * 4 ** point
            block["calibration"] = {"task_cpu_ns": task, "samples": [task] * rounds}
        block["sweep"] = {"group": 1, "axis": axis, "value": lanes if axis == "concurrency" else 10 + 2 * point, "label": label}
        blocks.append(block)
    return blocks


def families_block(rng):
    """Of two languages, each with some models; computing sets them apart."""
    block = Drawn(rng, wants=("closed",)).block()
    own = {"ideal_ns": 5 * MS, "ideal_formula": None, "ideal_reason": None, "calibration": None}
    for place, cell in enumerate(block["cells"]):
        if place == 0 or (place > 1 and rng.random() < 0.5):
            cell["family"] = "python"
    if len(block["cells"]) < 2:
        del block["cells"][0]["family"]
        return block
    return dict(block, families={"python": own})


def draw(seed):
    rng = random.Random(seed)
    blocks = (sweep_blocks(rng) if seed % 6 == 0 else
              [families_block(rng) if seed % 6 == 1 else Drawn(rng).block()])
    return {"schema": "ccbench/1", "ccbench": {"version": "0", "build_type": "release",
                                               "libraries": {"libuv": "1.44.2"} if rng.random() < 0.8 else {}},
            "started": "2026-11-20T12:00:00Z", "seed": seed, "duration_ns": MS, "interrupted": None,
            "environment": {}, "placement": {"cpus": "0-1", "origin_cpus": None},
            "plan": {"reference": "sequential", "rounds": None}, "workloads": blocks, "status": 0}

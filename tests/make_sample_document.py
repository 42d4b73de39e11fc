#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the sample report documents of tests/data/. Seeded: the same files every time.

    tests/make_sample_document.py [DIRECTORY]

The figures are invented, from a small model of what each concurrency model does, so that they are consistent with each
other. Everything that summarise_block() works out is left out: reading the file makes it.
"""
import json
import math
import pathlib
import random
import sys

KIN = {
    "sequential": "a plain loop",
    "threads": "threads without a GIL",
    "gil": "threading under a GIL",
    "processes": "multiprocessing.Pool",
    "eventloop": "callbacks: Twisted, Node",
    "async": "async/await: asyncio",
    "green": "greenlets: gevent, eventlet",
}
MODELS = list(KIN)
MS = 1_000_000
US = 1_000
KIB = 1024


def moment(load):
    return {"load": [load, 0.2, 0.18], "cpu_pressure_share": 0.0, "memory_pressure_share": 0.0,
            "io_pressure_share": 0.0, "memory_available_bytes": 6 << 30, "swap_used_bytes": 0}


def environment():
    return {
        "cpu": {
            "model": "AMD EPYC 7B13", "online": "0-1", "allowed": "0-1", "allowed_count": 2, "quota_cores": None,
            "caches": [{"level": 1, "type": "data", "size_bytes": 32 * KIB},
                       {"level": 2, "type": "unified", "size_bytes": 512 * KIB}],
            "governor": None, "driver": None, "turbo": None, "smt": True,
        },
        "memory_bytes": 8 << 30, "kernel": "Linux 6.18.5 x86_64", "kernel_options": [],
        "os": "Debian GNU/Linux 12 (bookworm)", "libc": "glibc 2.36",
        "virtualisation": "kvm", "clock_source": "tsc", "clock_sources": ["tsc", "kvm-clock"],
        "clock_resolution_ns": 1, "clock_read_ns": 22, "timer_slack_ns": 1, "aslr": True,
        "mitigations": {"spectre_v2": "Mitigation: Retpolines"}, "huge_pages": "madvise", "perf_event_paranoid": 2,
        "scheduling": {"policy": "other", "nice": 0}, "variables": {},
        "limits": {"nofile": {"soft": 1048576, "hard": 1048576}, "nproc": {"soft": 31000, "hard": 31000},
                   "stack_bytes": 8 << 20, "max_map_count": 65530, "pid_max": 32768, "threads_max": 62000,
                   "cgroup_pids_max": None, "local_ports": 28232},
        "before": moment(0.12),
        "during": {"duration_ns": 28_400 * MS, "busy_share": 0.3, "steal_share": 0.0, "cpu_pressure_share": 0.05,
                   "memory_pressure_share": 0.0, "io_pressure_share": 0.001, "throttled_ns": 0},
        "after": moment(0.61),
    }


def document(workloads, models=MODELS, **changes):
    result = {
        "schema": "ccbench/1",
        "ccbench": {"version": "0.1.0", "build_type": "release", "sanitizer": None, "revision": None,
                    "compiler": "gcc 12.2.0", "flags": "-O2",
                    "libraries": {"libuv": "1.44.2", "libcurl": "7.88.1", "cJSON": "1.7.15"}},
        "command": ["ccbench"], "seed": 1, "started": "2026-11-20T12:00:00Z", "duration_ns": 28_400 * MS,
        "interrupted": None, "environment": environment(), "placement": {"cpus": "0-1", "origin_cpus": "1"},
        "plan": {"models": models, "workloads": [w["workload"] for w in workloads], "rounds": None, "precision": 0.05,
                 "time_limit_ns": 30_000 * MS, "timeout_ns": 60_000 * MS, "task_timeout_ns": None,
                 "reference": "sequential", "url": None, "gil_interval_ns": 5 * MS},
        "workloads": workloads, "status": 0,
    }
    result.update(changes)
    return result


def spread(rng, value, relative):
    return max(1, round(value * math.exp(rng.gauss(0, relative))))


def latency(rng, mean_ns, tasks):
    at = {q: spread(rng, mean_ns * factor, 0.01)
          for q, factor in (("p50", 1.0), ("p90", 1.01), ("p99", 1.02), ("p999", 1.03), ("max", 1.04))}
    ordered = sorted(at.values())
    at = dict(zip(at, ordered))
    if tasks < 299:
        at["p99"] = None
    if tasks < 2995:
        at["p999"] = None
    at["mean"] = at["p50"]
    return at


def delay(rng, made, shape):
    """Some tasks had to wait."""
    latencies, queued = made["latency_ns"], made["queued_ns"]
    queued["max"] = spread(rng, shape["queued"], 0.02)
    latencies["max"] += queued["max"]
    for key in ("p99", "p999"):
        if latencies[key] is not None:
            latencies[key] += round(queued["max"] * shape.get("tail", 1))


def classes(rng, block, shape):
    """Of each class its own latencies; `shape` has what its tasks take and wait, at most."""
    if "classes" not in block:
        return None
    made = []
    for name, tasks in block["classes"]:
        task, most = shape["classes"][name]
        spread_out = latency(rng, task, tasks)
        waits = latency(rng, 20 * US, tasks)
        spread_out["max"], waits["max"] = spread_out["max"] + most, max(waits["max"], spread(rng, most, 0.02))
        if tasks >= 299:
            spread_out["p99"] += round(most * shape.get("tail", 1))
        failed = tasks if name == block.get("fails") else 0
        made.append({"name": name, "tasks": tasks, "failed": 0, "failed_as_expected": failed, "latency_ns": spread_out,
                     "queued_ns": waits, "service_ns": latency(rng, task, tasks)})
    return made


def arrivals(rng, block, shape, number):
    """How the tasks of an open loop were kept up with."""
    if not block.get("rate"):
        return {"kept_up": None, "reached_per_s": None, "behind_since_ns": None, "latest_ns": None}
    late = shape.get("late", {})
    behind = late.get("rounds", lambda _: True)(number) and "since" in late
    per_s = block["tasks"] / (block["rate"]["span_ns"] / 1e9)
    return {"kept_up": not behind, "reached_per_s": spread(rng, late["reached"] if behind else per_s, 0.003),
            "behind_since_ns": spread(rng, late["since"], 0.05) if behind else None,
            "latest_ns": spread(rng, late.get("latest", 2 * MS), 0.02)}


def sample(rng, block, shape, number, position):
    setup = spread(rng, shape.get("setup", 30 * US), 0.05)
    teardown = spread(rng, shape.get("teardown", 10 * US), 0.05)
    run = spread(rng, shape["run"] * shape.get("trend", {}).get(number, 1), shape.get("noise", 0.004))
    cpu = spread(rng, shape["cpu"], 0.01)
    tasks = block["tasks"]
    task = shape.get("task", run * shape["in_flight"] / tasks)
    origin = shape.get("origin_cpu")
    made = {
        "round": number, "position": position, "start_ns": (number * 700 + position * 90) * MS, "status": "ok",
        "reason": None, "wall_ns": setup + run + teardown, "setup_ns": setup, "run_ns": run, "teardown_ns": teardown,
        "cpu_ns": cpu, "startup_cpu_ns": spread(rng, 900 * US, 0.02), "trial_cpu_ns": cpu + 1000 * US,
        "switches_own": spread(rng, shape["own"], 0.02) if shape["own"] else 0,
        "switches_forced": shape.get("forced", 0) and spread(rng, shape["forced"], 0.1),
        "peak_rss_bytes": shape["memory"] + 4096 * KIB, "tasks": tasks, "failed": 0,
        "failed_as_expected": shape.get("failed", 0), "failures": shape.get("failures", {}),
        "in_flight": shape["in_flight"],
        "latency_ns": latency(rng, task, tasks), "queued_ns": latency(rng, 20 * US, tasks),
        "service_ns": latency(rng, shape.get("service", task), tasks), "classes": None, "updates": None,
        "origin": None if origin is None else {"cpu_ns": round(origin * run), "requests": tasks,
                                               "connections": shape["in_flight"], "bytes": 13 * tasks},
        "counters": shape.get("counters", {}), "steal_share": shape.get("steal", 0.0),
        "pressure_share": shape.get("pressure", 0.01),
    }
    if "queued" in shape:
        delay(rng, made, shape)
    if "lost" in shape:
        made["updates"] = {"expected": block["updates"], "lost": spread(rng, shape["lost"], 0.1) if shape["lost"] else 0}
    made["classes"] = classes(rng, block, shape)
    made.update(arrivals(rng, block, shape, number))
    return made


def failed_sample(number, position, status, reason):
    return {"round": number, "position": position, "start_ns": number * 700 * MS, "status": status, "reason": reason}


def memory(block, shape):
    lanes = shape["lanes"]
    return {"bytes": shape["memory"], "resident_bytes": shape["memory"] * 15 // 16,
            "page_table_bytes": shape["memory"] // 16, "kernel_stack_bytes": 0, "idle_bytes": 1800 * KIB,
            "tasks": block["tasks"], "in_flight": shape["in_flight"], "bytes_per_lane": shape["memory"] / lanes}


def cell(block, model, shape):
    steps = block["steps"]
    trial = {"protocol": 1, "model": model, "tasks": block["tasks"], "lanes": shape["lanes"],
             "classes": [{"name": name, "weight": weight, "steps": block.get("class_steps", {}).get(name, steps)}
                         for name, weight in block.get("classes", [("task", 1)])]}
    return {"model": model, "kin": KIN.get(model), "lanes": shape["lanes"], "status": "ok", "reason": None,
            "trial": trial, "memory": memory(block, shape), "memory_reason": None, "samples": []}


def without_figures(model, status, reason, samples=()):
    return {"model": model, "kin": KIN.get(model), "lanes": 32, "status": status, "reason": reason, "trial": None,
            "memory": None, "memory_reason": "n/a: no trial ended well" if status != "skipped" else None,
            "samples": list(samples)}


def block(rng, head, shapes, rounds=7, stopped="precision", extra=()):
    result = {"workload": head["workload"], "describe": head["describe"], "tasks": head["tasks"],
              "concurrency": head["concurrency"], "cores": 2,
              "ideal_ns": head.get("ideal_ns"), "ideal_formula": head.get("ideal_formula"),
              "ideal_reason": head.get("ideal_reason"), "rounds": rounds, "warmup": not head.get("rate"),
              "stopped": stopped, "calibration": head.get("calibration"), "rate": head.get("rate")}
    if "kind" in head:
        result["kind"] = head["kind"]
    work = dict(head, **result)
    cells = [cell(work, model, shape) for model, shape in shapes.items()]
    for number in range(1, rounds + 1):
        order = rng.sample(range(len(cells)), len(cells))
        for position, index in enumerate(order, 1):
            shape = shapes[cells[index]["model"]]
            cells[index]["samples"].append(sample(rng, work, shape, number, position))
    result["cells"] = cells + list(extra)
    return result


SLEEP = {"workload": "sleep:10ms", "describe": "sleeps 10 ms", "tasks": 64, "concurrency": 32,
         "ideal_ns": 20 * MS, "ideal_formula": "ceil(64 / 32) x 10 ms", "steps": [{"sleep": "10ms"}]}
HTTP = {"workload": "http:10ms", "describe": "fetches /delay/10ms from the HTTP origin", "tasks": 512,
        "concurrency": 64, "ideal_ns": 80 * MS, "ideal_formula": "ceil(512 / 64) x 10 ms",
        "steps": [{"fetch": "/delay/10ms"}]}
FIB = {"workload": "fib:27", "describe": "computes fib(27)", "tasks": 32, "concurrency": 2,
       "ideal_ns": 27 * MS + 200 * US, "ideal_formula": "32 x 1.7 ms / min(2, 2 cores)", "steps": [{"compute": 27}],
       "calibration": {"task_cpu_ns": 1700 * US, "samples": [1700 * US] * 7}}


def shape(run, cpu, own, in_flight, memory_kib, lanes=None, **more):
    return dict({"run": run, "cpu": cpu, "own": own, "in_flight": in_flight, "memory": round(memory_kib * KIB),
                 "lanes": in_flight if lanes is None else lanes}, **more)


def sleep_shapes():
    return {
        "sequential": shape(646 * MS, 1400 * US, 64, 1, 12, task=10.1 * MS),
        "threads": shape(20.3 * MS, 2100 * US, 70, 32, 1100, setup=900 * US, teardown=300 * US),
        "gil": shape(20.4 * MS, 2600 * US, 110, 32, 1110, setup=900 * US, teardown=300 * US),
        "processes": shape(20.9 * MS, 9 * MS, 140, 32, 4200, setup=4 * MS, teardown=3 * MS, noise=0.02),
        "eventloop": shape(20.11 * MS, 160 * US, 4, 32, 92),
        "async": shape(20.12 * MS, 170 * US, 4, 32, 96),
        "green": shape(20.11 * MS, 165 * US, 4, 32, 240),
    }


def http_shapes():
    return {
        "sequential": shape(5400 * MS, 40 * MS, 530, 1, 600, task=10.3 * MS, origin_cpu=0.01),
        "threads": shape(84 * MS, 21 * MS, 1100, 64, 7300, setup=3 * MS, teardown=1 * MS, origin_cpu=0.1, forced=40),
        "gil": shape(86 * MS, 25 * MS, 1800, 64, 7300, setup=3 * MS, teardown=1 * MS, origin_cpu=0.1, forced=40),
        "processes": shape(88 * MS, 70 * MS, 2100, 64, 48000, setup=22 * MS, teardown=9 * MS, origin_cpu=0.1,
                           noise=0.06),
        "eventloop": shape(83 * MS, 13 * MS, 60, 64, 2300, origin_cpu=0.1),
        "async": shape(83.2 * MS, 13.4 * MS, 60, 64, 2330, origin_cpu=0.1),
        "green": shape(83.1 * MS, 13.1 * MS, 60, 64, 2600, origin_cpu=0.1),
    }


def fib_shapes():
    return {
        "sequential": shape(54.4 * MS, 54.3 * MS, 0, 1, 12, forced=2),
        "threads": shape(27.6 * MS, 54.5 * MS, 3, 2, 70, setup=60 * US, forced=4, pressure=0.02),
        "gil": shape(54.9 * MS, 54.7 * MS, 22, 2, 70, setup=60 * US, forced=3, counters={"gil_handovers": 10}),
        "processes": shape(27.7 * MS, 55.6 * MS, 40, 2, 320, setup=300 * US, teardown=200 * US, forced=5),
        "eventloop": shape(54.5 * MS, 54.4 * MS, 1, 1, 90, lanes=2, forced=2),
        "async": shape(54.5 * MS, 54.4 * MS, 1, 1, 92, lanes=2, forced=2),
        "green": shape(54.5 * MS, 54.4 * MS, 1, 1, 110, lanes=2, forced=2),
    }


def basic(rng):
    return document([block(rng, SLEEP, sleep_shapes()), block(rng, HTTP, http_shapes()), block(rng, FIB, fib_shapes())])


def trouble(rng):
    """Skipped, failed and wrong cells; an interrupted run; a debug build on a restless machine; a bound origin."""
    shapes = http_shapes()
    sleeps = {model: s for model, s in sleep_shapes().items() if model in ("threads", "eventloop")}
    sleeps["threads"].update(noise=0.08, steal=0.04, pressure=0.2)
    sleeps["eventloop"].update(trend={n: 1 + 0.02 * n for n in range(1, 13)}, steal=0.03, pressure=0.1)
    busy = dict(HTTP, workload="http:/bytes/4k", describe="fetches /bytes/4k from the HTTP origin", ideal_ns=None,
                ideal_formula=None, ideal_reason="the answer's time is not stated")
    fetchers = {"eventloop": dict(shapes["eventloop"], origin_cpu=0.97),
                "threads": dict(shapes["threads"], origin_cpu=0.93)}
    sleep = block(rng, SLEEP, sleeps, rounds=12, stopped="time limit", extra=[
        without_figures("sequential", "skipped", "would take 40 s"),
        without_figures("gil", "failed", "trial ended by signal 11 (Segmentation fault)", [
            failed_sample(1, 3, "failed", "trial ended by signal 11 (Segmentation fault)")]),
        without_figures("green", "wrong", "checksum 41, expected 42; the workload's sum over 64 tasks does not agree", [
            failed_sample(1, 5, "wrong", "checksum 41, expected 42")]),
        without_figures("async", "skipped", "not built: libuv not found"),
    ])
    http = block(rng, busy, fetchers, rounds=2, stopped="interrupted", extra=[
        without_figures("processes", "failed", "3 of 512: HTTP 503", [
            failed_sample(1, 2, "failed", "3 of 512: HTTP 503")]),
    ])
    report = document([sleep, http], models=MODELS, interrupted="SIGINT", status=130)
    report["ccbench"].update(build_type="debug", sanitizer="address,undefined")
    report["environment"]["before"]["load"] = [3.2, 1.0, 0.5]
    report["environment"]["cpu"]["governor"] = "powersave"
    return report


def one_round(rng):
    noop = {"workload": "noop", "describe": "does nothing", "tasks": 10000, "concurrency": 32,
            "ideal_reason": "nothing to wait for or compute", "steps": []}
    shapes = {
        "sequential": shape(500 * US, 480 * US, 0, 1, 4, lanes=1),
        "threads": shape(900 * US, 2 * MS, 40, 32, 1100, setup=900 * US, teardown=300 * US),
        "green": shape(560 * US, 540 * US, 0, 1, 200, lanes=32),
    }
    return document([block(rng, noop, shapes, rounds=1, stopped="rounds")], models=list(shapes))


def tie(rng):
    """Two that cannot be told apart, each ahead in some rounds; no reference."""
    shapes = {"green": shape(20.1 * MS, 165 * US, 4, 32, 100, noise=0.01),
              "async": shape(20.1 * MS, 160 * US, 4, 32, 96, noise=0.01)}
    report = document([block(rng, SLEEP, shapes, rounds=9)], models=list(shapes))
    return report


def point(rng, head, shapes, group, axis, value, label, cpus=None, **more):
    """A block of a sweep."""
    result = block(rng, head, shapes, **more)
    result["sweep"] = {"group": group, "axis": axis, "value": value, "label": label}
    if cpus is not None:
        result["cpus"] = cpus
        result["cores"] = len(cpus.split("-"))
    return result


def many_sleepers(rng, lanes):
    """Green threads pay for their stacks at once, threads for each wake-up; threads stop before 4,000."""
    tasks = 4 * lanes
    head = dict(SLEEP, tasks=tasks, concurrency=lanes, ideal_ns=40 * MS, ideal_formula=f"ceil({tasks} / {lanes}) x 10 ms")
    shapes = {
        "sequential": shape(tasks * 10.05 * MS, tasks * 20 * US, tasks, 1, 12, task=10.1 * MS),
        "threads": shape(40.2 * MS + lanes * 20 * US, tasks * 30 * US, tasks, lanes, 20 + 8 * lanes,
                         setup=20 * US + lanes * 15 * US, noise=0.06 if lanes == 256 else 0.004),
        "eventloop": shape(40.3 * MS + lanes * 2 * US, tasks * 2 * US, 4, lanes, 10 + lanes * 0.2),
        "green": shape(52.1 * MS + lanes * 3 * US, tasks * 3 * US, 4, lanes, 20 + lanes * 4),
    }
    extra = []
    if tasks * 10 * MS > 1400 * MS:
        shapes.pop("sequential")
        extra.append(without_figures("sequential", "skipped", f"would take {tasks / 100:.1f} s a trial (--time-limit, --rounds)"))
    if lanes > 3000:
        shapes.pop("threads")
        extra.append(without_figures("threads", "failed", "threads stop at 3,100: pid_max"))
    made = point(rng, head, shapes, 1, "concurrency", lanes, "4k" if lanes == 4000 else str(lanes), extra=extra)
    order = ["sequential", "threads", "eventloop", "green"]
    made["cells"].sort(key=lambda one: order.index(one["model"]))
    return made


def longer_work(rng, n, group=2, cpus=None, cores=2):
    task = 10.8 * 1.618 ** (n - 20) * US
    head = dict(FIB, workload=f"fib:{n}", describe=f"computes fib({n})", tasks=64, concurrency=cores,
                ideal_ns=64 * task / cores, ideal_formula=f"64 x {task / US:.3g} us / {cores} cores",
                calibration={"task_cpu_ns": task, "samples": [task] * 7})
    shapes = {
        "sequential": shape(64 * task, 64 * task, 0, 1, 12),
        "threads": shape(64 * task / cores, 64 * task + 150 * US, 3, cores, 70, setup=110 * US, teardown=60 * US),
        "processes": shape(64 * (task + 8 * US) / cores, 64 * (task + 15 * US), 40, cores, 320, setup=600 * US,
                           teardown=400 * US),
    }
    if group == 2:
        return point(rng, head, shapes, 2, "argument", n, str(n))
    return point(rng, head, shapes, group, "cpus", cpus, cpus, cpus=cpus)


def sweep(rng):
    """Along the concurrency, with places that are empty; and along the argument."""
    blocks = [many_sleepers(rng, lanes) for lanes in (1, 16, 64, 256, 1024, 4000)]
    blocks += [longer_work(rng, n) for n in range(12, 30, 2)]
    return document(blocks, models=["sequential", "threads", "eventloop", "green", "processes"])


def sweep_cpus(rng):
    """On one core and on two; interrupted in the middle of the next workload's."""
    blocks = [longer_work(rng, 24, group=1, cpus=cpus, cores=cores) for cpus, cores in (("0", 1), ("0-1", 2))]
    sleeps = {model: s for model, s in sleep_shapes().items() if model in ("threads", "eventloop")}
    waiting = dict(SLEEP, describe="sleeps 10 ms")
    blocks.append(point(rng, waiting, sleeps, 2, "cpus", "0", "0", cpus="0", rounds=3, stopped="interrupted"))
    blocks.append(point(rng, waiting, {}, 2, "cpus", "0-1", "0-1", cpus="0-1", rounds=0, stopped="interrupted",
                        extra=[without_figures("threads", "skipped", "interrupted"),
                               without_figures("eventloop", "skipped", "interrupted")]))
    return document(blocks, models=["sequential", "threads", "processes", "eventloop"], interrupted="SIGINT", status=130,
                    placement={"cpus": None, "origin_cpus": "1"})


def nobody(rng):
    return document([block(rng, SLEEP, {}, rounds=0, stopped="time limit", extra=[
        without_figures("sequential", "skipped", "would take 40 s"),
        without_figures("threads", "skipped", "would take 41 s")])])


def rate(rng):
    """Open loops: a computation among short tasks, and more tasks than one lane can carry."""
    models = ["sequential", "threads", "gil", "eventloop", "green", "eventloop-offload"]
    hog = {"workload": "hog:100ms", "describe": "sleeps 1 ms; once a second, computes for 100 ms", "tasks": 505,
           "concurrency": 32, "kind": "mixed", "ideal_reason": "tasks arrive at times of their own",
           "rate": {"per_s": 100, "constant": False, "span_ns": 4993 * MS}, "steps": [{"sleep": "1ms"}],
           "classes": [("short", 500), ("a class of a very long name", 5)],
           "class_steps": {"a class of a very long name": [{"compute": "100ms"}]}}
    stalls = {"queued": 99 * MS, "late": {"latest": 101 * MS}, "tail": 0.9,
              "classes": {"short": (1.1 * MS, 99 * MS), "a class of a very long name": (100 * MS, 1 * MS)}}
    serves = {"queued": 300 * US, "late": {"latest": 1 * MS}, "tail": 0.2,
              "classes": {"short": (1.06 * MS, 300 * US), "a class of a very long name": (101 * MS, 200 * US)}}
    shares = {"queued": 6 * MS, "late": {"latest": 6 * MS}, "tail": 0.9,
              "classes": {"short": (1.1 * MS, 6 * MS), "a class of a very long name": (108 * MS, 5 * MS)}}
    run = 4996 * MS
    hogs = block(rng, hog, {
        "sequential": shape(run, 530 * MS, 505, 1, 12, task=1.1 * MS, **stalls),
        "threads": shape(run, 545 * MS, 1100, 3, 900, lanes=32, task=1.06 * MS, noise=0.0002, **serves),
        "gil": shape(run, 551 * MS, 1300, 3, 900, lanes=32, task=1.1 * MS, noise=0.0002, **shares),
        "eventloop": shape(run, 521 * MS, 900, 9, 92, lanes=32, task=1.1 * MS, noise=0.0002, **stalls),
        "green": shape(run, 522 * MS, 900, 9, 240, lanes=32, task=1.1 * MS, noise=0.0002, **stalls),
    }, rounds=3, stopped="time limit", extra=[without_figures("eventloop-offload", "skipped", "not built: libuv not found")])
    sleep = dict(SLEEP, tasks=1003, ideal_ns=None, ideal_formula=None, kind="I/O-bound",
                 ideal_reason="tasks arrive at times of their own", rate={"per_s": 500, "constant": True, "span_ns": 2006 * MS})
    sleeps = block(rng, sleep, {
        "sequential": shape(10130 * MS, 24 * MS, 1003, 1, 12, task=10.1 * MS, queued=8 * 1000 * MS, service=10.1 * MS,
                            late={"since": 30 * US, "reached": 98.9, "latest": 8120 * MS}),
        "threads": shape(2018 * MS, 40 * MS, 2200, 8, 900, lanes=32, task=10.1 * MS, noise=0.0005, queued=500 * US),
        "eventloop": shape(2018 * MS, 20 * MS, 1100, 8, 92, lanes=32, task=10.1 * MS, noise=0.0005, queued=400 * US),
        "gil": shape(2400 * MS, 90 * MS, 3000, 32, 900, lanes=32, task=11 * MS, queued=380 * MS,
                     late={"since": 610 * MS, "reached": 417.6, "latest": 390 * MS}),
        "green": shape(2020 * MS, 21 * MS, 1100, 9, 240, lanes=32, task=10.2 * MS, queued=9 * MS, tail=0.1,
                       late={"since": 1400 * MS, "reached": 470, "latest": 120 * MS, "rounds": lambda n: n == 2}),
    }, rounds=3, stopped="time limit")
    return document([hogs, sleeps], models=models)


def race(rng):
    """Lost updates, and tasks that are to fail."""
    models = ["sequential", "threads", "gil", "eventloop", "processes"]
    head = {"workload": "race:100k", "describe": "reads a counter that all share, and writes it back plus 1",
            "tasks": 100000, "concurrency": 4, "updates": 100000, "ideal_reason": "no closed form",
            "steps": [{"load": True}, {"store": True}]}
    updates = block(rng, head, {
        "sequential": shape(6 * MS, 6 * MS, 0, 1, 4, lanes=1, lost=0),
        "threads": shape(3.3 * MS, 6.4 * MS, 8, 4, 90, lost=41234, setup=60 * US),
        "gil": shape(9 * MS, 9.2 * MS, 40, 4, 90, lost=12, setup=60 * US),
        "eventloop": shape(7 * MS, 7.1 * MS, 1, 4, 92, lost=0),
    }, extra=[without_figures("processes", "skipped", "cannot load: its processes share no memory")])
    head = {"workload": "faulty:10%", "describe": "fetches /delay/10ms; one in ten is answered by an error", "tasks": 600,
            "concurrency": 64, "steps": [{"fetch": "/delay/10ms"}], "fails": "faulty",
            "ideal_ns": 94 * MS, "ideal_formula": "ceil(600 / 64) x 9.4 ms", "classes": [("good", 540), ("faulty", 60)]}
    fine = {"failed": 60, "failures": {"HTTP 503": 30, "connection reset": 30}, "origin_cpu": 0.1,
            "classes": {"good": (10.3 * MS, 1 * MS), "faulty": (400 * US, 1 * MS)}}
    shapes = http_shapes()
    faults = block(rng, head, {
        "threads": dict(shapes["threads"], run=98 * MS, **{k: v for k, v in fine.items() if k != "origin_cpu"}),
        "eventloop": dict(shapes["eventloop"], run=97 * MS, **{k: v for k, v in fine.items() if k != "origin_cpu"}),
    }, extra=[without_figures("gil", "wrong", "task 7 of 600 should have failed and did not", [
        failed_sample(1, 2, "wrong", "task 7 of 600 should have failed and did not")])])
    return document([updates, faults], models=models)


SAMPLES = {"basic": basic, "trouble": trouble, "one_round": one_round, "tie": tie, "nobody": nobody, "rate": rate, "race": race,
           "sweep": sweep, "sweep_cpus": sweep_cpus}


def lines(report):
    """One sample a line: readable differences, and a third of the size."""
    marks = {}

    def shorten(value):
        if isinstance(value, dict) and "round" in value and "status" in value:
            key = f"@{len(marks)}@"
            marks[json.dumps(key)] = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            return key
        if isinstance(value, dict):
            return {k: shorten(v) for k, v in value.items()}
        return [shorten(v) for v in value] if isinstance(value, list) else value

    text = json.dumps(shorten(report), indent=1, ensure_ascii=False)
    for key, value in marks.items():
        text = text.replace(key, value)
    return text + "\n"


def main():
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "data"
    directory.mkdir(exist_ok=True)
    for name, make in SAMPLES.items():
        (directory / f"{name}.json").write_text(lines(make(random.Random(name))), encoding="utf-8")


if __name__ == "__main__":
    main()

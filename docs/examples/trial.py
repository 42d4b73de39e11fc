#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Python's own threads, measured by ccbench through the trial protocol (docs/trial-protocol.md). Try:
CCBENCH_TRIAL=docs/examples/trial.py ccbench -m threads -w sleep -r 2"""
import concurrent.futures, json, mmap, os, resource, struct, sys, threading, time, urllib.request

SLOT = struct.Struct("=QQQHHI")  # arrival_ns begin_ns end_ns class status check
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
lane = threading.local()


def say(**message):
    os.write(3, json.dumps(message).encode() + b"\n")


def mark(name):
    if plan.get("memory"):
        say(mark=name)
        os.read(0, 1)  # ccbench has read our memory


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def walk(steps):
    check = 0
    for step in steps:
        (name, value), *_ = step.items()
        if name == "sleep":
            number = value.rstrip("nmush")
            time.sleep(int(number) * UNITS[value[len(number):]])
        elif name == "fetch":
            check += len(urllib.request.urlopen(plan["origin"] + value).read())
        elif name == "compute":
            check += fib(value)
        else:
            raise NotImplementedError(name)  # the trial ends without a result: its cell is "failed"
    return check


def task(i):
    arrival, _, _, kind, _, _ = SLOT.unpack_from(slots, i * SLOT.size)
    if "rate_per_s" in plan:  # it arrives when it does, since the start of the run
        time.sleep(max(0, start + arrival - time.monotonic_ns()) / 1e9)
    else:
        arrival = getattr(lane, "free", start)
    begin = time.monotonic_ns()  # CLOCK_MONOTONIC, as all of ccbench's stamps
    check = walk(plan["classes"][kind]["steps"]) & 0xFFFFFFFF
    end = time.monotonic_ns()
    SLOT.pack_into(slots, i * SLOT.size, arrival, begin, end, kind, 0, check)
    lane.free = end


def usage():  # CPU time, switches own and forced, of this process and its children
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return [sum(u) for u in zip(*((int(1e9 * (r.ru_utime + r.ru_stime)), r.ru_nvcsw, r.ru_nivcsw) for r in both))]


plan = json.loads(sys.stdin.readline())
if (plan["protocol"], plan["model"]) != (1, "threads"):
    say(error=f"no model '{plan['model']}' of protocol {plan['protocol']} here, expected 'threads' of 1")
    sys.exit(2)
slots = mmap.mmap(4, plan["tasks"] * SLOT.size)
mark("before_lanes")
before, opened = usage(), time.monotonic_ns()
pool = concurrent.futures.ThreadPoolExecutor(plan["lanes"])
start = time.monotonic_ns()
list(pool.map(task, range(plan["tasks"])))
ran = time.monotonic_ns()
mark("before_close")
closing = time.monotonic_ns()
pool.shutdown()
closed, after = time.monotonic_ns(), usage()
cpu_ns, own, forced = (b - a for a, b in zip(before, after))
say(result={"setup_ns": start - opened, "run_ns": ran - start, "teardown_ns": closed - closing, "cpu_ns": cpu_ns,
            "startup_cpu_ns": before[0], "switches_own": own, "switches_forced": forced, "run_start_ns": start})

#!/usr/bin/python3 -IS
# SPDX-License-Identifier: MIT
"""A program that speaks the trial protocol, well or badly, without doing any work: ccbench starts it in place of its own
trials where CCBENCH_TRIAL names it.

Well-behaved, which is the default, it gives figures that depend on the plan alone: from its model and tasks they are
worked out as a perfect machine would have them (PROFILES), never measured. HTTP requests are really made, since the
origin counts them.

  CCBENCH_FAKE_MODE=MODE      how to misbehave, see MODES below; "good" (the default) does not
  CCBENCH_FAKE_MODELS=A,B     only under these models; the others behave well [all]
  CCBENCH_FAKE_WHEN=timed     only in timed trials, or only in those for "memory" [both]
  CCBENCH_FAKE_REAL=PROGRAM   trials that are to behave well are done by this program (a ccbench) instead
  CCBENCH_FAKE_STATE=FOLDER   counts the trials of each model and workload in files there, and lets their times differ
                              from one to the next by fixed shares (0, +1, -1, +2, -2, … %), as rounds do
  CCBENCH_FAKE_LOG=FILE        appends a line for each trial, its model and workload
  CCBENCH_FAKE_SPEED=A=1.5,…  stretches the times of these models; A=1.5@3+7-9 of their trials 3 and 7 to 9 alone,
                              counted from 0 by CCBENCH_FAKE_STATE
  CCBENCH_FAKE_BYTE_NS=NS     what moving a byte costs under processes [0]
  CCBENCH_FAKE_MEMORY=BYTES   gives the marks of a memory trial and maps so much between them; without it no mark is
                              given, and memory is "n/a"
"""

import json
import math
import os
import signal
import sys
import time

RESULT, SLOTS = 3, 4
UNITS = {"ns": 1, "us": 1000, "ms": 1000000, "s": 1000000000, "m": 60 * 1000000000}
CALL_NS = 0.6  # of a call of fib

# Set-up of a lane, ns; what a task costs beside its steps, ns; switches of a task; whether it uses all cores.
PROFILES = {
    "sequential": (1000, 500, 1, False),
    "threads": (20000, 2000, 2, True),
    "gil": (20000, 4000, 3, False),
    "processes": (200000, 20000, 4, True),
    "eventloop": (500, 1500, 1, False),
    "async": (500, 1800, 1, False),
    "green": (1500, 1200, 1, False),
    "null": (0, 20, 0, False),
}
OTHER = (10000, 1000, 1, False)


def say(message):
    os.write(RESULT, (json.dumps(message) + "\n").encode())


def read_line():
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line


def duration_ns(text):
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(float(number) * UNITS[text[len(number):]])


def size_of(text):
    number = text.rstrip("kmg")
    return int(number) << {"": 0, "k": 10, "m": 20, "g": 30}[text[len(number):]]


def calls_of_fib(n):
    a, b = 0, 1
    for _ in range(n + 1):
        a, b = b, a + b
    return 2 * a - 1


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a & 0xffffffff


class Cost:
    """What one walk through a list of steps adds up to."""

    def __init__(self, steps):
        self.wait_ns = self.compute_ns = self.check = self.updates = self.moved = 0
        self.paths = []
        for step in steps:
            self.add(step)

    def add(self, step):
        if "repeat" in step:
            body = Cost(step["steps"])
            self.wait_ns += step["repeat"] * body.wait_ns
            self.compute_ns += step["repeat"] * body.compute_ns
            self.check += step["repeat"] * body.check
            self.updates += step["repeat"] * body.updates
            self.paths += step["repeat"] * body.paths
        elif "gather" in step:
            children = [Cost(steps) for steps in step["gather"]]
            self.wait_ns += max(child.wait_ns for child in children)
            for name in ("compute_ns", "check", "updates", "paths"):
                setattr(self, name, sum((getattr(child, name) for child in children), getattr(self, name)))
        elif "compute" in step:
            self.compute_ns += step.get("times", 1) * calls_of_fib(step["compute"]) * CALL_NS
            self.check += step.get("times", 1) * fib(step["compute"])
        elif "read" in step:
            self.check += size_of(step["read"])
        elif "copy" in step:
            self.check += size_of(step["copy"])
        elif "take" in step or "reply" in step:
            size = size_of(step.get("take") or step["reply"])
            self.check += size + -(-size // 4096)  # a byte of value 1 of each page
            self.moved += size
        elif "fetch" in step:
            self.add_fetch(step["fetch"])
        elif "store" in step or "store_file" in step or "add" in step:
            self.updates += step.get("add", 1)
        else:
            self.wait_ns += duration_ns(step.get("sleep") or step.get("block") or "0s")

    def add_fetch(self, path):
        words = path.strip("/").split("/")
        size = 13
        for name, value in zip(words[::2], words[1::2]):
            if name == "delay":
                self.wait_ns += duration_ns(value.split("~")[-1])
            elif name == "bytes":
                size = size_of(value)
        self.check += size
        self.paths.append(path)


def fetch_all(base, lists):
    """Asks for each list of paths on a connection of its own, 64 of them at a time."""
    import socket  # which takes as long to load as all else
    host, _, rest = base.partition("://")[2].partition("/")
    name, _, port = host.partition(":")
    for first in range(0, len(lists), 64):
        clients = []
        for paths in lists[first:first + 64]:
            client = socket.create_connection((name, int(port or 80)))
            for number, path in enumerate(paths, 1):
                target = path if path is not None else "/" + rest
                close = "Connection: close\r\n" if number == len(paths) else ""
                client.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{close}\r\n".encode())
            clients.append(client)
        for client in clients:
            try:
                while client.recv(65536):
                    pass
            except ConnectionResetError:
                pass  # as it was asked to be
            client.close()


def by_lanes(paths, lanes):
    """Which of them go over the connection that each lane keeps open; those that end it have their own."""
    kept = [path for path in paths if "/reset" not in path]
    return [kept[lane::lanes] for lane in range(min(lanes, len(kept)))] + [[path] for path in paths if "/reset" in path]


def count_trial(plan):
    """How many trials of this model and workload came before, -1 where nobody counts."""
    if log := os.environ.get("CCBENCH_FAKE_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{plan['model']}-{plan['classes'][0]['name']}\n")
    folder = os.environ.get("CCBENCH_FAKE_STATE")
    if not folder or plan.get("memory"):
        return -1
    with open(os.path.join(folder, f"{plan['model']}-{plan['classes'][0]['name']}"), "ab+") as file:
        number = file.seek(0, os.SEEK_END)
        file.write(b".")
    return number


def among(number, ranges):
    """Whether the trial is one of "3+7-9"."""
    for item in ranges.split("+"):
        first, _, last = item.partition("-")
        if int(first) <= number <= int(last or first):
            return True
    return False


def stretch(plan):
    """The share by which this trial's times differ."""
    number = count_trial(plan)
    step = number % 7
    share = 1 + 0.01 * ((step + 1) // 2) * (1 if step % 2 else -1) if number >= 0 else 1.0
    for item in filter(None, os.environ.get("CCBENCH_FAKE_SPEED", "").split(",")):
        model, _, rest = item.partition("=")
        factor, _, ranges = rest.partition("@")
        if model == plan["model"] and (not ranges or among(number, ranges)):
            share *= float(factor)
    return share


class Trial:
    """The figures and slots of a trial in which all goes as it should."""

    def __init__(self, plan):
        lane_ns, task_ns, switches, many = PROFILES.get(plan["model"], OTHER)
        costs = [Cost(kind["steps"]) for kind in plan["classes"]]
        tasks, lanes = plan["tasks"], plan["lanes"]
        # Of a mix, each task takes as long as the longest, and comes to its own checksum.
        cost = max(costs, key=lambda one: (one.wait_ns + one.compute_ns, one.check))
        dealt = list(self.dealt(tasks)) if len(costs) > 1 or plan.get("rate_per_s") else [(0, 0)] * tasks
        self.arrivals = [arrival for arrival, _ in dealt] if plan.get("rate_per_s") else None
        self.classes = [kind for _, kind in dealt]
        self.statuses = [503 if kind.get("expect") == "failure" else 0 for kind in plan["classes"]]
        self.costs = costs
        if plan["model"] == "processes":
            task_ns += int(cost.moved * float(os.environ.get("CCBENCH_FAKE_BYTE_NS", 0)))
        share = stretch(plan)
        pretends = plan["model"] == "null"
        busy_ns = 0 if pretends else cost.compute_ns
        cores = min(lanes, plan["cores"]) if many else 1
        # What computes waits for its core.
        queue = min(lanes, tasks) / cores if busy_ns > 0 else 1
        self.service_ns = int((busy_ns * queue + (0 if pretends else cost.wait_ns) + task_ns) * max(share, 1))
        self.tasks, self.lanes, self.cost = tasks, lanes, cost
        self.pretends = pretends
        self.in_flight = min(lanes, tasks)
        cpu_ns = int(tasks * (busy_ns + task_ns) * share)
        self.result = {
            "counters": {"simulated": 1},
            "setup_ns": int(lanes * lane_ns * share),
            "run_ns": int(math.ceil(tasks / lanes) * self.service_ns * min(share, 1) + tasks * 10),
            "teardown_ns": int(lanes * lane_ns * share) // 4,
            "run_start_ns": time.monotonic_ns(),
            "startup_cpu_ns": 5000000,
            "cpu_ns": cpu_ns + lanes * lane_ns,
            "switches_own": tasks * switches,
            "switches_forced": lanes,
        }
        if plan.get("hardware"):
            self.result["hardware"] = {
                "cycles": 3 * cpu_ns, "instructions": 6 * cpu_ns, "cache_misses": tasks // 2, "migrations": lanes,
                "context_switches": tasks * switches, "page_faults": 10 * lanes, "user_only": False}
        if plan["model"] == "raw":
            self.result["counters"] = {"simulated": 1, "raw_cpu_ns": int(tasks * cost.compute_ns)}
        if any(one.updates for one in costs):
            self.result["counter"] = sum(costs[kind].updates for kind in self.classes)
        if self.arrivals:
            self.result["run_ns"] = max(slot[2] for slot in self.slots()) - self.result["run_start_ns"]

    @staticmethod
    def dealt(tasks):
        """Of each slot its arrival and class, as they were laid out."""
        data = os.pread(SLOTS, 32 * tasks, 0)
        for i in range(tasks):
            yield (int.from_bytes(data[32 * i:32 * i + 8], sys.byteorder),
                   int.from_bytes(data[32 * i + 24:32 * i + 26], sys.byteorder))

    def slots(self):
        return self.open_slots() if self.arrivals else self.closed_slots()

    def open_slots(self):
        """The lane that is free first takes the next task; those that only pretend are done at once."""
        start, free = self.result["run_start_ns"], [0] * self.lanes
        for arrival, kind in zip(self.arrivals, self.classes):
            lane = free.index(min(free))
            begin = max(start + arrival, free[lane])
            free[lane] = begin + (1 if self.pretends else self.service_ns)
            yield [arrival, begin, free[lane], kind, self.status(kind), self.costs[kind].check & 0xffffffff]

    def status(self, kind):
        return 0 if self.pretends else self.statuses[kind]

    def closed_slots(self):
        """One lane after the other takes the next task; none is later than its lane."""
        begin, free = self.result["run_start_ns"], {}
        for i in range(self.tasks):
            lane = i % self.lanes
            arrival = free.get(lane, begin)
            free[lane] = arrival + 20 + self.service_ns + i % 10 * 100
            kind = self.classes[i]
            yield [arrival, arrival + 20, free[lane], kind, self.status(kind), self.costs[kind].check & 0xffffffff]

    def write_slots(self, slots):
        data = b"".join(a.to_bytes(8, sys.byteorder) + b.to_bytes(8, sys.byteorder) + c.to_bytes(8, sys.byteorder) +
                        d.to_bytes(2, sys.byteorder) + e.to_bytes(2, sys.byteorder) + f.to_bytes(4, sys.byteorder)
                        for a, b, c, d, e, f in slots)
        os.pwrite(SLOTS, data, 0)

    def carry(self, plan):
        paths = [path for kind in self.classes for path in self.costs[kind].paths]
        if paths and not self.pretends and plan["model"] != "raw":
            fetch_all(plan.get("url") or plan["origin"],
                      [[None]] * len(paths) if plan.get("url") else by_lanes(paths, self.lanes))
        self.write_slots(self.slots())

    def give(self):
        say({"result": self.result})


def mark(name):
    say({"mark": name})
    os.read(0, 1)


def behave(plan):
    trial = Trial(plan)
    held = os.environ.get("CCBENCH_FAKE_MEMORY") if plan.get("memory") else None
    if held:
        import mmap
        mark("before_lanes")
        block = mmap.mmap(-1, int(held), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for at in range(0, len(block), 4096):
            block[at] = 1
        mark("peak")
    trial.carry(plan)
    if held:
        mark("before_close")
        trial.result["in_flight"] = trial.in_flight
    trial.give()


def peek_plan():
    """The plan, left in the pipe for the program that comes after."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    while True:
        reader, writer = os.pipe()
        length = libc.tee(0, writer, 65536, 0)
        line = os.read(reader, 65536) if length > 0 else b""
        os.close(reader)
        os.close(writer)
        if line.endswith(b"\n") or length <= 0:
            return line
        time.sleep(0.002)


def really(program):
    os.execv(program, ["ccbench", "trial"])


# How to misbehave.

def crash(plan):
    """dies of a signal"""
    os.kill(os.getpid(), signal.SIGSEGV)


def leave(plan):
    """ends without a result, status 7"""
    os._exit(7)


def leave_well(plan):
    """ends without a result, status 0"""
    os._exit(0)


def hang(plan):
    """does nothing, for ever"""
    while True:
        time.sleep(3600)


def tire(plan):
    """behaves in the warm-up and three rounds, counted by CCBENCH_FAKE_STATE, then hangs"""
    if count_trial(dict(plan, model="tired-" + plan["model"])) > 3:
        hang(plan)
    behave(plan)


def stop(plan):
    """stops itself as by Ctrl-Z"""
    while True:
        os.kill(os.getpid(), signal.SIGSTOP)


def ignore(plan):
    """hangs and ignores every signal that can be ignored"""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    hang(plan)


def shut(plan):
    """closes its result descriptor and hangs"""
    os.close(RESULT)
    hang(plan)


def deaf(plan):
    """never reads its plan"""


def rubbish(plan):
    """writes what is not JSON, and then a result"""
    trial = Trial(plan)
    trial.carry(plan)
    # In one write, so that both are there when the first is read.
    os.write(RESULT, b"Segmentation fault (core dumped)\n" + json.dumps({"result": trial.result}).encode() + b"\n")


def half(plan):
    """writes half a result and ends"""
    os.write(RESULT, b'{"result":{"setup_ns":12')


def strange(plan):
    """writes JSON that is no message of the protocol"""
    say(["result", 1, None])


def endless(plan):
    """writes rubbish without an end and without a line's end"""
    while True:
        os.write(RESULT, b"x" * 65536)


def binary(plan):
    """writes zeros and broken UTF-8"""
    os.write(RESULT, b"\0\xff\xfe\x80{\"result\"\0\n")


def twice(plan):
    """gives two results"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.give()
    trial.give()


def error_first(plan):
    """refuses the plan, and then gives a result"""
    trial = Trial(plan)
    trial.carry(plan)
    refuse(plan)
    trial.give()


def same_line(plan):
    """gives a result with something behind it"""
    trial = Trial(plan)
    trial.carry(plan)
    os.write(RESULT, json.dumps({"result": trial.result}).encode() + b" and more\n")


def behind(plan):
    """gives a result, and then half a line"""
    behave(plan)
    os.write(RESULT, b"Segmentation fault")


def error_behind(plan):
    """gives a result, and then an error"""
    behave(plan)
    refuse(plan)


def both(plan):
    """gives a result and an error in one"""
    say({"result": Trial(plan).result, "error": "no"})


def truncate(plan):
    """takes the memory of the slots away"""
    try:
        open(f"/proc/self/fd/{SLOTS}", "wb").close()
    except OSError:
        pass
    behave(plan)


def cut(plan):
    """takes away what the file to be read holds"""
    open(plan["file"], "wb").close()
    behave(plan)


def error(plan):
    """gives a result that says the model failed"""
    trial = Trial(plan)
    trial.result["error"] = "threads stop at 3 of 8: no more of them"
    trial.give()


def refuse(plan):
    """refuses the plan"""
    say({"error": "this plan is not for me"})


def lack(plan):
    """refuses the plan for want of the model"""
    say({"error": f"no model '{plan['model']}'", "lacks": True, "speaks": 1})


def foreign(plan):
    """refuses the plan, as it speaks another protocol"""
    say({"error": "trial protocol 1 is not spoken here, expected 2", "speaks": 2})


def figureless(plan):
    """gives a result without a figure"""
    trial = Trial(plan)
    trial.carry(plan)
    del trial.result["teardown_ns"]
    trial.give()


def wordy(plan):
    """gives a figure as text"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result["run_ns"] = "12"
    trial.give()


def boast(plan):
    """says it had more in flight than can be counted"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result["in_flight"] = 4294967295
    trial.give()


def negate(plan):
    """gives figures below nothing"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result["setup_ns"] = trial.result["run_ns"] = -1e300
    trial.give()


def miscount(plan):
    """counts what cannot be counted"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result["hardware"] = {"cycles": -1, "instructions": "many", "cache_misses": [], "page_faults": 1e300,
                                "migrations": 2, "user_only": "perhaps", "something": 7}
    trial.result["hardware_reason"] = ["n/a"]
    trial.give()


def uncounted(plan):
    """does not count, though it was asked to"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result.pop("hardware", None)
    trial.give()


def empty(plan):
    """gives a result with nothing in it"""
    say({"result": {}})


def spoil(plan, change):
    trial = Trial(plan)
    trial.carry(plan)
    slots = list(trial.slots())
    change(slots)
    trial.write_slots(slots)
    trial.give()


def wrong(plan):
    """comes to a wrong checksum in its last task"""
    def change(slots):
        slots[-1][5] ^= 1
    spoil(plan, change)


def few(plan):
    """leaves out its last task"""
    def change(slots):
        slots[-1] = [0, 0, 0, 0, 0, 0]
    spoil(plan, change)


def short(plan):
    """has its first task take no time at all"""
    def change(slots):
        slots[0][2] = slots[0][1]
    spoil(plan, change)


def backwards(plan):
    """ends a task before it began"""
    def change(slots):
        slots[0][2] = slots[0][1] - 1
    spoil(plan, change)


def early(plan):
    """begins all tasks at once, arrived or not"""
    def change(slots):
        for slot in slots:
            slot[1], slot[2] = slots[0][1], slots[0][2]
    spoil(plan, change)


def overwrite(plan):
    """writes over the arrivals, as in a closed loop"""
    def change(slots):
        for slot in slots:
            slot[0] = slot[1] - 20
    spoil(plan, change)


def lossy(plan):
    """loses a quarter of the updates of the shared counter"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result["counter"] -= trial.result["counter"] // 4
    trial.give()


def generous(plan):
    """counts one update too many"""
    trial = Trial(plan)
    trial.carry(plan)
    trial.result["counter"] += 1
    trial.give()


def doctored(plan, change):
    trial = Trial(plan)
    change(trial)
    trial.carry(plan)
    trial.give()


def unreleased(plan):
    """lets nobody else go on while a task waits, as under a lock that is never given up"""
    def change(trial):
        trial.service_ns *= trial.lanes
        trial.result["run_ns"] *= trial.lanes
    doctored(plan, change)


def hasty(plan):
    """sleeps half as long as it was asked to"""
    def change(trial):
        trial.service_ns //= 2
        trial.result["run_ns"] //= 2
    doctored(plan, change)


def pinned(plan):
    """computes on one core, whatever it has"""
    PROFILES[plan["model"]] = (*PROFILES.get(plan["model"], OTHER)[:3], False)
    behave(plan)


def sharing(plan):
    """hands over an address instead of bytes"""
    os.environ.pop("CCBENCH_FAKE_BYTE_NS", None)
    behave(plan)


def lenient(plan):
    """lets all tasks succeed, also those that are to fail"""
    def change(slots):
        for slot in slots:
            slot[4] = 0
    spoil(plan, change)


def classless(plan):
    """says a task was of a class that there is not"""
    def change(slots):
        slots[0][3] = 65535
    spoil(plan, change)


def crowd(plan):
    """has all tasks in flight at once"""
    def change(slots):
        for slot in slots:
            slot[1], slot[2] = slots[0][1], slots[0][2]
    spoil(plan, change)


def failed(plan):
    """has three tasks fail with HTTP 503"""
    def change(slots):
        for slot in slots[:3]:
            slot[4] = 503
    spoil(plan, change)


def linger(plan):
    """gives its result and hangs"""
    behave(plan)
    hang(plan)


def fall(plan):
    """gives its result and dies of a signal"""
    behave(plan)
    crash(plan)


def chatter(plan):
    """prints 8 MiB on standard output and error, then behaves"""
    for i in range(64):
        os.write(1 + i % 2, b"all work and no play makes Jack a dull boy\n" * 3000)
    behave(plan)


def last_words(plan):
    """prints 1 MiB and a last line, then dies"""
    os.write(2, b"all work and no play\n" * 50000)
    os.write(2, b"tcache_thread_shutdown(): unaligned chunk\n")
    crash(plan)


def litter(plan):
    """leaves a process in a session of its own behind"""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            hang(plan)
        os._exit(0)
    os.wait()
    behave(plan)


MODES = {mode.__name__: mode for mode in (
    crash, leave, leave_well, hang, tire, stop, ignore, shut, deaf, rubbish, half, strange, endless, binary, twice,
    error_first, same_line, behind, error_behind, both, truncate, cut, error,
    refuse, lack, foreign, figureless, wordy, boast, negate, miscount, uncounted, empty, wrong, few, short, backwards,
    early, overwrite, lossy, generous, unreleased, hasty, pinned, sharing, lenient, classless, crowd, failed, linger, fall, chatter, last_words, litter)}


def misbehaves(plan):
    only = os.environ.get("CCBENCH_FAKE_MODELS")
    when = os.environ.get("CCBENCH_FAKE_WHEN")
    kind = "memory" if plan.get("memory") else "timed"
    # raw is not a cell: nobody sees how it ends.
    return ((plan["model"] in only.split(",") if only else plan["model"] != "raw") and (when or kind) == kind)


def main():
    mode = os.environ.get("CCBENCH_FAKE_MODE", "good")
    real = os.environ.get("CCBENCH_FAKE_REAL")
    if mode == "deaf":
        hang(None)
    plan = json.loads(peek_plan() if real else read_line())
    if mode != "good" and misbehaves(plan):
        MODES[mode](plan)
    elif real:
        really(real)
    else:
        behave(plan)


if __name__ == "__main__":
    main()

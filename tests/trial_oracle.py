# SPDX-License-Identifier: MIT
"""What must hold of a random trial or run (trial_cases.py), worked out from docs/trial-protocol.md alone and not from
ccbench's own code. judge() and judge_run() return what does not: a list of (rule, words). RULES names all there are."""

import json
import re

from harness import most_in_flight
from trial_cases import KNOWN, NO_SHARED_MEMORY, PAGE, counts_in, fetches_in, is_shared, lists_in

MS = 1_000_000
UNITS = {"ns": 1, "us": 1_000, "ms": MS, "s": 1000 * MS}
EISDIR, TIMED_OUT = 1021, 2028
RESET = {2018, 2052, 2055, 2056}  # by what curl was doing when it heard of it
PATTERN = b"Hello, world!\n"      # of which the origin's bodies are made
SIGNS = ("setup_ns", "run_ns", "teardown_ns", "startup_cpu_ns", "cpu_ns", "switches_own", "switches_forced")
# One thread carries all tasks, and gives way only where a step waits.
COOPERATIVE = ("eventloop", "eventloop-offload", "async", "green", "green-copy")

TRIAL_RULES = {
    "hang": "ends in time",
    "exit": "ends with status 0, or 2 where it refuses",
    "messages": "one result, behind the marks, each a line of JSON",
    "error": "no error but the expected refusal",
    "refusal": "what a model cannot do is refused",
    "figures": "all figures are there, and none is negative",
    "printed": "nothing on standard output and error, where sanitizers write",
    "left": "no process is left",
    "tasks": "each task begins and ends",
    "class": "classes are left as they are",
    "status": "a task fails exactly where a step of its does, as that fails",
    "check": "checksums are those of the steps",
    "same": "equal tasks have equal checksums",
    "short": "no task is faster than what it waits for",
    "in flight": "at most K at once",
    "arrival": "none begins before it arrives",
    "phase": "tasks are within the run phase, which is as long as K lanes need",
    "lock": "the lock is one task's at a time",
    "counter": "the counter is what the updates come to, or lacks lost ones",
    "requests": "the origin is asked as often as tasks fetch",
    "bytes": "and sends what they receive",
    "connections": "a connection belongs to a lane, or to a fetch that is to have its own",
    "marks": "a memory trial gives its marks, and no other does",
}
RUN_RULES = {
    "run: hang": "ends in time",
    "run: exit": "status 0, or 4 where a cell is not ok",
    "run: report": "a report of all cells",
    "run: left": "no process is left",
    "run: cell": "each cell is ok, skipped or failed as its tasks must be",
    "run: sample": "each trial as well: the supervisor agrees",
    "run: tasks": "each class has its share of the tasks",
    "run: failed": "those fail that must",
    "run: in flight": "at most K at once",
    "run: updates": "updates expected and lost",
    "run: requests": "the origin is asked as often as tasks fetch",
    "run: times": "no class is faster than what it waits for, phases add up",
    "run: ideal": "none is faster than ideal",
}
RULES = {**TRIAL_RULES, **RUN_RULES}


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def duration_ns(text):
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return round(float(number) * UNITS[text[len(number):]])


def size_of(text):
    return int(text[:-1]) << {"b": 0, "k": 10, "m": 20}[text[-1]] if not text.isdigit() else int(text)


def payload(size):
    """The bytes, and the first of each page, which is 1."""
    return size + (size + PAGE - 1) // PAGE


def hash_of(size):
    """What a fetched body of that size adds where a URL is given: FNV-1a and the length."""
    value = 2166136261
    for i in range(size):
        value = (value ^ PATTERN[i % len(PATTERN)]) * 16777619 & 0xffffffff
    return value ^ size


class Answer:
    """What the origin answers to a path."""

    def __init__(self, path):
        words = path.partition("?")[0].strip("/").split("/")
        self.bytes, self.delay_ns, self.status, self.reset = 13, 0, 200, False
        while words and words[0]:
            name = words.pop(0)
            if name == "reset":
                self.reset = True
            elif name == "bytes":
                self.bytes = size_of(words.pop(0))
            elif name == "delay":
                self.delay_ns = duration_ns(words.pop(0).partition("~")[0])
            else:
                self.status = int(words.pop(0))
        if self.status in (204, 304):
            self.bytes = 0


class Failed(Exception):
    """The step that ends its task."""


class Number:
    """What one walk does to a number that all tasks share."""

    def __init__(self, lock):
        self.lock = lock              # the one that protects it
        self.updates = 0              # what it would come to if none were lost
        self.value = 0                # what it does come to where nobody comes in between
        self.register = None
        self.stores = False
        self.unlocked = False         # some updates are made without the lock
        self.mingles = False          # by children of one task
        self.gap = False              # others may come in between load and store, even in one thread
        self.computing_gap = False    # where computing is done elsewhere
        self.gave_way = self.computed = False # since the load

    def load(self, held):
        self.register = self.value
        self.gave_way = self.computed = False
        self.unlocked |= held != self.lock

    def store(self, held):
        self.value = self.register + 1
        self.updates += 1
        self.stores = True
        self.gap |= self.gave_way
        self.computing_gap |= self.computed
        self.unlocked |= held != self.lock

    def add(self, count, held):
        self.value += count
        self.updates += count
        self.unlocked |= held != self.lock


class Walk:
    """What one walk through a class's steps comes to."""

    def __init__(self, steps, folder=False, url=None, timeout_ns=0):
        self.folder, self.url, self.timeout_ns = folder, url, timeout_ns
        self.check, self.check_known = 0, True
        self.wait_ns = 0 # at least
        self.locked_ns = {"lock": 0, "lock_file": 0} # of it, while that lock is held
        self.fetches = self.body_bytes = self.fresh = 0
        self.held = None       # the lock that is
        self.numbers = (Number("lock"), Number("lock_file")) # the counter in memory, and that in the shared file
        self.statuses = {0}
        self.certain = True           # whether it is known how it ends
        self.resets = self.timed_out = 0
        self.cut_short = 0            # fetches that another child's failure may have ended or kept from being made
        self.own_fetches = False
        self.fetching_children = 0
        try:
            self.steps(steps)
        except Failed:
            pass

    def steps(self, steps):
        for step in steps:
            kind = next((name for name in ("repeat", "gather") if name in step), next(iter(step)))
            getattr(self, kind)(step[kind], step)

    @property
    def fails(self):
        return 0 not in self.statuses

    @property
    def updates(self):
        return sum(number.updates for number in self.numbers)

    def give_way(self):
        for number in self.numbers:
            number.gave_way = True

    def wait(self, ns):
        self.wait_ns += ns
        if self.held is not None:
            self.locked_ns[self.held] += ns

    def fail(self, statuses):
        # What may have timed out before fails otherwise as well.
        self.statuses = (self.statuses - {0}) | statuses
        raise Failed

    def sleep(self, text, step):
        self.give_way()
        self.wait(duration_ns(text))

    def is_computing(self):
        for number in self.numbers:
            number.computed = True

    def block(self, text, step):
        self.is_computing()
        self.wait(duration_ns(text))

    def compute(self, n, step):
        self.is_computing()
        if isinstance(n, str):
            self.check_known = False
        else:
            self.check += step.get("times", 1) * fib(n)

    def take(self, text, step):
        self.give_way()
        self.check += payload(size_of(text))

    reply = take

    def read(self, text, step):
        self.give_way()
        if self.folder:
            self.fail({EISDIR})
        self.check += size_of(text)

    def copy(self, text, step):
        self.check += size_of(text)

    def load(self, _, step):
        self.numbers[0].load(self.held)

    def store(self, _, step):
        self.numbers[0].store(self.held)

    def load_file(self, _, step):
        self.numbers[1].load(self.held)

    def store_file(self, _, step):
        self.numbers[1].store(self.held)

    def add(self, count, step):
        self.numbers[0].add(count, self.held)

    def lock(self, _, step):
        self.give_way()
        self.held = "lock"

    def unlock(self, _, step):
        self.give_way()
        self.held = None

    def lock_file(self, _, step):
        self.give_way()
        self.held = "lock_file"

    unlock_file = unlock

    def fetch(self, path, step):
        answer = Answer(self.url or path)
        self.give_way()
        self.fetches += 1
        self.fresh += step.get("fresh", False)
        self.own_fetches = True
        if self.timeout_ns > 0 and answer.delay_ns > 10 * self.timeout_ns:
            self.timed_out += 1
            self.wait(max(0, self.timeout_ns - MS)) # curl counts in ms
            self.fail({TIMED_OUT})
        if 0 < self.timeout_ns < 10_000 * MS:
            self.statuses.add(TIMED_OUT)
            self.certain = False
        self.wait(answer.delay_ns)
        if answer.reset:
            self.resets += 1
            self.fail(RESET)
        self.body_bytes += answer.bytes
        if not 200 <= answer.status <= 299:
            self.fail({answer.status})
        self.check += hash_of(answer.bytes) if self.url else answer.bytes

    def repeat(self, times, step):
        for _ in range(times):
            self.steps(step["steps"])

    def child(self, steps):
        """What one of a gather waits for, and the statuses that it may end with."""
        outside = self.statuses, self.wait_ns, self.own_fetches
        self.statuses, self.wait_ns, self.own_fetches = {0}, 0, False
        try:
            self.steps(steps)
        except Failed:
            self.held = None
        found = self.wait_ns, self.statuses
        self.fetching_children += self.own_fetches
        self.statuses, self.wait_ns, self.own_fetches = outside
        return found

    def gather(self, lists, step):
        """As long as the longest. The first in order that fails is told of; where it cancels, any that does."""
        cancels, fetches = step.get("on_failure") == "cancel", self.fetches
        before = [(number.register, number.updates, number.unlocked) for number in self.numbers]
        for number in self.numbers:
            number.unlocked = False
        waits, possible, ended = [0], set(), False
        for steps in lists:
            for number, (register, _, _) in zip(self.numbers, before):
                number.register = register
            wait_ns, statuses = self.child(steps)
            waits.append(wait_ns)
            if cancels or not ended:
                possible |= statuses - {0}
            ended |= 0 not in statuses
        self.give_way()
        for number, (register, updates, unlocked) in zip(self.numbers, before):
            number.register = register
            number.mingles |= number.updates > updates and number.unlocked
            number.unlocked |= unlocked
        if cancels and possible:
            self.certain = False
            self.cut_short += self.fetches - fetches
        self.wait(max(waits))
        if ended:
            self.fail(possible)
        self.statuses |= possible


# Each step is a method of its name; "yield" is a word of Python's.
setattr(Walk, "yield", lambda self, count, step: self.give_way())


def walks_of(classes, **how):
    return [Walk(kind["steps"], **how) for kind in classes]


def expected_counter(model, lanes, counts, walks):
    """(least, most) that what is counted in memory and in the shared file may come to together; `counts` is how many tasks
    of each class there were, and how each of them ended is certain."""
    bounds = [expected_number(model, lanes, counts, [walk.numbers[i] for walk in walks]) for i in range(2)]
    return tuple(map(sum, zip(*bounds)))


def expected_number(model, lanes, counts, numbers):
    done = [number for count, number in zip(counts, numbers) if count > 0]
    most = sum(count * number.updates for count, number in zip(counts, numbers))
    alone = sum(count * number.value for count, number in zip(counts, numbers))
    mingles = model != "sequential" and any(number.mingles for number in done)
    cooperative = not mingles and model in COOPERATIVE and not any(
        number.gap or (model == "eventloop-offload" and number.computing_gap) for number in done)
    if model == "sequential" or (lanes == 1 and not mingles) or cooperative or not any(number.unlocked for number in done):
        return alone, alone
    if not any(number.stores for number in done):
        return most, most
    return min(1, most), most


class Findings(list):
    def check(self, holds, rule, words):
        if not holds:
            assert rule in RULES, rule
            self.append((rule, words))


def parse(line):
    try:
        message = json.loads(line)
        return message if isinstance(message, dict) else None
    except ValueError:
        return None


def judge(case, done):
    """The findings of one trial. `done` is what came of it (trial_drive.Done)."""
    found = Findings()
    plan = case["plan"]
    shared = any(is_shared(kind["steps"]) for kind in plan["classes"])
    messages = [parse(line) for line in done.lines]
    found.check(not done.hung, "hang", f"not over after {done.seconds:.0f} s")
    found.check(not done.left, "left", f"processes left: {done.left}")
    found.check(done.printed == "", "printed", done.printed[-2000:])
    if done.hung:
        return found
    found.check(None not in messages, "messages", f"not a message: {done.lines}")
    if shared and plan["model"] in NO_SHARED_MEMORY:
        judge_refusal(found, done, messages)
        return found
    found.check(done.status == 0, "exit", f"status {done.status}")
    last = messages[-1] if messages else None
    if not last or "result" not in last:
        found.check(last and "error" in last, "messages", f"no result: {done.lines}")
        found.check(not last or "error" not in last, "error", str(last))
        return found
    result = last["result"]
    if "error" in result:
        found.check(False, "error", result["error"])
        return found
    numbers = {name: result.get(name) for name in (*SIGNS, "run_start_ns")}
    bad = {name: value for name, value in numbers.items() if not isinstance(value, (int, float)) or value < 0}
    found.check(not bad, "figures", f"{bad}")
    if not bad:
        judge_marks(found, plan, messages[:-1], result)
        judge_slots(found, case, done, result)
    return found


def judge_refusal(found, done, messages):
    first = messages[0] if messages else None
    found.check(len(messages) == 1 and first and first.get("lacks") is True and done.status == 2 and
                re.match("cannot |[a-z-]+ cannot ", first.get("error", "")), "refusal", f"{done.lines}, status {done.status}")


def judge_marks(found, plan, before, result):
    marks = [message.get("mark") if message else None for message in before]
    if "memory" not in plan:
        found.check(marks == [], "marks", f"{marks} without being asked for")
        return
    chunks = -(-plan["tasks"] // plan.get("chunk", 1))
    together = min(chunks, plan["lanes"])
    reached = result.get("in_flight", 0) >= together
    expected = ["before_lanes", "peak", "before_close"]
    found.check(marks == expected or not reached and marks == expected[::2], "marks",
                f"{marks}, with {result.get('in_flight')} of {together} in flight")


def judge_slots(found, case, done, result):
    plan, slots = case["plan"], done.slots
    walks = walks_of(plan["classes"], folder=case.get("file") == "folder", url=plan.get("url"),
                     timeout_ns=plan.get("task_timeout_ns", 0))
    classes = [kind for _, kind in case["slots"]]
    same = [slot.class_index == kind for slot, kind in zip(slots, classes)]
    found.check(all(same), "class", f"task {same.index(False) if False in same else None}")
    for i, (slot, kind) in enumerate(zip(slots, classes)):
        if not 0 < slot.begin_ns <= slot.end_ns:
            found.check(False, "tasks", f"task {i}: {slot}")
            return
        judge_task(found, i, slot, walks[kind])
    judge_equal(found, slots, classes, walks)
    judge_times(found, case, slots, [walks[kind] for kind in classes], result)
    counts = [classes.count(kind) for kind in range(len(walks))]
    if any(counts_in(kind["steps"]) for kind in plan["classes"]):
        judge_counter(found, plan, counts, walks, result)
    judge_origin(found, plan, slots, [walks[kind] for kind in classes], done)


def judge_task(found, i, slot, walk):
    found.check(slot.status in walk.statuses, "status", f"task {i}: {slot.status}, expected one of {sorted(walk.statuses)}")
    if slot.status == 0 and walk.check_known:
        expected = walk.check % (1 << 32)
        found.check(slot.check == expected, "check", f"task {i}: {slot.check}, expected {expected}")
    if walk.certain:
        took = slot.end_ns - slot.begin_ns
        found.check(took >= walk.wait_ns, "short", f"task {i}: {took} ns, but it waits for {walk.wait_ns} ns")


def judge_equal(found, slots, classes, walks):
    for kind, walk in enumerate(walks):
        checks = {slot.check for slot, its in zip(slots, classes) if its == kind and slot.status == 0}
        if not walk.check_known:
            found.check(len(checks) <= 1, "same", f"class {kind}: {sorted(checks)[:5]}")


def judge_times(found, case, slots, walks, result):
    plan = case["plan"]
    start, run = int(result["run_start_ns"]), int(result["run_ns"])
    in_flight = result.get("in_flight", most_in_flight(slots))
    found.check(1 <= in_flight <= plan["lanes"], "in flight", f"{in_flight}, K is {plan['lanes']}")
    for i, (slot, (arrival, _)) in enumerate(zip(slots, case["slots"])):
        if "rate_per_s" in plan:
            found.check(slot.arrival_ns == arrival, "arrival", f"task {i}: {slot.arrival_ns}, was {arrival}")
            found.check(slot.begin_ns >= start + arrival, "arrival",
                        f"task {i}: begins {start + arrival - slot.begin_ns} ns before it arrives")
        else:
            found.check(start <= slot.arrival_ns <= slot.begin_ns, "arrival",
                        f"task {i}: start {start}, arrival {slot.arrival_ns}, begin {slot.begin_ns}")
        found.check(start <= slot.begin_ns and slot.end_ns <= start + run, "phase",
                    f"task {i}: from {slot.begin_ns - start} to {slot.end_ns - start} of {run} ns")
    certain = [walk for walk in walks if walk.certain]
    least = sum(walk.wait_ns for walk in certain) / (1 if plan["model"] == "sequential" else plan["lanes"])
    found.check(run >= least, "phase", f"the run took {run} ns, but its tasks wait for {least:.0f}")
    locked = longest_locked(certain, [1] * len(certain))
    found.check(run >= locked, "lock", f"the run took {run} ns, but the lock is held for {locked}")


def longest_locked(walks, counts):
    """How long one of the locks is held by all tasks together, at least."""
    return max(sum(count * walk.locked_ns[lock] for count, walk in zip(counts, walks)) for lock in ("lock", "lock_file"))


def judge_counter(found, plan, counts, walks, result):
    counter = result.get("counter")
    if not isinstance(counter, (int, float)):
        found.check(False, "counter", f"{counter}")
        return
    least, most = expected_counter(plan["model"], plan["lanes"], counts, walks)
    if not all(walk.certain for walk in walks):
        least = 0
    found.check(least <= counter <= most, "counter", f"{counter}, expected {least} to {most}")


def connections_of(steps):
    """How many a task needs: one where it fetches itself, and one for each child that is there at once and fetches."""
    own = below = 0
    for step in steps:
        inner = [connections_of(steps) for steps in lists_in(step)]
        if "gather" in step:
            below = max(below, sum(map(sum, inner)))
        elif inner:
            own, below = max(own, inner[0][0]), max(below, inner[0][1])
        own = max(own, int("fetch" in step))
    return own, below


def sorts_of(steps):
    """Of what sorts the connections are that they keep open: with TLS, or without."""
    found = {step.get("tls", False) for step in steps if "fetch" in step and not step.get("fresh", False)}
    return found.union(*(sorts_of(inner) for step in steps for inner in lists_in(step)))


def judge_origin(found, plan, slots, walks, done):
    if done.requests is None:
        return
    sure = all(walk.certain and not walk.timed_out and not walk.resets for walk in walks)
    most = sum(walk.fetches for walk in walks)
    least = most
    if not sure:
        # One that timed out may not have been sent; one that was reset may have been sent again.
        least = sum(walk.fetches - walk.timed_out - walk.cut_short for slot, walk in zip(slots, walks) if slot.status in (0, *range(100, 600)))
        most += sum(walk.resets for walk in walks)
    found.check(least <= done.requests <= most, "requests", f"{done.requests}, expected {least} to {most}")
    if sure:
        expected = sum(walk.body_bytes for walk in walks)
        found.check(done.bytes == expected, "bytes", f"{done.bytes}, expected {expected}")
    lanes = plan["tasks"] if plan["model"] == "process-per-task" else min(plan["lanes"], plan["tasks"])
    if "process" in plan["model"]:  # each child is one, which makes its own
        connections = lanes + sum(walk.fetching_children for walk in walks)
    else:
        # A lane keeps its own beside those of its tasks' children, which may be of another class.
        needed = [connections_of(kind["steps"]) for kind in plan["classes"]]
        connections = lanes * sum(max((one[place] for one in needed), default=0) for place in (0, 1))
    connections *= len(set().union(*(sorts_of(kind["steps"]) for kind in plan["classes"])))
    fresh = sum(walk.fresh for walk in walks)
    # What is given up half-way is closed.
    connections += fresh + sum(slot.status >= 2000 for slot in slots) + sum(walk.resets + walk.cut_short for walk in walks)
    if "task_timeout_ns" in plan:
        connections += sum(walk.fetches for walk in walks if walk.fetching_children > 0)
    least = fresh if sure else 0
    found.check(least <= done.connections <= connections, "connections", f"{done.connections}, expected {least} to {connections}")


def judge_run(case, done):
    """The findings of a whole run."""
    found = Findings()
    found.check(not done.hung, "run: hang", f"not over after {done.seconds:.0f} s")
    found.check(not done.left, "run: left", f"processes left: {done.left}")
    if done.hung:
        return found
    report = parse(done.output)
    if report is None or len(report.get("workloads", [])) != 1:
        found.check(False, "run: report", f"status {done.status}: {done.output[-200:]}{done.printed[-1000:]}")
        return found
    block = report["workloads"][0]
    cells = block["cells"]
    found.check([cell["model"] for cell in cells] == case["models"], "run: report", f"{[cell['model'] for cell in cells]}")
    for cell in cells:
        judge_cell(found, case, block, cell)
    status = 0 if all(cell["status"] in ("ok", "skipped") for cell in cells) else 4
    found.check(done.status == status, "run: exit", f"status {done.status}, expected {status}: {done.printed[-1000:]}")
    return found


def name_of(cell):
    """Of its model, without parameters."""
    return cell["model"].partition(":")[0]


def judge_cell(found, case, block, cell):
    where = f"{cell['model']}: "
    classes = case["document"]["classes"]
    walks = walks_of(classes, timeout_ns=duration_ns(case["task_timeout"]) if case.get("task_timeout") else 0)
    samples = cell["samples"]
    if name_of(cell) in NO_SHARED_MEMORY and any(is_shared(kind["steps"]) for kind in classes):
        found.check(cell["status"] == "skipped" and cell["reason"].startswith("cannot ") and not samples, "run: cell",
                    where + f"{cell['status']}: {cell['reason']}, though it shares no memory")
        return
    shares = shares_of(case["document"], block["tasks"])
    least = [low for low, _ in shares]
    unexpected = any(walk.fails and "expect" not in kind and low > 0 for walk, kind, low in zip(walks, classes, least))
    possible = any(walk.fails and "expect" not in kind and high > 0 for walk, kind, (_, high) in zip(walks, classes, shares))
    allowed = ["ok"] if not possible else ["failed"] if unexpected else ["ok", "failed"]
    found.check(cell["status"] in allowed, "run: cell", where + f"{cell['status']}: {cell['reason']}, expected {allowed}")
    found.check(len(samples) == case["rounds"] or cell["status"] == "failed", "run: cell", where + f"{len(samples)} rounds")
    for sample in samples:
        judge_sample(found, where, case, block, cell, sample, walks, shares, allowed)
    if cell["status"] == "ok" and block["ideal_ns"] is not None and cell["summary"]["of_ideal"] is not None:
        computes = any(uses(kind["steps"], "compute") for kind in classes)
        if not computes:
            share = cell["summary"]["of_ideal"]["median"]
            found.check(share <= 1.001, "run: ideal", where + f"{share:.2f} of ideal")


def uses(steps, name):
    return any(name in step or any(uses(inner, name) for inner in lists_in(step)) for step in steps)


def shares_of(document, tasks):
    """(least, most) tasks of each class: what its weight comes to, rounded; nothing sure where tasks arrive by clocks."""
    classes = document["classes"]
    if any("every" in kind for kind in classes):
        return [(0, tasks)] * len(classes)
    total = sum(kind["weight"] for kind in classes)
    return [(tasks * kind["weight"] // total, -(-tasks * kind["weight"] // total)) for kind in classes]


def judge_sample(found, where, case, block, cell, sample, walks, shares, allowed):
    tasks, classes = block["tasks"], case["document"]["classes"]
    found.check(sample["status"] in allowed, "run: sample", where + f"{sample['status']}: {sample['reason']}")
    if "wall_ns" not in sample:
        return
    kinds = sample["classes"] or [{"tasks": tasks, **sample}]
    counts = [kind["tasks"] for kind in kinds]
    near = all(low - 1 <= count <= high + 1 for count, (low, high) in zip(counts, shares))
    found.check(sum(counts) == sample["tasks"] == tasks and near, "run: tasks", where + f"{counts} of {tasks}, expected {shares}")
    for kind, walk, its in zip(kinds, walks, classes):
        expected = kind["tasks"] if walk.fails else 0
        got = (kind["failed"], kind["failed_as_expected"])
        found.check(got == ((0, expected) if "expect" in its else (expected, 0)), "run: failed",
                    where + f"{its['name']}: {got} of {kind['tasks']}")
        if kind["tasks"] > 0:
            least = min(kind["service_ns"][name] for name in ("p50", "p90", "max", "mean") if kind["service_ns"][name] is not None)
            found.check(least >= walk.wait_ns * (1 - 1e-9), "run: times", where + f"{its['name']}: {least} ns, "
                        f"but it waits for {walk.wait_ns}")
    found.check(sum(sample["failures"].values()) == sample["failed"] + sample["failed_as_expected"], "run: failed",
                where + f"{sample['failures']}")
    found.check(1 <= sample["in_flight"] <= cell["lanes"] <= block["concurrency"], "run: in flight",
                where + f"{sample['in_flight']} of {cell['lanes']}")
    judge_sample_times(found, where, cell, sample, counts, walks)
    judge_updates(found, where, cell, sample, counts, walks, classes)
    judge_requests(found, where, sample, counts, walks, classes)


def judge_sample_times(found, where, cell, sample, counts, walks):
    wall = sample["setup_ns"] + sample["run_ns"] + sample["teardown_ns"]
    waits = sum(count * walk.wait_ns for count, walk in zip(counts, walks)) / cell["lanes"]
    locked = longest_locked(walks, counts)
    found.check(sample["wall_ns"] == wall and sample["run_ns"] >= max(waits, locked), "run: times",
                where + f"wall {sample['wall_ns']}, phases {wall}, run {sample['run_ns']}, waits {waits}, locked {locked}")


def judge_updates(found, where, cell, sample, counts, walks, classes):
    updates = sample["updates"]
    most = sum(count * walk.updates for count, walk in zip(counts, walks))
    changing = [any(uses(kind["steps"], name) for name in ("store", "add", "store_file")) for kind in classes]
    if any(count > 0 and walk.fails and changes for count, walk, changes in zip(counts, walks, changing)):
        return
    if sample["status"] != "ok":
        return
    if most == 0:
        found.check(updates is None, "run: updates", where + f"{updates} of none")
        return
    low, high = expected_counter(name_of(cell), cell["lanes"], counts, walks)
    found.check(updates is not None and updates["expected"] == most and most - high <= updates["lost"] <= most - low,
                "run: updates", where + f"{updates}, expected {most}, of which {most - high} to {most - low} lost")


def judge_requests(found, where, sample, counts, walks, classes):
    if not any(fetches_in(kind["steps"]) for kind in classes):
        found.check(sample["origin"] is None, "run: requests", where + f"{sample['origin']}")
        return
    most = sum(count * walk.fetches for count, walk in zip(counts, walks))
    again = sum(count * walk.resets for count, walk in zip(counts, walks))
    unsent = sum(count * (walk.timed_out + walk.cut_short) for count, walk in zip(counts, walks))
    got = sample["origin"]["requests"] if sample["origin"] else 0
    found.check(most - unsent <= got <= most + again, "run: requests", where + f"{got}, expected {most}")

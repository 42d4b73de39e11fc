# SPDX-License-Identifier: MIT
"""Random trials for tests/differential.py: drawing them, and making one that fails smaller.

A case is a dict that can be stored as JSON: "kind" is "trial", one `ccbench trial` by hand, with its "plan" and its
"slots" [[arrival_ns, class], ...]; or "run", a whole `ccbench run` of the workload file "document" under "models".
"file" says which file the reads of a trial get: None (its own), "odd", "even" (a multiple of 4k) or "folder" (whose reads
fail). "cpus" is how many CPUs it may use."""

import copy
import random

# What ccbench is known to get wrong, and what the generator therefore leaves out, exactly that. To be taken out with the
# defect, then it is drawn again.
KNOWN = {}

SHARED = ("update", "add", "lock")
NO_SHARED_MEMORY = ("processes", "process-per-task")
SPAWNS = ("processes", "processes-shm", "process-per-task") # what has start=spawn
KINDS = ("sleep", "compute", "block", "yield", "read", "copy", "take", "reply", "update", "add", "lock", "update_file", "lock_file",
         "call", "gather")
US, MS = 1_000, 1_000_000
ODD_BYTES, EVEN_BYTES = 100_001, 128 << 10  # of the files that reads get
PAGE = 4096


def duration(rng, ns):
    """In one of the ways to write it."""
    ways = [f"{ns}ns"]
    if ns % 100 == 0:
        ways.append(f"{ns / US:g}us")
    if ns % (10 * US) == 0:
        ways.append(f"{ns / MS:g}ms")
    return rng.choice(ways)


def size(rng, most, multiple=1):
    """Near a border now and then; as text."""
    bytes_ = rng.choice((rng.randrange(most + 1), rng.randrange(min(most, 300) + 1), *(edge for edge in (
        0, 1, 4095, 4096, 4097, 65535, 65536, 65537) if edge <= most)))
    bytes_ -= bytes_ % multiple
    return f"{bytes_ // 1024}k" if bytes_ % 1024 == 0 and rng.random() < 0.5 else f"{bytes_}b"


class Draw:
    """The steps of one class. Each kind of step has a method that returns a list of them, or an empty one where the class
    has no more to spend: `times` is how often they will be walked through, `locked` whether in the lock."""

    def __init__(self, rng, kinds, wait_ns, alone_ns, tasks, direct, delays=True, options=()):
        self.rng, self.kinds, self.direct, self.delays, self.options = rng, kinds, direct, delays, options
        self.wait_ns, self.alone_ns = wait_ns, alone_ns  # what may be waited, and where others cannot go on meanwhile
        self.leaves = 400
        self.child = False # whether steps are of a gather's child
        # Then no update may be lost, of the counter in memory, or of that in the shared file.
        self.always_locked = {name for name in ("lock", "lock_file") if name in kinds and rng.random() < 0.7}
        self.bytes = (16 << 20) // tasks
        self.fetches = max(1, 300 // tasks)

    def steps(self, depth, times, locked):
        made = []
        for _ in range(self.rng.choice((0, 1, 1, 2, 2, 3, 5))):
            made += getattr(self, "draw_" + self.rng.choice(self.kinds))(depth, times, locked)
        return made

    def spend(self, times):
        self.leaves -= times
        return self.leaves >= 0

    def wait(self, times, alone):
        left = (self.alone_ns if alone else self.wait_ns) // times
        ns = min(self.rng.choice((0, 1, 999, 137 * US, 500 * US, MS, 1500 * US, 2 * MS)), left)
        share = ns * times
        self.wait_ns -= share
        self.alone_ns -= share if alone else 0
        return duration(self.rng, max(ns, 0))

    def draw_sleep(self, depth, times, locked):
        return [{"sleep": self.wait(times, locked)}] if self.spend(times) else []

    def draw_block(self, depth, times, locked):
        return [{"block": self.wait(times, True)}] if self.spend(times) else []

    def draw_compute(self, depth, times, locked):
        if not self.spend(times):
            return []
        step = {"compute": self.rng.randrange(19)}
        chance = self.rng.random()
        if chance < 0.15:
            step["times"] = self.rng.randrange(1, 20)
        elif chance < 0.2:
            step["compute"] = self.rng.choice(("1us", "20us", "0.05ms"))
        if self.rng.random() < 0.2:
            step["nogil"] = True
        return [step]

    def draw_yield(self, depth, times, locked):
        count = self.rng.choice((1, 1, 2, 3, 20))
        return [{"yield": count}] if self.spend(times * count) else []

    def moved(self, times, most):
        """How much of a payload or file may still be moved at once."""
        return min(most, self.bytes // times) if self.spend(times) else -1

    def draw_read(self, depth, times, locked):
        most = self.moved(times, 70_000)
        if most < (PAGE if self.direct else 1):
            return []
        step = {"read": size(self.rng, most)}
        if self.direct and self.rng.random() < 0.5:
            step = {"read": f"{PAGE * self.rng.randrange(1, most // PAGE + 1)}b", "direct": True}
        self.bytes -= most * times // 2
        return [step]

    def draw_copy(self, depth, times, locked):
        return self.draw_payload("copy", times)

    def draw_payload(self, name, times):
        most = self.moved(times, 70_000) if not self.child else -1
        if most < 0:
            return []
        self.bytes -= most * times // 2
        return [{name: size(self.rng, most)}]

    def draw_take(self, depth, times, locked):
        return self.draw_payload("take", times)

    def draw_reply(self, depth, times, locked):
        return self.draw_payload("reply", times)

    def in_lock(self, steps, locked, lock="lock"):
        if locked or lock not in self.always_locked:
            return steps
        return [{lock: True}, *steps, {f"un{lock}": True}]

    def draw_add(self, depth, times, locked):
        return self.in_lock([{"add": self.rng.randrange(1, 1000)}], locked) if self.spend(times) else []

    def inner(self, depth, times, locked):
        return self.steps(depth + 1, times, locked) if depth < 4 else []

    def draw_update(self, depth, times, locked, lock="lock", load="load", store="store"):
        if not self.spend(2 * times):
            return []
        inside = self.inner(depth, times, locked or lock in self.always_locked) if self.rng.random() < 0.5 else []
        if self.rng.random() < 0.4:
            inside += self.draw_sleep(depth, times, True) + self.draw_yield(depth, times, locked)
        return self.in_lock([{load: True}, *inside, {store: True}], locked, lock)

    def draw_update_file(self, depth, times, locked):
        return self.draw_update(depth, times, locked, "lock_file", "load_file", "store_file")

    def draw_lock(self, depth, times, locked, lock="lock", update=None):
        if locked or not self.spend(2 * times):
            return []
        update = update or self.draw_update
        inside = self.inner(depth, times, True) + (update(depth, times, True) if self.rng.random() < 0.4 else [])
        return [{lock: True}, *inside, {f"un{lock}": True}]

    def draw_lock_file(self, depth, times, locked):
        return self.draw_lock(depth, times, locked, "lock_file", self.draw_update_file)

    def draw_call(self, depth, times, locked):
        count = self.rng.choice((0, 1, 1, 2, 3, 7, 40))
        return [{"repeat": count, "steps": self.inner(depth, times * max(count, 1), locked)}] if self.spend(times) else []

    def draw_gather(self, depth, times, locked):
        count = self.rng.choice((1, 2, 2, 3, 3, 6))
        if locked or depth >= 4 or not self.spend(10 * count * times):
            return []
        outside, self.child = self.child, True
        step = {"gather": [self.inner(depth, times, False) for _ in range(count)]}
        self.child = outside
        if self.rng.random() < 0.5:
            step["on_failure"] = self.rng.choice(("cancel", "cancel", "wait"))
        return [step]

    def draw_fetch(self, depth, times, locked):
        self.fetches -= times
        if self.fetches < 0 or not self.spend(times):
            return []
        parts = []
        if self.delays and self.rng.random() < 0.4:
            delay = self.wait(times, locked)
            parts.append(f"/delay/{delay}" + (f"~{10 * MS}ns" if self.rng.random() < 0.1 else ""))
        if self.rng.random() < 0.7:
            parts.append(f"/bytes/{size(self.rng, min(70_000, max(0, self.bytes // times)))}")
        if self.rng.random() < 0.1:
            parts.append(f"/status/{self.rng.choice((200, 201, 204, 299))}")
        self.rng.shuffle(parts)
        query = "?a=b" if self.rng.random() < 0.05 else ""
        return [{"fetch": ("".join(parts) or "/") + query, **some_of(self.rng, self.options)}]


def some_of(rng, options):
    """Each of these options of a step now and then."""
    return {option: True for option in options if rng.random() < 0.25}


def failing_path(rng):
    body = f"/bytes/{rng.choice((1, 100, 5000, 200_000))}"
    paths = [f"/status/{rng.choice((300, 301, 304, 400, 404, 418, 500, 503, 599))}", f"{body}/status/500", f"{body}/reset",
             "/reset", "/bytes/0/reset", "/status/204/reset", "/delay/1ms/bytes/0/reset", "/status/503/bytes/0/reset"]
    return rng.choice(paths)


def lists_in(step):
    """The lists of steps that the step has."""
    return step["gather"] if "gather" in step else [step["steps"]] if "repeat" in step else []


def put_in(rng, steps, step):
    """At a place that is come by, at any depth."""
    deeper = [inner for outer in steps if outer.get("repeat", 1) > 0 for inner in lists_in(outer)]
    if deeper and rng.random() < 0.4:
        put_in(rng, rng.choice(deeper), step)
    else:
        steps.insert(rng.randrange(len(steps) + 1), step)


def is_shared(steps):
    """Whether memory must be shared for them."""
    return any(any(name in step for name in ("load", "store", "add", "lock")) or any(map(is_shared, lists_in(step)))
               for step in steps)


def counts_in(steps):
    """Whether they count in memory or in the shared file."""
    return is_shared(steps) or any(any(name.endswith("_file") for name in step) or
                                   any(map(counts_in, lists_in(step))) for step in steps)


def read_little(steps):
    """No more than even a folder has."""
    for step in steps:
        for inner in lists_in(step):
            read_little(inner)
        for name in ("read", "copy"):  # the file must have room for either
            if name in step:
                step[name] = "1b"


def fetches_in(steps):
    return any("fetch" in step or any(map(fetches_in, lists_in(step))) for step in steps)


class Drawer:
    """Draws the cases of one seed: each depends on its number alone. `options` are those that fetches may have."""

    def __init__(self, seed, models, can_fetch, slow, run_share=0.006, options=()):
        self.seed, self.models, self.can_fetch, self.slow, self.run_share = seed, models, can_fetch, slow, run_share
        self.options = options

    def draw(self, number):
        rng = random.Random(f"{self.seed}/{number}")
        if rng.random() < self.run_share:
            return self.draw_run(rng)
        return self.draw_trial(rng)

    def sizes(self, rng, model):
        """N and K."""
        most = 60 if self.slow else 200
        tasks = rng.choice((1, 2, 3, rng.randrange(1, 20), rng.randrange(1, 60), rng.randrange(1, most + 1)))
        lanes = rng.choice((1, 2, 3, 4, rng.randrange(1, 16), rng.randrange(1, 65)))
        if model == "process-per-task":
            tasks = min(tasks, 12 if self.slow else 30)
        if model.startswith("process"):
            lanes = min(lanes, 5 if self.slow else 12)
        return tasks, lanes

    def kinds(self, rng, shared, fetches):
        """A few, so that each gets to meet the same others often."""
        able = [kind for kind in KINDS if shared or kind not in SHARED] + (["fetch"] * 2 if fetches else [])
        return rng.sample(able, rng.randrange(1, min(7, len(able)) + 1))

    def classes(self, rng, tasks, lanes, kinds, direct):
        """Their steps, and which of them are to fail, by index."""
        together = min(lanes, tasks)
        made, failing = [], set()
        for index in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
            wait_ns = min(15 * MS * together // tasks, 5 * MS)
            draw = Draw(rng, kinds, wait_ns, min(15 * MS // tasks, 5 * MS), tasks, direct, options=self.options)
            made.append({"name": f"c{index}", "weight": rng.choice((1, 1, 2, 7, 100)), "steps": draw.steps(0, 1, False)})
            if rng.random() < 0.04:
                for _ in range(rng.randrange(1, 55)):
                    made[-1]["steps"] = [{"repeat": 1, "steps": made[-1]["steps"]}]
            if "fetch" in kinds and rng.random() < 0.25:
                put_in(rng, made[-1]["steps"], {"fetch": failing_path(rng), **some_of(rng, self.options)})
                failing.add(index)
        return made, failing

    def arrivals(self, rng, tasks):
        """Of an open loop, ns."""
        span = rng.choice((0, 5 * MS, 20 * MS))
        pattern = rng.choice(("random", "even", "bursts", "late"))
        if pattern == "even":
            return [span * i // tasks for i in range(tasks)]
        if pattern == "late":
            return [span] * tasks
        bursts = [rng.randrange(span + 1) for _ in range(rng.randrange(1, 5))]
        return sorted(rng.choice(bursts) if pattern == "bursts" else rng.randrange(span + 1) for _ in range(tasks))

    def draw_trial(self, rng):
        model = rng.choice(self.models)
        tasks, lanes = self.sizes(rng, model)
        refused = model in NO_SHARED_MEMORY and rng.random() < 0.02
        kinds = self.kinds(rng, refused or model not in NO_SHARED_MEMORY, self.can_fetch and rng.random() < 0.35)
        direct = "read" in kinds and rng.random() < 0.3
        classes, failing = self.classes(rng, tasks, lanes, kinds, direct)
        case = {"kind": "trial", "cpus": rng.choice((1, 2, 2)), "file": None}
        if "read" in kinds:
            case["file"] = "even" if direct else rng.choice(("odd", "odd", "even", "even", None, "folder"))
        if case["file"] == "folder":
            for kind in classes:
                read_little(kind["steps"])
        plan = {"protocol": 1, "model": model, "tasks": tasks, "lanes": lanes, "cores": rng.choice((1, 2, 2, 3, 4)),
                "seed": rng.randrange(1, 1000), "classes": classes}
        self.time_out(rng, plan, failing, kinds)
        for index in failing:
            classes[index]["expect"] = "failure"
        tasks = plan["tasks"]
        arrivals = [0] * tasks
        if rng.random() < 0.25:
            plan["rate_per_s"] = rng.choice((1, 100, 12345.678))
            arrivals = self.arrivals(rng, tasks)
        elif rng.random() < 0.08:
            plan["memory"] = True
        self.vary(rng, plan)
        weights = [kind["weight"] for kind in classes]
        dealt = rng.choices(range(len(classes)), weights, k=tasks)
        return {**case, "plan": plan, "slots": [list(slot) for slot in zip(arrivals, dealt)]}

    def vary(self, rng, plan):
        """What else a plan may say."""
        if plan["model"] == "processes" and rng.random() < 0.5:
            plan["chunk"] = rng.choice((1, 2, 3, 5, 16, 127, 128, 200, 1024))
        if plan["model"] == "gil" and rng.random() < 0.5:
            plan["gil_interval_ns"] = rng.choice((1, 1000, 50 * US, MS))
        if plan["model"] in SPAWNS and rng.random() < 0.25:
            plan["parameters"] = {"start": "spawn"}
        if may_be_bare(plan["classes"]) and rng.random() < 0.4:
            plan.setdefault("parameters", {})["client"] = "bare"
        if rng.random() < 0.02:
            plan["hardware"] = True
        if any(fetches_in(kind["steps"]) for kind in plan["classes"]) and rng.random() < 0.05:
            plan["url"] = rng.choice(("/bytes/0", "/bytes/1", "/bytes/3000", "/delay/500us/bytes/100"))

    def time_out(self, rng, plan, failing, kinds):
        """A timeout that none reaches, or that one class cannot but reach."""
        if "fetch" not in kinds or rng.random() < 0.8:
            return
        classes = plan["classes"]
        plan["task_timeout_ns"] = 100_000 * MS
        if rng.random() < 0.5 or failing == set(range(len(classes))):
            return
        short = rng.choice((1, 2, 5, 10)) * MS
        if self.slow or plan["lanes"] < 4:
            plan["tasks"] = min(plan["tasks"], 4 * plan["lanes"])
        plan["task_timeout_ns"] = short
        index = rng.choice(sorted(set(range(len(classes))) - failing))
        put_in(rng, classes[index]["steps"], {"fetch": "/delay/100s"})
        failing.add(index)

    def draw_run(self, rng):
        """A workload file under several models."""
        models = rng.sample(self.models, min(len(self.models), rng.randrange(1, 5)))
        tasks, lanes = self.sizes(rng, "process-per-task" if "process-per-task" in models else models[0])
        lanes = min(lanes, 16)
        kinds = self.kinds(rng, not all(model in NO_SHARED_MEMORY for model in models), self.can_fetch and rng.random() < 0.5)
        classes, failing = self.classes(rng, tasks, lanes, kinds, False)
        for index in failing:
            if rng.random() < 0.8:
                classes[index]["expect"] = "failure"
        document = {"name": "random", "classes": classes}
        if rng.random() < 0.25:
            document["rate"] = rng.choice(("1k", "2k:constant", "500/s"))
            document["duration"] = rng.choice(("20ms", "50ms"))
            document["concurrency"] = lanes
            if len(classes) > 1 and rng.random() < 0.5:
                classes[0]["every"] = rng.choice(("2ms", "7ms"))
        else:
            document.update(tasks=tasks, concurrency=lanes)
        timeout = rng.choice(("1ms", "2ms", "20ms")) if "fetch" in kinds and rng.random() < 0.3 else None
        for kind in classes if timeout else []:
            if fetches_in(kind["steps"]):
                kind["steps"].insert(0, {"fetch": "/delay/2s"})
                kind["expect"] = "failure"
        models = [f"{name}:start=spawn" if name in SPAWNS and rng.random() < 0.25 else name for name in models]
        if may_be_bare(classes):
            models = [f"{name}:client=bare" if rng.random() < 0.3 else name for name in models]
        return {"kind": "run", "cpus": rng.choice((1, 2, 2)), "document": document, "models": models, "task_timeout": timeout,
                "rounds": rng.choice((1, 1, 2)), "seed": rng.randrange(1, 1000)}


def may_be_bare(classes):
    """Whether something is fetched, and nothing over TLS, which the bare client does not speak."""
    steps = [step for kind in classes for inner in lists_of(kind["steps"]) for step in inner]
    return any("fetch" in step for step in steps) and not any(step.get("tls") for step in steps)


def lists_of(steps):
    """This list and all inside it."""
    yield steps
    for step in steps:
        for inner in lists_in(step):
            yield from lists_of(inner)


def drop_class(case, classes, index):
    del classes[index]
    if "slots" in case:
        case["slots"] = [[arrival, kind - (kind > index)] for arrival, kind in case["slots"] if kind != index]
        case["plan"]["tasks"] = len(case["slots"])


def smaller(case):
    """Cases that are a little smaller than this one, the most promising first. Not all of them are valid."""
    def changed(change):
        other = copy.deepcopy(case)
        inside = other["plan"] if other["kind"] == "trial" else other["document"]
        change(other, inside)
        if inside["classes"] and (other["kind"] == "run" or inside["tasks"] > 0):
            yield other

    inside = case["plan"] if case["kind"] == "trial" else case["document"]
    for index in range(len(inside["classes"])):
        yield from changed(lambda other, plan, i=index: drop_class(other, plan["classes"], i))
    for index in range(len(case.get("models", [])) if len(case.get("models", [])) > 1 else 0):
        yield from changed(lambda other, plan, i=index: other["models"].pop(i))
    for name in ("tasks", "lanes", "concurrency"):
        for value in sorted({1, inside.get(name, 1) // 2, inside.get(name, 1) - 1} - {0, inside.get(name, 1)}):
            def shrink(other, plan, name=name, value=value):
                plan[name] = value
                if "slots" in other:
                    other["slots"] = other["slots"][:plan["tasks"]]
            if name in inside:
                yield from changed(shrink)
    for name in ("memory", "chunk", "task_timeout_ns", "hardware", "url", "gil_interval_ns", "parameters"):
        if name in inside:
            yield from changed(lambda other, plan, name=name: plan.pop(name))
    if "rate_per_s" in inside:
        def close(other, plan):
            del plan["rate_per_s"]
            other["slots"] = [[0, kind] for _, kind in other["slots"]]
        yield from changed(close)
    for c, kind in enumerate(inside["classes"]):
        for n, steps in enumerate(lists_of(kind["steps"])):
            for i, step in enumerate(steps):
                def drop(other, plan, c=c, n=n, i=i):
                    found = list(lists_of(plan["classes"][c]["steps"]))[n]
                    partner = {"lock": "unlock", "load": "store", "lock_file": "unlock_file",
                               "load_file": "store_file"}.get(next(iter(found[i])))
                    if partner is not None:
                        del found[next(j for j in range(i, len(found)) if partner in found[j])]
                    del found[i]
                if not any(name in step for name in ("unlock", "store", "unlock_file", "store_file")):
                    yield from changed(drop)
                if "gather" in step:
                    def in_turn(other, plan, c=c, n=n, i=i):
                        found = list(lists_of(plan["classes"][c]["steps"]))[n]
                        found[i:i + 1] = sum(found[i]["gather"], [])
                    yield from changed(in_turn)
                if "repeat" in step:
                    def unwrap(other, plan, c=c, n=n, i=i):
                        found = list(lists_of(plan["classes"][c]["steps"]))[n]
                        found[i:i + 1] = found[i]["steps"]
                    if step["repeat"] > 0:
                        yield from changed(unwrap)

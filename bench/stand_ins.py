# SPDX-License-Identifier: MIT
"""Who stands for whom, what is run to see it, what is read from the reports, and between which ratios the shape is the
same: the data of bench/validate, whose docstring says what each experiment is."""

import collections
import math
import statistics

# A C model and those that it stands for.
PAIRS = {
    "gil": ("python-threads", "asyncio-threads"),
    "processes": ("python-processes",),
    "async": ("asyncio",),
    "green-copy": ("gevent", "eventlet"),
    "eventloop": ("twisted", "node"),
    "green-multi": ("go",),
}
LOOPS = {"node": "node-loop", "go": "go-loop"}  # of all other real ones python-loop; of the C models sequential
ONE_CORE = ("async", "green-copy", "eventloop")
INTERVALS_MS = (1, 5, 20)
DEFAULT_INTERVAL_MS = 5  # of both
HOG_MS, QUICK_HOG_MS, INTO_HOG_MS = 560, 200, 150  # twenty of the longest switch intervals are left then
PAGES, CONVOY_HOG_MS = 20, 750  # six switch intervals for each
# What is less counts as this much, since it is nothing: what the kernel's scheduler takes, and what cannot be read.
UNNOTICED_MS, UNNOTICED_NS, UNNOTICED_BYTES = 1, 1, 100
DEPTHS, YIELDS = (1, 16, 60), 100
SIZES = (0, 1 << 18, 1 << 20, 1 << 22)
LENGTHS_US = (20, 80, 320, 1280, 5120, 20480)


class Figure(collections.namedtuple("Figure", "name unit of least most reason experiment", defaults=(None,))):
    """`of(report, model)` is a value by round; `least` to `most` is the ratio at which the shape is the same."""


class Report:
    """The report of one run."""

    def __init__(self, document):
        self.document = document
        self.blocks = {block["workload"]: block for block in document["workloads"]}

    def cell(self, workload, model):
        return next(cell for cell in self.blocks[workload]["cells"] if cell["model"] == model)

    def samples(self, workload, model):
        """Those that are ok, by round."""
        return {sample["round"]: sample for sample in self.cell(workload, model)["samples"] if sample["status"] == "ok"}

    def missing(self, model):
        """Why there is no figure of this model, or None."""
        cells = [cell for block in self.blocks.values() for cell in block["cells"] if cell["model"] == model]
        return next((cell["reason"] or cell["status"] for cell in cells if cell["status"] != "ok"), None)


def series(report, workloads, model, value):
    """Round → the values of several workloads, of rounds in which all have one."""
    rounds = [report.samples(workload, model) for workload in workloads]
    return {number: [value(samples[number]) for samples in rounds] for number in set.intersection(*map(set, rounds))}


def slope(xs, ys):
    return statistics.linear_regression(xs, ys).slope


def run_ns(sample):
    return sample["run_ns"]


def loop_of(model):
    base = model.partition(":")[0]
    return "sequential" if base in PAIRS else LOOPS.get(base, "python-loop")


def speed_up(report, model):
    loop, own = (report.samples("compute", name) for name in (loop_of(model), model))
    return {number: loop[number]["run_ns"] / own[number]["run_ns"] for number in loop.keys() & own.keys()}


def of_ideal(workload):
    def of(report, model):
        block = report.blocks[workload]
        family = report.cell(workload, model).get("family")
        ideal = (block["families"][family] if family else block)["ideal_ns"]
        return {number: 100 * ideal / sample["wall_ns"] for number, sample in report.samples(workload, model).items()}
    return of


def short_ms(report, workload, model):
    """How long the task beside the hog took, since it arrived."""
    found = {}
    for number, sample in report.samples(workload, model).items():
        short = next(one for one in sample["classes"] if one["name"] == "short")
        found[number] = short["latency_ns"]["max"] / 1e6
    return found


def lateness(report, model):
    return {number: max(UNNOTICED_MS, ms) for number, ms in short_ms(report, "late", model).items()}


def page_time(report, model):
    return {number: ms / PAGES / DEFAULT_INTERVAL_MS for number, ms in short_ms(report, "convoy", model).items()}


def payload_slope(report, model):
    """Both ways together."""
    names = [name for name in report.blocks if name.startswith("payload")]
    tasks = report.blocks[names[0]]["tasks"]
    sizes = [2 * int(name.split()[1]) for name in names]
    return {number: slope(sizes, [ns / tasks for ns in values])
            for number, values in series(report, names, model, run_ns).items()}


def break_even(report, model):
    """Where log time over log length crosses the plain loop's; the shortest or longest length where it does not."""
    names = [name for name in report.blocks if name.startswith("compute")]
    lengths = [int(name.split()[1]) for name in names]
    loops = series(report, names, loop_of(model), run_ns)
    own = series(report, names, model, run_ns)
    return {number: crossing(lengths, [math.log(a / b) for a, b in zip(own[number], loops[number])])
            for number in own.keys() & loops.keys()}


def crossing(lengths, logs):
    """The last length at which the logarithm of (own / loop) falls below 0."""
    for i in range(len(logs) - 1, 0, -1):
        if logs[i - 1] > 0 >= logs[i]:
            share = logs[i - 1] / (logs[i - 1] - logs[i])
            return lengths[i - 1] * (lengths[i] / lengths[i - 1]) ** share
    return lengths[-1] if logs[-1] > 0 else lengths[0]


def yield_times(report, model):
    """Round → ns of a yield at each depth."""
    names = [f"depth:{depth}" for depth in DEPTHS]
    tasks = report.blocks[names[0]]["tasks"]
    return {number: [ns / tasks / YIELDS for ns in values]
            for number, values in series(report, names, model, run_ns).items()}


def depth_slope(report, model):
    return {number: max(UNNOTICED_NS, slope(DEPTHS, times)) for number, times in yield_times(report, model).items()}


def depth_growth(report, model):
    return {number: times[-1] / times[0] for number, times in yield_times(report, model).items()}


def lost(report, model):
    return {number: 100 * sample["updates"]["lost"] / sample["updates"]["expected"]
            for number, sample in report.samples("loss", model).items() if sample["updates"]}


def memory_slope(report, model):
    """Least squares first, then the slopes between neighbours, as if they were rounds."""
    cells = [(block["concurrency"], report.cell(name, model)["memory"]) for name, block in report.blocks.items()]
    lanes, memory = zip(*((lanes, reading["bytes"]) for lanes, reading in cells if reading))
    neighbours = [slope(lanes[i:i + 2], memory[i:i + 2]) for i in range(len(lanes) - 1)]
    slopes = {"all": slope(lanes, memory), **dict(enumerate(neighbours))}
    return {which: max(UNNOTICED_BYTES, value) for which, value in slopes.items()}


INTERPRETER = "what a step costs is the language's own affair, and CPython's are some 70 times slower than C's"
FIGURES = {
    "compute": (
        Figure("computing, against its own loop", "×", speed_up, 0.8, 1.25,
               "how many cores a model can use is what it is there to show"),
        Figure("computing, share of ideal", "%", of_ideal("compute"), 0.7, 1.25,
               "the start of a pool weighs more in Python, where it is imported and pickled")),
    "sleep": (
        Figure("sleeping, share of ideal", "%", of_ideal("sleep"), 0.7, 1.1,
               "an interpreter adds some ten microseconds to each of the sleeps, and a pool's start takes longer"),),
    "http": (
        Figure("fetching, share of ideal", "%", of_ideal("http"), 0.6, 1.15,
               "as for sleeping, and an HTTP client in Python's own language"),),
    "late": (
        Figure("lateness beside a hog", "ms", lateness, 0.6, 1.7,
               "a whole interval, or the whole rest of the hog, is to be seen in both, or nothing in both"),),
    "convoy": (
        Figure("a page beside a hog, in switch intervals", "", page_time, 0.8, 4,
               "CPython's sockets let go of the lock in every call, twice for a page; gil does once for all"),),
    "payload": (
        Figure("payload, by a byte", "ns", payload_slope, 1, 10,
               "Pool pickles, and takes all through one queue and one thread of the parent; processes only copy"),),
    "break-even": (
        Figure("break-even of computing", "µs", break_even, 1, 40,
               "a message of Pool passes two threads of the parent and a lock of processes, in an interpreter"),),
    "depth": (
        Figure("a yield 60 deep, against 1 deep", "×", depth_growth, 0.4, 2.5,
               "whether depth matters, and by about how much, is the shape"),
        Figure("a yield, by a level", "ns", depth_slope, 0.2, 200, INTERPRETER)),
    "loss": (
        Figure("additions lost over a yield", "%", lost, 0.7, 1.4,
               "all that are in flight read the same number, whatever they are written in"),),
    "memory": (
        Figure("memory of one more in flight", "KiB", memory_slope, 0.5, 100,
               "objects of an interpreter are larger than structs, and its threads' stacks touch more pages"),),
}

# Why a shape may differ, by C model, real one and experiment; said where it does.
HEAP_FRAMES = ("CPython 3.11 and later keep Python's frames on the heap: "
               "only the interpreter's own are on the stack that is copied.")
WHY = {
    ("green-copy", "gevent", "depth"): HEAP_FRAMES,
    ("green-copy", "eventlet", "depth"): HEAP_FRAMES,
    ("async", "asyncio", "depth"): "A turn of asyncio's loop costs microseconds, beside which 60 levels weigh less than beside one o"
                                   "f async; by a level, both grow.",
    ("eventloop", "twisted", "depth"): "Each level is a Deferred, chained to the next, and no call that waits.",
    ("eventloop", "node", "depth"): "Each level is a promise, where eventloop has a machine of states.",
}


def workload(name, **members):
    return {"name": name, **members}


def beside_hog(name, steps, hog_ms):
    """One task of these steps, which arrives when another has been computing for INTO_HOG_MS."""
    # A class with a clock of its own arrives at half of it first, after 100 ms; of the other there is one within 260 ms.
    rate = f"{1000 // (100 + INTO_HOG_MS)}/s:constant"
    hog = {"name": "hog", "every": "200ms", "steps": [{"compute": f"{hog_ms}ms"}]}
    return workload(name, rate=rate, duration="260ms", concurrency=4, classes=[{"name": "short", "steps": steps}, hog])


def payload_workload(size, tasks):
    steps = [{"take": str(size)}, {"reply": str(size)}]
    return workload(f"payload {size}", tasks=tasks, concurrency=2, steps=steps)


def waiting(name, step, quick):
    return [workload(name, tasks=40 if quick else 400, concurrency=20, steps=[step])]


def workloads(experiment, quick, models):
    """What goes behind --workload: objects, or words."""
    few = 1 if quick else 10
    # One that came sooner could be there before the thread that computes has woken up to take the lock.
    pages = {"repeat": PAGES, "steps": [{"fetch": "/delay/1ms/bytes/100"}]}
    if experiment == "memory":
        counts = (4, 8, 16) if "processes" in models else (25, 50, 100) if quick else (250, 500, 1000)
        return [workload(f"{n} sleepers", tasks=n, concurrency=n, steps=[{"sleep": "20ms"}]) for n in counts]
    return {
        "compute": lambda: [workload("compute", tasks=4 * few, steps=[{"compute": "10ms"}])],
        "sleep": lambda: waiting("sleep", {"sleep": "10ms"}, quick),
        "http": lambda: waiting("http", {"fetch": "/delay/10ms"}, quick),
        "late": lambda: [beside_hog("late", [], QUICK_HOG_MS if quick else HOG_MS)],
        "convoy": lambda: [beside_hog("convoy", [pages], CONVOY_HOG_MS)],
        "payload": lambda: [payload_workload(size, 4 * few) for size in SIZES],
        "break-even": lambda: [workload(f"compute {us}", tasks=max(4, few * min(100, 40000 // us)),
                                        steps=[{"compute": f"{us}us"}]) for us in LENGTHS_US],
        "depth": lambda: [f"depth:{depth}" for depth in DEPTHS],
        "loss": lambda: [workload("loss", tasks=20, concurrency=10, steps=[
            {"repeat": 10 * few, "steps": [{"load": True}, {"yield": 1}, {"store": True}]}])],
    }[experiment]()


def with_intervals(model):
    """The model at each switch interval."""
    typed = [f"{model}:interval={ms}ms" for ms in INTERVALS_MS]
    typed[INTERVALS_MS.index(DEFAULT_INTERVAL_MS)] = model  # as the report has what is the default
    return typed


ONLY = {  # the C models that an experiment is about; of others all
    "convoy": ("gil",),
    "payload": ("processes",),
    "break-even": ("processes",),
    "depth": (*ONE_CORE, "green-multi"),
    "loss": (*ONE_CORE, "green-multi", "gil"),
}


def compared(experiment, pairs):
    """(C model, real one) as --model has them, of all pairs that the experiment is about."""
    found = []
    for ours in (pair for pair in pairs if pair in ONLY.get(experiment, PAIRS)):
        for real in PAIRS[ours]:
            if real == "asyncio-threads" and experiment != "late":  # it is threads there alone
                continue
            if ours == "gil" and experiment == "late":
                found += zip(with_intervals(ours), with_intervals(real))
            else:
                found.append((ours, real))
    return found


def runs_of(experiment, pairs):
    """The comparisons of each run: one, but that as many processes as sleepers would be too many."""
    found = compared(experiment, pairs)
    if experiment != "memory":
        return [found] if found else []
    parts = [[pair for pair in found if (pair[0] == "processes") == processes] for processes in (False, True)]
    return [part for part in parts if part]

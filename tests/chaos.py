#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Faults at random moments of runs, sweeps and gates: kill -9 and SIGSTOP of whatever takes part, signals, full disks, no
descriptors, no memory, readers and servers that go away. What is right after each stands in FAULTS. CCBENCH names the program.

  --count=N      so many faults [25]; one that came after the end is not counted
  --seed=S       which faults, of what and when [1]: the same N and S draw the same, though moments are never quite the same
  --only=I       fault I of the seed alone
  --faults=A,B   only these kinds
  --save=FOLDER  keeps what ccbench wrote where something was found
  --list         tells of each fault as it is over
  --self-test    shows that each check can fail: a ccbench that does wrong is put in place of the real one

One line for each finding, with what repeats it; the last line is "N faults, M findings", and the status is 1 where there
are any."""

import argparse
import collections
import contextlib
import json
import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from harness import CCBENCH, CELL, HERE, OK, TRIAL, USAGE, Tagged, listed, workloads

PATIENCE_S = 240  # for the end of a run in which something went wrong
GONE_S = 3        # for processes that must not survive
REGRESSION, INCONCLUSIVE = 1, 3
SERVER = os.path.join(HERE, "servers.py")
OTHERS = "Error in GnuTLS initialization: "  # what a library says in ccbench's place where it has no memory
OLD = "what was there before\n"
# ccbench's own, not other runtimes'.
GROUPS = ("One at a time", "Threads", "Processes", "Event loops", "Coroutines and green threads")
MODELS = [name for heading, group in listed("Models").items() if heading in GROUPS for name in group if name != "process-per-task"]
WITH_WORKERS = [name for name in ("processes", "processes-shm", "processes:start=spawn") if name.partition(":")[0] in MODELS]
WORKLOADS = [label.partition(":")[0] for label in workloads()]
FETCHES = "http" in WORKLOADS

NEVER = "^$"
KILLED = r"killed by signal 9 \(Killed\)"
FULL = "No space left on device"


# --- What may be taken for right. Each check returns what is wrong about an outcome, or None.

def documents(done):
    return [document for document in (done.document, done.saved) if document is not None]


def cells_of(document):
    if document.get("kind") == "gate":
        return document["cells"]
    return [cell for block in document["workloads"] for cell in block["cells"]]


def bad_sample(document, cell, words):
    """The reason of a trial that was not ok and should have been; None: there is none. In a gate one of base only spoils its
    pair, where its reason holds `words`."""
    if document.get("kind") == "gate":
        samples = [pair["new"] for pair in cell["pairs"]]
        samples += [pair["base"] for pair in cell["pairs"] if not re.search(words, (pair["base"] or {}).get("reason") or "^")]
    else:
        samples = cell["samples"]
    return next((f"{sample['status']}: {sample['reason']}" for sample in samples if sample and sample["status"] != "ok"), None)


def is_lacking(document, cell, rounds):
    if document.get("kind") == "gate":
        return cell["status"] != "compared" or len(cell["pairs"]) < (document["rule"]["first_look"] or rounds)
    return cell["status"] != "ok" or len(cell["samples"]) != rounds


def wrong_memory(cell, words):
    reason = cell.get("memory_reason")
    return reason is not None and not re.search(words, reason)


def whole(words):
    """Nothing is amiss: the fault came between two trials, or hit one that is not shown. A memory figure may lack for it."""
    def check(done):
        if done.stderr:
            return f"status {done.status}, and on standard error: {done.stderr!r}"
        for document in documents(done):
            for cell in cells_of(document):
                bad = bad_sample(document, cell, words)
                if bad or is_lacking(document, cell, done.case["rounds"]):
                    return f"status {done.status}, but {cell['model']} is {cell['status']}: {bad or cell['reason']}"
                if wrong_memory(cell, words):
                    return f"{cell['model']} has no memory figure: {cell['memory_reason']}"
        return None if documents(done) else f"status {done.status} without a report"
    return check


def failed(words):
    """Cells have failed, each for a reason that holds `words`; the others are whole."""
    def check(done):
        if done.stderr:
            return f"on standard error: {done.stderr!r}"
        for document in documents(done):
            count = 0
            for cell in cells_of(document):
                if cell["status"] == "failed":
                    count += 1
                    if not re.search(words, cell["reason"]):
                        return f"{cell['model']} failed: {cell['reason']}"
                elif is_lacking(document, cell, done.case["rounds"]):
                    return f"{cell['model']} is {cell['status']}: {cell['reason']}"
                elif wrong_memory(cell, words):
                    return f"{cell['model']} has no memory figure: {cell['memory_reason']}"
            if count == 0:
                return "status 4, but no cell has failed"
        return None if documents(done) else "status 4 without a report"
    return check


def told(words):
    """One line on standard error for each thing that went wrong, one of which holds `words`."""
    def check(done):
        lines = [line for line in done.stderr.splitlines() if not line.startswith(OTHERS)]
        if not lines or not all(line.startswith("ccbench: ") for line in lines):
            return f"status {done.status}, and on standard error: {done.stderr!r}"
        return None if any(re.search(words, line) for line in lines) else f"it says {lines}"
    return check


def interrupted(done):
    """What there is is reported, and that it was interrupted; or there is nothing yet."""
    name = signal.Signals(done.number).name
    for document in documents(done):
        if document["interrupted"] != name:
            return f"killed by {name}, and interrupted is {document['interrupted']}"
        for cell in cells_of(document):
            bad = bad_sample(document, cell, NEVER)
            if bad or cell["status"] in ("failed", "wrong"):
                return f"{cell['model']} is {cell['status']}: {bad or cell['reason']}"
    return f"on standard error: {done.stderr!r}" if done.stderr else None


def silent(done):
    """It says nothing; what it had written is another check."""
    return f"on standard error: {done.stderr!r}" if done.stderr else None


def outcomes(**changes):
    """Status → check: the statuses of a run without faults, and those named "on_4" and so on."""
    named = {(-int(name[4:]) if name.startswith("on_m") else int(name[3:])): check for name, check in changes.items()
             if name.startswith("on_")}
    fine = changes.get("fine", whole(NEVER))
    return {OK: fine, REGRESSION: fine, INCONCLUSIVE: fine, **named}


# --- The faults. Each injects itself and returns whether it was in time.

class Case:
    """ccbench under way, in a folder of its own."""

    def __init__(self, case, program=CCBENCH):
        self.case, self.number = case, 0
        self.folder = tempfile.mkdtemp(prefix="ccbench-chaos-")
        self.mounted = []
        self.family = Tagged()
        self.status = self.document = self.saved = None
        self.stderr = ""
        self.hung = False
        self.left = {}
        for name in ("tmp", "out", "std"):
            os.mkdir(os.path.join(self.folder, name))
        for name, size in case["mounts"].items():
            self.mount(name, size)
        if case["old"]:
            with open(self.path("out/run.json"), "w", encoding="utf-8") as file:
                file.write(OLD)
        self.start(program)

    def path(self, name):
        return os.path.join(self.folder, name)

    def mount(self, name, size):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", self.path(name)], check=True)
        self.mounted.append(name)

    def start(self, program):
        self.reader = -1
        if self.case["stdout"] == "pipe":
            self.reader, writer = os.pipe()
        else:
            writer = os.open(self.path(self.case["stdout"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.stderr_file = open(self.path("stderr"), "w+", encoding="utf-8")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [program, *(word.replace("OUT", self.path("out")) for word in self.case["arguments"])], stdin=subprocess.DEVNULL,
            stdout=writer, stderr=self.stderr_file, start_new_session=True,
            env=self.family.environment(TMPDIR=self.path("tmp"), CHAOS_OUT=self.path("out"), CHAOS_DO=self.case.get("do", "")))
        os.close(writer)
        self.began = time.monotonic()

    def over(self):
        return self.process.poll() is not None

    def children(self, pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
                return [int(word) for word in file.read().split()]
        return []

    @staticmethod
    def words(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read().replace(b"\0", b" ").decode(errors="replace").strip()
        return ""

    def find(self, what):
        """Pids of what takes part: "ccbench", "trial", "worker", "origin" or "server"."""
        own = self.process.pid
        if what == "ccbench":
            return [own]
        children = self.children(own)
        if what == "origin":
            return [pid for pid in children if name_of(pid) == "ccbench-origin"]
        if what == "server":
            # As a word of its own: whatever has just been forked is called as ccbench still, "--server=..." and all.
            return [pid for pid in children if SERVER in self.words(pid).split()]
        found = [pid for pid in children if TRIAL.search(self.words(pid)) and name_of(pid) != "ccbench-origin"]
        return found if what == "trial" else [worker for pid in found for worker in self.children(pid)]

    def wait_for(self, what):
        """One of them; None: the end came first."""
        while not self.over() and time.monotonic() < self.began + PATIENCE_S:
            found = self.find(what)
            if found:
                return found[int(self.case["which"] * len(found))]
            time.sleep(0.001)
        return None

    def wait_for_moment(self):
        """The moment that was drawn: so many trials have begun, and so long ago. False: the end came first."""
        seen = set()
        while len(seen) < self.case["trials"] and not self.over():
            seen.update(self.find("trial"))
            time.sleep(0.001)
        deadline = time.monotonic() + self.case["delay_s"]
        while time.monotonic() < deadline and not self.over():
            time.sleep(0.001)
        return not self.over()

    def end(self):
        """Waits for the end, and gathers what came of it."""
        try:
            self.status = self.process.wait(max(1, self.began + PATIENCE_S - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.hung = True
            self.left = self.family.processes()
        else:
            self.left = self.remaining()
        self.family.kill()
        self.process.kill()
        self.process.wait()
        if self.reader >= 0:
            os.close(self.reader)
        self.stderr_file.seek(0)
        self.stderr = self.stderr_file.read()
        self.stderr_file.close()
        self.document = self.parse(self.case["stdout"]) if self.case["stdout"] != "pipe" else None
        self.saved = self.parse("out/run.json")

    def remaining(self):
        deadline = time.monotonic() + GONE_S
        while time.monotonic() < deadline and self.family.processes():
            time.sleep(0.02)
        return self.family.processes()

    def parse(self, name):
        """The document in that file; None: it holds none, as check_files() says."""
        with contextlib.suppress(OSError, ValueError):
            with open(self.path(name), encoding="utf-8") as file:
                return json.load(file)
        return None

    def close(self):
        for name in self.mounted:
            subprocess.run(["umount", self.path(name)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def name_of(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    return ""


def killing(what):
    def inject(case):
        pid = case.wait_for(what)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False
    return inject


def stopping(what, for_good):
    """SIGSTOP; SIGCONT after `hold_s`, or never."""
    def inject(case):
        pid = case.wait_for(what)
        try:
            if pid is None:
                return False
            os.kill(pid, signal.SIGSTOP)
            if not for_good:
                time.sleep(case.case["hold_s"])
                os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return False
        return True
    return inject


def signalling(number, group=False):
    def inject(case):
        case.number = number
        with contextlib.suppress(ProcessLookupError):
            if not case.over():
                (os.killpg if group else os.kill)(case.process.pid, number)
                return True
        return False
    return inject


def filling(name):
    """Fills the file system that was mounted there."""
    def inject(case):
        with open(case.path(f"{name}/filling"), "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size) == size:
                        pass
        return not case.over()
    return inject


def limiting(what, limit, value):
    """`value`: of the case → of the limit."""
    def inject(case):
        pid = case.wait_for(what)
        try:
            if pid is None:
                return False
            bound = value(case.case, pid)
            resource.prlimit(pid, limit, (bound, bound))
        except (ProcessLookupError, OSError):
            return False
        return True
    return inject


def memory_of(pid):
    with open(f"/proc/{pid}/statm", encoding="utf-8") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def leaving(case):
    """The reader of standard output goes away."""
    os.close(case.reader)
    case.reader = -1
    return not case.over()


def doing_nothing(case):
    return True


DESCRIPTORS = r"[Tt]oo many open files|nofile \d+|shared object file: Error 24"
IN_TRIAL = rf"{DESCRIPTORS}|killed by signal 6 \(Aborted\)"  # by libuv, where it has no descriptors for a pipe of its own
MEMORY = (r"[Oo]ut of memory|[Cc]annot allocate|Cannot allocate memory|Resource temporarily unavailable|"
          r"killed by signal (6 \(Aborted\)|11 \(Segmentation fault\)|9 \(Killed\))|error while loading shared libraries|failed to map segment")
TIMED_OUT = r"timed out after 3 s"
NO_ANSWER = "the server accepted no connection on .* within 3 s"
STOPPED = ("--timeout=3s",)
WORKER = rf"worker \d+ of \d+ was {KILLED}|the trial was {KILLED}"
SERVER_KILLED = rf"the server was {KILLED}"

# What is needed: "fetches", "server", "workers", "file"; "root": to mount. `right`: status → check; no other status is right.
Fault = collections.namedtuple("Fault", "inject right needs more stdout mounts", defaults=((), (), "stdout", {}))
FAULTS = {
    "nothing": Fault(doing_nothing, outcomes()),
    # One trial dies; a cell whose memory trial it was lacks only that figure.
    "kill trial": Fault(killing("trial"), outcomes(fine=whole(KILLED), on_4=failed(f"the trial was {KILLED}"),
                                                   on_2=told(KILLED))),
    "kill worker": Fault(killing("worker"), outcomes(fine=whole(WORKER), on_4=failed(WORKER), on_2=told(WORKER)),
                         ("workers",)),
    "kill origin": Fault(killing("origin"), outcomes(fine=whole("ccbench's server"), on_4=failed(f"ccbench's server was {KILLED}"),
                                                     on_2=told(f"ccbench's server was {KILLED}")), ("fetches",)),
    "kill server": Fault(killing("server"), outcomes(fine=whole(SERVER_KILLED), on_4=failed(SERVER_KILLED),
                                                     on_2=told(SERVER_KILLED)), ("server",)),
    "server dies": Fault(doing_nothing, {CELL: failed("the server (ended with status 7|was killed by signal (9|11))"),
                                         USAGE: told("the server (ended with status 7|was killed by signal (9|11))")},
                         ("server", "dying")),
    "kill ccbench": Fault(killing("ccbench"), {-signal.SIGKILL: silent}),
    # Time goes by, and that is all.
    **{f"pause {what}": Fault(stopping(what, False), outcomes(), needs) for what, needs in (
        ("trial", ()), ("worker", ("workers",)), ("origin", ("fetches",)), ("server", ("server",)), ("ccbench", ()))},
    "stop trial": Fault(stopping("trial", True), outcomes(fine=whole(TIMED_OUT), on_4=failed(TIMED_OUT), on_2=told(TIMED_OUT)),
                        (), STOPPED),
    "stop worker": Fault(stopping("worker", True), outcomes(fine=whole(TIMED_OUT), on_4=failed(TIMED_OUT), on_2=told(TIMED_OUT)),
                         ("workers",), STOPPED),
    "stop origin": Fault(stopping("origin", True), outcomes(fine=whole(TIMED_OUT), on_4=failed(TIMED_OUT), on_2=told(TIMED_OUT)),
                         ("fetches",), STOPPED),
    "stop server": Fault(stopping("server", True), outcomes(
        fine=whole(f"{TIMED_OUT}|{NO_ANSWER}"), on_4=failed(f"{TIMED_OUT}|{NO_ANSWER}"), on_2=told(f"{TIMED_OUT}|{NO_ANSWER}")), ("server",),
                         STOPPED),
    # Before there is anything to clean up after, a signal may do what it does to any program.
    **{f"{number.name}": Fault(signalling(number), outcomes(**{f"on_{128 + number}": interrupted, f"on_m{number}": silent}))
       for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)},
    "Ctrl-C": Fault(signalling(signal.SIGINT, True), outcomes(on_130=interrupted, on_m2=silent)),
    "full output": Fault(filling("out"), outcomes(on_2=told(f"cannot write '.*': {FULL}")), ("root",), (), "stdout", {"out": "512k"}),
    "full stdout": Fault(filling("std"), outcomes(on_2=told(f"cannot write to standard output: {FULL}")), ("root",), (),
                         "std/stdout", {"std": "512k"}),
    "full TMPDIR": Fault(filling("tmp"), outcomes(on_2=told(rf"has .* left, expected 1 MiB|{FULL}"), on_4=failed(FULL)),
                         ("root", "file"), (), "stdout", {"tmp": "2m"}),
    "file size": Fault(limiting("ccbench", resource.RLIMIT_FSIZE, lambda case, pid: 4096),
                       outcomes(on_2=told("File too large"), on_4=failed("File too large"))),
    "no descriptors": Fault(limiting("ccbench", resource.RLIMIT_NOFILE, lambda case, pid: case["descriptors"]),
                            outcomes(fine=whole(DESCRIPTORS), on_2=told(DESCRIPTORS), on_4=failed(DESCRIPTORS))),
    "trial without descriptors": Fault(limiting("trial", resource.RLIMIT_NOFILE, lambda case, pid: case["descriptors"]),
                                       outcomes(fine=whole(IN_TRIAL), on_2=told(IN_TRIAL), on_4=failed(IN_TRIAL))),
    "no memory": Fault(limiting("ccbench", resource.RLIMIT_AS, lambda case, pid: memory_of(pid) + case["memory"]),
                       # Where not even the stack can grow, the kernel ends it.
                       outcomes(fine=whole(MEMORY), on_2=told(MEMORY), on_4=failed(MEMORY), on_m11=silent)),
    "trial without memory": Fault(limiting("trial", resource.RLIMIT_AS, lambda case, pid: memory_of(pid) + case["memory"]),
                                  outcomes(fine=whole(MEMORY), on_2=told(MEMORY), on_4=failed(MEMORY))),
    "reader leaves": Fault(leaving, outcomes(fine=silent, on_141=silent), (), (), "pipe"),
}


# --- Checks of what may not exist afterwards, whatever the status.

def check_files(done):
    """Neither drafts nor half-written files, neither beside the output nor in TMPDIR."""
    allowed = {"run.json", "run.md", *(["filling"] if "out" in done.mounted else [])}
    names = set(os.listdir(done.path("out")))
    if names - allowed:
        return f"left beside the output: {sorted(names - allowed)}"
    names = set(os.listdir(done.path("tmp"))) - ({"filling"} if "tmp" in done.mounted else set())
    if names:
        return f"left in TMPDIR: {sorted(names)}"
    names = [name for name in os.listdir("/dev/shm") if "ccbench" in name]
    if names:
        return f"left in /dev/shm: {names}"
    return check_saved(done)


def check_saved(done):
    """A report is whole, or what was there before."""
    with contextlib.suppress(FileNotFoundError):
        with open(done.path("out/run.json"), encoding="utf-8") as file:
            text = file.read()
        if done.saved is None and not (done.case["old"] and text == OLD):
            return f"half-written: run.json has {len(text)} bytes, the last of them {text[-40:]!r}"
    with contextlib.suppress(FileNotFoundError):
        with open(done.path("out/run.md"), encoding="utf-8") as file:
            text = file.read()
        if not text.endswith("\n"):
            return f"half-written: run.md ends in {text[-40:]!r}"
    return None


def check_status(done):
    """What the reports say of the status; and that they were all written, where nothing says otherwise."""
    ended = done.status not in (USAGE, 141) and done.status >= 0
    for document in documents(done):
        if ended and document["status"] != done.status:
            return f"status {done.status}, by the report {document['status']}"
    if ended and done.saved is None and (done.status < 128 or done.document is not None):
        return f"status {done.status}, and no report was saved"
    if done.saved is not None and done.document is not None and done.saved != done.document:
        return "what was saved is not what was printed"
    return None


RULES = ("hang", "left", "files", "status", "report", "right")


def judge(done):
    """(rule, words) of all that is not right."""
    if done.hung:
        return [("hang", f"not over after {PATIENCE_S} s: {done.left}")]
    right = FAULTS[done.case["fault"]].right
    found = [("left", f"processes are left: {done.left}" if done.left else None), ("files", check_files(done)),
             ("status", None if done.status in right else f"{done.status}, expected one of {sorted(right)}: {done.stderr[-300:]!r}"),
             ("report", check_status(done)), ("right", right[done.status](done) if done.status in right else None)]
    return [(rule, words) for rule, words in found if words]


# --- Drawing.

def draw_workload(rng, needs):
    if "file" in needs:
        return "file:16k"
    if {"fetches", "server"} & set(needs):
        return "http:10ms"
    return rng.choice(["sleep:20ms", "fib:16", "file:16k", "payload:64k", "switch", "noop"] + ["http:10ms"] * 2 * FETCHES)


def draw_command(rng, needs, seed):
    """(arguments, rounds, kind)."""
    kind = rng.choice(("run", "run", "sweep", "gate"))
    chosen = rng.sample(MODELS, 2 if kind == "run" else 1)
    if "workers" in needs:
        chosen[0] = rng.choice(WITH_WORKERS)
    arguments = ["-q", "-m", ",".join(chosen), f"--seed={seed}", "--format=json", "-o", "OUT/run.json", "-o", "OUT/run.md"]
    if "server" not in needs:
        arguments += ["-w", draw_workload(rng, needs)]
    rounds = 7 if kind == "gate" else 2
    if kind == "gate":
        arguments = ["gate", *arguments, f"--base={CCBENCH}", f"--new={CCBENCH}", "--repeat=1"]
    arguments += ["-r", str(rounds), "-n", "8" if kind == "gate" else "16,24" if kind == "sweep" else "16", "-c", "4"]
    if "server" in needs:
        mode = f"crash {{port}} {rng.randrange(1, 8)} {rng.choice((7, -9, -11))}" if "dying" in needs else "plain {port}"
        arguments.append(f"--server={SERVER} {mode}")
    return arguments, rounds, kind


def draw(seed, number, kinds):
    rng = random.Random(f"{seed}/{number}")
    name = rng.choice(kinds)
    fault = FAULTS[name]
    arguments, rounds, kind = draw_command(rng, fault.needs, rng.randrange(1, 1000))
    return {"fault": name, "arguments": [*arguments, *fault.more], "rounds": rounds, "kind": kind, "which": rng.random(),
            "trials": rng.choice((0, 1, 2, 3, 5, 8, rng.randrange(1, 12))), "delay_s": rng.choice((0, rng.random() / 50, rng.random() / 5)),
            "hold_s": rng.choice((0.01, rng.random())), "descriptors": rng.choice((0, 3, 4, 5, 6, rng.randrange(3, 16))),
            "memory": rng.choice((0, 0, 1 << 16, 1 << 20, 1 << 22)), "old": rng.random() < 0.5,
            "stdout": fault.stdout, "mounts": fault.mounts}


def can_mount():
    if os.getuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], check=False, capture_output=True)
        return tried.returncode == 0 and subprocess.run(["umount", folder], check=False).returncode == 0


def possible():
    """The kinds of fault that can be tried here."""
    lacking = set() if can_mount() else {"root"}
    lacking |= set() if FETCHES else {"fetches", "server"}
    lacking |= set() if WITH_WORKERS else {"workers"}
    return [name for name, fault in FAULTS.items() if name != "nothing" and not lacking & set(fault.needs)]


def attempt(case, program=CCBENCH):
    """(what came of it, findings); findings are None where the fault came too late."""
    done = Case(case, program)
    try:
        early = FAULTS[case["fault"]].inject is doing_nothing or done.wait_for_moment()
        early = early and FAULTS[case["fault"]].inject(done)
        done.end()
        return done, judge(done) if early or done.hung else None
    finally:
        done.family.kill()


def describe(case):
    return f"{case['fault']}, {case['kind']} after {case['trials']} trials and {case['delay_s'] * 1000:.0f} ms"


def keep(folder, name, done, found):
    target = os.path.join(folder, name)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(done.folder, target, ignore=shutil.ignore_patterns("filling"))
    with open(os.path.join(target, "case.json"), "w", encoding="utf-8") as file:
        json.dump({"case": done.case, "status": done.status, "found": found}, file, indent=1)


def hunt(options, kinds):
    faults = findings = 0
    number = -1
    while faults < options.count:
        number = options.only if options.only is not None else number + 1
        case = draw(options.seed, number, kinds)
        done, found = attempt(case)
        try:
            if found and options.save:
                keep(options.save, f"seed{options.seed}-{number}", done, found)
        finally:
            done.close()
        faults += found is not None
        findings += bool(found)
        if options.list:
            print(f"{number}: {describe(case)}: " + ("too late" if found is None else f"status {done.status}"), flush=True)
        for rule, words in found or []:
            print(f"--seed={options.seed} --only={number} ({describe(case)}): {rule}: {words}", flush=True)
        if options.only is not None:
            break
    print(f"{faults} faults, {findings} findings")
    return 1 if findings else 0


# --- The self-test: a program that runs ccbench, and then does wrong.

WRONG = """#!/usr/bin/python3
import glob, os, subprocess, sys, time
ran = subprocess.run([%r, *sys.argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
do, out, status = os.environ["CHAOS_DO"], os.environ["CHAOS_OUT"], ran.returncode
if do == "process":
    subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                     start_new_session=True)
elif do == "temporary":
    open(os.environ["TMPDIR"] + "/ccbench-XXXXXX", "w").close()
elif do == "draft":
    open(out + "/run.json.aBcDeF", "w").close()
elif do == "half":
    os.truncate(out + "/run.json", 1000)
elif do == "half old":
    os.truncate(out + "/run.json", 3)
elif do == "half text":
    os.truncate(out + "/run.md", 100)
elif do == "unsaved":
    os.unlink(out + "/run.json")
elif do == "other":
    text = open(out + "/run.json").read()
    open(out + "/run.json", "w").write(text.replace('"seed":', '"sown":', 1))
elif do == "zero":
    status = 0
elif do == "mute":
    ran.stderr = ""
elif do == "vague":
    ran.stderr = "ccbench: something is wrong\\n"
elif do == "chatty":
    ran.stderr = "warning: all is well\\n"
elif do == "crash":
    status = 70
elif do == "unreported":
    ran.stdout = ""
    os.unlink(out + "/run.json")
elif do == "uneasy":
    ran.stdout = ran.stdout.replace("was killed by", "was not quite", 1).replace("ended with", "went about", 1)
elif do == "hang":
    time.sleep(600)
sys.stdout.write(ran.stdout)
sys.stdout.flush()
sys.stderr.write(ran.stderr)
sys.exit(status)
"""

# What is done wrong, under which fault, and the rules that must find it.
WRONGS = (
    ("", "nothing", set()),
    ("process", "nothing", {"left"}),
    ("temporary", "nothing", {"files"}),
    ("draft", "nothing", {"files"}),
    ("half", "nothing", {"files", "report"}),
    ("half text", "nothing", {"files"}),
    ("unsaved", "nothing", {"report"}),
    ("other", "nothing", {"report"}),
    ("chatty", "nothing", {"right"}),
    ("crash", "nothing", {"status", "report"}),
    ("unreported", "nothing", {"report", "right"}),
    ("hang", "nothing", {"hang"}),
    ("", "full output", set()),
    ("zero", "full output", {"report", "right"}),
    ("mute", "full output", {"right"}),
    ("vague", "full output", {"right"}),
    ("half old", "full output", {"files"}),
    ("", "server dies", set()),
    ("zero", "server dies", {"report", "status"}),
    ("uneasy", "server dies", {"report", "right"}),
)


def self_test(kinds):
    global PATIENCE_S  # pylint: disable=global-statement
    faults = tried = 0
    seen = set()
    patience_s = PATIENCE_S
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "ccbench")
        with open(program, "w", encoding="utf-8") as file:
            file.write(WRONG % CCBENCH)
        os.chmod(program, stat.S_IRWXU)
        for number, (do, fault, expected) in enumerate(WRONGS):
            if fault not in (*kinds, "nothing"):
                continue
            case = dict(draw(1, number, [fault]), do=do, old=do != "half", trials=0, delay_s=0)
            PATIENCE_S = 20 if do == "hang" else patience_s
            done, found = attempt(case, program)
            done.close()
            rules = {rule for rule, _ in found or []}
            seen |= rules
            tried += 1
            if rules != expected:
                print(f"'{do}' under '{fault}' breaks {sorted(expected)}, but found were {found}")
                faults += 1
    if set(RULES) - seen:
        print(f"never broken: {sorted(set(RULES) - seen)}")
        faults += 1
    print(f"{tried} ways to be wrong, {faults} faults")
    return faults


def main():
    parser = argparse.ArgumentParser(usage="see the head of this file")
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--faults")
    parser.add_argument("--save")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    kinds = possible()
    if options.self_test:
        return 1 if self_test(kinds) else 0
    if options.faults:
        kinds = options.faults.split(",")
    if options.save:
        os.makedirs(options.save, exist_ok=True)
    return hunt(options, kinds)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random trials and runs under every model, each held to an oracle of its own (trial_oracle.py), which shares nothing with
ccbench but docs/trial-protocol.md. CCBENCH names the program.

  --seed=N        which cases are drawn [1]: the same N, models and kind of build, the same cases
  --trials=N      so many cases
  --seconds=S     as many as there is time for [10, unless --trials]
  --jobs=J        so many at once [the number of CPUs]
  --models=A,B    only these [all that were built]
  --runs=SHARE    how many cases are whole runs rather than trials by hand [0.006]
  --save=FOLDER   stores what fails there, as JSON, made as small as 20 s allow
  --replay=FILE   repeats what was stored (--trials times [1]) instead
  --with-known    also draws what ccbench is known to get wrong (KNOWN in trial_cases.py)
  --print=N       only shows case N of the seed
  --self-test     only shows that each rule of the oracle can be broken: real outcomes are doctored

One line for each finding; the last line is "N trials, M findings", and the status is 1 where there are any."""

import argparse
import copy
import json
import os
import select
import signal
import sys
import time

from harness import SANITIZER, listed, models, run
from trial_cases import KNOWN, Drawer, smaller
from trial_drive import Driver, prctl, start_origin, PR_SET_PDEATHSIG
from trial_oracle import MS, RULES, Walk, judge, judge_run

SHRINK_S = 20       # for making one case smaller
SHRINK_MOST = 5     # cases of a job that are made smaller; more of them are seldom of another kind
SHRINK_TRIES = 4    # before one that does not fail is taken for one that cannot


def findings_of(case, done):
    return (judge if case["kind"] == "trial" else judge_run)(case, done)


def attempt(driver, case):
    return findings_of(case, driver.carry(case))


def settle(case):
    """A case made smaller may have lost the step by which a class was to fail."""
    for kind in case.get("document", {}).get("classes", []):
        if "expect" in kind and not Walk(kind["steps"]).fails:
            del kind["expect"]
    return case


def shrink(driver, case, rules):
    """A smaller case that breaks one of the same rules."""
    deadline, patience = time.monotonic() + SHRINK_S, driver.patience_s
    # What is made smaller may be without the timeout that ended its fetches.
    driver.patience_s = min(patience, 5 if "hang" in rules else SHRINK_S)
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        for other in map(settle, smaller(case)):
            if time.monotonic() > deadline:
                break
            if any(rules & {rule for rule, _ in attempt(driver, other)} for _ in range(SHRINK_TRIES)):
                case, progress = other, True
                break
    driver.patience_s = patience
    return case


class Job:
    """A process that carries out each J-th case, and tells of them in lines on a pipe."""

    def __init__(self, options, drawer, index, port, tls):
        self.options, self.drawer, self.index, self.port, self.tls = options, drawer, index, port, tls
        self.reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid != 0:
            os.close(writer)
            return
        status = 1
        try:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
            self.writer = writer
            self.work()
            status = 0
        except (KeyboardInterrupt, SystemExit):
            pass
        except BaseException: # pylint: disable=broad-except # said by the traceback, and by the status
            import traceback
            traceback.print_exc()
        finally:
            os._exit(status)

    def tell(self, **what):
        os.write(self.writer, (json.dumps(what) + "\n").encode())

    def cases(self):
        """(number, case)."""
        if self.options.replay:
            with open(self.options.replay, encoding="utf-8") as file:
                stored = json.load(file)
            for number in range(self.index, self.options.trials, self.options.jobs):
                yield number, stored["case"]
            return
        number = self.index
        while self.options.trials is None or number < self.options.trials:
            yield number, self.drawer.draw(number)
            number += self.options.jobs

    def work(self):
        driver = Driver(self.port, 240 if SANITIZER else 120, self.tls)
        deadline = time.monotonic() + (self.options.seconds or 1e9)
        shrunk = 0
        try:
            for number, case in self.cases():
                if time.monotonic() > deadline:
                    break
                found = attempt(driver, case)
                if found and self.options.save and not self.options.replay:
                    small = case
                    if shrunk < SHRINK_MOST:
                        small, shrunk = shrink(driver, case, {rule for rule, _ in found}), shrunk + 1
                    self.save(number, case, small, found)
                self.tell(number=number, what=case["plan"]["model"] if "plan" in case else ",".join(case["models"]),
                          runs=int(case["kind"] == "run"), found=found)
        finally:
            driver.close()

    def save(self, number, case, small, found):
        path = os.path.join(self.options.save, f"seed{self.options.seed}-{number}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"seed": self.options.seed, "number": number, "sanitizer": SANITIZER, "found": found, "case": small,
                       "drawn": case}, file, indent=1)


def hunt(options, drawer):
    """(trials, runs, findings, broken jobs), with a line printed for each finding."""
    origins = [start_origin("tls" in drawer.options) if drawer.can_fetch else (0, None, None) for _ in range(options.jobs)]
    jobs = [Job(options, drawer, index, *where) for index, (_, *where) in enumerate(origins)]
    waiting, rests, trials, runs, findings = {job.reader for job in jobs}, {}, 0, 0, 0
    while waiting:
        for fd in select.select(list(waiting), [], [])[0]:
            data = os.read(fd, 65536)
            if not data:
                waiting.discard(fd)
            *lines, rests[fd] = (rests.get(fd, b"") + data).split(b"\n")
            for line in map(json.loads, lines):
                trials, runs = trials + 1, runs + line["runs"]
                findings += bool(line["found"])
                if line["found"]:
                    print(f"case {line['number']} ({line['what']}): "
                          + "; ".join(f"{rule}: {words}" for rule, words in line["found"][:3]), flush=True)
    broken = sum(os.waitpid(job.pid, 0)[1] != 0 for job in jobs)
    for pid, *_ in origins:
        if pid:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
    return trials, runs, findings, broken


# Real outcomes, doctored so that one rule is broken each.

def base_plan(model, tasks, lanes, classes, **more):
    return {"protocol": 1, "model": model, "tasks": tasks, "lanes": lanes, "cores": 2, "seed": 1,
            "classes": [{"name": str(i), "weight": 1, "steps": steps} for i, steps in enumerate(classes)], **more}


def base_case(plan, arrivals=None, file=None):
    kinds = len(plan["classes"])
    return {"kind": "trial", "cpus": 2, "file": file, "plan": plan,
            "slots": [[arrivals[i] if arrivals else 0, i % kinds] for i in range(plan["tasks"])]}


UPDATE = [{"load": True}, {"store": True}]
LOCKED = [{"lock": True}, *UPDATE, {"sleep": "1ms"}, {"unlock": True}]
BASES = {
    "closed": base_case(base_plan("threads", 6, 2, [[{"sleep": "1ms"}, {"compute": 10}], [{"compute": "20us"}]])),
    "open": base_case(base_plan("eventloop", 6, 2, [[{"sleep": "1ms"}]], rate_per_s=1000), [i * MS for i in range(6)]),
    "locked": base_case(base_plan("threads", 6, 3, [LOCKED])),
    "racing": base_case(base_plan("threads", 6, 3, [UPDATE])),
    "memory": base_case(base_plan("threads", 6, 2, [[{"sleep": "5ms"}]], memory=True)),
    "failing": base_case(base_plan("threads", 6, 2, [[{"read": "1b"}], []]), file="folder"),
    "refused": base_case(base_plan("processes", 2, 2, [UPDATE])),
    "fetching freshly": base_case(base_plan("threads", 6, 2, [[{"fetch": "/bytes/100", "fresh": True}, {"fetch": "/bytes/7"}]])),
    "fetching": base_case(base_plan("threads", 6, 2, [[{"fetch": "/bytes/100"}], [{"fetch": "/status/503"}]])),
    "run": {"kind": "run", "cpus": 2, "models": ["sequential", "threads", "processes"], "rounds": 1, "seed": 1,
            "document": {"name": "doctored", "tasks": 6, "concurrency": 2, "classes": [
                {"name": "a", "weight": 2, "steps": [{"sleep": "1ms"}, {"add": 1}]},
                {"name": "b", "weight": 1, "steps": [{"add": 2}]}]}},
    "run of sleeps": {"kind": "run", "cpus": 2, "models": ["threads"], "rounds": 1, "seed": 1, "document": {
        "name": "doctored", "tasks": 6, "concurrency": 2, "classes": [{"name": "a", "weight": 1, "steps": [{"sleep": "1ms"}]}]}},
    "run that fetches": {"kind": "run", "cpus": 2, "models": ["threads"], "rounds": 1, "seed": 1, "document": {
        "name": "doctored", "tasks": 6, "concurrency": 2, "classes": [
            {"name": "a", "weight": 2, "steps": [{"fetch": "/bytes/5"}]},
            {"name": "b", "weight": 1, "expect": "failure", "steps": [{"fetch": "/status/503"}]}]}},
}


def slot(index, **changes):
    """Changes a slot: to a value, or by a function of it."""
    def change(done):
        old = done.slots[index]
        done.slots[index] = old._replace(**{name: value(old) if callable(value) else value for name, value in changes.items()})
    return change


def result(**changes):
    def change(done):
        message = json.loads(done.lines[-1])
        for name, value in changes.items():
            if value is None:
                del message["result"][name]
            else:
                message["result"][name] = value(message["result"]) if callable(value) else value
        done.lines[-1] = json.dumps(message)
    return change


def set_(**changes):
    def change(done):
        for name, value in changes.items():
            setattr(done, name, value(done) if callable(value) else value)
    return change


def report(change_cell):
    """Changes the cell of threads."""
    def change(done):
        text = json.loads(done.output)
        change_cell(next(cell for cell in text["workloads"][0]["cells"] if cell["model"] == "threads"))
        done.output = json.dumps(text)
    return change


def sample(path, value):
    """Changes what is there in the sample: to a value, or by a function of it."""
    def change(cell):
        *way, last = path.split("/")
        at = cell["samples"][0]
        for name in way:
            at = at[int(name)] if isinstance(at, list) else at[name]
        at[last] = value(at[last]) if callable(value) else value
    return report(change)


def crowd(done):
    first = done.slots[0]
    done.slots = [s._replace(arrival_ns=first.arrival_ns, begin_ns=first.begin_ns, end_ns=done.slots[-1].end_ns)
                  for s in done.slots]


def hurry(done):
    start = int(json.loads(done.lines[-1])["result"]["run_start_ns"])
    slot(5, begin_ns=lambda s: start + s.arrival_ns - 1)(done)


DOCTORS = [
    ("hang", "closed", set_(hung=True)),
    ("exit", "closed", set_(status=1)),
    ("exit", "closed", set_(status=-11)),
    ("messages", "closed", set_(lines=lambda done: ["rubbish", *done.lines])),
    ("messages", "closed", set_(lines=[])),
    ("error", "closed", set_(lines=['{"error":"no"}'])),
    ("error", "closed", result(error="a worker died")),
    ("refusal", "refused", set_(lines=['{"error":"no","speaks":1}'])),
    ("refusal", "refused", set_(status=0)),
    ("figures", "closed", result(run_ns=None)),
    ("figures", "closed", result(cpu_ns=-1)),
    ("printed", "closed", set_(printed="ERROR: AddressSanitizer")),
    ("left", "closed", set_(left=[[1234, "ccbench"]])),
    ("tasks", "closed", slot(3, begin_ns=0, end_ns=0)),
    ("tasks", "closed", slot(3, end_ns=0)),
    ("tasks", "closed", slot(3, end_ns=lambda s: s.begin_ns - 1)),
    ("class", "closed", slot(0, class_index=1)),
    ("status", "closed", slot(0, status=1005)),
    ("status", "failing", slot(0, status=0)),
    ("status", "failing", slot(0, status=1005)),
    ("check", "closed", slot(0, check=lambda s: s.check + 1)),
    ("check", "fetching", slot(0, check=99)),
    ("same", "closed", slot(1, check=lambda s: s.check + 1)),
    ("short", "closed", slot(0, end_ns=lambda s: s.begin_ns + MS - 1)),
    ("in flight", "closed", crowd),
    ("in flight", "memory", result(in_flight=3)),
    ("arrival", "closed", slot(4, arrival_ns=0)),
    ("arrival", "closed", slot(4, arrival_ns=lambda s: s.begin_ns + 1)),
    ("arrival", "open", slot(5, arrival_ns=lambda s: s.arrival_ns - 1)),
    ("arrival", "open", hurry),
    ("phase", "closed", result(run_ns=lambda r: r["run_ns"] // 1000)),
    ("phase", "closed", result(run_start_ns=lambda r: r["run_start_ns"] + 1000 * MS)),
    ("phase", "closed", slot(5, end_ns=lambda s: s.end_ns + 1000 * MS)),
    ("lock", "locked", result(run_ns=6 * MS - 1)),
    ("counter", "locked", result(counter=5)),
    ("counter", "locked", result(counter=None)),
    ("counter", "racing", result(counter=7)),
    ("counter", "racing", result(counter=0)),
    ("requests", "fetching", set_(requests=5)),
    ("requests", "fetching", set_(requests=7)),
    ("bytes", "fetching", set_(bytes=0)),
    ("connections", "fetching", set_(connections=3)),
    ("connections", "fetching freshly", set_(connections=5)),
    ("connections", "fetching freshly", set_(connections=9)),
    ("marks", "memory", set_(lines=lambda done: done.lines[1:])),
    ("marks", "memory", set_(lines=lambda done: [done.lines[1], *done.lines])),
    ("marks", "closed", set_(lines=lambda done: ['{"mark":"peak"}', *done.lines])),
    ("run: hang", "run", set_(hung=True)),
    ("run: left", "run", set_(left=[[1234, "ccbench"]])),
    ("run: exit", "run", set_(status=4)),
    ("run: report", "run", set_(output="")),
    ("run: report", "run", lambda done: set_(output=done.output.replace('"processes"', '"async"'))(done)),
    ("run: cell", "run", report(lambda cell: cell.update(status="failed", reason="no"))),
    ("run: cell", "run", report(lambda cell: cell.update(samples=[]))),
    ("run: sample", "run", sample("status", "wrong")),
    ("run: tasks", "run", sample("classes/0/tasks", 6)),
    ("run: failed", "run that fetches", sample("classes/1/failed_as_expected", 1)),
    ("run: failed", "run", sample("failures", {"HTTP 503": 1})),
    ("run: in flight", "run", sample("in_flight", 3)),
    ("run: updates", "run", sample("updates/lost", 1)),
    ("run: updates", "run", sample("updates", None)),
    ("run: requests", "run that fetches", sample("origin/requests", 5)),
    ("run: times", "run", sample("classes/0/service_ns/p50", MS - 1)),
    ("run: times", "run", sample("wall_ns", 1)),
    ("run: ideal", "run of sleeps", report(lambda cell: cell["summary"]["of_ideal"].update(median=1.2))),
]


def self_test(can_fetch, known_models):
    """How many doctored outcomes went unnoticed, or were noticed undoctored."""
    origin_pid, port, _ = start_origin() if can_fetch else (0, None, None)
    pid = os.fork() # the driver wants to have no children
    if pid == 0:
        driver, faults = Driver(port), 1
        try:
            faults = self_test_by(driver, known_models, can_fetch)
        finally:
            driver.close()
        os._exit(min(faults, 100))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if origin_pid:
        os.kill(origin_pid, signal.SIGTERM)
        os.waitpid(origin_pid, 0)
    return status


def self_test_by(driver, known_models, can_fetch):
    faults, outcomes = 0, {}
    lacking = set()
    for name, case in BASES.items():
        its = case.get("models") or [case["plan"]["model"]]
        if not set(its) <= set(known_models) or "fetch" in json.dumps(case) and not can_fetch:
            lacking.add(name)
            continue
        outcomes[name] = driver.carry(case)
        found = findings_of(case, outcomes[name])
        if found:
            print(f"{name}: undoctored, and yet {found}")
            faults += 1
    for number, (rule, name, doctor) in enumerate(DOCTORS):
        if name in lacking:
            continue
        done = copy.deepcopy(outcomes[name])
        doctor(done)
        found = findings_of(BASES[name], done)
        if rule not in {its for its, _ in found}:
            print(f"doctor {number}: {name} breaks '{rule}', but {found or 'nothing'} was found")
            faults += 1
    untried = set(RULES) - {rule for rule, _, _ in DOCTORS}
    if untried:
        print(f"rules without a doctor: {sorted(untried)}")
        faults += 1
    print(f"{len(DOCTORS)} doctored outcomes, {len(RULES)} rules, {faults} faults", flush=True)
    return faults


def serves():
    """Whether the origin was built."""
    try:
        pid, *_ = start_origin()
    except AssertionError:
        return False
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    return True


def speaks_tls():
    """Whether the origin does, as it was built."""
    return "OpenSSL" not in run("-m", "sequential", "-w", "http:1ms:tls", "--dry-run").stdout


def parse_options():
    parser = argparse.ArgumentParser(usage="see the head of this file")
    for name, kind in (("seed", int), ("trials", int), ("jobs", int), ("print", int), ("seconds", float), ("runs", float)):
        parser.add_argument(f"--{name}", type=kind)
    for name in ("models", "save", "replay"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--with-known", action="store_true")
    options = parser.parse_args()
    if options.with_known:
        KNOWN.clear()
    options.seed = 1 if options.seed is None else options.seed
    options.jobs = options.jobs or os.cpu_count() or 1
    if options.replay:
        options.trials = options.trials or 1
    if options.trials is None and options.seconds is None:
        options.seconds = 10
    if options.save:
        os.makedirs(options.save, exist_ok=True)
    return options


def main():
    options = parse_options()
    built = [name for name in models() if name != "null"]
    can_fetch = serves() and "http" in {name.partition(":")[0] for group in listed("Workloads").values() for name in group}
    if options.self_test:
        return 1 if self_test(can_fetch, built) else 0
    chosen = options.models.split(",") if options.models else built
    if not set(chosen) <= set(built):
        print(f"no such model: {sorted(set(chosen) - set(built))}", file=sys.stderr)
        return 2
    drawer = Drawer(options.seed, chosen, can_fetch, SANITIZER != "", 0.006 if options.runs is None else options.runs,
                    ("fresh", "tls") if speaks_tls() else ("fresh",))
    if options.print is not None:
        print(json.dumps({"case": drawer.draw(options.print)}, indent=1))
        return 0
    begin = time.monotonic()
    trials, runs, findings, broken = hunt(options, drawer)
    if broken:
        print(f"{broken} of {options.jobs} jobs broke off")
    print(f"seed {options.seed}, {SANITIZER or 'no'} sanitizer, {runs} whole runs, "
          f"{trials / (time.monotonic() - begin):.1f} trials/s")
    print(f"{trials} trials, {findings} findings")
    return 1 if findings or broken else 0


if __name__ == "__main__":
    sys.exit(main())

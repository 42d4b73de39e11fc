#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No sentence under a table says what the samples do not show, over thousands of documents drawn at random.

Each document is shown by `ccbench report`; what is said is held to statistics of its own, from the samples alone: exact
binomial intervals of round-by-round ratios, medians, and the thresholds that docs/METHODOLOGY.md states. A sentence of a
form that is not known here is refused as well. test_rules holds that each rule can say no.

    tests/test_sentences.py --documents=20000      # more of them, by hand: counts what is broken, by rule
"""
import argparse
import collections
import copy
import functools
import json
import math
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import sentence_cases  # noqa: E402

DOCUMENTS = 5400
LEAST = 6
MIB, KIB = 1024 * 1024, 1024
NAMES = r"[^ ,;.]+(?:, [^ ,;.]+)*(?: (?:and|or) [^ ,;.]+)?"
ROW = re.compile(r"^ ?(\d+)(=?) +(\S+) ")
CONCLUSION = re.compile(r"\b(choose|equally|fastest|overtakes?|pays? off|keeps? up|told apart|among|differ by|within|price|"
                        r"much more|does not keep|do not keep|stalls?:)", re.I)


# Statistics.

@functools.lru_cache(None)
def order(n):
    """The k of x_k … x_{n+1-k}, the 95 % interval of a median; 0 where there is none."""
    below, k = 0, 0
    for i in range(n):
        below += math.comb(n, i)
        if 1 - 2 * below / 2 ** n < 0.95:
            break
        k = i + 1
    return k


def median(values):
    values = sorted(values)
    n = len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2 if n else math.nan


def interval(values):
    k = order(len(values))
    values = sorted(values)
    return (values[k - 1], values[len(values) - k]) if k and len(values) >= LEAST else None


class Cell:
    """One model's samples; figures by round."""

    def __init__(self, block, data):
        self.name, self.data = data["model"], data
        self.samples = [s for s in data["samples"] if s["status"] == "ok"]
        self.ok = data["status"] == "ok" and bool(self.samples) and len(self.samples) == len(data["samples"])
        self.lost = any((s["updates"] or {"lost": 0})["lost"] > 0 for s in self.samples)
        self.counts = bool(self.samples) and self.samples[0]["updates"] is not None
        self.kept = sum(s.get("kept_up") is True for s in self.samples)
        self.open = block["rate"] is not None
        self.keeps_up = not self.open or 2 * self.kept > len(self.samples)
        self.candidate = self.ok and not self.lost and self.keeps_up
        self.wall = self.of("wall_ns")
        self.cpu = {r: v / block["tasks"] for r, v in self.of("cpu_ns").items()}
        self.memory = (data["memory"] or {}).get("bytes", math.nan)
        self.figure = {s["round"]: self.latency(s, block) for s in self.samples} if self.open else self.wall

    def of(self, name):
        return {s["round"]: s[name] for s in self.samples}

    def part(self, sample):
        return max(sample["classes"], key=lambda c: c["tasks"]) if sample["classes"] else sample

    def latency(self, sample, block):
        part = self.part(sample)
        tasks = part["tasks"] if sample["classes"] else block["tasks"]
        return part["latency_ns"]["p99" if tasks >= 299 else "max"]

    def middle(self, name):
        return median([s[name] for s in self.samples])

    def cores(self):
        return median([s["cpu_ns"] / s["wall_ns"] for s in self.samples])

    def queued(self):
        return median([self.part(s)["queued_ns"]["max"] for s in self.samples])


def ratios(a, b):
    """Of two dicts by round, the sorted ratios a / b of the rounds both have."""
    return [a[r] / b[r] for r in a if r in b]


class Case:
    """A block, and what its samples show."""

    def __init__(self, block):
        self.block = block
        self.cells = {data["model"]: Cell(block, data) for data in block["cells"]}
        self.ok = [c for c in self.cells.values() if c.ok]
        places = list(self.cells)
        self.candidates = sorted((c for c in self.ok if c.candidate),
                                 key=lambda c: (median(c.figure.values()), places.index(c.name)))
        self.seen = min((len(c.data["samples"]) for c in self.ok), default=0)
        self.rounds = min([self.seen] + [len(ratios(self.candidates[0].figure, c.figure)) for c in self.candidates[1:]])
        self.cache = {}

    def ratio(self, a, b):
        """The interval of a / b of what they are compared by; None where rounds are too few."""
        key = a.name, b.name
        if key not in self.cache:
            self.cache[key] = interval(ratios(a.figure, b.figure))
        return self.cache[key]

    def within(self, names, factor):
        cells = [self.cells[n] for n in names]
        found = [self.ratio(a, b) for i, a in enumerate(cells) for b in cells[i + 1:]]
        return all(r is not None and r[0] >= 1 / factor * (1 - 1e-12) and r[1] <= factor * (1 + 1e-12) for r in found)

    def slower(self, cell, than, by=1.0):
        """Is shown to be slower than another by more than that factor."""
        r = self.ratio(than, cell)
        return r is not None and r[1] * by < 1

    def more_cpu(self, cell, other):
        one, two = median(cell.cpu.values()), median(other.cpu.values())
        more = one - two
        if not (one > 2 * two and more >= 5000 and more * self.block["tasks"] >= 0.05 * cell.middle("wall_ns")):
            return False
        shown = interval(ratios(other.cpu, cell.cpu))
        return shown is not None and shown[1] < 1

    def more_memory(self, cell, other):
        more = cell.memory - other.memory
        in_flight = min(self.block["concurrency"], self.block["tasks"])
        return cell.memory > 2 * other.memory and more >= 8 * MIB and more >= 4 * KIB * in_flight

    def costs_more(self, cell, other, what):
        return {"CPU": self.more_cpu, "memory": self.more_memory,
                "CPU or memory": lambda a, b: self.more_cpu(a, b) or self.more_memory(a, b)}[what](cell, other)

    def seconds(self):
        """What 6 rounds take."""
        trials = sorted((s["start_ns"], s["wall_ns"]) for d in self.block["cells"] for s in d["samples"] if s["status"] == "ok")
        gaps = [max(0, b[0] - a[0] - a[1]) for a, b in zip(trials, trials[1:])]
        beside, total = median(gaps) if gaps else 20e6, 0
        for cell in self.cells.values():
            if cell.samples:
                total += (6 + self.block["warmup"]) * (cell.middle("wall_ns") + beside)
                if cell.data["memory"]:
                    total += min(1, cell.data["memory"]["tasks"] / self.block["tasks"]) * cell.middle("wall_ns") + beside
        return total / 1e9


def names_of(text):
    return re.split(r", | and | or ", text)


# Forms of sentences: a pattern and the rules it is held to. A rule yields (its name, what is wrong).

FORMS = []


def form(pattern):
    def keep(rule):
        FORMS.append((re.compile(pattern.replace("NAMES", NAMES) + r"\Z"), rule))
        return rule
    return keep


def times(text):
    return 1.0 if text.startswith("about as") else float(text.split()[0])


def duration(seconds):
    whole = max(1, math.ceil(seconds - 1e-9))
    return (whole, "s") if whole < 120 else (math.ceil(whole / 60), "min")


def check_hint(number, unit, seconds):
    expected = duration(seconds)
    if (int(number), unit) != expected:
        yield "hint", f"about {number} {unit}, expected {expected}"


@form(r"(?:Of those that did not, s|S)een in (\d+) rounds?: (\S+) (took the least time|had the lowest latency), (\S+) (about as \w+|[\d.]+ times as \w+)"
      r"(?:, (the rest up to|\S+) (about as \w+|[\d.]+ times as \w+))?; that may be chance\. To tell: --rounds=6, about (\d+) (s|min)\.")
def seen(case, m, said):
    if int(m[1]) != case.rounds or case.rounds >= LEAST:
        yield "few", f"says {m[1]} rounds, there are {case.rounds}"
    ordered = [c.name for c in case.candidates]
    if len(ordered) < 2 or (m[2], m[4]) != tuple(ordered[:2]):
        yield "seen", f"{m[2]} and {m[4]}, expected {ordered[:2]}"
        return
    first = median(case.candidates[0].figure.values())
    for text, cell in ((m[5], case.candidates[1]), (m[7], case.candidates[-1])):
        if text is not None and abs(times(text) - median(cell.figure.values()) / first) > (0.051 if times(text) < 10 else 0.51):
            yield "numbers", f"{text} of {cell.name}, is {median(cell.figure.values()) / first}"
    if (len(ordered) > 2) != (m[6] is not None):
        yield "seen", "somebody is left out"
    yield from check_hint(m[8], m[9], case.seconds())


@form(r"(Of those that did not, )?(NAMES) (are equally fast \(within 10 %\)|have equally low latency \(within 10 %\)|"
      r"differ by less than 10 %|cannot be told apart in (?:time|latency)(?: \(within 25 %\))?|"
      r"are (?:close|too close) in (?:time|latency)(?: \(within 25 %\)| to choose by it)); (.*)")
def alike(case, m, said):
    names = names_of(m[2])
    said["fast"] = names
    if case.rounds < LEAST:
        yield "few", f"concluded from {case.rounds} rounds"
    if any(not case.cells[n].candidate for n in names):
        yield "unfit", f"one of {names} failed, lost updates or does not keep up"
        return
    ranks = {said["rows"][n] for n in names}
    if m[3].startswith("cannot") and len(ranks) > 1:
        yield "ranks", f"{m[3]}, ranks {ranks}"
    if "equally" in m[3]:
        if not case.within(names, 1.1):
            yield "equal", f"{names} equally fast, but intervals leave 10 %"
        if len(ranks) > 1:
            yield "ranks", f"equally fast, ranks {ranks}"
    elif "less than 10 %" in m[3]:
        if not case.within(names, 1.1):
            yield "equal", f"{names} within 10 %, but intervals leave it"
    elif not case.within(names, 1.25):
        yield "noise", f"{names}: {m[3]}, but intervals leave 25 %"
    for cell in case.candidates:
        if cell.name not in names and not case.slower(cell, case.candidates[0], 1.1):
            yield "left out", f"{cell.name} is not shown to be slower by 10 %, and not named"
    yield from advice(case, names, m[4], said)


def advice(case, names, text, said):
    cells = [case.cells[n] for n in names]
    if text == "none costs much more CPU or memory than another, so choose by how the code reads.":
        said["chosen"] = names
        for a in cells:
            for b in cells:
                if case.costs_more(a, b, "CPU or memory"):
                    yield "costs", f"{a.name} costs much more than {b.name}"
        return
    m = re.fullmatch(rf"(?:of these, )?choose ({NAMES}): ({NAMES}|the rest) costs? much more (CPU or memory|CPU|memory)\.", text)
    if m:
        chosen, rest = names_of(m[1]), names_of(m[2])
        said["chosen"] = chosen
        rest = [n for n in names if n not in chosen] if m[2] == "the rest" else rest
        if sorted(chosen + rest) != sorted(names):
            yield "costs", f"{chosen} and {rest} are not {names}"
            return
        for r in rest:
            for c in chosen:
                if not case.costs_more(case.cells[r], case.cells[c], m[3]):
                    yield "costs", f"{r} does not cost much more {m[3]} than {c}"
                if case.costs_more(case.cells[c], case.cells[r], "CPU or memory"):
                    yield "costs", f"{c} is chosen, and costs much more of something than {r}"
        return
    pair = r"(\S+) costs? much more (CPU|memory) than ([^ ;]+?)"
    m = re.fullmatch(rf"choose by the cost: {pair}(?:; {pair})?\.", text)
    if not m:
        yield "unknown", text
        return
    said["chosen"] = names
    for more, what, less in (m.groups()[:3], m.groups()[3:]):
        if more is not None and not case.costs_more(case.cells[more], case.cells[less], what):
            yield "costs", f"{more} does not cost much more {what} than {less}"


@form(r"(Of those that did not, )?[Cc]hoose (\S+): (nothing else was as fast|nothing else had as low a latency|it was faster "
      r"than the rest, though perhaps by less than 10 %|it had lower latency than the rest, though perhaps by less than 10 %)\.")
def choose_one(case, m, said):
    said["chosen"], said["fast"] = [m[2]], [m[2]]
    cell = case.cells[m[2]]
    if case.rounds < LEAST:
        yield "few", f"concluded from {case.rounds} rounds"
    if not cell.candidate:
        yield "unfit", f"{m[2]} failed, lost updates or does not keep up"
        return
    for other in case.candidates:
        if other is not cell and not case.slower(other, cell, 1.1 if m[3].startswith("nothing") else 1.0):
            yield "noise", f"{other.name} is not shown to be behind {m[2]}"


@form(r"(\S+) (was the fastest|had the lowest latency), but with fewer than 6 rounds that may be chance\.")
def was_fastest(case, m, said):
    yield "few", "called the fastest"


@form(r"(Of those that did not, )?(?:[Oo]f (NAMES): t|T|t)oo noisy to tell \(± up to ([\d.]+) %\); (no advice|"
      r"in CPU time per task, which noise touches less, (?:they differ by less than 10 %|(\S+) needs? the least))\.")
def too_noisy(case, m, said):
    names = names_of(m[2]) if m[2] else [c.name for c in case.candidates]
    said["noisy"] = True
    if case.rounds < LEAST or len(names) < 2:
        yield "few", "noise is no reason where rounds are too few"
        return
    wide = 0
    for name in names:
        low, high = interval(case.cells[name].figure.values()) or (0, 0)
        wide = max(wide, 100 * (high - low) / 2 / median(case.cells[name].figure.values()))
    if abs(float(m[3]) - wide) > (0.051 if wide < 9.9 else 0.51):
        yield "numbers", f"± {m[3]} %, expected {wide}"
    yield from by_cpu(case, names, m[4], m[5])
    if case.within(names, 1.25):
        yield "noise", f"{names} are within 25 %, and said to be too noisy"
    first = case.candidates[0]
    if all(case.slower(c, first) for c in case.candidates[1:]):
        yield "noise", f"{first.name} is shown to be ahead of all, and said to be too noisy"
    for cell in case.candidates:
        if cell.name not in names and not case.slower(cell, first, 1.1):
            yield "left out", f"{cell.name} is not shown to be slower by 10 %, and not named"


def by_cpu(case, names, words, least):
    """What is said of CPU time where time is too noisy."""
    cells = [case.cells[n] for n in names]
    found = {(a.name, b.name): interval(ratios(a.cpu, b.cpu)) for a in cells for b in cells if a is not b}

    def within(slack):
        return all(r is not None and r[0] >= 1 / 1.1 * (1 - slack) and r[1] <= 1.1 * (1 + slack) for r in found.values())

    if words == "no advice":
        if case.block.get("kind") == "CPU-bound" and not case.block["rate"] and within(-1e-12):
            yield "cpu", f"{names} need the same CPU time, which is not said"
    elif case.block.get("kind") not in ("CPU-bound", None) or case.block["rate"]:
        yield "cpu", "of work that does not compute"
    elif least is None and not within(1e-12):
        yield "cpu", f"{names} are said to need the same CPU time, but intervals leave 10 %"
    elif least is not None:
        others = [n for n in names if n != least]
        if least not in names or any(found[least, n] is None or found[least, n][1] >= 1 for n in others):
            yield "cpu", f"{least} is not shown to need less CPU time than {others}"
        if within(-1e-12):
            yield "cpu", f"{least} is said to need least, where all are within 10 %"


@form(r"The price is (CPU|memory|CPU and memory): more than twice that of the most sparing model\.")
def old_price(case, m, said):
    said["price"] = True
    for what in m[1].split(" and "):
        figures = [median(c.cpu.values()) if what == "CPU" else c.memory for c in case.ok]
        sparing = case.ok[figures.index(min(figures))]
        for name in said.get("chosen", []):
            if not case.costs_more(case.cells[name], sparing, what):
                yield "price", f"{name} does not cost much more {what} than {sparing.name}"


PRICE = r"(CPU|memory): (\S+), which (?:is|are) slower, needs? less than half of it"


@form(rf"The price is {PRICE}(?:; and {PRICE})?\.")
def price(case, m, said):
    if not said.get("chosen"):
        yield "price", "a price of nothing recommended"
    for what, slow in (m.groups()[:2], m.groups()[2:]):
        if slow is None:
            continue
        if slow in said["fast"] or not case.slower(case.cells[slow], case.candidates[0]):
            yield "price", f"{slow} is not shown to be slower"
        for name in said.get("chosen", []):
            if not case.costs_more(case.cells[name], case.cells[slow], what):
                yield "price", f"{name} does not cost much more {what} than {slow}"


CAUSES = {
    "waited for each task in turn, one in flight": lambda case, c, best: case.block.get("kind") != "CPU-bound" and
    (c.data["lanes"] == 1 or c.middle("in_flight") == 1),
    "used one core": lambda case, c, best: c.cores() <= 1.2 and best.cores() >= 1.5,
    "lost time in set-up and teardown": lambda case, c, best:
    c.middle("setup_ns") + c.middle("teardown_ns") - best.middle("setup_ns") - best.middle("teardown_ns")
    >= 0.5 * (c.middle("wall_ns") - best.middle("wall_ns")) * (1 - 1e-9),
    "took more CPU for the same tasks": lambda case, c, best: c.middle("cpu_ns") >= 2 * best.middle("cpu_ns"),
}
CAUSE = "(?:" + "|".join(re.escape(c) for c in CAUSES) + ")"


LIBCURL = (r"of the ([\d.]+ \S+) of CPU that a task takes under (\S+), libcurl accounts for ([\d.]+ \S+): with client=bare it takes "
           r"([\d.]+ [^\s;.]+)")


@form(rf"O{LIBCURL[1:]}(?:; {LIBCURL})*\.")
def libcurls_part(case, m, said):
    for whole, name, part, left in re.findall(LIBCURL, "o" + m[0][1:]):
        cell, bare = case.cells[name], case.cells[name + ":client=bare"]
        shown = interval(ratios(bare.cpu, cell.cpu))
        if shown is None or shown[1] * 1.1 >= 1:
            yield ("few" if case.rounds < LEAST else "noise"), f"{name} is not shown to take more CPU than with client=bare"
        whole_ns, left_ns = median(cell.cpu.values()), median(bare.cpu.values())
        for text, ns in ((whole, whole_ns), (part, whole_ns - left_ns), (left, left_ns)):
            if abs(ns_of(text) - ns) > max(0.052 * ns, 0.0051):
                yield "numbers", f"{text}, is {ns} ns"


@form(rf"NAMES {CAUSE}(?:, whatever the number of tasks)?(?:; NAMES {CAUSE}(?:, whatever the number of tasks)?)*\.")
def causes(case, m, said):
    best = case.candidates[0]
    for names, cause in re.findall(rf"({NAMES}) ({CAUSE})", m[0]):
        for name in names_of(names):
            if not case.slower(case.cells[name], best):
                yield ("few" if case.rounds < LEAST else "noise"), f"{name} is not shown to be slower, and a cause is named"
            if name in said.get("fast", []):
                yield "contradiction", f"{name} is as fast as any, and slower"
            if not CAUSES[cause](case, case.cells[name], best):
                yield "cause", f"{name} {cause}: not by its figures"


@form(r"(NAMES|No model|Every model) lost (no )?updates(?:; (NAMES) did not)?\.")
def lost(case, m, said):
    losers = {c.name for c in case.ok if c.lost}
    every = {c.name for c in case.ok if c.counts}
    claimed = set() if m[1] == "No model" or m[2] else every if m[1] == "Every model" else set(names_of(m[1]))
    if claimed != losers or (m[3] and set(names_of(m[3])) != every - losers):
        yield "lost", f"{m[0]} But {losers} of {every} did"


@form(r"(?:Seen in (\d+) rounds?: )?(NAMES|[Ee]very model|[Aa]ll but NAMES) (keeps? up|kept up), with a (p99|slowest task) of "
      r"([\d.]+ \w+)(?: to ([\d.]+ \w+))?( for short)?((?:, \S+ in \d+ of \d+ rounds)*)\.")
def kept_up(case, m, said):
    keepers = {c.name for c in case.ok if c.keeps_up}
    text = m[2].lower()
    claimed = ({c.name for c in case.ok} if text == "every model" else
               {c.name for c in case.ok} - set(names_of(m[2][8:])) if text.startswith("all but ") else set(names_of(m[2])))
    if claimed != keepers:
        yield "keeps up", f"{claimed}, but {keepers} did"
    yield from tense(case, m[1], m[3] == "kept up")
    partly = {(c.name, str(c.kept), str(len(c.samples))) for c in case.ok if c.keeps_up and c.kept < len(c.samples)}
    if set(re.findall(r", (\S+) in (\d+) of (\d+) rounds", m[8])) != partly:
        yield "keeps up", f"{m[8]}, expected {partly}"
    figures = [median(c.figure.values()) for c in case.ok if c.keeps_up]
    for said_ns, ns in ((m[5], min(figures)), (m[6] or m[5], max(figures))):
        if abs(ns_of(said_ns) - ns) > 0.052 * ns:
            yield "numbers", f"{said_ns}, is {ns} ns"


def tense(case, rounds, past):
    few = case.seen < LEAST
    if past != few or (rounds is not None) != few or (few and int(rounds) != case.seen):
        yield "few", f"of {case.seen} rounds, said in the {'past' if past else 'present'}, of {rounds}"


def ns_of(text):
    number, unit = text.split()
    return float(number) * {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]


@form(r"(?:Seen in (\d+) rounds?: )?(\S+ (?:does|do|did) not keep up[^;]*(?:; \S+ (?:does|do|did) not keep up[^;]*)*)\.")
def behind(case, m, said):
    claimed = re.findall(r"(\S+) (does|do|did) not keep up(?: in (\d+) of (\d+) rounds)?: behind from (.*?), ([\d.]+ \w+) late "
                         r"at the end", m[2])
    if {c[0] for c in claimed} != {c.name for c in case.ok if not c.keeps_up}:
        yield "keeps up", f"{claimed}"
    yield from tense(case, m[1], claimed[0][1] == "did")
    for name, _, some, of, since, late in claimed:
        cell = case.cells[name]
        expected = (str(len(cell.samples) - cell.kept), str(len(cell.samples))) if cell.kept else ("", "")
        if (some, of) != expected:
            yield "keeps up", f"{name} in {some} of {of}, expected {expected}"
        if abs(ns_of(late) - cell.middle("latest_ns")) > 0.052 * cell.middle("latest_ns"):
            yield "numbers", f"{late} late"
        when = median([s["behind_since_ns"] for s in cell.samples if s["behind_since_ns"] is not None])
        if (since == "the start") != (when <= 0.02 * case.block["rate"]["span_ns"]):
            yield "numbers", f"behind from {since}, is {when}"


@form(r"(?:Seen in (\d+) rounds?: )?(NAMES) (stalls?|stalled): (?:while one task computed, others|some tasks) waited up to "
      r"([\d.]+ \S+) to begin\.")
def stalls(case, m, said):
    cells = [case.cells[n] for n in names_of(m[2])]
    yield from tense(case, m[1], m[3] == "stalled")
    if ("computed" in m[0]) != (case.block["cells"][0]["trial"]["classes"][-1]["name"] == "long"):
        yield "stalls", "who computed?"
    service = min(median([c.part(s)["service_ns"]["p50"] for s in c.samples]) for c in case.ok)
    for cell in cells:
        if cell.queued() < 10e6 or cell.queued() < 10 * service or not cell.keeps_up:
            yield "stalls", f"{cell.name} does not stall"
    longest = max(c.queued() for c in cells)
    if abs(ns_of(m[4]) - longest) > 0.006 * longest:
        yield "numbers", f"up to {m[4]}, is {longest}"


@form(r"(NAMES) stalls?: some task waited to begin ten times as long as half of them take, or more\.")
def old_stalls(case, m, said):
    yield from tense(case, None, False)


@form(r"No model completed this workload\.")
def nobody(case, m, said):
    if case.ok:
        yield "alone", f"{[c.name for c in case.ok]} did"


@form(r"Only (\S+) completed this workload: there is nothing to compare it with\.")
def only(case, m, said):
    if [c.name for c in case.ok] != [m[1]] or len(case.cells) == 1:
        yield "alone", f"{[c.name for c in case.ok]} of {list(case.cells)} did"


@form(r"One model was run; add another: -m (\S+),(\S+)\.")
def one_model(case, m, said):
    if list(case.cells) != [m[1]] or m[1].split(":")[0] == m[2]:
        yield "alone", f"{list(case.cells)} was run"


def check_block(block, text):
    """What is wrong with what is said under one table."""
    case = Case(block)
    rows = [(int(m[1]), m[2] == "=", m[3]) for m in map(ROW.match, text.splitlines()) if m]
    said = {"rows": {name: rank for rank, _, name in rows}}
    sentences = [line[2:] for line in text.splitlines() if line.startswith("→ ")]
    yield from check_ranks(case, rows)
    choices = 0
    for sentence in sentences:
        if case.seen < LEAST and CONCLUSION.search(re.sub(r"\bnot keep up", "", sentence)) and "kept up" not in sentence:
            yield "few", f"{case.seen} rounds: {sentence}"
        matches = [(pattern.match(sentence), rule) for pattern, rule in FORMS]
        match, rule = next(((m, r) for m, r in matches if m), (None, None))
        if match is None:
            yield "unknown", sentence
            continue
        choices += rule in (seen, alike, choose_one, was_fastest, too_noisy, nobody, only, one_model)
        lead = match.groups() and match[1] == "Of those that did not, "
        if lead and (len(case.candidates) == len(case.ok) or case.block["rate"]):
            yield "unfit", f"nobody did: {sentence}"
        yield from rule(case, match, said)
    if choices != (1 if len(case.ok) < 2 or len(case.candidates) > 1 else 0):
        yield "silence", f"{choices} verdicts on {[c.name for c in case.candidates]}"
    if said.get("noisy") and re.search(r"[Cc]hoose|The price", " ".join(sentences)):
        yield "contradiction", "too noisy, and yet advice"


def check_ranks(case, rows):
    """In the order of the medians; a rank is shared where its leader is not shown to be ahead."""
    leader = None
    for place, (rank, tied, name) in enumerate(rows, 1):
        cell = case.cells[name]
        if rank == place:
            leader = cell
        elif leader is None or cell.keeps_up != leader.keeps_up:
            yield "ranks", f"{name} shares a rank with one that keeps up"
        if tied != (sum(r == rank for r, _, _ in rows) > 1):
            yield "ranks", f"{name}: = is wrong"
        if leader is not cell or rank != place:
            r = case.ratio(leader, cell) if cell.keeps_up else reached(leader, cell)
            if r is None or r[1] < 1:
                yield "ranks", f"{name} shares the rank of {leader.name}, which is ahead, or there are too few rounds"
        elif place > 1:
            first = case.cells[next(n for k, _, n in rows if k == rows[place - 2][0])]
            if first.keeps_up == cell.keeps_up:
                r = case.ratio(first, cell) if cell.keeps_up else reached(first, cell)
                if r is not None and r[1] >= 1:
                    yield "ranks", f"{name} is not shown to be behind {first.name}"


def reached(a, b):
    return interval(ratios(b.of("reached_per_s"), a.of("reached_per_s")))


# Sweeps.

def points(document):
    return [Case(block) for block in document["workloads"]]


def throughput(case, name):
    cell = case.cells[name]
    return median([case.block["tasks"] * 1e9 / s["wall_ns"] for s in cell.samples]) if cell.candidate else math.nan


def ahead(case, a, b):
    one, other = case.cells[a], case.cells[b]
    if not (one.candidate and other.candidate):
        return 0
    r, middle = case.ratio(one, other), median(ratios(one.figure, other.figure))
    if r is None:
        return 0
    return 1 if r[1] < 1 and middle * 1.1 <= 1 else -1 if r[0] > 1 and middle >= 1.1 else 0


def shown_fast(case, name):
    cell = case.cells[name]
    return cell.candidate and all((r := case.ratio(cell, c)) is not None and r[1] <= 1.1 for c in case.candidates if c is not cell)


def check_sweep(document, text):
    cases = points(document)
    labels = [block["sweep"]["label"] for block in document["workloads"]]
    names = [block["workload"] for block in document["workloads"]]
    at = {label: case for label, case in zip(labels, cases)}
    at.update({name: case for name, case in zip(names, cases) if document["workloads"][0]["sweep"]["axis"] == "argument"})
    sentences = [line[2:] for line in text.splitlines() if line.startswith("→ ")]
    for sentence in sentences:
        yield from check_sweep_sentence(cases, at, sentence)
    if len(sentences) > 1 and any(s.startswith("No model is shown") or s.startswith("With fewer") for s in sentences[1:]):
        for sentence in sentences:
            if re.search(r"overtake (?!another)|overtakes|pays? off|keeps? up", sentence):
                yield "contradiction", f"{sentences}"


def check_sweep_sentence(cases, at, sentence):
    if (m := re.fullmatch(rf"({NAMES}) (?:is|are) among the fastest at every value\.", sentence)):
        for name in names_of(m[1]):
            if not all(shown_fast(case, name) for case in cases):
                yield "sweep fastest", f"{name} is not shown to be at each"
    elif (m := re.fullmatch(rf"({NAMES}) overtakes? ({NAMES}) between (\S+) and (\S+?)(?: in flight)?\.", sentence)):
        for winner in names_of(m[1]):
            for loser in names_of(m[2]):
                if ahead(at[m[3]], loser, winner) != 1 or ahead(at[m[4]], winner, loser) != 1:
                    yield "sweep overtakes", f"{winner}, {loser}: {sentence}"
    elif (m := re.fullmatch(r"(\S+) keeps? up to (\S+)(?: in flight)?; at (\S+) (?:it does|they do) ([\d.]+) % of (\S+)\.", sentence)):
        until, last = cases.index(at[m[2]]), at[m[3]]
        if not all(shown_fast(case, m[1]) for case in cases[:until + 1]) or ahead(last, m[5], m[1]) != 1:
            yield "sweep falls", sentence
        share = 100 * throughput(last, m[1]) / throughput(last, m[5])
        if abs(share - float(m[4])) > (0.051 if share < 9.9 else 0.51):
            yield "numbers", f"{sentence} {share}"
    elif (m := re.fullmatch(rf"({NAMES}) pays? off above (\S+ \S+) of (work|waiting) per task: faster than (\S+) from (\S+) on\.", sentence)):
        start = cases.index(at[m[5]])
        for name in names_of(m[1]):
            both = [c for c in cases[start:] if c.cells[name].candidate and c.cells[m[4]].candidate]
            if not all(ahead(case, name, m[4]) == 1 for case in both) or all(
                    ahead(case, name, m[4]) == 1 for case in cases[:start]):
                yield "sweep pays off", f"{name}: {sentence}"
        task = cases[start].block["calibration"]["task_cpu_ns"]
        if abs(ns_of(m[2]) - task) > 0.052 * task:
            yield "numbers", f"{sentence} {task}"
    elif sentence == "No model is shown to overtake another.":
        for a in cases[0].cells:
            for b in cases[0].cells:
                decided = [v for v in (ahead(case, a, b) for case in cases) if v]
                if any(x == -1 and y == 1 for x, y in zip(decided, decided[1:])):
                    yield "sweep overtakes", f"{a} overtakes {b}"
    elif (m := re.fullmatch(r"With fewer than 6 rounds all differences may be chance\. To tell: --rounds=6, about (\d+) (s|min)\.", sentence)):
        if any(case.rounds >= LEAST and len(case.candidates) > 1 for case in cases):
            yield "few", "some have 6 rounds"
        yield from check_hint(m[1], m[2], sum(case.seconds() for case in cases))
    else:
        yield "unknown", sentence


AMONG = {"Among C's: ": None, "Among Python's: ": "python"}


def check_families(block, text):
    """Each language's models among themselves, as if the others had not been run."""
    lines = text.splitlines()
    for line in lines:
        if line.startswith("→ ") and not line[2:].startswith(tuple(AMONG)):
            yield "families", f"of whom is not said: {line}"
    for prefix, family in AMONG.items():
        cells = [cell for cell in block["cells"] if cell.get("family") == family]
        names = {cell["model"] for cell in cells}
        kept = []
        for line in lines:
            row = ROW.match(line)
            if row and row[3] in names:
                kept.append(line)
            elif line.startswith(f"→ {prefix}"):
                said = line[2 + len(prefix):]
                begins = any(pattern.match(said) for pattern, _ in FORMS)
                kept.append("→ " + (said if begins else said[0].upper() + said[1:]))
        yield from check_block(dict(block, cells=cells), "\n".join(kept))


def check(document, text):
    if "families" in document["workloads"][0]:
        yield from check_families(document["workloads"][0], text.split("\n\n", 1)[1])
    elif "sweep" in document["workloads"][0]:
        yield from check_sweep(document, text)
    else:
        yield from check_block(document["workloads"][0], text.split("\n\n", 1)[1])
    found = re.search(r"\b1 (rounds|tasks|cores|times)\b(?! as)", text)
    if found:
        yield "plural", found[0]


def report(path, *options):
    environment = {"LC_ALL": "C.UTF-8", "COLUMNS": "0"}
    done = subprocess.run([os.environ["CCBENCH"], "report", *options, path], env=environment, check=False, capture_output=True,
                          timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"status {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def check_seeds(seeds):
    """[(seed, rule, message)], how many documents, and of which outcome."""
    found, kinds = [], collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.json"
        for seed in seeds:
            document = sentence_cases.draw(seed)
            path.write_text(json.dumps(document), encoding="utf-8")
            text = report(path)
            for line in text.splitlines():
                if line.startswith("→ "):
                    kinds[" ".join(w for w in line[2:].split() if w in KEYWORDS)] += 1
            try:
                found += [(seed, *wrong) for wrong in check(document, text)]
            except Exception as error:  # pylint: disable=broad-except
                raise AssertionError(f"seed {seed}: {error!r}\n{text}") from error
    return len(list(seeds)), found, kinds


KEYWORDS = ("Seen", "equally", "differ", "apart", "close", "Choose", "choose", "noisy", "code", "much", "price", "waited", "used",
            "lost", "took", "keep", "keeps", "kept", "stall:", "stalls:", "stalled:", "overtakes", "overtake", "off", "among", "cost:", "libcurl")


def check_many(first, count):
    step = 150
    parts = [range(i, min(i + step, first + count)) for i in range(first, first + count, step)]
    with multiprocessing.Pool(2) as pool:
        results = pool.map(check_seeds, parts, chunksize=1)
    kinds = sum((kinds for _, _, kinds in results), collections.Counter())
    return sum(n for n, _, _ in results), [one for _, found, _ in results for one in found], kinds


class Sentences(unittest.TestCase):
    def test_thousands_of_documents(self):
        count, found, kinds = check_many(0, DOCUMENTS)
        self.assertGreaterEqual(count, 5000)
        self.assertEqual(found[:20], [], f"{len(found)} in all")
        # They were about something.
        said = " ".join(kinds)
        for word in KEYWORDS:
            self.assertIn(word, said.split())


def fixed_block(times, rounds=8, noise=0.0, **changes):
    """Models of given times (ms), cores and MiB: {"async": (10, 0.1, 1)}; each other round is longer by `noise`."""
    cells, clock = [], 0
    for name, (wall_ms, cores, mib) in times.items():
        samples = []
        for number in range(1, rounds + 1):
            wall = wall_ms * 1e6 * (1 + noise * ((number * 7 + len(cells) * 3) % 5))
            samples.append({"round": number, "start_ns": clock, "status": "ok", "reason": None, "wall_ns": wall,
                            "setup_ns": 0, "run_ns": wall, "teardown_ns": 0, "cpu_ns": cores * wall, "tasks": 10,
                            "in_flight": 4, "classes": None, "updates": None, "latency_ns": {"p50": wall, "p99": None, "max": wall},
                            "queued_ns": {"max": 0}, "service_ns": {"p50": wall}})
            clock += wall
        cells.append({"model": name, "lanes": 4, "status": "ok", "samples": samples, "memory": {"bytes": mib * MIB, "tasks": 8},
                      "trial": {"classes": [{"name": "task"}]}})
    return dict({"workload": "w", "tasks": 10, "concurrency": 4, "rounds": rounds, "warmup": False, "rate": None, "kind": "mixed",
                 "cells": cells}, **changes)


def steady_cpu(cpu_ms, block):
    """The block, with the same CPU time of each model in every round."""
    block = copy.deepcopy(block)
    for cell in block["cells"]:
        for sample in cell["samples"]:
            sample["cpu_ns"] = cpu_ms[cell["model"]] * 1e6
    return block


def table(block, *sentences, ranks=None):
    names = sorted((c["model"] for c in block["cells"]), key=lambda n: median(
        [s["wall_ns"] for c in block["cells"] if c["model"] == n for s in c["samples"]]))
    ranks = ranks or [(i + 1, "") for i in range(len(names))]
    rows = [f"{rank:2}{tie or ' '} {name}  1 ms" for (rank, tie), name in zip(ranks, names)]
    return "\n".join(rows + [f"→ {s}" for s in sentences])


class Rules(unittest.TestCase):
    """Each rule says no to a sentence made to break it, and nothing to one that holds."""

    CALM = fixed_block({"async": (10, 0.1, 1), "threads": (20, 0.1, 1)})
    SAME = fixed_block({"async": (10, 0.1, 1), "threads": (10.2, 0.1, 1)}, noise=0.02)
    NEAR = fixed_block({"async": (10, 0.1, 1), "threads": (10.5, 0.1, 1)})
    WILD = fixed_block({"async": (10, 0.1, 1), "threads": (10.1, 0.1, 1)}, noise=0.5)
    BUSY = steady_cpu({"async": 5, "threads": 5.1}, dict(WILD, kind="CPU-bound"))
    DEARER = steady_cpu({"async": 5, "threads": 6}, BUSY)
    SAME_CPU = "in CPU time per task, which noise touches less, they differ by less than 10 %."
    LESS_CPU = "in CPU time per task, which noise touches less, async needs the least."
    DEAR = fixed_block({"async": (10, 0.01, 1), "threads": (10.5, 0.5, 100)})
    CLOSE = fixed_block({"async": (10, 0.1, 1), "threads": (10.5, 0.1, 3)})
    COOL = fixed_block({"async": (10, 0.1, 1), "threads": (20, 0.05, 1)})
    ONE = fixed_block({"async": (10, 0.1, 1), "threads": (20, 0.1, 1)}, rounds=1)
    SLOW = fixed_block({"async": (10, 0.1, 300), "threads": (20, 0.1, 1)})
    CLIENTS = {"async": (20, 0.1, 1), "async:client=bare": (10, 0.02, 1)}
    FETCHED = fixed_block(CLIENTS)
    ONCE = fixed_block(CLIENTS, rounds=1)
    ALIKE = fixed_block({"async": (10, 0.1, 1), "async:client=bare": (10, 0.099, 1)})
    PART = "Of the {} µs of CPU that a task takes under async, libcurl accounts for {} µs: with client=bare it takes {} µs."
    TIED = [(1, "="), (1, "=")]
    READS = "none costs much more CPU or memory than another, so choose by how the code reads."

    def rules(self, block, *sentences, ranks=None):
        return {rule for rule, _ in check_block(block, table(block, *sentences, ranks=ranks))}

    def test_what_holds_passes(self):
        for block, ranks, *sentences in (
                (self.CALM, None, "Choose async: nothing else was as fast."),
                (self.NEAR, None, "async and threads differ by less than 10 %; " + self.READS),
                (self.DEAR, None, "async and threads differ by less than 10 %; choose async: threads cost much more CPU."),
                (self.ONE, None, "Seen in 1 round: async took the least time, threads 2.0 times as much; that may be chance. To "
                 "tell: --rounds=6, about 1 s."),
                (self.BUSY, self.TIED, "Too noisy to tell (± up to 50 %); " + self.SAME_CPU),
                (self.DEARER, self.TIED, "Too noisy to tell (± up to 50 %); " + self.LESS_CPU),
                (self.FETCHED, None, "Choose async:client=bare: nothing else was as fast.", self.PART.format(200, 180, "20.0")),
                (self.SLOW, None, "Choose async: nothing else was as fast.",
                 "The price is memory: threads, which are slower, need less than half of it.")):
            self.assertEqual(list(check_block(block, table(block, *sentences, ranks=ranks))), [], sentences)

    def test_what_does_not_is_refused(self):
        lossy = fixed_block({"async": (10, 0.1, 1), "threads": (20, 0.1, 1)})
        for sample in lossy["cells"][0]["samples"]:
            sample["updates"] = {"expected": 10, "lost": 1}
        for rule, block, ranks, *sentences in (
                # From one round.
                ("few", self.ONE, None, "Choose async: nothing else was as fast."),
                ("few", self.ONE, None, "async and threads are equally fast (within 10 %); " + self.READS),
                ("few", self.ONE, None, "async was the fastest, but with fewer than 6 rounds that may be chance."),
                ("few", self.ONE, None, "Seen in 2 rounds: async took the least time, threads 2.0 times as much; that may be "
                 "chance. To tell: --rounds=6, about 1 s."),
                ("ranks", self.ONE, self.TIED),
                ("few", self.ONCE, None, self.PART.format(200, 180, "20.0")),
                ("noise", self.ALIKE, None, self.PART.format(100, "1.00", "99.0")),
                ("numbers", self.FETCHED, None, self.PART.format(200, 150, "20.0")),
                # From noise.
                ("equal", self.WILD, self.TIED, "async and threads are equally fast (within 10 %); " + self.READS),
                ("noise", self.WILD, self.TIED, "async and threads cannot be told apart in time; " + self.READS),
                ("noise", self.WILD, self.TIED, "Choose async: nothing else was as fast."),
                ("noise", self.CALM, None, "Too noisy to tell (± up to 0.0 %); no advice."),
                ("numbers", self.WILD, self.TIED, "Too noisy to tell (± up to 7.0 %); no advice."),
                # CPU time where time is noisy.
                ("cpu", self.WILD, self.TIED, "Too noisy to tell (± up to 50 %); " + self.SAME_CPU),
                ("cpu", self.WILD, self.TIED, "Too noisy to tell (± up to 50 %); " + self.LESS_CPU),
                ("cpu", self.BUSY, self.TIED, "Too noisy to tell (± up to 50 %); no advice."),
                ("cpu", self.BUSY, self.TIED, "Too noisy to tell (± up to 50 %); " + self.LESS_CPU),
                ("cpu", self.DEARER, self.TIED, "Too noisy to tell (± up to 50 %); " + self.SAME_CPU),
                ("cpu", self.DEARER, self.TIED, "Too noisy to tell (± up to 50 %); " + self.LESS_CPU.replace("async needs", "threads need")),
                # Against the ranks.
                ("ranks", self.NEAR, None, "async and threads are equally fast (within 10 %); " + self.READS),
                ("ranks", self.NEAR, self.TIED, "async and threads differ by less than 10 %; " + self.READS),
                # Costs.
                ("costs", self.CLOSE, None, "async and threads differ by less than 10 %; choose async: the rest costs much more "
                 "CPU or memory."),
                ("costs", self.DEAR, None, "async and threads differ by less than 10 %; " + self.READS),
                ("costs", self.DEAR, None, "async and threads differ by less than 10 %; choose threads: async costs much more CPU."),
                ("costs", self.CLOSE, None, "async and threads differ by less than 10 %; choose by the cost: threads cost much "
                 "more memory than async."),
                ("price", self.CALM, None, "Choose async: nothing else was as fast.",
                 "The price is memory: more than twice that of the most sparing model.",
                 "The price is memory: threads, which are slower, need less than half of it."),
                ("price", self.CLOSE, None, "async and threads differ by less than 10 %; " + self.READS,
                 "The price is memory: async, which is slower, needs less than half of it."),
                # Who is out of the question.
                ("unfit", lossy, None, "async lost updates; threads did not.", "Choose async: nothing else was as fast."),
                ("lost", self.CALM, None, "async lost updates; threads did not."),
                # Causes.
                ("cause", self.CALM, None, "Choose async: nothing else was as fast.", "threads used one core."),
                ("cause", self.COOL, None, "Choose async: nothing else was as fast.", "threads took more CPU for the same tasks."),
                ("contradiction", self.NEAR, None, "async and threads differ by less than 10 %; " + self.READS,
                 "threads waited for each task in turn, one in flight."),
                ("left out", fixed_block({"async": (10, 0.1, 1), "gil": (10.2, 0.1, 1), "threads": (10.4, 0.1, 1)}), None,
                 "async and gil differ by less than 10 %; " + self.READS),
                ("contradiction", self.WILD, self.TIED, "Too noisy to tell (± up to 50 %); no advice.",
                 "Choose async: nothing else was as fast."),
                ("alone", self.CALM, None, "One model was run; add another: -m async,async."),
                ("silence", self.CALM, None),
                ("unknown", self.CALM, None, "Buy async.")):
            with self.subTest(rule, sentences=sentences):
                self.assertIn(rule, self.rules(block, *sentences, ranks=ranks))

    def test_open_loops(self):
        block = fixed_block({"async": (10, 0.1, 1), "threads": (20, 0.1, 1)}, rate={"span_ns": 1e9})
        for cell in block["cells"]:
            for sample in cell["samples"]:
                late = cell["model"] == "threads"
                sample.update(kept_up=not late, reached_per_s=50, behind_since_ns=5e8 if late else None, latest_ns=7e7)
        good = "async keeps up, with a slowest task of 10 ms.", "threads do not keep up: behind from 500 ms on, 70 ms late at the end."
        self.assertEqual(self.rules(block, *good), set())
        for rule, *bad in (("keeps up", "Every model keeps up, with a slowest task of 10 ms."),
                           ("numbers", good[0].replace("10", "90")), ("few", good[0].replace("keeps", "kept")),
                           ("numbers", good[1].replace("70", "90")), ("keeps up", good[1].replace("threads", "async")),
                           ("unfit", "Choose threads: nothing else had as low a latency."),
                           ("stalls", "async stalls: some tasks waited up to 10 ms to begin.")):
            with self.subTest(bad):
                self.assertIn(rule, self.rules(block, *bad))

    def test_sweeps(self):
        blocks = [fixed_block({"async": (10, 0.1, 1), "threads": (10.5 * 2 ** i, 0.1, 1), "green": (20 / 3 ** i, 0.1, 1)},
                              sweep={"group": 1, "axis": "concurrency", "label": str(4 ** i), "value": 4 ** i}) for i in range(3)]
        document = {"workloads": blocks}
        for sentence in ("green overtakes async and threads between 1 and 4 in flight.",
                         "threads keep up to 1 in flight; at 16 they do 5.3 % of green."):
            self.assertEqual(list(check_sweep(document, "→ " + sentence)), [], sentence)
        for rule, sentence in (("sweep overtakes", "async overtakes green between 1 and 4 in flight."),
                               ("sweep overtakes", "No model is shown to overtake another."),
                               ("sweep fastest", "green is among the fastest at every value."),
                               ("sweep falls", "threads keep up to 4 in flight; at 16 they do 5.3 % of green."),
                               ("numbers", "threads keep up to 1 in flight; at 16 they do 53 % of green."),
                               ("few", "With fewer than 6 rounds all differences may be chance. To tell: --rounds=6, about 1 s."),
                               ("unknown", "green wins.")):
            with self.subTest(sentence):
                self.assertIn(rule, {r for r, _ in check_sweep(document, "→ " + sentence)})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    count, found, kinds = check_many(options.first, options.documents)
    for rule, n in collections.Counter(rule for _, rule, _ in found).most_common():
        print(n, rule, *next((seed, message) for seed, r, message in found if r == rule))
    print(count, "documents,", len({seed for seed, _, _ in found}), "with something wrong;", dict(kinds.most_common(60)))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main() if any(a.startswith("--documents") for a in sys.argv) else unittest.main())

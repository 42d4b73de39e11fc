#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ccbench timeline: what is drawn, saved and said, and that the sentences say what the saved events show."""

import html.parser
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unicodedata
import unittest
import xml.etree.ElementTree

from harness import CCBENCH, CELL, OK, PATIENCE_S, USAGE, Tagged, run

BASIC = ["sequential", "threads", "gil", "processes", "eventloop", "async", "green"]
# Two tasks that wait and compute, without the time that breakfast takes.
SMALL = {"name": "small", "tasks": 2, "concurrency": 2, "classes": [
    {"name": "one", "weight": 1, "steps": [{"compute": "2ms"}, {"sleep": "6ms"}, {"compute": "2ms"}]},
    {"name": "two", "weight": 1, "steps": [{"sleep": "3ms"}, {"compute": "8ms"}]}]}


def width(text):
    return sum(0 if unicodedata.combining(c) else 1 for c in text)


def panels(text):
    """Model → the lines below its heading."""
    found = {}
    for part in text.split("\n\n")[1:]:
        heading, *lines = part.split("\n")
        if re.match(r"[a-z]", heading):
            found[heading.split("  ")[0]] = [heading] + lines
    return found


def sentences(lines):
    """Those of a panel, each as one line."""
    text = "\n".join(lines)
    return [re.sub(r"\s+", " ", one).strip() for one in re.split(r"\n→ ", text)[1:]]


class Timeline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "small.json").write_text(json.dumps(SMALL))

    def traced(self, *arguments, **environment):
        return run("timeline", "-q", *arguments, preexec=lambda: os.chdir(self.folder), **environment)

    def ran(self, *arguments, status=OK, **environment):
        ran = self.traced(*arguments, **environment)
        self.assertEqual(ran.status, status, ran.stdout + ran.stderr)
        return ran

    def refused(self, *arguments, says):
        ran = self.traced(*arguments)
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]*\n\Z")
        self.assertIn(says, ran.stderr)

    def events(self, path):
        """Model → row → the intervals that are not idle, in ns."""
        document = json.loads((self.folder / path).read_text())
        self.assertEqual(document["displayTimeUnit"], "ms")
        models, rows, spans = {}, {}, {}
        for event in document["traceEvents"]:
            self.assertIn(event["ph"], ("M", "X"))
            self.assertIsInstance(event["pid"], int)
            self.assertIsInstance(event["tid"], int)
            if event["ph"] == "X":
                self.assertGreater(event["dur"], 0)
                begin = round(1000 * event["ts"])
                spans.setdefault((event["pid"], event["tid"]), []).append(
                    (begin, begin + round(1000 * event["dur"]), event["name"]))
            elif event["name"] == "process_name":
                models[event["pid"]] = event["args"]["name"]
            elif event["name"] == "thread_name":
                rows[event["pid"], event["tid"]] = event["args"]["name"]
        found = {model: {} for model in models.values()}
        for place, row in rows.items():
            found[models[place[0]]][row] = spans.get(place, [])
        for row in spans.values():
            for one, other in zip(row, row[1:]):
                self.assertLessEqual(one[1], other[0])
        # As readers add them, in doubles: no event within another.
        ends = {}
        for event in document["traceEvents"]:
            if event["ph"] == "X":
                place = event["pid"], event["tid"]
                self.assertLessEqual(ends.get(place, 0), event["ts"])
                ends[place] = event["ts"] + event["dur"]
        return found

    def test_breakfast(self):
        text = self.ran(COLUMNS=80).stdout
        found = panels(text)
        self.assertEqual(list(found)[:7], BASIC)
        for model in BASIC:
            self.assertRegex("\n".join(found[model]), r"\n  coffee  .*\n  sandwich  ")
        self.assertIn("one after the other: never two tasks under way at once", " ".join(sentences(found["sequential"])))
        for model in ("eventloop", "async", "green"):
            self.assertRegex(" ".join(sentences(found[model])),
                             "concurrent, not parallel: never two at work at once, [23] switches, only where a task waits or ends")
        self.assertIn("the lock went from one thread to another", " ".join(sentences(found["gil"])))

    def test_fits(self):
        for columns in (80, 200):
            for locale in ("C.UTF-8", "C"):
                text = self.ran("-w", "small.json", "-m", "sequential,async", COLUMNS=columns, LC_ALL=locale).stdout
                self.assertLessEqual(max(map(width, text.split("\n"))), columns)
                self.assertEqual(text.isascii(), locale == "C")
                self.assertNotIn("\033", text)

    def test_color(self):
        text = self.ran("-w", "small.json", "-m", "async", "--color=always").stdout
        self.assertIn("\033[32m", text)
        self.assertEqual(text.count("\033[0m"), len(re.findall(r"\033\[[1-9]\d*m", text)))

    def check_sentences(self, said, rows):
        """What is said of who worked at once, counted again."""
        edges = sorted((at, change) for spans in rows.values() for begin, end, name in spans if name == "works"
                       for at, change in ((begin, 1), (end, -1)))
        most = works = 0
        for _, change in edges:
            works += change
            most = max(most, works)
        self.assertEqual("never two" in said, most < 2, said)
        if most > 1 and "hardly" not in said:
            self.assertIn(f"at most {most}", said)
        turns = sorted((begin, row) for row, spans in rows.items() for i, (begin, _, name) in enumerate(spans)
                       if name == "works" and not (i > 0 and spans[i - 1][2] == "works" and spans[i - 1][1] >= begin - 1))
        switches = sum(one[1] != other[1] for one, other in zip(turns, turns[1:]))
        counted = re.search(r"at once, (\d+) switch", said)
        if counted:
            self.assertEqual(int(counted[1]), switches, said)

    def test_files(self):
        text = self.ran("-w", "small.json", "-m", ",".join(BASIC), "-o", "t.svg", "-o", "t.html", "-o", "t.trace.json",
                        "-o", "t.txt", COLUMNS=100).stdout
        self.assertEqual((self.folder / "t.txt").read_text(), text)
        found = self.events("t.trace.json")
        self.assertEqual(list(found), BASIC)
        for model, lines in panels(text).items():
            self.assertEqual(sorted(found[model]), ["one", "two"])
            self.check_sentences(" ".join(sentences(lines)), found[model])
        svg = xml.etree.ElementTree.parse(self.folder / "t.svg").getroot()
        words = " ".join("".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text"))
        page = (self.folder / "t.html").read_text()
        html.parser.HTMLParser().feed(page)
        self.assertNotIn("<script", page)
        for model in BASIC:
            self.assertIn(f"{model}, ", words)
            self.assertIn(f"<h2>{model}</h2>", page)

    def test_by_lane(self):
        text = self.ran("-w", "sleep:1ms", "-n", "4", "-c", "2", "-m", "threads,async", "--by=lane").stdout
        for lines in panels(text).values():
            self.assertEqual(re.findall(r"\n  (\w+ \d)", "\n".join(lines)), ["lane 0", "lane 1"])

    def test_many(self):
        text = self.ran("-w", "sleep:5ms", "-n", "200", "-c", "50", "-m", "async", COLUMNS=80).stdout
        self.assertIn("  200 rows:", text)
        self.assertIn("the busiest moment, enlarged", text)

    def test_few_tasks_by_themselves(self):
        self.assertIn("sleep:1ms: 8 tasks, 8 in flight", self.ran("-w", "sleep:1ms", "-m", "async").stdout)

    def test_one_that_fails(self):
        text = self.ran("-w", "sleep:1ms", "-m", "mine=/bin/false,async", status=CELL).stdout
        self.assertEqual(list(panels(text)), ["mine", "async"])
        self.assertIn("  task 7", text)

    def test_refusals(self):
        self.refused("-w", "sleep,fib", says="one workload")
        self.refused("-w", "sleep:1ms,2ms", says="one workload")
        self.refused("-n", "1,2", says="one")
        self.refused("-m", "nobody", says="nobody")
        self.refused("-w", "nothing", says="nothing")
        self.refused("breakfast", says="breakfast")
        self.refused("--by=thread", says="task or lane")
        self.refused("-o", "t.json", says=".txt, .svg, .html or .trace.json")
        self.refused("-o", "nowhere/t.svg", says="nowhere/t.svg")
        self.refused("--format=json", says="--format")

    def test_full_disk(self):
        (self.folder / "t.svg").symlink_to("/dev/full")
        ran = self.traced("-w", "sleep:1ms", "-m", "async", "-o", "t.svg")
        self.assertEqual(ran.status, USAGE)
        with open("/dev/full", "w", encoding="utf-8") as full:
            ran = subprocess.run([CCBENCH, "timeline", "-q", "-w", "sleep:1ms", "-m", "async"], stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE_S)
        self.assertEqual(ran.returncode, USAGE)

    def test_interrupted(self):
        """What is there is drawn."""
        tagged = Tagged()
        process = subprocess.Popen([CCBENCH, "timeline", "-q", "-w", "sleep:20s", "-n", "1", "-m", "async,green"],
                                   stdout=subprocess.PIPE, text=True, env=tagged.environment())
        tagged.wait_for(lambda found: any(line.endswith(" trial") for line in found.values()), "a trial", process)
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=PATIENCE_S)[0]
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertIn("async  interrupted", text)
        self.assertIn("green  interrupted", text)
        self.assertEqual(tagged.left_over(), {})


if __name__ == "__main__":
    unittest.main()

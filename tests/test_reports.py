#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reports from stored documents: exact transcripts, the schema, the width, and that words and figures agree.

Needs $CCBENCH, the program. Where a change of wording is meant, UPDATE=1 writes the transcripts anew: read the diff.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata
import unittest

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8")))
SAMPLES = ["basic", "trouble", "one_round", "tie", "nobody", "rate", "race"]
SWEEPS = ["sweep", "sweep_cpus"]
EVERY = SAMPLES + SWEEPS
sys.path.insert(0, str(HERE))
import make_sample_document  # noqa: E402
from stored import DATA, ROW, Stored, render, rows_of, run  # noqa: E402


def summarised(name):
    return json.loads(render(DATA / f"{name}.json", "--format=json"))


def width_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def blocks_of(text):
    return text.split("\n\n")[1:]


def figure_of(block, summary):
    """What a model is ranked by, the less the better."""
    if not block["rate"]:
        return 0, summary["wall_ns"]["median"]
    if not summary["kept_up"]:
        return 1, -summary["reached_per_s"]["median"]
    part = max(summary["classes"], key=lambda one: one["tasks"]) if summary["classes"] else dict(summary, tasks=block["tasks"])
    return 0, part["latency_p99_ns" if part["tasks"] >= 299 else "latency_max_ns"]["median"]


def in_question(block, summary):
    return not (block["rate"] and not summary["kept_up"]) and not (summary["lost_share"] or {"max": 0})["max"]


class Transcripts(unittest.TestCase):
    maxDiff = None

    def test_transcripts(self):
        for name in EVERY:
            for width in (0, 80, 120, 200):
                for utf8 in (True, False):
                    self.compare(name, f"{name}-{width}-{'utf8' if utf8 else 'ascii'}.txt", width=width, utf8=utf8)

    def test_all_columns(self):
        self.compare("basic", "basic-100-verbose.txt", "--verbose", width=100)

    def test_colour(self):
        self.compare("trouble", "trouble-80-colour.txt", "--color=always", width=80)
        self.compare("sweep", "sweep-80-colour.txt", "--color=always", width=80)

    def test_sweep_with_all_columns(self):
        self.compare("sweep_cpus", "sweep_cpus-100-verbose.txt", "--verbose", width=100)

    def compare(self, name, transcript, *options, **style):
        with self.subTest(transcript):
            text = render(DATA / f"{name}.json", *options, **style)
            if os.environ.get("UPDATE"):
                (DATA / transcript).write_text(text, encoding="utf-8")
            self.assertEqual(text, (DATA / transcript).read_text(encoding="utf-8"))


class Markdown(Stored):
    def test_tables_are_whole(self):
        """As many columns in each line as in the heading, and as many lines as cells that have figures."""
        for name in SAMPLES:
            document = summarised(name)
            text = render(DATA / f"{name}.json", "--format=markdown")
            tables = [[]]
            for line in text.splitlines():
                if line.startswith("|"):
                    tables[-1].append(line)
                elif tables[-1]:
                    tables.append([])
            ok = [sum(cell["status"] == "ok" for cell in block["cells"]) for block in document["workloads"]]
            self.assertEqual([len(table) - 2 for table in tables if table], [n for n in ok if n > 0])
            for table in filter(None, tables):
                self.assertEqual(len({len(re.findall(r"(?<!\\)\|", line)) for line in table}), 1, table)
                self.assertRegex(table[1], r"^\|( -+:? \|)+$")
            for block in document["workloads"]:
                self.assertEqual(text.count("### " + block["workload"] + ": "), 1)
                for cell in block["cells"]:
                    if cell["status"] != "ok":
                        self.assertIn(f"- {cell['model']} {cell['status']}: ", text)

    def test_text_of_the_file_is_no_markup(self):
        document = json.loads((DATA / "tie.json").read_text())
        document["workloads"][0]["describe"] = "a|b <script> *c* `d`\n# e"
        text = render(self.store(document), "--format=markdown")
        self.assertIn("a\\|b &lt;script\\> \\*c\\* \\`d\\`?\\# e", text)


class Layout(Stored):
    def test_never_wider_than_the_terminal(self):
        for name in EVERY:
            for width in list(range(20, 130)) + [200]:
                for options in ([], ["--verbose"]):
                    for line in render(DATA / f"{name}.json", *options, width=width).splitlines():
                        self.assertLessEqual(width_of(line), width, f"{name} at {width}: {line!r}")

    def test_colour_takes_no_width(self):
        for width in (40, 80, 120):
            for name in ("trouble", "sweep"):
                plain = render(DATA / f"{name}.json", width=width)
                coloured = render(DATA / f"{name}.json", "--color=always", width=width)
                self.assertNotEqual(plain, coloured)
                self.assertEqual(plain, re.sub(r"\033\[\d*m", "", coloured))

    def test_rank_model_and_time_always_stay(self):
        for width in (28, 40, 60):
            text = render(DATA / "basic.json", width=width)
            self.assertEqual(len(rows_of(text)), 21)
            for row in filter(ROW.match, text.splitlines()):
                self.assertRegex(row, r" \d+(\.\d+)? (µs|ms|s)\b")

    def test_ascii_is_ascii(self):
        for name in EVERY:
            self.assertTrue(render(DATA / f"{name}.json", "--verbose", utf8=False).isascii())

    def test_no_spaces_at_the_ends_of_lines(self):
        for name in EVERY:
            for line in render(DATA / f"{name}.json", width=100).splitlines():
                self.assertEqual(line, line.rstrip())

    def test_text_of_the_file_cannot_drive_the_terminal(self):
        document = json.loads((DATA / "tie.json").read_text())
        block = document["workloads"][0]
        block["describe"] = "waits\033[2J\r\n\u009b31m \u202e日本 \u0301é"
        block["cells"][0]["model"] = "a\nb"
        text = render(self.store(document), width=70)
        self.assertIsNone(re.search(r"[\0-\x09\x0b-\x1f\x7f-\x9f\u202e\u0301]", text))
        self.assertIn("日本", text)
        self.assertTrue(all(width_of(line) <= 70 for line in text.splitlines()))

    def test_long_names(self):
        document = json.loads((DATA / "trouble.json").read_text())
        for block in document["workloads"]:
            block["workload"] += "w" * 150
            for cell in block["cells"]:
                cell["model"] += "-" + "m" * 90
        for width in (30, 80, 120):
            for options in ([], ["--verbose"]):
                for line in render(self.store(document), *options, width=width).splitlines():
                    self.assertLessEqual(width_of(line), width)


def histogram_of(times):
    """A histogram of the document, of times in ns, counted anew by the rule in the schema."""
    def bucket(ns):
        shift = max(0, ns.bit_length() - 8)
        return 128 * shift + (ns >> shift)

    found, counts, at = sorted(map(bucket, times)), [], 0
    for index in sorted(set(found)):
        counts += [at - index] * (index > at) + [found.count(index)]
        at = index + 1
    return {"significant_digits": 2, "total": len(times), "min": min(times), "max": max(times), "counts": counts}


class Spread(Stored):
    """The line of bars, of latencies that are given."""

    TITLE = "latency, | slowest"
    TIMES = {
        "sequential": [10e6] * 60 + [21e6] * 3 + [39.99e6],  # a lone one at the end
        "threads": [10e6] * 32 + [40e6] * 32,                   # two kinds
        "gil": [20e6] * 64,
        "async": [10e6 * 2 ** (2 * i / 640) for i in range(640)],  # evenly, on such an axis
        "eventloop": [10e6],
    }

    def with_histograms(self, times, name="basic"):
        document = json.loads((DATA / f"{name}.json").read_text())
        for cell in document["workloads"][0]["cells"]:
            if cell["status"] == "ok" and cell["model"] in times:
                found = histogram_of([int(ns) for ns in times[cell["model"]]])
                cell["histograms"] = {"latency_ns": found, "queued_ns": found}
        self.assertEqual(list(VALIDATOR.iter_errors(json.loads(render(self.store(document), "--format=json")))), [])
        return document

    def lines(self, **style):
        """The axis, and the bars of each model."""
        lines = blocks_of(render(self.path, **style))[0].splitlines()
        top = next(i for i, line in enumerate(lines) if self.TITLE in line)
        start = lines[top].index(self.TITLE)
        rows = {match[3]: re.sub(" +[!e]+$", "", line[start:]) for line in lines for match in [ROW.match(line)] if match}
        return lines[top + 1][start:], rows

    def test_bars(self):
        self.with_histograms(self.TIMES)
        axis, rows = self.lines()
        self.assertEqual(axis, "10 ms          40 ms")
        self.assertEqual(rows, {
            "sequential": "█         ▁        ▁|", "threads": "█                  █|", "gil": "         █|",
            "async": "████████████████████|", "eventloop": "█|", "green": "n/a", "processes": "n/a"})
        self.assertEqual(self.lines(utf8=False)[1]["sequential"], "#         .        .|")

    def test_heights_are_parts_of_the_highest(self):
        self.with_histograms({"gil": [10] * 80 + [20] * 40 + [40] * 10 + [80]})
        self.assertRegex(self.lines()[1]["gil"], r"^█ +▄ +▁ +▁\|$")
        self.assertRegex(self.lines(utf8=False)[1]["gil"], r"^# +- +\. +\.\|$")

    def test_odd_times(self):
        for times, axis, bars in (([0], "0 ns            0 ns", "█|"), ([7] * 3, "7 ns            7 ns", None),
                                  ([0, 10 ** 18], "0 ns", r"█ {18}█\|"), ([5 * 10 ** 9], "5 s ", None)):
            self.with_histograms({"green": times})
            found, rows = self.lines()
            self.assertTrue(found.startswith(axis), found)
            self.assertRegex(rows["green"], rf"^{bars}$" if bars and len(bars) > 2 else r"^[ █]*\|$")
            self.assertEqual(rows["gil"], "n/a")

    def test_takes_no_room_from_others(self):
        self.with_histograms(self.TIMES)
        for width in [*range(20, 180), 0]:
            plain = render(DATA / "basic.json", width=width)
            text = render(self.path, width=width)
            self.assertLessEqual(max(map(width_of, text.splitlines())), width or 1000)
            if self.TITLE not in text:
                self.assertEqual(text, plain)
                self.assertTrue(0 < width < 160)
            else:
                self.assertTrue(width == 0 or width > 120)
                for line, bare in zip(text.splitlines(), plain.splitlines()):
                    if ROW.match(line):
                        self.assertTrue(line.startswith(re.sub("  [!e]+$", "", bare)), line)
        self.assertTrue(self.TITLE in render(self.path, "-v", width=60))

    def test_not_as_markup(self):
        self.with_histograms(self.TIMES)
        for options in ([], ["--verbose"]):
            self.assertEqual(render(self.path, "--format=markdown", *options),
                             render(DATA / "basic.json", "--format=markdown", *options))

    def test_kept_when_shown_again(self):
        document = self.with_histograms(self.TIMES)
        again = json.loads(render(self.path, "--format=json"))
        for cell, shown in zip(document["workloads"][0]["cells"], again["workloads"][0]["cells"]):
            self.assertEqual(cell.get("histograms"), shown.get("histograms"))


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)
        cls.validator = VALIDATOR

    def test_documents_follow_it(self):
        for name in EVERY:
            with self.subTest(name):
                self.assertEqual([e.message for e in self.validator.iter_errors(summarised(name))], [])

    def test_it_is_strict(self):
        for path, value in ((["extra"], 1), (["workloads", 0, "extra"], 1), (["workloads", 0, "cells", 0, "extra"], 1),
                            (["workloads", 0, "cells", 0, "samples", 0, "wall_ns"], "12"),
                            (["workloads", 0, "sweep"], {"group": 1}), (["sweeps"], []),
                            (["workloads", 0, "cells", 0, "summary"], None), (["environment", "before", "load"], [1]),
                            (["schema"], "ccbench/2")):
            document = summarised("basic")
            target = document
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = value
            self.assertFalse(self.validator.is_valid(document), path)

    def test_the_samples_are_those_of_the_generator(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([sys.executable, HERE / "make_sample_document.py", directory], check=True)
            for name in EVERY:
                self.assertEqual((pathlib.Path(directory) / f"{name}.json").read_bytes(),
                                 (DATA / f"{name}.json").read_bytes(), name)


class Agreement(Stored):
    """What the sentences say is what the table shows."""

    def check_block(self, block, text):
        rows = rows_of(text)
        shown = [model for _, _, model in rows]
        ok = {c["model"]: c["summary"] for c in block["cells"] if c["status"] == "ok"}
        self.assertEqual(sorted(shown), sorted(ok))
        figures = [figure_of(block, ok[model]) for model in shown]
        self.assertEqual(figures, sorted(figures))
        for place, (rank, tied, model) in enumerate(rows, 1):
            same = [m for r, _, m in rows if r == rank]
            self.assertEqual((rank, tied), (ok[model]["rank"], ok[model]["tied"]))
            self.assertEqual(tied, len(same) > 1)
            self.assertLessEqual(rank, place)
        for cell in block["cells"]:
            if cell["status"] != "ok":
                self.assertIn(f"{cell['model']} ", text)
        self.check_choice(block, rows, ok)
        self.check_causes(block, ok)

    def names(self, text):
        return re.split(r", | and | or ", text)

    def check_choice(self, block, rows, ok):
        """Who is named; test_sentences holds all sentences to the samples."""
        candidates = {m: s for m, s in ok.items() if in_question(block, s)}
        # What comes before says who is out of the question, and why.
        first = next(f for f in block["findings"] if not re.search(r"k(ee|ep)t? up|keeps? up|lost (no )?updates|were to fail|stall",
                                                                   f))
        lead = "Of those that did not, "
        self.assertEqual(first.startswith(lead), len(candidates) < len(ok) and not block["rate"])
        first = first.removeprefix(lead)
        single = re.match(r"[Cc]hoose (\S+): (nothing else (was as fast|had as low a latency)\.|it )", first)
        seen = re.match(r"Seen in (\d+) rounds?: (\S+) (took the least time|had the lowest latency), ", first)
        group = re.match(r"(.+?) (cannot be told apart in|are equally fast|have equally low|are close in|differ by)", first)
        leaders = [model for _, _, model in rows if model in candidates]
        if not ok:
            self.assertEqual(first, "No model completed this workload.")
        elif len(ok) == 1:
            self.assertTrue(first.startswith(f"Only {rows[0][2]} "))
        elif block["rounds"] < 6:
            self.assertEqual((int(seen[1]), seen[2]), (block["rounds"], leaders[0]))
            self.assertRegex(first, r"that may be chance\. To tell: --rounds=6, about \d+ (s|min)\.$")
        elif single:
            self.assertEqual(single[1], leaders[0])
        elif group:
            members = self.names(group[1])
            self.assertLessEqual(set(members), set(candidates))
            self.assertIn(leaders[0], members)
            ranks = {ok[m]["rank"] for m in members}
            self.assertEqual(len(ranks) == 1, group[2] not in ("are close in", "differ by"), first)
        else:
            self.assertRegex(first, r"oo noisy to tell \(± up to .* %\); (no advice|in CPU time per task, which noise touches less, .*)\.$")

    def check_causes(self, block, ok):
        text = " ".join(block["findings"][1:])
        for names in re.findall(r"(?:^|[.;] )([^.;]+) used one core", text):
            for model in self.names(names):
                self.assertLessEqual(ok[model]["cores_used"]["median"], 1.2)
        for names in re.findall(r"(?:^|[.;] )([^.;]+) waited for each task in turn", text):
            for cell in block["cells"]:
                if cell["model"] in self.names(names):
                    self.assertEqual({s["in_flight"] for s in cell["samples"]}, {1})

    def check(self, document):
        path = self.store(document)
        done = json.loads(render(path, "--format=json"))
        text = render(path)
        for block, shown in zip(done["workloads"], blocks_of(text)):
            self.check_block(block, shown)
        return done

    def test_samples(self):
        for name in SAMPLES:
            with self.subTest(name):
                self.check(json.loads((DATA / f"{name}.json").read_text()))

    def test_many_random_runs(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                self.check(make_sample_document.basic(make_sample_document.random.Random(seed)))

    def test_runs_that_show_the_same_say_the_same(self):
        said = {}
        for seed in range(40):
            for block in self.check(make_sample_document.basic(make_sample_document.random.Random(seed)))["workloads"]:
                # Some differ by about 10 %, and so by more or less than that.
                said.setdefault(block["workload"], set()).add(
                    re.sub(r"differ by less than 10 %|are close in time \(within 25 %\)", "", " ".join(block["findings"])))
        for workload, texts in said.items():
            self.assertEqual(len(texts), 1, f"{workload}: {texts}")

    def test_reading_twice_changes_nothing(self):
        for name in EVERY:
            once = summarised(name)
            self.assertEqual(json.loads(render(self.store(once), "--format=json")), once)
            self.assertEqual(render(self.path, width=90), render(DATA / f"{name}.json", width=90))


class Sweeps(Stored):
    """Grids and sentences say what the blocks say."""

    METRICS = [("tasks/s", "summary.throughput_per_s.median"), ("CPU per task", "summary.cpu_per_task_ns.median"),
               ("memory per task in flight", "memory.bytes_per_lane")]
    UNITS = {"": 1, "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "KiB": 1024, "MiB": 1 << 20}

    def value(self, cell, path):
        for name in path.split("."):
            cell = cell.get(name) if cell else None
        return cell

    def grids(self, text):
        """{title: {(model, label): "1,570 "}} of one sweep, whose lines were not wrapped; and the marks."""
        found, title, heads = {}, None, []
        for line in text.splitlines():
            start = next((name for name, _ in self.METRICS if line.startswith(name)), None)
            if start:
                title, heads = start, None
            elif title and heads is None:
                heads = re.split(r" {2,}", line)
            elif title and line.startswith(("-", "→", "note:", "memory n/a")):
                title = None
            elif title:
                name, *figures = re.split(r" {2,}", line.replace(" !", "!"))
                self.assertEqual(len(figures), len(heads) - 1, line)
                for head, figure in zip(heads[1:], figures):
                    found.setdefault(title, {})[name, head] = figure
        return found

    def check_figure(self, figure, cell, path, ranks):
        if cell["status"] != "ok":
            self.assertEqual(figure, "-")
            return
        shown = re.fullmatch(r"([\d.,]+) ?([a-zA-Zµ]*)(\*?)(!?)", figure)
        number = float(shown[1].replace(",", "")) * self.UNITS[shown[2]]
        self.assertAlmostEqual(number, self.value(cell, path), delta=0.006 * number)
        if ranks:
            self.assertEqual(shown[3] == "*", cell["summary"]["rank"] == 1)

    def test_grids(self):
        for name in SWEEPS:
            document = summarised(name)
            for sweep, text in zip(document["sweeps"], blocks_of(render(DATA / f"{name}.json"))):
                blocks = [b for b in document["workloads"] if b["sweep"]["group"] == sweep["group"]]
                grids = self.grids(text)
                self.assertEqual(set(grids), {title for title, _ in self.METRICS})
                for title, path in self.METRICS:
                    for block, label in zip(blocks, sweep["labels"]):
                        for cell in block["cells"]:
                            if (cell["model"], label) in grids[title]:
                                self.check_figure(grids[title][cell["model"], label], cell, path, title == "tasks/s")
                            else:
                                self.assertNotEqual(cell["status"], "ok")

    def test_what_the_samples_were_made_for(self):
        document = summarised("sweep")
        self.assertEqual([(s["workload"], s["axis"]) for s in document["sweeps"]],
                         [("sleep:10ms", "concurrency"), ("fib", "argument")])
        first, second = (" ".join(sweep["findings"]) for sweep in document["sweeps"])
        self.assertIn("green overtakes threads between 64 and 1024 in flight.", first)  # at 256 it is noise
        self.assertIn("threads pay off above 11 µs of work per task", second)
        self.assertIn("processes pay off above 74 µs of work per task", second)
        slopes = {m["model"]: m["memory_slope_bytes"] for m in document["sweeps"][0]["models"]}
        self.assertIsNone(slopes["sequential"])
        for model, slope in (("threads", 8 * 1024), ("green", 4 * 1024), ("eventloop", 0.2 * 1024)):
            self.assertAlmostEqual(slopes[model], slope, delta=1)
        text = render(DATA / "sweep.json")
        self.assertIn("- threads at 4k: failed: threads stop at 3,100: pid_max\n", text)
        self.assertEqual(text.count("would take"), 1)

    def test_noise_is_said_once(self):
        document = json.loads((DATA / "sweep.json").read_text())
        for block in document["workloads"][:6]:
            for cell in block["cells"]:
                for sample in cell["samples"][::2]:
                    sample["wall_ns"] *= 2
        text = render(self.store(document))
        self.assertEqual(text.count("times varied by 5 % or more"), 1)
        self.assertGreater(render(self.path, "--verbose").count("times varied by 5 % or more"), 1)

    def test_blocks_are_shown_with_all_columns_only(self):
        for name in SWEEPS:
            document = summarised(name)
            plain, verbose = render(DATA / f"{name}.json"), render(DATA / f"{name}.json", "--verbose")
            for block in document["workloads"]:
                if any(cell["samples"] for cell in block["cells"]):
                    for finding in block["findings"]:
                        self.assertNotIn(finding, plain)
                        self.assertIn(finding, verbose)
            for sweep in document["sweeps"]:
                for finding in sweep["findings"]:
                    self.assertEqual(plain.count("→ " + finding), verbose.count("→ " + finding))

    def test_what_a_file_says_of_its_sweeps_is_not_believed(self):
        document = summarised("sweep")
        document["sweeps"][0]["findings"] = ["buy green"]
        document["sweeps"].append({"group": 77})
        self.assertEqual(render(self.store(document)), render(DATA / "sweep.json"))

    def test_doctored_ones(self):
        for change, says in (({"group": 0}, "sweep.group"), ({"axis": "time"}, "sweep.axis"), ({"axis": "tasks"}, "sweep.axis"),
                             ({"label": None}, "sweep.label"), ({"value": []}, "sweep.value")):
            document = json.loads((DATA / "sweep.json").read_text())
            document["workloads"][1]["sweep"].update(change)
            ran = run(self.store(document), check=False)
            self.assertEqual((ran.returncode, ran.stdout), (2, b""))
            self.assertRegex(ran.stderr.decode(), rf"\Accbench: [^\n]*workloads\[1\]\.{says}: not [^\n]+\n\Z")

    def test_groups_that_are_mixed_up(self):
        document = json.loads((DATA / "sweep.json").read_text())
        document["workloads"] = document["workloads"][::2] + document["workloads"][1::2]
        self.assertEqual(render(self.store(document)).count("tasks/s"), 2)
        document["workloads"] = document["workloads"][:1]
        document["workloads"][0]["sweep"]["label"] = "1\033[2J\n" + "1" * 200
        text = render(self.store(document), width=60)
        self.assertNotIn("\033", text)
        self.assertTrue(all(width_of(line) <= 60 for line in text.splitlines()))


class Sentences(Stored):
    def test_the_samples_say_what_they_were_made_for(self):
        sleep, http, fib = (b["findings"] for b in summarised("basic")["workloads"])
        self.assertIn("sequential waited for each task in turn, one in flight", sleep[-1])
        self.assertIn("processes lost time in set-up and teardown", http[-1])
        self.assertIn("sequential, gil, eventloop, async and green used one core", fib[-1])
        self.assertTrue(fib[0].startswith("threads and processes "))

    def test_warnings_name_cause_and_remedy(self):
        warnings = summarised("trouble")["workloads"][0]["warnings"]
        for words in ("built with sanitizers", "later rounds were slower", "times varied by 5 % or more: threads",
                      "steal above 2 %", "pressure above 5 %", "busy before the start", "governor is 'powersave'"):
            self.assertEqual(sum(words in w for w in warnings), 1, words)
        self.assertEqual(len(warnings), 7)
        self.assertIn("HTTP origin was busy", summarised("trouble")["workloads"][1]["warnings"][1])

    def test_a_note_stands_once(self):
        """However many blocks have it, in every format; the document keeps all."""
        document = json.loads((DATA / "trouble.json").read_text())
        document["workloads"] = document["workloads"] + [dict(block, workload=block["workload"] + "0")
                                                         for block in document["workloads"]]
        path = self.store(document)
        done = json.loads(render(path, "--format=json"))
        self.assertEqual(done["workloads"][0]["warnings"], done["workloads"][2]["warnings"])
        for options in ([], ["--format=markdown"]):
            text = render(path, *options)
            for words in ("built with sanitizers", "times varied", "busy before the start", "governor is", "steal above",
                          "HTTP origin was busy"):
                self.assertEqual(text.count(words), 1, f"{options}: {words}")

    def test_a_quota_is_not_taken_for_other_programs(self):
        document = json.loads((DATA / "trouble.json").read_text())
        document["environment"]["cpu"]["quota_cores"] = 0.5
        document["environment"]["during"].update(duration_ns=28 * 10 ** 9, throttled_ns=50 * 10 ** 9, throttled_share=0.25)
        text = render(self.store(document))
        self.assertIn("note: throttled by its cgroup's quota of 0.5 cores in 25 % of its periods (", text)
        self.assertNotIn("other programs competed", text)

    def test_memory_that_was_read_too_early(self):
        document = json.loads((DATA / "basic.json").read_text())
        block = document["workloads"][0]
        by_name = {cell["model"]: cell for cell in block["cells"]}
        for cell in block["cells"]:
            cell["memory"]["in_flight_wanted"] = cell["memory"]["in_flight"]
        self.assertNotIn("may be too low", render(self.store(document)))
        by_name["processes"]["memory"].update(in_flight=20, in_flight_wanted=32)
        by_name["async"]["memory"].update(in_flight=0, in_flight_wanted=32)  # not known
        for options in ([], ["--format=markdown"]):
            text = " ".join(render(self.store(document), *options).split())
            self.assertIn("fewer tasks in flight than there can be, and may be too low: processes 20 of 32 (", text)

    def test_rounds_that_were_asked_for_and_are_not_there(self):
        document = json.loads((DATA / "one_round.json").read_text())
        for asked, says in ((None, "; 1 round, as asked for"), (1, "; 1 round, as asked for"),
                            (2, "; 1 of 2 rounds asked for: no model was left")):
            document["plan"]["rounds"] = asked
            self.assertIn(says + "\n", render(self.store(document)))

    def test_one_model(self):
        document = json.loads((DATA / "tie.json").read_text())
        for kind, model, other in (("I/O-bound", "threads:stack=64k", "async"), ("I/O-bound", "async", "threads"),
                                   ("CPU-bound", "threads", "processes"), ("CPU-bound", "processes", "threads")):
            block = document["workloads"][0]
            block.update(cells=block["cells"][:1], kind=kind)
            block["cells"][0]["model"] = model
            self.assertIn(f"→ One model was run; add another: -m {model},{other}.\n", render(self.store(document)))
        for model, loop, other in (("asyncio", "python-loop", "python-loop"), ("python-loop", "python-loop", "python-threads"),
                                   ("asyncio@python3.11:client=idiom", "python-loop", "python-loop@python3.11"),
                                   ("python-loop@./a b", "python-loop", "python-threads@./a b"), ("perl", "plain-perl", "plain-perl")):
            block["cells"][0].update(model=model, loop=loop)
            self.assertIn(f"→ One model was run; add another: -m {model},{other}.\n", render(self.store(document)))
        for model, loop in (("perl-loop", "perl-loop"), ("perl", None)):  # whatever else there is of it
            block["cells"][0].update(model=model, loop=loop)
            self.assertIn("→ One model was run; add another.\n", render(self.store(document)))

    def test_calm_runs_have_no_warnings(self):
        self.assertEqual(summarised("tie")["workloads"][0]["warnings"], [])

    def test_too_few_rounds(self):
        text = render(DATA / "one_round.json")
        self.assertIn("fewer than 6 rounds, no intervals", text)
        self.assertIsNone(re.search(r"\d %", text.split("\n\n")[1].replace("(within 10 %)", "")))

    def test_open_loops(self):
        hogs, sleeps = summarised("rate")["workloads"]
        self.assertEqual(hogs["findings"][0], "Seen in 3 rounds: sequential, eventloop and green stalled: while one task "
                         "computed, others waited up to 100 ms to begin.")
        self.assertEqual(hogs["findings"][1], "Seen in 3 rounds: every model kept up, with a p99 of 1.1 ms to 90 ms for short.")
        self.assertEqual(sleeps["findings"][0], "Seen in 3 rounds: threads, eventloop and green kept up, with a p99 of 11 ms, "
                         "green in 2 of 3 rounds.")
        self.assertRegex(sleeps["findings"][1], r"^Seen in 3 rounds: sequential did not keep up: behind from the start, [\d.]+ "
                         r"s late at the end; gil did not keep up: behind from \d+ ms on, \d+ ms late at the end\.$")
        self.assertFalse(any("stall" in finding for finding in sleeps["findings"]))
        hogs, sleeps = blocks_of(render(DATA / "rate.json"))
        self.assertIn("505 tasks arrive at 100/s (poisson) for 5 s, each ", hogs)
        self.assertIn("tasks arrive at 500/s (constant) for 2 s, each ", sleeps)
        for text in (hogs, sleeps):
            for word in ("ideal", "time ", "×", "±", "interrupted", "used"):
                self.assertNotIn(word, "\n".join(line for line in text.splitlines() if re.match(r"[ \d]", line)).replace(
                    "there was time for", ""))
        rows = {row.split()[1 + row.startswith(" ")]: row for row in sleeps.splitlines() if ROW.match(row)}
        self.assertRegex(sleeps, r"(?m)^ *2 +threads .* yes ")
        self.assertRegex(sleeps, r"(?m)^ *3 +green .* 2 of 3 ")
        self.assertRegex(sleeps, r"(?m)^ *4 +gil .* 4\d\d/s ")
        self.assertTrue(rows)

    def test_latency_decides_where_time_says_nothing(self):
        """The models of an open loop take equally long, and the one with the higher latency may even end first."""
        document = json.loads((DATA / "rate.json").read_text())
        for cell in document["workloads"][0]["cells"]:
            for sample in cell["samples"]:
                sample["wall_ns"] += 10 ** 9 * (cell["model"] == "threads")
        text = render(self.store(document))
        self.assertEqual(rows_of(blocks_of(text)[0])[0], (1, False, "threads"))

    def test_tasks_that_take_long_by_nature_are_not_what_is_ranked(self):
        """gil's hogs are the slowest tasks of all; its short ones wait less than those of the loops."""
        document = json.loads((DATA / "rate.json").read_text())
        for cell in document["workloads"][0]["cells"]:
            for sample in cell["samples"]:
                sample["latency_ns"]["p99"] = sample["latency_ns"]["max"] = 10 ** 9 * (2 if cell["model"] == "gil" else 1)
        text = blocks_of(render(self.store(document)))[0]
        self.assertEqual(rows_of(text)[1], (2, False, "gil"))
        self.assertIn("p50 and p99: of short, which most tasks are", text)
        self.assertNotIn("2.00 s", text)

    def test_a_model_that_keeps_up_in_most_rounds(self):
        document = json.loads((DATA / "rate.json").read_text())
        gil = next(cell for cell in document["workloads"][1]["cells"] if cell["model"] == "gil")
        for sample in gil["samples"][:2]:
            sample["kept_up"] = True
        text = blocks_of(render(self.store(document)))[1]
        self.assertRegex(text, r"(?m)^ *\d=? +gil .* 2 of 3 ")
        self.assertNotRegex(text, "gil d(oes|id) not keep up")

    def test_the_few_are_named(self):
        document = json.loads((DATA / "rate.json").read_text())
        gil = next(cell for cell in document["workloads"][1]["cells"] if cell["model"] == "gil")
        for sample in gil["samples"]:
            sample["kept_up"] = True
        findings = json.loads(render(self.store(document), "--format=json"))["workloads"][1]["findings"]
        self.assertRegex(findings[1], r"^Seen in 3 rounds: all but sequential kept up, with a p99 of 11 ms to \d+ ms, "
                         r"green in 2 of 3 rounds\.$")

    def test_too_short_to_tell(self):
        document = json.loads((DATA / "rate.json").read_text())
        block = document["workloads"][1]
        self.assertFalse(any("too short" in warning for warning in summarised("rate")["workloads"][1]["warnings"]))
        block["rate"]["span_ns"] = 90_000_000
        warnings = json.loads(render(self.store(document), "--format=json"))["workloads"][1]["warnings"]
        self.assertEqual(sum("--duration" in warning for warning in warnings), 1)

    def test_lost_updates(self):
        block = summarised("race")["workloads"][0]
        self.assertEqual(block["findings"][0], "threads and gil lost updates; sequential and eventloop did not.")
        self.assertEqual(block["findings"][1], "Of those that did not, choose sequential: nothing else was as fast.")
        text = blocks_of(render(DATA / "race.json"))[0]
        for model, shown in (("threads", "4\\d %"), ("gil", "< 0.1 %"), ("eventloop", "none"), ("sequential", "none")):
            self.assertRegex(text, rf"(?m)^ *\d=? +{model} .* {shown} ")
        for name in ("basic", "rate"):
            self.assertNotIn("updates", render(DATA / f"{name}.json"))

    def test_nobody_and_everybody_loses(self):
        def said(lost):
            document = json.loads((DATA / "race.json").read_text())
            for cell in document["workloads"][0]["cells"]:
                for sample in cell["samples"]:
                    sample["updates"]["lost"] = lost
            return json.loads(render(self.store(document), "--format=json"))["workloads"][0]["findings"]
        self.assertEqual(said(0)[0], "No model lost updates.")
        self.assertEqual(said(0)[1], "Choose threads: nothing else was as fast.")
        self.assertEqual(said(7), ["Every model lost updates."])

    def test_expected_failures(self):
        block = summarised("race")["workloads"][1]
        self.assertEqual(block["findings"][0],
                         "The tasks that were to fail did, and no others, under threads and eventloop.")
        text = blocks_of(render(DATA / "race.json"))[1]
        self.assertRegex(text, r"(?m)^ *\d=? +threads .* 60 of 600 ")
        self.assertNotIn("expected", render(DATA / "basic.json"))

    def test_classes(self):
        text = blocks_of(render(DATA / "rate.json", width=200))[0]
        self.assertIn("by class, queued being the longest wait to begin: short (500 tasks), a class of a very long name (5 "
                      "tasks)", text)
        self.assertRegex(text, r"(?m)^   threads +[\d.]+ ms +[\d.]+ ms +[\d.]+ µs ")
        narrow = blocks_of(render(DATA / "rate.json", width=40))[0]
        self.assertIn("not shown, but in the JSON: a class of a", narrow)
        self.assertNotIn("by class", render(DATA / "basic.json"))

    def test_many_classes(self):
        document = json.loads((DATA / "rate.json").read_text())
        for cell in document["workloads"][0]["cells"]:
            for sample in cell["samples"]:
                sample["classes"] = [dict(sample["classes"][0], name=f"class{i}") for i in range(1000)]
        for options in ([], ["--verbose"]):
            for width in (0, 60, 100):
                text = blocks_of(render(self.store(document), *options, width=width))[0]
                self.assertIn("class0", text)
                if not width:
                    self.assertIn("not shown, but in the JSON: class6, class7, class8, class9, class10, class11 and others",
                                  text)

    def test_ties_share_a_rank(self):
        self.assertEqual([row[:2] for row in rows_of(render(DATA / "tie.json"))], [(1, True), (1, True)])

    def test_percentiles_need_their_tasks(self):
        sleep, http, _ = blocks_of(render(DATA / "basic.json"))
        self.assertIn("slowest", sleep)
        self.assertNotIn("p99", sleep)
        self.assertIn("p99", http)
        self.assertNotIn("slowest", http)

    def test_a_document_with_little_in_it(self):
        document = json.loads((DATA / "tie.json").read_text())
        document["environment"] = document["placement"] = document["plan"] = document["ccbench"] = {}
        for cell in document["workloads"][0]["cells"]:
            cell["memory"] = None
            cell["kin"] = None
            for sample in cell["samples"]:
                sample["latency_ns"] = None
        for options in ([], ["--verbose"]):
            text = render(self.store(document), *options)
            self.assertEqual(len(rows_of(text)), 2)
            self.assertNotIn("nan", text)


if __name__ == "__main__":
    unittest.main()

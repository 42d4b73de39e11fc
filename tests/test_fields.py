#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Names that documents are asked for are those of the schemas: a mistyped one fails here, not as n/a in a report."""

import functools
import json
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
SCHEMAS = ["report.schema.json", "gate.schema.json", "check.schema.json", "several.schema.json",
           "claims.schema.json", "claim.schema.json", "lifeline.schema.json"]

# What takes an object and a name or a dotted path in it.
LOOK_UPS = re.compile(r"\b(field(?:_number|_text|_is|_set)?|sample_(?:numbers|median)|json_(?:set|add_text|add_number)"
                      r"|cJSON_(?:Get|Has)ObjectItem(?:CaseSensitive)?|cJSON_Add\w+ToObject)\(")
# Tables of names: of this type, or called so; one whose items are set by number holds words for values.
TABLES = re.compile(r"\b(?:struct rule \w+\[\] = \{"
                    r"|(?:names|spreads|others|head)\[\] = \{(?!\s*[\[{]))(.*?)\};",
                    re.DOTALL)
# Members of metrics that are paths, and the names of those that stand in a summary.
MEMBERS = re.compile(r'\.(?:numerator|denominator) = "([\w.]+)"|\bX\((\w+),(?=[^()]*\.of = )')
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Wherever they stand: with a dot, or ending in a unit.
PATH = re.compile(r'"((?:[a-z]\w*\.)+[a-z]\w*|[a-z]\w*_(?:ns|bytes|per_s|per_task|share))"')
# Variables that hold what their name says, and where that stands in the documents.
PLACES = {
    "document": [""], "report": [""],
    "block": ["workloads"], "like": ["workloads"], "earlier": ["workloads", "workloads.cells", "sweeps"],
    "cell": ["workloads.cells", "cells", "control"],
    "sample": ["workloads.cells.samples", "cells.pairs.base", "cells.pairs.new"],
    "pair": ["cells.pairs"], "metric": ["cells.metrics"], "sweep": ["sweeps"],
    "summary": ["workloads.cells.summary"],
}
# Of the plan of a trial (docs/trial-protocol.md), which a document holds and its schema does not describe.
OF_PLANS = {"trial.classes", "trial.url", "trial.insecure", "steps", "fetch"}
# Of the formats of other programs, and of the headings of CSV, which those files write and no schema of ours describes.
OF_OTHERS = {
    "reports/bmf.c": {"bmf.json", "lower_value", "upper_value"},
    "reports/csv.c": {"allowed_share", "capacity_high_per_s", "capacity_low_per_s", "change_share", "least_share"},
    "reports/export/columns.c": {"rate_per_s"},
    "reports/export/gab.c": {"extra", "range"},
    "reports/gab.c": {"gab.json"},
    "reports/gab_bigger.c": {"bigger.gab.json"},
    "reports/gbench.c": {"aggregate_name", "aggregate_unit", "benchmarks", "ccbench_marks", "ccbench_version",
        "context", "cpu_scaling_enabled", "cpu_time", "date", "family_index", "gbench.json", "host_name", "iterations",
        "library_build_type", "load_avg", "num_cpus", "per_family_instance_index", "real_time", "repetition_index",
        "repetitions", "run_name", "run_type", "size", "threads", "time_unit"},
    "reports/gobench.c": {"go.txt"},
    "reports/pyperf.c": {"benchmarks", "cpu_count", "date", "duration", "mem_max_rss", "metadata", "pyperf.json",
        "runs"},
    "reports/samples.c": {"origin_bytes", "origin_cpu_ns", "samples.csv", "server_cpu_ns"},
}


@functools.cache
def schema(name):
    return json.loads((SOURCE / "docs" / name).read_text(encoding="utf-8"))


def follow(name, node):
    """A node of the schema of that name, and what it refers to: (name, node) each."""
    yield name, node
    if "$ref" in node:
        file, _, path = node["$ref"].partition("#/")
        target, name = schema(file or name), file or name
        for part in path.split("/"):
            target = target[part]
        yield from follow(name, target)
    for key in ("oneOf", "anyOf", "allOf"):
        for choice in node.get(key, []):
            yield from follow(name, choice)
    for key in ("if", "then", "else"):
        if key in node:
            yield from follow(name, node[key])


def children(places, name):
    """What stands under that name in any of the places; of a list: in any of its items."""
    found = []
    for place in places:
        for file, node in follow(*place):
            if "items" in node:
                found += children([(file, node["items"])], name)
            if name in node.get("properties", {}):
                found.append((file, node["properties"][name]))
            elif isinstance(node.get("additionalProperties"), dict):
                found.append((file, node["additionalProperties"]))
            elif not node or node.keys() == {"type", "description"} and node["type"] == "object":
                found.append((file, {}))
    return found


def lead_to(places, path):
    for name in filter(None, path.split(".")):
        places = children(places, name)
    return places


ROOTS = [(name, schema(name)) for name in SCHEMAS]


@functools.cache
def named_objects():
    """Every object of the schemas that lists its members."""
    found = []

    def walk(name, node):
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                found.append((name, node))
            for value in node.values():
                walk(name, value)
        elif isinstance(node, list):
            for value in node:
                walk(name, value)

    for name, node in ROOTS:
        walk(name, node)
    return found


@functools.cache
def known(path, variable=""):
    """Whether the path leads anywhere from where that variable stands; from any object, where that is not known."""
    first, _, rest = path.partition(".")
    if variable in PLACES:
        return any(lead_to(ROOTS, f"{place}.{path}") for place in PLACES[variable])
    # Maps of any name would answer to all: the first name must be a listed one.
    starts = [(name, node["properties"][first]) for name, node in named_objects() if first in node["properties"]]
    return bool(lead_to(starts, rest)) if rest else bool(starts)


def arguments(text, start):
    """Those of the call whose opening bracket is before `start`."""
    found, depth, begin, i = [], 0, start, start
    while i < len(text):
        if text[i] == '"':
            i = TEXT.match(text, i).end()
            continue
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
        if depth < 0 or (depth == 0 and text[i] == ","):
            found.append(text[begin:i].strip())
            begin = i + 1
        if depth < 0:
            break
        i += 1
    return found


def without_comments(text):
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|#include [^\n]*', lambda match: match[1] or "", text)


def names_in(text):
    """What documents are asked for in a C text: (path, variable that is asked, line)."""
    text = without_comments(text)
    found = []
    for call in LOOK_UPS.finditer(text):
        given = arguments(text, call.end())
        if len(given) > 1:
            asked = "sample" if call[1].startswith("sample_") else given[0]
            found += [(name, asked, call.start()) for name in TEXT.findall(given[1])]
    for table in TABLES.finditer(text):
        found += [(name, "", table.start()) for name in TEXT.findall(table[1]) if re.fullmatch(r"[\w.]+", name)]
    found += [(match[1] or match[2], "", match.start()) for match in MEMBERS.finditer(text)]
    found += [(match[1], "", match.start()) for match in PATH.finditer(text)]
    return [(name, variable, text.count("\n", 0, at) + 1) for name, variable, at in found]


def protocol_names():
    """Those of the messages of a trial."""
    text = (SOURCE / "docs" / "trial-protocol.md").read_text(encoding="utf-8")
    return {name for pair in re.findall(r'"(\w+)"|`(\w+)`', text) for name in pair}


def wrong_names(file, text, others=()):
    """Those that neither the schemas nor `others` have. A map's names are any: those of the libraries."""
    return [f"{file}:{line}: '{name}'" + (f" of '{variable}'" if variable in PLACES else "")
            for name, variable, line in names_in(text)
            if name not in others and variable != "libraries" and not known(name, variable)]


class Fields(unittest.TestCase):
    maxDiff = None

    def wrong_in(self, room, least, others):
        """The wrong names of a room, in which at least so many are looked up."""
        wrong, count = [], 0
        for path in sorted((SOURCE / room).rglob("*.[ch]")):
            text = path.read_text(encoding="utf-8")
            count += len(names_in(text))
            file = str(path.relative_to(SOURCE))
            wrong += wrong_names(file, text, others | OF_OTHERS.get(file, set()))
        self.assertGreater(count, least)
        return wrong

    def test_reports_ask_for_what_the_schemas_have(self):
        self.assertEqual(self.wrong_in("reports", 600, OF_PLANS), [])

    def test_commands_write_what_the_schemas_have(self):
        self.assertEqual(self.wrong_in("cmd", 200, protocol_names()), [])

    def test_a_wrong_name_is_noticed(self):
        for text, wrong in [
            ('field(document, "environment.cpu.govenor")', "environment.cpu.govenor"),
            ('field_number(cell, "wall_ns")', "wall_ns"),  # a sample's
            ('field_number(cell, "summary.wall_ns.medain")', "summary.wall_ns.medain"),
            ('field_text(f(a, "model"), first ? "model" : "modle")', "modle"),
            ('static const struct rule some_rules[] = {{"no_such", TEXT}, {NULL, 0}};', "no_such"),
            ('X(cpu_ns, .numerator = "cpus_ns")', "cpus_ns"),
            ('X(cpus_time, .numerator = "cpu_ns", .of = METRIC_OF_CELL)', "cpus_time"),
            ('#define WALL "summary.wal_ns.median"', "summary.wal_ns.median"),
            ('sample_median(cell, "lanes")', "lanes"),
            ('table = {"cpu_per_taks_ns"}', "cpu_per_taks_ns"),
        ]:
            with self.subTest(text=text):
                self.assertIn(f"'{wrong}'", " ".join(wrong_names("x.c", text)))

    def test_right_ones_are_not(self):
        for text in ['field(document, "environment.cpu.governor")', 'field_number(sample, "latency_ns.p99")',
                     'field_number(cell, "summary.wall_ns.median"); // "no.such"',
                     'json_set(document, "sweeps", cJSON_CreateArray())']:
            with self.subTest(text=text):
                self.assertEqual(wrong_names("x.c", text), [])
                self.assertNotEqual(names_in(text), [])


if __name__ == "__main__":
    unittest.main()

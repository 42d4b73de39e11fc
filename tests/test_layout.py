#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes and calls go one way, between rooms and inside them: from the plug-ins to the machinery, never back. Links between
documents lead somewhere."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)

# Each folder, and which others its files may include besides their own: what those may include comes with them.
MAY_INCLUDE = {
    "measure/base": [],
    "measure/machine": ["measure/base"],
    "measure/trace": ["measure/base"],
    "measure": ["measure/machine", "measure/trace"],
    "workloads/origin": ["measure"],
    "workloads/program": ["workloads/origin"],
    "workloads": ["workloads/program"],
    "models/carry": ["workloads/program"],
    "models/carry/stack": ["models/carry"],
    "models/carry/loop": ["models/carry"],
    "models/carry/green": ["models/carry/stack", "models/carry/loop"],
    "models/carry/messages": ["models/carry/stack"],
    "models": ["models/carry/green", "models/carry/messages"],
    "runtimes": ["models"],
    "claims/reader": ["runtimes", "workloads", "reports/document"],
    "reports/document": ["measure"],
    "reports/findings": ["reports/document"],
    "reports/render": ["reports/findings"],
    "reports/export": ["reports/findings"],
    "reports": ["reports/render", "reports/export"],
    "cmd/console": ["runtimes", "workloads", "reports"],
    "cmd/plan": ["cmd/console"],
    "cmd/list": ["cmd/plan"],
    "cmd/trial": ["runtimes"],
    "cmd/rounds": ["cmd/plan", "cmd/trial"],
    "cmd/claims": ["cmd/rounds", "claims/reader"],
    "cmd/timeline": ["cmd/rounds"],
    "cmd/hosts": ["cmd/rounds"],
    "cmd/replay": ["cmd/plan", "cmd/trial"],
    "cmd": ["cmd/list", "cmd/rounds", "cmd/trial", "cmd/claims", "cmd/timeline", "cmd/replay", "cmd/hosts"],
}
# What a room's own files are: those named by a list in meson.build, and their registry.
PLUG_INS = {
    "models": ("models", {"model.c", "model.h"}),
    "workloads": ("workloads", {"workload.c", "workload.h", "custom.c", "custom.h"}),
    "reports": ("formats", {"format.h", "formats.c"}),
    "cmd": ("commands", {"commands.h", "main.c"}),
}
# Made by the build, for whoever needs them.
GENERATED = {"registry.h", "version.h", "revision.h"}


def allowed(folder):
    """What a file of that folder may include: its own folder, those it names, and those that these may."""
    found, waiting = set(), [folder]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += MAY_INCLUDE[one]
    return found


def folder_of(name):
    return name.rsplit("/", 1)[0]


def sources(root):
    rooms = sorted({folder.split("/")[0] for folder in MAY_INCLUDE})
    return [path for room in rooms for path in sorted((root / room).rglob("*.[ch]"))]


def wrong_includes(name, text):
    """The includes of the file called NAME, with TEXT in it, that go against the order, one line each."""
    folder = folder_of(name)
    if folder not in MAY_INCLUDE:
        return [f"{name}: the folder {folder} is in no order (see MAY_INCLUDE)"]
    return [f"{name}: includes {other}" for other in INCLUDE.findall(text)
            if other not in GENERATED and folder_of(other) not in allowed(folder)]


def objects():
    """What the build made of our own sources: {name of the source: path of the object}."""
    with open(os.environ["COMPILE_COMMANDS"], encoding="utf-8") as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        output = pathlib.Path(entry["directory"]) / entry["output"]
        # A source may also be part of a test's program.
        if path.is_relative_to(SOURCE) and "ccbench" in entry["output"].split("/")[0] and output.exists():
            found[str(path.relative_to(SOURCE))] = output
    return found


def symbols(paths):
    """The global symbols that each object defines, and those that it needs: {path: (defined, needed)}."""
    output = subprocess.run(["nm", "--format=posix", "--extern-only", "--print-file-name", *map(str, paths)], check=True,
                            capture_output=True, text=True).stdout
    tables = {str(path): (set(), set()) for path in paths}
    for line in output.splitlines():
        path, rest = line.split(": ", 1)
        name, kind, *_ = rest.split()
        tables[path][kind.upper() == "U"].add(name)
    return tables


def wrong_calls(tables):
    """What needs a symbol of a folder that it may not include; tables: {source: (defined, needed)}."""
    home = {name: source for source, (defined, _) in tables.items() for name in defined}
    return [f"{source}: needs {name} of {home[name]}" for source, (_, needed) in sorted(tables.items())
            for name in sorted(needed)
            if name in home and folder_of(source) in MAY_INCLUDE
            and folder_of(home[name]) not in allowed(folder_of(source))]


def named(meson, variable):
    """The files of a list in meson.build, of names or of lists that begin with one."""
    body = re.search(rf"^{variable} = \[(.*?)\]\n(?=\S|\n|$)", meson, re.MULTILINE | re.DOTALL).group(1)
    names = re.findall(r"^ *\['([^']+)'", body, re.MULTILINE) or re.findall(r"'([^']+)'", body)
    return {name.replace("-", "_") + ".c" for name in names}


class Layout(unittest.TestCase):
    maxDiff = None

    def test_includes_go_one_way(self):
        files = sources(SOURCE)
        self.assertGreater(len(files), 100)
        wrong = []
        for path in files:
            name = str(path.relative_to(SOURCE))
            wrong += wrong_includes(name, path.read_text(encoding="utf-8"))
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_headers_form_no_circle(self):
        includes = {str(path.relative_to(SOURCE)): INCLUDE.findall(path.read_text(encoding="utf-8"))
                    for path in sources(SOURCE) if path.suffix == ".h"}
        done, path = set(), []

        def visit(header):
            self.assertNotIn(header, path, " → ".join([*path, header]))
            if header in done or header not in includes:
                return
            path.append(header)
            for other in includes[header]:
                visit(other)
            path.pop()
            done.add(header)

        for header in includes:
            visit(header)

    def test_calls_go_one_way(self):
        if "COMPILE_COMMANDS" not in os.environ or not shutil.which("nm"):
            self.skipTest("no build to look at, or no nm (binutils)")
        paths = objects()
        found = symbols(paths.values())
        tables = {source: found[str(path)] for source, path in paths.items()}
        self.assertGreater(len(tables), 100)
        wrong = wrong_calls(tables)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_a_room_holds_its_plug_ins(self):
        meson = (SOURCE / "meson.build").read_text(encoding="utf-8")
        for room, (variable, registry) in PLUG_INS.items():
            with self.subTest(room=room):
                files = {path.name for path in (SOURCE / room).iterdir() if path.is_file()}
                self.assertEqual(files, named(meson, variable) | registry)

    def test_limits_hold_no_code_of_ours(self):
        self.assertEqual(INCLUDE.findall((SOURCE / "bench/limits.c").read_text(encoding="utf-8")), [])

    def test_a_wrong_call_is_noticed(self):
        tables = {"models/model.c": ({"model_find"}, {"lane_run"}), "models/carry/lane.c": ({"lane_run"}, {"model_find"})}
        self.assertEqual(wrong_calls(tables), ["models/carry/lane.c: needs model_find of models/model.c"])

    def test_a_wrong_include_is_noticed(self):
        self.assertEqual(wrong_includes("workloads/sleep.c", '#include "models/model.h"\n'),
                         ["workloads/sleep.c: includes models/model.h"])
        self.assertEqual(wrong_includes("models/carry/lane.h", '#include "models/model.h"\n'),
                         ["models/carry/lane.h: includes models/model.h"])
        self.assertEqual(wrong_includes("models/gil.c", '#include "models/carry/lane.h"\n'), [])
        self.assertEqual(len(wrong_includes("models/new_folder/x.c", "")), 1)


def anchors(text):
    """What a link may name of a document: its headings, as GitHub writes them."""
    titles = re.findall(r"(?m)^#+ +(.*?) *$", re.sub(r"(?ms)^```.*?^```", "", text))
    return {re.sub(r"[^\w -]", "", re.sub(r"\]\([^)]*\)", "", title).lower()).replace(" ", "-") for title in titles}


def dead_links(path):
    """The links of a document to files that are not there, or to headings that they do not have."""
    prose = re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s:…]+)\)", prose):
        name, _, anchor = target.partition("#")
        other = path.parent / name if name else path
        if not other.exists() or (anchor and anchor not in anchors(other.read_text(encoding="utf-8"))):
            yield target


class Links(unittest.TestCase):
    def test_links_lead_somewhere(self):
        documents = [*SOURCE.glob("*.md"), *SOURCE.glob("docs/**/*.md")]
        self.assertGreater(len(documents), 10)
        for path in documents:
            with self.subTest(path=path.name):
                self.assertEqual(list(dead_links(path)), [])

    def test_a_heading_with_an_option_in_it(self):
        self.assertEqual(anchors("# A\n## When: `--so`?\n```\n# no\n```\n"), {"a", "when---so"})


if __name__ == "__main__":
    unittest.main()

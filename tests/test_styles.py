#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/examples/styles: the same program in four styles prints the same, and what docs/MODELS.md says of them is so. What is
missing (a compiler, gevent, gdb) is skipped."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

DOCS = pathlib.Path(os.environ["TESTS_SOURCE"]).resolve().parent / "docs"
STYLES = DOCS / "examples" / "styles"
NAMES = ("threads", "green", "async", "callbacks")
PRINTED = "index: 10 letters\nabout: 10 letters\nnews: 8 letters\nmissing: no page missing\ncontact: 14 letters\n"
GEVENT = importlib.util.find_spec("gevent") is not None
SANITIZER = os.environ.get("CCBENCH_SANITIZER", "")


def output(*command, status=0, **more):
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)
    if ran.returncode != status:
        raise AssertionError(f"{command}: status {ran.returncode}, expected {status}: {ran.stdout}{ran.stderr}")
    return ran.stdout


class Same(unittest.TestCase):
    def test_python(self):
        for name in NAMES:
            if name == "green" and not GEVENT:
                continue
            with self.subTest(style=name):
                self.assertEqual(output(sys.executable, str(STYLES / f"{name}.py"), "0.01"), PRINTED)

    @unittest.skipIf(shutil.which("cc") is None, "no C compiler")
    def test_c(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in NAMES:
                with self.subTest(style=name):
                    program = os.path.join(folder, name)
                    output("cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", str(STYLES / f"{name}.c"), "-o", program,
                           "-pthread")
                    self.assertEqual(output(program, "0.01"), PRINTED)


class Page(unittest.TestCase):
    """What the page quotes."""

    def quoted(self, command):
        """What stands below a command in the page."""
        text = (DOCS / "MODELS.md").read_text(encoding="utf-8")
        found = re.search(rf"^```console\n\$ {re.escape(command)}\n(.*?)^```", text, re.M | re.S)
        self.assertIsNotNone(found, f"docs/MODELS.md does not show {command!r}")
        return found[1]

    def test_counts(self):
        command = "python3 docs/examples/styles/count.py"
        self.assertEqual(output(sys.executable, *command.split()[1:], cwd=DOCS.parent), self.quoted(command))

    def check_backtraces(self, language):
        """As many calls are seen as the page says, by each view that can be had here."""
        command = f"python3 docs/examples/styles/backtraces.py --language={language} --json"
        said = json.loads(self.quoted(command))
        ran = subprocess.run([sys.executable, *command.split()[1:]], capture_output=True, text=True, timeout=300, check=False,
                             cwd=DOCS.parent)
        if ran.returncode == 77:
            self.assertRegex(ran.stdout, r"\A[^\n]+\n\Z")
            self.skipTest(ran.stdout.strip())
        self.assertEqual(ran.returncode, 0, ran.stderr)
        found = json.loads(ran.stdout)
        self.assertGreater(len(found), 0)
        for name in said:
            if name in found:
                with self.subTest(view=name):
                    self.assertEqual(found[name], said[name])
        self.assertLessEqual(set(found), set(said))
        return found

    def test_backtraces_of_python(self):
        found = self.check_backtraces("python")
        self.assertGreater(found["python_threads_thread"], found["python_async_task"])

    def test_backtraces_of_c(self):
        found = self.check_backtraces("c")
        self.assertGreater(found["c_threads_thread"], found["c_async_thread"])

    def test_without_gdb(self):
        """A reason, and the status by which a script says that it cannot be run here."""
        with tempfile.TemporaryDirectory() as folder:
            said = output(sys.executable, str(STYLES / "backtraces.py"), "--language=c", "--json", status=77,
                          env={**os.environ, "PATH": folder})
        self.assertRegex(said, r"\A(gdb|cc) is not here: apt-get install [^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: MIT
"""Stored reports, shown by `ccbench report`. Needs $CCBENCH, the program."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

DATA = pathlib.Path(__file__).resolve().parent / "data"
ROW = re.compile(r"^ ?(\d+)(=?) +(\S+) ")


def run(*arguments, width=0, utf8=True, check=True):
    environment = dict(os.environ, LC_ALL="C.UTF-8" if utf8 else "C", COLUMNS=str(width))
    environment.pop("NO_COLOR", None)
    result = subprocess.run([os.environ["CCBENCH"], "report", *map(str, arguments)], env=environment, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    if check and result.returncode != 0:
        raise AssertionError(f"status {result.returncode}: {result.stderr.decode()}")
    return result


def render(path, *options, **style):
    return run(*options, path, **style).stdout.decode()


def rows_of(block_text):
    """[(rank, tied, model)] in the order shown."""
    return [(int(m[1]), m[2] == "=", m[3]) for m in map(ROW.match, block_text.splitlines()) if m]


class Stored(unittest.TestCase):
    """Writes changed documents to a file that is gone afterwards."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "report.json"

    def store(self, document):
        self.path.write_text(json.dumps(document), encoding="utf-8")
        return self.path

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each header compiles alone, and twice, with the compiler and the flags of the build it is tested with."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["TESTS_SOURCE"]).parent
ROOMS = ["cmd", "measure", "models", "reports", "workloads"]
# Libraries a build may lack, and what says that this one has them.
OPTIONAL = {"uv.h": "-DCCBENCH_HAVE_UV", "curl/curl.h": "-DCCBENCH_HAVE_CURL", 
            "http_parser.h": "-DCCBENCH_HAVE_HTTP_MESSAGE"}


def command_of_the_build():
    """How cmd/main.c is compiled: (directory, arguments without input and output)."""
    with open(os.environ["COMPILE_COMMANDS"], encoding="utf-8") as file:
        entry = next(e for e in json.load(file) if e["file"].endswith("cmd/main.c"))
    arguments, given = [], iter(shlex.split(entry["command"]))
    for argument in given:
        if argument in ("-o", "-MF", "-MQ"):
            next(given)
        elif argument not in ("-c", "-MD", entry["file"]):
            arguments.append(argument)
    return entry["directory"], arguments


class Headers(unittest.TestCase):
    directory, arguments = command_of_the_build()

    def compile(self, source):
        return subprocess.run([*self.arguments, "-Werror", "-fsyntax-only", "-I", str(SOURCE), "-x", "c", "-"],
                              cwd=self.directory, input=source, capture_output=True, text=True, check=False)

    def lacks(self, errors):
        missing = re.search(r"fatal error: '?([\w./]+)'?(: No such file| file not found)", errors)
        return missing and missing[1] in OPTIONAL and OPTIONAL[missing[1]] not in self.arguments

    def test_each_alone(self):
        for room in ROOMS:
            headers = sorted((SOURCE / room).rglob("*.h"))
            self.assertTrue(headers, room)
            for header in headers:
                name = str(header.relative_to(SOURCE))
                with self.subTest(header=name):
                    # Nothing but the header in the unit; a declaration more, since an empty unit is not C.
                    result = self.compile(f'#include "{name}"\n#include "{name}"\nextern int something;\n')
                    if not self.lacks(result.stderr):
                        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_broken_one_is_noticed(self):
        self.assertNotEqual(self.compile("struct x { uint64_t needs_stdint; };\n").returncode, 0)


if __name__ == "__main__":
    unittest.main()

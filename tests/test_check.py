#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ccbench check on this machine: whatever that is like, what is changed for the one process is found, and the rest is
said in the form that was promised. The judgements themselves are for test_advice.c."""

import ctypes
import json
import os
import pathlib
import resource
import unicodedata
import unittest

from harness import OK, SANITIZER, USAGE, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

ADDR_NO_RANDOMIZE = 0x0040000  # <sys/personality.h>
DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
# What was set by whoever started the tests is none of a calm machine's.
CALM = {name: "" for name in ("LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "MALLOC_PERTURB_",
                              "UV_THREADPOOL_SIZE", "CCBENCH_TRIAL", "CCBENCH_ROOT")}


def check(*arguments, **options):
    ran = run("check", *arguments, **{**CALM, **options})
    assert ran.status == OK and ran.stderr == "" and not ran.left_over, ran
    return ran.stdout


def found(*arguments, **options):
    document = json.loads(check("--format=json", *arguments, **options))
    return {finding["topic"]: finding for finding in document["findings"]}


class Check(unittest.TestCase):
    def test_document(self):
        document = json.loads(check("--format=json"))
        self.assertEqual(document["lanes"], 10000)
        self.assertGreaterEqual(document["environment"]["during"]["duration_ns"], 1e9)
        self.assertIsNotNone(document["environment"]["after"])
        topics = [finding["topic"] for finding in document["findings"]]
        self.assertEqual(len(set(topics)), len(topics))
        for finding in document["findings"]:
            self.assertNotRegex(finding["says"] + str(finding["mend"]), r"\bnan\b|\(null\)|\n")

    @unittest.skipIf(jsonschema is None, "jsonschema not found by Python")
    def test_schema(self):
        schemas = {name: json.loads((DOCS / name).read_text(encoding="utf-8"))
                   for name in ("check.schema.json", "report.schema.json")}
        schema = schemas["check.schema.json"]
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver("check.schema.json", schema, store=schemas)
        validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
        document = json.loads(check("--format=json"))
        self.assertEqual([error.message for error in validator.iter_errors(document)], [])
        document["findings"][0]["verdict"] = "splendid"
        self.assertFalse(validator.is_valid(document))
        document = json.loads(check("--format=json"))
        del document["environment"]["limits"]
        self.assertFalse(validator.is_valid(document))

    def test_text_says_what_the_document_says(self):
        text = check(COLUMNS=0)
        lines = text.splitlines()
        for topic, finding in found().items():
            alone = [line for line in lines[1:] if line.startswith(f"{topic}: ")]
            together = [line for line in lines if line.startswith(("Fine: ", "Not told by this machine: "))]
            # What moves may have moved between the two.
            self.assertTrue(alone or any(topic in line for line in together), topic)
            if alone and finding["mend"] and topic not in ("neighbours", "load"):
                self.assertIn(finding["mend"], alone[0])
        self.assertTrue(lines[-1].startswith("Fine: "))

    def test_wraps(self):
        for width in (30, 80):
            for line in check(COLUMNS=width, LC_ALL="C").splitlines():
                self.assertTrue(line.isascii())
                self.assertLessEqual(len(line), width)
            for line in check(COLUMNS=width, LC_ALL="C.UTF-8").splitlines():
                self.assertLessEqual(sum(unicodedata.combining(c) == 0 for c in line), width)

    def test_colour(self):
        self.assertNotIn("\033", check())
        self.assertIn("\033[2m", check("--color=always"))

    def test_priority(self):
        self.assertEqual(found()["priority"]["verdict"], "fine" if os.nice(0) == 0 else "blurs")
        finding = found(preexec=lambda: os.nice(3))["priority"]
        self.assertEqual(finding["verdict"], "blurs")
        self.assertIn(f"nice {os.nice(0) + 3}", finding["says"])

    def test_variables(self):
        self.assertEqual(found()["variables"]["verdict"], "fine")
        finding = found(UV_THREADPOOL_SIZE=3)["variables"]
        self.assertEqual((finding["verdict"], finding["mend"]), ("blurs", "env -u UV_THREADPOOL_SIZE ccbench"))

    def test_limits(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
        finding = found("-c", 1000, preexec=few)["descriptors"]
        self.assertEqual((finding["verdict"], finding["mend"]), ("limits", "sudo prlimit --pid $$ --nofile=2200"))
        self.assertIn("200", finding["says"])
        self.assertEqual(found("-c", 100, preexec=few)["descriptors"]["verdict"], "fine")

    def test_one_core(self):
        cpu = min(os.sched_getaffinity(0))
        self.assertEqual(found(preexec=lambda: os.sched_setaffinity(0, {cpu}))["cores"]["verdict"], "blurs")

    @unittest.skipIf("thread" in SANITIZER, "ThreadSanitizer sets the layout itself")
    def test_memory_layout(self):
        libc = ctypes.CDLL(None)
        self.assertIn(found()["ASLR"]["verdict"], ("fine", "blurs"))
        self.assertEqual(found(preexec=lambda: libc.personality(ADDR_NO_RANDOMIZE))["ASLR"]["verdict"], "blurs")

    @unittest.skipUnless(SANITIZER, "not built with a sanitizer")
    def test_build(self):
        self.assertEqual(found()["build"]["verdict"], "blurs")

    def test_refused(self):
        for arguments, says in ((["now"], "'now'"), (["--format=xml"], "--format"), (["--concurrency=0"], "'0'"),
                                (["--rounds=3"], "--rounds")):
            ran = run("check", *arguments)
            self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
            self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
            self.assertIn(says, ran.stderr)


if __name__ == "__main__":
    unittest.main()

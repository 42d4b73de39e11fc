#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a machine, or whoever shares it out, does not give: said before anything is measured, or with the limit's name."""

import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

from harness import CELL, OK, SANITIZER, USAGE, run

TMPFS = "/dev/shm"


def is_tmpfs(folder):
    with open("/proc/self/mounts", encoding="utf-8") as file:
        return any(line.split()[1:3] == [folder, "tmpfs"] for line in file)


class Folder(unittest.TestCase):
    """Where the file is made that tasks read."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def ran(self, workload, folder):
        return run("-q", "-m", "threads", "-w", workload, "-n", 2, "-c", 1, "-r", 1, TMPDIR=folder)

    def refused(self, workload, folder, *says):
        ran = self.ran(workload, folder)
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""), ran.stderr)
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
        for word in (str(folder), "TMPDIR", workload, *says):
            self.assertIn(word, ran.stderr)

    def test_missing(self):
        self.refused("file:64k", self.folder / "nowhere", "No such file or directory")

    def test_no_folder(self):
        (self.folder / "file").write_text("")
        self.refused("file:64k", self.folder / "file", "Not a directory")

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_not_writable(self):
        self.folder.chmod(0o500)
        self.refused("file:64k", self.folder, "Permission denied")

    @unittest.skipUnless(is_tmpfs(TMPFS), f"{TMPFS} is no tmpfs here")
    def test_no_device(self):
        self.refused("file:64k:direct", TMPFS, "tmpfs has no device")
        self.assertEqual(self.ran("file:64k", TMPFS).status, OK)

    def test_full(self):
        mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(self.folder)]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            self.skipTest("may not mount")
        self.addCleanup(subprocess.run, ["umount", str(self.folder)], check=True)
        self.refused("file:64k", self.folder, "512 KiB left, expected 1 MiB")


@unittest.skipIf(SANITIZER, "a sanitizer needs terabytes of addresses")
class Limits(unittest.TestCase):
    def reason(self, limit, kib, *arguments):
        def few():
            resource.setrlimit(limit, (kib << 10, kib << 10))
        ran = run("-q", "-w", "sleep:1s", "-n", 3000, "-c", 3000, "-r", 1, *arguments, preexec=few)
        self.assertEqual(ran.status, CELL, ran.stdout + ran.stderr)
        return ran.stdout

    def test_threads(self):
        for model in ("threads", "thread-per-task"):
            with self.subTest(model):
                self.assertIn("(RLIMIT_AS 300000 KiB, ulimit -v)", self.reason(resource.RLIMIT_AS, 300000, "-m", model))
                self.assertIn("(RLIMIT_DATA 200000 KiB, ulimit -d)", self.reason(resource.RLIMIT_DATA, 200000, "-m", model))

    def test_stacks(self):
        text = self.reason(resource.RLIMIT_AS, 120000, "-m", "green", "-n", 50000, "-c", 50000)
        self.assertIn("(RLIMIT_AS 120000 KiB, ulimit -v)", text)


if __name__ == "__main__":
    unittest.main()

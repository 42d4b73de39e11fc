#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the models that start processes start them, and what these inherit. CCBENCH names the program."""

import ctypes
import os
import re
import struct
import subprocess
import tempfile
import unittest

from harness import CCBENCH, plan, replay
from origin_client import Origin

FETCHES = "not found" not in re.search("libcurl.*", subprocess.run([CCBENCH, "--version"], stdout=subprocess.PIPE, text=True,
                                                                   check=True).stdout)[0]
FORKING = ("processes", "processes-shm", "process-per-task")


class Opened:
    """Counts how often a file is opened, by inotify."""

    IN_OPEN, IN_CLOSE, EVENT = 0x20, 0x18, struct.Struct("iIII")  # closing too: events that are alike are told as one

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, os.fsencode(path), self.IN_OPEN | self.IN_CLOSE) < 0:
            raise unittest.SkipTest(f"no inotify: {os.strerror(ctypes.get_errno())}")

    def count(self):
        """So far; two with none closed between them may count as one."""
        found = 0
        try:
            while data := os.read(self.fd, 65536):
                found += sum(mask & self.IN_OPEN != 0 for _, mask, _, _ in self.EVENT.iter_unpack(data))
        except BlockingIOError:
            pass
        return found

    def close(self):
        os.close(self.fd)


@unittest.skipUnless(FETCHES, "fetching is not built")
class Inherited(unittest.TestCase):
    """libcurl is initialised once, before the forks. Its TLS library reads a file whenever that happens."""

    LANES = 6

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()

    @classmethod
    def tearDownClass(cls):
        cls.origin.stop()

    def initialisations(self, model):
        with tempfile.NamedTemporaryFile(suffix=".cnf") as file:
            opened = Opened(file.name)
            try:
                done = replay(plan(model, 12, self.LANES, [{"fetch": "/bytes/100"}],
                                   origin=f"http://127.0.0.1:{self.origin.port}"), OPENSSL_CONF=file.name)
                self.assertIsNone(done.error)
                self.assertEqual([(slot.status, slot.check) for slot in done.slots], [(0, 100)] * 12)
                return opened.count()
            finally:
                opened.close()

    def test_once_for_all_workers(self):
        once = self.initialisations("threads")
        if once == 0:
            self.skipTest("this libcurl reads no file when it is initialised")
        for model in FORKING:
            with self.subTest(model=model):
                self.assertEqual(self.initialisations(model), once)


if __name__ == "__main__":
    unittest.main()

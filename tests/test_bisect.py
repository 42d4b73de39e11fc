#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`git bisect run ccbench gate` as docs/CI.md has it: finds the commit that made a server slower, of as many as $COMMITS says."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import CCBENCH, models

HERE = pathlib.Path(__file__).resolve().parent
COMMITS = int(os.environ.get("COMMITS", 3))  # so many gates as its logarithm, which take most of a minute together
PLANTED = int(os.environ.get("PLANTED", COMMITS * 2 // 3))
SERVER = """#!/usr/bin/python3 -IS
import socket, sys, threading, time

BURN = {burn}
VERSION = {version}


def serve(connection):
    with connection:
        while connection.recv(65536):
            end = time.thread_time() + BURN
            while time.thread_time() < end:
                pass
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100) as listening:
    while True:
        threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()
"""


def command_of_the_page():
    text = (HERE.parent / "docs" / "CI.md").read_text(encoding="utf-8")
    return shlex.split(re.search(r"^\$ git bisect run (.*)$", text, re.MULTILINE)[1])


@unittest.skipIf(os.environ.get("CCBENCH_SANITIZER"), "a sanitizer makes every gate slow, and finds nothing here")
@unittest.skipUnless(shutil.which("git"), "git is not here")
@unittest.skipUnless("threads" in models(), "threads is not built")
class Bisect(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = pathlib.Path(folder.name, "server")
        self.repository.mkdir()
        self.git("init", "-q")
        for version in range(COMMITS + 1):
            path = self.repository / "server.py"
            path.write_text(SERVER.format(burn=0.0005 if version < PLANTED else 0.005, version=version), encoding="utf-8")
            path.chmod(0o755)
            self.git("add", "server.py")
            self.git("commit", "-q", "-m", f"version {version}")
        self.git("tag", "v1.4", f"HEAD~{COMMITS}")

    def git(self, *arguments, statuses=(0,)):
        settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", CCBENCH_ROOT=self.repository.parent.as_posix())
        done = subprocess.run(["git", *settings, *arguments], cwd=self.repository, env=environment, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        self.assertIn(done.returncode, statuses, done.stdout + done.stderr)
        return done.stdout

    def test_finds_the_planted_commit(self):
        """Or, where a busy machine had some skipped, git names several (status 2), and the planted one is among them."""
        words = [CCBENCH if word == "ccbench" else word for word in command_of_the_page()]
        planted = self.git("log", "--format=%H", f"--grep=^version {PLANTED}$").strip()
        self.assertRegex(planted, r"\A[0-9a-f]{40,}\Z")
        self.git("worktree", "add", "-q", "../good", "v1.4")
        self.git("bisect", "start", "HEAD", "v1.4")
        told = self.git("bisect", "run", *words, "-n", "20", "--rounds=8", "--repeat=1", statuses=(0, 2))
        self.assertRegex(told, rf"(?m)^{planted} is the first bad commit$|could be any of:(?s:.*)^{planted}$")


if __name__ == "__main__":
    sys.exit(unittest.main())

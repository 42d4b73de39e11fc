#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a machine, or whoever shares it out, does not give: said before anything is measured, or with the limit's name."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import CELL, OK, SANITIZER, USAGE, run

TMPFS = "/dev/shm"
MANY_CPUS_SO = os.environ.get("MANY_CPUS_SO", "")
MANY = ("-w", "sleep:1s", "-n", 3000, "-c", 3000)


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
    @staticmethod
    def limited(limit, kib, *arguments):
        def few():
            resource.setrlimit(limit, (kib << 10, kib << 10))
        return run("-q", "-r", 1, *arguments, preexec=few)

    def reason(self, limit, kib, *arguments):
        ran = self.limited(limit, kib, *arguments)
        self.assertEqual(ran.status, CELL, ran.stdout + ran.stderr)
        return ran.stdout

    def test_threads(self):
        for model in ("threads", "thread-per-task"):
            with self.subTest(model):
                self.assertIn("(RLIMIT_AS 30000 KiB, ulimit -v)", self.reason(resource.RLIMIT_AS, 30000, "-m", model, *MANY))
                self.assertIn("(RLIMIT_DATA 20000 KiB, ulimit -d)", self.reason(resource.RLIMIT_DATA, 20000, "-m", model, *MANY))

    def test_stacks(self):
        text = self.reason(resource.RLIMIT_AS, 120000, "-m", "green", "-w", "sleep:1s", "-n", 50000, "-c", 50000)
        self.assertIn("(RLIMIT_AS 120000 KiB, ulimit -v)", text)

    def test_libraries(self):
        text = self.reason(resource.RLIMIT_AS, 12000, "-m", "threads", "-w", "http:1ms", "-n", 4, "-c", 2)
        self.assertRegex(text.replace("\n", " "), r"failed: cannot load libcurl: .*\(RLIMIT_AS +12000 +KiB, +ulimit -v\)")

    def test_aborted(self):
        """libuv aborts where it cannot start the threads that read."""
        text = self.reason(resource.RLIMIT_AS, 7000, "-m", "eventloop", "-w", "file:4k", "-n", 4, "-c", 2)
        self.assertRegex(" ".join(text.split()), r"signal 6 \(Aborted\), perhaps for want of memory \(RLIMIT_AS 7000 KiB, ulimit -v\)")

    def test_the_stack(self):
        """Of ccbench itself: a line, and no signal."""
        ran = self.limited(resource.RLIMIT_STACK, 64, "-w", "sleep:1ms")
        self.assertEqual((ran.status, ran.stderr), (2, "ccbench: the stack may have 64 KiB (ulimit -s), expected 128 or more\n"))
        ran = self.limited(resource.RLIMIT_STACK, 256, "-m", "basic", "-w", "sleep:1ms,mixed:1ms,10", "-n", 10)
        self.assertEqual(ran.status, OK, ran.stdout + ran.stderr)

    def test_ccbench_itself(self):
        """Whichever room it is that there is none of: a line, and the limit."""
        named = 0
        for kib in range(4400, 6000, 200):
            ran = self.limited(resource.RLIMIT_AS, kib, "-m", "sequential", "-w", "sleep:1ms", "-n", 100000, "--dry-run")
            with self.subTest(kib=kib):
                if ran.status in (OK, CELL) or "shared libraries" in ran.stderr:
                    continue
                self.assertRegex(ran.stderr, rf"\Accbench: out of memory[a-z0-9 ]* \(RLIMIT_AS {kib} KiB, ulimit -v\)\n\Z")
                named += 1
        self.assertGreater(named, 0)


class Cgroup(unittest.TestCase):
    """One whose memory ends, and the kernel kills."""

    MIB = 48

    def memory_folder(self):
        """Of a cgroup below this one's, with that limit; v1 or v2."""
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            paths = {line.split(":")[1]: line.rstrip("\n").split(":", 2)[2] for line in file}
        old = "memory" in paths
        path = paths["memory" if old else ""].strip("/")
        folder = pathlib.Path("/sys/fs/cgroup", "memory" if old else "", path, f"ccbench-test-{os.getpid()}")
        self.limit = "memory.limit_in_bytes" if old else "memory.max"
        folder.mkdir()
        self.addCleanup(folder.rmdir)
        (folder / self.limit).write_text(str(self.MIB << 20))
        return folder

    def test_killed(self):
        with open("/proc/swaps", encoding="utf-8") as file:
            if len(file.readlines()) > 1:
                self.skipTest("what is too much would be swapped out")
        try:
            folder = self.memory_folder()
        except (OSError, KeyError) as error:
            self.skipTest(f"no cgroup with a limit can be made: {error}")

        def enter():
            (folder / "cgroup.procs").write_text(str(os.getpid()))
        inside = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, inside)
        reads = pathlib.Path(inside, "reads.json")  # of a payload it would be known beforehand
        reads.write_text('{"steps": [{"read": "64m"}]}', encoding="utf-8")
        for model in ("threads", "processes"):
            with self.subTest(model):
                ran = run("-q", "-m", model, "-w", reads, "-n", 8, "-c", 4, "-r", 1, preexec=enter)
                self.assertEqual(ran.status, CELL, ran.stdout + ran.stderr)
                self.assertIn(f"(cgroup {self.limit} {self.MIB * 1024} KiB)", " ".join(ran.stdout.split()))
        self.assertIn("the trial was killed for memory (cgroup ", " ".join(run(
            "-q", "-m", "threads", "-w", reads, "-n", 8, "-c", 4, "-r", 1, preexec=enter).stdout.split()))


@unittest.skipIf(MANY_CPUS_SO == "", "MANY_CPUS_SO is not set")
class ManyCpus(unittest.TestCase):
    """A machine with 4096 CPUs (tests/many_cpus.c), of which those from 2000 on may be used."""

    def ran(self, *arguments):
        return run(*arguments, LD_PRELOAD=MANY_CPUS_SO)

    def setUp(self):
        self.cpus = [2000 + cpu for cpu in sorted(os.sched_getaffinity(0))]

    def test_a_run(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            ran = self.ran("-q", "-m", "threads,processes", "-w", "http,noop", "-n", 8, "-c", 2, "-r", 1, "-o", path)
            self.assertEqual(ran.status, OK, ran.stdout + ran.stderr)
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        cpu = report["environment"]["cpu"]
        self.assertRegex(cpu["allowed"], rf"^{self.cpus[0]}([-,]\d+)*$")
        self.assertEqual(cpu["allowed_count"], len(self.cpus))
        self.assertRegex(report["placement"]["origin_cpus"], rf"^(\d+[-,])*{self.cpus[-1]}$")
        self.assertEqual(report["placement"]["origin_workers"], min(8, max(1, len(self.cpus) // 4)))
        self.assertEqual(report["placement"]["cpus"], cpu["allowed"])

    def test_one_of_them(self):
        for arguments in (["run"], ["run", "-w", "http", "--origin-cpus", self.cpus[-1]]):
            ran = self.ran(*arguments, "-q", "-m", "threads", "-n", 8, "-c", 2, "-r", 1, f"--cpus={self.cpus[0]}")
            self.assertEqual(ran.status, OK, ran.stdout + ran.stderr)
            self.assertIn(f"trials on CPUs {self.cpus[0]}", ran.stdout.replace("\n    ", " "))

    def test_none_of_them(self):
        for cpus in ("0", "1023", "4000", "20000"):
            ran = self.ran("-m", "threads", "--cpus=" + cpus)
            self.assertEqual(ran.status, USAGE)
            self.assertIn(f"a list out of the allowed {self.cpus[0]}", ran.stderr)

    def test_a_server(self):
        with tempfile.TemporaryDirectory() as folder:
            said = os.path.join(folder, "said")
            server = (f"import http.server, os, sys; open({said!r}, 'w').write(str(sorted(os.sched_getaffinity(0)))); "
                      "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)"
                      ".serve_forever()")
            ran = self.ran("-q", "-m", "threads", "-n", 2, "-c", 1, "-r", 1, f"--origin-cpus={self.cpus[0]}",
                           f"--server={sys.executable} -c \"{server}\" {{port}}")
            self.assertEqual(ran.status, OK, ran.stdout + ran.stderr)
            with open(said, encoding="utf-8") as file:
                self.assertEqual(file.read(), f"[{self.cpus[0]}]")


if __name__ == "__main__":
    unittest.main()

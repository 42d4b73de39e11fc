#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files, streams and signals: what reports are written to, whatever it is, and what ends a run."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

from harness import CCBENCH, FAKE_TRIAL, OK, PATIENCE_S, USAGE, Tagged, run, trials

FAKE = {"CCBENCH_TRIAL": FAKE_TRIAL}
QUICK = ["-q", "-m", "gil", "-w", "noop", "-n", 4, "-c", 2, "-r", 1]
# A trial would leave a mark: whatever is refused is refused before.
NOTHING_RUNS = {"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_FAKE_MODE": "crash"}
PR_CAPBSET_DROP = 24  # <linux/prctl.h>
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # <linux/capability.h>
LIBC = ctypes.CDLL(None, use_errno=True)


def as_anyone():
    """In the child, where the test is root, who may write everywhere: root that permissions hold for.

    It stays root, since nobody else may be able to reach the program (a build in a folder of root's own).
    """
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")


class Streams(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o777)
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def good(self, *arguments, status=OK, **options):
        ran = run(*arguments, **{**FAKE, **options})
        self.assertEqual(ran.status, status, ran.stderr)
        self.assertFalse(ran.left_over)
        return ran

    def assert_report(self, path):
        self.assertEqual(json.loads(self.read(path))["schema"], "ccbench/1", path)

    def assert_no_draft(self):
        self.assertFalse([name for name in os.listdir(self.folder) if ".json." in name])

    def refused(self, path, *says, **options):
        ran = run(*QUICK, "-o", path, **{**NOTHING_RUNS, **options})
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""), ran.stderr)
        self.assertRegex(ran.stderr, r"\Accbench: --output: [^\n]+\n\Z")
        for word in (path, *says):
            self.assertIn(word, ran.stderr)
        self.assert_no_draft()


class Outputs(Streams):
    """What an --output may be. `report` stands for those who write by the same function: run, gate, compare."""

    def stored(self):
        path = self.path("stored.json")
        if not os.path.exists(path):
            self.good(*QUICK, "-o", path)
        return path

    def test_a_symbolic_link_is_written_through(self):
        target = self.path("target.json", "old")
        os.symlink("target.json", self.path("relative.json"))
        os.symlink(target, self.path("absolute.json"))
        os.symlink("relative.json", self.path("chain.json"))
        os.symlink("new.json", self.path("dangling.json"))
        for name, written in (("relative", target), ("absolute", target), ("chain", target), ("dangling", self.path("new.json"))):
            for arguments in ([*QUICK], ["report", self.stored()]):
                with self.subTest(link=name, arguments=arguments):
                    self.path("target.json", "old" * 10000)
                    self.good(*arguments, "-o", self.path(f"{name}.json"))
                    self.assertTrue(os.path.islink(self.path(f"{name}.json")))
                    self.assert_report(written)
                    self.assert_no_draft()

    def test_looking_leaves_no_trace(self):
        os.symlink("new.json", self.path("dangling.json"))
        self.good(*QUICK, "--dry-run", "-o", self.path("dangling.json"), "-o", self.path("other.json"))
        self.assertEqual(os.listdir(self.folder), ["dangling.json"])

    def test_links_that_lead_nowhere(self):
        os.symlink("nowhere/x.json", self.path("lost.json"))
        os.symlink("loop.json", self.path("loop.json"))
        os.symlink(".", self.path("here.json"))
        self.refused(self.path("lost.json"), "No such file")
        self.refused(self.path("loop.json"), "symbolic links")
        self.refused(self.path("here.json"), "directory")

    def test_another_name_of_the_file_has_it_too(self):
        path = self.path("x.json", "old" * 10000)
        os.link(path, self.path("other.json"))
        self.good(*QUICK, "-o", path)
        self.assert_report(self.path("other.json"))

    def test_a_plain_file_is_replaced_whole(self):
        path = self.path("x.json", "old")
        os.chmod(path, 0o640)
        with open(path, encoding="utf-8") as before:
            self.good(*QUICK, "-o", path)
            self.assertEqual(before.read(), "old")  # another file
        self.assert_report(path)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        self.assert_no_draft()

    def test_a_file_in_a_folder_that_may_not_be_changed(self):
        path = self.path("x.json", "old")
        os.chmod(path, 0o666)
        os.chmod(self.folder, 0o555)
        self.good(*QUICK, "-o", path, preexec=as_anyone)
        os.chmod(self.folder, 0o777)
        self.assert_report(path)

    def test_what_may_not_be_written(self):
        path = self.path("x.json", "old")
        os.chmod(path, 0o444)
        self.refused(path, "Permission denied", preexec=as_anyone)
        os.mkdir(self.path("shut"), 0o555)
        self.refused(self.path("shut/x.json"), "Permission denied", preexec=as_anyone)
        self.assertEqual(self.read(path), "old")

    def test_a_pipe_with_a_name(self):
        path, got = self.path("x.json"), []
        os.mkfifo(path)
        reader = threading.Thread(target=lambda: got.append(self.read(path)))
        reader.start()
        self.good(*QUICK, "-o", path)
        reader.join(PATIENCE_S)
        self.assertEqual(json.loads(got[0])["schema"], "ccbench/1")
        self.assertTrue(stat.S_ISFIFO(os.stat(path).st_mode))

    def test_a_pipe_without_a_reader_can_be_left(self):
        path, family = self.path("x.json"), Tagged()
        os.mkfifo(path)
        process = subprocess.Popen([CCBENCH, *map(str, QUICK), "-o", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=family.environment(**FAKE))
        try:
            while b"noop" not in process.stdout.readline():  # the table has been written: it waits
                pass
            family.wait_for(lambda processes: self.waits_for_a_reader(process.pid), "waiting for a reader", process)
            # One that comes before it waits ends the measuring, the next the waiting.
            for _ in range(PATIENCE_S):
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=1)
                    break
            self.assertIn(process.returncode, (-signal.SIGINT, 128 + signal.SIGINT))
        finally:
            family.kill()
            process.communicate()

    @staticmethod
    def waits_for_a_reader(pid):
        with open(f"/proc/{pid}/wchan", encoding="utf-8") as file:
            where = file.read()
        return "fifo" in where or "wait_for_partner" in where or where in ("", "0")

    def test_devices(self):
        for device in ("/dev/null", "/dev/stdout"):
            with self.subTest(device=device):
                link = self.path(os.path.basename(device) + ".json")
                os.symlink(device, link)
                out = self.good(*QUICK, "-o", link).stdout
                self.assertEqual(out.count('"ccbench/1"'), int(device == "/dev/stdout"))
                self.assertTrue(os.path.islink(link))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        os.symlink("/dev/full", self.path("full.json"))
        ran = self.good(*QUICK, "-o", self.path("full.json"), status=USAGE)
        self.assertRegex(ran.stderr, r"\Accbench: cannot write '[^\n]*full.json': No space left on device\n\Z")

    def test_a_file_that_is_mounted(self):
        path = self.path("x.json", "old" * 10000)
        shell = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
        target = self.path("mounted.json", "")
        ran = subprocess.run(["unshare", "--mount", "sh", "-c", shell, "sh", path, target, CCBENCH, *map(str, QUICK), "-o", target],
                             capture_output=True, text=True, check=False, env=Tagged().environment(**FAKE))
        if "unshare:" in ran.stderr or "mount:" in ran.stderr:
            self.skipTest(ran.stderr.strip())
        self.assertEqual(ran.returncode, OK, ran.stderr)
        self.assert_report(path)
        self.assert_no_draft()


class StandardInput(Streams):
    def stored(self):
        path = self.path("x.json")
        self.good(*QUICK, "-o", path)
        return path

    def test_a_report(self):
        path = self.stored()
        shown = run("report", path).stdout
        with open(path, "rb") as file:
            self.assertEqual(run("report", "-", stdin=file).stdout, shown)
        piped = subprocess.run(f"cat '{path}' | '{CCBENCH}' report -", shell=True, capture_output=True, check=True,
                               env=Tagged().environment(), text=True)
        self.assertEqual(piped.stdout, shown)
        ran = run("report", "-")
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
        self.assertIn("standard input: empty", ran.stderr)

    def test_comparing(self):
        path = self.stored()
        for files in ([path, "-"], ["-", path]):
            with open(path, "rb") as file:
                ran = run("compare", "--inconclusive=pass", *files, stdin=file)
            self.assertEqual((ran.status, ran.stderr), (OK, ""))
        self.assertEqual(run("compare", "-", "-").status, USAGE)

    def test_memory_says_why_nothing_can_be_told(self):
        path = self.path("x.json")
        self.good(*QUICK, "-o", path, CCBENCH_TRIAL="")
        ran = run("compare", "--metric=memory", path, path)
        self.assertIn("too few memory trials in one of the files", " ".join(ran.stdout.split()))
        self.good(*QUICK, "--memory-rounds=7", "-o", path, CCBENCH_TRIAL="")
        with open(path, encoding="utf-8") as file:
            memory = json.load(file)["workloads"][0]["cells"][0]["memory"]
        self.assertEqual(len(memory["readings"]), 7)
        self.assertEqual(memory["bytes"], sorted(memory["readings"])[3])
        ran = run("compare", "--metric=memory", path, path)
        self.assertEqual(ran.status, OK, ran.stdout)
        self.assertNotIn("too few", ran.stdout)
        text = self.read(path)
        doctored = self.path("y.json", text.replace('"readings":', '"readings": ["x"], "others":'))
        self.assertEqual(run("report", doctored).status, USAGE)
        self.assertNotIn("too few rounds", ran.stdout)


class Limits(Streams):
    def limited(self, most):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    def test_results_that_are_larger_than_a_file_may_be(self):
        for command in ([], ["gate", f"--base={CCBENCH}", f"--new={CCBENCH}"]):
            for arguments, says in ((["-w", "noop", "-n", 1000], "at most 512"), (["-w", "file:4k", "-n", 10], "1 MiB")):
                with self.subTest(command=command, arguments=arguments):
                    ran = run(*command, "-q", "-m", "threads", *arguments, preexec=self.limited(16384), **NOTHING_RUNS)
                    self.assertEqual((ran.status, ran.stdout), (USAGE, ""), ran.stderr)
                    self.assertRegex(ran.stderr, r"\Accbench: [^\n]*\(ulimit -f\)[^\n]*\n\Z")
                    self.assertIn(says, ran.stderr)

    def test_a_report_that_is_larger_than_a_file_may_be(self):
        path = self.path("x.json", "old")
        ran = self.good(*QUICK, "-o", path, status=USAGE, preexec=self.limited(1024))
        self.assertEqual(ran.stderr, f"ccbench: cannot write '{path}': File too large\n")
        self.assertEqual(self.read(path), "old")
        self.assert_no_draft()
        with open(self.path("out"), "wb") as out:
            done = subprocess.run([CCBENCH, "--help"], stdout=out, stderr=subprocess.PIPE, check=False, text=True,
                                  preexec_fn=self.limited(1024))
        self.assertEqual(done.returncode, USAGE)
        self.assertRegex(done.stderr, r"\Accbench: cannot write to standard output: File too large\n\Z")

    def test_what_fits_works(self):
        self.good(*QUICK, preexec=self.limited(16384))


class Closed(Streams):
    """Any of the standard streams may not be there."""

    def test_the_report_is_written(self):
        for closed in ([0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]):
            with self.subTest(closed=closed):
                path = self.path("x.json")
                command = 'exec "$@" ' + " ".join({0: "<&-", 1: ">&-", 2: "2>&-"}[fd] for fd in closed)
                for real in ({}, FAKE):
                    done = subprocess.run(["sh", "-c", command, "sh", CCBENCH, *map(str, QUICK), "-m", "processes",
                                           "-o", path], capture_output=True, text=True, check=False,
                                          env=Tagged().environment(**real))
                    self.assertEqual((done.returncode, done.stderr), (OK, ""))
                    report = json.loads(self.read(path))
                    self.assertEqual([cell["status"] for cell in report["workloads"][0]["cells"]], ["ok", "ok"])
                    os.unlink(path)

    def test_nothing_takes_their_place(self):
        path = self.path("x.json")
        self.good(*QUICK, "-o", path)
        done = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", CCBENCH, "report", path, "-o", self.path("y.txt")],
                              check=False)
        self.assertEqual(done.returncode, OK)
        self.assertIn("noop", self.read(self.path("y.txt")))


class Endings(Streams):
    """The signals that end a run, with the report of what was measured."""

    NAMES = ("SIGINT", "SIGTERM", "SIGHUP")

    def interrupted(self, name, *arguments, ignored=False, **environment):
        family = Tagged()
        number = getattr(signal, name)
        process = subprocess.Popen([CCBENCH, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=family.environment(**FAKE, CCBENCH_FAKE_MODE="hang", **environment),
                                   preexec_fn=(lambda: signal.signal(number, signal.SIG_IGN)) if ignored else None)
        try:
            family.wait_for(trials, "a trial", process)
            process.send_signal(number)
            if ignored:
                with self.assertRaises(subprocess.TimeoutExpired):
                    process.wait(0.5)
                process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE_S)
            self.assertFalse(family.left_over())
            return process.returncode, out, err
        finally:
            family.kill()
            process.wait()

    def test_a_run(self):
        for name in self.NAMES:
            with self.subTest(signal=name):
                path = self.path("x.json")
                status, _, err = self.interrupted(name, *QUICK, "-o", path)
                self.assertEqual((status, err), (128 + getattr(signal, name), ""))
                report = json.loads(self.read(path))
                self.assertEqual((report["interrupted"], report["status"]), (name, status))
                shown = run("report", path)
                self.assertEqual(shown.status, OK, shown.stderr)

    def test_who_has_hangups_ignored_goes_on(self):
        status, out, _ = self.interrupted("SIGHUP", *QUICK, "--format=json", ignored=True)
        self.assertEqual((status, json.loads(out)["interrupted"]), (128 + signal.SIGTERM, "SIGTERM"))

    def test_a_gate(self):
        """Its sides are the fakes: the hang comes with the greeting."""
        for name in self.NAMES:
            with self.subTest(signal=name):
                sides = [f"--{side}={sys.executable} {FAKE_TRIAL}" for side in ("base", "new")]
                status, out, err = self.interrupted(name, "gate", *sides, "-q", "-m", "gil", "-w", "noop")
                self.assertEqual((status, out, err), (128 + getattr(signal, name), "", ""))

    def test_serving(self):
        for name in self.NAMES:
            with self.subTest(signal=name):
                process = subprocess.Popen([CCBENCH, "serve", "-q"], stdout=subprocess.PIPE, text=True)
                self.assertIn("serving", process.stdout.readline())
                process.send_signal(getattr(signal, name))
                process.communicate(timeout=PATIENCE_S)
                process.stdout.close()
                self.assertEqual(process.returncode, OK)

    def test_a_reader_that_goes_away(self):
        path = self.path("x.json")
        self.good(*QUICK, "-o", path)
        for arguments in (["report", path], ["compare", path, path], ["list"], ["--help"], QUICK,
                          ["report", "--format=json", path]):
            with self.subTest(arguments=arguments):
                reader, writer = os.pipe()
                os.close(reader)
                done = subprocess.run([CCBENCH, *map(str, arguments)], stdout=writer, stderr=subprocess.PIPE, check=False,
                                      text=True, env=Tagged().environment(**FAKE))
                os.close(writer)
                self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and by whatever is started here
    unittest.main()

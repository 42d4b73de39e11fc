#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is typed in one way and meant in another: lists in several options, thousands, names of files, commands that would
need a shell, words without an option."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest

from harness import CCBENCH, FAKE_TRIAL, OK, USAGE, run

HERE = pathlib.Path(__file__).resolve().parent
# A trial would leave a mark.
NOTHING_RUNS = {"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_FAKE_MODE": "crash"}
STEPS = '{"steps": [{"sleep": "1ms"}]}'


class Typed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def planned(self, *arguments):
        ran = run(*arguments, "--dry-run", "--format=json", **NOTHING_RUNS)
        self.assertEqual(ran.status, OK, ran.stderr)
        return json.loads(ran.stdout)

    def refused(self, *arguments, says=()):
        ran = run(*arguments, **NOTHING_RUNS)
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""), f"{arguments}: {ran.stderr}")
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z")
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, ran.stderr)
        return ran.stderr


class Repeated(Typed):
    """A list that is typed in parts is the same list."""

    def test_workloads_and_models(self):
        plan = self.planned("-w", "sleep:1ms", "-m", "threads", "-w", "fib:20,noop", "-m", "async,threads", "-n", 4)
        self.assertEqual([block["workload"] for block in plan["workloads"]], ["sleep:1ms", "fib:20", "noop"])
        self.assertEqual(plan["plan"]["models"], ["threads", "async"])

    def test_each_has_its_own_commas(self):
        self.refused("-w", "mixed:10ms,27", "-w", "28", "--dry-run", says="unknown workload '28'")

    def test_numbers(self):
        for option in ("concurrency", "tasks"):
            plan = self.planned("-m", "gil", "-w", "noop", f"--{option}=16", f"--{option}=4,64", f"--{option}=4")
            self.assertEqual([block[option] for block in plan["workloads"]], [4, 16, 64])
        self.refused("--tasks=1..50", "--tasks=51..70", "--dry-run", says=("--tasks", "at most 64 values"))

    def test_cpus(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("one CPU")
        plan = self.planned("-m", "gil", "-w", "noop", f"--origin-cpus={cpus[0]}", f"--origin-cpus={cpus[1]}")
        self.assertEqual(plan["placement"]["origin_cpus"], f"{cpus[0]}-{cpus[1]}" if cpus[1] == cpus[0] + 1 else f"{cpus[0]},{cpus[1]}")

    def test_metrics(self):
        gate = ["gate", f"--base={CCBENCH}", f"--new={CCBENCH}", "-m", "gil", "-w", "noop", "--dry-run"]
        ran = run(*gate, "--metric=time", "--metric=cpu,time", **NOTHING_RUNS)
        self.assertIn("noop gil: time, cpu\n", ran.stdout)

    def test_gate(self):
        gate = ["gate", f"--base={CCBENCH}", f"--new={CCBENCH}", "--dry-run"]
        ran = run(*gate, "-m", "gil", "-m", "async", "-w", "noop", "-w", "fib:20", **NOTHING_RUNS)
        for cell in ("noop gil", "noop async", "fib:20 gil", "fib:20 async"):
            self.assertIn(cell + ":", ran.stdout)

    def test_too_many(self):
        self.refused(*["-wnoop"] * 65, "--dry-run", says="at most 64")


class Thousands(Typed):
    def assert_transcript(self, name, commands):
        said = "".join(f"$ ccbench {' '.join(command)}\n{self.refused(*command)}" for command in commands)
        self.assertEqual(said, (HERE / "transcripts" / name).read_text(encoding="utf-8"))

    def test_options(self):
        for option, typed, meant in (
                ("concurrency", "1,024", "1024"), ("tasks", "10,000", "10000"), ("tasks", "1,000,000", "1000000"),
                ("tasks", "1,000..4,000:x2", "1000..4000:x2"), ("rounds", "1,000", "1000"), ("rate", "1,000/s", "1000/s"),
                ("seed", "12,345", "12345"), ("timeout", "1,500ms", "1500ms"), ("time-limit", "1,200s", "1200s"),
                ("tasks", "10_000", "10000"), ("tasks", "10'000", "10000"), ("tasks", "10 000", "10000"),
                ("duration", "1,000ms", "1000ms"), ("gil-interval", "1,000us", "1000us")):
            with self.subTest(option=option, typed=typed):
                why = "a comma separates values" if "," in typed else "the digits of a number stand together"
                self.refused(f"--{option}={typed}", "--dry-run",
                             says=(f"--{option}", f"'{typed}'", f"{why}; write {meant}\n"))
        self.refused("serve", "--port=8,080", says="write 8080")
        self.refused("check", "-c", "10,000", says="write 10000")
        self.refused("gate", "--repeat=1,000", says="write 1000")

    def test_a_list_where_one_is_wanted(self):
        self.assert_transcript("refused-rates.txt", (
            ("gate", "-R", "100,200"), ("gate", "-R", "100..400:x2"), ("timeline", "-R", "100/s,200/s"), ("gate", "-R", "1,000"),
            ("gate", "-R", "x")))

    def test_an_option_of_another_command(self):
        self.assert_transcript("refused-options.txt", (
            ("claims", "--dry-run"), ("gate", "--time-limit=12s"), ("replay", "run.json"), ("gate", "--time-limt=12s"), ("gate", "--repaet=3")))

    def test_arguments(self):
        for typed, meant in (("switch:1,024", "switch:1024"), ("payload:1,000k", "payload:1000k"), ("sleep:1,000us", "sleep:1000us"),
                             ("race:10,000", "race:10000")):
            with self.subTest(typed=typed):
                self.refused("-w", typed, "--dry-run", says=(f"'{typed}'", f"a comma separates values; write {meant}\n"))

    def test_a_point(self):
        for typed in ("1.000", "10.000", "1.0"):
            self.refused(f"--tasks={typed}", "--dry-run", says=("--tasks", "whole number"))
        self.assertEqual(self.planned("-m", "gil", "-w", "noop", "--tasks=1.5k")["workloads"][0]["tasks"], 1500)

    def test_lists_are_lists(self):
        for typed, values in (("1,10,100", [1, 10, 100]), ("100,200", [100, 200]), ("1,1000", [1, 1000])):
            plan = self.planned("-m", "gil", "-w", "noop", "-c", typed)
            self.assertEqual([block["concurrency"] for block in plan["workloads"]], values)

    def test_nothing_is_printed_so(self):
        ran = run("-q", "-m", "gil", "-w", "noop,switch:1024", "-n", 12345, "-c", 2345, "-r", 1, CCBENCH_TRIAL=FAKE_TRIAL)
        self.assertEqual(ran.status, OK, ran.stderr)
        self.assertIn("12345 tasks", ran.stdout)
        self.assertIn("2345 in flight", ran.stdout)
        for text in (ran.stdout, run("list").stdout, *(run("list", name).stdout for name in ("race", "switch", "hog", "depth"))):
            self.assertNotRegex(text, r"\d,\d{3}\b")


class Names(Typed):
    def test_commas(self):
        both = self.path("a,b.json", STEPS)
        self.assertEqual([block["workload"] for block in self.planned("-m", "gil", "-w", both)["workloads"]], ["a,b"])
        first, second = self.path("c.json", STEPS), self.path("2.json", STEPS)
        plan = self.planned("-m", "gil", "-w", f"{first},{both},noop,{second}")
        self.assertEqual([block["workload"] for block in plan["workloads"]], ["c", "a,b", "noop", "2"])
        ran = run("list", both)
        self.assertEqual(ran.status, OK, ran.stderr)
        self.refused("list", self.path("no,such.json"), says="a comma separates workloads")

    def test_capitals(self):
        for name in ("PAGE.JSON", "Page.Json"):
            path = self.path(name, STEPS)
            self.assertEqual(self.planned("-m", "gil", "-w", path)["workloads"][0]["workload"], name[:4])
            self.assertEqual(run("list", path).status, OK)
        for suffix in ("JSON", "Txt", "MD"):
            path = self.path("x." + suffix)
            ran = run("-q", "-m", "gil", "-w", "noop", "-n", 4, "-r", 1, "-o", path, CCBENCH_TRIAL=FAKE_TRIAL)
            self.assertEqual(ran.status, OK, ran.stderr)
            self.assertGreater(os.path.getsize(path), 0)
        self.assertEqual(run("report", self.path("x.JSON")).status, OK)


class Stray(Typed):
    """Words without an option."""

    def test_what_they_are_the_value_of(self):
        page = self.path("page.json", STEPS)
        for word, option in (("fib", "workload"), ("sleep", "workload"), ("fib:30", "workload"), ("sleep,fib", "workload"),
                             (page, "workload"), ("nowhere.json", "workload"), ("threads", "model"), ("threads,gil", "model"),
                             ("processes:chunk=16", "model"), ("all", "model"), ("http://127.0.0.1/", "url")):
            for command, gate in (([], []), (["run"], []), (["gate"], [f"--base={CCBENCH}", f"--new={CCBENCH}"])):
                with self.subTest(word=word, command=command):
                    self.refused(*command, *gate, word, says=f"did you mean '--{option}={word}'?")

    def test_nearly(self):
        self.refused("slepp", says="did you mean '--workload=sleep'?")
        self.refused("thread", says="did you mean '--model=threads'?")
        self.refused("lst", says="did you mean 'list'?")
        for command in ("gate", "report", "list"):
            self.refused("-m", "async", command, says=f"expected a command as the first word: ccbench {command} ...")

    def test_reports(self):
        path = self.path("x.json")
        run("-q", "-m", "gil", "-w", "noop", "-n", 4, "-r", 1, "-o", path, CCBENCH_TRIAL=FAKE_TRIAL)
        self.refused(path, says=f"did you mean 'ccbench report {path}'?")


class Commands(Typed):
    def options(self):
        for name in ("base", "new"):
            yield name, ["gate"], ""
        yield "server", [], " {port}"
        for name in ("base-server", "new-server"):
            yield name, ["gate"], " {port}"

    def test_what_only_a_shell_does(self):
        for option, command, rest in self.options():
            for typed in ("~/x/ccbench", "~", "~user/ccbench", "./ccbench*", "./ccb?nch", "./ccb[e]nch", "./x ~/data", "./x *.txt",
                          "$HOME/x", "`x`", "x | y"):
                with self.subTest(option=option, typed=typed):
                    self.refused(*command, f"--{option}={typed}{rest}",
                                 says=(f"--{option}", typed, "needs a shell, and none is run: quote it, spell it out"))

    def test_files_where_no_shell_was(self):
        for arguments in (("-m", "gil", "-w", "noop", "-o", "~/x.json"), ("report", "~/x.json"), ("compare", "~/x.json", "~/y.json")):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=("~/x.json", "no shell has replaced the '~'"))

    def test_blanks(self):
        path = self.path("my dir/program", "#!/bin/sh\n")
        os.chmod(path, 0o755)
        for option, command, rest in self.options():
            with self.subTest(option=option):
                self.refused(*command, f"--{option}={path}{rest}", says=(f"--{option}", "no shell is run", f'"{path}"'))
        self.refused("gate", "--base=my other/program", "--new=true", says=("no program 'my'", "no shell is run: quote"))

    def test_what_is_as_it_is(self):
        for typed in ("./x a~b {port}", "./x '~/data' {port}", "./x http://[::1]:{port}/?a=1", "./x '*' {port}"):
            ran = run(f"--server={typed}", "-m", "gil", "-w", "noop", "--dry-run", **NOTHING_RUNS)
            self.assertEqual(ran.status, OK, ran.stderr)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same run on many hosts: one table of their reports, and whatever happens to one of them costs its own column only."""

import json
import os
import pathlib
import re
import resource
import shlex
import signal
import subprocess
import tempfile
import unittest

from harness import CCBENCH, CELL, FAKE_TRIAL, OK, PATIENCE_S, USAGE, Tagged, parent_of, run, trials

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = pathlib.Path(__file__).resolve().parent
QUICK = ("-m", "sequential,threads", "-w", "sleep:1ms", "-n", "8", "-r", "6")
LONG = ("-m", "sequential,threads", "-w", "sleep:200ms", "-n", "4", "-c", "1", "-r", "1000")

# A launcher: HOST COMMAND…, where the host's name says what goes wrong.
LAUNCHER = """#!/bin/sh
host=$1
shift
case $host in
refuses*) echo 'no route to host' >&2; exit 255 ;;
rubbish*) yes 'nothing that one would expect here' | head -c 200000; exit 0 ;;
silent*) exec sleep 1000 ;;
asks*) echo hello >&2; printf 'Password: ' >&2; exec sleep 1000 ;;
small*) exec taskset -c "$SMALL" "$@" ;;
deaf*) trap '' INT; echo "$GREETING"; exec sleep 1000 ;;
half*) "$@" | (sed -u 1q; head -c 4000) ;;
broken*) "$@" | (sed -u 1q; head -c 4000); echo 'the line is dead' >&2; exit 3 ;;
future*) "$@" | sed -u 's/^{"lifeline":1,/{"lifeline":9,/' ;;
other*) "$@" | sed -u '1s/"version":"[^"]*"/"version":"0.0.9"/' ;;
noisy*) echo 'Welcome to this machine'; echo 'last login: never'; exec "$@" ;;
title*) printf '\\033]0;%s\\007' "$host"; "$@"; printf '\\033[H\\033[2Jbye {you}' ;;
between*) "$@" | (sed -u 1q; printf 'back again: '; cat) ;;
full*) TMPDIR=/nowhere/at/all; export TMPDIR; exec "$@" ;;
early*) "$@" | sed -u '1s/"unix_ns":[0-9.e+]*/"unix_ns":1e18/' ;;
under*) "$@"; exit $? ;;
*) exec "$@" ;;
esac
"""
GREETING = '{"lifeline":1,"version":"0.1.0","revision":null,"fingerprint":{"hash":"1","fields":[]},"unix_ns":0,"missing":null}'


class Hosts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.launcher = self.script("launch", LAUNCHER)

    def script(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def arguments(self, hosts, *more):
        return ("-q", f"--hosts={hosts}", f"--via={self.launcher} {{host}}", f"--remote-ccbench={CCBENCH}", *more)

    def ran(self, hosts, *more, status=OK, **changes):
        ran = run(*self.arguments(hosts, *more), CCBENCH_TRIAL=FAKE_TRIAL, GREETING=GREETING, **changes)
        self.assertEqual((ran.status, ran.left_over), (status, {}), ran.stderr)
        return ran

    def document(self, hosts, *more, **changes):
        ran = self.ran(hosts, "--format=json", *(more or QUICK), **changes)
        document = json.loads(ran.stdout)
        self.assertEqual(document["status"], changes.get("status", OK))
        if jsonschema is not None:
            schema = json.loads((HERE.parent / "docs" / "several.schema.json").read_text(encoding="utf-8"))
            jsonschema.Draft202012Validator(schema).validate(document)
        return document

    def lost(self, document):
        return {machine["label"]: machine["lost"] for machine in document["machines"] if "lost" in machine}


class Tables(Hosts):
    def test_two(self):
        document = self.document("a,b")
        self.assertEqual([machine["label"] for machine in document["machines"]], ["a", "b"])
        self.assertEqual(self.lost(document), {})
        experiment, = document["experiments"]
        for model in experiment["models"]:
            self.assertEqual([place["status"] for place in model["places"]], ["ok", "ok"])

    def test_as_alone(self):
        """The same plan, seed and order as of a run here: with the same figures, which depend on these."""
        alone = self.folder / "alone.json"
        self.assertEqual(run("-q", *QUICK, "--seed=7", "-o", alone, CCBENCH_TRIAL=FAKE_TRIAL).status, OK)
        one = json.loads(run("report", f"a={alone}", "--format=json").stdout)
        self.assertEqual(self.document("a", *QUICK, "--seed=7")["experiments"], one["experiments"])

    def test_output(self):
        path = self.folder / "run.json"
        shown = self.ran("a,b", *QUICK, "-o", path).stdout
        self.assertEqual(run("report", path).stdout, shown)
        for suffix in ("html", "md"):
            self.ran("a,refuses", *QUICK, "-o", self.folder / f"run.{suffix}", status=CELL)
        self.assertIn("no route to host", (self.folder / "run.html").read_text(encoding="utf-8"))
        ran = run(*self.arguments("a", *QUICK, "-o", self.folder / "run.csv"))
        self.assertEqual(ran.status, USAGE)
        self.assertRegex(ran.stderr, r"\Accbench: --output: [^\n]*several reports[^\n]*\n\Z")

    def test_eight(self):
        names = [f"h{i}" for i in range(8)]
        document = self.document(",".join(names))
        self.assertEqual([machine["label"] for machine in document["machines"]], names)
        self.assertRegex(self.ran("@" + str(self.script("hosts", "# all\n" + "\n".join(names) + "\n\n")), *QUICK).stdout,
                         r"\A8 reports, each by itself: ")

    def test_cpus_are_those_of_each_host(self):
        """Not of this machine: a host that lacks some loses its own column."""
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("one CPU")
        lost = self.lost(self.document("a,small", *QUICK, f"--cpus={cpus[1]}", status=CELL, SMALL=str(cpus[0])))
        self.assertEqual(list(lost), ["small"])
        self.assertIn(f"--cpus: invalid value '{cpus[1]}': expected a list out of the allowed {cpus[0]} ", lost["small"])
        for option in ("--cpus=1999", "--origin-cpus=1999"):
            self.assertEqual(list(self.lost(self.document("a,b", *QUICK, option, status=CELL))), ["a", "b"])

    def test_transcript(self):
        text = self.ran("lab1,lab2,refuses", *QUICK, status=CELL, COLUMNS=300).stdout
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text).replace(os.uname().nodename + ", ", "HOST, ")
        text = re.sub(r"\nalike: .*?\n\n", "\nalike: FACTS\n\n", text, flags=re.DOTALL)
        text = re.sub(r"note: [^\n]* CCBENCH_TRIAL is set: .*?own models\n", "", text, flags=re.DOTALL)
        text = re.sub(r"note: on lab1 and lab2: built for [^\n]*\n", "", text)  # of a build with a sanitizer
        self.assertEqual(text, (HERE / "transcripts" / "hosts.txt").read_text(encoding="utf-8"))

    def test_files_travel(self):
        (self.folder / "deep").mkdir()
        (self.folder / "deep" / "shop.json").write_text('{"steps": [{"sleep": "1ms"}]}', encoding="utf-8")
        for name in (os.path.relpath(self.folder / "deep" / "shop.json"), f"{self.folder}/deep/shop.json"):
            document = self.document("a,b", "-m", "gil,threads", "-w", f"noop,{name}", "-r", 2)
            self.assertEqual([experiment["workload"] for experiment in document["experiments"]], ["noop", "shop"])
        big = self.folder / "big.json"
        big.write_bytes(b" " * (17 << 20))
        ran = run(*self.arguments("a", "-m", "gil", "-w", big))
        self.assertEqual(ran.status, USAGE)

    def test_secrets_are_on_no_command_line(self):
        words = self.script("words", f'#!/bin/sh\nshift\nprintf "%s\\n" "$@" >>{self.folder}/seen\nexec "$@"\n')
        ran = run("-q", "--hosts=a", f"--via={words} {{host}}", f"--remote-ccbench={CCBENCH}", "-m", "gil", "-w", "noop", "-r", 2,
                  "-H", "Authorization: Bearer sesame", CCBENCH_TRIAL=FAKE_TRIAL)
        self.assertEqual(ran.status, OK, ran.stderr)
        self.assertEqual((self.folder / "seen").read_text(encoding="utf-8").split("\n"), [CCBENCH, "--lifeline", ""])
        self.assertNotIn("sesame", ran.stdout)


class Words(Hosts):
    """Launchers as people write them."""

    NASTY = "it's a \"$HOME\" `date` \\n;|&*"

    def program(self):
        """ccbench by a name that no shell would read as it is."""
        path = self.script(f"{self.NASTY}/cc bench", f'#!/bin/sh\nexec {shlex.quote(CCBENCH)} "$@"\n')
        return shlex.quote(str(path)).replace("$", "$")

    def via(self, via, **changes):
        ran = run("-q", "--hosts=a", f"--via={via}", f"--remote-ccbench={self.program()}", *QUICK, "--format=json",
                  CCBENCH_TRIAL=FAKE_TRIAL, **changes)
        self.assertEqual((ran.status, ran.left_over), (OK, {}), ran.stderr)
        self.assertEqual(self.lost(json.loads(ran.stdout)), {})

    def test_as_they_are(self):
        self.via(f"{self.launcher} {{host}}")
        self.via("env A='x y'")

    def test_shell(self):
        self.via("sh -c")
        self.via("sh -c {command}")
        self.via("sh -c 'exec {command}'")

    def test_ssh(self):
        self.script("bin/ssh", '#!/bin/sh\nshift\nexec sh -c "$*"\n')  # which is what becomes of the words of ssh
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        self.via("ssh {host}", PATH=path)
        self.via("ssh {host} env A=1", PATH=path)
        self.via("ssh {host} sh -c", PATH=path)
        self.via("ssh {host} {command}", PATH=path)

    def test_host_in_words(self):
        seen = self.script("seen", f'#!/bin/sh\nprintf "%s\\n" "$1" "$2" >{self.folder}/words\nshift 2\nexec "$@"\n')
        self.via(f"{seen} 'x {{host}} y' --at={{host}}:1")
        self.assertEqual((self.folder / "words").read_text(encoding="utf-8"), "x a y\n--at=a:1\n")


class Faults(Hosts):
    def test_one_of_each(self):
        document = self.document("a,refuses,rubbish,half,broken,future,full-disk,b", "-m", "sequential,threads", "-w", "sleep:1ms,file:64k",
                                 "-n", 8, "-r", 6, status=CELL)
        lost = self.lost(document)
        self.assertEqual(set(lost), {"refuses", "rubbish", "half", "broken", "future", "full-disk"})
        self.assertEqual(lost["refuses"], "its launcher ended with status 255 (no route to host)")
        self.assertIn("no answer of ccbench", lost["rubbish"])
        self.assertRegex(lost["half"], "^its report cannot be read: [^;]*$")
        self.assertRegex(lost["broken"], r"^its report cannot be read: .*; its launcher ended with status 3 \(the line is dead\)$")
        self.assertRegex(lost["future"], r"protocol 9 of lifelines, expected 1")
        self.assertRegex(lost["full-disk"], r"status 2 \(.*/nowhere/at/all")
        for experiment in document["experiments"]:
            self.assertEqual([place["ran"] for place in experiment["places"]], [name not in lost for name in
                             ("a", "refuses", "rubbish", "half", "broken", "future", "full-disk", "b")])
        self.assertTrue(any(note.startswith("on refuses: no report came from there: ") for note in document["notes"]))

    def test_named_among_many(self):
        """Which host was lost is told however many there are."""
        text = self.ran("a,b,c,d,e,f,g,refuses", *QUICK, status=CELL).stdout
        self.assertIn("note: on refuses: no report came from there: its launcher ended with status 255 (no route to host)", text)

    def test_all_fail(self):
        document = self.document("refuses1,refuses2", status=CELL)
        self.assertEqual(len(self.lost(document)), 2)
        self.assertEqual(document["experiments"], [])
        self.assertIn("no route to host", self.ran("refuses1,refuses2", *QUICK, status=CELL).stdout)

    def test_no_answer(self):
        lost = self.lost(self.document("a,silent,asks", *QUICK, "--host-timeout=10s", status=CELL))
        self.assertEqual(lost, {"silent": "no answer within 10 s (--host-timeout)",
                                "asks": "no answer within 10 s (--host-timeout); what it said last: 'Password: '"})

    def test_noise_before_the_answer(self):
        self.assertEqual(self.lost(self.document("noisy,a")), {})

    def test_noise_on_the_lines_of_the_answer(self):
        self.assertEqual(self.lost(self.document("title,between,a")), {})

    def test_differences_are_told(self):
        ran = run(*self.arguments("a,other,early", *QUICK)[1:], CCBENCH_TRIAL=FAKE_TRIAL)
        self.assertEqual(ran.status, OK, ran.stderr)
        self.assertRegex(ran.stderr, r"(?m)^ccbench: differs: ccbench: 0\.1\.0.* on a and early \| 0\.0\.9.* on other$")
        self.assertRegex(ran.stderr, r"(?m)^ccbench: differs: the clock of early is \S+ \S+ behind this one's$")
        self.assertNotIn("differs", run(*self.arguments("a,b", *QUICK)[1:], CCBENCH_TRIAL=FAKE_TRIAL).stderr)

    def test_refused(self):
        for more, says in (([], ("--hosts", "''")), (["a,a"], ("'a'", "twice")), (["-oProxyCommand=x"], ("'-oProxyCommand=x'",)),
                           (["a b"], ("'a b'",)), (["a,,b"], ("'a,,b'",)), (["@/nowhere"], ("/nowhere", "No such file"))):
            ran = run(f"--hosts={''.join(more)}", *QUICK)
            self.assertEqual((ran.status, ran.stdout), (USAGE, ""), more)
            self.assertRegex(ran.stderr, r"\Accbench: [^\n]*\n\Z")
            for text in says:
                self.assertIn(text, ran.stderr)
        ran = run("--hosts=a,b", "--origin=http://127.0.0.1:1", "-m", "threads", "-w", "http:1ms")
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
        self.assertRegex(ran.stderr, r"\Accbench: --origin: [^\n]* 2 hosts would be 2 runs[^\n]*\n\Z")
        for via, says in (("nosuchlauncher {host}", "nosuchlauncher"), ("a 'b", "not closed"), ("a | b", "shell"), ("", "--via")):
            ran = run("--hosts=a", f"--via={via}", *QUICK)
            self.assertEqual((ran.status, ran.stdout), (USAGE, ""), via)
            self.assertRegex(ran.stderr, r"\Accbench: [^\n]*\n\Z")
            self.assertIn(says, ran.stderr)

    def test_descriptors_are_counted(self):
        hosts = ",".join(f"h{i}" for i in range(30))
        ran = run(*self.arguments(hosts, *QUICK), preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        self.assertEqual(ran.status, USAGE)
        self.assertRegex(ran.stderr, r"\Accbench: --hosts: 30 hosts need \d+ descriptors, and the limit is 64 \(nofile\)[^\n]*\n\Z")

    def test_models_that_are_not_there(self):
        """What a model says of a host is the host's own."""
        path = self.folder / "run.json"
        self.ran("a,b", "-m", "sequential,threads", "-w", "sleep:1ms", "-r", 2, "-o", path)
        self.assertEqual(json.loads(path.read_text(encoding="utf-8"))["command"][1], "-q")


class Interrupted(Hosts):
    def start(self, hosts, *more, environment=None):
        family = Tagged()
        process = subprocess.Popen([CCBENCH, *map(str, self.arguments(hosts, "--format=json", *more, *LONG))],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=family.environment(GREETING=GREETING, **(environment or {})))
        self.addCleanup(process.wait)
        self.addCleanup(family.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return family, process

    def wait_for_trials(self, family, process, count):
        family.wait_for(lambda processes: len(trials(processes)) >= count, f"{count} trials", process)

    def held(self, family):
        """Host → its keeper and its run, by what started them."""
        found = {}
        for pid, command in family.processes().items():
            if not command.endswith("--lifeline") or not command.startswith(CCBENCH):
                continue
            children = [child for child in family.processes() if parent_of(child) == pid]
            if children:
                found[pid] = children[0]
        keepers = [pid for pid in found if found[pid] in family.processes() and parent_of(pid) not in found]
        return [(pid, found[pid]) for pid in sorted(keepers)]

    def end(self, family, process, status):
        output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, family.left_over()), (status, {}), errors)
        return json.loads(output)

    def test_interrupt(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            family, process = self.start("a,b")
            self.wait_for_trials(family, process, 2)
            process.send_signal(number)
            document = self.end(family, process, 128 + number)
            self.assertEqual([machine["interrupted"] for machine in document["machines"]], ["SIGINT", "SIGINT"])
            self.assertEqual(self.lost(document), {})

    def test_interrupt_twice(self):
        family, process = self.start("a,deaf")
        self.wait_for_trials(family, process, 1)
        process.send_signal(signal.SIGINT)
        family.wait_for(lambda processes: not [words for words in processes.values() if words == f"{CCBENCH} --lifeline"],
                        "the end of the first", process)
        process.send_signal(signal.SIGINT)
        document = self.end(family, process, 130)
        self.assertEqual(set(self.lost(document)), {"deaf"})
        self.assertIn("twice", self.lost(document)["deaf"])

    def test_interrupt_before_the_first_answer(self):
        family, process = self.start("silent1,silent2")
        family.wait_for(lambda processes: sum("sleep 1000" in command for command in processes.values()) == 2, "launchers", process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(set(self.lost(self.end(family, process, 130)).values()), {"interrupted before it began"})

    def test_files_go_before_anything_began(self):
        """Hosts that have got their files, and wait for one that gives no answer."""
        below = self.folder / "tmp"
        below.mkdir()
        work = self.script("work.json", json.dumps({"name": "work", "tasks": 2, "steps": [{"sleep": "1ms"}]}))
        for count in (1, 2):  # the second interrupt costs reports, but leaves no more behind
            family, process = self.start("a,b,silent", "-w", work, environment={"TMPDIR": below})
            family.wait_for(lambda processes: len(self.held(family)) == 2 and len(list(below.glob("*/*/*.json"))) == 2, "files", process)
            for _ in range(count):
                process.send_signal(signal.SIGINT)
            self.assertEqual(set(self.lost(self.end(family, process, 130)).values()), {"interrupted before it began"})
            self.assertEqual(list(below.iterdir()), [])

    def test_deaf_to_an_interrupt(self):
        family, process = self.start("a,deaf")
        self.wait_for_trials(family, process, 1)
        process.send_signal(signal.SIGINT)
        self.assertIn("7 s", self.lost(self.end(family, process, 130))["deaf"])

    def test_coordinator_killed(self):
        family, process = self.start("a,under-a-shell,b")
        self.wait_for_trials(family, process, 3)
        process.kill()
        self.assertEqual(family.left_over(), {})

    def test_killed_there(self):
        """The run or its keeper: the other host is measured on, until it is told to stop."""
        for which, interrupted in ((0, "SIGINT"), (1, None)):
            family, process = self.start("a,b")
            self.wait_for_trials(family, process, 2)
            os.kill(self.held(family)[0][which], signal.SIGKILL)
            family.wait_for(lambda processes: len(self.held(family)) == 1, "the end of one", process)
            process.send_signal(signal.SIGINT)
            document = self.end(family, process, 130)
            if interrupted is None:
                self.assertRegex(list(self.lost(document).values())[0], r"137 \(the run was killed by signal 9 \(Killed\)\)")
            else:
                self.assertEqual(self.lost(document), {})
            self.assertEqual(sum("lost" not in machine for machine in document["machines"]), 1 if which else 2)

    def test_launcher_killed(self):
        family, process = self.start("under-a-shell,b")
        self.wait_for_trials(family, process, 2)
        shell, = [pid for pid, command in family.processes().items() if "under-a-shell" in command and parent_of(pid) == process.pid]
        os.kill(shell, signal.SIGKILL)
        family.wait_for(lambda processes: len(self.held(family)) == 1, "the end of one", process)
        process.send_signal(signal.SIGINT)
        document = self.end(family, process, 130)
        self.assertEqual(self.lost(document), {})  # what was measured until then has come

    def test_all_launchers_killed(self):
        """Nobody interrupted the whole, and yet it is not what was asked for."""
        family, process = self.start("under-a,under-b")
        self.wait_for_trials(family, process, 2)
        for pid, command in family.processes().items():
            if "under-" in command and parent_of(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)
        document = self.end(family, process, CELL)
        self.assertEqual([machine["interrupted"] for machine in document["machines"]], ["SIGINT", "SIGINT"])
        self.assertEqual((self.lost(document), document["status"]), ({}, CELL))

    def test_hangs(self):
        family, process = self.start("a,b")
        self.wait_for_trials(family, process, 2)
        for pid in self.held(family)[0]:
            os.kill(pid, signal.SIGSTOP)
        family.wait_for(lambda processes: len(self.held(family)) == 1, "the end of one", process)
        process.send_signal(signal.SIGINT)
        lost = self.lost(self.end(family, process, 130))
        self.assertEqual(len(lost), 1)
        self.assertIn("hangs", list(lost.values())[0])


if __name__ == "__main__":
    unittest.main()

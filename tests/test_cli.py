#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line as users type it: help, lists, plans, and what is refused. What is measured, and how it looks, is
for test_runs.py and test_terminal.py."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from harness import CCBENCH, FAKE_TRIAL, OK, USAGE, document, listed, models, run, workloads

BASIC = ["sequential", "threads", "gil", "processes", "eventloop", "async", "green"]
COMMANDS = ["run", "list", "report", "gate", "compare", "claims", "timeline", "serve", "check", "replay", "help", "version"]
WIDEST = 80
# More than any plan needs, and less than any trial: it would start the fake, which would leave a mark.
NOTHING_RUNS = {"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_FAKE_MODE": "crash"}


class CommandLine(unittest.TestCase):
    def good(self, *arguments, **options):
        ran = run(*arguments, **options)
        self.assertEqual(ran.status, OK, f"{arguments}: {ran.stderr}")
        self.assertFalse(ran.left_over)
        return ran

    def refused(self, *arguments, says=(), status=USAGE, **options):
        """One line of what is wrong, on standard error only."""
        ran = run(*arguments, **options)
        self.assertEqual(ran.status, status, f"{arguments}: {ran.stdout}{ran.stderr}")
        self.assertEqual(ran.stdout, "", arguments)
        self.assertRegex(ran.stderr, r"\Accbench: [^\n]+\n\Z", arguments)
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, ran.stderr, arguments)
        self.assertFalse(ran.left_over)
        return ran.stderr

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path


class Help(CommandLine):
    def assert_fits(self, text):
        for line in text.splitlines():
            self.assertLessEqual(len(line), WIDEST, line)

    def entries(self, command):
        """{heading: {option: sentence}} of --help."""
        found, options = {}, None
        for line in self.good(command, "--help").stdout.partition("\n\n")[2].splitlines():
            entry = re.fullmatch(r"  (?:-\w,|   ) --([a-z-]+)(?:=([A-Z]+))? +(\S.*)", line)
            if entry:
                option = entry[1]
                self.assertNotIn(option, [name for group in found.values() for name in group])
                options[option] = entry[3]
            elif line.startswith(" " * 27):
                options[option] += " " + line.strip()
            elif line.startswith("Others, "):
                break
            elif line:
                options = found[line] = {}
        return found

    def test_each_option_has_an_entry_and_a_sentence_of_its_own(self):
        for command in COMMANDS:
            for heading, options in self.entries(command).items():
                with self.subTest(command=command, heading=heading):
                    self.assertRegex(heading, r"\A[A-Z][a-z ]+\Z")
                    self.assertTrue(options)
                    self.assertEqual(len(set(options.values())), len(options))
                    for sentence in options.values():
                        self.assertGreater(len(sentence.split()), 1)
        self.assertIn("[5%]", self.entries("run")["How much"]["precision"])
        self.assertNotIn("precision", self.entries("gate")["How much"])
        self.assertIn("the server of base", self.entries("gate")["Servers"]["base-server"])

    def test_manual_and_help_have_the_same_sentences(self):
        manual = subprocess.run([CCBENCH, "manual"], capture_output=True, text=True, check=True).stdout.replace("\\-", "-")
        for command in COMMANDS:
            section = re.search(rf"(?ms)^\.SS ccbench {command}\b.*?(?=^\.S)", manual)[0]
            told = dict(re.findall(r"(?m)^\.TP\n\.B .*--([a-z-]+).*\n(.*)\.$", section))
            self.assertEqual(told, {name: sentence for group in self.entries(command).values() for name, sentence in group.items()})

    def test_completion_knows_each_option_once(self):
        script = subprocess.run([CCBENCH, "manual", "bash"], capture_output=True, text=True, check=True).stdout
        words = re.search(r"words='(.*)'$", script, re.MULTILINE)[1].split()
        options = {name for command in COMMANDS for group in self.entries(command).values() for name in group}
        self.assertEqual(sorted(word.strip("-=") for word in words), sorted([*options, *COMMANDS]))

    def completed(self, shell):
        """The options that the shell itself finds in its script, by command."""
        script = subprocess.run([CCBENCH, "manual", shell], capture_output=True, text=True, check=True).stdout
        options = {}
        for command in COMMANDS:
            if shell == "zsh":  # what the script asks for, told by a function in the place of zsh's own
                typed = f'_arguments() {{ print -rl -- "$@" }}; words=(ccbench {command} --); eval "$(cat)"'
                found = r"(?m)^(?:\([^)]*\))?--([a-z-]+)=?\["
            else:
                typed = f"source -; complete -C 'ccbench {command} --'"
                found = r"(?m)^--([a-z-]+)\t"
            ran = subprocess.run([shell, "-c", typed], input=script, capture_output=True, text=True, check=True)
            self.assertEqual(ran.stderr, "")
            options[command] = sorted(set(re.findall(found, ran.stdout)))
        return options

    def test_other_shells_complete_what_help_has(self):
        told = {command: sorted(name for group in self.entries(command).values() for name in group) for command in COMMANDS}
        for shell in ("zsh", "fish"):
            with self.subTest(shell=shell):
                if shutil.which(shell) is None:
                    self.skipTest(f"{shell} is not here")
                self.assertEqual(self.completed(shell), told)

    NAMES = (("ccbench -m thread", ("threads", "thread-per-task"), "switch"), ("ccbench --model=gil,sequ", ("gil,sequential",), "gil,switch"),
             ("ccbench gate -w fi", ("fib", "file"), "threads"), ("ccbench list sw", ("switch",), "run"),
             ("ccbench list thr", ("threads",), "run"),
             ("ccbench -m ba", ("basic",), "report"), ("ccbench list ba", (), "basic"), ("ccbench claims gil-", ("gil-cpu", "gil-io"), "gil"),
             ("ccbench rep", ("report", "replay"), "threads"), ("ccbench report rep", (), "report"))

    @unittest.skipIf(shutil.which("bash") is None, "bash is not here")
    def test_bash_completes_names(self):
        """As bash calls the function: with the word, and the one before it; a '=' is a word of its own."""
        script = subprocess.run([CCBENCH, "manual", "bash"], capture_output=True, text=True, check=True).stdout
        for line, names, other in self.NAMES:
            words = line.replace("=", " = ").split()
            call = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _ccbench ccbench {words[-1]} {words[-2]}"
            with self.subTest(line):
                ran = subprocess.run(["bash", "-c", f'eval "$(cat)"; {call}; printf "%s\\n" "${{COMPREPLY[@]}}"'], input=script,
                                     capture_output=True, text=True, check=True)
                self.assertEqual(ran.stderr, "")
                self.assertLessEqual(set(names), set(ran.stdout.split()))
                self.assertNotIn(other, ran.stdout.split())

    def test_other_shells_complete_names(self):
        if shutil.which("fish") is not None:
            script = subprocess.run([CCBENCH, "manual", "fish"], capture_output=True, text=True, check=True).stdout
            for line, names, other in self.NAMES:
                if "," in line:
                    continue
                with self.subTest(fish=line):
                    ran = subprocess.run(["fish", "-c", f"source -; complete -C '{line}'"], input=script, capture_output=True, text=True,
                                         check=True)
                    found = set(re.findall(r"(?m)^([^\t\n]+)", ran.stdout))
                    self.assertLessEqual(set(names), found)
                    self.assertNotIn(other, found)
        script = subprocess.run([CCBENCH, "manual", "zsh"], capture_output=True, text=True, check=True).stdout
        for option, name in (("model", "threads"), ("workload", "fib"), ("reference", "threads")):
            self.assertRegex(script, rf"--{option}=.*:[A-Z]+:{{ _values -s , name [^;}}]*\b{name}\b")
        self.assertRegex(script, r"(?m)^    claims\) flags=\((?:\n        .*)*\n    \)\n    more=\(.*\bgil-cpu\b.*\) ;;$")

    def test_no_other_shell_is_completed(self):
        ran = run("manual", "csh")
        self.assertEqual((ran.status, ran.stdout), (USAGE, ""))
        self.assertIn("'csh', expected bash, zsh or fish", ran.stderr)

    def test_each_command_fits_a_terminal(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                ran = self.good(command, "--help")
                self.assert_fits(ran.stdout)
                self.assertEqual(ran.stderr, "")
                self.assertRegex(ran.stdout, rf"\AUsage: ccbench \[?{command}")
                self.assertEqual(self.good(command, "-h").stdout, ran.stdout)

    def test_bare_help_is_that_of_run(self):
        text = self.good("--help").stdout
        self.assertEqual(text, self.good("run", "--help").stdout)
        for command in COMMANDS[1:]:
            self.assertIn(command, text)

    def test_help_wins_over_what_is_wrong(self):
        self.assertEqual(self.good("--no-such-option", "--help").stdout, self.good("--help").stdout)

    def test_version(self):
        text = self.good("--version").stdout
        self.assertRegex(text, r"\Accbench \d+\.\d+\.\d+ \(\w+")
        for library in ("libuv", "libcurl", "cJSON", "utf8proc"):
            self.assertIn(library, text)
        self.assertEqual(self.good("-V").stdout, text)
        self.assertEqual(self.good("list", "--version").stdout, text)

    def test_version_loads_nothing(self):
        loaded = run("version", LD_DEBUG="files").stderr
        self.assertIn("libc.so", loaded)
        self.assertNotIn("libcurl.so", loaded)


def formats():
    """Those that meson.build has a file of."""
    with open(os.path.join(os.environ["TESTS_SOURCE"], "..", "meson.build"), encoding="utf-8") as file:
        text = file.read()
    return re.findall(r"'(\w+)'", re.search(r"^formats = \[(.*?)\]", text, re.MULTILINE | re.DOTALL).group(1))


class List(CommandLine):
    def test_everything_is_listed_once(self):
        text = self.good("list").stdout
        for name in models() + [label.partition(":")[0] for label in workloads()] + formats():
            self.assertEqual(len(re.findall(rf"^  {name}(?=[ :])", text, re.MULTILINE)), 1, name)
        self.assertIn("sequential", models())
        for line in text.splitlines():
            self.assertLessEqual(len(line), WIDEST)

    def test_groups(self):
        """Models of a kind stand together, under the name of the kind, with the word that people know them by."""
        for title, heading, name, word in (("Models", "Threads", "gil", "Python threads, ThreadPoolExecutor"),
                                           ("Models", "Threads", "threads", "threads without a GIL: Java, C++, Python 3.13t"),
                                           ("Models", "Threads", "thread-per-task", "threading.Thread"),
                                           ("Models", "Processes", "processes", "multiprocessing.Pool"),
                                           ("Models", "Several at once", "basic", ",".join(BASIC)),
                                           ("Workloads", "I/O-bound", "sleep:10ms", "each task sleeps")):
            with self.subTest(name=name):
                self.assertTrue(listed(title)[heading][name].startswith(word), listed(title)[heading])
        text = self.good("list").stdout
        headings = re.findall(r"(?m)^ [^ ].*$", text)
        self.assertEqual(sorted(headings), sorted(set(headings)))
        self.assertIn("Go, C, Java", " ".join(self.good("list", "threads").stdout.split()))

    def names(self):
        return models() + [label.partition(":")[0] for label in workloads()]

    def test_a_paragraph_and_a_command_to_try(self):
        for name in self.names():
            with self.subTest(name=name):
                text = self.good("list", name).stdout
                self.assertRegex(text, rf"\A{name}\b")
                title, paragraph, *_, example = text.rstrip("\n").split("\n\n")
                self.assertGreater(len(paragraph.split()), 30)
                self.assertTrue(paragraph.endswith("."), paragraph)
                self.assertRegex(example, r"\ATry: ccbench [^\n]+( \\\n    -[^\n]+)*\Z")
                for line in (title + "\n" + paragraph + "\n" + example).splitlines():
                    self.assertLessEqual(len(line), WIDEST)

    def test_a_command_that_draws_it(self):
        for name, option in ([(name, "model") for name in models() if name != "null"] +
                             [(label.partition(":")[0], "workload") for label in workloads()]):
            with self.subTest(name=name):
                self.assertIn(f"\nWho ran when: ccbench timeline --{option}={name}\n", self.good("list", name).stdout)
        self.assertNotIn("timeline", self.good("list", "null").stdout)

    def test_each_example_runs(self):
        for name in self.names():
            example = self.good("list", name).stdout.partition("\nTry: ccbench ")[2].replace("\\\n", "")
            with self.subTest(example=example):
                # As given, but for how long; a build that lacks a library skips what needs it.
                words = shlex.split(example)
                plan = json.loads(self.good(*words, "--dry-run", "--format=json").stdout)
                self.assertTrue(plan["workloads"])
                # What is given twice adds up.
                words = [word for word in words if not re.match(r"--(tasks|concurrency|time-limit|duration)=", word)]
                ran = self.good(*words, "-r", 1, "-n", 4, "-q")
                self.assertRegex(ran.stdout, r"(?m)^ *\d+=? +\w+|^tasks/s|skipped|not built")

    def test_several_and_with_an_argument(self):
        self.assertEqual(self.good("list", "processes:chunk=16").stdout, self.good("list", "processes").stdout)
        self.assertIn("chunk=16", self.good("list", "processes").stdout)
        both = self.good("list", "fib:30", "sleep").stdout
        self.assertEqual(both, self.good("list", "fib").stdout + "\n" + self.good("list", "sleep").stdout)

    def test_unknown(self):
        self.refused("list", "thread", says=("'thread'", "did you mean 'threads'"))
        self.refused("list", "zebra-crossing", says="'zebra-crossing'")


class Suggestions(CommandLine):
    def test_unknown_names_suggest_the_nearest(self):
        for arguments, meant in (
                (["--model=thread"], "threads"), (["-m", "gill"], "gil"), (["--model", "sequential,asinc"], "async"),
                (["--workload=fibb"], "fib"), (["-w", "slepp:10ms"], "sleep"), (["--reference=proceses"], "processes"),
                (["--modell=gil"], "--model"), (["--tsaks=5"], "--tasks"), (["--collor=never"], "--color"),
                (["lst"], "list"), (["models"], "'list'"), (["http://a/"], "--url=http://a/"), (["reprot", "x.json"], "report"), (["threads"], "--model=threads")):
            with self.subTest(arguments=arguments):
                self.refused(*arguments, says=("did you mean", meant), **NOTHING_RUNS)

    def test_what_others_call_it(self):
        """Names of libraries and of workloads as people type them."""
        self.refused("-m", "ThreadPoolExecutor", says=("'ThreadPoolExecutor'", "gil"), **NOTHING_RUNS)
        self.refused("-m", "preforked", says=("'preforked'", "processes-shm"), **NOTHING_RUNS)
        self.refused("-m", "GIL", says=("did you mean 'gil'",), **NOTHING_RUNS)
        self.refused("-w", "fibonacci", says=("did you mean 'fib'",), **NOTHING_RUNS)
        self.refused("-w", "sleeping", says=("did you mean 'sleep'",), **NOTHING_RUNS)
        # What `known as` says, as far as the table shows it.
        self.refused("-m", "ProcessPoolExecutor", says=("known as that: python-processes, processes",), **NOTHING_RUNS)
        if "green-multi" in models():
            self.refused("-m", "tokio", says=("known as that: green-multi",), **NOTHING_RUNS)
        self.refused("-m", "nodejs", says=("did you mean 'node'",), **NOTHING_RUNS)
        self.refused("-m", "multiprocessing", says=("known as that: python-processes, processes",), **NOTHING_RUNS)
        self.refused("-m", "Thread", says=("did you mean 'threads'",), **NOTHING_RUNS)
        # Of three letters one may be wrong.
        self.refused("-w", "htp", says=("did you mean 'http'",), **NOTHING_RUNS)
        self.assertNotIn("did you mean", self.refused("-w", "web", says="'web'", **NOTHING_RUNS))
        # What was typed, and not the URL that follows from it.
        if "fetching is not built" not in run("-m", "sequential", "-w", "http", "--dry-run").stdout:
            self.refused("--unix-socket=/nowhere", "-w", "http", says=("--unix-socket: '/nowhere'", "cannot be reached"), **NOTHING_RUNS)
        for url in ("http://localhost:8080/", "https://me:secret@example.com"):
            self.assertNotIn("secret", self.refused("-w", url, says=("is a URL and no workload", "--url=URL"), **NOTHING_RUNS))
            self.assertNotIn("secret", self.refused(url, says=("did you mean '--url=http",), **NOTHING_RUNS))
        self.assertNotIn("did you mean", self.refused("curl http://a/", says="'curl http://a/'", **NOTHING_RUNS))
        self.assertIn("gil (", self.good("list", "GIL").stdout)
        self.assertIn("gil (", self.good("list", "threading").stdout)
        self.assertIn("asyncio (", self.good("list", "coroutine").stdout)  # and not compute

    def test_blanks_in_lists(self):
        out = self.good("--dry-run", "-m", " threads,\tasync ", "-w", "sleep , noop").stdout
        for word in ("threads", "async", "sleep:10ms", "noop"):
            self.assertIn(word, out)

    def test_a_report_is_no_workload(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "run.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"schema": "ccbench/1"}')
            for arguments in (["-w", path], [path], ["gate", path]):
                self.refused(*arguments, says=(f"'ccbench report {path}'",), **NOTHING_RUNS)
            self.refused("claims", path, says=("'ccbench/1'", "'ccbench report'"), **NOTHING_RUNS)

    def test_a_claim_is_no_workload(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mine.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"claim": "mine", "says": "x"}')
            for arguments in (["-w", path], [path]):
                self.refused(*arguments, says=(f"'ccbench claims {path}'",), **NOTHING_RUNS)

    def test_help_and_version_as_commands(self):
        for words, same in ((["help"], ["--help"]), (["help", "gate"], ["gate", "--help"]), (["version"], ["--version"])):
            self.assertEqual(self.good(*words).stdout, self.good(*same).stdout, words)
        self.refused("help", "gtae", says=("no command 'gtae'", "did you mean 'gate'"))
        self.refused("help", "trial", says=("no command 'trial'",))
        self.refused("help", "run", "gate", says=("'gate'", "one command"))
        self.refused("version", "x", says=("'x'",))

    def test_unlike_anything(self):
        for arguments in (["--model=xyzzy-plugh"], ["--workload=xyzzy-plugh"], ["--xyzzy-plugh"], ["xyzzy-plugh"]):
            with self.subTest(arguments=arguments):
                line = self.refused(*arguments, says="xyzzy-plugh", **NOTHING_RUNS)
                self.assertNotIn("did you mean", line)

    def test_options_of_other_commands(self):
        self.refused("list", "--model=gil", says="--model")
        self.refused("serve", "--rounds=3", says="--rounds")
        self.refused("report", "--seed=3", "x.json", says="--seed")
        self.refused("-x", says="'-x'", **NOTHING_RUNS)

    def test_help_cut_short_measures_nothing(self):
        self.refused("--hel", says=("'--help'", "in full"), **NOTHING_RUNS)
        self.refused("-qh", says=("'--help'", "on its own"), **NOTHING_RUNS)

    def test_values_missing_or_too_many(self):
        self.refused("--model", says=("--model", "needs a value"), **NOTHING_RUNS)
        self.refused("-n", says=("--tasks", "needs a value"), **NOTHING_RUNS)
        self.refused("--quiet=yes", says=("--quiet", "takes no value"), **NOTHING_RUNS)
        self.refused("report", says="one file")
        self.refused("report", "a.json", "b.json", says="a.json: No such file")
        self.refused("serve", "now", says="'now'")


class Values(CommandLine):
    IMPOSSIBLE = {
        "tasks": ["0", "-1", "1e99", "", "abc", "1.5", "10ms", "100000001", "99999999999999999999",
                  "1..", "..4", "4..1", "1,,2", "0..4", "1..1000", "1..4:x1", "1..4:+0", "1..4:y", "1..4:x2:x2", "1..200m:x10"],
        "concurrency": ["0", "-1", "1e99", "", "abc", "1000001", "1,", "1..65", "1,0", "2..1"],
        "rate": ["0", "-1/s", "", "abc", "500/x", "500/s:never", "1e9/s", "11m/s", "/s", "1..", "1..4", "4..1:x2", "1,,2", "1,11m", "1,2:never"],
        "duration": ["0", "0s", "-1s", "", "abc", "10"],
        "rounds": ["0", "-1", "1e99", "", "abc", "10001", "3x"],
        "hosts": ["", ",", "a,", "a b", "-x", "@", "a,,b", "a,-oProxyCommand=x"],
        "via": ["", "a 'b", "a | b", "$HOME"],
        "remote-ccbench": ["", "a 'b", "a; b"],
        "host-timeout": ["0", "0s", "-1s", "1e99", "", "abc", "10"],
        "repeat": ["0", "-1", "1e99", "", "abc", "1001"],
        "memory-rounds": ["0", "-1", "1e99", "", "abc", "1001"],
        "client": ["", "abc", "Plain"],
        "precision": ["0", "0%", "-1", "1e99", "", "abc", "5", "100%", "nan", "inf"],
        "time-limit": ["0", "0s", "-1s", "1e99", "", "abc", "10", "10 parsecs", "1e99s"],
        "timeout": ["0", "-1s", "1e99", "", "abc", "10"],
        "task-timeout": ["0", "-1s", "1e99", "", "abc", "10"],
        "gil-interval": ["0", "-1ms", "1e99", "", "abc", "10"],
        "url": ["", "abc", "localhost:80", "ftp://localhost/", "http://", "file:///etc/passwd"],
        "header": ["a b: c", ": x"],
        "cacert": ["", "/nowhere", "/"],
        "unix-socket": [""],
        "server-ready": ["", "health", "/a b"],
        "origin": ["", "abc", "10.0.0.2:8080", "https://10.0.0.2:8080", "http://10.0.0.2:8080/page", "http://10.0.0.2:0",
                   "http://10.0.0.2:8080/?a=b", "http://[::1"],
        "token": ["", "a b", "a\u00e9"],
        "token-file": ["", "/nowhere", "/", "/dev/null"],
        "server-stop": ["0", "-1s", "", "abc", "10"],
        "server": ["", "./srv", "'{port}", "./srv {port} &", "A=1 ./srv {port}"],
        "cpus": ["-1", "", "abc", "99999", "0-", "0,,1", "1e99", "1-0"],
        "origin-cpus": ["-1", "", "abc", "99999"],
        "origin-workers": ["0", "-1", "", "abc", "65", "1.5", "1e99"],
        "seed": ["-1", "", "abc", "1e99", "1.5", "9007199254740992", "99999999999999999999"],
        "format": ["", "abc", "Json", "xml"],
        "color": ["", "abc", "yes"],
        "require": ["", "abc", "p99<40ms", "speed<=1ms", "p99<=40"],
        "output": ["", "abc", "x.jsonx", "x.doc", "json"],
    }

    def test_impossible_ones(self):
        for option, values in self.IMPOSSIBLE.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.refused(f"--{option}={value}", "--dry-run", says=(f"--{option}", f"'{value}'", "expected"))
                    self.refused(f"--{option}", value, "--dry-run", says=f"'{value}'")

    def test_every_option_with_a_value_is_tried(self):
        text = self.good("--help").stdout
        given = set(re.findall(r"--([a-z-]+)=", text)) - {"model", "workload", "reference"}
        self.assertEqual(given, set(self.IMPOSSIBLE))

    def test_impossible_names(self):
        for option in ("model", "workload", "reference"):
            for value in ("", "0", "-1", ","):
                with self.subTest(option=option, value=value):
                    self.refused(f"--{option}={value}", "--dry-run")

    def test_impossible_workloads(self):
        for text, value in (("fib:61", "61"), ("fib:-1", "-1"), ("fib:", "''"), ("fib:1e99", "1e99"),
                            ("sleep:10", "'10'"), ("sleep:-1ms", "-1ms"), ("sleep:", "''"), ("sleep:99h", "99h"),
                            ("http:fast", "fast"), ("http:/nowhere", "/nowhere"), ("noop:1", "'1'"),
                            ("race:0", "'0'"), ("race:1k:never", "1k:never"), ("file:5k:direct", "5k:direct"),
                            ("hog:yield=1", "yield=1"), ("faulty:0%", "'0%'"), ("payload:2g", "'2g'"), ("payload:1k:things", "'1k:things'"), ("payload:objects", "'objects'"),
                            ("fib:27:gil", "'27:gil'"), ("crunch:2g:1s", "'2g:1s'"), ("crunch:1m:27", "'1m:27'"), ("crunch:1m,2m:x", "x"),
                            ("compute:3", "'3'"), ("mixed:10ms,2h", "10ms,2h"), ("spawn:2", "'2'"), ("gather:0", "'0'"), ("gather:65", "'65'"), ("gather:2:", "''"), ("gather:2:soon", "soon"), ("gather:2:2h", "2h"), ("gather:x:1s", "'x'")):
            with self.subTest(workload=text):
                self.refused("-w", text, "--dry-run", says=value)

    def test_arguments_in_short(self):
        """A race of which only the way is said, and a comma between parts that are no several values."""
        for short, long in (("race:file", "race:1k:file"), ("race:file:lock", "race:1k:file:lock"), ("race:lock", "race:1k:lock"),
                            ("crunch:256m,1s", "crunch:256m:1s")):
            with self.subTest(workload=short):
                ran = [self.good("-w", text, "-m", "threads", "--dry-run", **NOTHING_RUNS).stdout.replace(text, "")
                       for text in (short, long)]
                self.assertEqual(*ran)
        self.refused("-w", "crunch:1m,1s,2s", "--dry-run", says="crunch:1m,1s,2s")
        self.refused("-w", "race:file:never", "--dry-run", says="file:never")

    def test_impossible_chunks(self):
        for argument in ("chunk=x", "chunk=0", "chunk=-1", "chunk=1025", "chunk=1.5", "chunk=", "chunk", "", "size=3", "chunk=1,16",
                         "chunk=4:2"):
            with self.subTest(argument=argument):
                for option in ("--model", "--reference"):
                    self.refused(f"{option}=processes:{argument}", "--dry-run",
                                 says=(f"processes:{argument}: '{argument}'", "expected processes:chunk=N", "1 to 1024"))
        for model in set(models()) - {"processes"}:
            with self.subTest(model=model):
                self.refused("-m", f"{model}:chunk=4", "--dry-run", says=f"{model} takes no chunk ('{model}:chunk=4')")
                if model not in ("gil", "processes-shm", "process-per-task"):  # which take others
                    says = "takes no argument" if model == "null" else f"'4' is nothing that {model} takes, expected {model}:client="
                    self.refused("-m", f"{model}:4", "--dry-run", says=says)
        self.refused("-m", "proceses:chunk=4", "--dry-run", says=("'proceses'", "did you mean 'processes'"))
        self.refused("-m", "all:chunk=4", "--dry-run", says="'all:chunk=4' is no model")

    def test_impossible_intervals(self):
        for argument in ("interval=0", "interval=5", "interval=-1ms", "interval=1001h", "interval=", "interval", "4", "", "size=3",
                         "interval=1ms:interval=1ms", "interval=1ms:"):
            with self.subTest(argument=argument):
                self.refused("-m", f"gil:{argument}", "--dry-run",
                             says=(f"gil:{argument}: '{argument}'", "expected gil:interval=TIME", "1ns to 1000h"))
        self.refused("-m", "threads:interval=1ms", "--dry-run",
                     says=("threads takes no interval ('threads:interval=1ms')", "such as gil:interval=TIME"))

    def intervals(self, *arguments):
        plan = json.loads(self.good(*arguments, "-w", "noop", "--dry-run", "--format=json").stdout)
        return [(cell["model"], cell["trial"]["parameters"]["interval"], cell["trial"].get("gil_interval_ns"))
                for cell in plan["workloads"][0]["cells"]]

    def test_possible_intervals(self):
        """As the name alone has it is what the option says, or else the model: that is in no label. What the model says itself
        needs no field for those that know no parameters."""
        typed = "gil,gil:interval=1ms,gil:interval=5ms,gil:interval=1000us"
        self.assertEqual(self.intervals("-m", typed), [("gil", 5000000, None), ("gil:interval=1ms", 1000000, 1000000)])
        self.assertEqual(self.intervals("-m", typed, "--gil-interval=1ms"),
                         [("gil", 1000000, 1000000), ("gil:interval=5ms", 5000000, None)])

    def test_parameters_are_told(self):
        self.assertIn("gil:interval=TIME with TIME from 1ns to 1000h: ", self.good("list", "gil").stdout)
        self.assertIn("[5ms]", self.good("list", "gil:interval=1ms").stdout)
        self.assertIn("processes:chunk=N with N from 1 to 1024: ", self.good("list", "processes").stdout)

    def test_possible_chunks(self):
        typed = "processes:chunk=16,processes,processes:chunk=1,processes:chunk=016,processes:chunk=1024,gil"
        plan = json.loads(self.good("-m", typed, "--reference=processes:chunk=016", "-w", "noop", "--dry-run",
                                    "--format=json").stdout)
        labels = ["processes:chunk=16", "processes", "processes:chunk=1024", "gil"]
        self.assertEqual([cell["model"] for cell in plan["workloads"][0]["cells"]], labels)
        self.assertEqual([cell["trial"].get("chunk") for cell in plan["workloads"][0]["cells"]], [16, None, 1024, None])
        self.assertEqual({cell["trial"]["model"] for cell in plan["workloads"][0]["cells"]}, {"processes", "gil"})
        self.assertEqual((plan["plan"]["models"], plan["plan"]["reference"]), (labels, "processes:chunk=16"))

    def test_parameters_of_what_is_not_built(self):
        """A host that lacks a model lacks its cells only, whatever it is asked with."""
        section = re.search(r"(?m)^ Not built\n((?:  .*\n)+)", run("list").stdout)
        if section is None:
            self.skipTest("all models are built")
        name = re.match(r"  (\S+)", section.group(1)).group(1)
        ran = run("-m", f"null,{name},{name}:client=bare", "-w", "noop", "--dry-run", "--format=json")
        self.assertEqual(ran.status, OK, ran.stderr)
        found = {cell.get("label", cell["model"]): (cell["status"], cell["reason"])
                 for cell in json.loads(ran.stdout)["workloads"][0]["cells"]}
        self.assertEqual(set(found), {"null", name, f"{name}:client=bare"})
        self.assertRegex(" ".join(found[name]), "^skipped not built: ")
        self.assertEqual(found[name], found[f"{name}:client=bare"])

    def test_chunks_take_their_time(self):
        """One of ten lanes does what all of them would do without the chunk."""
        text = self.good("-m", "processes,processes:chunk=10", "-w", "sleep:1s", "-n", 10, "-c", 10, "--dry-run").stdout
        self.assertRegex(text, r"(?m)^  processes +about 1\.\d+ s")
        self.assertRegex(text, r"(?m)^  processes:chunk=10 +(about|skipped: would take) 10(\.\d+)? s")

    def test_impossible_ports(self):
        for value in ("-1", "", "abc", "65536", "1e99"):
            with self.subTest(value=value):
                self.refused("serve", f"--port={value}", says=("--port", f"'{value}'"))

    def test_impossible_places_to_listen(self):
        for value in ("", "abc", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":80", "::1:80", "[::1]",
                      "[::1]80", "[:80", "a b:80", "http://a:80", "127.0.0.1:-1", "127.0.0.1:+1"):
            with self.subTest(value=value):
                self.refused("serve", f"--listen={value}", says=("--listen", f"'{value}'", "expected"))
        self.refused("serve", "--listen=no.such.name.invalid:0", says=("--listen", "'no.such.name.invalid'"))
        self.refused("serve", "--listen=127.0.0.1:0", "--port=1", says=("--listen", "--port", "together"))

    def test_an_origin_elsewhere_goes_with_no_other_server(self):
        origin = "--origin=http://127.0.0.1:1"
        for other in ("--url=http://127.0.0.1:1/", "--server=./srv {port}", "--unix-socket=/a", "--header=A: b",
                      "--insecure", "--origin-cpus=0", "--origin-workers=2"):
            with self.subTest(other=other):
                self.refused(origin, other, "--dry-run", says=("--origin", other.split("=")[0], "together"))
        self.refused("--origin=http://me:secret@127.0.0.1:1", "--dry-run", says=("--origin", "***", "expected"))
        self.refused("--token=" + 129 * "x", "--dry-run", says=("--token", "xxx", "expected"))
        self.refused("--token=abc", "--dry-run", says=("--token", "alone", "--origin"))

    def test_options_that_do_nothing_alone(self):
        """Who typed one would believe that it did."""
        for option in ("--via=ssh {host}", "--remote-ccbench=./ccbench", "--host-timeout=30s"):
            self.refused(option, "--dry-run", says=(option.split("=", maxsplit=1)[0], "alone", "--hosts"))
            self.good(option, "--hosts=a", "-m", "gil", "-w", "noop", "--dry-run")
        url, server, sides = "--url=http://127.0.0.1:1/", "--server=./srv {port}", ("--base-server=a {port}", "--new-server=b {port}")
        self.refused("--server-ready=/", "--dry-run", says=("--server-ready", "--server", "--url"))
        self.refused("timeline", "--origin-workers=2", url, says=("--origin-workers", "--url", "together"))
        for other in ([], [url]):
            self.refused("--server-stop=2s", *other, "--dry-run", says=("--server-stop", "--server"))
        for other in (url, server, "--unix-socket=/a"):
            self.refused("--origin-workers=2", other, "--dry-run", says=("--origin-workers", other.split("=", maxsplit=1)[0], "together"))
        self.refused("--origin-cpus=0", url, "--dry-run", says=("--origin-cpus", "--url", "together"))
        self.refused("gate", server, *sides, "--dry-run", says=("--server", "--base-server", "--new-server"))
        self.refused("-R", "max", "--require=p99<=1s", "--repeat=3", "-m", "gil", "-w", "sleep", "--dry-run", says=("--repeat", "--rate=max"))

    def test_an_empty_command_is_told_what_it_would_be(self):
        for option, example in (("--via", "'ssh {host}'"), ("--remote-ccbench", "ccbench'"), ("--server", "'./srv {port}'")):
            self.refused(f"{option}=", says=(option, example))
        self.refused("replay", "--under=", "a.json", "b", says=("--under", "'perf record -g'"))
        self.refused("gate", "--base=", says=("--base", "'./old/ccbench'"))

    def test_what_is_refused_is_one_line_whatever_is_typed(self):
        for arguments in (["--model=a\nb"], ["--tasks=1\n2"], ["--no\nsuch"], ["a\nb"], ["list", "a\nb"],
                          ["report", "a\nb.json"], ["--tasks=" + "9" * 5000], ["-w", "fib:" + "x" * 5000]):
            with self.subTest(arguments=arguments):
                self.refused(*arguments)

    def test_possible_ones(self):
        for option in ("--tasks=10k", "--tasks=1m", "-n7", "--concurrency=1", "--concurrency=1,4,16..64:x2", "--tasks=1..64", "--rounds=10000", "--precision=0.5%",
                       "--precision=0.01", "--time-limit=1m", "--timeout=1.5s", "--gil-interval=100us", "--seed=0",
                       "--seed=9007199254740991", "--color=always", "--cpus=" + str(min(os.sched_getaffinity(0)))):
            with self.subTest(option=option):
                self.good(option, "--model=gil", "--workload=noop", "--dry-run")


class Files(CommandLine):
    def test_reports_that_are_none(self):
        broken = {
            "empty": (b"", "empty"), "cut": (b'{"schema":"ccbench/1","workloads":[', "middle"),
            "binary": (b"\0\xff\xfe\n", "not JSON"), "text": (b"hello\n", "not JSON"), "array": (b"[]", ""),
            "other": (b'{"schema":"other/1"}', "ccbench/1"), "number": (b"17", ""), "null": (b"null", ""),
            "two": (b'{"schema":"ccbench/1"}{}', "not JSON"),
        }
        for name, (content, says) in broken.items():
            with self.subTest(file=name):
                path = self.path(name + ".json", content)
                self.refused("report", path, says=(path, says))

    def test_reports_that_cannot_be_read(self):
        self.refused("report", self.path("nowhere.json"), says="No such file")
        self.refused("report", self.folder, says="directory")
        if os.geteuid() != 0:  # who may read everything
            path = self.path("secret.json", b"{}")
            os.chmod(path, 0)
            self.refused("report", path, says="Permission denied")

    def test_outputs_that_cannot_be_written(self):
        os.mkdir(self.path("folder.json"))
        for path, says in ((self.path("folder.json"), "directory"), (self.path("nowhere/x.json"), "No such file")):
            with self.subTest(path=path):
                self.refused("-o", path, "-m", "null", "-w", "noop", says=(path, says), **NOTHING_RUNS)
        self.assertEqual(os.listdir(self.folder), ["folder.json"])

    def test_names_that_are_expanded(self):
        with tempfile.TemporaryDirectory() as folder:
            stored = os.path.join(folder, "x.json")
            self.assertEqual(run("-q", "-m", "gil", "-w", "noop", "-r", 1, "-o", stored, CCBENCH_TRIAL=FAKE_TRIAL).status, OK)
            for names, rank in (({}, "0"), ({"SLURM_PROCID": "3"}, "3"), ({"OMPI_COMM_WORLD_RANK": "12"}, "12"),
                                ({"PMIX_RANK": "4", "SLURM_PROCID": "0"}, "4"), ({"PMI_RANK": "../7"}, "0"),
                                ({"PMI_RANK": "", "SLURM_PROCID": "1234567890"}, "0")):
                with self.subTest(names=names):
                    before = int(time.time())
                    ran = run("report", stored, "-o", os.path.join(folder, "%h-%t-%r-100%%.md"), **names)
                    self.assertEqual((ran.status, ran.stderr), (OK, ""))
                    made = next(name for name in os.listdir(folder) if name.endswith(".md"))
                    os.unlink(os.path.join(folder, made))
                    host, at, its, rest = made.rsplit("-", 3)
                    self.assertEqual((host, its, rest), (re.sub(r"[^\w.-]", "_", os.uname().nodename), rank, "100%.md"))
                    self.assertTrue(before <= int(at) <= time.time())
        for wrong in ("%q.json", "x%.json", "%H.json"):
            self.refused("-o", wrong, says=("--output", f"'{wrong}'", "h (host)", "expected"), **NOTHING_RUNS)

    def test_rank_in_the_report(self):
        for names, rank in (({}, None), ({"SLURM_PROCID": "3"}, 3), ({"SLURM_PROCID": "0", "OMPI_COMM_WORLD_RANK": "2"}, 2),
                            ({"PMI_RANK": "x"}, None)):
            with self.subTest(names=names):
                report = document("-m", "gil", "-w", "noop", "-r", 1, CCBENCH_TRIAL=FAKE_TRIAL, **names)
                self.assertEqual((report["environment"]["host"], report["environment"]["rank"]), (os.uname().nodename, rank))

    def test_too_many_outputs(self):
        self.refused(*[f"--output={i}.json" for i in range(33)], says="32", **NOTHING_RUNS)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            for arguments in (["list"], ["--help"], ["--dry-run"], ["-q", "-m", "gil", "-w", "noop", "-r", "1"]):
                with self.subTest(arguments=arguments):
                    result = subprocess.run([CCBENCH, *arguments], stdout=full, stderr=subprocess.PIPE, check=False,
                                            text=True, env=dict(os.environ, CCBENCH_TRIAL=FAKE_TRIAL))
                    self.assertEqual(result.returncode, USAGE)
                    self.assertRegex(result.stderr, r"\Accbench: [^\n]*No space left on device\n\Z")


class Network(CommandLine):
    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            if self.serves():
                self.refused("serve", f"--port={port}", says=(str(port), "in use"))

    def serves(self):
        return "not found" not in re.search("libuv.*", self.good("--version").stdout)[0]

    def test_unreachable_url(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can have it, and nobody answers
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            self.refused("--url", url, "-m", "sequential", says="--url", **NOTHING_RUNS)
        self.refused("--url=http://no-such-host.invalid/", "-m", "sequential", says="--url", **NOTHING_RUNS)


class DryRun(CommandLine):
    def test_more_than_there_is_memory_for(self):
        """Skipped before anything is measured; messages copy it."""
        plan = json.loads(self.good("-m", "null,threads,processes", "-w", "crunch:1g:1s,crunch:1m:1s", "-c", 20000, "-n", 20000,
                                    "--dry-run", "--format=json").stdout)
        for block in plan["workloads"]:
            for cell in block["cells"]:
                with self.subTest(workload=block["workload"], model=cell["model"]):
                    large = block["workload"] == "crunch:1g:1s" and cell["model"] != "null"
                    words = r"would need [0-9.]+ [KMGT]iB for what is handed over, of which [0-9.]+ [KMGT]iB are left"
                    if large:
                        self.assertRegex(cell["reason"], words)
                    elif cell["model"] == "null":
                        self.assertNotRegex(cell["reason"], words)
        need = {model: cell["reason"].split()[2] for block in plan["workloads"][:1] for cell in block["cells"]
                for model in (cell["model"],) if model != "null"}
        self.assertGreater(float(need["processes"]), float(need["threads"]))

    def test_text(self):
        ran = self.good("--dry-run", **NOTHING_RUNS)
        self.assertEqual(ran.stderr, "")
        for label in ("sleep:10ms", "http:10ms", "fib:29"):
            self.assertRegex(ran.stdout, rf"(?m)^{label}: each task ")
        for name in BASIC:
            self.assertEqual(len(re.findall(rf"(?m)^  {name} ", ran.stdout)), 3, name)
        self.assertNotRegex(ran.stdout, r"(?m)^  null ")
        self.assertRegex(ran.stdout, r"about [\d.]+ (s|min)\b")

    def test_it_fits_the_terminal(self):
        """The same words, on lines that are no wider."""
        for arguments in (["-w", "hog,mixed,noop", "-c", "1,2,3"], ["-w", "crunch:1g:1s", "-m", "threads", "-c", 20000, "-n", 20000],
                          ["-w", "noop", "--cpus=" + str(min(os.sched_getaffinity(0)))]):
            whole = self.good("--dry-run", *arguments).stdout
            wrapped = self.good("--dry-run", *arguments, COLUMNS=60).stdout
            self.assertLessEqual(max(map(len, wrapped.splitlines())), 60)
            self.assertGreater(max(map(len, whole.splitlines())), 60)
            self.assertEqual(re.sub(r"\d+", "0", " ".join(wrapped.split())), re.sub(r"\d+", "0", " ".join(whole.split())))

    def test_json(self):
        plan = json.loads(self.good("--dry-run", "--format=json", "-n", 7, "-c", 3, "-w", "noop,sleep:1ms",
                                    **NOTHING_RUNS).stdout)
        self.assertEqual([block["workload"] for block in plan["workloads"]], ["noop", "sleep:1ms"])
        for block in plan["workloads"]:
            self.assertEqual((block["tasks"], block["concurrency"]), (7, 3))
            self.assertTrue(all(cell["samples"] == [] for cell in block["cells"]))

    def test_nothing_is_started_nor_written(self):
        path = self.path("plan.json")
        begin = time.monotonic()
        self.good("--dry-run", "-o", path, "--time-limit=1h", **NOTHING_RUNS)
        self.assertLess(time.monotonic() - begin, 30)
        if "FAIL_SO" not in os.environ:
            return
        # No process at all: where none can be made, a plan still is, and does not even try.
        log = self.path("log")
        without_fork = {"LD_PRELOAD": os.environ["FAIL_SO"], "CCBENCH_FAIL": "fork:1+", "CCBENCH_FAIL_LOG": log}
        self.good("--dry-run", **without_fork)
        self.assertFalse(os.path.exists(log))
        run("-q", "-r", 1, "-m", "gil", "-w", "noop", **without_fork)
        self.assertTrue(os.path.exists(log), "a run makes no process either: this test shows nothing")
        os.unlink(log)
        self.assertEqual(os.listdir(self.folder), [])

    def seconds(self, *arguments):
        """How long the plan says that it will take."""
        last = self.good("--dry-run", *arguments).stdout.splitlines()[-1]
        value, unit = re.search(r"about ([\d.]+) (ms|s|min)\b", last).groups()
        return float(value) * {"ms": 1e-3, "s": 1, "min": 60}[unit]

    def test_trials_that_repeat_count(self):
        words = ("-m", "threads", "-w", "sleep:10ms", "-n", 64, "-c", 32)
        once = self.seconds(*words, "-r", 7)
        # A trial of about 30 ms is repeated nine times in each round, as many times as fit into 300 ms.
        self.assertGreater(self.seconds(*words), 5 * once)
        self.assertLessEqual(self.seconds(*words, "--time-limit=1s"), 1)
        asked = self.seconds(*words, "-r", 7, "--repeat=5")
        self.assertGreater(asked, 3.5 * once)
        self.assertLess(asked, 5 * once)

    def test_memory_trials_count(self):
        words = ("-m", "processes", "-w", "sleep:100ms", "-n", 64, "-c", 32, "-r", 7)
        once = self.seconds(*words)
        self.assertGreater(self.seconds(*words, "--memory-rounds=50"), 3 * once)
        self.assertGreater(self.seconds(*words, "--require=memory<=1g"), once)
        self.assertEqual(self.seconds(*words, "--require=time<=1h"), once)

    def test_tasks_that_do_nothing_count(self):
        words = ("-m", "sequential,threads", "-w", "noop", "-r", 7)
        self.assertLess(self.seconds(*words, "-n", "100k"), 2)
        self.assertGreater(self.seconds(*words, "-n", "20M"), 7)  # of 2 x 8 trials, each of some ns a task

    def test_lanes_that_are_no_threads_are_made_soon(self):
        """A million sleepers are one trial of a loop's, and too many threads."""
        plan = self.good("--dry-run", "-m", "all", "-w", "sleep:1s", "-n", "1M", "-c", "1M").stdout
        for model in {"eventloop", "async", "green-copy"} & set(models()):
            self.assertRegex(plan, rf"(?m)^  {model} +(about|skipped: not built)")
        self.assertRegex(plan, r"(?m)^  threads +skipped: would take")

    def test_rounds_that_are_asked_for(self):
        self.assertIn("3 rounds", self.good("--dry-run", "-r", 3, "-w", "noop", "-m", "gil").stdout)

    def test_what_would_take_too_long(self):
        text = self.good("--dry-run", "-m", "sequential,threads", "-w", "sleep:1s", "-n", 1000, "-c", 1000).stdout
        self.assertRegex(text, r"(?m)^  sequential +skipped: would take 1,?000 s")
        self.assertRegex(text, r"(?m)^  threads +about ")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is shown where: progress, width, colour and characters, in a terminal and out of one."""

import errno
import fcntl
import http.server
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unicodedata
import unittest

from harness import CCBENCH, FAKE_TRIAL, PATIENCE_S, Tagged, run

FAKE = {"CCBENCH_TRIAL": FAKE_TRIAL}
BASIC = ["-w", "sleep:1ms,fib:20", "-n", "40", "-c", "4", "-r", "2"]
SHORT = ["-m", "gil,threads", "-w", "noop", "-n", "40", "-c", "4", "-r", "1"]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ERASE = "\r\x1b[K"


class Screen:
    """A terminal of `columns`: the end for the program, and what has been written to it."""

    def __init__(self, columns):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.written = b""

    def read(self):
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # all who could write have gone
                raise
            data = b""
        self.written += data
        return data


def in_terminal(*arguments, columns=80, stdout=True, stderr=True, until=None, **changes):
    """Runs ccbench with standard output, standard error or both in terminals of their own, or else in pipes; its status
    and what each got, line ends as the program wrote them. `until`: SIGTERM once that stands on standard error."""
    family = Tagged()
    environment = family.environment(**{"TERM": "xterm", **FAKE, **changes})
    if "COLUMNS" not in changes:
        environment.pop("COLUMNS", None)
    screens = [Screen(columns) if stdout else None, Screen(columns) if stderr else None]
    pipes = [None if screen else os.pipe() for screen in screens]
    ends = [screen.slave if screen else pipe[1] for screen, pipe in zip(screens, pipes)]
    process = subprocess.Popen([CCBENCH, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=ends[0],
                               stderr=ends[1], env=environment)
    for end in ends:
        os.close(end)
    sources = {(screen.master if screen else pipe[0]): i for i, (screen, pipe) in enumerate(zip(screens, pipes))}
    texts, deadline = [b"", b""], time.monotonic() + PATIENCE_S
    try:
        open_ones = set(sources)
        while open_ones:
            if time.monotonic() > deadline:
                raise AssertionError(f"ccbench hangs: {texts}")
            for fd in select.select(list(open_ones), [], [], 1)[0]:
                which = sources[fd]
                data = screens[which].read() if screens[which] else os.read(fd, 65536)
                texts[which] += data
                if not data:
                    open_ones.discard(fd)
            if until is not None and until in texts[1]:
                process.send_signal(signal.SIGTERM)
                until = None
        status = process.wait(PATIENCE_S)
    finally:
        family.kill()
        process.wait()
        for fd in sources:
            os.close(fd)
    return status, *(text.decode("utf-8").replace("\r\n", "\n") for text in texts)


def width_of(line):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


class Progress(unittest.TestCase):
    def frames(self, text):
        return [frame for frame in text.split(ERASE) if frame]

    def test_a_bar_in_a_terminal(self):
        for columns in (60, 80, 120):
            with self.subTest(columns=columns):
                status, table, text = in_terminal(*BASIC, columns=columns, stdout=False)
                self.assertEqual(status, 0, text)
                frames = self.frames(text)
                self.assertGreaterEqual(len(frames), 14)  # as many as trials at least
                for frame in frames:
                    self.assertNotRegex(frame, r"[\x00-\x1f]")
                    self.assertLess(width_of(frame), columns)  # the last column would wrap in some
                for part in ("sleep:1ms", "fib:20", "warm-up", "round 1 of 2", "round 2 of 2", "green", " s left"):
                    self.assertTrue(any(part in frame for frame in frames), f"{part} in {frames}")
                self.assertTrue(text.endswith(ERASE), repr(text[-40:]))  # nothing of it remains
                self.assertNotRegex(table, r"[\r\x1b]")

    def test_the_bar_grows(self):
        frames = self.frames(in_terminal(*BASIC, columns=120, stdout=False)[2])
        full = [frame.count("\u2501") for frame in frames]
        self.assertGreater(max(full), min(full))
        self.assertEqual({frame.count("\u2501") + frame.count("\u2500") for frame in frames}, {24})

    def test_names_of_wide_characters(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"name": "größe日本語の仕事", "steps": [{"sleep": "1ms"}]}')
            for columns in (12, 13, 20, 60, 70):
                with self.subTest(columns=columns):
                    frames = self.frames(in_terminal("-m", "gil", "-w", path, "-n", 4, "-r", 1, columns=columns, stdout=False,
                                                     LC_ALL="C.UTF-8")[2])
                    self.assertIn("größe日", frames[0])
                    for frame in frames:
                        self.assertLess(width_of(frame), columns)

    def test_a_narrow_terminal_has_no_bar(self):
        for columns in (10, 30):
            for frame in self.frames(in_terminal(*SHORT, columns=columns, stdout=False)[2]):
                self.assertLess(width_of(frame), columns)

    def test_a_terminal_that_becomes_narrower(self):
        """Neither a frame of the bar nor a line of the table is wider than the terminal is when it is written."""
        screen, family = Screen(120), Tagged()
        environment = family.environment(TERM="xterm", CCBENCH_FAKE_MODE="hang", **FAKE)
        environment.pop("COLUMNS", None)
        process = subprocess.Popen([CCBENCH, "-m", "gil", "-w", "sleep:1ms", "-n", "4", "-r", "1"], stdout=screen.slave,
                                   stderr=screen.slave, env=environment)
        os.close(screen.slave)
        try:
            while screen.written.count(ERASE.encode()) < 2:
                screen.read()
            fcntl.ioctl(screen.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
            before = len(screen.written) + len(screen.read())  # what may have been on its way
            while screen.written[before:].count(ERASE.encode()) < 3:
                screen.read()
            process.send_signal(signal.SIGTERM)
            while screen.read():
                pass
        finally:
            family.kill()
            process.wait()
            os.close(screen.master)
        text = COLOUR.sub("", screen.written[before:].decode("utf-8", "ignore")).replace("\r\n", "\n")
        pieces = [piece for line in text.split("\n") for piece in line.split(ERASE)][1:]
        self.assertTrue([piece for piece in pieces if "sleep:1ms" in piece], text)
        for piece in pieces:
            self.assertLessEqual(width_of(piece), 40, piece)

    def test_plain_lines_elsewhere(self):
        """Now and then: the first when ten seconds have gone by."""
        status, _, text = in_terminal("-m", "gil", "-w", "sleep:1ms", "-n", 4, "-r", 1, stdout=False, stderr=False,
                                      until=b"left\n", CCBENCH_FAKE_MODE="hang")
        self.assertEqual(status, 128 + signal.SIGTERM)
        self.assertRegex(text, r"\A(ccbench: sleep:1ms, warm-up, gil, \d+ s left\n)+\Z")

    def test_short_runs_need_no_line(self):
        status, table, text = in_terminal(*BASIC, "-m", "gil", stdout=False, stderr=False)
        self.assertEqual((status, text), (0, ""))
        self.assertNotRegex(table, r"[\r\x1b]")

    def test_quiet(self):
        self.assertEqual(in_terminal(*BASIC, "-q", stdout=False)[2], "")

    def test_one_terminal_for_both(self):
        """The table comes where the bar was, and no piece of a bar is left in it."""
        screen, family = Screen(100), Tagged()
        environment = family.environment(TERM="xterm", **FAKE)
        environment.pop("COLUMNS", None)
        process = subprocess.Popen([CCBENCH, *BASIC], stdin=screen.slave, stdout=screen.slave, stderr=screen.slave,
                                   env=environment)
        os.close(screen.slave)
        while screen.read():
            pass
        self.assertEqual(process.wait(PATIENCE_S), 0)
        os.close(screen.master)
        text = COLOUR.sub("", screen.written.decode()).replace("\r\n", "\n")
        lines = [line.rpartition(ERASE)[2] for line in text.split("\n")]
        self.assertEqual(len([line for line in lines if re.match(r" *\d+=? +gil ", line)]), 2)
        self.assertFalse([line for line in lines if "\u2501" in line or " s left" in line], lines)
        self.assertFalse([line for line in lines if width_of(line) > 100], lines)


class Width(unittest.TestCase):
    def assert_fits(self, table, columns, rows):
        table = COLOUR.sub("", table)
        for line in table.splitlines():
            self.assertLessEqual(width_of(line), columns, line)
        found = len(re.findall(r"(?m)^ *\d+=? +gil +", table))
        self.assertTrue(found == rows or rows is None and found >= 2, table)

    def test_no_line_is_wider_than_the_terminal(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            for columns in (60, 80, 120):
                with self.subTest(columns=columns):
                    self.assert_fits(in_terminal(*BASIC, "-o", path, columns=columns)[1], columns, 2)
            for columns in (50, 60, 80, 120, 200):
                for locale in ("C", "C.UTF-8"):
                    with self.subTest(columns=columns, locale=locale):
                        # Columns go, rows do not; with all columns asked for, rows are continued below.
                        for options, rows in (([], 2), (["-v"], None)):
                            table = in_terminal("report", *options, path, columns=columns, LC_ALL=locale)[1]
                            self.assert_fits(table, columns, rows)

    def test_columns_overrules_the_terminal(self):
        table = COLOUR.sub("", in_terminal(*BASIC, columns=200, stderr=False, COLUMNS=200)[1])
        self.assertGreater(max(map(width_of, table.splitlines())), 120)

    def test_lists(self):
        for columns in (60, 80, 120):
            for name in ("gil", "http"):
                text = in_terminal("list", name, columns=columns)[1]
                paragraph = text.split("\n\n")[1]
                for line in paragraph.splitlines():
                    self.assertLessEqual(width_of(line), columns, line)

    def test_a_stored_run_looks_as_it_did_live(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            for columns in (60, 120):
                for options in ([], ["--color=never", "-v"]):
                    with self.subTest(columns=columns, options=options):
                        live = in_terminal(*SHORT, *options, "-o", path, columns=columns)[1]
                        self.assertEqual(in_terminal("report", *options, path, columns=columns)[1], live)


class Colour(unittest.TestCase):
    def coloured(self, *options, stdout=True, **changes):
        status, table, text = in_terminal(*SHORT, *options, stdout=stdout, **changes)
        self.assertEqual(status, 0, text)
        self.assertIn("gil", table)
        return bool(COLOUR.search(table))

    def test_when(self):
        self.assertTrue(self.coloured())
        self.assertTrue(self.coloured("--color=auto"))
        self.assertTrue(self.coloured(NO_COLOR=""))  # set to nothing is not set: https://no-color.org
        self.assertFalse(self.coloured(NO_COLOR="1"))
        self.assertFalse(self.coloured("--color=never"))
        self.assertFalse(self.coloured(TERM="dumb"))
        self.assertFalse(self.coloured(stdout=False))
        self.assertTrue(self.coloured("--color=always", stdout=False))
        self.assertTrue(self.coloured("--color=always", NO_COLOR="1"))  # what is asked for outright wins

    def test_colour_is_all_that_differs(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            plain = run(*BASIC, "-q", "-o", path, **FAKE).stdout
            bright = run("report", "--color=always", path).stdout
            self.assertNotEqual(bright, plain)
            self.assertEqual(COLOUR.sub("", bright), plain)


class Characters(unittest.TestCase):
    def test_plain_ascii_where_the_locale_has_no_more(self):
        for arguments in (BASIC, [*SHORT, "-v"], ["list"], ["list", "gil"], ["list", "http"], ["--help"], ["--dry-run"],
                          ["--version"], ["--no-such-option"]):
            for locale in ("C", "POSIX"):
                with self.subTest(arguments=arguments, locale=locale):
                    _, table, text = in_terminal(*arguments, columns=120, LC_ALL=locale)
                    self.assertTrue((table + text).isascii(), [c for c in table + text if not c.isascii()])

    def test_more_where_it_has(self):
        _, table, text = in_terminal(*BASIC, columns=120, LC_ALL="C.UTF-8")
        self.assertIn("\u00d7", table)
        self.assertIn("\u2501", text)

    # Hindi, Arabic with Persian's joiner, Chinese, a family joined of three, accents of their own, and a masked override.
    NAMES = ("डाउनलोड", "می\u200cتحميل ✓", "下载任务", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "re\u0301sume\u0301")
    MASKED = ("a\u202eb\u2066c\u200fd", "a?b?c?d")

    def files(self, folder):
        """One for each name, and one whose classes have them all."""
        names = [*self.NAMES, self.MASKED[0]]
        contents = [{"name": name, "steps": [{"sleep": "1ms"}]} for name in names]
        contents.append({"name": "all", "classes": [{"name": name, "steps": [{"sleep": "1ms"}]} for name in names]})
        for number, content in enumerate(contents):
            path = os.path.join(folder, f"{number}.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=number % 2 == 0)
            yield path

    def ran(self, folder, *arguments, **changes):
        files = list(self.files(folder))
        return in_terminal("-m", "gil,threads", *(f"-w{path}" for path in files), "-n", 40, "-c", 4, "-r", 1, *arguments,
                           **{"columns": 120, **changes})

    def test_names_of_all_scripts(self):
        """As they are, never wider than the terminal, and in a file whatever the locale is."""
        with tempfile.TemporaryDirectory() as folder:
            outputs = {suffix: os.path.join(folder, f"out.{suffix}") for suffix in ("json", "md")}
            status, table, text = self.ran(folder, *(f"-o{path}" for path in outputs.values()), LC_ALL="C")
            self.assertEqual(status, 0, text)
            self.assertTrue((table + text).isascii(), table + text)
            self.assertIn(r"\u0921\u093e\u0909", table)
            self.assertIn("resume", table)
            self.assertNotRegex(table, r"\\u.{0,3}\.|\\U.{0,7}\.")  # nor cut inside of that
            for path in outputs.values():
                with open(path, encoding="utf-8") as file:
                    content = file.read()
                for name in self.NAMES:
                    self.assertIn(name, content, path)
            self.assertIn(self.MASKED[1], content)
            compared = run("compare", outputs["json"], outputs["json"], "--format=junit", LC_ALL="C").stdout
            for name in (*self.NAMES, self.MASKED[1]):
                self.assertIn(name, compared)
            for columns in (0, 30, 60, 90, 200):
                with self.subTest(columns=columns):
                    table = in_terminal("report", "-v", outputs["json"], columns=columns, COLUMNS=columns)[1]
                    whole = table.replace("\n", "").replace(" ", "")
                    for name in (*self.NAMES, self.MASKED[1]):
                        self.assertIn(name.replace(" ", ""), whole)
                    for line in COLOUR.sub("", table).splitlines():
                        self.assertTrue(columns == 0 or width_of(line) <= columns, line)

    def test_names_of_all_scripts_while_it_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            for columns in (9, 10, 40):
                text = self.ran(folder, columns=columns, stdout=False)[2]
                for frame in filter(None, text.split(ERASE)):
                    self.assertLess(width_of(frame), columns, frame)
                    # Cut between two characters: the accent stays with its letter, the family together.
                    self.assertNotRegex(frame, "\u200d$|[\U0001f468\U0001f469]$|^re$|sume$", frame)

    def test_names_of_all_scripts_in_messages(self):
        for name in ("डाउनलोड" * 10, "e\u0301" * 60, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 9):
            for arguments in ([name], ["-w", name], ["-m", name], ["-m", "gil:" + name], ["--" + name], ["list", name],
                              ["-n", name], ["--cpus=" + name], ["gate", "--base=" + name + " [", "--new=x"], ["report", name]):
                ran = run(*arguments)
                self.assertEqual(ran.status, 2, arguments)
                self.assertNotIn("?", re.sub(r"did you mean.*\?|\(try .*", "", ran.stderr))
                for shown in re.findall(r"['-]((?:e\u0301?)+|[\U0001f468\u200d\U0001f469\U0001f467]+)(?!\w)", ran.stderr):
                    self.assertRegex(shown, "^(?:(?:e\u0301)+|(?:\U0001f468\u200d\U0001f469\u200d\U0001f467)+)$", arguments)
        ran = run("-w", os.fsdecode(b"sle\xff\xe0\xa4p"))
        self.assertIn("unknown workload 'sle???p'", ran.stderr)

    def test_a_long_url_of_another_script(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
            with http.server.HTTPServer(("127.0.0.1", 0), quiet) as server:
                threading.Thread(target=server.serve_forever, daemon=True).start()
                for extra in range(4):
                    url = f"http://127.0.0.1:{server.server_port}/?{'a' * extra}" + "ड" * 120
                    ran = run("-m", "gil", "-w", "http", "-n", 1, "-r", 1, "--url=" + url, "-o", path, **FAKE)
                    self.assertEqual(ran.status, 0, ran.stderr)
                    with open(path, encoding="utf-8") as file:
                        self.assertRegex(json.load(file)["workloads"][0]["describe"], r"/\?a*ड+$")
                server.shutdown()

    def test_figures_have_a_point_in_every_locale(self):
        locales = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
        comma = next((name for name in locales if name.startswith("de_") and "utf8" in name.lower()), None)
        if comma is None:
            self.skipTest("no locale with a decimal comma")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            live = run(*BASIC, "-q", "-o", path, LC_ALL=comma, **FAKE).stdout
            self.assertEqual(run("report", path, LC_ALL="C.UTF-8").stdout, live)


if __name__ == "__main__":
    unittest.main()

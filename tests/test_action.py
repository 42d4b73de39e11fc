#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What runs a gate in CI: the release is held to its checksum, the table reaches the summary and one comment, which later runs
change, and whatever fails on that way changes no verdict. Release and forge are servers of this test."""

import hashlib
import http.server
import io
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import unittest

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
GATE = SOURCE / "tools" / "action" / "gate"
NAME = f"ccbench-1.2.3-linux-{platform.machine()}"
# In the place of ccbench: keeps its arguments, and writes each file that it is asked for.
PROGRAM = """#!/bin/sh
printf '%s\\n' "$@" >"$SEEN"
command -v ccbench >"$SEEN.path"
for word; do
    case $word in --output=*) printf '%s' "$TABLE" >"${word#--output=}" ;; esac
done
exit "$STATUS"
"""


class Forge(http.server.BaseHTTPRequestHandler):
    """Comments as GitHub and GitLab keep them: pages of them, new ones, changed ones; and the release's files."""

    def answer(self, status, value):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def request(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}").get("body")
        self.server.calls.append((self.command, self.path.partition("?")[0], body))
        self.server.tokens.add(self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN"))
        if self.server.refuses:
            self.answer(403, {"message": "Resource not accessible by integration"})
        elif self.command == "GET":
            page = int(re.search(r"[?&]page=(\d+)", self.path)[1])
            self.answer(200, self.server.comments[(page - 1) * 100:page * 100])
        elif self.command == "POST":
            self.server.comments.append({"id": 1000 + len(self.server.comments), "body": body})
            self.answer(201, self.server.comments[-1])
        else:
            one = next(one for one in self.server.comments if one["id"] == int(self.path.rsplit("/", 1)[1]))
            one["body"] = body
            self.answer(200, one)

    do_GET = do_POST = do_PATCH = do_PUT = request

    def log_message(self, *_):
        pass


class Scene(unittest.TestCase):
    """A release and a forge, and a run of the gate between them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forge)
        self.server.comments, self.server.calls, self.server.tokens, self.server.refuses = [], [], set(), False
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.release = self.folder / "releases" / "v1.2.3"
        self.release.mkdir(parents=True)
        self.pack()
        (self.folder / "event.json").write_text('{"pull_request": {"number": 7}}')

    def pack(self):
        tarball = self.release / f"{NAME}.tar.gz"
        with tarfile.open(tarball, "w:gz") as archive:
            for path, text in {"bin/ccbench": PROGRAM, "share/ccbench/ci/gate": GATE.read_text()}.items():
                member = tarfile.TarInfo(f"{NAME}/{path}")
                member.size, member.mode = len(text.encode()), 0o755
                archive.addfile(member, io.BytesIO(text.encode()))
        self.digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        (self.release / "SHA256SUMS").write_text(f"{'0' * 64}  another.tar.gz\n{self.digest}  {NAME}.tar.gz\n")

    def environment(self, **changes):
        api = f"http://127.0.0.1:{self.server.server_port}"
        settings = {
            "PATH": os.environ["PATH"], "RUNNER_TEMP": str(self.folder), "SEEN": str(self.folder / "seen"), "STATUS": "0",
            "TABLE": "| a table |\n", "CCBENCH_ARGUMENTS": "-m threads --base-server='./srv {port}' '$(touch bad)'",
            "CCBENCH_VERSION": "1.2.3", "CCBENCH_RELEASES": (self.folder / "releases").as_uri(),
            "CCBENCH_FOLDER": str(self.folder / "out"), "CCBENCH_TOKEN": "secret", "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": api, "GITHUB_REPOSITORY": "some/thing", "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md")}
        return {name: value for name, value in {**settings, **changes}.items() if value is not None}

    def run_gate(self, status=0, **changes):
        ran = subprocess.run([GATE], env=self.environment(STATUS=str(status), **changes), cwd=self.folder, capture_output=True,
                             text=True, timeout=60)
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        return ran

    def in_gitlab(self):
        return {"GITHUB_ACTIONS": None, "GITHUB_STEP_SUMMARY": None, "GITLAB_CI": "true", "CI_PROJECT_ID": "5",
                "CI_API_V4_URL": self.environment()["GITHUB_API_URL"] + "/api/v4", "CI_MERGE_REQUEST_IID": "7"}

    def verbs(self):
        return [(verb, path) for verb, path, _ in self.server.calls]


class Action(Scene):
    def test_the_first_run_comments_and_the_second_changes_that_comment(self):
        comments = "/repos/some/thing/issues/7/comments"
        self.run_gate()
        self.assertEqual(self.verbs(), [("GET", comments), ("POST", comments)])
        self.server.calls.clear()
        self.run_gate(TABLE="| another |\n")
        self.assertEqual(self.verbs(), [("GET", comments), ("PATCH", "/repos/some/thing/issues/comments/1000")])
        self.assertEqual([one["body"] for one in self.server.comments], ["<!-- ccbench: gate -->\n| another |\n"])
        self.assertEqual(self.server.tokens, {"Bearer secret"})
        self.assertEqual((self.folder / "summary.md").read_text(), "| a table |\n| another |\n")

    def test_gitlab_has_notes(self):
        notes = "/api/v4/projects/5/merge_requests/7/notes"
        self.run_gate(**self.in_gitlab())
        self.run_gate(**self.in_gitlab())
        self.assertEqual(self.verbs(), [("GET", notes), ("POST", notes), ("GET", notes), ("PUT", f"{notes}/1000")])
        self.assertEqual(self.server.tokens, {"secret"})

    def test_the_comment_is_found_behind_many_others_and_by_its_name(self):
        self.server.comments[:] = [{"id": i, "body": f"talk of <!-- ccbench: gate --> {i}"} for i in range(250)]
        self.run_gate()
        self.run_gate(CCBENCH_NAME="server")
        self.run_gate()
        self.assertEqual([one["body"].split("\n")[0] for one in self.server.comments[250:]],
                         ["<!-- ccbench: gate -->", "<!-- ccbench: server -->"])

    def test_files_and_arguments_are_the_gates_and_no_shell_sees_them(self):
        self.run_gate()
        out = self.folder / "out"
        self.assertEqual((self.folder / "seen").read_text().splitlines(),
                         ["gate", "-m", "threads", "--base-server=./srv {port}", "$(touch bad)",
                          *(f"--output={out}/gate.{suffix}" for suffix in ("md", "json", "html", "xml"))])
        self.assertFalse((self.folder / "bad").exists())
        self.assertRegex((self.folder / "seen.path").read_text(), rf"\A{self.folder}/.*/{NAME}/bin/ccbench\n\Z")

    def test_the_status_is_the_gates(self):
        for status in (1, 3, 4):
            self.run_gate(status)
        self.assertEqual(len(self.server.comments), 1)

    def test_a_wrong_checksum_is_refused_and_nothing_is_run(self):
        tarball = self.release / f"{NAME}.tar.gz"
        for case, settings in {"pinned": {"CCBENCH_SHA256": "1" * 64}, "changed": {}}.items():
            with self.subTest(case=case):
                if not settings:
                    tarball.write_bytes(tarball.read_bytes() + b"x")
                ran = self.run_gate(2, **settings)
                self.assertRegex(ran.stderr, rf"\Accbench: {NAME}\.tar\.gz has SHA-256 [0-9a-f]+, expected [0-9a-f]+\n\Z")
                self.assertFalse((self.folder / "seen").exists())
        self.assertEqual(self.server.calls, [])

    def test_an_action_of_a_repository_takes_its_releases(self):
        releases = self.folder / "someone" / "ccbench" / "releases"
        releases.mkdir(parents=True)
        (releases / "download").symlink_to(self.folder / "releases")
        self.run_gate(CCBENCH_RELEASES=None, CCBENCH_REPOSITORY="someone/ccbench", GITHUB_SERVER_URL=self.folder.as_uri())

    def test_a_pinned_checksum_needs_no_list(self):
        (self.release / "SHA256SUMS").unlink()
        self.run_gate(CCBENCH_SHA256=self.digest.upper())

    def test_what_is_missing_is_told_in_one_line(self):
        for changes, word in (({"CCBENCH_VERSION": "9.9"}, "v9.9"), ({"CCBENCH_RELEASES": None}, "which release"),
                              ({"CCBENCH_ARGUMENTS": "'open"}, "'open"), ({"CCBENCH_PROGRAM": "/no/such"}, "/no/such")):
            with self.subTest(changes=changes):
                ran = self.run_gate(2, **changes)
                self.assertEqual(len(ran.stderr.splitlines()), 1, ran.stderr)
                self.assertIn(word, ran.stderr)
        (self.release / "SHA256SUMS").write_text("")
        self.assertIn("SHA256SUMS", self.run_gate(2).stderr)
        # Status 1 would be a regression.
        for releases in ("forge.example/a/b", "http://a b/c", "http://[::1"):
            with self.subTest(releases=releases):
                self.assertRegex(self.run_gate(2, CCBENCH_RELEASES=releases).stderr, r"\Accbench: [^\n]+\n\Z")

    def test_without_token_or_request_there_is_only_the_summary(self):
        self.run_gate(CCBENCH_TOKEN=None)
        (self.folder / "event.json").write_text("{}")
        self.run_gate()
        self.run_gate(**{**self.in_gitlab(), "CI_MERGE_REQUEST_IID": None})
        self.assertEqual(self.server.calls, [])
        self.assertEqual((self.folder / "summary.md").read_text(), "| a table |\n" * 2)

    def test_a_comment_that_may_not_be_written_changes_no_verdict(self):
        self.server.refuses = True
        self.assertIn("::warning::ccbench: the comment could not be written: HTTP Error 403", self.run_gate(1).stdout)
        self.assertIn("::warning::", self.run_gate(GITHUB_API_URL="http://127.0.0.1:1").stdout)
        self.assertIn("::warning::", self.run_gate(GITHUB_EVENT_PATH=str(self.folder / "none")).stdout)
        self.server.refuses = False
        for comments in ([{"id": 1, "body": None}], [{"id": 1}], ["what is no comment"]):
            self.server.comments[:] = comments
            self.assertIn("::warning::", self.run_gate(3).stdout)
        (self.folder / "event.json").write_text('{"pull_request": null}')
        self.assertIn("::warning::", self.run_gate(3).stdout)

    def test_a_long_table_is_cut_at_a_line(self):
        self.run_gate(TABLE="| row |\n" * 12000)
        body = self.server.comments[0]["body"]
        self.assertLess(len(body), 65536)
        self.assertTrue(body.endswith("| row |\n\n… the rest is in the job's files.\n"), body[-100:])

    def test_old_files_are_no_result(self):
        self.run_gate()
        self.server.calls.clear()
        self.run_gate(1, CCBENCH_PROGRAM="/bin/false")
        self.assertEqual((self.server.calls, list((self.folder / "out").iterdir())), ([], []))


class Descriptions(unittest.TestCase):
    """action.yml and gitlab.yml, whose steps are few enough to be read by their lines."""

    def test_the_action_hands_each_input_on(self):
        text = (SOURCE / "action.yml").read_text()
        inputs = re.findall(r"(?m)^  ([a-z0-9]+):$", text[:text.index("\noutputs:")])
        handed = dict(re.findall(r"(CCBENCH_[A-Z0-9]+): (.*)", text))
        self.assertEqual({f"CCBENCH_{name.upper()}" for name in inputs} | {"CCBENCH_FOLDER", "CCBENCH_REPOSITORY"}, set(handed))
        asked = set(re.findall(r"""setting\(["']([A-Z0-9]+)""", GATE.read_text()))
        self.assertEqual({f"CCBENCH_{name}" for name in asked}, set(handed))
        # What is typed by others reaches no shell as text.
        self.assertNotIn("${{ inputs", text[text.index("      run: |"):text.index("    - if: always()")])

    def test_versions_are_the_programs(self):
        version = re.search(r"version: '([0-9.]+)'", (SOURCE / "meson.build").read_text())[1]
        self.assertIn(f"    default: {version}\n", (SOURCE / "action.yml").read_text())
        self.assertIn(f"    CCBENCH_VERSION: {version}\n", (SOURCE / "tools" / "action" / "gitlab.yml").read_text())
        self.assertTrue((SOURCE / "debian" / "changelog").read_text().startswith(f"ccbench ({version}-"))


class Included(Scene):
    """The lines of gitlab.yml's script, in a shell."""

    def run_script(self, status, **changes):
        if shutil.which("curl") is None:
            self.skipTest("curl is not here")
        text = (SOURCE / "tools" / "action" / "gitlab.yml").read_text()
        lines = text[text.index("  script:"):text.index("  artifacts:")].splitlines()[1:]
        settings = self.environment(**{"STATUS": str(status), **self.in_gitlab(), **changes})
        ran = subprocess.run(["sh", "-ec", "\n".join(line[6:] for line in lines)], env=settings, cwd=self.folder, timeout=60,
                             capture_output=True, text=True)
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)

    def test_the_release_is_fetched_and_its_gate_is_run(self):
        for status in (0, 3):
            self.run_script(status)
        self.assertEqual([verb for verb, _ in self.verbs()], ["GET", "POST", "GET", "PUT"])

    def test_a_wrong_checksum_is_refused_and_nothing_is_run(self):
        tarball = self.release / f"{NAME}.tar.gz"
        tarball.write_bytes(tarball.read_bytes() + b"x")
        self.run_script(1)
        self.assertFalse((self.folder / "seen").exists())


if __name__ == "__main__":
    unittest.main()

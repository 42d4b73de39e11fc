#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a release is made from: a tag whose files agree on its version. That it can be built is for .ci/packages."""

import hashlib
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
FILES = ["meson.build", "action.yml", "CHANGELOG.md", "tools/release", "tools/action/gitlab.yml", "debian/changelog"]
VERSION = re.search(r"version: '([0-9.]+)'", (SOURCE / "meson.build").read_text())[1]


class Release(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tree = self.folder / "tree"
        for name in FILES:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            text = (SOURCE / name).read_text()
            (self.tree / name).write_text(text.replace(f"## Unreleased: {VERSION}", f"## {VERSION} (2027-01-31)"))
        (self.tree / "tools" / "release").chmod(0o755)
        self.git("init", "-q")

    def git(self, *words):
        subprocess.run([*GIT, *words], cwd=self.tree, check=True, capture_output=True)

    def tag(self, name=f"v{VERSION}"):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "all: a release")
        self.git("tag", name)

    def release(self, *words, tag=f"v{VERSION}"):
        return subprocess.run([self.tree / "tools" / "release", tag, self.folder / "made", *words], capture_output=True, text=True)

    def assert_refused(self, ran, *words):
        self.assertEqual((ran.returncode, ran.stdout), (2, ""))
        self.assertRegex(ran.stderr, r"\Arelease: .*\n\Z")
        for word in words:
            self.assertIn(word, ran.stderr)
        self.assertFalse((self.folder / "made").exists())

    def test_the_source_its_checksum_and_the_notes(self):
        self.tag()
        (self.tree / "later").write_text("not of the tag")
        ran = self.release("source")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        name = f"ccbench-{VERSION}.tar.gz"
        tarball = self.folder / "made" / name
        self.assertEqual(sorted(path.name for path in tarball.parent.iterdir()), ["SHA256SUMS", name, "notes.md"])
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        self.assertEqual((tarball.parent / "SHA256SUMS").read_text(), f"{digest}  {name}\n")
        with tarfile.open(tarball) as archive:
            files = {member.name for member in archive if member.isfile()}
        self.assertEqual(files, {f"ccbench-{VERSION}/{file}" for file in FILES if not file.startswith("debian")})
        notes = (tarball.parent / "notes.md").read_text()
        self.assertTrue(notes.startswith("### Features\n"), notes[:80])
        self.assertIn(notes, (self.tree / "CHANGELOG.md").read_text())
        self.assertNotIn("\n## ", notes)

    def test_each_file_must_have_the_version(self):
        self.tag()
        for name in set(FILES) - {"tools/release"}:
            with self.subTest(name=name):
                text = (self.tree / name).read_text()
                (self.tree / name).write_text(text.replace(VERSION, VERSION.replace(".", "x") + "9"))
                self.git("tag", "-d", f"v{VERSION}")
                self.tag()
                self.assert_refused(self.release("source"), name, f"v{VERSION}")
                (self.tree / name).write_text(text)

    def test_a_changelog_without_a_word_is_refused(self):
        (self.tree / "CHANGELOG.md").write_text(f"# Changelog\n\n## {VERSION}\n\n## 0.0.1\n\n- Old.\n")
        self.tag()
        self.assert_refused(self.release("source"), "CHANGELOG.md", "nothing")

    def test_other_words_are_refused(self):
        self.tag()
        self.assert_refused(self.release("source", tag="v9.9.9"), "'v9.9.9'")
        self.assert_refused(self.release("source", tag="main"), "'main'", "v1.2.3")
        self.assert_refused(self.release("rpm"), "'rpm'", "wheels")
        (self.folder / "made").mkdir()
        ran = self.release("source")
        self.assertEqual((ran.returncode, list((self.folder / "made").iterdir())), (2, []))


if __name__ == "__main__":
    unittest.main()

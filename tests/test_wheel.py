#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The wheel around a release's tarball: what is in it, that it is the same twice, and what is refused."""

import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve().parent
WHEEL = SOURCE / "tools" / "wheel"
CHECK = SOURCE / "tests" / "check_wheel.py"
FILES = {"bin/ccbench": b"\x7fELF", "share/doc/ccbench/LICENSE": b"MIT\n", "share/ccbench/claims/hog.json": b"{}\n"}
NAME = "ccbench-1.2.3-linux-x86_64.tar.gz"


class Wheels(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def tarball(self, name=NAME, files=None):
        path = self.folder / name
        with tarfile.open(path, "w:gz") as archive:
            for inside, contents in (FILES if files is None else files).items():
                member = tarfile.TarInfo(f"ccbench-1.2.3-linux-x86_64/{inside}")
                member.size, member.mtime, member.mode = len(contents), 1700000000, 0o755 if "bin/" in inside else 0o644
                archive.addfile(member, io.BytesIO(contents))
        return path

    def made(self, tarball, folder="wheels"):
        return subprocess.run([WHEEL, self.folder / folder, tarball], capture_output=True, text=True)

    def checked(self, wheel):
        return subprocess.run([sys.executable, CHECK, wheel], capture_output=True, text=True)

    def wheel(self):
        ran = self.made(self.tarball())
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        path = self.folder / "wheels" / "ccbench-1.2.3-py3-none-manylinux_2_31_x86_64.whl"
        self.assertEqual(ran.stdout, f"{path}\n")
        return path

    def test_each_file_is_where_the_program_looks_for_it(self):
        with zipfile.ZipFile(self.wheel()) as wheel:
            for path, contents in FILES.items():
                inside = f"scripts/{path[4:]}" if path.startswith("bin/") else f"data/{path}"
                self.assertEqual(wheel.read(f"ccbench-1.2.3.data/{inside}"), contents)

    def test_it_holds_and_is_the_same_twice(self):
        wheel = self.wheel()
        checked = self.checked(wheel)
        self.assertEqual((checked.returncode, checked.stdout), (0, "1 wheels hold\n"))
        self.made(self.tarball(), "again")
        self.assertEqual(wheel.read_bytes(), (self.folder / "again" / wheel.name).read_bytes())

    def test_what_is_changed_is_found(self):
        wheel, changed = self.wheel(), self.folder / "changed" / "ccbench-1.2.3-py3-none-manylinux_2_31_x86_64.whl"
        changed.parent.mkdir()
        for inside in zipfile.ZipFile(wheel).namelist():
            with self.subTest(inside=inside), zipfile.ZipFile(wheel) as old, zipfile.ZipFile(changed, "w") as new:
                for entry in old.infolist():
                    new.writestr(entry, old.read(entry).replace(b"\n", b" \n", 1) + b"x" if entry.filename == inside
                                 else old.read(entry))
                new.close()
                self.assertEqual(self.checked(changed).returncode, 1)

    def test_what_is_no_tarball_of_a_release_is_refused(self):
        lacking = {path: contents for path, contents in FILES.items() if "LICENSE" not in path}
        for case, tarball in {"name": self.tarball("ccbench.tar.gz"),
                              "licence": self.tarball("ccbench-1.2.3-linux-aarch64.tar.gz", lacking),
                              "nothing": self.folder / "ccbench-1.2.4-linux-x86_64.tar.gz"}.items():
            with self.subTest(case=case):
                ran = self.made(tarball, case)
                self.assertEqual((ran.returncode, ran.stdout, len(ran.stderr.splitlines())), (2, "", 1), ran.stderr)
                self.assertIn("ccbench", ran.stderr)
                self.assertEqual(list((self.folder / case).iterdir()), [])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds wheels to the format's specification, as far as it can be told without an index: check_wheel.py WHEEL..."""

import base64
import csv
import email
import hashlib
import io
import pathlib
import sys
import zipfile


def record_of(wheel, info):
    rows = csv.reader(io.TextIOWrapper(wheel.open(f"{info}/RECORD"), encoding="utf-8"))
    return {name: (digest, size) for name, digest, size in rows}


def wrong(path):
    """What is wrong with it, one line each."""
    name, version, *tags = path.stem.split("-")
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        record = record_of(wheel, info)
        if sorted(names) != sorted(record) or len(set(names)) != len(names):
            yield f"RECORD has {sorted(set(record) ^ set(names))} otherwise than the archive, or something is there twice"
        for entry in names:
            contents = wheel.read(entry)
            digest = "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(contents).digest()).decode().rstrip("=")
            if entry != f"{info}/RECORD" and record.get(entry) != (digest, str(len(contents))):
                yield f"{entry}: {digest} of {len(contents)} bytes, RECORD has {record.get(entry)}"
            if not entry.startswith((f"{info}/", f"{name}-{version}.data/scripts/", f"{name}-{version}.data/data/")):
                yield f"{entry}: neither metadata nor a script nor data"
        metadata = email.message_from_bytes(wheel.read(f"{info}/METADATA"))
        if (metadata["Name"], metadata["Version"]) != (name, version):
            yield f"METADATA is of {metadata['Name']} {metadata['Version']}"
        if not metadata["Summary"] or not metadata.get_payload().strip():
            yield "METADATA has no summary, or no description"
        if not {f"{info}/{licence}" for licence in metadata.get_all("License-File", [])} <= set(names):
            yield "a licence that METADATA names is not there"
        about = email.message_from_bytes(wheel.read(f"{info}/WHEEL"))
        if about.get_all("Tag") != ["-".join(tags)]:
            yield f"WHEEL has tags {about.get_all('Tag')}"
        if not names[-1].startswith(info):
            yield "the metadata are not at the archive's end"
        scripts = [entry for entry in wheel.infolist() if "/scripts/" in entry.filename]
        if not scripts or any(entry.external_attr >> 16 & 0o111 != 0o111 for entry in scripts):
            yield "no script, or one that cannot be executed"


def main(paths):
    found = [f"{path}: {line}" for path in paths for line in wrong(pathlib.Path(path))]
    print(*found or [f"{len(paths)} wheels hold"], sep="\n")
    return bool(found) or not paths


sys.exit(main(sys.argv[1:]))

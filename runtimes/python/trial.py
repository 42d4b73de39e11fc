#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial of one of Python's models (docs/trial-protocol.md): `trial.py MODEL`, started by ccbench.

Short, since a program is compiled anew each time it is started, and a module of a package is not.
"""
import sys

if getattr(sys.flags, "safe_path", False):  # PYTHONSAFEPATH: a program's folder is left out, which is where the rest is
    sys.path.insert(0, __file__.rpartition("/")[0] or ".")

from ccbench_runtime.patch import patch  # noqa: E402: found first

name = sys.argv[1] if len(sys.argv) > 1 else ""
patch(name)

from ccbench_runtime.main import main  # noqa: E402: patched first

main(name)

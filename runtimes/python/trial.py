#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial of one of Python's models (docs/trial-protocol.md): `trial.py MODEL`, started by ccbench.

Short, since a program is compiled anew each time it is started, and a module of a package is not.
"""
import sys

from ccbench_runtime import main

main.main(sys.argv[1] if len(sys.argv) > 1 else "")

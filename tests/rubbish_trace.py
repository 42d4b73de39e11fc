#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trial whose trace is rubbish behind its header."""

import json
import mmap
import os
import time

plan = json.loads(os.read(0, 1 << 16))
with mmap.mmap(5, 0) as trace:
    trace[16:24] = (1 << 40).to_bytes(8, "little")
    trace[64:] = b"\xee" * (len(trace) - 64)
result = {"setup_ns": 1, "run_ns": 1, "teardown_ns": 1, "run_start_ns": time.monotonic_ns()}
os.write(3, (json.dumps({"result": result}) + "\n").encode())

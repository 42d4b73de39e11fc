# SPDX-License-Identifier: MIT
"""asyncio whose tasks hand what computes or blocks to the loop's pool of threads, by run_in_executor."""
from .. import blocking, coroutines
from . import asyncio

describe = asyncio.describe


class Model(asyncio.Model):
    """The pool is the loop's own, of min(32, cores + 4) threads."""

    steps = {name: coroutines.in_thread(blocking.STEPS[name]) for name in ("compute", "compute times", "block", "call")}

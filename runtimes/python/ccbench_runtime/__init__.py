# SPDX-License-Identifier: MIT
"""Python's models of concurrency for ccbench: one file a model, and what they share.

    protocol    the plan, the messages and marks, the clock and what was used
    program     what tasks do: steps turned into calls
    slots       the tasks as they are shared with ccbench
    http1       HTTP/1.1 without a socket
    blocking    steps as a blocking program does them, on sockets
    coroutines  steps as coroutines do them

Nothing here needs more than the standard library but the models named after a library.
"""

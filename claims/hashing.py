# SPDX-License-Identifier: MIT
"""What the claim nogil has CPython do: code in C that gives up the GIL while it works.

hashlib does so for every piece of 2048 bytes and more (HASHLIB_GIL_MINSIZE in CPython's Modules/hashlib.h)."""
import hashlib

BUFFER = bytes(range(256)) * 32768


def digest():
    """The SHA-256 of 8 MiB, as hexadecimal digits."""
    return hashlib.sha256(BUFFER).hexdigest()

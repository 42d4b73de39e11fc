# SPDX-License-Identifier: MIT
"""Green threads: the blocking program, where what would block switches to another one, all on one thread."""
import sys
import time

from gevent import monkey
from gevent.pool import Pool

PAGES = ("index", "about", "news", "missing", "contact")


def fetch(page, seconds):
    time.sleep(seconds)
    if page == "missing":
        raise LookupError(f"no page {page}")
    return len(page)


def visit(page, seconds):
    try:
        letters = fetch(page, seconds)
        letters += fetch(page, seconds)
    except LookupError as error:
        return f"{page}: {error}"
    return f"{page}: {letters} letters"


def main(seconds):
    for line in Pool(5).imap(visit, PAGES, [seconds] * len(PAGES)):
        print(line)


if __name__ == "__main__":
    monkey.patch_all()
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05)

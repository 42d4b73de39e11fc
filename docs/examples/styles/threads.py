# SPDX-License-Identifier: MIT
"""Blocking: a thread for each page, as many as five at once."""
import sys
import time
from concurrent.futures import ThreadPoolExecutor

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
    with ThreadPoolExecutor(5) as pool:
        for line in pool.map(visit, PAGES, [seconds] * len(PAGES)):
            print(line)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05)

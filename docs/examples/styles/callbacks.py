# SPDX-License-Identifier: MIT
"""Callbacks: whoever waits says what is to be called then, all on one thread."""
import asyncio
import sys

PAGES = ("index", "about", "news", "missing", "contact")


def fetch(loop, page, seconds, done, failed):
    def answered():
        if page == "missing":
            failed(LookupError(f"no page {page}"))
        else:
            done(len(page))

    loop.call_later(seconds, answered)


def visit(loop, page, seconds, done):
    def failed(error):
        done(f"{page}: {error}")

    def first(letters):
        fetch(loop, page, seconds, lambda more: second(letters + more), failed)

    def second(letters):
        done(f"{page}: {letters} letters")

    fetch(loop, page, seconds, first, failed)


def main(seconds):
    loop = asyncio.new_event_loop()
    lines = {}

    def ended(page, line):
        lines[page] = line
        if len(lines) == len(PAGES):
            loop.stop()

    for page in PAGES:
        visit(loop, page, seconds, lambda line, page=page: ended(page, line))
    loop.run_forever()
    loop.close()
    for page in PAGES:
        print(lines[page])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05)

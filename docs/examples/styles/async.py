# SPDX-License-Identifier: MIT
"""Coroutines: a task for each page, all on one thread."""
import asyncio
import sys

PAGES = ("index", "about", "news", "missing", "contact")


async def fetch(page, seconds):
    await asyncio.sleep(seconds)
    if page == "missing":
        raise LookupError(f"no page {page}")
    return len(page)


async def visit(page, seconds):
    try:
        letters = await fetch(page, seconds)
        letters += await fetch(page, seconds)
    except LookupError as error:
        return f"{page}: {error}"
    return f"{page}: {letters} letters"


async def main(seconds):
    for line in await asyncio.gather(*(visit(page, seconds) for page in PAGES)):
        print(line)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05))

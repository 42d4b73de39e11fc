# SPDX-License-Identifier: MIT
"""Runs count.py of the programs in four styles, which lie beside the claims: in docs/ of the source, else as they are installed."""
import pathlib
import runpy
import sys

HERE = pathlib.Path(__file__).resolve().parent
PLACES = [HERE.parent / place / "examples" / "styles" / "count.py" for place in ("docs", ".")]


def main():
    found = [place for place in PLACES if place.exists()]
    if not found:
        print("the programs in four styles are not here: docs/examples/styles of the source")
        sys.exit(77)
    sys.argv = [str(found[0]), "--json"]
    runpy.run_path(str(found[0]), run_name="__main__")


if __name__ == "__main__":
    main()

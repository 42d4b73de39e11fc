#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the lines of the same program in four styles, and how many of them the blocking one has not. Comments, empty lines and
the paragraph at the top do not count. With --json one object, by language and style."""
import ast
import difflib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
STYLES = ("threads", "green", "async", "callbacks")


def lines_of(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        first = ast.parse(text).body[0]
        lines = text.split("\n")[first.end_lineno:]
        return [line for line in lines if line.strip() and not line.strip().startswith("#")]
    return [line for line in text.split("\n") if line.strip() and not line.strip().startswith("//")]


def own_lines(lines, blocking):
    return sum(mark.startswith("+ ") for mark in difflib.ndiff(blocking, lines))


def counts():
    """By language and style: lines, and how many of them the blocking program has not."""
    counted = {}
    for language, suffix in (("Python", ".py"), ("C", ".c")):
        blocking = lines_of(HERE / f"threads{suffix}")
        for style in STYLES:
            lines = lines_of(HERE / f"{style}{suffix}")
            counted[language, style] = len(lines), own_lines(lines, blocking)
    return counted


def main():
    counted = counts()
    if "--json" in sys.argv[1:]:
        keys = {f"{language.lower()}_{style}": numbers for (language, style), numbers in counted.items()}
        print(json.dumps({f"{key}_{what}": number for key, numbers in keys.items()
                          for what, number in zip(("lines", "own"), numbers)}))
        return
    print("          lines  not in the blocking one")
    for (language, style), (lines, own) in counted.items():
        if style == STYLES[0]:
            print(language)
        print(f"{style:9}{lines:6}{own:10}")


if __name__ == "__main__":
    main()

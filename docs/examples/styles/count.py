#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the lines of the same program in four styles, and how many of them the blocking one has not. Comments, empty lines and
the paragraph at the top do not count."""
import ast
import difflib
import pathlib

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


def main():
    print("          lines  not in the blocking one")
    for language, suffix in (("Python", ".py"), ("C", ".c")):
        blocking = lines_of(HERE / f"threads{suffix}")
        print(language)
        for style in STYLES:
            lines = lines_of(HERE / f"{style}{suffix}")
            print(f"{style:9}{len(lines):6}{own_lines(lines, blocking):10}")


if __name__ == "__main__":
    main()

// SPDX-License-Identifier: MIT
// Text for a terminal: what may be printed, how wide it is, and where it is broken. Independent of the process's
// locale, so that a report is a function of its document and style alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// A copy fit for printing: no control characters, nothing that is not valid UTF-8 or whose width is unknown ('?'
// instead), and plain ASCII where `utf8` is false: "+-", "x", "us", letters without their accents, and \u0921 for what has
// no likeness there. To be freed with free(); NULL when out of memory.
char *text_clean(const char *text, bool utf8);

// Writes it so.
void text_write(FILE *out, const char *text, bool utf8);

// Puts '?' in the place of every byte that is no part of a UTF-8 character, so that what was typed, or came from another
// program, does not make a JSON text unreadable.
void text_repair(char *text);

// Columns a cleaned text takes, by what terminals do: marks none, East Asian letters and pictures two.
size_t text_width(const char *text);
// Bytes of it that fit into `width` columns, between two characters.
size_t text_cut(const char *text, size_t width);

// Writes a cleaned text from `column` on, broken at spaces so that no line is wider than `width` (0: not broken), each
// further line indented by `indent`. Ends with a newline. A number stays with its unit.
void text_wrap(FILE *out, const char *text, size_t column, size_t indent, size_t width);

// Text gathered in a stream. Opening: 0 or -ENOMEM. Closing leaves the text, to be freed in any case with free(): 0, or
// -ENOMEM.
struct text_stream {
    FILE *out;
    char *text;
    size_t length;
};
int text_stream_open(struct text_stream *stream);
int text_stream_close(struct text_stream *stream);

// What is put behind a noun of which there are n: "" or "s".
const char *text_plural(double n);

// Writes a cleaned text in a field of `width` columns, at its left or right end.
void text_aligned(FILE *out, const char *text, size_t width, bool left);
void text_spaces(FILE *out, size_t n);

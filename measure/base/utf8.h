// SPDX-License-Identifier: MIT
// Text in UTF-8, whatever the locale is: characters as people see them, which may be of several code points (a letter and
// its accents, a flag), and the columns a terminal gives them. By utf8proc.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The code point a text begins with, and how many bytes it takes; 0 where it begins with none (RFC 3629: no surrogates,
// none above U+10FFFF, none longer than it need be). Nothing behind a zero byte is looked at.
unsigned utf8_decode(const char *text, int32_t *ret_code);

// How many of the bytes are whole code points: `length` where all are. A zero byte follows them.
size_t utf8_valid(const char *text, size_t length);

// The bytes of the first character of a text that is not empty; a byte that begins none is one alone. *ret_width: its
// columns; 0 where it is not to be printed: not UTF-8, controls (those of bidirectional text among them), what Unicode
// has not assigned, and marks with nothing or a blank before them, which would change what stands around the text.
size_t utf8_character(const char *text, unsigned *ret_width);

// The length of the text cut to at most `most` bytes, between two characters.
size_t utf8_clip(const char *text, size_t most);

// What "%.*s" takes for a text of at most so many bytes.
#define UTF8_CLIPPED(text, most) (int)utf8_clip(text, most), text

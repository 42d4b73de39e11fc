// SPDX-License-Identifier: MIT
// Text in UTF-8, whatever the locale is.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The character at the start of so many bytes, and how many of them it takes; 0 where they begin with none (RFC 3629: no
// surrogates, none above U+10FFFF, none longer than it need be).
unsigned utf8_decode(const char *text, size_t length, uint32_t *ret_character);

// How many of the bytes are whole characters: `length` where all are.
size_t utf8_valid(const char *text, size_t length);

// The length of the text cut to at most `most` bytes, between two characters.
size_t utf8_clip(const char *text, size_t most);

// SPDX-License-Identifier: MIT
// Commands as people type them, taken apart and put together as a shell would, without one.
#pragma once

#include <stdio.h>

#define WORDS_ERROR 160

// Splits at blanks, outside of '…', "…" and behind no backslash, as POSIX shells do (2.2 Quoting). Nothing is expanded;
// what a shell would do more than split at ($, `, |, &, ;, <, >, parentheses, *, ~ in front of a word; ? and [ in the
// first word; an assignment in front) is refused rather than passed on. 0 and an array ended by NULL, at least one word,
// all in one block for free(). -EINVAL with `error`:
// what is wrong, to be put behind the option and the text; -ENOMEM.
int words_split(const char *text, char ***ret_words, char error[WORDS_ERROR]);

// The array with each `from` in its words replaced, in one block for free(); NULL: no memory. The input may be anywhere.
char **words_replace(char *const *words, const char *from, const char *to);

// Writes the word so that a shell reads it as it is, quoted only where it must be.
void words_write(FILE *out, const char *word);

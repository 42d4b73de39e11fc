// SPDX-License-Identifier: MIT
// Whether text is UTF-8, whatever the locale is.
#ifndef CCBENCH_WORKLOADS_UTF8_H
#define CCBENCH_WORKLOADS_UTF8_H

#include <stddef.h>

// How many of the bytes are whole characters (RFC 3629: no surrogates, none above U+10FFFF, none longer than it need be):
// `length` where all are.
size_t utf8_valid(const char *text, size_t length);

#endif

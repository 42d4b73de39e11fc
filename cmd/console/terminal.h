// SPDX-License-Identifier: MIT
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cmd/console/options.h"
#include "reports/format.h"

// COLUMNS where it is set (0: any width); else the columns of the terminal behind `fd`, 80 where it does not tell, and 0
// where `fd` is no terminal.
unsigned terminal_width(int fd);

// Whether the locale's characters are UTF-8 (setlocale has been called).
bool terminal_utf8(void);

// Writes one line to standard output's file, cleaned, from that column on, and wrapped to the terminal's width.
void terminal_say(FILE *out, size_t column, const char *format, ...) __attribute__((format(printf, 3, 4)));

// How reports on standard output are to look.
struct report_style terminal_style(const struct options *options);

// SPDX-License-Identifier: MIT
#pragma once

#include <stdbool.h>

#include "cmd/console/options.h"
#include "reports/format.h"

// COLUMNS where it is set (0: any width); else the columns of the terminal behind `fd`, 80 where it does not tell, and 0
// where `fd` is no terminal.
unsigned terminal_width(int fd);

// Whether the locale's characters are UTF-8 (setlocale has been called).
bool terminal_utf8(void);

// How reports on standard output are to look.
struct report_style terminal_style(const struct options *options);

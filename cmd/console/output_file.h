// SPDX-License-Identifier: MIT
// A file that is written whole: replaced where nobody else has a part in it, else written as a shell's > would.
#pragma once

#include <stddef.h>

// Whether it can be written, as far as that can be told beforehand; leaves everything as it is. 0 or -errno.
int output_file_check(const char *path);

// Puts the text there. A new file, and a plain one of ours alone, is replaced by a rename, so that there is the old or the
// new one after a crash; a link, a mount, a device or a pipe, and a file of others or of several names, keeps what it is,
// and is written in place, by which a signal that ends ccbench may end it too. 0 or -errno.
int output_file_write(const char *path, const char *text, size_t length);

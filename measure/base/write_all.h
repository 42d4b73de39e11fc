// SPDX-License-Identifier: MIT
// Writing to a descriptor that may take less than it is given.
#pragma once

#include <stddef.h>

// Writes all bytes, however many calls it takes. 0 or -errno, after a part of them may have been written.
int write_all(int fd, const void *data, size_t bytes);

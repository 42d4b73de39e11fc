// SPDX-License-Identifier: MIT
// Descriptors of pipes, as a process that starts others keeps them.
#pragma once

// Closes and forgets a descriptor; -1 is left alone.
void close_fd(int *fd);

// Makes one that stays here not block, and returns it; -1 is left alone.
int keep_fd(int fd);

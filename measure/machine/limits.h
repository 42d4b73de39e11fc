// SPDX-License-Identifier: MIT
// Names the limit that most likely stopped a model, for the message: hitting a limit is a result with its name.
#pragma once

#include <stdint.h>

#define LIMIT_TEXT 96

// The tightest of nproc, the cgroup's pids.max, pid_max, threads-max and max_map_count: "pid_max 32768".
char *limit_of_threads(char buf[LIMIT_TEXT]);
char *limit_of_processes(char buf[LIMIT_TEXT]);

// Raises the soft limits on descriptors and processes as far as allowed.
void limits_raise(void);

// The descriptors this process may have open.
uint64_t limit_descriptors(void);

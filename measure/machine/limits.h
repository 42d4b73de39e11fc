// SPDX-License-Identifier: MIT
// Names the limit that stopped a model, for the message: hitting a limit is a result with its name. Each limit is held
// against how much of it is in use at that moment, so they are to be asked where the failure happened, nothing released yet.
#pragma once

#include <stdint.h>

#define LIMIT_TEXT 96

// The one that is used up most of nproc, the cgroup's pids.max, pid_max and threads-max, and of threads also of
// max_map_count, RLIMIT_AS and RLIMIT_DATA: "pid_max 32768", "RLIMIT_AS 1000000 KiB, ulimit -v".
char *limit_of_threads(char buf[LIMIT_TEXT]);
char *limit_of_processes(char buf[LIMIT_TEXT]);

// The one that is used up most of RLIMIT_AS, RLIMIT_DATA, the kernel's commit limit and max_map_count, as far as they are
// set; empty where none is.
char *limit_of_memory(char buf[LIMIT_TEXT]);

// The cgroup's, by the file that sets it: "cgroup memory.max 65536 KiB".
char *limit_of_cgroup_memory(char buf[LIMIT_TEXT]);

// What descriptors ran into, by the errno that told: "nofile 64" of this process (EMFILE), "file-max 100000" of the machine
// (ENFILE).
char *limit_of_descriptors(int number, char buf[LIMIT_TEXT]);

// Raises the soft limits on descriptors and processes as far as allowed.
void limits_raise(void);

// The descriptors this process may have open.
uint64_t limit_descriptors(void);

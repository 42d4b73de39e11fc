// SPDX-License-Identifier: MIT
// CPU time of a whole tree of processes that somebody else starts and waits for: a user's server, a trial.
#pragma once

#include <stdint.h>
#include <sys/types.h>

// So far, ns, of the process and its descendants; of those it has waited for, in steps of a clock tick.
uint64_t tree_cpu_ns(pid_t pid);

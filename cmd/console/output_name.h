// SPDX-License-Identifier: MIT
// Names in --output, expanded as core(5) has it, so that one command is right on many hosts.
#pragma once

#include "cmd/console/option.h"

// "%h" is the host's name, "%t" when ccbench began (seconds since the Epoch), "%r" the rank among the processes of a job
// (measure/machine/job_rank.h), 0 without one, and "%%" a per cent sign.
// 0 and the name, which is there until the process ends; -EINVAL with `expected`: another letter; -ENOMEM.
int output_name_expand(const char *pattern, const char **ret_name, char expected[OPTION_EXPECTED]);

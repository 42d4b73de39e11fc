// SPDX-License-Identifier: MIT
// Starting a trial: a process with a pipe for each of its plan, its result and what it prints.
#pragma once

#include <sys/types.h>

#include "measure/supervisor.h"

struct trial_process {
    pid_t pid;
    int plan_fd, result_fd, output_fd; // this side's ends, which do not block; -1: closed
};

// 0 or -errno, in any case with what must be closed by trial_process_close(). A program that cannot be executed says so
// itself, as an error over fd 3.
int trial_process_start(const struct trial_request *request, struct trial_process *ret_process);

// Closes this side's ends. Again is nothing.
void trial_process_close(struct trial_process *process);

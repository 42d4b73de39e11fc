// SPDX-License-Identifier: MIT
// What can be found out before anything is measured.
#pragma once

#include "cmd/plan/plan.h"

// Whether the files that trials share, their results and what they read, may be as large as the plan needs them (ulimit -f),
// and whether the folder for the latter takes it and can be read from as is asked.
// 0, or EXIT_USAGE with one line printed.
int preflight_files(const struct plan *plan);

// Whether somebody listens where --url points, if that is a server somebody else runs: a connection is made and closed, no
// request is sent. 0, or EXIT_USAGE with one line printed.
int preflight_url(const struct options *options);

// Says on standard error how long the run will take, where that is longer than one waits for without being told.
void preflight_warn(const struct plan *plan);

// --dry-run: the plan, cell by cell, and how long it will take.
void preflight_print(const struct plan *plan, FILE *out);

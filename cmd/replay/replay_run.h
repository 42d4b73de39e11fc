// SPDX-License-Identifier: MIT
// A plan's trial, run once more, under an instrument of the user's.
#pragma once

#include "cmd/replay/replay_plan.h"

struct options;

// Starts what the trial fetches from, runs it in the foreground, with the terminal's own input and output, and says what came of
// it. The exit status: EXIT_DONE, EXIT_CELL where the trial says that it failed, the instrument's own where there is no
// result, or EXIT_USAGE with one line printed.
int replay_run(struct replay *replay, const struct options *options);

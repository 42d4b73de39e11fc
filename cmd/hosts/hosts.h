// SPDX-License-Identifier: MIT
// The same run on many hosts (--hosts): ccbench is started on each, by a launcher such as ssh, at the end of a lifeline, and their
// reports become one.
#pragma once

#include "cmd/console/options.h"

// Measures on all of them, prints the table of their reports, and writes --output. The exit status: of merge_status() (cmd/hosts/merge.h);
// EXIT_USAGE with one line printed where nothing can be measured so; EXIT_SIGNAL and the signal's number after what there is.
int hosts_run(const struct command *command, const struct options *options, int argc, char **argv);

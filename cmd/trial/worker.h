// SPDX-License-Identifier: MIT
// `ccbench trial worker N`: a worker of a trial whose processes are spawned, as a program of its own (models/carry/spawn.h).
#pragma once

// Carries out what the file with that descriptor says. 0, or -errno with a line of diagnostics.
int trial_worker(const char *descriptor);

// SPDX-License-Identifier: MIT
// Two reports held against each other.
#pragma once

#include "reports/document/gate.h"

// Compares two reports, cell by cell, as far as that can be done without measuring. `metrics`: names
// separated by commas, NULL: CPU per task where tasks fetch, else time. A new document (reports/document/gate.h) with everything but "ccbench",
// "command" and "started", and the status to exit with; NULL when out of memory.
struct comparison {
    const struct cJSON *base, *new; // reports
    const char *base_name, *new_name;
    const char *metrics;
    double allowed; // a share; 10 % at least is used
    enum gate_inconclusive inconclusive;
};
struct cJSON *comparison_make(const struct comparison *comparison, int *ret_status);

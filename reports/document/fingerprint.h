// SPDX-License-Identifier: MIT
// What must agree for the figures of two reports to be held against each other: the machine and the build, but not
// ccbench's version, which may be what is compared.
#pragma once

#include <stdio.h>

struct cJSON;

// {"hash":"1a2b3c4d5e6f","fields":[{"name":"CPU","value":"AMD EPYC"|null},…]} of a report: CPU, cores, kernel, libc, build,
// libraries and switches (CCBENCH_ROOT, CCBENCH_TRIAL), always all of them and in this order, and behind them runtimes, where
// programs of other runtimes were run. The hash is the first 48 bits of FNV-1a (64 bits) over
// "NAME=VALUE\n" of each. A new object; NULL when out of memory.
struct cJSON *fingerprint_make(const struct cJSON *report);

// Writes the names of the fields that differ, "kernel, libc"; nothing where all agree. What is unknown differs from all
// that is known. Returns how many.
unsigned fingerprint_differences(FILE *out, const struct cJSON *a, const struct cJSON *b);

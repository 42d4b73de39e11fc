// SPDX-License-Identifier: MIT
// What is required of models (--require), held against what was measured of them.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "reports/document/metrics.h"

struct cJSON;

#define REQUIREMENT_CLASS 44
#define REQUIREMENT_EXPECTED 160

// One, as "p99<=40ms", "page.p99<=40ms" (of a class of tasks), "throughput>=2k/s" or "memory<=64m".
struct requirement {
    char class_name[REQUIREMENT_CLASS]; // "": of all tasks
    const struct metric *metric;
    bool at_least; // else at most
    double bound;  // ns, bytes, or per second
};

// Parses the first `length` bytes. 0, or -EINVAL with `expected` filled: what would have been right.
int requirement_parse(const char *text, size_t length, struct requirement *ret_requirement,
                      char expected[REQUIREMENT_EXPECTED]);

enum requirement_verdict {
    REQUIREMENT_HELD,   // the interval's worse end is within the bound
    REQUIREMENT_BROKEN, // even its better end is beyond
    REQUIREMENT_UNSHOWN,
};

// Judges the plan's requirements of each cell of a summarised block: "requirements" in the cell, absent where nothing is required. 0 or
// -ENOMEM.
int requirements_judge(const struct cJSON *document, struct cJSON *block);

// The exit status that the document's requirements come to: 1 where one is broken, 3 where one is not shown, else 0.
int requirements_status(const struct cJSON *document);

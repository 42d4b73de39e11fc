// SPDX-License-Identifier: MIT
// Reports saved to files: each whole or not at all.
#ifndef CCBENCH_CMD_OUTPUTS_H
#define CCBENCH_CMD_OUTPUTS_H

#include "cmd/console/options.h"

struct cJSON;

// Whether each --output can be written, found out before an hour of measuring. 0, or EXIT_USAGE with one line printed.
int outputs_check(const struct options *options);

// Whether --format and each --output can show a report, or (`gate`) the result of a gate. 0, or EXIT_USAGE with one line
// printed.
int outputs_suit(const struct options *options, bool gate);

// Writes the document to each --output, by way of a temporary file beside it and a rename. 0, or EXIT_USAGE with one
// line printed for each that could not be written.
int outputs_write(const struct options *options, const struct cJSON *document);

#endif

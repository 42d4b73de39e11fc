// SPDX-License-Identifier: MIT
// The hosts' reports in one document (reports/document/several.h), a column each.
#pragma once

#include "cmd/hosts/host.h"

// "machines" and all that follows into a document with its "schema", "ccbench" and "command". Of a host without a report there is the
// reason. 0, or EXIT_USAGE with one line printed.
int merge_reports(struct cJSON *several, const struct host *hosts, unsigned count);

// The exit status of all: 4 where a host gave no report or was cut short, or a cell failed; 1 or 3 by what was required; 0.
int merge_status(const struct host *hosts, unsigned count);

// SPDX-License-Identifier: MIT
// Reports of several machines put into one document (reports/document/several.h). Each machine has its own ranks, ratios and
// ideal, as its own report has them: nothing is compared across machines.
#pragma once

#include "reports/document/document.h"

struct cJSON;

// Adds the empty lists to a document with its "schema", "ccbench" and "command".
void several_begin(struct cJSON *several);

// One report with all its summaries, which may be deleted afterwards. `label` NULL: by the host or the file
// (several_conclude()). 0 or -ENOMEM.
int several_add(struct cJSON *several, const char *label, const char *file, struct cJSON *report);

// A machine from which no report came, though one was asked for, and why. Its column is empty, and a note says so. 0 or -ENOMEM.
int several_add_lost(struct cJSON *several, const char *label, const char *reason);

// Once all are added: labels, what the machines have in common, and the sentences. 0, -ENOMEM, or -EINVAL with one line in
// `error`: two of the same label.
int several_conclude(struct cJSON *several, char error[DOCUMENT_ERROR]);

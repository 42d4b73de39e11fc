// SPDX-License-Identifier: MIT
// What is said of a gate's cells, in the document's reasons and in every format.
#pragma once

#include <stdio.h>

struct cJSON;

// What a side of a gate or comparison is called: its command, or where both have the same and differ in their servers, its server.
const char *gate_side_name(const struct cJSON *document, const char *side);

// "+3.4 %", "n/a" for NAN.
void gate_write_share(FILE *out, double share);

// "fib:31 threads", and its tasks and concurrency, or its CPUs, where another cell has the same name.
void gate_write_cell(FILE *out, const struct cJSON *document, const struct cJSON *cell);

// Why a metric did not pass, or (metric NULL) why a cell has no figures, in one sentence without a full stop that begins
// with the cell's name.
void gate_write_sentence(FILE *out, const struct cJSON *document, const struct cJSON *cell, const struct cJSON *metric);

// The same of a document that was concluded: without the name where the reason is no one cell's own.
void gate_write_reason(FILE *out, const struct cJSON *document, const struct cJSON *cell, const struct cJSON *metric);

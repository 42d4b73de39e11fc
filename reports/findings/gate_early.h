// SPDX-License-Identifier: MIT
// A gate's batch while it is measured: whether the machine was fit for it so far, and which cells need no more of its rounds.
#pragma once

#include <stdbool.h>

#include "reports/document/document.h"
#include "reports/findings/gate_batch.h"

struct cJSON;

// The boundaries by the document's rule. 0 or -ENOMEM; to be released in either case.
int gate_looks_make(const struct cJSON *document, struct pairs_looks *ret_looks);

// Why what was measured in the batch, up to and with that round (INFINITY: all of it), cannot be trusted; "" if it can. 0 or
// -ENOMEM.
int gate_fitness(const struct cJSON *document, const struct pairs_looks *looks, int batch, double round,
                 char unfit[DOCUMENT_ERROR]);

// The first rounds of the batch that decide, on a machine that was fit so far: how many, 0 for none, and what they come to. 0 or
// -ENOMEM.
int gate_early(const struct cJSON *document, const struct gate_columns *columns, const struct pairs_looks *looks,
               int batch, size_t *ret_n, enum pairs_finding *ret_finding);

// Whether all of the cell's metrics are decided by what the batch has so far. False where there is no memory to tell.
bool gate_cell_decided(const struct cJSON *document, const struct cJSON *cell, const struct pairs_looks *looks,
                       int batch);

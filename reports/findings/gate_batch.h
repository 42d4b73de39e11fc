// SPDX-License-Identifier: MIT
// What the pairs of one batch of a cell come to, for one metric.
#pragma once

#include <stddef.h>

#include "measure/pairs_looks.h"
#include "reports/document/metrics.h"

struct cJSON;

// The rounds of a batch that have a valid pair, in the order they were measured: of each the medians of its pairs.
struct gate_columns {
    double *d, *base, *new; // owned, as one block at `d`
    double *round;          // its number
    size_t n;
    size_t asked; // rounds there are, with valid pairs or without
};

// Reads the cell's pairs of that batch, to be released. 0 or -ENOMEM.
int gate_columns_read(const struct cJSON *cell, const struct metric *metric, int batch,
                      struct gate_columns *ret_columns);
void gate_columns_release(struct gate_columns *columns);

struct gate_batch {
    struct pairs_estimate
        estimate;     // over rounds, of their pairs' median difference; n 0: no pair is valid, the rest is 0
    double base, new; // medians over rounds of their valid pairs' medians; NAN: none
    size_t asked;     // rounds there are, with valid pairs or without
};

// What the first n of the rounds come to. 0 or -ENOMEM.
int gate_batch_make(const struct gate_columns *columns, size_t n, const struct pairs_looks *looks,
                    struct gate_batch *ret_batch);

// Puts "n", "order", "change", "low", "high" and "least" into the object.
void gate_batch_write(struct cJSON *object, const struct metric *metric, const struct gate_batch *batch);

// A difference as the change of the figure itself, new / base - 1: where more is better, "5 % worse" is 1 / 1.05 of it.
double gate_change(const struct metric *metric, double d);

// Puts a number, or null for what is not finite, in place of what had that name, or at the end.
void gate_set_number(struct cJSON *object, const char *name, double value);

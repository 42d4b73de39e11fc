// SPDX-License-Identifier: MIT
// What a claim's figures may be about: names for what a sample, or one class of its tasks, has.
#pragma once

#include "reports/document/metrics.h"

struct cJSON;

struct claim_metric {
    const char *name;
    const char *numerator, *denominator; // paths in a sample, or in a class of one; no denominator: 1
    const char *more;                    // added to the numerator; NULL: nothing
    enum metric_unit unit;
    bool of_class;    // may be of one class alone
    bool from_memory; // one value of each batch, from a memory trial of the cell
    bool of_ideal;    // the ideal time over the time taken
};

// By its name: one of the table of metrics.c, a metric of samples by its name in summaries (reports/document/metrics.h), or a
// path in a sample ("counters.gil_handovers"). False: there is no such.
bool claim_metric_find(const char *name, struct claim_metric *ret_metric);

// The metric of a sample, or of the class of that name (NULL: of all tasks); NAN where there is none. Not of those from memory,
// nor of ideal.
double claim_metric_of(const struct claim_metric *metric, const struct cJSON *sample, const char *class_name);

// The names of the table, for messages.
#define CLAIM_METRIC_NAMES 300
char *claim_metric_names(char buf[CLAIM_METRIC_NAMES]);

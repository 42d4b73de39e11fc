// SPDX-License-Identifier: MIT
// The figures that a gate and a comparison of stored reports can be about, each with its direction.
#ifndef CCBENCH_REPORTS_GATE_METRIC_H
#define CCBENCH_REPORTS_GATE_METRIC_H

#include <stdbool.h>

#include "measure/base/units.h"

struct cJSON;

enum gate_unit { UNIT_NS, UNIT_BYTES, UNIT_PER_S };

struct gate_metric {
    const char *name;  // of --metric and in the document
    const char *label; // for people
    enum gate_unit unit;
    bool more_is_better;
    const char *better; // the word for one that got better
    // factor × numerator / denominator of a sample; denominator NULL: 1.
    const char *numerator, *denominator;
    double factor;
    double floor;        // less than this counts as this; 0: none
    bool from_memory;    // comes from memory trials
};

// All of them, ending in a NULL name.
extern const struct gate_metric gate_metrics[];

// By the first `length` bytes of the name; NULL.
const struct gate_metric *gate_metric_find(const char *name, unsigned long length);

// That of an object of "metrics" in a checked document.
const struct gate_metric *gate_metric_in(const struct cJSON *object);

// Its figure in a sample, NAN where there is none.
double gate_metric_of(const struct gate_metric *metric, const struct cJSON *sample);

// "ns", "bytes" or "per s", for the document.
const char *gate_metric_unit(const struct gate_metric *metric);

// For people: "12.3 ms". Returns `buf`.
char *gate_metric_write(const struct gate_metric *metric, char buf[UNITS_TEXT], double value);

#endif

// SPDX-License-Identifier: MIT
// What a document gives to formats that know benchmarks and numbers alone: one item for each cell that is ok and, where its
// tasks are of several classes, one for each class. What failed or was skipped is none.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "reports/document/metrics.h"

struct cJSON;

struct export_item {
    const struct cJSON *block, *cell;
    int index;              // of the class in "classes" of samples and summary; -1: the cell itself
    const char *class_name; // NULL: the cell itself
    char *name;             // like that of no other item; owned
};

struct export_items {
    struct export_item *items;
    size_t n;
};

// How a name is made of its parts. PLAIN: "sleep:10ms/tasks=64/concurrency=32/model=threads", cleaned for printing. GO: with
// "workload=" in front, and '%', '/', blanks and control characters in a part as %2F, so that each part is one
// "key=value" of a sub-benchmark.
enum export_names { EXPORT_NAMES_PLAIN, EXPORT_NAMES_GO };

// The items of a summarised report, in its order. 0 or -ENOMEM; to be released in any case.
int export_items_make(const struct cJSON *document, enum export_names names, struct export_items *ret_items);
void export_items_release(struct export_items *items);

// Whether tasks arrive at times of their own, or only some of the tasks are looked at: then the time of a trial says nothing
// of it, and what is shown first is the latency, counted from a task's arrival.
bool export_by_latency(const struct export_item *item);
enum metric_id export_first(const struct export_item *item);

// The metric in one ok sample of the item's cell; NAN where there is none.
double export_of_sample(const struct export_item *item, const struct cJSON *sample, enum metric_id id);

// The same of all its samples that have it, in their order, into `values` (room for sample_count(item->cell)). Returns how many.
size_t export_values(const struct export_item *item, enum metric_id id, double *values);

// The number that stands for the item: a median over its rounds, or what memory was read. NAN where there is none. *ret_low and
// *ret_high: its 95 % interval, NAN where there is none.
double export_figure(const struct export_item *item, enum metric_id id, double *ret_low, double *ret_high);

// The metrics that a history of the item follows (`at` 0, 1, …), METRICS_COUNT behind the last: those that say something of it;
// its cell need not have them.
enum metric_id export_followed(const struct export_item *item, size_t at);

// "ns", "bytes", "tasks/s" or "share".
const char *export_unit(enum metric_id id);

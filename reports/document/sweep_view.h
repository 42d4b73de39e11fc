// SPDX-License-Identifier: MIT
// A group of blocks that differ in one thing, looked at as models × values.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cJSON;

struct sweep_view {
    const struct cJSON *document;
    double group;
    const struct cJSON **blocks; // that have begun, in the document's order; an array of the view's
    size_t points;               // of blocks
    const struct cJSON **cells;  // models × points, row by row, NULL where a block lacks the model; the view's
    size_t models;               // those of the first block, in its order
};

// The begun blocks of a group. 0 or -ENOMEM; sweep_view_release() in any case.
int sweep_view_open(const struct cJSON *document, double group, struct sweep_view *ret_view);
void sweep_view_release(struct sweep_view *view);

// The cell of a model at a point, NULL where there is none.
const struct cJSON *sweep_cell(const struct sweep_view *view, size_t model, size_t point);
const char *sweep_model(const struct sweep_view *view, size_t model);
// What the value is called: "16", "10ms".
const char *sweep_label(const struct sweep_view *view, size_t point);
// "rate", "concurrency", "tasks", "argument" or "cpus".
bool sweep_axis_is(const struct sweep_view *view, const char *axis);
// Writes what is common to all its blocks' labels: "fib" of "fib:10" and "fib:11", "race:yield" of "race:1k:yield".
void sweep_write_workload(FILE *out, const struct sweep_view *view);

// Writes what a point is called in a sentence, "64", "fib:30", "CPUs 0-1"; and what stands behind it: " in flight", " tasks", "".
void sweep_write_point(FILE *out, const struct sweep_view *view, size_t point);
const char *sweep_points_in_words(const struct sweep_view *view);

// The block's group, NAN if it is in none. Whether no block of its group comes after it, and whether the last one of a
// group has begun: it is then that the group is shown.
double sweep_group(const struct cJSON *block);
bool sweep_ends_with(const struct cJSON *block);
bool sweep_is_whole(const struct cJSON *document, double group);

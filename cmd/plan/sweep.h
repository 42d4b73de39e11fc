// SPDX-License-Identifier: MIT
// Sweeps: several values of the rate, the concurrency, the tasks, the argument or the CPUs make a block for each combination. Blocks
// that differ in one of these alone, the axis, are a group: a table with a column for each.
#pragma once

#include <stdbool.h>

#include "cmd/console/options.h"
#include "measure/base/cpus.h"
#include "workloads/workload.h"

struct cJSON;

// Where several are swept, the columns run over the first of them.
enum sweep_axis { SWEEP_RATE, SWEEP_CONCURRENCY, SWEEP_TASKS, SWEEP_ARGUMENT, SWEEP_CPUS, SWEEP_AXES };

// Most combinations of one command.
#define SWEEP_BLOCKS 256

// Where a block stands.
struct sweep_point {
    unsigned group;       // from 1; 0: in no sweep
    enum sweep_axis axis; // of the group
    double value;         // per second, a count, bytes or ns; nothing for CPUs
    char label[64];       // "500/s", "16", "10ms", "0-1"
};

// A workload as typed, with each value its argument has.
struct sweep_texts {
    struct sweep_text {
        char *text; // "fib:30"; owned
        uint64_t value;
        char label[UNITS_TEXT]; // "30"
    } items[RANGE_VALUES];
    unsigned count;
};

// "fib:10..12" → "fib:10", "fib:11", "fib:12"; one as typed where the argument has no several values. 0, or EXIT_USAGE
// with one line printed. sweep_texts_release() in any case.
int sweep_expand(const char *typed, struct sweep_texts *ret_texts);
void sweep_texts_release(struct sweep_texts *texts);

// All combinations for one workload, group by group: `at` has the indices of the one sweep_next() has stepped to.
struct sweep_walk {
    const struct options *options;
    const struct sweep_texts *texts;
    unsigned counts[SWEEP_AXES], at[SWEEP_AXES];
    enum sweep_axis axis; // the columns'; SWEEP_AXES: nothing is swept
    unsigned group;       // of the combination; before the first: the last of other workloads
    bool begun;
};

// For one more workload, after that many groups and blocks of others, with which there must not be too many: 0, or
// EXIT_USAGE with one line printed.
int sweep_begin(struct sweep_walk *ret_walk, const struct options *options, const struct sweep_texts *texts,
                unsigned groups, unsigned blocks);
// Steps to the first combination, and then to the next; false after the last.
bool sweep_next(struct sweep_walk *walk);

// What the combination is: where it stands, the workload's text, the rate per second, the tasks and the concurrency (0 where not given), and the
// CPUs with how many cores of them may be used: all that are allowed, or the walk's value.
struct sweep_point sweep_point_of(const struct sweep_walk *walk);
const char *sweep_text(const struct sweep_walk *walk);
double sweep_rate(const struct sweep_walk *walk);
uint32_t sweep_tasks(const struct sweep_walk *walk);
uint32_t sweep_concurrency(const struct sweep_walk *walk);
double sweep_cpus(const struct sweep_walk *walk, struct cpus *ret_cpus);

// What the axis is called: "rate", "concurrency", "tasks", "argument", "cpus".
const char *sweep_axis_name(enum sweep_axis axis);

// The block's "sweep" object of the document.
struct cJSON *sweep_describe(const struct sweep_point *point);

// SPDX-License-Identifier: MIT
// Sweeps: several values of the concurrency, the tasks, the argument or the CPUs make a block for each combination. Blocks
// that differ in one of these alone, the axis, are a group: a table with a column for each.
#ifndef CCBENCH_CMD_SWEEP_H
#define CCBENCH_CMD_SWEEP_H

#include <sched.h>
#include <stdbool.h>

#include "cmd/console/options.h"
#include "workloads/workload.h"

struct cJSON;
struct block;
struct plan;

// Where several are swept, the columns run over the first of them.
enum sweep_axis { SWEEP_CONCURRENCY, SWEEP_TASKS, SWEEP_ARGUMENT, SWEEP_CPUS, SWEEP_AXES };

// The time of a block where no limit is given: `basic`, with three, ends within half a minute. Less for each of a sweep.
#define BLOCK_SHARE_NS 9e9
#define POINT_SHARE_NS 4e9
// Of a run without --rounds, an open loop has time for so many besides.
#define SWEEP_OPEN_ROUNDS 3
// Most combinations of one command.
#define SWEEP_BLOCKS 256

// Where a block stands.
struct sweep_point {
    unsigned group;       // from 1; 0: in no sweep
    enum sweep_axis axis; // of the group
    double value;         // a count, bytes or ns; nothing for CPUs
    char label[64];       // "16", "10ms", "0-1"
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
    unsigned group;       // of the last one
    bool begun;
};

// For one more workload of the plan, which must not have too many blocks by it: 0, or EXIT_USAGE with one line printed.
int sweep_begin(struct sweep_walk *ret_walk, const struct plan *plan, const struct sweep_texts *texts);
bool sweep_next(struct sweep_walk *walk);
struct sweep_point sweep_point_of(const struct sweep_walk *walk);

// Sets the block's CPUs and cores: all that are allowed, or the walk's value.
void sweep_place(const struct sweep_walk *walk, struct block *block);
// Sets the block's title, from its label and point: "sleep:10ms, 16 in flight".
void sweep_title(struct block *block);

// The time limit where none is given, and what of `left_ns` for the i-th block and all after it is the i-th's: 0 without
// a limit.
uint64_t sweep_time_limit(const struct plan *plan);
uint64_t sweep_share(const struct plan *plan, unsigned i, uint64_t left_ns);

// The tasks of a block of a sweep where -n does not say (docs/METHODOLOGY.md, "Sweeps"): the workload's, or four for each
// lane if those are more; halved, down to two for each lane (one where they only compute), until a round of all models is
// short beside the block's time.
uint32_t sweep_tasks(const struct block *block);

// What the axis is called: "concurrency", "tasks", "argument", "cpus".
const char *sweep_axis_name(enum sweep_axis axis);

// The block's "sweep" object of the document. NULL when out of memory.
struct cJSON *sweep_describe(const struct sweep_point *point);

#endif

// SPDX-License-Identifier: MIT
// Whom to choose of those that time cannot decide between: by what they cost. Ratios alone decide nothing, nor do amounts
// alone: docs/METHODOLOGY.md, "The sentences under the table".
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cJSON;
struct contest;

// What one costs must be more than twice what another does to be called much more; and, of CPU, more by at least so much for
// each task and by at least that share of a core; of memory, by so much in all and for each task in flight.
#define CHOICE_DEARER 2.0
#define CHOICE_CPU_NS 5e3
#define CHOICE_CPU_SHARE 0.05
#define CHOICE_BYTES (8.0 * 1024 * 1024)
#define CHOICE_BYTES_PER_TASK (4.0 * 1024)

// Whether one is shown to cost much more CPU, or memory, than another of the same block. False where a figure is missing.
bool costs_much_more_cpu(const struct cJSON *block, const struct cJSON *cell, const struct cJSON *other);
bool costs_much_more_memory(const struct cJSON *block, const struct cJSON *cell, const struct cJSON *other);

struct choice {
    const struct cJSON **chosen, **rest; // in the order of the plan
    size_t n, rest_n;
    bool cpu,
        memory; // in which each of the rest costs much more than each that is chosen; neither: in the one or the other
    // Where nobody is left out, though one costs much more of it than another, the two that differ most; else NULL.
    struct choice_pair {
        const struct cJSON *more, *less;
    } by_cpu, by_memory;
};

// Among the fast ones of a contest that has some: the fewest of which every other one costs much more than each of them, in
// CPU or in memory, and not much less in the other. 0 or -ENOMEM; choice_release() in any case.
int choice_open(const struct contest *contest, struct choice *ret_choice);
void choice_release(struct choice *choice);

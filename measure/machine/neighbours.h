// SPDX-License-Identifier: MIT
// Who else uses the CPU: the processes of the machine, by the CPU time each takes between two moments.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cJSON;

struct neighbour {
    int pid;
    uint64_t began, ticks; // when it began, which tells it from an earlier one of that pid; CPU time; USER_HZ
};

// The processes there are at a moment.
struct neighbours {
    struct neighbour *list; // by pid; owned
    size_t count;
    uint64_t now_ns;
};

// Reads /proc below `root` ("" is the machine itself): 20 to 30 us a process. Those that cannot be read are left out.
// 0 or -errno; neighbours_release() in any case, also of a zeroed one.
int neighbours_read(const char *root, struct neighbours *ret_neighbours);
void neighbours_release(struct neighbours *neighbours);

// Those that took at least 5 % of a core since `before`, this process left out, the greediest first and at most 8 of
// them: [{"pid", "name", "cores"}]. CPU time is counted in ticks of 10 ms, so a span below 1 s tells little.
// NULL when out of memory.
struct cJSON *neighbours_since(const char *root, const struct neighbours *before, const struct neighbours *now);

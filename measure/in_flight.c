// SPDX-License-Identifier: MIT
#include "measure/in_flight.h"

#include <stdbool.h>
#include <stdlib.h>

#include "measure/base/stats.h"

// The stamps of those that began; how many that are.
static uint32_t collect(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks, uint64_t *begins,
                        uint64_t *ends)
{
    uint32_t begun = 0;

    for (uint32_t i = 0; i < tasks; i++) {
        uint64_t begin_ns = slots[i].begin_ns, end_ns = ended_ns != NULL ? ended_ns[i] : slots[i].end_ns;

        if (begin_ns == 0)
            continue;
        if (end_ns == 0)
            end_ns = UINT64_MAX;
        begins[begun] = begin_ns;
        ends[begun] = end_ns > begin_ns ? end_ns : begin_ns; // a trial that cannot count may have stamped anything
        begun++;
    }
    return begun;
}

static uint32_t peak_of(const uint64_t *begins, const uint64_t *ends, uint32_t n)
{
    uint32_t now = 0, peak = 0, ended = 0;

    for (uint32_t i = 0; i < n; i++) {
        // A task that ends at the same stamp at which another begins has made room for it, but not for itself.
        for (; ended < i && ends[ended] <= begins[i]; ended++)
            now--;
        if (++now > peak)
            peak = now;
    }
    return peak;
}

// Whether each began once the one before it had ended, as those of one lane do. Early to tell where it is not so.
static bool one_after_another(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks)
{
    uint64_t last_ns = 1; // 0: never begun

    for (uint32_t i = 0; i < tasks; i++) {
        uint64_t begin_ns = slots[i].begin_ns, end_ns = ended_ns != NULL ? ended_ns[i] : slots[i].end_ns;

        if (begin_ns < last_ns || end_ns < begin_ns)
            return false;
        last_ns = end_ns;
    }
    return tasks > 0;
}

uint32_t in_flight_peak(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks)
{
    uint64_t *begins, *ends;
    uint32_t begun, peak;

    if (one_after_another(slots, ended_ns, tasks))
        return 1;
    begins = malloc(((size_t)tasks * 2 + 1) * sizeof *begins);
    if (begins == NULL)
        return UINT32_MAX;
    ends = begins + tasks;
    begun = collect(slots, ended_ns, tasks, begins, ends);
    stats_sort_u64(begins, begun);
    stats_sort_u64(ends, begun);
    peak = peak_of(begins, ends, begun);
    free(begins);
    return peak;
}

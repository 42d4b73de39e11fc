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

// Of shorter runs there is less to gain.
#define RUN_LEAST 16
// More at once than so many are not likely to be met with at one of so few moments.
#define LIKELY 16
#define MOMENTS_RUNS 64
#define MOMENTS_OF_RUN 16

void runs_open(struct runs *runs, uint32_t tasks)
{
    *runs = (struct runs){.most = tasks / RUN_LEAST + 1, .tasks = tasks};
    runs->first = malloc(runs->most * sizeof *runs->first);
}

void runs_close(struct runs *runs)
{
    free(runs->first);
    runs->first = NULL;
}

void runs_note(struct runs *runs, const struct slot *slots, uint32_t i)
{
    const struct slot *slot = &slots[i];

    if (runs->first == NULL || (i > 0 && slot->begin_ns >= slots[i - 1].end_ns && slot->end_ns >= slot->begin_ns))
        return;
    if (slot->begin_ns == 0 || slot->end_ns < slot->begin_ns || runs->count == runs->most)
        runs_close(runs);
    else
        runs->first[runs->count++] = i;
}

// Behind the last slot of a run.
static uint32_t run_end(const struct runs *runs, uint32_t run)
{
    return run + 1 < runs->count ? runs->first[run + 1] : runs->tasks;
}

// How many runs are under way at once, from the first begin to the last end of each; 0: no memory.
static uint32_t runs_at_once(const struct runs *runs, const struct slot *slots)
{
    uint64_t *begins = malloc((size_t)runs->count * 2 * sizeof *begins), *ends;
    uint32_t peak;

    if (begins == NULL)
        return 0;
    ends = begins + runs->count;
    for (uint32_t run = 0; run < runs->count; run++) {
        begins[run] = slots[runs->first[run]].begin_ns;
        ends[run] = slots[run_end(runs, run) - 1].end_ns;
    }
    stats_sort_u64(begins, runs->count);
    stats_sort_u64(ends, runs->count);
    peak = peak_of(begins, ends, runs->count);
    free(begins);
    return peak;
}

// Whether a task of the run is under way.
static bool busy(const struct runs *runs, const struct slot *slots, uint32_t run, uint64_t now_ns)
{
    uint32_t low = runs->first[run], high = run_end(runs, run); // the last that began by now is in [low, high)

    if (slots[low].begin_ns > now_ns)
        return false;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (slots[middle].begin_ns <= now_ns)
            low = middle;
        else
            high = middle;
    }
    return slots[low].end_ns > now_ns;
}

// How many runs near this one have a task under way.
static uint32_t busy_near(const struct runs *runs, const struct slot *slots, uint32_t run, uint32_t near,
                          uint64_t now_ns)
{
    uint32_t first = run > near ? run - near : 0, count = 0;

    for (uint32_t other = first; other < runs->count && other <= run + near; other++)
        count += busy(runs, slots, other, now_ns);
    return count;
}

uint32_t runs_peak(const struct runs *runs, const struct slot *slots)
{
    uint32_t most, step = runs->count / MOMENTS_RUNS + 1;

    if (runs->first == NULL || runs->count == 0)
        return 0;
    most = runs_at_once(runs, slots);
    if (most < 2 || most > LIKELY)
        return most < 2 ? most : 0;
    for (uint32_t run = 0; run < runs->count; run += step) {
        uint32_t first = runs->first[run], end = run_end(runs, run);

        for (uint32_t i = first; i < end && i < first + MOMENTS_OF_RUN; i++) {
            if (busy_near(runs, slots, run, 2 * most, slots[i].begin_ns) == most)
                return most;
        }
    }
    return 0;
}

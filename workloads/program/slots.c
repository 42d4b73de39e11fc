// SPDX-License-Identifier: MIT
#include "workloads/program/slots.h"

#include <math.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/rng.h"

// Apart from the shuffle's, so that the order of classes is the same with and without a rate.
#define ARRIVALS_SEED UINT64_C(0x6172726976616c73)

// The next arrivals of an open loop.
struct stream {
    const struct task_mix *mix;
    const struct arrivals *arrivals;
    struct rng rng;
    double shared_ns; // the next one of those that share the rate; INFINITY where none does
};

static bool has_clock(const struct task_mix *mix, size_t class_index, const struct arrivals *arrivals)
{
    return arrivals->rate_per_s > 0 && mix->classes[class_index].every_ns > 0;
}

static double gap_ns(struct stream *stream)
{
    double mean_ns = (double)NS_PER_S / stream->arrivals->rate_per_s;

    return stream->arrivals->constant ? mean_ns : -log(rng_share(&stream->rng)) * mean_ns;
}

static void stream_open(struct stream *stream, const struct task_mix *mix, const struct arrivals *arrivals,
                        uint64_t seed)
{
    *stream = (struct stream){
        .mix = mix, .arrivals = arrivals, .rng = {.state = seed ^ ARRIVALS_SEED}, .shared_ns = INFINITY};
    for (size_t i = 0; i < mix->count; i++) {
        if (!has_clock(mix, i, arrivals)) {
            stream->shared_ns = gap_ns(stream);
            return;
        }
    }
}

// The first tick of a class's clock that is later than `after_ns`, or not earlier where `including`.
static double next_tick_ns(uint64_t every_ns, double after_ns, bool including)
{
    double ticks = (after_ns - (double)every_ns / 2) / (double)every_ns;
    double next = including ? ceil(ticks) : floor(ticks) + 1;

    return (double)every_ns / 2 + fmax(0, next) * (double)every_ns;
}

// When the next task arrives after one of class `last_class` that came at `last_ns`, and of which class it is: SIZE_MAX for
// one that shares the rate. What comes at the same moment, comes in
// the order of the classes with a clock, and then those that share the rate.
static double stream_next(struct stream *stream, double last_ns, size_t last_class, size_t *ret_class)
{
    double best_ns = stream->shared_ns;

    *ret_class = SIZE_MAX;
    for (size_t i = 0; i < stream->mix->count; i++) {
        double tick_ns;

        if (!has_clock(stream->mix, i, stream->arrivals))
            continue;
        tick_ns = next_tick_ns(stream->mix->classes[i].every_ns, last_ns, last_class != SIZE_MAX && i > last_class);
        if (tick_ns < best_ns || (tick_ns == best_ns && *ret_class == SIZE_MAX)) {
            best_ns = tick_ns;
            *ret_class = i;
        }
    }
    if (*ret_class == SIZE_MAX)
        stream->shared_ns += gap_ns(stream);
    return best_ns;
}

uint32_t slots_arriving(const struct task_mix *mix, const struct arrivals *arrivals, uint64_t seed,
                        uint64_t duration_ns, uint32_t most)
{
    struct stream stream;
    size_t class_index = SIZE_MAX;
    double now_ns = 0;
    uint32_t count = 0;

    stream_open(&stream, mix, arrivals, seed);
    while (count < most) {
        now_ns = stream_next(&stream, now_ns, class_index, &class_index);
        if (now_ns >= (double)duration_ns)
            break;
        count++;
    }
    return count;
}

// Deals the classes by Bresenham's rule: class c gets its k-th task as soon as its exact share reaches k, so that the
// counts are the exact shares rounded, and sum to `tasks`.
static void deal(struct slot *slots, uint32_t tasks, const struct task_mix *mix, const struct arrivals *arrivals)
{
    uint64_t total = 0, before = 0;
    uint32_t filled = 0;

    for (size_t i = 0; i < mix->count; i++)
        total += has_clock(mix, i, arrivals) ? 0 : mix->classes[i].weight;
    if (total == 0) // every class has a clock of its own
        return;
    for (size_t i = 0; i < mix->count; i++) {
        uint32_t until;

        if (has_clock(mix, i, arrivals))
            continue;
        before += mix->classes[i].weight;
        until = (uint32_t)((tasks * before + total / 2) / total);
        for (; filled < until && filled < tasks; filled++)
            slots[filled].class_index = (uint16_t)i;
    }
}

// Fills in the arrivals; a task of a class with a clock gets that class's number + 1 as its status for now. Returns how
// many share the rate.
static uint32_t set_arrivals(struct slot *slots, uint32_t tasks, const struct task_mix *mix,
                             const struct arrivals *arrivals, uint64_t seed)
{
    struct stream stream;
    size_t class_index = SIZE_MAX;
    double now_ns = 0;
    uint32_t shared = 0;

    stream_open(&stream, mix, arrivals, seed);
    for (uint32_t i = 0; i < tasks; i++) {
        now_ns = stream_next(&stream, now_ns, class_index, &class_index);
        slots[i].arrival_ns = (uint64_t)now_ns;
        slots[i].status = (uint16_t)(class_index + 1); // SIZE_MAX: 0
        shared += class_index == SIZE_MAX;
    }
    return shared;
}

// The first `shared` slots hold the classes of those that share the rate: moves them to where those arrive, from the
// last on, so that none is overwritten before it has been moved.
static void spread(struct slot *slots, uint32_t tasks, uint32_t shared)
{
    for (uint32_t i = tasks; i > 0; i--) {
        struct slot *slot = &slots[i - 1];

        if (slot->status == 0)
            slot->class_index = slots[--shared].class_index;
        else
            slot->class_index = (uint16_t)(slot->status - 1);
        slot->status = 0;
    }
}

void slots_fill(struct slot *slots, uint32_t tasks, const struct task_mix *mix, const struct arrivals *arrivals,
                uint64_t seed)
{
    struct rng rng = {.state = seed};
    uint32_t shared = tasks;

    memset(slots, 0, tasks * sizeof *slots);
    if (arrivals->rate_per_s > 0)
        shared = set_arrivals(slots, tasks, mix, arrivals, seed);
    if (mix->count < 2)
        return;
    deal(slots, shared, mix, arrivals);
    rng_shuffle(&rng, &slots->class_index, shared, sizeof slots->class_index, sizeof *slots);
    spread(slots, tasks, shared);
}

// SPDX-License-Identifier: MIT
#include "measure/distribution.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"

static const char *const span_names[SPANS] = {"latency_ns", "queued_ns", "service_ns"};

// The percentiles, ascending; the last ones only of so many tasks as suffice.
#define PERCENTILES 4
static const struct {
    const char *name;
    double q;
} percentiles[PERCENTILES] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};

// What becomes of the spans of some tasks.
struct figures {
    size_t n;
    uint64_t percentiles[PERCENTILES];
    uint64_t max;
    double mean;
};

static cJSON *figures_json(const struct figures *figures)
{
    cJSON *object;

    if (figures->n == 0)
        return cJSON_CreateNull();
    object = cJSON_CreateObject();
    for (size_t i = 0; i < PERCENTILES; i++)
        json_add_number(object, percentiles[i].name,
                        percentiles[i].q < 0.99 || figures->n >= stats_percentile_needs(percentiles[i].q),
                        (double)figures->percentiles[i]);
    cJSON_AddNumberToObject(object, "max", (double)figures->max);
    cJSON_AddNumberToObject(object, "mean", figures->mean);
    return object;
}

static const struct slot *slot_of(const struct spread_slots *slots, size_t i)
{
    return &slots->slots[slots->index != NULL ? slots->index[i] : i];
}

// Sorts `values`.
static struct figures figures_of(uint64_t *values, size_t n)
{
    struct figures figures = {.n = n};
    double sum = 0;

    if (n == 0)
        return figures;
    stats_sort_u64(values, n);
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i];
    for (size_t i = 0; i < PERCENTILES; i++)
        figures.percentiles[i] = stats_percentile_u64(values, n, percentiles[i].q);
    figures.max = values[n - 1];
    figures.mean = sum / (double)n;
    return figures;
}

// Of few slots. `room` is for as many values.
static void add_sorted(cJSON *object, const struct spread_slots *slots, uint64_t *room)
{
    for (enum span span = 0; span < SPANS; span++) {
        struct figures figures;
        size_t ended = 0;

        for (size_t i = 0; i < slots->n; i++) {
            const struct slot *slot = slot_of(slots, i);

            if (slot->end_ns != 0)
                room[ended++] = span_of(slot, span, slots->start_ns);
        }
        figures = figures_of(room, ended);
        cJSON_AddItemToObject(object, span_names[span], figures_json(&figures));
    }
}

// What is looked for: the buckets of places that are no single values.
struct wanted {
    uint64_t lowest_ns, width_ns; // of all of them
    bool buckets[HISTOGRAM_BUCKETS];
};

static void want(struct wanted *wanted, const struct spread_place *places)
{
    wanted->lowest_ns = UINT64_MAX;
    for (size_t i = 0; i < PERCENTILES; i++) {
        if (places[i].lowest_ns == places[i].highest_ns)
            continue;
        if (wanted->lowest_ns == UINT64_MAX)
            wanted->lowest_ns = places[i].lowest_ns;
        wanted->width_ns = places[i].highest_ns - wanted->lowest_ns;
        wanted->buckets[histogram_bucket(places[i].lowest_ns)] = true;
    }
}

// Inline, so that each span has a loop of its own.
static inline __attribute__((always_inline)) size_t collect_span(const struct spread_slots *slots, enum span span,
                                                                 const struct wanted *wanted, uint64_t *room)
{
    size_t found = 0;

    for (size_t i = 0; i < slots->n; i++) {
        const struct slot *slot = slot_of(slots, i);
        uint64_t ns = span_of(slot, span, slots->start_ns);

        if (ns - wanted->lowest_ns <= wanted->width_ns && slot->end_ns != 0 && wanted->buckets[histogram_bucket(ns)])
            room[found++] = ns;
    }
    return found;
}

// Puts those that lie in the buckets of any of the places, in order, into `room`.
static void collect(const struct spread_slots *slots, enum span span, const struct spread_place *places, uint64_t *room)
{
    struct wanted wanted = {.width_ns = 0};
    size_t found;

    want(&wanted, places);
    if (span == SPAN_LATENCY)
        found = collect_span(slots, SPAN_LATENCY, &wanted, room);
    else if (span == SPAN_QUEUED)
        found = collect_span(slots, SPAN_QUEUED, &wanted, room);
    else
        found = collect_span(slots, SPAN_SERVICE, &wanted, room);
    stats_sort_u64(room, found);
}

// A place that is no single value is looked up among all slots: only those of its bucket are sorted.
static void look_up(const struct spread_slots *slots, enum span span, const struct spread_place *places, uint64_t *room,
                    uint64_t *ret_values)
{
    uint64_t before = 0;
    bool collected = false;

    for (size_t i = 0; i < PERCENTILES; i++) {
        const struct spread_place *place = &places[i];

        ret_values[i] = place->lowest_ns;
        if (place->lowest_ns == place->highest_ns)
            continue;
        if (!collected)
            collect(slots, span, places, room);
        else if (places[i - 1].lowest_ns != place->lowest_ns)
            before += places[i - 1].count;
        collected = true;
        ret_values[i] = room[before + place->nth - 1];
    }
}

static struct figures figures_of_spread(const struct spread_slots *slots, enum span span, const struct spread *spread,
                                        size_t ended, uint64_t *room)
{
    struct figures figures = {.n = ended};
    struct spread_place places[PERCENTILES];
    uint64_t nth[PERCENTILES];

    if (ended == 0)
        return figures;
    for (size_t i = 0; i < PERCENTILES; i++)
        nth[i] = stats_percentile_rank(ended, percentiles[i].q);
    spread_find(spread, nth, PERCENTILES, places);
    look_up(slots, span, places, room, figures.percentiles);
    figures.max = spread_max(spread);
    figures.mean = spread_mean(spread, ended);
    return figures;
}

static void add_counted(cJSON *object, const struct spread_slots *slots, const struct spread *counted, uint64_t *room)
{
    uint64_t ended = spread_total(&counted[SPAN_LATENCY]);

    for (enum span span = 0; span < SPANS; span++) {
        struct figures figures = figures_of_spread(slots, span, &counted[span], ended, room);

        cJSON_AddItemToObject(object, span_names[span], figures_json(&figures));
    }
}

// Of many slots. 0 or -ENOMEM.
static int count_and_add(cJSON *object, const struct spread_slots *slots, uint64_t *room)
{
    struct spread *spreads = calloc(SPANS, sizeof *spreads);

    if (spreads == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < slots->n; i++)
        spreads_count(spreads, slot_of(slots, i), slots->start_ns);
    add_counted(object, slots, spreads, room);
    free(spreads);
    return 0;
}

int distributions_add(cJSON *object, const struct spread_slots *slots, const struct spread *counted)
{
    uint64_t *room = malloc((slots->n + 1) * sizeof *room);
    int err = 0;

    if (room == NULL)
        return -ENOMEM;
    if (counted != NULL)
        add_counted(object, slots, counted, room);
    else if (slots->n >= DISTRIBUTION_COUNTED)
        err = count_and_add(object, slots, room);
    else
        add_sorted(object, slots, room);
    free(room);
    return err;
}

void distributions_record(struct histogram *latency, struct histogram *queued, const struct spread_slots *slots,
                          const struct spread *counted)
{
    if (counted != NULL) {
        spread_record(&counted[SPAN_LATENCY], latency);
        spread_record(&counted[SPAN_QUEUED], queued);
        return;
    }
    for (size_t i = 0; i < slots->n; i++) {
        const struct slot *slot = slot_of(slots, i);

        if (slot->end_ns == 0)
            continue;
        histogram_record(latency, span_of(slot, SPAN_LATENCY, slots->start_ns));
        histogram_record(queued, span_of(slot, SPAN_QUEUED, slots->start_ns));
    }
}

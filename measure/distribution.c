// SPDX-License-Identifier: MIT
#include "measure/distribution.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "measure/base/units.h"

static void add_percentile(cJSON *object, const char *name, const uint64_t *sorted, size_t n, double q)
{
    json_add_number(object, name, n >= stats_percentile_needs(q), (double)stats_percentile_u64(sorted, n, q));
}

// Sorts `values`.
static cJSON *distribution(uint64_t *values, size_t n)
{
    cJSON *object;
    double sum = 0;

    if (n == 0)
        return cJSON_CreateNull();
    object = cJSON_CreateObject();
    stats_sort_u64(values, n);
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i];
    cJSON_AddNumberToObject(object, "p50", (double)stats_percentile_u64(values, n, 0.5));
    cJSON_AddNumberToObject(object, "p90", (double)stats_percentile_u64(values, n, 0.9));
    add_percentile(object, "p99", values, n, 0.99);
    add_percentile(object, "p999", values, n, 0.999);
    cJSON_AddNumberToObject(object, "max", (double)values[n - 1]);
    cJSON_AddNumberToObject(object, "mean", sum / (double)n);
    return object;
}

enum span { SPAN_LATENCY, SPAN_QUEUED, SPAN_SERVICE, SPANS };

static const char *const span_names[SPANS] = {"latency_ns", "queued_ns", "service_ns"};

static inline uint64_t span_of(const struct slot *slot, enum span span, uint64_t start_ns)
{
    uint64_t from = span == SPAN_SERVICE ? slot->begin_ns : start_ns + slot->arrival_ns;
    uint64_t to = span == SPAN_QUEUED ? slot->begin_ns : slot->end_ns;

    if (to <= from)
        return 0;
    return to - from < (uint64_t)UNITS_MOST ? to - from : (uint64_t)UNITS_MOST;
}

// So many are counted, and sorted only where a percentile lies: sorting a million tasks takes longer than they took.
#define COUNTED_LEAST 4096

// How the tasks of a span are spread, in a histogram's buckets.
struct spread {
    uint32_t counts[HISTOGRAM_BUCKETS];
    uint64_t max;
    double sum;
};

// What is spread: some of the slots.
struct sample {
    const struct slot *slots;
    const uint32_t *index; // NULL: the first n
    size_t n;
    uint64_t start_ns;
    size_t ended;
    uint64_t *room; // for as many values
};

static const struct slot *slot_of(const struct sample *sample, size_t i)
{
    return &sample->slots[sample->index != NULL ? sample->index[i] : i];
}

static inline void count(struct spread *spread, uint64_t ns)
{
    spread->counts[histogram_bucket(ns)]++;
    spread->max = ns > spread->max ? ns : spread->max;
    spread->sum += (double)(int64_t)ns; // below UNITS_MOST: one instruction
}

static void count_all(struct sample *sample, struct spread spreads[SPANS])
{
    for (size_t i = 0; i < sample->n; i++) {
        const struct slot *slot = slot_of(sample, i);

        if (slot->end_ns == 0)
            continue;
        sample->ended++;
        for (enum span span = 0; span < SPANS; span++)
            count(&spreads[span], span_of(slot, span, sample->start_ns));
    }
}

// The nth smallest, from 1 on, of those in the bucket.
static uint64_t nth_of_bucket(const struct sample *sample, enum span span, size_t bucket, size_t nth)
{
    uint64_t lowest = histogram_lowest(bucket), width = histogram_highest(bucket) - lowest;
    size_t found = 0;

    if (width == 0)
        return lowest;
    for (size_t i = 0; i < sample->n; i++) {
        const struct slot *slot = slot_of(sample, i);
        uint64_t ns = span_of(slot, span, sample->start_ns);

        if (slot->end_ns != 0 && ns - lowest <= width)
            sample->room[found++] = ns;
    }
    stats_sort_u64(sample->room, found);
    return sample->room[nth - 1];
}

static double percentile(const struct sample *sample, const struct spread *spread, enum span span, double q)
{
    size_t nth = stats_percentile_rank(sample->ended, q), bucket = 0;

    for (; nth > spread->counts[bucket]; bucket++)
        nth -= spread->counts[bucket];
    return (double)nth_of_bucket(sample, span, bucket, nth);
}

static cJSON *spread_json(const struct sample *sample, const struct spread *spread, enum span span)
{
    cJSON *object;

    if (sample->ended == 0)
        return cJSON_CreateNull();
    object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "p50", percentile(sample, spread, span, 0.5));
    cJSON_AddNumberToObject(object, "p90", percentile(sample, spread, span, 0.9));
    json_add_number(object, "p99", sample->ended >= stats_percentile_needs(0.99),
                    percentile(sample, spread, span, 0.99));
    json_add_number(object, "p999", sample->ended >= stats_percentile_needs(0.999),
                    percentile(sample, spread, span, 0.999));
    cJSON_AddNumberToObject(object, "max", (double)spread->max);
    cJSON_AddNumberToObject(object, "mean", spread->sum / (double)sample->ended);
    return object;
}

// Of many slots. 0 or -ENOMEM.
static int add_counted(cJSON *object, struct sample *sample)
{
    struct spread *spreads = calloc(SPANS, sizeof *spreads);
    bool room;

    sample->room = malloc(sample->n * sizeof *sample->room);
    room = spreads != NULL && sample->room != NULL;
    if (room)
        count_all(sample, spreads);
    for (enum span span = 0; room && span < SPANS; span++)
        cJSON_AddItemToObject(object, span_names[span], spread_json(sample, &spreads[span], span));
    free(sample->room);
    free(spreads);
    return room ? 0 : -ENOMEM;
}

int distributions_add(cJSON *object, const struct slot *slots, const uint32_t *index, size_t n, uint64_t start_ns)
{
    struct sample sample = {.slots = slots, .index = index, .n = n, .start_ns = start_ns};
    uint64_t *values;

    if (n >= COUNTED_LEAST)
        return add_counted(object, &sample);
    values = malloc((n + 1) * sizeof *values);
    for (enum span span = 0; values != NULL && span < SPANS; span++) {
        size_t ended = 0;

        for (size_t i = 0; i < n; i++) {
            const struct slot *slot = &slots[index != NULL ? index[i] : i];

            if (slot->end_ns != 0)
                values[ended++] = span_of(slot, span, start_ns);
        }
        cJSON_AddItemToObject(object, span_names[span], distribution(values, ended));
    }
    free(values);
    return values != NULL ? 0 : -ENOMEM;
}

void distributions_record(struct histogram *latency, struct histogram *queued, const struct slot *slots, size_t n,
                          uint64_t start_ns)
{
    for (size_t i = 0; i < n; i++) {
        if (slots[i].end_ns == 0)
            continue;
        histogram_record(latency, span_of(&slots[i], SPAN_LATENCY, start_ns));
        histogram_record(queued, span_of(&slots[i], SPAN_QUEUED, start_ns));
    }
}

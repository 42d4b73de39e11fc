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

enum span { SPAN_LATENCY, SPAN_QUEUED, SPAN_SERVICE };

static uint64_t span_of(const struct slot *slot, enum span span, uint64_t start_ns)
{
    uint64_t from = span == SPAN_SERVICE ? slot->begin_ns : start_ns + slot->arrival_ns;
    uint64_t to = span == SPAN_QUEUED ? slot->begin_ns : slot->end_ns;

    if (to <= from)
        return 0;
    return to - from < (uint64_t)UNITS_MOST ? to - from : (uint64_t)UNITS_MOST;
}

int distributions_add(cJSON *object, const struct slot *slots, const uint32_t *index, size_t n, uint64_t start_ns)
{
    static const char *const names[] = {"latency_ns", "queued_ns", "service_ns"};
    uint64_t *values = malloc((n + 1) * sizeof *values);

    for (enum span span = SPAN_LATENCY; values != NULL && span <= SPAN_SERVICE; span++) {
        size_t ended = 0;

        for (size_t i = 0; i < n; i++) {
            const struct slot *slot = &slots[index != NULL ? index[i] : i];

            if (slot->end_ns != 0)
                values[ended++] = span_of(slot, span, start_ns);
        }
        cJSON_AddItemToObject(object, names[span], distribution(values, ended));
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

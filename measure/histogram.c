// SPDX-License-Identifier: MIT
#include "measure/histogram.h"

#include <cjson/cJSON.h>

_Static_assert(HISTOGRAM_BUCKETS == 128 * 56 + 256, "the last bucket is that of UINT64_MAX");

// By how many bits the values of a bucket are shifted; see histogram_bucket().
static unsigned shift_of(size_t bucket)
{
    return bucket < 256 ? 0 : (unsigned)(bucket / 128) - 1;
}

uint64_t histogram_lowest(size_t bucket)
{
    unsigned shift = shift_of(bucket);

    return (uint64_t)(bucket - 128 * (size_t)shift) << shift;
}

uint64_t histogram_highest(size_t bucket)
{
    return histogram_lowest(bucket) + ((UINT64_C(1) << shift_of(bucket)) - 1);
}

static cJSON *counts_json(const struct histogram *histogram)
{
    cJSON *counts = cJSON_CreateArray();
    size_t empty = 0;

    for (size_t i = 0; histogram->total > 0 && i <= histogram_bucket(histogram->max_ns); i++) {
        if (histogram->counts[i] == 0) {
            empty++;
            continue;
        }
        if (empty > 0)
            cJSON_AddItemToArray(counts, cJSON_CreateNumber(-(double)empty));
        cJSON_AddItemToArray(counts, cJSON_CreateNumber((double)histogram->counts[i]));
        empty = 0;
    }
    return counts;
}

cJSON *histogram_json(const struct histogram *histogram)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "significant_digits", HISTOGRAM_DIGITS);
    cJSON_AddNumberToObject(json, "total", (double)histogram->total);
    cJSON_AddNumberToObject(json, "min", (double)histogram->min_ns);
    cJSON_AddNumberToObject(json, "max", (double)histogram->max_ns);
    cJSON_AddItemToObject(json, "counts", counts_json(histogram));
    return json;
}

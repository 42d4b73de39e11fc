// SPDX-License-Identifier: MIT
#include "measure/spread.h"

// The buckets of shorter spans are empty.
static size_t first_bucket(void)
{
    return histogram_bucket(SPREAD_EXACT);
}

uint64_t spread_total(const struct spread *spread)
{
    uint64_t total = 0;

    for (size_t i = 0; i < SPREAD_EXACT; i++)
        total += spread->exact[i];
    for (size_t i = first_bucket(); spread->max_ns > 0 && i <= histogram_bucket(spread->max_ns); i++)
        total += spread->buckets[i];
    return total;
}

uint64_t spread_max(const struct spread *spread)
{
    uint64_t ns = SPREAD_EXACT - 1;

    if (spread->max_ns > 0)
        return spread->max_ns;
    while (ns > 0 && spread->exact[ns] == 0)
        ns--;
    return ns;
}

double spread_mean(const struct spread *spread, uint64_t total)
{
    uint64_t exact_ns = 0;

    for (uint64_t ns = 0; ns < SPREAD_EXACT; ns++)
        exact_ns += ns * spread->exact[ns];
    return ((double)exact_ns + spread->sum_ns) / (double)total;
}

// A walk over the counts, from the shortest on.
struct walk {
    const struct spread *spread;
    size_t at;       // of the exact ones, and behind them of the buckets
    uint64_t before; // counted before that
};

static uint64_t count_at(const struct walk *walk)
{
    return walk->at < SPREAD_EXACT ? walk->spread->exact[walk->at]
                                   : walk->spread->buckets[walk->at - SPREAD_EXACT + first_bucket()];
}

static struct spread_place walk_to(struct walk *walk, uint64_t nth)
{
    uint64_t count;
    size_t bucket;

    for (; (count = count_at(walk)) < nth - walk->before; walk->at++)
        walk->before += count;
    bucket = walk->at - SPREAD_EXACT + first_bucket();
    if (walk->at < SPREAD_EXACT)
        return (struct spread_place){walk->at, walk->at, nth - walk->before, count};
    return (struct spread_place){histogram_lowest(bucket), histogram_highest(bucket), nth - walk->before, count};
}

void spread_find(const struct spread *spread, const uint64_t *nth, size_t n, struct spread_place *ret_places)
{
    struct walk walk = {.spread = spread};

    for (size_t i = 0; i < n; i++)
        ret_places[i] = walk_to(&walk, nth[i]);
}

static void widen(struct histogram *histogram, uint64_t least_ns, uint64_t most_ns)
{
    if (least_ns < histogram->min_ns || histogram->total == 0)
        histogram->min_ns = least_ns;
    if (most_ns > histogram->max_ns)
        histogram->max_ns = most_ns;
}

void spread_record(const struct spread *spread, struct histogram *histogram)
{
    for (uint64_t ns = 0; ns < SPREAD_EXACT; ns++) {
        if (spread->exact[ns] == 0)
            continue;
        widen(histogram, ns, ns);
        histogram->counts[histogram_bucket(ns)] += spread->exact[ns];
        histogram->total += spread->exact[ns];
    }
    if (spread->max_ns == 0)
        return;
    widen(histogram, spread->min_ns, spread->max_ns);
    for (size_t i = first_bucket(); i <= histogram_bucket(spread->max_ns); i++) {
        histogram->counts[i] += spread->buckets[i];
        histogram->total += spread->buckets[i];
    }
}

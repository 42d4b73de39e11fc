// SPDX-License-Identifier: MIT
#include "cmd/rounds/capacity_search.h"

#include <math.h>
#include <stddef.h>

// Gaps beside rates of which nothing is shown are narrowed down to this: two of them make the width.
#define GAP 1.05
// Rates are doubled or halved until both ends are there.
#define STEP 2

static unsigned tries(const struct capacity_rate *rate)
{
    unsigned sum = 0;

    for (int verdict = 0; verdict < CAPACITY_VERDICTS; verdict++)
        sum += rate->probes[verdict];
    return sum;
}

enum capacity_verdict capacity_verdict_of(const struct capacity_rate *rate)
{
    unsigned held = rate->probes[CAPACITY_HELD], broken = rate->probes[CAPACITY_BROKEN];

    return held > broken ? CAPACITY_HELD : broken > held ? CAPACITY_BROKEN : CAPACITY_UNSHOWN;
}

static const struct capacity_rate *find(const struct capacity_search *search, double per_s)
{
    for (unsigned i = 0; i < search->count; i++) {
        if (search->rates[i].per_s == per_s)
            return &search->rates[i];
    }
    return NULL;
}

// The lowest, or the highest, rate of that verdict strictly between two; 0: none.
static double extreme(const struct capacity_search *search, enum capacity_verdict verdict, double above, double below,
                      bool highest)
{
    double found = 0;

    for (unsigned i = 0; i < search->count; i++) {
        double per_s = search->rates[i].per_s;

        if (capacity_verdict_of(&search->rates[i]) != verdict || per_s <= above || per_s >= below)
            continue;
        if (found == 0 || (highest ? per_s > found : per_s < found))
            found = per_s;
    }
    return found;
}

void capacity_bounds(const struct capacity_search *search, double *ret_low, double *ret_high)
{
    double broken = extreme(search, CAPACITY_BROKEN, 0, INFINITY, false);

    *ret_low = extreme(search, CAPACITY_HELD, 0, broken > 0 ? broken : INFINITY, true);
    *ret_high = extreme(search, CAPACITY_BROKEN, extreme(search, CAPACITY_HELD, 0, INFINITY, true), INFINITY, false);
}

static bool may_probe(const struct capacity_search *search, double per_s, unsigned most)
{
    return per_s > 0 && tries(find(search, per_s)) < most;
}

// A rate whose probes contradict each other; or one of two that do, the lowest that breaks and the highest that holds. 0: none
// do, or they were probed often enough.
static double contradicted(const struct capacity_search *search)
{
    double broken = extreme(search, CAPACITY_BROKEN, 0, INFINITY, false);
    double held = extreme(search, CAPACITY_HELD, 0, INFINITY, true);

    for (unsigned i = 0; i < search->count; i++) {
        const struct capacity_rate *rate = &search->rates[i];

        if (rate->probes[CAPACITY_HELD] > 0 && rate->probes[CAPACITY_HELD] == rate->probes[CAPACITY_BROKEN] &&
            tries(rate) < CAPACITY_AGAIN)
            return rate->per_s;
    }
    if (broken == 0 || held < broken)
        return 0;
    return may_probe(search, broken, CAPACITY_AGAIN) ? broken : may_probe(search, held, CAPACITY_AGAIN) ? held : 0;
}

// Beyond the outermost rate so far, where an end is missing on that side.
static double beyond(const struct capacity_search *search, bool upwards)
{
    double outermost = search->rates[0].per_s, next;

    for (unsigned i = 1; i < search->count; i++)
        outermost = upwards ? fmax(outermost, search->rates[i].per_s) : fmin(outermost, search->rates[i].per_s);
    next = upwards ? fmin(outermost * STEP, search->most) : fmax(outermost / STEP, search->least);
    return find(search, next) == NULL ? next : 0;
}

// A rate between the ends, in the middle by logarithms, beside those of which nothing is shown; 0: there is no room for one.
static double between(const struct capacity_search *search, double low, double high)
{
    double first = extreme(search, CAPACITY_UNSHOWN, low, high, false);
    double last = extreme(search, CAPACITY_UNSHOWN, low, high, true), middle;

    if (high / low <= CAPACITY_WIDTH)
        return 0;
    if (first == 0)
        middle = sqrt(low * high);
    else if (first / low >= high / last)
        middle = first / low > GAP ? sqrt(low * first) : 0;
    else
        middle = high / last > GAP ? sqrt(last * high) : 0;
    // Contradictory ones that were probed often enough may lie there.
    return middle > 0 && find(search, middle) == NULL ? middle : 0;
}

// An end that one probe alone has shown; 0: both are confirmed.
static double unconfirmed(const struct capacity_search *search, double low, double high)
{
    return may_probe(search, low, 2) ? low : may_probe(search, high, 2) ? high : 0;
}

double capacity_next(const struct capacity_search *search)
{
    double low, high, next = contradicted(search);

    if (search->count == 0)
        return fmin(fmax(search->start_per_s, search->least), search->most);
    if (search->probes >= CAPACITY_PROBES)
        return 0;
    capacity_bounds(search, &low, &high);
    if (next == 0 && high == 0)
        next = beyond(search, true);
    if (next == 0 && low == 0)
        next = beyond(search, false);
    if (next == 0 && low > 0 && high > 0)
        next = between(search, low, high);
    return next > 0 ? next : unconfirmed(search, low, high);
}

void capacity_add(struct capacity_search *search, double per_s, enum capacity_verdict verdict)
{
    struct capacity_rate *rate = (struct capacity_rate *)find(search, per_s);

    if (rate == NULL && search->count == CAPACITY_PROBES)
        return;
    if (rate == NULL) {
        rate = &search->rates[search->count++];
        *rate = (struct capacity_rate){.per_s = per_s};
    }
    rate->probes[verdict]++;
    search->probes++;
}

bool capacity_is_found(const struct capacity_search *search)
{
    double low, high;

    capacity_bounds(search, &low, &high);
    return low > 0 && high > 0 && capacity_next(search) == 0 && high / low <= CAPACITY_WIDTH;
}

// SPDX-License-Identifier: MIT
#include "measure/pairs_looks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/stats.h"

#define ALARM_GAMMA (-4.0)
#define PASS_GAMMA 4.0

// How much of the level may have been spent when that share of the rounds is measured.
static double spent(double level, double gamma, double share)
{
    return level * expm1(-gamma * share) / expm1(-gamma);
}

// By n: so many of the n signs, each of one kind with a chance of 1/2, may be of that kind for the boundary not to be crossed,
// such that it is crossed at n or before with a chance of spent() at most. `chances` has room for rounds + 1: of each number
// of such signs, without having crossed.
static void find_boundaries(size_t rounds, double level, double gamma, double *chances, size_t *ret_boundaries)
{
    double used = 0;

    for (size_t s = 0; s <= rounds; s++)
        chances[s] = s == 0;
    for (size_t n = 1; n <= rounds; n++) {
        double allowed = n < PAIRS_FIRST_LOOK && n < rounds ? 0 : spent(level, gamma, (double)n / (double)rounds);
        size_t k = 0;

        for (size_t s = n; s > 0; s--)
            chances[s] = (chances[s] + chances[s - 1]) / 2;
        chances[0] /= 2;
        while (k < n && used + chances[k] <= allowed) {
            used += chances[k];
            chances[k++] = 0;
        }
        ret_boundaries[n] = k;
    }
}

static void set_single(size_t rounds, size_t comparisons, size_t *ret_alarm)
{
    for (size_t n = 1; n <= rounds; n++)
        ret_alarm[n] = stats_bound_k(n, PAIRS_LEVEL / (double)comparisons);
}

int pairs_looks_make(size_t rounds, size_t comparisons, bool early, struct pairs_looks *ret_looks)
{
    double *chances = calloc(rounds + 1, sizeof *chances);
    int err = 0;

    *ret_looks = (struct pairs_looks){
        .rounds = rounds,
        .alarm = calloc(rounds + 1, sizeof *ret_looks->alarm),
        .passed = calloc(rounds + 1, sizeof *ret_looks->passed),
    };
    if (chances == NULL || ret_looks->alarm == NULL || ret_looks->passed == NULL) {
        err = -ENOMEM;
    } else if (early) {
        find_boundaries(rounds, PAIRS_LEVEL / (double)comparisons, ALARM_GAMMA, chances, ret_looks->alarm);
        find_boundaries(rounds, PAIRS_PASS_LEVEL, PASS_GAMMA, chances, ret_looks->passed);
    } else {
        set_single(rounds, comparisons, ret_looks->alarm);
    }
    free(chances);
    return err;
}

void pairs_looks_release(struct pairs_looks *looks)
{
    free(looks->alarm);
    free(looks->passed);
    *looks = (struct pairs_looks){.rounds = 0};
}

static enum pairs_finding find(const double *sorted, size_t n, const struct pairs_looks *looks, double limit)
{
    size_t alarm = looks->alarm[n], passed = looks->passed[n];

    if (alarm > 0 && sorted[alarm - 1] > limit)
        return PAIRS_WORSE;
    if (alarm > 0 && sorted[n - alarm] < -limit)
        return PAIRS_BETTER;
    // What looks better is measured until that can be said.
    if (passed > 0 && sorted[n - passed] < limit && stats_median(sorted, n) > -limit)
        return PAIRS_SAME;
    return PAIRS_UNSURE;
}

int pairs_look(const double *d, size_t n, const struct pairs_looks *looks, double allowed,
               enum pairs_finding *ret_finding)
{
    double *sorted;

    *ret_finding = PAIRS_UNSURE;
    if (n == 0 || n > looks->rounds)
        return 0;
    sorted = stats_sorted(d, n);
    if (sorted == NULL)
        return -ENOMEM;
    *ret_finding = find(sorted, n, looks, log1p(allowed));
    free(sorted);
    return 0;
}

// SPDX-License-Identifier: MIT
#include "reports/findings/claims_verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/stats.h"

const char *const claims_verdict_names[CLAIMS_VERDICTS] = {"confirmed", "refuted", "not shown"};

static int sum_up(const double *values, size_t n, double others, struct claims_batch *ret_batch)
{
    double *sorted = stats_sorted(values, n);

    if (sorted == NULL)
        return -ENOMEM;
    *ret_batch = (struct claims_batch){.n = n, .median = NAN, .low = NAN, .high = NAN, .others = others};
    if (n > 0) {
        ret_batch->median = stats_median(sorted, n);
        ret_batch->low = sorted[0];
        ret_batch->high = sorted[n - 1];
    }
    free(sorted);
    return 0;
}

static int sum_up_all(const double *values, struct claims_estimate *estimate)
{
    struct stats_interval interval;
    double *sorted = stats_sorted(values, estimate->n);

    if (sorted == NULL)
        return -ENOMEM;
    if (estimate->n > 0) {
        interval = stats_median_interval(sorted, estimate->n, 0.95);
        estimate->median = stats_median(sorted, estimate->n);
        estimate->interval = interval.valid && !estimate->once;
        estimate->low = estimate->once ? sorted[0] : interval.low;
        estimate->high = estimate->once ? sorted[estimate->n - 1] : interval.high;
    }
    free(sorted);
    return 0;
}

int claims_estimate(const double *values, const size_t *n, const double *others, unsigned batch_count, bool once,
                    struct claims_estimate *ret_estimate)
{
    struct claims_estimate estimate = {.median = NAN, .low = NAN, .high = NAN, .others = NAN, .once = once};
    int err = 0;

    estimate.batch_count = batch_count;
    for (unsigned i = 0; err == 0 && i < batch_count; i++) {
        err = sum_up(values + estimate.n, n[i], others[i], &estimate.batches[i]);
        estimate.n += n[i];
        estimate.others = fmax(estimate.others, others[i]);
    }
    if (err == 0)
        err = sum_up_all(values, &estimate);
    *ret_estimate = estimate;
    return err;
}

static bool lies(double value, double bound, bool at_most)
{
    return at_most ? value <= bound : value >= bound;
}

// Between confirmed and refuted, 0; on the side that confirms 1, that refutes -1.
static int side_of(double value, const struct claims_bounds *bounds)
{
    if (lies(value, bounds->confirmed, bounds->at_most))
        return 1;
    return lies(value, bounds->refuted, !bounds->at_most) ? -1 : 0;
}

static bool is_disturbed(double others)
{
    return others > CLAIMS_OTHERS_MOST;
}

// All of it on one side: the interval and each batch. 0: it is not.
static int side_of_all(const struct claims_estimate *estimate, const struct claims_bounds *bounds)
{
    int side = side_of(estimate->low, bounds);
    bool all = side_of(estimate->high, bounds) == side && !is_disturbed(estimate->others);

    for (unsigned i = 0; i < estimate->batch_count; i++)
        all = all && side_of(estimate->batches[i].median, bounds) == side;
    return all ? side : 0;
}

// The side of all values of a batch that nobody disturbed. 0: they are on none.
static int side_of_batch(const struct claims_batch *batch, const struct claims_bounds *bounds)
{
    int side = side_of(batch->low, bounds);

    return side_of(batch->high, bounds) == side && !is_disturbed(batch->others) ? side : 0;
}

// How many batches have their median on that side.
static unsigned medians_on(const struct claims_estimate *estimate, const struct claims_bounds *bounds, int side)
{
    unsigned count = 0;

    for (unsigned i = 0; i < estimate->batch_count; i++)
        count += side_of(estimate->batches[i].median, bounds) == side;
    return count;
}

// Of more batches than the least: the side for which two or more decide and none for the other, where the median of all, and those
// of all but one, lie too. 0: there is none.
static int side_of_batches(const struct claims_estimate *estimate, const struct claims_bounds *bounds)
{
    unsigned confirm = 0, refute = 0;
    int side;

    if (estimate->batch_count <= CLAIMS_BATCHES || estimate->once)
        return 0;
    for (unsigned i = 0; i < estimate->batch_count; i++) {
        confirm += side_of_batch(&estimate->batches[i], bounds) > 0;
        refute += side_of_batch(&estimate->batches[i], bounds) < 0;
    }
    side = confirm >= CLAIMS_BATCHES && refute == 0 ? 1 : refute >= CLAIMS_BATCHES && confirm == 0 ? -1 : 0;
    if (side_of(estimate->median, bounds) != side || medians_on(estimate, bounds, side) + 1 < estimate->batch_count)
        return 0;
    return side;
}

static enum claims_cause cause_of(const struct claims_estimate *estimate, const struct claims_bounds *bounds)
{
    int median = side_of(estimate->median, bounds);

    if (is_disturbed(estimate->others))
        return CLAIMS_CAUSE_OTHERS;
    for (unsigned i = 1; i < estimate->batch_count; i++) {
        if (side_of(estimate->batches[i].median, bounds) != side_of(estimate->batches[0].median, bounds))
            return CLAIMS_CAUSE_BATCHES;
    }
    if (side_of(estimate->low, bounds) != median || side_of(estimate->high, bounds) != median)
        return CLAIMS_CAUSE_NOISE;
    return CLAIMS_CAUSE_BETWEEN;
}

static bool is_few(const struct claims_estimate *estimate, size_t needed)
{
    bool few = estimate->batch_count < CLAIMS_BATCHES;

    for (unsigned i = 0; i < estimate->batch_count; i++)
        few |= estimate->batches[i].n < needed || estimate->batches[i].n == 0;
    return few;
}

enum claims_verdict claims_judge_estimate(const struct claims_estimate *estimate, const struct claims_bounds *bounds,
                                          size_t needed, enum claims_cause *ret_cause)
{
    int side;

    *ret_cause = is_few(estimate, needed) ? CLAIMS_CAUSE_FEW : CLAIMS_CAUSE_NONE;
    if (*ret_cause != CLAIMS_CAUSE_NONE)
        return CLAIMS_NOT_SHOWN;
    side = side_of_all(estimate, bounds);
    if (side == 0)
        side = side_of_batches(estimate, bounds);
    if (side != 0)
        return side > 0 ? CLAIMS_CONFIRMED : CLAIMS_REFUTED;
    *ret_cause = cause_of(estimate, bounds);
    return CLAIMS_NOT_SHOWN;
}

bool claims_cause_may_pass(enum claims_cause cause)
{
    return cause == CLAIMS_CAUSE_BATCHES || cause == CLAIMS_CAUSE_NOISE || cause == CLAIMS_CAUSE_OTHERS;
}

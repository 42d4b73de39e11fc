// SPDX-License-Identifier: MIT
#include "reports/findings/gate_batch.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/fields.h"

struct columns {
    double *d, *base, *new;
};

static bool side_ok(const cJSON *pair, const char *side)
{
    return field_is(field(pair, side), "status", "ok");
}

static double median_of(double *values, size_t n)
{
    stats_sort(values, n);
    return stats_median(values, n);
}

// The valid pairs of one round.
struct round {
    double number;
    struct columns columns;
    size_t n;
};

static void add_pair(struct round *round, const struct metric *metric, const cJSON *pair)
{
    const struct columns *columns = &round->columns;

    if (!side_ok(pair, "base") || !side_ok(pair, "new"))
        return;
    columns->base[round->n] = metric_of(metric, field(pair, "base"));
    columns->new[round->n] = metric_of(metric, field(pair, "new"));
    if (pairs_difference(columns->base[round->n], columns->new[round->n], metric->more_is_better,
                         &columns->d[round->n]))
        round->n++;
}

// Puts the medians of a round that has a valid pair behind the n that are in the columns. Returns how many.
static size_t end_round(struct round *round, const struct columns *columns, size_t n)
{
    if (round->n == 0)
        return n;
    columns->d[n] = median_of(round->columns.d, round->n);
    columns->base[n] = median_of(round->columns.base, round->n);
    columns->new[n] = median_of(round->columns.new, round->n);
    round->n = 0;
    return n + 1;
}

// Fills the columns, which have room for all pairs, with the rounds that have a valid one; `round` has as much. Returns
// how many.
static size_t collect(const cJSON *cell, const struct metric *metric, int batch, const struct columns *columns,
                      struct round *round, size_t *ret_asked)
{
    const cJSON *pair;
    size_t n = 0, asked = 0;

    cJSON_ArrayForEach(pair, field(cell, "pairs")) {
        if (field_number(pair, "batch") != batch)
            continue;
        if (asked == 0 || field_number(pair, "round") != round->number) {
            n = end_round(round, columns, n);
            round->number = field_number(pair, "round");
            asked++;
        }
        add_pair(round, metric, pair);
    }
    *ret_asked = asked;
    return end_round(round, columns, n);
}

int gate_batch_make(const cJSON *cell, const struct metric *metric, int batch, size_t comparisons,
                    struct gate_batch *ret_batch)
{
    size_t room = (size_t)cJSON_GetArraySize(field(cell, "pairs")) + 1, n;
    double *values = calloc(6 * room, sizeof *values);
    struct columns columns = {values, values + room, values + 2 * room};
    struct round round = {.columns = {values + 3 * room, values + 4 * room, values + 5 * room}};
    int err = 0;

    *ret_batch = (struct gate_batch){.base = NAN, .new = NAN};
    if (values == NULL)
        return -ENOMEM;
    n = collect(cell, metric, batch, &columns, &round, &ret_batch->asked);
    if (n > 0) {
        err = pairs_estimate(columns.d, n, comparisons, &ret_batch->estimate);
        ret_batch->base = median_of(columns.base, n);
        ret_batch->new = median_of(columns.new, n);
    }
    free(values);
    return err;
}

double gate_change(const struct metric *metric, double d)
{
    return pairs_share(metric->more_is_better ? -d : d);
}

void gate_set_number(cJSON *object, const char *name, double value)
{
    json_set(object, name, isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

void gate_batch_write(cJSON *object, const struct metric *metric, const struct gate_batch *batch)
{
    const struct pairs_estimate *e = &batch->estimate;
    double low = gate_change(metric, e->low), high = gate_change(metric, e->high);

    gate_set_number(object, "n", (double)e->n);
    gate_set_number(object, "order", e->k > 0 ? (double)e->k : NAN);
    gate_set_number(object, "change", e->n > 0 ? gate_change(metric, e->median) : NAN);
    gate_set_number(object, "low", e->interval ? fmin(low, high) : NAN);
    gate_set_number(object, "high", e->interval ? fmax(low, high) : NAN);
    gate_set_number(object, "least", e->k > 0 ? gate_change(metric, e->least) : NAN);
}

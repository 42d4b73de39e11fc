// SPDX-License-Identifier: MIT
#include "reports/findings/gate_batch.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/fields.h"

static bool side_ok(const cJSON *pair, const char *side)
{
    return field_is(field(pair, side), "status", "ok");
}

// The valid pairs of one round.
struct round {
    double number;
    double *d, *base, *new;
    size_t n;
};

static void add_pair(struct round *round, const struct metric *metric, const cJSON *pair)
{
    if (!side_ok(pair, "base") || !side_ok(pair, "new"))
        return;
    round->base[round->n] = metric_of(metric, field(pair, "base"));
    round->new[round->n] = metric_of(metric, field(pair, "new"));
    if (pairs_difference(round->base[round->n], round->new[round->n], metric->more_is_better, &round->d[round->n]))
        round->n++;
}

static double median_of(double *values, size_t n)
{
    stats_sort(values, n);
    return stats_median(values, n);
}

// Puts the medians of a round that has a valid pair behind those that are in the columns.
static void end_round(struct round *round, struct gate_columns *columns)
{
    if (round->n == 0)
        return;
    columns->d[columns->n] = median_of(round->d, round->n);
    columns->base[columns->n] = median_of(round->base, round->n);
    columns->new[columns->n] = median_of(round->new, round->n);
    columns->round[columns->n++] = round->number;
    round->n = 0;
}

static void collect(const cJSON *cell, const struct metric *metric, int batch, struct round *round,
                    struct gate_columns *columns)
{
    const cJSON *pair;

    cJSON_ArrayForEach(pair, field(cell, "pairs")) {
        if (field_number(pair, "batch") != batch)
            continue;
        if (columns->asked == 0 || field_number(pair, "round") != round->number) {
            end_round(round, columns);
            round->number = field_number(pair, "round");
            columns->asked++;
        }
        add_pair(round, metric, pair);
    }
    end_round(round, columns);
}

int gate_columns_read(const cJSON *cell, const struct metric *metric, int batch, struct gate_columns *ret_columns)
{
    size_t room = (size_t)cJSON_GetArraySize(field(cell, "pairs")) + 1;
    double *values = calloc(7 * room, sizeof *values);
    struct round round = {.n = 0};

    *ret_columns = (struct gate_columns){.d = values};
    if (values == NULL)
        return -ENOMEM;
    ret_columns->base = values + room;
    ret_columns->new = values + 2 * room;
    ret_columns->round = values + 3 * room;
    round.d = values + 4 * room;
    round.base = values + 5 * room;
    round.new = values + 6 * room;
    collect(cell, metric, batch, &round, ret_columns);
    return 0;
}

void gate_columns_release(struct gate_columns *columns)
{
    free(columns->d);
    *columns = (struct gate_columns){.n = 0};
}

static int median_of_first(const double *values, size_t n, double *ret_median)
{
    double *sorted = stats_sorted(values, n);

    if (sorted == NULL)
        return -ENOMEM;
    *ret_median = stats_median(sorted, n);
    free(sorted);
    return 0;
}

int gate_batch_make(const struct gate_columns *columns, size_t n, const struct pairs_looks *looks,
                    struct gate_batch *ret_batch)
{
    int err = 0;

    *ret_batch = (struct gate_batch){.base = NAN, .new = NAN, .asked = columns->asked};
    if (n == 0)
        return 0;
    err = pairs_estimate(columns->d, n, n <= looks->rounds ? looks->alarm[n] : 0, &ret_batch->estimate);
    if (err == 0)
        err = median_of_first(columns->base, n, &ret_batch->base);
    return err == 0 ? median_of_first(columns->new, n, &ret_batch->new) : err;
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

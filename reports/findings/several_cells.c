// SPDX-License-Identifier: MIT
#include "reports/findings/several_cells.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/contest.h"
#include "reports/findings/families.h"
#include "reports/findings/ranking.h"

// Not json_add_number(): the figure says itself whether it is known.
static void add_figure(cJSON *object, const char *name, double figure)
{
    json_add_number(object, name, isfinite(figure), figure);
}

// Where languages have ranks of their own, they have loops of their own, and the models in C the plain one.
static void add_speedup(cJSON *place, const char *reference, bool families, const cJSON *cell)
{
    const cJSON *statistic = field(cell, families ? "summary.loop_speedup" : "summary.speedup");
    char loop[BLOCK_LOOP];
    cJSON *speedup = statistic != NULL ? cJSON_CreateObject() : cJSON_CreateNull();

    cJSON_AddItemToObject(place, "speedup", speedup);
    if (statistic == NULL)
        return;
    json_add_text(speedup, "over", !families ? reference : block_own_loop(cell, loop));
    add_figure(speedup, "median", field_number(statistic, "median"));
    add_figure(speedup, "low", field_number(statistic, "low"));
    add_figure(speedup, "high", field_number(statistic, "high"));
}

static void add_truth(cJSON *object, const char *name, const cJSON *truth)
{
    cJSON_AddItemToObject(object, name,
                          cJSON_IsBool(truth) ? cJSON_CreateBool(cJSON_IsTrue(truth)) : cJSON_CreateNull());
}

static cJSON *make_place(const char *status, const char *reason, const char *reference, bool families,
                         const cJSON *cell)
{
    cJSON *place = cJSON_CreateObject();

    cJSON_AddStringToObject(place, "status", status);
    json_add_text(place, "reason", reason);
    add_figure(place, "rank", field_number(cell, "summary.rank"));
    add_truth(place, "tied", field(cell, "summary.tied"));
    cJSON_AddNullToObject(place, "standing");
    add_figure(place, "wall_ns", field_number(cell, "summary.wall_ns.median"));
    add_speedup(place, reference, families, cell);
    add_figure(place, "of_ideal", field_number(cell, "summary.of_ideal.median"));
    add_truth(place, "kept_up", field(cell, "summary.kept_up"));
    return place;
}

cJSON *several_cell(const cJSON *report, const cJSON *block, const cJSON *cell)
{
    const char *reason = field_text(cell, "reason"), *reference = field_text(report, "plan.reference");

    if (cell_ok(cell))
        return make_place("ok", NULL, reference, families_apart(block), cell);
    return make_place(field_text(cell, "status"), reason != NULL ? reason : "no reason given", NULL, false, NULL);
}

cJSON *several_absent_cell(const char *reason)
{
    return make_place("missing", reason, NULL, false, NULL);
}

static cJSON *last_place(const cJSON *experiment, const cJSON *cell)
{
    cJSON *model;

    cJSON_ArrayForEach(model, cJSON_GetObjectItemCaseSensitive(experiment, "models")) {
        if (field_is(model, "model", field_text(cell, "model")))
            return cJSON_GetObjectItemCaseSensitive(model, "places")->child->prev;
    }
    return NULL;
}

static const char *standing_of(const struct contest *contest, const cJSON *cell, size_t firsts, double worst)
{
    if (ranking_first(contest->block, cell))
        return firsts > 1 ? "shared first" : "first";
    return field_number(cell, "summary.rank") == worst ? "last" : "between";
}

static void set_standings(cJSON *experiment, const struct contest *contest)
{
    size_t firsts = 0;
    double worst = NAN;

    for (size_t i = 0; i < contest->n; i++) {
        firsts += ranking_first(contest->block, contest->cells[i]);
        worst = fmax(worst, field_number(contest->cells[i], "summary.rank"));
    }
    for (size_t i = 0; i < contest->n; i++) {
        const char *standing = standing_of(contest, contest->cells[i], firsts, worst);

        json_set(last_place(experiment, contest->cells[i]), "standing", cJSON_CreateString(standing));
    }
}

static int judge_part(cJSON *part, const char *name, void *data)
{
    struct contest contest;
    int err = contest_open(part, &contest);

    if (err == 0 && contest.outcome != CONTEST_NONE && contest.outcome != CONTEST_FEW)
        set_standings(data, &contest);
    contest_release(&contest);
    return err;
}

int several_standings(cJSON *experiment, cJSON *block)
{
    return families_each(block, judge_part, experiment);
}

// Across machines the ratios are not compared, but counted: each is its own machine's.
static cJSON *make_spread(const double *sorted, size_t n)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"min", 0}, {"q1", 0.25}, {"median", 0.5}, {"q3", 0.75}, {"max", 1}};
    cJSON *spread;

    if (n == 0)
        return cJSON_CreateNull();
    spread = cJSON_CreateObject();
    cJSON_AddNumberToObject(spread, "n", (double)n);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        cJSON_AddNumberToObject(spread, quantiles[i].name, stats_quantile(sorted, n, quantiles[i].q));
    return spread;
}

static int add_spread(cJSON *model, const cJSON *places)
{
    double *ratios = calloc((size_t)cJSON_GetArraySize(places) + 1, sizeof *ratios);
    const cJSON *place;
    size_t n = 0;

    if (ratios == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(place, places) {
        double ratio = field_number(place, "speedup.median");

        if (!isnan(ratio))
            ratios[n++] = ratio;
    }
    stats_sort(ratios, n);
    json_set(model, "spread", make_spread(ratios, n));
    free(ratios);
    return 0;
}

static void add_counts(cJSON *model, const cJSON *places)
{
    static const struct {
        const char *name, *path, *text;
    } counted[] = {
        {"first", "standing", "first"}, {"shared_first", "standing", "shared first"}, {"last", "standing", "last"}};
    cJSON *counts = cJSON_CreateObject();
    const cJSON *place;
    size_t told = 0, ok = 0;

    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        size_t n = 0;

        cJSON_ArrayForEach(place, places)
            n += field_is(place, counted[i].path, counted[i].text);
        cJSON_AddNumberToObject(counts, counted[i].name, (double)n);
    }
    cJSON_ArrayForEach(place, places) {
        told += field(place, "standing") != NULL;
        ok += cell_ok(place);
    }
    cJSON_AddNumberToObject(counts, "lacking", (double)cJSON_GetArraySize(places) - (double)ok);
    cJSON_AddNumberToObject(counts, "told", (double)told);
    json_set(model, "counts", counts);
}

int several_sum_up(cJSON *several)
{
    cJSON *experiment, *model;
    int err = 0;

    cJSON_ArrayForEach(experiment, cJSON_GetObjectItemCaseSensitive(several, "experiments")) {
        cJSON_ArrayForEach(model, cJSON_GetObjectItemCaseSensitive(experiment, "models")) {
            if (err == 0)
                err = add_spread(model, field(model, "places"));
            add_counts(model, field(model, "places"));
        }
    }
    return err;
}

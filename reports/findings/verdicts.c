// SPDX-License-Identifier: MIT
#include "reports/findings/verdicts.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"
#include "reports/findings/ranking.h"

// A lead of less decides nothing, as in the sentences of a block.
#define LEAD 1.10

signed char verdicts_ahead(const struct verdicts *v, size_t a, size_t b, size_t point)
{
    return v->ahead[(a * v->models + b) * v->view->points + point];
}

bool verdicts_fast(const struct verdicts *v, size_t model, size_t point)
{
    return v->fast[model * v->view->points + point];
}

static bool competes(const cJSON *block, const cJSON *cell)
{
    return cell != NULL && cell_competes(cell) && !judge_lost_updates(cell) && ranking_figure(block, cell) > 0;
}

static int compare(struct verdicts *v, size_t a, size_t b, size_t point, struct paired_ratio *ret_ratio)
{
    const cJSON *one = sweep_cell(v->view, a, point), *other = sweep_cell(v->view, b, point);
    const cJSON *block = v->view->blocks[point];

    *ret_ratio = (struct paired_ratio){.valid = false};
    if (!competes(block, one) || !competes(block, other))
        return 0;
    v->paired = true;
    return paired_ratio(block, one, other, ret_ratio);
}

static int verdict_of(const struct paired_ratio *ratio)
{
    if (!ratio->valid)
        return 0;
    return ratio->high < 1 && ratio->median * LEAD <= 1 ? 1 : ratio->low > 1 && ratio->median >= LEAD ? -1 : 0;
}

static int judge_pairs(struct verdicts *v)
{
    for (size_t a = 0; a < v->models; a++) {
        for (size_t b = a + 1; b < v->models; b++) {
            for (size_t point = 0; point < v->view->points; point++) {
                struct paired_ratio ratio;
                int verdict;

                if (compare(v, a, b, point, &ratio) != 0)
                    return -ENOMEM;
                verdict = verdict_of(&ratio);
                v->compared |= ratio.valid;
                v->ahead[(a * v->models + b) * v->view->points + point] = (signed char)verdict;
                v->ahead[(b * v->models + a) * v->view->points + point] = (signed char)-verdict;
            }
        }
    }
    return 0;
}

// Not shown, but shown to be: slower than each other one that could be chosen by at most 10 %. 0 or -ENOMEM.
static int judge_fast(struct verdicts *v, size_t model, size_t point)
{
    const cJSON *block = v->view->blocks[point], *cell = sweep_cell(v->view, model, point);
    bool fast = cell != NULL && ranking_in_question(block, cell) && v->models > 1;

    for (size_t other = 0; fast && other < v->models; other++) {
        const cJSON *rival = sweep_cell(v->view, other, point);
        struct paired_ratio ratio;

        if (other == model || rival == NULL || !ranking_in_question(block, rival))
            continue;
        if (paired_ratio(block, cell, rival, &ratio) != 0)
            return -ENOMEM;
        fast = ratio.valid && ratio.high <= LEAD;
    }
    v->fast[model * v->view->points + point] = fast && field_number(block, "rounds") >= STATS_INTERVAL_LEAST;
    return 0;
}

static void find_reference(struct verdicts *v)
{
    const char *reference = field_text(v->view->document, "plan.reference");

    v->reference = VERDICTS_MODELS;
    for (size_t model = 0; model < v->models; model++)
        if (reference != NULL && strcmp(sweep_model(v->view, model), reference) == 0)
            v->reference = model;
}

double verdicts_task_ns(const cJSON *block, const char **ret_what)
{
    double cpu_ns = field_number(block, "calibration.task_cpu_ns"), ideal_ns = field_number(block, "ideal_ns");
    double tasks = field_number(block, "tasks"), lanes = fmin(field_number(block, "concurrency"), tasks);

    *ret_what = "work";
    if (block_open_loop(block))
        return NAN; // latency is compared, to which there is more than the task
    if (field_is(block, "kind", "CPU-bound"))
        return cpu_ns;
    *ret_what = "waiting";
    return field_is(block, "kind", "I/O-bound") ? ideal_ns / ceil(tasks / lanes) : NAN;
}

// Where a model is ahead of the reference from one point on, wherever both have figures, and was not before: the work that
// takes to pay off.
static size_t pays_from(const struct verdicts *v, size_t model)
{
    const char *what;
    size_t from = v->view->points;
    bool before = false;

    for (size_t point = 0; point < v->view->points; point++) {
        const cJSON *block = v->view->blocks[point];

        if (!competes(block, sweep_cell(v->view, model, point)) ||
            !competes(block, sweep_cell(v->view, v->reference, point)))
            continue;
        if (verdicts_ahead(v, model, v->reference, point) <= 0) {
            from = v->view->points;
            before = true;
        } else if (from == v->view->points) {
            from = point;
        }
    }
    return before && from < v->view->points && !isnan(verdicts_task_ns(v->view->blocks[from], &what)) ? from
                                                                                                      : v->view->points;
}

void verdicts_release(struct verdicts *v)
{
    free(v->ahead);
    free(v->fast);
    free(v->pays_from);
}

int verdicts_open(const struct sweep_view *view, struct verdicts *v)
{
    *v = (struct verdicts){.view = view, .models = view->models < VERDICTS_MODELS ? view->models : VERDICTS_MODELS};
    v->ahead = calloc(v->models * v->models * view->points + 1, sizeof *v->ahead);
    v->fast = calloc(v->models * view->points + 1, sizeof *v->fast);
    v->pays_from = calloc(v->models + 1, sizeof *v->pays_from);
    if (v->ahead == NULL || v->fast == NULL || v->pays_from == NULL || judge_pairs(v) != 0)
        return -ENOMEM;
    for (size_t point = 0; point < view->points; point++)
        for (size_t model = 0; model < v->models; model++)
            if (judge_fast(v, model, point) != 0)
                return -ENOMEM;
    find_reference(v);
    for (size_t model = 0; model < v->models; model++)
        v->pays_from[model] = sweep_axis_is(view, "argument") && v->reference != VERDICTS_MODELS ? pays_from(v, model)
                                                                                                 : view->points;
    return 0;
}

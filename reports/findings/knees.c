// SPDX-License-Identifier: MIT
#include "reports/findings/knees.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "reports/findings/wording.h"
#include "reports/findings/yardstick.h"

// Latency that is shown to be more than so many times as long as at its lowest is not flat.
#define RISE 2

static const cJSON *latency_at(const struct sweep_view *view, size_t model, size_t point)
{
    return yardstick_statistic(yardstick_of_latency(view->blocks[point]), sweep_cell(view, model, point));
}

static bool is_judged(const struct sweep_view *view, size_t model)
{
    for (size_t point = 0; point < view->points; point++) {
        const cJSON *cell = sweep_cell(view, model, point);

        if (cell == NULL || !cell_competes(cell) || isnan(field_number(latency_at(view, model, point), "low")))
            return false;
    }
    return true;
}

// Whether the model is past its knee there, by that rate alone and what it had at lower ones.
static bool is_risen(const struct sweep_view *view, size_t model, size_t point, double base)
{
    return !judge_keeps_up(sweep_cell(view, model, point)) ||
           field_number(latency_at(view, model, point), "low") > RISE * base;
}

// The number of rates, from the lowest on, that the fewest contradict by being risen among them or flat behind; of several
// the least.
static size_t split(const bool *risen, size_t points)
{
    size_t contradicting = 0, fewest, best = 0;

    for (size_t point = 0; point < points; point++)
        contradicting += !risen[point];
    fewest = contradicting;
    for (size_t flat = 1; flat <= points; flat++) {
        contradicting = risen[flat - 1] ? contradicting + 1 : contradicting - 1;
        if (contradicting < fewest) {
            fewest = contradicting;
            best = flat;
        }
    }
    return best;
}

struct knee knee_of(const struct sweep_view *view, size_t model)
{
    struct knee knee = {.verdict = KNEE_UNSHOWN, .base = INFINITY};
    bool *risen = calloc(view->points + 1, sizeof *risen);

    if (risen != NULL && is_judged(view, model)) {
        for (size_t point = 0; point < view->points; point++) {
            knee.base = fmin(knee.base, field_number(latency_at(view, model, point), "high"));
            risen[point] = is_risen(view, model, point, knee.base);
        }
        knee.flat = split(risen, view->points);
        knee.verdict = knee.flat == 0 ? KNEE_BELOW : knee.flat == view->points ? KNEE_BEYOND : KNEE_FOUND;
    }
    free(risen);
    return knee;
}

void knee_describe(cJSON *json, const struct sweep_view *view, size_t model)
{
    static const char *const verdicts[] = {"not shown", "below", "found", "beyond"};
    struct knee knee;
    cJSON *object;

    if (!sweep_axis_is(view, "rate"))
        return;
    knee = knee_of(view, model);
    object = cJSON_AddObjectToObject(json, "knee");
    cJSON_AddStringToObject(object, "verdict", verdicts[knee.verdict]);
    json_add_number(object, "per_s", knee.flat > 0,
                    knee.flat > 0 ? field_number(view->blocks[knee.flat - 1], "sweep.value") : 0);
}

// Models with the same knee, which are past it in the same way.
struct group {
    const struct sweep_view *view;
    const cJSON **cells; // at the first rate past the knee, or the last
    size_t n;
    struct knee knee;
    bool keeps_up;
    double least, most; // of what is said of them there
};

static size_t next_point(const struct sweep_view *view, const struct knee *knee)
{
    return knee->flat < view->points ? knee->flat : view->points - 1;
}

static void add_member(struct group *group, size_t model)
{
    size_t point = next_point(group->view, &group->knee);
    const cJSON *cell = sweep_cell(group->view, model, point);
    double figure = group->keeps_up ? field_number(latency_at(group->view, model, point), "median")
                                    : field_number(yardstick_statistic(YARDSTICK_RATE, cell), "median");

    group->cells[group->n++] = cell;
    group->least = fmin(group->least, figure);
    group->most = fmax(group->most, figure);
}

static void write_span(FILE *out, const struct group *group)
{
    void (*write_one)(FILE * out, double figure) = group->keeps_up ? write_duration : write_per_second;

    write_one(out, group->least);
    if (group->most <= group->least)
        return;
    fputs(" to ", out);
    write_one(out, group->most);
}

// "there p99 is 40.1 ms", "there they reach only 811/s to 823/s".
static void write_past(FILE *out, const struct group *group, size_t point)
{
    bool p99 = yardstick_of_latency(group->view->blocks[point]) == YARDSTICK_P99;

    if (group->keeps_up)
        fprintf(out, " %s ", p99 ? "p99 is" : "the slowest task takes");
    else
        fputs(names_are_plural(group->cells, group->n) ? " they reach only " : " it reaches only ", out);
    write_span(out, group);
}

static void say_group(FILE *out, const struct group *group)
{
    size_t point = next_point(group->view, &group->knee);
    const char *next = sweep_label(group->view, point);

    fputs("The knee of ", out);
    write_names(out, group->cells, group->n, "and");
    if (group->knee.verdict == KNEE_BEYOND) {
        fprintf(out, " is not reached: latency stays flat up to %s", next);
    } else {
        if (group->knee.verdict == KNEE_FOUND)
            fprintf(out, " is at %s: up to there latency stays flat, at %s", sweep_label(group->view, point - 1), next);
        else
            fprintf(out, " is below %s: even there", next);
        write_past(out, group, point);
    }
    fputc('.', out);
}

static bool keeps_up_past(const struct sweep_view *view, size_t model, const struct knee *knee)
{
    return judge_keeps_up(sweep_cell(view, model, next_point(view, knee)));
}

// Those of the first model's kind that have not been said yet, of which it is one.
static int say_with(cJSON *array, const struct sweep_view *view, size_t first, bool *said, const cJSON **cells)
{
    struct group group = {.view = view, .cells = cells, .knee = knee_of(view, first), .least = INFINITY, .most = 0};
    struct text_stream text;
    int err;

    group.keeps_up = keeps_up_past(view, first, &group.knee);
    for (size_t model = first; model < view->models; model++) {
        struct knee knee = knee_of(view, model);

        if (said[model] || knee.verdict != group.knee.verdict || knee.flat != group.knee.flat ||
            keeps_up_past(view, model, &knee) != group.keeps_up)
            continue;
        said[model] = true;
        add_member(&group, model);
    }
    err = text_stream_open(&text);
    if (err != 0)
        return err;
    say_group(text.out, &group);
    return sentence_end(&text, array);
}

int knees_say(cJSON *array, const struct sweep_view *view)
{
    const cJSON **cells = calloc(view->models + 1, sizeof *cells);
    bool *said = calloc(view->models + 1, sizeof *said);
    int err = cells != NULL && said != NULL ? 0 : -ENOMEM;

    for (size_t model = 0; err == 0 && model < view->models && sweep_axis_is(view, "rate") && view->points > 1;
         model++) {
        if (!said[model] && knee_of(view, model).verdict != KNEE_UNSHOWN)
            err = say_with(array, view, model, said, cells);
    }
    free(cells);
    free(said);
    return err;
}

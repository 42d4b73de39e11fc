// SPDX-License-Identifier: MIT
#include "reports/findings/crossovers.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/falls_behind.h"
#include "reports/findings/figures.h"
#include "reports/findings/more_rounds.h"
#include "reports/findings/verdicts.h"
#include "reports/findings/wording.h"

// Of one kind; the rest is in the tables.
#define MOST_SENTENCES 4

// "threads and gil", in the order of the plan. Says whether a verb goes with it in the plural: "processes" is one.
static bool write_set(FILE *out, const struct verdicts *v, uint64_t set)
{
    const cJSON *cells[VERDICTS_MODELS] = {NULL};
    size_t n = 0;

    for (size_t model = 0; model < v->models; model++)
        if (set >> model & 1)
            cells[n++] = sweep_cell(v->view, model, 0);
    write_names(out, cells, n, "and");
    return names_are_plural(cells, n);
}

static void say_always(FILE *out, const struct verdicts *v)
{
    uint64_t set = 0;

    for (size_t model = 0; model < v->models; model++) {
        bool always = true;

        for (size_t point = 0; point < v->view->points; point++)
            always &= verdicts_fast(v, model, point);
        set |= (uint64_t)always << model;
    }
    if (set != 0)
        fprintf(out, " %s among %s at every value.", write_set(out, v, set) ? "are" : "is",
                block_open_loop(v->view->blocks[0]) ? "those with the lowest latency" : "the fastest");
}

// In µs, ms or s with two digits: a calibration's third is the noise's.
static void write_rounded(FILE *out, double ns)
{
    double unit = pow(10, floor(log10(ns)) - 1);

    write_duration(out, round(ns / unit) * unit);
}

void crossovers_say_payoff(FILE *out, const struct verdicts *v, size_t point)
{
    const char *what;
    double ns = verdicts_task_ns(v->view->blocks[point], &what);
    uint64_t set = 0;

    for (size_t model = 0; model < v->models; model++)
        set |= (uint64_t)(v->pays_from[model] == point) << model;
    if (set == 0)
        return;
    fprintf(out, " %s off above ", write_set(out, v, set) ? "pay" : "pays");
    write_rounded(out, ns);
    fprintf(out, " of %s per task: faster than %s from ", what, sweep_model(v->view, v->reference));
    sweep_write_point(out, v->view, point);
    fputs(" on.", out);
}

// The last point before `to` at which the pair was decided; points where it was not.
static size_t decided_before(const struct verdicts *v, size_t a, size_t b, size_t to)
{
    for (size_t point = to; point-- > 0;)
        if (verdicts_ahead(v, a, b, point) != 0)
            return point;
    return v->view->points;
}

// Whom `winner` overtakes from one point to another, as a set; how much it matters by whether the best changes: 2 where
// it was as fast as any then, and the other one before; 1 where one of both holds.
static uint64_t overtaken(const struct verdicts *v, size_t winner, size_t from, size_t to, int importance)
{
    uint64_t set = 0;

    for (size_t loser = 0; loser < v->models; loser++) {
        if (verdicts_ahead(v, winner, loser, to) != 1 || decided_before(v, winner, loser, to) != from ||
            verdicts_ahead(v, winner, loser, from) != -1)
            continue;
        if (loser == v->reference && v->pays_from[winner] == to)
            continue; // said already
        if (verdicts_fast(v, winner, to) + verdicts_fast(v, loser, from) == importance)
            set |= UINT64_C(1) << loser;
    }
    return set;
}

uint64_t crossovers_overtaken(const struct verdicts *v, size_t winner, size_t from, size_t to, bool best)
{
    return overtaken(v, winner, from, to, best ? 2 : 1);
}

void crossovers_say(FILE *out, const struct verdicts *v, uint64_t winners, uint64_t losers, size_t from, size_t to)
{
    fprintf(out, " %s ", write_set(out, v, winners) ? "overtake" : "overtakes");
    write_set(out, v, losers);
    fputs(" between ", out);
    sweep_write_point(out, v->view, from);
    fputs(" and ", out);
    sweep_write_point(out, v->view, to);
    fprintf(out, "%s.", sweep_points_in_words(v->view));
}

// Those winners that overtake the same ones share a sentence.
static int add_crossovers_between(cJSON *array, const struct verdicts *v, size_t from, size_t to, int importance,
                                  int *left)
{
    uint64_t losers[VERDICTS_MODELS];
    struct text_stream text;
    int err = 0;

    for (size_t model = 0; model < v->models; model++)
        losers[model] = overtaken(v, model, from, to, importance);
    for (size_t model = 0; err == 0 && model<v->models && * left> 0; model++) {
        uint64_t winners = 0;

        for (size_t other = model; other < v->models; other++)
            winners |= (uint64_t)(losers[other] == losers[model]) << other;
        if (losers[model] == 0 || (err = text_stream_open(&text)) != 0)
            continue;
        crossovers_say(text.out, v, winners, losers[model], from, to);
        err = sentence_end(&text, array);
        (*left)--;
        for (size_t other = v->models; other-- > model;)
            losers[other] = winners >> other & 1 ? 0 : losers[other];
    }
    return err;
}

static int add_crossovers(cJSON *array, const struct verdicts *v, int payoffs)
{
    int left = MOST_SENTENCES, err = 0;

    // Where the best never changes, a change behind it is news too.
    for (int importance = 2; importance > (payoffs > 0 || left < MOST_SENTENCES ? 0 : -1); importance--)
        for (size_t to = 1; to < v->view->points; to++)
            for (size_t from = 0; err == 0 && from < to; from++)
                err = add_crossovers_between(array, v, from, to, importance, &left);
    return err;
}

static int add_payoffs(cJSON *array, const struct verdicts *v)
{
    int most = cJSON_GetArraySize(array) + MOST_SENTENCES, err = 0;

    for (size_t point = 0; err == 0 && point < v->view->points && cJSON_GetArraySize(array) < most; point++) {
        struct text_stream text;

        err = text_stream_open(&text);
        if (err == 0) {
            crossovers_say_payoff(text.out, v, point);
            err = sentence_end(&text, array);
        }
    }
    return err;
}

// "threads keep up to 256 in flight; at 1k they do 11 % of async."
static void say_fall(FILE *out, const struct verdicts *v, size_t model, const struct fall *fall)
{
    bool plural = write_set(out, v, UINT64_C(1) << model);
    const char *at = sweep_axis_is(v->view, "cpus") ? "on" : "at";

    fprintf(out, " %s up %s ", plural ? "keep" : "keeps", *at == 'o' ? "on" : "to");
    sweep_write_point(out, v->view, fall->until);
    fprintf(out, "%s; %s ", sweep_points_in_words(v->view), at);
    sweep_write_point(out, v->view, fall->at);
    fprintf(out, " %s ", plural ? "they do" : "it does");
    write_percent(out, fall->share);
    fprintf(out, " of %s.", sweep_model(v->view, fall->leader));
}

// Whether that a model pays off has said it of the reference.
static bool was_told(const struct verdicts *v, size_t model)
{
    for (size_t other = 0; other < v->models; other++)
        if (model == v->reference && v->pays_from[other] != v->view->points)
            return true;
    return false;
}

static int add_falls(cJSON *array, const struct verdicts *v)
{
    int left = MOST_SENTENCES, err = 0;

    for (size_t model = 0; err == 0 && model < v->models && left > 0; model++) {
        struct text_stream text;
        struct fall fall;

        if (was_told(v, model) || !falls_behind(v, model, &fall) || (err = text_stream_open(&text)) != 0)
            continue;
        say_fall(text.out, v, model, &fall);
        err = sentence_end(&text, array);
        left--;
    }
    return err;
}

// Where there is nothing else to say of who overtakes whom.
static void say_none(FILE *out, const struct verdicts *v)
{
    double ns = 0;

    if (v->compared) {
        fputs("No model is shown to overtake another.", out);
        return;
    }
    for (size_t point = 0; point < v->view->points; point++)
        ns += more_rounds_ns(v->view->blocks[point]);
    fprintf(out, "With fewer than %d rounds all differences may be chance. To tell: ", STATS_INTERVAL_LEAST);
    write_more_rounds(out, ns);
    fputc('.', out);
}

static int add(cJSON *array, const struct verdicts *v, void (*say)(FILE *out, const struct verdicts *v))
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err < 0)
        return err;
    say(text.out, v);
    return sentence_end(&text, array);
}

static int add_all(cJSON *array, const struct verdicts *v)
{
    int err = add(array, v, say_always), always = cJSON_GetArraySize(array);

    if (err == 0)
        err = add_payoffs(array, v);
    if (err == 0)
        err = add_crossovers(array, v, cJSON_GetArraySize(array) - always);
    if (err == 0)
        err = add_falls(array, v);
    if (err == 0 && cJSON_GetArraySize(array) == always)
        err = add(array, v, say_none);
    return err;
}

cJSON *crossovers_make(const struct sweep_view *view)
{
    cJSON *array = cJSON_CreateArray();
    struct verdicts verdicts;
    int err = verdicts_open(view, &verdicts);

    if (err == 0 && view->points > 1 && verdicts.paired)
        err = add_all(array, &verdicts);
    verdicts_release(&verdicts);
    if (err == 0)
        return array;
    cJSON_Delete(array);
    return NULL;
}

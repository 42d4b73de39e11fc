// SPDX-License-Identifier: MIT
#include "reports/findings/findings_tasks.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/contest.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "reports/findings/ranking.h"
#include "reports/findings/yardstick.h"

// Behind before this share of the arrivals is behind from the start.
#define START 0.02
// A task that waits so many times as long as it takes, and at least so long, was stalled.
#define STALLED 10
#define STALLED_NS 10e6

static bool failed_as_expected(const cJSON *block, const cJSON *cell)
{
    return judge_failed_as_expected(cell);
}

// What was begun and did not end well: its row says why.
static bool some_cell_failed(const cJSON *block)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!cell_ok(cell) && !field_is(cell, "status", "skipped"))
            return true;
    }
    return false;
}

void say_failures(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, failed_as_expected, &n);

    if (cells != NULL && n > 0) {
        fputs("The tasks that were to fail did, and no others, under ", out);
        if (n > 1 && !some_cell_failed(block))
            fputs("every model", out);
        else
            write_names(out, cells, n, "and");
        fputc('.', out);
    }
    free(cells);
}

static bool lost_updates(const cJSON *block, const cJSON *cell)
{
    return judge_lost_updates(cell);
}

static bool lost_none(const cJSON *block, const cJSON *cell)
{
    return field(cell, "summary.lost_share") != NULL && !lost_updates(block, cell);
}

static void write_losers(FILE *out, const cJSON *const *cells, size_t n, const cJSON *const *none, size_t none_n)
{
    if (n == 0 && none_n > 1)
        fputs("No model", out);
    else if (none_n == 0 && n > 1)
        fputs("Every model", out);
    else
        write_names(out, n > 0 ? cells : none, n > 0 ? n : none_n, "and");
    fputs(n == 0 && none_n == 1 ? " lost no updates" : " lost updates", out);
    if (n > 0 && none_n > 0) {
        fputs("; ", out);
        write_names(out, none, none_n, "and");
        fputs(" did not", out);
    }
    fputc('.', out);
}

void say_lost_updates(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0, none_n = 0;
    const cJSON **cells = cells_where(block, lost_updates, &n), **none = cells_where(block, lost_none, &none_n);

    if (cells != NULL && none != NULL && n + none_n > 0)
        write_losers(out, cells, n, none, none_n);
    free(cells);
    free(none);
}

static bool keeps_up(const cJSON *block, const cJSON *cell)
{
    return block_open_loop(block) && judge_keeps_up(cell);
}

static bool is_behind(const cJSON *block, const cJSON *cell)
{
    return block_open_loop(block) && !judge_keeps_up(cell);
}

// Too few are no reason to conclude anything: then it is said of the past.
static bool few_rounds(const cJSON *block)
{
    return contest_rounds(block) < STATS_INTERVAL_LEAST;
}

static void write_seen(FILE *out, const cJSON *block)
{
    size_t rounds = contest_rounds(block);

    if (few_rounds(block))
        fprintf(out, "Seen in %zu round%s: ", rounds, text_plural((double)rounds));
}

static size_t rounds_kept_up(const cJSON *cell)
{
    const cJSON *sample;
    size_t kept = 0;

    cJSON_ArrayForEach(sample, field(cell, "samples"))
        kept += cJSON_IsTrue(field(sample, "kept_up"));
    return kept;
}

// Two digits: these figures stand in a sentence.
static char *format_rough(char text[UNITS_TEXT], double ns)
{
    double step = ns > 0 ? pow(10, floor(log10(ns)) - 1) : 1;

    return units_format_duration(text, round(ns / step) * step);
}

static void write_latencies(FILE *out, const cJSON *block, const cJSON *const *cells, size_t n)
{
    double low = INFINITY, high = 0;
    char from[UNITS_TEXT], to[UNITS_TEXT];

    for (size_t i = 0; i < n; i++) {
        low = fmin(low, ranking_figure(block, cells[i]));
        high = fmax(high, ranking_figure(block, cells[i]));
    }
    format_rough(from, low);
    format_rough(to, high);
    fprintf(out, ", with %s of %s", yardstick_has_p99(block) ? "a p99" : "a slowest task", from);
    if (strcmp(from, to) != 0)
        fprintf(out, " to %s", to);
    if (yardstick_class(block) != NULL)
        fprintf(out, " for %s", yardstick_class(block));
}

// ", green in 2 of 3 rounds"
static void write_partly(FILE *out, const cJSON *const *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rounds_kept_up(cells[i]) < sample_count(cells[i]))
            fprintf(out, ", %s in %zu of %zu rounds", field_text(cells[i], "model"), rounds_kept_up(cells[i]),
                    sample_count(cells[i]));
}

static void write_keepers(FILE *out, const cJSON *block, const cJSON *const *cells, size_t n,
                          const cJSON *const *behind, size_t behind_n)
{
    bool every = n > 1 && behind_n == 0, several = n > 1 && !every;

    write_seen(out, block);
    if (every) {
        fputs(few_rounds(block) ? "every model" : "Every model", out);
    } else if (behind_n > 0 && n > 2 * behind_n) { // shorter
        fputs(few_rounds(block) ? "all but " : "All but ", out);
        write_names(out, behind, behind_n, "and");
    } else {
        write_names(out, cells, n, "and");
        several = names_are_plural(cells, n);
    }
    fputs(few_rounds(block) ? " kept up" : several ? " keep up" : " keeps up", out);
    write_latencies(out, block, cells, n);
    write_partly(out, cells, n);
    fputc('.', out);
}

void say_kept_up(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0, behind_n = 0;
    const cJSON **cells = cells_where(block, keeps_up, &n), **behind = cells_where(block, is_behind, &behind_n);

    if (cells != NULL && behind != NULL && n > 0)
        write_keepers(out, block, cells, n, behind, behind_n);
    free(cells);
    free(behind);
}

static void write_behind(FILE *out, const cJSON *block, const cJSON *cell)
{
    double since_ns = field_number(cell, "summary.behind_since_ns.median");
    size_t kept = rounds_kept_up(cell);
    char text[UNITS_TEXT];

    fprintf(out, "%s %s not keep up", field_text(cell, "model"),
            few_rounds(block)            ? "did"
            : names_are_plural(&cell, 1) ? "do"
                                         : "does");
    if (kept > 0)
        fprintf(out, " in %zu of %zu rounds", sample_count(cell) - kept, sample_count(cell));
    fputs(": behind from ", out);
    if (since_ns > START * field_number(block, "rate.span_ns"))
        fprintf(out, "%s on", format_rough(text, since_ns));
    else
        fputs("the start", out);
    fprintf(out, ", %s late at the end", format_rough(text, field_number(cell, "summary.latest_ns.median")));
}

void say_behind(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, is_behind, &n);

    for (size_t i = 0; cells != NULL && i < n; i++) {
        if (i == 0)
            write_seen(out, block);
        else
            fputs("; ", out);
        write_behind(out, block, cells[i]);
    }
    if (cells != NULL && n > 0)
        fputc('.', out);
    free(cells);
}

// How long one of those tasks that are most waited to begin, at the longest.
static double longest_wait_ns(const cJSON *cell)
{
    return field_number(yardstick_part(field(cell, "summary")), "queued_max_ns.median");
}

// What one of those tasks takes once it has begun, in the middle, under the model that is quickest with it: under one that
// stalls most of them may take long.
static double least_service_ns(const cJSON *block)
{
    const cJSON *cell;
    double least_ns = NAN;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!cell_competes(cell))
            continue;
        if (yardstick_class(block) != NULL)
            least_ns = fmin(least_ns, field_number(yardstick_part(field(cell, "summary")), "service_p50_ns.median"));
        else
            least_ns = fmin(least_ns, sample_median(cell, "service_ns.p50"));
    }
    return least_ns;
}

// In a closed loop that is told of a mix alone: where all tasks are alike they wait for each other, as they should.
static bool stalls(const cJSON *block, const cJSON *cell)
{
    double waited_ns = longest_wait_ns(cell);

    if (block_open_loop(block) ? !judge_keeps_up(cell) : yardstick_class(block) == NULL)
        return false;
    return waited_ns >= STALLED_NS && waited_ns >= STALLED * least_service_ns(block);
}

// Whether tasks of another class than most are have such a step.
static bool others_have_step(const cJSON *block, const char *name)
{
    const char *most = yardstick_class(block);
    const cJSON *cell, *class;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        cJSON_ArrayForEach(class, field(cell, "trial.classes")) {
            if (most != NULL && !field_is(class, "name", most) && judge_has_step(field(class, "steps"), name))
                return true;
        }
    }
    return false;
}

// "eventloop stalls: while one task computed, others waited up to 159 ms to begin."
static void write_stalls(FILE *out, const cJSON *block, const cJSON *const *cells, size_t n)
{
    double longest_ns = 0;

    for (size_t i = 0; i < n; i++)
        longest_ns = fmax(longest_ns, longest_wait_ns(cells[i]));
    write_seen(out, block);
    write_names(out, cells, n, "and");
    fputs(few_rounds(block) ? " stalled: " : names_are_plural(cells, n) ? " stall: " : " stalls: ", out);
    if (others_have_step(block, "compute"))
        fputs("while one task computed, others", out);
    else
        fputs(others_have_step(block, "block") ? "while one task blocked, others" : "some tasks", out);
    fputs(" waited up to ", out);
    write_duration(out, longest_ns);
    fputs(" to begin.", out);
}

void say_stalls(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, stalls, &n);

    if (cells != NULL && n > 0)
        write_stalls(out, block, cells, n);
    free(cells);
}

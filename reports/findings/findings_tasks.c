// SPDX-License-Identifier: MIT
#include "reports/findings/findings_tasks.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"
#include "reports/findings/ranking.h"
#include "reports/findings/yardstick.h"

// Behind before this share of the arrivals is behind from the start.
#define START 0.02
// A task that waits so many times as long as half of them take, and at least so long, was stalled.
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

void say_kept_up(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0, behind_n = 0;
    const cJSON **cells = cells_where(block, keeps_up, &n), **behind = cells_where(block, is_behind, &behind_n);

    if (cells != NULL && behind != NULL && n > 0) {
        if (n > 1 && behind_n == 0) {
            fputs("Every model", out);
        } else if (behind_n > 0 && n > 2 * behind_n) { // shorter
            fputs("All but ", out);
            write_names(out, behind, behind_n, "and");
        } else {
            write_names(out, cells, n, "and");
        }
        fputs(n > 1 && behind_n > 0 ? " keep up" : " keeps up", out);
        write_latencies(out, block, cells, n);
        fputc('.', out);
    }
    free(cells);
    free(behind);
}

void say_behind(FILE *out, const cJSON *document, const cJSON *block)
{
    double span_ns = field_number(block, "rate.span_ns");
    size_t n = 0;
    const cJSON **cells = cells_where(block, is_behind, &n);
    char text[UNITS_TEXT];

    for (size_t i = 0; cells != NULL && i < n; i++) {
        double since_ns = field_number(cells[i], "summary.behind_since_ns.median");

        fprintf(out, "%s%s does not keep up: behind from ", i > 0 ? "; " : "", field_text(cells[i], "model"));
        if (since_ns > START * span_ns)
            fprintf(out, "%s on", format_rough(text, since_ns));
        else
            fputs("the start", out);
        fprintf(out, ", %s late at the end", format_rough(text, field_number(cells[i], "summary.latest_ns.median")));
    }
    if (cells != NULL && n > 0)
        fputc('.', out);
    free(cells);
}

static bool stalls(const cJSON *block, const cJSON *cell)
{
    double queued_ns = field_number(cell, "summary.queued_max_ns.median");

    return keeps_up(block, cell) && queued_ns >= STALLED_NS &&
           queued_ns >= STALLED * field_number(yardstick_part(field(cell, "summary")), "latency_p50_ns.median");
}

void say_stalls(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, stalls, &n);

    if (cells != NULL && n > 0) {
        write_names(out, cells, n, "and");
        fprintf(out, " stall%s: some task waited to begin ten times as long as half of them take, or more.", n > 1 ? "" : "s");
    }
    free(cells);
}

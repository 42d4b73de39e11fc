// SPDX-License-Identifier: MIT
#include "reports/render/table_cells.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/document/metrics.h"
#include "reports/findings/capacity.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "reports/findings/yardstick.h"
#include "reports/render/spread.h"
#include "reports/render/table_legend.h"

// A share below this is not shown as nothing.
#define LEAST_SHARE 0.001

#define CELL FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell
#define UNUSED ((void)document, (void)block)

static void write_rank(CELL)
{
    UNUSED;
    fprintf(out, "%.0f%s", field_number(cell, "summary.rank"), cJSON_IsTrue(field(cell, "summary.tied")) ? "=" : "");
}

void table_write_model(CELL)
{
    UNUSED;
    fputs(field_text(cell, "model"), out);
}

static void write_kin(CELL)
{
    const char *kin = field_text(cell, "kin");

    UNUSED;
    fputs(kin != NULL ? kin : "", out);
}

static void write_half_width(CELL)
{
    double low = field_number(cell, "summary.wall_ns.low"), high = field_number(cell, "summary.wall_ns.high");

    UNUSED;
    write_percent(out, (high - low) / 2 / field_number(cell, "summary.wall_ns.median"));
}

static void write_switches(CELL)
{
    double own = field_number(cell, "summary.switches_own.median");
    double forced = field_number(cell, "summary.switches_forced.median");

    UNUSED;
    if (isnan(own) || isnan(forced))
        return;
    write_count(out, own);
    fputc('/', out);
    write_count(out, forced);
}

static void write_failed(CELL)
{
    const cJSON *sample;
    double failed = 0;

    UNUSED;
    cJSON_ArrayForEach(sample, field(cell, "samples"))
        failed += field_number(sample, "failed");
    write_count(out, failed);
}

// Failures of tasks that were to fail.
static void write_failed_as_expected(CELL)
{
    double failed = sample_median(cell, "failed_as_expected");

    UNUSED;
    write_count(out, failed);
    if (!isnan(failed))
        fputs(" of ", out);
    write_count(out, field_number(block, "tasks"));
}

static void write_lost(CELL)
{
    double lost = field_number(cell, "summary.lost_share.median");

    UNUSED;
    if (field_number(cell, "summary.lost_share.max") == 0)
        fputs("none", out);
    else if (lost < LEAST_SHARE)
        fputs("< 0.1 %", out);
    else
        write_percent(out, lost);
}

// "yes"; in how many rounds, where only in some; or what it came to instead.
static void write_kept_up(CELL)
{
    const cJSON *sample;
    unsigned kept = 0, n = 0;

    UNUSED;
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        kept += cJSON_IsTrue(field(sample, "kept_up"));
        n++;
    }
    if (!judge_keeps_up(cell))
        write_per_second(out, field_number(cell, "summary.reached_per_s.median"));
    else if (kept < n)
        fprintf(out, "%u of %u", kept, n);
    else
        fputs("yes", out);
}

// "1900-2050", "> 3200", "< 10".
static void write_capacity(CELL)
{
    double low, high;

    UNUSED;
    if (!capacity_of(cell, &low, &high) || (isnan(low) && isnan(high)))
        return;
    fputs(isnan(low) ? "< " : isnan(high) ? "> " : "", out);
    write_rate(out, isnan(low) ? high : low);
    if (isnan(low) || isnan(high))
        return;
    fputs("–", out);
    write_rate(out, high);
}

static void write_probes(CELL)
{
    UNUSED;
    write_count(out, cJSON_GetArraySize(field(cell, "capacity.probes")));
}

static void write_in_flight(CELL)
{
    UNUSED;
    write_count(out, sample_median(cell, "in_flight"));
}

static void write_rounds(CELL)
{
    UNUSED;
    write_count(out, field_number(cell, "summary.n"));
}

// A percentile is shown only where the tasks suffice for it; the slowest task speaks for the rest.
static bool enough_for_p99(const cJSON *block)
{
    return field_number(block, "tasks") >= (double)stats_percentile_needs(0.99);
}

static bool is_open(const cJSON *block)
{
    return block_open_loop(block) && !block_is_searched(block);
}

static bool is_closed(const cJSON *block)
{
    return !block_open_loop(block);
}

static bool open_with_p99(const cJSON *block)
{
    return block_open_loop(block) && yardstick_has_p99(block);
}

static bool closed_with_p99(const cJSON *block)
{
    return is_closed(block) && enough_for_p99(block);
}

bool table_some_cell(const cJSON *block, bool (*holds)(const cJSON *cell))
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell) && holds(cell))
            return true;
    }
    return false;
}

static bool open_without_p99(const cJSON *block)
{
    return block_open_loop(block) && !yardstick_has_p99(block);
}

static bool closed_without_p99(const cJSON *block)
{
    return is_closed(block) && !enough_for_p99(block);
}

static bool expects_failures(const cJSON *block)
{
    return table_some_cell(block, judge_failed_as_expected);
}

// NOLINTNEXTLINE(bugprone-macro-parentheses): a designated initialiser
#define METRIC(name) .metric = &metric_table[METRIC_##name]

// What is no metric, and metrics shown otherwise than their row says.
static const struct table_column other_columns[] = {
    {10, .top = "", .bottom = "", .write = write_rank},
    {20, .top = "", .bottom = "model", .left = true, .write = table_write_model},
    {30, .top = "", .bottom = "known as", .left = true, .drop = 2, .shortens = 20, .write = write_kin},
    {50, .top = "", .bottom = "±", .drop = 4, .applies = is_closed, .write = write_half_width},
    {55, .top = "carries", .bottom = "tasks/s", .applies = block_is_searched, .write = write_capacity},
    {60, METRIC(latency_p50_ns), .of = TABLE_RANKED_CLASS, .drop = 6, .plain = true, .applies = block_open_loop},
    {70, METRIC(latency_p99_ns), .of = TABLE_RANKED_CLASS, .plain = true, .applies = open_with_p99},
    {80, METRIC(latency_max_ns), .of = TABLE_RANKED_CLASS, .plain = true, .applies = open_without_p99},
    {90, METRIC(queued_max_ns), .drop = 3, .plain = true, .applies = is_open},
    {100, .top = "kept", .bottom = "up", .drop = 2, .applies = is_open, .write = write_kept_up},
    {110, METRIC(lost_share), .drop = 2, .write = write_lost},
    {120, .top = "failed as", .bottom = "expected", .drop = 2, .applies = expects_failures,
     .write = write_failed_as_expected},
    {170, METRIC(latency_p99_ns), .drop = 9, .plain = true, .applies = closed_with_p99},
    {180, METRIC(latency_max_ns), .drop = 9, .plain = true, .applies = closed_without_p99},
    {190, .top = "gave way/", .bottom = "interrupted", .drop = 12, .plain = true, .applies = is_closed,
     .write = write_switches},
    {195, .top = "", .bottom = "probes", .drop = 2, .applies = block_is_searched, .write = write_probes},
    {200, .top = "gave way/", .bottom = "interrupted", .verbose = true, .write = write_switches},
    {320, .top = "in", .bottom = "flight", .verbose = true, .write = write_in_flight},
    {390, .top = "failed", .bottom = "tasks", .verbose = true, .write = write_failed},
    {400, .top = "", .bottom = "rounds", .verbose = true, .write = write_rounds},
    {405, .top = "latency, | slowest", .left = true, .drop = 30, .drawn = true, .applies = spread_applies,
     .write = spread_write, .write_ascii = spread_write_ascii, .write_bottom = spread_write_axis},
    {410, .top = "", .bottom = "", .left = true, .drop = 1, .write = table_write_flags},
};

#define OTHER_COLUMNS (sizeof other_columns / sizeof *other_columns)

_Static_assert(OTHER_COLUMNS + METRICS_COUNT <= TABLE_MAX_COLUMNS, "a table has room for all columns");

static int compare_places(const void *left, const void *right)
{
    const struct table_column *a = left, *b = right;

    return a->place < b->place ? -1 : a->place > b->place;
}

size_t table_columns(struct table_column columns[TABLE_MAX_COLUMNS])
{
    size_t n = OTHER_COLUMNS;

    memcpy(columns, other_columns, sizeof other_columns);
    for (const struct metric *metric = metric_table; metric < metric_table + METRICS_COUNT; metric++) {
        if (metric->column > 0)
            columns[n++] = (struct table_column){metric->column, .metric = metric, .drop = metric->drop,
                                                 .verbose = metric->verbose};
    }
    qsort(columns, n, sizeof *columns, compare_places);
    for (struct table_column *column = columns; column < columns + n; column++) {
        if (column->metric != NULL) {
            column->top = column->metric->top != NULL ? column->metric->top : "";
            column->bottom = column->metric->bottom;
        }
    }
    return n;
}

bool table_column_applies(const struct table_column *column, const cJSON *block)
{
    const struct metric *metric = column->metric;

    if (column->applies != NULL)
        return column->applies(block);
    if (metric == NULL)
        return true;
    return !(metric->closed && block_open_loop(block)) &&
           (metric->percentile == 0 ||
            field_number(block, "tasks") >= (double)stats_percentile_needs(metric->percentile));
}

static double value_of(const struct table_column *column, const cJSON *cell)
{
    const cJSON *summary = field(cell, "summary");

    if (column->of == TABLE_RANKED_CLASS)
        return metric_median(column->metric, yardstick_part(summary));
    if (column->of == TABLE_CELL)
        return metric_of_cell(column->metric, cell);
    return metric_median(column->metric, cJSON_GetArrayItem(field(summary, "classes"), column->of - 1));
}

void table_write_cell(FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell,
                      const struct table_column *column)
{
    if (column->write != NULL)
        column->write(out, document, block, cell);
    else
        write_figure(out, column->metric->unit, value_of(column, cell));
}

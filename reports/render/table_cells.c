// SPDX-License-Identifier: MIT
#include "reports/render/table_cells.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/figures.h"
#include "reports/findings/judge.h"
#include "measure/base/text.h"
#include "reports/findings/yardstick.h"

// A share below this is not shown as nothing.
#define LEAST_SHARE 0.001

#define CELL FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell, const struct table_column *column
#define UNUSED ((void)document, (void)block, (void)column)

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

// A column that shows one number of the cell in one way.
#define SHOWS(name, how, path)                 \
    static void write_##name(CELL)             \
    {                                          \
        UNUSED;                                \
        write_##how(out, field_number(cell, path)); \
    }

SHOWS(time, duration, "summary.wall_ns.median")
SHOWS(speedup, ratio, "summary.speedup.median")
SHOWS(of_ideal, percent, "summary.of_ideal.median")
SHOWS(cores, ratio, "summary.cores_used.median")
SHOWS(cpu_per_task, duration, "summary.cpu_per_task_ns.median")
SHOWS(setup, duration, "summary.setup_ns.median")
SHOWS(run, duration, "summary.run_ns.median")
SHOWS(teardown, duration, "summary.teardown_ns.median")
SHOWS(p50, duration, "summary.latency_p50_ns.median")
SHOWS(p90, duration, "summary.latency_p90_ns.median")
SHOWS(p99, duration, "summary.latency_p99_ns.median")
SHOWS(p999, duration, "summary.latency_p999_ns.median")
SHOWS(slowest, duration, "summary.latency_max_ns.median")
SHOWS(queued, duration, "summary.queued_max_ns.median")
SHOWS(cycles, rate, "summary.cycles_per_task.median")
SHOWS(instructions, rate, "summary.instructions_per_task.median")
SHOWS(per_cycle, ratio, "summary.instructions_per_cycle.median")
SHOWS(cache_misses, rate, "summary.cache_misses_per_task.median")
SHOWS(page_faults, rate, "summary.page_faults_per_task.median")
SHOWS(migrations, rate, "summary.migrations.median")
SHOWS(memory, bytes, "memory.bytes")
SHOWS(memory_per_lane, bytes, "memory.bytes_per_lane")

// Of the class that an open loop is ranked by.
#define SHOWS_CLASS(name, path)                                                            \
    static void write_class_##name(CELL)                                                   \
    {                                                                                      \
        UNUSED;                                                                            \
        write_duration(out, field_number(yardstick_part(field(cell, "summary")), path));   \
    }

SHOWS_CLASS(p50, "latency_p50_ns.median")
SHOWS_CLASS(p99, "latency_p99_ns.median")
SHOWS_CLASS(slowest, "latency_max_ns.median")

struct flag {
    const char *mark, *meaning;
    bool (*holds)(const cJSON *document, const cJSON *block, const cJSON *cell);
};

#define FLAG(name, expression)                                                              \
    static bool name(const cJSON *document, const cJSON *block, const cJSON *cell)          \
    {                                                                                       \
        (void)document, (void)block;                                                        \
        return (void)cell, (expression);                                                    \
    }

FLAG(is_noisy, judge_noisy(cell))
FLAG(is_origin_bound, judge_origin_bound(cell))
FLAG(is_short, judge_short_of_lanes(block, cell))
FLAG(is_emulation, judge_emulation(cell))
FLAG(is_slow_build, judge_slow_build(document))

static const struct flag flags[] = {
    {"!", "noisy", is_noisy},
    {"<", "fewer in flight than asked", is_short},
    {"o", "bound by the HTTP origin", is_origin_bound},
    {"e", "emulated", is_emulation},
    {"d", "debug or sanitizer build", is_slow_build},
};

#define FLAGS (sizeof flags / sizeof *flags)

static void write_flags(CELL)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (flags[i].holds(document, block, cell))
            fputs(flags[i].mark, out);
    (void)column;
}

// A percentile is shown only where the tasks suffice for it; the slowest task speaks for the rest.
static bool enough_for_p99(const cJSON *block)
{
    return field_number(block, "tasks") >= (double)stats_percentile_needs(0.99);
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

static bool enough_for_p999(const cJSON *block)
{
    return field_number(block, "tasks") >= (double)stats_percentile_needs(0.999);
}

static bool some_cell(const cJSON *block, bool (*holds)(const cJSON *cell))
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell) && holds(cell))
            return true;
    }
    return false;
}

static bool has_updates(const cJSON *cell)
{
    return field(cell, "summary.lost_share") != NULL;
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
    return some_cell(block, judge_failed_as_expected);
}

static bool counts_updates(const cJSON *block)
{
    return some_cell(block, has_updates);
}

const struct table_column table_columns[] = {
    {"", "", .write = write_rank},
    {"", "model", .left = true, .write = table_write_model},
    {"", "known as", .left = true, .drop = 20, .shortens = true, .write = write_kin},
    {"", "time", .applies = is_closed, .write = write_time},
    {"", "±", .drop = 3, .applies = is_closed, .write = write_half_width},
    {"p50", "task", .drop = 6, .plain = true, .applies = block_open_loop, .write = write_class_p50},
    {"p99", "task", .plain = true, .applies = open_with_p99, .write = write_class_p99},
    {"slowest", "task", .plain = true, .applies = open_without_p99, .write = write_class_slowest},
    {"longest", "queued", .drop = 3, .plain = true, .applies = block_open_loop, .write = write_queued},
    {"kept", "up", .drop = 2, .applies = block_open_loop, .write = write_kept_up},
    {"lost", "updates", .drop = 2, .applies = counts_updates, .write = write_lost},
    {"failed as", "expected", .drop = 2, .applies = expects_failures, .write = write_failed_as_expected},
    {"×", NULL, .drop = 2, .write = write_speedup},
    {"of", "ideal", .drop = 6, .applies = is_closed, .write = write_of_ideal},
    {"cores", "used", .drop = 7, .applies = is_closed, .write = write_cores},
    {"CPU", "per task", .drop = 4, .write = write_cpu_per_task},
    {"p99", "task", .drop = 8, .plain = true, .applies = closed_with_p99, .write = write_p99},
    {"slowest", "task", .drop = 8, .plain = true, .applies = closed_without_p99, .write = write_slowest},
    {"switches", "own/forced", .drop = 9, .plain = true, .applies = is_closed, .write = write_switches},
    {"switches", "own/forced", .verbose = true, .write = write_switches},
    {"", "memory", .drop = 5, .write = write_memory},
    {"", "set-up", .verbose = true, .write = write_setup},
    {"", "run", .verbose = true, .write = write_run},
    {"tear-", "down", .verbose = true, .write = write_teardown},
    {"p50", "task", .verbose = true, .write = write_p50},
    {"p90", "task", .verbose = true, .write = write_p90},
    {"p99", "task", .verbose = true, .applies = enough_for_p99, .write = write_p99},
    {"p99.9", "task", .verbose = true, .applies = enough_for_p999, .write = write_p999},
    {"slowest", "task", .verbose = true, .write = write_slowest},
    {"longest", "queued", .verbose = true, .write = write_queued},
    {"memory", "per lane", .verbose = true, .write = write_memory_per_lane},
    {"in", "flight", .verbose = true, .write = write_in_flight},
    {"cycles", "per task", .verbose = true, .write = write_cycles},
    {"instr.", "per task", .verbose = true, .write = write_instructions},
    {"instr.", "per cycle", .verbose = true, .write = write_per_cycle},
    {"misses", "per task", .verbose = true, .write = write_cache_misses},
    {"faults", "per task", .verbose = true, .write = write_page_faults},
    {"migra-", "tions", .verbose = true, .write = write_migrations},
    {"failed", "tasks", .verbose = true, .write = write_failed},
    {"", "rounds", .verbose = true, .write = write_rounds},
    {"", "", .left = true, .drop = 1, .write = write_flags},
    {.write = NULL},
};

_Static_assert(sizeof table_columns / sizeof *table_columns <= TABLE_MAX_COLUMNS, "a table has room for all columns");

static bool is_tied(const cJSON *cell)
{
    return cJSON_IsTrue(field(cell, "summary.tied"));
}

static bool lacks_interval(const cJSON *cell)
{
    return isnan(field_number(cell, "summary.wall_ns.low"));
}

static bool some_flag(const cJSON *document, const cJSON *block, const struct flag *flag)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell) && flag->holds(document, block, cell))
            return true;
    }
    return false;
}

// Whether some cell was counted; *ret_missing: why not all of it, or NULL.
static bool was_counted(const cJSON *block, const char **ret_missing)
{
    const cJSON *cell;

    *ret_missing = NULL;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        const cJSON *sample = cJSON_GetArrayItem(field(cell, "samples"), 0);

        if (!cell_ok(cell) || !cJSON_HasObjectItem(sample, "hardware"))
            continue;
        *ret_missing = field_text(sample, "hardware_reason");
        return true;
    }
    return false;
}

// Why a figure is missing, from the first ok cell that says so.
static const char *reason_of(const cJSON *block, const char *path)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell) && field_text(cell, path) != NULL)
            return field_text(cell, path);
    }
    return NULL;
}

static void legend_part(FILE *out, const char *mark, const char *meaning)
{
    fprintf(out, "%s%s %s", ftell(out) > 0 ? "; " : "", mark, meaning);
}

char *table_legend(const cJSON *document, const cJSON *block)
{
    const char *no_speedup = reason_of(block, "summary.speedup_reason");
    const char *no_memory = reason_of(block, "memory_reason");
    const char *no_hardware;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL)
        return NULL;
    if (some_cell(block, is_tied))
        legend_part(out, "=", "no difference shown");
    // Of an open loop no interval would be shown.
    if (is_closed(block) && some_cell(block, lacks_interval))
        legend_part(out, "±", "n/a: fewer than 6 rounds, no intervals");
    if (no_speedup != NULL && is_closed(block))
        legend_part(out, "×", no_speedup);
    if (!is_closed(block) && yardstick_class(block) != NULL) {
        fprintf(out, "%sp50 and %s: of %s, which most tasks are", ftell(out) > 0 ? "; " : "",
                yardstick_has_p99(block) ? "p99" : "slowest", yardstick_class(block));
    }
    for (size_t i = 0; i < FLAGS; i++)
        if (some_flag(document, block, &flags[i]))
            legend_part(out, flags[i].mark, flags[i].meaning);
    if (no_memory != NULL)
        legend_part(out, "memory", no_memory);
    if (was_counted(block, &no_hardware))
        legend_part(out, "hardware", no_hardware != NULL ? no_hardware : "counted: threads and processes cost more to make");
    if (text_finish(out, &text))
        return text;
    free(text);
    return NULL;
}

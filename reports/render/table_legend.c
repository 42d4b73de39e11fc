// SPDX-License-Identifier: MIT
#include "reports/render/table_legend.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "measure/base/text.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"
#include "reports/findings/yardstick.h"
#include "reports/render/table_cells.h"

struct flag {
    const char *mark, *meaning;
    bool (*holds)(const cJSON *document, const cJSON *block, const cJSON *cell);
};

#define FLAG(name, expression)                                                     \
    static bool name(const cJSON *document, const cJSON *block, const cJSON *cell) \
    {                                                                              \
        (void)document, (void)block;                                               \
        return (void)cell, (expression);                                           \
    }

FLAG(is_noisy, judge_noisy(cell))
FLAG(is_origin_bound, judge_origin_bound(cell))
FLAG(is_short, judge_short_of_lanes(block, cell))
FLAG(is_emulation, judge_emulation(cell) != NULL)
FLAG(is_slow_build, judge_slow_build(document))

static const struct flag flags[] = {
    {"!", "noisy", is_noisy},
    {"<", "fewer in flight than asked", is_short},
    {"o", "bound by the HTTP origin", is_origin_bound},
    {"e", "emulated", is_emulation},
    {"d", "debug or sanitizer build", is_slow_build},
};

#define FLAGS (sizeof flags / sizeof *flags)

void table_write_flags(FILE *out, const cJSON *document, const cJSON *block, const cJSON *cell)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (flags[i].holds(document, block, cell))
            fputs(flags[i].mark, out);
}

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

static void legend_of_class(FILE *out, const cJSON *block)
{
    fprintf(out, "%sp50 and %s: of %s, which most tasks are", ftell(out) > 0 ? "; " : "",
            yardstick_has_p99(block) ? "p99" : "slowest", yardstick_class(block));
}

void table_write_legend(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *no_speedup = reason_of(block, "summary.speedup_reason");
    const char *no_memory = reason_of(block, "memory_reason");
    const char *no_hardware;

    if (table_some_cell(block, is_tied))
        legend_part(out, "=", "no difference shown");
    // Of an open loop no interval would be shown.
    if (!block_open_loop(block) && table_some_cell(block, lacks_interval))
        legend_part(out, "±", "n/a: fewer than 6 rounds, no intervals");
    if (no_speedup != NULL && !block_open_loop(block))
        legend_part(out, "×", no_speedup);
    if (block_open_loop(block) && yardstick_class(block) != NULL)
        legend_of_class(out, block);
    if (block_is_searched(block))
        legend_part(out, "p50, p99, CPU",
                    "of trials at the lower end of what it carries, or else at the lowest rate probed");
    for (size_t i = 0; i < FLAGS; i++)
        if (some_flag(document, block, &flags[i]))
            legend_part(out, flags[i].mark, flags[i].meaning);
    if (no_memory != NULL)
        legend_part(out, "memory", no_memory);
    if (was_counted(block, &no_hardware))
        legend_part(out, "hardware",
                    no_hardware != NULL ? no_hardware : "counted: threads and processes cost more to make");
}

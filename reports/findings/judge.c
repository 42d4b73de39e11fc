// SPDX-License-Identifier: MIT
#include "reports/findings/judge.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"

#define NOISY_CV 0.05
#define ORIGIN_BUSY 0.9
#define LOAD_PER_CORE 0.5

bool judge_keeps_up(const cJSON *cell)
{
    return cJSON_IsTrue(field(cell, "summary.kept_up"));
}

bool judge_lost_updates(const cJSON *cell)
{
    return field_number(cell, "summary.lost_share.max") > 0;
}

bool judge_failed_as_expected(const cJSON *cell)
{
    return sample_median(cell, "failed_as_expected") > 0;
}

bool judge_noisy(const cJSON *cell)
{
    double mean = field_number(cell, "summary.wall_ns.mean");

    return field_number(cell, "summary.n") >= 3 && mean > 0 &&
           field_number(cell, "summary.wall_ns.sd") >= NOISY_CV * mean;
}

double judge_origin_busiest_ns(const cJSON *sample)
{
    const double busiest_ns = field_number(sample, "origin.busiest_cpu_ns");

    return isnan(busiest_ns) ? field_number(sample, "origin.cpu_ns") : busiest_ns;
}

bool judge_origin_bound(const cJSON *cell)
{
    double busiest_ns = sample_median(cell, "origin.busiest_cpu_ns");

    if (isnan(busiest_ns))
        busiest_ns = sample_median(cell, "origin.cpu_ns");
    return busiest_ns >= ORIGIN_BUSY * sample_median(cell, "run_ns");
}

bool judge_one_at_a_time(const cJSON *cell)
{
    return field_number(cell, "lanes") == 1;
}

bool judge_short_of_lanes(const cJSON *block, const cJSON *cell)
{
    double possible = fmin(field_number(cell, "lanes"), field_number(block, "tasks"));

    // Work that never waits is done before the next lane begins: that is no shortcoming.
    // Nor is it one to have no need of them.
    return field_is(block, "kind", "I/O-bound") && !block_open_loop(block) &&
           sample_median(cell, "in_flight") < possible;
}

bool judge_memory_too_low(const cJSON *block, const cJSON *cell)
{
    double in_flight = field_number(cell, "memory.in_flight");

    // 0: another program does not say.
    return field_is(block, "kind", "I/O-bound") && in_flight > 0 &&
           in_flight < field_number(cell, "memory.in_flight_wanted");
}

const char *judge_emulation(const cJSON *cell)
{
    const char *said = field_text(cell, "emulates");

    // Documents from before cells said so had one such model.
    return said == NULL && field_is(cell, "model", "gil")
               ? "is a GIL in C: it shows what the lock costs, with no interpreter's cost"
               : said;
}

bool judge_busy_before(double load, double cores)
{
    return load >= LOAD_PER_CORE * cores;
}

bool judge_slow_build(const cJSON *document)
{
    const char *type = field_text(document, "ccbench.build_type");

    return field_text(document, "ccbench.sanitizer") != NULL || (type != NULL && strcmp(type, "debug") == 0);
}

bool judge_has_step(const cJSON *steps, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, steps) {
        if (item->string != NULL && strcmp(item->string, name) == 0)
            return true;
        if (judge_has_step(item, name))
            return true;
    }
    return false;
}

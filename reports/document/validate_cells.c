// SPDX-License-Identifier: MIT
#include "reports/document/validate_cells.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/utf8.h"
#include "reports/document/fields.h"
#include "reports/document/rules.h"
#include "reports/document/validate_capacity.h"
#include "reports/document/validate_histograms.h"

// What is compared pair by pair is bounded: by what --rounds takes, and far above any number of models.
#define MOST_SAMPLES 10000
#define MOST_CELLS 256
// Of a round, as --repeat takes them.
#define MOST_TRIALS 1000

static const struct rule cell_rules[] = {
    {"model", TEXT},
    {"kin", TEXT | NOTHING},
    {"pretends", BOOLEAN | OPTIONAL},
    {"emulates", TEXT | OPTIONAL},
    {"family", TEXT | OPTIONAL},
    {"loop", TEXT | NOTHING | OPTIONAL},
    {"lanes", POSITIVE},
    {"status", TEXT},
    {"reason", TEXT | NOTHING},
    {"memory", OBJECT | NOTHING},
    {"memory_reason", TEXT | NOTHING},
    {"ended_after", POSITIVE | OPTIONAL},
    {"trials_per_round", POSITIVE | OPTIONAL},
    {"samples", LIST},
    {"histograms", OBJECT | NOTHING | OPTIONAL},
    {"summary", OBJECT | NOTHING | OPTIONAL},
    {NULL, 0},
};

static const struct rule ok_sample_rules[] = {
    {"round", POSITIVE},
    {"wall_ns", POSITIVE},
    {"setup_ns", NUMBER},
    {"run_ns", NUMBER},
    {"teardown_ns", NUMBER},
    {"cpu_ns", NUMBER},
    {"cpu_counted_from", TEXT | OPTIONAL},
    {"switches_own", NUMBER},
    {"switches_forced", NUMBER},
    {"tasks", POSITIVE},
    {"failed", NUMBER},
    {"in_flight", NUMBER},
    {"latency_ns", OBJECT | NOTHING},
    {"hardware", OBJECT | NOTHING | OPTIONAL},
    {"hardware_reason", TEXT | NOTHING | OPTIONAL},
    {"trials", LIST | OPTIONAL},
    {NULL, 0},
};

static const struct rule bad_sample_rules[] = {
    {"round", POSITIVE},
    {"reason", TEXT},
    {"trials", LIST | OPTIONAL},
    {NULL, 0},
};

// Of a time over the tasks of a trial.
static const struct rule spread_rules[] = {
    {"p50", NUMBER}, {"p90", NUMBER}, {"p99", NUMBER | NOTHING}, {"p999", NUMBER | NOTHING}, {"max", NUMBER}, {NULL, 0},
};

static const struct rule hardware_rules[] = {
    {"cycles", NUMBER | NOTHING},
    {"instructions", NUMBER | NOTHING},
    {"cache_misses", NUMBER | NOTHING},
    {"migrations", NUMBER | NOTHING},
    {"context_switches", NUMBER | NOTHING},
    {"page_faults", NUMBER | NOTHING},
    {NULL, 0},
};

static const struct rule memory_rules[] = {
    {"bytes", NUMBER},
    {"bytes_per_lane", NUMBER | OPTIONAL},
    {"in_flight", NUMBER | OPTIONAL},
    {"in_flight_wanted", POSITIVE | OPTIONAL},
    {"readings", LIST | OPTIONAL},
    {NULL, 0},
};

static const struct rule statistic_rules[] = {
    {"median", NUMBER},
    {"low", NUMBER | NOTHING},
    {"high", NUMBER | NOTHING},
    {"coverage", NUMBER | NOTHING},
    {"min", NUMBER},
    {"max", NUMBER},
    {"mean", NUMBER},
    {"sd", NUMBER},
    {"mad", NUMBER},
    {NULL, 0},
};

static int validate_one_of(const struct validation *at, const cJSON *object, const char *name,
                           const char *const *allowed)
{
    char list[120] = "";
    size_t length = 0;

    for (size_t i = 0; allowed[i] != NULL && length < sizeof list; i++) {
        if (field_is(object, name, allowed[i]))
            return 0;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : ", ", allowed[i]);
    }
    return validate_refuse(at, name, "'%.24s', expected one of %s", field_text(object, name), list);
}

static bool is_statistic(const cJSON *item)
{
    static const char *const others[] = {"n", "classes", "kept_up", "speedup_reason", "rank", "tied"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(item->string, others[i]) == 0)
            return false;
    return !cJSON_IsNull(item);
}

static int validate_statistic(const struct validation *summary, const cJSON *item)
{
    struct validation at = *summary;
    char found[48];

    if (!is_statistic(item))
        return 0;
    if (!cJSON_IsObject(item))
        return validate_refuse(&at, item->string, "%s, expected an object or null", validate_describe(item, found));
    snprintf(at.where, sizeof at.where, "%.90s.%.30s", summary->where, item->string);
    return validate_rules(&at, item, statistic_rules);
}

static int validate_summary(const struct validation *cell, const cJSON *summary)
{
    static const struct rule head[] = {
        {"n", POSITIVE},
        {"rank", POSITIVE},
        {"tied", BOOLEAN},
        {"classes", LIST | NOTHING | OPTIONAL},
        {"kept_up", BOOLEAN | NOTHING | OPTIONAL},
        {NULL, 0},
    };
    struct validation at = *cell;
    const cJSON *item;
    int err;

    snprintf(at.where, sizeof at.where, "%.100s.summary", cell->where);
    err = validate_rules(&at, summary, head);
    cJSON_ArrayForEach(item, summary) {
        if (err == 0)
            err = validate_statistic(&at, item);
    }
    return err;
}

// The object of that name, where there is one.
static int validate_part(const struct validation *outer, const cJSON *object, const char *name,
                         const struct rule *rules)
{
    const cJSON *part = field(object, name);
    struct validation at = *outer;

    if (!cJSON_IsObject(part))
        return 0;
    snprintf(at.where, sizeof at.where, "%.90s.%.30s", outer->where, name);
    return validate_rules(&at, part, rules);
}

// Each adds a round to those before it. This finds doubles too, and lets rounds be paired in one pass.
static int validate_round(const struct validation *at, const cJSON *sample, int index)
{
    double round = field_number(sample, "round"), before = index > 0 ? field_number(sample->prev, "round") : 0;

    return round > before
               ? 0
               : validate_refuse(at, "round", "%g, expected more than the %g of the sample before", round, before);
}

static int validate_trials(const struct validation *outer, const cJSON *sample)
{
    static const struct rule rules[] = {
        {"start_ns", NUMBER}, {"wall_ns", NUMBER | OPTIONAL}, {"cpu_ns", NUMBER | OPTIONAL}, {NULL, 0}};
    struct validation at = *outer;
    const cJSON *trial;
    int index = 0, err = validate_length(outer, sample, "trials", MOST_TRIALS);

    cJSON_ArrayForEach(trial, field(sample, "trials")) {
        snprintf(at.where, sizeof at.where, "%.90s.trials[%d]", outer->where, index++);
        if (err == 0)
            err = validate_rules(&at, trial, rules);
    }
    return err;
}

static int validate_figures(const struct validation *at, const cJSON *sample)
{
    static const char *const spreads[] = {"latency_ns", "queued_ns", "service_ns"};
    int err = validate_rules(at, sample, field_is(sample, "status", "ok") ? ok_sample_rules : bad_sample_rules);

    // What ratios are made with must not make them endless.
    if (err == 0 && sample_ok(sample) && field_number(sample, "wall_ns") < 1)
        err = validate_refuse(at, "wall_ns", "%g, expected at least 1", field_number(sample, "wall_ns"));
    for (size_t i = 0; err == 0 && i < sizeof spreads / sizeof *spreads; i++)
        err = validate_part(at, sample, spreads[i], spread_rules);
    if (err == 0)
        err = validate_trials(at, sample);
    return err == 0 ? validate_part(at, sample, "hardware", hardware_rules) : err;
}

static int validate_sample(const struct validation *cell, const cJSON *sample, int index)
{
    static const char *const statuses[] = {"ok", "failed", "wrong", NULL};
    static const struct rule status_rule[] = {{"status", TEXT}, {NULL, 0}};
    struct validation at = *cell;
    int err;

    snprintf(at.where, sizeof at.where, "%.100s.samples[%d]", cell->where, index);
    if (!cJSON_IsObject(sample))
        return validate_refuse(&at, "", "not an object");
    err = validate_rules(&at, sample, status_rule);
    if (err == 0)
        err = validate_one_of(&at, sample, "status", statuses);
    if (err == 0)
        err = validate_figures(&at, sample);
    return err == 0 ? validate_round(&at, sample, index) : err;
}

static int validate_samples(const struct validation *at, const cJSON *cell)
{
    const cJSON *sample;
    int index = 0, err = validate_length(at, cell, "samples", MOST_SAMPLES);

    if (err < 0)
        return err;
    if (cell_ok(cell) && sample_count(cell) == 0)
        return validate_refuse(at, "samples", "empty, expected at least one as the cell is ok");
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        err = validate_sample(at, sample, index++);
        if (err < 0)
            return err;
        if (cell_ok(cell) && !sample_ok(sample))
            return validate_refuse(at, "status", "ok, though its sample %d is %s", index, field_text(sample, "status"));
    }
    return 0;
}

static int validate_model(const struct validation *at, const cJSON *cell)
{
    for (const cJSON *earlier = cell->prev; earlier->next != NULL; earlier = earlier->prev)
        if (field_is(earlier, "model", field_text(cell, "model")))
            return validate_refuse(at, "model", "'%.*s' occurs twice in this workload",
                                   UTF8_CLIPPED(field_text(cell, "model"), 40));
    return 0;
}

static int validate_readings(const struct validation *at, const cJSON *cell)
{
    const cJSON *reading;
    char found[48];

    cJSON_ArrayForEach(reading, field(cell, "memory.readings")) {
        if (!cJSON_IsNumber(reading) || reading->valuedouble < 0)
            return validate_refuse(at, "memory.readings", "%s among them, expected numbers only",
                                   validate_describe(reading, found));
    }
    return 0;
}

static int validate_cell(const struct validation *block, const cJSON *cell, int index)
{
    static const char *const statuses[] = {"ok", "skipped", "failed", "wrong", NULL};
    struct validation at = *block;
    int err;

    snprintf(at.where, sizeof at.where, "%.80s.cells[%d]", block->where, index);
    if (!cJSON_IsObject(cell))
        return validate_refuse(&at, "", "not an object");
    err = validate_rules(&at, cell, cell_rules);
    if (err == 0)
        err = validate_one_of(&at, cell, "status", statuses);
    if (err == 0 && !cell_ok(cell) && field_text(cell, "reason") == NULL)
        err = validate_refuse(&at, "reason", "null, expected why the cell is %s", field_text(cell, "status"));
    if (err == 0)
        err = validate_part(&at, cell, "memory", memory_rules);
    if (err == 0)
        err = validate_readings(&at, cell);
    if (err == 0)
        err = validate_capacity(&at, cell);
    if (err == 0)
        err = validate_samples(&at, cell);
    if (err == 0)
        err = validate_histograms(&at, cell);
    if (err == 0 && field(cell, "summary") != NULL)
        err = validate_summary(&at, field(cell, "summary"));
    return err == 0 ? validate_model(&at, cell) : err;
}

int validate_cells(const struct validation *at, const cJSON *block)
{
    const cJSON *cell;
    int index = 0, err = validate_length(at, block, "cells", MOST_CELLS);

    if (err < 0)
        return err;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        err = validate_cell(at, cell, index++);
        if (err < 0)
            return err;
        // Of a first round that was interrupted there may be some models' samples.
        if (sample_count(cell) > 0 && field_number(block, "rounds") < 1 && !field_is(block, "stopped", "interrupted"))
            return validate_refuse(at, "rounds", "0, expected at least 1 as '%.*s' has samples",
                                   UTF8_CLIPPED(field_text(cell, "model"), 40));
    }
    return index > 0 ? 0 : validate_refuse(at, "cells", "empty, expected at least one");
}

// SPDX-License-Identifier: MIT
#include "reports/document/validate.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/document/validate_sweep.h"
#include "reports/document/validate_tasks.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/document/rules.h"

// What is compared pair by pair is bounded: by what --rounds takes, and far above any number of models and workloads.
#define MOST_SAMPLES 10000
#define MOST_CELLS 64
#define MOST_BLOCKS 1024

static const struct rule document_rules[] = {
    {"schema", TEXT},           {"ccbench", OBJECT},
    {"started", TEXT},          {"seed", NUMBER},
    {"duration_ns", NUMBER},    {"interrupted", TEXT | NOTHING},
    {"environment", OBJECT},    {"placement", OBJECT},
    {"plan", OBJECT},           {"workloads", LIST},
    {"status", NUMBER},         {"sweeps", LIST | OPTIONAL},
    {NULL, 0},
};

static const struct rule environment_rules[] = {
    {"cpu", OBJECT | OPTIONAL},
    {"kernel", TEXT | NOTHING | OPTIONAL},
    {"libc", TEXT | NOTHING | OPTIONAL},
    {"virtualisation", TEXT | NOTHING | OPTIONAL},
    {"variables", OBJECT | OPTIONAL},
    {"limits", OBJECT | OPTIONAL},
    {"before", OBJECT | OPTIONAL},
    {"during", OBJECT | NOTHING | OPTIONAL},
    {"after", OBJECT | NOTHING | OPTIONAL},
    {NULL, 0},
};

static const struct rule build_rules[] = {
    {"version", TEXT | OPTIONAL},        {"build_type", TEXT | OPTIONAL}, {"sanitizer", TEXT | NOTHING | OPTIONAL},
    {"revision", TEXT | NOTHING | OPTIONAL}, {"compiler", TEXT | OPTIONAL}, {"flags", TEXT | OPTIONAL},
    {"libraries", OBJECT | OPTIONAL},    {NULL, 0},
};

static const struct rule block_rules[] = {
    {"workload", TEXT}, {"describe", TEXT}, {"tasks", POSITIVE}, {"concurrency", POSITIVE}, {"cores", POSITIVE},
    {"cpus", TEXT | OPTIONAL}, {"sweep", OBJECT | NOTHING | OPTIONAL},
    {"rate", OBJECT | NOTHING | OPTIONAL},
    {"kind", TEXT | NOTHING | OPTIONAL},
    {"cpu_share", NUMBER | NOTHING | OPTIONAL},
    {"ideal_ns", POSITIVE | NOTHING},
    {"ideal_formula", TEXT | NOTHING},
    {"ideal_reason", TEXT | NOTHING},
    {"rounds", NUMBER},
    {"stopped", TEXT},
    {"calibration", OBJECT | NOTHING},
    {"warnings", LIST | OPTIONAL},
    {"findings", LIST | OPTIONAL},
    {"cells", LIST},
    {NULL, 0},
};

static const struct rule cell_rules[] = {
    {"model", TEXT},
    {"kin", TEXT | NOTHING},
    {"pretends", BOOLEAN | OPTIONAL},
    {"lanes", POSITIVE},
    {"status", TEXT},
    {"reason", TEXT | NOTHING},
    {"memory", OBJECT | NOTHING},
    {"memory_reason", TEXT | NOTHING},
    {"samples", LIST},
    {"summary", OBJECT | NOTHING | OPTIONAL},
    {NULL, 0},
};

static const struct rule ok_sample_rules[] = {
    {"round", POSITIVE},      {"wall_ns", POSITIVE}, {"setup_ns", NUMBER},        {"run_ns", NUMBER},
    {"teardown_ns", NUMBER},  {"cpu_ns", NUMBER},    {"switches_own", NUMBER},    {"switches_forced", NUMBER},
    {"tasks", POSITIVE},      {"failed", NUMBER},    {"in_flight", NUMBER},       {"latency_ns", OBJECT | NOTHING},
    {"hardware", OBJECT | NOTHING | OPTIONAL}, {"hardware_reason", TEXT | NOTHING | OPTIONAL},
    {NULL, 0},
};

static const struct rule bad_sample_rules[] = {
    {"round", POSITIVE}, {"reason", TEXT}, {NULL, 0},
};

// Of a time over the tasks of a trial.
static const struct rule spread_rules[] = {
    {"p50", NUMBER},           {"p90", NUMBER}, {"p99", NUMBER | NOTHING},
    {"p999", NUMBER | NOTHING}, {"max", NUMBER}, {NULL, 0},
};

static const struct rule hardware_rules[] = {
    {"cycles", NUMBER | NOTHING},     {"instructions", NUMBER | NOTHING},     {"cache_misses", NUMBER | NOTHING},
    {"migrations", NUMBER | NOTHING}, {"context_switches", NUMBER | NOTHING}, {"page_faults", NUMBER | NOTHING},
    {NULL, 0},
};

static const struct rule memory_rules[] = {
    {"bytes", NUMBER}, {"bytes_per_lane", NUMBER | OPTIONAL}, {NULL, 0},
};

static const struct rule statistic_rules[] = {
    {"median", NUMBER},           {"low", NUMBER | NOTHING}, {"high", NUMBER | NOTHING},
    {"coverage", NUMBER | NOTHING}, {"min", NUMBER},         {"max", NUMBER},
    {"mean", NUMBER},             {"sd", NUMBER},            {"mad", NUMBER},
    {NULL, 0},
};

static int check_one_of(const struct check *check, const cJSON *object, const char *name, const char *const *allowed)
{
    char list[120] = "";
    size_t length = 0;

    for (size_t i = 0; allowed[i] != NULL && length < sizeof list; i++) {
        if (field_is(object, name, allowed[i]))
            return 0;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : ", ", allowed[i]);
    }
    return check_refuse(check, name, "'%.24s', expected one of %s", field_text(object, name), list);
}

// Everywhere, also where no rule looks: a number that overflowed while it was read (1e999) poisons whatever it meets.
static int check_finite(const struct check *check, const cJSON *item)
{
    const cJSON *child;

    if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
        return check_refuse(check, item->string != NULL ? item->string : "", "not a finite number");
    cJSON_ArrayForEach(child, item) {
        int r = check_finite(check, child);

        if (r < 0)
            return r;
    }
    return 0;
}

static int check_texts(const struct check *check, const cJSON *object, const char *name)
{
    const cJSON *item;
    char found[48];

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, name)) {
        if (!cJSON_IsString(item))
            return check_refuse(check, name, "%s among them, expected text only", check_describe(item, found));
    }
    return 0;
}

static bool is_statistic(const cJSON *item)
{
    static const char *const others[] = {"n", "classes", "kept_up", "speedup_reason", "rank", "tied"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(item->string, others[i]) == 0)
            return false;
    return !cJSON_IsNull(item);
}

static int check_summary(const struct check *cell, const cJSON *summary)
{
    static const struct rule head[] = {
        {"n", POSITIVE}, {"rank", POSITIVE}, {"tied", BOOLEAN}, {"classes", LIST | NOTHING | OPTIONAL},
        {"kept_up", BOOLEAN | NOTHING | OPTIONAL}, {NULL, 0},
    };
    struct check check = *cell;
    const cJSON *item;
    int r;

    snprintf(check.where, sizeof check.where, "%.100s.summary", cell->where);
    r = check_rules(&check, summary, head);
    cJSON_ArrayForEach(item, summary) {
        struct check inner = check;
        char found[48];

        if (r < 0)
            return r;
        if (!is_statistic(item))
            continue;
        if (!cJSON_IsObject(item))
            return check_refuse(&check, item->string, "%s, expected an object or null", check_describe(item, found));
        snprintf(inner.where, sizeof inner.where, "%.90s.%.30s", check.where, item->string);
        r = check_rules(&inner, item, statistic_rules);
    }
    return r;
}

// The object of that name, where there is one.
static int check_part(const struct check *outer, const cJSON *object, const char *name, const struct rule *rules)
{
    const cJSON *part = field(object, name);
    struct check check = *outer;

    if (!cJSON_IsObject(part))
        return 0;
    snprintf(check.where, sizeof check.where, "%.90s.%.30s", outer->where, name);
    return check_rules(&check, part, rules);
}

static int check_sample(const struct check *cell, const cJSON *sample, int index)
{
    static const char *const statuses[] = {"ok", "failed", "wrong", NULL};
    static const char *const spreads[] = {"latency_ns", "queued_ns", "service_ns"};
    static const struct rule status_rule[] = {{"status", TEXT}, {NULL, 0}};
    struct check check = *cell;
    int r;

    snprintf(check.where, sizeof check.where, "%.100s.samples[%d]", cell->where, index);
    if (!cJSON_IsObject(sample))
        return check_refuse(&check, "", "not an object");
    r = check_rules(&check, sample, status_rule);
    if (r == 0)
        r = check_one_of(&check, sample, "status", statuses);
    if (r == 0)
        r = check_rules(&check, sample, field_is(sample, "status", "ok") ? ok_sample_rules : bad_sample_rules);
    // What ratios are made with must not make them endless.
    if (r == 0 && sample_ok(sample) && field_number(sample, "wall_ns") < 1)
        r = check_refuse(&check, "wall_ns", "%g, expected at least 1", field_number(sample, "wall_ns"));
    for (size_t i = 0; r == 0 && i < sizeof spreads / sizeof *spreads; i++)
        r = check_part(&check, sample, spreads[i], spread_rules);
    if (r == 0)
        r = check_part(&check, sample, "hardware", hardware_rules);
    if (r < 0)
        return r;
    // Each adds a round to those before it. This finds doubles too, and lets rounds be paired in one pass.
    if (index > 0 && !(field_number(sample, "round") > field_number(sample->prev, "round")))
        return check_refuse(&check, "round", "%g, expected more than the %g of the sample before",
                            field_number(sample, "round"), field_number(sample->prev, "round"));
    return 0;
}

static int check_samples(const struct check *check, const cJSON *cell)
{
    const cJSON *sample;
    int index = 0, r = check_length(check, cell, "samples", MOST_SAMPLES);

    if (r < 0)
        return r;
    if (cell_ok(cell) && sample_count(cell) == 0)
        return check_refuse(check, "samples", "empty, expected at least one as the cell is ok");
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        r = check_sample(check, sample, index++);
        if (r < 0)
            return r;
        if (cell_ok(cell) && !sample_ok(sample))
            return check_refuse(check, "status", "ok, though its sample %d is %s", index, field_text(sample, "status"));
    }
    return 0;
}

static int check_cell(const struct check *block, const cJSON *cell, int index)
{
    static const char *const statuses[] = {"ok", "skipped", "failed", "wrong", NULL};
    struct check check = *block;
    int r;

    snprintf(check.where, sizeof check.where, "%.80s.cells[%d]", block->where, index);
    if (!cJSON_IsObject(cell))
        return check_refuse(&check, "", "not an object");
    r = check_rules(&check, cell, cell_rules);
    if (r == 0)
        r = check_one_of(&check, cell, "status", statuses);
    if (r == 0 && !cell_ok(cell) && field_text(cell, "reason") == NULL)
        r = check_refuse(&check, "reason", "null, expected why the cell is %s", field_text(cell, "status"));
    if (r == 0)
        r = check_part(&check, cell, "memory", memory_rules);
    if (r == 0)
        r = check_samples(&check, cell);
    if (r == 0 && field(cell, "summary") != NULL)
        r = check_summary(&check, field(cell, "summary"));
    for (const cJSON *earlier = cell; r == 0 && earlier->prev->next != NULL;) {
        earlier = earlier->prev;
        if (field_is(earlier, "model", field_text(cell, "model")))
            r = check_refuse(&check, "model", "'%.40s' occurs twice in this workload", field_text(cell, "model"));
    }
    return r;
}

static int check_cells(const struct check *check, const cJSON *block)
{
    const cJSON *cell;
    int index = 0, r = check_length(check, block, "cells", MOST_CELLS);

    if (r < 0)
        return r;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        r = check_cell(check, cell, index++);
        if (r < 0)
            return r;
        if (sample_count(cell) > 0 && field_number(block, "rounds") < 1)
            return check_refuse(check, "rounds", "0, expected at least 1 as '%.40s' has samples", field_text(cell, "model"));
    }
    return index > 0 ? 0 : check_refuse(check, "cells", "empty, expected at least one");
}

static int check_block(const struct check *document, const cJSON *block, int index)
{
    struct check check = *document;
    int r;

    snprintf(check.where, sizeof check.where, "workloads[%d]", index);
    if (!cJSON_IsObject(block))
        return check_refuse(&check, "", "not an object");
    r = check_rules(&check, block, block_rules);
    if (r == 0)
        r = check_texts(&check, block, "findings");
    if (r == 0)
        r = check_texts(&check, block, "warnings");
    if (r == 0)
        r = check_sweep(block, check.where, check.error);
    if (r == 0)
        r = check_cells(&check, block);
    if (r == 0)
        r = check_tasks(&check, block);
    for (const cJSON *earlier = block; r == 0 && earlier->prev->next != NULL;) {
        earlier = earlier->prev;
        if (check_same_block(earlier, block))
            r = check_refuse(&check, "workload", "'%.40s' occurs twice with the same tasks and concurrency",
                             field_text(block, "workload"));
    }
    return r;
}

// What was measured on, and with what: all of it may be missing, but what is there has its type.
static int check_machine(const struct check *document, const cJSON *root)
{
    struct check check = *document;
    int r;

    snprintf(check.where, sizeof check.where, "ccbench");
    r = check_rules(&check, field(root, "ccbench"), build_rules);
    snprintf(check.where, sizeof check.where, "environment");
    return r == 0 ? check_rules(&check, field(root, "environment"), environment_rules) : r;
}

int document_check(const cJSON *document, char error[DOCUMENT_ERROR])
{
    const struct check check = {.error = error};
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(document, "schema");
    const cJSON *block;
    char found[48];
    int index = 0, r;

    if (!cJSON_IsObject(document))
        return check_refuse(&check, "", "not a JSON object, expected a report of ccbench");
    if (gate_is(document)) {
        r = check_finite(&check, document);
        return r == 0 ? gate_check(document, error) : r;
    }
    if (!field_is(document, "schema", DOCUMENT_SCHEMA))
        return check_refuse(&check, "schema", "%s, expected '%s'", check_describe(schema, found), DOCUMENT_SCHEMA);
    r = check_finite(&check, document);
    if (r == 0)
        r = check_rules(&check, document, document_rules);
    if (r == 0)
        r = check_machine(&check, document);
    if (r == 0)
        r = check_length(&check, document, "workloads", MOST_BLOCKS);
    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (r == 0)
            r = check_block(&check, block, index++);
    }
    if (r == 0 && index == 0)
        r = check_refuse(&check, "workloads", "empty, expected at least one");
    return r;
}

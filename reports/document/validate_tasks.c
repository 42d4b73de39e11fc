// SPDX-License-Identifier: MIT
#include "reports/document/validate_tasks.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"

// As many as a plan may have.
#define MOST_CLASSES 1000

static const struct rule rate_rules[] = {
    {"per_s", POSITIVE}, {"constant", BOOLEAN}, {"span_ns", NUMBER}, {"searched", BOOLEAN | OPTIONAL}, {NULL, 0},
};

static const struct rule sample_rules[] = {
    {"failed_as_expected", NUMBER | OPTIONAL},        {"updates", OBJECT | NOTHING | OPTIONAL},
    {"classes", LIST | NOTHING | OPTIONAL},           {"kept_up", BOOLEAN | NOTHING | OPTIONAL},
    {"reached_per_s", POSITIVE | NOTHING | OPTIONAL}, {"behind_since_ns", NUMBER | NOTHING | OPTIONAL},
    {"latest_ns", NUMBER | NOTHING | OPTIONAL},       {NULL, 0},
};

// Models are ranked by these.
static const struct rule open_sample_rules[] = {
    {"kept_up", BOOLEAN},
    {"reached_per_s", POSITIVE},
    {"latency_ns", OBJECT},
    {NULL, 0},
};

static const struct rule updates_rules[] = {
    {"expected", POSITIVE},
    {"lost", NUMBER},
    {NULL, 0},
};

static const struct rule class_rules[] = {
    {"name", TEXT},
    {"tasks", NUMBER},
    {NULL, 0},
};

static int validate_classes(const struct validation *outer, const cJSON *classes)
{
    const cJSON *class;
    int index = 0, err = 0;

    cJSON_ArrayForEach(class, classes) {
        struct validation at = *outer;

        snprintf(at.where, sizeof at.where, "%.100s.classes[%d]", outer->where, index++);
        if (err == 0)
            err = cJSON_IsObject(class) ? validate_rules(&at, class, class_rules)
                                        : validate_refuse(&at, "", "not an object");
    }
    return err;
}

static int validate_sample(const struct validation *outer, const cJSON *block, const cJSON *sample, int index)
{
    struct validation at = *outer;
    int err;

    snprintf(at.where, sizeof at.where, "%.90s.samples[%d]", outer->where, index);
    err = validate_rules(&at, sample, sample_rules);
    if (err == 0 && block_open_loop(block) && sample_ok(sample))
        err = validate_rules(&at, sample, open_sample_rules);
    if (err == 0)
        err = validate_length(&at, sample, "classes", MOST_CLASSES);
    if (err == 0)
        err = validate_classes(&at, field(sample, "classes"));
    snprintf(at.where, sizeof at.where, "%.90s.samples[%d].updates", outer->where, index);
    if (err == 0 && field(sample, "updates") != NULL)
        err = validate_rules(&at, field(sample, "updates"), updates_rules);
    return err;
}

static int validate_cell(const struct validation *outer, const cJSON *block, const cJSON *cell, int index)
{
    struct validation at = *outer;
    const cJSON *sample;
    int place = 0, err = 0;

    snprintf(at.where, sizeof at.where, "%.70s.cells[%d]", outer->where, index);
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        if (err == 0)
            err = validate_sample(&at, block, sample, place++);
    }
    snprintf(at.where, sizeof at.where, "%.70s.cells[%d].summary", outer->where, index);
    return err == 0 ? validate_classes(&at, field(cell, "summary.classes")) : err;
}

int validate_tasks(const struct validation *block_at, const cJSON *block)
{
    struct validation at = *block_at;
    const cJSON *cell;
    int index = 0, err = 0;

    snprintf(at.where, sizeof at.where, "%.100s.rate", block_at->where);
    if (block_open_loop(block))
        err = validate_rules(&at, field(block, "rate"), rate_rules);
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (err == 0)
            err = validate_cell(block_at, block, cell, index++);
    }
    return err;
}

// SPDX-License-Identifier: MIT
#include "reports/document/validate_tasks.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "reports/document/block.h"
#include "reports/document/fields.h"

// As many as a plan may have.
#define MOST_CLASSES 1000

static const struct rule rate_rules[] = {
    {"per_s", POSITIVE}, {"constant", BOOLEAN}, {"span_ns", NUMBER}, {NULL, 0},
};

static const struct rule sample_rules[] = {
    {"failed_as_expected", NUMBER | OPTIONAL},
    {"updates", OBJECT | NOTHING | OPTIONAL},
    {"classes", LIST | NOTHING | OPTIONAL},
    {"kept_up", BOOLEAN | NOTHING | OPTIONAL},
    {"reached_per_s", POSITIVE | NOTHING | OPTIONAL},
    {"behind_since_ns", NUMBER | NOTHING | OPTIONAL},
    {"latest_ns", NUMBER | NOTHING | OPTIONAL},
    {NULL, 0},
};

// Models are ranked by these.
static const struct rule open_sample_rules[] = {
    {"kept_up", BOOLEAN}, {"reached_per_s", POSITIVE}, {"latency_ns", OBJECT}, {NULL, 0},
};

static const struct rule updates_rules[] = {
    {"expected", POSITIVE}, {"lost", NUMBER}, {NULL, 0},
};

static const struct rule class_rules[] = {
    {"name", TEXT}, {"tasks", NUMBER}, {NULL, 0},
};

static int check_classes(const struct check *outer, const cJSON *classes)
{
    const cJSON *class;
    int index = 0, r = 0;

    cJSON_ArrayForEach(class, classes) {
        struct check check = *outer;

        snprintf(check.where, sizeof check.where, "%.100s.classes[%d]", outer->where, index++);
        if (r == 0)
            r = cJSON_IsObject(class) ? check_rules(&check, class, class_rules) : check_refuse(&check, "", "not an object");
    }
    return r;
}

static int check_sample(const struct check *outer, const cJSON *block, const cJSON *sample, int index)
{
    struct check check = *outer;
    int r;

    snprintf(check.where, sizeof check.where, "%.90s.samples[%d]", outer->where, index);
    r = check_rules(&check, sample, sample_rules);
    if (r == 0 && block_open_loop(block) && sample_ok(sample))
        r = check_rules(&check, sample, open_sample_rules);
    if (r == 0)
        r = check_length(&check, sample, "classes", MOST_CLASSES);
    if (r == 0)
        r = check_classes(&check, field(sample, "classes"));
    snprintf(check.where, sizeof check.where, "%.90s.samples[%d].updates", outer->where, index);
    if (r == 0 && field(sample, "updates") != NULL)
        r = check_rules(&check, field(sample, "updates"), updates_rules);
    return r;
}

static int check_cell(const struct check *outer, const cJSON *block, const cJSON *cell, int index)
{
    struct check check = *outer;
    const cJSON *sample;
    int place = 0, r = 0;

    snprintf(check.where, sizeof check.where, "%.70s.cells[%d]", outer->where, index);
    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        if (r == 0)
            r = check_sample(&check, block, sample, place++);
    }
    snprintf(check.where, sizeof check.where, "%.70s.cells[%d].summary", outer->where, index);
    return r == 0 ? check_classes(&check, field(cell, "summary.classes")) : r;
}

int check_tasks(const struct check *block_check, const cJSON *block)
{
    struct check check = *block_check;
    const cJSON *cell;
    int index = 0, r = 0;

    snprintf(check.where, sizeof check.where, "%.100s.rate", block_check->where);
    if (block_open_loop(block))
        r = check_rules(&check, field(block, "rate"), rate_rules);
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (r == 0)
            r = check_cell(block_check, block, cell, index++);
    }
    return r;
}

// SPDX-License-Identifier: MIT
#include "reports/document/block.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "reports/document/fields.h"

bool block_has_begun(const cJSON *block)
{
    const cJSON *cell;

    if (!field_is(block, "stopped", "interrupted"))
        return true;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (sample_count(cell) > 0)
            return true;
    }
    return false;
}

bool block_any_has_begun(const cJSON *document)
{
    const cJSON *block;

    cJSON_ArrayForEach(block, field(document, "workloads")) {
        if (block_has_begun(block))
            return true;
    }
    return false;
}

bool block_open_loop(const cJSON *block)
{
    return field(block, "rate") != NULL;
}

bool block_is_searched(const cJSON *block)
{
    return cJSON_IsTrue(field(block, "rate.searched"));
}

const cJSON *block_cell(const cJSON *block, const char *model)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (model != NULL && field_is(cell, "model", model))
            return cell;
    }
    return NULL;
}

const char *block_own_loop(const cJSON *cell, char buf[BLOCK_LOOP])
{
    const char *loop = field_text(cell, "loop"), *model = field_text(cell, "model");
    const char *interpreter = loop != NULL && model != NULL ? strchr(model, '@') : NULL;

    if (loop == NULL && cJSON_HasObjectItem(cell, "loop"))
        return NULL;
    snprintf(buf, BLOCK_LOOP, "%s%.*s", loop != NULL ? loop : "sequential",
             interpreter != NULL ? (int)strcspn(interpreter, ":") : 0, interpreter != NULL ? interpreter : "");
    return buf;
}

static bool same_text(const cJSON *a, const cJSON *b, const char *path)
{
    const char *one = field_text(a, path), *other = field_text(b, path);

    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

// How tasks arrive, if on their own.
static bool same_rate(const cJSON *a, const cJSON *b)
{
    if (!block_open_loop(a) || !block_open_loop(b))
        return block_open_loop(a) == block_open_loop(b);
    return block_is_searched(a) == block_is_searched(b) &&
           (block_is_searched(a) || field_number(a, "rate.per_s") == field_number(b, "rate.per_s")) &&
           cJSON_IsTrue(field(a, "rate.constant")) == cJSON_IsTrue(field(b, "rate.constant"));
}

bool block_is_same(const cJSON *a, const cJSON *b)
{
    return same_text(a, b, "workload") && same_text(a, b, "cpus") &&
           (field_number(a, "tasks") == field_number(b, "tasks") || (block_is_searched(a) && block_is_searched(b))) &&
           field_number(a, "concurrency") == field_number(b, "concurrency") && same_rate(a, b);
}

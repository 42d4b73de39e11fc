// SPDX-License-Identifier: MIT
#include "reports/document/block.h"

#include <cjson/cJSON.h>

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

bool block_open_loop(const cJSON *block)
{
    return field(block, "rate") != NULL;
}

// SPDX-License-Identifier: MIT
#include "reports/document/validate_sweep.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"

static int refuse(const char *where, const char *name, const char *expected, char error[DOCUMENT_ERROR])
{
    snprintf(error, DOCUMENT_ERROR, "%s.sweep.%s: not %s", where, name, expected);
    return -EINVAL;
}

static bool is_axis(const cJSON *block)
{
    static const char *const axes[] = {"rate", "concurrency", "tasks", "argument", "cpus"};

    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
        if (field_is(block, "sweep.axis", axes[i]))
            return true;
    return false;
}

int validate_sweep(const cJSON *block, const char *where, char error[DOCUMENT_ERROR])
{
    const cJSON *value = field(block, "sweep.value"), *earlier = block;

    if (field(block, "sweep") == NULL)
        return 0;
    if (!(sweep_group(block) >= 1))
        return refuse(where, "group", "a number from 1 up", error);
    if (!is_axis(block))
        return refuse(where, "axis", "one of rate, concurrency, tasks, argument, cpus", error);
    if (!cJSON_IsNumber(value) && !cJSON_IsString(value))
        return refuse(where, "value", "a number or text", error);
    if (field_text(block, "sweep.label") == NULL)
        return refuse(where, "label", "text", error);
    while (earlier->prev->next != NULL) {
        earlier = earlier->prev;
        if (sweep_group(earlier) == sweep_group(block) &&
            !field_is(earlier, "sweep.axis", field_text(block, "sweep.axis")))
            return refuse(where, "axis", "that of the earlier blocks of its group", error);
    }
    return 0;
}

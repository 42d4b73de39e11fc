// SPDX-License-Identifier: MIT
#include "reports/document/validate_capacity.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "reports/document/fields.h"
#include "reports/document/rules.h"

#define MOST_PROBES 1000

static const struct rule capacity_rules[] = {
    {"low_per_s", POSITIVE | NOTHING},
    {"high_per_s", POSITIVE | NOTHING},
    {"stopped", TEXT},
    {"closed_per_s", POSITIVE | NOTHING},
    {"probes", LIST},
    {NULL, 0},
};

static const struct rule probe_rules[] = {
    {"per_s", POSITIVE},  {"tasks", POSITIVE}, {"trials", NUMBER},         {"carried", NUMBER},
    {"medians_ns", LIST}, {"verdict", TEXT},   {"reason", TEXT | NOTHING}, {NULL, 0},
};

int validate_capacity(const struct validation *outer, const cJSON *cell)
{
    const cJSON *capacity = field(cell, "capacity");
    struct validation at = *outer;
    int err;

    if (capacity == NULL)
        return 0;
    snprintf(at.where, sizeof at.where, "%.90s.capacity", outer->where);
    if (!cJSON_IsObject(capacity))
        return validate_refuse(outer, "capacity", "not an object");
    err = validate_rules(&at, capacity, capacity_rules);
    if (err == 0)
        err = validate_length(&at, capacity, "probes", MOST_PROBES);
    return err == 0 ? validate_list(&at, capacity, "probes", probe_rules, NULL) : err;
}

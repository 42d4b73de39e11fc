// SPDX-License-Identifier: MIT
#include "models/model.h"

#include <stdio.h>
#include <string.h>

#include "models/carry/http_get.h"
#include "registry.h"

#define DECLARE(id, name) extern const struct model model_##id;
#define SKIP(name, reason)
CCBENCH_MODELS(DECLARE, SKIP)

#define BUILT(id, name) {name, &model_##id, NULL},
#define MISSING(name, reason) {name, NULL, reason},
const struct model_entry model_entries[] = {CCBENCH_MODELS(BUILT, MISSING){NULL, NULL, NULL}};

const struct model_entry *model_find(const char *name)
{
    for (const struct model_entry *entry = model_entries; entry->name != NULL; entry++) {
        if (strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

const char *model_cannot(const struct model *model, const struct parameter_values *parameters, uint32_t kinds,
                         char *buf, unsigned size)
{
    uint32_t lacking = kinds & ~model->can;
    const char *missing = http_client_missing(parameters_client(model->parameters, parameters));

    if (kinds & STEP_BIT(STEP_FETCH) && missing != NULL) {
        snprintf(buf, size, "fetching is not built: %s", missing);
        return buf;
    }
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++) {
        if (lacking & STEP_BIT(kind)) {
            if (kind == STEP_FUNCTION)
                return "cannot call: functions are of other languages, whose models call them";
            snprintf(buf, size, "cannot %s%s%s", step_rows[kind].name, model->cannot != NULL ? ": " : "",
                     model->cannot != NULL ? model->cannot : "");
            return buf;
        }
    }
    return NULL;
}

// SPDX-License-Identifier: MIT
#include "reports/findings/several_labels.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"
#include "reports/document/several.h"

// Whether another machine would be called so, too: by the label it was given, or by its host where it was given none.
static bool is_taken(const cJSON *machines, const cJSON *mine, const char *host)
{
    const cJSON *machine;

    cJSON_ArrayForEach(machine, machines) {
        const char *label = field_text(machine, "label");

        if (machine != mine && field_is(machine, label != NULL ? "label" : "host", host))
            return true;
    }
    return false;
}

// "lab" of "runs/lab.json".
static cJSON *name_of_file(const char *file)
{
    const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
    size_t length = strlen(name), suffix = strlen(".json");
    cJSON *item = cJSON_CreateString(name);

    if (length > suffix && strcasecmp(name + length - suffix, ".json") == 0)
        item->valuestring[length - suffix] = '\0';
    return item;
}

static cJSON *choose(const cJSON *machines, const cJSON *machine)
{
    const char *label = field_text(machine, "label"), *host = field_text(machine, "host");

    if (label == NULL && host != NULL && !is_taken(machines, machine, host))
        label = host;
    return label != NULL ? cJSON_CreateString(label) : name_of_file(field_text(machine, "file"));
}

static int refuse_alike(const cJSON *machines, char error[DOCUMENT_ERROR])
{
    const cJSON *one, *other;

    cJSON_ArrayForEach(one, machines) {
        const char *label = field_text(one, "label");

        for (other = one->next; other != NULL; other = other->next) {
            if (!field_is(other, "label", label))
                continue;
            snprintf(error, DOCUMENT_ERROR,
                     "'%.*s' and '%.*s' are both called '%.*s', expected LABEL=FILE with another label",
                     UTF8_CLIPPED(field_text(one, "file"), 50), UTF8_CLIPPED(field_text(other, "file"), 50),
                     UTF8_CLIPPED(label, 40));
            return -EINVAL;
        }
    }
    return 0;
}

int several_set_labels(cJSON *several, char error[DOCUMENT_ERROR])
{
    const cJSON *machines = field(several, "machines");
    cJSON *chosen = cJSON_CreateArray(), *machine;

    // Not one by one: what one is called depends on what the others were given.
    cJSON_ArrayForEach(machine, machines)
        cJSON_AddItemToArray(chosen, choose(machines, machine));
    cJSON_ArrayForEach(machine, machines)
        json_set(machine, "label", cJSON_DetachItemFromArray(chosen, 0));
    cJSON_Delete(chosen);
    return refuse_alike(machines, error);
}

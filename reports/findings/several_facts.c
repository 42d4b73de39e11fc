// SPDX-License-Identifier: MIT
#include "reports/findings/several_facts.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "measure/base/json.h"
#include "reports/document/fields.h"
#include "reports/document/several.h"

static bool is_value(const cJSON *entry, const char *value)
{
    const char *known = field_text(entry, "value");

    return known == NULL || value == NULL ? known == value : strcmp(known, value) == 0;
}

static cJSON *entry_of(cJSON *values, const char *value)
{
    cJSON *entry;

    cJSON_ArrayForEach(entry, values) {
        if (is_value(entry, value))
            return entry;
    }
    entry = cJSON_CreateObject();
    json_add_text(entry, "value", value);
    cJSON_AddArrayToObject(entry, "labels");
    cJSON_AddItemToArray(values, entry);
    return entry;
}

static cJSON *values_of(cJSON *facts, const char *name)
{
    cJSON *fact;

    cJSON_ArrayForEach(fact, facts) {
        if (field_is(fact, "name", name))
            return cJSON_GetObjectItemCaseSensitive(fact, "values");
    }
    fact = cJSON_CreateObject();
    cJSON_AddStringToObject(fact, "name", name);
    cJSON_AddItemToArray(facts, fact);
    return cJSON_AddArrayToObject(fact, "values");
}

static void add_value(cJSON *facts, const cJSON *machine, const char *name, const char *value)
{
    cJSON *entry = entry_of(values_of(facts, name), value);

    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(entry, "labels"),
                         cJSON_CreateString(field_text(machine, "label")));
}

static const char *part_of(const cJSON *machine, const char *name)
{
    const cJSON *part;

    cJSON_ArrayForEach(part, field(machine, "fingerprint.fields")) {
        if (field_is(part, "name", name))
            return field_text(part, "value");
    }
    return NULL;
}

// Of one that is lost nothing is.
static bool is_known(const cJSON *machine)
{
    return field(machine, "lost") == NULL;
}

// A part that only some fingerprints have is unknown of the others.
static void add_parts(cJSON *facts, const cJSON *machines)
{
    const cJSON *longest = NULL, *machine, *part;

    cJSON_ArrayForEach(machine, machines) {
        const cJSON *parts = field(machine, "fingerprint.fields");

        longest = cJSON_GetArraySize(parts) > cJSON_GetArraySize(longest) ? parts : longest;
    }
    cJSON_ArrayForEach(part, longest) {
        cJSON_ArrayForEach(machine, machines) {
            if (is_known(machine))
                add_value(facts, machine, field_text(part, "name"), part_of(machine, field_text(part, "name")));
        }
    }
}

static void add_version(cJSON *facts, const cJSON *machine)
{
    const char *version = field_text(machine, "version"), *revision = field_text(machine, "revision");
    char text[128];

    snprintf(text, sizeof text, "%.60s%s%.60s", version != NULL ? version : "", revision != NULL ? " " : "",
             revision != NULL ? revision : "");
    add_value(facts, machine, "ccbench", text[0] != '\0' ? text : NULL);
}

void several_add_facts(cJSON *several)
{
    const cJSON *machines = field(several, "machines"), *machine;
    cJSON *facts = cJSON_AddArrayToObject(several, "facts");

    cJSON_ArrayForEach(machine, machines) {
        if (is_known(machine))
            add_version(facts, machine);
    }
    add_parts(facts, machines);
    cJSON_ArrayForEach(machine, machines) {
        if (is_known(machine))
            add_value(facts, machine, "reference", field_text(machine, "reference"));
    }
}

bool several_fact_is_alike(const cJSON *fact)
{
    return cJSON_GetArraySize(field(fact, "values")) < 2;
}

static void write_labels(FILE *out, const cJSON *labels, int machines)
{
    int n = cJSON_GetArraySize(labels);
    const cJSON *label;

    if (machines >= SEVERAL_MANY) {
        fprintf(out, "%d of %d", n, machines);
        return;
    }
    cJSON_ArrayForEach(label, labels)
        fprintf(out, "%s%s", label == labels->child ? "" : label->next != NULL ? ", " : " and ", label->valuestring);
}

void several_write_fact(FILE *out, const cJSON *several, const cJSON *fact)
{
    int machines = cJSON_GetArraySize(field(several, "machines"));
    const cJSON *entry;

    fprintf(out, "%s: ", field_text(fact, "name"));
    cJSON_ArrayForEach(entry, field(fact, "values")) {
        const char *value = field_text(entry, "value");

        fprintf(out, "%s%s", entry->prev->next == NULL ? "" : " | ", value != NULL ? value : "unknown");
        if (several_fact_is_alike(fact))
            continue;
        fputs(" on ", out);
        write_labels(out, field(entry, "labels"), machines);
    }
}

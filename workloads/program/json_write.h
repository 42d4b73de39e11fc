// SPDX-License-Identifier: MIT
// Making a cJSON tree when memory may run out. The rule: what is added belongs to the tree from then on, or is freed; that
// something could not be made or added is noted once, and asked for once, at the end. So nobody in between looks at NULL.
#ifndef CCBENCH_WORKLOADS_JSON_WRITE_H
#define CCBENCH_WORKLOADS_JSON_WRITE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct json_writer {
    bool failed; // something is missing in the tree
};

// Adds the item to the object, or at the end of the array. Either may be NULL, as cJSON gives it when out of memory.
static inline void json_add(struct json_writer *writer, cJSON *object, const char *name, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToObject(object, name, item))
        return;
    cJSON_Delete(item);
    writer->failed = true;
}

static inline void json_append(struct json_writer *writer, cJSON *array, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToArray(array, item))
        return;
    cJSON_Delete(item);
    writer->failed = true;
}

// The tree, or NULL where something is missing: it is freed then.
static inline cJSON *json_finish(struct json_writer *writer, cJSON *tree)
{
    if (!writer->failed)
        return tree;
    cJSON_Delete(tree);
    return NULL;
}

#endif

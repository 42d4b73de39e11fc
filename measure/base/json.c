// SPDX-License-Identifier: MIT
#include "measure/base/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "measure/base/secrets.h"

static void (*end_without_memory)(void);

static void *allocate_or_end(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        end_without_memory();
    return memory;
}

void json_end_without_memory(void (*end)(void))
{
    cJSON_Hooks hooks = {.malloc_fn = allocate_or_end, .free_fn = free};

    end_without_memory = end;
    cJSON_InitHooks(&hooks);
}

void json_add_text(cJSON *object, const char *name, const char *text)
{
    cJSON_AddItemToObject(object, name,
                          text != NULL && text[0] != '\0' ? cJSON_CreateString(text) : cJSON_CreateNull());
}

cJSON *json_masked(const char *text)
{
    char *masked = secrets_mask(text);
    cJSON *item = cJSON_CreateString(masked != NULL ? masked : "***");

    free(masked);
    return item;
}

void json_add_masked(cJSON *object, const char *name, const char *text)
{
    cJSON_AddItemToObject(object, name, text != NULL && text[0] != '\0' ? json_masked(text) : cJSON_CreateNull());
}

void json_add_number(cJSON *object, const char *name, bool known, double number)
{
    cJSON_AddItemToObject(object, name, known ? cJSON_CreateNumber(number) : cJSON_CreateNull());
}

void json_set(cJSON *object, const char *name, cJSON *item)
{
    if (cJSON_GetObjectItemCaseSensitive(object, name) != NULL)
        cJSON_ReplaceItemInObjectCaseSensitive(object, name, item);
    else
        cJSON_AddItemToObject(object, name, item);
}

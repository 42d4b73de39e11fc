// SPDX-License-Identifier: MIT
#include "claims/reader/parts.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

int parts_text(struct json_fault *fault, const cJSON *object, const char *name, size_t most, bool optional)
{
    const cJSON *value = json_member(object, name);
    char wanted[64];

    if (value == NULL && optional)
        return 0;
    if (value != NULL)
        return json_check_name(fault, object, value, most);
    snprintf(wanted, sizeof wanted, "\"%s\":\"…\"", name);
    return json_refuse(fault, "something is missing", wanted);
}

int parts_name(struct json_fault *fault, const cJSON *object, const char *name, bool optional)
{
    int err = parts_text(fault, object, name, PARTS_NAME, optional);
    const cJSON *value = json_member(object, name);
    const char *text = value != NULL ? value->valuestring : "a";

    if (err == 0 &&
        (text[0] < 'a' || text[0] > 'z' || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") < strlen(text)))
        return json_refuse_member(fault, object, value, "a name", "small letters, digits and dashes, a letter first");
    return err;
}

int parts_each(struct json_fault *fault, const cJSON *root, const char *name, const char *expected, parts_check *check)
{
    const cJSON *list = json_member(root, name), *item;
    int err = 0;

    if (!cJSON_IsArray(list) || list->child == NULL)
        return json_refuse_member(fault, root, list, "a list of objects", expected);
    json_path_enter(&fault->path, root, list);
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsObject(item))
            return json_refuse_member(fault, list, item, "an object", expected);
        json_path_enter(&fault->path, list, item);
        err = check(fault, root, item);
        if (err != 0)
            return err;
        json_path_leave(&fault->path);
    }
    json_path_leave(&fault->path);
    return 0;
}

// SPDX-License-Identifier: MIT
// What a description says its model needs.
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "runtimes/description_parts.h"
#include "runtimes/interpreter.h"

static bool is_version(const char *text)
{
    size_t major = strspn(text, DESCRIPTION_DIGITS),
           minor = text[major] == '.' ? strspn(text + major + 1, DESCRIPTION_DIGITS) : 0;

    return major > 0 && text[major + (minor > 0 ? minor + 1 : 0)] == '\0';
}

// As it would be imported.
static bool is_module(const char *text)
{
    return strchr(DESCRIPTION_DIGITS ".", text[0]) == NULL &&
           strspn(text, DESCRIPTION_LETTERS DESCRIPTION_DIGITS "_.") == strlen(text);
}

static bool is_filled(const char *text)
{
    return text[0] != '\0';
}

static bool is_any(const char *text)
{
    return text != NULL;
}

// One of the first three, and where it is to be had.
static int check_need(struct json_fault *fault, const cJSON *needs, const cJSON *need)
{
    static const char *const keys[] = {"interpreter", "module", "program", "debian", "pypi", NULL};
    static const char *const expected[] = {"one such as \"3.9\"", "a module's name", "a program's name", "text",
                                           "text"};
    static bool (*const fits[])(const char *) = {is_version, is_module, is_filled, is_any, is_any};
    int kinds = json_member(need, keys[0]) != NULL;

    kinds += (json_member(need, keys[1]) != NULL) + (json_member(need, keys[2]) != NULL);
    if (kinds != 1)
        return json_refuse_member(fault, needs, need, "something that can be needed",
                                  "{\"module\":\"trio\"} or {\"program\":\"node\"}");
    json_path_enter(&fault->path, needs, need);
    if (json_check_keys(fault, need, keys, DESCRIPTION_KEYS) != 0)
        return -EINVAL;
    for (size_t i = 0; keys[i] != NULL; i++) {
        const cJSON *value = json_member(need, keys[i]);
        const char *text = cJSON_GetStringValue(value);

        if (value != NULL && (text == NULL || !fits[i](text)))
            return json_refuse_member(fault, need, value, i == 0 ? "a version" : "what is needed", expected[i]);
    }
    json_path_leave(&fault->path);
    return 0;
}

int description_check_needs(struct json_fault *fault, const cJSON *object, const cJSON *needs)
{
    const cJSON *need;

    if (needs == NULL)
        return 0;
    if (!cJSON_IsArray(needs))
        return json_refuse_member(fault, object, needs, "a list", "a list of modules and programs");
    json_path_enter(&fault->path, object, needs);
    cJSON_ArrayForEach(need, needs) {
        const char *module = cJSON_GetStringValue(json_member(need, "module")),
                   *pypi = cJSON_GetStringValue(json_member(need, "pypi"));

        if (check_need(fault, needs, need) != 0)
            return -EINVAL;
        if (module != NULL)
            interpreter_note_module(pypi != NULL ? pypi : module);
    }
    json_path_leave(&fault->path);
    return 0;
}

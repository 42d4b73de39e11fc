// SPDX-License-Identifier: MIT
#include "workloads/program/json_read.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/units.h"
#include "measure/base/utf8.h"

// Of a value that is not as it should be, in words.
#define VALUE_BYTES 40

int json_refuse(struct json_fault *fault, const char *wrong, const char *expected)
{
    snprintf(fault->what, sizeof fault->what, "%s, expected %s", wrong, expected);
    return -EINVAL;
}

// Text in single quotes, all else as JSON.
static void write_value(const cJSON *value, char buf[VALUE_BYTES + 8])
{
    bool is_text = cJSON_IsString(value), is_infinite = cJSON_IsNumber(value) && !isfinite(value->valuedouble);
    char *json = is_text ? NULL : cJSON_PrintUnformatted(value);
    const char *text = is_text ? value->valuestring : is_infinite ? "infinity" : json;
    size_t length = utf8_clip(text, VALUE_BYTES);

    snprintf(buf, VALUE_BYTES + 8, "%s%.*s%s%s", is_text ? "'" : "", (int)length, text,
             text[length] != '\0' ? "..." : "", is_text ? "'" : "");
    cJSON_free(json);
}

int json_refuse_value(struct json_fault *fault, const cJSON *value, const char *what, const char *expected)
{
    char text[VALUE_BYTES + 8], wrong[VALUE_BYTES + 128];

    write_value(value, text);
    snprintf(wrong, sizeof wrong, "%s is not %s", text, what);
    return json_refuse(fault, wrong, expected);
}

char *json_fault_write(const struct json_fault *fault, char error[JSON_ERROR])
{
    char path[JSON_PATH_TEXT];

    json_path_write(&fault->path, path);
    snprintf(error, JSON_ERROR, "%s%s%.*s", path, path[0] != '\0' ? ": " : "", UTF8_CLIPPED(fault->what, 300));
    return error;
}

int json_refuse_member(struct json_fault *fault, const cJSON *object, const cJSON *member, const char *what,
                       const char *expected)
{
    json_path_enter(&fault->path, object, member);
    return json_refuse_value(fault, member, what, expected);
}

const cJSON *json_member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

bool json_is_repeated(const cJSON *object, const cJSON *item)
{
    return json_member(object, item->string) != item;
}

int json_read_whole(struct json_fault *fault, const cJSON *object, const cJSON *value, double low, double high,
                    uint64_t *ret_number)
{
    char expected[96];

    if (cJSON_IsNumber(value) && value->valuedouble >= low && value->valuedouble <= high &&
        floor(value->valuedouble) == value->valuedouble) {
        *ret_number = (uint64_t)value->valuedouble;
        return 0;
    }
    snprintf(expected, sizeof expected, "a whole number from %.0f to %.0f", low, high);
    return json_refuse_member(fault, object, value, "such a number", expected);
}

int json_read_duration(struct json_fault *fault, const cJSON *object, const cJSON *value, uint64_t most_ns,
                       uint64_t *ret_ns)
{
    char most[UNITS_TEXT], expected[128];
    uint64_t ns;

    if (cJSON_IsString(value) && units_parse_duration(value->valuestring, &ns) == 0 && ns <= most_ns) {
        *ret_ns = ns;
        return 0;
    }
    snprintf(expected, sizeof expected, "text with a unit such as \"10ms\", up to \"%s\"",
             units_write_duration(most, most_ns));
    return json_refuse_member(fault, object, value, "a duration", expected);
}

bool json_is_printable(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        // The second half of the control characters is 0xc2 0x80 to 0xc2 0x9f in UTF-8.
        if (*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0))
            return false;
    }
    return true;
}

int json_check_name(struct json_fault *fault, const cJSON *object, const cJSON *value, size_t most)
{
    char expected[96];

    if (cJSON_IsString(value) && value->valuestring[0] != '\0' && strlen(value->valuestring) <= most &&
        json_is_printable(value->valuestring))
        return 0;
    snprintf(expected, sizeof expected, "1 to %zu bytes of text without control characters", most);
    return json_refuse_member(fault, object, value, "a name", expected);
}

int json_check_keys(struct json_fault *fault, const cJSON *object, const char *const *names, const char *expected)
{
    for (const cJSON *item = object != NULL ? object->child : NULL; item != NULL; item = item->next) {
        bool known = false;

        for (const char *const *name = names; *name != NULL; name++)
            known |= strcmp(item->string, *name) == 0;
        if (known && !json_is_repeated(object, item))
            continue;
        json_path_enter(&fault->path, object, item);
        return json_refuse(fault, known ? "a second such key" : "unknown key", expected);
    }
    return 0;
}

int json_read_size(struct json_fault *fault, const cJSON *object, const cJSON *value, uint64_t most_bytes,
                   uint64_t *ret_bytes)
{
    char most[UNITS_TEXT], expected[96];
    uint64_t bytes;

    if (cJSON_IsString(value) && units_parse_size(value->valuestring, &bytes) == 0 && bytes <= most_bytes) {
        *ret_bytes = bytes;
        return 0;
    }
    snprintf(expected, sizeof expected, "text such as \"64k\", up to \"%s\"", units_write_size(most, most_bytes));
    return json_refuse_member(fault, object, value, "a size", expected);
}

int json_read_flag(struct json_fault *fault, const cJSON *object, const char *name, bool *ret_flag)
{
    const cJSON *value = json_member(object, name);

    *ret_flag = cJSON_IsTrue(value);
    return value == NULL || *ret_flag ? 0 : json_refuse_member(fault, object, value, "true", "true, or nothing at all");
}

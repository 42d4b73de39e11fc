// SPDX-License-Identifier: MIT
// The parameters that a description gives its model.
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "runtimes/description_parts.h"

// The largest bound of a parameter: an hour, where it is a time.
#define PARAMETER_MOST 3.6e12

// Whether a word of the parameter's is one that it has already.
static bool is_chosen(const struct parameter *parameter, unsigned count, const char *word)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(parameter->choices[i], word) == 0)
            return true;
    }
    return false;
}

static int read_choices(const struct description_reading *reading, const cJSON *values, struct parameter *parameter)
{
    const char *otherwise = cJSON_GetStringValue(json_member(reading->json, "default"));
    unsigned count = 0;
    const cJSON *value;

    parameter->kind = PARAMETER_CHOICE;
    parameter->otherwise = UINT64_MAX;
    cJSON_ArrayForEach(value, values) {
        if (!cJSON_IsString(value) || !description_is_name(value->valuestring) || count == PARAMETER_CHOICES ||
            is_chosen(parameter, count, value->valuestring))
            return json_refuse_member(reading->fault, reading->json, values, "a choice",
                                      "a list of two or three words, each of small letters, digits and dashes");
        if (otherwise != NULL && strcmp(value->valuestring, otherwise) == 0)
            parameter->otherwise = count;
        parameter->choices[count++] = value->valuestring;
    }
    parameter->most = count > 0 ? count - 1 : 0;
    if (count < 2 || parameter->otherwise == UINT64_MAX)
        return json_refuse_member(reading->fault, reading->json, values, "a choice",
                                  "two or three words, of which \"default\" is one");
    return 0;
}

static int read_bounds(const struct description_reading *reading, struct parameter *parameter)
{
    static const char *const names[] = {"least", "most", "default"};
    uint64_t *const numbers[] = {&parameter->least, &parameter->most, &parameter->otherwise};
    int err = 0;

    parameter->kind = json_member(reading->json, "unit") != NULL ? PARAMETER_DURATION
                      : strcmp(parameter->key, "chunk") == 0     ? PARAMETER_TASKS
                                                                 : PARAMETER_COUNT;
    for (size_t i = 0; err == 0 && i < sizeof names / sizeof *names; i++) {
        const cJSON *value = json_member(reading->json, names[i]);

        if (value == NULL)
            return json_refuse(reading->fault, "a parameter without bounds", "values, or least, most and default");
        err = json_read_whole(reading->fault, reading->json, value, 0, PARAMETER_MOST, numbers[i]);
    }
    if (err == 0 && !(parameter->least <= parameter->otherwise && parameter->otherwise <= parameter->most))
        err = json_refuse(reading->fault, "a default out of its bounds", "least, default and most in this order");
    return err;
}

// A name is one parameter's.
static int check_parameter_name(const struct description_reading *reading, const struct parameter *parameter)
{
    for (const struct parameter *other = reading->runtime->model.parameters; other < parameter; other++) {
        if (strcmp(other->key, parameter->key) == 0)
            return json_refuse_member(reading->fault, reading->json, json_member(reading->json, "name"),
                                      "a name of its own", "one that no parameter before has");
    }
    return 0;
}

// What stands beside the words of a choice only, or beside bounds only.
static int check_parameter(const struct description_reading *reading, const cJSON *values)
{
    const cJSON *needs = json_member(reading->json, "needs"), *unit = json_member(reading->json, "unit");
    const char *text = cJSON_GetStringValue(unit);

    if (values != NULL && !cJSON_IsArray(values))
        return json_refuse_member(reading->fault, reading->json, values, "a choice", "a list of two or three words");
    if (values != NULL &&
        (unit != NULL || json_member(reading->json, "least") != NULL || json_member(reading->json, "most") != NULL))
        return json_refuse(reading->fault, "values and bounds", "either of them");
    if (unit != NULL && (text == NULL || strcmp(text, "ns") != 0))
        return json_refuse_member(reading->fault, reading->json, unit, "a unit", "\"ns\", or nothing at all");
    if (needs != NULL && (values == NULL || !cJSON_IsObject(needs)))
        return json_refuse_member(reading->fault, reading->json, needs, "what values need",
                                  "an object with lists for some of \"values\"");
    return 0;
}

static int read_parameter(const struct description_reading *reading, struct parameter *parameter)
{
    static const char *const keys[] = {"name", "help", "values", "least", "most", "unit", "default", "needs", NULL};
    const cJSON *values = json_member(reading->json, "values"), *needs = json_member(reading->json, "needs"), *need;
    int err = json_check_keys(reading->fault, reading->json, keys, DESCRIPTION_KEYS);

    if (err == 0)
        err = description_read_name(reading, "name", false, &parameter->key);
    if (err == 0)
        err = check_parameter_name(reading, parameter);
    if (err == 0)
        err = description_read_line(reading, "help", DESCRIPTION_LINE, false, &parameter->help);
    if (err == 0)
        err = check_parameter(reading, values);
    if (err == 0)
        err = values != NULL ? read_choices(reading, values, parameter) : read_bounds(reading, parameter);
    if (err == 0 && needs != NULL)
        json_path_enter(&reading->fault->path, reading->json, needs);
    cJSON_ArrayForEach(need, needs) {
        if (err == 0)
            err = description_check_needs(reading->fault, needs, need);
    }
    if (err == 0 && needs != NULL)
        json_path_leave(&reading->fault->path);
    return err;
}

int description_read_parameters(const struct description_reading *reading)
{
    const cJSON *list = json_member(reading->json, "parameters"), *item;
    struct parameter *parameter = reading->runtime->model.parameters;
    int err = 0;

    if (list == NULL)
        return 0;
    json_path_enter(&reading->fault->path, reading->json, list);
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > PARAMETERS_MOST)
        return json_refuse(reading->fault, "no list of parameters", "a list of at most four");
    cJSON_ArrayForEach(item, list) {
        struct description_reading inner = {.fault = reading->fault, .json = item, .runtime = reading->runtime};

        json_path_enter(&reading->fault->path, list, item);
        err = cJSON_IsObject(item) ? read_parameter(&inner, parameter++)
                                   : json_refuse(reading->fault, "no parameter", "an object");
        if (err != 0)
            return err;
        json_path_leave(&reading->fault->path);
    }
    json_path_leave(&reading->fault->path);
    return 0;
}

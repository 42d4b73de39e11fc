// SPDX-License-Identifier: MIT
#include "models/carry/parameter.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/utf8.h"

int parameter_find(const struct parameter *declared, const char *key, size_t length)
{
    for (int i = 0; declared[i].key != NULL; i++) {
        if (strlen(declared[i].key) == length && memcmp(declared[i].key, key, length) == 0)
            return i;
    }
    return -1;
}

struct parameter_values parameters_otherwise(const struct parameter *declared)
{
    struct parameter_values values = {{0}};

    for (int i = 0; declared[i].key != NULL; i++)
        values.of[i] = declared[i].otherwise;
    return values;
}

uint32_t parameters_tasks(const struct parameter *declared, const struct parameter_values *values)
{
    for (int i = 0; declared[i].key != NULL; i++) {
        if (declared[i].kind == PARAMETER_TASKS)
            return (uint32_t)values->of[i];
    }
    return 1;
}

static int parse_choice(const struct parameter *parameter, const char *text, uint64_t *ret_value)
{
    for (uint64_t i = parameter->least; i <= parameter->most; i++) {
        if (strcmp(parameter->choices[i], text) == 0) {
            *ret_value = i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_value(const struct parameter *parameter, const char *text, uint64_t *ret_value)
{
    if (parameter->kind == PARAMETER_CHOICE)
        return parse_choice(parameter, text, ret_value);
    return parameter->kind == PARAMETER_DURATION ? units_parse_duration(text, ret_value)
                                                 : units_parse_count(text, ret_value);
}

int parameter_parse(const struct parameter *parameter, const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;
    int err = parse_value(parameter, text, &value);

    if (err != 0 || value < parameter->least || value > parameter->most)
        return -EINVAL;
    *ret_value = value;
    return 0;
}

char *parameter_write(const struct parameter *parameter, uint64_t value, char buf[UNITS_TEXT])
{
    if (parameter->kind == PARAMETER_DURATION)
        return units_write_duration(buf, value);
    if (parameter->kind == PARAMETER_CHOICE)
        snprintf(buf, UNITS_TEXT, "%s", parameter->choices[value]);
    else
        snprintf(buf, UNITS_TEXT, "%" PRIu64, value);
    return buf;
}

static char *choice_wanted(const struct parameter *parameter, char buf[PARAMETER_WANTED])
{
    size_t length = (size_t)snprintf(buf, PARAMETER_WANTED, "%s=", parameter->key);

    for (uint64_t i = parameter->least; i <= parameter->most && length < PARAMETER_WANTED; i++)
        length += (size_t)snprintf(buf + length, PARAMETER_WANTED - length, "%s%s", i > parameter->least ? "|" : "",
                                   parameter->choices[i]);
    return buf;
}

char *parameter_wanted(const struct parameter *parameter, char buf[PARAMETER_WANTED])
{
    const char *stands = parameter->kind == PARAMETER_DURATION ? "TIME" : "N";
    char least[UNITS_TEXT], most[UNITS_TEXT];

    if (parameter->kind == PARAMETER_CHOICE)
        return choice_wanted(parameter, buf);
    snprintf(buf, PARAMETER_WANTED, "%s=%s with %s from %s to %s", parameter->key, stands, stands,
             parameter_write(parameter, parameter->least, least), parameter_write(parameter, parameter->most, most));
    return buf;
}

void parameters_to_plan(const struct parameter *declared, const struct parameter_values *values, cJSON *plan)
{
    cJSON *object = NULL;

    for (int i = 0; declared[i].key != NULL; i++) {
        bool choice = declared[i].kind == PARAMETER_CHOICE;

        if (choice && values->of[i] == declared[i].otherwise)
            continue;
        if (object == NULL)
            object = cJSON_AddObjectToObject(plan, "parameters");
        if (choice)
            cJSON_AddStringToObject(object, declared[i].key, declared[i].choices[values->of[i]]);
        else
            cJSON_AddNumberToObject(object, declared[i].key, (double)values->of[i]);
        if (declared[i].field != NULL && values->of[i] != declared[i].otherwise)
            cJSON_AddNumberToObject(plan, declared[i].field, (double)values->of[i]);
    }
}

// What a plan says of one: its value among the parameters, else in the field; NULL where it is in neither.
static const cJSON *given(const struct parameter *parameter, const cJSON *plan, const cJSON *object)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, parameter->key);

    return value != NULL || parameter->field == NULL ? value : cJSON_GetObjectItemCaseSensitive(plan, parameter->field);
}

static int read_choice(const struct parameter *parameter, const cJSON *item, uint64_t *ret_value,
                       char error[PARAMETERS_ERROR])
{
    char wanted[PARAMETER_WANTED];

    if (cJSON_IsString(item) && parse_choice(parameter, item->valuestring, ret_value) == 0)
        return 0;
    snprintf(error, PARAMETERS_ERROR, "takes no %s of '%.*s', but %.90s", parameter->key,
             UTF8_CLIPPED(cJSON_IsString(item) ? item->valuestring : "a number", 30), choice_wanted(parameter, wanted));
    return -EINVAL;
}

static int read_number(const struct parameter *parameter, const cJSON *item, uint64_t *ret_value,
                       char error[PARAMETERS_ERROR])
{
    static const char *const units[] = {
        [PARAMETER_COUNT] = "", [PARAMETER_TASKS] = "tasks", [PARAMETER_DURATION] = "ns"};
    double least = (double)parameter->least, most = (double)parameter->most;

    if (!cJSON_IsNumber(item) || !(item->valuedouble >= least && item->valuedouble <= most)) {
        snprintf(error, PARAMETERS_ERROR, "takes no %s of %.10g %s, but from %.10g to %.10g", parameter->key,
                 cJSON_GetNumberValue(item), units[parameter->kind], least, most);
        return -EINVAL;
    }
    *ret_value = (uint64_t)item->valuedouble;
    return 0;
}

int parameters_from_plan(const struct parameter *declared, const cJSON *plan, struct parameter_values *ret_values,
                         char error[PARAMETERS_ERROR])
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(plan, "parameters"), *item;

    *ret_values = parameters_otherwise(declared);
    cJSON_ArrayForEach(item, object) {
        if (item->string == NULL || parameter_find(declared, item->string, strlen(item->string)) < 0) {
            snprintf(error, PARAMETERS_ERROR, "takes no %.*s",
                     UTF8_CLIPPED(item->string != NULL ? item->string : "list of parameters", 40));
            return -EINVAL;
        }
    }
    for (int i = 0; declared[i].key != NULL; i++) {
        int err = 0;

        item = given(&declared[i], plan, object);
        if (item != NULL)
            err = declared[i].kind == PARAMETER_CHOICE ? read_choice(&declared[i], item, &ret_values->of[i], error)
                                                       : read_number(&declared[i], item, &ret_values->of[i], error);
        if (err != 0)
            return err;
    }
    return 0;
}

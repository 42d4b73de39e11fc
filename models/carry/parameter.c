// SPDX-License-Identifier: MIT
#include "models/carry/parameter.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

int parameter_parse(const struct parameter *parameter, const char *text, uint64_t *ret_value)
{
    uint64_t value;
    int err = parameter->kind == PARAMETER_DURATION ? units_parse_duration(text, &value) : units_parse_count(text, &value);

    if (err != 0 || value < parameter->least || value > parameter->most)
        return -EINVAL;
    *ret_value = value;
    return 0;
}

char *parameter_write(const struct parameter *parameter, uint64_t value, char buf[UNITS_TEXT])
{
    if (parameter->kind == PARAMETER_DURATION)
        return units_write_duration(buf, value);
    snprintf(buf, UNITS_TEXT, "%" PRIu64, value);
    return buf;
}

char *parameter_wanted(const struct parameter *parameter, char buf[PARAMETER_WANTED])
{
    const char *stands = parameter->kind == PARAMETER_DURATION ? "TIME" : "N";
    char least[UNITS_TEXT], most[UNITS_TEXT];

    snprintf(buf, PARAMETER_WANTED, "%s=%s with %s from %s to %s", parameter->key, stands, stands,
             parameter_write(parameter, parameter->least, least), parameter_write(parameter, parameter->most, most));
    return buf;
}

void parameters_to_plan(const struct parameter *declared, const struct parameter_values *values, cJSON *plan)
{
    cJSON *object;

    if (declared[0].key == NULL)
        return;
    object = cJSON_AddObjectToObject(plan, "parameters");
    for (int i = 0; declared[i].key != NULL; i++) {
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

int parameters_from_plan(const struct parameter *declared, const cJSON *plan, struct parameter_values *ret_values,
                         char error[PARAMETERS_ERROR])
{
    static const char *const units[] = {[PARAMETER_COUNT] = "", [PARAMETER_TASKS] = "tasks", [PARAMETER_DURATION] = "ns"};
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(plan, "parameters"), *item;

    *ret_values = parameters_otherwise(declared);
    cJSON_ArrayForEach(item, object) {
        if (item->string == NULL || parameter_find(declared, item->string, strlen(item->string)) < 0) {
            snprintf(error, PARAMETERS_ERROR, "takes no %.40s", item->string != NULL ? item->string : "list of parameters");
            return -EINVAL;
        }
    }
    for (int i = 0; declared[i].key != NULL; i++) {
        double least = (double)declared[i].least, most = (double)declared[i].most;

        item = given(&declared[i], plan, object);
        if (item == NULL)
            continue;
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= least && item->valuedouble <= most)) {
            snprintf(error, PARAMETERS_ERROR, "takes no %s of %.10g %s, but from %.10g to %.10g", declared[i].key,
                     cJSON_GetNumberValue(item), units[declared[i].kind], least, most);
            return -EINVAL;
        }
        ret_values->of[i] = (uint64_t)item->valuedouble;
    }
    return 0;
}

// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>

#include "measure/base/units.h"
#include "workloads/program/json.h"

static cJSON *steps_to_json(const struct program *program);

static void add_options(cJSON *object, const struct step *step)
{
    for (size_t i = 0; i < STEP_OPTION_COUNT; i++) {
        const struct step_option *option = &step_options[i];
        const void *member = (const char *)step + option->offset;

        if (!(step_rows[step->kind].options & option->bit))
            continue;
        if (option->is_count && *(const uint64_t *)member != 1)
            cJSON_AddNumberToObject(object, option->name, (double)*(const uint64_t *)member);
        else if (!option->is_count && *(const bool *)member && option->yes != NULL)
            cJSON_AddStringToObject(object, option->name, option->yes);
        else if (!option->is_count && *(const bool *)member)
            cJSON_AddTrueToObject(object, option->name);
    }
}

static cJSON *lists_to_json(const struct step *step)
{
    cJSON *array = cJSON_CreateArray();

    for (uint64_t i = 0; i < step_callees(step); i++)
        cJSON_AddItemToArray(array, steps_to_json(&step->callee[i]));
    return array;
}

// Work as it is carried out: a time has been turned into so many times fib(n) by now.
static cJSON *value_to_json(const struct step *step)
{
    char text[UNITS_TEXT];

    switch (step_rows[step->kind].value) {
    case VALUE_DURATION:
        return cJSON_CreateString(units_write_duration(text, step->arg));
    case VALUE_SIZE:
        return cJSON_CreateString(units_write_size(text, step->arg));
    case VALUE_PATH:
        return cJSON_CreateString(step->path);
    case VALUE_TRUE:
        return cJSON_CreateTrue();
    case VALUE_LISTS:
        return lists_to_json(step);
    default:
        return cJSON_CreateNumber((double)step->arg);
    }
}

static cJSON *step_to_json(const struct step *step)
{
    cJSON *object;

    if (step->functions != NULL)
        return cJSON_Parse(step->functions);
    object = cJSON_CreateObject();
    add_options(object, step);
    cJSON_AddItemToObject(object, step_rows[step->kind].name, value_to_json(step));
    if (step_rows[step->kind].value == VALUE_STEPS)
        cJSON_AddItemToObject(object, "steps", steps_to_json(step->callee));
    return object;
}

static cJSON *steps_to_json(const struct program *program)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < program->length; i++)
        cJSON_AddItemToArray(array, step_to_json(&program->steps[i]));
    return array;
}

static cJSON *class_to_json(const struct task_class *class)
{
    cJSON *object = cJSON_CreateObject();
    char text[UNITS_TEXT];

    cJSON_AddStringToObject(object, "name", class->name);
    cJSON_AddNumberToObject(object, "weight", class->weight);
    if (class->fails)
        cJSON_AddStringToObject(object, "expect", "failure");
    if (class->every_ns > 0)
        cJSON_AddStringToObject(object, "every", units_write_duration(text, class->every_ns));
    cJSON_AddItemToObject(object, "steps", steps_to_json(&class->program));
    return object;
}

cJSON *task_mix_to_json(const struct task_mix *mix)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < mix->count; i++)
        cJSON_AddItemToArray(array, class_to_json(&mix->classes[i]));
    return array;
}

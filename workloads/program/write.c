// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>

#include "measure/base/units.h"
#include "workloads/program/json.h"
#include "workloads/program/json_write.h"

static cJSON *steps_to_json(struct json_writer *writer, const struct program *program);

static void add_options(struct json_writer *writer, cJSON *object, const struct step *step)
{
    for (size_t i = 0; i < STEP_OPTION_COUNT; i++) {
        const struct step_option *option = &step_options[i];
        const void *member = (const char *)step + option->offset;

        if (!(step_rows[step->kind].options & option->bit))
            continue;
        if (option->is_count && *(const uint64_t *)member != 1)
            json_add(writer, object, option->name, cJSON_CreateNumber((double)*(const uint64_t *)member));
        else if (!option->is_count && *(const bool *)member)
            json_add(writer, object, option->name, cJSON_CreateTrue());
    }
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
    default:
        return cJSON_CreateNumber((double)step->arg);
    }
}

static cJSON *step_to_json(struct json_writer *writer, const struct step *step)
{
    cJSON *object = cJSON_CreateObject();

    add_options(writer, object, step);
    json_add(writer, object, step_rows[step->kind].name, value_to_json(step));
    if (step->callee != NULL)
        json_add(writer, object, "steps", steps_to_json(writer, step->callee));
    return object;
}

static cJSON *steps_to_json(struct json_writer *writer, const struct program *program)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < program->length && !writer->failed; i++)
        json_append(writer, array, step_to_json(writer, &program->steps[i]));
    return array;
}

static cJSON *class_to_json(struct json_writer *writer, const struct task_class *class)
{
    cJSON *object = cJSON_CreateObject();
    char text[UNITS_TEXT];

    json_add(writer, object, "name", cJSON_CreateString(class->name));
    json_add(writer, object, "weight", cJSON_CreateNumber(class->weight));
    if (class->fails)
        json_add(writer, object, "expect", cJSON_CreateString("failure"));
    if (class->every_ns > 0)
        json_add(writer, object, "every", cJSON_CreateString(units_write_duration(text, class->every_ns)));
    json_add(writer, object, "steps", steps_to_json(writer, &class->program));
    return object;
}

cJSON *task_mix_to_json(const struct task_mix *mix)
{
    struct json_writer writer = {.failed = false};
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < mix->count && !writer.failed; i++)
        json_append(&writer, array, class_to_json(&writer, &mix->classes[i]));
    return json_finish(&writer, array);
}

// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>

#include "measure/base/units.h"
#include "workloads/program/json.h"

static cJSON *steps_to_json(const struct program *program);

// As it is carried out: a time has been turned into so many times fib(n) by now.
static bool add_compute(cJSON *object, const char *name, const struct step *step)
{
    if (step->nogil && cJSON_AddTrueToObject(object, "nogil") == NULL)
        return false;
    if (step->times != 1 && cJSON_AddNumberToObject(object, "times", (double)step->times) == NULL)
        return false;
    return cJSON_AddNumberToObject(object, name, (double)step->arg) != NULL;
}

static bool add_value(cJSON *object, const struct step *step)
{
    const char *name = step_kind_name(step->kind);
    char text[UNITS_TEXT];

    switch (step->kind) {
    case STEP_SLEEP:
    case STEP_BLOCK:
        return cJSON_AddStringToObject(object, name, units_write_duration(text, step->arg)) != NULL;
    case STEP_FETCH:
        return cJSON_AddStringToObject(object, name, step->path) != NULL;
    case STEP_CALL:
        return cJSON_AddNumberToObject(object, name, (double)step->arg) != NULL &&
               cJSON_AddItemToObject(object, "steps", steps_to_json(step->callee));
    case STEP_COMPUTE:
        return add_compute(object, name, step);
    case STEP_READ:
        if (step->direct && cJSON_AddTrueToObject(object, "direct") == NULL)
            return false;
        return cJSON_AddStringToObject(object, name, units_write_size(text, step->arg)) != NULL;
    case STEP_TAKE:
    case STEP_REPLY:
        return cJSON_AddStringToObject(object, name, units_write_size(text, step->arg)) != NULL;
    case STEP_LOAD:
    case STEP_STORE:
    case STEP_LOCK:
    case STEP_UNLOCK:
        return cJSON_AddTrueToObject(object, name) != NULL;
    default:
        return cJSON_AddNumberToObject(object, name, (double)step->arg) != NULL;
    }
}

static cJSON *steps_to_json(const struct program *program)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; array != NULL && i < program->length; i++) {
        cJSON *object = cJSON_CreateObject();

        if (object == NULL || !add_value(object, &program->steps[i]) || !cJSON_AddItemToArray(array, object)) {
            cJSON_Delete(object);
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

static bool add_traits(cJSON *object, const struct task_class *class)
{
    char text[UNITS_TEXT];

    if (class->fails && cJSON_AddStringToObject(object, "expect", "failure") == NULL)
        return false;
    return class->every_ns == 0 ||
           cJSON_AddStringToObject(object, "every", units_write_duration(text, class->every_ns)) != NULL;
}

cJSON *task_mix_to_json(const struct task_mix *mix)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; array != NULL && i < mix->count; i++) {
        const struct task_class *class = &mix->classes[i];
        cJSON *object = cJSON_CreateObject();

        if (object == NULL || !cJSON_AddItemToArray(array, object) ||
            cJSON_AddStringToObject(object, "name", class->name) == NULL ||
            cJSON_AddNumberToObject(object, "weight", class->weight) == NULL || !add_traits(object, class) ||
            !cJSON_AddItemToObject(object, "steps", steps_to_json(&class->program))) {
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

// SPDX-License-Identifier: MIT
#include "workloads/program_json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/units.h"
#include "workloads/compute.h"
#include "workloads/origin_path.h"

// Nesting that the walkers' stacks and frames are made for.
#define MAX_DEPTH 64

struct reader {
    char *error;
    char where[128]; // JSON path of what is being read
};

static int refuse(const struct reader *reader, const char *wrong, const char *expected)
{
    snprintf(reader->error, PROGRAM_ERROR, "%s: %s, expected %s", reader->where, wrong, expected);
    return -EINVAL;
}

static int read_steps(struct reader *reader, const cJSON *array, unsigned depth, struct program *program);

static int read_whole(const struct reader *reader, const cJSON *value, double low, double high, uint64_t *ret_number)
{
    char expected[96];

    if (cJSON_IsNumber(value) && value->valuedouble >= low && value->valuedouble <= high &&
        floor(value->valuedouble) == value->valuedouble) {
        *ret_number = (uint64_t)value->valuedouble;
        return 0;
    }
    snprintf(expected, sizeof expected, "a whole number from %.0f to %.0f", low, high);
    return refuse(reader, "not such a number", expected);
}

static int read_duration(const struct reader *reader, const cJSON *value, uint64_t *ret_ns)
{
    if (cJSON_IsString(value) && units_parse_duration(value->valuestring, ret_ns) == 0)
        return 0;
    return refuse(reader, "not a duration", "text with a unit such as \"10ms\"");
}

static int read_path(const struct reader *reader, const cJSON *value, struct step *step)
{
    struct origin_path path;

    if (!cJSON_IsString(value) || value->valuestring[0] != '/' ||
        origin_path_parse(value->valuestring, strlen(value->valuestring), &path) != 0)
        return refuse(reader, "not a path of the origin", "one such as \"/delay/10ms/bytes/4k\"");
    step->path = strdup(value->valuestring);
    return step->path != NULL ? 0 : -ENOMEM;
}

static int read_repeat(struct reader *reader, const cJSON *object, unsigned depth, struct step *step)
{
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(object, "steps");
    int err = read_whole(reader, cJSON_GetObjectItemCaseSensitive(object, "repeat"), 0, 1e9, &step->arg);

    if (err != 0)
        return err;
    if (depth == MAX_DEPTH)
        return refuse(reader, "nested too deep", "at most 64 levels");
    step->callee = calloc(1, sizeof *step->callee);
    return step->callee != NULL ? read_steps(reader, steps, depth + 1, step->callee) : -ENOMEM;
}

static int read_value(struct reader *reader, const cJSON *object, const cJSON *value, unsigned depth, struct step *step)
{
    switch (step->kind) {
    case STEP_SLEEP:
    case STEP_BLOCK:
        return read_duration(reader, value, &step->arg);
    case STEP_FETCH:
        return read_path(reader, value, step);
    case STEP_COMPUTE:
        step->nogil = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "nogil"));
        return read_whole(reader, value, 0, COMPUTE_MAX, &step->arg);
    case STEP_YIELD:
        return read_whole(reader, value, 1, 1e9, &step->arg);
    case STEP_CALL:
        return read_repeat(reader, object, depth, step);
    case STEP_KIND_COUNT:
        break;
    }
    return -EINVAL;
}

// Whether `name` may stand beside the step's own key.
static bool is_modifier(enum step_kind kind, const char *name)
{
    return (kind == STEP_COMPUTE && strcmp(name, "nogil") == 0) || (kind == STEP_CALL && strcmp(name, "steps") == 0);
}

static const cJSON *find_kind(const cJSON *object, enum step_kind *ret_kind)
{
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, step_kind_name(kind));

        if (value != NULL) {
            *ret_kind = kind;
            return value;
        }
    }
    return NULL;
}

static int read_step(struct reader *reader, const cJSON *object, unsigned depth, struct program *program)
{
    enum step_kind kind;
    const cJSON *value = find_kind(object, &kind);
    struct step *step;

    if (!cJSON_IsObject(object) || value == NULL)
        return refuse(reader, "not a step", "an object such as {\"sleep\":\"10ms\"}");
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        if (item != value && !is_modifier(kind, item->string)) {
            char wrong[96];

            snprintf(wrong, sizeof wrong, "unknown key '%.40s' in a %s step", item->string, step_kind_name(kind));
            return refuse(reader, wrong, "one step an object");
        }
    }
    step = program_append(program, kind);
    return step != NULL ? read_value(reader, object, value, depth, step) : -ENOMEM;
}

static int read_steps(struct reader *reader, const cJSON *array, unsigned depth, struct program *program)
{
    size_t length = strlen(reader->where);
    int err = 0, i = 0;
    const cJSON *object;

    if (!cJSON_IsArray(array))
        return refuse(reader, "no list of steps", "\"steps\":[…]");
    cJSON_ArrayForEach(object, array)
    {
        snprintf(reader->where + length, sizeof reader->where - length, ".steps[%d]", i++);
        err = read_step(reader, object, depth, program);
        reader->where[length] = '\0';
        if (err != 0)
            break;
    }
    return err;
}

static int read_class(struct reader *reader, const cJSON *object, struct task_class *class)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "name");
    const cJSON *weight = cJSON_GetObjectItemCaseSensitive(object, "weight");
    uint64_t number = 1;

    if (!cJSON_IsString(name) || name->valuestring[0] == '\0')
        return refuse(reader, "no name", "\"name\":\"page\"");
    if (weight != NULL) {
        int err = read_whole(reader, weight, 1, 1e6, &number);

        if (err != 0)
            return err;
    }
    class->weight = (uint32_t)number;
    class->name = strdup(name->valuestring);
    if (class->name == NULL)
        return -ENOMEM;
    return read_steps(reader, cJSON_GetObjectItemCaseSensitive(object, "steps"), 1, &class->program);
}

int task_mix_from_json(const cJSON *classes, struct task_mix *ret_mix, char error[PROGRAM_ERROR])
{
    struct reader reader = {.error = error, .where = "classes"};
    struct task_mix mix = {0};
    int count = cJSON_IsArray(classes) ? cJSON_GetArraySize(classes) : 0;
    const cJSON *object;
    int err = 0;

    if (count < 1 || count > 1000)
        return refuse(&reader, "no list of classes", "1 to 1000 of them");
    mix.classes = calloc((size_t)count, sizeof *mix.classes);
    if (mix.classes == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(object, classes)
    {
        snprintf(reader.where, sizeof reader.where, "classes[%zu]", mix.count);
        err = read_class(&reader, object, &mix.classes[mix.count++]);
        if (err != 0)
            break;
    }
    if (err != 0)
        task_mix_release(&mix);
    else
        *ret_mix = mix;
    return err;
}

static cJSON *steps_to_json(const struct program *program);

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
        if (step->nogil && cJSON_AddTrueToObject(object, "nogil") == NULL)
            return false;
        return cJSON_AddNumberToObject(object, name, (double)step->arg) != NULL;
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

cJSON *task_mix_to_json(const struct task_mix *mix)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; array != NULL && i < mix->count; i++) {
        const struct task_class *class = &mix->classes[i];
        cJSON *object = cJSON_CreateObject();

        if (object == NULL || !cJSON_AddItemToArray(array, object) ||
            cJSON_AddStringToObject(object, "name", class->name) == NULL ||
            cJSON_AddNumberToObject(object, "weight", class->weight) == NULL ||
            !cJSON_AddItemToObject(object, "steps", steps_to_json(&class->program))) {
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

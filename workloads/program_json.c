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

static int read_size(const struct reader *reader, const cJSON *value, uint64_t *ret_bytes)
{
    uint64_t bytes;

    if (cJSON_IsString(value) && units_parse_size(value->valuestring, &bytes) == 0 && bytes <= STEP_BYTES_MAX) {
        *ret_bytes = bytes;
        return 0;
    }
    return refuse(reader, "not a size", "text such as \"64k\", up to \"1g\"");
}

static int read_flag(const struct reader *reader, const cJSON *value)
{
    return cJSON_IsTrue(value) ? 0 : refuse(reader, "not true", "as in {\"load\":true}");
}

// How much to compute: fib(n), so many times fib(n), or as much as takes a time.
static int read_compute(const struct reader *reader, const cJSON *object, const cJSON *value, struct step *step)
{
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(object, "times");
    int err;

    step->nogil = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "nogil"));
    if (cJSON_IsString(value)) {
        if (units_parse_duration(value->valuestring, &step->time_ns) != 0 || step->time_ns == 0 || times != NULL)
            return refuse(reader, "not such a time", "text with a unit such as \"2ms\", or a whole number, the n of fib(n)");
        step->arg = COMPUTE_UNIT_N;
        step->times = (uint64_t)fmax(1, (double)step->time_ns / (compute_calls(COMPUTE_UNIT_N) * COMPUTE_CALL_NS));
        return 0;
    }
    err = read_whole(reader, value, 0, COMPUTE_MAX, &step->arg);
    if (err == 0 && times != NULL)
        err = read_whole(reader, times, 1, 1e12, &step->times);
    return err;
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
        return read_compute(reader, object, value, step);
    case STEP_YIELD:
    case STEP_ADD:
        return read_whole(reader, value, 1, 1e9, &step->arg);
    case STEP_READ:
        step->direct = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "direct"));
        return read_size(reader, value, &step->arg);
    case STEP_TAKE:
    case STEP_REPLY:
        return read_size(reader, value, &step->arg);
    case STEP_LOAD:
    case STEP_STORE:
    case STEP_LOCK:
    case STEP_UNLOCK:
        return read_flag(reader, value);
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
    return (kind == STEP_COMPUTE && (strcmp(name, "nogil") == 0 || strcmp(name, "times") == 0)) ||
           (kind == STEP_READ && strcmp(name, "direct") == 0) || (kind == STEP_CALL && strcmp(name, "steps") == 0);
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

// The lock is given back in the list of steps in which it was taken, and is not taken twice.
static int check_lock(const struct reader *reader, const struct step *step, bool *locked)
{
    if (step->kind == STEP_LOCK && *locked)
        return refuse(reader, "locked twice", "an unlock between the locks");
    if (step->kind == STEP_UNLOCK && !*locked)
        return refuse(reader, "not locked", "a lock before it in the same list of steps");
    if (step->kind == STEP_LOCK || step->kind == STEP_UNLOCK)
        *locked = step->kind == STEP_LOCK;
    if (step->kind == STEP_CALL && *locked && program_locks(step->callee))
        return refuse(reader, "locked twice", "no lock among the steps that are repeated under it");
    return 0;
}

static int read_steps(struct reader *reader, const cJSON *array, unsigned depth, struct program *program)
{
    size_t length = strlen(reader->where);
    bool locked = false;
    int err = 0, i = 0;
    const cJSON *object;

    if (!cJSON_IsArray(array))
        return refuse(reader, "no list of steps", "\"steps\":[…]");
    cJSON_ArrayForEach(object, array)
    {
        snprintf(reader->where + length, sizeof reader->where - length, ".steps[%d]", i++);
        err = read_step(reader, object, depth, program);
        if (err == 0)
            err = check_lock(reader, &program->steps[program->length - 1], &locked);
        reader->where[length] = '\0';
        if (err != 0)
            break;
    }
    return err == 0 && locked ? refuse(reader, "locked to the end of the list", "an unlock in the same list of steps") : err;
}

// What is said of a class besides its steps.
static int read_traits(struct reader *reader, const cJSON *object, struct task_class *class)
{
    const cJSON *expect = cJSON_GetObjectItemCaseSensitive(object, "expect");
    const cJSON *every = cJSON_GetObjectItemCaseSensitive(object, "every");
    int err = 0;

    class->fails = cJSON_IsString(expect) && strcmp(expect->valuestring, "failure") == 0;
    if (expect != NULL && !class->fails)
        return refuse(reader, "not what one can expect", "\"expect\":\"failure\"");
    if (every != NULL)
        err = read_duration(reader, every, &class->every_ns);
    return err == 0 && every != NULL && class->every_ns == 0 ? refuse(reader, "no time", "\"every\":\"1s\"") : err;
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
    if (read_traits(reader, object, class) != 0)
        return -EINVAL;
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

// SPDX-License-Identifier: MIT
#include "workloads/program/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "workloads/origin/path.h"
#include "workloads/program/compute.h"

// Nesting that the walkers' stacks and frames are made for.
#define MAX_DEPTH 64

static int read_steps(struct json_fault *fault, const cJSON *object, unsigned depth, struct program *program);

static int read_path(struct json_fault *fault, const cJSON *object, const cJSON *value, struct step *step)
{
    struct origin_path path;

    if (!cJSON_IsString(value) || value->valuestring[0] != '/' ||
        origin_path_parse(value->valuestring, strlen(value->valuestring), &path) != 0)
        return json_refuse_member(fault, object, value, "a path of the origin", "one such as \"/delay/10ms/bytes/4k\"");
    step->path = strdup(value->valuestring);
    return step->path != NULL ? 0 : -ENOMEM;
}

// "shop:page" of Python, "./shop.js#page" of JavaScript.
static bool is_function(const cJSON *value)
{
    const char *text = cJSON_GetStringValue(value), *sign = text != NULL ? strpbrk(text, ":#") : NULL;

    return sign != NULL && sign != text && sign[1] != '\0' && json_is_printable(text);
}

// It is handed on as it stands: which of its members a model calls, its program knows.
static int read_function(struct json_fault *fault, const cJSON *object, const cJSON *value, struct step *step)
{
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        if (!is_function(item))
            return json_refuse_member(fault, object, item, "a function",
                                      "a module and a function such as \"shop:page\" or \"./shop.js#page\"");
    }
    step->path = strdup(value->valuestring);
    step->functions = cJSON_PrintUnformatted(object);
    return step->path != NULL ? 0 : -ENOMEM;
}

static int read_call(struct json_fault *fault, const cJSON *object, unsigned depth, struct step *step)
{
    if (depth == MAX_DEPTH)
        return json_refuse(fault, "nested too deep", "at most 64 levels");
    step->callee = calloc(1, sizeof *step->callee);
    return step->callee != NULL ? read_steps(fault, object, depth + 1, step->callee) : -ENOMEM;
}

static int read_size(struct json_fault *fault, const cJSON *object, const cJSON *value, struct step *step)
{
    int err = json_read_size(fault, object, value, step_rows[step->kind].most, &step->arg);

    // A device reads in blocks.
    if (err == 0 && step->direct && step->arg % STEP_DIRECT_BYTES != 0)
        return json_refuse_member(fault, object, value, "what can be read past the page cache", "a multiple of \"4k\"");
    return err;
}

// How much to compute: fib(n), so many times fib(n), or as much as takes a time.
static int read_work(struct json_fault *fault, const cJSON *object, const cJSON *value, struct step *step)
{
    const cJSON *times = json_member(object, "times");
    uint64_t ns;

    if (cJSON_IsNumber(value))
        return json_read_whole(fault, object, value, 0, COMPUTE_MAX, &step->arg);
    if (times != NULL && cJSON_IsString(value))
        return json_refuse_member(fault, object, times, "possible here",
                                  "a time without times, or a whole number with them");
    if (!cJSON_IsString(value) || units_parse_duration(value->valuestring, &ns) != 0 || ns == 0 ||
        ns > COMPUTE_TIME_MAX_NS)
        return json_refuse_member(fault, object, value, "how much to compute",
                                  "a whole number from 0 to 60, or a time up to 1h such as \"2ms\"");
    step_compute_for(step, ns);
    return 0;
}

static int read_value(struct json_fault *fault, const cJSON *object, const cJSON *value, unsigned depth,
                      struct step *step)
{
    const struct step_row *row = &step_rows[step->kind];
    bool flag;
    int err;

    switch (row->value) {
    case VALUE_DURATION:
        return json_read_duration(fault, object, value, row->most, &step->arg);
    case VALUE_SIZE:
        return read_size(fault, object, value, step);
    case VALUE_PATH:
        return read_path(fault, object, value, step);
    case VALUE_FUNCTION:
        return read_function(fault, object, value, step);
    case VALUE_TRUE:
        return json_read_flag(fault, object, row->name, &flag);
    case VALUE_WORK:
        return read_work(fault, object, value, step);
    default:
        err = json_read_whole(fault, object, value, (double)row->least, (double)row->most, &step->arg);
        return err == 0 && row->value == VALUE_STEPS ? read_call(fault, object, depth, step) : err;
    }
}

// What stands beside the step's own key.
static int read_options(struct json_fault *fault, const cJSON *object, struct step *step)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < STEP_OPTION_COUNT; i++) {
        const struct step_option *option = &step_options[i];
        const cJSON *given = json_member(object, option->name);
        void *member = (char *)step + option->offset;

        if (given == NULL || !(step_rows[step->kind].options & option->bit))
            continue;
        err = option->is_count ? json_read_whole(fault, object, given, 1, (double)STEP_OPTION_MAX, member)
                               : json_read_flag(fault, object, option->name, member);
    }
    return err;
}

// Whether `name` may stand beside the step's own key.
static bool is_option(enum step_kind kind, const char *name)
{
    for (size_t i = 0; i < STEP_OPTION_COUNT; i++) {
        if (step_rows[kind].options & step_options[i].bit && strcmp(name, step_options[i].name) == 0)
            return true;
    }
    if (step_rows[kind].value == VALUE_FUNCTION)
        return strspn(name, "abcdefghijklmnopqrstuvwxyz") == strlen(name);
    return step_rows[kind].value == VALUE_STEPS && strcmp(name, "steps") == 0;
}

static const cJSON *find_kind(const cJSON *object, enum step_kind *ret_kind)
{
    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++) {
        const cJSON *value = json_member(object, step_rows[kind].name);

        if (value != NULL) {
            *ret_kind = kind;
            return value;
        }
    }
    return NULL;
}

static int refuse_step(struct json_fault *fault, const cJSON *object)
{
    char expected[200];
    size_t length = (size_t)snprintf(expected, sizeof expected, "an object with one of");

    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++)
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s %s", kind > 0 ? "," : "",
                                   step_rows[kind].name);
    return json_refuse_value(fault, object, "a step", expected);
}

// Whether the same key stands in the object before the item.
static bool is_repeated(const cJSON *object, const cJSON *item)
{
    return json_member(object, item->string) != item;
}

static int check_keys(struct json_fault *fault, const cJSON *object, const cJSON *value, enum step_kind kind)
{
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        char wrong[96];

        if (item == value || (is_option(kind, item->string) && !is_repeated(object, item)))
            continue;
        json_path_enter(&fault->path, object, item);
        snprintf(wrong, sizeof wrong, "%s in a %s step",
                 is_repeated(object, item) ? "a second such key" : "unknown key", step_rows[kind].name);
        return json_refuse(fault, wrong, "one step an object");
    }
    return 0;
}

static int read_step(struct json_fault *fault, const cJSON *object, unsigned depth, struct program *program)
{
    enum step_kind kind;
    const cJSON *value = find_kind(object, &kind);
    struct step *step;
    int err;

    if (!cJSON_IsObject(object) || value == NULL)
        return refuse_step(fault, object);
    err = check_keys(fault, object, value, kind);
    if (err != 0)
        return err;
    step = program_append(program, kind);
    if (step == NULL)
        return -ENOMEM;
    err = read_options(fault, object, step);
    return err == 0 ? read_value(fault, object, value, depth, step) : err;
}

// The lock is given back in the list of steps in which it was taken, and is not taken twice.
static int check_lock(struct json_fault *fault, const struct step *step, bool *locked)
{
    if (step->kind == STEP_LOCK && *locked)
        return json_refuse(fault, "locked twice", "an unlock between the locks");
    if (step->kind == STEP_UNLOCK && !*locked)
        return json_refuse(fault, "not locked", "a lock before it in the same list of steps");
    if (step->kind == STEP_LOCK || step->kind == STEP_UNLOCK)
        *locked = step->kind == STEP_LOCK;
    if (step->kind == STEP_CALL && *locked && program_locks(step->callee))
        return json_refuse(fault, "locked twice", "no lock among the steps that are repeated under it");
    return 0;
}

static int read_list(struct json_fault *fault, const cJSON *array, unsigned depth, struct program *program)
{
    const cJSON *item;
    bool locked = false;

    cJSON_ArrayForEach(item, array) {
        int err;

        json_path_enter(&fault->path, array, item);
        err = read_step(fault, item, depth, program);
        if (err == 0)
            err = check_lock(fault, &program->steps[program->length - 1], &locked);
        if (err != 0)
            return err;
        json_path_leave(&fault->path);
    }
    return locked ? json_refuse(fault, "locked to the end of the list", "an unlock in the same list of steps") : 0;
}

// The object's "steps".
static int read_steps(struct json_fault *fault, const cJSON *object, unsigned depth, struct program *program)
{
    const cJSON *array = json_member(object, "steps");
    int err;

    if (array == NULL)
        return json_refuse(fault, "no list of steps", "\"steps\":[...]");
    if (!cJSON_IsArray(array))
        return json_refuse_member(fault, object, array, "a list of steps", "\"steps\":[...]");
    json_path_enter(&fault->path, object, array);
    err = read_list(fault, array, depth, program);
    if (err == 0)
        json_path_leave(&fault->path);
    return err;
}

// What is said of a class besides its steps.
static int read_traits(struct json_fault *fault, const cJSON *object, struct task_class *class)
{
    const cJSON *expect = json_member(object, "expect"), *every = json_member(object, "every");
    const cJSON *weight = json_member(object, "weight");
    uint64_t number = 1;
    int err = 0;

    class->fails = cJSON_IsString(expect) && strcmp(expect->valuestring, "failure") == 0;
    if (expect != NULL && !class->fails)
        return json_refuse_member(fault, object, expect, "what one can expect", "\"failure\", or nothing at all");
    if (weight != NULL)
        err = json_read_whole(fault, object, weight, 1, 1e6, &number);
    class->weight = (uint32_t)number;
    if (err == 0 && every != NULL)
        err = json_read_duration(fault, object, every, STEP_TIME_MAX_NS, &class->every_ns);
    if (err == 0 && every != NULL && class->every_ns == 0)
        return json_refuse_member(fault, object, every, "a distance in time", "one above 0 such as \"1s\"");
    return err;
}

static int check_class_keys(struct json_fault *fault, const cJSON *object)
{
    static const char *const names[] = {"name", "weight", "expect", "every", "steps"};

    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        bool known = false;

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            known |= strcmp(item->string, names[i]) == 0;
        if (known && !is_repeated(object, item))
            continue;
        json_path_enter(&fault->path, object, item);
        return json_refuse(fault, known ? "a second such key" : "unknown key in a class",
                           "name, weight, steps, expect or every, each once");
    }
    return 0;
}

// What only a person's file is held to: keys, and a name that can be told from the others'.
static int check_class(struct json_fault *fault, const cJSON *object, const cJSON *name)
{
    int err = check_class_keys(fault, object);

    if (err == 0)
        err = json_check_name(fault, object, name, CLASS_NAME_BYTES);
    for (const cJSON *before = object->prev; err == 0 && before != NULL && before->next != NULL;
         before = before->prev) {
        if (strcmp(json_member(before, "name")->valuestring, name->valuestring) == 0)
            return json_refuse_member(fault, object, name, "the name of this class alone", "one that no other has");
    }
    return err;
}

static int read_class(struct json_fault *fault, const cJSON *object, bool strict, struct task_class *class)
{
    const cJSON *name = json_member(object, "name");
    int err = 0;

    if (!cJSON_IsObject(object))
        return json_refuse_value(fault, object, "a class", "an object with a name and steps");
    if (name == NULL)
        return json_refuse(fault, "no name", "\"name\":\"page\"");
    if (!cJSON_IsString(name) || name->valuestring[0] == '\0')
        return json_refuse_member(fault, object, name, "a name", "\"name\":\"page\"");
    if (strict)
        err = check_class(fault, object, name);
    if (err == 0)
        err = read_traits(fault, object, class);
    if (err != 0)
        return err;
    class->name = strdup(name->valuestring);
    return class->name != NULL ? read_steps(fault, object, 1, &class->program) : -ENOMEM;
}

static int read_classes(struct json_fault *fault, const cJSON *classes, bool strict, struct task_mix *mix)
{
    const cJSON *item;

    mix->classes = calloc((size_t)cJSON_GetArraySize(classes), sizeof *mix->classes);
    if (mix->classes == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(item, classes) {
        int err;

        json_path_enter(&fault->path, classes, item);
        err = read_class(fault, item, strict, &mix->classes[mix->count++]);
        if (err != 0)
            return err;
        json_path_leave(&fault->path);
    }
    return 0;
}

int task_mix_read(const cJSON *object, bool strict, struct task_mix *ret_mix, struct json_fault *fault)
{
    const cJSON *classes = json_member(object, "classes");
    int count = cJSON_IsArray(classes) ? cJSON_GetArraySize(classes) : 0;
    struct task_mix mix = {0};
    int err;

    *fault = (struct json_fault){.what = ""};
    if (classes == NULL)
        return json_refuse(fault, "no list of classes", "\"classes\":[...]");
    if (count < 1 || count > 1000)
        return json_refuse_member(fault, object, classes, "a list of classes", "1 to 1000 of them");
    json_path_enter(&fault->path, object, classes);
    err = read_classes(fault, classes, strict, &mix);
    if (err != 0)
        task_mix_release(&mix);
    else
        *ret_mix = mix;
    return err;
}

int task_mix_read_single(const cJSON *object, const char *name, struct task_mix *ret_mix, struct json_fault *fault)
{
    struct task_mix mix = {0};
    struct task_class *class = task_mix_add(&mix, name, 1);
    int err;

    *fault = (struct json_fault){.what = ""};
    err = class != NULL ? read_steps(fault, object, 1, &class->program) : -ENOMEM;
    if (err != 0)
        task_mix_release(&mix);
    else
        *ret_mix = mix;
    return err;
}

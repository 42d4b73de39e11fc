// SPDX-License-Identifier: MIT
#include "workloads/program/json_steps.h"

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

static int read_list(struct json_fault *fault, const cJSON *array, unsigned depth, struct program *program);

// What a child does. A task is handed bytes and hands them back as a whole: which child did would not be known.
static int read_child(struct json_fault *fault, const cJSON *lists, const cJSON *list, unsigned depth,
                      struct program *program)
{
    int err;

    if (!cJSON_IsArray(list))
        return json_refuse_member(fault, lists, list, "a list of steps", "\"gather\":[[...],[...]]");
    json_path_enter(&fault->path, lists, list);
    err = read_list(fault, list, depth + 1, program);
    if (err == 0 && program_has(program, STEP_BIT(STEP_TAKE) | STEP_BIT(STEP_REPLY)))
        return json_refuse(fault, "take and reply belong to a task, not to a child of gather",
                           "them beside the gather");
    if (err == 0)
        json_path_leave(&fault->path);
    return err;
}

static int read_gather(struct json_fault *fault, const cJSON *object, const cJSON *lists, unsigned depth,
                       struct step *step)
{
    int count = cJSON_IsArray(lists) ? cJSON_GetArraySize(lists) : 0, err = 0;
    const cJSON *list;

    if (count < 1 || count > STEP_CHILDREN_MAX)
        return json_refuse_member(fault, object, lists, "a list of lists of steps", "1 to 64 of them");
    if (depth == MAX_DEPTH)
        return json_refuse(fault, "nested too deep", "at most 64 levels");
    step->callee = calloc((size_t)count, sizeof *step->callee);
    if (step->callee == NULL)
        return -ENOMEM;
    json_path_enter(&fault->path, object, lists);
    cJSON_ArrayForEach(list, lists) {
        err = err == 0 ? read_child(fault, lists, list, depth, &step->callee[step->arg++]) : err;
    }
    if (err == 0)
        json_path_leave(&fault->path);
    return err;
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

    if (cJSON_IsNumber(value) || strcmp(value->string, STEP_FIB) == 0)
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
    case VALUE_LISTS:
        return read_gather(fault, object, value, depth, step);
    case VALUE_WORK:
        return read_work(fault, object, value, step);
    default:
        err = json_read_whole(fault, object, value, (double)row->least, (double)row->most, &step->arg);
        return err == 0 && row->value == VALUE_STEPS ? read_call(fault, object, depth, step) : err;
    }
}

// A bool that is written as one of two texts.
static int read_choice(struct json_fault *fault, const cJSON *object, const cJSON *given,
                       const struct step_option *option, bool *ret_flag)
{
    const char *text = cJSON_GetStringValue(given);
    char expected[64];

    if (text == NULL || (strcmp(text, option->no) != 0 && strcmp(text, option->yes) != 0)) {
        snprintf(expected, sizeof expected, "\"%s\" or \"%s\"", option->no, option->yes);
        return json_refuse_member(fault, object, given, "what can be chosen", expected);
    }
    *ret_flag = strcmp(text, option->yes) == 0;
    return 0;
}

static int read_option(struct json_fault *fault, const cJSON *object, const cJSON *given,
                       const struct step_option *option, void *member)
{
    if (option->is_count)
        return json_read_whole(fault, object, given, 1, (double)STEP_OPTION_MAX, member);
    if (option->yes != NULL)
        return read_choice(fault, object, given, option, member);
    return json_read_flag(fault, object, option->name, member);
}

// What stands beside the step's own key.
static int read_options(struct json_fault *fault, const cJSON *object, struct step *step)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < STEP_OPTION_COUNT; i++) {
        const struct step_option *option = &step_options[i];
        const cJSON *given = json_member(object, option->name);

        if (given != NULL && step_rows[step->kind].options & option->bit)
            err = read_option(fault, object, given, option, (char *)step + option->offset);
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
    const cJSON *fib = json_member(object, STEP_FIB);

    if (fib != NULL) {
        *ret_kind = STEP_COMPUTE;
        return fib;
    }
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
    char expected[300];
    size_t length = (size_t)snprintf(expected, sizeof expected, "an object with one of");

    for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++)
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s %s%s", kind > 0 ? "," : "",
                                   kind == STEP_COMPUTE ? STEP_FIB ", " : "", step_rows[kind].name);
    return json_refuse_value(fault, object, "a step", expected);
}

static int check_keys(struct json_fault *fault, const cJSON *object, const cJSON *value, enum step_kind kind)
{
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        char wrong[96];

        if (item == value || (is_option(kind, item->string) && !json_is_repeated(object, item)))
            continue;
        json_path_enter(&fault->path, object, item);
        snprintf(wrong, sizeof wrong, "%s in a %s step",
                 json_is_repeated(object, item) ? "a second such key" : "unknown key", step_rows[kind].name);
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

#define STEP_LOCKS (STEP_BIT(STEP_LOCK) | STEP_BIT(STEP_LOCK_FILE))
#define STEP_UNLOCKS (STEP_BIT(STEP_UNLOCK) | STEP_BIT(STEP_UNLOCK_FILE))

// What stands between a lock and its unlock.
static int check_locked(struct json_fault *fault, const struct step *step)
{
    bool calls = step->kind == STEP_CALL;

    if (STEP_BIT(step->kind) & STEP_LOCKS)
        return json_refuse(fault, "locked twice", "an unlock between the locks");
    if (step->kind == STEP_GATHER || (calls && program_has(step->callee, STEP_BIT(STEP_GATHER))))
        return json_refuse(fault, "gather may not stand between lock and unlock",
                           "it before the lock or behind the unlock");
    if (calls && program_has(step->callee, STEP_LOCKS))
        return json_refuse(fault, "locked twice", "no lock among the steps that are repeated under it");
    return 0;
}

// A lock is given back in the list of steps in which it was taken, and none is taken while one is held: two tasks that took
// both in another order would wait for each other for ever. `unlock`: the step that gives back what is held, or 0.
static int check_lock(struct json_fault *fault, const struct step *step, enum step_kind *unlock)
{
    if (STEP_BIT(step->kind) & STEP_UNLOCKS) {
        if (*unlock != step->kind)
            return json_refuse(fault, "not locked", "a lock before it in the same list of steps");
        *unlock = 0;
    }
    if (*unlock != 0)
        return check_locked(fault, step);
    if (STEP_BIT(step->kind) & STEP_LOCKS)
        *unlock = step->kind == STEP_LOCK ? STEP_UNLOCK : STEP_UNLOCK_FILE;
    return 0;
}

static int read_list(struct json_fault *fault, const cJSON *array, unsigned depth, struct program *program)
{
    const cJSON *item;
    enum step_kind unlock = 0; // no step that unlocks

    cJSON_ArrayForEach(item, array) {
        int err;

        json_path_enter(&fault->path, array, item);
        err = read_step(fault, item, depth, program);
        if (err == 0)
            err = check_lock(fault, &program->steps[program->length - 1], &unlock);
        if (err != 0)
            return err;
        json_path_leave(&fault->path);
    }
    return unlock != 0 ? json_refuse(fault, "locked to the end of the list", "an unlock in the same list of steps") : 0;
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

int json_read_steps(struct json_fault *fault, const cJSON *object, struct program *program)
{
    return read_steps(fault, object, 1, program);
}

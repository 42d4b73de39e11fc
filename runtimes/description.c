// SPDX-License-Identifier: MIT
#include "runtimes/description.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "runtimes/interpreter.h"

// The longest name, and the longest line.
#define NAME_MOST 40
#define LINE_MOST 400
#define ABOUT_MOST 4000
// What names are made of.
#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define LETTERS SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
// For estimates, where a description says nothing else.
#define START_NS (200 * NS_PER_MS)
#define TASK_NS 20e3
#define COMPUTE_TIMES_MOST 1e4
// The largest bound of a parameter: an hour, where it is a time.
#define PARAMETER_MOST 3.6e12

// A description under way.
struct reading {
    struct json_fault *fault;
    const cJSON *json; // the object that is read
    struct runtime *runtime;
};

static const char *const members[] = {
    "$schema",    "name",      "kin",      "group",      "summary",     "about",    "example",
    "also",       "cannot",    "call",     "family",     "loop",        "command",  "needs",
    "parameters", "estimates", "one_lane", "many_cores", "own_threads", "per_task", "forks",
};

// Only these keys, each once.
static int check_keys(struct json_fault *fault, const cJSON *object, const char *const *names, size_t count)
{
    for (const cJSON *item = object != NULL ? object->child : NULL; item != NULL; item = item->next) {
        bool known = false;

        for (size_t i = 0; i < count; i++)
            known |= strcmp(item->string, names[i]) == 0;
        if (known && json_member(object, item->string) == item)
            continue;
        json_path_enter(&fault->path, object, item);
        return json_refuse(fault, known ? "a second such key" : "unknown key",
                           "what docs/runtime.schema.json has, each once");
    }
    return 0;
}

static int check_members(const struct reading *reading)
{
    return check_keys(reading->fault, reading->json, members, sizeof members / sizeof *members);
}

// A line that must be there, unless it is `optional`.
static int read_line(const struct reading *reading, const char *name, size_t most, bool optional, const char **ret_text)
{
    const cJSON *value = json_member(reading->json, name);
    char wanted[64];

    if (value == NULL && optional)
        return 0;
    if (value == NULL) {
        snprintf(wanted, sizeof wanted, "\"%s\":\"…\"", name);
        return json_refuse(reading->fault, "something is missing", wanted);
    }
    *ret_text = cJSON_GetStringValue(value);
    return json_check_name(reading->fault, reading->json, value, most);
}

static bool is_name(const char *text)
{
    return text[0] >= 'a' && text[0] <= 'z' && strspn(text, SMALL DIGITS "-") == strlen(text);
}

static int read_name(const struct reading *reading, const char *name, bool optional, const char **ret_text)
{
    int err = read_line(reading, name, NAME_MOST, optional, ret_text);

    if (err == 0 && *ret_text != NULL && !is_name(*ret_text))
        return json_refuse_member(reading->fault, reading->json, json_member(reading->json, name), "a name",
                                  "small letters, digits and dashes, a letter first");
    return err;
}

// A member of a call step.
static int check_call(const struct reading *reading)
{
    const cJSON *call = json_member(reading->json, "call");
    const char *text = cJSON_GetStringValue(call);

    if (call == NULL || (text != NULL && text[0] != '\0' && strspn(text, SMALL) == strlen(text)))
        return 0;
    return json_refuse_member(reading->fault, reading->json, call, "a member of a call step", "small letters");
}

static int read_words(const struct reading *reading)
{
    struct model *model = &reading->runtime->model;
    int err = read_name(reading, "name", false, &model->name);

    if (err == 0)
        err = read_line(reading, "kin", LINE_MOST, false, &model->kin);
    if (err == 0)
        err = read_line(reading, "also", LINE_MOST, true, &model->also);
    if (err == 0)
        err = read_name(reading, "group", false, &reading->runtime->group);
    if (err == 0)
        err = read_line(reading, "summary", LINE_MOST, false, &model->summary);
    if (err == 0)
        err = read_line(reading, "about", ABOUT_MOST, false, &model->about);
    if (err == 0)
        err = read_line(reading, "example", LINE_MOST, true, &model->example);
    if (err == 0)
        err = check_call(reading);
    if (err == 0)
        err = read_name(reading, "family", false, &reading->runtime->family);
    return err == 0 ? read_name(reading, "loop", true, &reading->runtime->loop) : err;
}

static int find_step(const char *name)
{
    for (int kind = 0; kind < STEP_KIND_COUNT; kind++) {
        if (strcmp(step_rows[kind].name, name) == 0)
            return kind;
    }
    return -1;
}

static int read_cannot(const struct reading *reading)
{
    const cJSON *cannot = json_member(reading->json, "cannot"), *item;

    if (cannot != NULL && !cJSON_IsObject(cannot))
        return json_refuse_member(reading->fault, reading->json, cannot, "steps with reasons",
                                  "an object such as {\"lock\":\"shares no memory\"}");
    if (cannot != NULL)
        json_path_enter(&reading->fault->path, reading->json, cannot);
    cJSON_ArrayForEach(item, cannot) {
        int kind = find_step(item->string);

        if (json_check_name(reading->fault, cannot, item, LINE_MOST) != 0)
            return -EINVAL;
        if (kind < 0) {
            json_path_enter(&reading->fault->path, cannot, item);
            return json_refuse(reading->fault, "no such step", "a step such as \"fetch\"");
        }
        reading->runtime->cannot[kind] = item->valuestring;
        reading->runtime->model.can &= ~STEP_BIT(kind);
    }
    if (cannot != NULL)
        json_path_leave(&reading->fault->path);
    return 0;
}

// Each is a list of words, not empty.
static int check_command(const struct reading *reading)
{
    const cJSON *command = json_member(reading->json, "command"), *word;

    if (command == NULL)
        return json_refuse(reading->fault, "no command", "\"command\":[\"{python}\",\"{here}/trial.py\"]");
    if (!cJSON_IsArray(command) || command->child == NULL)
        return json_refuse_member(reading->fault, reading->json, command, "a command", "a list of words");
    json_path_enter(&reading->fault->path, reading->json, command);
    cJSON_ArrayForEach(word, command) {
        if (!cJSON_IsString(word) || word->valuestring[0] == '\0')
            return json_refuse_member(reading->fault, command, word, "a word", "text");
    }
    json_path_leave(&reading->fault->path);
    return 0;
}

static bool is_version(const char *text)
{
    size_t major = strspn(text, DIGITS), minor = text[major] == '.' ? strspn(text + major + 1, DIGITS) : 0;

    return major > 0 && text[major + (minor > 0 ? minor + 1 : 0)] == '\0';
}

// As it would be imported.
static bool is_module(const char *text)
{
    return strchr(DIGITS ".", text[0]) == NULL && strspn(text, LETTERS DIGITS "_.") == strlen(text);
}

static bool is_filled(const char *text)
{
    return text[0] != '\0';
}

static bool is_any(const char *text)
{
    return text != NULL;
}

// One of the first three, and where it is to be had.
static int check_need(struct json_fault *fault, const cJSON *needs, const cJSON *need)
{
    static const char *const keys[] = {"interpreter", "module", "program", "debian", "pypi"};
    static const char *const expected[] = {"one such as \"3.9\"", "a module's name", "a program's name", "text",
                                           "text"};
    static bool (*const fits[])(const char *) = {is_version, is_module, is_filled, is_any, is_any};
    int kinds = json_member(need, keys[0]) != NULL;

    kinds += (json_member(need, keys[1]) != NULL) + (json_member(need, keys[2]) != NULL);
    if (kinds != 1)
        return json_refuse_member(fault, needs, need, "something that can be needed",
                                  "{\"module\":\"trio\"} or {\"program\":\"node\"}");
    json_path_enter(&fault->path, needs, need);
    if (check_keys(fault, need, keys, sizeof keys / sizeof *keys) != 0)
        return -EINVAL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *value = json_member(need, keys[i]);
        const char *text = cJSON_GetStringValue(value);

        if (value != NULL && (text == NULL || !fits[i](text)))
            return json_refuse_member(fault, need, value, i == 0 ? "a version" : "what is needed", expected[i]);
    }
    json_path_leave(&fault->path);
    return 0;
}

static int check_needs(struct json_fault *fault, const cJSON *object, const cJSON *needs)
{
    const cJSON *need;

    if (needs == NULL)
        return 0;
    if (!cJSON_IsArray(needs))
        return json_refuse_member(fault, object, needs, "a list", "a list of modules and programs");
    json_path_enter(&fault->path, object, needs);
    cJSON_ArrayForEach(need, needs) {
        const char *module = cJSON_GetStringValue(json_member(need, "module")),
                   *pypi = cJSON_GetStringValue(json_member(need, "pypi"));

        if (check_need(fault, needs, need) != 0)
            return -EINVAL;
        if (module != NULL)
            interpreter_note_module(pypi != NULL ? pypi : module);
    }
    json_path_leave(&fault->path);
    return 0;
}

// Whether a word of the parameter's is one that it has already.
static bool is_chosen(const struct parameter *parameter, unsigned count, const char *word)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(parameter->choices[i], word) == 0)
            return true;
    }
    return false;
}

static int read_choices(const struct reading *reading, const cJSON *values, struct parameter *parameter)
{
    const char *otherwise = cJSON_GetStringValue(json_member(reading->json, "default"));
    unsigned count = 0;
    const cJSON *value;

    parameter->kind = PARAMETER_CHOICE;
    parameter->otherwise = UINT64_MAX;
    cJSON_ArrayForEach(value, values) {
        if (!cJSON_IsString(value) || !is_name(value->valuestring) || count == PARAMETER_CHOICES ||
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

static int read_bounds(const struct reading *reading, struct parameter *parameter)
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
static int check_parameter_name(const struct reading *reading, const struct parameter *parameter)
{
    for (const struct parameter *other = reading->runtime->model.parameters; other < parameter; other++) {
        if (strcmp(other->key, parameter->key) == 0)
            return json_refuse_member(reading->fault, reading->json, json_member(reading->json, "name"),
                                      "a name of its own", "one that no parameter before has");
    }
    return 0;
}

// What stands beside the words of a choice only, or beside bounds only.
static int check_parameter(const struct reading *reading, const cJSON *values)
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

static int read_parameter(const struct reading *reading, struct parameter *parameter)
{
    static const char *const keys[] = {"name", "help", "values", "least", "most", "unit", "default", "needs"};
    const cJSON *values = json_member(reading->json, "values"), *needs = json_member(reading->json, "needs"), *need;
    int err = check_keys(reading->fault, reading->json, keys, sizeof keys / sizeof *keys);

    if (err == 0)
        err = read_name(reading, "name", false, &parameter->key);
    if (err == 0)
        err = check_parameter_name(reading, parameter);
    if (err == 0)
        err = read_line(reading, "help", LINE_MOST, false, &parameter->help);
    if (err == 0)
        err = check_parameter(reading, values);
    if (err == 0)
        err = values != NULL ? read_choices(reading, values, parameter) : read_bounds(reading, parameter);
    if (err == 0 && needs != NULL)
        json_path_enter(&reading->fault->path, reading->json, needs);
    cJSON_ArrayForEach(need, needs) {
        if (err == 0)
            err = check_needs(reading->fault, needs, need);
    }
    if (err == 0 && needs != NULL)
        json_path_leave(&reading->fault->path);
    return err;
}

static int read_parameters(const struct reading *reading)
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
        struct reading inner = {.fault = reading->fault, .json = item, .runtime = reading->runtime};

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

// A number of the object, where it is there.
static int read_estimate(const struct reading *reading, const char *name, double *ret_ns)
{
    const cJSON *value = json_member(reading->json, name);
    uint64_t ns = 0;

    if (value == NULL)
        return 0;
    if (json_read_duration(reading->fault, reading->json, value, STEP_TIME_MAX_NS, &ns) != 0)
        return -EINVAL;
    *ret_ns = (double)ns;
    return 0;
}

static int read_estimates(const struct reading *reading)
{
    static const char *const keys[] = {"start", "task", "compute"};
    const cJSON *estimates = json_member(reading->json, "estimates");
    struct reading inner = {.fault = reading->fault, .json = estimates, .runtime = reading->runtime};
    double task_ns = TASK_NS;
    uint64_t times = 1;
    int err;

    reading->runtime->start_ns = START_NS;
    if (estimates != NULL && !cJSON_IsObject(estimates))
        return json_refuse_member(reading->fault, reading->json, estimates, "estimates",
                                  "an object such as {\"start\":\"120ms\"}");
    if (estimates != NULL)
        json_path_enter(&reading->fault->path, reading->json, estimates);
    err = check_keys(reading->fault, estimates, keys, sizeof keys / sizeof *keys);
    if (err == 0)
        err = read_estimate(&inner, "start", &reading->runtime->start_ns);
    if (err == 0)
        err = read_estimate(&inner, "task", &task_ns);
    if (err == 0 && json_member(estimates, "compute") != NULL)
        err = json_read_whole(reading->fault, estimates, json_member(estimates, "compute"), 1, COMPUTE_TIMES_MOST,
                              &times);
    if (estimates != NULL && err == 0)
        json_path_leave(&reading->fault->path);
    reading->runtime->model.task_ns = (uint32_t)task_ns;
    reading->runtime->compute_times = (double)times;
    return err;
}

static int read_flags(const struct reading *reading)
{
    struct model *model = &reading->runtime->model;
    static const char *const names[] = {"one_lane", "many_cores", "own_threads", "per_task", "forks"};
    bool *const flags[] = {&model->one_lane, &model->many_cores, &model->own_threads, &model->per_task, &model->forks};
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof names / sizeof *names; i++)
        err = json_read_flag(reading->fault, reading->json, names[i], flags[i]);
    return err;
}

static int read_object(const struct reading *reading)
{
    int err = check_members(reading);

    if (err == 0)
        err = read_words(reading);
    if (err == 0)
        err = read_cannot(reading);
    if (err == 0)
        err = check_command(reading);
    if (err == 0)
        err = check_needs(reading->fault, reading->json, json_member(reading->json, "needs"));
    if (err == 0)
        err = read_parameters(reading);
    if (err == 0)
        err = read_estimates(reading);
    return err == 0 ? read_flags(reading) : err;
}

// What is the same of all that are described.
static void settle(struct runtime *runtime, const char *path)
{
    const char *slash = strrchr(path, '/');

    runtime->file = strdup(path);
    runtime->here = slash != NULL ? strndup(path, (size_t)(slash - path)) : strdup(".");
    runtime->model.group = runtime->group;
    runtime->model.runtime = runtime;
    if (runtime->model.example == NULL)
        runtime->model.example = "ccbench list";
    runtime->entry = (struct model_entry){.name = runtime->model.name, .model = &runtime->model};
}

int description_read(const char *path, struct runtime **ret_runtime, char error[JSON_FILE_ERROR])
{
    struct json_file file = {.path = path};
    struct json_fault fault = {.what = ""};
    struct runtime *runtime = calloc(1, sizeof *runtime);
    int err = runtime != NULL ? json_file_read(&file, "a description of a model", error) : -ENOMEM;
    struct reading reading = {.fault = &fault, .json = file.json, .runtime = runtime};

    if (err == 0) {
        runtime->model.can = STEP_ALL | STEP_BIT(STEP_FUNCTION);
        err = cJSON_IsObject(file.json) ? read_object(&reading)
                                        : json_refuse_value(&fault, file.json, "a model", "an object");
        if (err == -EINVAL)
            json_file_fault(&file, &fault, error);
    }
    if (err == 0) {
        runtime->json = file.json;
        file.json = NULL;
        settle(runtime, path);
        *ret_runtime = runtime;
    } else {
        free(runtime);
    }
    json_file_release(&file);
    return err;
}

void description_drop(struct runtime *runtime)
{
    cJSON_Delete(runtime->json);
    free(runtime->file);
    free(runtime->here);
    free(runtime);
}

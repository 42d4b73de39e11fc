// SPDX-License-Identifier: MIT
#include "runtimes/description.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/units.h"
#include "runtimes/description_parts.h"

// The longest name, and the longest text of several lines.
#define NAME_MOST 40
#define ABOUT_MOST 4000
// For estimates, where a description says nothing else.
#define START_NS (200 * NS_PER_MS)
#define TASK_NS 20e3
#define COMPUTE_TIMES_MOST 1e4

static const char *const members[] = {
    "$schema",  "name",       "kin",         "group",    "summary", "about", "example",    "also",
    "cannot",   "call",       "family",      "loop",     "command", "needs", "parameters", "estimates",
    "one_lane", "many_cores", "own_threads", "per_task", "forks",   NULL,
};

static int check_members(const struct description_reading *reading)
{
    return json_check_keys(reading->fault, reading->json, members, DESCRIPTION_KEYS);
}

int description_read_line(const struct description_reading *reading, const char *name, size_t most, bool optional,
                          const char **ret_text)
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

bool description_is_name(const char *text)
{
    return text[0] >= 'a' && text[0] <= 'z' && strspn(text, DESCRIPTION_SMALL DESCRIPTION_DIGITS "-") == strlen(text);
}

int description_read_name(const struct description_reading *reading, const char *name, bool optional,
                          const char **ret_text)
{
    int err = description_read_line(reading, name, NAME_MOST, optional, ret_text);

    if (err == 0 && *ret_text != NULL && !description_is_name(*ret_text))
        return json_refuse_member(reading->fault, reading->json, json_member(reading->json, name), "a name",
                                  "small letters, digits and dashes, a letter first");
    return err;
}

// A member of a call step.
static int check_call(const struct description_reading *reading)
{
    const cJSON *call = json_member(reading->json, "call");
    const char *text = cJSON_GetStringValue(call);

    if (call == NULL || (text != NULL && text[0] != '\0' && strspn(text, DESCRIPTION_SMALL) == strlen(text)))
        return 0;
    return json_refuse_member(reading->fault, reading->json, call, "a member of a call step", "small letters");
}

static int read_words(const struct description_reading *reading)
{
    struct model *model = &reading->runtime->model;
    int err = description_read_name(reading, "name", false, &model->name);

    if (err == 0)
        err = description_read_line(reading, "kin", DESCRIPTION_LINE, false, &model->kin);
    if (err == 0)
        err = description_read_line(reading, "also", DESCRIPTION_LINE, true, &model->also);
    if (err == 0)
        err = description_read_name(reading, "group", false, &reading->runtime->group);
    if (err == 0)
        err = description_read_line(reading, "summary", DESCRIPTION_LINE, false, &model->summary);
    if (err == 0)
        err = description_read_line(reading, "about", ABOUT_MOST, false, &model->about);
    if (err == 0)
        err = description_read_line(reading, "example", DESCRIPTION_LINE, true, &model->example);
    if (err == 0)
        err = check_call(reading);
    if (err == 0)
        err = description_read_name(reading, "family", false, &reading->runtime->family);
    return err == 0 ? description_read_name(reading, "loop", true, &reading->runtime->loop) : err;
}

static int find_step(const char *name)
{
    for (int kind = 0; kind < STEP_KIND_COUNT; kind++) {
        if (strcmp(step_rows[kind].name, name) == 0)
            return kind;
    }
    return -1;
}

static int read_cannot(const struct description_reading *reading)
{
    const cJSON *cannot = json_member(reading->json, "cannot"), *item;

    if (cannot != NULL && !cJSON_IsObject(cannot))
        return json_refuse_member(reading->fault, reading->json, cannot, "steps with reasons",
                                  "an object such as {\"lock\":\"shares no memory\"}");
    if (cannot != NULL)
        json_path_enter(&reading->fault->path, reading->json, cannot);
    cJSON_ArrayForEach(item, cannot) {
        int kind = find_step(item->string);

        if (json_check_name(reading->fault, cannot, item, DESCRIPTION_LINE) != 0)
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
static int check_command(const struct description_reading *reading)
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

// A number of the object, where it is there.
static int read_estimate(const struct description_reading *reading, const char *name, double *ret_ns)
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

static int read_estimates(const struct description_reading *reading)
{
    static const char *const keys[] = {"start", "task", "compute", NULL};
    const cJSON *estimates = json_member(reading->json, "estimates");
    struct description_reading inner = {.fault = reading->fault, .json = estimates, .runtime = reading->runtime};
    double task_ns = TASK_NS;
    uint64_t times = 1;
    int err;

    reading->runtime->start_ns = START_NS;
    if (estimates != NULL && !cJSON_IsObject(estimates))
        return json_refuse_member(reading->fault, reading->json, estimates, "estimates",
                                  "an object such as {\"start\":\"120ms\"}");
    if (estimates != NULL)
        json_path_enter(&reading->fault->path, reading->json, estimates);
    err = json_check_keys(reading->fault, estimates, keys, DESCRIPTION_KEYS);
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

static int read_flags(const struct description_reading *reading)
{
    struct model *model = &reading->runtime->model;
    static const char *const names[] = {"one_lane", "many_cores", "own_threads", "per_task", "forks"};
    bool *const flags[] = {&model->one_lane, &model->many_cores, &model->own_threads, &model->per_task, &model->forks};
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof names / sizeof *names; i++)
        err = json_read_flag(reading->fault, reading->json, names[i], flags[i]);
    return err;
}

static int read_object(const struct description_reading *reading)
{
    int err = check_members(reading);

    if (err == 0)
        err = read_words(reading);
    if (err == 0)
        err = read_cannot(reading);
    if (err == 0)
        err = check_command(reading);
    if (err == 0)
        err = description_check_needs(reading->fault, reading->json, json_member(reading->json, "needs"));
    if (err == 0)
        err = description_read_parameters(reading);
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
    struct description_reading reading = {.fault = &fault, .json = file.json, .runtime = runtime};

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

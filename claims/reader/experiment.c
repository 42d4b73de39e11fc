// SPDX-License-Identifier: MIT
// Experiments of a claim: a workload under models, or a script.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claims/reader/parts.h"
#include "measure/base/clock.h"
#include "measure/base/units.h"
#include "runtimes/registry.h"
#include "workloads/custom.h"
#include "workloads/program/slots.h"
#include "workloads/workload.h"

#define TASKS_MOST 1000000
#define SEED 1 // by which they arrive, as where none is given
#define CORES_MOST 1024
#define HOUR_NS (3600 * NS_PER_S)

static const char *const members[] = {"workload", "program", "script",   "models",       "tasks", "concurrency",
                                      "cores",    "rate",    "duration", "task_timeout", NULL};
#define EXPECTED \
    "workload, program or script, and models, tasks, concurrency, cores, rate, duration and task_timeout, each once"

// One of the three that say what is done.
static int check_kind(struct json_fault *fault, const cJSON *object)
{
    int kinds = (json_member(object, "workload") != NULL) + (json_member(object, "program") != NULL) +
                (json_member(object, "script") != NULL);

    return kinds == 1 ? 0
                      : json_refuse(fault, kinds == 0 ? "nothing to do" : "several things to do",
                                    "one of \"workload\":\"fib:27\", \"program\":{…} and \"script\":[…]");
}

// How many tasks arrive, where neither the time nor the rate is one that is refused anyway; 1 in a closed loop.
static uint32_t count_arrivals(const cJSON *object, const struct workload *workload)
{
    const char *rate = cJSON_GetStringValue(json_member(object, "rate"));
    const char *duration = cJSON_GetStringValue(json_member(object, "duration"));
    struct arrivals arrivals = {.rate_per_s = workload->rate_per_s, .constant = workload->rate_constant};
    uint64_t ns = workload->duration_ns != 0 ? workload->duration_ns : WORKLOAD_DURATION_NS;

    if (json_member(object, "tasks") != NULL ||
        (rate != NULL && units_parse_rate(rate, &arrivals.rate_per_s, &arrivals.constant) != 0) ||
        (duration != NULL && units_parse_duration(duration, &ns) != 0) || !(arrivals.rate_per_s > 0) || ns == 0)
        return 1;
    return slots_arriving(&workload->mix, &arrivals, SEED, ns, TASKS_MOST + 1);
}

// A time for which tasks arrive wants a rate: the experiment's, or one that the workload has. And some must arrive.
static int check_arrivals(struct json_fault *fault, const cJSON *object, const struct workload *workload)
{
    const cJSON *duration = json_member(object, "duration"), *rate = json_member(object, "rate");
    uint32_t tasks = count_arrivals(object, workload);

    if (duration != NULL && rate == NULL && json_member(object, "tasks") == NULL && !(workload->rate_per_s > 0))
        return json_refuse_member(fault, object, duration, "possible without a rate", "one with it such as \"20/s\"");
    if (tasks > 0 && tasks <= TASKS_MOST)
        return 0;
    if (rate != NULL)
        return json_refuse_member(fault, object, rate, "a rate that brings 1 to 1000000 tasks in the time there is",
                                  tasks == 0 ? "a higher one, or a longer duration"
                                             : "a lower one, or a shorter duration");
    if (duration != NULL)
        return json_refuse_member(fault, object, duration, "a duration in which 1 to 1000000 tasks arrive",
                                  tasks == 0 ? "a longer one" : "a shorter one");
    return json_refuse(fault, tasks == 0 ? "no task arrives in its time" : "too many tasks arrive in its time",
                       "1 to 1000000 by its rate and its duration");
}

static int check_workload(struct json_fault *fault, const cJSON *object)
{
    const cJSON *value = json_member(object, "workload");
    struct workload workload = {.kind = NULL};
    char error[WORKLOAD_ERROR] = "out of memory";
    int err;

    if (value == NULL)
        return 0;
    err = json_check_name(fault, object, value, WORKLOAD_LABEL - 1);
    if (err != 0)
        return err;
    if (workload_find(value->valuestring, strcspn(value->valuestring, ":")) == NULL)
        return json_refuse_member(fault, object, value, "a workload",
                                  "one that 'ccbench list' has, such as \"fib:27\"");
    err = workload_make(value->valuestring, 1, &workload, error);
    if (err == 0) {
        err = check_arrivals(fault, object, &workload);
        workload_release(&workload);
        return err;
    }
    json_path_enter(&fault->path, object, value);
    snprintf(fault->what, sizeof fault->what, "%.*s", (int)sizeof fault->what - 1, error);
    return -EINVAL;
}

static int check_program(struct json_fault *fault, const cJSON *object)
{
    const cJSON *value = json_member(object, "program");
    struct workload workload = {.kind = NULL};
    int err;

    if (value == NULL)
        return 0;
    json_path_enter(&fault->path, object, value);
    err = custom_read(fault, value, "program.json", 1, &workload);
    if (err != 0)
        return err;
    json_path_leave(&fault->path);
    err = check_arrivals(fault, object, &workload);
    workload_release(&workload);
    return err;
}

static int check_script(struct json_fault *fault, const cJSON *object)
{
    const cJSON *value = json_member(object, "script"), *word;

    if (value == NULL)
        return 0;
    if (!cJSON_IsArray(value) || value->child == NULL)
        return json_refuse_member(fault, object, value, "a command", "words such as [\"python3\",\"count.py\"]");
    json_path_enter(&fault->path, object, value);
    cJSON_ArrayForEach(word, value) {
        int err = json_check_name(fault, value, word, PARTS_LINE);

        if (err != 0)
            return err;
    }
    json_path_leave(&fault->path);
    return 0;
}

// What is typed behind a model's name: "interval=20ms", one or several, each a parameter that the model has.
static bool is_parameter(const struct parameter *declared, const char *text, size_t length)
{
    char word[UNITS_TEXT];
    size_t key = strcspn(text, "=:");
    int index = declared != NULL && text[key] == '=' ? parameter_find(declared, text, key) : -1;
    uint64_t value;

    if (index < 0 || length - key - 1 >= sizeof word)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)(length - key - 1), text + key + 1);
    return parameter_parse(&declared[index], word, &value) == 0;
}

static int check_model(struct json_fault *fault, const cJSON *list, const cJSON *value)
{
    int err = json_check_name(fault, list, value, PARTS_LINE / 4);
    const char *text = err == 0 ? value->valuestring : "";
    size_t length = strcspn(text, ":@");
    char name[PARTS_LINE];
    const struct model_entry *entry;

    if (err != 0)
        return err;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    entry = registry_find(name);
    if (entry == NULL || (entry->model != NULL && entry->model->unlisted))
        return json_refuse_member(fault, list, value, "a model", "one that 'ccbench list' has");
    if (text[length] == '@')
        length += strcspn(text + length, ":");
    // Of what is not built, nothing is known.
    while (text[length] == ':' && entry->model != NULL) {
        size_t part = strcspn(text + length + 1, ":");

        if (!is_parameter(entry->model->parameters, text + length + 1, part))
            return json_refuse_member(fault, list, value, "a model with what it takes",
                                      "a name such as \"gil:interval=20ms\" ('ccbench list NAME')");
        length += 1 + part;
    }
    return 0;
}

static int check_models(struct json_fault *fault, const cJSON *object)
{
    const cJSON *list = json_member(object, "models"), *model;

    if (json_member(object, "script") != NULL)
        return list == NULL ? 0 : json_refuse_member(fault, object, list, "possible with a script", "no models");
    if (list == NULL)
        return json_refuse(fault, "no models", "\"models\":[\"threads\",…]");
    if (!cJSON_IsArray(list) || list->child == NULL)
        return json_refuse_member(fault, object, list, "a list of models", "names such as [\"threads\",\"gil\"]");
    json_path_enter(&fault->path, object, list);
    cJSON_ArrayForEach(model, list) {
        int err = check_model(fault, list, model);

        if (err != 0)
            return err;
    }
    json_path_leave(&fault->path);
    return 0;
}

static int check_count(struct json_fault *fault, const cJSON *object, const char *name, double most)
{
    const cJSON *value = json_member(object, name);
    uint64_t number;

    return value != NULL ? json_read_whole(fault, object, value, 1, most, &number) : 0;
}

static int check_duration(struct json_fault *fault, const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);
    uint64_t ns = 1;
    int err = value != NULL ? json_read_duration(fault, object, value, HOUR_NS, &ns) : 0;

    return err == 0 && ns == 0 ? json_refuse_member(fault, object, value, "a time above 0", "one such as \"10ms\"")
                               : err;
}

static int check_rate(struct json_fault *fault, const cJSON *object)
{
    const cJSON *rate = json_member(object, "rate"), *duration = json_member(object, "duration");
    double per_s;
    bool constant;

    if (rate != NULL && (!cJSON_IsString(rate) || units_parse_rate(rate->valuestring, &per_s, &constant) != 0))
        return json_refuse_member(fault, object, rate, "a rate", "text such as \"20/s\" or \"500/s:constant\"");
    if (duration != NULL && json_member(object, "tasks") != NULL)
        return json_refuse_member(fault, object, duration, "possible with tasks", "one of the two");
    return check_duration(fault, object, "duration");
}

int parts_experiment(struct json_fault *fault, const cJSON *root, const cJSON *object)
{
    int err = json_check_keys(fault, object, members, EXPECTED);

    if (err == 0)
        err = check_kind(fault, object);
    if (err == 0)
        err = check_workload(fault, object);
    if (err == 0)
        err = check_program(fault, object);
    if (err == 0)
        err = check_script(fault, object);
    if (err == 0)
        err = check_models(fault, object);
    if (err == 0)
        err = check_count(fault, object, "tasks", TASKS_MOST);
    if (err == 0)
        err = check_count(fault, object, "concurrency", TASKS_MOST);
    if (err == 0)
        err = check_count(fault, object, "cores", CORES_MOST);
    if (err == 0)
        err = check_rate(fault, object);
    return err == 0 ? check_duration(fault, object, "task_timeout") : err;
}

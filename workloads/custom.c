// SPDX-License-Identifier: MIT
#include "workloads/custom.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/utf8.h"
#include "workloads/program/json.h"
#include "workloads/program/json_file.h"
#include "workloads/program/words.h"

#define SUFFIX ".json"
#define TASKS 64
#define LANES 32
#define MOST_TASKS 1e6

bool custom_named(const char *text, size_t length)
{
    return length > strlen(SUFFIX) && strncasecmp(text + length - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)) == 0;
}

// The members of the document, each of which may stand once.
static const char *const members[] = {
    "$schema", "name", "describe", "tasks", "concurrency", "rate", "duration", "classes", "steps", NULL,
};

static int check_members(struct json_fault *fault, const cJSON *json)
{
    return json_check_keys(fault, json, members,
                           "name, describe, tasks, concurrency, rate, duration and classes or steps, each once");
}

// The name, or what the file is called without its folder and suffix.
static int read_label(struct json_fault *fault, const cJSON *json, const char *path, struct workload *workload)
{
    const cJSON *name = json_member(json, "name");
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    int length = (int)(strlen(base) - strlen(SUFFIX));

    if (name != NULL) {
        snprintf(workload->label, sizeof workload->label, "%s", name->valuestring != NULL ? name->valuestring : "");
        return json_check_name(fault, json, name, CLASS_NAME_BYTES);
    }
    if (length < 1 || length > CLASS_NAME_BYTES || utf8_valid(base, strlen(base)) < strlen(base) ||
        !json_is_printable(base))
        return json_refuse(fault, "the file's name is invalid as the workload's", "\"name\":\"shop\"");
    snprintf(workload->label, sizeof workload->label, "%.*s", length, base);
    return 0;
}

// A member that counts, where it is there.
static int read_count(struct json_fault *fault, const cJSON *json, const char *name, uint32_t *ret_count)
{
    const cJSON *value = json_member(json, name);
    uint64_t number = *ret_count;
    int err = value != NULL ? json_read_whole(fault, json, value, 1, MOST_TASKS, &number) : 0;

    *ret_count = (uint32_t)number;
    return err;
}

static int read_arrivals(struct json_fault *fault, const cJSON *json, struct workload *workload)
{
    const cJSON *rate = json_member(json, "rate"), *duration = json_member(json, "duration");

    if (rate != NULL && (!cJSON_IsString(rate) ||
                         units_parse_rate(rate->valuestring, &workload->rate_per_s, &workload->rate_constant) != 0))
        return json_refuse_member(fault, json, rate, "a rate", "text such as \"20/s\", \"30/m\" or \"500/s:constant\"");
    if (duration != NULL && (rate == NULL || workload->duration_ns == 0))
        return json_refuse_member(fault, json, duration, "possible here",
                                  "a time above 0, with a rate such as \"rate\":\"20/s\"");
    if (rate != NULL && json_member(json, "tasks") != NULL)
        return json_refuse_member(fault, json, json_member(json, "tasks"), "possible with a rate",
                                  "a duration instead, such as \"duration\":\"10s\"");
    return 0;
}

// How many, and how they arrive; what is not there keeps its default.
static int read_load(struct json_fault *fault, const cJSON *json, struct workload *workload)
{
    const cJSON *duration = json_member(json, "duration");
    int err = read_count(fault, json, "tasks", &workload->tasks);

    if (err == 0)
        err = read_count(fault, json, "concurrency", &workload->concurrency);
    if (err == 0 && duration != NULL)
        err = json_read_duration(fault, json, duration, STEP_TIME_MAX_NS, &workload->duration_ns);
    return err == 0 ? read_arrivals(fault, json, workload) : err;
}

static int read_mix(struct json_fault *fault, const cJSON *json, struct workload *workload)
{
    bool classes = json_member(json, "classes") != NULL, steps = json_member(json, "steps") != NULL;

    if (classes && steps)
        return json_refuse(fault, "both classes and steps", "one of them");
    if (!classes && !steps)
        return json_refuse(fault, "no steps", "\"steps\":[...], or \"classes\":[...] of several kinds of tasks");
    if (steps)
        return task_mix_read_single(json, workload->label, &workload->mix, fault);
    return task_mix_read(json, true, &workload->mix, fault);
}

// "page (90 %), report (10 %)", or what the only class does.
static int describe(struct json_fault *fault, const cJSON *json, struct workload *workload)
{
    const cJSON *words = json_member(json, "describe");
    const struct task_mix *mix = &workload->mix;
    size_t length = 0, size = sizeof workload->describe;
    char share[UNITS_TEXT];

    if (words != NULL) {
        snprintf(workload->describe, size, "%s", words->valuestring != NULL ? words->valuestring : "");
        return json_check_name(fault, json, words, size - 1);
    }
    if (mix->count == 1) {
        program_words(&mix->classes[0].program, workload->describe, size);
        return 0;
    }
    for (size_t i = 0; i < mix->count && length < size; i++)
        length += (size_t)snprintf(workload->describe + length, size - length, "%s%s (%s)",
                                   i > 0 ? ", " : "is one of: ", mix->classes[i].name,
                                   class_share_words(mix, i, workload->rate_per_s > 0, share));
    if (length >= size)
        snprintf(workload->describe, size, "is one of %zu kinds", mix->count);
    return 0;
}

// As many as there are cores where tasks do nothing but compute; waiting is not bound by them.
static uint32_t default_lanes(const struct task_mix *mix, unsigned cores)
{
    uint32_t kinds = 0;

    for (size_t i = 0; i < mix->count; i++) {
        struct program_cost cost;

        program_cost(&mix->classes[i].program, false, &cost);
        kinds |= cost.kinds;
    }
    return (kinds & ~(STEP_BIT(STEP_COMPUTE) | STEP_BIT(STEP_CALL) | STEP_BIT(STEP_GATHER))) == 0 && kinds != 0 ? cores
                                                                                                                : LANES;
}

static int read_workload(struct json_fault *fault, const cJSON *json, const char *path, unsigned cores,
                         struct workload *workload)
{
    int err;

    if (!cJSON_IsObject(json))
        return json_refuse_value(fault, json, "a workload", "an object such as 'ccbench list --example' prints");
    err = check_members(fault, json);
    if (err == 0)
        err = read_label(fault, json, path, workload);
    if (err == 0)
        err = read_load(fault, json, workload);
    if (err == 0)
        err = read_mix(fault, json, workload);
    if (err == 0)
        err = describe(fault, json, workload);
    if (err == 0 && workload->concurrency == 0)
        workload->concurrency = default_lanes(&workload->mix, cores);
    return err;
}

int custom_read(struct json_fault *fault, const cJSON *json, const char *path, unsigned cores,
                struct workload *ret_workload)
{
    struct workload workload = {.kind = &custom_kind, .tasks = TASKS, .file = strdup(path)};
    struct json_fault inside = {.what = ""}; // what reads a mix begins a path of its own
    int err = workload.file != NULL ? read_workload(&inside, json, path, cores, &workload) : -ENOMEM;

    for (unsigned i = 0; err != 0 && i < inside.path.length && i < JSON_PATH_MOST; i++)
        json_path_enter(&fault->path, inside.path.parts[i].parent, inside.path.parts[i].child);
    memcpy(fault->what, inside.what, sizeof fault->what);
    if (err != 0)
        workload_release(&workload);
    else
        *ret_workload = workload;
    return err;
}

// Trees that stand for files.
static struct provided {
    const char *path;
    const cJSON *json;
    struct provided *next;
} * provided;

void custom_provide(const char *path, const cJSON *json)
{
    struct provided *one = malloc(sizeof *one);

    if (one == NULL)
        return; // it will be looked for as a file, and not be there
    *one = (struct provided){.path = path, .json = json, .next = provided};
    provided = one;
}

static const cJSON *find_provided(const char *path)
{
    const struct provided *one = provided;

    while (one != NULL && strcmp(one->path, path) != 0)
        one = one->next;
    return one != NULL ? one->json : NULL;
}

bool custom_is_there(const char *path)
{
    return find_provided(path) != NULL || access(path, F_OK) == 0;
}

// A report that ccbench has saved, or a claim. 0 or -EINVAL.
static int refuse_others(const struct json_file *file, char error[WORKLOAD_ERROR])
{
    const char *schema = cJSON_GetStringValue(json_member(file->json, "schema"));

    if (schema != NULL && strncmp(schema, "ccbench", strlen("ccbench")) == 0)
        return workload_refuse(error, "%.*s is a report and no workload: 'ccbench report %.*s' shows it",
                               UTF8_CLIPPED(file->path, 200), UTF8_CLIPPED(file->path, 200));
    if (cJSON_IsString(json_member(file->json, "claim")))
        return workload_refuse(error, "%.*s is a claim and no workload: 'ccbench claims %.*s' tries it",
                               UTF8_CLIPPED(file->path, 200), UTF8_CLIPPED(file->path, 200));
    return 0;
}

int custom_make(const char *path, unsigned cores, struct workload *ret_workload, char error[WORKLOAD_ERROR])
{
    struct json_file file = {.path = path};
    struct json_fault fault = {.what = ""};
    const cJSON *json = find_provided(path);
    int err = json != NULL ? 0 : json_file_read(&file, "a description of a workload", error);

    if (err == 0 && json == NULL)
        err = refuse_others(&file, error);
    if (err == 0)
        err = custom_read(&fault, json != NULL ? json : file.json, path, cores, ret_workload);
    if (err == -EINVAL && file.text != NULL && fault.what[0] != '\0')
        json_file_fault(&file, &fault, error);
    else if (err == -EINVAL && json != NULL)
        json_fault_write(&fault, error);
    json_file_release(&file);
    return err;
}

const struct workload_kind custom_kind = {
    .name = "FILE.json",
    .group = "Your own",
    .summary = "tasks of your own, described in a file: 'ccbench list --example' prints one",
    .about = "Tasks of your own, described in a file whose name ends in .json: a list of steps, or several classes of "
             "tasks with their weights, each with its list of steps. The steps are those that all workloads here are "
             "made of: sleep, fetch, compute, read, block, yield, and lists of them that are repeated. So you describe "
             "what a task of your program waits for and how long it computes, and the table says which model fits it "
             "on this machine. 'ccbench list --example > page.json' gives you one to edit, 'ccbench list page.json' "
             "says what it comes to, docs/examples has more.",
    .example = "ccbench list --example > page.json; ccbench --workload=page.json",
    .make = custom_make,
};

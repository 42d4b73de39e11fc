// SPDX-License-Identifier: MIT
#include "measure/sample.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/distribution.h"
#include "measure/groups.h"
#include "measure/machine/hardware.h"
#include "measure/lateness.h"
#include "measure/base/stats.h"
#include "measure/base/task_status.h"
#include "measure/base/units.h"
#include "measure/supervisor.h"
#include "measure/verdict.h"

// Copied from the trial's result as they are.
static const char *const result_numbers[] = {"setup_ns", "run_ns",          "teardown_ns",     "cpu_ns",
                                             "startup_cpu_ns", "switches_own", "switches_forced"};

uint32_t sample_in_flight(const struct slot *slots, const uint64_t *ended_ns, uint32_t tasks)
{
    uint64_t *begins = malloc((tasks + 1) * sizeof *begins);
    uint64_t *ends = malloc((tasks + 1) * sizeof *ends);
    uint32_t begun = 0, now = 0, peak = 0, ended = 0;

    for (uint32_t i = 0; begins != NULL && ends != NULL && i < tasks; i++) {
        if (slots[i].begin_ns == 0)
            continue;
        begins[begun] = slots[i].begin_ns;
        ends[begun] = ended_ns != NULL ? ended_ns[i] : slots[i].end_ns;
        if (ends[begun] == 0)
            ends[begun] = UINT64_MAX;
        else if (ends[begun] < begins[begun]) // stamps of a trial that cannot count
            ends[begun] = begins[begun];
        begun++;
    }
    if (begins == NULL || ends == NULL) {
        peak = UINT32_MAX;
    } else {
        stats_sort_u64(begins, begun);
        stats_sort_u64(ends, begun);
        for (uint32_t i = 0; i < begun; i++) {
            // A task that ends at the same stamp at which another begins has made room for it, but not for itself.
            for (; ended < i && ends[ended] <= begins[i]; ended++)
                now--;
            if (++now > peak)
                peak = now;
        }
    }
    free(begins);
    free(ends);
    return peak;
}

struct failures {
    uint32_t expected, unexpected;
    char first[64]; // of the unexpected ones
};

// Counts of each way to fail, by its name.
static void add_failures(cJSON *sample, const struct oracle *oracle, const struct slot *slots, struct failures *ret_failures)
{
    cJSON *failures = cJSON_AddObjectToObject(sample, "failures");
    struct failures found = {.first = ""};
    char name[64];

    for (uint32_t i = 0; i < oracle->tasks; i++) {
        cJSON *count;

        if (slots[i].status == TASK_STATUS_OK)
            continue;
        task_status_describe(slots[i].status, name, sizeof name);
        if (slots[i].class_index < oracle->classes && oracle->expected[slots[i].class_index].fails)
            found.expected++;
        else if (found.unexpected++ == 0)
            memcpy(found.first, name, sizeof name);
        count = cJSON_GetObjectItemCaseSensitive(failures, name);
        if (count != NULL)
            cJSON_SetNumberValue(count, count->valuedouble + 1);
        else
            cJSON_AddNumberToObject(failures, name, 1);
    }
    *ret_failures = found;
}

static void add_number_or_null(cJSON *object, const char *name, bool known, double number)
{
    if (known)
        cJSON_AddNumberToObject(object, name, number);
    else
        cJSON_AddNullToObject(object, name);
}

// A class fails as a whole or not at all.
static cJSON *class_json(const struct oracle *oracle, const struct slot *slots, const struct groups *groups, uint32_t c,
                         uint64_t start_ns)
{
    const struct expectation *expected = &oracle->expected[c];
    const uint32_t *index = groups_of(groups, c);
    size_t n = groups_count(groups, c), failed = 0;
    cJSON *class = cJSON_CreateObject();

    for (size_t i = 0; i < n; i++)
        failed += slots[index[i]].status != TASK_STATUS_OK;
    cJSON_AddStringToObject(class, "name", expected->name != NULL ? expected->name : "");
    cJSON_AddNumberToObject(class, "tasks", (double)n);
    cJSON_AddNumberToObject(class, "failed", expected->fails ? 0 : (double)failed);
    cJSON_AddNumberToObject(class, "failed_as_expected", expected->fails ? (double)failed : 0);
    if (distributions_add(class, slots, index, n, start_ns) == 0)
        return class;
    cJSON_Delete(class);
    return NULL;
}

// The tasks of each class by themselves, where there are several. 0 or -ENOMEM.
static int add_classes(cJSON *sample, const struct oracle *oracle, const struct slot *slots, uint64_t start_ns)
{
    struct groups groups;
    cJSON *classes;
    int err;

    if (oracle->classes < 2)
        return cJSON_AddNullToObject(sample, "classes") != NULL ? 0 : -ENOMEM;
    classes = cJSON_AddArrayToObject(sample, "classes");
    err = groups_make(slots, oracle->tasks, oracle->classes, &groups);
    for (uint32_t c = 0; err == 0 && c < oracle->classes; c++) {
        cJSON *class = class_json(oracle, slots, &groups, c, start_ns);

        err = class != NULL && cJSON_AddItemToArray(classes, class) ? 0 : -ENOMEM;
    }
    groups_release(&groups);
    return err;
}

// How the tasks of an open loop were kept up with; nothing of a closed one. 0 or -ENOMEM.
static int add_lateness(cJSON *sample, const struct oracle *oracle, const struct slot *slots, uint64_t start_ns)
{
    struct lateness lateness = {.kept_up = false};
    int err = oracle->open_loop ? lateness_of(slots, oracle->tasks, oracle->classes, start_ns, &lateness) : -ENODATA;

    if (err == -ENOMEM)
        return err;
    if (err == 0)
        cJSON_AddBoolToObject(sample, "kept_up", lateness.kept_up);
    else
        cJSON_AddNullToObject(sample, "kept_up");
    add_number_or_null(sample, "reached_per_s", err == 0, lateness.reached_per_s);
    // Stamps of a program that cannot count may be anything; the verdict says so.
    add_number_or_null(sample, "behind_since_ns", err == 0 && !lateness.kept_up,
                       fmin((double)lateness.behind_since_ns, UNITS_MOST));
    add_number_or_null(sample, "latest_ns", err == 0, fmin((double)lateness.latest_ns, UNITS_MOST));
    return 0;
}

static void add_verdict(cJSON *sample, const struct verdict *verdict)
{
    cJSON_AddStringToObject(sample, "status", verdict->status);
    if (verdict->status[0] != 'o')
        cJSON_AddStringToObject(sample, "reason", verdict->reason[0] != '\0' ? verdict->reason : "no reason given");
    else
        cJSON_AddNullToObject(sample, "reason");
}

static uint64_t usage_cpu_ns(const struct rusage *usage)
{
    return ((uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec) * UINT64_C(1000000000) +
           ((uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec) * 1000;
}

static void add_usage(cJSON *sample, const struct trial_report *report)
{
    cJSON_AddNumberToObject(sample, "trial_cpu_ns", (double)usage_cpu_ns(&report->usage));
    cJSON_AddNumberToObject(sample, "peak_rss_bytes", (double)report->usage.ru_maxrss * 1024);
}

// A number that a report may hold.
static bool is_quantity(const cJSON *number)
{
    return cJSON_IsNumber(number) && number->valuedouble >= 0 && number->valuedouble <= UNITS_MOST;
}

// NULL, or what is wrong with it.
static const char *add_result(cJSON *sample, const cJSON *result)
{
    double wall_ns = 0;

    for (size_t i = 0; i < sizeof result_numbers / sizeof result_numbers[0]; i++) {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(result, result_numbers[i]);

        if (!is_quantity(number))
            return "the trial's result lacks a figure";
        cJSON_AddNumberToObject(sample, result_numbers[i], number->valuedouble);
        if (i < 3)
            wall_ns += number->valuedouble;
    }
    if (wall_ns < 1 || wall_ns > UNITS_MOST)
        return "the trial's phases took no time, or more than there is";
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    return NULL;
}

static void add_counters(cJSON *sample, const cJSON *result)
{
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(result, "counters"), *counter;
    cJSON *copy = cJSON_AddObjectToObject(sample, "counters");

    // Another program may write anything there.
    for (counter = cJSON_IsObject(counters) ? counters->child : NULL; counter != NULL; counter = counter->next) {
        if (is_quantity(counter) && !cJSON_HasObjectItem(copy, counter->string))
            cJSON_AddNumberToObject(copy, counter->string, counter->valuedouble);
    }
}

// Only of a trial that was asked to count.
static void add_hardware(cJSON *sample, const cJSON *result)
{
    const cJSON *hardware = cJSON_GetObjectItemCaseSensitive(result, "hardware");
    const char *reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "hardware_reason"));

    if (hardware == NULL)
        return;
    cJSON_AddItemToObject(sample, "hardware", hardware_copy(hardware));
    cJSON_AddItemToObject(sample, "hardware_reason", reason != NULL ? cJSON_CreateString(reason) : cJSON_CreateNull());
}

// The last line a trial printed before it died often says why.
static void last_line(const char *text, char line[SUPERVISOR_DIAGNOSTICS])
{
    size_t end = strlen(text), begin;

    while (end > 0 && text[end - 1] == '\n')
        end--;
    for (begin = end; begin > 0 && text[begin - 1] != '\n'; begin--)
        ;
    memcpy(line, text + begin, end - begin);
    line[end - begin] = '\0';
}

cJSON *sample_failed(const struct oracle *oracle, const struct trial_report *report)
{
    cJSON *sample = cJSON_CreateObject();
    struct verdict verdict = {.status = "failed"};
    char line[SUPERVISOR_DIAGNOSTICS];

    last_line(report->diagnostics, line);
    snprintf(verdict.reason, sizeof verdict.reason, "%s", report->reason);
    if (sample == NULL)
        return NULL;
    cJSON_AddNumberToObject(sample, "tasks", oracle->tasks);
    add_verdict(sample, &verdict);
    add_usage(sample, report);
    if (line[0] != '\0')
        cJSON_AddStringToObject(sample, "diagnostics", line);
    return sample;
}

// Whether the trial itself says that the model failed.
static bool model_failed(const cJSON *result, struct verdict *verdict)
{
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(result, "error");

    if (!cJSON_IsString(error))
        return false;
    verdict->status = "failed";
    snprintf(verdict->reason, sizeof verdict->reason, "%s", error->valuestring);
    return true;
}

// As the trial says, where it knows better than the stamps. False: out of memory.
static bool count_in_flight(const struct oracle *oracle, const struct slot *slots, const cJSON *result, uint32_t *ret_count)
{
    const cJSON *said = cJSON_GetObjectItemCaseSensitive(result, "in_flight");

    if (cJSON_IsNumber(said)) {
        *ret_count = said->valuedouble >= 0 && said->valuedouble < UINT32_MAX ? (uint32_t)said->valuedouble : UINT32_MAX;
        return true;
    }
    *ret_count = sample_in_flight(slots, NULL, oracle->tasks);
    return *ret_count != UINT32_MAX;
}

// What is missing from the shared counter at the end. That is a result, unlike updates that nobody made.
static void add_updates(cJSON *sample, const struct oracle *oracle, const struct slot *slots, const cJSON *result,
                        struct verdict *verdict)
{
    const cJSON *counter = cJSON_GetObjectItemCaseSensitive(result, "counter");
    double expected = (double)verdict_updates(oracle, slots);
    cJSON *updates;

    if (expected > 0 && !cJSON_IsNumber(counter))
        verdict_fail(verdict, "the trial's result lacks a figure");
    else if (expected > 0 && !(counter->valuedouble >= 0 && counter->valuedouble <= expected))
        verdict_wrong(verdict, "the shared counter came to %.0f, more than the %.0f updates made", counter->valuedouble, expected);
    if (expected <= 0 || verdict->status[0] != 'o') {
        cJSON_AddNullToObject(sample, "updates");
        return;
    }
    updates = cJSON_AddObjectToObject(sample, "updates");
    cJSON_AddNumberToObject(updates, "expected", expected);
    cJSON_AddNumberToObject(updates, "lost", expected - counter->valuedouble);
}

// The run's start by the trial's clock where arrivals are offsets from it, else 0. False: the result lacks it.
static bool arrivals_start(const struct oracle *oracle, const cJSON *result, uint64_t *ret_start_ns)
{
    const cJSON *start = cJSON_GetObjectItemCaseSensitive(result, "run_start_ns");

    *ret_start_ns = 0;
    if (!oracle->open_loop)
        return true;
    if (!cJSON_IsNumber(start) || !(start->valuedouble > 0 && start->valuedouble < UNITS_MOST))
        return false;
    *ret_start_ns = (uint64_t)start->valuedouble;
    return true;
}

// What the stamps say. 0 or -ENOMEM.
static int add_times(cJSON *sample, const struct oracle *oracle, const struct slot *slots, uint64_t start_ns)
{
    int err = distributions_add(sample, slots, NULL, oracle->tasks, start_ns);

    if (err == 0)
        err = add_classes(sample, oracle, slots, start_ns);
    if (err == 0)
        err = add_lateness(sample, oracle, slots, start_ns);
    return err;
}

cJSON *sample_make(const struct oracle *oracle, const struct slot *slots, const struct trial_report *report)
{
    cJSON *sample = cJSON_CreateObject();
    struct verdict verdict = {.status = "ok"};
    struct failures failures;
    uint32_t in_flight;
    uint64_t start_ns;
    const char *fault;

    if (sample == NULL || !count_in_flight(oracle, slots, report->result, &in_flight)) {
        cJSON_Delete(sample);
        return NULL;
    }
    cJSON_AddNumberToObject(sample, "tasks", oracle->tasks);
    fault = add_result(sample, report->result);
    if (!arrivals_start(oracle, report->result, &start_ns))
        fault = "the trial's result lacks a figure";
    if (fault != NULL)
        verdict_fail(&verdict, "%s", fault);
    add_failures(sample, oracle, slots, &failures);
    cJSON_AddNumberToObject(sample, "failed", failures.unexpected);
    cJSON_AddNumberToObject(sample, "failed_as_expected", failures.expected);
    cJSON_AddNumberToObject(sample, "in_flight", in_flight);
    if (add_times(sample, oracle, slots, start_ns) != 0) {
        cJSON_Delete(sample);
        return NULL;
    }
    add_counters(sample, report->result);
    add_hardware(sample, report->result);
    add_usage(sample, report);
    if (!model_failed(report->result, &verdict))
        verdict_judge(oracle, slots, in_flight, start_ns, &verdict);
    add_updates(sample, oracle, slots, report->result, &verdict);
    if (failures.unexpected > 0)
        verdict_fail(&verdict, "%u of %u: %s", failures.unexpected, oracle->tasks, failures.first);
    add_verdict(sample, &verdict);
    return sample;
}

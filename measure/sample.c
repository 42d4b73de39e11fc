// SPDX-License-Identifier: MIT
#include "measure/sample.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/json.h"
#include "measure/base/task_status.h"
#include "measure/base/text.h"
#include "measure/base/units.h"
#include "measure/claims.h"
#include "measure/counted.h"
#include "measure/distribution.h"
#include "measure/groups.h"
#include "measure/in_flight.h"
#include "measure/lateness.h"
#include "measure/machine/hardware.h"
#include "measure/oracle.h"
#include "measure/seen.h"

#define NO_REASON "no reason given"
#define NO_FIGURE "the trial's result lacks a figure"

// Copied from the trial's result as they are.
static const char *const result_numbers[] = {"setup_ns",       "run_ns",       "teardown_ns",    "cpu_ns",
                                             "startup_cpu_ns", "switches_own", "switches_forced"};

struct failures {
    uint32_t expected, unexpected;
    char first[64]; // of the unexpected ones
};

// How a task ended, in words; where a function of the user's raised something, what the trial calls it.
static void name_failure(uint16_t status, const cJSON *result, char *buf, unsigned size)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(result, "exceptions");
    const char *name = NULL;

    if (status >= TASK_STATUS_RAISED)
        name = cJSON_GetStringValue(cJSON_GetArrayItem(names, status - TASK_STATUS_RAISED));
    if (name == NULL || name[0] == '\0') {
        task_status_describe(status, buf, size);
        return;
    }
    snprintf(buf, size, "%s", name);
    text_repair(buf); // it may have been cut within a character
}

// Counts of each way to fail, by its name; `none` where nothing failed.
static struct failures add_failures(cJSON *sample, const struct oracle *oracle, const struct slot *slots,
                                    const cJSON *result, bool none)
{
    cJSON *failures = cJSON_AddObjectToObject(sample, "failures");
    struct failures found = {.first = ""};

    for (uint32_t i = 0; !none && i < oracle->tasks; i++) {
        uint16_t class_index = slots[i].class_index;
        cJSON *count;
        char name[sizeof found.first];

        if (slots[i].status == TASK_STATUS_OK)
            continue;
        name_failure(slots[i].status, result, name, sizeof name);
        if (class_index < oracle->classes && oracle->expected[class_index].fails)
            found.expected++;
        else if (found.unexpected++ == 0)
            memcpy(found.first, name, sizeof name);
        count = cJSON_GetObjectItemCaseSensitive(failures, name);
        json_set(failures, name, cJSON_CreateNumber(count != NULL ? count->valuedouble + 1 : 1));
    }
    return found;
}

// A class fails as a whole or not at all. NULL when out of memory.
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
    if (distributions_add(class, &(struct spread_slots){slots, index, n, start_ns}, NULL) == 0)
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

    if (oracle->classes < 2) {
        cJSON_AddNullToObject(sample, "classes");
        return 0;
    }
    classes = cJSON_AddArrayToObject(sample, "classes");
    err = groups_make(slots, oracle->tasks, oracle->classes, &groups);
    for (uint32_t c = 0; err == 0 && c < oracle->classes; c++) {
        cJSON *class = class_json(oracle, slots, &groups, c, start_ns);

        if (class == NULL)
            err = -ENOMEM;
        else
            cJSON_AddItemToArray(classes, class);
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
    json_add_number(sample, "reached_per_s", err == 0, lateness.reached_per_s);
    // Stamps of a program that cannot count may be anything; the judgement says so.
    json_add_number(sample, "behind_since_ns", err == 0 && !lateness.kept_up,
                    fmin((double)lateness.behind_since_ns, UNITS_MOST));
    json_add_number(sample, "latest_ns", err == 0, fmin((double)lateness.latest_ns, UNITS_MOST));
    return 0;
}

void sample_set_judgement(cJSON *sample, const struct judgement *judgement)
{
    static const char *const names[] = {[SAMPLE_OK] = "ok", [SAMPLE_FAILED] = "failed", [SAMPLE_WRONG] = "wrong"};

    json_set(sample, "status", cJSON_CreateString(names[judgement->status]));
    json_set(sample, "reason",
             judgement->status != SAMPLE_OK ? cJSON_CreateString(judgement->reason) : cJSON_CreateNull());
}

static void add_usage(cJSON *sample, const struct trial_report *report)
{
    cJSON_AddNumberToObject(sample, "trial_cpu_ns", (double)claims_cpu_ns(report));
    cJSON_AddNumberToObject(sample, "peak_rss_bytes", (double)report->usage.ru_maxrss * 1024);
}

// A number that a report may hold.
static bool is_quantity(const cJSON *number)
{
    return cJSON_IsNumber(number) && number->valuedouble >= 0 && number->valuedouble <= UNITS_MOST;
}

// NULL, or what is wrong with it.
static const char *add_result(cJSON *sample, const struct trial_report *report)
{
    const char *counted_from = counted_fill(report);
    const cJSON *result = report->result;
    double wall_ns = 0;

    for (size_t i = 0; i < sizeof result_numbers / sizeof result_numbers[0]; i++) {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(result, result_numbers[i]);

        if (!is_quantity(number))
            return NO_FIGURE;
        cJSON_AddNumberToObject(sample, result_numbers[i], number->valuedouble);
        if (i < 3)
            wall_ns += number->valuedouble;
    }
    if (wall_ns < 1 || wall_ns > UNITS_MOST)
        return "the trial's phases took no time, or more than there is";
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    if (counted_from != NULL)
        cJSON_AddStringToObject(sample, "cpu_counted_from", counted_from);
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
    json_add_text(sample, "hardware_reason", reason);
}

cJSON *sample_failed(const struct oracle *oracle, const struct trial_report *report, struct judgement *ret_judgement)
{
    cJSON *sample = cJSON_CreateObject();
    char line[SUPERVISOR_DIAGNOSTICS];

    supervisor_last_line(report, line);
    *ret_judgement = (struct judgement){.status = SAMPLE_OK};
    judgement_fail(ret_judgement, "%s", report->reason[0] != '\0' ? report->reason : NO_REASON);
    cJSON_AddNumberToObject(sample, "tasks", oracle->tasks);
    sample_set_judgement(sample, ret_judgement);
    add_usage(sample, report);
    if (line[0] != '\0')
        cJSON_AddStringToObject(sample, "diagnostics", line);
    return sample;
}

// As the trial says, where it knows better than the stamps. False: out of memory.
static bool count_in_flight(const struct oracle *oracle, const struct slot *slots, const struct seen *seen,
                            const cJSON *result, uint32_t *ret_count)
{
    const cJSON *said = cJSON_GetObjectItemCaseSensitive(result, "in_flight");

    if (cJSON_IsNumber(said)) {
        *ret_count = said->valuedouble >= 0 && said->valuedouble < UINT32_MAX ? (uint32_t)said->valuedouble
                                                                              : UINT32_MAX;
        return true;
    }
    *ret_count = seen->tasks > 0 && seen->in_flight > 0 ? seen->in_flight : in_flight_peak(slots, NULL, oracle->tasks);
    return *ret_count != UINT32_MAX;
}

// What is missing from the shared counter at the end. That is a result, unlike updates that nobody made.
static void add_updates(cJSON *sample, const struct oracle *oracle, const struct slot *slots, const cJSON *result,
                        struct judgement *judgement)
{
    const cJSON *counter = cJSON_GetObjectItemCaseSensitive(result, "counter");
    double expected = (double)oracle_updates(oracle, slots);
    cJSON *updates;

    if (expected > 0 && !cJSON_IsNumber(counter))
        judgement_fail(judgement, NO_FIGURE);
    else if (expected > 0 && !(counter->valuedouble >= 0 && counter->valuedouble <= expected))
        judgement_wrong(judgement, "the shared counter came to %.0f, more than the %.0f updates made",
                        counter->valuedouble, expected);
    if (expected <= 0 || judgement->status != SAMPLE_OK) {
        cJSON_AddNullToObject(sample, "updates");
        return;
    }
    updates = cJSON_AddObjectToObject(sample, "updates");
    cJSON_AddNumberToObject(updates, "expected", expected);
    cJSON_AddNumberToObject(updates, "lost", expected - counter->valuedouble);
}

bool sample_arrivals_start(const struct oracle *oracle, const cJSON *result, uint64_t *ret_start_ns)
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
static int add_times(cJSON *sample, const struct oracle *oracle, const struct slot *slots, const struct seen *seen,
                     uint64_t start_ns)
{
    struct spread_slots all = {.slots = slots, .n = oracle->tasks, .start_ns = start_ns};
    int err = distributions_add(sample, &all, seen_spreads(seen));

    if (err == 0)
        err = add_classes(sample, oracle, slots, start_ns);
    if (err == 0)
        err = add_lateness(sample, oracle, slots, start_ns);
    return err;
}

// What the sample is judged by.
struct evidence {
    struct oracle_seen seen;
    uint64_t start_ns; // see sample_arrivals_start()
    const char *fault; // of the trial's result, or NULL
    struct failures failures;
};

// All that was measured and counted. 0 or -ENOMEM.
static int add_figures(cJSON *sample, const struct oracle *oracle, const struct slot *slots,
                       const struct trial_report *report, struct seen *seen, struct evidence *ret_evidence)
{
    bool has_start;
    struct evidence evidence;
    int err;

    has_start = sample_arrivals_start(oracle, report->result, &evidence.start_ns);
    seen_look(seen, oracle, slots, evidence.start_ns);
    evidence.seen.plain = seen->tasks > 0 && seen->plain;
    if (!count_in_flight(oracle, slots, seen, report->result, &evidence.seen.in_flight))
        return -ENOMEM;
    cJSON_AddNumberToObject(sample, "tasks", oracle->tasks);
    evidence.fault = add_result(sample, report);
    if (!has_start)
        evidence.fault = NO_FIGURE;
    evidence.failures = add_failures(sample, oracle, slots, report->result, evidence.seen.plain);
    cJSON_AddNumberToObject(sample, "failed", evidence.failures.unexpected);
    cJSON_AddNumberToObject(sample, "failed_as_expected", evidence.failures.expected);
    cJSON_AddNumberToObject(sample, "in_flight", evidence.seen.in_flight);
    err = add_times(sample, oracle, slots, seen, evidence.start_ns);
    add_counters(sample, report->result);
    add_hardware(sample, report->result);
    add_usage(sample, report);
    *ret_evidence = evidence;
    return err;
}

static void judge(const struct oracle *oracle, const struct slot *slots, const struct seen *seen,
                  const struct trial_report *report, const struct evidence *evidence, struct judgement *judgement)
{
    const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report->result, "error"));

    if (error != NULL) // the trial itself says that the model failed
        judgement_fail(judgement, "%s", error[0] != '\0' ? error : NO_REASON);
    if (evidence->fault != NULL)
        judgement_fail(judgement, "%s", evidence->fault);
    oracle_judge(oracle, slots, &evidence->seen, evidence->start_ns, judgement);
    claims_judge(oracle, slots, seen, report, judgement);
}

cJSON *sample_make(const struct oracle *oracle, const struct slot *slots, const struct trial_report *report,
                   struct seen *ret_seen, struct judgement *ret_judgement)
{
    cJSON *sample = cJSON_CreateObject();
    struct evidence evidence;

    *ret_judgement = (struct judgement){.status = SAMPLE_OK};
    if (add_figures(sample, oracle, slots, report, ret_seen, &evidence) != 0) {
        cJSON_Delete(sample);
        return NULL;
    }
    judge(oracle, slots, ret_seen, report, &evidence, ret_judgement);
    add_updates(sample, oracle, slots, report->result, ret_judgement);
    ret_judgement->all_failed = oracle->tasks > 0 && evidence.failures.unexpected == oracle->tasks;
    if (evidence.failures.unexpected > 0)
        judgement_fail(ret_judgement, "%u of %u: %s", evidence.failures.unexpected, oracle->tasks,
                       evidence.failures.first);
    sample_set_judgement(sample, ret_judgement);
    return sample;
}

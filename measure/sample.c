// SPDX-License-Identifier: MIT
#include "measure/sample.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/stats.h"
#include "measure/status.h"
#include "measure/supervisor.h"

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
        begun++;
    }
    if (begins == NULL || ends == NULL) {
        peak = UINT32_MAX;
    } else {
        stats_sort_u64(begins, begun);
        stats_sort_u64(ends, begun);
        for (uint32_t i = 0; i < begun; i++) {
            // A task that ends at the same stamp at which another begins has made room for it.
            for (; ended < begun && ends[ended] <= begins[i]; ended++)
                now--;
            if (++now > peak)
                peak = now;
        }
    }
    free(begins);
    free(ends);
    return peak;
}

static bool add_percentile(cJSON *object, const char *name, const uint64_t *sorted, size_t n, double q)
{
    if (n < stats_percentile_needs(q))
        return cJSON_AddNullToObject(object, name) != NULL;
    return cJSON_AddNumberToObject(object, name, (double)stats_percentile_u64(sorted, n, q)) != NULL;
}

// Sorts `values`; the distribution of a time over the tasks of the trial.
static cJSON *distribution(uint64_t *values, size_t n)
{
    cJSON *object = n > 0 ? cJSON_CreateObject() : cJSON_CreateNull();
    double sum = 0;

    if (object == NULL || n == 0)
        return object;
    stats_sort_u64(values, n);
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i];
    cJSON_AddNumberToObject(object, "p50", (double)stats_percentile_u64(values, n, 0.5));
    cJSON_AddNumberToObject(object, "p90", (double)stats_percentile_u64(values, n, 0.9));
    add_percentile(object, "p99", values, n, 0.99);
    add_percentile(object, "p999", values, n, 0.999);
    cJSON_AddNumberToObject(object, "max", (double)values[n - 1]);
    cJSON_AddNumberToObject(object, "mean", sum / (double)n);
    return object;
}

enum span { SPAN_LATENCY, SPAN_QUEUED, SPAN_SERVICE };

static uint64_t span_of(const struct slot *slot, enum span span)
{
    uint64_t from = span == SPAN_SERVICE ? slot->begin_ns : slot->arrival_ns;
    uint64_t to = span == SPAN_QUEUED ? slot->begin_ns : slot->end_ns;

    return to > from ? to - from : 0;
}

static bool add_distributions(cJSON *sample, const struct slot *slots, uint32_t tasks)
{
    static const char *const names[] = {"latency_ns", "queued_ns", "service_ns"};
    uint64_t *values = malloc(((size_t)tasks + 1) * sizeof *values);

    for (enum span span = SPAN_LATENCY; values != NULL && span <= SPAN_SERVICE; span++) {
        size_t n = 0;

        for (uint32_t i = 0; i < tasks; i++) {
            if (slots[i].end_ns != 0)
                values[n++] = span_of(&slots[i], span);
        }
        cJSON_AddItemToObject(sample, names[span], distribution(values, n));
    }
    free(values);
    return values != NULL;
}

// Counts of each way to fail, by its name; the total is returned and the name of the first one given.
static uint32_t add_failures(cJSON *sample, const struct slot *slots, uint32_t tasks, char first[64])
{
    cJSON *failures = cJSON_AddObjectToObject(sample, "failures");
    uint32_t failed = 0;
    char name[64];

    for (uint32_t i = 0; i < tasks; i++) {
        cJSON *count;

        if (slots[i].status == STATUS_OK)
            continue;
        status_describe(slots[i].status, name, sizeof name);
        if (failed++ == 0)
            memcpy(first, name, sizeof name);
        count = cJSON_GetObjectItemCaseSensitive(failures, name);
        if (count != NULL)
            cJSON_SetNumberValue(count, count->valuedouble + 1);
        else
            cJSON_AddNumberToObject(failures, name, 1);
    }
    return failed;
}

struct verdict {
    const char *status;
    char reason[SUPERVISOR_REASON];
};

static void wrong(struct verdict *verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;

    if (verdict->status[0] != 'o') // only the first reason
        return;
    verdict->status = "wrong";
    va_start(arguments, format);
    vsnprintf(verdict->reason, sizeof verdict->reason, format, arguments);
    va_end(arguments);
}

static uint32_t expected_check(const struct oracle *oracle, const struct slot *slot, uint32_t first)
{
    return oracle->first_check ? first : oracle->checks[slot->class_index];
}

static void judge_task(const struct oracle *oracle, const struct slot *slot, uint32_t index, uint32_t first,
                       struct verdict *verdict)
{
    if (slot->begin_ns == 0 || slot->end_ns == 0 || slot->end_ns < slot->begin_ns || slot->class_index >= oracle->classes) {
        wrong(verdict, "task %u of %u was never completed", index + 1, oracle->tasks);
        return;
    }
    if (slot->status != STATUS_OK)
        return;
    if (!oracle->any_check && slot->check != expected_check(oracle, slot, first))
        wrong(verdict,
              oracle->first_check ? "task %u got another answer than the first one (checksum %u instead of %u); --url-varies allows it"
                                  : "task %u came to checksum %u instead of %u",
              index + 1, slot->check, expected_check(oracle, slot, first));
    if (!oracle->pretends && slot->end_ns - slot->begin_ns < oracle->least_wait_ns[slot->class_index])
        wrong(verdict, "task %u took %" PRIu64 " ns, less than the %" PRIu64 " ns it had to wait", index + 1,
              slot->end_ns - slot->begin_ns, oracle->least_wait_ns[slot->class_index]);
}

static void judge(const struct oracle *oracle, const struct slot *slots, uint32_t in_flight, struct verdict *verdict)
{
    uint32_t first = 0;

    for (uint32_t i = 0; oracle->first_check && i < oracle->tasks; i++) {
        if (slots[i].status == STATUS_OK) {
            first = slots[i].check;
            break;
        }
    }
    for (uint32_t i = 0; i < oracle->tasks; i++)
        judge_task(oracle, &slots[i], i, first, verdict);
    if (in_flight > oracle->lanes)
        wrong(verdict, "%u tasks were in flight, more than %u", in_flight, oracle->lanes);
}

static void add_verdict(cJSON *sample, const struct verdict *verdict)
{
    cJSON_AddStringToObject(sample, "status", verdict->status);
    if (verdict->reason[0] != '\0')
        cJSON_AddStringToObject(sample, "reason", verdict->reason);
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

static bool add_result(cJSON *sample, const cJSON *result)
{
    double wall_ns = 0;

    for (size_t i = 0; i < sizeof result_numbers / sizeof result_numbers[0]; i++) {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(result, result_numbers[i]);

        if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0 && number->valuedouble < 1e18))
            return false;
        cJSON_AddNumberToObject(sample, result_numbers[i], number->valuedouble);
        if (i < 3)
            wall_ns += number->valuedouble;
    }
    cJSON_AddNumberToObject(sample, "wall_ns", wall_ns);
    return true;
}

static void add_counters(cJSON *sample, const cJSON *result)
{
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(result, "counters");

    cJSON_AddItemToObject(sample, "counters",
                          cJSON_IsObject(counters) ? cJSON_Duplicate(counters, true) : cJSON_CreateObject());
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

cJSON *sample_make(const struct oracle *oracle, const struct slot *slots, const struct trial_report *report)
{
    cJSON *sample = cJSON_CreateObject();
    struct verdict verdict = {.status = "ok"};
    char first[64] = "";
    uint32_t failed, in_flight;

    if (sample == NULL)
        return NULL;
    if (!count_in_flight(oracle, slots, report->result, &in_flight)) {
        cJSON_Delete(sample);
        return NULL;
    }
    cJSON_AddNumberToObject(sample, "tasks", oracle->tasks);
    if (!add_result(sample, report->result)) {
        verdict.status = "failed";
        snprintf(verdict.reason, sizeof verdict.reason, "the trial's result lacks a figure");
    }
    failed = add_failures(sample, slots, oracle->tasks, first);
    cJSON_AddNumberToObject(sample, "failed", failed);
    cJSON_AddNumberToObject(sample, "in_flight", in_flight);
    add_distributions(sample, slots, oracle->tasks);
    add_counters(sample, report->result);
    add_usage(sample, report);
    if (!model_failed(report->result, &verdict)) {
        judge(oracle, slots, in_flight, &verdict);
        if (failed > 0 && verdict.status[0] == 'o') {
            verdict.status = "failed";
            snprintf(verdict.reason, sizeof verdict.reason, "%u of %u: %s", failed, oracle->tasks, first);
        }
    }
    add_verdict(sample, &verdict);
    return sample;
}

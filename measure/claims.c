// SPDX-License-Identifier: MIT
#include "measure/claims.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

#include "measure/base/clock.h"
#include "measure/base/units.h"

static double figure(const struct trial_report *report, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(report->result, name);

    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

uint64_t claims_cpu_ns(const struct trial_report *report)
{
    const struct rusage *usage = &report->usage;

    return ((uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec) * NS_PER_S +
           ((uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec) * NS_PER_US;
}

bool claims_simulated(const cJSON *result)
{
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(result, "counters");

    return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(counters, "simulated"));
}

bool claims_too_much_cpu(const struct trial_report *report, double cpu_ns)
{
    return !claims_simulated(report->result) &&
           cpu_ns > CLAIMS_CPU_MORE * (double)claims_cpu_ns(report) + CLAIMS_CPU_MORE_NS;
}

// When tasks ran, by their stamps.
struct course {
    uint64_t first_ns, last_ns;
};

static struct course course_of(const struct slot *slots, uint32_t tasks, const struct seen *seen)
{
    struct course course = {.first_ns = UINT64_MAX};

    if (seen->tasks > 0)
        return (struct course){seen->first_begin_ns, seen->last_end_ns};
    for (uint32_t i = 0; i < tasks; i++) {
        course.first_ns = slots[i].begin_ns < course.first_ns ? slots[i].begin_ns : course.first_ns;
        course.last_ns = slots[i].end_ns > course.last_ns ? slots[i].end_ns : course.last_ns;
    }
    return course;
}

static void judge_phases(const struct trial_report *report, const struct course *course, struct judgement *judgement)
{
    double run_ns = figure(report, "run_ns"), wall_ns = (double)(report->end_ns - report->start_ns);
    double phases_ns = figure(report, "setup_ns") + run_ns + figure(report, "teardown_ns");
    double tasks_ns = (double)(course->last_ns - course->first_ns);

    if (run_ns + CLAIMS_CLOCK_NS < tasks_ns)
        judgement_wrong(
            judgement, "the run took %.0f ns by its result, and its tasks %.0f ns from the first begin to the last end",
            run_ns, tasks_ns);
    if (phases_ns > wall_ns + CLAIMS_CLOCK_NS)
        judgement_wrong(judgement, "the phases took %.0f ns by its result, and the whole trial %.0f ns", phases_ns,
                        wall_ns);
}

// The run phase, where the result says when it was.
static void judge_run(const struct trial_report *report, const struct course *course, struct judgement *judgement)
{
    double start_ns = figure(report, "run_start_ns"), end_ns = start_ns + figure(report, "run_ns");

    if (start_ns <= 0)
        return;
    if ((double)course->first_ns + CLAIMS_CLOCK_NS < start_ns)
        judgement_wrong(judgement, "a task began %.0f ns before the run did", start_ns - (double)course->first_ns);
    if ((double)course->last_ns > end_ns + CLAIMS_CLOCK_NS)
        judgement_wrong(judgement, "a task ended %.0f ns after the run did", (double)course->last_ns - end_ns);
}

static void judge_stamps(const struct trial_report *report, const struct course *course, struct judgement *judgement)
{
    if (course->first_ns + CLAIMS_CLOCK_NS < report->start_ns)
        judgement_wrong(judgement, "a task began %" PRIu64 " ns before the trial was started",
                        report->start_ns - course->first_ns);
    if (course->last_ns > report->end_ns + CLAIMS_CLOCK_NS)
        judgement_wrong(judgement, "a task ended %" PRIu64 " ns after the trial did", course->last_ns - report->end_ns);
}

// Of a closed loop: each arrives when its lane is free, from the start of the run on.
static void judge_arrivals(const struct oracle *oracle, const struct slot *slots, const struct seen *seen,
                           const struct trial_report *report, struct judgement *judgement)
{
    double start_ns = figure(report, "run_start_ns");
    uint64_t plain_ns;

    if (start_ns < (double)report->start_ns)
        start_ns = (double)report->start_ns;
    if (seen->tasks > 0 && seen->ordered && seen->first_arrival_ns > 0 &&
        (double)seen->first_arrival_ns + CLAIMS_CLOCK_NS >= start_ns)
        return;
    // What arrived from then on did so in the run: one comparison for nearly all.
    plain_ns = start_ns < UNITS_MOST ? (uint64_t)start_ns + 1 : UINT64_MAX;
    for (uint32_t i = 0; i < oracle->tasks && judgement->status == SAMPLE_OK; i++) {
        if (slots[i].arrival_ns >= plain_ns && slots[i].arrival_ns <= slots[i].begin_ns)
            continue;
        if (slots[i].arrival_ns > slots[i].begin_ns)
            judgement_wrong(judgement, "task %u of %u began before it arrived", i + 1, oracle->tasks);
        else if (slots[i].arrival_ns == 0)
            judgement_wrong(judgement, "task %u of %u has no arrival", i + 1, oracle->tasks);
        else if ((double)slots[i].arrival_ns + CLAIMS_CLOCK_NS < start_ns)
            judgement_wrong(judgement, "task %u of %u arrived before the run began", i + 1, oracle->tasks);
    }
}

static void judge_usage(const struct trial_report *report, struct judgement *judgement)
{
    double cpu_ns = figure(report, "startup_cpu_ns") + figure(report, "cpu_ns"),
           counted_ns = (double)claims_cpu_ns(report);
    double switches = figure(report, "switches_own") + figure(report, "switches_forced");
    double counted = (double)report->usage.ru_nvcsw + (double)report->usage.ru_nivcsw;

    if (claims_too_much_cpu(report, cpu_ns) || cpu_ns < CLAIMS_CPU_LESS * counted_ns - CLAIMS_CPU_LESS_NS)
        judgement_wrong(judgement, "it used %.0f ns of CPU by its result, and %.0f ns by the kernel's count", cpu_ns,
                        counted_ns);
    // Some kernels do not count them.
    if (counted > 0 && switches > CLAIMS_SWITCHES_MORE * counted + CLAIMS_SWITCHES)
        judgement_wrong(judgement, "it was switched %.0f times by its result, and %.0f times by the kernel's count",
                        switches, counted);
}

void claims_judge(const struct oracle *oracle, const struct slot *slots, const struct seen *seen,
                  const struct trial_report *report, struct judgement *judgement)
{
    struct course course;

    if (judgement->status != SAMPLE_OK || claims_simulated(report->result))
        return;
    course = course_of(slots, oracle->tasks, seen);
    judge_phases(report, &course, judgement);
    judge_run(report, &course, judgement);
    judge_stamps(report, &course, judgement);
    if (!oracle->open_loop)
        judge_arrivals(oracle, slots, seen, report, judgement);
    judge_usage(report, judgement);
}

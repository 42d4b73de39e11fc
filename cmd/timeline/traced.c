// SPDX-License-Identifier: MIT
#include "cmd/timeline/traced.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/timeline/steps.h"
#include "measure/sample.h"
#include "measure/slot.h"
#include "measure/trace/trace_read.h"
#include "reports/document/fields.h"

// What a lock that goes round needs, and what gathered children do.
#define EVENTS_LEAST 65536
#define EVENTS_MOST (2 * 1024 * 1024)

int traced_open(const struct block *block, struct trace_capture *ret_capture)
{
    // Begin and end, what is seen between, and as much again for a lock.
    double per_task = 8 + 8 * (block->mean_steps + block->mean_yields + block->mean_gathered);
    double events = EVENTS_LEAST + per_task * block->tasks;

    return trace_capture_open(ret_capture, events < EVENTS_MOST ? (uint32_t)events : EVENTS_MOST);
}

static int excuse(struct timeline_panel *panel, const char *reason)
{
    panel->excuse = strdup(reason);
    return panel->excuse != NULL ? 0 : -ENOMEM;
}

// 0 where it is not known.
static uint64_t number_of(const cJSON *sample, const char *name)
{
    double number = field_number(sample, name);

    return number > 0 ? (uint64_t)number : 0;
}

// What is read of a trial beside its trace: of its run phase, and when the arrivals are counted from; 0: not known.
struct course {
    uint64_t run_ns, cpu_ns, arrivals_start_ns;
};

// Ends the cell of which the trial came to nothing.
static void judge(const struct trials *trials, struct cell *cell, const struct trial_result *result)
{
    if (result->outcome == TRIAL_INTERRUPTED)
        cell_end(cell, CELL_SKIPPED, "interrupted");
    else if (trials->refusal.refused || trials->refusal.lacks)
        cell_end(cell, CELL_SKIPPED, "%s", result->judgement.reason);
    else if (result->judgement.status != SAMPLE_OK)
        cell_end(cell, result->judgement.status == SAMPLE_WRONG ? CELL_WRONG : CELL_FAILED, "%s",
                 result->judgement.reason);
}

// 0, -ENOMEM, or -ECANCELED with the panel's excuse.
static int run_trial(struct trials *trials, const struct block *block, struct cell *cell, struct timeline_panel *panel,
                     struct course *ret_course)
{
    struct trial_result result = {.sample = NULL};
    int err = trials_timed(trials, block, cell, 0, 0, &result);

    if (err != 0)
        return err;
    *ret_course = (struct course){number_of(result.sample, "run_ns"), number_of(result.sample, "cpu_ns"),
                                  result.arrivals_start_ns};
    cJSON_Delete(result.sample);
    judge(trials, cell, &result);
    return cell->ended ? (excuse(panel, cell->reason) == 0 ? -ECANCELED : -ENOMEM) : 0;
}

// When tasks arrive, which do so at times of their own; to be freed. NULL: no memory.
static uint64_t *read_arrivals(const struct trials *trials, const struct block *block, const struct course *course)
{
    uint64_t *arrivals_ns = calloc(block->tasks, sizeof *arrivals_ns);

    for (uint32_t i = 0; arrivals_ns != NULL && i < block->tasks; i++)
        arrivals_ns[i] = course->arrivals_start_ns + trials->slots[i].arrival_ns;
    return arrivals_ns;
}

// What the trial has told, as the panel has it.
static int read_trace(const struct trace_capture *capture, const uint64_t *arrivals_ns, bool by_lane,
                      struct timeline_panel *panel)
{
    struct timeline_steps steps = timeline_step_kinds();
    struct trace trace = {.event_count = 0};
    char error[TRACE_ERROR] = "";
    int err = trace_read(capture, &trace, error);

    if (err == -ENODATA || err == -EINVAL)
        return excuse(panel, err == -ENODATA ? "gives no trace" : error);
    if (err == 0)
        err = timeline_panel_make(panel, &trace, &steps, arrivals_ns, by_lane);
    trace_release(&trace);
    return err;
}

static int run_traced(struct trials *trials, struct trace_capture *capture, const struct block *block,
                      struct cell *cell, bool by_lane, struct timeline_panel *panel)
{
    struct course course = {0};
    uint64_t *arrivals_ns = NULL;
    int err;

    trials->capture = capture;
    err = run_trial(trials, block, cell, panel, &course);
    trials->capture = NULL;
    panel->traced_cpu_ns = course.cpu_ns;
    if (err == 0 && plan_open_loop(block) && course.arrivals_start_ns != 0 &&
        (arrivals_ns = read_arrivals(trials, block, &course)) == NULL)
        err = -ENOMEM;
    if (err == 0)
        err = read_trace(capture, arrivals_ns, by_lane, panel);
    free(arrivals_ns);
    return err;
}

int traced_run(struct trials *trials, struct trace_capture *capture, const struct block *block, struct cell *cell,
               bool by_lane, struct timeline_panel *panel)
{
    struct course course = {0};
    int err;

    if (cell->ended)
        return excuse(panel, cell->reason);
    err = run_trial(trials, block, cell, panel, &course);
    panel->untraced_ns = course.run_ns;
    panel->untraced_cpu_ns = course.cpu_ns;
    if (err == 0)
        err = run_traced(trials, capture, block, cell, by_lane, panel);
    return err == -ECANCELED ? 0 : err;
}

// SPDX-License-Identifier: MIT
// The steps as a blocking program does them: sequential, threads, gil and processes.
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "models/http_get.h"
#include "models/lane.h"
#include "workloads/compute.h"

static int step_sleep(struct lane *lane, const struct step *step)
{
    (void)lane;
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    return 0;
}

static int step_fetch(struct lane *lane, const struct step *step)
{
    return http_get_perform(lane->get, step, &lane->check);
}

static int step_compute(struct lane *lane, const struct step *step)
{
    lane->check += compute((unsigned)step->arg);
    return 0;
}

static int step_yield(struct lane *lane, const struct step *step)
{
    (void)lane, (void)step;
    sched_yield();
    return 0;
}

step_function *const blocking_steps[STEP_KIND_COUNT] = {
    [STEP_SLEEP] = step_sleep,
    [STEP_FETCH] = step_fetch,
    [STEP_COMPUTE] = step_compute,
    [STEP_BLOCK] = step_sleep,
    [STEP_YIELD] = step_yield,
};

int lane_open_blocking(struct lane *lane, struct trial *trial, uint32_t index)
{
    lane->steps = blocking_steps;
    lane->trial = trial;
    lane->index = index;
    return trial->kinds & STEP_BIT(STEP_FETCH) ? http_get_open(trial, &lane->get) : 0;
}

void lane_close_blocking(struct lane *lane)
{
    http_get_close(lane->get);
    lane->get = NULL;
}

void lane_run_all(struct lane *lane)
{
    struct slot *slot;

    lane->claim.free_ns = lane->trial->run_start_ns;
    while ((slot = trial_claim(lane->trial, &lane->claim)) != NULL)
        lane_run_task(lane, slot);
}

struct lane *lanes_new(uint32_t count)
{
    struct lane *lanes = NULL;

    if (posix_memalign((void **)&lanes, CACHE_LINE, count * sizeof *lanes) != 0)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        lanes[i] = (struct lane){0};
    return lanes;
}

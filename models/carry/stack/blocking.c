// SPDX-License-Identifier: MIT
#include "models/carry/stack/blocking.h"
#include <errno.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "measure/base/task_status.h"
#include "models/carry/http_get.h"
#include "models/carry/stack/gather.h"
#include "workloads/program/compute.h"

static int step_sleep(struct lane *lane, const struct step *step)
{
    clock_sleep_until_ns(clock_now_ns() + step->arg);
    return 0;
}

static int step_fetch(struct lane *lane, const struct step *step)
{
    return http_get_perform(lane->extra->get, step, &lane->check);
}

static int step_compute(struct lane *lane, const struct step *step)
{
    lane->check += compute_repeated((unsigned)step->arg, step->times);
    return 0;
}

static int step_yield(struct lane *lane, const struct step *step)
{
    sched_yield();
    return 0;
}

static int step_read(struct lane *lane, const struct step *step)
{
    int fd = step->direct ? lane->trial->direct_fd : lane->trial->file_fd;
    uint64_t offset = lane_next_offset(lane->trial, &lane->extra->read_offset, step);
    ssize_t n;

    do {
        n = pread(fd, lane->extra->read_buffer, step->arg, (off_t)offset);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return task_status_from_errno(errno);
    lane->check += (uint32_t)n;
    return 0;
}

static int step_lock(struct lane *lane, const struct step *step)
{
    pthread_mutex_lock(&lane->trial->shared->lock);
    lane->locked = true;
    return 0;
}

static int step_unlock(struct lane *lane, const struct step *step)
{
    lane->locked = false;
    pthread_mutex_unlock(&lane->trial->shared->lock);
    return 0;
}

#define BLOCKING_STEPS(gather)                                                                                  \
    {                                                                                                           \
        [STEP_SLEEP] = step_sleep, [STEP_FETCH] = step_fetch, [STEP_COMPUTE] = step_compute,                    \
        [STEP_BLOCK] = step_sleep, [STEP_YIELD] = step_yield, [STEP_READ] = step_read, [STEP_LOCK] = step_lock, \
        [STEP_UNLOCK] = step_unlock, [STEP_LOCK_FILE] = lane_lock_file, [STEP_UNLOCK_FILE] = lane_unlock_file,  \
        [STEP_GATHER] = (gather), LANE_FILE_STEPS(LANE_STEP) LANE_STEPS(LANE_STEP) /* none of them waits */     \
    }

step_function *const blocking_steps[STEP_KIND_COUNT] = BLOCKING_STEPS(gather_by_threads);
step_function *const blocking_steps_in_turn[STEP_KIND_COUNT] = BLOCKING_STEPS(gather_in_turn);
step_function *const blocking_steps_of_process[STEP_KIND_COUNT] = BLOCKING_STEPS(gather_by_forks);

int lane_open_blocking(struct lane *lane, struct trial *trial, uint32_t index)
{
    lane->trial = trial;
    lane->index = index;
    if (lane_open_extra(lane, trial, STEP_BIT(STEP_GATHER)) != 0)
        return -ENOMEM;
    lane_use_steps(lane, blocking_steps);
    if (lane_open_buffers(lane, trial) != 0 || gather_spares_open(lane) != 0)
        return -ENOMEM;
    return trial->kinds & STEP_BIT(STEP_FETCH) ? http_get_open(trial, &lane->extra->get) : 0;
}

void lane_close_blocking(struct lane *lane)
{
    if (lane->extra != NULL) {
        gather_spares_close(lane);
        if (lane->extra->get != NULL) // where nobody fetches, nobody has the client
            http_get_close(lane->extra->get);
    }
    lane_close_buffers(lane);
}

void lane_run_all(struct lane *lane)
{
    struct trial *trial = lane->trial;
    struct claim claim = {0};
    struct slot *slot;

    lane->free_ns = trial->run_start_ns;
    while ((slot = trial_claim(trial, &claim)) != NULL) {
        if (trial->open_loop)
            clock_sleep_until_ns(trial_arrival_ns(trial, slot));
        lane_run_task(lane, slot);
    }
}

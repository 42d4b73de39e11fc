// SPDX-License-Identifier: MIT
#include "cmd/trial/setup.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "cmd/trial/answer.h"
#include "cmd/trial/read_plan.h"
#include "measure/base/units.h"
#include "measure/machine/limits.h"
#include "measure/protocol.h"
#include "models/carry/http_get.h"
#include "models/carry/resources.h"
#include "models/carry/spawn.h"
#include "models/carry/trace.h"
#include "workloads/program/slots.h"

void setup_fill_slots(const cJSON *plan, const struct trial *trial, struct slot *slots)
{
    struct arrivals arrivals = {
        .rate_per_s = read_plan_number(plan, "rate_per_s", 0),
        .constant = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "rate_constant")),
    };

    slots_fill(slots, trial->tasks, &trial->mix, &arrivals, read_plan_whole(plan, "seed", 1, (uint64_t)UNITS_MOST));
}

// The shared slots at fd 4, or own ones. 0 or -errno.
static int map_slots(const cJSON *plan, struct trial *trial)
{
    size_t bytes = (size_t)trial->tasks * sizeof(struct slot);
    struct stat stat;
    bool given = fstat(PROTOCOL_SLOTS_FD, &stat) == 0 && S_ISREG(stat.st_mode) && (size_t)stat.st_size == bytes;
    void *slots;

    trial->slots_fd = given ? PROTOCOL_SLOTS_FD : -1;
    slots = given ? shared_map(PROTOCOL_SLOTS_FD, bytes, true)
                  : shared_new(bytes, trial->spawns ? &trial->slots_fd : NULL);
    if (slots == NULL)
        return -errno;
    trial->slots = slots;
    if (!given)
        setup_fill_slots(plan, trial, slots);
    return 0;
}

// In memory that processes forked later share. 0 or -errno.
static int share_memory(struct trial *trial)
{
    uint32_t together = parameters_tasks(trial->model->parameters, &trial->parameters);
    uint32_t chunks = (trial->tasks + together - 1) / together; // the lane that gets them does them alone

    trial->memory = shared_new(sizeof *trial->memory, trial->spawns ? &trial->memory_fd : NULL);
    if (trial->memory == NULL)
        return -errno;
    trial->memory->expected = chunks < trial->lanes ? chunks : trial->lanes;
    trial->memory->held = trial->model->forks;
    return 0;
}

// What it has no memory for is not told.
static void open_trace(const cJSON *plan, struct trial *trial)
{
    trial->trace_fd = PROTOCOL_TRACE_FD;
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "trace")))
        trial->trace = trace_map(trial->trace_fd);
    trial->watched = trial->memory != NULL || trial->trace != NULL;
}

static bool fetches(const struct trial *trial)
{
    return (trial->kinds & STEP_BIT(STEP_FETCH)) != 0;
}

// Once, also where workers will be forked: they inherit it, as they would in a program that forks its workers.
static int open_http(struct trial *trial)
{
    if (!fetches(trial) || http_open(trial) == 0)
        return 0;
    return answer_refuse(REFUSED, "%s", trial->error);
}

int setup_open(const cJSON *plan, struct trial *trial)
{
    int err;

    limits_raise();
    // 50 us of slack by default would be added to every sleep that blocks.
    prctl(PR_SET_TIMERSLACK, 1);
    err = map_slots(plan, trial);
    if (err != 0)
        return answer_refuse(REFUSED, "cannot map %u slots: %s", trial->tasks, strerror(-err));
    if (resources_open(trial, read_plan_text(plan, "file")) != 0)
        return answer_refuse(REFUSED, "%s", trial->error);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "memory")) && (err = share_memory(trial)) != 0)
        return answer_refuse(REFUSED, "cannot share memory: %s", strerror(-err));
    open_trace(plan, trial);
    return open_http(trial);
}

int setup_worker(struct trial *trial, const struct handover *given)
{
    if (given->slots_fd >= 0)
        trial->slots = shared_map(given->slots_fd, (size_t)trial->tasks * sizeof *trial->slots, false);
    if (given->memory_fd >= 0)
        trial->memory = shared_map(given->memory_fd, sizeof *trial->memory, true);
    if ((given->slots_fd >= 0 && trial->slots == NULL) || (given->memory_fd >= 0 && trial->memory == NULL))
        return answer_refuse(REFUSED, "cannot map what the trial shares: %s", strerror(errno));
    if (given->trace_fd >= 0)
        trial->trace = trace_map(given->trace_fd);
    trial->watched = trial->memory != NULL || trial->trace != NULL;
    if (resources_open_worker(trial, given) != 0)
        return answer_refuse(REFUSED, "%s", trial->error);
    return open_http(trial);
}

void setup_close(struct trial *trial)
{
    http_close(trial);
    http_client_close(&trial->http);
    resources_close(trial);
    trace_unmap(trial->trace);
    if (trial->slots != NULL)
        munmap(trial->slots, (size_t)trial->tasks * sizeof *trial->slots);
    free(trial->work_ended_ns);
    task_mix_release(&trial->mix);
}

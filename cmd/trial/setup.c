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
#include "workloads/program/slots.h"

// The shared slots at fd 4, or own ones. 0 or -errno.
static int map_slots(const cJSON *plan, struct trial *trial)
{
    struct arrivals arrivals = {
        .rate_per_s = read_plan_number(plan, "rate_per_s", 0),
        .constant = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan, "rate_constant")),
    };
    size_t bytes = (size_t)trial->tasks * sizeof(struct slot);
    struct stat stat;
    bool given = fstat(PROTOCOL_SLOTS_FD, &stat) == 0 && S_ISREG(stat.st_mode) && (size_t)stat.st_size == bytes;
    void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_POPULATE | (given ? 0 : MAP_ANONYMOUS), given ? PROTOCOL_SLOTS_FD : -1, 0);

    if (slots == MAP_FAILED)
        return -errno;
    trial->slots = slots;
    if (!given)
        slots_fill(trial->slots, trial->tasks, &trial->mix, &arrivals, read_plan_whole(plan, "seed", 1, (uint64_t)UNITS_MOST));
    return 0;
}

// In memory that processes forked later share. 0 or -errno.
static int share_memory(struct trial *trial)
{
    uint32_t together = parameters_tasks(trial->model->parameters, &trial->parameters);
    uint32_t chunks = (trial->tasks + together - 1) / together; // the lane that gets them does them alone
    void *memory = mmap(NULL, sizeof *trial->memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        return -errno;
    trial->memory = memory;
    trial->memory->expected = chunks < trial->lanes ? chunks : trial->lanes;
    trial->memory->held = trial->model->forks;
    return 0;
}

static bool fetches(const struct trial *trial)
{
    return (trial->kinds & STEP_BIT(STEP_FETCH)) != 0;
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
    if (fetches(trial) && http_load(trial) != 0)
        return answer_refuse(REFUSED, "%s", trial->error);
    // Once, also where workers will be forked: they inherit it, as they would in a program that forks its workers.
    if (fetches(trial) && http_global_open(trial) != 0)
        return answer_refuse(REFUSED, "cannot initialise libcurl");
    return 0;
}

void setup_close(struct trial *trial)
{
    if (fetches(trial))
        http_global_close();
    http_client_close(&trial->http);
    resources_close(trial);
    if (trial->slots != NULL)
        munmap(trial->slots, (size_t)trial->tasks * sizeof *trial->slots);
    free(trial->work_ended_ns);
    task_mix_release(&trial->mix);
}

// SPDX-License-Identifier: MIT
#include "cmd/trial/worker.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/trial/answer.h"
#include "cmd/trial/read_plan.h"
#include "cmd/trial/setup.h"
#include "measure/base/units.h"
#include "models/carry/spawn.h"

static int read_worker(const char *descriptor, struct handover *given, char **plan)
{
    uint64_t fd = 0;
    int err = units_parse_count(descriptor, &fd) == 0 && fd <= INT_MAX ? handover_read((int)fd, given, plan) : -EINVAL;

    if (err != 0)
        return answer_refuse(REFUSED, "'%.20s' is not a descriptor that a trial has handed to its worker: %s",
                             descriptor, strerror(-err));
    close((int)fd);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == given->parent ? 0 : -ECHILD; // it died before the line above
}

int trial_worker(const char *descriptor)
{
    static struct trial trial; // static: zeroed and aligned
    struct burden burden;
    struct handover given;
    char *text = NULL;
    cJSON *plan;
    int err;

    answer_by_diagnostics();
    err = read_worker(descriptor, &given, &text);
    plan = err == 0 ? cJSON_Parse(text) : NULL;
    if (err == 0)
        err = cJSON_IsObject(plan) ? read_plan(plan, &trial, &burden) : -EINVAL;
    cJSON_Delete(plan);
    free(text);
    if (err == 0 && trial.model->work == NULL)
        err = -EINVAL;
    if (err == 0)
        err = setup_worker(&trial, &given);
    if (err == 0)
        err = trial.model->work(&trial, &given);
    setup_close(&trial);
    return err;
}

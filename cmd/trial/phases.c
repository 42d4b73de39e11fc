// SPDX-License-Identifier: MIT
#include "cmd/trial/phases.h"

#include <string.h>
#include <sys/resource.h>

#include "measure/base/clock.h"

static void add_usage(int who, struct usage *usage)
{
    struct rusage rusage;

    getrusage(who, &rusage);
    usage->switches_own += (uint64_t)rusage.ru_nvcsw;
    usage->switches_forced += (uint64_t)rusage.ru_nivcsw;
}

static struct usage usage_now(void)
{
    struct usage usage = {.cpu_ns = clock_cpu_ns()};

    add_usage(RUSAGE_SELF, &usage);
    add_usage(RUSAGE_CHILDREN, &usage);
    return usage;
}

static void mark(const struct trial *trial, const char *name)
{
    if (trial->memory != NULL)
        trial_mark(name);
}

static void begin(const struct trial *trial, const struct burden *burden, struct phases *phases)
{
    mark(trial, "before_lanes");
    burden_touch(burden);
    if (phases->counted) {
        hardware_open(&phases->hardware);
        hardware_start(&phases->hardware);
    }
    phases->before = usage_now();
}

void phases_carry(struct trial *trial, const struct burden *burden, struct phases *phases)
{
    const struct model *model = trial->model;
    uint64_t begin_ns, ran_ns, close_ns;
    int err;

    begin(trial, burden, phases);
    begin_ns = clock_now_ns();
    err = model->open(trial);
    trial->run_start_ns = clock_now_ns();
    atomic_store(&trial->shared->run_start_ns, trial->run_start_ns);
    if (err == 0)
        err = model->run(trial);
    ran_ns = clock_now_ns();
    mark(trial, "before_close");
    close_ns = clock_now_ns();
    model->close(trial);
    phases->teardown_ns = clock_now_ns() - close_ns;
    phases->after = usage_now();
    if (phases->counted)
        hardware_stop(&phases->hardware);
    phases->setup_ns = trial->run_start_ns - begin_ns;
    phases->run_ns = ran_ns - trial->run_start_ns;
    if (err != 0)
        trial_fail(trial, err, "%s", strerror(-err));
}

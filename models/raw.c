// SPDX-License-Identifier: MIT
// The limit program of CPU-bound work: the kernel in a bare loop, with no lanes and no stamps around it. Its CPU time per
// task is the t1 of `ideal`. Hidden: it is the yardstick's yardstick and not a model of concurrency.
#include <time.h>

#include "models/model.h"
#include "workloads/program/compute.h"

static int raw_open(struct trial *trial)
{
    return 0;
}

static uint32_t run_program(const struct program *program)
{
    uint32_t check = 0;

    for (size_t i = 0; i < program->length; i++) {
        const struct step *step = &program->steps[i];

        if (step->kind == STEP_COMPUTE)
            check += compute_repeated((unsigned)step->arg, step->times);
        for (uint64_t n = 0; step->kind == STEP_CALL && n < step->arg; n++)
            check += run_program(step->callee);
        for (uint64_t n = 0; step->kind == STEP_GATHER && n < step->arg; n++)
            check += run_program(&step->callee[n]);
    }
    return check;
}

static int raw_run(struct trial *trial)
{
    uint64_t cpu_ns = clock_cpu_ns();
    uint32_t check = 0;

    for (uint32_t i = 0; i < trial->tasks; i++)
        check += run_program(trial_program(trial, &trial->slots[i]));
    trial_count(trial, "raw_cpu_ns", clock_cpu_ns() - cpu_ns);
    trial_count(trial, "raw_check", check);
    return 0;
}

static void raw_close(struct trial *trial)
{
}

const struct model model_raw = {
    .name = "raw",
    .kin = "the bare loop",
    .group = "What ccbench itself costs",
    .summary = "the computing steps in a bare loop: the time of a perfect model",
    .about =
        "Runs only the computing steps, in a bare loop. ccbench runs it in every round of a CPU-bound workload to know what "
        "a task costs at that moment.",
    .example = "ccbench --workload=fib",
    .can = STEP_ALL,
    .one_lane = true,
    .pretends = true,
    .unlisted = true,
    .open = raw_open,
    .run = raw_run,
    .close = raw_close,
};

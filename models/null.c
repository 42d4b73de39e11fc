// SPDX-License-Identifier: MIT
// The null model: completes every step at once. It measures what ccbench itself costs, and it is the template for a new
// model: copy this file, add its name to `models` in meson.build, and fill in the hooks.
#include "models/model.h"
#include "workloads/program/program.h"

// Required. Makes the lanes: everything that a program in this style would make before its first task. trial->lanes says
// how many tasks may be in flight, trial->kinds which steps will occur, trial->depth how deep they are nested. Keep what
// you make in trial->state. The time spent here is "setup_ns". On failure: return trial_fail(trial, -errno, "what, how
// far, which limit").
static int null_open(struct trial *trial)
{
    return 0;
}

// Required. Carries all tasks: claim one when a lane is free and never before (trial_claim), stamp it just before its
// first step (trial_begin), carry out the steps of trial_program(), and stamp it when its result is there (trial_end); what these
// return is whether the trial is traced (carry/trace.h), of which this one tells nothing.
// A failed step ends its task with a status, never the trial. Return when the last task has ended. The time spent here
// is "run_ns". A model with a stack uses lane_run_all() of carry/stack/blocking.h and is done.
static int null_run(struct trial *trial)
{
    struct claim claim = {.free_ns = trial->run_start_ns};
    struct program_cost cost;
    struct slot *slot;

    while ((slot = trial_claim(trial, &claim)) != NULL) {
        (void)trial_begin(trial, slot, claim.free_ns);
        // A real model carries out the steps here. This one only says what they would have come to.
        program_cost(trial_program(trial, slot), trial->foreign, &cost);
        (void)trial_end(trial, slot, 0, cost.check, &claim.free_ns);
    }
    // Not required: figures of the model's own, shown in the JSON.
    trial_count(trial, "tasks_pretended", trial->tasks);
    return 0;
}

// Required. Joins, closes and frees; called in any case, also when open stopped half-way. The time spent here is
// "teardown_ns".
static void null_close(struct trial *trial)
{
}

const struct model model_null = {
    // Required: what --model and the table say.
    .name = "null",
    .kin = "nothing",
    .group = "What ccbench itself costs",
    .summary = "completes every step at once: what ccbench itself costs",
    .about =
        "Completes every step at once, without sleeping, fetching or computing. Its time is what ccbench itself costs: "
        "claiming a task and stamping its begin and end. It is in neither basic nor all. Its file, models/null.c, is the "
        "annotated template for a new model.",
    .example = "ccbench --model=null --workload=noop",
    // Required: which steps the model can carry out; cells that need another are "skipped: cannot ...".
    .can = STEP_ALL,
    // Not required: what can be chosen about it. Typed as NAME:rounds=3, and here in open as trial->parameters.of[0]:
    //     .parameters = {{.key = "rounds", .kind = PARAMETER_COUNT, .otherwise = 1, .least = 1, .most = 10, .help = "..."}},
    // Not required: one_lane (--concurrency does not apply), many_cores (computes on several cores at once), own_threads (a
    // lane may block without stopping others), per_task (makes what carries a task anew for each), forks (starts processes, so
    // no loop or handle may be there before), emulates (stands in for something of another nature: says what it is and shows, to
    // be read behind its name).
    .one_lane = true,
    // Only for null: it is not held to the times that the oracle expects.
    .pretends = true,
    .open = null_open,
    .run = null_run,
    .close = null_close,
};

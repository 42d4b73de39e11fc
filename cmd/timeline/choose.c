// SPDX-License-Identifier: MIT
#include "cmd/timeline/choose.h"

#include <stdlib.h>

#include "runtimes/folders.h"
#include "runtimes/registry.h"
#include "runtimes/runtime.h"
#include "workloads/workload.h"

// As many rows as are read at a glance; of several classes more, so that each has some.
#define TASKS 8
#define TASKS_OF_CLASSES 24

// The real ones of what is compared anyway.
static const char *const runtimes[] = {"asyncio", "gevent"};

static void choose_models(struct options *options)
{
    struct typed_list *models = &options->models;

    if (models->count > 0)
        return;
    models->texts[models->count++] = names_basic_models;
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++) {
        const struct model_entry *entry = registry_find(runtimes[i]);

        if (entry != NULL && entry->model != NULL && entry->model->runtime != NULL &&
            runtime_ready(entry->model->runtime) == NULL)
            models->texts[models->count++] = runtimes[i];
    }
}

static int choose_workload(struct options *options)
{
    static char path[4096]; // as long as the options are needed
    char *folder;

    if (options->workloads.count > 0 || options->url != NULL)
        return 0;
    folder = folders_data("examples");
    if (folder == NULL)
        return complain("out of memory");
    snprintf(path, sizeof path, "%s/breakfast.json", folder);
    free(folder);
    options->workloads.texts[options->workloads.count++] = path;
    return 0;
}

static void set(struct range *range, uint64_t value)
{
    *range = (struct range){.values = {value}, .count = 1};
}

// What is wrong with the workload is said where it is planned.
static void choose_tasks(struct options *options)
{
    char error[WORKLOAD_ERROR];
    struct workload workload = {.kind = NULL};
    uint32_t most;

    if (options->tasks.count > 0 || options->workloads.count != 1 ||
        workload_make(options->workloads.texts[0], 1, &workload, error) != 0)
        return;
    most = workload.mix.count > 1 ? TASKS_OF_CLASSES : TASKS;
    if (workload.rate_per_s == 0 && options->rates.count == 0) {
        set(&options->tasks, workload.tasks < most ? workload.tasks : most);
        if (options->concurrency.count == 0 && workload.concurrency > options->tasks.values[0])
            set(&options->concurrency, options->tasks.values[0]);
    }
    workload_release(&workload);
}

int timeline_choose(struct options *options)
{
    int status = choose_workload(options);

    choose_models(options);
    if (status == 0)
        choose_tasks(options);
    // One trial is all there is: no time is shared out.
    options->rounds = 1;
    return status;
}

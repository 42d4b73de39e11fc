// SPDX-License-Identifier: MIT
#include "cmd/plan/families.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/weigh.h"

// A block of the same tasks, with data of its own.
static int copy_work(const struct options *options, const struct block *block, struct block *work)
{
    char error[WORKLOAD_ERROR];

    *work = *block;
    work->workload = (struct workload){.kind = NULL};
    work->weights = NULL;
    work->expected = NULL;
    work->cells = NULL;
    work->families = NULL;
    work->typed = NULL;
    work->cell_count = work->family_count = 0;
    work->fetches = work->fetches_least = 0;
    // It was made before, so that only memory can be missing now.
    if (workload_make(block->typed, (unsigned)ceil(block->cores), &work->workload, error) != 0 ||
        weigh_classes(options, work) != 0 || weigh_tasks(options, work) != 0)
        return -ENOMEM;
    return 0;
}

static int add(const struct options *options, struct block *block, const char *name, const struct runtime *runtime)
{
    struct family *families = realloc(block->families, (block->family_count + 1) * sizeof *families), *family;

    if (families == NULL)
        return -ENOMEM;
    block->families = families;
    family = &families[block->family_count];
    *family = (struct family){.raw = registry_raw(runtime), .work = calloc(1, sizeof *family->work)};
    snprintf(family->name, sizeof family->name, "%s", name);
    if (family->work == NULL)
        return -ENOMEM;
    block->family_count++;
    return copy_work(options, block, family->work);
}

int families_find(const struct options *options, struct block *block, const struct model *model, unsigned *ret_family)
{
    const struct runtime *runtime = model->runtime;
    char name[MODEL_LABEL];
    unsigned i = 0;

    *ret_family = 0;
    if (runtime == NULL)
        return 0;
    snprintf(name, sizeof name, "%s%s%s", runtime->family, runtime->typed != NULL ? "@" : "",
             runtime->typed != NULL ? runtime->typed : "");
    while (i < block->family_count && strcmp(block->families[i].name, name) != 0)
        i++;
    *ret_family = i + 1;
    return i < block->family_count ? 0 : add(options, block, name, runtime);
}

void families_release(struct block *block)
{
    for (unsigned i = 0; i < block->family_count; i++) {
        plan_release_block(block->families[i].work);
        free(block->families[i].work);
    }
    free(block->families);
}

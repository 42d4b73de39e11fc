// SPDX-License-Identifier: MIT
#include "models/carry/loop/loop_alone.h"

#include <errno.h>
#include <stdlib.h>

#include "models/carry/loop/file_read.h"

struct loop_alone {
    const struct loop_kind *kind;
    void *loop; // NULL: out of memory
};

int loop_alone_open(struct trial *trial, const struct loop_kind *kind)
{
    struct loop_alone *alone = calloc(1, sizeof *alone);
    struct share share = share_all(trial);

    trial->state = alone;
    if (alone == NULL || (alone->loop = loop_kind_allocate(kind)) == NULL)
        return trial_fail(trial, -ENOMEM, "out of memory");
    alone->kind = kind;
    return kind->open(alone->loop, trial, &share);
}

int loop_alone_run(struct trial *trial)
{
    struct loop_alone *alone = trial->state;
    int err = alone->kind->run(alone->loop);

    if (alone->kind->count != NULL)
        alone->kind->count(alone->loop, trial);
    file_pool_count(trial);
    return err;
}

void loop_alone_close(struct trial *trial)
{
    struct loop_alone *alone = trial->state;

    if (alone == NULL)
        return;
    if (alone->loop != NULL)
        alone->kind->close(alone->loop);
    free(alone->loop);
    free(alone);
    trial->state = NULL;
}

// SPDX-License-Identifier: MIT
#include "models/carry/stack/gather_spares.h"

#include <errno.h>
#include <stdlib.h>

#include "models/carry/buffer.h"
#include "models/carry/http_get.h"
#include "models/carry/stack/gather.h"
#include "workloads/program/datafile.h"

struct gather_spares {
    pthread_mutex_t mutex;
    uint32_t get_count, buffer_count;
    struct http_get **gets; // stacks, with room for the most children that there are at once
    char **buffers;
};

int gather_spares_open(struct lane *lane)
{
    const struct trial *trial = lane->trial;
    struct gather_spares *spares;

    if (trial->children == 0)
        return 0;
    spares = calloc(1, sizeof *spares);
    if (spares == NULL)
        return trial_fail(lane->trial, -ENOMEM, "out of memory for the children of %u tasks in flight", trial->lanes);
    pthread_mutex_init(&spares->mutex, NULL);
    spares->gets = calloc(trial->children, sizeof *spares->gets);
    spares->buffers = calloc(trial->children, sizeof *spares->buffers);
    lane->extra->spares = spares;
    return spares->gets != NULL && spares->buffers != NULL
               ? 0
               : trial_fail(lane->trial, -ENOMEM, "out of memory for the children of %u tasks in flight", trial->lanes);
}

void gather_spares_close(struct lane *lane)
{
    struct gather_spares *spares = lane->extra->spares;

    if (spares == NULL)
        return;
    while (spares->get_count > 0)
        http_get_close(spares->gets[--spares->get_count]);
    while (spares->buffer_count > 0)
        buffer_free(spares->buffers[--spares->buffer_count], lane->trial->read_most);
    pthread_mutex_destroy(&spares->mutex);
    free(spares->buffers);
    free((void *)spares->gets);
    free(spares);
    lane->extra->spares = NULL;
}

static bool take_get(struct lane *lane)
{
    struct gather_spares *spares = lane->extra->spares;

    pthread_mutex_lock(&spares->mutex);
    if (spares->get_count > 0)
        lane->extra->get = spares->gets[--spares->get_count];
    pthread_mutex_unlock(&spares->mutex);
    if (lane->extra->get == NULL)
        lane->extra->get = http_get_new(lane->trial);
    return lane->extra->get != NULL;
}

static bool take_buffer(struct lane *lane)
{
    struct gather_spares *spares = lane->extra->spares;

    pthread_mutex_lock(&spares->mutex);
    if (spares->buffer_count > 0)
        lane->extra->read_buffer = spares->buffers[--spares->buffer_count];
    pthread_mutex_unlock(&spares->mutex);
    if (lane->extra->read_buffer == NULL)
        lane->extra->read_buffer = buffer_new(lane->trial->read_most);
    return lane->extra->read_buffer != NULL;
}

bool gather_spares_take(struct lane *lane, const struct step *step)
{
    if (step->kind == STEP_FETCH && lane->extra->get == NULL)
        return take_get(lane);
    if ((step->kind == STEP_READ || step->kind == STEP_COPY) && lane->extra->read_buffer == NULL)
        return take_buffer(lane);
    if (STEP_BIT(step->kind) & STEP_SHARED_FILE && lane->extra->number_fd == 0)
        return datafile_open_number(lane->trial->number_fd, &lane->extra->number_fd) == 0;
    return true;
}

void gather_spares_put(struct lane *lane)
{
    struct gather_spares *spares = lane->extra->spares;

    pthread_mutex_lock(&spares->mutex);
    if (lane->extra->get != NULL)
        spares->gets[spares->get_count++] = lane->extra->get;
    if (lane->extra->read_buffer != NULL)
        spares->buffers[spares->buffer_count++] = lane->extra->read_buffer;
    pthread_mutex_unlock(&spares->mutex);
    lane->extra->get = NULL;
    lane->extra->read_buffer = NULL;
    lane_close_file(lane);
}

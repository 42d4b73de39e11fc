// SPDX-License-Identifier: MIT
#include "models/carry/lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/page.h"
#include "models/carry/buffer.h"

int lane_load(struct lane *lane, const struct step *step)
{
    lane->extra->loaded = atomic_load_explicit(&lane->trial->shared->counter, memory_order_relaxed);
    return 0;
}

int lane_store(struct lane *lane, const struct step *step)
{
    atomic_store_explicit(&lane->trial->shared->counter, lane->extra->loaded + 1, memory_order_relaxed);
    return 0;
}

int lane_add(struct lane *lane, const struct step *step)
{
    atomic_fetch_add_explicit(&lane->trial->shared->counter, step->arg, memory_order_relaxed);
    return 0;
}

// What shares memory hands over a pointer; the bytes stay where they are.
int lane_take(struct lane *lane, const struct step *step)
{
    lane->check += buffer_touch(lane->trial->argument, step->arg);
    return 0;
}

int lane_reply(struct lane *lane, const struct step *step)
{
    lane->check += buffer_touch(lane->extra->reply, step->arg);
    return 0;
}

static uint64_t next_offset(uint64_t bytes, uint64_t *offset, const struct step *step)
{
    uint64_t here = *offset;

    if (step->direct) // what was read before may have been of any size
        here = (here + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (here + step->arg > bytes)
        here = 0;
    *offset = here + step->arg;
    return here;
}

uint64_t lane_next_offset(const struct trial *trial, uint64_t *offset, const struct step *step)
{
    return next_offset(trial->file_bytes, offset, step);
}

// The fastest way to read: every byte, of memory that is larger than most caches.
int lane_copy(struct lane *lane, const struct step *step)
{
    uint64_t offset = next_offset(lane->trial->source_bytes, &lane->extra->read_offset, step);

    memcpy(lane->extra->read_buffer, lane->trial->memory_source + offset, step->arg);
    // Else the compiler might leave out what nobody looks at.
    __asm__ volatile("" : : "r"(lane->extra->read_buffer) : "memory");
    lane->check += (uint32_t)step->arg;
    return 0;
}

static bool needs_extra(const struct trial *trial, uint32_t more)
{
    return (trial->kinds & (LANE_EXTRA_STEPS | more)) != 0 || trial->trace != NULL;
}

int lane_open_extra(struct lane *lane, struct trial *trial, uint32_t more)
{
    if (lane->extra != NULL || !needs_extra(trial, more))
        return 0;
    if (posix_memalign((void **)&lane->extra, CACHE_LINE, sizeof *lane->extra) != 0) {
        lane->extra = NULL;
        return trial_fail(trial, -ENOMEM, "out of memory for %u tasks in flight", trial->lanes);
    }
    *lane->extra = (struct lane_extra){0};
    return 0;
}

static void close_extra(struct lane *lane)
{
    if (!lane->extra->borrowed)
        free(lane->extra);
    lane->extra = NULL;
}

static int open_buffers(struct lane *lane, struct trial *trial)
{
    struct lane_extra *extra = lane->extra;
    bool reads = (trial->kinds & (STEP_BIT(STEP_READ) | STEP_BIT(STEP_COPY))) != 0;

    if (reads) {
        uint64_t bytes = trial->file_bytes > trial->source_bytes ? trial->file_bytes : trial->source_bytes;

        extra->read_buffer = buffer_new(trial->read_most);
        extra->read_offset = lane->index * trial->read_most % (bytes + 1);
        extra->read_offset -= extra->read_offset % PAGE_BYTES; // as reads past the page cache need it
    }
    if (trial->kinds & STEP_BIT(STEP_REPLY) && extra->reply == NULL)
        extra->reply = buffer_new(trial->payload_most);
    if ((reads && extra->read_buffer == NULL) || (trial->kinds & STEP_BIT(STEP_REPLY) && extra->reply == NULL))
        return trial_fail(trial, -ENOMEM, "out of memory for the buffers of %u tasks in flight", trial->lanes);
    return trial->kinds & STEP_SHARED_FILE ? lane_open_file(lane, trial) : 0;
}

int lane_open_buffers(struct lane *lane, struct trial *trial)
{
    int err;

    if (!needs_extra(trial, 0)) // as for a million that sleep
        return 0;
    err = lane_open_extra(lane, trial, 0);
    return err == 0 ? open_buffers(lane, trial) : err;
}

void lane_close_buffers(struct lane *lane)
{
    if (lane->extra == NULL)
        return;
    buffer_free(lane->extra->read_buffer, lane->trial != NULL ? lane->trial->read_most : 0);
    buffer_free(lane->extra->reply, lane->trial != NULL ? lane->trial->payload_most : 0);
    lane_close_file(lane);
    close_extra(lane);
}

struct lane *lanes_new(uint32_t count)
{
    struct lane *lanes = NULL;

    if (posix_memalign((void **)&lanes, CACHE_LINE, count * sizeof *lanes) != 0)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        lanes[i] = (struct lane){0};
    return lanes;
}

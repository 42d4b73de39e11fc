// SPDX-License-Identifier: MIT
#include "cmd/timeline/stamp.h"

#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "models/carry/trace.h"
#include "models/carry/trial.h"

#define STAMPS 1024
#define BATCHES 16

// ns of a whole batch, into memory that it has written to before.
static uint64_t batch_ns(const struct trial *trial, const struct trace_lane *lane)
{
    uint64_t begin_ns = clock_now_ns();

    trial->trace->next = 0;
    for (int i = 0; i < STAMPS; i++)
        trace_note(trial, lane, TRACE_READY);
    return clock_now_ns() - begin_ns;
}

uint64_t stamp_cost_ns(void)
{
    struct trial trial = {.trace = calloc(1, trace_bytes(STAMPS))};
    struct trace_lane lane = {.task = 0};
    uint64_t least_ns = UINT64_MAX;

    if (trial.trace == NULL)
        return 0;
    trial.trace->capacity = STAMPS;
    for (int i = 0; i < BATCHES; i++) {
        uint64_t ns = batch_ns(&trial, &lane);

        least_ns = ns < least_ns ? ns : least_ns;
    }
    free(trial.trace);
    return least_ns / STAMPS;
}

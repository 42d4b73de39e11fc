// SPDX-License-Identifier: MIT
#include "models/carry/stack/spare_lanes.h"

#include <errno.h>
#include <stdlib.h>

int spare_lanes_open(struct spare_lanes *spare, uint32_t lanes)
{
    *spare = (struct spare_lanes){.lanes = calloc(lanes, sizeof *spare->lanes),
                                  .claims = calloc(lanes, sizeof *spare->claims)};
    if (spare->lanes == NULL || spare->claims == NULL)
        return -ENOMEM;
    while (spare->count < lanes) {
        spare->lanes[spare->count] = lanes - 1 - spare->count; // the first comes first
        spare->count++;
    }
    return 0;
}

void spare_lanes_close(struct spare_lanes *spare)
{
    free(spare->claims);
    free(spare->lanes);
    *spare = (struct spare_lanes){.count = 0};
}

void spare_lanes_start(struct spare_lanes *spare, const struct trial *trial)
{
    for (uint32_t i = 0; i < trial->lanes; i++)
        spare->claims[i].free_ns = trial->run_start_ns;
}

struct slot *spare_lanes_take(struct spare_lanes *spare, struct trial *trial, uint32_t *ret_lane)
{
    while (spare->count > 0) {
        uint32_t lane = spare->lanes[spare->count - 1];
        struct slot *slot = trial->open_loop ? trial_claim_arrived(trial, clock_now_ns())
                                             : trial_claim(trial, &spare->claims[lane]);

        if (slot == NULL && trial->open_loop)
            return NULL;
        spare->count--; // also of a closed loop's lane for which no task is left
        if (slot != NULL) {
            *ret_lane = lane;
            return slot;
        }
    }
    return NULL;
}

void spare_lanes_put(struct spare_lanes *spare, uint32_t lane, uint64_t free_ns)
{
    spare->claims[lane].free_ns = free_ns;
    spare->lanes[spare->count++] = lane;
}

uint64_t spare_lanes_wait_ns(const struct spare_lanes *spare, const struct trial *trial)
{
    return trial->open_loop && spare->count > 0 ? trial_next_arrival_ns(trial) : UINT64_MAX;
}

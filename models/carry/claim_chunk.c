// SPDX-License-Identifier: MIT
#include "models/carry/claim_chunk.h"

// Of up to 8 cores; a claim from a line that another core has written costs 2 tasks' time or less.
#define LEAST_CHUNK 64u
#define CHUNK_OF_CORE 8u
#define PARTS_OF_SHARE 16u

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// For so many cores, where each lane has so many tasks to do.
static uint32_t grown(uint32_t cores, uint32_t share)
{
    uint32_t chunk = smaller(CHUNK_OF_CORE * cores, share / PARTS_OF_SHARE);

    return chunk > LEAST_CHUNK ? chunk : LEAST_CHUNK;
}

uint32_t claim_chunk(const struct trial *trial)
{
    bool cheap = (trial->kinds & ~(STEP_BIT(STEP_YIELD) | STEP_BIT(STEP_CALL))) == 0;
    uint32_t share = trial->tasks / trial->lanes, chunk;

    if (!cheap || trial->open_loop || share <= 1)
        return 1;
    chunk = smaller(share, grown(smaller(trial->cores, trial->lanes), share));
    return chunk - chunk % (CACHE_LINE / sizeof(struct slot));
}

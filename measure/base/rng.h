// SPDX-License-Identifier: MIT
// Seeded randomness: the same seed gives the same order of cells and tasks on every machine.
// splitmix64 (Steele, Lea, Flood 2014; public domain reference by S. Vigna), 64 bits of state.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rng {
    uint64_t state; // the seed
};

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

// Uniform in [0, bound), bound ≥ 1; by multiplication (Lemire 2019), bias below 2^-32 for bounds below 2^32.
static inline uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    return (uint32_t)(((rng_next(rng) >> 32) * bound) >> 32);
}

// Uniform in (0, 1], in steps of 2^-53: never 0, so that it has a logarithm.
static inline double rng_share(struct rng *rng)
{
    return (double)((rng_next(rng) >> 11) + 1) * 0x1p-53;
}

// Shuffles `count` values of `size` bytes, at most 8, each `stride` bytes behind the last (Fisher and Yates; Durstenfeld 1964).
static inline void rng_shuffle(struct rng *rng, void *values, uint32_t count, size_t size, size_t stride)
{
    char *first = values, swap[8];

    for (uint32_t i = count; i > 1; i--) {
        char *last = first + (i - 1) * stride, *other = first + rng_below(rng, i) * stride;

        memcpy(swap, last, size);
        memcpy(last, other, size);
        memcpy(other, swap, size);
    }
}

// The numbers below `count`, in an order of their own.
static inline void rng_order(struct rng *rng, unsigned *ret_order, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ret_order[i] = i;
    rng_shuffle(rng, ret_order, count, sizeof *ret_order, sizeof *ret_order);
}

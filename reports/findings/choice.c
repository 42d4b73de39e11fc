// SPDX-License-Identifier: MIT
#include "reports/findings/choice.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/findings/contest.h"
#include "reports/findings/ranking.h"

bool costs_much_more_cpu(const cJSON *block, const cJSON *cell, const cJSON *other)
{
    double own_ns = field_number(cell, "summary.cpu_per_task_ns.median");
    double more_ns = own_ns - field_number(other, "summary.cpu_per_task_ns.median");
    double wall_ns = field_number(cell, "summary.wall_ns.median");
    struct paired_ratio ratio;

    if (!(own_ns > CHOICE_DEARER * (own_ns - more_ns)) || more_ns < CHOICE_CPU_NS ||
        !(more_ns * field_number(block, "tasks") >= CHOICE_CPU_SHARE * wall_ns))
        return false;
    return paired_ratio_by(YARDSTICK_CPU, other, cell, &ratio) == 0 && ratio.valid && ratio.high < 1;
}

bool costs_much_more_memory(const cJSON *block, const cJSON *cell, const cJSON *other)
{
    double own = field_number(cell, "memory.bytes"), more = own - field_number(other, "memory.bytes");
    double in_flight = fmin(field_number(block, "concurrency"), field_number(block, "tasks"));

    return own > CHOICE_DEARER * (own - more) && more >= CHOICE_BYTES && more >= CHOICE_BYTES_PER_TASK * in_flight;
}

enum { CPU = 1, MEMORY = 2 };

// The fast ones, in the order of the plan, and in what each costs much more than each other.
struct costs {
    const cJSON **cells;
    size_t n;
    unsigned char *more; // [one][other]
};

static unsigned more_of(const struct costs *costs, size_t one, size_t other)
{
    return costs->more[one * costs->n + other];
}

// Who saves CPU by memory, or memory by CPU, is not left out: which of them counts is not ours to say.
static bool is_left_out(const struct costs *costs, size_t one, size_t other)
{
    return more_of(costs, one, other) != 0 && more_of(costs, other, one) == 0;
}

static int costs_open(const struct contest *contest, struct costs *costs)
{
    const cJSON *cell;

    *costs = (struct costs){.cells = calloc(contest->fast_n + 1, sizeof *costs->cells)};
    costs->more = calloc(contest->fast_n * contest->fast_n + 1, sizeof *costs->more);
    if (costs->cells == NULL || costs->more == NULL)
        return -ENOMEM;
    cJSON_ArrayForEach(cell, field(contest->block, "cells")) {
        size_t place = contest_place(contest, cell);

        if (place < contest->n && contest->fast[place])
            costs->cells[costs->n++] = cell;
    }
    for (size_t i = 0; i < costs->n; i++)
        for (size_t j = 0; j < costs->n; j++)
            costs->more[i * costs->n + j] =
                (unsigned char)((costs_much_more_cpu(contest->block, costs->cells[i], costs->cells[j]) ? CPU : 0) |
                                (costs_much_more_memory(contest->block, costs->cells[i], costs->cells[j]) ? MEMORY
                                                                                                          : 0));
    return 0;
}

static void costs_release(struct costs *costs)
{
    free(costs->cells);
    free(costs->more);
}

// Whether it may stay out of a set: it costs much more than each of it.
static bool stays_out(const struct costs *costs, const bool *set, size_t one)
{
    for (size_t i = 0; i < costs->n; i++)
        if (set[i] && !is_left_out(costs, one, i))
            return false;
    return true;
}

// The least set with one of them that all others may stay out of, and how many it has.
static size_t close_set(const struct costs *costs, bool *set, size_t one)
{
    size_t n = 1;
    bool grown = true;

    memset(set, 0, costs->n * sizeof *set);
    set[one] = true;
    while (grown) {
        grown = false;
        for (size_t i = 0; i < costs->n; i++) {
            if (!set[i] && !stays_out(costs, set, i)) {
                set[i] = grown = true;
                n++;
            }
        }
    }
    return n;
}

static int find_set(const struct costs *costs, bool *best)
{
    bool *set = calloc(costs->n + 1, sizeof *set);
    size_t least = SIZE_MAX;

    if (set == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < costs->n; i++) {
        size_t n = close_set(costs, set, i);

        if (n < least) {
            least = n;
            memcpy(best, set, costs->n * sizeof *set);
        }
    }
    free(set);
    return 0;
}

// The two of which one costs most times as much as the other.
static struct choice_pair find_pair(const struct costs *costs, unsigned cost)
{
    const char *path = cost == CPU ? "summary.cpu_per_task_ns.median" : "memory.bytes";
    struct choice_pair pair = {.more = NULL};
    double widest = 0;

    for (size_t i = 0; i < costs->n; i++) {
        for (size_t j = 0; j < costs->n; j++) {
            double factor = field_number(costs->cells[i], path) / field_number(costs->cells[j], path);

            if ((more_of(costs, i, j) & cost) == 0 || factor <= widest)
                continue;
            widest = factor;
            pair = (struct choice_pair){costs->cells[i], costs->cells[j]};
        }
    }
    return pair;
}

static void fill(struct choice *choice, const struct costs *costs, const bool *set)
{
    unsigned common = CPU | MEMORY;

    for (size_t i = 0; i < costs->n; i++) {
        if (set[i])
            choice->chosen[choice->n++] = costs->cells[i];
        else
            choice->rest[choice->rest_n++] = costs->cells[i];
        for (size_t j = 0; !set[i] && j < costs->n; j++)
            common &= set[j] ? more_of(costs, i, j) : common;
    }
    choice->cpu = (common & CPU) != 0;
    choice->memory = (common & MEMORY) != 0;
    if (choice->rest_n > 0)
        return;
    choice->by_cpu = find_pair(costs, CPU);
    choice->by_memory = find_pair(costs, MEMORY);
}

int choice_open(const struct contest *contest, struct choice *choice)
{
    struct costs costs;
    bool *set = calloc(contest->fast_n + 1, sizeof *set);
    int err = costs_open(contest, &costs);

    *choice = (struct choice){.chosen = calloc(contest->fast_n + 1, sizeof *choice->chosen),
                              .rest = calloc(contest->fast_n + 1, sizeof *choice->rest)};
    if (set == NULL || choice->chosen == NULL || choice->rest == NULL)
        err = -ENOMEM;
    if (err == 0)
        err = find_set(&costs, set);
    if (err == 0)
        fill(choice, &costs, set);
    costs_release(&costs);
    free(set);
    return err;
}

void choice_release(struct choice *choice)
{
    free(choice->chosen);
    free(choice->rest);
}

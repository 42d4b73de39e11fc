// SPDX-License-Identifier: MIT
#include "measure/machine/neighbours.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"

#define LEAST_CORES 0.05
#define MOST 8

static int by_pid(const void *a, const void *b)
{
    const struct neighbour *left = a, *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

struct reading {
    const char *root;
    struct neighbours *neighbours;
    size_t capacity;
};

static int append(struct reading *reading, const struct neighbour *neighbour)
{
    struct neighbours *neighbours = reading->neighbours;
    struct neighbour *larger;

    if (neighbours->count == reading->capacity) {
        larger = realloc(neighbours->list, (reading->capacity * 2 + 64) * sizeof *larger);
        if (larger == NULL)
            return -ENOMEM;
        neighbours->list = larger;
        reading->capacity = reading->capacity * 2 + 64;
    }
    neighbours->list[neighbours->count++] = *neighbour;
    return 0;
}

static int read_one(int pid, void *data)
{
    struct reading *reading = data;
    char *stat = procfs_text("%s/proc/%d/stat", reading->root, pid);
    struct neighbour neighbour = {
        .pid = pid,
        .began = procfs_stat_field(stat, PROCFS_STAT_STARTTIME),
        .ticks = procfs_stat_field(stat, PROCFS_STAT_UTIME) + procfs_stat_field(stat, PROCFS_STAT_STIME),
    };

    free(stat);
    return neighbour.began > 0 ? append(reading, &neighbour) : 0;
}

int neighbours_read(const char *root, struct neighbours *ret_neighbours)
{
    struct reading reading = {.root = root, .neighbours = ret_neighbours};
    char path[4096];
    int err;

    *ret_neighbours = (struct neighbours){0};
    snprintf(path, sizeof path, "%s/proc", root);
    err = procfs_processes(path, read_one, &reading);
    ret_neighbours->now_ns = clock_now_ns();
    if (ret_neighbours->count > 0)
        qsort(ret_neighbours->list, ret_neighbours->count, sizeof *ret_neighbours->list, by_pid);
    return err;
}

void neighbours_release(struct neighbours *neighbours)
{
    free(neighbours->list);
    neighbours->list = NULL;
    neighbours->count = 0;
}

// Ticks since `before`; all of them for a process that has begun since.
static uint64_t ticks_since(const struct neighbours *before, const struct neighbour *now)
{
    const struct neighbour *then = before->count > 0 ? bsearch(now, before->list, before->count, sizeof *now, by_pid)
                                                     : NULL;

    if (then == NULL || then->began != now->began)
        return now->ticks;
    return now->ticks > then->ticks ? now->ticks - then->ticks : 0;
}

struct taker {
    int pid;
    double cores;
};

static int by_cores(const void *a, const void *b)
{
    const struct taker *left = a, *right = b;

    return (left->cores < right->cores) - (left->cores > right->cores);
}

static struct cJSON *describe(const char *root, const struct taker *taker)
{
    struct cJSON *object = cJSON_CreateObject();
    char *name = procfs_line("%s/proc/%d/comm", root, taker->pid);

    cJSON_AddNumberToObject(object, "pid", taker->pid);
    cJSON_AddStringToObject(object, "name", name != NULL ? name : "");
    cJSON_AddNumberToObject(object, "cores", taker->cores);
    free(name);
    return object;
}

struct cJSON *neighbours_since(const char *root, const struct neighbours *before, const struct neighbours *now)
{
    double span_s = (double)(now->now_ns - before->now_ns) / (double)NS_PER_S;
    double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    struct taker *takers = calloc(now->count + 1, sizeof *takers);
    struct cJSON *array;
    size_t count = 0;

    if (takers == NULL)
        return NULL;
    for (size_t i = 0; span_s > 0 && i < now->count; i++) {
        double cores = (double)ticks_since(before, &now->list[i]) / ticks_per_s / span_s;

        if (cores >= LEAST_CORES && now->list[i].pid != getpid())
            takers[count++] = (struct taker){now->list[i].pid, cores};
    }
    qsort(takers, count, sizeof *takers, by_cores);
    array = cJSON_CreateArray();
    for (size_t i = 0; i < count && i < MOST; i++)
        cJSON_AddItemToArray(array, describe(root, &takers[i]));
    free(takers);
    return array;
}

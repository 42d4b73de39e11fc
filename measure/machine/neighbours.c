// SPDX-License-Identifier: MIT
#include "measure/machine/neighbours.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/clock.h"
#include "measure/base/procfs.h"

#define LEAST_CORES 0.05
#define MOST 8

// "123 (a name) S 1 …": the name may hold spaces and brackets, and ends at the last one. False where it is no such line.
static bool parse_stat(const char *text, struct neighbour *neighbour)
{
    enum { UTIME = 14, STIME = 15, STARTTIME = 22, BEHIND_NAME = 3 }; // proc(5) counts from 1
    const char *rest = strrchr(text, ')');
    uint64_t values[STARTTIME + 1] = {0};

    if (rest == NULL)
        return false;
    for (int field = BEHIND_NAME; field <= STARTTIME; field++) {
        rest = strchr(rest, ' ');
        if (rest == NULL)
            return false;
        values[field] = strtoull(++rest, NULL, 10);
    }
    neighbour->ticks = values[UTIME] + values[STIME];
    neighbour->began = values[STARTTIME];
    return true;
}

static bool read_one(const char *root, int pid, struct neighbour *ret_neighbour)
{
    char *text;
    bool good;

    if (procfs_read(&text, "%s/proc/%d/stat", root, pid) < 0)
        return false;
    ret_neighbour->pid = pid;
    good = parse_stat(text, ret_neighbour);
    free(text);
    return good;
}

static int by_pid(const void *a, const void *b)
{
    const struct neighbour *left = a, *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

static int append(struct neighbours *neighbours, const struct neighbour *neighbour, size_t *capacity)
{
    struct neighbour *larger;

    if (neighbours->count == *capacity) {
        larger = realloc(neighbours->list, (*capacity * 2 + 64) * sizeof *larger);
        if (larger == NULL)
            return -ENOMEM;
        neighbours->list = larger;
        *capacity = *capacity * 2 + 64;
    }
    neighbours->list[neighbours->count++] = *neighbour;
    return 0;
}

int neighbours_read(const char *root, struct neighbours *ret_neighbours)
{
    char path[4096];
    size_t capacity = 0;
    const struct dirent *entry;
    DIR *proc;
    int r = 0;

    *ret_neighbours = (struct neighbours){0};
    snprintf(path, sizeof path, "%s/proc", root);
    proc = opendir(path);
    if (proc == NULL)
        return -errno;
    while (r == 0 && (entry = readdir(proc)) != NULL) {
        struct neighbour neighbour;
        int pid = atoi(entry->d_name);

        if (pid > 0 && read_one(root, pid, &neighbour))
            r = append(ret_neighbours, &neighbour, &capacity);
    }
    closedir(proc);
    ret_neighbours->now_ns = clock_now_ns();
    if (ret_neighbours->count > 0)
        qsort(ret_neighbours->list, ret_neighbours->count, sizeof *ret_neighbours->list, by_pid);
    return r;
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
    const struct neighbour *then = before->count > 0
        ? bsearch(now, before->list, before->count, sizeof *now, by_pid) : NULL;

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
    if (cJSON_GetArraySize(object) == 3)
        return object;
    cJSON_Delete(object);
    return NULL;
}

static struct cJSON *describe_all(const char *root, const struct taker *takers, size_t count)
{
    struct cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; array != NULL && i < count; i++) {
        struct cJSON *item = describe(root, &takers[i]);

        if (item != NULL && cJSON_AddItemToArray(array, item))
            continue;
        cJSON_Delete(item);
        cJSON_Delete(array);
        array = NULL;
    }
    return array;
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
    array = describe_all(root, takers, count < MOST ? count : MOST);
    free(takers);
    return array;
}

// SPDX-License-Identifier: MIT
#include "measure/lateness.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/clock.h"
#include "measure/groups.h"

// Of what arrives, the share that may be lost without saying so.
#define SLACK 0.05
#define CARRIED_SLACK 0.02
// Fewest tasks that a class is judged by.
#define CLASS_TASKS 16
// How finely the time is told since when a model is behind: by so many parts of the tasks.
#define PARTS 64

// Some tasks in the order of their arrivals.
struct series {
    const struct slot *slots;
    const uint64_t *late_ns; // by slot
    const uint32_t *index;   // which slots
    size_t n;
    uint64_t run_start_ns;
    double unloaded_ns; // the longest that a task of theirs takes when nothing is in its way
};

struct means {
    double arrival_ns, late_ns;
};

static struct means means_of(const struct series *series, size_t first, size_t count)
{
    struct means means = {0, 0};

    for (size_t i = first; i < first + count; i++) {
        means.arrival_ns += (double)series->slots[series->index[i]].arrival_ns / (double)count;
        means.late_ns += (double)series->late_ns[series->index[i]] / (double)count;
    }
    return means;
}

// What it takes to make up for as many tasks as may arrive too many by chance: of n, the square root.
static double chance_ns(const struct series *series)
{
    uint64_t last_end_ns = series->run_start_ns;

    for (size_t i = 0; i < series->n; i++) {
        uint64_t end_ns = series->slots[series->index[i]].end_ns;

        last_end_ns = end_ns > last_end_ns ? end_ns : last_end_ns;
    }
    return sqrt((double)series->n) * (double)(last_end_ns - series->run_start_ns) / (double)series->n;
}

static bool got_later(const struct series *series, double slack)
{
    size_t quarter = series->n < 4 ? 1 : series->n / 4;
    struct means early = means_of(series, 0, quarter), late = means_of(series, series->n - quarter, quarter);

    return late.late_ns - early.late_ns > fmax(slack * (late.arrival_ns - early.arrival_ns), chance_ns(series));
}

// The first task of the last stretch in which every part of the tasks was late; series->n where that stretch is empty.
static size_t behind_since(const struct series *series)
{
    size_t part = (series->n + PARTS - 1) / PARTS, begin = series->n;

    while (begin > 0) {
        size_t count = begin < part ? begin : part;

        if (means_of(series, begin - count, count).late_ns <= series->unloaded_ns)
            break;
        begin -= count;
    }
    return begin;
}

static void judge(const struct series *series, struct lateness *lateness)
{
    size_t since;

    if (series->n >= 2 && got_later(series, CARRIED_SLACK))
        lateness->carried = false;
    if (!lateness->kept_up || series->n < 2 || !got_later(series, SLACK))
        return;
    since = behind_since(series);
    if (since == series->n)
        return;
    lateness->kept_up = false;
    lateness->behind_since_ns = series->slots[series->index[since]].arrival_ns;
}

struct work {
    struct groups groups;
    uint32_t *all;       // every ended task, in the order of the arrivals
    uint64_t *late_ns;   // by slot
    double *unloaded_ns; // by class
};

static int work_open(struct work *work, const struct slot *slots, uint32_t tasks, uint32_t classes)
{
    *work = (struct work){
        .all = calloc((size_t)tasks + 1, sizeof *work->all),
        .late_ns = calloc((size_t)tasks + 1, sizeof *work->late_ns),
        .unloaded_ns = calloc((size_t)classes + 1, sizeof *work->unloaded_ns),
    };
    if (groups_make(slots, tasks, classes, &work->groups) != 0 || work->all == NULL || work->late_ns == NULL ||
        work->unloaded_ns == NULL)
        return -ENOMEM;
    return 0;
}

static void work_close(struct work *work)
{
    groups_release(&work->groups);
    free(work->all);
    free(work->late_ns);
    free(work->unloaded_ns);
}

static uint64_t difference(uint64_t later_ns, uint64_t earlier_ns)
{
    return later_ns > earlier_ns ? later_ns - earlier_ns : 0;
}

// How late each task of one class was; the latest.
static uint64_t weigh_class(struct work *work, const struct slot *slots, uint32_t class_index, uint64_t run_start_ns)
{
    const uint32_t *index = groups_of(&work->groups, class_index);
    size_t n = groups_count(&work->groups, class_index);
    uint64_t least_ns = UINT64_MAX, latest_ns = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t service_ns = difference(slots[index[i]].end_ns, slots[index[i]].begin_ns);

        least_ns = service_ns < least_ns ? service_ns : least_ns;
    }
    for (size_t i = 0; i < n; i++) {
        const struct slot *slot = &slots[index[i]];
        uint64_t late_ns = difference(difference(slot->end_ns, run_start_ns + slot->arrival_ns), least_ns);

        work->late_ns[index[i]] = late_ns;
        latest_ns = late_ns > latest_ns ? late_ns : latest_ns;
    }
    work->unloaded_ns[class_index] = n > 0 ? (double)least_ns : 0;
    return latest_ns;
}

static void judge_all(const struct work *work, const struct slot *slots, uint32_t classes, size_t n,
                      uint64_t run_start_ns, struct lateness *lateness)
{
    struct series series = {
        .slots = slots, .late_ns = work->late_ns, .index = work->all, .n = n, .run_start_ns = run_start_ns};

    for (uint32_t c = 0; c < classes; c++)
        series.unloaded_ns = fmax(series.unloaded_ns, work->unloaded_ns[c]);
    judge(&series, lateness);
    for (uint32_t c = 0; c < classes; c++) {
        series.index = groups_of(&work->groups, c);
        series.n = groups_count(&work->groups, c);
        series.unloaded_ns = work->unloaded_ns[c];
        if (series.n >= CLASS_TASKS)
            judge(&series, lateness);
    }
}

// Puts every task that ended into work->all; how many that are, and when the last one did.
static size_t collect(struct work *work, const struct slot *slots, uint32_t tasks, uint32_t classes,
                      uint64_t *ret_last_ns)
{
    uint64_t last_ns = 0;
    size_t n = 0;

    for (uint32_t i = 0; i < tasks; i++) {
        if (slots[i].end_ns == 0 || slots[i].class_index >= classes)
            continue;
        work->all[n++] = i;
        last_ns = slots[i].end_ns > last_ns ? slots[i].end_ns : last_ns;
    }
    *ret_last_ns = last_ns;
    return n;
}

static int judge_work(struct work *work, const struct slot *slots, uint32_t tasks, uint32_t classes,
                      uint64_t run_start_ns, struct lateness *ret_lateness)
{
    struct lateness lateness = {.kept_up = true, .carried = true};
    uint64_t last_ns;
    size_t n = collect(work, slots, tasks, classes, &last_ns);

    if (last_ns <= run_start_ns)
        return -ENODATA;
    for (uint32_t c = 0; c < classes; c++) {
        uint64_t latest_ns = weigh_class(work, slots, c, run_start_ns);

        lateness.latest_ns = latest_ns > lateness.latest_ns ? latest_ns : lateness.latest_ns;
    }
    judge_all(work, slots, classes, n, run_start_ns, &lateness);
    lateness.reached_per_s = (double)n * (double)NS_PER_S / (double)(last_ns - run_start_ns);
    *ret_lateness = lateness;
    return 0;
}

int lateness_of(const struct slot *slots, uint32_t tasks, uint32_t classes, uint64_t run_start_ns,
                struct lateness *ret_lateness)
{
    struct work work;
    int err = work_open(&work, slots, tasks, classes);

    if (err == 0)
        err = judge_work(&work, slots, tasks, classes, run_start_ns, ret_lateness);
    work_close(&work);
    return err;
}

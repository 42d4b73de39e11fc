// SPDX-License-Identifier: MIT
#include "reports/findings/more_rounds.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/clock.h"
#include "measure/base/stats.h"
#include "reports/document/fields.h"

// What starting a trial and ending it takes, where the samples do not say: there is but one of them.
#define BESIDE_NS 20e6

struct trial {
    double start_ns, wall_ns;
};

static int compare_trials(const void *left, const void *right)
{
    const struct trial *a = left, *b = right;

    return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static size_t count_trials(const cJSON *block)
{
    const cJSON *cell, *sample;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        cJSON_ArrayForEach(sample, field(cell, "samples"))
            n += 1 + (size_t)cJSON_GetArraySize(field(sample, "trials"));
    }
    return n;
}

static size_t add_trial(struct trial *trials, size_t n, const cJSON *sample)
{
    trials[n] = (struct trial){field_number(sample, "start_ns"), field_number(sample, "wall_ns")};
    return n + (!isnan(trials[n].start_ns) && !isnan(trials[n].wall_ns));
}

static size_t gather_trials(const cJSON *block, struct trial *trials)
{
    const cJSON *cell, *sample, *trial;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        cJSON_ArrayForEach(sample, field(cell, "samples")) {
            if (field(sample, "trials") == NULL)
                n = add_trial(trials, n, sample);
            cJSON_ArrayForEach(trial, field(sample, "trials"))
                n = add_trial(trials, n, trial);
        }
    }
    qsort(trials, n, sizeof *trials, compare_trials);
    return n;
}

// What passes from the end of a trial's figures to the next one's beginning, in the middle.
static double beside_ns(const cJSON *block)
{
    size_t most = count_trials(block) + 1, n = 0, gaps = 0;
    struct trial *trials = calloc(most, sizeof *trials);
    double *gap = calloc(most, sizeof *gap), middle = BESIDE_NS;

    if (trials != NULL && gap != NULL)
        n = gather_trials(block, trials);
    for (size_t i = 1; i < n; i++)
        gap[gaps++] = fmax(0, trials[i].start_ns - trials[i - 1].start_ns - trials[i - 1].wall_ns);
    if (gaps > 0) {
        stats_sort(gap, gaps);
        middle = stats_median(gap, gaps);
    }
    free(trials);
    free(gap);
    return middle;
}

double more_rounds_ns(const cJSON *block)
{
    double rounds = STATS_INTERVAL_LEAST + (cJSON_IsTrue(field(block, "warmup")) ? 1 : 0);
    double beside = beside_ns(block), sum = 0;
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        double wall_ns = sample_median(cell, "wall_ns");
        double of_memory = field_number(cell, "memory.tasks") / field_number(block, "tasks");

        if (isnan(wall_ns))
            continue;
        sum += rounds * (wall_ns + beside);
        sum += isnan(of_memory) ? 0 : fmin(1, of_memory) * wall_ns + beside;
    }
    return sum;
}

void write_more_rounds(FILE *out, double ns)
{
    double s = fmax(1, ceil(ns / (double)NS_PER_S));

    fprintf(out, "--rounds=%d, about %.0f %s", STATS_INTERVAL_LEAST, s < 120 ? s : ceil(s / 60), s < 120 ? "s" : "min");
}

// SPDX-License-Identifier: MIT
// What would make a careful colleague doubt the figures: each names a cause and the next thing to try. Cells with the
// same trouble share a line.
#include "reports/findings/warnings.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"
#include "reports/findings/warnings_server.h"
#include "reports/findings/wording.h"

#define DRIFT_P 0.01
#define FIRST_SLOW 1.10
// An open loop shorter than so many tasks one after the other has hardly a beginning and an end.
#define LEAST_TASKS_LONG 10
// Fewest rounds that can tell a slow start, or a trend, from chance.
#define TREND_ROUNDS 5

static void say_build(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *sanitizer = field_text(document, "ccbench.sanitizer");

    if (!judge_slow_build(document))
        return;
    if (sanitizer != NULL)
        fprintf(out, "built with sanitizers (%s)", sanitizer);
    else
        fputs("a debug build", out);
    fputs(": these are not the figures of a release; build with meson setup --buildtype=release", out);
}

static bool origin_bound(const cJSON *block, const cJSON *cell)
{
    return judge_origin_bound(cell);
}

static void say_origin(FILE *out, const cJSON *document, const cJSON *block)
{
    write_names_where(out, block, origin_bound,
                      "the HTTP origin was busy all the time, so its speed was measured, not that of ",
                      "; try a longer delay, or a core of its own with --origin-cpus");
}

static bool noisy(const cJSON *block, const cJSON *cell)
{
    return judge_noisy(cell);
}

static bool first_slow(const cJSON *block, const cJSON *cell)
{
    double *walls = calloc(sample_count(cell) + 1, sizeof *walls);
    double others = 0;
    size_t n = walls != NULL ? sample_numbers(cell, "wall_ns", walls) : 0;
    bool slow;

    for (size_t i = 1; i < n; i++)
        others = fmax(others, walls[i]);
    slow = n >= TREND_ROUNDS && walls[0] >= FIRST_SLOW * others;
    free(walls);
    return slow;
}

// Each round's mean log-deviation from the cells' medians. It is the machine that drifts, so all cells are looked at
// together: testing each by itself would cry wolf in one run of five. Only cells with every round count. Returns the
// number of rounds, 0 where there are none.
static size_t round_deviations(const cJSON *block, double *deviations, size_t rounds)
{
    double *walls = calloc(rounds + 1, sizeof *walls);
    const cJSON *cell;
    size_t cells = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (walls == NULL || !cell_ok(cell) || sample_count(cell) != rounds ||
            sample_numbers(cell, "wall_ns", walls) != rounds)
            continue;
        for (size_t i = 0; i < rounds; i++)
            deviations[i] += log(walls[i] / field_number(cell, "summary.wall_ns.median"));
        cells++;
    }
    free(walls);
    return cells > 0 ? rounds : 0;
}

// 1: later rounds were slower, -1: faster, 0: no drift shown.
static int drift(const cJSON *block)
{
    const cJSON *cell;
    double *deviations, tau = 0, p = 1;
    size_t rounds = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell) && sample_count(cell) > rounds)
            rounds = sample_count(cell);
    }
    deviations = calloc(rounds + 1, sizeof *deviations);
    if (deviations == NULL)
        return 0;
    if (rounds >= TREND_ROUNDS && round_deviations(block, deviations, rounds) == rounds)
        stats_kendall(deviations, rounds, &tau, &p);
    free(deviations);
    return p >= DRIFT_P ? 0 : tau > 0 ? 1 : -1;
}

static const char *separator(FILE *out)
{
    return ftell(out) > 0 ? "; " : "";
}

static void say_cells(FILE *out, const cJSON *block, bool (*holds)(const cJSON *, const cJSON *), const char *trouble,
                      const char *advice)
{
    char before[80];

    snprintf(before, sizeof before, "%s%s: ", separator(out), trouble);
    write_names_where(out, block, holds, before, advice);
}

static void say_unsteady(FILE *out, const cJSON *document, const cJSON *block)
{
    int direction = drift(block);

    say_cells(out, block, noisy, "times varied by 5 % or more", " (close other programs, or ask for more --rounds)");
    say_cells(out, block, first_slow, "the first round was slow",
              " (caches, clock speed or memory were still warming up; ask for more --rounds)");
    if (direction != 0)
        fprintf(out, "%slater rounds were %s (the machine drifted: heat, or another program; measure when it is idle)",
                separator(out), direction > 0 ? "slower" : "faster");
}

static double mean_of(const cJSON *block, const char *path)
{
    const cJSON *cell, *sample;
    double sum = 0;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        cJSON_ArrayForEach(sample, field(cell, "samples")) {
            double value = field_number(sample, path);

            if (sample_ok(sample) && !isnan(value)) {
                sum += value;
                n++;
            }
        }
    }
    return n > 0 ? sum / (double)n : NAN;
}

// Models with more threads than cores press on the CPU themselves. What presses on the calmest cell comes from outside.
static double least_pressure(const cJSON *block)
{
    const cJSON *cell;
    double least = NAN;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell))
            least = fmin(least, sample_median(cell, "pressure_share"));
    }
    return least;
}

static void say_part(FILE *out, bool holds, const char *text)
{
    if (holds)
        fprintf(out, "%s%s", separator(out), text);
}

static void say_machine(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *governor = field_text(document, "environment.cpu.governor");
    const cJSON *load = cJSON_GetArrayItem(field(document, "environment.before.load"), 0);

    say_part(out, mean_of(block, "steal_share") > JUDGE_STEAL,
             "the hypervisor took CPU time away (steal above 2 %; try a calmer host or another hour)");
    say_part(out, least_pressure(block) > JUDGE_PRESSURE,
             "other programs competed for the CPU (pressure above 5 %; stop them, or choose cores with --cpus)");
    say_part(out, cJSON_IsNumber(load) && judge_busy_before(load->valuedouble, field_number(block, "cores")),
             "the machine was busy before the start (see its load; wait until it is idle)");
    if (governor != NULL && strcmp(governor, "performance") != 0)
        fprintf(out, "%sthe CPU governor is '%s': clock speed follows load (try cpupower frequency-set -g performance)",
                separator(out), governor);
}

static bool emulation(const cJSON *block, const cJSON *cell)
{
    return judge_emulation(cell) != NULL;
}

static void say_emulation(FILE *out, const cJSON *document, const cJSON *block)
{
    size_t n = 0;
    const cJSON **cells = cells_where(block, emulation, &n);

    for (size_t i = 0; cells != NULL && i < n; i++)
        fprintf(out, "%s%s %s", i > 0 ? "; " : "", field_text(cells[i], "model"), judge_emulation(cells[i]));
    free(cells);
}

// What a task takes under the model that is quickest with it, in the middle of all tasks.
static double least_service(const cJSON *block)
{
    const cJSON *cell;
    double least = NAN;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_competes(cell))
            least = fmin(least, sample_median(cell, "service_ns.p50"));
    }
    return least;
}

static void say_short(FILE *out, const cJSON *document, const cJSON *block)
{
    if (field_number(block, "rate.span_ns") < LEAST_TASKS_LONG * least_service(block))
        fputs("tasks arrived for less than ten times as long as one takes: too short to tell who keeps up; try a longer "
              "--duration", out);
}

cJSON *warnings_make(const cJSON *document, const cJSON *block)
{
    static sentence_writer *const writers[] = {say_build,   say_insecure, say_origin,   say_delayed,   say_retries,
                                               say_short,   say_unsteady, say_machine,  say_emulation, NULL};

    return sentences_make(writers, document, block);
}

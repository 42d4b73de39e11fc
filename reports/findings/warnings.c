// SPDX-License-Identifier: MIT
// What would make a careful colleague doubt the figures: each names a cause and the next thing to try. Cells with the
// same trouble share a line.
#include "reports/findings/warnings.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/stats.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/judge.h"
#include "reports/findings/switches.h"
#include "reports/findings/warnings_server.h"
#include "reports/findings/wording.h"

#define DRIFT_P 0.01
#define FIRST_SLOW 1.10
// An open loop shorter than so many tasks one after the other has hardly a beginning and an end.
#define LEAST_TASKS_LONG 10
// From such a share of its periods on, a quota has slowed down what was measured.
#define THROTTLED 0.01

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
    slow = n >= STATS_INTERVAL_LEAST && walls[0] >= FIRST_SLOW * others;
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
    if (rounds >= STATS_INTERVAL_LEAST && round_deviations(block, deviations, rounds) == rounds)
        stats_kendall(deviations, rounds, &tau, &p);
    free(deviations);
    return p >= DRIFT_P ? 0 : tau > 0 ? 1 : -1;
}

static void say_noise(FILE *out, const cJSON *document, const cJSON *block)
{
    write_names_where(out, block, noisy, WARNINGS_NOISY, " (close other programs, or ask for more --rounds)");
}

static void say_first(FILE *out, const cJSON *document, const cJSON *block)
{
    write_names_where(out, block, first_slow, "the first round was slow: ",
                      " (caches, clock speed or memory were still warming up; ask for more --rounds)");
}

static void say_drift(FILE *out, const cJSON *document, const cJSON *block)
{
    int direction = drift(block);

    if (direction != 0)
        fprintf(out, "later rounds were %s (the machine drifted: heat, or another program; measure when it is idle)",
                direction > 0 ? "slower" : "faster");
}

// Cells of which the time limit ended a trial, when they had some.
static void say_ended(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *cell;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        double after = field_number(cell, "ended_after");

        if (!cell_ok(cell) || !(after > 0))
            continue;
        fprintf(out, "%s%s stopped after %.0f round%s", n++ > 0 ? ", " : "", field_text(cell, "model"), after,
                text_plural(after));
    }
    if (n > 0)
        fprintf(out, ": the next trial took longer than its share (ask for a longer --time-limit, or for --rounds)");
}

static void say_memory(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *cell;
    size_t n = 0;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!cell_ok(cell) || !judge_memory_too_low(block, cell))
            continue;
        fputs(n++ > 0 ? ", " : "memory was read with fewer tasks in flight than there can be, and may be too low: ",
              out);
        fprintf(out, "%s %.0f of %.0f", field_text(cell, "model"), field_number(cell, "memory.in_flight"),
                field_number(cell, "memory.in_flight_wanted"));
    }
    if (n > 0)
        fputs(" (longer waits, or an idle machine, let them overlap)", out);
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

static void say_steal(FILE *out, const cJSON *document, const cJSON *block)
{
    if (mean_of(block, "steal_share") > JUDGE_STEAL)
        fputs("the hypervisor took CPU time away (steal above 2 %; try a calmer host or another hour)", out);
}

// Of the quota's periods so far: throttled time adds up over CPUs.
static double throttled_share(const cJSON *document)
{
    return field_number(document, "environment.during.throttled_share");
}

static bool is_throttled(const cJSON *document)
{
    return throttled_share(document) > THROTTLED;
}

static void say_throttled(FILE *out, const cJSON *document, const cJSON *block)
{
    double cores = field_number(document, "environment.cpu.quota_cores");

    if (!is_throttled(document))
        return;
    fputs("throttled by its cgroup's quota", out);
    if (cores > 0)
        fprintf(out, " of %.3g core%s", cores, text_plural(cores));
    fprintf(out, " in %.0f %% of its periods (raise the quota, or compare on a machine without one)",
            100 * throttled_share(document));
}

// Who waits for a quota waits for no other program.
static void say_pressure(FILE *out, const cJSON *document, const cJSON *block)
{
    if (least_pressure(block) > JUDGE_PRESSURE && !is_throttled(document))
        fputs("other programs competed for the CPU (pressure above 5 %; stop them, or choose cores with --cpus)", out);
}

static void say_load(FILE *out, const cJSON *document, const cJSON *block)
{
    const cJSON *load = cJSON_GetArrayItem(field(document, "environment.before.load"), 0);

    if (cJSON_IsNumber(load) && judge_busy_before(load->valuedouble, field_number(block, "cores")))
        fputs("the machine was busy before the start (see its load; wait until it is idle)", out);
}

static void say_governor(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *governor = field_text(document, "environment.cpu.governor");

    if (governor != NULL && strcmp(governor, "performance") != 0)
        fprintf(out, "the CPU governor is '%s': clock speed follows load (try cpupower frequency-set -g performance)",
                governor);
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
        fputs(
            "tasks arrived for less than ten times as long as one takes: too short to tell who keeps up; try a longer "
            "--duration",
            out);
}

static bool counted_from(const cJSON *cell, const char *where)
{
    const cJSON *sample;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        if (field_is(sample, "cpu_counted_from", where))
            return cell_competes(cell);
    }
    return false;
}

static bool counted_from_start(const cJSON *block, const cJSON *cell)
{
    return counted_from(cell, "start");
}

static bool counted_from_set_up(const cJSON *block, const cJSON *cell)
{
    return counted_from(cell, "set-up");
}

static void say_counted(FILE *out, const cJSON *document, const cJSON *block)
{
    bool any = write_names_where(out, block, counted_from_start,
                                 "CPU time is the kernel's count of whole trials, their start included, under ",
                                 ", which do not say it themselves");

    write_names_where(out, block, counted_from_set_up,
                      any ? "; and of trials from set-up to their end, under "
                          : "CPU time is the kernel's count of trials from set-up to their end, under ",
                      ", which do not say it themselves");
}

cJSON *warnings_make(const cJSON *document, const cJSON *block)
{
    static sentence_writer *const writers[] = {
        say_burden_build, say_burdened,  say_trial_switch, say_simulated, say_root_switch, say_build,     say_insecure,
        say_origin,       say_strangers, say_delayed,      say_retries,   say_short,       say_memory,    say_ended,
        say_counted,      say_noise,     say_first,        say_drift,     say_steal,       say_throttled, say_pressure,
        say_load,         say_governor,  say_emulation,    NULL};

    return sentences_make(writers, document, block);
}

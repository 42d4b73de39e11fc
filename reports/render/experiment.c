// SPDX-License-Identifier: MIT
#include "reports/render/experiment.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/findings/wording.h"

static void say_field(FILE *out, const char *before, const char *text, const char *after)
{
    if (text != NULL)
        fprintf(out, "%s%s%s", before, text, after);
}

void experiment_say_origin(FILE *out, const cJSON *document)
{
    const cJSON *origin = field(document, "placement.origin");
    double cores = field_number(origin, "cores");
    char median[UNITS_TEXT], low[UNITS_TEXT], high[UNITS_TEXT];

    if (origin == NULL)
        return;
    fputs("HTTP origin apart from the client", out);
    say_field(out, ", on host ", field_text(origin, "host"), "");
    say_field(out, " at ", field_text(origin, "url"), "");
    say_field(out, " (ccbench ", field_text(origin, "version"), "");
    if (!isnan(cores))
        fprintf(out, ", %.0f core%s", cores, text_plural(cores));
    if (field_number(origin, "workers") > 1)
        fprintf(out, ", %.0f workers", field_number(origin, "workers"));
    fputs(field_text(origin, "version") != NULL ? ")" : "", out);
    fprintf(out, ", round trip %s (%s to %s)",
            units_format_duration(median, field_number(origin, "round_trip_ns.median")),
            units_format_duration(low, field_number(origin, "round_trip_ns.min")),
            units_format_duration(high, field_number(origin, "round_trip_ns.max")));
}

void experiment_say_machine(FILE *out, const cJSON *document, const cJSON *block)
{
    double allowed = field_number(document, "environment.cpu.allowed_count");
    double quota = field_number(document, "environment.cpu.quota_cores");

    say_field(out, "ccbench ", field_text(document, "ccbench.version"), "");
    say_field(out, " (", field_text(document, "ccbench.build_type"), "");
    say_field(out, ", sanitizers ", field_text(document, "ccbench.sanitizer"), "");
    fputs(cJSON_IsTrue(field(document, "ccbench.burden")) ? ", burden" : "", out);
    fputs(field_text(document, "ccbench.build_type") != NULL ? ")" : "", out);
    say_field(out, " on ", field_text(document, "environment.cpu.model"), "");
    if (!isnan(allowed))
        fprintf(out, ", %.0f core%s", allowed, text_plural(allowed));
    if (quota > 0)
        fprintf(out, ", %.3g core%s by its cgroup's quota", quota, text_plural(quota));
    say_field(out, ", ", field_text(document, "environment.kernel"), "");
    say_field(out, " on ", field_text(document, "environment.virtualisation"), "");
    say_field(out, "; trials on CPUs ", field_text(document, "placement.cpus"), "");
    say_field(out, field_text(document, "placement.cpus") != NULL ? ", HTTP origin on " : "; HTTP origin on ",
              field_text(document, "placement.origin_cpus"), "");
    if (field_number(document, "placement.origin_workers") > 1)
        fprintf(out, " (%.0f workers)", field_number(document, "placement.origin_workers"));
    fputs(field(document, "placement.origin") != NULL ? "; " : "", out);
    experiment_say_origin(out, document);
    fprintf(out, "; seed %.0f; %s", field_number(document, "seed"), field_text(document, "started"));
}

static const char *stopped_in_words(const char *stopped)
{
    static const char *const words[][2] = {
        {"precision", "as precise as asked for"},
        {"time limit", "as many as there was time for"},
        {"enough", "as many as intervals need"},
        {"interrupted", "stopped: interrupted"},
        {"rounds", "as asked for"},
        {"failures", "stopped: every task failed"},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(stopped, words[i][0]) == 0)
            return words[i][1];
    return stopped;
}

static void say_kind(FILE *out, const cJSON *block)
{
    const char *kind = field_text(block, "kind");
    double share = field_number(block, "cpu_share");

    if (kind == NULL)
        return;
    fprintf(out, "; %s", strcmp(kind, "empty") == 0 ? "no work in them" : kind);
    if (isnan(share) || strcmp(kind, "empty") == 0 || block_open_loop(block)) // then it is the rate's doing
        return;
    if (share < 0.01)
        fputs(" (under 1 % CPU)", out);
    else
        fprintf(out, " (%.0f %% CPU)", 100 * share);
}

static void say_ideal(FILE *out, const cJSON *block)
{
    double ideal_ns = field_number(block, "ideal_ns");
    char text[UNITS_TEXT];

    if (isnan(ideal_ns)) {
        fputs("; ideal n/a", out);
        say_field(out, ": ", field_text(block, "ideal_reason"), "");
        return;
    }
    fprintf(out, "; ideal %s", units_format_duration(text, ideal_ns));
    say_field(out, " = ", field_text(block, "ideal_formula"), "");
}

// " arrive at 500/s (poisson) for 5 s"; the last one seldom comes at the very end, so two digits are enough.
static void say_arrivals(FILE *out, const cJSON *block)
{
    double span_ns = field_number(block, "rate.span_ns");
    double step = span_ns > 0 ? pow(10, floor(log10(span_ns)) - 1) : 1;
    char text[UNITS_TEXT];

    fprintf(out, " arrive%s at ", field_number(block, "tasks") == 1 ? "s" : "");
    write_arrivals(out, block);
    fprintf(out, " for %s", units_format_duration(text, round(span_ns / step) * step));
}

// Whether each cell was left out before its first trial.
static bool nothing_ran(const cJSON *block)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (!field_is(cell, "status", "skipped") || cJSON_GetArraySize(field(cell, "samples")) > 0)
            return false;
    }
    return true;
}

// "8 rounds of up to 7 trials"
static void say_trials(FILE *out, const cJSON *block)
{
    const cJSON *cell;
    double most = 1;

    cJSON_ArrayForEach(cell, field(block, "cells"))
        most = fmax(most, field_number(cell, "trials_per_round"));
    if (most > 1)
        fprintf(out, " of up to %.0f trials", most);
}

static void say_duration(FILE *out, const cJSON *block, double rounds, double duration_ns)
{
    char text[UNITS_TEXT];

    fprintf(out, "round%s", text_plural(rounds));
    say_trials(out, block);
    fprintf(out, " in %s%s", units_format_duration(text, duration_ns),
            field_is(block, "stopped", "failures") ? ", stopped: every task failed" : "");
}

// Nobody asked for fewer rounds than there were: then no cell was left that gave results.
static void say_rounds(FILE *out, const cJSON *document, const cJSON *block)
{
    double rounds = field_number(block, "rounds"), asked = field_number(document, "plan.rounds");

    double duration_ns = field_number(block, "duration_ns");

    if (rounds > 0 && nothing_ran(block)) {
        fputs("; nothing was run", out);
        return;
    }
    // A search for the highest rate has no rounds, and ended before it had a rate.
    if (rounds == 0 && field_is(block, "stopped", "rounds")) {
        fputs("; no rate was found", out);
        return;
    }
    fprintf(out, "; %.0f ", rounds);
    if (field_is(block, "stopped", "rounds") && asked > rounds)
        fprintf(out, "of %.0f round%s asked for: no model was left", asked, text_plural(asked));
    else if (duration_ns >= 0 && rounds > 0 && !field_is(block, "stopped", "interrupted"))
        say_duration(out, block, rounds, duration_ns);
    else
        fprintf(out, "round%s, %s", text_plural(rounds), stopped_in_words(field_text(block, "stopped")));
}

// "; 34 probes in 52 s"
static void say_search(FILE *out, const cJSON *block)
{
    const cJSON *cell;
    char text[UNITS_TEXT];
    int probes = 0;

    cJSON_ArrayForEach(cell, field(block, "cells"))
        probes += cJSON_GetArraySize(field(cell, "capacity.probes"));
    fprintf(out, "; %d probe%s in %s", probes, text_plural(probes),
            units_format_duration(text, field_number(block, "duration_ns")));
}

void experiment_say(FILE *out, const cJSON *document, const cJSON *block)
{
    double tasks = field_number(block, "tasks");
    char text[UNITS_TEXT];

    if (block_is_searched(block))
        fputs("tasks arrive as fast as each model carries them", out);
    else
        fprintf(out, "%s task%s", units_format_count(text, (uint64_t)tasks), text_plural(tasks));
    if (block_open_loop(block) && !block_is_searched(block))
        say_arrivals(out, block);
    say_field(out, tasks == 1 && !block_is_searched(block) ? " that " : ", each ", field_text(block, "describe"), "");
    fprintf(out, "; %s%s in flight", block_open_loop(block) ? "at most " : "",
            units_format_count(text, (uint64_t)field_number(block, "concurrency")));
    say_field(out, "; on CPUs ", field_text(block, "cpus"), "");
    say_kind(out, block);
    if (!block_open_loop(block))
        say_ideal(out, block);
    if (block_is_searched(block))
        say_search(out, block);
    else
        say_rounds(out, document, block);
}

// SPDX-License-Identifier: MIT
#include "reports/findings/switches.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/warnings_server.h"
#include "reports/findings/wording.h"

#define TRIAL "environment.variables.CCBENCH_TRIAL"
#define ROOT "environment.variables.CCBENCH_ROOT"

void say_burden_build(FILE *out, const cJSON *document, const cJSON *block)
{
    if (cJSON_IsTrue(field(document, "ccbench.burden")))
        fputs("built with -Dburden=true, to try gates: CCBENCH_BURDEN slows its trials, so its figures prove nothing; "
              "measure with a build without it",
              out);
}

static bool carries_burden(const cJSON *sample)
{
    return field_number(sample, "counters.burdened") > 0;
}

static bool is_simulated(const cJSON *sample)
{
    return field_number(sample, "counters.simulated") > 0;
}

static bool any_sample(const cJSON *cell, bool (*holds)(const cJSON *sample))
{
    const cJSON *sample;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        if (holds(sample))
            return true;
    }
    return false;
}

static bool burdened(const cJSON *block, const cJSON *cell)
{
    return any_sample(cell, carries_burden);
}

static bool simulated(const cJSON *block, const cJSON *cell)
{
    return any_sample(cell, is_simulated);
}

void say_burdened(FILE *out, const cJSON *document, const cJSON *block)
{
    write_names_where(out, block, burdened, "trials were slowed on purpose (CCBENCH_BURDEN) under ", "");
}

void say_simulated(FILE *out, const cJSON *document, const cJSON *block)
{
    write_names_where(out, block, simulated,
                      "nothing was measured, as the trials say themselves, but simulated, under ", "");
}

void say_trial_switch(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *program = field_text(document, TRIAL);

    if (program != NULL)
        fprintf(out, "CCBENCH_TRIAL is set: the trials are those of '%s', which stands in for ccbench's own models",
                program);
}

void say_root_switch(FILE *out, const cJSON *document, const cJSON *block)
{
    const char *root = field_text(document, ROOT);

    if (root != NULL)
        fprintf(out,
                "CCBENCH_ROOT is set: steal and CPU pressure were read below '%s', not from this machine; unset it",
                root);
}

cJSON *switches_of_block(const cJSON *document, const cJSON *block)
{
    static sentence_writer *const writers[] = {
        say_burden_build, say_trial_switch, say_root_switch, say_burdened, say_simulated, say_insecure, NULL};

    return sentences_make(writers, document, block);
}

// The sides of a gate are what --base and --new name.
static void say_unused_trial(FILE *out, const cJSON *document, const cJSON *block)
{
    if (field_text(document, TRIAL) != NULL)
        fputs("CCBENCH_TRIAL is set, and not used: the trials of a gate are those of --base and --new", out);
}

static bool any_of_side(const cJSON *document, const char *side, bool (*holds)(const cJSON *sample))
{
    const cJSON *cell, *pair;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        cJSON_ArrayForEach(pair, field(cell, "pairs")) {
            if (holds(field(pair, side)))
                return true;
        }
    }
    return false;
}

static void say_base_burdened(FILE *out, const cJSON *document, const cJSON *block)
{
    if (any_of_side(document, "base", carries_burden))
        fputs("the trials of base were slowed on purpose (CCBENCH_BURDEN)", out);
}

static void say_new_burdened(FILE *out, const cJSON *document, const cJSON *block)
{
    if (any_of_side(document, "new", carries_burden))
        fputs("the trials of new were slowed on purpose (CCBENCH_BURDEN)", out);
}

static void say_side_simulated(FILE *out, const cJSON *document, const cJSON *block)
{
    bool base = any_of_side(document, "base", is_simulated), new = any_of_side(document, "new", is_simulated);

    if (base || new)
        fprintf(out, "nothing was measured of %s, as the trials say themselves, but simulated",
                base && new ? "base and new"
                : base      ? "base"
                            : "new");
}

cJSON *switches_of_gate(const cJSON *document)
{
    static sentence_writer *const writers[] = {say_burden_build,  say_unused_trial, say_root_switch,
                                               say_base_burdened, say_new_burdened, say_side_simulated,
                                               say_insecure,      say_gate_retries, NULL};

    return sentences_make(writers, document, NULL);
}

// "base: CCBENCH_ROOT is set: …".
static int note(sentence_writer *write, const cJSON *report, const char *side, const cJSON *block, cJSON *notes)
{
    struct text_stream text;
    long lead;

    if (text_stream_open(&text) < 0)
        return -ENOMEM;
    lead = side != NULL ? fprintf(text.out, "%s: ", side) : 0;
    write(text.out, report, block);
    if (ftell(text.out) > lead)
        return sentence_end(&text, notes);
    (void)text_stream_close(&text);
    free(text.text);
    return 0;
}

int switches_of_side(const cJSON *report, const char *side, cJSON *notes)
{
    static sentence_writer *const of_report[] = {say_burden_build, say_trial_switch, say_root_switch, say_insecure};
    const cJSON *block;
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof of_report / sizeof *of_report; i++)
        err = note(of_report[i], report, side, NULL, notes);
    cJSON_ArrayForEach(block, field(report, "workloads")) {
        if (err == 0)
            err = note(say_burdened, report, side, block, notes);
        if (err == 0)
            err = note(say_simulated, report, side, block, notes);
    }
    return err;
}

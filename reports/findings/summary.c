// SPDX-License-Identifier: MIT
// From a block's samples to its cells' summaries. The unit of replication is the round: each gives one number.
#include "reports/findings/summary.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/stats.h"
#include "reports/document/block.h"
#include "reports/document/document.h"
#include "reports/document/fields.h"
#include "reports/findings/families.h"
#include "reports/findings/findings.h"
#include "reports/findings/ideals.h"
#include "reports/findings/ranking.h"
#include "reports/findings/requirements.h"
#include "reports/findings/statistic.h"
#include "reports/findings/sweeps.h"
#include "reports/findings/warnings.h"

// Shares of CPU time from which, and up to which, work is called so.
#define CPU_BOUND 0.8
#define IO_BOUND 0.2
#define ARRIVALS_DECIDE "n/a: the time is that of the arrivals"

// The statistics of those metrics that follow from samples (of their index-th class, where `of` is METRIC_OF_CLASS).
static int set_metrics(cJSON *summary, const cJSON *cell, unsigned of, int index, double *values)
{
    const char *list = of == METRIC_OF_CLASS ? "classes" : NULL;
    int err = 0;

    for (size_t i = 0; err == 0 && i < METRICS_COUNT; i++) {
        if ((metric_table[i].of & of) != 0 && metric_table[i].numerator != NULL)
            err = statistic_of_samples(summary, cell, &metric_table[i], list, index, values);
    }
    return err;
}

static int add_class(cJSON *classes, const cJSON *cell, const cJSON *of_sample, int index, double *values)
{
    cJSON *class = cJSON_CreateObject();

    cJSON_AddItemToArray(classes, class);
    cJSON_AddStringToObject(class, "name", field_text(of_sample, "name"));
    cJSON_AddNumberToObject(class, "tasks", field_number(of_sample, "tasks"));
    return set_metrics(class, cell, METRIC_OF_CLASS, index, values);
}

// Every round has the same classes, of as many tasks.
static int set_classes(cJSON *summary, const cJSON *cell, double *values)
{
    const cJSON *of_sample, *first = field(cJSON_GetArrayItem(field(cell, "samples"), 0), "classes");
    cJSON *classes = first != NULL ? cJSON_CreateArray() : cJSON_CreateNull();
    int err = 0, index = 0;

    json_set(summary, "classes", classes);
    cJSON_ArrayForEach(of_sample, first) {
        if (err == 0)
            err = add_class(classes, cell, of_sample, index++, values);
    }
    return err;
}

// Whether it kept up in most rounds, where tasks arrive at times of their own.
static void set_kept_up(cJSON *summary, const cJSON *cell)
{
    const cJSON *sample;
    size_t kept = 0, n = 0;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        n += field(sample, "kept_up") != NULL;
        kept += cJSON_IsTrue(field(sample, "kept_up"));
    }
    json_set(summary, "kept_up", n > 0 ? cJSON_CreateBool(2 * kept > n) : cJSON_CreateNull());
}

static int set_of_ideal(cJSON *summary, const cJSON *block, const cJSON *cell, double *values)
{
    const cJSON *sample;
    size_t n = 0;

    cJSON_ArrayForEach(sample, field(cell, "samples")) {
        double share = sample_ok(sample) ? ideal_share(block, cell, sample) : NAN;

        if (!isnan(share))
            values[n++] = share;
    }
    return statistic_set(summary, metric_table[METRIC_of_ideal].name, values, n);
}

static cJSON *speedup_reason(const char *reference, const cJSON *cell)
{
    char text[160];

    if (reference == NULL)
        snprintf(text, sizeof text, "n/a: no reference");
    else if (cell == NULL || field_is(cell, "status", "skipped"))
        snprintf(text, sizeof text, "n/a: %.100s was not run", reference);
    else if (!cell_ok(cell))
        snprintf(text, sizeof text, "n/a: %.100s %s", reference,
                 field_is(cell, "status", "wrong") ? "gave wrong results" : "failed");
    else
        snprintf(text, sizeof text, "n/a: no round in common with %.100s", reference);
    return cJSON_CreateString(text);
}

static int set_speedup(cJSON *summary, const cJSON *document, const cJSON *block, const cJSON *cell, double *values)
{
    const char *reference = field_text(document, "plan.reference");
    const cJSON *other = block_cell(block, reference);
    // How long an open loop takes is not the model's doing.
    size_t n = other != NULL && cell_ok(other) && !block_open_loop(block) ? paired_ratios(other, cell, values) : 0;
    int err = statistic_set(summary, metric_table[METRIC_speedup].name, values, n);

    json_set(summary, "speedup_reason",
             n > 0                    ? cJSON_CreateNull()
             : block_open_loop(block) ? cJSON_CreateString(ARRIVALS_DECIDE)
                                      : speedup_reason(reference, other));
    return err;
}

static bool has_loops(const cJSON *block)
{
    const cJSON *cell;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (field_text(cell, "loop") != NULL)
            return true;
    }
    return false;
}

// Against the plain loop of its own language and interpreter: what the model is worth there. That of the models in C is sequential.
static int set_loop_speedup(cJSON *summary, const cJSON *block, const cJSON *cell, double *values)
{
    char loop[BLOCK_LOOP];
    const cJSON *other = has_loops(block) ? block_cell(block, block_own_loop(cell, loop)) : NULL;
    size_t n = other != NULL && cell_ok(other) && !block_open_loop(block) ? paired_ratios(other, cell, values) : 0;

    return statistic_set(summary, metric_table[METRIC_loop_speedup].name, values, n);
}

static int fill_summary(cJSON *summary, const cJSON *document, const cJSON *block, const cJSON *cell)
{
    double *values = calloc(sample_count(cell) + 1, sizeof *values);
    int err;

    if (values == NULL)
        return -ENOMEM;
    cJSON_AddNumberToObject(summary, "n", (double)sample_numbers(cell, "wall_ns", values));
    err = set_metrics(summary, cell, METRIC_OF_CELL, 0, values);
    if (err == 0)
        err = set_classes(summary, cell, values);
    set_kept_up(summary, cell);
    if (err == 0)
        err = set_of_ideal(summary, block, cell, values);
    if (err == 0)
        err = set_speedup(summary, document, block, cell, values);
    if (err == 0)
        err = set_loop_speedup(summary, block, cell, values);
    free(values);
    return err;
}

static int summarise_cell(const cJSON *document, const cJSON *block, cJSON *cell)
{
    cJSON *summary = cell_ok(cell) ? cJSON_CreateObject() : cJSON_CreateNull();

    json_set(cell, "summary", summary);
    return cell_ok(cell) ? fill_summary(summary, document, block, cell) : 0;
}

// At most one core's worth: a model that keeps two cores busy is as CPU-bound as one that keeps its only one busy.
static double cpu_share_of(const cJSON *cell)
{
    return fmin(1, field_number(cell, "summary.cores_used.median"));
}

// Of the reference, whose CPU share is the work's own; where that was not run, of the most sparing cell. NAN: unknown.
static double cpu_share(const cJSON *document, const cJSON *block)
{
    const cJSON *cell = block_cell(block, field_text(document, "plan.reference"));
    double *shares, share;
    size_t n = 0;

    if (cell != NULL && cell_ok(cell))
        return cpu_share_of(cell);
    shares = calloc((size_t)cJSON_GetArraySize(field(block, "cells")) + 1, sizeof *shares);
    if (shares == NULL)
        return NAN;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell))
            shares[n++] = cpu_share_of(cell);
    }
    stats_sort(shares, n);
    share = n > 0 ? shares[0] : NAN;
    free(shares);
    return share;
}

// Tasks without a single step. What was sent to the trials says so; times cannot.
static bool is_empty(const cJSON *block)
{
    const cJSON *cell, *class;
    bool known = false;

    cJSON_ArrayForEach(cell, field(block, "cells")) {
        cJSON_ArrayForEach(class, field(cell, "trial.classes")) {
            known = true;
            if (cJSON_GetArraySize(field(class, "steps")) > 0)
                return false;
        }
    }
    return known;
}

static const char *kind_of(const cJSON *block, double cpu_share)
{
    if (is_empty(block))
        return "empty";
    // How busy a model is at some rate says nothing about the work.
    if (isnan(cpu_share) || block_open_loop(block))
        return NULL;
    return cpu_share >= CPU_BOUND ? "CPU-bound" : cpu_share <= IO_BOUND ? "I/O-bound" : "mixed";
}

static void set_kind(const cJSON *document, cJSON *block)
{
    double share = cpu_share(document, block);
    const char *kind = kind_of(block, share);

    json_set(block, "cpu_share", isnan(share) ? cJSON_CreateNull() : cJSON_CreateNumber(share));
    // Where the work's data say what it is, the run has said so.
    if (field_text(block, "kind") == NULL)
        json_set(block, "kind", kind != NULL ? cJSON_CreateString(kind) : cJSON_CreateNull());
}

// Takes over the list, NULL where there was no memory for it.
static int set_list(cJSON *block, const char *name, cJSON *list)
{
    if (list == NULL)
        return -ENOMEM;
    json_set(block, name, list);
    return 0;
}

struct judging {
    const cJSON *document;
    cJSON *findings;
};

// What is shown of models that can be compared.
static int judge_family(cJSON *part, const char *name, void *data)
{
    struct judging *judging = data;
    int err = ranking_set(part);
    cJSON *findings = err == 0 ? findings_make(judging->document, part) : NULL, *finding;

    if (findings == NULL)
        return err != 0 ? err : -ENOMEM;
    cJSON_ArrayForEach(finding, findings) {
        family_say(judging->findings, name, finding->valuestring);
    }
    cJSON_Delete(findings);
    return 0;
}

static int judge_families(const cJSON *document, cJSON *block)
{
    struct judging judging = {.document = document, .findings = cJSON_CreateArray()};
    int err = families_each(block, judge_family, &judging);

    json_set(block, "findings", judging.findings);
    return err;
}

int summarise_block(cJSON *document, cJSON *block)
{
    cJSON *cell;
    int err = 0;

    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(block, "cells")) {
        if (err == 0)
            err = summarise_cell(document, block, cell);
    }
    if (err == 0)
        err = requirements_judge(document, block);
    if (err == 0) {
        set_kind(document, block);
        err = judge_families(document, block);
    }
    return err == 0 ? set_list(block, "warnings", warnings_make(document, block)) : err;
}

static bool lacks_summary(const cJSON *block)
{
    const cJSON *cell;

    if (field(block, "findings") == NULL || field(block, "warnings") == NULL)
        return true;
    cJSON_ArrayForEach(cell, field(block, "cells")) {
        if (cell_ok(cell) && field(cell, "summary.wall_ns") == NULL)
            return true;
    }
    return false;
}

int summarise_missing(cJSON *document)
{
    cJSON *block;
    int err = 0;

    if (document_kind(document) != DOCUMENT_REPORT)
        return 0;
    cJSON_ArrayForEach(block, cJSON_GetObjectItemCaseSensitive(document, "workloads")) {
        if (err == 0 && lacks_summary(block))
            err = summarise_block(document, block);
    }
    return err == 0 ? summarise_sweeps(document) : err;
}

// SPDX-License-Identifier: MIT
#include "reports/findings/gate_early.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "reports/document/fields.h"

// A machine is unfit where the hypervisor took more than this share of the CPU time, in this share of the rounds.
#define STEAL 0.05
#define STEAL_ROUNDS 0.2

int gate_looks_make(const cJSON *document, struct pairs_looks *ret_looks)
{
    return pairs_looks_make((size_t)field_number(document, "rule.rounds"),
                            (size_t)field_number(document, "rule.comparisons"),
                            field(document, "rule.first_look") != NULL, ret_looks);
}

// Counts the rounds with much steal, and all of them.
static unsigned stolen_rounds(const cJSON *document, int batch, double last, unsigned *ret_all)
{
    unsigned stolen = 0, all = 0;
    const cJSON *round;

    cJSON_ArrayForEach(round, field(document, "rounds")) {
        if (field_number(round, "batch") != batch || field_number(round, "round") > last)
            continue;
        all++;
        stolen += field_number(round, "steal_share") > STEAL;
    }
    *ret_all = all;
    return stolen;
}

// Whether base differs from base by the rounds up to the last.
static int control_differs(const cJSON *document, const cJSON *metric, const struct pairs_looks *looks, int batch,
                           double last, bool *ret_differs)
{
    double limit = log1p(field_number(document, "rule.allowed"));
    struct gate_columns columns;
    struct gate_batch found;
    size_t n = 0;
    int err = gate_columns_read(field(document, "control"), metric_in_gate(metric), batch, &columns);

    while (err == 0 && n < columns.n && columns.round[n] <= last)
        n++;
    if (err == 0 && n > 0)
        err = gate_batch_make(&columns, n, looks, &found);
    *ret_differs = err == 0 && n > 0 && (found.estimate.least > limit || found.estimate.most < -limit);
    gate_columns_release(&columns);
    return err;
}

int gate_fitness(const cJSON *document, const struct pairs_looks *looks, int batch, double round,
                 char unfit[DOCUMENT_ERROR])
{
    unsigned all, stolen = stolen_rounds(document, batch, round, &all);
    const cJSON *metric;
    bool differs = false;
    int err = 0;

    unfit[0] = '\0';
    if (stolen > 0 && stolen >= STEAL_ROUNDS * all)
        snprintf(unfit, DOCUMENT_ERROR, "the hypervisor took more than 5 %% of the CPU time in %u of %u rounds", stolen,
                 all);
    cJSON_ArrayForEach(metric, field(document, "control.metrics")) {
        if (err == 0)
            err = control_differs(document, metric, looks, batch, round, &differs);
        if (differs)
            snprintf(unfit, DOCUMENT_ERROR, "base differs from base: the machine is unfit");
    }
    return err;
}

int gate_early(const cJSON *document, const struct gate_columns *columns, const struct pairs_looks *looks, int batch,
               size_t *ret_n, enum pairs_finding *ret_finding)
{
    double allowed = field_number(document, "rule.allowed");
    bool wanted = field(document, "rule.first_look") != NULL;
    char unfit[DOCUMENT_ERROR];
    int err = 0;

    *ret_n = 0;
    for (size_t n = PAIRS_FIRST_LOOK; wanted && err == 0 && n <= columns->n; n++) {
        err = pairs_look(columns->d, n, looks, allowed, ret_finding);
        if (err != 0 || *ret_finding == PAIRS_UNSURE)
            continue;
        err = gate_fitness(document, looks, batch, columns->round[n - 1], unfit);
        if (err == 0 && unfit[0] == '\0') {
            *ret_n = n;
            return 0;
        }
    }
    return err;
}

static bool metric_decided(const cJSON *document, const cJSON *cell, const cJSON *metric,
                           const struct pairs_looks *looks, int batch)
{
    struct gate_columns columns;
    enum pairs_finding finding;
    size_t n = 0;
    int err = gate_columns_read(cell, metric_in_gate(metric), batch, &columns);

    if (err == 0)
        err = gate_early(document, &columns, looks, batch, &n, &finding);
    gate_columns_release(&columns);
    return err == 0 && n > 0;
}

bool gate_cell_decided(const cJSON *document, const cJSON *cell, const struct pairs_looks *looks, int batch)
{
    const cJSON *metric;

    cJSON_ArrayForEach(metric, field(cell, "metrics")) {
        if (!metric_decided(document, cell, metric, looks, batch))
            return false;
    }
    return true;
}

// SPDX-License-Identifier: MIT
// From the pairs of a gate to its verdicts, by the rules of measure/pairs.h.
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/pairs.h"
#include "reports/fields.h"
#include "reports/gate.h"
#include "reports/gate_batch.h"

// A machine is unfit where the hypervisor took more than this share of the CPU time, in this share of the rounds.
#define STEAL 0.05
#define STEAL_ROUNDS 0.2

#define BATCHES 2

bool gate_is(const cJSON *document)
{
    const char *schema = field_text(document, "schema");

    return schema != NULL && strncmp(schema, "ccbench-gate/", strlen("ccbench-gate/")) == 0;
}

bool gate_flagged(const cJSON *metric, int batch)
{
    const cJSON *object;

    cJSON_ArrayForEach(object, field(metric, "batches")) {
        if (field_number(object, "batch") == batch)
            return cJSON_IsTrue(field(object, "flagged"));
    }
    return false;
}

static const struct gate_metric *metric_of(const cJSON *object)
{
    const char *name = field_text(object, "metric");

    return gate_metric_find(name, strlen(name));
}

// The batch's figures at the end of `list`. 0 or -ENOMEM.
static int add_batch(cJSON *list, const struct gate_metric *metric, int number, const struct gate_batch *batch, bool flagged)
{
    cJSON *object = cJSON_CreateObject();
    int r = object != NULL && cJSON_AddItemToArray(list, object) ? 0 : -ENOMEM;

    if (r == 0)
        r = field_set(object, "batch", cJSON_CreateNumber(number));
    if (r == 0)
        r = gate_batch_write(object, metric, batch);
    return r == 0 ? field_set(object, "flagged", cJSON_CreateBool(flagged)) : r;
}

// The metric of a cell while it is judged.
struct judgement {
    const cJSON *document;
    const struct gate_metric *metric;
    double allowed;
    bool control;
    struct gate_batch batches[BATCHES];
    int last;            // the batch that decides
    const char *verdict;
    char reason[DOCUMENT_ERROR];
};

static void say(struct judgement *judgement, const char *verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct judgement *judgement, const char *verdict, const char *format, ...)
{
    va_list arguments;

    judgement->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(judgement->reason, sizeof judgement->reason, format, arguments);
    va_end(arguments);
}

// Of base against base a difference in either direction is one too many.
static bool flags(const struct judgement *judgement, const struct gate_batch *batch)
{
    enum pairs_finding finding = batch->estimate.n > 0 ? pairs_judge(&batch->estimate, judgement->allowed) : PAIRS_TOO_FEW;

    return finding == PAIRS_WORSE || (judgement->control && finding == PAIRS_BETTER);
}

// Reads the batches that count for this metric into `list`: the second one only where the first flagged it, as the cell
// may have been measured again for another metric.
static int read_batches(struct judgement *judgement, const cJSON *cell, cJSON *list)
{
    size_t comparisons = (size_t)field_number(judgement->document, "rule.comparisons");
    int r = 0;

    for (int number = 1; r == 0 && number <= BATCHES; number++) {
        struct gate_batch *batch = &judgement->batches[number - 1];

        r = gate_batch_make(cell, judgement->metric, number, comparisons, batch);
        if (r < 0 || (number > 1 && (batch->asked == 0 || !(judgement->control || flags(judgement, &judgement->batches[0])))))
            break;
        judgement->last = number;
        r = add_batch(list, judgement->metric, number, batch, flags(judgement, batch));
    }
    return r;
}

// The last reason base gave for not giving a figure.
static const char *base_excuse(const cJSON *cell)
{
    const char *excuse = NULL;
    const cJSON *pair;

    cJSON_ArrayForEach(pair, field(cell, "pairs")) {
        if (field(pair, "base") != NULL && !field_is(field(pair, "base"), "status", "ok"))
            excuse = field_text(pair, "base.reason");
    }
    return excuse;
}

static void judge_pairs(struct judgement *judgement, const cJSON *cell)
{
    const struct gate_batch *batch = &judgement->batches[judgement->last - 1];
    bool again = judgement->last > 1;
    enum pairs_finding finding = PAIRS_TOO_FEW;
    const char *excuse = base_excuse(cell);

    if (batch->estimate.n > 0)
        finding = again ? pairs_judge_again(&batch->estimate, judgement->allowed)
                        : pairs_judge(&batch->estimate, judgement->allowed);
    if (finding == PAIRS_TOO_FEW)
        say(judgement, "inconclusive", "only %zu of %zu rounds have a valid pair%s%.150s", batch->estimate.n, batch->asked,
            excuse != NULL ? ": base: " : "", excuse != NULL ? excuse : "");
    else if (finding == PAIRS_UNSURE)
        say(judgement, "inconclusive", "%s",
            again ? "flagged once; a second batch neither confirms nor denies it" : "too noisy to tell (more --rounds?)");
    else if (finding == PAIRS_WORSE)
        say(judgement, "regression", "%s", again ? "in both batches" : "in the first batch");
    else if (again)
        say(judgement, "unconfirmed", "flagged once, not in a second batch");
    else
        say(judgement, finding == PAIRS_BETTER ? "better" : "same", "%s", "");
}

// What stands above the figures: a machine that cannot be trusted, and an end before the end.
static void judge_circumstances(struct judgement *judgement)
{
    char unfit[DOCUMENT_ERROR];

    if (gate_unfit(judgement->document, judgement->last, unfit)[0] != '\0')
        say(judgement, "inconclusive", "%s", unfit);
    if (field(judgement->document, "interrupted") != NULL &&
        (double)judgement->batches[judgement->last - 1].asked < field_number(judgement->document, "rule.rounds"))
        say(judgement, "inconclusive", "interrupted");
}

static int write_judgement(cJSON *object, const struct judgement *judgement)
{
    const struct gate_batch *batch = &judgement->batches[judgement->last - 1];
    int r = field_set(object, "batch", cJSON_CreateNumber(judgement->last));

    if (r == 0)
        r = field_set(object, "base", gate_number(batch->base));
    if (r == 0)
        r = field_set(object, "new", gate_number(batch->new));
    if (r == 0)
        r = gate_batch_write(object, judgement->metric, batch);
    if (r == 0)
        r = field_set(object, "allowed", gate_number(gate_change(judgement->metric, log1p(judgement->allowed))));
    if (r == 0)
        r = field_set(object, "verdict", cJSON_CreateString(judgement->verdict));
    return r < 0 ? r
                 : field_set(object, "reason",
                             judgement->reason[0] != '\0' ? cJSON_CreateString(judgement->reason) : cJSON_CreateNull());
}

static int judge_metric(const cJSON *document, const cJSON *cell, cJSON *object, bool control)
{
    struct judgement judgement = {
        .document = document,
        .metric = metric_of(object),
        .allowed = field_number(document, "rule.allowed"),
        .control = control,
        .last = 1,
    };
    cJSON *list = cJSON_CreateArray();
    int r = list != NULL ? read_batches(&judgement, cell, list) : -ENOMEM;

    if (r < 0) {
        cJSON_Delete(list);
        return r;
    }
    r = field_set(object, "batches", list);
    if (control && (flags(&judgement, &judgement.batches[0]) || flags(&judgement, &judgement.batches[1]))) {
        say(&judgement, "different", "base differs from base");
    } else if (control) {
        say(&judgement, "same", "%s", "");
    } else {
        judge_pairs(&judgement, cell);
        judge_circumstances(&judgement);
    }
    return r == 0 ? write_judgement(object, &judgement) : r;
}

static int judge_metrics(const cJSON *document, cJSON *cell, bool control)
{
    cJSON *object;
    int r = 0;

    cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(cell, "metrics")) {
        if (r == 0)
            r = judge_metric(document, cell, object, control);
    }
    return r;
}

// One bad sample of new is a fault, however fast it is otherwise; one of base only spoils its pair.
static int settle_status(cJSON *cell)
{
    const cJSON *pair, *bad = NULL;
    char reason[DOCUMENT_ERROR];
    int r;

    if (!field_is(cell, "status", "compared"))
        return 0;
    cJSON_ArrayForEach(pair, field(cell, "pairs")) {
        if (bad == NULL && field(pair, "new") != NULL && !field_is(field(pair, "new"), "status", "ok"))
            bad = pair;
    }
    if (bad == NULL)
        return 0;
    snprintf(reason, sizeof reason, "new %s in round %.0f: %.200s",
             field_is(bad, "new.status", "wrong") ? "was wrong" : "failed", field_number(bad, "round"),
             field_text(bad, "new.reason") != NULL ? field_text(bad, "new.reason") : "no reason given");
    r = field_set(cell, "reason", cJSON_CreateString(reason));
    return r == 0 ? field_set(cell, "status", cJSON_CreateString("failed")) : r;
}

// Counts the batch's rounds with much steal, and all of them.
static unsigned stolen_rounds(const cJSON *document, int batch, unsigned *ret_all)
{
    unsigned stolen = 0, all = 0;
    const cJSON *round;

    cJSON_ArrayForEach(round, field(document, "rounds")) {
        if (field_number(round, "batch") != batch)
            continue;
        all++;
        stolen += field_number(round, "steal_share") > STEAL;
    }
    *ret_all = all;
    return stolen;
}

char *gate_unfit(const cJSON *document, int batch, char buf[DOCUMENT_ERROR])
{
    unsigned all, stolen = stolen_rounds(document, batch, &all);
    const cJSON *metric;

    buf[0] = '\0';
    if (stolen > 0 && stolen >= STEAL_ROUNDS * all)
        snprintf(buf, DOCUMENT_ERROR, "the hypervisor took more than 5 %% of the CPU time in %u of %u rounds", stolen, all);
    cJSON_ArrayForEach(metric, field(document, "control.metrics")) {
        if (gate_flagged(metric, batch))
            snprintf(buf, DOCUMENT_ERROR, "base differs from base: the machine is unfit");
    }
    return buf;
}

int gate_summarise(cJSON *document)
{
    cJSON *control = cJSON_GetObjectItemCaseSensitive(document, "control"), *cell;
    int r = cJSON_IsObject(control) ? judge_metrics(document, control, true) : 0;

    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(document, "cells")) {
        if (r == 0)
            r = settle_status(cell);
        if (r == 0 && field_is(cell, "status", "compared"))
            r = judge_metrics(document, cell, false);
    }
    return r == 0 ? gate_conclude(document) : r;
}

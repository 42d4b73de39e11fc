// SPDX-License-Identifier: MIT
#include "reports/findings/gate_summary.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/utf8.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/findings/gate_early.h"
#include "reports/findings/gate_verdict.h"
#include "reports/findings/switches.h"

bool gate_unsettled(const cJSON *metric)
{
    return field_is(metric, "verdict", "inconclusive") && field(metric, "order") != NULL;
}

bool gate_cell_unsettled(const cJSON *cell)
{
    const cJSON *metric;

    cJSON_ArrayForEach(metric, field(cell, "metrics")) {
        if (gate_unsettled(metric))
            return field_is(cell, "status", "compared");
    }
    return false;
}

// The batch's figures at the end of `list`.
static void add_batch(cJSON *list, const struct metric *metric, int number, const struct gate_batch *batch,
                      bool flagged)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddItemToArray(list, object);
    cJSON_AddNumberToObject(object, "batch", number);
    gate_batch_write(object, metric, batch);
    cJSON_AddBoolToObject(object, "flagged", flagged);
}

// What a gate is judged by.
struct rule {
    struct pairs_looks looks;
    // Why what was measured in each batch as a whole, from 1, cannot be trusted; "" if it can.
    char unfit[GATE_BATCHES + 1][DOCUMENT_ERROR];
};

// The metric of a cell while it is judged.
struct judgement {
    const cJSON *document, *cell;
    const struct rule *rule;
    bool control; // base against base, which tells whether the machine is fit
    const struct metric *metric;
    double allowed;
    int number;              // of the batch that was read last, and
    struct gate_batch batch; // what it came to
    unsigned flags;          // batches of a fit machine that flagged it; of the control: any
    bool early;              // it was decided before its end,
    enum pairs_finding look; // with this
    unsigned unfit;          // batches that do not count, and
    const char *why_unfit;   // what the last of them suffered from
    bool settled;            // another batch would change nothing
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

static enum pairs_finding find(const struct judgement *judgement)
{
    const struct pairs_estimate *estimate = &judgement->batch.estimate;

    if (judgement->early)
        return judgement->look;
    if (estimate->n == 0)
        return PAIRS_TOO_FEW;
    return judgement->flags > 0 ? pairs_judge_again(estimate, judgement->allowed)
                                : pairs_judge(estimate, judgement->allowed);
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

static void judge_too_few(struct judgement *judgement)
{
    const char *excuse = base_excuse(judgement->cell);

    say(judgement, "inconclusive", "only %zu of %zu rounds have a valid pair%s%.150s", judgement->batch.estimate.n,
        judgement->batch.asked, excuse != NULL ? ": base: " : "", excuse != NULL ? excuse : "");
}

static void judge_doubt(struct judgement *judgement)
{
    const char *plural = judgement->number > 1 ? "es" : "";

    if (judgement->flags > 0 && judgement->unfit > 0)
        say(judgement, "inconclusive", "flagged once, not confirmed: %u of %d batches %s not count, for %.150s",
            judgement->unfit, judgement->number, judgement->unfit == 1 ? "does" : "do", judgement->why_unfit);
    else if (judgement->flags > 0)
        say(judgement, "inconclusive", "flagged in 1 of %d batch%s, neither confirmed nor denied", judgement->number,
            plural);
    else
        say(judgement, "inconclusive", "too noisy to tell in %d batch%s (more --rounds?)", judgement->number, plural);
}

// What this batch, after those before it, says of the metric.
static void judge_batch(struct judgement *judgement)
{
    enum pairs_finding finding = find(judgement);
    const char *unfit = judgement->rule->unfit[judgement->number];

    // Of an unfit machine neither an alarm nor its absence counts; what was decided early was so while it was fit.
    if (unfit[0] != '\0' && !judgement->early) {
        judgement->unfit++;
        judgement->why_unfit = unfit;
        say(judgement, "inconclusive", "%s", unfit);
        return;
    }
    judgement->flags += finding == PAIRS_WORSE;
    judgement->settled = finding != PAIRS_UNSURE && (finding != PAIRS_WORSE || judgement->flags > 1);
    if (finding == PAIRS_TOO_FEW)
        judge_too_few(judgement);
    else if (!judgement->settled)
        judge_doubt(judgement);
    else if (finding == PAIRS_WORSE)
        say(judgement, "regression", judgement->number == 2 ? "in both batches" : "in 2 of %d batches",
            judgement->number);
    else if (judgement->flags > 0)
        say(judgement, "unconfirmed", "flagged once, not when measured again");
    else
        say(judgement, finding == PAIRS_BETTER ? "better" : "same", "%s", "");
}

// Of base against base a difference in either direction is one too many, in any batch.
static bool judge_control(struct judgement *judgement)
{
    enum pairs_finding finding = find(judgement);
    bool differs = finding == PAIRS_WORSE || finding == PAIRS_BETTER;

    judgement->flags += differs;
    if (judgement->flags > 0)
        say(judgement, "different", "base differs from base");
    else
        say(judgement, "same", "%s", "");
    return differs;
}

// The batch's figures, of as many of its rounds as decide. -ENOENT where it was not measured.
static int read_batch(struct judgement *judgement, int number)
{
    struct gate_columns columns;
    size_t n = 0;
    int err = gate_columns_read(judgement->cell, judgement->metric, number, &columns);

    if (err == 0 && number > 1 && columns.asked == 0)
        err = -ENOENT;
    if (err == 0 && !judgement->control)
        err = gate_early(judgement->document, &columns, &judgement->rule->looks, number, &n, &judgement->look);
    if (err == 0) {
        judgement->early = n > 0;
        judgement->number = number;
        err = gate_batch_make(&columns, n > 0 ? n : columns.n, &judgement->rule->looks, &judgement->batch);
    }
    gate_columns_release(&columns);
    return err;
}

// One batch after the other, until one settles it: a cell may have been measured again for another metric. Their figures
// are put into `list`. 0 or -ENOMEM.
static int judge_batches(struct judgement *judgement, cJSON *list)
{
    int err = 0;

    for (int number = 1; err == 0 && number <= GATE_BATCHES && !judgement->settled; number++) {
        bool flags;

        err = read_batch(judgement, number);
        if (err != 0)
            break;
        flags = judgement->control ? judge_control(judgement) : find(judgement) == PAIRS_WORSE;
        if (!judgement->control)
            judge_batch(judgement);
        add_batch(list, judgement->metric, number, &judgement->batch, flags);
    }
    return err == -ENOENT ? 0 : err;
}

// An end before the end.
static void judge_interruption(struct judgement *judgement)
{
    if (field(judgement->document, "interrupted") != NULL && !judgement->early &&
        (double)judgement->batch.asked < field_number(judgement->document, "rule.rounds"))
        say(judgement, "inconclusive", "interrupted");
}

// What was measured is not one build against another.
static void judge_mismatch(struct judgement *judgement)
{
    const char *mismatch = field_text(judgement->document, "mismatch");

    if (mismatch != NULL)
        say(judgement, "inconclusive", "%s", mismatch);
}

static void write_judgement(cJSON *object, const struct judgement *judgement)
{
    const struct gate_batch *batch = &judgement->batch;
    const char *reason = judgement->reason;

    json_set(object, "batch", cJSON_CreateNumber(judgement->number));
    gate_set_number(object, "base", batch->base);
    gate_set_number(object, "new", batch->new);
    gate_batch_write(object, judgement->metric, batch);
    gate_set_number(object, "allowed", gate_change(judgement->metric, log1p(judgement->allowed)));
    json_set(object, "verdict", cJSON_CreateString(judgement->verdict));
    json_set(object, "reason", reason[0] != '\0' ? cJSON_CreateString(reason) : cJSON_CreateNull());
}

static int judge_metric(const cJSON *document, const cJSON *cell, cJSON *object, const struct rule *rule, bool control)
{
    struct judgement judgement = {
        .document = document,
        .cell = cell,
        .rule = rule,
        .control = control,
        .metric = metric_in_gate(object),
        .allowed = field_number(document, "rule.allowed"),
    };
    cJSON *list = cJSON_CreateArray();
    int err = judge_batches(&judgement, list);

    json_set(object, "batches", list);
    if (err < 0)
        return err;
    if (!control) {
        judge_interruption(&judgement);
        judge_mismatch(&judgement);
    }
    write_judgement(object, &judgement);
    return 0;
}

static int judge_metrics(const cJSON *document, cJSON *cell, const struct rule *rule, bool control)
{
    cJSON *object;
    int err = 0;

    cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(cell, "metrics")) {
        if (err == 0)
            err = judge_metric(document, cell, object, rule, control);
    }
    return err;
}

// One bad sample of new is a fault, however fast it is otherwise, unless new was changed meanwhile; one of base only spoils
// its pair.
static void settle_status(cJSON *cell, bool mismatch)
{
    const cJSON *pair, *bad = NULL;
    char reason[DOCUMENT_ERROR];

    cJSON_ArrayForEach(pair, field(cell, "pairs")) {
        if (bad == NULL && field(pair, "new") != NULL && !field_is(field(pair, "new"), "status", "ok"))
            bad = pair;
    }
    if (bad == NULL || !field_is(cell, "status", "compared") || mismatch)
        return;
    snprintf(
        reason, sizeof reason, "new %s in round %.0f: %.*s",
        field_is(bad, "new.status", "wrong") ? "was wrong" : "failed", field_number(bad, "round"),
        UTF8_CLIPPED(field_text(bad, "new.reason") != NULL ? field_text(bad, "new.reason") : "no reason given", 200));
    json_set(cell, "reason", cJSON_CreateString(reason));
    json_set(cell, "status", cJSON_CreateString("failed"));
}

static int add_notes(cJSON *document)
{
    cJSON *notes = switches_of_gate(document);

    if (notes == NULL)
        return -ENOMEM;
    json_set(document, "notes", notes);
    return 0;
}

static bool control_differs(const cJSON *document)
{
    const cJSON *metric;

    cJSON_ArrayForEach(metric, field(document, "control.metrics")) {
        if (field_is(metric, "verdict", "different"))
            return true;
    }
    return false;
}

static int judge_cells(cJSON *document, struct rule *rule)
{
    cJSON *control = cJSON_GetObjectItemCaseSensitive(document, "control"), *cell;
    int err = cJSON_IsObject(control) ? judge_metrics(document, control, rule, true) : 0;

    for (int batch = 1; err == 0 && batch <= GATE_BATCHES; batch++)
        err = gate_fitness(document, &rule->looks, batch, INFINITY, rule->unfit[batch]);
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(document, "cells")) {
        settle_status(cell, field(document, "mismatch") != NULL);
        if (err == 0 && field_is(cell, "status", "compared"))
            err = judge_metrics(document, cell, rule, false);
    }
    return err;
}

int gate_summarise(cJSON *document, struct gate_outcome *ret_outcome)
{
    const char *common[GATE_BATCHES + 1] = {NULL};
    struct rule rule = {.unfit = {""}};
    int err = gate_looks_make(document, &rule.looks);

    if (err == 0)
        err = judge_cells(document, &rule);
    if (err == 0)
        err = add_notes(document);
    for (int batch = 1; batch <= GATE_BATCHES; batch++)
        common[batch - 1] = rule.unfit[batch];
    ret_outcome->control_differs = control_differs(document);
    if (err == 0)
        err = gate_conclude(document, common, &ret_outcome->status);
    pairs_looks_release(&rule.looks);
    return err;
}

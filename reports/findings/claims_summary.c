// SPDX-License-Identifier: MIT
#include "reports/findings/claims_summary.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/json.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_figure.h"
#include "reports/findings/claims_verdict.h"

#define REASON 400

static bool bounds_of(const cJSON *figure, struct claims_bounds *ret_bounds)
{
    const cJSON *most = field(figure, "confirmed.at_most");

    if (field(figure, "confirmed") == NULL || field(figure, "refuted") == NULL)
        return false;
    ret_bounds->at_most = most != NULL;
    ret_bounds->confirmed = field_number(figure, most != NULL ? "confirmed.at_most" : "confirmed.at_least");
    ret_bounds->refuted = field_number(figure, most != NULL ? "refuted.at_least" : "refuted.at_most");
    return true;
}

// The batches of a figure: their values one after the other, how many each has, and what others took meanwhile.
struct batches {
    double *values; // owned
    size_t n[CLAIMS_BATCHES_MOST];
    double others[CLAIMS_BATCHES_MOST];
    unsigned count;
};

// 0 or -ENOMEM. To be freed in any case.
static int read_batches(const cJSON *figure, struct batches *ret_batches)
{
    const cJSON *batch, *value, *batches = field(figure, "batches"), *others = field(figure, "others_shares");
    size_t count = 0;

    *ret_batches = (struct batches){.count = 0};
    cJSON_ArrayForEach(batch, batches)
        count += (size_t)cJSON_GetArraySize(batch);
    ret_batches->values = calloc(count + 1, sizeof *ret_batches->values);
    if (ret_batches->values == NULL)
        return -ENOMEM;
    count = 0;
    cJSON_ArrayForEach(batch, batches) {
        unsigned index = ret_batches->count;

        if (index == CLAIMS_BATCHES_MOST)
            break;
        ret_batches->n[index] = (size_t)cJSON_GetArraySize(batch);
        ret_batches->others[index] = cJSON_GetNumberValue(cJSON_GetArrayItem(others, (int)index));
        cJSON_ArrayForEach(value, batch)
            ret_batches->values[count++] = cJSON_GetNumberValue(value);
        ret_batches->count++;
    }
    return 0;
}

static void say_few(const cJSON *figure, const struct claims_estimate *estimate, size_t needed, char reason[REASON])
{
    if (field_text(figure, "missing") != NULL)
        snprintf(reason, REASON, "%.390s", field_text(figure, "missing"));
    else if (estimate->n == 0 && field_text(figure, "metric") != NULL)
        snprintf(reason, REASON, "0 of %zu values: what was measured has no %.100s%s%.100s", needed,
                 field_text(figure, "metric"), field_text(figure, "class") != NULL ? " of " : "",
                 field_text(figure, "class") != NULL ? field_text(figure, "class") : "");
    else
        snprintf(reason, REASON, "%zu of %zu values", estimate->n, needed);
}

static void say_between(const cJSON *figure, char reason[REASON])
{
    char own[CLAIMS_FIGURE_TEXT], yes[CLAIMS_FIGURE_TEXT], no[CLAIMS_FIGURE_TEXT];

    snprintf(reason, REASON, "%s lies between what confirms it, %s, and what refutes it, %s",
             claims_figure_text(figure, own), claims_bound_text(figure, "confirmed", yes),
             claims_bound_text(figure, "refuted", no));
}

static void say_noise(const cJSON *figure, char reason[REASON])
{
    char own[CLAIMS_FIGURE_TEXT], yes[CLAIMS_FIGURE_TEXT], no[CLAIMS_FIGURE_TEXT];

    snprintf(reason, REASON, "too noisy: %s is wholly on neither side of %s and %s", claims_figure_text(figure, own),
             claims_bound_text(figure, "confirmed", yes), claims_bound_text(figure, "refuted", no));
}

static void say_batches(const cJSON *figure, const struct claims_estimate *estimate, char reason[REASON])
{
    const char *unit = field_text(figure, "unit");
    unsigned last = estimate->batch_count - 1;
    char text[UNITS_TEXT];
    int length = snprintf(reason, REASON, "the batches disagree: ");

    for (unsigned i = 0; i <= last; i++)
        length += snprintf(reason + length, (size_t)(REASON - length), "%s%s",
                           claims_value_text(unit, estimate->batches[i].median, text),
                           i + 1 < last ? ", "
                           : i < last   ? " and "
                                        : claims_suffix(figure));
}

static void say_others(const cJSON *figure, const struct claims_estimate *estimate, char reason[REASON])
{
    char own[CLAIMS_FIGURE_TEXT];

    snprintf(reason, REASON, "%s, but other programs took %.0f %% of the CPU time meanwhile",
             claims_figure_text(figure, own), 100 * estimate->others);
}

static const char *const cause_names[] = {NULL, "few", "batches", "noise", "between", "others"};

// Why it shows nothing.
static void explain(cJSON *figure, const struct claims_estimate *estimate, enum claims_cause cause, size_t needed)
{
    char reason[REASON] = "";

    if (cause == CLAIMS_CAUSE_FEW)
        say_few(figure, estimate, needed, reason);
    else if (cause == CLAIMS_CAUSE_BATCHES)
        say_batches(figure, estimate, reason);
    else if (cause == CLAIMS_CAUSE_NOISE)
        say_noise(figure, reason);
    else if (cause == CLAIMS_CAUSE_BETWEEN)
        say_between(figure, reason);
    else if (cause == CLAIMS_CAUSE_OTHERS)
        say_others(figure, estimate, reason);
    json_set(figure, "reason", reason[0] != '\0' ? cJSON_CreateString(reason) : cJSON_CreateNull());
    // Where it is known why there are no values, that is the cause.
    if (field_text(figure, "missing") == NULL && cause == CLAIMS_CAUSE_FEW && estimate->n == 0)
        json_set(figure, "cause", cJSON_CreateString("failed")); // once more would be as this time
    else if (field_text(figure, "missing") == NULL || cause != CLAIMS_CAUSE_FEW)
        json_set(figure, "cause",
                 cause_names[cause] != NULL ? cJSON_CreateString(cause_names[cause]) : cJSON_CreateNull());
}

static void set_number(cJSON *object, const char *name, double value)
{
    json_set(object, name, isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

static void set_estimate(cJSON *figure, const struct claims_estimate *estimate, bool once)
{
    bool interval = estimate->interval || (once && estimate->n > 1);

    json_set(figure, "n", cJSON_CreateNumber((double)estimate->n));
    set_number(figure, "median", estimate->median);
    set_number(figure, "low", interval ? estimate->low : NAN);
    set_number(figure, "high", interval ? estimate->high : NAN);
}

static int judge_figure(cJSON *figure)
{
    bool once = cJSON_IsTrue(field(figure, "once"));
    size_t needed = once ? 1 : CLAIMS_ROUNDS;
    enum claims_cause cause = CLAIMS_CAUSE_NONE;
    struct claims_estimate estimate;
    struct claims_bounds bounds;
    struct batches batches;
    int err = read_batches(figure, &batches);

    if (err == 0)
        err = claims_estimate(batches.values, batches.n, batches.others, batches.count, once, &estimate);
    free(batches.values);
    if (err != 0)
        return err;
    set_estimate(figure, &estimate, once);
    if (bounds_of(figure, &bounds)) {
        enum claims_verdict verdict = claims_judge_estimate(&estimate, &bounds, needed, &cause);

        json_set(figure, "verdict", cJSON_CreateString(claims_verdict_names[verdict]));
    } else {
        json_set(figure, "verdict", cJSON_CreateNull());
        cause = estimate.n == 0 ? CLAIMS_CAUSE_FEW : CLAIMS_CAUSE_NONE;
    }
    explain(figure, &estimate, cause, batches.count * needed);
    return 0;
}

// The first figure of that verdict; -1: none.
static int find_figure(const cJSON *figures, const char *verdict)
{
    const cJSON *figure;
    int index = 0;

    cJSON_ArrayForEach(figure, figures) {
        if (field_is(figure, "verdict", verdict))
            return index;
        index++;
    }
    return -1;
}

// Refuted by one figure, confirmed by all that have bounds.
static enum claims_verdict judge_all(const cJSON *figures, int *ret_deciding)
{
    static const enum claims_verdict order[] = {CLAIMS_REFUTED, CLAIMS_NOT_SHOWN, CLAIMS_CONFIRMED};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        *ret_deciding = find_figure(figures, claims_verdict_names[order[i]]);
        if (*ret_deciding >= 0)
            return order[i];
    }
    return CLAIMS_NOT_SHOWN;
}

// "threads under a GIL: too noisy: …"
static void set_reason(cJSON *judged, const cJSON *figure)
{
    char text[REASON + 120];
    const char *reason = figure != NULL ? field_text(figure, "reason") : NULL;

    if (reason != NULL)
        snprintf(text, sizeof text, "%.110s: %s", field_text(figure, "name"), reason);
    json_set(judged, "reason", reason != NULL ? cJSON_CreateString(text) : cJSON_CreateNull());
}

// Of a claim, or of a runtime that it is tested on.
static int judge_figures(cJSON *judged)
{
    cJSON *figures = cJSON_GetObjectItemCaseSensitive(judged, "figures"), *figure;
    enum claims_verdict verdict;
    int deciding, err = 0;

    cJSON_ArrayForEach(figure, figures) {
        if (err == 0)
            err = judge_figure(figure);
    }
    verdict = judge_all(figures, &deciding);
    json_set(judged, "verdict", cJSON_CreateString(claims_verdict_names[verdict]));
    json_set(judged, "deciding", deciding >= 0 ? cJSON_CreateNumber(deciding) : cJSON_CreateNull());
    set_reason(judged, verdict == CLAIMS_NOT_SHOWN && deciding >= 0 ? cJSON_GetArrayItem(figures, deciding) : NULL);
    return err;
}

// By the cause that the deciding figure has.
static const struct remedy {
    const char *cause, *text; // with what the claim is named by in it
} remedies[] = {
    {"noise", "'ccbench claims %s' on a quieter machine; 'ccbench check' names what disturbs"},
    {"batches", "'ccbench claims %s' on a quieter machine; 'ccbench check' names what disturbs"},
    {"others", "'ccbench claims %s' while nothing else runs; 'ccbench check' names what does"},
    {"between", "'ccbench claims %s' on a machine where it is more marked: on this one it is neither"},
    {"few", "'ccbench claims %s' once more"},
    {"time", "'ccbench claims %s' without --time-limit, or with a longer one"},
    {"interrupted", "'ccbench claims %s', to its end"},
    {"cores", "'ccbench claims %s' on a machine with more cores, or with all of them (--cpus)"},
    {"missing", "'ccbench claims %s' once that is here"},
    {"failed", "'ccbench claims %s' once that is mended"},
};

// 0 or -ENOMEM.
static int set_would_show(cJSON *claim, const char *typed)
{
    const cJSON *figure = cJSON_GetArrayItem(field(claim, "figures"), (int)field_number(claim, "deciding"));
    const char *cause = figure != NULL ? field_text(figure, "cause") : NULL;

    json_set(claim, "would_show", cJSON_CreateNull());
    if (cause == NULL || !field_is(claim, "verdict", "not shown"))
        return 0;
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        const char *at = strstr(remedies[i].text, "%s");
        char *text;

        if (strcmp(remedies[i].cause, cause) != 0)
            continue;
        if (asprintf(&text, "%.*s%s%s", (int)(at - remedies[i].text), remedies[i].text, typed, at + 2) < 0)
            return -ENOMEM;
        json_set(claim, "would_show", cJSON_CreateString(text));
        free(text);
    }
    return 0;
}

// Where a runtime and what stands in for it say the opposite.
static void set_disagreement(cJSON *claim)
{
    const char *own = field_text(claim, "verdict"), *found = NULL;
    const cJSON *real;
    char text[200];

    cJSON_ArrayForEach(real, field(claim, "real")) {
        const char *other = field_text(real, "verdict");

        if (found == NULL && other != NULL && strcmp(other, own) != 0 && strcmp(other, "not shown") != 0 &&
            strcmp(own, "not shown") != 0) {
            found = field_text(real, "runtime");
            snprintf(text, sizeof text, "%.40s itself says the opposite of its stand-in: %s by %.40s, %s here", found,
                     other, found, own);
        }
    }
    json_set(claim, "disagreement", found != NULL ? cJSON_CreateString(text) : cJSON_CreateNull());
}

int claims_settle(cJSON *claim, const char *typed)
{
    bool tested = false;
    cJSON *real, *all = cJSON_GetObjectItemCaseSensitive(claim, "real");
    int err = judge_figures(claim);

    cJSON_ArrayForEach(real, all) {
        if (err == 0 && cJSON_GetArraySize(field(real, "figures")) > 0) {
            err = judge_figures(real);
            tested |= !field_is(real, "verdict", "not shown");
        }
    }
    json_set(claim, "stand_in", cJSON_CreateBool(cJSON_GetArraySize(all) > 0 && !tested));
    if (err == 0)
        err = set_would_show(claim, typed);
    set_disagreement(claim);
    return err;
}

bool claims_may_settle(const cJSON *figure)
{
    const char *cause = field_text(figure, "cause");

    for (int i = 0; cause != NULL && i < CLAIMS_CAUSES; i++) {
        if (cause_names[i] != NULL && strcmp(cause, cause_names[i]) == 0)
            return field_is(figure, "verdict", "not shown") && claims_cause_may_pass((enum claims_cause)i);
    }
    return false;
}

static void add_counts(cJSON *document)
{
    static const char *const names[CLAIMS_VERDICTS] = {"confirmed", "refuted", "not_shown"};
    cJSON *counts = cJSON_CreateObject();
    const cJSON *claim;

    for (int verdict = 0; verdict < CLAIMS_VERDICTS; verdict++) {
        int n = 0;

        cJSON_ArrayForEach(claim, field(document, "claims"))
            n += field_is(claim, "verdict", claims_verdict_names[verdict]);
        cJSON_AddNumberToObject(counts, names[verdict], n);
    }
    json_set(document, "counts", counts);
}

void claims_conclude(cJSON *document)
{
    int asked = 0, answered = 0, counted = 0, right = 0;
    const cJSON *claim;
    cJSON *predictions;

    add_counts(document);
    if (field(document, "predictions") == NULL)
        return;
    cJSON_ArrayForEach(claim, field(document, "claims")) {
        bool was = field(claim, "predicted") != NULL, holds = was && field_is(claim, "verdict", "confirmed");

        asked += field(claim, "asks") != NULL;
        answered += was;
        counted += holds;
        right += holds && field_number(claim, "predicted") == field_number(claim, "asks.right");
    }
    predictions = cJSON_CreateObject();
    cJSON_AddNumberToObject(predictions, "asked", asked);
    cJSON_AddNumberToObject(predictions, "answered", answered);
    cJSON_AddNumberToObject(predictions, "counted", counted);
    cJSON_AddNumberToObject(predictions, "right", right);
    json_set(document, "predictions", predictions);
}

// SPDX-License-Identifier: MIT
#include "reports/render/gate_lines.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/findings/gate_metric.h"
#include "measure/base/text.h"

const char *const gate_headings[GATE_COLUMNS] = {
    "cell", "metric", "base", "new", "change", "interval", "at least", "allowed", "verdict",
};

static bool same_name(const cJSON *a, const cJSON *b)
{
    return field_is(a, "workload", field_text(b, "workload")) && field_is(a, "model", field_text(b, "model"));
}

void gate_write_cell(FILE *out, const cJSON *document, const cJSON *cell)
{
    const cJSON *other;
    bool ambiguous = false, pinned = false;

    fprintf(out, "%s %s", field_text(cell, "workload"), field_text(cell, "model"));
    cJSON_ArrayForEach(other, field(document, "cells")) ambiguous |= other != cell && same_name(other, cell) &&
        (field_number(other, "tasks") != field_number(cell, "tasks") ||
         field_number(other, "concurrency") != field_number(cell, "concurrency"));
    cJSON_ArrayForEach(other, field(document, "cells")) pinned |= other != cell && same_name(other, cell) &&
        field_text(cell, "cpus") != NULL && !field_is(other, "cpus", field_text(cell, "cpus"));
    if (ambiguous)
        fprintf(out, " -n %.0f -c %.0f", field_number(cell, "tasks"), field_number(cell, "concurrency"));
    if (pinned)
        fprintf(out, " --cpus=%s", field_text(cell, "cpus"));
}

static void write_share(FILE *out, double share)
{
    double percent = 100 * share;

    if (isnan(share))
        fputs("n/a", out);
    else if (fabs(percent) < 0.05)
        fputs("0.0 %", out);
    else
        fprintf(out, fabs(percent) < 100 ? "%+.1f %%" : "%+.0f %%", percent);
}

static const struct gate_metric *metric_of(const cJSON *object)
{
    const char *name = field_text(object, "metric");

    return gate_metric_find(name, strlen(name));
}

static void write_verdict(FILE *out, const struct gate_line *line)
{
    const char *verdict = field_text(line->metric, "verdict");

    if (line->metric == NULL)
        fputs(field_text(line->cell, "status"), out);
    else if (verdict == NULL)
        fputs("none yet", out);
    else if (strcmp(verdict, "same") == 0)
        fputs("ok", out);
    else if (strcmp(verdict, "regression") == 0 || strcmp(verdict, "different") == 0)
        fputs(strcmp(verdict, "different") == 0 ? "DIFFERENT" : "REGRESSION", out);
    else if (strcmp(verdict, "unconfirmed") == 0)
        fputs("ok (not confirmed)", out);
    else
        fputs(strcmp(verdict, "better") == 0 ? metric_of(line->metric)->better : verdict, out);
}

static void write_value(FILE *out, const struct gate_line *line, const char *name)
{
    char text[UNITS_TEXT];
    size_t length;

    gate_metric_write(metric_of(line->metric), text, field_number(line->metric, name));
    length = strlen(text);
    if (length > 2 && strcmp(text + length - 2, "us") == 0)
        fprintf(out, "%.*sµs", (int)length - 2, text);
    else
        fputs(text, out);
}

static void write_interval(FILE *out, const cJSON *metric)
{
    if (isnan(field_number(metric, "low"))) {
        fputs("n/a", out);
        return;
    }
    write_share(out, field_number(metric, "low"));
    fputs(" to ", out);
    write_share(out, field_number(metric, "high"));
}

static void write_column(FILE *out, const cJSON *document, const struct gate_line *line, enum gate_column column)
{
    static const char *const shares[GATE_COLUMNS] = {
        [GATE_CHANGE] = "change", [GATE_LEAST] = "least", [GATE_ALLOWED] = "allowed",
    };

    if (column == GATE_CELL) {
        fputs(line->control ? "base again: " : "", out);
        gate_write_cell(out, document, line->cell);
    } else if (column == GATE_VERDICT) {
        write_verdict(out, line);
    } else if (line->metric != NULL) {
        if (column == GATE_METRIC)
            fputs(metric_of(line->metric)->label, out);
        else if (column == GATE_INTERVAL)
            write_interval(out, line->metric);
        else if (shares[column] != NULL)
            write_share(out, field_number(line->metric, shares[column]));
        else
            write_value(out, line, column == GATE_BASE ? "base" : "new");
    }
}

static char *make_text(const cJSON *document, const struct gate_line *line, enum gate_column column)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL)
        return NULL;
    write_column(out, document, line, column);
    if (text_finish(out, &text))
        return text;
    free(text);
    return NULL;
}

static int add_line(struct gate_lines *lines, const cJSON *document, const cJSON *cell, const cJSON *metric, bool control)
{
    struct gate_line *larger = realloc(lines->lines, (lines->n + 1) * sizeof *larger);
    struct gate_line *line;

    if (larger == NULL)
        return -ENOMEM;
    lines->lines = larger;
    line = &larger[lines->n++];
    *line = (struct gate_line){.cell = cell, .metric = metric, .control = control};
    for (enum gate_column column = 0; column < GATE_COLUMNS; column++) {
        line->text[column] = make_text(document, line, column);
        if (line->text[column] == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int add_cell(struct gate_lines *lines, const cJSON *document, const cJSON *cell, bool control)
{
    const cJSON *metric;
    int err = 0;

    if (!field_is(cell, "status", "compared"))
        return add_line(lines, document, cell, NULL, control);
    cJSON_ArrayForEach(metric, field(cell, "metrics")) {
        if (err == 0)
            err = add_line(lines, document, cell, metric, control);
    }
    return err;
}

int gate_lines_make(const cJSON *document, struct gate_lines *ret_lines)
{
    const cJSON *cell;
    int err = 0;

    *ret_lines = (struct gate_lines){.n = 0};
    cJSON_ArrayForEach(cell, field(document, "cells")) {
        if (err == 0)
            err = add_cell(ret_lines, document, cell, false);
    }
    if (err == 0 && field(document, "control") != NULL)
        err = add_cell(ret_lines, document, field(document, "control"), true);
    return err;
}

void gate_lines_release(struct gate_lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        for (enum gate_column column = 0; column < GATE_COLUMNS; column++)
            free(lines->lines[i].text[column]);
    free(lines->lines);
}

bool gate_line_alarms(const struct gate_line *line)
{
    if (line->metric == NULL)
        return field_is(line->cell, "status", "failed");
    return field_is(line->metric, "verdict", "regression") || field_is(line->metric, "verdict", "inconclusive") ||
           field_is(line->metric, "verdict", "different");
}

bool gate_line_repeats(const struct gate_line *line)
{
    if (line->control || field_text(line->cell, "repeat") == NULL)
        return false;
    return field_is(line->metric != NULL ? line->metric : line->cell, line->metric != NULL ? "verdict" : "status",
                    line->metric != NULL ? "regression" : "failed");
}

// Reasons that are not one cell's own are said once, without its name.
static bool is_common(const cJSON *document, const cJSON *metric)
{
    char unfit[DOCUMENT_ERROR];

    return field_is(metric, "reason", "interrupted") || field_is(document, "mismatch", field_text(metric, "reason")) ||
           field_is(metric, "reason", gate_unfit(document, (int)field_number(metric, "batch"), unfit));
}

void gate_write_reason(FILE *out, const cJSON *document, const cJSON *cell, const cJSON *metric)
{
    const char *reason = metric != NULL ? field_text(metric, "reason") : field_text(cell, "reason");

    if (reason == NULL)
        reason = "no reason given";
    if (metric != NULL && is_common(document, metric)) {
        fputs(reason, out);
        return;
    }
    gate_write_cell(out, document, cell);
    if (metric != NULL)
        fprintf(out, ", %s", metric_of(metric)->label);
    fputs(": ", out);
    if (metric != NULL && field_is(metric, "verdict", "regression")) {
        write_share(out, field_number(metric, "change"));
        fputs(", at least ", out);
        write_share(out, field_number(metric, "least"));
        fputs(", allowed ", out);
        write_share(out, field_number(metric, "allowed"));
        fprintf(out, " (%s)", reason);
        return;
    }
    fputs(reason, out);
}

int gate_each_fingerprint(const cJSON *document, int (*say)(const char *text, bool differs, void *data), void *data)
{
    const cJSON *new = cJSON_GetArrayItem(field(document, "new.fingerprint.fields"), 0), *base;
    int err = 0;

    cJSON_ArrayForEach(base, field(document, "base.fingerprint.fields")) {
        const char *a = field_text(base, "value"), *b = field_text(new, "value");
        bool differs = (a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0);
        char *text = NULL;

        if (asprintf(&text, differs ? "%s: %s | %s" : "%s: %s", field_text(base, "name"), a != NULL ? a : "unknown",
                     b != NULL ? b : "unknown") < 0)
            return -ENOMEM;
        if (err == 0)
            err = say(text, differs, data);
        free(text);
        new = new != NULL ? new->next : NULL;
    }
    return err;
}

// Cells' metrics that ended so, or, where the verdict is a cell's status, cells.
static unsigned count(const cJSON *document, const char *verdict)
{
    const cJSON *cell, *metric;
    unsigned n = 0;

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        n += field_is(cell, "status", verdict);
        cJSON_ArrayForEach(metric, field(cell, "metrics")) {
            n += field_is(cell, "status", "compared") && field_is(metric, "verdict", verdict);
        }
    }
    return n;
}

void gate_write_conclusion(FILE *out, const cJSON *document)
{
    const char *verdict = field_text(document, "verdict");
    const struct {
        const char *verdict, *singular, *plural;
    } words[] = {
        {"regression", "regression", "regressions"},
        {"failed", "cell failed", "cells failed"},
        {"inconclusive", "inconclusive", "inconclusive"},
        {"better", "better", "better"},
        {"unconfirmed", "not confirmed", "not confirmed"},
        {"same", "ok", "ok"},
        {"added", "added", "added"},
        {"gone", "gone", "gone"},
        {"skipped", "skipped", "skipped"},
    };
    const char *comma = "";

    fprintf(out, "%s: ",
            verdict == NULL                        ? "No verdict"
            : strcmp(verdict, "passed") == 0       ? "Passed"
            : strcmp(verdict, "regression") == 0   ? "Regression"
            : strcmp(verdict, "failed") == 0       ? "Failed"
            : strcmp(verdict, "interrupted") == 0  ? "Interrupted"
            : field_number(document, "status") > 0 ? "Inconclusive"
                                                   : "Inconclusive, and let pass");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        unsigned n = count(document, words[i].verdict);

        if (n == 0)
            continue;
        fprintf(out, "%s%u %s", comma, n, n == 1 ? words[i].singular : words[i].plural);
        comma = ", ";
    }
    if (comma[0] == '\0')
        fputs("nothing was compared", out);
}

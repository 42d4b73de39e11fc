// SPDX-License-Identifier: MIT
#include "reports/render/gate_lines.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/document/metrics.h"
#include "reports/findings/figures.h"
#include "reports/findings/gate_verdict.h"
#include "reports/findings/gate_wording.h"
#include "reports/render/runtimes_text.h"

#define AGAIN "base again"

// Which column goes first where the terminal is narrow, or is cut to shorter texts; what stays has 0.
static const unsigned drop[GATE_COLUMNS] = {
    [GATE_INTERVAL] = 9, [GATE_ALLOWED] = 8, [GATE_LEAST] = 5,  [GATE_BASE] = 4,
    [GATE_NEW] = 3,      [GATE_METRIC] = 2,  [GATE_CHANGE] = 1,
};
static const unsigned shortens[GATE_COLUMNS] = {[GATE_METRIC] = 7, [GATE_CELL] = 6};

const char *const gate_headings[GATE_COLUMNS] = {
    "cell", "metric", "base", "new", "change", "interval", "at least", "allowed", "verdict",
};

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
        fputs(strcmp(verdict, "better") == 0 ? metric_in_gate(line->metric)->better : verdict, out);
}

static void write_value(FILE *out, const struct gate_line *line, const char *name)
{
    enum metric_unit unit = metric_in_gate(line->metric)->unit;
    double value = field_number(line->metric, name);

    if (isnan(value))
        fputs("n/a", out);
    else if (unit == METRIC_PER_S)
        fprintf(out, value >= 1000 ? "%.0f/s" : "%.3g/s", value);
    else
        write_figure(out, unit, value);
}

static void write_interval(FILE *out, const cJSON *metric)
{
    if (isnan(field_number(metric, "low"))) {
        fputs("n/a", out);
        return;
    }
    gate_write_share(out, field_number(metric, "low"));
    fputs(" to ", out);
    gate_write_share(out, field_number(metric, "high"));
}

static void write_column(FILE *out, const cJSON *document, const struct gate_line *line, enum gate_column column)
{
    static const char *const shares[GATE_COLUMNS] = {
        [GATE_CHANGE] = "change",
        [GATE_LEAST] = "least",
        [GATE_ALLOWED] = "allowed",
    };

    if (column == GATE_CELL) {
        fputs(line->control ? AGAIN ": " : "", out);
        gate_write_cell(out, document, line->cell);
    } else if (column == GATE_VERDICT) {
        write_verdict(out, line);
    } else if (line->metric != NULL) {
        if (column == GATE_METRIC)
            fputs(metric_in_gate(line->metric)->label, out);
        else if (column == GATE_INTERVAL)
            write_interval(out, line->metric);
        else if (shares[column] != NULL)
            gate_write_share(out, field_number(line->metric, shares[column]));
        else
            write_value(out, line, column == GATE_BASE ? "base" : "new");
    }
}

// To be freed with free(); NULL when out of memory.
static char *make_text(const cJSON *document, const struct gate_line *line, enum gate_column column)
{
    struct text_stream text;

    if (text_stream_open(&text) != 0)
        return NULL;
    write_column(text.out, document, line, column);
    if (text_stream_close(&text) == 0)
        return text.text;
    free(text.text);
    return NULL;
}

static int add_line(struct gate_lines *lines, const cJSON *document, const cJSON *cell, const cJSON *metric,
                    bool control)
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

static const char *color_of(const struct gate_line *line)
{
    return gate_line_alarms(line) ? COLOR_RED : line->control ? COLOR_DIM : "";
}

// "server's CPU per task" → "server's CPU", "base again: http async" → "base again"; else what it is.
static int set_shorter(struct grid *grid, size_t row, enum gate_column column, const struct gate_line *line)
{
    const char *text = line->text[column], *end = column == GATE_METRIC ? strstr(text, " per task") : NULL;
    char shorter[64];

    if (column == GATE_CELL && line->control)
        text = AGAIN;
    if (end == NULL)
        return grid_set_shorter(grid, row, column, text);
    snprintf(shorter, sizeof shorter, "%.*s", (int)(end - text), text);
    return grid_set_shorter(grid, row, column, shorter);
}

int gate_lines_grid(const struct gate_lines *lines, const struct report_style *style, struct grid *ret_grid)
{
    int err = grid_open(ret_grid, style, 1, lines->n + 1, GATE_COLUMNS);

    for (enum gate_column c = 0; err == 0 && c < GATE_COLUMNS; c++) {
        ret_grid->column[c].left = c == GATE_CELL || c == GATE_METRIC || c == GATE_VERDICT;
        ret_grid->column[c].drop = drop[c];
        ret_grid->column[c].shortens = shortens[c];
        err = grid_set(ret_grid, 0, c, gate_headings[c]);
        for (size_t i = 0; err == 0 && i < lines->n; i++)
            err = grid_set(ret_grid, i + 1, c, lines->lines[i].text[c]);
        for (size_t i = 0; err == 0 && shortens[c] > 0 && i < lines->n; i++)
            err = set_shorter(ret_grid, i + 1, c, &lines->lines[i]);
    }
    for (size_t i = 0; err == 0 && i < lines->n; i++)
        ret_grid->color[i + 1] = color_of(&lines->lines[i]);
    if (err == 0)
        grid_measure(ret_grid);
    return err;
}

bool gate_line_alarms(const struct gate_line *line)
{
    if (line->metric == NULL)
        return field_is(line->cell, "status", "failed");
    return field_is(line->metric, "verdict", "regression") || field_is(line->metric, "verdict", "inconclusive") ||
           field_is(line->metric, "verdict", "different");
}

const char *gate_line_verdict(const struct gate_line *line)
{
    return line->control && field_is(line->metric, "verdict", "same") ? "no difference shown"
                                                                      : line->text[GATE_VERDICT];
}

bool gate_line_repeats(const struct gate_line *line)
{
    if (line->control || field_text(line->cell, "repeat") == NULL)
        return false;
    return field_is(line->metric != NULL ? line->metric : line->cell, line->metric != NULL ? "verdict" : "status",
                    line->metric != NULL ? "regression" : "failed");
}

// Each field of the two fingerprints of a comparison.
static int each_fingerprint_field(const cJSON *document, int (*say)(const char *text, bool differs, void *data),
                                  void *data)
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

int gate_each_fact(const cJSON *document, int (*say)(const char *text, bool differs, void *data), void *data)
{
    int err = each_fingerprint_field(document, say, data);

    return err == 0 ? runtimes_each_side(document, say, data) : err;
}

static const char *conclusion_of(const cJSON *document)
{
    static const char *const words[][2] = {
        {"passed", "Passed"},
        {"regression", "Regression"},
        {"failed", "Failed"},
        {"interrupted", "Interrupted"},
    };

    if (field_text(document, "verdict") == NULL)
        return "No verdict";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (field_is(document, "verdict", words[i][0]))
            return words[i][1];
    }
    if (field_number(document, "status") == GATE_SKIP)
        return "Inconclusive, and skipped";
    return field_number(document, "status") > 0 ? "Inconclusive" : "Inconclusive, and let pass";
}

// Ways to end, the worst first.
static const struct {
    const char *verdict, *one, *many;
} endings[] = {
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

void gate_write_conclusion(FILE *out, const cJSON *document)
{
    const char *comma = "";

    fprintf(out, "%s: ", conclusion_of(document));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        unsigned n = gate_count(document, endings[i].verdict);

        if (n == 0)
            continue;
        fprintf(out, "%s%u %s", comma, n, n == 1 ? endings[i].one : endings[i].many);
        comma = ", ";
    }
    if (comma[0] == '\0')
        fputs("nothing was compared", out);
}

void gate_write_rule(FILE *out, const cJSON *document)
{
    double allowed = 100 * field_number(document, "rule.allowed");

    if (field_is(document, "kind", "compare"))
        fprintf(out, "%s against %s, from stored reports; up to %.3g %% is allowed", gate_side_name(document, "new"),
                gate_side_name(document, "base"), allowed);
    else
        fprintf(out, "%s against %s, %s%.0f rounds side by side; up to %.3g %% is allowed",
                gate_side_name(document, "new"), gate_side_name(document, "base"),
                field(document, "rule.first_look") != NULL ? "up to " : "", field_number(document, "rule.rounds"),
                allowed);
}

// SPDX-License-Identifier: MIT
#include "reports/render/gate_table.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/fields.h"
#include "reports/render/style.h"
#include "reports/render/gate_lines.h"
#include "reports/render/table_grid.h"
#include "measure/base/text.h"

#define GAP 2
#define HANGING 4

// Which column goes first where the terminal is narrow; what stays has 0.
static const unsigned drop[GATE_COLUMNS] = {
    [GATE_INTERVAL] = 7, [GATE_ALLOWED] = 6, [GATE_BASE] = 5, [GATE_NEW] = 4, [GATE_LEAST] = 3, [GATE_METRIC] = 2, [GATE_CHANGE] = 1,
};

struct grid {
    const struct gate_lines *lines;
    const struct report_style *style;
    size_t width[GATE_COLUMNS];
    bool shown[GATE_COLUMNS];
};

static bool is_left(enum gate_column column)
{
    return column == GATE_CELL || column == GATE_METRIC || column == GATE_VERDICT;
}

static size_t grid_width(const struct grid *grid)
{
    size_t width = 0;

    for (enum gate_column c = 0; c < GATE_COLUMNS; c++)
        width += grid->shown[c] ? grid->width[c] + (c > 0 ? GAP : 0) : 0;
    return width;
}

static void fit(struct grid *grid)
{
    while (grid->style->width > 0 && grid_width(grid) > grid->style->width) {
        enum gate_column worst = GATE_CELL;

        for (enum gate_column c = 0; c < GATE_COLUMNS; c++) {
            if (grid->shown[c] && drop[c] > drop[worst])
                worst = c;
        }
        if (drop[worst] == 0)
            return;
        grid->shown[worst] = false;
    }
}

static void measure(struct grid *grid)
{
    for (enum gate_column c = 0; c < GATE_COLUMNS; c++) {
        grid->shown[c] = true;
        grid->width[c] = text_width(gate_headings[c]);
        for (size_t i = 0; i < grid->lines->n; i++) {
            size_t width = text_width(grid->lines->lines[i].text[c]);

            grid->width[c] = width > grid->width[c] ? width : grid->width[c];
        }
    }
    fit(grid);
}

static void write_paragraph(FILE *out, const struct report_style *style, const char *color, const char *lead,
                            const char *text, size_t indent)
{
    color_start(out, style, color);
    fputs(lead, out);
    text_wrap(out, text, text_width(lead), indent, style->width);
    color_end(out, style, color);
}

// A cell without figures: why, in place of them.
static int write_excuse(FILE *out, const struct grid *grid, const struct gate_line *line, const char *color)
{
    char *text = NULL, *clean = NULL;

    if (asprintf(&text, "%s: %s", field_text(line->cell, "status"),
                 field_text(line->cell, "reason") != NULL ? field_text(line->cell, "reason") : "no reason given") >= 0)
        clean = text_clean(text, grid->style->utf8);
    free(text);
    if (clean == NULL)
        return -ENOMEM;
    color_start(out, grid->style, color);
    text_aligned(out, line->text[GATE_CELL], grid->width[GATE_CELL], true);
    text_spaces(out, GAP);
    text_wrap(out, clean, grid->width[GATE_CELL] + GAP, HANGING, grid->style->width);
    color_end(out, grid->style, color);
    free(clean);
    return 0;
}

// text: of the columns; written without blanks at its end, cut at the width.
static int write_columns(FILE *out, const struct grid *grid, char *const *text, const char *const *headings,
                         const char *color)
{
    char *whole = NULL;
    size_t length;
    FILE *line = open_memstream(&whole, &length);

    if (line == NULL)
        return -ENOMEM;
    for (enum gate_column c = 0; c < GATE_COLUMNS; c++) {
        if (!grid->shown[c])
            continue;
        text_spaces(line, c > 0 ? GAP : 0);
        text_aligned(line, text != NULL ? text[c] : headings[c], grid->width[c], is_left(c));
    }
    if (!text_finish(line, &whole)) {
        free(whole);
        return -ENOMEM;
    }
    if (grid->style->width > 0)
        length = text_cut(whole, grid->style->width);
    while (length > 0 && whole[length - 1] == ' ')
        length--;
    color_start(out, grid->style, color);
    fwrite(whole, 1, length, out);
    color_end(out, grid->style, color);
    fputc('\n', out);
    free(whole);
    return 0;
}

static int write_grid(FILE *out, const struct grid *grid)
{
    int err = write_columns(out, grid, NULL, gate_headings, COLOR_DIM);

    for (size_t i = 0; err == 0 && i < grid->lines->n; i++) {
        const struct gate_line *line = &grid->lines->lines[i];
        const char *color = gate_line_alarms(line) ? COLOR_RED : line->control ? COLOR_DIM : "";

        err = line->metric != NULL ? write_columns(out, grid, line->text, NULL, color) : write_excuse(out, grid, line, color);
    }
    return err;
}

// Everything below fits for a terminal: cleaned once, before it is measured.
static int clean_lines(struct gate_lines *lines, bool utf8)
{
    for (size_t i = 0; i < lines->n; i++) {
        for (enum gate_column c = 0; c < GATE_COLUMNS; c++) {
            char *clean = text_clean(lines->lines[i].text[c], utf8);

            if (clean == NULL)
                return -ENOMEM;
            free(lines->lines[i].text[c]);
            lines->lines[i].text[c] = clean;
        }
    }
    return 0;
}

static int write_text(FILE *out, const struct report_style *style, const char *color, const char *lead, const char *text)
{
    char *clean = text_clean(text, style->utf8), *clean_lead = text_clean(lead, style->utf8);

    if (clean != NULL && clean_lead != NULL)
        write_paragraph(out, style, color, clean_lead, clean, HANGING);
    free(clean_lead);
    free(clean);
    return clean != NULL && clean_lead != NULL ? 0 : -ENOMEM;
}

static void say_rule(FILE *out, const cJSON *document)
{
    double allowed = 100 * field_number(document, "rule.allowed");

    if (field_is(document, "kind", "compare"))
        fprintf(out, "%s against %s, from stored reports; up to %.3g %% is allowed", field_text(document, "new.name"),
                field_text(document, "base.name"), allowed);
    else
        fprintf(out, "%s against %s, %.0f rounds side by side; up to %.3g %% is allowed", field_text(document, "new.name"),
                field_text(document, "base.name"), field_number(document, "rule.rounds"), allowed);
}

static int write_said(FILE *out, const struct report_style *style, const char *color,
                      void (*say)(FILE *out, const cJSON *document), const cJSON *document)
{
    char *text = NULL;
    size_t length;
    FILE *said = open_memstream(&text, &length);
    int err = -ENOMEM;

    if (said == NULL)
        return -ENOMEM;
    say(said, document);
    if (text_finish(said, &text))
        err = write_text(out, style, color, "", text);
    free(text);
    return err;
}

static int write_list(FILE *out, const struct report_style *style, const char *color, const char *lead, const cJSON *list)
{
    const cJSON *item;
    int err = 0;

    cJSON_ArrayForEach(item, list) {
        if (err == 0)
            err = write_text(out, style, color, lead, item->valuestring);
    }
    return err;
}

struct target {
    FILE *out;
    const struct report_style *style;
};

static int write_fingerprint(const char *text, bool differs, void *data)
{
    const struct target *target = data;

    return write_text(target->out, target->style, differs ? COLOR_YELLOW : COLOR_DIM, "  ", text);
}

// The commands are for pasting: never broken into lines.
static int write_repeats(FILE *out, const struct report_style *style, const struct gate_lines *lines)
{
    const cJSON *last = NULL;

    for (size_t i = 0; i < lines->n; i++) {
        const struct gate_line *line = &lines->lines[i];
        const char *repeat = field_text(line->cell, "repeat");
        char *clean;

        if (!gate_line_repeats(line) || line->cell == last)
            continue;
        clean = text_clean(repeat, true);
        if (clean == NULL)
            return -ENOMEM;
        if (last == NULL)
            fputs("To repeat by hand:\n", out);
        fprintf(out, "  %s\n", clean);
        free(clean);
        last = line->cell;
    }
    return 0;
}

int gate_table_write(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct gate_lines lines;
    struct grid grid = {.lines = &lines, .style = style};
    struct target target = {out, style};
    bool passed = field_number(document, "status") == 0;
    int err = gate_lines_make(document, &lines);

    if (err == 0)
        err = clean_lines(&lines, style->utf8);
    if (err == 0)
        err = write_said(out, style, COLOR_DIM, say_rule, document);
    if (err == 0)
        err = gate_each_fingerprint(document, write_fingerprint, &target);
    if (err == 0) {
        fputc('\n', out);
        measure(&grid);
        err = write_grid(out, &grid);
    }
    if (err == 0)
        err = write_said(out, style, passed ? COLOR_BOLD : COLOR_RED, gate_write_conclusion, document);
    if (err == 0)
        err = write_list(out, style, "", "→ ", field(document, "reasons"));
    if (err == 0)
        err = write_list(out, style, COLOR_YELLOW, "note: ", field(document, "notes"));
    if (err == 0)
        err = write_repeats(out, style, &lines);
    gate_lines_release(&lines);
    return err;
}

// SPDX-License-Identifier: MIT
#include "reports/render/gate_table.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/render/gate_lines.h"
#include "reports/render/style.h"

#define HANGING 4

static void write_paragraph(FILE *out, const struct report_style *style, const char *color, const char *lead,
                            const char *text, size_t indent)
{
    color_start(out, style, color);
    fputs(lead, out);
    text_wrap(out, text, text_width(lead), indent, style->width);
    color_end(out, style, color);
}

// A cell without figures: why, in place of them.
static int write_excuse(FILE *out, const struct grid *grid, size_t row, const cJSON *cell)
{
    size_t width = grid->column[GATE_CELL].width;
    const char *color = grid->color[row], *reason = field_text(cell, "reason");
    char *text = NULL, *clean = NULL;

    if (asprintf(&text, "%s: %s", field_text(cell, "status"), reason != NULL ? reason : "no reason given") >= 0)
        clean = text_clean(text, grid->style->utf8);
    free(text);
    if (clean == NULL)
        return -ENOMEM;
    color_start(out, grid->style, color);
    text_aligned(out, grid_place(grid, row, GATE_CELL)->text, width, true);
    text_spaces(out, GRID_GAP);
    text_wrap(out, clean, width + GRID_GAP, HANGING, grid->style->width);
    color_end(out, grid->style, color);
    free(clean);
    return 0;
}

static int write_grid(FILE *out, const struct report_style *style, const struct gate_lines *lines)
{
    struct grid grid;
    int err = gate_lines_grid(lines, style, &grid);

    if (err == 0) {
        grid_fit(&grid);
        grid_write_row(out, &grid, 0);
    }
    for (size_t i = 0; err == 0 && i < lines->n; i++) {
        if (lines->lines[i].metric != NULL)
            grid_write_row(out, &grid, i + 1);
        else
            err = write_excuse(out, &grid, i + 1, lines->lines[i].cell);
    }
    grid_release(&grid);
    return err;
}

static int write_text(FILE *out, const struct report_style *style, const char *color, const char *lead,
                      const char *text)
{
    char *clean = text_clean(text, style->utf8), *clean_lead = text_clean(lead, style->utf8);

    if (clean != NULL && clean_lead != NULL)
        write_paragraph(out, style, color, clean_lead, clean, HANGING);
    free(clean_lead);
    free(clean);
    return clean != NULL && clean_lead != NULL ? 0 : -ENOMEM;
}

static int write_said(FILE *out, const struct report_style *style, const char *color,
                      void (*say)(FILE *out, const cJSON *document), const cJSON *document)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    say(said.out, document);
    err = text_stream_close(&said);
    if (err == 0)
        err = write_text(out, style, color, "", said.text);
    free(said.text);
    return err;
}

static int write_list(FILE *out, const struct report_style *style, const char *color, const char *lead,
                      const cJSON *list)
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

static int write_fact(const char *text, bool differs, void *data)
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
    struct target target = {out, style};
    bool passed = field_number(document, "status") == 0;
    int err = gate_lines_make(document, &lines);

    if (err == 0)
        err = write_said(out, style, COLOR_DIM, gate_write_rule, document);
    if (err == 0)
        err = gate_each_fact(document, write_fact, &target);
    if (err == 0) {
        fputc('\n', out);
        err = write_grid(out, style, &lines);
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

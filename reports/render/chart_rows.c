// SPDX-License-Identifier: MIT
#include "reports/render/chart_rows.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "reports/document/fields.h"
#include "reports/findings/families.h"
#include "reports/findings/ranking.h"
#include "reports/render/svg_series.h"

#define RANK_WIDTH 34.0
#define MARK_WIDTH 14.0
#define NAME_MOST (0.36 * SVG_WIDTH)
#define GAP 8.0
// A text's baseline below its row's middle.
#define BASELINE 4.0

// How many models before that one are none that ccbench brings.
static int number_of_others(const cJSON *block, const char *model)
{
    const cJSON *other;
    int n = 0;

    cJSON_ArrayForEach(other, field(block, "cells")) {
        if (field_is(other, "model", model))
            break;
        n += series_of_model(field_text(other, "model")) < 0;
    }
    return n;
}

int chart_series(const cJSON *block, const cJSON *cell)
{
    const char *model = field_text(cell, "model");
    int series = series_of_model(model);

    return series >= 0 ? series : series_left(number_of_others(block, model));
}

static bool has_families(const struct chart_rows *rows)
{
    return field(rows->block, "families") != NULL;
}

// Those of one family together, in the order in which the best of each come.
static void add_by_family(struct chart_rows *rows, const cJSON *const *ok)
{
    for (size_t leader = 0; leader < rows->ok; leader++) {
        bool done = false;

        for (size_t i = 0; i < leader; i++)
            done |= family_is_same(ok[i], ok[leader]);
        for (size_t i = leader; !done && i < rows->ok; i++)
            if (family_is_same(ok[i], ok[leader]))
                rows->cells[rows->n++] = ok[i];
    }
}

static int gather(struct chart_rows *rows)
{
    size_t all = (size_t)cJSON_GetArraySize(field(rows->block, "cells"));
    const cJSON **ok = ranking_sorted(rows->block, &rows->ok), *cell;

    rows->cells = calloc(all + 1, sizeof *rows->cells);
    rows->above = calloc(all + 1, sizeof *rows->above);
    if (ok == NULL || rows->cells == NULL || rows->above == NULL) {
        free(ok);
        return -ENOMEM;
    }
    if (has_families(rows))
        add_by_family(rows, ok);
    for (; rows->n < rows->ok; rows->n++)
        rows->cells[rows->n] = ok[rows->n];
    cJSON_ArrayForEach(cell, field(rows->block, "cells")) {
        bool found = false;

        for (size_t i = 0; i < rows->ok; i++)
            found |= ok[i] == cell;
        if (!found)
            rows->cells[rows->n++] = cell;
    }
    free(ok);
    return 0;
}

static bool begins_family(const struct chart_rows *rows, size_t row)
{
    return has_families(rows) && row < rows->ok &&
           (row == 0 || !family_is_same(rows->cells[row - 1], rows->cells[row]));
}

static void make_room_for_families(struct chart_rows *rows)
{
    size_t headings = 0;

    for (size_t i = 0; i <= rows->n; i++) {
        headings += begins_family(rows, i);
        rows->above[i] = headings;
    }
}

int chart_rows_open(struct chart_rows *rows, struct svg *svg, const cJSON *document, const cJSON *block, bool ranks)
{
    double widest = 0;
    int err;

    *rows = (struct chart_rows){.svg = svg, .document = document, .block = block, .names = ranks ? RANK_WIDTH : 2};
    err = gather(rows);
    if (err == 0)
        make_room_for_families(rows);
    for (size_t i = 0; err == 0 && i < rows->n; i++)
        widest = fmax(widest, svg_text_width(field_text(rows->cells[i], "model")));
    rows->left = rows->names + MARK_WIDTH + fmin(widest, NAME_MOST) + GAP;
    rows->right = SVG_WIDTH - CHART_SIDE;
    return err;
}

void chart_rows_close(struct chart_rows *rows)
{
    free(rows->cells);
    free(rows->above);
}

double chart_row_y(const struct chart_rows *rows, size_t row)
{
    return rows->first + (double)(row + rows->above[row]) * CHART_ROW;
}

double chart_rows_end(const struct chart_rows *rows, size_t n)
{
    return n > 0 ? chart_row_y(rows, n - 1) + CHART_ROW / 2 : rows->first - CHART_ROW / 2;
}

void chart_row_figure(struct chart_rows *rows, size_t row, const char *text)
{
    svg_text_within(rows->svg, SVG_WIDTH, chart_row_y(rows, row) + BASELINE, SVG_END, SVG_INK_TEXT, text,
                    CHART_SIDE - GAP);
}

// "1", and "1=" where it is shared.
static void draw_rank(struct chart_rows *rows, size_t row, double y)
{
    const cJSON *cell = rows->cells[row];
    double rank = field_number(cell, "summary.rank");
    char text[16];

    if (isnan(rank))
        return;
    snprintf(text, sizeof text, "%.0f%s", rank, cJSON_IsTrue(field(cell, "summary.tied")) ? "=" : "");
    svg_text(rows->svg, RANK_WIDTH - GAP, y + BASELINE, SVG_END, SVG_INK_TEXT, text);
}

static void draw_name(struct chart_rows *rows, size_t row)
{
    const cJSON *cell = rows->cells[row];
    double y = chart_row_y(rows, row);

    if (rows->names >= RANK_WIDTH)
        draw_rank(rows, row, y);
    svg_mark(rows->svg, rows->names + MARK_WIDTH / 2 - 2, y, chart_series(rows->block, cell));
    svg_text_within(rows->svg, rows->names + MARK_WIDTH, y + BASELINE, SVG_START, SVG_INK_TEXT,
                    field_text(cell, "model"), NAME_MOST);
}

static void draw_family(struct chart_rows *rows, size_t row)
{
    const char *family = field_text(rows->cells[row], "family");

    svg_text_within(rows->svg, rows->names + MARK_WIDTH, chart_row_y(rows, row) - CHART_ROW + BASELINE, SVG_START,
                    SVG_INK_FAINT, family != NULL && family[0] != '\0' ? family : "C", NAME_MOST);
}

void chart_rows_head(struct chart_rows *rows, const char *title, const char *legend, size_t n)
{
    double y = SVG_LINE + 2;

    svg_heading(rows->svg, title);
    if (legend != NULL)
        y = svg_paragraph(rows->svg, 0, y + SVG_FONT + 2, SVG_WIDTH, legend) - SVG_FONT + 6;
    rows->first = y + CHART_ROW / 2 + 2;
    for (size_t i = 0; i < n; i++) {
        if (begins_family(rows, i))
            draw_family(rows, i);
        draw_name(rows, i);
    }
    svg_reserve(rows->svg, chart_rows_end(rows, n));
}

void chart_rows_excuses(struct chart_rows *rows)
{
    for (size_t i = rows->ok; i < rows->n; i++) {
        const char *reason = field_text(rows->cells[i], "reason"), *status = field_text(rows->cells[i], "status");
        char text[400];

        draw_name(rows, i);
        snprintf(text, sizeof text, "%s: %.300s", status, reason != NULL ? reason : "no reason given");
        svg_text_within(rows->svg, rows->left, chart_row_y(rows, i) + BASELINE, SVG_START, SVG_INK_FAINT, text,
                        SVG_WIDTH - rows->left);
    }
}

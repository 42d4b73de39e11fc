// SPDX-License-Identifier: MIT
#include "reports/render/timeline_svg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/findings/figures.h"
#include "reports/render/svg_scale.h"
#include "reports/render/timeline_cells.h"
#include "reports/render/timeline_legend.h"

// px.
#define LABELS 128.0
#define CHART (SVG_WIDTH - LABELS)
#define ROW 17.0
#define BAR 11.0
#define SHARE 6.0 // of one line of the density
#define GAP 8.0
#define TICK_ROOM 60.0
#define COLUMNS 864 // two for each px

// How a state is drawn: its series' colour, and how much of the row's height, so that it is told by its form as well.
static const struct {
    int series;
    double height, opacity;
} forms[TIMELINE_STATES + 1] = {
    [TIMELINE_WORKS] = {2, 1, 1},          [TIMELINE_WAITS] = {5, 0.15, 1},      [TIMELINE_WAITS_LOCK] = {0, 0.3, 1},
    [TIMELINE_BLOCKED] = {7, 0.3, 1},      [TIMELINE_READY_GIL] = {1, 0.6, 0.8}, [TIMELINE_READY_LOOP] = {3, 0.6, 0.8},
    [TIMELINE_READY_POOL] = {4, 0.6, 0.8}, [TIMELINE_READY_CORE] = {6, 0.6, 1},  [TIMELINE_QUEUED] = {8, 0.3, 1},
    [TIMELINE_STATES] = {2, 1, 0.5},
};

// Stretches of one state, each one rectangle.
static void draw_states(struct svg *svg, const unsigned char *states, size_t stride, double y, double height,
                        bool whole)
{
    size_t begin = 0;

    for (size_t c = 1; c <= COLUMNS; c++) {
        unsigned state = states[begin * stride];
        double part = whole ? height : height * forms[state].height;

        if (c < COLUMNS && states[c * stride] == state)
            continue;
        if (state != TIMELINE_IDLE)
            svg_rect(svg, LABELS + (double)begin * CHART / COLUMNS, y + (height - part) / 2,
                     (double)(c - begin) * CHART / COLUMNS, part, forms[state].series, forms[state].opacity);
        begin = c;
    }
}

// "coffee: works 70 ms, waits 60 ms", shown where the pointer is.
static int begin_row(struct svg *svg, const char *label, const struct timeline_row *row)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    fprintf(text.out, "%s: ", label);
    for (int state = TIMELINE_WORKS, any = 0; state < TIMELINE_STATES; state++) {
        if (row->total_ns[state] == 0)
            continue;
        fprintf(text.out, "%s%s ", any++ > 0 ? "; " : "", timeline_state_words((enum timeline_state)state));
        write_duration(text.out, (double)row->total_ns[state]);
    }
    err = text_stream_close(&text);
    if (err == 0)
        svg_group_begin(svg, text.text);
    free(text.text);
    return err;
}

static int draw_row(struct svg *svg, const struct timeline_panel *panel, const struct timeline *drawn, size_t r,
                    const struct timeline_axis *axis, double y)
{
    unsigned char states[COLUMNS];
    char label[TIMELINE_LABEL];
    int err = begin_row(svg, timeline_label(panel->names, drawn, &drawn->rows[r], label), &drawn->rows[r]);

    if (err != 0)
        return err;
    svg_text_within(svg, LABELS - 6, y + BAR - 1, SVG_END, SVG_INK_TEXT, label, LABELS - 8);
    timeline_row_states(drawn, &drawn->rows[r], axis, states);
    draw_states(svg, states, 1, y, BAR, false);
    svg_group_end(svg);
    return 0;
}

static int draw_density(struct svg *svg, const struct timeline *drawn, const struct timeline_axis *axis, double *y)
{
    unsigned char(*columns)[TIMELINE_DENSITY_LINES] = calloc(axis->columns, sizeof *columns);
    char label[60];

    if (columns == NULL)
        return -ENOMEM;
    snprintf(label, sizeof label, "%zu rows", drawn->row_count);
    svg_text(svg, LABELS - 6, *y + SVG_FONT, SVG_END, SVG_INK_TEXT, label);
    timeline_density_states(drawn, axis, columns);
    for (unsigned below = TIMELINE_DENSITY_LINES; below-- > 0; *y += SHARE)
        draw_states(svg, &columns[0][below], TIMELINE_DENSITY_LINES, *y, SHARE, true);
    free(columns);
    return 0;
}

// Ticks through the rows, and their times below; where two would touch, one.
static void draw_axis(struct svg *svg, const struct timeline_axis *axis, double top, double *y)
{
    const struct svg_scale scale = {.low = (double)axis->begin_ns,
                                    .high = (double)axis->end_ns,
                                    .begin = LABELS,
                                    .end = SVG_WIDTH,
                                    .unit = METRIC_NS};
    double ticks[SVG_TICKS], taken = 0;
    size_t n = svg_scale_ticks(&scale, (size_t)(CHART / TICK_ROOM), ticks);
    char label[SVG_TICK_TEXT];

    svg_line(svg, LABELS, *y, SVG_WIDTH, *y, SVG_INK_TEXT, 1, 0);
    for (size_t i = 0; i < n; i++) {
        double x = svg_scale_at(&scale, ticks[i]), half = svg_text_width(svg_scale_label(&scale, ticks[i], label)) / 2;

        svg_line(svg, x, top, x, *y, SVG_INK_FAINT, 0.5, 0);
        if (x - half < taken || x + half > SVG_WIDTH)
            continue;
        svg_text(svg, x, *y + SVG_FONT + 3, SVG_MIDDLE, SVG_INK_TEXT, label);
        taken = x + half + 6;
    }
    *y += SVG_LINE + GAP;
}

// Each line of what was written as a paragraph; frees it.
static int draw_lines(struct svg *svg, struct text_stream *said, double *y)
{
    int err = text_stream_close(said);
    char *rest = NULL;

    for (char *line = err == 0 ? strtok_r(said->text, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        *y = svg_paragraph(svg, 0, *y + SVG_FONT, SVG_WIDTH, line) - SVG_FONT + 2;
    free(said->text);
    return err;
}

static int draw_close(struct svg *svg, const struct timeline_panel *panel, const struct timeline *drawn,
                      const struct timeline_close *close, double *y)
{
    struct timeline_axis axis = {close->begin_ns, close->end_ns, COLUMNS};
    struct text_stream said;
    double top;
    int err;

    if (close->what == NULL || close->row_count == 0 || close->end_ns <= close->begin_ns)
        return 0;
    err = text_stream_open(&said);
    if (err != 0)
        return err;
    timeline_say_close(said.out, close);
    err = draw_lines(svg, &said, y);
    top = *y += 2;
    for (size_t i = 0; err == 0 && i < close->row_count; i++, *y += ROW)
        err = draw_row(svg, panel, drawn, close->rows[i], &axis, *y);
    draw_axis(svg, &axis, top, y);
    return err;
}

static int draw_closes(struct svg *svg, const struct timeline_picture *picture, const struct timeline_panel *panel,
                       double *y)
{
    struct timeline_close closes[TIMELINE_CLOSES];
    int err = 0;

    timeline_closes_find(picture, panel, closes);
    for (size_t i = 0; err == 0 && i < TIMELINE_CLOSES; i++)
        err = draw_close(svg, panel, timeline_drawn(picture, panel), &closes[i], y);
    return err;
}

int timeline_svg_panel(struct svg *svg, const struct timeline_picture *picture, const struct timeline_panel *panel,
                       double *y)
{
    const struct timeline *drawn = timeline_drawn(picture, panel);
    struct timeline_axis axis = {0, timeline_longest_ns(picture), COLUMNS};
    bool dense = timeline_is_dense(drawn);
    double top = *y;
    int err = dense ? draw_density(svg, drawn, &axis, y) : 0;

    for (size_t r = 0; err == 0 && !dense && r < drawn->row_count; r++, *y += ROW)
        err = draw_row(svg, panel, drawn, r, &axis, *y);
    draw_axis(svg, &axis, top, y);
    if (err == 0 && (dense || (double)panel->facts.turns > CHART))
        err = draw_closes(svg, picture, panel, y);
    return err;
}

void timeline_svg_legend(struct svg *svg, const struct timeline_picture *picture, double *y)
{
    bool drawn[TIMELINE_STATES], switches = timeline_has_switches(picture);

    timeline_states_drawn(picture, drawn);
    for (unsigned state = TIMELINE_WORKS; state < TIMELINE_STATES; state++) {
        double height = BAR * forms[state].height;
        char text[300];

        if (!drawn[state])
            continue;
        svg_rect(svg, 0, *y + (SVG_FONT - height) / 2, 26, height, forms[state].series, forms[state].opacity);
        snprintf(text, sizeof text, "%s (known from: %s)", timeline_state_words((enum timeline_state)state),
                 timeline_state_source((enum timeline_state)state, switches));
        *y = svg_paragraph(svg, 34, *y + SVG_FONT - 1, SVG_WIDTH - 34, text) - SVG_FONT + 3;
    }
}

// "gil, 121 ms (untraced 119 ms; …)", or why there is nothing.
static int draw_heading(struct svg *svg, const struct timeline_panel *panel, double *y)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    if (panel->excuse != NULL)
        fprintf(text.out, "%s: %s", panel->model, panel->excuse);
    else
        timeline_say_cost(text.out, panel);
    if (panel->excuse == NULL) {
        char length[UNITS_TEXT], heading[200];

        snprintf(heading, sizeof heading, "%s, %s", panel->model,
                 units_format_duration(length, (double)panel->traced_ns));
        svg_go_below(svg, *y - svg->height + svg->top);
        *y = 0;
        svg_heading(svg, heading);
        *y += SVG_LINE + 4;
    }
    return draw_lines(svg, &text, y);
}

static int draw_panel(struct svg *svg, const struct timeline_picture *picture, const struct timeline_panel *panel,
                      double *y)
{
    struct text_stream said;
    int err = draw_heading(svg, panel, y);

    if (err != 0 || panel->excuse != NULL)
        return err;
    *y += 2;
    err = timeline_svg_panel(svg, picture, panel, y);
    if (err != 0 || text_stream_open(&said) != 0)
        return -ENOMEM;
    timeline_say(said.out, &panel->facts, panel->names, &panel->tasks);
    return draw_lines(svg, &said, y);
}

static int draw_all(struct svg *svg, const struct timeline_picture *picture)
{
    struct text_stream notes;
    double y = svg_paragraph(svg, 0, SVG_FONT, SVG_WIDTH, picture->title);
    int err = 0;

    for (size_t i = 0; err == 0 && i < picture->panel_count; i++) {
        y += GAP;
        err = draw_panel(svg, picture, &picture->panels[i], &y);
    }
    y += 2 * GAP;
    timeline_svg_legend(svg, picture, &y);
    if (err != 0 || text_stream_open(&notes) != 0)
        return -ENOMEM;
    timeline_notes(notes.out, picture);
    return draw_lines(svg, &notes, &y);
}

int timeline_svg(const struct timeline_picture *picture, const struct report_style *style, FILE *out)
{
    struct svg svg;
    int err = svg_open(&svg, true), closed;

    (void)style;
    if (err == 0)
        err = draw_all(&svg, picture);
    closed = svg_close(&svg, err == 0 ? out : NULL, "timeline", picture->title, NULL);
    return err == 0 ? closed : err;
}

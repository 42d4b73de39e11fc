// SPDX-License-Identifier: MIT
#include "reports/render/timeline_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/findings/figures.h"
#include "reports/render/paragraph.h"
#include "reports/render/timeline_cells.h"
#include "reports/render/timeline_legend.h"

// Where the style does not say.
#define WIDTH 100
#define LEAST_COLUMNS 16
#define LABEL_MOST 26

struct drawing {
    const struct timeline_picture *picture;
    struct report_style style;
    FILE *out;
    size_t indent; // of what is drawn: the labels' width
    struct timeline_axis axis;
};

static size_t label_width(const struct drawing *drawing, const struct timeline_panel *panel,
                          const struct timeline_row *row)
{
    char label[TIMELINE_LABEL], *clean;
    size_t width;

    timeline_label(panel->names, timeline_drawn(drawing->picture, panel), row, label);
    clean = text_clean(label, drawing->style.utf8);
    width = clean != NULL ? text_width(clean) : 0;
    free(clean);
    return width;
}

// Two spaces before the widest label and two behind it.
static size_t find_indent(const struct drawing *drawing)
{
    size_t widest = 12, third = drawing->style.width / 3;

    for (size_t i = 0; i < drawing->picture->panel_count; i++) {
        const struct timeline_panel *panel = &drawing->picture->panels[i];
        const struct timeline *drawn = timeline_drawn(drawing->picture, panel);

        for (size_t r = 0; r < drawn->row_count; r++) {
            size_t width = label_width(drawing, panel, &drawn->rows[r]);

            widest = width > widest ? width : widest;
        }
    }
    widest = widest > LABEL_MOST ? LABEL_MOST : widest;
    return widest + 4 > third ? third : widest + 4;
}

static int write_label(const struct drawing *drawing, const char *label)
{
    char *clean = text_clean(label, drawing->style.utf8);
    size_t room = drawing->indent > 3 ? drawing->indent - 3 : 0;

    if (clean == NULL)
        return -ENOMEM;
    clean[text_cut(clean, room)] = '\0';
    fputs("  ", drawing->out);
    text_aligned(drawing->out, clean, drawing->indent > 2 ? drawing->indent - 2 : 0, true);
    free(clean);
    return 0;
}

static int draw_row(const struct drawing *drawing, const struct timeline_panel *panel, size_t r,
                    const struct timeline_axis *axis)
{
    const struct timeline *drawn = timeline_drawn(drawing->picture, panel);
    unsigned char *states = calloc(axis->columns + 1, 1);
    char label[TIMELINE_LABEL];
    int err = states != NULL ? write_label(drawing, timeline_label(panel->names, drawn, &drawn->rows[r], label))
                             : -ENOMEM;

    if (err == 0) {
        timeline_row_states(drawn, &drawn->rows[r], axis, states);
        timeline_write_states(drawing->out, &drawing->style, states, axis->columns);
        fputc('\n', drawing->out);
    }
    free(states);
    return err;
}

static char *without_newline(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static int write_close(const struct drawing *drawing, const struct timeline_close *close)
{
    struct text_stream said;
    char *clean = NULL;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    timeline_say_close(said.out, close);
    err = text_stream_close(&said);
    if (err == 0 && (clean = text_clean(without_newline(said.text), drawing->style.utf8)) == NULL)
        err = -ENOMEM;
    if (err == 0) {
        color_start(drawing->out, &drawing->style, COLOR_DIM);
        fputs("  ", drawing->out);
        text_wrap(drawing->out, clean, 2, PARAGRAPH_HANGING, drawing->style.width);
        color_end(drawing->out, &drawing->style, COLOR_DIM);
    }
    free(clean);
    free(said.text);
    return err;
}

static int draw_close(const struct drawing *drawing, const struct timeline_panel *panel,
                      const struct timeline_close *close)
{
    struct timeline_axis axis = {close->begin_ns, close->end_ns, drawing->axis.columns};
    int err;

    if (close->what == NULL || close->row_count == 0 || close->end_ns <= close->begin_ns)
        return 0;
    err = write_close(drawing, close);
    timeline_draw_axis(drawing->out, &drawing->style, &axis, drawing->indent);
    for (size_t i = 0; err == 0 && i < close->row_count; i++)
        err = draw_row(drawing, panel, close->rows[i], &axis);
    return err;
}

static int draw_closes(const struct drawing *drawing, const struct timeline_panel *panel)
{
    struct timeline_close closes[TIMELINE_CLOSES];
    int err = 0;

    timeline_closes_find(drawing->picture, panel, closes);
    for (size_t i = 0; err == 0 && i < TIMELINE_CLOSES; i++)
        err = draw_close(drawing, panel, &closes[i]);
    return err;
}

static int draw_rows(const struct drawing *drawing, const struct timeline_panel *panel)
{
    const struct timeline *drawn = timeline_drawn(drawing->picture, panel);
    bool density = timeline_is_dense(drawn);
    char label[60];
    int err = 0;

    if (density) {
        snprintf(label, sizeof label, "  %zu rows:", drawn->row_count);
        err = timeline_draw_density(drawing->out, &drawing->style, drawn, &drawing->axis, label, drawing->indent);
    }
    for (size_t r = 0; err == 0 && !density && r < drawn->row_count; r++)
        err = draw_row(drawing, panel, r, &drawing->axis);
    if (err == 0 && (density || panel->facts.turns > drawing->axis.columns))
        err = draw_closes(drawing, panel);
    return err;
}

// Each line of a text as a paragraph of its own.
static int write_lines(const struct drawing *drawing, char *text, const char *color, const char *lead)
{
    char *rest = NULL;
    int err = 0;

    for (char *line = strtok_r(text, "\n", &rest); err == 0 && line != NULL; line = strtok_r(NULL, "\n", &rest))
        err = paragraph_with_lead(drawing->out, &drawing->style, color, lead, line, PARAGRAPH_HANGING);
    return err;
}

// Ends a text, and writes each of its lines.
static int write_said(const struct drawing *drawing, struct text_stream *said, const char *color, const char *lead)
{
    int err = text_stream_close(said);

    if (err == 0)
        err = write_lines(drawing, said->text, color, lead);
    free(said->text);
    return err;
}

static int write_sentences(const struct drawing *drawing, const struct timeline_panel *panel)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    timeline_say(said.out, &panel->facts, panel->names, &panel->tasks);
    return write_said(drawing, &said, "", "→");
}

static int write_notes(const struct drawing *drawing)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    timeline_notes(said.out, drawing->picture);
    return write_said(drawing, &said, COLOR_YELLOW, "note:");
}

// "gil  121 ms (untraced 119 ms; …)", or why there is nothing.
static int write_heading(const struct drawing *drawing, const struct timeline_panel *panel)
{
    struct text_stream text;
    int err = text_stream_open(&text);

    if (err != 0)
        return err;
    timeline_say_trial(text.out, panel, " (", ")");
    err = text_stream_close(&text);
    if (err == 0)
        err = paragraph_titled(drawing->out, &drawing->style, panel->model, text.text);
    free(text.text);
    return err;
}

static int draw_panel(const struct drawing *drawing, const struct timeline_panel *panel)
{
    int err;

    fputc('\n', drawing->out);
    err = write_heading(drawing, panel);
    if (err == 0 && panel->excuse == NULL)
        err = draw_rows(drawing, panel);
    if (err == 0 && panel->excuse == NULL)
        err = write_sentences(drawing, panel);
    return err;
}

int timeline_text(const struct timeline_picture *picture, const struct report_style *style, FILE *out)
{
    struct drawing drawing = {.picture = picture, .style = *style, .out = out};
    int err = paragraph_write(out, style, COLOR_BOLD, picture->title, PARAGRAPH_HANGING);

    drawing.style.width = style->width > 0 ? style->width : WIDTH;
    drawing.indent = find_indent(&drawing);
    drawing.axis.end_ns = timeline_longest_ns(picture);
    drawing.axis.columns = drawing.style.width > drawing.indent + LEAST_COLUMNS
                               ? drawing.style.width - drawing.indent - 1
                               : LEAST_COLUMNS;
    if (err == 0)
        timeline_draw_axis(out, &drawing.style, &drawing.axis, drawing.indent);
    for (size_t i = 0; err == 0 && i < picture->panel_count; i++)
        err = draw_panel(&drawing, &picture->panels[i]);
    fputc('\n', out);
    timeline_legend(out, &drawing.style, picture);
    return err == 0 ? write_notes(&drawing) : err;
}

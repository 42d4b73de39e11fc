// SPDX-License-Identifier: MIT
#include "reports/render/timeline_html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/findings/figures.h"
#include "reports/render/html.h"
#include "reports/render/timeline_svg.h"

// Each line of what was written as an element; frees it.
static int write_lines(FILE *out, struct text_stream *said, const char *element)
{
    int err = text_stream_close(said);
    char *rest = NULL;

    for (char *line = err == 0 ? strtok_r(said->text, "\n", &rest) : NULL; err == 0 && line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        err = html_element(out, element, line);
    free(said->text);
    return err;
}

static int write_heading(FILE *out, const struct timeline_panel *panel)
{
    struct text_stream text;
    int err = html_element(out, "h2", panel->model);

    if (err == 0)
        err = text_stream_open(&text);
    if (err != 0)
        return err;
    timeline_say_trial(text.out, panel, "; ", "");
    return write_lines(out, &text, "p");
}

static int write_drawing(FILE *out, const struct timeline_picture *picture, size_t i)
{
    const struct timeline_panel *panel = &picture->panels[i];
    struct svg svg;
    char id[40], title[200];
    double y = 0;
    int err = svg_open(&svg, false), closed;

    snprintf(id, sizeof id, "timeline-%zu", i);
    snprintf(title, sizeof title, "Who ran when under %.120s", panel->model);
    if (err == 0)
        err = timeline_svg_panel(&svg, picture, panel, &y);
    closed = html_figure(out, &svg, id, title);
    return err == 0 ? closed : err;
}

static int write_sentences(FILE *out, const struct timeline_panel *panel)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    timeline_say(said.out, &panel->facts, panel->names, &panel->tasks);
    fputs("<ul>\n", out);
    err = write_lines(out, &said, "li");
    fputs("</ul>\n", out);
    return err;
}

static int write_panel(FILE *out, const struct timeline_picture *picture, size_t i)
{
    const struct timeline_panel *panel = &picture->panels[i];
    int err;

    fputs("<section>\n", out);
    err = write_heading(out, panel);
    if (err == 0 && panel->excuse == NULL)
        err = write_drawing(out, picture, i);
    if (err == 0 && panel->excuse == NULL)
        err = write_sentences(out, panel);
    fputs("</section>\n", out);
    return err;
}

static int write_legend(FILE *out, const struct timeline_picture *picture)
{
    struct text_stream notes;
    struct svg svg;
    double y = 0;
    int err = html_element(out, "h2", "What is drawn, and where it is known from");

    if (err == 0)
        err = svg_open(&svg, false);
    if (err != 0)
        return err;
    timeline_svg_legend(&svg, picture, &y);
    err = html_figure(out, &svg, "timeline-legend", "What the states are drawn as");
    if (err != 0 || text_stream_open(&notes) != 0)
        return -ENOMEM;
    timeline_notes(notes.out, picture);
    return write_lines(out, &notes, "p");
}

int timeline_html(const struct timeline_picture *picture, const struct report_style *style, FILE *out)
{
    int err = html_begin(out, "Who ran when");

    (void)style;
    if (err == 0)
        err = html_element(out, "p", picture->title);
    for (size_t i = 0; err == 0 && i < picture->panel_count; i++)
        err = write_panel(out, picture, i);
    if (err == 0)
        err = write_legend(out, picture);
    html_end(out);
    return err;
}

// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/document/sweep_view.h"
#include "reports/findings/judge.h"
#include "reports/findings/warnings.h"
#include "reports/render/chart.h"
#include "reports/render/experiment.h"
#include "reports/render/html.h"
#include "reports/render/html_block.h"
#include "reports/render/notes.h"
#include "reports/render/sweep_experiment.h"

static void say_point(FILE *out, const struct sweep_view *view, size_t point)
{
    sweep_write_point(out, view, point);
    fputs(sweep_points_in_words(view), out);
}

// What `say` says of a point (0 where it is about all), in that element.
static int write_said(FILE *out, const char *element, const struct sweep_view *view, size_t point,
                      void (*say)(FILE *out, const struct sweep_view *view, size_t point))
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    say(said.out, view, point);
    err = text_stream_close(&said);
    if (err == 0)
        err = html_element(out, element, said.text);
    free(said.text);
    return err;
}

static void say_experiment(FILE *out, const struct sweep_view *view, size_t point)
{
    sweep_say_experiment(out, view);
}

// Where they differ, and it is not they that are swept: a reader of the curves would not know.
static void say_tasks(FILE *out, const struct sweep_view *view, size_t point)
{
    double first = field_number(view->blocks[0], "tasks");
    bool differ = false;

    for (size_t i = 0; i < view->points; i++)
        differ |= field_number(view->blocks[i], "tasks") != first;
    for (size_t i = 0; i < view->points && differ && !sweep_axis_is(view, "tasks"); i++)
        fprintf(out, "%s%.0f at %s", i == 0 ? "Tasks: " : ", ", field_number(view->blocks[i], "tasks"),
                sweep_label(view, i));
}

// How many cells have figures; how many of these are noisy.
static unsigned count_cells(const struct sweep_view *view, unsigned *ret_noisy)
{
    unsigned n = 0;

    *ret_noisy = 0;
    for (size_t model = 0; model < view->models; model++) {
        for (size_t point = 0; point < view->points; point++) {
            const cJSON *cell = sweep_cell(view, model, point);

            if (cell == NULL || !cell_ok(cell))
                continue;
            n++;
            *ret_noisy += judge_noisy(cell);
        }
    }
    return n;
}

static void say_noise(FILE *out, const struct sweep_view *view, size_t point)
{
    unsigned noisy, n = count_cells(view, &noisy);

    if (noisy == 0)
        return;
    fputs("Note: times varied by 5 % or more in ", out);
    if (noisy == n)
        fprintf(out, "all cells (%u)", n);
    else
        fprintf(out, "%u of %u cells (\"!\" in the tables)", noisy, n);
    fputs(": small differences between the curves may be chance", out);
}

static bool is_short(const struct sweep_view *view, size_t model, size_t point)
{
    const cJSON *cell = sweep_cell(view, model, point);

    return cell != NULL && cell_ok(cell) && judge_short_of_lanes(view->blocks[point], cell);
}

static void say_short(FILE *out, const struct sweep_view *view, size_t unused)
{
    unsigned n = 0;

    for (size_t model = 0; model < view->models; model++) {
        unsigned its = 0;

        for (size_t point = 0; point < view->points; point++) {
            if (!is_short(view, model, point))
                continue;
            if (its++ == 0)
                fprintf(out, "%s%s at %s", n++ == 0 ? "Note: fewer tasks were in flight than were asked for: " : "; ",
                        sweep_model(view, model), sweep_label(view, point));
            else
                fprintf(out, ", %s", sweep_label(view, point));
        }
    }
    fputs(n > 0 ? " (ringed in the charts, \"<\" in the tables)" : "", out);
}

static bool has_note(const cJSON *block, const char *text)
{
    const cJSON *note;

    cJSON_ArrayForEach(note, field(block, "warnings")) {
        if (notes_alike(block, note->valuestring, text))
            return true;
    }
    return false;
}

// "Note: …", and at which values, where not at all of them.
static int write_note(FILE *out, const struct sweep_view *view, const char *note)
{
    struct text_stream said;
    size_t n = 0, written = 0;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    for (size_t point = 0; point < view->points; point++)
        n += has_note(view->blocks[point], note);
    fputs("Note", said.out);
    for (size_t point = 0; point < view->points && n < view->points; point++)
        if (has_note(view->blocks[point], note))
            fprintf(said.out, "%s%s", written++ == 0 ? ", at " : ", ", sweep_label(view, point));
    fprintf(said.out, ": %s", note);
    err = text_stream_close(&said);
    if (err == 0)
        err = html_element(out, "p", said.text);
    free(said.text);
    return err;
}

// Whether an earlier value has it, or it is said of all cells together.
static bool is_told(const struct sweep_view *view, size_t point, const char *note)
{
    bool told = strncmp(note, WARNINGS_NOISY, strlen(WARNINGS_NOISY)) == 0;

    for (size_t earlier = 0; earlier < point; earlier++)
        told |= has_note(view->blocks[earlier], note);
    return told;
}

static int write_notes(FILE *out, const struct sweep_view *view)
{
    const cJSON *note;
    int err = write_said(out, "p", view, 0, say_noise);

    if (err == 0)
        err = write_said(out, "p", view, 0, say_short);
    for (size_t point = 0; point < view->points; point++) {
        cJSON_ArrayForEach(note, field(view->blocks[point], "warnings")) {
            if (err == 0 && !is_told(view, point, note->valuestring))
                err = write_note(out, view, note->valuestring);
        }
    }
    return err;
}

static int write_points(FILE *out, const struct sweep_view *view, const struct report_style *style)
{
    int err = html_details_begin(out, "The figures at each value");

    for (size_t point = 0; err == 0 && point < view->points; point++) {
        const cJSON *block = view->blocks[point];

        err = write_said(out, "h3", view, point, say_point);
        if (err == 0)
            err = html_said(out, "p", experiment_say, view->document, block);
        if (err == 0)
            err = html_block_figures(out, view->document, block, style);
    }
    html_details_end(out);
    return err;
}

static int write_curves(FILE *out, const struct sweep_view *view, unsigned number, const char *name)
{
    char id[32], title[160];
    struct svg svg;
    int err = svg_open(&svg, false), ended;

    snprintf(id, sizeof id, "s%u-sweep", number);
    snprintf(title, sizeof title, "%.140s: curves", name);
    if (err == 0)
        err = chart_sweep(&svg, view);
    ended = html_figure(out, &svg, id, title);
    return err == 0 ? ended : err;
}

// Its name as text; to be freed with free() where this is 0.
static int name_sweep(const struct sweep_view *view, const cJSON *sweep, struct text_stream *ret_name)
{
    int err = text_stream_open(ret_name);

    if (err != 0)
        return err;
    sweep_write_workload(ret_name->out, view);
    fprintf(ret_name->out, " over %s", field_text(sweep, "axis"));
    err = text_stream_close(ret_name);
    if (err != 0)
        free(ret_name->text);
    return err;
}

static int write_view(FILE *out, const struct sweep_view *view, const cJSON *sweep, const struct report_style *style,
                      unsigned number)
{
    struct text_stream name;
    int err = name_sweep(view, sweep, &name);

    if (err != 0)
        return err;
    fprintf(out, "<section id=\"s%u\">\n", number);
    if (err == 0)
        err = html_element(out, "h2", name.text);
    if (err == 0)
        err = write_said(out, "p", view, 0, say_experiment);
    if (err == 0)
        err = write_said(out, "p", view, 0, say_tasks);
    if (err == 0)
        err = html_list(out, field(sweep, "findings"));
    if (err == 0)
        err = write_notes(out, view);
    if (err == 0)
        err = write_curves(out, view, number, name.text);
    if (err == 0)
        err = write_points(out, view, style);
    fputs("</section>\n", out);
    free(name.text);
    return err;
}

int html_sweep(FILE *out, const cJSON *document, const cJSON *sweep, const struct report_style *style, unsigned number)
{
    struct sweep_view view;
    int err = sweep_view_open(document, field_number(sweep, "group"), &view);

    if (err == 0 && view.points > 0)
        err = write_view(out, &view, sweep, style, number);
    sweep_view_release(&view);
    return err;
}

int html_sweep_entry(FILE *out, const cJSON *document, const cJSON *sweep, const struct report_style *style,
                     unsigned number)
{
    struct sweep_view view;
    struct text_stream name;
    int err = sweep_view_open(document, field_number(sweep, "group"), &view);

    if (err == 0 && view.points > 0 && (err = name_sweep(&view, sweep, &name)) == 0) {
        err = html_entry(out, number, name.text);
        free(name.text);
    }
    sweep_view_release(&view);
    return err;
}

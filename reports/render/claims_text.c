// SPDX-License-Identifier: MIT
#include "reports/render/claims_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_summary.h"

enum { MARK, FIGURE, BOUNDS, NAME, COLUMNS };

const char *claims_mark(const cJSON *judged, const struct report_style *style)
{
    const char *verdict = field_text(judged, "verdict");

    if (verdict == NULL)
        return " ";
    if (strcmp(verdict, "confirmed") == 0)
        return style->utf8 ? "✓" : "+";
    return strcmp(verdict, "refuted") != 0 ? "?" : style->utf8 ? "✗" : "x";
}

const cJSON *claims_deciding(const cJSON *judged)
{
    double index = field_number(judged, "deciding");

    return isnan(index) ? NULL : cJSON_GetArrayItem(field(judged, "figures"), (int)index);
}

// "confirmed: at most 1.2 ×, refuted: at least 1.4 ×"; of one that is only shown "".
static void bounds_text(const cJSON *figure, char buf[2 * CLAIMS_FIGURE_TEXT + 32])
{
    char yes[CLAIMS_FIGURE_TEXT], no[CLAIMS_FIGURE_TEXT];

    buf[0] = '\0';
    if (field(figure, "confirmed") != NULL && field(figure, "refuted") != NULL)
        snprintf(buf, 2 * CLAIMS_FIGURE_TEXT + 32, "%s (refutes: %s)", claims_bound_text(figure, "confirmed", yes),
                 claims_bound_text(figure, "refuted", no));
}

static int fill_row(struct grid *grid, size_t row, const cJSON *figure)
{
    char text[CLAIMS_FIGURE_TEXT], bounds[2 * CLAIMS_FIGURE_TEXT + 32];
    int err = grid_set(grid, row, MARK, claims_mark(figure, grid->style));

    bounds_text(figure, bounds);
    if (err == 0)
        err = grid_set(grid, row, FIGURE, claims_figure_text(figure, text));
    if (err == 0)
        err = grid_set(grid, row, BOUNDS, bounds);
    return err == 0 ? grid_set(grid, row, NAME, field_text(figure, "name")) : err;
}

int claims_grid(const cJSON *figures, const struct report_style *style, struct grid *grid)
{
    static const char *const headings[COLUMNS] = {
        [MARK] = "", [FIGURE] = "measured", [BOUNDS] = "confirms", [NAME] = "figure"};
    int n = cJSON_GetArraySize(figures), err = grid_open(grid, style, 1, (size_t)n + 1, COLUMNS);
    const cJSON *figure;
    size_t row = 1;

    for (size_t column = 0; err == 0 && column < COLUMNS; column++) {
        grid->column[column].left = true;
        err = grid_set(grid, 0, column, headings[column]);
    }
    cJSON_ArrayForEach(figure, figures) {
        if (err == 0)
            err = fill_row(grid, row++, figure);
    }
    if (err == 0) {
        grid->column[BOUNDS].drop = 1;
        grid->column[BOUNDS].shortens = grid->column[NAME].shortens = true;
        grid_measure(grid);
        grid_fit(grid);
    }
    return err;
}

void claims_say_counts(FILE *out, const cJSON *document, const cJSON *claim)
{
    int n = cJSON_GetArraySize(field(document, "claims"));

    if (field(document, "counts") == NULL)
        return;
    fprintf(out, "%d claim%s: %.0f confirmed, %.0f refuted, %.0f not shown", n, text_plural(n),
            field_number(document, "counts.confirmed"), field_number(document, "counts.refuted"),
            field_number(document, "counts.not_shown"));
}

void claims_say_predictions(FILE *out, const cJSON *document, const cJSON *claim)
{
    double answered = field_number(document, "predictions.answered"),
           counted = field_number(document, "predictions.counted");

    if (field(document, "predictions.right") == NULL)
        return;
    fprintf(out, "You answered %.0f question%s of %.0f; of the %.0f whose claim is confirmed here, %.0f as it is",
            answered, text_plural(answered), field_number(document, "predictions.asked"), counted,
            field_number(document, "predictions.right"));
}

void claims_say_title(FILE *out, const cJSON *document, const cJSON *claim)
{
    const char *verdict = field_text(claim, "verdict");

    if (field(claim, "number") != NULL)
        fprintf(out, "%.0f ", field_number(claim, "number"));
    fprintf(out, "%s%s%s", field_text(claim, "claim"), verdict != NULL ? ": " : "", verdict != NULL ? verdict : "");
}

void claims_say_reason(FILE *out, const cJSON *document, const cJSON *claim)
{
    if (field_text(claim, "reason") != NULL)
        fprintf(out, "not shown: %s", field_text(claim, "reason"));
}

void claims_say_would_show(FILE *out, const cJSON *document, const cJSON *claim)
{
    if (field_text(claim, "would_show") != NULL)
        fprintf(out, "would show it: %s", field_text(claim, "would_show"));
}

static const char *answer_of(const cJSON *claim, double index)
{
    return cJSON_GetStringValue(cJSON_GetArrayItem(field(claim, "asks.answers"), (int)index));
}

void claims_say_prediction(FILE *out, const cJSON *document, const cJSON *claim)
{
    double predicted = field_number(claim, "predicted"), right = field_number(claim, "asks.right");

    if (isnan(predicted))
        return;
    fprintf(out, "you expected \"%s\": ", answer_of(claim, predicted));
    if (!field_is(claim, "verdict", "confirmed"))
        fprintf(out, "the claim, \"%s\", is %s here", answer_of(claim, right), field_text(claim, "verdict"));
    else if (predicted == right)
        fputs("so it is", out);
    else
        fprintf(out, "it is \"%s\"", answer_of(claim, right));
}

void claims_say_real(FILE *out, const cJSON *real)
{
    const char *verdict = field_text(real, "verdict"), *reason = field_text(real, "reason");
    const cJSON *figure = claims_deciding(real);
    char text[CLAIMS_FIGURE_TEXT];

    fprintf(out, "%s: %s", field_text(real, "runtime"), verdict != NULL ? verdict : "not tested");
    if (reason != NULL)
        fprintf(out, ": %s", reason);
    else if (figure != NULL)
        fprintf(out, ", %s", claims_figure_text(figure, text));
}

void claims_say_stand_in(FILE *out, const cJSON *document, const cJSON *claim)
{
    if (cJSON_IsTrue(field(claim, "stand_in")) && field(claim, "verdict") != NULL)
        fputs("by the stand-in in C alone", out);
}

void claims_say_heading(FILE *out, const cJSON *document, const cJSON *claim)
{
    fputs(field_is(document, "stage", "questions") ? "Concurrency models: what do you expect?"
          : field_is(document, "stage", "list")    ? "What is said of concurrency models"
                                                   : "What is said of concurrency models, and what this machine shows",
          out);
}

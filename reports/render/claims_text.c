// SPDX-License-Identifier: MIT
#include "reports/render/claims_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "measure/base/text.h"
#include "measure/base/units.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_figure.h"

enum { MARK, FIGURE, CONFIRMS, REFUTES, NAME, COLUMNS };

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

static int fill_row(struct grid *grid, size_t row, const cJSON *figure)
{
    bool bound = field(figure, "confirmed") != NULL && field(figure, "refuted") != NULL;
    char text[CLAIMS_FIGURE_TEXT];
    int err = grid_set(grid, row, MARK, claims_mark(figure, grid->style));

    if (err == 0)
        err = grid_set(grid, row, FIGURE, claims_figure_text(figure, text));
    if (err == 0)
        err = grid_set(grid, row, CONFIRMS, bound ? claims_bound_text(figure, "confirmed", text) : "");
    if (err == 0)
        err = grid_set(grid, row, REFUTES, bound ? claims_bound_text(figure, "refuted", text) : "");
    return err == 0 ? grid_set(grid, row, NAME, field_text(figure, "name")) : err;
}

int claims_grid(const cJSON *figures, const struct report_style *style, struct grid *grid)
{
    static const char *const headings[COLUMNS] = {" ", "measured", "confirms", "refutes", "figure"};
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
        grid->column[REFUTES].drop = 1;
        grid_measure(grid);
        grid_fit(grid);
    }
    return err;
}

enum { LIST_MARK, LIST_NUMBER, LIST_NAME, LIST_VERDICT, LIST_FIGURE, LIST_SAYS, LIST_COLUMNS };

static int fill_list_row(struct grid *grid, size_t row, const cJSON *claim)
{
    const char *verdict = field_text(claim, "verdict");
    char figure[CLAIMS_FIGURE_TEXT] = "", number[16] = "";
    int err = grid_set(grid, row, LIST_MARK, claims_mark(claim, grid->style));

    if (field(claim, "number") != NULL)
        snprintf(number, sizeof number, "%.0f", field_number(claim, "number"));
    if (claims_deciding(claim) != NULL)
        claims_figure_text(claims_deciding(claim), figure);
    if (err == 0)
        err = grid_set(grid, row, LIST_NUMBER, number);
    if (err == 0)
        err = grid_set(grid, row, LIST_NAME, field_text(claim, "claim"));
    if (err == 0)
        err = grid_set(grid, row, LIST_VERDICT, verdict != NULL ? verdict : "");
    if (err == 0)
        err = grid_set(grid, row, LIST_FIGURE, figure);
    return err == 0 ? grid_set(grid, row, LIST_SAYS, field_text(claim, "says")) : err;
}

int claims_list_grid(const cJSON *document, const struct report_style *style, struct grid *grid)
{
    static const char *const headings[LIST_COLUMNS] = {" ", "number", "claim", "verdict", "measured", "what is said"};
    const cJSON *claims = field(document, "claims"), *claim;
    int err = grid_open(grid, style, 1, (size_t)cJSON_GetArraySize(claims) + 1, LIST_COLUMNS);
    size_t row = 1;

    for (size_t column = 0; err == 0 && column < LIST_COLUMNS; column++) {
        grid->column[column].left = column != LIST_NUMBER;
        grid->column[column].hidden = (column == LIST_MARK || column == LIST_VERDICT || column == LIST_FIGURE) &&
                                      !field_is(document, "stage", "measured");
        err = grid_set(grid, 0, column, headings[column]);
    }
    cJSON_ArrayForEach(claim, claims) {
        if (err == 0)
            err = fill_list_row(grid, row++, claim);
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
    fprintf(out, "You answered %.0f question%s of %.0f; of the %.0f whose claim is confirmed here, %.0f %s right",
            answered, text_plural(answered), field_number(document, "predictions.asked"), counted,
            field_number(document, "predictions.right"),
            field_number(document, "predictions.right") == 1 ? "was" : "were");
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

void claims_say_real(FILE *out, const cJSON *document, const cJSON *real)
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

void claims_say_disagreement(FILE *out, const cJSON *document, const cJSON *claim)
{
    if (field_text(claim, "disagreement") != NULL)
        fputs(field_text(claim, "disagreement"), out);
}

void claims_say_interrupted(FILE *out, const cJSON *document, const cJSON *claim)
{
    char text[UNITS_TEXT];

    if (field_text(document, "interrupted") != NULL)
        fprintf(out, "Interrupted by %s after %s: this was measured until then.", field_text(document, "interrupted"),
                units_format_duration(text, field_number(document, "duration_ns")));
}

void claims_say_heading(FILE *out, const cJSON *document, const cJSON *claim)
{
    fputs(field_is(document, "stage", "questions") ? "Concurrency models: what do you expect?"
          : field_is(document, "stage", "list")    ? "What is said of concurrency models"
                                                   : "What is said of concurrency models, and what this machine shows",
          out);
}

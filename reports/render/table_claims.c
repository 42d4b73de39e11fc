// SPDX-License-Identifier: MIT
#include "reports/render/table_claims.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/claims_figure.h"
#include "reports/render/claims_text.h"
#include "reports/render/experiment.h"
#include "reports/render/paragraph.h"
#include "reports/render/runtimes_text.h"

#define WIDTH 80 // where there is no terminal
#define NAME_WIDTH 16
#define FIGURE_WIDTH 24
#define INDENT 5

// A line, or a paragraph, of what `write` says; nothing where it says nothing.
static int write_said(FILE *out, const struct report_style *style, const char *color, const char *lead, size_t indent,
                      claims_writer *write, const cJSON *document, const cJSON *claim)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    write(said.out, document, claim);
    err = text_stream_close(&said);
    if (err == 0 && said.length > 0) {
        fputs(lead, out);
        err = paragraph_from(out, style, color, said.text, strlen(lead), indent);
    }
    free(said.text);
    return err;
}

static void say_runtimes(FILE *out, const cJSON *document, const cJSON *claim)
{
    runtimes_say(out, document);
}

static int table_begin(const cJSON *document, const struct report_style *style, FILE *out)
{
    int err;

    if (!field_is(document, "stage", "measured"))
        return 0;
    err = write_said(out, style, COLOR_DIM, "", PARAGRAPH_HANGING, experiment_say_machine, document, NULL);
    if (err == 0)
        err = write_said(out, style, COLOR_DIM, "", PARAGRAPH_HANGING, say_runtimes, document, NULL);
    fputs(cJSON_IsTrue(field(document, "long")) ? "" : "\n", out);
    return err;
}

// What is said, in what is left of the line.
static int write_says(FILE *out, const struct report_style *style, const char *says, size_t column)
{
    size_t width = style->width > 0 ? style->width : WIDTH;
    char *clean = text_clean(says, style->utf8), *cut;

    if (clean == NULL)
        return -ENOMEM;
    cut = clean;
    if (column + PARAGRAPH_HANGING < width) {
        bool fits = text_width(clean) <= width - column;

        if (!fits)
            cut[text_cut(clean, width - column - (style->utf8 ? 1 : 3))] = '\0';
        fprintf(out, "%s%s", cut, fits ? "" : style->utf8 ? "…" : "...");
    }
    fputc('\n', out);
    free(clean);
    return 0;
}

// "✓ 10 hog              9.6 ms (9.1 to 9.9 ms)  CPU-heavy tasks block the …"
static int write_line(FILE *out, const cJSON *document, const cJSON *claim, const struct report_style *style)
{
    const cJSON *figure = claims_deciding(claim);
    char text[CLAIMS_FIGURE_TEXT] = "", number[16] = "";
    char *name = text_clean(field_text(claim, "claim"), style->utf8), *measured;
    bool list = !field_is(document, "stage", "measured");
    size_t column;

    if (figure != NULL)
        claims_figure_text(figure, text);
    measured = text_clean(text, style->utf8);
    if (field(claim, "number") != NULL)
        snprintf(number, sizeof number, "%.0f", field_number(claim, "number"));
    if (name == NULL || measured == NULL) {
        free(name);
        free(measured);
        return -ENOMEM;
    }
    fprintf(out, "%s %2s ", claims_mark(claim, style), number);
    text_aligned(out, name, NAME_WIDTH, true);
    column = INDENT + (text_width(name) > NAME_WIDTH ? text_width(name) : NAME_WIDTH) + 1;
    fputc(' ', out);
    if (!list) {
        text_aligned(out, measured, FIGURE_WIDTH, true);
        column += (text_width(measured) > FIGURE_WIDTH ? text_width(measured) : FIGURE_WIDTH) + 1;
        fputc(' ', out);
    }
    free(name);
    free(measured);
    return write_says(out, style, field_text(claim, "says"), column);
}

// What stands below a claim's line.
static int write_notes(FILE *out, const cJSON *document, const cJSON *claim, const struct report_style *style)
{
    static const struct {
        claims_writer *write;
        const char *color;
    } notes[] = {{claims_say_reason, COLOR_YELLOW},
                 {claims_say_would_show, COLOR_DIM},
                 {claims_say_stand_in, COLOR_DIM},
                 {claims_say_disagreement, COLOR_YELLOW},
                 {claims_say_prediction, ""}};
    const cJSON *real;
    int err = 0;

    cJSON_ArrayForEach(real, field(claim, "real")) {
        if (err == 0 && field(claim, "verdict") != NULL)
            err = write_said(out, style, COLOR_DIM, "     ", INDENT, claims_say_real, document, real);
    }
    for (size_t i = 0; err == 0 && i < sizeof notes / sizeof *notes; i++)
        err = write_said(out, style, notes[i].color, "     ", INDENT, notes[i].write, document, claim);
    return err;
}

static int write_figures(FILE *out, const cJSON *figures, const struct report_style *style)
{
    struct grid grid;
    int err = claims_grid(figures, style, &grid);

    if (err == 0)
        grid_write(out, &grid);
    grid_release(&grid);
    return err;
}

static int write_lead(FILE *out, const struct report_style *style, const char *lead, const char *text)
{
    return text != NULL ? paragraph_with_lead(out, style, "", lead, text, PARAGRAPH_HANGING) : 0;
}

static int write_commands(FILE *out, const cJSON *claim, const struct report_style *style)
{
    const cJSON *command;
    int err = 0;

    cJSON_ArrayForEach(command, field(claim, "commands")) {
        if (err == 0)
            err = write_lead(out, style, "$", command->valuestring);
    }
    return err;
}

static int write_full(FILE *out, const cJSON *document, const cJSON *claim, const struct report_style *style)
{
    const cJSON *real;
    struct text_stream title;
    int err = text_stream_open(&title);

    if (err != 0)
        return err;
    claims_say_title(title.out, document, claim);
    err = text_stream_close(&title);
    fputc('\n', out);
    if (err == 0)
        err = paragraph_titled(out, style, title.text, field_text(claim, "says"));
    free(title.text);
    if (err == 0)
        err = paragraph_write(out, style, "", field_text(claim, "explains"), 0);
    if (err == 0 && field(claim, "verdict") != NULL)
        err = write_figures(out, field(claim, "figures"), style);
    cJSON_ArrayForEach(real, field(claim, "real")) {
        if (err == 0 && cJSON_GetArraySize(field(real, "figures")) > 0)
            err = write_lead(out, style, "under", field_text(real, "runtime"));
        if (err == 0 && cJSON_GetArraySize(field(real, "figures")) > 0)
            err = write_figures(out, field(real, "figures"), style);
    }
    if (err == 0)
        err = write_notes(out, document, claim, style);
    if (err == 0)
        err = write_commands(out, claim, style);
    if (err == 0)
        err = write_lead(out, style, "To see it turn:", field_text(claim, "turns"));
    return err == 0 ? write_lead(out, style, "Said by:", field_text(claim, "source")) : err;
}

// The question with its answers, to be ticked.
static int write_question(FILE *out, const cJSON *claim, const struct report_style *style)
{
    const cJSON *answer;
    int err = field(claim, "asks") != NULL ? 0 : 1;

    if (err != 0)
        return 0;
    fputc('\n', out);
    err = paragraph_titled(out, style, field_text(claim, "claim"), field_text(claim, "asks.question"));
    cJSON_ArrayForEach(answer, field(claim, "asks.answers")) {
        if (err == 0)
            err = paragraph_with_lead(out, style, "", "[ ]", answer->valuestring, PARAGRAPH_HANGING);
    }
    return err;
}

static int table_claim(const cJSON *document, const cJSON *claim, const struct report_style *style, FILE *out)
{
    int err;

    if (field_is(document, "stage", "questions"))
        return write_question(out, claim, style);
    if (cJSON_IsTrue(field(document, "long")) || style->all_columns)
        return write_full(out, document, claim, style);
    err = write_line(out, document, claim, style);
    return err == 0 ? write_notes(out, document, claim, style) : err;
}

static int table_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    const cJSON *note;
    int err = 0;

    if (!field_is(document, "stage", "measured"))
        return 0;
    fputc('\n', out);
    err = write_said(out, style, "", "", PARAGRAPH_HANGING, claims_say_counts, document, NULL);
    if (err == 0)
        err = write_said(out, style, "", "", PARAGRAPH_HANGING, claims_say_predictions, document, NULL);
    cJSON_ArrayForEach(note, field(document, "notes")) {
        if (err == 0)
            err = paragraph_with_lead(out, style, COLOR_YELLOW, "note:", note->valuestring, PARAGRAPH_HANGING);
    }
    return err == 0
               ? write_said(out, style, COLOR_YELLOW, "", PARAGRAPH_HANGING, claims_say_interrupted, document, NULL)
               : err;
}

const struct report_claims table_claims = {.begin = table_begin, .claim = table_claim, .end = table_end};

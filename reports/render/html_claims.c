// SPDX-License-Identifier: MIT
#include "reports/render/html_claims.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/render/claims_text.h"
#include "reports/render/experiment.h"
#include "reports/render/html.h"

static const struct report_style wide = {.utf8 = true};

static int write_grid(FILE *out, struct grid *grid, const char *caption, int err)
{
    if (err == 0)
        err = html_grid(out, grid, caption, NULL, NULL);
    grid_release(grid);
    return err;
}

static int write_figures(FILE *out, const cJSON *figures, const char *caption)
{
    struct grid grid;

    return write_grid(out, &grid, caption, claims_grid(figures, &wide, &grid));
}

static int write_list_item(FILE *out, claims_writer *write, const cJSON *document, const cJSON *claim)
{
    return html_said(out, "li", write, document, claim);
}

static int write_notes(FILE *out, const cJSON *document, const cJSON *claim)
{
    static claims_writer *const notes[] = {claims_say_reason, claims_say_would_show, claims_say_stand_in,
                                           claims_say_disagreement, claims_say_prediction};
    const cJSON *real;
    int err = 0;

    fputs("<ul>\n", out);
    cJSON_ArrayForEach(real, field(claim, "real")) {
        if (err == 0 && field(claim, "verdict") != NULL)
            err = write_list_item(out, claims_say_real, document, real);
    }
    for (size_t i = 0; err == 0 && i < sizeof notes / sizeof *notes; i++)
        err = write_list_item(out, notes[i], document, claim);
    fputs("</ul>\n", out);
    return err;
}

static int write_measured(FILE *out, const cJSON *claim)
{
    const cJSON *real;
    int err = field(claim, "verdict") != NULL ? write_figures(out, field(claim, "figures"), "Figures") : 0;

    cJSON_ArrayForEach(real, field(claim, "real")) {
        if (err == 0 && cJSON_GetArraySize(field(real, "figures")) > 0)
            err = write_figures(out, field(real, "figures"), field_text(real, "runtime"));
    }
    return err;
}

static void say_turns(FILE *out, const cJSON *document, const cJSON *claim)
{
    if (field_text(claim, "turns") != NULL)
        fprintf(out, "To see it turn: %s", field_text(claim, "turns"));
}

static void say_source(FILE *out, const cJSON *document, const cJSON *claim)
{
    if (field_text(claim, "source") != NULL)
        fprintf(out, "Said by: %s", field_text(claim, "source"));
}

static int write_commands(FILE *out, const cJSON *claim)
{
    const cJSON *command;
    int err = html_details_begin(out, "Commands that show it alone");

    cJSON_ArrayForEach(command, field(claim, "commands")) {
        if (err == 0)
            err = html_element(out, "pre", command->valuestring);
    }
    html_details_end(out);
    return err;
}

static int write_full(FILE *out, const cJSON *document, const cJSON *claim)
{
    int err;

    fputs("<section>\n", out);
    err = html_said(out, "h2", claims_say_title, document, claim);
    if (err == 0)
        err = html_element(out, "p", field_text(claim, "says"));
    if (err == 0)
        err = html_element(out, "p", field_text(claim, "explains"));
    if (err == 0)
        err = write_measured(out, claim);
    if (err == 0 && field(claim, "verdict") != NULL)
        err = write_notes(out, document, claim);
    if (err == 0)
        err = html_said(out, "p", say_turns, document, claim);
    if (err == 0)
        err = html_said(out, "p", say_source, document, claim);
    if (err == 0)
        err = write_commands(out, claim);
    fputs("</section>\n", out);
    return err;
}

// Boxes to be ticked on paper.
static int write_question(FILE *out, const cJSON *document, const cJSON *claim)
{
    const cJSON *answer;
    char *text;
    int err;

    if (field(claim, "asks") == NULL)
        return 0;
    fputs("<section>\n", out);
    err = html_said(out, "h2", claims_say_title, document, claim);
    if (err == 0)
        err = html_element(out, "p", field_text(claim, "asks.question"));
    cJSON_ArrayForEach(answer, field(claim, "asks.answers")) {
        if (err == 0 && asprintf(&text, "☐ %s", answer->valuestring) >= 0) {
            err = html_element(out, "p", text);
            free(text);
        }
    }
    fputs("</section>\n", out);
    return err;
}

static int write_head(FILE *out, const cJSON *document)
{
    struct grid grid;
    int err = 0;

    if (field_is(document, "stage", "questions"))
        return 0;
    if (field_is(document, "stage", "measured"))
        err = html_said(out, "p", experiment_say_machine, document, NULL);
    if (err == 0)
        err = html_said(out, "p", claims_say_counts, document, NULL);
    if (err == 0)
        err = html_said(out, "p", claims_say_predictions, document, NULL);
    if (err == 0)
        err = html_said(out, "p", claims_say_interrupted, document, NULL);
    if (err == 0)
        err = html_list(out, field(document, "notes"));
    return err == 0 ? write_grid(out, &grid, "All claims", claims_list_grid(document, &wide, &grid)) : err;
}

static int begin_page(FILE *out, const cJSON *document)
{
    struct text_stream title;
    int err = text_stream_open(&title);

    if (err != 0)
        return err;
    claims_say_heading(title.out, document, NULL);
    err = text_stream_close(&title);
    if (err == 0)
        err = html_begin(out, title.text);
    free(title.text);
    return err;
}

static int page_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    bool questions = field_is(document, "stage", "questions");
    const cJSON *claim;
    int err = begin_page(out, document);

    if (err == 0)
        err = write_head(out, document);
    cJSON_ArrayForEach(claim, field(document, "claims")) {
        if (err == 0)
            err = questions ? write_question(out, document, claim) : write_full(out, document, claim);
    }
    html_end(out);
    return err;
}

const struct report_claims html_claims = {.end = page_end};

// SPDX-License-Identifier: MIT
#include "reports/render/markdown_claims.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/render/claims_text.h"
#include "reports/render/experiment.h"
#include "reports/render/markdown_parts.h"

static const struct report_style wide = {.utf8 = true};

// A line of what `write` says; nothing where it says nothing.
static int write_said(FILE *out, const char *lead, claims_writer *write, const cJSON *document, const cJSON *claim)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    write(said.out, document, claim);
    err = text_stream_close(&said);
    if (err == 0 && said.length > 0)
        err = markdown_item(out, lead, said.text);
    free(said.text);
    return err;
}

static int write_text(FILE *out, const char *lead, const char *text)
{
    return text != NULL ? markdown_item(out, lead, text) : 0;
}

static int write_grid(FILE *out, struct grid *grid, int err)
{
    fputc('\n', out);
    if (err == 0)
        err = markdown_grid(out, grid, NULL, NULL);
    grid_release(grid);
    return err;
}

static int write_figures(FILE *out, const cJSON *figures)
{
    struct grid grid;

    return write_grid(out, &grid, claims_grid(figures, &wide, &grid));
}

// Commands stand in a fenced block, where nothing is markup; a fence inside would end it.
static int write_commands(FILE *out, const cJSON *claim)
{
    const cJSON *command;

    if (cJSON_GetArraySize(field(claim, "commands")) == 0)
        return 0;
    fputs("\n```sh\n", out);
    cJSON_ArrayForEach(command, field(claim, "commands")) {
        if (strstr(command->valuestring, "```") == NULL)
            text_write(out, command->valuestring, true);
        fputc('\n', out);
    }
    fputs("```\n", out);
    return 0;
}

static int write_notes(FILE *out, const cJSON *document, const cJSON *claim)
{
    static claims_writer *const notes[] = {claims_say_reason, claims_say_would_show, claims_say_stand_in,
                                           claims_say_disagreement, claims_say_prediction};
    const cJSON *real;
    int err = 0;

    cJSON_ArrayForEach(real, field(claim, "real")) {
        if (err == 0 && field(claim, "verdict") != NULL)
            err = write_said(out, "- ", claims_say_real, document, real);
    }
    for (size_t i = 0; err == 0 && i < sizeof notes / sizeof *notes; i++)
        err = write_said(out, "- ", notes[i], document, claim);
    return err;
}

static int write_full(FILE *out, const cJSON *document, const cJSON *claim)
{
    const cJSON *real;
    int err = write_said(out, "\n### ", claims_say_title, document, claim);

    if (err == 0)
        err = write_text(out, "\n", field_text(claim, "says"));
    if (err == 0)
        err = write_text(out, "\n", field_text(claim, "explains"));
    if (err == 0 && field(claim, "verdict") != NULL)
        err = write_figures(out, field(claim, "figures"));
    cJSON_ArrayForEach(real, field(claim, "real")) {
        if (err == 0 && cJSON_GetArraySize(field(real, "figures")) > 0)
            err = write_text(out, "\nUnder ", field_text(real, "runtime"));
        if (err == 0 && cJSON_GetArraySize(field(real, "figures")) > 0)
            err = write_figures(out, field(real, "figures"));
    }
    fputc('\n', out);
    if (err == 0)
        err = write_notes(out, document, claim);
    if (err == 0)
        err = write_commands(out, claim);
    if (err == 0)
        err = write_text(out, "\nTo see it turn: ", field_text(claim, "turns"));
    return err == 0 ? write_text(out, "\nSaid by: ", field_text(claim, "source")) : err;
}

static int write_question(FILE *out, const cJSON *document, const cJSON *claim)
{
    const cJSON *answer;
    int err;

    if (field(claim, "asks") == NULL)
        return 0;
    err = write_said(out, "\n### ", claims_say_title, document, claim);
    if (err == 0)
        err = write_text(out, "\n", field_text(claim, "asks.question"));
    fputc('\n', out);
    cJSON_ArrayForEach(answer, field(claim, "asks.answers")) {
        if (err == 0)
            err = write_text(out, "- [ ] ", answer->valuestring);
    }
    return err;
}

// All of them as a table, and below it what is to be said of some.
static int write_all(FILE *out, const cJSON *document)
{
    const cJSON *claim;
    struct grid grid;
    int err = write_grid(out, &grid, claims_list_grid(document, &wide, &grid));

    fputc('\n', out);
    cJSON_ArrayForEach(claim, field(document, "claims")) {
        if (err == 0 && field_text(claim, "reason") != NULL) {
            fprintf(out, "- %s ", field_text(claim, "claim"));
            err = write_said(out, "", claims_say_reason, document, claim);
        }
        if (err == 0 && field_text(claim, "disagreement") != NULL) {
            fprintf(out, "- %s: ", field_text(claim, "claim"));
            err = write_said(out, "", claims_say_disagreement, document, claim);
        }
    }
    return err;
}

static int write_end(FILE *out, const cJSON *document)
{
    int err;

    fputc('\n', out);
    err = write_said(out, "", claims_say_counts, document, NULL);
    if (err == 0)
        err = write_said(out, "\n", claims_say_predictions, document, NULL);
    if (err == 0)
        err = markdown_items(out, "- note: ", field(document, "notes"));
    return err == 0 ? write_said(out, "\n", claims_say_interrupted, document, NULL) : err;
}

static int markdown_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    bool questions = field_is(document, "stage", "questions"), measured = field_is(document, "stage", "measured");
    bool full = cJSON_IsTrue(field(document, "long")) || style->all_columns;
    const cJSON *claim;
    int err = write_said(out, "## ", claims_say_heading, document, NULL);

    if (err == 0 && measured)
        err = write_said(out, "\n", experiment_say_machine, document, NULL);
    if (err == 0 && !questions)
        err = write_all(out, document);
    cJSON_ArrayForEach(claim, field(document, "claims")) {
        if (err == 0 && questions)
            err = write_question(out, document, claim);
        else if (err == 0 && full)
            err = write_full(out, document, claim);
    }
    return err == 0 && measured ? write_end(out, document) : err;
}

const struct report_claims markdown_claims = {.end = markdown_end};

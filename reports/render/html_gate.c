// SPDX-License-Identifier: MIT
#include "reports/render/html_gate.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "reports/document/fields.h"
#include "reports/document/gate.h"
#include "reports/render/chart.h"
#include "reports/render/experiment.h"
#include "reports/render/gate_lines.h"
#include "reports/render/html.h"

static bool is_stored(const cJSON *document)
{
    return field_is(document, "kind", "compare");
}

static void say_rule(FILE *out, const cJSON *document, const cJSON *block)
{
    gate_write_rule(out, document);
}

static void say_side(FILE *out, const cJSON *side, const char *name)
{
    const char *version = field_text(side, "version"), *started = field_text(side, "started");

    fprintf(out, "%s: ", name);
    if (version != NULL)
        fprintf(out, "ccbench %s, ", version);
    fprintf(out, "measured %s", started != NULL ? started : "at a time that it does not say");
}

// Stored reports may be of two machines: each says what it is in the facts.
static void say_machine(FILE *out, const cJSON *document, const cJSON *block)
{
    if (!is_stored(document)) {
        experiment_say_machine(out, document, NULL);
        return;
    }
    say_side(out, field(document, "base"), "base");
    fputs("; ", out);
    say_side(out, field(document, "new"), "new");
    fprintf(out, "; compared by ccbench %s", field_text(document, "ccbench.version"));
}

static int write_notes(FILE *out, const cJSON *document)
{
    const cJSON *note;
    int err = 0;

    cJSON_ArrayForEach(note, field(document, "notes")) {
        char *text = NULL;

        if (err != 0)
            break;
        if (asprintf(&text, "Note: %s", note->valuestring) < 0)
            return -ENOMEM;
        err = html_element(out, "p", text);
        free(text);
    }
    return err;
}

static const char *const next_steps[][2] = {
    {"regression",
     "What to do next: repeat a cell by its command, at the end of this page. If it is slower there too, look at what the two "
     "sides do differently, as docs/METHODOLOGY.md shows under \"Check it yourself\". If it is meant to be slower, say so "
     "with --allow, or make it the new base."},
    {"failed",
     "What to do next: repeat the cell that failed by its command, at the end of this page, and mend what its reason names."},
    {"inconclusive",
     "What to do next: measure again, on a machine that does less beside it, or with more --rounds. Whoever cannot, and wants "
     "only what is shown to be slower to stop a merge, asks for --inconclusive=pass."},
    {"interrupted",
     "What to do next: measure again; what is here was measured before the interruption, and decides nothing."},
    {"passed",
     "What to do next: nothing. That nothing is shown to be slower does not mean that nothing is: an interval says how large a "
     "change may still be."},
};

static int write_next(FILE *out, const cJSON *document)
{
    for (size_t i = 0; i < sizeof next_steps / sizeof *next_steps; i++)
        if (field_is(document, "verdict", next_steps[i][0]))
            return html_element(out, "p", next_steps[i][1]);
    return 0;
}

static bool line_alarms(const void *data, size_t row)
{
    const struct gate_lines *lines = data;

    return gate_line_alarms(&lines->lines[row - 1]);
}

static int write_table(FILE *out, const cJSON *document)
{
    const struct report_style wide = {.utf8 = true};
    struct gate_lines lines;
    struct grid grid = {.rows = 0};
    int err = gate_lines_make(document, &lines);

    if (err == 0)
        err = gate_lines_grid(&lines, &wide, &grid);
    for (size_t i = 0; err == 0 && i < lines.n; i++)
        err = grid_set(&grid, i + 1, GATE_VERDICT, gate_line_verdict(&lines.lines[i]));
    if (err == 0)
        err = html_grid(out, &grid, "Every cell and metric", line_alarms, &lines);
    grid_release(&grid);
    gate_lines_release(&lines);
    return err;
}

static const struct html_term terms[] = {
    {"cell",
     "one model on one workload; \"base again\" is the control: the cell that takes most CPU time, base against base, in the same "
     "way. What is not 0 there is noise. If even that is shown to differ, the machine is unfit and the gate tells nothing."},
    {"base, new", "medians of the rounds of the last batch."},
    {"change",
     "how much more new takes than base (of throughput: does). Each pair of trials, one of either side, back to back, has a "
     "ratio of its own; a round has the median of its pairs, and this is the median of the rounds. So it is not the "
     "quotient of the two medians beside it: what slows the machine for a minute is in both sides of a pair, but not "
     "equally in both medians."},
    {"interval", "holds the true median of the change in 95 of 100 cases."},
};

static const struct html_term stored_terms[] = {
    {"cell", "one model on one workload."},
    {"base, new", "medians of all rounds of the stored report."},
    {"change",
     "new over base, of these medians, less 1: their rounds were not side by side, so nothing can be paired."},
    {"interval",
     "holds the true change in 95 of 100 cases: from the lower end of one side's interval over the upper end of the "
     "other's, to the other way round."},
    {"at least",
     "decides: the end of the interval that speaks for new. A regression is where it is more than is allowed, "
     "which is 10 % or more: runs of the same thing on different days differ by that much."},
    {"ok", "not shown to be worse than is allowed. That does not mean that it is not."},
    {"inconclusive", "it cannot be told, as the reason says."},
};

// With figures of the document's own rule.
static int write_bound(FILE *out, const cJSON *document)
{
    double level = field_number(document, "rule.level"), comparisons = field_number(document, "rule.comparisons");
    struct html_term term = {.term = "at least"};
    char *text = NULL;
    int err;

    if (isnan(level) || !(comparisons > 0))
        return 0;
    if (asprintf(
            &text,
            "decides: with a confidence of %.2f %% or more the true change is worse than this. It is the one-sided bound of the "
            "sign test, whose error of %.3g %% is shared by all %.0f comparisons of the gate, so that nothing is flagged by "
            "chance in 99 of 100 gates. The interval is wrong in 5 of 100 cases and of one comparison alone, so this is more in "
            "new's favour than the interval's end.",
            100 * (1 - level / comparisons), 100 * level, comparisons) < 0)
        return -ENOMEM;
    term.meaning = text;
    err = html_terms(out, &term, 1);
    free(text);
    return err;
}

static int write_batches(FILE *out, const cJSON *document)
{
    struct html_term batch[] = {
        {.term = "batch"},
        {.term = "ok",
         "not shown to be worse than is allowed. That does not mean that it is "
         "not. Of the control: no difference shown."},
        {.term = "ok (not confirmed)", "flagged in one batch, and well below what is allowed in the others."},
        {.term = "inconclusive", "noise hides the answer, as the reason says."}};
    bool early = field(document, "rule.first_look") != NULL;
    char *text = NULL;
    int err;

    if (asprintf(
            &text,
            "%s%.0f rounds of each cell%s. A cell is flagged where \"at least\" is more than is allowed, and measured again in "
            "a batch of its own. It takes two batches of at most %d that flag it to be a regression: both of the first "
            "two, or two of three. The figures are those of the last, which was not chosen for being large.",
            early ? "up to " : "", field_number(document, "rule.rounds"),
            early ? ", which is measured until its answer is plain; looking after each round is paid for by the bound"
                  : "",
            GATE_BATCHES) < 0)
        return -ENOMEM;
    batch[0].meaning = text;
    err = html_terms(out, batch, sizeof batch / sizeof *batch);
    free(text);
    return err;
}

static int write_how_to_read(FILE *out, const cJSON *document)
{
    int err = html_details_begin(out, "How to read this");

    fputs("<dl>\n", out);
    if (err == 0 && is_stored(document)) {
        err = html_terms(out, stored_terms, sizeof stored_terms / sizeof *stored_terms);
    } else if (err == 0) {
        err = html_terms(out, terms, sizeof terms / sizeof *terms);
        if (err == 0)
            err = write_bound(out, document);
        if (err == 0)
            err = write_batches(out, document);
    }
    fputs("</dl>\n", out);
    if (err == 0)
        err = html_element(out, "p", "docs/METHODOLOGY.md has the rest, under \"The gate\".");
    html_details_end(out);
    return err;
}

static int write_repeats(FILE *out, const cJSON *document)
{
    const cJSON *cell;
    int err = html_details_begin(out, "Commands that repeat each cell");

    cJSON_ArrayForEach(cell, field(document, "cells")) {
        if (err == 0)
            err = html_element(out, "pre", field_text(cell, "repeat"));
    }
    html_details_end(out);
    return err;
}

static int write_fact(const char *text, bool differs, void *data)
{
    return html_element(data, "li", text);
}

static int write_facts(FILE *out, const cJSON *document)
{
    int err;

    fputs("<ul>\n", out);
    err = gate_each_fact(document, write_fact, out);
    fputs("</ul>\n", out);
    return err;
}

static int write_head(FILE *out, const cJSON *document)
{
    int err = html_said(out, "p", say_rule, document, NULL);

    if (err == 0)
        err = html_said(out, "p", say_machine, document, NULL);
    if (err == 0)
        err = html_list(out, field(document, "reasons"));
    if (err == 0)
        err = write_notes(out, document);
    return err == 0 ? write_next(out, document) : err;
}

static int write_figure(FILE *out, const cJSON *document)
{
    struct svg svg;
    int err = svg_open(&svg, false), ended;

    if (err == 0)
        err = chart_gate(&svg, document);
    ended = html_figure(out, &svg, "gate", "Differences of new against base");
    return err == 0 ? ended : err;
}

int html_gate_write(const cJSON *document, FILE *out)
{
    int err = write_head(out, document);

    if (err == 0)
        err = write_figure(out, document);
    if (err == 0)
        err = write_table(out, document);
    if (err == 0)
        err = write_facts(out, document);
    if (err == 0)
        err = write_how_to_read(out, document);
    return err == 0 ? write_repeats(out, document) : err;
}

// SPDX-License-Identifier: MIT
// JUnit's XML, as CI systems read it: a test case for each metric of a cell. A regression is a failure, a cell that
// failed an error; what is inconclusive is a failure too, or skipped where it is let pass or skipped.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/clock.h"
#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/findings/gate_wording.h"
#include "reports/format.h"
#include "reports/render/gate_lines.h"

enum outcome { PASSED, FAILURE, ERROR, SKIPPED };

// Cleaned, so that no character is left that XML forbids.
static int write_escaped(FILE *out, const char *text)
{
    char *clean = text_clean(text, true);

    if (clean == NULL)
        return -ENOMEM;
    for (const char *c = clean; *c != '\0'; c++) {
        const char *entity = *c == '<'   ? "&lt;"
                             : *c == '>' ? "&gt;"
                             : *c == '&' ? "&amp;"
                             : *c == '"' ? "&quot;"
                                         : NULL;

        if (entity != NULL)
            fputs(entity, out);
        else
            fputc(*c, out);
    }
    free(clean);
    return 0;
}

static enum outcome outcome_of(const cJSON *document, const struct gate_line *line)
{
    if (line->metric == NULL)
        return field_is(line->cell, "status", "failed") ? ERROR : SKIPPED;
    if (field_is(line->metric, "verdict", "regression"))
        return FAILURE;
    // Base against base is no test of what is new: if it is flagged, all cells say so.
    if (line->control)
        return field_is(line->metric, "verdict", "different") ? SKIPPED : PASSED;
    if (field_is(line->metric, "verdict", "inconclusive"))
        return field_is(document, "rule.inconclusive", "fail") ? FAILURE : SKIPPED;
    return PASSED;
}

static int write_message(FILE *out, const cJSON *document, const struct gate_line *line)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    gate_write_reason(said.out, document, line->cell, line->metric);
    err = text_stream_close(&said);
    if (err == 0)
        err = write_escaped(out, said.text);
    free(said.text);
    return err;
}

// <failure type="regression" message="…">the command to repeat it</failure>
static int write_outcome(FILE *out, const cJSON *document, const struct gate_line *line, enum outcome outcome)
{
    static const char *const elements[] = {[FAILURE] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};
    const char *type = field_text(line->metric, "verdict"), *repeat = field_text(line->cell, "repeat");
    int err;

    if (type == NULL)
        type = field_text(line->cell, "status");
    fprintf(out, "      <%s", elements[outcome]);
    if (outcome != SKIPPED)
        fprintf(out, " type=\"%s\"", type);
    fputs(" message=\"", out);
    err = write_message(out, document, line);
    fputs("\">", out);
    if (err == 0 && repeat != NULL && outcome != SKIPPED)
        err = write_escaped(out, repeat);
    fprintf(out, "</%s>\n", elements[outcome]);
    return err;
}

static int write_attribute(FILE *out, const char *name, const char *text)
{
    int err;

    fprintf(out, " %s=\"", name);
    err = write_escaped(out, text);
    fputc('"', out);
    return err;
}

static int write_figures(FILE *out, const struct gate_line *line)
{
    static const enum gate_column figures[] = {GATE_BASE,     GATE_NEW,   GATE_CHANGE,
                                               GATE_INTERVAL, GATE_LEAST, GATE_ALLOWED};
    int err = 0;

    fputs("      <system-out>", out);
    for (size_t i = 0; err == 0 && i < sizeof figures / sizeof *figures; i++) {
        fprintf(out, "%s%s ", i > 0 ? ", " : "", gate_headings[figures[i]]);
        err = write_escaped(out, line->text[figures[i]]);
    }
    fputs("</system-out>\n", out);
    return err;
}

static int write_case(FILE *out, const cJSON *document, const struct gate_line *line)
{
    const char *name = line->metric != NULL ? line->text[GATE_METRIC] : field_text(line->cell, "status");
    enum outcome outcome = outcome_of(document, line);
    int err;

    fputs("    <testcase", out);
    err = write_attribute(out, "classname", line->text[GATE_CELL]);
    if (err == 0)
        err = write_attribute(out, "name", name);
    fputs(">\n", out);
    if (err == 0 && outcome != PASSED)
        err = write_outcome(out, document, line, outcome);
    if (err == 0 && line->metric != NULL)
        err = write_figures(out, line);
    fputs("    </testcase>\n", out);
    return err;
}

// What to doubt about all of them, a line each.
static int write_notes(FILE *out, const cJSON *notes)
{
    const cJSON *item;
    int err = 0;

    if (cJSON_GetArraySize(notes) == 0)
        return 0;
    fputs("    <system-out>", out);
    cJSON_ArrayForEach(item, notes) {
        fputs(item == notes->child ? "note: " : "\nnote: ", out);
        if (err == 0)
            err = write_escaped(out, item->valuestring);
    }
    fputs("</system-out>\n", out);
    return err;
}

static int write_suite(FILE *out, const cJSON *document, const struct gate_lines *lines)
{
    unsigned counts[SKIPPED + 1] = {0};
    double seconds = field_number(document, "duration_ns") / (double)NS_PER_S;
    char sums[128];
    int err = 0;

    for (size_t i = 0; i < lines->n; i++)
        counts[outcome_of(document, &lines->lines[i])]++;
    snprintf(sums, sizeof sums, "tests=\"%zu\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\"", lines->n,
             counts[FAILURE], counts[ERROR], counts[SKIPPED], seconds >= 0 ? seconds : 0);
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n", sums);
    fprintf(out, "  <testsuite name=\"ccbench %s\" %s timestamp=\"", field_text(document, "kind"), sums);
    err = write_escaped(out, field_text(document, "started"));
    fputs("\">\n", out);
    for (size_t i = 0; err == 0 && i < lines->n; i++)
        err = write_case(out, document, &lines->lines[i]);
    if (err == 0)
        err = write_notes(out, field(document, "notes"));
    fputs("  </testsuite>\n</testsuites>\n", out);
    return err;
}

static int junit_gate(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct gate_lines lines;
    int err = gate_lines_make(document, &lines);

    if (err == 0)
        err = write_suite(out, document, &lines);
    gate_lines_release(&lines);
    return err;
}

const struct report_format report_format_junit = {
    .name = "junit",
    .suffix = "xml",
    .summary = "JUnit's XML of a gate or a comparison, for CI",
    .gate = junit_gate,
};

// SPDX-License-Identifier: MIT
#include "reports/render/advice_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/document/fields.h"
#include "reports/render/paragraph.h"

// Writes what was gathered as one wrapped line, if there is any. 0 or -ENOMEM. Ends the stream and frees its text.
static int write_line(FILE *out, const struct report_style *style, const char *color, struct text_stream *gathered)
{
    int err = text_stream_close(gathered);

    if (err == 0 && gathered->length > 0)
        err = paragraph_write(out, style, color, gathered->text, PARAGRAPH_HANGING);
    free(gathered->text);
    return err;
}

static void say(FILE *out, const char *before, const char *text)
{
    if (text != NULL)
        fprintf(out, "%s%s", before, text);
}

static void say_machine(FILE *out, const cJSON *document)
{
    const char *model = field_text(document, "environment.cpu.model");
    double watched_ns = field_number(document, "environment.during.duration_ns");

    fprintf(out, "%s", model != NULL ? model : "a machine");
    say(out, ", CPUs ", field_text(document, "environment.cpu.allowed"));
    say(out, " of ", field_text(document, "environment.cpu.online"));
    say(out, ", ", field_text(document, "environment.kernel"));
    say(out, " on ", field_text(document, "environment.virtualisation"));
    say(out, "; ccbench ", field_text(document, "ccbench.version"));
    if (!isnan(watched_ns))
        fprintf(out, "; watched for %.1f s", watched_ns / 1e9);
}

static int write_machine(const cJSON *document, const struct report_style *style, FILE *out)
{
    struct text_stream gathered;
    int err = text_stream_open(&gathered);

    if (err < 0)
        return err;
    say_machine(gathered.out, document);
    return write_line(out, style, COLOR_DIM, &gathered);
}

static int write_finding(const cJSON *finding, const struct report_style *style, FILE *out)
{
    struct text_stream gathered;
    int err = text_stream_open(&gathered);

    if (err < 0)
        return err;
    fprintf(gathered.out, "%s: %s", field_text(finding, "topic"), field_text(finding, "says"));
    say(gathered.out, " → ", field_text(finding, "mend"));
    return write_line(out, style, field_is(finding, "verdict", "blurs") ? COLOR_YELLOW : "", &gathered);
}

// All findings of a verdict on one line: "Fine: swap (not in use), …".
static int write_together(const cJSON *findings, const char *verdict, const char *heading, bool details,
                          const struct report_style *style, FILE *out)
{
    const cJSON *finding;
    struct text_stream gathered;
    int count = 0, err = text_stream_open(&gathered);

    if (err < 0)
        return err;
    cJSON_ArrayForEach(finding, findings) {
        if (!field_is(finding, "verdict", verdict))
            continue;
        fprintf(gathered.out, "%s%s", count++ == 0 ? heading : ", ", field_text(finding, "topic"));
        if (details)
            fprintf(gathered.out, " (%s)", field_text(finding, "says"));
    }
    return write_line(out, style, COLOR_DIM, &gathered);
}

static int count_of(const cJSON *findings, const char *verdict)
{
    const cJSON *finding;
    int count = 0;

    cJSON_ArrayForEach(finding, findings)
        count += field_is(finding, "verdict", verdict);
    return count;
}

int advice_write(const cJSON *document, const struct report_style *style, FILE *out)
{
    static const char *const verdicts[] = {"blurs", "limits"};
    const cJSON *findings = field(document, "findings"), *finding;
    int err = write_machine(document, style, out);

    if (err == 0 && count_of(findings, "blurs") + count_of(findings, "limits") == 0)
        fputs("Nothing was found that would blur a measurement.\n", out);
    for (int i = 0; i < 2; i++) {
        cJSON_ArrayForEach(finding, findings) {
            if (err == 0 && field_is(finding, "verdict", verdicts[i]))
                err = write_finding(finding, style, out);
        }
    }
    if (err == 0)
        err = write_together(findings, "unknown", "Not told by this machine: ", false, style, out);
    return err == 0 ? write_together(findings, "fine", "Fine: ", true, style, out) : err;
}

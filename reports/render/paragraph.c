// SPDX-License-Identifier: MIT
#include "reports/render/paragraph.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/render/grid.h"

// A column of text narrower than this is not worth starting.
#define NARROW 16

int paragraph_write(FILE *out, const struct report_style *style, const char *color, const char *text, size_t indent)
{
    return paragraph_from(out, style, color, text, 0, indent);
}

int paragraph_from(FILE *out, const struct report_style *style, const char *color, const char *text, size_t column,
                   size_t indent)
{
    char *clean = text_clean(text, style->utf8);

    if (clean == NULL)
        return -ENOMEM;
    color_start(out, style, color);
    text_wrap(out, clean, column, indent, style->width);
    color_end(out, style, color);
    free(clean);
    return 0;
}

bool paragraph_is_narrow(const struct report_style *style, size_t column)
{
    return style->width > 0 && column + NARROW > style->width;
}

int paragraph_titled(FILE *out, const struct report_style *style, const char *title, const char *text)
{
    char *label = text_clean(title, style->utf8), *clean = text_clean(text, style->utf8);
    int err = label != NULL && clean != NULL ? 0 : -ENOMEM;

    if (err == 0) {
        size_t column = text_width(label) + 2;

        color_start(out, style, COLOR_BOLD);
        if (paragraph_is_narrow(style, column)) {
            text_wrap(out, label, 0, 0, style->width);
            column = 0;
        } else {
            fprintf(out, "%s  ", label);
        }
        color_end(out, style, COLOR_BOLD);
        text_wrap(out, clean, column, PARAGRAPH_HANGING, style->width);
    }
    free(label);
    free(clean);
    return err;
}

int paragraph_with_lead(FILE *out, const struct report_style *style, const char *color, const char *lead,
                        const char *text, size_t indent)
{
    char *line = NULL;
    int err;

    if (asprintf(&line, "%s %s", lead, text) < 0)
        return -ENOMEM;
    err = paragraph_write(out, style, color, line, indent);
    free(line);
    return err;
}

// So many findings stand above the figures.
#define ANSWER 3

static int write_findings(FILE *out, const struct report_style *style, const cJSON *findings, int first, int end)
{
    const cJSON *finding;
    int i = 0, err = 0;

    cJSON_ArrayForEach(finding, findings) {
        if (err == 0 && i >= first && i < end)
            err = paragraph_with_lead(out, style, "", "→", finding->valuestring, style->utf8 ? 2 : 3);
        i++;
    }
    return err;
}

int paragraph_findings(FILE *out, const struct report_style *style, const cJSON *findings)
{
    return write_findings(out, style, findings, 0, INT_MAX);
}

int paragraph_answer(FILE *out, const struct report_style *style, const cJSON *findings)
{
    return write_findings(out, style, findings, 0, ANSWER);
}

int paragraph_details(FILE *out, const struct report_style *style, const cJSON *findings)
{
    return write_findings(out, style, findings, ANSWER, INT_MAX);
}

// SPDX-License-Identifier: MIT
// Text of a report, cleaned and wrapped to the style's width. Each returns 0 or -ENOMEM.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Indent of a paragraph's further lines.
#define PARAGRAPH_HANGING 4

int paragraph_write(FILE *out, const struct report_style *style, const char *color, const char *text, size_t indent);
// One that begins in that column, behind what is there.
int paragraph_from(FILE *out, const struct report_style *style, const char *color, const char *text, size_t column,
                   size_t indent);
// The title stands out, the text follows on the same line.
int paragraph_titled(FILE *out, const struct report_style *style, const char *title, const char *text);
// "→ text", "note: text".
int paragraph_with_lead(FILE *out, const struct report_style *style, const char *color, const char *lead,
                        const char *text, size_t indent);
// A list of texts as findings.
int paragraph_findings(FILE *out, const struct report_style *style, const struct cJSON *findings);
// The first few of them, which stand above the figures: what a reader can act on. And the rest, for below them.
int paragraph_answer(FILE *out, const struct report_style *style, const struct cJSON *findings);
int paragraph_details(FILE *out, const struct report_style *style, const struct cJSON *findings);

// Whether a column of text that begins there is not worth starting.
bool paragraph_is_narrow(const struct report_style *style, size_t column);

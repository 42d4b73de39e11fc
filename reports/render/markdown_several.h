// SPDX-License-Identifier: MIT
// Reports of several machines (reports/document/several.h), in GitHub's Markdown.
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// Writes all of it, of few machines side by side, of many what they come to. 0 or -ENOMEM.
int markdown_several_write(const struct cJSON *several, const struct report_style *style, FILE *out);

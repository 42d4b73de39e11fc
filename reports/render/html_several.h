// SPDX-License-Identifier: MIT
// The content of a page about reports of several machines (reports/document/several.h).
#pragma once

#include <stdio.h>

#include "reports/render/style.h"

struct cJSON;

// 0 or -ENOMEM.
int html_several_write(const struct cJSON *several, const struct report_style *style, FILE *out);

// SPDX-License-Identifier: MIT
// What a format has for claims (reports/document/claims.h), in parts as of a report.
#pragma once

#include "reports/render/style.h"

struct cJSON;

// Each may be NULL. 0 or -errno; a failed write of `out` is the caller's to find (ferror).
struct report_claims {
    int (*begin)(const struct cJSON *document, const struct report_style *style, FILE *out);
    int (*claim)(const struct cJSON *document, const struct cJSON *claim, const struct report_style *style, FILE *out);
    int (*end)(const struct cJSON *document, const struct report_style *style, FILE *out);
};

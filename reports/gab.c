// SPDX-License-Identifier: MIT
#include "reports/export/gab.h"
#include "reports/format.h"

static int gab_end(const struct cJSON *document, const struct report_style *style, FILE *out)
{
    return gab_write(out, document, false);
}

const struct report_format report_format_gab = {
    .name = "gab",
    .suffix = "gab.json",
    .summary = "github-action-benchmark's customSmallerIsBetter",
    .end = gab_end,
};

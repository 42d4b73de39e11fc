// SPDX-License-Identifier: MIT
#include "reports/export/gab.h"
#include "reports/format.h"

static int gab_bigger_end(const struct cJSON *document, const struct report_style *style, FILE *out)
{
    return gab_write(out, document, true);
}

const struct report_format report_format_gab_bigger = {
    .name = "gab-bigger",
    .suffix = "bigger.gab.json",
    .summary = "github-action-benchmark's customBiggerIsBetter",
    .end = gab_bigger_end,
};

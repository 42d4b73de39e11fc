// SPDX-License-Identifier: MIT
#include "reports/export/number.h"
#include "reports/format.h"

// The document itself. It is one value, so nothing can be written before the last workload is done.
static int json_end(const struct cJSON *document, const struct report_style *style, FILE *out)
{
    return export_write_json(out, document);
}

static const struct report_claims json_claims = {.end = json_end};

const struct report_format report_format_json = {
    .name = "json",
    .suffix = "json",
    .summary = "all of it: environment, plan, every round's sample, and the summary",
    .end = json_end,
    .gate = json_end,
    .several = json_end,
    .claims = &json_claims,
};

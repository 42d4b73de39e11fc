// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "reports/format.h"

// The document itself. It is one value, so nothing can be written before the last workload is done.
static int json_end(const cJSON *document, const struct report_style *style, FILE *out)
{
    char *text = cJSON_Print(document);

    if (text == NULL)
        return -ENOMEM;
    text_repair(text);
    fputs(text, out);
    fputc('\n', out);
    cJSON_free(text);
    return 0;
}

const struct report_format report_format_json = {
    .name = "json",
    .suffix = "json",
    .summary = "all of it: environment, plan, every round's sample, and the summary",
    .end = json_end,
    .gate = json_end,
    .several = json_end,
};

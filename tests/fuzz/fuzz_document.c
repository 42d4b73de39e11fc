// SPDX-License-Identifier: MIT
// A stored report, or the result of a gate: read, checked, summarised, compared with itself and shown in every format, or
// refused in one line.
#include "tests/fuzz/fuzz.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/document/document.h"
#include "reports/document/gate.h"
#include "reports/findings/advice.h"
#include "reports/findings/comparison.h"
#include "reports/findings/summary.h"
#include "reports/format.h"

size_t fuzz_json_offset(const uint8_t *data, size_t size)
{
    (void)data, (void)size;
    return 0;
}

static void show(const cJSON *document, const struct report_format *format, const struct report_style *style)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    FUZZ_MUST(out != NULL);
    FUZZ_MUST(report_write(format, document, style, out) == 0);
    fclose(out);
    for (const char *c = text; !style->color && strcmp(format->name, "table") == 0 && *c != '\0'; c++)
        FUZZ_MUST(*c == '\n' || (unsigned char)*c >= ' ');
    free(text);
}

// Each table in one of the styles, as the input's size has it: showing is what takes the time.
static void show_all(const cJSON *document, size_t size)
{
    static const struct report_style styles[] = {
        {.width = 0, .utf8 = true, .all_columns = true},
        {.width = 80, .utf8 = false},
        {.width = 31, .color = true},
    };

    for (const struct report_format *const *format = report_formats; *format != NULL; format++) {
        if (!report_format_suits(*format, document_kind(document)))
            continue;
        show(document, *format, &styles[size % (sizeof styles / sizeof *styles)]);
    }
}

// What was read and shown can be read again.
static void read_again(const cJSON *document)
{
    char *text = cJSON_PrintUnformatted(document), error[DOCUMENT_ERROR] = "";
    cJSON *again = NULL;

    FUZZ_MUST(text != NULL);
    if (document_parse(text, strlen(text), &again, error) != 0)
        fuzz_fail(error, __FILE__, __LINE__);
    FUZZ_MUST(summarise_missing(again) == 0);
    cJSON_Delete(again);
    free(text);
}

// What `ccbench compare` would say of it and itself.
static void compare(const cJSON *document, size_t size)
{
    static const char *const head[] = {"ccbench", "command", "started"};
    const struct comparison comparison = {
        .base = document,
        .new = document,
        .base_name = "base.json",
        .new_name = "new.json",
        .metrics = size % 2 == 0 ? NULL : "time,cpu,p99,memory,throughput",
        .allowed = 0.1,
    };
    int status;
    cJSON *made = comparison_make(&comparison, &status);
    char error[DOCUMENT_ERROR] = "";

    FUZZ_MUST(made != NULL);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        cJSON_AddItemToObject(made, head[i],
                              cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(document, head[i]), true));
    if (validate_gate(made, error) != 0)
        fuzz_fail(error, __FILE__, __LINE__);
    show_all(made, size);
    cJSON_Delete(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), error[DOCUMENT_ERROR] = "";
    cJSON *document = NULL, *findings;
    int r = document_parse(text, size, &document, error);

    if (r == 0) {
        FUZZ_MUST(summarise_missing(document) == 0);
        show_all(document, size);
        read_again(document);
        if (document_kind(document) == DOCUMENT_REPORT)
            compare(document, size);
        findings = advice_make(document);
        FUZZ_MUST(findings != NULL);
        cJSON_Delete(findings);
    } else {
        FUZZ_MUST(document == NULL && error[0] != '\0' && strchr(error, '\n') == NULL);
    }
    cJSON_Delete(document);
    free(text);
    return 0;
}

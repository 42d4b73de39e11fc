// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <string.h>

#include "registry.h"
#include "reports/document/block.h"
#include "reports/document/fields.h"
#include "reports/format.h"

#define DECLARE(name) extern const struct report_format report_format_##name;
CCBENCH_FORMATS(DECLARE)

#define ADDRESS(name) &report_format_##name,
const struct report_format *const report_formats[] = {CCBENCH_FORMATS(ADDRESS) NULL};

#define FORMATS (sizeof report_formats / sizeof *report_formats - 1)

const struct report_format *report_format_by_name(const char *name)
{
    for (const struct report_format *const *format = report_formats; *format != NULL; format++)
        if (strcmp((*format)->name, name) == 0)
            return *format;
    return NULL;
}

// Whether the path ends in a dot and the suffix.
static bool ends_in(const char *path, const char *suffix)
{
    size_t length = strlen(path), own = strlen(suffix);

    return length > own && path[length - own - 1] == '.' && strcasecmp(path + length - own, suffix) == 0;
}

const struct report_format *report_format_by_suffix(const char *path)
{
    const struct report_format *longest = NULL;

    for (const struct report_format *const *format = report_formats; *format != NULL; format++) {
        bool longer = longest == NULL || strlen((*format)->suffix) > strlen(longest->suffix);

        if (longer && ends_in(path, (*format)->suffix))
            longest = *format;
    }
    return longest;
}

bool report_format_suits(const struct report_format *format, enum document_kind kind)
{
    if (kind == DOCUMENT_REPORT)
        return format->block != NULL || format->end != NULL;
    if (kind == DOCUMENT_CLAIMS)
        return format->claims != NULL;
    return kind == DOCUMENT_GATE ? format->gate != NULL : format->several != NULL;
}

static char *join(char buf[REPORT_FORMAT_WORDS], const char *before, const char *const *words, size_t n)
{
    size_t length = 0;

    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(buf + length, REPORT_FORMAT_WORDS - length, "%s%s%s",
                                   i == 0      ? ""
                                   : i + 1 < n ? ", "
                                               : " or ",
                                   before, words[i]);
    return buf;
}

char *report_format_names(char buf[REPORT_FORMAT_WORDS])
{
    const char *names[FORMATS];

    for (size_t i = 0; i < FORMATS; i++)
        names[i] = report_formats[i]->name;
    return join(buf, "", names, FORMATS);
}

char *report_format_names_for(enum document_kind kind, char buf[REPORT_FORMAT_WORDS])
{
    const char *names[FORMATS];
    size_t n = 0;

    for (size_t i = 0; i < FORMATS; i++)
        if (report_format_suits(report_formats[i], kind))
            names[n++] = report_formats[i]->name;
    return join(buf, "", names, n);
}

char *report_format_suffixes(char buf[REPORT_FORMAT_WORDS])
{
    const char *suffixes[FORMATS];

    for (size_t i = 0; i < FORMATS; i++)
        suffixes[i] = report_formats[i]->suffix;
    return join(buf, ".", suffixes, FORMATS);
}

static int write_claims(const struct report_claims *format, const cJSON *document, const struct report_style *style,
                        FILE *out)
{
    const cJSON *claim;
    int err = format->begin != NULL ? format->begin(document, style, out) : 0;

    cJSON_ArrayForEach(claim, field(document, "claims")) {
        if (err == 0 && format->claim != NULL)
            err = format->claim(document, claim, style, out);
    }
    return err == 0 && format->end != NULL ? format->end(document, style, out) : err;
}

int report_write(const struct report_format *format, const cJSON *document, const struct report_style *style, FILE *out)
{
    enum document_kind kind = document_kind(document);
    const cJSON *block;
    int err;

    if (kind == DOCUMENT_CLAIMS)
        return write_claims(format->claims, document, style, out);
    if (kind != DOCUMENT_REPORT)
        return (kind == DOCUMENT_GATE ? format->gate : format->several)(document, style, out);
    err = format->begin != NULL ? format->begin(document, style, out) : 0;

    if (format->block != NULL) {
        cJSON_ArrayForEach(block, field(document, "workloads")) {
            if (err == 0 && block_has_begun(block))
                err = format->block(document, block, style, out);
        }
    }
    if (err == 0 && format->end != NULL)
        err = format->end(document, style, out);
    return err;
}

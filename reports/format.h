// SPDX-License-Identifier: MIT
// A report format is a pure function of the document. To add one: a file with one `const struct report_format` and a
// line in meson.build.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "reports/document/document.h"
#include "reports/render/claims_format.h"
#include "reports/render/style.h"

struct cJSON;

struct report_format {
    const char *name;   // of --format
    const char *suffix; // of --output files, without the dot in front; it may have one inside ("samples.csv")
    const char *summary;
    // Each may be NULL. begin: the lines above the first block. block: one workload, as soon as it is done. end: what
    // comes after the last, or, for a format that can only be written whole (JSON), everything.
    // 0 or -errno; a failed write of `out` is the caller's to find (ferror).
    int (*begin)(const struct cJSON *document, const struct report_style *style, FILE *out);
    int (*block)(const struct cJSON *document, const struct cJSON *block, const struct report_style *style, FILE *out);
    int (*end)(const struct cJSON *document, const struct report_style *style, FILE *out);
    // The whole result of a gate or a comparison (reports/document/gate.h); NULL: such a result has no such format.
    int (*gate)(const struct cJSON *document, const struct report_style *style, FILE *out);
    // The whole of reports of several machines (reports/document/several.h); NULL: they have no such format.
    int (*several)(const struct cJSON *document, const struct report_style *style, FILE *out);
    const struct report_claims *claims; // NULL: claims have no such format
};

// All registered ones, ending in NULL.
extern const struct report_format *const report_formats[];

const struct report_format *report_format_by_name(const char *name);
const struct report_format *report_format_by_suffix(const char *path); // by the longest that it ends in, in any case

// Whether it has anything for such documents.
bool report_format_suits(const struct report_format *format, enum document_kind kind);

// What there is to choose from, in words: names of all ("table, json, markdown or junit"), of those that suit, and the ends
// of file names (".txt, .json, .md or .xml"). Each returns `buf`.
#define REPORT_FORMAT_WORDS 256
char *report_format_names(char buf[REPORT_FORMAT_WORDS]);
char *report_format_names_for(enum document_kind kind, char buf[REPORT_FORMAT_WORDS]);
char *report_format_suffixes(char buf[REPORT_FORMAT_WORDS]);

// Writes the whole document in one go, which the format must suit; of a report, and of claims, begin, every
// block or claim, end.
int report_write(const struct report_format *format, const struct cJSON *document, const struct report_style *style,
                 FILE *out);

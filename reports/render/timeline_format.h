// SPDX-License-Identifier: MIT
// As what timelines are saved. To add one: a writer and a row in timeline_format.c.
#pragma once

#include <stdio.h>

#include "reports/findings/timeline_picture.h"
#include "reports/render/style.h"

struct timeline_format {
    const char *suffix; // ".svg"
    // All of it; 0 or -ENOMEM. A failed write is the caller's to find.
    int (*write)(const struct timeline_picture *picture, const struct report_style *style, FILE *out);
};

// By the end of a file's name, in any case; NULL: it is none.
const struct timeline_format *timeline_format_by_suffix(const char *path);

// ".txt, .svg, .html or .trace.json". Returns `buf`.
#define TIMELINE_SUFFIXES 80
char *timeline_format_suffixes(char buf[TIMELINE_SUFFIXES]);

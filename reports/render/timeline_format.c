// SPDX-License-Identifier: MIT
#include "reports/render/timeline_format.h"

#include <string.h>
#include <strings.h>

#include "reports/render/timeline_html.h"
#include "reports/render/timeline_svg.h"
#include "reports/render/timeline_text.h"
#include "reports/render/timeline_trace_events.h"

static const struct timeline_format formats[] = {
    {".txt", timeline_text},
    {".svg", timeline_svg},
    {".html", timeline_html},
    {".trace.json", timeline_trace_events},
};

#define FORMATS (sizeof formats / sizeof *formats)

const struct timeline_format *timeline_format_by_suffix(const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < FORMATS; i++) {
        size_t suffix = strlen(formats[i].suffix);

        if (length > suffix && strcasecmp(path + length - suffix, formats[i].suffix) == 0)
            return &formats[i];
    }
    return NULL;
}

char *timeline_format_suffixes(char buf[TIMELINE_SUFFIXES])
{
    size_t length = 0;

    for (size_t i = 0; i < FORMATS; i++)
        length += (size_t)snprintf(buf + length, TIMELINE_SUFFIXES - length, "%s%s",
                                   i == 0            ? ""
                                   : i + 1 < FORMATS ? ", "
                                                     : " or ",
                                   formats[i].suffix);
    return buf;
}

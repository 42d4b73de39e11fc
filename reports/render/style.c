// SPDX-License-Identifier: MIT
#include "reports/render/style.h"

void color_start(FILE *out, const struct report_style *style, const char *color)
{
    if (style->color)
        fputs(color, out);
}

void color_end(FILE *out, const struct report_style *style, const char *color)
{
    if (style->color && *color != '\0')
        fputs("\033[0m", out);
}

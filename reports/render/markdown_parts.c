// SPDX-License-Identifier: MIT
#include "reports/render/markdown_parts.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/text.h"

int markdown_escaped(FILE *out, const char *text)
{
    char *clean = text_clean(text, true);

    if (clean == NULL)
        return -ENOMEM;
    for (const char *c = clean; *c != '\0'; c++) {
        if (*c == '<')
            fputs("&lt;", out);
        else if (*c == '&')
            fputs("&amp;", out);
        else
            fprintf(out, strchr("\\`*_[]|#~>", *c) != NULL ? "\\%c" : "%c", *c);
    }
    free(clean);
    return 0;
}

int markdown_item(FILE *out, const char *lead, const char *text)
{
    int err;

    fputs(lead, out);
    err = markdown_escaped(out, text);
    fputc('\n', out);
    return err;
}

int markdown_items(FILE *out, const char *lead, const cJSON *list)
{
    const cJSON *item;
    int err = 0;

    cJSON_ArrayForEach(item, list) {
        if (err == 0)
            err = markdown_item(out, lead, item->valuestring);
    }
    return err;
}

static int write_place(FILE *out, const char *text, bool strong)
{
    int err;

    fputs(strong ? " **" : " ", out);
    err = markdown_escaped(out, text);
    fputs(strong ? "** |" : " |", out);
    return err;
}

// The lines of the heading in one.
static int write_heading(FILE *out, const struct grid *grid, size_t column)
{
    char *text = NULL;
    const char *first = grid_place(grid, 0, column)->text, *last = grid_place(grid, grid->headings - 1, column)->text;
    bool more = first != last && first[0] != '\0';
    int err;

    if (asprintf(&text, "%s%s%s", more ? first : "", more && last[0] != '\0' ? " " : "", last) < 0)
        return -ENOMEM;
    err = write_place(out, text, false);
    free(text);
    return err;
}

static int write_headings(FILE *out, const struct grid *grid)
{
    int err = 0;

    fputc('|', out);
    for (size_t c = 0; err == 0 && c < grid->columns; c++)
        err = grid->column[c].hidden ? 0 : write_heading(out, grid, c);
    fputs("\n|", out);
    for (size_t c = 0; c < grid->columns; c++)
        if (!grid->column[c].hidden)
            fputs(grid->column[c].left ? " --- |" : " ---: |", out);
    fputc('\n', out);
    return err;
}

int markdown_grid(FILE *out, const struct grid *grid, bool (*alarms)(const void *data, size_t row), const void *data)
{
    int err = write_headings(out, grid);

    for (size_t row = grid->headings; err == 0 && row < grid->rows; row++) {
        fputc('|', out);
        for (size_t c = 0; err == 0 && c < grid->columns; c++) {
            bool strong = alarms != NULL && c == grid->columns - 1 && alarms(data, row);

            err = grid->column[c].hidden ? 0 : write_place(out, grid_place(grid, row, c)->text, strong);
        }
        fputc('\n', out);
    }
    return err;
}

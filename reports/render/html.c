// SPDX-License-Identifier: MIT
#include "reports/render/html.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"

// Only nicer: without it the page is as complete. A policy that allows nothing inline refuses it; the page's own policy allows
// just this text, by the SHA-256 of what is between the tags (CSP Level 3, 2.3.1), which tests/test_pages.py computes again.
#define STYLE                                                                                                            \
    "body{max-width:76rem;margin:0 auto;padding:0 1rem 3rem;font:1rem/1.5 'Liberation Sans',Arial,Helvetica,sans-serif}" \
    "a{color:inherit}p,li,dd,pre{max-width:44rem}dd{margin:0 0 .5rem 1.5rem}"                                            \
    "svg{max-width:560px;height:auto}figure{margin:1.2rem 0}"                                                            \
    ".wide{overflow-x:auto}table{border:0;border-collapse:collapse;font-variant-numeric:tabular-nums}"                   \
    "th,td{border:0;border-bottom:1px solid #8888;padding:.1rem .6rem;vertical-align:top}caption{text-align:left}"       \
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}h2{margin-top:2.5rem;border-top:1px solid #8888}"                   \
    "@media print{body{max-width:none}section{break-inside:avoid-page}}"
#define STYLE_HASH "sha256-lur0/GjLLsL5sbjOabOh+wOkksmDfvvV/qaeUX0eu3A="

int html_begin(FILE *out, const char *title)
{
    int err;

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '" STYLE_HASH "'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
          out);
    err = html_element(out, "title", title);
    fputs("<style>" STYLE "</style>\n</head>\n<body>\n<main>\n", out);
    return err == 0 ? html_element(out, "h1", title) : err;
}

void html_end(FILE *out)
{
    fputs("</main>\n</body>\n</html>\n", out);
}

int html_element(FILE *out, const char *element, const char *text)
{
    int err;

    if (text == NULL || text[0] == '\0')
        return 0;
    fprintf(out, "<%s>", element);
    err = svg_escape(out, text);
    fprintf(out, "</%s>\n", element);
    return err;
}

int html_list(FILE *out, const cJSON *texts)
{
    const cJSON *text;
    int err = 0;

    if (cJSON_GetArraySize(texts) == 0)
        return 0;
    fputs("<ul>\n", out);
    cJSON_ArrayForEach(text, texts) {
        if (err == 0)
            err = html_element(out, "li", cJSON_GetStringValue(text));
    }
    fputs("</ul>\n", out);
    return err;
}

int html_said(FILE *out, const char *element, html_writer *write, const cJSON *document, const cJSON *block)
{
    struct text_stream said;
    int err = text_stream_open(&said);

    if (err != 0)
        return err;
    write(said.out, document, block);
    err = text_stream_close(&said);
    if (err == 0)
        err = html_element(out, element, said.text);
    free(said.text);
    return err;
}

// Wide ones scroll by themselves, also by the keyboard.
static int begin_table(FILE *out, const char *caption)
{
    int err;

    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
    err = svg_escape(out, caption);
    fputs("\">\n<table border=\"1\" cellpadding=\"3\" cellspacing=\"0\">\n", out);
    return err == 0 ? html_element(out, "caption", caption) : err;
}

static void end_table(FILE *out)
{
    fputs("</tbody>\n</table>\n</div>\n", out);
}

static int write_place(FILE *out, const char *text, const char *element, const char *attributes, bool strong)
{
    int err;

    fprintf(out, "<%s%s>%s", element, attributes, strong ? "<strong>" : "");
    err = svg_escape(out, text);
    fprintf(out, "%s</%s>", strong ? "</strong>" : "", element);
    return err;
}

// The lines of the heading in one.
static int write_headings(FILE *out, const struct grid *grid)
{
    int err = 0;

    fputs("<thead>\n<tr>", out);
    for (size_t c = 0; err == 0 && c < grid->columns; c++) {
        const char *first = grid_place(grid, 0, c)->text, *last = grid_place(grid, grid->headings - 1, c)->text;

        if (grid->column[c].hidden)
            continue;
        fputs("<th scope=\"col\">", out);
        if (first != last && first[0] != '\0') {
            err = svg_escape(out, first);
            fputc(' ', out);
        }
        if (err == 0)
            err = svg_escape(out, last[0] != '\0' || first[0] != '\0' ? last : c == 0 ? "rank" : "flags");
        fputs("</th>", out);
    }
    fputs("</tr>\n</thead>\n<tbody>\n", out);
    return err;
}

int html_grid(FILE *out, const struct grid *grid, const char *caption, bool (*alarms)(const void *data, size_t row),
              const void *data)
{
    int err = begin_table(out, caption);

    if (err == 0)
        err = write_headings(out, grid);
    for (size_t row = grid->headings; err == 0 && row < grid->rows; row++) {
        fputs("<tr>", out);
        for (size_t c = 0; err == 0 && c < grid->columns; c++) {
            bool strong = alarms != NULL && c == grid->columns - 1 && alarms(data, row);

            if (!grid->column[c].hidden)
                err = write_place(out, grid_place(grid, row, c)->text, "td",
                                  grid->column[c].left ? "" : " align=\"right\" nowrap", strong);
        }
        fputs("</tr>\n", out);
    }
    end_table(out);
    return err;
}

void html_pairs_begin(FILE *out, const char *caption)
{
    (void)begin_table(out, caption); // of our own, and plain
    fputs("<tbody>\n", out);
}

int html_pair(FILE *out, const char *name, const char *text)
{
    int err;

    fputs("<tr>", out);
    err = write_place(out, name, "th", " scope=\"row\" align=\"left\"", false);
    if (err == 0)
        err = write_place(out, text != NULL ? text : "n/a", "td", "", false);
    fputs("</tr>\n", out);
    return err;
}

void html_pairs_end(FILE *out)
{
    end_table(out);
}

int html_terms(FILE *out, const struct html_term *terms, size_t n)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < n; i++) {
        err = html_element(out, "dt", terms[i].term);
        if (err == 0)
            err = html_element(out, "dd", terms[i].meaning);
    }
    return err;
}

int html_details_begin(FILE *out, const char *summary)
{
    fputs("<details>\n", out);
    return html_element(out, "summary", summary);
}

void html_details_end(FILE *out)
{
    fputs("</details>\n", out);
}

int html_figure(FILE *out, struct svg *svg, const char *id, const char *title)
{
    bool drawn = svg->height > 0;
    int err;

    fputs(drawn ? "<figure>\n" : "", out);
    err = svg_close(svg, drawn ? out : NULL, id, title, NULL);
    fputs(drawn ? "</figure>\n" : "", out);
    return err;
}

// SPDX-License-Identifier: MIT
#include "reports/render/svg.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/render/svg_series.h"

// More titles than these make a file large, and nobody points at so many.
#define MOST_TITLES 200
#define ELLIPSIS "…"
// In a file of its own there is no page whose colours it could take.
#define ALONE_TEXT "#222222"
#define ALONE_GROUND "#ffffff"
#define FAINT "0.35"
#define ALONE_MARGIN 16.0
#define HEADING 15.0
#define RING 7 // px, outside of every mark

int svg_open(struct svg *svg, bool alone)
{
    *svg = (struct svg){.alone = alone, .most_titles = MOST_TITLES};
    return text_stream_open(&svg->body);
}

static void write_number(FILE *out, double value)
{
    long tenths = lround(10 * value);

    fprintf(out, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
    if (tenths % 10 != 0)
        fprintf(out, ".%ld", labs(tenths) % 10);
}

static void write_attribute(FILE *out, const char *name, double value)
{
    fprintf(out, " %s=\"", name);
    write_number(out, value);
    fputc('"', out);
}

int svg_escape(FILE *out, const char *text)
{
    char *clean = text_clean(text, true);

    if (clean == NULL)
        return -ENOMEM;
    for (const char *c = clean; *c != '\0'; c++) {
        switch (*c) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*c, out);
        }
    }
    free(clean);
    return 0;
}

static int write_named(FILE *out, const char *id, const char *part, const char *text)
{
    int err;

    fprintf(out, "<%s id=\"%s-%s\">", part, id, part);
    err = svg_escape(out, text);
    fprintf(out, "</%s>\n", part);
    return err;
}

// Shown at its own size where there is room, and smaller where there is less: so it is by these attributes, without style.
static void write_head(FILE *out, const struct svg *svg, const char *id, bool described)
{
    fputs("<svg xmlns=\"http://www.w3.org/2000/svg\"", out);
    double margin = svg->alone ? ALONE_MARGIN : 0, width = SVG_WIDTH + 2 * margin,
           height = ceil(svg->height) + 2 * margin;

    if (svg->alone)
        write_attribute(out, "width", width);
    else
        fputs(" width=\"100%\" preserveAspectRatio=\"xMinYMin meet\"", out);
    write_attribute(out, "height", height);
    fprintf(out, " viewBox=\"%.0f %.0f %.0f %.0f\"", -margin, -margin, width, height);
    fprintf(out, " role=\"img\" aria-labelledby=\"%s-title%s%s%s\"", id, described ? " " : "", described ? id : "",
            described ? "-desc" : "");
    fprintf(out, " font-family=\"Liberation Sans, Arial, Helvetica, sans-serif\" font-size=\"%.0f\" fill=\"%s\">\n",
            SVG_FONT, svg->alone ? ALONE_TEXT : "currentColor");
}

int svg_close(struct svg *svg, FILE *out, const char *id, const char *title, const char *description)
{
    int err = svg->body.out != NULL ? text_stream_close(&svg->body) : -ENOMEM;

    if (err == 0 && out != NULL) {
        write_head(out, svg, id, description != NULL);
        err = write_named(out, id, "title", title);
        if (err == 0 && description != NULL)
            err = write_named(out, id, "desc", description);
        if (svg->alone)
            fprintf(out, "<rect x=\"%.0f\" y=\"%.0f\" width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n", -ALONE_MARGIN,
                    -ALONE_MARGIN, ALONE_GROUND);
        fwrite(svg->body.text, 1, svg->body.length, out);
        fputs("</svg>\n", out);
    }
    free(svg->body.text);
    svg->body.text = NULL;
    return err;
}

void svg_go_below(struct svg *svg, double gap)
{
    svg->top = svg->height > 0 ? svg->height + gap : 0;
}

void svg_reserve(struct svg *svg, double height)
{
    svg->height = fmax(svg->height, svg->top + height);
}

// The colour of a fill or a stroke. The text's own is what the drawing has anyway.
static void write_ink(const struct svg *svg, const char *attribute, int ink)
{
    FILE *out = svg->body.out;

    if (ink >= 0)
        fprintf(out, " %s=\"%s\"", attribute, series_color(ink));
    else if (strcmp(attribute, "stroke") == 0)
        fprintf(out, " stroke=\"%s\"", svg->alone ? ALONE_TEXT : "currentColor");
    if (ink == SVG_INK_FAINT)
        fprintf(out, " %s-opacity=\"" FAINT "\"", attribute);
}

static void write_text(struct svg *svg, double x, double y, enum svg_anchor anchor, int ink, double size,
                       const char *clean)
{
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    FILE *out = svg->body.out;

    fputs("<text", out);
    write_attribute(out, "x", x);
    write_attribute(out, "y", svg->top + y);
    write_attribute(out, "textLength", svg_text_width(clean) * size / SVG_FONT);
    if (size != SVG_FONT)
        write_attribute(out, "font-size", size);
    fputs(anchors[anchor], out);
    if (ink == SVG_INK_FAINT) // faint text would not be read
        fputs(" fill-opacity=\"0.75\"", out);
    fputs(" lengthAdjust=\"spacingAndGlyphs\">", out);
    svg_escape(out, clean);
    fputs("</text>\n", out);
    svg_reserve(svg, y + SVG_LINE - SVG_FONT);
}

// Puts it where the ellipsis ends, which is no wider than an em.
static void shorten(char *clean, double width)
{
    size_t kept = svg_text_fit(clean, width - SVG_FONT);

    while (kept > 0 && clean[kept - 1] == ' ')
        kept--;
    memcpy(clean + kept, ELLIPSIS, sizeof ELLIPSIS);
}

void svg_text_within(struct svg *svg, double x, double y, enum svg_anchor anchor, int ink, const char *text,
                     double width)
{
    char *clean = text_clean(text, true), *room = NULL;

    if (clean != NULL && clean[0] != '\0' && svg_text_width(clean) > width) {
        room = realloc(clean, strlen(clean) + sizeof ELLIPSIS);
        if (room != NULL)
            shorten(clean = room, width);
    }
    if (clean != NULL && clean[0] != '\0')
        write_text(svg, x, y, anchor, ink, SVG_FONT, clean);
    free(clean);
}

void svg_heading(struct svg *svg, const char *text)
{
    char *clean = text_clean(text, true);

    if (clean != NULL) {
        clean[svg_text_fit(clean, SVG_WIDTH * SVG_FONT / HEADING)] = '\0';
        write_text(svg, 0, HEADING, SVG_START, SVG_INK_TEXT, HEADING, clean);
    }
    free(clean);
}

void svg_text(struct svg *svg, double x, double y, enum svg_anchor anchor, int ink, const char *text)
{
    svg_text_within(svg, x, y, anchor, ink, text, INFINITY);
}

// Bytes of the first line: as many words as fit, or a part of one that is wider than all.
static size_t line_length(const char *text, double width)
{
    size_t fits = svg_text_fit(text, width), length = fits;

    if (text[fits] == '\0')
        return fits;
    while (length > 0 && text[length] != ' ')
        length--;
    return length > 0 ? length : fits > 0 ? fits : strlen(text);
}

double svg_paragraph(struct svg *svg, double x, double y, double width, const char *text)
{
    char *clean = text_clean(text, true);

    for (char *line = clean; line != NULL && *line != '\0'; y += SVG_LINE) {
        size_t length = line_length(line, width);
        char after = line[length];

        line[length] = '\0';
        write_text(svg, x, y, SVG_START, SVG_INK_TEXT, SVG_FONT, line);
        line[length] = after;
        line += length;
        line += strspn(line, " ");
    }
    free(clean);
    return y;
}

static void write_point(const struct svg *svg, double x, double y)
{
    write_number(svg->body.out, x);
    fputc(' ', svg->body.out);
    write_number(svg->body.out, svg->top + y);
}

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, int ink, double stroke, double dash)
{
    FILE *out = svg->body.out;

    fputs("<path d=\"M", out);
    write_point(svg, x1, y1);
    if (y1 == y2) {
        fputc('H', out);
        write_number(out, x2);
    } else {
        fputc(x1 == x2 ? 'V' : 'L', out);
        if (x1 == x2)
            write_number(out, svg->top + y2);
        else
            write_point(svg, x2, y2);
    }
    fputc('"', out);
    write_ink(svg, "stroke", ink);
    if (stroke != 1)
        write_attribute(out, "stroke-width", stroke);
    if (dash > 0)
        write_attribute(out, "stroke-dasharray", dash);
    fputs("/>\n", out);
    svg_reserve(svg, fmax(y1, y2));
}

void svg_rect(struct svg *svg, double x, double y, double width, double height, int ink, double opacity)
{
    FILE *out = svg->body.out;

    fputs("<rect", out);
    write_attribute(out, "x", x);
    write_attribute(out, "y", svg->top + y);
    write_attribute(out, "width", fmax(0, width));
    write_attribute(out, "height", height);
    write_ink(svg, "fill", ink);
    if (opacity < 1)
        fprintf(out, " fill-opacity=\"%.2f\"", opacity);
    fputs("/>\n", out);
    svg_reserve(svg, y + height);
}

// Between two as high as it is: the line goes through it anyway.
static bool is_on_the_way(const double *points, size_t n, size_t i)
{
    return i > 0 && i + 1 < n && points[2 * i - 1] == points[2 * i + 1] && points[2 * i + 1] == points[2 * i + 3];
}

void svg_shape(struct svg *svg, const double *points, size_t n, int series, double fill)
{
    FILE *out = svg->body.out;

    if (n < 2)
        return;
    fputs("<path d=\"M", out);
    for (size_t i = 0; i < n; i++) {
        if (is_on_the_way(points, n, i))
            continue;
        fputs(i > 0 ? "L" : "", out);
        write_point(svg, points[2 * i], points[2 * i + 1]);
    }
    fputs(fill > 0 ? "Z\"" : "\" fill=\"none\" stroke-width=\"1.6\"", out);
    write_ink(svg, fill > 0 ? "fill" : "stroke", series);
    if (fill > 0)
        fprintf(out, " fill-opacity=\"%.2f\"", fill);
    else if (series_dash(series) != NULL)
        fprintf(out, " stroke-dasharray=\"%s\"", series_dash(series));
    fputs("/>\n", out);
}

void svg_mark(struct svg *svg, double x, double y, int series)
{
    FILE *out = svg->body.out;

    fputs("<path d=\"M", out);
    write_point(svg, x, y);
    fprintf(out, "%s\"", series_mark(series));
    write_ink(svg, "fill", series);
    // An outline in the text's colour is seen on either ground.
    write_ink(svg, "stroke", SVG_INK_TEXT);
    fputs(" stroke-width=\"0.7\"/>\n", out);
}

void svg_ring(struct svg *svg, double x, double y)
{
    fputs("<path d=\"M", svg->body.out);
    write_point(svg, x - RING, y);
    fprintf(svg->body.out, "a%d %d 0 1 0 %d 0a%d %d 0 1 0 %d 0z\" fill=\"none\"", RING, RING, 2 * RING, RING, RING,
            -2 * RING);
    write_ink(svg, "stroke", SVG_INK_TEXT);
    fputs("/>\n", svg->body.out);
}

void svg_group_begin(struct svg *svg, const char *title)
{
    FILE *out = svg->body.out;

    fputs("<g>", out);
    if (svg->titles >= svg->most_titles)
        return;
    svg->titles++;
    fputs("<title>", out);
    svg_escape(out, title);
    fputs("</title>\n", out);
}

void svg_group_end(struct svg *svg)
{
    fputs("</g>\n", svg->body.out);
}

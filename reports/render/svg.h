// SPDX-License-Identifier: MIT
// A drawing as SVG 1.1, written by hand: presentation attributes alone, no style, no script, nothing from outside. Its height
// grows with what is drawn into it, so that it is gathered in memory and written at its end.
//
// Lengths are in the drawing's own units, px where it is shown at its own size; y grows downwards. Numbers are written with
// at most one decimal.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "measure/base/text.h"

// All drawings are as wide: at half of it, on a phone, their texts are still read.
#define SVG_WIDTH 560.0
#define SVG_FONT 12.0 // px, of every text but headings
#define SVG_LINE 17.0 // from one line of text to the next

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

// What something is drawn with: the text's colour, the same but faint, or that of a series.
enum { SVG_INK_TEXT = -1, SVG_INK_FAINT = -2 };

struct svg {
    struct text_stream body;
    bool alone;    // a file of its own, with a background; else a part of a page, in whose colour its texts are
    double top;    // where (0, 0) of what is drawn is, from the drawing's top
    double height; // of what has been drawn
    unsigned titles, most_titles; // marks that have said what they are, and how many may
};

// An empty drawing. 0 or -ENOMEM; svg_close() in any case.
int svg_open(struct svg *svg, bool alone);

// Writes it with a title, and a description of what it shows (NULL: none); `id` makes the two found in a page, and must be of
// no other drawing there. NULL `out`: it is thrown away. 0 or -ENOMEM.
int svg_close(struct svg *svg, FILE *out, const char *id, const char *title, const char *description);

// What follows is drawn below: at the drawing's present height and `gap`.
void svg_go_below(struct svg *svg, double gap);
// The drawing is at least so high, from svg->top.
void svg_reserve(struct svg *svg, double height);

// Text (any, it is cleaned and escaped) with its baseline at y; its width is pinned, so that another font changes nothing.
void svg_text(struct svg *svg, double x, double y, enum svg_anchor anchor, int ink, const char *text);
// A heading at the top of what follows, larger.
void svg_heading(struct svg *svg, const char *text);
// The same, of which as much is written as fits into `width`, an ellipsis at its end.
void svg_text_within(struct svg *svg, double x, double y, enum svg_anchor anchor, int ink, const char *text,
                     double width);
// A paragraph from y on, broken at spaces. Where the next line would be.
double svg_paragraph(struct svg *svg, double x, double y, double width, const char *text);

// Lines are as wide as the stroke says; a dash of 0 is none.
void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, int ink, double stroke, double dash);
void svg_rect(struct svg *svg, double x, double y, double width, double height, int ink, double opacity);

// A shape through points, by turns x and y: a line of the series, or, where `fill` is not 0, an area of that opacity.
void svg_shape(struct svg *svg, const double *points, size_t n, int series, double fill);

// The series' mark.
void svg_mark(struct svg *svg, double x, double y, int series);

// A ring around a mark, which says something of it.
void svg_ring(struct svg *svg, double x, double y);

// What is drawn until the group ends is what its title says: shown by a browser where the pointer is, and read aloud. As long as
// there are few; then it is a group alone.
void svg_group_begin(struct svg *svg, const char *title);
void svg_group_end(struct svg *svg);

// How wide a text is at SVG_FONT, in Liberation Sans, whose widths are those of Arial and Helvetica; 1 em for each character
// that it lacks.
double svg_text_width(const char *text);
// Bytes of a cleaned text that fit, between two characters.
size_t svg_text_fit(const char *text, double width);

// Writes a text as XML has it: cleaned, with its markup escaped. 0 or -ENOMEM.
int svg_escape(FILE *out, const char *text);

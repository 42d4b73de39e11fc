// SPDX-License-Identifier: MIT
// Parts of an HTML page that needs nothing from outside and has no script: texts, lists, tables. They are laid out by the elements
// themselves; one constant style, which a policy may refuse, makes them nicer. Each returns 0 or -ENOMEM.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "reports/render/grid.h"
#include "reports/render/svg.h"

struct cJSON;

// Head and heading, up to where the page's content begins; and its end.
int html_begin(FILE *out, const char *title);
void html_end(FILE *out);

// An element with that text: html_element(out, "p", text). Nothing for a text that is empty.
int html_element(FILE *out, const char *element, const char *text);
// The texts of an array as a list; nothing where there are none.
int html_list(FILE *out, const struct cJSON *texts);
// What `write` says, in that element.
typedef void html_writer(FILE *out, const struct cJSON *document, const struct cJSON *block);
int html_said(FILE *out, const char *element, html_writer *write, const struct cJSON *document,
              const struct cJSON *block);

// A grid as a table. `alarms` (may be NULL): whether a row stands out.
int html_grid(FILE *out, const struct grid *grid, const char *caption, bool (*alarms)(const void *data, size_t row),
              const void *data);
// Two columns, names and texts: begins, a row each (a NULL text is none), ends.
void html_pairs_begin(FILE *out, const char *caption);
int html_pair(FILE *out, const char *name, const char *text);
void html_pairs_end(FILE *out);

// What words of the page mean: to be written between <dl> and </dl>.
struct html_term {
    const char *term, *meaning;
};
int html_terms(FILE *out, const struct html_term *terms, size_t n);

// What is folded until it is asked for.
int html_details_begin(FILE *out, const char *summary);
void html_details_end(FILE *out);

// A drawing as a figure of the page; one that nothing was drawn into is left out. Releases it in any case.
int html_figure(FILE *out, struct svg *svg, const char *id, const char *title);

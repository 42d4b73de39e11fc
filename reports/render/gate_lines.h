// SPDX-License-Identifier: MIT
// What the formats of a gate say, in the same words: the lines of its table, and its sentences.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/render/grid.h"

struct cJSON;

enum gate_column {
    GATE_CELL,
    GATE_METRIC,
    GATE_BASE,
    GATE_NEW,
    GATE_CHANGE,
    GATE_INTERVAL,
    GATE_LEAST,
    GATE_ALLOWED,
    GATE_VERDICT,
    GATE_COLUMNS
};

extern const char *const gate_headings[GATE_COLUMNS];

// One metric of a cell, or a cell that has no figures.
struct gate_line {
    const struct cJSON *cell, *metric; // metric NULL: no figures
    bool control;                      // base against base
    char *text[GATE_COLUMNS];          // UTF-8, not yet cleaned; owned
};

struct gate_lines {
    struct gate_line *lines;
    size_t n;
};

// The lines of a summarised document, control last. 0 or -ENOMEM; to be released in any case.
int gate_lines_make(const struct cJSON *document, struct gate_lines *ret_lines);
void gate_lines_release(struct gate_lines *lines);

// The same as a grid: a heading, then a row for each line. 0 or -ENOMEM; grid_release() in any case.
int gate_lines_grid(const struct gate_lines *lines, const struct report_style *style, struct grid *ret_grid);

// Whether that line is one that somebody must look at: a regression, a failure, something inconclusive.
bool gate_line_alarms(const struct gate_line *line);
// Its verdict where there is room: that of base against itself is no "ok" of anything.
const char *gate_line_verdict(const struct gate_line *line);
// Whether the command to repeat it by hand belongs below: a regression, a failure.
bool gate_line_repeats(const struct gate_line *line);

// Calls `say` with what the two sides were measured on and with: each field of the two fingerprints of a comparison, "CPU: A"
// or, where they differ, "CPU: A | B"; and the runtimes of a gate. 0, or what `say` returned if not 0; -ENOMEM.
int gate_each_fact(const struct cJSON *document, int (*say)(const char *text, bool differs, void *data), void *data);

// Writes what was done and what it came to: "Regression: …".
void gate_write_conclusion(FILE *out, const struct cJSON *document);
// Writes which sides were compared and by which rule: "B against A, 20 rounds side by side; up to 3 % is allowed".
void gate_write_rule(FILE *out, const struct cJSON *document);

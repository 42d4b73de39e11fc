// SPDX-License-Identifier: MIT
// Which model of a sweep is ahead of which at each of its points (docs/METHODOLOGY.md, "Sweeps").
#pragma once

#include "reports/document/sweep_view.h"

// Sets of models are bits of one number; models beyond are not compared.
#define VERDICTS_MODELS 64

struct verdicts {
    const struct sweep_view *view;
    size_t models;
    signed char *ahead; // [a][b][point]
    bool *fast;         // [model][point]
    bool paired;        // some pair has figures at a point
    bool compared;      // and the rounds it takes to compare them
    size_t reference;   // its place; VERDICTS_MODELS: was not run
    // [model]: in a sweep over the argument, the point from which on it is ahead of the reference, having been compared
    // and not ahead before, and the length of the task is known; view->points: there is no such point.
    size_t *pays_from;
};

// Compares all pairs. The view must outlive the verdicts. 0 or -ENOMEM; verdicts_release() in any case.
int verdicts_open(const struct sweep_view *view, struct verdicts *ret_verdicts);
void verdicts_release(struct verdicts *verdicts);

// 1: `a` is shown to be ahead of `b`: the 95 % interval of their paired ratios leaves 1 out, and their median is 10 % or
// more away. -1: `b` of `a`. 0: neither, or not both have figures.
signed char verdicts_ahead(const struct verdicts *verdicts, size_t a, size_t b, size_t point);
// Shown to be as fast as any: of its ratio to each other one that could be chosen, the 95 % interval ends below 1.10.
bool verdicts_fast(const struct verdicts *verdicts, size_t model, size_t point);

// What a task of the block is, ns: "work", as computing was calibrated, or "waiting", as the ideal has it. NAN where it
// is neither, or both.
double verdicts_task_ns(const struct cJSON *block, const char **ret_what);

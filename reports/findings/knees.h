// SPDX-License-Identifier: MIT
// Up to which rate a model's latency stays flat, of a sweep over rates (docs/METHODOLOGY.md, "The knee").
#pragma once

#include "reports/document/sweep_view.h"

enum knee_verdict {
    KNEE_UNSHOWN, // some rate has fewer than 6 rounds, or no figures
    KNEE_BELOW,   // it does not even carry the lowest rate
    KNEE_FOUND,
    KNEE_BEYOND, // flat up to the highest rate
};

struct knee {
    enum knee_verdict verdict;
    size_t flat; // rates from the lowest on at which the latency is flat: found, the knee is the last of these
    double base; // ns: the lowest latency at these
};

// A model of a view over rates.
struct knee knee_of(const struct sweep_view *view, size_t model);

// Adds a model's "knee" to its object in the document; nothing where it is not rates that are swept.
void knee_describe(struct cJSON *json, const struct sweep_view *view, size_t model);

// Sentences, those of models with the same knee in one, behind those of the array; none where it is not rates that are
// swept. 0 or -ENOMEM.
int knees_say(struct cJSON *array, const struct sweep_view *view);

// SPDX-License-Identifier: MIT
// What was switched on that is for trying ccbench and not for measuring with it: each makes figures that are not what they
// look like, so whoever reads them is told, in every format.
#pragma once

#include <stdio.h>

struct cJSON;

// Each writes a sentence about a report where the switch was on, and nothing where it was not: the build that can slow its
// trials; samples of the block that were slowed, by whichever build; those that say themselves that they are simulated; CCBENCH_TRIAL; CCBENCH_ROOT.
void say_burden_build(FILE *out, const struct cJSON *document, const struct cJSON *block);
void say_burdened(FILE *out, const struct cJSON *document, const struct cJSON *block);
void say_simulated(FILE *out, const struct cJSON *document, const struct cJSON *block);
void say_trial_switch(FILE *out, const struct cJSON *document, const struct cJSON *block);
void say_root_switch(FILE *out, const struct cJSON *document, const struct cJSON *block);

// The same as an array of sentences, of the report and a block of it, for formats that show no warnings. NULL when out of
// memory.
struct cJSON *switches_of_block(const struct cJSON *document, const struct cJSON *block);

// The same of a gate's result, as an array of notes: of the gate itself, and of each side whose trials were slowed. NULL
// when out of memory.
struct cJSON *switches_of_gate(const struct cJSON *document);

// Adds them to notes, of the report that stands as `side` in what they are about; NULL: which one is said otherwise. 0 or -ENOMEM.
int switches_of_side(const struct cJSON *report, const char *side, struct cJSON *notes);

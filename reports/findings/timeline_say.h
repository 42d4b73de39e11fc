// SPDX-License-Identifier: MIT
// The words of a timeline: what its rows and states are called, and its sentences, each of numbers of timeline_facts.h.
#pragma once

#include <stdio.h>

#include "reports/findings/timeline_facts.h"

// What tasks are called: by their class, where there are several.
struct timeline_names {
    const char *const *classes;
    size_t class_count;
    const uint16_t *class_of; // by task; NULL: all are of one class
    uint32_t tasks;
};

// "hog (task 3)", "coffee" where there is one of each, "task 3", "child 2 of task 3", "lane 1". Returns `buf`.
#define TIMELINE_LABEL 96
char *timeline_label(const struct timeline_names *names, const struct timeline *timeline,
                     const struct timeline_row *row, char buf[TIMELINE_LABEL]);

// What is drawn as one thing: "computes", "ready: waits for its loop"; and where that is known from, of a trace with the kernel's
// records of switches (`switches`) and of one without.
const char *timeline_state_words(enum timeline_state state);
const char *timeline_state_source(enum timeline_state state, bool switches);

// How the model carried its tasks, and what they waited for: each a sentence with a newline behind it, without a full stop.
void timeline_say(FILE *out, const struct timeline_facts *facts, const struct timeline_names *names,
                  const struct timeline *tasks);

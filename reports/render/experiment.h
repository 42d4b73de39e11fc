// SPDX-License-Identifier: MIT
// What was measured, and where, in words: the same in every format.
#pragma once

#include <stdio.h>

struct cJSON;

// "ccbench 0.1.0 (release) on …, 2 cores, Linux …; seed 1; 2026-11-20T12:00:00Z". `block` says nothing to it.
void experiment_say_machine(FILE *out, const struct cJSON *document, const struct cJSON *block);

// Of a block, without its name: "64 tasks, each sleeps 10 ms; 32 in flight; I/O-bound …; 7 rounds, precision reached".
void experiment_say(FILE *out, const struct cJSON *document, const struct cJSON *block);

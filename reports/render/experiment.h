// SPDX-License-Identifier: MIT
// What was measured, and where, in words: the same in every format.
#pragma once

#include <stdio.h>

struct cJSON;

// "ccbench 0.1.0 (release) on …, 2 cores, Linux …; seed 1; 2026-11-20T12:00:00Z". `block` says nothing to it.
void experiment_say_machine(FILE *out, const struct cJSON *document, const struct cJSON *block);

// "HTTP origin apart from the client, on host b at http://10.0.0.2:8080 (…), round trip …"; nothing where it was here.
void experiment_say_origin(FILE *out, const struct cJSON *document);

// Of a block, without its name: "64 tasks, each sleeps 10 ms; 32 in flight; I/O-bound …; 7 rounds, precision reached".
void experiment_say(FILE *out, const struct cJSON *document, const struct cJSON *block);

// SPDX-License-Identifier: MIT
// What machines whose reports stand side by side have in common, and in what they differ.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct cJSON;

// Adds "facts" to reports of several machines that have their labels: ccbench's version, the parts of the fingerprint and the
// reference, each with its values in the order of the machines, and whose they are.
void several_add_facts(struct cJSON *several);

// Whether all machines have the same value of a fact.
bool several_fact_is_alike(const struct cJSON *fact);

// Writes it: "kernel: Linux 6.1 on a and c | Linux 6.5 on b", of many machines "cores: 2 on 40 of 60 | 4 on 20 of 60", and of
// what is alike "CPU: AMD EPYC". Unknown values are "unknown".
void several_write_fact(FILE *out, const struct cJSON *several, const struct cJSON *fact);

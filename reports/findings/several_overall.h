// SPDX-License-Identifier: MIT
// What more than one experiment shows on several machines.
#pragma once

struct cJSON;

// Adds "findings" to a sweep: who falls behind at which value, and where. 0 or -ENOMEM.
int several_say_sweep(const struct cJSON *several, struct cJSON *sweep);

// Adds to the findings of the whole who is first, alone or level with others, in every experiment on every machine that tells.
// 0 or -ENOMEM.
int several_say_everywhere(struct cJSON *several);

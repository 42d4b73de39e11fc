// SPDX-License-Identifier: MIT
// What holds on which of several machines, in plain sentences: docs/METHODOLOGY.md,
// "Several machines". Every sentence counts machines by what each one's own report shows.
#pragma once

struct cJSON;

// Adds "facts", and "findings" to each experiment and sweep, whose places are complete, and to the whole. 0 or -ENOMEM.
int several_say(struct cJSON *several);

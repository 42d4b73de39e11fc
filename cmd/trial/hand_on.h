// SPDX-License-Identifier: MIT
// The trial of a model that another program carries: it is handed the plan, and takes this process over.
#pragma once

struct cJSON;

// Where the plan's model is one of another runtime, becomes its program, with the plan on descriptor 0 once more and what
// comes behind it, and does not return. 0: it is none; or -EINVAL with a refusal written.
int hand_on(const struct cJSON *plan, const char *line);

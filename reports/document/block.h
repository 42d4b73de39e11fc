// SPDX-License-Identifier: MIT
// What is asked of one workload's block of a report document.
#pragma once

#include <stdbool.h>

struct cJSON;

// False for a block that an interruption came before: nothing of it is shown, live or later.
bool block_has_begun(const struct cJSON *block);

// Whether one of the report's has.
bool block_any_has_begun(const struct cJSON *document);

// Tasks arrive at times of their own, so that latency is looked at, not time.
bool block_open_loop(const struct cJSON *block);
// Whether the highest rate was searched for: samples are of another rate under each model.
bool block_is_searched(const struct cJSON *block);

// The cell of a model; NULL where there is none, or `model` is NULL.
const struct cJSON *block_cell(const struct cJSON *block, const char *model);

// The label of the plain loop of the model's own language, under the same interpreter. Returns `buf`, or NULL where the
// language has none.
#define BLOCK_LOOP 512
const char *block_own_loop(const struct cJSON *cell, char buf[BLOCK_LOOP]);

// Whether both are the same experiment: the workload with the same tasks, concurrency and CPUs.
bool block_is_same(const struct cJSON *a, const struct cJSON *b);

// SPDX-License-Identifier: MIT
// Part of validate.c: the cells of a block, with their samples and summaries.
#pragma once

struct cJSON;
struct validation;

// 0, or -EINVAL at the first thing that is not as it must be.
int validate_cells(const struct validation *at, const struct cJSON *block);

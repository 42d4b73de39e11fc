// SPDX-License-Identifier: MIT
#pragma once

struct cJSON;
struct validation;

// A cell's "capacity", where it has one. 0 or -EINVAL.
int validate_capacity(const struct validation *at, const struct cJSON *cell);

// SPDX-License-Identifier: MIT
#pragma once

#include "reports/document/rules.h"

// What a block says of how its tasks arrived, failed, updated and fell into classes; called when all else has been checked.
// 0 or -EINVAL.
int validate_tasks(const struct validation *block_at, const struct cJSON *block);

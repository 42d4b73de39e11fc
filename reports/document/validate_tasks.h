// SPDX-License-Identifier: MIT
#ifndef CCBENCH_REPORTS_CHECK_TASKS_H
#define CCBENCH_REPORTS_CHECK_TASKS_H

#include "reports/document/rules.h"

// What a block says of how its tasks arrived, failed, updated and fell into classes; called when all else has been checked.
// 0 or -EINVAL.
int check_tasks(const struct check *block_check, const struct cJSON *block);

#endif

// SPDX-License-Identifier: MIT
// Reads what describes a model of another runtime: docs/runtime.schema.json says what that may be.
#pragma once

#include "runtimes/runtime.h"
#include "workloads/program/json_file.h"

// The model that the file describes. 0; or -EINVAL with one line in `error`, or -ENOMEM. Models stay; one that is not taken is to
// be dropped.
int description_read(const char *path, struct runtime **ret_runtime, char error[JSON_FILE_ERROR]);
void description_drop(struct runtime *runtime);

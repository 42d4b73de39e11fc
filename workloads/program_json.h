// SPDX-License-Identifier: MIT
// Programs as JSON: {"classes":[{"name":"page","weight":9,"steps":[{"fetch":"/delay/20ms"},{"compute":27},
// {"repeat":3,"steps":[{"sleep":"1ms"}]}]}]}.
#ifndef CCBENCH_WORKLOADS_PROGRAM_JSON_H
#define CCBENCH_WORKLOADS_PROGRAM_JSON_H

#include "workloads/program.h"

struct cJSON;

// Room for an error sentence.
#define PROGRAM_ERROR 256

// Reads the value of "classes". 0, -EINVAL with `error` filled (JSON path, what is wrong, what was expected), or -ENOMEM.
int task_mix_from_json(const struct cJSON *classes, struct task_mix *ret_mix, char error[PROGRAM_ERROR]);

// A new array, owned by the caller; NULL when out of memory.
struct cJSON *task_mix_to_json(const struct task_mix *mix);

#endif

// SPDX-License-Identifier: MIT
// Programs as JSON: {"classes":[{"name":"page","weight":9,"steps":[{"fetch":"/delay/20ms"},{"compute":27},
// {"repeat":3,"steps":[{"sleep":"1ms"}]}]}]}. Read from the plan of a trial, and from a user's file (custom.h).
#pragma once

#include "workloads/program/json_read.h"
#include "workloads/program/program.h"

// Of a class's name, in a user's file.
#define CLASS_NAME_BYTES 40

// Reads "classes" of the object. Steps are read strictly. Of a class unknown keys are ignored, as a trial must, unless
// `strict`: then its name also must be fit to be printed, and no other's. 0, -EINVAL with *fault filled, or -ENOMEM.
int task_mix_read(const struct cJSON *object, bool strict, struct task_mix *ret_mix, struct json_fault *fault);

// Reads "steps" of the object as the program of the only class, which gets that name. As above.
int task_mix_read_single(const struct cJSON *object, const char *name, struct task_mix *ret_mix,
                         struct json_fault *fault);

// A new array, owned by the caller.
struct cJSON *task_mix_to_json(const struct task_mix *mix);

// SPDX-License-Identifier: MIT
// Lists of steps as JSON. Every key is known, and stands once.
#pragma once

#include "workloads/program/json_read.h"
#include "workloads/program/program.h"

// Reads "steps" of the object as the program, which is released in any case by who has it. 0, -EINVAL with *fault filled, or
// -ENOMEM.
int json_read_steps(struct json_fault *fault, const struct cJSON *object, struct program *program);

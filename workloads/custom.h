// SPDX-License-Identifier: MIT
// A workload of the user's own, from a file: docs/workload.schema.json describes it, docs/examples/ has some.
#pragma once

#include "workloads/program/json_read.h"
#include "workloads/workload.h"

// What all of them are; not in workload_kinds.
extern const struct workload_kind custom_kind;

// Whether what was typed, of that length, is a file's name: it ends in .json, in any case.
bool custom_named(const char *text, size_t length);

// Makes a workload of the tree of such a file, called `path` where it has no name of its own; what is wrong is noted with its
// place in the tree that the fault's path is in. 0, -EINVAL or -ENOMEM.
int custom_read(struct json_fault *fault, const struct cJSON *json, const char *path, unsigned cores,
                struct workload *ret_workload);

// From now on that path is this tree, which must stay as it is, and no file.
void custom_provide(const char *path, const struct cJSON *json);

// Whether a file is at that path, or what was provided in the place of one.
bool custom_is_there(const char *path);

// Makes the workload of that file. 0; -EINVAL with `error` (the file, its line, the JSON path, what is wrong, the value,
// what was expected); or -ENOMEM.
int custom_make(const char *path, unsigned cores, struct workload *ret_workload, char error[WORKLOAD_ERROR]);

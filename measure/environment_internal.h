// SPDX-License-Identifier: MIT
// What the files of environment*.c share, and the tests: the same readings from a tree of files below `root`
// ("" is the machine itself) instead of /. What comes from system calls is always the machine's.
#ifndef CCBENCH_MEASURE_ENVIRONMENT_INTERNAL_H
#define CCBENCH_MEASURE_ENVIRONMENT_INTERNAL_H

#include <stdbool.h>

#include "measure/environment.h"

struct cJSON *environment_describe_at(const char *root);
double environment_quota_cores_at(const char *root);
void environment_ticks_read_at(const char *root, struct environment_ticks *ret_ticks);

// The "cpu" object, and "virtualisation": "docker", "kvm", "docker on kvm" …, null. NULL when out of memory.
struct cJSON *environment_cpu(const char *root);
struct cJSON *environment_virtualisation(const char *root);

// {name of a CPU's vulnerability: what the kernel does about it}; null where the kernel does not tell.
struct cJSON *environment_mitigations(const char *root);

// Adds `item` and owns it. Where that, or making the item, failed for want of memory, *ok becomes false, so that
// whoever builds an object checks once, at its end.
void environment_add(struct cJSON *object, const char *name, struct cJSON *item, bool *ok);

// A string and frees `text`; null for NULL.
struct cJSON *environment_text(char *text);

// The number on the first line of root/path as a JSON number, null where there is none.
struct cJSON *environment_number(const char *root, const char *path);

#endif

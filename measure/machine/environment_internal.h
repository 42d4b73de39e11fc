// SPDX-License-Identifier: MIT
// What the files of environment*.c share, and the tests: the same readings from a tree of files below `root`
// ("" is the machine itself) instead of /. What comes from system calls is always the machine's.
#pragma once

#include <stdbool.h>

#include "measure/machine/environment.h"

struct cJSON *environment_describe_at(const char *root);
void environment_ticks_read_at(const char *root, struct environment_ticks *ret_ticks);
void environment_course_begin_at(const char *root, struct environment_course *ret_course);
void environment_course_end_at(const char *root, const struct environment_course *course, struct cJSON *environment);

// The "cpu" object, and "virtualisation": "docker", "kvm", "docker on kvm" …, null.
struct cJSON *environment_cpu(const char *root);
struct cJSON *environment_virtualisation(const char *root);

// Of this process: "timer_slack_ns", "aslr", "scheduling", "variables", "limits".
struct cJSON *environment_timer_slack(void);
struct cJSON *environment_address_randomisation(const char *root);
struct cJSON *environment_scheduling(void);
struct cJSON *environment_variables(void);
struct cJSON *environment_limits(const char *root);

// "before" or "after", as the machine is now.
struct cJSON *environment_moment(const char *root);

// Time in which some task waited for the resource ("cpu", "memory", "io") since boot; UINT64_MAX: not known.
uint64_t environment_pressure_us(const char *root, const char *resource);

// The share of a span in which some task waited, from two such readings; negative where unknown.
double environment_waited_share(uint64_t before_us, uint64_t after_us, uint64_t span_ns);

// {name of a CPU's vulnerability: what the kernel does about it}; null where the kernel does not tell.
struct cJSON *environment_mitigations(const char *root);

// A string and frees `text`; null for NULL.
struct cJSON *environment_text(char *text);

// What a text of the kernel gives in kB behind that key (procfs_value_bytes); null where it does not.
struct cJSON *environment_bytes(const char *text, const char *key);

// The number on the first line of root/path as a JSON number, null where there is none.
struct cJSON *environment_number(const char *root, const char *path);

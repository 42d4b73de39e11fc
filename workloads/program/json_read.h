// SPDX-License-Identifier: MIT
// Reading values out of a cJSON tree, each with what it must be; what is wrong is noted together with where it is.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "workloads/program/json_path.h"

struct cJSON;

// Room for an error sentence.
#define JSON_ERROR 512

// While reading, the path of the object that is read; of what is wrong, once something is.
struct json_fault {
    struct json_path path;
    char what[JSON_ERROR]; // "'x' is not a duration, expected text with a unit such as \"10ms\""
};

// NULL where the object has no such member (or is none). The first one, where it has several.
const struct cJSON *json_member(const struct cJSON *object, const char *name);

// Whether the same key stands in the object before the item.
bool json_is_repeated(const struct cJSON *object, const struct cJSON *item);

// Each notes what is wrong, in words or with the value, and returns -EINVAL. refuse_member's path goes one further, to that
// member of the object.
int json_refuse(struct json_fault *fault, const char *wrong, const char *expected);
int json_refuse_value(struct json_fault *fault, const struct cJSON *value, const char *what, const char *expected);
int json_refuse_member(struct json_fault *fault, const struct cJSON *object, const struct cJSON *member,
                       const char *what, const char *expected);

// Each reads a member of the object, which is there: 0, or -EINVAL with the fault noted and *ret_... as it was.
int json_read_whole(struct json_fault *fault, const struct cJSON *object, const struct cJSON *value, double low,
                    double high, uint64_t *ret_number);
int json_read_duration(struct json_fault *fault, const struct cJSON *object, const struct cJSON *value,
                       uint64_t most_ns, uint64_t *ret_ns);
int json_read_size(struct json_fault *fault, const struct cJSON *object, const struct cJSON *value, uint64_t most_bytes,
                   uint64_t *ret_bytes);

// Whether the text, which is UTF-8, has no control characters.
bool json_is_printable(const char *text);

// Text that is fit to be printed: not empty, at most so many bytes, no control characters.
int json_check_name(struct json_fault *fault, const struct cJSON *object, const struct cJSON *value, size_t most);

// Each key of the object, which may be NULL, is one of the names, which end in NULL, and stands once. `expected` says what there may be.
int json_check_keys(struct json_fault *fault, const struct cJSON *object, const char *const *names,
                    const char *expected);

// A member that may only be true, or be left out.
int json_read_flag(struct json_fault *fault, const struct cJSON *object, const char *name, bool *ret_flag);

// "classes[1].steps[0].fetch: 'x' is not ..." Returns `error`.
char *json_fault_write(const struct json_fault *fault, char error[JSON_ERROR]);

// SPDX-License-Identifier: MIT
// Parts of a description, checked while its file is read. Each: 0, or -EINVAL with the fault noted.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "runtimes/runtime.h"
#include "workloads/program/json_read.h"

// The longest line, in bytes.
#define DESCRIPTION_LINE 400
// What names are made of.
#define DESCRIPTION_SMALL "abcdefghijklmnopqrstuvwxyz"
#define DESCRIPTION_LETTERS DESCRIPTION_SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DESCRIPTION_DIGITS "0123456789"
// What is expected where a key is unknown.
#define DESCRIPTION_KEYS "what docs/runtime.schema.json has, each once"

// A description under way. All is the caller's.
struct description_reading {
    struct json_fault *fault;
    const struct cJSON *json; // the object that is read
    struct runtime *runtime;
};

// A line of the object that must be there, unless it is `optional`: *ret_text is the document's then.
int description_read_line(const struct description_reading *reading, const char *name, size_t most, bool optional,
                          const char **ret_text);

// The same of a name: small letters, digits and dashes, a letter first.
int description_read_name(const struct description_reading *reading, const char *name, bool optional,
                          const char **ret_text);
bool description_is_name(const char *text);

// What a model, or a value of its parameter, needs: a list of the object's, or NULL. Interpreters are asked for its modules later.
int description_check_needs(struct json_fault *fault, const struct cJSON *object, const struct cJSON *needs);

// The parameters, into the runtime's model.
int description_read_parameters(const struct description_reading *reading);

// SPDX-License-Identifier: MIT
// A description in a file of its own: JSON, of which whatever is wrong is told with its place.
#pragma once

#include "workloads/program/json_read.h"

// The largest file; and room for a line about one.
#define JSON_FILE_BYTES ((size_t)1024 * 1024)
#define JSON_FILE_ERROR 1024

struct json_file {
    const char *path; // as it is named in errors; not owned
    char *text;       // what was read, for places in it; NULL: nothing yet
    struct cJSON *json;
};

// Reads and parses the file at file->path; `what` is what is expected there, for errors: "a description of a workload". 0,
// -ENOMEM, or -EINVAL with one line in `error` (the file, the place, what is wrong). To be released in any case.
int json_file_read(struct json_file *file, const char *what, char error[JSON_FILE_ERROR]);

// The same for a text of that length which is at file->text already, ended by a zero.
int json_file_parse(struct json_file *file, size_t length, char error[JSON_FILE_ERROR]);

// Writes one line about a fault that was found in the file's tree. Returns -EINVAL.
int json_file_fault(const struct json_file *file, const struct json_fault *fault, char error[JSON_FILE_ERROR]);

// Frees the text and the tree. Again is nothing.
void json_file_release(struct json_file *file);

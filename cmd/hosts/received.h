// SPDX-License-Identifier: MIT
// What a coordinator sends down a lifeline before its first byte: one line of JSON,
// {"lifeline":1,"arguments":["--model=threads",…],"files":[{"path":"page.json","bytes":120,"mode":420}]}, and behind it the files'
// bytes, one after the other.
#pragma once

#include <stddef.h>

#include "measure/base/clock.h"

struct cJSON;

#define HOSTS_PROTOCOL 1
// Of the line, and of all files together.
#define HOSTS_LINE_BYTES ((size_t)1024 * 1024)
#define HOSTS_FILES_BYTES ((size_t)16 * 1024 * 1024)

// Without a byte for so long the other end of a lifeline is taken for lost.
#define LIFELINE_SILENCE_NS (5 * NS_PER_S)

struct received {
    struct cJSON *plan; // owned; NULL: the lifeline began with something else, and nothing was sent
    char folder[4096];  // where the files are; "": there are none
};

// Reads it from standard input. 0; or an exit status with one line printed: it ended, was silent for too long, or is not that.
int received_read(struct received *ret_received);

// Frees the plan, and removes the folder and what is in it. Again is nothing.
void received_release(struct received *received);

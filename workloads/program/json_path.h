// SPDX-License-Identifier: MIT
// Where in a JSON text something is: cJSON keeps no positions, so a path into its tree is walked once more in the text.
#pragma once

#include <stddef.h>

struct cJSON;

// Deeper than any program may be nested (of each level a step, what it nests, and which of its lists).
#define JSON_PATH_MOST 224
// Room for a path in words; longer ones lose their middle.
#define JSON_PATH_TEXT 200

// From the document down. Holds pointers into the tree, which must live as long.
struct json_path {
    struct json_part {
        const struct cJSON *parent, *child;
    } parts[JSON_PATH_MOST];
    unsigned length;
};

void json_path_enter(struct json_path *path, const struct cJSON *parent, const struct cJSON *child);
void json_path_leave(struct json_path *path);

// "classes[1].steps[0].fetch"; "" for the document itself. Returns `buf`.
char *json_path_write(const struct json_path *path, char buf[JSON_PATH_TEXT]);

// The line, from 1, on which the member (its key) or the item begins. `text` is what the tree was parsed from; of a text
// that does not have the path, the line of the last part that it has.
unsigned json_path_line(const struct json_path *path, const char *text);

// Line and column, from 1, of the offset in the text; a column is a character of UTF-8.
void json_place(const char *text, size_t offset, unsigned *ret_line, unsigned *ret_column);

// SPDX-License-Identifier: MIT
// The files that travel: their names there, and their bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

struct sent_files {
    struct cJSON *list; // of "files"; owned
    char *bytes;        // all of them, one after the other; owned
    size_t length;
    unsigned moved; // files that are called sent-N/NAME there
};

// Whether it is a file that a command may name to be sent: a regular one, by a relative name below this folder.
bool sent_files_wants(const char *path);

// Adds the file, once; *ret_name is its name there, owned by the caller. 0, or EXIT_USAGE with one line printed.
int sent_files_add(struct sent_files *files, const char *path, char **ret_name);

// Adds a file of that relative name beside another one, which is called `there`, if there is such a file. The same.
int sent_files_add_beside(struct sent_files *files, const char *path, const char *there, const char *name);

void sent_files_release(struct sent_files *files);

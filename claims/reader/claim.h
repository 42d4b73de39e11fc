// SPDX-License-Identifier: MIT
// What is said of concurrency models, as data: a text, experiments, figures with the bounds that confirm or refute it, and
// an explanation. docs/claim.schema.json is the definition of such a file. The tree of one that was read is checked: whoever
// uses it need not look whether what must be there is there, and of its type.
#pragma once

#include <stdbool.h>

#include "workloads/program/json_file.h"

struct cJSON;

struct claim_file {
    struct json_file file; // its path, text and tree; the path is the claim's own
    const char *name;      // "gil-cpu"; of the tree, as are all texts
    unsigned number;       // its place in a list; 0: none
    char *folder;          // that the file is in
    bool named;            // on the command line
};

// Reads and checks the file. 0; -EINVAL with one line in `error` (the file, the place, what is wrong, what was expected), or
// -ENOMEM. To be dropped; untouched on failure.
int claim_read(const char *path, struct claim_file **ret_claim, char error[JSON_FILE_ERROR]);
void claim_drop(struct claim_file *claim);

// Of a bound, "confirmed" or "refuted" of a figure: whether it is "at_most" (else "at_least"), and its number.
double claim_bound(const struct cJSON *bound, bool *ret_at_most);

// SPDX-License-Identifier: MIT
// The hosts that were typed: --hosts=a,b, several times, and @FILE, which has one in each line.
#pragma once

#include "cmd/console/names.h"

#define HOST_NAMES_MOST 1024

struct host_names {
    char **names; // owned
    unsigned count;
};

// In the order in which they were typed. 0; or EXIT_USAGE with one line printed: a name that is none, stands twice, or could be
// taken for an option, a file that cannot be read, or none at all. To be released in any case.
int host_names_read(const struct typed_list *typed, struct host_names *ret_names);
void host_names_release(struct host_names *names);

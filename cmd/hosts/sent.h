// SPDX-License-Identifier: MIT
// What is sent to each host: the run's options, and the user's files that they name (cmd/hosts/received.h).
#pragma once

#include <stddef.h>

#include "cmd/console/options.h"

struct sent {
    char *bytes; // owned: the line, then the files
    size_t length;
};

// Of the command's options that were typed, those about what is measured. Workload files, and the Python and JavaScript files of the functions
// that they call, --cacert, and words of --server and NAME=CMD that are files by a relative name, are sent; a file that is not below
// this folder is called sent-N/NAME there. Headers go one by one, wherever they were read. 0; or EXIT_USAGE with one line printed: a
// file that cannot be read, or more than HOSTS_FILES_BYTES. To be released in any case.
int sent_make(const struct command *command, const struct options *options, int argc, char **argv,
              struct sent *ret_sent);
void sent_release(struct sent *sent);

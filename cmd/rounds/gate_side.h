// SPDX-License-Identifier: MIT
// One of the two programs that a gate compares.
#pragma once

#include <sys/stat.h>

#include "cmd/rounds/trials.h"

enum { SIDE_BASE, SIDE_NEW, SIDES };

extern const char *const side_names[SIDES];

struct gate_side {
    const char *name;          // "base", "new"
    char *command;             // as typed, with what its environment has
    char *program;             // its path
    char **words;              // of the command
    char **arguments;          // these, and "trial"
    const char *server;        // as typed; NULL: none
    const char *server_option; // that it was given by
    char **server_words;
    struct stat *files; // what the program and each of its words was in the beginning, where it is a file
};

// Finds the side's program, in PATH where its name has no slash. 0, or EXIT_USAGE with one line printed.
int gate_side_open(struct gate_side *side, const struct options *options, int which);
void gate_side_close(struct gate_side *side);

// The file, out of those that the command names, that is another one than in the beginning, or was written to; NULL: none.
const char *gate_side_changed(const struct gate_side *side);

// Has the trials that follow be those of this side.
void gate_side_use(const struct gate_side *side, struct trials *trials);

// Whether the side speaks the trial protocol, found out by an empty task, and its server starts. 0; EXIT_USAGE with one
// line printed; or EXIT_SIGNAL + the signal that interrupted it.
int gate_side_greet(const struct gate_side *side, struct trials *trials);

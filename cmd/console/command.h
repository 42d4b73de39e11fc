// SPDX-License-Identifier: MIT
// What a subcommand is, and what all of them share. cmd/ is the only room that prints or exits.
#pragma once

#include <stdbool.h>

// Exit statuses, the same for every subcommand.
enum {
    EXIT_DONE = 0, // also with cells skipped
    EXIT_REGRESSION = 1,
    EXIT_USAGE = 2, // or a file that cannot be read or written
    EXIT_INCONCLUSIVE = 3,
    EXIT_CELL = 4,     // a cell failed or was wrong
    EXIT_SIGNAL = 128, // + the signal: 130 SIGINT, 143 SIGTERM, 129 SIGHUP
};

// Which commands an option belongs to.
enum command_bit {
    COMMAND_RUN = 1,
    COMMAND_LIST = 2,
    COMMAND_REPORT = 4,
    COMMAND_SERVE = 8,
    COMMAND_GATE = 16,
    COMMAND_COMPARE = 32,
    COMMAND_CHECK = 64,
    COMMAND_CLAIMS = 128,
    COMMAND_TIMELINE = 256,
    COMMAND_REPLAY = 512,
};

struct command {
    const char *name;
    unsigned bit;          // 0: takes no options
    bool hidden;           // for ccbench itself and its build: not listed, without help
    const char *arguments; // after the options, for the usage line
    const char *summary;
    int (*main)(int argc, char **argv); // argv[0] is the command's name; the exit status
};

// Prints "ccbench: …" and a newline on standard error; returns EXIT_USAGE.
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same of a -errno that needs no more words. Of a line that says "out of memory" the limit is named as well.
int complain_of(int err);

// Of an option whose value may hold a secret, which is masked: "--option: 'value': what is wrong".
int complain_masked(const char *option, const char *value, const char *wrong);

// Of an option whose value is a number whose thousands are set apart (units_set_apart()): what to write instead.
int complain_set_apart(const char *option, const char *value, const char *plain);

// The candidate nearest to `word` (Levenshtein), NULL when none is near enough to be meant. `next` gives the i-th
// candidate, NULL at the end.
const char *nearest(const char *word, const char *(*next)(unsigned i));

// Says that standard output cannot be written, and why, which errno has: once. EXIT_USAGE.
int complain_of_output(void);

// Flushes and closes standard output; a failed write, such as to a full disk, is told and makes the status EXIT_USAGE,
// but a reader that went away (`ccbench | head`) is not a failure.
int finish_output(int status);

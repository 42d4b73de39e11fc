// SPDX-License-Identifier: MIT
// A named workload turns its argument ("30" of fib:30) into a mix of programs and says what its tasks and concurrency
// are by default. It knows nothing of models. To add one: a file with one `const struct workload_kind` and a line in
// meson.build.
#pragma once

#include "measure/base/units.h"
#include "workloads/program/program.h"

#define WORKLOAD_ERROR 1024
#define WORKLOAD_LABEL 96
// How long tasks arrive where neither the user nor the workload says.
#define WORKLOAD_DURATION_NS (UINT64_C(5000000000))

struct workload {
    const struct workload_kind *kind;
    char label[WORKLOAD_LABEL]; // "fib:30", as typed or completed by the default argument; of a file its name
    char *file;                 // of a user's own: as typed; owned. NULL for a named one
    char describe[160];         // what one task does, in words: "sleeps 10 ms"
    struct task_mix mix;
    uint32_t tasks;       // default N
    uint32_t concurrency; // default K
    bool lane_per_task;   // K is N, where K is not given
    double rate_per_s;    // default rate of an open loop; 0: a closed loop
    bool rate_constant;   // of that rate: at even distances
    uint64_t duration_ns; // default length of an open loop; 0: WORKLOAD_DURATION_NS
};

// What an argument is made of. Several values of the latter three make a sweep; a workload's `make` sees one at a time.
enum argument_kind { ARGUMENT_TEXT, ARGUMENT_COUNT, ARGUMENT_SIZE, ARGUMENT_DURATION };

struct workload_kind {
    const char *name;
    const char *group;            // the heading in `ccbench list`, the same for workloads of a kind
    const char *summary;          // one line
    const char *about;            // a paragraph one could read aloud
    const char *example;          // a command to try
    const char *default_argument; // NULL: takes none
    // Of the argument up to a ':' ("1k" of "1k:yield"), where that begins with a digit: http takes a delay or a path.
    enum argument_kind argument;
    // Fills label, describe, mix and defaults. 0, -EINVAL with `error` (what is wrong, the value, what was expected), -ENOMEM.
    int (*make)(const char *argument, unsigned cores, struct workload *workload, char error[WORKLOAD_ERROR]);
};

// All registered ones, in the order of meson.build, ending in NULL.
extern const struct workload_kind *const workload_kinds[];

// The kind of that name; NULL where there is none.
const struct workload_kind *workload_find(const char *name, size_t length);

// Makes the workload typed as "NAME", "NAME:ARGUMENT" or "FILE.json". 0, -ENOENT (no such name), -EINVAL with `error`, -ENOMEM.
int workload_make(const char *text, unsigned cores, struct workload *ret_workload, char error[WORKLOAD_ERROR]);

// Makes the mix one class, which has the kind's name; its program, yet empty. NULL when out of memory.
struct program *workload_program(struct workload *workload);

// Notes what is wrong with an argument, and returns -EINVAL.
int workload_refuse(char error[WORKLOAD_ERROR], const char *format, ...) __attribute__((format(printf, 2, 3)));

// For a kind whose tasks are one step that waits (sleep, block) for its argument. As make, `describe` but for the time
// given: "sleeps".
int workload_make_wait(struct workload *workload, enum step_kind step, const char *argument, const char *verb,
                       char error[WORKLOAD_ERROR]);

// For an argument in parts, "64k:direct": copies the part before the first `separator` and returns what is behind it, NULL
// where there is none. A part that is too long to be a number becomes "".
const char *workload_argument_parts(const char *argument, char separator, char ret_first[UNITS_TEXT]);

void workload_release(struct workload *workload);

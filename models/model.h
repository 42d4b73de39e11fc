// SPDX-License-Identifier: MIT
// A model carries tasks. To add one: a file with one `const struct model`, a line in meson.build; models/null.c is the
// annotated template.
#pragma once

#include "models/carry/trial.h"

struct handover;
struct runtime;

struct model {
    const char *name;
    const char *kin;     // what the primers, and the languages, call it
    const char *also;    // what else is typed for it, which no table shows; NULL: nothing
    const char *group;   // the heading in `ccbench list`, the same for models of a kind
    const char *summary; // one line
    const char *about;   // a paragraph one could read aloud
    const char *example; // a command to try
    uint32_t can;        // STEP_BIT of each step it can carry out
    const char *cannot;  // why not the others: "shares no memory"; NULL where it can do all
    // What can be chosen about it: NAME:key=value. The last one has no key.
    struct parameter parameters[PARAMETERS_MOST + 1];
    const char
        *emulates; // where it stands in for something of another nature, what it is and shows: "is a GIL in C: …"; NULL
    bool one_lane;    // carries one task at a time, whatever --concurrency says
    bool many_cores;  // computes on several cores at once
    bool own_threads; // each lane is a kernel thread or process of its own, which may block without stopping others
    bool per_task;    // makes what carries a task for each task anew
    bool forks;       // starts processes: no loop, handle or connection may be there before
    bool pretends;    // completes steps without doing them (null): not held to the oracle's times
    uint32_t task_ns; // about what it takes to carry a task that does nothing: for estimates
    bool unlisted;    // not in `ccbench list`, not in "all" (raw)
    struct runtime *runtime; // the program of its own that carries it, see runtimes/runtime.h; NULL: this one does

    // Each returns 0, or -errno with trial_fail() called. close is called after open and run in any case, also after
    // either has failed, and must cope with a half-opened state.
    int (*open)(struct trial *trial); // makes the lanes
    int (*run)(struct trial *trial);  // carries all tasks; returns when the last has ended
    void (*close)(struct trial *trial);
    // What a spawned worker does, in a program of its own, with what it was handed over. NULL: the model spawns none.
    int (*work)(struct trial *trial, const struct handover *given);
};

// In the order of meson.build, ending in NULL; includes those that could not be built.
struct model_entry {
    const char *name;
    const struct model *model; // NULL: not built
    const char *missing;       // then: why, "libuv not found"
};
extern const struct model_entry model_entries[];

// NULL where there is no such name.
const struct model_entry *model_find(const char *name);

// A sentence's end saying why the model cannot carry these steps as its parameters are, or NULL where it can.
const char *model_cannot(const struct model *model, const struct parameter_values *parameters, uint32_t kinds,
                         char *buf, unsigned size);

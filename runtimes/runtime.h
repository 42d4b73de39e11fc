// SPDX-License-Identifier: MIT
// Models of other runtimes: each is a program that speaks the trial protocol, described in a file (docs/runtimes.md).
#pragma once

#include "models/model.h"

struct cJSON;

#define RUNTIME_REASON 300

// What the interpreter of a language, or any other program that is asked, says of itself.
struct interpreter {
    const char *language; // "python"
    char *typed;          // as it was named
    char *path;           // of the program itself, behind whatever shim was found; NULL: there is none
    char *version;
    struct cJSON *modules;        // the version of each that was asked about, null where it is not there
    char missing[RUNTIME_REASON]; // where path is NULL: why
};

// A model that is carried by a program of its own. What it is called, and may be typed with it, is in `model`, as of all.
struct runtime {
    struct model model;
    struct model_entry entry;
    const char *family; // models whose computing is alike, since one language and interpreter does it: "python"
    const char *loop;   // the plain loop of the family, whose program also speaks for `raw`; NULL: there is none
    const char *group;  // what --model has for all of its group: "python"
    const char *cannot[STEP_KIND_COUNT]; // by step, why not; NULL: it can
    char *file;                          // the description; NULL: it was described where it was typed
    double start_ns, compute_times;      // for estimates: start-up, and how much slower than here it computes
    char *typed;                         // the interpreter behind its name ("python-threads@python3.11"); NULL: none
    struct cJSON *json;                  // the description; the texts above are its own
    char *here;                          // the folder it is in
    // Found by runtime_ready(), once.
    bool asked;
    const struct interpreter *interpreter; // NULL: it needs none
    char *program, **command;     // the program's path, and the words it is started with; NULL: it cannot be started
    char missing[RUNTIME_REASON]; // then: why
};

// Finds what it takes to start the model. NULL, with runtime->command filled; or why it is not here: "trio is not installed
// for /usr/bin/python3 (apt-get install python3-trio)". Asks the interpreter, each one once.
const char *runtime_ready(struct runtime *runtime);

// A sentence's end saying why it cannot carry these steps (STEP_BIT of each), or NULL where it can. `buf` has RUNTIME_REASON
// bytes.
const char *runtime_cannot(const struct runtime *runtime, uint32_t kinds, char *buf);

// Why the model with these parameters cannot be run though runtime_ready() found it: a value needs what is not here. NULL:
// it can. `buf` has RUNTIME_REASON bytes.
const char *runtime_value_missing(struct runtime *runtime, const struct parameter_values *values, char *buf);

// SPDX-License-Identifier: MIT
// What a step can be: one row a kind. From it come how its JSON is read and written (json.h), its words (words.h) and
// its cost (cost.c). How a step is carried out the models say, each style by a function (models/carry).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The longest that one compute may be asked for, and one sleep or block.
#define COMPUTE_TIME_MAX_NS (3600 * UINT64_C(1000000000))
#define STEP_TIME_MAX_NS (1000 * COMPUTE_TIME_MAX_NS)
// What reads past the page cache must be a multiple of.
#define STEP_DIRECT_BYTES 4096
// The largest size that a read, take or reply may have.
#define STEP_BYTES_MAX (UINT64_C(1) << 30)
// The most lists that one gather carries out at once.
#define STEP_CHILDREN_MAX 64
// The most of anything that is counted.
#define STEP_COUNT_MAX 1000000000

// X(identifier, JSON name, value, least, most, options, cost, words)
//   value    what stands behind the name (enum step_value); `least` and `most` are the bounds of its number, ns or bytes
//   options  which further keys may stand beside it (enum step_option_bit)
//   cost     what it adds to a program's cost: cost_NAME() in cost.c
//   words    what it does, behind "each task": %s stands for the value
#define STEP_KINDS(X)                                                                          \
    X(SLEEP, sleep, DURATION, 0, STEP_TIME_MAX_NS, 0, wait, "sleeps %s")                       \
    X(FETCH, fetch, PATH, 0, 0, STEP_FRESH | STEP_TLS, fetch, "fetches %s")                    \
    X(COMPUTE, compute, WORK, 0, COMPUTE_MAX, STEP_NOGIL | STEP_TIMES, compute, "computes %s") \
    X(BLOCK, block, DURATION, 0, STEP_TIME_MAX_NS, 0, block, "blocks for %s")                  \
    X(YIELD, yield, REPEATS, 1, STEP_COUNT_MAX, 0, yield, "yields")                            \
    X(READ, read, SIZE, 0, STEP_BYTES_MAX, STEP_DIRECT, read, "reads %s")                      \
    X(COPY, copy, SIZE, 0, STEP_BYTES_MAX, 0, copy, "copies %s of memory")                     \
    X(LOAD, load, TRUE, 0, 0, 0, nothing, "reads the shared counter")                          \
    X(STORE, store, TRUE, 0, 0, 0, store, "writes the shared counter")                         \
    X(ADD, add, COUNT, 1, STEP_COUNT_MAX, 0, add, "adds %s to the shared counter")             \
    X(LOCK, lock, TRUE, 0, 0, 0, nothing, "takes the lock")                                    \
    X(UNLOCK, unlock, TRUE, 0, 0, 0, nothing, "gives up the lock")                             \
    X(LOAD_FILE, load_file, TRUE, 0, 0, 0, nothing, "reads the number in the shared file")     \
    X(STORE_FILE, store_file, TRUE, 0, 0, 0, store, "writes the number in the shared file")    \
    X(LOCK_FILE, lock_file, TRUE, 0, 0, 0, nothing, "locks the shared file")                   \
    X(UNLOCK_FILE, unlock_file, TRUE, 0, 0, 0, nothing, "unlocks the shared file")             \
    X(TAKE, take, SIZE, 0, STEP_BYTES_MAX, STEP_OBJECTS, take, "is handed %s")                 \
    X(REPLY, reply, SIZE, 0, STEP_BYTES_MAX, STEP_OBJECTS, reply, "hands back %s")             \
    X(FUNCTION, call, FUNCTION, 0, 0, 0, function, "calls %s")                                 \
    X(CALL, repeat, STEPS, 0, STEP_COUNT_MAX, 0, call, "%s times ")                            \
    X(GATHER, gather, LISTS, 1, STEP_CHILDREN_MAX, STEP_ON_FAILURE, gather, "gathers %s")

enum step_kind {
#define STEP_KIND(id, ...) STEP_##id,
    STEP_KINDS(STEP_KIND)
#undef STEP_KIND
        STEP_KIND_COUNT
};

#define STEP_BIT(kind) (UINT32_C(1) << (kind))
// All that a model in C can carry out: functions of other languages are not.
#define STEP_ALL (((UINT32_C(1) << STEP_KIND_COUNT) - 1) & ~STEP_BIT(STEP_FUNCTION))
// Those that need memory which all tasks share: the counter and its lock.
#define STEP_SHARED \
    (STEP_BIT(STEP_LOAD) | STEP_BIT(STEP_STORE) | STEP_BIT(STEP_ADD) | STEP_BIT(STEP_LOCK) | STEP_BIT(STEP_UNLOCK))
// Those that need the file which all tasks share, with a number in it: every model can do them.
#define STEP_SHARED_FILE \
    (STEP_BIT(STEP_LOAD_FILE) | STEP_BIT(STEP_STORE_FILE) | STEP_BIT(STEP_LOCK_FILE) | STEP_BIT(STEP_UNLOCK_FILE))

enum step_value {
    VALUE_DURATION, // text with a unit
    VALUE_SIZE,     // text
    VALUE_COUNT,    // a whole number: how much
    VALUE_REPEATS,  // a whole number: how often
    VALUE_TRUE,     // true, and nothing else
    VALUE_PATH,     // text: a path of the origin
    VALUE_WORK,     // n of fib(n), or how long to compute
    VALUE_FUNCTION, // text: a function, "shop:page"; beside it what models of other kinds call, each by their word
    VALUE_STEPS,    // how often to carry out the list "steps" beside it
    VALUE_LISTS,    // lists of steps, each a child's
};

enum step_option_bit {
    STEP_NOGIL = 1,       // "nogil": true
    STEP_TIMES = 2,       // "times": a whole number
    STEP_DIRECT = 4,      // "direct": true; the value is a multiple of STEP_DIRECT_BYTES then
    STEP_OBJECTS = 8,     // "objects": true
    STEP_ON_FAILURE = 16, // "on_failure": "wait" or "cancel"
    STEP_FRESH = 32,      // "fresh": true
    STEP_TLS = 64,        // "tls": true
};

struct step_row {
    const char *name; // in JSON
    enum step_value value;
    uint64_t least, most;
    unsigned options;
    const char *words;
};

// {"fib": 27} in a file is {"compute": 27}, under the name of what it computes; as a trial's plan has it, it is compute.
#define STEP_FIB "fib"

// By kind.
extern const struct step_row step_rows[STEP_KIND_COUNT];

// A key that may stand beside the step's own, and the member of struct step that it sets.
struct step_option {
    unsigned bit;
    const char *name;
    bool is_count;              // a whole number from 1 to STEP_OPTION_MAX, 1 where it is missing; else a bool
    size_t offset;              // in struct step: of a uint64_t or a bool
    const char *no, *yes;       // texts that the bool is written as, "no" where it is missing; NULL: true alone
    const char *without, *with; // in words, behind the step's: "" for nothing
};

#define STEP_OPTION_COUNT 7
#define STEP_OPTION_MAX UINT64_C(1000000000000)
extern const struct step_option step_options[STEP_OPTION_COUNT];

// SPDX-License-Identifier: MIT
// What a task does, as data. A program is a list of steps; a step that is itself a list with a repeat count is a call
// (a frame under coroutines, a stack frame under everything that has a stack). Programs are made once, in the
// supervisor, travel to the trial as JSON (program_json.h), and are read-only from then on.
#ifndef CCBENCH_WORKLOADS_PROGRAM_H
#define CCBENCH_WORKLOADS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One line per kind: X(identifier, JSON name, what its argument is).
#define STEP_KINDS(X)         \
    X(SLEEP, sleep, duration) \
    X(FETCH, fetch, path)     \
    X(COMPUTE, compute, count) \
    X(BLOCK, block, duration) \
    X(YIELD, yield, count)    \
    X(CALL, repeat, steps)

enum step_kind {
#define STEP_KIND(id, name, argument) STEP_##id,
    STEP_KINDS(STEP_KIND)
#undef STEP_KIND
    STEP_KIND_COUNT
};

#define STEP_BIT(kind) (UINT32_C(1) << (kind))
#define STEP_ALL ((UINT32_C(1) << STEP_KIND_COUNT) - 1)

struct program;

struct step {
    enum step_kind kind;
    bool nogil;            // compute: may run without the global interpreter lock
    uint64_t arg;          // sleep, block: ns; compute: n of fib(n); yield: how often; call: repetitions
    char *path;            // fetch: "/delay/10ms"; owned
    char *url;             // fetch: the whole URL, made by the trial (program_resolve_urls); owned
    struct program *callee; // call: what is repeated; owned
};

struct program {
    struct step *steps; // owned
    size_t length;
};

// A class of tasks: of a weighted mix, the share weight / sum of weights.
struct task_class {
    char *name; // owned
    uint32_t weight;
    struct program program;
};

struct task_mix {
    struct task_class *classes; // owned
    size_t count;
};

// Frees what the mix or program owns; accepts zeroed ones.
void program_release(struct program *program);
void task_mix_release(struct task_mix *mix);

// Appends a zeroed step of that kind; NULL when out of memory.
struct step *program_append(struct program *program, enum step_kind kind);

// Sets the one class of a mix to the program `*program`, which it takes over (also on failure). 0 or -ENOMEM.
int task_mix_single(struct task_mix *mix, const char *name, struct program *program);

// What one walk through the program adds up to, worked out from the data alone.
struct program_cost {
    uint64_t wait_ns;      // asleep or waiting for the origin's stated delay (the mean, where it is a range)
    uint64_t least_wait_ns; // the same with each range at its low end: no honest task is faster
    uint64_t block_ns;     // in blocking calls
    double compute_units;  // in calls of fib, as compute_calls() counts them
    uint64_t steps;        // steps carried out, calls not counted
    uint64_t fetches;
    uint32_t kinds;        // STEP_BIT of every kind that occurs
    unsigned depth;        // nesting: 1 for a flat program
    uint32_t check;        // the checksum an honest task arrives at
    bool endless_io;       // has I/O whose length is not stated (a fetch without /delay): no ideal
};

// `foreign` is true for a user's URL, whose answers have neither stated delays nor an expected size.
void program_cost(const struct program *program, bool foreign, struct program_cost *ret_cost);

// Gives each fetch step its URL: origin + path, or `url` itself where `url` is not NULL. 0 or -ENOMEM.
int program_resolve_urls(struct program *program, const char *origin, const char *url);

// The steps' names in JSON and for people.
const char *step_kind_name(enum step_kind kind);

#endif
